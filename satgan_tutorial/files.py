"""Folders and files: where the checkout is, and writing a file whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def home() -> Path:
    """The folder that holds `data/`: the checkout this package is in, else the working folder."""
    return checkout() or Path.cwd()


def checkout() -> Path | None:
    """The checkout this package is in; None for an installed wheel."""
    folder = Path(__file__).resolve().parents[1]
    return folder if (folder / "pyproject.toml").is_file() else None


@contextmanager
def replacing(file: Path) -> Iterator[Path]:
    """Give a new file beside `file` to write to, which takes its place at the end: whole or not at all."""
    new = file.with_name(f".new-{os.getpid()}-{file.name}")
    try:
        yield new
        os.replace(new, file)
    finally:
        new.unlink(missing_ok=True)


@contextmanager
def locked(file: Path) -> Iterator[bool]:
    """Hold a lock file, which no crash leaves locked; False where another process holds it."""
    from filelock import FileLock, Timeout

    lock = FileLock(file, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()
