"""Reading and drawing ships in satellite chips: the code the chapters of the book share.

Importing the package is instant: a module, and TensorFlow with it, loads when something first asks for it.
"""

from __future__ import annotations

import importlib
import os
from typing import Any

from .renamed import old_names

# TensorFlow reads these when it is imported, so they are set here, in the one place that always runs before.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# oneDNN's convolutions, which TensorFlow takes by itself only on processors with AVX-512 VNNI; elsewhere a training step
# takes up to half as long again without them.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

_HOME = {"ChipSet": "chips", "claim": "prose", "load_chips": "sources", "say": "prose", "show": "plots"}

_RENAMED = {
    "checks": "exercises",
    "fetch": "sources.fetch",
    "measure": "appearance",
    "pretrained": "models",
    "shipsnet": "sources.shipsnet",
    "simulate": "sources.simulate",
    "watch": "callbacks",
}

__all__ = ["ChipSet", "budget", "claim", "load_chips", "say", "show"]

BUDGETS = ("smoke", "laptop", "full")


def budget(*, smoke: Any, laptop: Any, full: Any) -> Any:
    """Pick one of three values by the environment variable `SATGAN_BUDGET`, `laptop` where it is not set.

    Args:
        smoke: for tests, seconds a chapter.
        laptop: for the book as built on two cores.
        full: for a long run, the shipped weights among them.

    Raises:
        ValueError: if `SATGAN_BUDGET` names no budget.

    >>> from unittest import mock
    >>> with mock.patch.dict(os.environ, SATGAN_BUDGET="smoke"):
    ...     budget(smoke=10, laptop=400, full=5000)
    10
    """
    name = os.environ.get("SATGAN_BUDGET") or "laptop"
    if name not in BUDGETS:
        raise ValueError(f"SATGAN_BUDGET is {name!r}; it must be one of {', '.join(BUDGETS)}, or not be set.")
    return {"smoke": smoke, "laptop": laptop, "full": full}[name]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("satgan-tutorial")
    if name in _HOME:
        return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
    if name in _RENAMED:  # before the folder of weights is taken for a module
        return old_names(__name__, _RENAMED)(name)
    try:
        return importlib.import_module(f"{__name__}.{name}")
    except ModuleNotFoundError as error:
        if error.name != f"{__name__}.{name}":
            raise
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
