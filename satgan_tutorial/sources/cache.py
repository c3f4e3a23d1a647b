"""Chips prepared once: stored as plain arrays, renamed into place, checked and memory-mapped ever after.

An entry is a folder `SOURCE-KEY`: an `.npy` file for each array of a `ChipSet`, `causes.json` if it has causes, or those of
a `PictureSet` and `report.json`; and `entry.json` with the sha256 sum of each. Nothing in it is code, nothing is unpickled, and it is used only where nobody
else could have written it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import files
from ..chips import ROWS, ChipError, ChipSet
from ..pictures import COLUMNS, PictureSet, Report
from .base import Source

if TYPE_CHECKING:
    import pandas as pd

KEPT = 3  # entries of a source that stay: of two folders of chips and a branch of the code, say
ENTRY = re.compile(r"([a-z]+)-[0-9a-f]{16}")
LARGEST = 2**20  # bytes of an entry.json, which has a few hundred


class _Damaged(ValueError):
    """An entry that is not as it was stored."""


def cached(source: Source, say: Callable[[str], None]) -> ChipSet | PictureSet:
    """The chips of a source from a cache folder, read and stored there the first time.

    Args:
        source: what they are read from.
        say: what prints a line about an entry that is damaged, and about preparing the chips.

    Raises:
        ChipError: the source cannot be read, or there is no folder to write to.

    >>> import tempfile
    >>> from unittest import mock
    >>> from satgan_tutorial.sources.simulate import Simulator
    >>> with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as here:
    ...     with mock.patch.dict(os.environ, SATGAN_CACHE=here):
    ...         chips = [cached(Simulator(n=4), say=print) for time in range(2)]
    Preparing the chips, this once (seconds); from then on they load at once.
    >>> chips[1]
    ChipSet(4 simulated chips: 1 ships, 3 no-ships, from 1 scenes)
    """
    entry = f"{source.name}-{source.key()}"
    folders = list(_trusted(cache_folders(), say))
    for folder in folders:
        if os.path.lexists(folder / entry):
            try:
                return _open(folder / entry)
            except (OSError, _Damaged) as error:
                say(f"{folder / entry}: {error}. The chips are prepared again.")
                _discard(folder / entry)
    return _prepare(source, entry, folders, say)


def cache_folders() -> list[Path]:
    """Where prepared chips may lie: $SATGAN_CACHE, else `data/cache` of the checkout, else the user's cache.

    Raises:
        ChipError: $SATGAN_CACHE begins with ~ and there is no home folder.

    >>> from unittest import mock
    >>> with mock.patch.dict(os.environ, SATGAN_CACHE="prepared"):
    ...     [folder.name for folder in cache_folders()]
    ['prepared']
    """
    if named := os.environ.get("SATGAN_CACHE"):
        try:
            return [files.absolute(named)]
        except FileNotFoundError as error:
            raise ChipError(f"$SATGAN_CACHE: {error}") from None
    from platformdirs import user_cache_path

    tree = files.checkout()
    folders = [tree / "data" / "cache"] if tree else []
    with suppress(RuntimeError, KeyError, OSError):  # there may be no home folder
        folders.append(user_cache_path("satgan"))
    return [folder for folder in folders if folder.is_absolute()]


def _trusted(folders: list[Path], say: Callable[[str], None]) -> Iterator[Path]:
    """Those folders that nobody else can write to, or that are not there yet."""
    for folder in folders:
        if folder.is_dir() and (fault := _others_may_write(folder)):
            say(f"{folder}: found a cache folder that {fault}; it is not used.")
        else:
            yield folder


def _others_may_write(path: Path) -> str | None:
    """Why a file or folder may hold what others have written, None if it may not; always None on Windows."""
    if not hasattr(os, "geteuid"):
        return None
    found = path.lstat()
    if stat.S_ISLNK(found.st_mode) and ENTRY.fullmatch(path.name):
        return "is a link"
    found = path.stat()
    if found.st_uid not in (os.geteuid(), 0):
        return "somebody else owns"
    if found.st_mode & stat.S_IWOTH and not (stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_ISVTX):
        return "everybody may write to"
    return None


def _prepare(
    source: Source, entry: str, folders: list[Path], say: Callable[[str], None]
) -> ChipSet | PictureSet:
    """Read the source's chips and store them in the first folder that takes them."""
    faults, chips = [], None
    for folder in folders:
        try:
            with files.staging(folder) as beside:
                if chips is None:
                    say("Preparing the chips, this once (seconds); from then on they load at once.")
                    chips = _read(source)
                _store(chips, beside / entry)
                with suppress(OSError):  # another process was faster
                    (beside / entry).rename(folder / entry)
            _forget_old(folder, entry)
            return _open(folder / entry)
        except (OSError, _Damaged) as error:
            faults.append(f"{folder}: {getattr(error, 'strerror', None) or error}")
    raise ChipError(
        f"{'; '.join(faults) or 'no folder of your own'}: found no cache folder to write to; expected one of your own with "
        "room for 80 MB. Set $SATGAN_CACHE to such a folder, or make room where it is."
    )


def _read(source: Source) -> ChipSet | PictureSet:
    """The source's chips; a system's complaint about its files is none about the cache."""
    try:
        return source.read()
    except OSError as error:
        raise ChipError(
            f"{source.name} chips {source.origin}: found files that cannot be read ({error})."
        ) from error


def _store(chips: ChipSet | PictureSet, folder: Path) -> None:
    """Write an entry; everybody may read it and its owner alone may write."""
    folder.mkdir(mode=0o755)
    of_pictures = isinstance(chips, PictureSet)
    for name in COLUMNS if of_pictures else ROWS:
        np.save(folder / f"{name}.npy", getattr(chips, name), allow_pickle=False)
    if of_pictures:
        about = {"classes": chips.classes, "report": asdict(chips.report)}
        (folder / "report.json").write_text(json.dumps(about), encoding="utf-8")
    elif chips.causes is not None:
        table = {name: _plain(column) for name, column in chips.causes.items()}
        (folder / "causes.json").write_text(json.dumps(table), encoding="utf-8")
    sums = {file.name: files.sha256(file).hex() for file in sorted(folder.iterdir())}
    entry = {"source": chips.source, "sha256": sums}
    (folder / "entry.json").write_text(json.dumps(entry, indent=1), encoding="utf-8")
    for file in folder.iterdir():
        file.chmod(0o644)


def _plain(column: pd.Series) -> list[Any]:
    """A column as JSON has it: NaN as null."""
    return [None if missing else value for value, missing in zip(column.tolist(), column.isna(), strict=True)]


def _open(folder: Path) -> ChipSet | PictureSet:
    """The chips of an entry, their images memory-mapped.

    Raises:
        OSError: a file is missing or cannot be read.
        _Damaged: the entry is not as it was stored, or others may have written it.
    """
    entry = _entry(folder)
    of_pictures = entry["source"] == PictureSet.source
    names = COLUMNS if of_pictures else ROWS
    arrays = {name: _array(folder / f"{name}.npy", mapped=name == "images") for name in names}
    if of_pictures:
        return _pictures(folder / "report.json", arrays)
    causes = _causes(folder / "causes.json") if "causes.json" in entry["sha256"] else None
    try:
        return ChipSet(**arrays, source=entry["source"], causes=causes)
    except (ChipError, TypeError) as error:
        raise _Damaged(f"found chips that do not fit together ({error})") from None


def _entry(folder: Path) -> dict[str, Any]:
    """What an entry says of itself, its files checked against their sums."""
    for path in (folder, folder / "entry.json"):
        _check_owner(path)
    try:
        if (folder / "entry.json").stat().st_size > LARGEST:
            raise _Damaged("found an entry.json of more than a megabyte")
        entry = json.loads((folder / "entry.json").read_bytes())
        source, sums = entry["source"], dict(entry["sha256"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _Damaged("found no entry.json that can be read") from None
    of_pictures = source == PictureSet.source
    needed = {f"{name}.npy" for name in (COLUMNS if of_pictures else ROWS)}
    more = {"report.json" if of_pictures else "causes.json"}
    if not needed <= sums.keys() <= needed | more or (of_pictures and not more <= sums.keys()):
        raise _Damaged("found sums of other files than an entry has")
    for name, known in sums.items():
        _check_owner(folder / name)
        if files.sha256(folder / name).hex() != known:
            raise _Damaged(f"found {name} changed since it was stored")
    return {"source": source, "sha256": sums}


def _check_owner(path: Path) -> None:
    """Raise `_Damaged` if others may have written a file or folder of an entry, or it is something else."""
    if fault := _others_may_write(path):
        raise _Damaged(f"found {path.name}, which {fault}")


def _array(file: Path, *, mapped: bool) -> np.ndarray:
    try:
        return np.load(file, mmap_mode="r" if mapped else None, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise _Damaged(f"found {file.name} no array ({error})") from None


def _causes(file: Path) -> pd.DataFrame:
    """The table of causes, with the columns' types it had: lists of Python's own numbers and strings make them."""
    import pandas as pd

    try:
        table = json.loads(file.read_bytes())
        columns = {
            name: [float("nan") if value is None else value for value in values]
            for name, values in table.items()
        }
        return pd.DataFrame(columns)
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise _Damaged(f"found {file.name} no table") from None


def _pictures(file: Path, arrays: dict[str, np.ndarray]) -> PictureSet:
    """The pictures of an entry, with their classes and what reading them found."""
    try:
        about = json.loads(file.read_bytes())
        report = Report(**{name: _tuples(value) for name, value in about["report"].items()})
        return PictureSet(**arrays, classes=_tuples(about["classes"]), report=report)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise _Damaged(f"found {file.name} no report on these pictures ({error})") from None


def _tuples(value: Any) -> Any:
    """What JSON made lists of, as the tuples it was."""
    if isinstance(value, dict):
        return {key: _tuples(part) for key, part in value.items()}
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _forget_old(folder: Path, entry: str) -> None:
    """Remove all but the newest entries of a source."""
    name = entry.partition("-")[0]
    ours = [path for path in folder.iterdir() if (m := ENTRY.fullmatch(path.name)) and m[1] == name]
    with suppress(OSError):  # another process removes them
        ours.sort(key=lambda path: (path.name != entry, -path.stat().st_mtime))
        for old in ours[KEPT:]:
            _discard(old)


def _discard(path: Path) -> None:
    """Remove an entry, as far as that may be done."""
    if path.is_symlink() or not path.is_dir():
        with suppress(OSError):
            path.unlink()
    else:
        shutil.rmtree(path, ignore_errors=True)
