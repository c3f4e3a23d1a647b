"""Write what the live generator in a page loads: `python tools/live.py`; `make book` runs it before the pages are built.

The shipped Keras files become classic scripts beside `_static/live/live.js`, their layers as a list, their weights as
float16 in base64: `weights.js` has generator and judge, and the directions in the noise that the sliders follow;
`more.js` has what only the full explorer needs, the conditional generator and the training as a film; `flow.js` and
`student.js`, where such a model is shipped, have its network, which a page loads when its reader has it draw. Which networks
those are depends on the chips of the book: the ones for real chips, or the ones for simulated chips. Git ignores the
scripts; they are written again where something that they depend on has changed.
"""

import base64
import hashlib
import io
import json
import sys
from functools import cache
from pathlib import Path

import keras
import numpy as np
from PIL import Image

from satgan_tutorial import appearance, latent, load_chips, models, networks, recipes, unet
from satgan_tutorial.chips import SIZE
from satgan_tutorial.classifier import SMALL
from satgan_tutorial.judge import Judge

FOLDER = Path(__file__).resolve().parents[1] / "book" / "_static" / "live"
NAMES = {
    "weights.js": "content",
    "more.js": "more",
    "flow.js": "flow",
    "student.js": "student",
}  # what each script's value is called in a page
CONVOLUTIONS = "Conv2D", "DepthwiseConv2D", "ResizeConv2D", "Conv2DTranspose"
JOINING = "Concatenate", "Add", "Multiply"
ACTIVATIONS = "linear", "relu", "tanh", "sigmoid", "silu"
PASSES = 20  # of the teacher (tools/student.py)
DRAWN, SEED = 1000, 0  # chips that the directions are learned from
FILM_SEED = 7  # of the noise of the film, in tools/ship.py


class ExportError(ValueError):
    """A network that the page's script cannot run: says which layer, and what can be run."""


def main(folder: Path = FOLDER, source: str | None = None) -> None:
    """Write the scripts, for the chips of this book if no source is named; leave them where nothing has changed."""
    source = source or load_chips(say=lambda line: None).source
    head = f"// Networks for {source} chips, {fingerprint(source)}\n"
    last = folder / "weights.js"
    if last.exists() and last.read_text("utf-8").startswith(head):
        return
    size = write(folder / "more.js", more(source), head)
    beside = []
    for name in APART:
        apart = folder / f"{name}.js"
        apart.unlink(missing_ok=True)
        if drawn := drawing(name, source):
            beside.append(f"{write(apart, drawn, head) / 1e6:.1f} MB for the {name}")
    size += write(last, content(source), head)
    print(f"Live generator: {', and '.join([f'{size / 1e6:.1f} MB', *beside])}, networks for {source} chips")


def write(file: Path, value: dict, head: str = "") -> int:
    """Write a value as a classic script, which a page may load from a folder; return how many bytes it has."""
    text = json.dumps(value, separators=(",", ":"))
    return file.write_text(f"{head}satgan.{NAMES[file.name]} = {text};\n", "utf-8")


def fingerprint(source: str) -> str:
    """Hash all that the scripts depend on."""
    digest = hashlib.sha256(f"{keras.__version__} {np.__version__}".encode())
    files = [Path(x.__file__) for x in (latent, appearance, networks, recipes, unet)] + [Path(__file__)]
    for file in files + sorted(models.HERE.glob(f"*-{source}.[kn]*")):
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def content(source: str) -> dict:
    """What every live generator needs, ready for JSON."""
    generator = models.load("book", source)
    judge = Judge(source).classifier
    return {
        "source": source,
        "models": {"book": export(generator), "judge": export(judge)},
        "directions": directions(generator),
        **{name: (drawn := drawing(name, source)) and drawn["about"] for name in APART},
    }


@cache
def drawing(name: str, source: str) -> dict | None:
    """What a page loads when its reader has a flow or a student draw, ready for JSON; None where none is shipped."""
    return APART[name](models.load(name, source)) if f"{name}-{source}" in models.shipped() else None


def flow(sampler: keras.Model) -> dict:
    """The velocity network of a flow's sampler, and what a page says of it before that is loaded."""
    drawn = velocity("flow", sampler, SIZE)
    drawn["about"]["shrink"] = sampler.layers[-1].shrink
    return drawn


def student(sampler: keras.Model) -> dict:
    """The network of a student that draws in one step, and what a page says of it before that is loaded."""
    drawn = velocity("student", sampler, SMALL)
    drawn["about"] |= {"side": SMALL, "passes": PASSES}
    return drawn


def velocity(name: str, sampler: keras.Model, side: int) -> dict:
    """The velocity network of a sampler, ready for JSON, and how large it is.

    Raises:
        ExportError: it draws no images of that side, or is told more than the time.
    """
    network = sampler.layers[-1].layer
    shapes = [tuple(tensor.shape[1:]) for tensor in network.inputs]
    if shapes != [(side, side, 3), (1,)]:
        raise ExportError(
            f"{sampler.name}: the network takes {shapes}; the page's script has images of {side} x {side} pixels and a time."
        )
    written = export(network)
    about = {"megabytes": round(len(written["weights"]) / 1e6, 1)}
    return {"models": {name: written}, "about": about}


APART = {"flow": flow, "student": student}  # what a page loads only when its reader has it draw


def more(source: str) -> dict:
    """What only the full explorer needs, ready for JSON."""
    there = f"conditional-{source}" in models.shipped()
    names = ["conditional"] if there else []
    networks = {name: export(models.load(name, source)) for name in names}
    return {"models": networks, "film": film(source)}


def export(model: keras.Model) -> dict:
    """Write a network down as JSON: a list of layers, each after those that it takes something from.

    Returns:
        `inputs`, the shape of each; `layers`, each with its `name`, its `output` shape, how many numbers each of its
        `weights` has, where it takes something else than the result of the one before it `from`, a list of numbers that
        count the inputs and then the layers, and what else its maker in `network.js` reads; `weights`, all of them, float16
        in base64.

    Raises:
        ExportError: a layer or a setting that `network.js` does not know, or weights that are not float16.
    """
    layers, arrays = [], []
    made = {id(tensor): number for number, tensor in enumerate(model.inputs)}
    for layer in model.layers:
        if isinstance(layer, keras.layers.InputLayer):
            continue
        taken = [] if isinstance(model, keras.Sequential) else sources(model, layer, made)
        for name, settings, weights in describe(layer):
            for array in weights:
                if not np.array_equal(array, array.astype("<f2")):
                    raise ExportError(
                        f"{model.name}: {layer.name} has weights that float16 cannot hold; save it with "
                        "models.save, which rounds them."
                    )
            counts = [array.size for array in weights]
            follows = taken in ([], [len(model.inputs) + len(layers) - 1])
            layers.append(
                {"name": name, "weights": counts, **settings} | ({} if follows else {"from": taken})
            )
            arrays += [array.ravel() for array in weights]
            taken = []  # the second of two layers for one follows the first
        made[id(layer.output)] = len(model.inputs) + len(layers) - 1
    packed = np.concatenate(arrays).astype("<f2").tobytes()
    return {
        "inputs": [list(tensor.shape[1:]) for tensor in model.inputs],
        "layers": layers,
        "weights": base64.b64encode(packed).decode(),
    }


def sources(model: keras.Model, layer: keras.Layer, made: dict[int, int]) -> list[int]:
    """The numbers of what a layer takes, in its order."""
    given = layer.input if isinstance(layer.input, list) else [layer.input]
    if any(id(tensor) not in made for tensor in given):
        raise ExportError(
            f"{model.name}: {layer.name} takes something that no layer before it gives; the page's script runs layers alone."
        )
    return [made[id(tensor)] for tensor in given]


def describe(layer: keras.Layer) -> list[tuple[str, dict, list[np.ndarray]]]:
    """Say what `network.js` needs to know about a layer: its name there, settings, weights; two for a layer that is two."""
    kind, config = type(layer).__name__, layer.get_config()
    output = list(layer.output.shape[1:])
    weights = layer.get_weights()
    settings = {"output": output}
    if "activation" in config:
        check(
            layer,
            config["activation"] in ACTIVATIONS,
            f"activation {config['activation']}",
        )
        settings["activation"] = config["activation"]
    if kind in CONVOLUTIONS:
        settings |= window(layer)
    if kind in ("Dense", *CONVOLUTIONS) and not config["use_bias"]:
        weights = [*weights, np.zeros(output[-1], np.float32)]
    if kind == "MultiHeadAttention":
        settings |= attention(layer)
    if kind == "ResizeConv2D":
        before = {"output": [*output[:2], layer.input.shape[3]], "size": 2}
        return [("UpSampling2D", before, []), ("Conv2D", settings, weights)]
    settings |= others(layer)
    return [("Reshape" if kind == "Flatten" else kind, settings, weights)]


def check(layer: keras.Layer, right: bool, found: str) -> None:
    """Raise an ExportError about a layer that the page's script cannot run."""
    if not right:
        raise ExportError(f"{layer.name}, a {type(layer).__name__}: network.js does not know {found}.")


def window(layer: keras.Layer) -> dict:
    """How a convolution moves over its input: the sides of its kernel, its stride, its padding above and to the left."""
    config = layer.get_config()
    size, stride = config["kernel_size"], config["strides"][0]
    plain = config["data_format"] == "channels_last" and config.get("depth_multiplier", 1) == 1
    plain &= config["dilation_rate"] == (1, 1) and config.get("groups", 1) == 1
    check(layer, plain and config["strides"] == (stride, stride), "its strides, dilation or groups")
    times = 2 if type(layer).__name__ == "ResizeConv2D" else 1
    inner, outer = layer.output.shape[1:3], layer.input.shape[1:3]
    if type(layer).__name__ == "Conv2DTranspose":  # a convolution the other way round
        whole = config["padding"] == "same" and config["output_padding"] is None and min(size) >= stride
        check(layer, whole, "its padding, or a kernel smaller than its stride")
        inner, outer = outer, inner
    missing = [max((i - 1) * stride + k - o * times, 0) for i, o, k in zip(inner, outer, size, strict=True)]
    return {"kernel": list(size), "stride": stride, "pad": [m // 2 for m in missing]}


def attention(layer: keras.Layer) -> dict:
    """How many heads look, each with its own channels."""
    config = layer.get_config()
    plain = config["use_bias"] and config["value_dim"] == config["key_dim"] and config["output_shape"] is None
    plain &= not config["use_gate"] and config["sliding_window"] is None and config["attention_axes"] == (1,)
    check(layer, plain and layer.output.shape[-1] == layer.input[0].shape[-1], "its settings")
    return {"heads": config["num_heads"]}


def last_axis(layer: keras.Layer, axis: int | list[int]) -> bool:
    """Whether an axis is the one of the channels."""
    return axis in (-1, [-1], len(layer.output.shape) - 1, [len(layer.output.shape) - 1])


def others(layer: keras.Layer) -> dict:
    """What `network.js` reads besides of the layers that are no convolutions; it knows no layer that is not named here."""
    kind, config = type(layer).__name__, layer.get_config()
    if kind == "UpSampling2D":
        size = config["size"][0]
        plain = config["size"] == (size, size) and config["interpolation"] == "nearest"
        check(layer, plain, "its size or interpolation")
        return {"size": size}
    if kind == "Grain":
        return {"channels": config["channels"]}
    if kind == "LeakyReLU":
        return {"slope": config["negative_slope"]}
    if kind == "Permute":
        return {"order": [axis - 1 for axis in config["dims"]]}
    if kind == "GlobalAveragePooling2D":
        check(layer, not config["keepdims"], "keepdims")
        return {}
    if kind == "RMSNormalization":
        check(layer, last_axis(layer, config["axis"]), "an axis that is not the last")
        return {"epsilon": config["epsilon"]}
    if kind == "Waves":
        return {"frequencies": layer.frequencies.tolist()}
    if kind in JOINING:
        check(layer, joins(layer), "its axis, or shapes that do not fit so")
        return {}
    known = ", ".join(
        ("Dense", *CONVOLUTIONS, *JOINING, "Activation", "Reshape", "Flatten", "MultiHeadAttention")
    )
    rest = "UpSampling2D, Grain, LeakyReLU, Permute, GlobalAveragePooling2D, RMSNormalization, Waves"
    check(layer, kind in known.split(", "), f"it; it knows {known}, {rest}")
    return {}


def joins(layer: keras.Layer) -> bool:
    """Whether a layer of several inputs does what `network.js` does: channels in a row, or numbers with numbers.

    An input after the first may be a number for each channel.
    """
    if type(layer).__name__ == "Concatenate":
        return last_axis(layer, layer.axis)
    first, *rest = [tuple(tensor.shape[1:]) for tensor in layer.input]
    for_channels = (*[1] * (len(first) - 1), first[-1])
    return all(shape in (first, for_channels) for shape in rest)


def directions(generator: keras.Model) -> dict:
    """Find the directions in the noise that the sliders follow (`latent.directions`), rounded to be short."""
    found = latent.directions(generator, DRAWN, SEED)
    arrays = {name: getattr(found, name) for name in ("offset", "slope", "move")}
    rounded = {name: array.round(5).tolist() for name, array in arrays.items()}
    explained = found.explained.round(3).tolist()
    return {"names": list(found.names), **rounded, "explained": explained}


def film(source: str) -> list[dict]:
    """Give what the same noise became as the training went on: each frame its `step` and its `image`, a row of chips.

    What is shipped begins when there is something to see. The first frame here is what the first weights draw.
    """
    with np.load(models.HERE / f"book-{source}.npz") as kept:
        steps, rows = kept["steps"].tolist(), list(kept["images"])
    first = recipes.build("book", seed=0).sample(len(rows[0]), FILM_SEED)
    return [
        {"step": step, "image": picture(np.concatenate(list(chips), axis=1))}
        for step, chips in zip([0, *steps], [first, *rows], strict=True)
    ]


def picture(image: np.ndarray) -> str:
    """Write pixels as a data address, a little blurred to be small."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, "WEBP", quality=90, method=6)
    return f"data:image/webp;base64,{base64.b64encode(file.getvalue()).decode()}"


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
