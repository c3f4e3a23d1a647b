"""Folders and files: where the checkout is, what may be read, and writing a file or folder whole or not at all."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

STALE = (
    3600  # seconds after which a half-written file is a leftover, whoever wrote it; no writing takes as long
)


def home() -> Path:
    """The folder that holds the book's tables and drawings, `book/results/` for one; of an installed wheel the copy in it.

    >>> (home() / "book" / "results").is_dir()
    True
    """
    return checkout() or Path(__file__).resolve().parent / "shelf"


def data_home() -> Path:
    """The folder where `data/shipsnet` is looked for: the checkout this package is in, else the working folder.

    >>> data_home() == (checkout() or working_folder())
    True
    """
    return checkout() or working_folder()


def checkout() -> Path | None:
    """The checkout this package is in; None for an installed wheel.

    >>> root = checkout()
    >>> root is None or (root / "pyproject.toml").is_file()
    True
    """
    folder = Path(__file__).resolve().parents[1]
    return folder if (folder / "pyproject.toml").is_file() else None


def working_folder() -> Path:
    """The folder this process works in.

    Raises:
        FileNotFoundError: somebody has deleted it.

    >>> working_folder() == Path.cwd()
    True
    """
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise FileNotFoundError(
            "the working folder is gone: found it deleted; expected one that is there. Change to another with `cd`."
        ) from None


def absolute(path: str | os.PathLike) -> Path:
    """A path that starts at the root: `~` is the user's home, and a relative path starts at the working folder.

    Raises:
        FileNotFoundError: there is no home to stand for `~`, or the working folder is gone.

    >>> absolute("chips") == Path.cwd() / "chips", absolute("chips/").name
    (True, 'chips')
    """
    try:
        path = Path(path).expanduser()
    except RuntimeError:
        raise FileNotFoundError(
            f"{path}: found no home folder to stand for ~; expected $HOME to name one. Set it, or give the whole path."
        ) from None
    return path if path.is_absolute() else working_folder() / path


def fault_of(path: str | os.PathLike) -> str | None:
    """What keeps a path from being read as a file, None if nothing does; it opens nothing, so no pipe can hold it.

    >>> fault_of("no-such-file"), fault_of(Path(__file__).parent), fault_of(__file__)
    ('nothing there', 'a folder', None)
    """
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return "nothing there"
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        return f"a name that cannot be looked up ({getattr(error, 'strerror', None) or error})"
    if stat.S_ISREG(mode):
        return None
    kinds = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
    return kinds.get(stat.S_IFMT(mode), "a device")


def sha256(file: Path) -> bytes:
    """The sha256 digest of a regular file's contents.

    Raises:
        OSError: it is no regular file, or cannot be read.

    >>> with tempfile.TemporaryDirectory() as folder:
    ...     size = Path(folder, "a.txt").write_bytes(b"ship")
    ...     sha256(Path(folder, "a.txt")) == hashlib.sha256(b"ship").digest()
    True
    """
    if fault := fault_of(file):
        raise OSError(f"{file}: found {fault}; expected a file.")
    with open(file, "rb") as opened:
        return hashlib.file_digest(opened, "sha256").digest()


@contextmanager
def replacing(file: Path) -> Iterator[Path]:
    """Give a new file beside `file` to write to, which takes its place at the end: whole or not at all.

    What killed processes left half-written of the same file is removed.

    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "log.csv")
    ...     with replacing(file) as new:
    ...         size = new.write_text("step,loss")
    ...         file.exists()  # not before all of it is written
    ...     file.read_text()
    False
    'step,loss'
    """
    name = file.name[-40:]  # a name may have 255 bytes, of which the new one's beginning needs some
    for old in file.parent.glob(".new-*"):
        if old.name.endswith(name) and not old.is_dir() and _is_leftover(old):
            _remove(old)
    new = file.with_name(f"{_prefix()}{name}")
    try:
        yield new
        os.replace(new, file)
    except OSError as error:
        if not error.filename:  # whoever writes to an open file is not told its name: a full disk, for one
            error.filename = str(file)
        raise
    finally:
        with suppress(OSError):
            new.unlink(missing_ok=True)


@contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """Give a new folder inside `folder`, which is gone at the end: what is to stay has been renamed out of it.

    Folders of the same kind that killed processes left there are removed.

    Raises:
        OSError: the folder cannot be made or written to.

    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with staging(Path(folder)) as new:
    ...         (new / "left").mkdir()
    ...         (new / "kept").mkdir()
    ...         path = (new / "kept").rename(Path(folder, "kept"))
    ...     os.listdir(folder)
    ['kept']
    """
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    for old in folder.glob(".new-*"):
        if old.is_dir() and not old.is_symlink() and _is_leftover(old):
            _remove(old)
    with tempfile.TemporaryDirectory(prefix=_prefix(), dir=folder, ignore_cleanup_errors=True) as new:
        yield Path(new)


def _prefix() -> str:
    """How the name of a file begins that is being written: on which machine, and by which process."""
    machine = re.sub(r"\W", "_", platform.node())[:30]
    return f".new-{machine}-{os.getpid()}-"


def _is_leftover(path: Path) -> bool:
    """Whether nobody writes to it any more: its process of this machine has ended, or it has lain for an hour."""
    prefix, _, pid = _prefix().rstrip("-").rpartition("-")
    match = re.match(rf"{re.escape(prefix)}-(\d+)-", path.name)
    if match and match[1] != pid and os.name == "posix" and not _runs(int(match[1])):
        return True
    with suppress(OSError):
        return time.time() - path.stat().st_mtime > STALE
    return False


def _runs(pid: int) -> bool:
    """Whether a process of this machine runs (POSIX alone: elsewhere signal 0 would end it)."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # it is another user's
        return True
    return True


def _remove(path: Path) -> None:
    """Remove a file or a folder, as far as that may be done."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


@contextmanager
def locked(file: Path) -> Iterator[bool]:
    """Hold a lock file, which no crash leaves locked; False where another process holds it.

    >>> with tempfile.TemporaryDirectory() as folder, locked(Path(folder, ".lock")) as ours:
    ...     with locked(Path(folder, ".lock")) as again:
    ...         ours, again
    (True, False)
    """
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
