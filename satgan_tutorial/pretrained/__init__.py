"""Weights the project trained itself, each with its model card (`.md`) and its training log (`.csv`).

`NAME-SOURCE.keras` is a Keras file like any other, its weights rounded to float16 so that it is small; `load` and
`keras.saving.load_model` both read it. SOURCE is the chips it was trained on: "real" or "simulated".
"""

from __future__ import annotations

import os
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import keras

HERE = Path(__file__).parent


class PretrainedError(ValueError):
    """A model that is not shipped, or whose file is damaged: says what was found and what there is."""


def shipped(folder: Path = HERE) -> list[str]:
    """What there is to load, as "NAME-SOURCE", sorted."""
    return sorted(file.stem for file in folder.glob("*-*.keras"))


def path(name: str, source: str, folder: Path = HERE) -> Path:
    """The file of a shipped model.

    Raises:
        PretrainedError: it is not shipped.
    """
    file = folder / f"{name}-{source}.keras"
    if not file.is_file():
        there = ", ".join(shipped(folder)) or "nothing"
        raise PretrainedError(f"{name} for {source} chips is not shipped; in {folder} there is {there}.")
    return file


def load(name: str, source: str, folder: Path = HERE) -> keras.Model:
    """Load a shipped model, not compiled.

    Args:
        name: "judge" or a recipe's name.
        source: "real" or "simulated".
        folder: where to look, the shipped ones by default.

    Raises:
        PretrainedError: it is not shipped, or its file is no Keras model.
    """
    return read(path(name, source, folder))


def read(file: str | os.PathLike, *, compiled: bool = False) -> keras.Model:
    """Load any `.keras` file, with what it was compiled with, if anything, only on request.

    Raises:
        PretrainedError: the file is not there, or no Keras model.
    """
    import keras

    from .. import networks  # noqa: F401  (registers the book's own layers)

    try:
        return keras.saving.load_model(file, compile=compiled)
    except Exception as error:
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise PretrainedError(f"{file}: expected a Keras model (.keras); found none ({why}).") from error


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
