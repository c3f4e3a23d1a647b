"""What of this machine would fail in a classroom and how to mend it, and how long the book takes on it."""

from __future__ import annotations

import os
import platform
import shutil
import statistics
import time
import traceback
import webbrowser
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext, suppress
from dataclasses import replace
from functools import cache
from importlib import import_module, metadata
from itertools import pairwise
from pathlib import Path
from textwrap import shorten

# Two quiet cores take this long for a training step of the recipe `small`, and for all of the book at most.
REFERENCE_SECONDS, REFERENCE_MINUTES = 0.045, 27
MEMORY = DISK = 2  # GB that the book needs


Look = tuple[str, bool, str]  # what was found, whether it is good enough, and else how to mend it
AGAIN = "Run `make env`; without a network `python install.py`, in the folder from the teacher's stick."
KERAS = "tensorflow", "keras"  # what the settings of Keras can break
LIBRARIES = "numpy", "scipy", "pandas", "PIL", "matplotlib", "optuna", "tqdm", *KERAS


def look(say: Callable[[str], None]) -> Iterator[tuple[str, str, bool, str]]:
    """Look at one thing after the other: its name, what was found, whether it is good enough, and else how to mend it.

    A look that fails is a thing to mend like any other, and the rest is looked at all the same.

    Args:
        say: what prints the line that tells which chips are used.
    """
    looks = {
        "Python": _python,
        "Packages": _packages,
        "Versions": _versions,
        "Folder": _folder,
        "Cores": lambda: (f"{cores()} (times in the book are for two)", True, ""),
        "Memory": _memory,
        "Disk": _disk,
        "Keras": _keras,
        "Import": lambda: _import([name for name in LIBRARIES if "Keras" not in bad or name not in KERAS]),
        "Weights": _weights,
        "Chips": lambda: _chips(say),
        "Browser": _browser,
        "GPUs": _gpus,
        "Speed": lambda: _speed(seconds()),
        "Book": lambda: _book(seconds()),
    }
    seconds, bad = cache(lambda: step_seconds()), set()
    for name, check in looks.items():
        if name in ("GPUs", "Speed", "Book") and bad & {"Keras", "Import", "Speed"}:
            continue  # these have said why already
        try:
            found, good, mend = check()
        except Exception as error:  # noqa: BLE001  (whatever it is, the rest is looked at)
            mend = MEND.get(name, f"Set SATGAN_TRACEBACK=1 and run it again to see where. {AGAIN}")
            found, good = f"the look failed ({_in_short(error)})", False
            if os.environ.get("SATGAN_TRACEBACK"):
                traceback.print_exc()
        if not good:
            bad.add(name)
        yield name, found, good, mend


# What mends a look that failed, where it is known.
MEND = {
    "Packages": AGAIN,
    "Versions": AGAIN,
    "Weights": AGAIN,
    "Disk": "Name a folder that you may write to in $SATGAN_CACHE.",
    "Chips": "Correct $SATGAN_DATA, or set it to the word simulated; $SATGAN_CACHE names where prepared chips lie.",
    "Folder": "Change to a folder that is there.",
    "GPUs": "Set CUDA_VISIBLE_DEVICES to nothing to do without a GPU, or mend its driver.",
    "Speed": f"Close other programs; set CUDA_VISIBLE_DEVICES to nothing to do without a GPU. {AGAIN}",
}


def _in_short(error: Exception) -> str:
    first = (str(error).strip().splitlines() or [""])[0]
    return shorten(f"{type(error).__name__}: {first}", 200)


def _python() -> Look:
    from packaging.specifiers import SpecifierSet

    wanted, python = metadata.metadata("satgan-tutorial")["Requires-Python"], platform.python_version()
    found = f"{python} on {platform.system()} {platform.machine()} (the book needs {wanted})"
    return found, python in SpecifierSet(wanted), "Install one and run `make env` with it."


def _packages() -> Look:
    missed = unmet(metadata.metadata("satgan-tutorial").get_all("Requires-Dist"))
    return shorten(", ".join(missed), 300) or "all that the book needs", not missed, AGAIN


def _versions() -> Look:
    from ..files import checkout
    from ..pins import read_pins

    tree = checkout()
    pins = read_pins((tree / "requirements.txt").read_text(encoding="utf-8")) if tree else []
    other = unmet(pin.need for pin in pins)
    return shorten(", ".join(other), 300) or "as tested", True, ""


def _folder() -> Look:
    return str(Path.cwd()), os.access(".", os.W_OK), "Copy the book to where you may write."


def _memory() -> Look:
    room = memory()
    if room is None:
        return "the system does not tell", True, ""
    found = f"{room:.1f} GB (a training takes up to {MEMORY})"
    return found, room >= MEMORY, "Give the container or virtual machine more."


def _disk() -> Look:
    from ..sources.cache import cache_folders

    there = next(folder for folder in (cache_folders()[0] / "chips").parents if folder.exists())
    room = shutil.disk_usage(there).free / 1e9
    found = f"{room:.0f} GB free at {there} (the book needs {DISK})"
    return found, room >= DISK, "Make room, or name a folder elsewhere in $SATGAN_CACHE."


def _keras() -> Look:
    from .settings import faults

    wrong = faults()
    return " ".join(wrong) or "set as the book needs it", not wrong, ""


def _import(names: Iterable[str]) -> Look:
    from .console import quiet_import

    broken = []
    for name in names:
        try:
            with quiet_import() if name in KERAS else nullcontext():
                import_module(name)
        except Exception as error:  # noqa: BLE001  (a broken library fails as it likes)
            broken.append(f"{name} is not to be had ({_in_short(error)})")
    return "; ".join(broken) or "every library loads", not broken, AGAIN


def _weights() -> Look:
    from ..models import shipped

    return ", ".join(shipped()) or "none", bool(shipped()), AGAIN


def _chips(say: Callable[[str], None]) -> Look:
    from ..sources import load_chips

    try:
        return repr(load_chips(say=say)), True, ""
    except ValueError as error:
        return "none that can be read", False, str(error)


def _browser() -> Look:
    try:
        return f"opens with {type(webbrowser.get()).__name__}", True, ""
    except webbrowser.Error:
        return "found none; open the address that `make lab` prints in one elsewhere", True, ""


def _gpus() -> Look:
    import tensorflow as tf

    gpus = len(tf.config.list_physical_devices("GPU"))
    return f"{gpus} that TensorFlow can use; the book needs none", True, ""


def _speed(seconds: float) -> Look:
    found = f"{REFERENCE_SECONDS / seconds:.2f} times that of two quiet cores, as busy as this machine is now"
    return f"{found}: {seconds:.3f} s for a training step", True, ""


def _book(seconds: float) -> Look:
    minutes = REFERENCE_MINUTES * seconds / REFERENCE_SECONDS
    return f"about {minutes:.0f} min to run all of it, at the budget `laptop`", True, ""


def unmet(requirements: Iterable[str]) -> list[str]:
    """Those of some requirements that this environment does not meet, each with what was found.

    Args:
        requirements: in the words of a `Requires-Dist`, without sums; those of the extra `book` count, of other extras do not.
    """
    from packaging.requirements import Requirement

    missed = []
    for need in map(Requirement, requirements):
        if not need.marker or need.marker.evaluate({"extra": "book"}):
            found = "none"
            with suppress(metadata.PackageNotFoundError):
                found = metadata.version(need.name)
            if found == "none" or not need.specifier.contains(found, prereleases=True):
                missed.append(f"{need.name} (found {found}, not {need.specifier})")
    return missed


def cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory() -> float | None:
    """Memory this process may use in GB, None where the system doesn't tell."""
    found = []
    if hasattr(os, "sysconf"):
        found.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    limit = Path("/sys/fs/cgroup/memory.max")  # a container's share of the machine
    if limit.is_file() and (text := limit.read_text().strip()).isdigit():
        found.append(int(text))
    return min(found) / 1e9 if found else None


def step_seconds(steps: int = 20, recipe: str = "small", side: int = 80) -> float:
    """Train for some steps of a recipe on squares: seconds for one, the median but for the first, which builds the graph."""
    import keras
    import numpy as np

    from .. import batching, recipes

    recipe, ends = replace(recipes.get(recipe), image_size=side, conditions=()), []
    images = np.random.default_rng(0).integers(0, 256, (64, side, side, 3), np.uint8)
    clock = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: ends.append(time.perf_counter())
    )
    data = batching.shuffled(images, recipe.batch_size, seed=0)
    recipes.build(recipe, 0).fit(data, steps_per_epoch=steps + 1, callbacks=[clock], verbose=0, shuffle=False)
    return statistics.median(b - a for a, b in pairwise(ends))
