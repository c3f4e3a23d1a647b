"""Reading and drawing ships in satellite chips: the code the chapters of the book share.

Importing the package is instant: a module, and TensorFlow with it, loads when something first asks for it.
"""

import importlib
import os

__version__ = "0.1.0"

# TensorFlow reads this when it is imported, so it is set here, in the one place that always runs before.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

_HOME = {"ChipSet": "chips", "load_chips": "chips", "show": "plots"}

__all__ = ["ChipSet", "budget", "load_chips", "show"]

BUDGETS = ("smoke", "laptop", "full")


def budget(*, smoke, laptop, full):
    """Pick one of three values by the environment variable `SATGAN_BUDGET`, `laptop` where it is not set.

    Args:
        smoke: for tests, seconds a chapter.
        laptop: for the book as built on two cores.
        full: for a long run, the shipped weights among them.

    Raises:
        ValueError: if `SATGAN_BUDGET` names no budget.
    """
    name = os.environ.get("SATGAN_BUDGET") or "laptop"
    if name not in BUDGETS:
        raise ValueError(f"SATGAN_BUDGET is {name!r}; it must be one of {', '.join(BUDGETS)}, or not be set.")
    return {"smoke": smoke, "laptop": laptop, "full": full}[name]


def __getattr__(name):
    if name in _HOME:
        return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
    try:
        return importlib.import_module(f"{__name__}.{name}")
    except ModuleNotFoundError as error:
        if error.name != f"{__name__}.{name}":
            raise
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
