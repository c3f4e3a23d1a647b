"""Fetch ShipsNet from Kaggle: download, check every file, put the whole set in place at once."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from ..chips import ChipError
from ..files import absolute, data_home, staging
from .shipsnet import find

HANDLE = "rhammell/ships-in-satellite-imagery"
PAGE = f"https://www.kaggle.com/datasets/{HANDLE}"


class FetchError(RuntimeError):
    """ShipsNet could not be fetched: says what happened, and how to get it by hand.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Path(folder, "notes.txt").touch()
    ...     fetch(folder)
    Traceback (most recent call last):
    satgan_tutorial.sources.fetch.FetchError: ...: found 0 of 4000 chips (... is missing). ...
    """


def fetch(folder: str | os.PathLike | None = None, *, say: Callable[[str], None] = print) -> Path:
    """Download ShipsNet and put it into a folder, all of it or nothing.

    No account is needed. The archive stays in kagglehub's cache ($KAGGLEHUB_CACHE); its PNG files are
    checked against their sha256 sums and copied beside the folder, which appears by one rename.

    Args:
        folder: where the set shall be; by default `data/shipsnet`, where `load_chips` looks.
        say: what prints the lines that tell how it goes.

    Returns:
        The folder, with `shipsnet/*.png` and `scenes/*` in it.

    Raises:
        FetchError: no network, a broken or incomplete download, or a folder that holds something else.

    >>> import tempfile
    >>> from unittest import mock
    >>> with tempfile.TemporaryDirectory() as folder, mock.patch.dict("sys.modules", kagglehub=None):
    ...     fetch(folder)
    Traceback (most recent call last):
    satgan_tutorial.sources.fetch.FetchError: found no kagglehub; install it with pip install "satgan-tutorial[fetch]". ...
    """
    target = absolute(folder) if folder else data_home() / "data" / "shipsnet"
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        if fault := _fault(target):
            raise FetchError(
                f"{target}: {fault}. Expected no such folder, an empty one or the whole set: move it away, or "
                "name another folder."
            )
        say(f"{target} holds all of ShipsNet, checked; nothing to fetch.")
        return target
    archive = _download(target, say)
    say(f"Checked all files; putting them into {target}")
    try:
        with staging(target.parent) as beside:
            new = beside / target.name
            _copy(find(archive).files, new / "shipsnet")
            _copy([file for file in (archive / "scenes").rglob("*") if file.is_file()], new / "scenes")
            if target.exists():
                target.rmdir()
            return new.rename(target)
    except OSError as error:
        raise FetchError(
            f"{target}: cannot write there ({error.strerror}); make room for 60 MB, or name another folder."
        ) from error


def _download(target: Path, say: Callable[[str], None]) -> Path:
    """The unpacked archive in kagglehub's cache; a broken one is downloaded a second time."""

    def failed(why: str) -> FetchError:
        return FetchError(
            f"{why}\nBy hand: open {PAGE} in a browser, press Download, and unpack the archive (archive.zip) into "
            f"{target}, so that the chips are {target / 'shipsnet' / 'shipsnet' / '*.png'}. Or unpack it anywhere and "
            "set SATGAN_DATA to that folder. Until then the book works with simulated chips."
        )

    try:
        import kagglehub
    except ImportError:
        raise failed('found no kagglehub; install it with pip install "satgan-tutorial[fetch]".') from None
    for again in ("", " again"):
        say(f"Downloading {PAGE}{again}")
        try:
            archive = Path(kagglehub.dataset_download(HANDLE, force_download=bool(again)))
        except Exception as error:
            what = f"{type(error).__name__}: {error}"
            raise failed(f"the download failed, is there a network? ({what})") from error
        if not (fault := _fault(archive)):
            return archive
        say(f"{archive}: {fault}.")
    raise failed(f"{archive}: {fault}, after two downloads; expected the {len(_sums())} known files.")


def _fault(folder: Path) -> str | None:
    """What is wrong with the chips in a folder, None if all are there with the right sums."""
    sums = _sums()
    try:
        files = {file.name: file for file in find(folder).files}
    except ChipError:
        files = {}
    if missing := sums.keys() - files.keys():
        return f"found {len(sums) - len(missing)} of {len(sums)} chips ({min(missing)} is missing)"
    for name, known in sums.items():
        if hashlib.sha256(files[name].read_bytes()).hexdigest() != known:
            return f"found {name} with other contents than it should have"
    return None


def _sums() -> dict[str, str]:
    """The sha256 sum of every chip by its file name, from the checkout or, in an installed wheel, the package."""
    beside = Path(__file__).resolve().parents[1]
    for file in (beside / "chips.sha256", beside.parent / "data" / "chips.sha256"):
        if file.is_file():
            return {Path(name).name: known for known, name in map(str.split, file.read_text().splitlines())}
    raise FetchError(f"{beside / 'chips.sha256'}: found no sums to check with; install the package again.")


def _copy(files: Iterable[Path], folder: Path) -> None:
    folder.mkdir(parents=True)
    for file in files:
        shutil.copyfile(file, folder / file.name)
