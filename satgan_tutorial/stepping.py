"""What a training step of any family begins with: its random numbers, its batch of real images, its learning rate.

Every random number of a step follows from the seed of the training, the number of the step and a stream, which tells the
uses within a step apart. So a training that was killed goes on to the same bits.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from . import augment, conditions
from .chips import to_float

FLOOR = 0.01  # of the learning rate, after it fell


def seed(start: int, step: tf.Tensor | int, stream: int) -> tf.Tensor:
    """An int64 pair for TensorFlow's stateless random numbers that no other step and no other stream has.

    Args:
        start: the seed of the training.
        step: how many steps were made before.
        stream: 0 to 15, one for each use within a step.

    >>> seed(0, step=3, stream=1).numpy().tolist(), seed(1, step=3, stream=1).numpy().tolist()
    ([1, 3], [17, 3])
    """
    return tf.stack([tf.constant(start * 16 + stream, "int64"), tf.cast(step, "int64")])


def normal(n: tf.Tensor | int, shape: tuple[int, ...], seed: tf.Tensor) -> tf.Tensor:
    """Draw n rows of a shape, float32, standard normal: this replica's rows of what the whole step draws.

    >>> once, again = normal(2, (3,), seed(0, 5, 0)), normal(2, (3,), seed(0, 5, 0))
    >>> once.numpy().shape, bool(ops.all(once == again))
    ((2, 3), True)
    """
    first, total = augment.share(n)
    return tf.random.stateless_normal((total, *shape), seed)[first : first + n]


def uniform(n: tf.Tensor | int, seed: tf.Tensor) -> tf.Tensor:
    """Draw float32 (n, 1), even in [0, 1): this replica's rows of what the whole step draws.

    >>> times = uniform(4, seed(0, 5, 1)).numpy()
    >>> times.shape, bool((0 <= times).all() and (times < 1).all())
    ((4, 1), True)
    """
    first, total = augment.share(n)
    return tf.random.stateless_uniform((total, 1), seed)[first : first + n]


def replicas() -> int:
    """How many replicas share a step, each with its part of the batch.

    >>> replicas()  # this machine alone
    1
    """
    return tf.distribute.get_strategy().num_replicas_in_sync


def real(
    data: tf.Tensor | tuple[tf.Tensor, tf.Tensor],
    takes_condition: bool,
    symmetries: bool | str,
    seed: tf.Tensor,
) -> tuple[tf.Tensor, tf.Tensor | None]:
    """The real images of a batch as networks take them, float32 in [-1, 1], and their conditions or None.

    Args:
        data: uint8 images (N, H, W, C), floats in [-1, 1], or points, float32 (N, d); or a pair of these and conditions,
            float32 (N, k).
        takes_condition: whether the model is given conditions.
        symmetries: how images are turned and mirrored (`augment.symmetries`); headings turn with them. With "conditioned" the
            conditions end in `augment.which_symmetry`.
        seed: of the turns.

    Raises:
        ValueError: conditions where there should be none, or none where there should be some, or another dtype.
        tf.errors.InvalidArgumentError: floats beyond [-1, 1].

    >>> batch = tf.constant(np.uint8([[[[0, 51, 255]]]]))  # one image of one pixel
    >>> images, condition = real(batch, takes_condition=False, symmetries=False, seed=seed(0, 0, 0))
    >>> images.numpy().ravel(), condition
    (array([-1. , -0.6,  1. ], dtype=float32), None)
    """
    images, condition = data if isinstance(data, tuple) else (data, None)
    _check(images, condition, takes_condition)
    if symmetries:
        images = augment.symmetries(images, seed, symmetries)
        if condition is not None:
            condition = conditions.turn(condition, seed, symmetries)
    if symmetries == augment.CONDITIONED:
        told = augment.which_symmetry(images, seed)
        condition = told if condition is None else tf.concat([condition, told], 1)
    return (to_float(images) if images.dtype == "uint8" else images), condition


def _check(images: tf.Tensor, condition: tf.Tensor | None, takes_condition: bool) -> None:
    """Refuse a batch that is not what the networks take, when the step is traced; floats, at each step."""
    given = condition is not None
    if given != takes_condition or (given and len(condition.shape) != 2):
        raise ValueError(
            f"found batches of images {'with' if given else 'without'} conditions or labels; this generator takes "
            f"{'conditions' if takes_condition else 'none: dataset.map(lambda images, labels: images) leaves them out'}."
        )
    if images.dtype not in ("uint8", "float32"):
        raise ValueError(f"images are {images.dtype.name}; expected uint8, or float32 in [-1, 1].")
    if images.dtype == "float32" and len(images.shape) == 4:
        largest = tf.reduce_max(tf.abs(images))
        message = "images go beyond [-1, 1]; expected uint8, or float32 in [-1, 1] (images / 127.5 - 1)."
        tf.debugging.assert_less_equal(largest, 1.0, message)


@keras.saving.register_keras_serializable(package="satgan_tutorial")
class WarmUpAndFall(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that rises in a straight line, stays, and falls along half a cosine to a hundredth, where it stays.

    Args:
        learning_rate: between the two.
        steps: where the fall ends.
        warmup: steps of the rise.
        fall: share of all steps that the fall takes.

    >>> rate = WarmUpAndFall(1e-3, steps=100, warmup=10, fall=0.25)
    >>> [round(float(rate(step)), 5) for step in (0, 9, 50, 100)]
    [0.0001, 0.001, 0.001, 1e-05]
    """

    def __init__(self, learning_rate: float, steps: int, warmup: int = 0, fall: float = 0.0) -> None:
        """Keep the numbers."""
        super().__init__()
        self.learning_rate, self.steps, self.warmup, self.fall = learning_rate, steps, warmup, fall

    def __call__(self, step: Any) -> Any:
        """The rate of the step of this number, counted from 0."""
        step, falling = ops.cast(step, "float32"), max(1.0, self.fall * self.steps)
        risen = ops.minimum(1.0, (step + 1) / max(1, self.warmup))
        fallen = ops.clip((step - (self.steps - falling)) / falling, 0.0, 1.0)
        left = FLOOR + (1 - FLOOR) * 0.5 * (1 + ops.cos(np.pi * fallen))
        return self.learning_rate * risen * (left if self.fall else 1.0)

    def get_config(self) -> dict[str, Any]:
        """What a file keeps."""
        names = ("learning_rate", "steps", "warmup", "fall")
        return {name: getattr(self, name) for name in names}
