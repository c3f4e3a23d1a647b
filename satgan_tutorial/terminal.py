"""What a command prints while it works, and how it is stopped."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

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


class Progress:
    """One line on stderr: the step, the rate of the last steps, and the time left at that rate.

    On a terminal the line is renewed each second; in a file a new one comes every half minute.
    """

    def __init__(self, last: int):
        """Count up to the step `last`."""
        self.last, self.shown, self.marks = last, 0.0, deque(maxlen=100)
        self.terminal = sys.stderr.isatty()

    def __call__(self, step: int) -> None:
        """Note that a step was made."""
        now = time.monotonic()
        # The first mark comes after the first step, so its compilation does not count.
        self.marks.append((now, step))
        if step < self.last and now - self.shown < (1 if self.terminal else 30):
            return
        self.shown = now
        (begin, first), text = self.marks[0], f"step {step} of {self.last}"
        if step > first:
            from .watch import duration

            pace = (now - begin) / (step - first)
            text += f", {pace:.2g} s a step, {duration(pace * (self.last - step))} left"
        click.echo(f"\r{text:60}" if self.terminal else text, err=True, nl=not self.terminal)

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *error) -> None:
        """End the line."""
        if self.terminal and self.shown:
            click.echo(err=True)


@contextmanager
def stoppable() -> Iterator[list[int]]:
    """Collect Ctrl-C (and a system's request to end) in a list instead of raising; a second one raises."""
    asked: list[int] = []

    def ask(number, frame):
        if asked:
            raise KeyboardInterrupt
        asked.append(number)
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
    with tempfile.TemporaryFile() as held:
        sys.stderr.flush()
        real = os.dup(2)
        os.dup2(held.fileno(), 2)
        failed = True
        try:
            yield
            failed = False
        finally:
            for name in hidden:
                del sys.modules[name]
            os.dup2(real, 2)
            os.close(real)
            if failed:
                held.seek(0)
                sys.stderr.write(held.read().decode(errors="replace"))
