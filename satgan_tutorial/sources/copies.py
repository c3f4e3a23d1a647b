"""Pictures that are there more than once: the very same pixels, and near-copies, however they were turned.

A near-copy is what is left of a picture that was saved again, made smaller, turned or mirrored. If one is learned from and
the other scored against, a model that copies looks good.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..chips import shrink, symmetry, twins

SIDE = 16  # pixels of the thumbnails that are compared
SURE = 0.985  # correlation of two thumbnails, their means taken away
PERHAPS = 0.9  # where it stands out: less than NEARER as far from 1 as that of the tenth-nearest
NEARER, OTHERS = 0.3, 10
LEVELS = 6.0  # by which their means may differ
PLAIN = 0.5  # levels of spread below which a thumbnail has nothing to compare
BLOCK = 512  # rows at once


def same(images: np.ndarray) -> np.ndarray:
    """For each picture, the row of the first one with the very same pixels, itself as a rule: int (N,).

    Args:
        images: uint8 (N, H, W, 3).

    >>> same(np.stack([np.full((4, 4, 3), grey, np.uint8) for grey in (7, 9, 7)])).tolist()
    [0, 1, 0]
    """
    first = np.arange(len(images))
    for one, other in twins(images):
        first[other] = one
    return first


def near(images: np.ndarray, update: Callable[[int], None] = lambda done: None) -> np.ndarray:
    """Number the sets of near-copies: int (N,), the same number for what is alike, directly or through others.

    Thumbnails of 16 x 16 pixels are compared, in all eight symmetries of the square, with those of about the same
    brightness. Two are near-copies if their correlation is above 0.985; or if it is above 0.9 and stands out: a picture
    saved again has lost its grain and has no other that is nearly so near, while of handwritten digits every one has many.
    It takes 4 s for 2000 pictures on one core, and four times that for twice as many.

    Args:
        images: uint8 (N, H, H, 3), H at least 16.
        update: is told how many pictures are done.

    >>> one, other = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), np.uint8)
    >>> numbers = near(np.stack([one, other, one[:, ::-1]]))  # the last is the first in a mirror
    >>> (numbers == numbers[0]).tolist()
    [True, False, True]
    """
    small = shrink(images, SIDE)
    order = np.argsort(small.mean(axis=(1, 2, 3)), kind="stable")
    small = small[order]
    rows, means = _rows(small), small.mean(axis=(1, 2))
    bright = means.mean(axis=1)
    pairs = [np.empty((0, 2), int)]
    for start in range(0, len(rows), BLOCK):
        stop = min(start + BLOCK, len(rows))
        low = np.searchsorted(bright, bright[start] - LEVELS, "left")
        high = np.searchsorted(bright, bright[stop - 1] + LEVELS, "right")
        turned = (_rows(symmetry(small[start:stop], which)) for which in range(8))
        best = np.max([each @ rows[low:high].T for each in turned], axis=0)
        best[np.arange(stop - start), np.arange(start, stop) - low] = -1  # itself
        close = (np.abs(means[start:stop, None] - means[None, low:high]) <= LEVELS).all(axis=2)
        pairs.append(np.argwhere(_alike(best) & close) + (start, low))
        update(stop)
    numbers = np.empty(len(rows), int)
    numbers[order] = _connected(np.concatenate(pairs), len(rows))
    return numbers


def _alike(correlation: np.ndarray) -> np.ndarray:
    """Which pairs are near-copies, bool (m, n) of their correlations; see `near`."""
    tenth = max(0, correlation.shape[1] - OTHERS)
    usual = (
        np.partition(correlation, tenth, axis=1)[:, tenth, None] if correlation.shape[1] > OTHERS else -1.0
    )
    stands_out = (correlation > PERHAPS) & (1 - correlation < NEARER * (1 - usual))
    return (correlation > SURE) | stands_out


def joined(*numbers: np.ndarray) -> np.ndarray:
    """Number what belongs together by one of several numberings, or through others: int (N,).

    Args:
        *numbers: int (N,) each; rows with the same number belong together.

    >>> joined(np.array([0, 0, 1, 2]), np.array([5, 6, 6, 7])).tolist()  # 1 ties 0 and 2
    [0, 0, 0, 1]
    """
    n, found = len(numbers[0]), []
    for each in numbers:
        _, first, member = np.unique(each, return_index=True, return_inverse=True)
        found.append(np.stack([np.arange(n), first[member]], axis=1))
    return _connected(np.concatenate(found), n)


def _connected(pairs: np.ndarray, n: int) -> np.ndarray:
    """Number the sets of n rows that pairs of them (k, 2) connect."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), (n, n))
    return connected_components(graph, directed=False)[1]


def _rows(small: np.ndarray) -> np.ndarray:
    """Thumbnails as vectors of length 1 whose product is their correlation; plain ones are alike to nothing.

    Each colour has its own mean taken away: else all pictures of a blue sea would be alike in being blue.
    """
    small = small.astype(np.float32)
    rows = (small - small.mean(axis=(1, 2), keepdims=True)).reshape(len(small), -1)
    spread = rows.std(axis=1, keepdims=True)
    return np.where(spread > PLAIN, rows / np.maximum(spread, PLAIN) / np.sqrt(rows.shape[1]), 0).astype(
        np.float32
    )
