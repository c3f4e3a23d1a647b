"""Chips prepared once: stored as plain arrays, renamed into place, memory-mapped ever after."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from .chips import ChipError, ChipSet, checkout


def cached(key: str, make: Callable[[], ChipSet], say: Callable[[str], None]) -> ChipSet:
    """The chips of a key from a cache folder, made and stored there the first time."""
    folders = cache_folders()
    for folder in folders:
        try:
            return _open(folder / key)
        except (OSError, ValueError, KeyError):  # not there, or damaged: made again below
            continue
    staging = _staging(folders)
    try:
        say("Preparing the chips, this once (seconds); from then on they load at once.")
        _store(make(), staging)
        final = staging.parent / key
        try:
            staging.rename(final)
        except OSError:  # another process was faster, or what lies there is damaged
            try:
                return _open(final)
            except (OSError, ValueError, KeyError):
                shutil.rmtree(final, ignore_errors=True)
                staging.rename(final)
        return _open(final)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def cache_folders() -> list[Path]:
    """Where converted chips may lie: $SATGAN_CACHE, else `data/cache` of the checkout, else the user's cache."""
    if named := os.environ.get("SATGAN_CACHE"):
        return [Path(named).expanduser().absolute()]
    from platformdirs import user_cache_path

    tree = checkout()
    return [*([tree / "data" / "cache"] if tree else []), user_cache_path("satgan")]


def _staging(folders: list[Path]) -> Path:
    """A new folder to write to, beside where its contents will lie in the end."""
    for folder in folders:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            return Path(tempfile.mkdtemp(prefix=".new-", dir=folder))
        except OSError as error:
            found = error
    raise ChipError(
        f"{' and '.join(map(str, folders))}: found no cache folder to write to ({found.strerror}); expected room "
        "for 80 MB. Set $SATGAN_CACHE to a folder you may write to."
    )


def _store(chips: ChipSet, folder: Path) -> None:
    np.save(folder / "images.npy", chips.images)
    rows = {"labels": chips.labels, "scenes": chips.scenes, "locations": chips.locations}
    np.savez(folder / "rows.npz", source=chips.source, **rows)
    if chips.causes is not None:
        chips.causes.to_pickle(folder / "causes.pkl")


def _open(folder: Path) -> ChipSet:
    images = np.load(folder / "images.npy", mmap_mode="r")
    with np.load(folder / "rows.npz") as rows:
        labels, scenes, locations, source = (rows[k] for k in ("labels", "scenes", "locations", "source"))
    causes = None
    if source == "simulated":
        import pandas as pd

        causes = pd.read_pickle(folder / "causes.pkl")
    return ChipSet(images, labels, scenes, locations, str(source), causes)
