"""Trained models in files: find one by name, folder or file, load it safely, fold it, store it small.

The weights that the project trained itself lie in `pretrained/`, each as `NAME-SOURCE.keras`, a Keras file like any other
with weights rounded to float16, beside its model card (`.md`) and its training log (`.csv`). SOURCE is the chips it was
trained on: "real" or "simulated".
"""

from __future__ import annotations

import difflib
import json
import os
import tempfile
import zipfile
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .chips import FARTHEST

if TYPE_CHECKING:
    import keras

HERE = Path(__file__).parent / "pretrained"
CLASSES, LARGEST = "classes.json", 2**20  # in a .keras file: the names of the classes; bytes


class ModelError(ValueError):
    """A model that is not there, not whole or not of the kind that was wanted: says what was found and what there is.

    >>> path("unicorn", "real")
    Traceback (most recent call last):
    satgan_tutorial.models.ModelError: unicorn for real chips is not shipped; in ... there is ...
    """


class UnknownModelError(ModelError):
    """A name, folder or file that no model goes by.

    >>> find("bok", "real")
    Traceback (most recent call last):
    satgan_tutorial.models.UnknownModelError: found no folder, file or shipped model 'bok'. Did you mean ...
    """

    exit_code = 2  # of the command that named it


def shipped(folder: Path = HERE) -> list[str]:
    """What there is to load, as "NAME-SOURCE", sorted.

    >>> "book-simulated" in shipped()
    True
    """
    return sorted(file.stem for file in folder.glob("*-*.keras"))


def path(name: str, source: str, folder: Path = HERE) -> Path:
    """The file of a shipped model.

    Raises:
        ModelError: it is not shipped.

    >>> path("book", "simulated").name
    'book-simulated.keras'
    """
    file = folder / f"{name}-{source}.keras"
    if not file.is_file():
        there = ", ".join(shipped(folder)) or "nothing"
        raise ModelError(f"{name} for {source} chips is not shipped; in {folder} there is {there}.")
    return file


def find(model: str, source: str) -> Path:
    """The file of a model: of a shipped name, of a training's folder, or the file itself.

    A shipped name goes first: a checkout has a folder `book`, which `./book` still names.

    Args:
        model: the name, the folder or the file.
        source: for a shipped name, the chips that it was trained on.

    Raises:
        UnknownModelError: nothing goes by that name, or the folder holds no model.

    >>> find("book", "simulated").name
    'book-simulated.keras'
    """
    names, there = sorted({stem.rpartition("-")[0] for stem in shipped()}), Path(model)
    if model in names:
        return path(model, source)
    if there.is_file():
        return there
    if not there.exists():
        raise UnknownModelError(f"found no folder, file or shipped model {model!r}. {there_is(model, names)}")
    for file in (there / "generator.keras", *sorted(there.glob("judge-*.keras"))):
        if file.is_file():
            return file
    raise UnknownModelError(f"{model}: found no generator.keras in it; expected the folder of a training.")


def there_is(name: str, names: list[str]) -> str:
    """What to say of a name that is none: the nearest one, and all there are.

    >>> there_is("bok", ["book", "small"])
    'Did you mean book? There is book, small.'
    """
    near = difflib.get_close_matches(name, names, 1)
    return (f"Did you mean {near[0]}? " if near else "") + f"There is {', '.join(names) or 'nothing'}."


def load(name: str, source: str, folder: Path = HERE) -> keras.Model:
    """Load a shipped model, not compiled.

    Args:
        name: "judge" or a recipe's name.
        source: "real" or "simulated".
        folder: where to look, the shipped ones by default.

    Raises:
        ModelError: it is not shipped, or its file is no Keras model.

    >>> import keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = save(model, "mine", "simulated", folder=folder)
    ...     load("mine", "simulated", Path(folder)).output_shape
    (None, 1)
    """
    return read(path(name, source, folder))


def read(file: str | os.PathLike, *, compiled: bool = False) -> keras.Model:
    """Load any `.keras` file, with what it was compiled with, if anything, only on request.

    Raises:
        ModelError: the file is not there, or no Keras model.

    >>> import keras
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).save(f"{folder}/mine.keras")
    ...     read(f"{folder}/mine.keras").output_shape
    (None, 1)
    """
    import keras

    from . import recipes  # noqa: F401  (registers every family and the book's own layers)

    if Path(file).is_file() and not zipfile.is_zipfile(file):
        raise ModelError(f"{file}: expected a Keras model (.keras); found a file that is none, or cut off.")
    try:
        return keras.saving.load_model(file, compile=compiled)
    except Exception as error:
        why = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise ModelError(
            f"{file}: expected a Keras model (.keras); found none ({why}). It has to be whole, and of Keras' own layers or "
            "this package's."
        ) from error


def read_sampler(file: str | os.PathLike) -> keras.Model:
    """Load what turns noise into images: a sampler, or the sampler of a training's checkpoint.

    Raises:
        ModelError: the file holds no such model, or one that draws other numbers than images in [-1, 1].

    >>> import keras
    >>> layers = [keras.Input((4,)), keras.layers.Dense(48, "tanh"), keras.layers.Reshape((4, 4, 3))]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     keras.Sequential(layers).save(f"{folder}/mine.keras")
    ...     read_sampler(f"{folder}/mine.keras").output_shape
    (None, 4, 4, 3)
    """
    from .sampling import inputs, noise

    model = read(file)
    if hasattr(model, "sampler"):  # a whole training: the averages of its weights are its optimizer's
        model = read(file, compiled=True).sampler()
    if not is_sampler(model):
        raise ModelError(
            f"{file}: found the model {model.name!r}, {_takes(model)}; expected a generator of images in colour, from noise "
            "(N, d), and maybe a condition (N, k), to floats (N, H, W, 3). Name another file."
        )
    if not all(np.isfinite(np.asarray(weight)).all() for weight in model.weights):
        raise ModelError(
            f"{file}: found a generator with weights that are not finite; its training broke. Train it anew."
        )
    conditions = [np.zeros((4, tensor.shape[-1]), np.float32) for tensor in model.inputs[1:]]
    drawn = np.asarray(
        model(inputs(noise(4, model.inputs[0].shape[1:], seed=0), *conditions), training=False)
    )
    drawn = drawn.astype(np.float32)
    low, high = float(drawn.min()), float(drawn.max())
    if not np.isfinite([low, high]).all():
        raise ModelError(
            f"{file}: found a generator of numbers that are not finite; its training broke. Train it anew."
        )
    if (drawn == drawn[:1]).all():
        raise ModelError(
            f"{file}: found a generator that draws the same picture of any noise; its weights are lost. Train it anew."
        )
    if (low >= 0 and high > 0) or max(-low, high) > FARTHEST:
        raise ModelError(
            f"{file}: found a generator of values from {low:.2f} to {high:.2f}; expected -1 to 1, as tanh gives them."
        )
    return model


def write_classes(file: Path, classes: tuple[str, ...]) -> None:
    """Write the names of the classes that a sampler is asked for into its file; nothing where there are none.

    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "mine.keras")
    ...     write_classes(file, ("barge", "boat"))
    ...     zipfile.ZipFile(file).namelist()
    ['classes.json']
    """
    if classes:
        with zipfile.ZipFile(file, "a") as kept:
            kept.writestr(CLASSES, json.dumps(classes))


def read_classes(file: str | os.PathLike) -> tuple[str, ...]:
    """The names of the classes that a sampler is asked for; () where its file has none.

    Raises:
        ModelError: what the file has there is no list of names.

    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "mine.keras")
    ...     write_classes(file, ("barge", "boat"))
    ...     read_classes(file)
    ('barge', 'boat')
    """
    try:
        with zipfile.ZipFile(file) as kept:
            if CLASSES not in kept.namelist() or kept.getinfo(CLASSES).file_size > LARGEST:
                return ()
            names = json.loads(kept.read(CLASSES))
            if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
                raise ValueError(f"found {names!r:.60}")
    except (OSError, ValueError, zipfile.BadZipFile, RecursionError) as error:
        raise ModelError(
            f"{file}: found no names of classes that can be read ({error}); train it anew."
        ) from None
    return tuple(names)


def is_sampler(model: keras.Model) -> bool:
    """Whether a model takes noise, and maybe conditions, to images in colour.

    >>> import keras
    >>> from keras.layers import Dense, Flatten, Reshape
    >>> draws = keras.Sequential([keras.Input((4,)), Dense(48, "tanh"), Reshape((4, 4, 3))])
    >>> judges = keras.Sequential([keras.Input((4, 4, 3)), Flatten(), Dense(1)])
    >>> is_sampler(draws), is_sampler(judges)
    (True, False)
    """
    noise, *conditions = [tensor.shape for tensor in getattr(model, "inputs", None) or [()]]
    return bool(noise) and (
        not any(isinstance(getattr(model, side, None), dict) for side in ("input", "output"))
        and None not in (*noise[1:], *model.outputs[0].shape[1:])
        and "float" in model.outputs[0].dtype
        and len(model.outputs) == 1
        and len(model.outputs[0].shape) == 4
        and model.outputs[0].shape[-1] == 3
        and (len(noise) == 2 or noise[1:] == model.outputs[0].shape[1:])
        and [len(shape) for shape in conditions] in ([], [2])
    )


def _takes(model: keras.Model) -> str:
    """What goes into a model and what comes out of it, in words."""
    sides = [
        [tuple(tensor.shape) for tensor in getattr(model, side, None) or []] for side in ("inputs", "outputs")
    ]
    return " to ".join(", ".join(map(str, shapes)) or "nothing known" for shapes in sides)


def save(
    model: keras.Model,
    name: str,
    source: str,
    *,
    folder: str | os.PathLike = HERE,
    card: str | None = None,
    log: str | None = None,
) -> Path:
    """Store a model with its weights rounded to float16, its card and its log; never half of a file.

    The caller's model keeps its weights: `load` it again to measure what is shipped.

    Args:
        model: to store; what it was compiled with is left out.
        name: "judge" or a recipe's name.
        source: "real" or "simulated", the chips it was trained on.
        folder: where to, made if it is not there.
        card: text of the model card: data, split, seed, steps, scores with N, licence, command, versions.
        log: text of the training log, comma-separated with a header line.

    Returns:
        The `.keras` file.

    >>> import keras
    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    >>> model.set_weights([np.array([[0.1]]), np.zeros(1)])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = save(model, "mine", "real", folder=folder, card="Trained on one number.")
    ...     file.name, file.with_suffix(".md").read_text(), round(float(read(file).weights[0][0, 0]), 6)
    ('mine-real.keras', 'Trained on one number.', 0.099976)
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}-{source}.keras"
    with tempfile.TemporaryDirectory(prefix=".new-", dir=folder) as staging:
        plain, small = Path(staging, "plain.keras"), Path(staging, "small.keras")
        model.save(plain, include_optimizer=False)
        rounded = read(plain)
        for weight in rounded.weights:
            if "float" in weight.dtype:
                weight.assign(np.asarray(weight).astype(np.float16))
        rounded.save(plain, include_optimizer=False)
        with (
            zipfile.ZipFile(plain) as found,
            zipfile.ZipFile(small, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as out,
        ):
            for part in found.namelist():
                out.writestr(part, found.read(part))  # the bits float16 lacks are zeros, and pack away
        for text, suffix in ((card, ".md"), (log, ".csv")):
            if text is not None:
                Path(staging, "text").write_text(text, encoding="utf-8")
                os.replace(Path(staging, "text"), file.with_suffix(suffix))
        os.replace(small, file)
    return file


def fold(model: keras.Model) -> keras.Model:
    """Copy a chain of layers with each batch norm worked into the weights before it.

    Outside training batch norm only scales and shifts each channel, which the layer before it can do as well: the
    copy makes the same images with fewer and simpler layers. It is for use, not for further training.

    Raises:
        ModelError: the model is no chain, a layer has weights that are no kernel and bias, or a batch norm follows what is not
            linear.

    >>> import keras
    >>> from keras.layers import BatchNormalization, Dense
    >>> model = keras.Sequential([keras.Input((2,)), Dense(3), BatchNormalization()])
    >>> x, folded = np.ones((1, 2), np.float32), fold(model)
    >>> [type(layer).__name__ for layer in folded.layers], bool(np.allclose(model(x), folded(x), atol=1e-5))
    (['Dense'], True)
    """
    import keras
    from keras import layers

    from . import networks

    stack, weights = [], []
    for layer in _foldable(model):
        if isinstance(layer, layers.BatchNormalization):
            weights[-1] = _normalised(weights[-1], layer)
            continue
        config = layer.get_config()
        if layer.weights:
            config["use_bias"] = True
            kernel, *bias = layer.get_weights()
            filters = config.get("filters") or config["units"]
            # A transposed convolution's kernel ends in the channels that come in.
            transposed = isinstance(layer, layers.Conv2DTranspose)
            weights.append((transposed, kernel, bias[0] if bias else np.zeros(filters)))
        if isinstance(layer, networks.ResizeConv2D):  # as the two layers that it stands for
            stack.append(layers.UpSampling2D(2))
            stack.append(layers.Conv2D.from_config(config))
        else:
            stack.append(type(layer).from_config(config))
    folded = networks.chain([keras.Input(x.shape[1:]) for x in model.inputs], stack, model.name)
    folded.set_weights([array for _, *pair in weights for array in pair])
    return folded


def _foldable(model: keras.Model) -> list[keras.layers.Layer]:
    """The layers of a chain but its inputs; a `ModelError` if `fold` would make another function of it."""
    from keras import layers

    from . import networks

    kernels = (layers.Dense, layers.Conv2D, layers.Conv2DTranspose, networks.ResizeConv2D)
    passing = (layers.Reshape, layers.Permute, layers.UpSampling2D, layers.Flatten)
    chain = [x for x in model.layers if not isinstance(x, layers.InputLayer | layers.Concatenate)]
    linear, wrong = False, None if _is_chain(model, chain) else "layers that do not stand in a row"
    for layer in chain:
        if isinstance(layer, layers.BatchNormalization):
            wrong = wrong or (
                None if linear else f"{layer.name}, which follows no linear layer with a kernel"
            )
        elif type(layer) in kernels:
            linear = getattr(layer.activation, "__name__", "") == "linear"
        elif layer.weights:
            wrong = wrong or f"{layer.name}, a {type(layer).__name__}, whose weights are no kernel and bias"
        elif not isinstance(layer, passing):
            linear = False
    if wrong:
        raise ModelError(
            f"{model.name}: found {wrong}; expected a chain of convolutions and dense layers, each batch norm right after "
            "one. Use the model as it is."
        )
    return chain


def _is_chain(model: Any, chain: list[Any]) -> bool:
    """Whether each layer takes what the one before it gives, and the last one gives what the model does."""
    import keras

    if isinstance(model, keras.Sequential):
        return bool(chain)
    follows = all(after.input is before.output for before, after in pairwise(chain))
    return bool(chain) and follows and model.outputs[0] is chain[-1].output


def _normalised(
    before: tuple[bool, np.ndarray, np.ndarray], norm: keras.layers.BatchNormalization
) -> tuple[bool, np.ndarray, np.ndarray]:
    """The kernel and bias of a layer with the batch norm after it worked in."""
    mean, variance = np.asarray(norm.moving_mean), np.asarray(norm.moving_variance)
    transposed, kernel, bias = before
    scale = (1.0 if norm.gamma is None else np.asarray(norm.gamma)) / np.sqrt(variance + norm.epsilon)
    shift = (0.0 if norm.beta is None else np.asarray(norm.beta)) - mean * scale
    repeats = len(bias) // len(scale)  # a Dense layer that is reshaped has each channel many times
    scale, shift = np.tile(scale, repeats), np.tile(shift, repeats)
    return transposed, kernel * (scale[:, None] if transposed else scale), bias * scale + shift
