"""Options that several commands have, and what they check before the work begins."""

from __future__ import annotations

import math
import os
import re
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import click

FOLDER = click.Path(file_okay=False, path_type=Path)
WINDOWS = os.name == "nt"
DEVICES = {"CON", "PRN", "AUX", "NUL", *(f"{port}{i}" for port in ("COM", "LPT") for i in range(1, 10))}
LONGEST = 255  # bytes in a file's name, on every disk in use
LONGEST_PATH = 4000  # bytes; Linux takes 4095, others less


class Number(click.FloatRange):
    """A finite number within limits; click's own type lets "nan" through."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read a number, or say what was found and what is expected."""
        try:
            number = float(value)
            if math.isfinite(number):
                return super().convert(number, param, ctx)
        except (ValueError, OverflowError, click.BadParameter):
            pass
        self.fail(f"found {str(value)!r:.40}; expected a number, {_limits(self)}.", param, ctx)


class Bands(click.ParamType):
    """Three different bands of an image, counted from 1, as "3,2,1"."""

    name = "R,G,B"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """Read three numbers, or say what was found and what is expected."""
        if isinstance(value, tuple):
            return value
        words = [word.strip() for word in value.split(",")]
        if len(words) != 3 or len(set(words)) < 3 or not all(re.fullmatch("[1-9][0-9]?", w) for w in words):
            self.fail(
                f"found {value!r:.40}; expected three different bands, counted from 1, such as 3,2,1.",
                param,
                ctx,
            )
        return tuple(map(int, words))


class Whole(click.IntRange):
    """A whole number within limits."""

    name = "integer"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read a whole number, or say what was found and what is expected."""
        try:
            return super().convert(value, param, ctx)
        except (ValueError, OverflowError, click.BadParameter):
            pass
        self.fail(f"found {str(value)!r:.40}; expected a whole number, {_limits(self)}.", param, ctx)


SEED = Whole(0, 2**32 - 1)  # what Keras and NumPy both take
STEPS = Whole(1, 10**7)


def _limits(kind: Number | Whole) -> str:
    return f"{'above' if kind.min_open else 'from'} {kind.min:,} to {kind.max:,}"


def out_file(*endings: str, flag: str = "--out", required: bool = True, text: str | None = None) -> Callable:
    """The option for a file to write; complains before the work about one that could not be written after it.

    Args:
        *endings: what its name may end in.
        flag: the option.
        required: whether there is always one; where there is none it is None.
        text: its help; None for the endings.
    """

    def check(context: click.Context, option: click.Option, out: Path | None) -> Path | None:
        if out is None:
            return None
        if out.suffix.lower() not in endings:
            raise click.UsageError(f"{flag} {out}: expected a name that ends in {' or '.join(endings)}.")
        fits(out)
        if not out.parent.is_dir():
            raise click.UsageError(f"{flag} {out}: found no folder {out.parent}; make it first.")
        if out.exists() and not out.is_file():
            raise click.UsageError(f"{flag} {out}: found a {_kind(out)}; name a file.")
        writable(out.parent)
        return out

    text, kind = text or f"A {' or '.join(endings)} file.", click.Path(path_type=Path)
    return click.option(flag, type=kind, required=required, callback=check, help=text)


def source_option(text: str) -> Callable:
    """The option that names the chips a shipped model learned from."""
    chips = click.Choice(["real", "simulated"])
    return click.option("--source", type=chips, default="real", help=text)


def given(*names: str) -> list[str]:
    """Those of some options of the running command that somebody typed: their flags."""
    context = click.get_current_context()
    typed = [
        name for name in names if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
    ]
    return [option.opts[0] for name in typed for option in context.command.params if option.name == name]


def unread(why: str, *names: str) -> None:
    """Refuse options that this command would not read, if somebody typed them."""
    if flags := given(*names):
        raise click.UsageError(f"{why}: leave out {' and '.join(flags)}.")


def spare(out: Path, read: Path) -> None:
    """Refuse to write over the file that the command reads, whatever links lead to it."""
    same = out.exists() and read.exists() and os.path.samefile(out, read)
    if same or os.path.realpath(out) == os.path.realpath(read):
        raise click.UsageError(f"--out {out}: this is the file to read, {read}; name another one to write.")


def regular(path: Path) -> None:
    """Refuse to read what is there and is no file on a disk: a pipe or a device may never end."""
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise click.UsageError(f"{path}: found a {_kind(path)}; name a file.")


def fits(path: Path) -> None:
    """Refuse a name that is too long for a disk, with the dozen letters that a file has more while it is written."""
    if len(os.fsencode(path)) > LONGEST_PATH:
        raise click.UsageError(f"{str(path)[:40]}...: the path is too long; choose a shorter one.")
    if WINDOWS:
        _fits_windows(path)
    for part in path.parts:
        more = len(os.fsencode(f".new-{os.getpid()}-{part}")) - LONGEST
        if more > 0:
            raise click.UsageError(
                f"{part[:40]}...: the name is too long by {more} bytes; choose a shorter one."
            )


def _fits_windows(path: Path) -> None:
    """Refuse a name that Windows keeps for a device, or would change: what is written there is lost."""
    for part in path.parts[1 if path.anchor else 0 :]:
        stem = part.partition(".")[0].rstrip().upper()
        if part not in (".", "..") and (stem in DEVICES or part[-1] in ". " or set(part) & set('<>:"|?*')):
            raise click.UsageError(f"{part}: found a name that Windows does not take; choose another one.")


def room(folder: Path, needed: int) -> None:
    """Refuse to begin what the disk has no room for.

    Args:
        folder: where the file shall be.
        needed: bytes.
    """
    import shutil

    free = shutil.disk_usage(folder).free
    if needed > free:
        raise click.UsageError(
            f"{folder}: this takes {_amount(needed)}, and {_amount(free)} are free. Make room, or name a folder on another "
            "disk."
        )


def _amount(size: int) -> str:
    """Bytes in words."""
    return (
        f"{size / 1e9:.1f} GB"
        if size >= 1e8
        else f"{size / 1e6:.1f} MB"
        if size >= 1e5
        else f"{size:,} bytes"
    )


def writable(folder: Path) -> None:
    """Complain now about a folder that could not be written to after minutes of work."""
    fits(folder)
    there = next(f for f in (folder.absolute(), *folder.absolute().parents) if f.exists())
    try:
        with tempfile.NamedTemporaryFile(prefix=".new-", dir=there):
            pass
    except OSError as error:
        _refuse(folder, there, error)


def _refuse(folder: Path, there: Path, error: OSError) -> NoReturn:
    raise click.UsageError(
        f"{folder}: cannot write to {there} ({error.strerror}); name another folder."
    ) from None


def _kind(path: Path) -> str:
    """What is there, in a word."""
    mode = path.stat().st_mode
    kinds = ((stat.S_ISDIR, "folder"), (stat.S_ISFIFO, "pipe"), (stat.S_ISSOCK, "socket"))
    return next((word for test, word in kinds if test(mode)), "device")
