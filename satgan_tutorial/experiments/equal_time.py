"""The same processor time for each training, and of each the first chips, kept to look at.

A run takes one core, so on two cores two of them go side by side and none waits for the other.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from .. import training
from ..callbacks import Clock, Progress
from ..chips import symmetry
from ..sampling import GenerativeModel

SCORED = 1000  # chips generated for the scores
KEPT = 8  # of them, kept to look at


def one_core() -> None:
    """Hold TensorFlow to one core.

    Raises:
        RuntimeError: TensorFlow has done something already.
    """
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)


def train(
    model: GenerativeModel,
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

    Raises:
        TrainingError: the losses are no longer finite.

    >>> from satgan_tutorial import plane
    >>> model = plane.build(seed=0, run_eagerly=True)
    >>> train(model, plane.ring().sample(8, seed=0), 8, minutes=1e-9, every=1) > 0
    True
    """
    clock = Clock(minutes=minutes)
    training.fit(model, images, batch_size=batch_size, seed=seed, every=every, callbacks=[clock, *callbacks])
    return clock.spent


def seconds_a_step(
    models: Mapping[str, GenerativeModel], images: np.ndarray, batch_size: int, rounds: int, steps: int = 10
) -> dict[str, np.ndarray]:
    """Processor time of a training step of each model, (rounds,): they take turns, after one for their graphs.

    Args:
        models: compiled, by name.
        images: uint8 (N, 80, 80, 3).
        batch_size: how many real chips a step.
        rounds: how many turns each has.
        steps: of a turn.

    >>> from satgan_tutorial import plane
    >>> models = {"gan": plane.build(seed=0, run_eagerly=True)}
    >>> seconds_a_step(models, plane.ring().sample(8, seed=0), 8, rounds=1, steps=1)["gan"].shape
    (1,)
    """
    seconds = {name: np.zeros(rounds) for name in models}
    for turn in range(-1, rounds):
        for name, model in models.items():
            clock = Clock()
            training.fit(
                model, images, batch_size=batch_size, steps=model.step + steps, every=steps, callbacks=[clock]
            )
            if turn >= 0:
                seconds[name][turn] = 60 * clock.spent / steps
    return seconds


def progress() -> Progress:
    """A callback that prints a line a minute about the losses; when the training ends the clock knows.

    >>> progress().seconds
    60
    """
    return Progress(10**6, seconds=60)


def turned(images: np.ndarray, seed: int = 0) -> np.ndarray:
    """Each of the images, (N, H, W, 3) and square, in one of its eight symmetries, drawn at random.

    >>> images = np.arange(4).reshape(1, 2, 2, 1)
    >>> turned(images, seed=0).shape, sorted(turned(images, seed=0).ravel().tolist())
    ((1, 2, 2, 1), [0, 1, 2, 3])
    """
    ways = np.random.default_rng(seed).integers(8, size=len(images))
    return np.stack([symmetry(image, way) for image, way in zip(images, ways, strict=True)])


def keep(file: Path, fake: np.ndarray) -> None:
    """Keep the first KEPT of the generated chips, uint8 (N, 80, 80, 3), in an .npz file; its folder is made.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     keep(Path(folder, "looks", "grain.npz"), np.zeros((20, 80, 80, 3), np.uint8))
    ...     kept(Path(folder, "looks", "grain.npz")).shape
    (8, 80, 80, 3)
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(file, images=fake[:KEPT])


def kept(file: Path) -> np.ndarray:
    """What `keep` kept: uint8 (KEPT, 80, 80, 3).

    Raises:
        FileNotFoundError: nothing was kept there.

    >>> kept(Path("no-such.npz"))
    Traceback (most recent call last):
    FileNotFoundError: ...
    """
    with np.load(file) as chips:
        return chips["images"]
