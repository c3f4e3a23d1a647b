"""How a command complains, how it is stopped, and what it does not print."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import click

PACKAGE = __package__.partition(".")[0]


class Sentences(click.Group):
    """A group whose commands tell of the package's own errors, and the system's, in a sentence and not a traceback."""

    def invoke(self, ctx: click.Context):
        """Run the command; bugs still show where they are."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            if isinstance(error, OSError) or type(error).__module__.startswith(f"{PACKAGE}."):
                sentence = click.ClickException(str(error))
                sentence.exit_code = getattr(error, "exit_code", 1)
                raise sentence from None
            raise


@contextmanager
def stoppable() -> Iterator[threading.Event]:
    """Note Ctrl-C (and a system's request to end) in an event instead of raising; a second one raises."""
    stop = threading.Event()

    def ask(number, frame):
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        os.write(2, b"\nStopping after this step, then saving; once more to stop at once.\n")

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def quiet_import() -> Iterator[None]:
    """Import TensorFlow and Keras in here: without what their C++ prints, unless they fail, and a quarter faster.

    Keras would import matplotlib and scikit-learn if they are there, for what no command uses.
    """
    hidden = [name for name in ("matplotlib", "sklearn") if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(stderr, held.read())
            raise
        finally:
            for name in hidden:
                del sys.modules[name]
            os.dup2(stderr, 2)
            os.close(stderr)


def note(text: str) -> None:
    """Say something on the side: on stderr, which may be closed, and then costs the words alone."""
    with suppress(OSError, ValueError):
        click.echo(text, err=True)


def print_version(context: click.Context, option: click.Option, wanted: bool) -> None:
    """Print the version, which takes reading the installed package's files, only when asked for it."""
    if wanted and not context.resilient_parsing:
        from satgan_tutorial import __version__

        click.echo(f"satgan, version {__version__}")
        context.exit()
