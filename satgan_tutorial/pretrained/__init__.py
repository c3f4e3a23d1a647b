"""Weights the project trained itself, each with its model card (`.md`) and its training log (`.csv`).

`NAME-SOURCE.keras` is a Keras file like any other, its weights rounded to float16 so that it is small; `load` and
`keras.saving.load_model` both read it. SOURCE is the chips it was trained on: "real" or "simulated".
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

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
