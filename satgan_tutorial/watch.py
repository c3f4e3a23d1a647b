"""Callbacks that look at a GAN while it trains: samples, scores, time left, an alarm.

An epoch is as many steps as the caller says (`steps_per_epoch`); `Scores` stands before `keras.callbacks.CSVLogger`
in the list, so that the log has its columns. To go on after a kill, save the whole GAN (`gan`): Keras'
`BackupAndRestore` would bring back the weights, but not tell the batches at which step to go on.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np


class Strip(keras.callbacks.Callback):
    """Keep what the same noise becomes as the training goes on.

    Args:
        n: how many noise vectors.
        seed: of the noise.
        every: epochs from one row to the next; the first row is drawn before the first step.
        path: `.npz` to keep both attributes in as well, written whole or not at all; None for none.

    Attributes:
        steps: list of int, at which step each row was drawn.
        images: list of uint8 (n, H, W, C), or of float32 (n, 2) for points.
    """

    def __init__(self, n: int = 8, seed: int = 0, every: int = 5, path: str | os.PathLike | None = None):
        """Start with no rows, or with those of `path` if a training goes on."""
        super().__init__()
        self.n, self.seed, self.every = n, seed, every
        self.path = path and Path(path)
        self.steps, self.images = [], []
        if self.path and self.path.is_file():
            with np.load(self.path) as kept:
                self.steps, self.images = kept["steps"].tolist(), list(kept["images"])

    def on_train_begin(self, logs=None):
        """Draw the row of a training that has not begun."""
        while self.steps and self.steps[-1] > self.model.step:  # drawn before a kill, and to be drawn again
            del self.steps[-1], self.images[-1]
        if not self.steps:
            self._draw()

    def on_epoch_end(self, epoch, logs=None):
        """Draw a row if it is time."""
        if (epoch + 1) % self.every == 0:
            self._draw()

    def _draw(self):
        self.steps.append(self.model.step)
        self.images.append(self.model.generate(self.n, self.seed))
        if self.path:
            new = self.path.with_name(f".new-{self.path.name}")
            np.savez_compressed(new, steps=self.steps, images=self.images)
            os.replace(new, self.path)


class Scores(keras.callbacks.Callback):
    """Score generated images now and then, into the logs; NaN in the epochs between.

    Args:
        scores: by name, functions from uint8 (n, H, W, C) to a number, such as
            `{"kid": lambda fake: judge.score(validation, fake, split="validation").value}`.
        n: how many images to generate for it.
        seed: of their noise.
        every: epochs from one score to the next.
    """

    def __init__(
        self, scores: dict[str, Callable[[np.ndarray], float]], n: int = 256, seed: int = 0, every: int = 5
    ):
        """Keep what to measure."""
        super().__init__()
        self.scores, self.n, self.seed, self.every = scores, n, seed, every

    def on_epoch_end(self, epoch, logs):
        """Add one entry a score to the logs."""
        logs |= dict.fromkeys(self.scores, float("nan"))
        if (epoch + 1) % self.every == 0:
            images = self.model.generate(self.n, self.seed)
            logs |= {name: float(score(images)) for name, score in self.scores.items()}


class Progress(keras.callbacks.Callback):
    """Print a line now and then: step, losses, accuracies, and the time left at the pace of late.

    Args:
        steps: at which step the training ends.
        seconds: from one line to the next.
        say: what prints.
    """

    def __init__(self, steps: int, seconds: float = 10.0, say: Callable[[str], None] = print):
        """Start the clock at the first step."""
        super().__init__()
        self.steps, self.seconds, self.say = steps, seconds, say

    def on_train_begin(self, logs=None):
        """Nothing is known about the pace yet."""
        self.since = None

    def on_train_batch_end(self, batch, logs=None):
        """Print a line if it is time; the first step, which builds the graph, counts for no pace."""
        now, step = time.monotonic(), self.model.step
        if self.since is None:
            self.since = (now, step)
        elif now - self.since[0] >= self.seconds or step == self.steps:
            pace = (now - self.since[0]) / (step - self.since[1])
            values = ", ".join(f"{name} {float(value):.2f}" for name, value in (logs or {}).items())
            self.say(f"step {step} of {self.steps}: {values}; {duration(pace * (self.steps - step))} left")
            self.since = (now, step)


class Alarm(keras.callbacks.Callback):
    """Stop a training whose losses are no longer numbers, and say when the discriminator has won.

    Args:
        patience: after how many epochs in a row with both accuracies above 0.99 to say so.
        say: what prints.
    """

    def __init__(self, patience: int = 10, say: Callable[[str], None] = print):
        """Start with no bad epoch."""
        super().__init__()
        self.patience, self.say, self.bad = patience, say, 0

    def on_epoch_end(self, epoch, logs):
        """Look at the epoch's means."""
        if not np.isfinite([logs["d_loss"], logs["g_loss"]]).all():
            self.say(f"step {self.model.step}: a loss is not a number; the training stops here.")
            self.model.stop_training = True
        self.bad = self.bad + 1 if min(logs["real_accuracy"], logs["fake_accuracy"]) > 0.99 else 0
        if self.bad == self.patience:
            self.say(
                f"step {self.model.step}: for {self.bad} epochs the discriminator has told real from fake almost "
                "without error, so the generator learns little; R1, a lower learning rate for the discriminator or "
                "augmentation may help."
            )


def duration(seconds: float) -> str:
    """Say how long that is, as "40 s", "3 min" or "1 h 20 min"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
