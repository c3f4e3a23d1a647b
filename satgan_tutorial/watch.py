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

from satgan_tutorial.metrics import distances, small, turned


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


class Clock(keras.callbacks.Callback):
    """Log the processor time that the steps took, `cpu_minutes`, and end a training after so many minutes of it.

    Looks at the model do not count where their callbacks stand after this one. Two minutes of processor time are one
    minute of two busy cores, whatever else the machine does meanwhile.

    Args:
        spent: minutes that were spent before, of a training that goes on.
        minutes: where to end, None for nowhere.
    """

    def __init__(self, spent: float = 0.0, minutes: float | None = None):
        """Start with what was spent before."""
        super().__init__()
        self.spent, self.minutes = spent, minutes

    def on_epoch_begin(self, epoch, logs=None):
        """Start to count."""
        self.since = time.process_time()

    def on_epoch_end(self, epoch, logs):
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
    """

    def __init__(self, steps: int, seconds: float = 10.0, say: Callable[[str], None] = print):
        """Start the clock at the first step."""
        super().__init__()
        self.steps, self.seconds, self.say = steps, seconds, say
        self.since = None

    def on_train_batch_end(self, batch, logs=None):
        """Print a line if it is time; the first step, which builds the graph, counts for no pace."""
        now, step = time.monotonic(), int(self.model.optimizer.iterations.numpy())
        if self.since is None:
            self.since = (now, step)
        elif now - self.since[0] >= self.seconds or step == self.steps:
            pace = (now - self.since[0]) / (step - self.since[1])
            values = ", ".join(f"{name} {float(value):.2f}" for name, value in (logs or {}).items())
            self.say(f"step {step} of {self.steps}: {values}; {duration(pace * (self.steps - step))} left")
            self.since = (now, step)


class Alarm(keras.callbacks.Callback):
    """Say in words what looks wrong with a training, once each, and stop it where it cannot recover.

    It reads the logs alone. What it knows about the pictures comes from `Scores(looks(...))` before it in the list, and
    about their quality from a score named "kid"; without these it watches the losses and the accuracies.

    Args:
        patience: for how many epochs in a row a symptom of the curves has to be there.
        say: what prints.

    Attributes:
        found: by a symptom's name, the step at which it was first there.
    """

    def __init__(self, patience: int = 10, say: Callable[[str], None] = print):
        """Start with nothing seen."""
        super().__init__()
        self.patience, self.say = patience, say
        self.log, self.found = [], {}

    def on_epoch_end(self, epoch, logs):
        """Say what is new."""
        self.log.append(dict(logs))
        for name in diagnose(self.log, self.patience):
            if name not in self.found:
                self.found[name] = self.model.step
                self.say(f"step {self.model.step}: {WORDS[name]}")
        if "not a number" in self.found:
            self.model.stop_training = True


LOOKS = 5  # in a row that have to show a symptom of the pictures: a single look may mislead

# Named in the order of `diagnose`: what was seen, what it may mean, what to try.
WORDS = {
    "not a number": "a loss is not a number, so the weights are lost; the training stops here. Begin again with lower "
    "learning rates.",
    "loss below zero": "the discriminator's loss is below 0, which cross-entropy cannot be as long as labels are in "
    "[0, 1], and it may fall without end. Look at the labels and at the noise on them: 0.9 for 1 is fine, 1.1 is not.",
    "losses explode": "a loss is beyond 30: the steps are so large that they undo each other. Divide the learning rates "
    "by ten.",
    "discriminator wins": "the discriminator has long told real from fake almost without error, so the generator learns "
    "little. A gradient penalty (r1, r2), a lower learning rate for the discriminator or augmentation may help.",
    "one picture": "all noise becomes almost one picture: the generator has collapsed. A lower learning rate for it, a "
    "gradient penalty (r1, r2) or the relativistic loss may help.",
    "one heading": "nearly all ships point one way. Turn and mirror the real ones (symmetries), or look whether they do "
    "so too.",
    "no dark pixel": "the pictures have no dark pixel: the real images may be in [0, 1], where the network's door expects "
    "uint8, or [-1, 1].",
    "copies": "the pictures are nearer to the training chips than to chips never shown: they may be copies. More images, "
    "augmentation or fewer steps may help.",
    "past its best": "the score has turned: it was much better before. Keep the best weights, stop there, or hold the "
    "discriminator with a penalty (r1, r2) or augmentation.",
}


def diagnose(log: list[dict[str, float]], patience: int = 10) -> list[str]:
    """Name the symptoms, keys of `WORDS`, that the last rows of a training's log show.

    Args:
        log: a dict an epoch: `d_loss`, `g_loss`, `real_accuracy`, `fake_accuracy`, and, where they were looked at, `kid`
            and the columns of `looks`; NaN for an epoch without a look.
        patience: how many epochs in a row the accuracies, and looks the score, have to be bad.
    """

    def last(column, n=None):
        values = np.array([row[column] for row in log if np.isfinite(row.get(column, np.nan))])
        return values if n is None else values[-n:]

    def all_of(bad, n):
        return len(bad) == n and bad.all()

    losses = np.array([[row["d_loss"], row["g_loss"]] for row in log])
    kid = last("kid")
    best = np.convolve(kid, np.ones(LOOKS) / LOOKS, "valid").min() if len(kid) >= LOOKS else np.inf
    seen = {
        "not a number": not np.isfinite(losses[-1]).all(),
        "loss below zero": all_of(last("d_loss", LOOKS) < 0, LOOKS),
        # A cross-entropy of 30 gives the truth a probability of 1e-13.
        "losses explode": np.any(np.abs(losses[-LOOKS:]) > 30),
        "discriminator wins": all_of(
            np.minimum(last("real_accuracy", patience), last("fake_accuracy", patience)) > 0.99, patience
        ),
        "one picture": all_of(last("variety", LOOKS) < 0.1, LOOKS),
        "one heading": all_of(last("one_heading", LOOKS) > 0.7, LOOKS),
        # 127 is the middle of the network's range.
        "no dark pixel": all_of(last("darkest", LOOKS) > 120, LOOKS),
        "copies": all_of(last("nearest", LOOKS) < 0.75, LOOKS),
        # 0.25 is what chance moves the KID of a hundred chips that are nearly as good as real ones.
        "past its best": all_of(kid[-patience:] > 1.4 * best + 0.25, patience),
    }
    return [name for name, there in seen.items() if there]


def looks(images: np.ndarray, unseen: np.ndarray) -> dict[str, Callable[[np.ndarray], float]]:
    """By name, what `Alarm` likes to know about generated chips, for `Scores`; cheap, and without a judge.

    - variety: mean distance between two generated chips; 1 where it is that between two training chips.
    - one_heading: 0 where the ships point everywhere alike, 1 where all point one way; NaN where half of them have none.
    - darkest: the level, 0..255, that 1 % of the values are below.
    - nearest: median distance to the nearest training chip, over that to the nearest of as many unseen ones, each turned
      and mirrored in all eight ways; about 1 where nothing is copied.

    Distances are Euclidean, between chips shrunk to a quarter of their sides.

    Args:
        images: the training chips, uint8 (N, 80, 80, 3).
        unseen: chips like them that the GAN is not shown, uint8 (M, 80, 80, 3).
    """
    from satgan_tutorial.measure import alignment, measure

    n = min(len(images), len(unseen))
    usual, shown, kept = _apart(small(images)), turned(images[:n]), turned(unseen[:n])

    def one_heading(fake):
        headings = measure(fake).heading.dropna()
        return alignment(headings) if len(headings) > len(fake) / 2 else np.nan

    def nearest(fake):
        fake = small(fake)
        to_shown, to_kept = (np.median(distances(fake, chips).min(axis=1)) for chips in (shown, kept))
        return to_shown / to_kept

    return {
        "variety": lambda fake: _apart(small(fake)) / usual,
        "one_heading": one_heading,
        "darkest": lambda fake: np.quantile(fake, 0.01),
        "nearest": nearest,
    }


def _apart(a):
    return distances(a, a).sum() / (len(a) * (len(a) - 1))


def duration(seconds: float) -> str:
    """Say how long that is, as "40 s", "3 min" or "1 h 20 min"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
