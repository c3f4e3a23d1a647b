"""How a command complains, how it is stopped, and what it does not print."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import click


class Sentences(click.Group):
    """A group whose commands tell of the package's own errors, and the system's, in a sentence and not a traceback."""

    def invoke(self, ctx: click.Context):
        """Run the command; bugs still show where they are."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            if isinstance(error, OSError) or type(error).__module__.startswith(f"{__package__}."):
                sentence = click.ClickException(str(error))
                sentence.exit_code = getattr(error, "exit_code", 1)
                raise sentence from None
            raise


@contextmanager
def stoppable() -> Iterator[threading.Event]:
    """Note Ctrl-C (and a system's request to end) in an event instead of raising; a second one raises."""
    asked = threading.Event()

    def ask(number, frame):
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()
        os.write(2, b"\nStopping after this step, then saving; once more to stop at once.\n")

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
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
