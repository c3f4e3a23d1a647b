"""What a command says and how it ends: complaints, progress, a stop that saves, and streams that may be gone."""

from __future__ import annotations

import errno
import os
import re
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NoReturn, TextIO

import click

from ..wording import duration

PACKAGE = __package__.partition(".")[0]
LINES_EVERY = 10.0  # seconds between two lines of progress where there is no terminal
FULL = {getattr(errno, name) for name in ("ENOSPC", "EDQUOT", "EFBIG") if hasattr(errno, name)}
FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


class Sentences(click.Group):
    """A group whose commands end in a sentence, never in a traceback.

    Errors of the package and of the system say what to do. Any other error is a bug, and the sentence says so;
    with $SATGAN_TRACEBACK set, Python shows where it is.
    """

    def main(self, *args: Any, **options: Any) -> Any:
        """Run the command with streams that can take whatever is written to them."""
        _hold_standard_files()
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):  # a name that the console lacks letters for costs the letters
                stream.reconfigure(errors="replace")
        with _ending_cleanly():
            return super().main(*args, **options)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; refuse an option that is given twice, of which it would read the last alone."""
        name, command, rest = super().resolve_command(ctx, args)
        if command:
            _refuse_repeated(command, click.Context(command, parent=ctx, info_name=name), rest)
        return name, command, rest

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command and put errors into words."""
        try:
            return super().invoke(ctx)
        except click.ClickException as error:
            error.message = masked(error.message)
            raise
        except (click.Abort, click.exceptions.Exit):
            raise
        except Exception as error:
            if os.environ.get("SATGAN_TRACEBACK"):
                raise
            complain(error)


def _refuse_repeated(command: click.Command, ctx: click.Context, args: list[str]) -> None:
    """Raise a UsageError if an option that takes one value has two; what else is wrong the command says itself."""
    try:
        _, _, order = command.make_parser(ctx).parse_args(list(args))
    except click.UsageError:
        return
    twice = [option.opts[0] for option in command.params if order.count(option) > 1 and not option.multiple]
    if twice:
        raise click.UsageError(f"found {' and '.join(twice)} more than once; expected it once.", ctx)


@contextmanager
def _ending_cleanly() -> Iterator[None]:
    """Let a system's request to end, and a terminal that is closed, end the command as an error would: nothing half done stays.

    What whoever started this told it to ignore (nohup) stays ignored. Signals belong to the main thread.
    """

    def end(number: int, frame: Any) -> NoReturn:
        sys.exit(128 + number)  # what a shell reports

    before = {}
    if threading.current_thread() is threading.main_thread():
        names = [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
        for number in (getattr(signal, name) for name in names):
            if signal.getsignal(number) == signal.SIG_DFL:
                before[number] = signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def complain(error: Exception) -> NoReturn:
    """End the command with the sentence for an error and with the exit code that the error asks for."""
    if isinstance(error, BrokenPipeError) and not error.filename:  # whoever read the output had enough
        _silence(sys.stdout)
        sys.exit(1)
    if isinstance(error, OSError) and not error.filename:  # of no file, so maybe of the output itself
        with suppress(OSError, ValueError):
            sys.stdout.flush()
    failed = click.ClickException(masked(in_a_sentence(error)))
    failed.exit_code = getattr(error, "exit_code", 1)
    raise failed from None


def in_a_sentence(error: Exception) -> str:
    """Say what went wrong and what to do about it."""
    if _of_the_package(error):
        return str(error)
    if isinstance(error, OSError):
        return _of_the_system(error)
    kinds = {kind.__name__ for kind in type(error).__mro__}
    first = (str(error).strip().splitlines() or ["no more is known"])[0][:300].rstrip(". ")
    if kinds & {"MemoryError", "ResourceExhaustedError"}:
        return (
            f"There is not enough memory for this ({first}). Ask for less at once: fewer or smaller images, a smaller "
            "batch, or close other programs."
        )
    if "RecursionError" in kinds:
        return "Found a file nested too deep to be read; expected one that this package wrote. Make it anew."
    if "ImportError" in kinds:
        return f"A library is missing or broken ({first}). `satgan check` says which, and how to mend it."
    if isinstance(error, RuntimeError) and "home directory" in first:
        return "Found no home folder for this user: set $HOME, or $SATGAN_CACHE to a folder you may write to."
    if "OpError" in kinds:  # TensorFlow's own
        return (
            f"TensorFlow failed ({type(error).__name__}: {first}). `satgan check` says whether it works here."
        )
    return f"{type(error).__name__}: {first}. This is a bug; set SATGAN_TRACEBACK=1 to see where."


def _of_the_package(error: BaseException) -> bool:
    """Whether the words are ours: an exception of the package, or a ValueError that its own code raised."""
    if type(error).__module__.startswith(f"{PACKAGE}."):
        return True
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    where = frames[-1].f_globals.get("__name__", "") if frames else ""
    return isinstance(error, ValueError) and type(error) is ValueError and where.startswith(f"{PACKAGE}.")


def _of_the_system(error: OSError) -> str:
    place = f"{str(error.filename)[-200:]}: " if error.filename else ""
    why = error.strerror or str(error) or type(error).__name__
    if error.errno in FULL:
        place = place or "The output: "
        return f"{place}there is no room left ({why}). Make room, or name a folder on another disk."
    if error.errno in FORBIDDEN:
        return f"{place}this user may not do that there ({why}). Name another folder, or change its rights."
    if error.errno == errno.ENAMETOOLONG:
        return f"{place}the name is too long for this disk. Choose a shorter one."
    return f"{place}{why}. Check the name and the disk."


def masked(text: str) -> str:
    """Hide the passwords of addresses such as postgresql://user:password@host/studies."""
    text = re.sub(r"(://[^:@/\s]*):\S*@", r"\1:***@", text)
    return re.sub(r"((?:password|passwd|pwd)=)[^&\s'\"]+", r"\1***", text, flags=re.IGNORECASE)


@contextmanager
def stoppable() -> Iterator[threading.Event]:
    """Note Ctrl-C in an event instead of raising, and so a system's request to end and a terminal that is closed.

    A second Ctrl-C raises KeyboardInterrupt. What whoever started this told it to ignore (nohup) stays ignored.
    """
    stop = threading.Event()

    def ask(number: int, frame: Any) -> None:
        if stop.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        stop.set()
        with suppress(OSError):  # the terminal may be what went away
            os.write(2, b"\nStopping after this step, then saving; Ctrl-C once more to stop at once.\n")

    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    heeded = [number for name in names if signal.getsignal(number := getattr(signal, name)) != signal.SIG_IGN]
    before = {number: signal.signal(number, ask) for number in heeded}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def quiet_import() -> Iterator[None]:
    """Import TensorFlow and Keras in here: without what their C++ prints, unless they fail, and a quarter faster.

    Keras would import matplotlib and scikit-learn if they are there, for what no command uses.

    Raises:
        SettingsError: Keras is set to what this package cannot work with.
    """
    from .settings import require_keras

    require_keras()
    hidden = [name for name in ("matplotlib", "sklearn") if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException as error:
            if not _of_the_package(error):  # a sentence of ours says it all
                held.seek(0)
                with suppress(OSError):
                    os.write(stderr, held.read())
            raise
        finally:
            for name in hidden:
                del sys.modules[name]
            os.dup2(stderr, 2)
            os.close(stderr)


@contextmanager
def progress(total: int, unit: str) -> Iterator[Callable[[int, str], None]]:
    """Show how far long work is and how long it will still take, on stderr: a bar on a terminal, else a line now and then.

    Yields a function to call with how much is done so far and, if there is more to say, words. The pace counts from
    the first call on, so that what is prepared once, a graph for one, does not make the rest look slow.

    Args:
        total: how much there is to do.
        unit: of what, "step" for one.
    """
    show = _bar(total, unit) if _is_terminal(sys.stderr) else _lines(total, unit)
    next(show)

    def update(done: int, words: str = "") -> None:
        with suppress(OSError, ValueError, StopIteration):  # without a terminal the work goes on
            show.send((done, words))

    try:
        yield update
    finally:
        with suppress(OSError, ValueError):
            show.close()


def _bar(total: int, unit: str) -> Iterator[None]:
    from tqdm import tqdm

    done, _ = yield
    with tqdm(total=total, unit=unit, initial=done, file=sys.stderr, dynamic_ncols=True) as bar:
        while True:
            done, words = yield
            if words:
                bar.set_postfix_str(words, refresh=False)
            bar.update(done - bar.n)


def _lines(total: int, unit: str) -> Iterator[None]:
    done, words = yield
    since = (time.monotonic(), done)
    while True:
        done, words = yield
        now = time.monotonic()
        if done > since[1] and (now - since[0] >= LINES_EVERY or done >= total):
            left = (now - since[0]) / (done - since[1]) * (total - done)
            note(f"{unit} {done} of {total}: {words + '; ' if words else ''}{duration(left)} left")
            since = (now, done)


def note(text: str) -> None:
    """Say something on the side, on stderr; where that is gone, it costs the words alone."""
    try:
        if "tqdm" in sys.modules and _is_terminal(sys.stderr):  # above a bar, if there is one
            sys.modules["tqdm"].tqdm.write(masked(text), file=sys.stderr)
        else:
            click.echo(masked(text), err=True)
    except (OSError, ValueError):
        _silence(sys.stderr)


def tell(text: str) -> None:
    """Say on stdout what is done: the work lies in files, so where stdout is gone it costs the words alone."""
    try:
        click.echo(masked(text))
    except (OSError, ValueError):
        _silence(sys.stdout)


def print_version(context: click.Context, option: click.Option, wanted: bool) -> None:
    """Print the version, which takes reading the installed package's files, only when asked for it."""
    if wanted and not context.resilient_parsing:
        from satgan_tutorial import __version__

        click.echo(f"satgan, version {__version__}")
        context.exit()


def _is_terminal(stream: TextIO | None) -> bool:
    with suppress(OSError, ValueError, AttributeError):
        return stream.isatty()
    return False


def _silence(stream: TextIO | None) -> None:
    """Let a stream that nobody reads any more end in nothing, so that Python does not fail on it when it ends."""
    with suppress(OSError, ValueError, AttributeError):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, stream.fileno())
        os.close(nothing)


def _hold_standard_files() -> None:
    """Open what was started closed (`2>&-`) to nothing: else the next file takes its number, and gets what is printed."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
