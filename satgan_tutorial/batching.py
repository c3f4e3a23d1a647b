"""Batches: dealt out to a training, and passed through a network when nothing is to be learned."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from .chips import check_seed, is_whole

BATCH = 256  # rows of a forward pass at once


def shuffled(
    images: np.ndarray,
    batch_size: int,
    seed: int,
    first_step: int = 0,
    condition: np.ndarray | None = None,
) -> tf.data.Dataset:
    """Deal out batches without end, all images once before any comes again, in a new order each time.

    What the batch of step k holds follows from the seed and k alone, so a training can go on at any step.

    Args:
        images: uint8 (N, H, W, C), or float32 in [-1, 1]; or points, float32 (N, d).
        batch_size: how many a batch.
        seed: where the orders start.
        first_step: the number of the first batch.
        condition: of each image, float32 (N, k); batches are then pairs.

    Raises:
        ValueError: if there are no images, they are of another shape, dtype or range, the conditions are not as many, or the
            batch size is below 1.

    >>> points = np.arange(8, dtype=np.float32).reshape(4, 2)
    >>> batches = list(shuffled(points, batch_size=2, seed=0).take(2))  # two batches are all four points
    >>> sorted(np.concatenate(batches)[:, 0].tolist())
    [0.0, 2.0, 4.0, 6.0]
    """
    _check(images)
    n = len(images)
    if condition is not None:
        _check_condition(condition, n)
    for name, value, least in (("batch_size", batch_size, 1), ("first_step", first_step, 0)):
        if not is_whole(value) or value < least:
            raise ValueError(f"{name} is {value!r:.60}; expected a whole number, at least {least}.")
    check_seed(seed)
    columns = [tf.constant(column) for column in (images, condition) if column is not None]

    def deal(step: tf.Tensor) -> tf.Tensor | tuple[tf.Tensor, tf.Tensor]:
        place = step * batch_size + tf.range(batch_size, dtype="int64")
        turn = place // n
        seeds = tf.stack([tf.fill([batch_size], tf.constant(seed, "int64")), turn, tf.zeros_like(turn)], 1)
        rows = tf.raw_ops.RandomIndexShuffle(index=place % n, seed=seeds, max_index=n - 1)
        dealt = tuple(tf.gather(column, rows) for column in columns)
        return dealt if condition is not None else dealt[0]

    return tf.data.Dataset.counter(first_step).map(deal).prefetch(2)


def _check(images: np.ndarray) -> None:
    """Raise ValueError for images, or points, that are not as a network's door expects them."""
    expected = "expected uint8 (N, H, W, C), or float32 in [-1, 1]; points are float32 (N, d)."
    if not isinstance(images, np.ndarray) or np.ma.is_masked(images):
        raise ValueError(
            f"images: found a {type(images).__name__}{' that hides values' * np.ma.is_masked(images)}; {expected}"
        )
    if not len(images):
        raise ValueError(f"images is empty; {expected}")
    kinds = {4: (np.uint8, np.float32), 2: (np.float32,)}
    if images.dtype not in kinds.get(images.ndim, ()):
        raise ValueError(f"images are {images.dtype} {images.shape}; {expected}")
    if images.dtype == np.float32:
        low, high = float(images.min()), float(images.max())
        if not np.isfinite([low, high]).all():
            raise ValueError(f"images hold nan or infinite values; {expected}")
        if images.ndim == 4 and max(-low, high) > 1:
            raise ValueError(f"images go from {low:g} to {high:g}; {expected}")


def _check_condition(condition: np.ndarray, n: int) -> None:
    """Raise ValueError for conditions that are no finite float32 (n, k)."""
    if len(condition) != n:
        raise ValueError(f"found {len(condition)} conditions for {n} images; expected one for each.")
    if not isinstance(condition, np.ndarray) or condition.dtype != np.float32 or condition.ndim != 2:
        found = f"{getattr(condition, 'dtype', type(condition).__name__)} {np.shape(condition)}"
        raise ValueError(f"conditions are {found}; expected float32 ({n}, k).")
    if not np.isfinite(condition).all():
        raise ValueError("conditions: found some that are not finite; expected numbers.")


def forward(function: Callable[..., Any], *columns: np.ndarray, batch_size: int = BATCH) -> np.ndarray:
    """Pass rows through a function in batches and put its answers together.

    Args:
        function: of a batch of each column; a network, for one. Returns an array or a tensor, a row a row.
        *columns: arrays of equally many rows, at least one.
        batch_size: how many rows at once.

    Returns:
        The answers, (N, ...).

    Raises:
        ValueError: the batch size is below 1, or there are no rows.

    >>> forward(lambda rows: rows**2, np.arange(5), batch_size=2)
    array([ 0,  1,  4,  9, 16])
    """
    if batch_size < 1 or not len(columns[0]):
        raise ValueError(
            f"found {len(columns[0])} rows and batches of {batch_size}; expected at least 1 of each."
        )
    starts = range(0, len(columns[0]), batch_size)
    return np.concatenate(
        [np.asarray(function(*(column[i : i + batch_size] for column in columns))) for i in starts]
    )
