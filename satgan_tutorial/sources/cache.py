"""Chips prepared once: stored as plain arrays, renamed into place, memory-mapped ever after."""

from __future__ import annotations

import os
import pickle
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np

from ..chips import ChipError, ChipSet
from ..files import checkout


def cached(key: str, make: Callable[[], ChipSet], say: Callable[[str], None]) -> ChipSet:
    """The chips of a key from a cache folder, made and stored there the first time."""
    folders = cache_folders()
    for folder in folders:
        try:
            return _open(folder / key)
        except Exception:  # noqa: BLE001  (not there, or damaged in whatever way: made again below)
            shutil.rmtree(folder / key, ignore_errors=True)
    with _staging(folders) as staging:
        say("Preparing the chips, this once (seconds); from then on they load at once.")
        new, final = Path(staging, key), Path(staging).with_name(key)
        _store(make(), new)
        with suppress(OSError):  # another process was faster
            new.rename(final)
        return _open(final)


def cache_folders() -> list[Path]:
    """Where converted chips may lie: $SATGAN_CACHE, else `data/cache` of the checkout, else the user's cache."""
    if named := os.environ.get("SATGAN_CACHE"):
        return [Path(named).expanduser().absolute()]
    from platformdirs import user_cache_path

    tree = checkout()
    return [*([tree / "data" / "cache"] if tree else []), user_cache_path("satgan")]


def _staging(folders: list[Path]) -> tempfile.TemporaryDirectory:
    """A new folder to write to, beside where its contents will lie in the end."""
    for folder in folders:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            return tempfile.TemporaryDirectory(prefix=".new-", dir=folder)
        except OSError as error:
            found = error
    raise ChipError(
        f"{' and '.join(map(str, folders))}: found no cache folder to write to ({found.strerror}); expected room "
        "for 80 MB. Set $SATGAN_CACHE to a folder you may write to."
    )


def _store(chips: ChipSet, folder: Path) -> None:
    folder.mkdir()
    np.save(folder / "images.npy", chips.images)
    rows = {name: value for name, value in vars(chips).items() if name != "images"}
    (folder / "rows.pkl").write_bytes(pickle.dumps(rows))


def _open(folder: Path) -> ChipSet:
    images = np.load(folder / "images.npy", mmap_mode="r")
    return ChipSet(images, **pickle.loads((folder / "rows.pkl").read_bytes()))
