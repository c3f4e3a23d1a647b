"""What this machine has, and how long the book takes on it."""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import SimpleNamespace

from . import __version__

# Two quiet cores (105 GFLOP/s in sgemm) do `convolution_gflops` at this rate, and all of the book in this time at most.
REFERENCE_GFLOPS, REFERENCE_MINUTES = 100, 5

needs = SimpleNamespace(memory=2, disk=2)  # GB


def versions() -> str:
    """Python and what the book depends on most."""
    found = [f"Python {sys.version.split()[0]}", f"satgan-tutorial {__version__}"]
    for name in ("tensorflow", "keras", "numpy"):
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"no {name}")
    return ", ".join(found)


def free_disk() -> tuple[Path, float]:
    """Where prepared chips go, and the GB free there."""
    from .cache import cache_folders

    first = cache_folders()[0]
    folder = next(folder for folder in (first, *first.parents) if folder.exists())
    return folder, shutil.disk_usage(folder).free / 1e9


def book_minutes() -> tuple[float, float]:
    """Estimate the minutes for all of the book here, and the speed it follows from, 1 for the machine it was timed on."""
    speed = convolution_gflops() / REFERENCE_GFLOPS
    return REFERENCE_MINUTES / speed, speed


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


def convolution_gflops(calls: int = 8) -> float:
    """Time one layer of the book's networks, forth and back, for about 2 s: GFLOP/s, the median of all calls."""
    import tensorflow as tf

    images = tf.random.stateless_normal((32, 40, 40, 64), (0, 0))
    kernel = tf.random.stateless_normal((3, 3, 64, 64), (0, 1))

    @tf.function
    def both_ways(images, kernel):
        out = tf.nn.conv2d(images, kernel, 1, "SAME")
        return [tf.reduce_sum(g) for g in tf.gradients(out, [images, kernel], out)]

    times = []
    for _ in range(calls + 1):
        start = time.perf_counter()
        [part.numpy() for part in both_ways(images, kernel)]
        times.append(time.perf_counter() - start)
    return 3 * 2 * 32 * 40 * 40 * 9 * 64 * 64 / 1e9 / statistics.median(times[1:])  # the first one compiles
