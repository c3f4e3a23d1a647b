"""The same processor time for each training, and the same scores: what `bakeoff.py` and `peers.py` share.

A run takes one core, so on two cores two of them go side by side and none waits for the other.
"""

from collections.abc import Iterable
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from satgan_tutorial import training
from satgan_tutorial.callbacks import Clock, Progress
from satgan_tutorial.chips import ChipSet, symmetry
from satgan_tutorial.judge import Judge

SCORED = 1000  # chips generated for the scores
KEPT = 8  # of them, kept to look at


def one_core() -> None:
    """Hold TensorFlow to one core; to be called before it does anything."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)


def train(
    model: keras.Model,
    images: np.ndarray,
    batch_size: int,
    minutes: float,
    *,
    seed: int = 0,
    every: int = 20,
    callbacks: Iterable[keras.callbacks.Callback] = (),
) -> float:
    """Train a model until its steps took so long, and say how long that was.

    Args:
        model: a generative model, compiled.
        images: uint8 (N, 80, 80, 3).
        batch_size: how many real chips a step.
        minutes: of processor time: one minute of two busy cores is two.
        seed: of the order of the images.
        every: steps from one look at the clock to the next.
        callbacks: more; what they do between epochs does not count.

    Returns:
        The minutes that were spent.
    """
    clock = Clock(minutes=minutes)
    training.fit(model, images, batch_size=batch_size, seed=seed, every=every, callbacks=[clock, *callbacks])
    return clock.spent


def progress() -> Progress:
    """A line a minute about the losses; when it ends the clock knows."""
    return Progress(10**6, seconds=60)


def scores(judge: Judge, real: ChipSet, fake: np.ndarray, split: str) -> dict[str, float]:
    """KID against the real ships of a split, and the share called a ship."""
    return {
        "kid": judge.score(real, fake, split=split).value,
        "called_ship": float(np.mean(judge.probability(fake) > 0.5)),
    }


def turned(images: np.ndarray, seed: int = 0) -> np.ndarray:
    """Each image in one of its eight symmetries, drawn at random."""
    ways = np.random.default_rng(seed).integers(8, size=len(images))
    return np.stack([symmetry(image, way) for image, way in zip(images, ways, strict=True)])


def keep(file: Path, fake: np.ndarray) -> None:
    """Keep the first chips of a run to look at."""
    file.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(file, images=fake[:KEPT])


def kept(file: Path) -> np.ndarray:
    """What `keep` kept: uint8 (8, 80, 80, 3)."""
    with np.load(file) as chips:
        return chips["images"]
