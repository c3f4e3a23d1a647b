"""What of this machine would fail in a classroom and how to mend it, and how long the book takes on it."""

from __future__ import annotations

import os
import platform
import shutil
import statistics
import time
import webbrowser
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from importlib import metadata
from itertools import pairwise
from pathlib import Path
from textwrap import shorten

# Two quiet cores take this long for a training step of the recipe `small`, and for all of the book at most.
REFERENCE_SECONDS, REFERENCE_MINUTES = 0.045, 20
MEMORY = DISK = 2  # GB that the book needs


def look(say: Callable[[str], None]) -> Iterator[tuple[str, str, bool, str]]:
    """Look at one thing after the other: its name, what was found, whether it is good enough, and else how to mend it.

    Args:
        say: what prints the line that tells which chips are used.
    """
    from packaging.specifiers import SpecifierSet

    from ..files import checkout
    from ..models import shipped
    from ..sources import load_chips
    from ..sources.cache import cache_folders
    from .console import quiet_import

    again = "Run `make env`; without a network `python install.py`, in the folder from the teacher's stick."
    book, python, tree = metadata.metadata("satgan-tutorial"), platform.python_version(), checkout()
    wanted = book["Requires-Python"]
    found = f"{python} on {platform.system()} {platform.machine()} (the book needs {wanted})"
    yield "Python", found, python in SpecifierSet(wanted), "Install one and run `make env` with it."
    missed = unmet(book.get_all("Requires-Dist"))
    yield "Packages", shorten(", ".join(missed), 300) or "all that the book needs", not missed, again
    other = unmet((tree / "requirements.txt").read_text(encoding="utf-8").splitlines()) if tree else []
    yield "Versions", shorten(", ".join(other), 300) or "as tested", True, ""
    yield "Folder", str(Path.cwd()), os.access(".", os.W_OK), "Copy the book to where you may write."
    yield "Cores", f"{cores()} (times in the book are for two)", True, ""
    if room := memory():
        found = f"{room:.1f} GB (a training takes up to {MEMORY})"
        yield "Memory", found, room >= MEMORY, "Give the container or virtual machine more."
    there = next(folder for folder in (cache_folders()[0] / "chips").parents if folder.exists())
    room = shutil.disk_usage(there).free / 1e9
    found = f"{room:.0f} GB free at {there} (the book needs {DISK})"
    yield "Disk", found, room >= DISK, "Make room, or name a folder elsewhere in $SATGAN_CACHE."
    yield "Weights", ", ".join(shipped()) or "none", bool(shipped()), again
    try:
        yield "Chips", repr(load_chips(say=say)), True, ""
    except ValueError as error:
        yield "Chips", "none that can be read", False, str(error)
    found = "found none; open the address that `make lab` prints in one elsewhere"
    with suppress(webbrowser.Error):
        found = f"opens with {type(webbrowser.get()).__name__}"
    yield "Browser", found, True, ""
    try:
        with quiet_import():
            import tensorflow as tf
    except ImportError as error:
        yield "Import", f"TensorFlow is not to be had ({error})", False, again
        return
    gpus = len(tf.config.list_physical_devices("GPU"))
    yield "GPUs", f"{gpus} that TensorFlow can use; the book needs none", True, ""
    speed = REFERENCE_SECONDS / (seconds := step_seconds())
    found = f"{speed:.2f} times that of two quiet cores, as busy as this machine is now"
    yield "Speed", f"{found}: {seconds:.3f} s for a training step", True, ""
    found = f"about {REFERENCE_MINUTES / speed:.0f} min to run all of it, at the budget `laptop`"
    yield "Book", found, True, ""


def unmet(requirements: Iterable[str]) -> list[str]:
    """Those of some requirements that this environment does not meet, each with what was found.

    Args:
        requirements: in the words of a requirements.txt; those of the extra `book` count, of other extras do not.
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


def step_seconds(steps: int = 20) -> float:
    """Train for some steps of the recipe `small`: seconds for one, the median but for the first, which builds the graph."""
    import keras
    import numpy as np

    from .. import batching, recipes

    recipe, ends = recipes.get("small"), []
    images = np.random.default_rng(0).integers(0, 256, (64, 80, 80, 3), np.uint8)
    clock = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: ends.append(time.perf_counter())
    )
    data = batching.shuffled(images, recipe.batch_size, seed=0)
    recipes.build(recipe, 0).fit(data, steps_per_epoch=steps + 1, callbacks=[clock], verbose=0, shuffle=False)
    return statistics.median(b - a for a, b in pairwise(ends))
