"""Batches: dealt out to a training, and passed through a network when nothing is to be learned."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

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
        images: uint8 (N, H, W, C), or points, float32 (N, 2).
        batch_size: how many a batch.
        seed: where the orders start.
        first_step: the number of the first batch.
        condition: of each image, float32 (N, k); batches are then pairs.

    Raises:
        ValueError: if there are no images.
    """
    n = len(images)
    if n == 0:
        raise ValueError("images is empty; a training needs at least one.")
    columns = [tf.constant(column) for column in (images, condition) if column is not None]

    def deal(step):
        place = step * batch_size + tf.range(batch_size, dtype="int64")
        turn = place // n
        seeds = tf.stack([tf.fill([batch_size], tf.constant(seed, "int64")), turn, tf.zeros_like(turn)], 1)
        rows = tf.raw_ops.RandomIndexShuffle(index=place % n, seed=seeds, max_index=n - 1)
        dealt = tuple(tf.gather(column, rows) for column in columns)
        return dealt if condition is not None else dealt[0]

    return tf.data.Dataset.counter(first_step).map(deal).prefetch(2)


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
    """
    if batch_size < 1 or not len(columns[0]):
        raise ValueError(
            f"found {len(columns[0])} rows and batches of {batch_size}; expected at least 1 of each."
        )
    starts = range(0, len(columns[0]), batch_size)
    return np.concatenate(
        [np.asarray(function(*(column[i : i + batch_size] for column in columns))) for i in starts]
    )
