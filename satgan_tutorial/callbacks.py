"""Callbacks that look at a generative model while it trains: log, samples, scores, clock, progress, alarm.

An epoch is as many steps as the caller says (`steps_per_epoch`); every other count below is in steps since the first ever,
looked at when an epoch ends. Callbacks that add to the logs (`Scores`, `Clock`) stand before those that read them.
"""

from __future__ import annotations

import csv
import io
import os
import struct
import time
import tokenize
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from .diagnose import WORDS, diagnose
from .files import replacing
from .renamed import old_names
from .wording import duration, in_words

Logs = dict[str, Any]
# What reading a damaged npz may raise: its directory, its deflated bytes, a method or a password it never had.
BROKEN_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    struct.error,
    tokenize.TokenError,
)


class Log(keras.callbacks.Callback):
    """Append a row an epoch to a table: `step`, then all that the logs hold, in six digits; its columns are the first row's.

    Keras' `CSVLogger` counts epochs anew in each `fit` and keeps the rows that came after the checkpoint of a killed
    training. Here a training that goes on first cuts off what comes after its step, and a row of fewer steps, so that the
    table ends as if nothing had happened.

    Args:
        path: the `.csv`.
        every: steps that a row sums up; 0 to keep the rows that are there whatever their step.

    >>> import tempfile
    >>> from types import SimpleNamespace
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     log = Log(f"{folder}/log.csv")
    ...     log.set_model(SimpleNamespace(step=20))  # a model that has made 20 steps
    ...     log.on_epoch_end(0, {"d_loss": 1.25})
    ...     log.path.read_text().split()
    ['step,d_loss', '20,1.25']
    """

    def __init__(self, path: str | os.PathLike, every: int = 0) -> None:
        """Note where to write."""
        super().__init__()
        self.path, self.every = Path(path), every

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Cut off the rows that are to be made again; what is no such table is put aside."""
        if not self.path.is_file():
            return
        text = self.path.read_text(encoding="utf-8", errors="replace")
        head, *rows = text.splitlines(keepends=True) or [""]
        if not head.startswith("step,") or not head.endswith("\n"):
            self.path.replace(self.path.with_name(f"{self.path.stem}.damaged{self.path.suffix}"))
            return
        kept, last = [], -1
        for row in rows:
            if row.count(",") == head.count(",") and self._stays(row) and int(row.partition(",")[0]) > last:
                last = int(row.partition(",")[0])
                kept.append(row)
        if rows != kept:
            with replacing(self.path) as new:
                new.write_text("".join([head, *kept]), encoding="utf-8", newline="")

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Append the row, in one write."""
        row = {"step": self.model.step} | {name: f"{float(value):.6g}" for name, value in logs.items()}
        begun = self.path.is_file()
        if begun:
            with self.path.open(encoding="utf-8", newline="") as file:
                columns = next(csv.reader(file))
        text = io.StringIO()
        writer = csv.DictWriter(text, columns if begun else row, "nan", "ignore", lineterminator="\n")
        if not begun:
            writer.writeheader()
        writer.writerow(row)
        with self.path.open("a", encoding="utf-8", newline="") as file:
            file.write(text.getvalue())

    def _stays(self, row: str) -> bool:
        step = row.partition(",")[0]
        if not row.endswith("\n") or not step.isdecimal() or len(step) > 18 or int(step) > self.model.step:
            return False
        try:
            [float(cell) for cell in row.split(",")]
        except ValueError:
            return False
        return not self.every or int(step) % self.every == 0


class Samples(keras.callbacks.Callback):
    """Keep what the same noise becomes as the training goes on: before the first step, now and then, and at the end.

    Args:
        n: how many noise vectors.
        seed: of the noise.
        every: steps from one row to the next.
        folder: where each row is kept as well, a file each, `000100.npz` with `images`, written whole or not at all;
            None for nowhere.
        condition: of each, for a model that takes one: float32 (n, k).

    Attributes:
        steps: list of int, at which step each row was drawn.
        images: list of uint8 (n, H, W, C), or of float32 (n, 2) for points; read from the folder if there is one.

    >>> from types import SimpleNamespace
    >>> draw = lambda n, seed, condition: np.zeros((n, 8, 8, 3), np.uint8)
    >>> samples = Samples(n=3)
    >>> samples.set_model(SimpleNamespace(step=0, sample=draw))
    >>> samples.on_train_begin()
    >>> samples.steps, samples.images[0].shape
    ([0], (3, 8, 8, 3))
    """

    def __init__(
        self,
        n: int = 8,
        seed: int = 0,
        every: int = 100,
        folder: str | os.PathLike | None = None,
        condition: np.ndarray | None = None,
    ) -> None:
        """Start with no rows, or with those of the folder if a training goes on."""
        super().__init__()
        self.n, self.seed, self.every, self.condition = n, seed, every, condition
        self.folder = None if folder is None else Path(folder)
        self.steps = read_samples(self.folder)[0] if self.folder else []
        self._images = {}

    @property
    def images(self) -> list[np.ndarray]:
        """The rows, in order."""
        return read_samples(self.folder)[1] if self.folder else list(self._images.values())

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Drop the rows that are to be drawn again, and draw that of a training that has not begun."""
        for step in [step for step in self.steps if step > self.model.step or step % self.every]:
            self.steps.remove(step)
            if self.folder:
                self._file(step).unlink()
            else:
                del self._images[step]
        if self.model.step == 0:
            self._draw()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Draw a row if it is time."""
        if self.model.step % self.every == 0:
            self._draw()

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Draw the last row."""
        self._draw()

    def _draw(self) -> None:
        step = self.model.step
        if step in self.steps:
            return
        self.steps.append(step)
        images = self.model.sample(self.n, self.seed, self.condition)
        if not self.folder:
            self._images[step] = images
            return
        self.folder.mkdir(exist_ok=True)
        with replacing(self._file(step)) as new, new.open("wb") as file:
            np.savez_compressed(file, images=images)

    def _file(self, step: int) -> Path:
        return self.folder / f"{step:06}.npz"


def read_samples(folder: Path) -> tuple[list[int], list[np.ndarray]]:
    """The rows that `Samples` kept in a folder: their steps, and the images of each; damaged files are left out.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savez(f"{folder}/000100.npz", images=np.zeros((3, 8, 8, 3), np.uint8))
    ...     steps, images = read_samples(Path(folder))
    >>> steps, images[0].shape
    ([100], (3, 8, 8, 3))
    """
    steps, images = [], []
    for file in sorted(folder.glob("[0-9]*.npz")):
        if not file.stem.isdecimal():  # a copy that somebody made
            continue
        try:
            with np.load(file) as kept:
                rows = kept["images"]
        except (OSError, ValueError, KeyError, EOFError, MemoryError, *BROKEN_ZIP):  # it is drawn again
            continue
        if not images or (rows.dtype == images[0].dtype and rows.shape == images[0].shape):
            images.append(rows)
            steps.append(int(file.stem))
    return steps, images


class Scores(keras.callbacks.Callback):
    """Score samples now and then, into the logs; NaN in the epochs between.

    Args:
        scores: by name, functions from uint8 (n, H, W, C) to a number, such as
            `{"kid": lambda fake: judge.score(validation, fake, split="validation").value}`.
        n: how many images to draw for it.
        seed: of their noise.
        every: steps from one score to the next.
        condition: of each, for a model that takes one: float32 (n, k).

    >>> from types import SimpleNamespace
    >>> draw = lambda n, seed, condition: np.full((n, 8, 8, 3), 90, np.uint8)
    >>> scores, logs = Scores({"brightness": np.mean}, n=4, every=100), {"loss": 0.5}
    >>> scores.set_model(SimpleNamespace(step=100, sample=draw))
    >>> scores.on_epoch_end(0, logs)
    >>> logs
    {'loss': 0.5, 'brightness': 90.0}
    """

    def __init__(
        self,
        scores: dict[str, Callable[[np.ndarray], float]],
        n: int = 256,
        seed: int = 0,
        every: int = 100,
        condition: np.ndarray | None = None,
    ) -> None:
        """Keep what to measure."""
        super().__init__()
        self.scores, self.n, self.seed, self.every = scores, n, seed, every
        self.condition = condition

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Add one entry a score to the logs."""
        logs |= dict.fromkeys(self.scores, float("nan"))
        if self.model.step % self.every == 0:
            images = self.model.sample(self.n, self.seed, self.condition)
            logs |= {name: float(score(images)) for name, score in self.scores.items()}


class Clock(keras.callbacks.Callback):
    """Log the processor time that the steps took, `cpu_minutes`, and end a training after so many minutes of it.

    Looks at the model do not count where their callbacks stand after this one. Two minutes of processor time are one
    minute of two busy cores, whatever else the machine does meanwhile.

    Args:
        spent: minutes that were spent before, of a training that goes on.
        minutes: where to end, None for nowhere.

    >>> from types import SimpleNamespace
    >>> clock, model, logs = Clock(spent=3.0, minutes=2.0), SimpleNamespace(stop_training=False), {}
    >>> clock.set_model(model)
    >>> clock.on_epoch_begin(0)
    >>> clock.on_epoch_end(0, logs)
    >>> round(logs["cpu_minutes"]), model.stop_training
    (3, True)
    """

    def __init__(self, spent: float = 0.0, minutes: float | None = None) -> None:
        """Start with what was spent before."""
        super().__init__()
        self.spent, self.minutes = spent, minutes

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Start to count."""
        self.since = time.process_time()

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Add up, and see whether the time is over."""
        self.spent += (time.process_time() - self.since) / 60
        logs["cpu_minutes"] = self.spent
        if self.minutes and self.spent > self.minutes:
            self.model.stop_training = True


class Progress(keras.callbacks.Callback):
    """Print a line now and then: step, losses, accuracies, and the time left at the pace of late, of any Keras model.

    Args:
        steps: at which step the training ends.
        seconds: from one line to the next.
        say: what prints.

    >>> from types import SimpleNamespace
    >>> progress, model = Progress(steps=100), SimpleNamespace(step=1)
    >>> progress.set_model(model)
    >>> progress.on_train_batch_end(0)
    >>> model.step = 100
    >>> progress.on_train_batch_end(99, {"loss": 0.5})
    step 100 of 100: loss 0.50; 0 s left
    """

    def __init__(self, steps: int, seconds: float = 10.0, say: Callable[[str], None] = print) -> None:
        """Start the clock at the first step."""
        super().__init__()
        self.steps, self.seconds, self.say = steps, seconds, say
        self.since = None

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Print a line if it is time; the first step, which builds the graph, counts for no pace."""
        now, step = time.monotonic(), step_of(self.model)
        if self.since is None:
            self.since = (now, step)
        elif now - self.since[0] >= self.seconds or step == self.steps:
            pace = (now - self.since[0]) / (step - self.since[1])
            self.say(
                f"step {step} of {self.steps}: {in_words(logs)}; {duration(pace * (self.steps - step))} left"
            )
            self.since = (now, step)


class Alarm(keras.callbacks.Callback):
    """Say in words what looks wrong with a training, once each, and stop it where it cannot recover.

    It reads the logs alone. What it knows about the pictures comes from `Scores(picture_scores(...))` before it in the
    list (`diagnose`), and about their quality from a score named "kid"; without these it watches losses and accuracies.

    Args:
        patience: for how many epochs in a row a symptom of the curves has to be there.
        say: what prints.

    Attributes:
        found: by a symptom's name, the step at which it was first there.

    >>> from types import SimpleNamespace
    >>> alarm, model = Alarm(), SimpleNamespace(step=20)
    >>> alarm.set_model(model)
    >>> alarm.on_epoch_end(0, {"loss": float("nan")})
    step 20: a loss is not a number, so the weights are lost; the training stops here. ...
    >>> alarm.found, model.stop_training
    ({'not a number': 20}, True)
    """

    def __init__(self, patience: int = 10, say: Callable[[str], None] = print) -> None:
        """Start with nothing seen."""
        super().__init__()
        self.patience, self.say = patience, say
        self.log, self.found = [], {}

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Say what is new."""
        self.log.append(dict(logs))
        for name in diagnose(self.log, self.patience):
            if name not in self.found:
                self.found[name] = self.model.step
                self.say(f"step {self.model.step}: {WORDS[name]}")
        if "not a number" in self.found:
            self.model.stop_training = True


def step_of(model: keras.Model) -> int:
    """How many training steps any Keras model has made.

    >>> from types import SimpleNamespace
    >>> step_of(SimpleNamespace(step=7))
    7
    """
    return model.step if hasattr(model, "step") else int(model.optimizer.iterations.numpy())


__getattr__ = old_names(
    __name__,
    {
        "Strip": "callbacks.Samples",
        "looks": "diagnose.picture_scores",
    },
)
