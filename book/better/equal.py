"""What `bakeoff.py` and `peers.py` share: the same processor time for each training, the same scores, a row in a table.

A run takes one core, so on two cores two of them go side by side and none waits for the other.
"""

import csv

import keras
import numpy as np
import tensorflow as tf

from satgan_tutorial import batching, callbacks, gan
from satgan_tutorial.chips import symmetry

SCORED = 1000  # chips generated for the scores
KEPT = 8  # of them, kept to look at


def one_core():
    """Hold TensorFlow to one core; to be called before it does anything."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)


def train(
    model, images, batch_size, minutes, *, seed=0, every=20, callbacks=()
):
    """Train a GAN until its steps took so long, and say how long that was.

    Args:
        model: a compiled `gan.GAN`.
        images: uint8 (N, 80, 80, 3).
        batch_size: how many real chips a step.
        minutes: of processor time: one minute of two busy cores is two.
        seed: of the order of the images.
        every: steps from one look at the clock to the next.
        callbacks: more; what they do between epochs does not count.

    Returns:
        The minutes that were spent.
    """
    clock = callbacks.Clock(minutes=minutes)
    model.fit(
        batching.shuffled(images, batch_size, seed, first_step=model.step),
        steps_per_epoch=every,
        epochs=10**6,
        callbacks=[
            clock,
            keras.callbacks.TerminateOnNaN(),
            *callbacks,
        ],
        shuffle=False,
        verbose=0,
    )
    return clock.spent


def progress():
    """A line a minute about the losses; when it ends the clock knows."""
    return callbacks.Progress(10**6, seconds=60)


def scores(judge, real, fake, split):
    """KID against the real ships of a split, and the share called a ship."""
    return {
        "kid": judge.score(real, fake, split=split).value,
        "called_ship": np.mean(judge.probability(fake) > 0.5),
    }


def turned(images, seed=0):
    """Each image in one of its eight symmetries, drawn at random."""
    ways = np.random.default_rng(seed).integers(8, size=len(images))
    pairs = zip(images, ways, strict=True)
    return np.stack([symmetry(image, way) for image, way in pairs])


def read(table):
    """The rows of a table, each a dict of strings; none where there is none."""
    if not table.is_file():
        return []
    with table.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def add(table, row):
    """Add a row to a table, with four digits of each fraction."""
    begun = table.is_file()
    with table.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, row)
        if not begun:
            writer.writeheader()
        writer.writerow(
            {
                key: f"{value:.4g}" if isinstance(value, float) else value
                for key, value in row.items()
            }
        )
