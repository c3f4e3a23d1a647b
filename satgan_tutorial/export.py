"""A sampler in files that other programs read: Keras alone, ONNX, TensorFlow's SavedModel, safetensors with a card.

Whatever the format, float32 noise (N, ...) goes in, drawn from a standard normal, and beside it a condition (N, k) where the
model takes one; float32 images (N, H, W, 3) in [-1, 1] come out. Every file is read back, and draws what Keras draws.
"""

from __future__ import annotations

import importlib.util
import json
import struct
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
from keras import layers

from . import models
from .files import replacing, staging
from .networks import Grain, chain
from .sampling import inputs, noise
from .solvers import Integrate, OneStep

# How a name ends; a folder's may end in anything.
FORMATS = {"keras": ".keras", "onnx": ".onnx", "saved_model": "", "safetensors": ""}
NEEDED = "tf2onnx", "onnx", "onnxruntime"
NAMES = "noise", "condition"  # of what goes in
GREY_LEVELS = 0.5  # the most that a file may draw otherwise than Keras, where a pixel has 255


class ExportError(models.ModelError):
    """A format that this model cannot be given, here or at all: says why.

    >>> model = keras.Sequential([keras.Input((2,)), layers.Dense(3), layers.Reshape((1, 1, 3))])
    >>> export(model, Path("mine.h5"), "h5")
    Traceback (most recent call last):
    satgan_tutorial.export.ExportError: There is no format 'h5'; there are keras, onnx, ...
    """

    exit_code = 2  # of the command that asked


def export(sampler: keras.Model, out: Path, form: str, card: str | None = None) -> float:
    """Write a sampler in another format, whole or not at all, and draw with what was written.

    Args:
        sampler: from noise, and maybe a condition, to images: `models.read_sampler`.
        out: the file to write, or for "saved_model" and "safetensors" the folder, which must not be there yet.
        form: a name of `FORMATS`. "keras" is a file of Keras' own layers, which needs no other package to be read.
        card: the model's card, Markdown, if it has one; "onnx" and "safetensors" carry it.

    Returns:
        The largest distance between a pixel of four images as the file draws them and as Keras does, in grey levels of 255.

    Raises:
        ExportError: there is no such format, packages for it are missing, it cannot hold this model, the folder is there,
            or the file draws other images.

    >>> import tempfile
    >>> model = keras.Sequential([keras.Input((2,)), layers.Dense(3), layers.Reshape((1, 1, 3))])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     distance = export(model, Path(folder, "mine"), "safetensors")
    ...     round(distance, 3), sorted(file.name for file in Path(folder, "mine").iterdir())
    (0.0, ['README.md', 'config.json', 'model.safetensors'])
    """
    if form not in FORMATS:
        raise ExportError(f"There is no format {form!r}; there are {', '.join(FORMATS)}.")
    out = Path(out)
    if FORMATS[form]:
        with replacing(out) as new:
            file = new.with_name(f"{new.name}{FORMATS[form]}")  # Keras looks at the ending
            try:
                WRITERS[form](sampler, file, card)
                distance = distance_of(sampler, READERS[form](file))
                file.replace(new)
            finally:
                file.unlink(missing_ok=True)
        return distance
    if out.exists():
        raise ExportError(f"{out}: found something there; expected the name of a new folder.")
    with staging(out.parent) as room:
        WRITERS[form](sampler, room / "new", card)
        distance = distance_of(sampler, READERS[form](room / "new"))
        (room / "new").rename(out)
    return distance


def missing() -> list[str]:
    """The packages that ONNX needs and this environment lacks.

    >>> set(missing()) <= {"tf2onnx", "onnx", "onnxruntime"}
    True
    """
    return [name for name in NEEDED if importlib.util.find_spec(name) is None]


def distance_of(sampler: keras.Model, draw: Callable[..., np.ndarray]) -> float:
    """The largest distance between what a function and a sampler draw of the same noise, in grey levels of 255.

    Raises:
        ExportError: it is more than `GREY_LEVELS`.

    >>> model = keras.Sequential([keras.Input((2,)), layers.Dense(3), layers.Reshape((1, 1, 3))])
    >>> round(distance_of(model, lambda z: model(z) + 0.001), 2)  # of 2 from black to white
    0.13
    """
    shape, *wide = (tensor.shape[1:] for tensor in sampler.inputs)
    given = [noise(4, shape, seed=0), *(np.eye(4, *width, dtype=np.float32) for width in wide)]
    wanted = np.asarray(sampler(inputs(*given), training=False))
    found = np.asarray(draw(*given))
    distance = float(np.abs(found - wanted).max()) * 127.5 if found.shape == wanted.shape else np.inf
    if not distance <= GREY_LEVELS:
        raise ExportError(
            f"{sampler.name}: what was written draws images that are {distance:.2f} grey levels from Keras' own; expected at "
            f"most {GREY_LEVELS}. Nothing was kept."
        )
    return distance


def plain(sampler: keras.Model) -> keras.Model:
    """A copy of a sampler in Keras' own layers alone, each batch norm folded (`models.fold`); itself where it has no others.

    Raises:
        ExportError: it is a flow, whose loop of steps is none of Keras' layers, or a student of one.
        ModelError: it has other layers than a chain of this package's.

    >>> model = keras.Sequential([keras.Input((2,)), layers.Dense(3), layers.Reshape((1, 1, 3))])
    >>> plain(model) is model  # it has Keras' layers alone
    True
    """
    if _is_flow(sampler):
        loop = any(isinstance(layer, Integrate) for layer in sampler.layers)
        found = (
            "a flow, which draws in a loop of solver steps"
            if loop
            else "a student of a flow, which adds a velocity to noise"
        )
        raise ExportError(
            f"{sampler.name}: found {found}; Keras has no layer for that. Choose onnx or saved_model, which hold it, or "
            "safetensors, which this package reads."
        )
    if not any(_is_ours(layer) for layer in sampler.layers):
        return sampler
    folded = models.fold(sampler)
    old = [layer for layer in folded.layers if not isinstance(layer, layers.InputLayer | layers.Concatenate)]
    copy = [_with_sheets(layer) if isinstance(layer, Grain) else _again(layer) for layer in old]
    result = chain([keras.Input(tensor.shape[1:]) for tensor in sampler.inputs], copy, sampler.name)
    for new, layer in zip(copy, old, strict=True):
        new.set_weights([layer.sheets] if isinstance(layer, Grain) else layer.get_weights())
    return result


def _is_flow(sampler: keras.Model) -> bool:
    return any(isinstance(layer, Integrate | OneStep) for layer in sampler.layers)


def _is_ours(layer: keras.layers.Layer) -> bool:
    return type(layer).__module__.partition(".")[0] == __name__.partition(".")[0]


def _again(layer: keras.layers.Layer) -> keras.layers.Layer:
    return type(layer).from_config(layer.get_config())


def _with_sheets(grain: Grain) -> keras.layers.Layer:
    """What `Grain` does, as a layer of Keras: the sheets are its weights."""
    shape = grain.sheets.shape
    return layers.EinsumDense("bhwc,hwc->bhwc", output_shape=shape, trainable=False, name=grain.name)


def _write_keras(sampler: keras.Model, file: Path, card: str | None) -> None:
    plain(sampler).save(file, include_optimizer=False)


def _read_keras(file: Path) -> Callable[..., np.ndarray]:
    model = keras.saving.load_model(file, compile=False)
    return lambda *given: model(inputs(*given), training=False)


def _signature(sampler: keras.Model) -> list:
    """What goes in, each with its name, as Keras' exporters take it."""
    specs = [
        keras.InputSpec(shape=(None, *tensor.shape[1:]), dtype="float32", name=name)
        for name, tensor in zip(NAMES, sampler.inputs, strict=False)
    ]
    return specs if len(specs) == 1 else [specs]


def _write_onnx(sampler: keras.Model, file: Path, card: str | None) -> None:
    if lacking := missing():
        raise ExportError(
            f"found no {', '.join(lacking)}; ONNX needs them. Install them: pip install 'satgan-tutorial[onnx]', or "
            f"pip install {' '.join(lacking)}."
        )
    import onnx

    sampler.export(str(file), format="onnx", verbose=False, input_signature=_signature(sampler))
    graph = onnx.load(file)
    (drawn,) = graph.graph.output
    graph.graph.node.append(onnx.helper.make_node("Identity", [drawn.name], ["images"]))
    drawn.name = "images"
    for tensor in (*graph.graph.input, drawn):
        tensor.type.tensor_type.shape.dim[0].dim_param = "N"
    about = {"card": card or "", "images": "float32 (N, height, width, 3), red, green, blue, from -1 to 1"}
    onnx.helper.set_model_props(graph, about)
    onnx.checker.check_model(graph, full_check=True)
    onnx.save(graph, file)


def _read_onnx(file: Path) -> Callable[..., np.ndarray]:
    import onnxruntime

    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    return lambda *given: session.run(["images"], dict(zip(NAMES, given, strict=False)))[0]


def _write_saved_model(sampler: keras.Model, folder: Path, card: str | None) -> None:
    sampler.export(str(folder), format="tf_saved_model", verbose=False, input_signature=_signature(sampler))


def _read_saved_model(folder: Path) -> Callable[..., np.ndarray]:
    import tensorflow as tf

    saved = tf.saved_model.load(str(folder))
    return lambda *given: saved.serve(inputs(*map(tf.constant, given)))


def _write_safetensors(sampler: keras.Model, folder: Path, card: str | None) -> None:
    """A folder as model hubs expect it: weights by name, the networks as Keras' JSON, and a card that begins with YAML."""
    model = sampler if _is_flow(sampler) else plain(sampler)
    folder.mkdir()
    # Numbered, since what Keras calls a weight depends on how the model was built.
    names = [f"{i:04}.{'.'.join(weight.path.split('/')[-2:])}" for i, weight in enumerate(model.weights)]
    tensors = dict(zip(names, model.get_weights(), strict=True))
    (folder / "model.safetensors").write_bytes(to_safetensors(tensors))
    (folder / "config.json").write_text(json.dumps(json.loads(model.to_json()), indent=1), encoding="utf-8")
    (folder / "README.md").write_text(hub_card(sampler, card), encoding="utf-8")


def _read_safetensors(folder: Path) -> Callable[..., np.ndarray]:
    model = keras.models.model_from_json((folder / "config.json").read_text(encoding="utf-8"))
    tensors = from_safetensors((folder / "model.safetensors").read_bytes())
    model.set_weights([tensors[name] for name in sorted(tensors)])
    return lambda *given: model(inputs(*given), training=False)


def to_safetensors(tensors: dict[str, np.ndarray]) -> bytes:
    r"""Arrays by name as the bytes of a safetensors file: the length of a header, the header in JSON, the numbers.

    Args:
        tensors: float32 arrays.

    >>> packed = to_safetensors({"bias": np.float32([1, 2, 3])})
    >>> packed[8:]
    b'{"bias":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}      \x00\x00\x80?\x00\x00\x00@\x00\x00@@'
    >>> from_safetensors(packed)
    {'bias': array([1., 2., 3.], dtype=float32)}
    """
    header, body = {}, b""
    for name, array in tensors.items():
        data = np.ascontiguousarray(array, "<f4").tobytes()
        place = [len(body), len(body) + len(data)]
        header[name] = {"dtype": "F32", "shape": [*array.shape], "data_offsets": place}
        body += data
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the numbers begin at a multiple of eight
    return struct.pack("<Q", len(text)) + text + body


def from_safetensors(packed: bytes) -> dict[str, np.ndarray]:
    """The float32 arrays of a safetensors file, by name.

    >>> from_safetensors(to_safetensors({"bias": np.float32([1, 2])}))
    {'bias': array([1., 2.], dtype=float32)}
    """
    (length,) = struct.unpack("<Q", packed[:8])
    header, body = json.loads(packed[8 : 8 + length]), packed[8 + length :]
    header.pop("__metadata__", None)
    return {
        name: np.frombuffer(body[slice(*entry["data_offsets"])], "<f4").reshape(entry["shape"])
        for name, entry in header.items()
    }


LICENCES = {"Licence: CC BY-SA 4.0": "cc-by-sa-4.0", "Licence: MIT": "mit"}  # as cards say it, and as hubs do


def hub_card(sampler: keras.Model, card: str | None) -> str:
    """A model card as model hubs read it: a few facts in YAML, then the model's own card, then how to draw with the files.

    Args:
        sampler: the model.
        card: its own card, Markdown, if it has one. Its licence is said in YAML too.

    >>> model = keras.Sequential([keras.Input((2,)), layers.Dense(3), layers.Reshape((1, 1, 3))])
    >>> for line in hub_card(model, "Licence: MIT").splitlines()[1:5]:
    ...     print(line)
    library_name: keras
    pipeline_tag: unconditional-image-generation
    license: mit
    tags: [gan, image-generation, satgan-tutorial]
    """
    height, width, _ = sampler.output_shape[1:]
    facts = ["library_name: keras", "pipeline_tag: unconditional-image-generation"]
    facts += [f"license: {name}" for words, name in LICENCES.items() if words in (card or "")]
    facts += [f"tags: [{'flow-matching' if _is_flow(sampler) else 'gan'}, image-generation, satgan-tutorial]"]
    about = card or (
        f"# {sampler.name}\n\nA generator of {height} x {width} pictures, {sampler.count_params()} weights. Say here what it "
        "learned from, and under which licence you hand it on: one that learned from ShipsNet's chips is under theirs, CC BY-SA "
        "4.0."
    )
    head = "\n".join(["---", *facts, "---"])
    return f"{head}\n\n{about.strip()}\n\n## Draw with these files\n\n```python\n{_program(sampler)}\n```\n"


def _program(sampler: keras.Model) -> str:
    """How to draw four images with the files of a folder for a hub."""
    noise, *wide = (tuple(tensor.shape[1:]) for tensor in sampler.inputs)
    drawn = f"np.random.standard_normal({(4, *noise)})"
    given = f"[{drawn}, np.ones({(4, *wide[0])})]" if wide else drawn
    lines = [
        "import keras",
        "import numpy as np",
        "from safetensors.numpy import load_file",
        *["import satgan_tutorial.recipes  # has the layer that follows the flow"] * _is_flow(sampler),
        "",
        'model = keras.models.model_from_json(open("config.json").read())',
        'weights = load_file("model.safetensors")',
        "model.set_weights([weights[name] for name in sorted(weights)])",
        f"images = model({given})  # from -1 to 1",
    ]
    return "\n".join(lines)


WRITERS = {
    "keras": _write_keras,
    "onnx": _write_onnx,
    "saved_model": _write_saved_model,
    "safetensors": _write_safetensors,
}
READERS = {
    "keras": _read_keras,
    "onnx": _read_onnx,
    "saved_model": _read_saved_model,
    "safetensors": _read_safetensors,
}
