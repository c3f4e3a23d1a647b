"""Write what the live generator in a page loads: `python tools/live.py`; `make book` runs it before the pages are built.

The shipped Keras files become two classic scripts beside `_static/live/live.js`, their layers as a list, their weights as
float16 in base64: `weights.js` has generator and judge, and the directions in the noise that the sliders follow;
`more.js` has what only the full explorer needs, the conditional generator and the training as a film. Which networks
those are depends on the chips of the book: the ones for real chips, or the ones for simulated chips. Git ignores both
scripts; they are written again where something that they depend on has changed.
"""

import base64
import hashlib
import io
import json
import sys
from pathlib import Path

import keras
import numpy as np
from PIL import Image

from satgan_tutorial import appearance, latent, load_chips, models, networks, recipes
from satgan_tutorial.judge import Judge

FOLDER = Path(__file__).resolve().parents[1] / "book" / "_static" / "live"
CONVOLUTIONS = "Conv2D", "DepthwiseConv2D", "ResizeConv2D"
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
    size += write(last, content(source), head)
    print(f"Live generator: {size / 1e6:.1f} MB, networks for {source} chips")


def write(file: Path, value: dict, head: str = "") -> int:
    """Write a value as a classic script, which a page may load from a folder; return how many bytes it has."""
    text = json.dumps(value, separators=(",", ":"))
    name = {"weights.js": "content", "more.js": "more"}[file.name]
    return file.write_text(f"{head}satgan.{name} = {text};\n", "utf-8")


def fingerprint(source: str) -> str:
    """Hash all that the scripts depend on."""
    digest = hashlib.sha256(f"{keras.__version__} {np.__version__}".encode())
    files = [Path(x.__file__) for x in (latent, appearance, networks, recipes)] + [Path(__file__)]
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
    }


def more(source: str) -> dict:
    """What only the full explorer needs, ready for JSON."""
    there = f"conditional-{source}" in models.shipped()
    names = ["conditional"] if there else []
    networks = {name: export(models.load(name, source)) for name in names}
    return {"models": networks, "film": film(source)}


def export(model: keras.Model) -> dict:
    """Write a network down as JSON: a chain of layers, after at most one concatenation of its inputs.

    Returns:
        `inputs`, the shape of each; `layers`, each with its `name`, its `output` shape, how many numbers each of its
        `weights` has, and what else its maker in `network.js` reads; `weights`, all of them, float16 in base64.

    Raises:
        ExportError: a layer or a setting that `network.js` does not know, or weights that are not float16.
    """
    layers, arrays = [], []
    for layer in chain(model):
        for name, settings, weights in describe(layer):
            for array in weights:
                if not np.array_equal(array, array.astype("<f2")):
                    raise ExportError(
                        f"{model.name}: {layer.name} has weights that float16 cannot hold; save it with "
                        "models.save, which rounds them."
                    )
            counts = [array.size for array in weights]
            layers.append({"name": name, "weights": counts, **settings})
            arrays += [array.ravel() for array in weights]
    packed = np.concatenate(arrays).astype("<f2").tobytes()
    return {
        "inputs": [list(tensor.shape[1:]) for tensor in model.inputs],
        "layers": layers,
        "weights": base64.b64encode(packed).decode(),
    }


def chain(model: keras.Model) -> list[keras.Layer]:
    """The layers of a model in order, without its inputs and what joins them."""
    layers = [x for x in model.layers if not isinstance(x, keras.layers.InputLayer)]
    if isinstance(model, keras.Sequential):
        return layers
    before = model.inputs[0] if len(model.inputs) == 1 else model.inputs
    if isinstance(layers[0], keras.layers.Concatenate):
        if layers[0].input != model.inputs:
            raise ExportError(f"{model.name}: its first layer does not join its inputs in their order.")
        before = layers.pop(0).output
    for layer in layers:
        if layer.input is not before:
            raise ExportError(
                f"{model.name}: {layer.name} does not follow the layer before it; the page's script runs one chain "
                "of layers, after a concatenation of the inputs if there are several."
            )
        before = layer.output
    return layers


def describe(layer: keras.Layer) -> list[tuple[str, dict, list[np.ndarray]]]:
    """Say what `network.js` needs to know about a layer: its name there, settings, weights; two for a layer that is two."""
    kind, config = type(layer).__name__, layer.get_config()
    output = list(layer.output.shape[1:])
    weights = layer.get_weights()
    settings = {"output": output}
    if "activation" in config:
        check(
            layer,
            config["activation"] in ("linear", "relu", "tanh", "sigmoid"),
            f"activation {config['activation']}",
        )
        settings["activation"] = config["activation"]
    if kind in CONVOLUTIONS:
        settings |= window(layer)
    if kind in ("Dense", *CONVOLUTIONS):
        check(layer, kind != "Dense" or len(layer.input.shape) == 2, "one on more than a row of numbers")
        if not config["use_bias"]:
            weights = [*weights, np.zeros(output[-1], np.float32)]
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
    places = zip(layer.input.shape[1:3], layer.output.shape[1:3], size, strict=True)
    missing = [max((o - 1) * stride + k - i * times, 0) for i, o, k in places]
    return {"kernel": list(size), "stride": stride, "pad": [m // 2 for m in missing]}


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
    known = ", ".join(("Dense", *CONVOLUTIONS, "Activation", "Reshape", "Flatten"))
    rest = "UpSampling2D, Grain, LeakyReLU, Permute, GlobalAveragePooling2D"
    check(layer, kind in known.split(", "), f"it; it knows {known}, {rest}")
    return {}


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
