"""How far apart two sets of chips are: scores of two arrays of features, what real chips score, and how sure that is.

A score takes `real`, float (m, d), and `fake`, float (n, d): a row a chip, the judge's features as a rule. Each fits two
real sets as well, and that is what to hold a score against (`floor`). Below, a *ball* of a set is around one of its rows
and reaches to the k-th nearest other row.

Features that are no numbers (m, d) and (n, d), not finite, or too few rows for k, are a ValueError.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .chips import check_images, check_seed, is_whole, shrink, symmetry

Score = Callable[[np.ndarray, np.ndarray], Any]  # of two arrays, a row a chip: a number, or several

LARGEST = 1e40  # of a feature: KID takes the sixth power
K = 5  # neighbours; Naeem and others' choice


def kid(real: np.ndarray, fake: np.ndarray) -> float:
    """Kernel inception distance: the unbiased squared maximum mean discrepancy with k(x, y) = (x.y / d + 1)^3.

    Two chips of one set, how alike are they on average; and one of each? For m real features x and n fake ones y it is

        sum over i != j of k(x_i, x_j) / (m (m - 1)) + sum over i != j of k(y_i, y_j) / (n (n - 1))
        - 2 sum over i, j of k(x_i, y_j) / (m n)

    For two samples of one distribution its mean is exactly 0, so it is negative about half the time.

    Raises:
        ValueError: fewer than two rows in one of them, or unequal d.

    Source: M. Binkowski and others, "Demystifying MMD GANs", 2018, arXiv 1801.01401, section 4.

    >>> rng = np.random.default_rng(0)
    >>> real, like_it, brighter = rng.normal(size=(3, 200, 4)) + np.array([0, 0, 1]).reshape(3, 1, 1)
    >>> round(kid(real, like_it), 2), round(kid(real, brighter), 2)
    (0.0, 8.3)
    """
    real, fake = checked(real, fake)

    def unlike(x: np.ndarray) -> float:  # without the pairs of a chip with itself, which would bias it
        kernel = (x @ x.T / x.shape[1] + 1) ** 3
        return (kernel.sum() - np.trace(kernel)) / (len(x) * (len(x) - 1))

    return float(unlike(real) + unlike(fake) - 2 * ((real @ fake.T / real.shape[1] + 1) ** 3).mean())


def fid(real: np.ndarray, fake: np.ndarray) -> float:
    """Frechet distance of the Gaussians with the means a, b and covariances A, B of the two sets.

        `|a - b|^2 + tr A + tr B - 2 tr (A B)^(1/2)`

    It is biased: of two samples of one distribution it is above 0, the more so the fewer they are.

    Raises:
        ValueError: as `kid`.

    Source: M. Heusel and others, "GANs Trained by a Two Time-Scale Update Rule", 2017, arXiv 1706.08500.

    >>> rng = np.random.default_rng(0)
    >>> real, like_it, brighter = rng.normal(size=(3, 200, 4)) + np.array([0, 0, 1]).reshape(3, 1, 1)
    >>> round(fid(real, like_it), 2), round(fid(real, brighter), 2)
    (0.07, 3.77)
    """
    real, fake = checked(real, fake)
    a, b = (np.atleast_2d(np.cov(x, rowvar=False)) for x in (real, fake))
    roots = np.sqrt(np.maximum(np.linalg.eigvals(a @ b).real, 0))  # the trace of a root sums its eigenvalues
    apart = ((real.mean(axis=0) - fake.mean(axis=0)) ** 2).sum()
    return float(apart + np.trace(a + b) - 2 * roots.sum())


def precision(real: np.ndarray, fake: np.ndarray, k: int = K) -> float:
    """The share of fake chips that lie in some real chip's ball: does it look like one that there is?

    Source: T. Kynkaanniemi and others, "Improved Precision and Recall Metric", 2019, arXiv 1904.06991.

    >>> real = np.array([[0.0], [1.0], [2.0], [3.0]])
    >>> precision(real, np.array([[0.5], [2.5], [9.0], [9.5]]), k=1)  # two of four are near a real one
    0.5
    """
    return float(_inside(real, fake, k).any(axis=0).mean())


def recall(real: np.ndarray, fake: np.ndarray, k: int = K) -> float:
    """The share of real chips that lie in some fake chip's ball: could it have been drawn? Source: as `precision`.

    >>> real = np.array([[0.0], [1.0], [2.0], [3.0]])
    >>> recall(real, np.array([[0.5], [0.6], [0.7], [0.8]]), k=1)  # nothing real is near what was drawn
    0.0
    """
    return precision(*reversed(checked(real, fake, k)), k)


def density(real: np.ndarray, fake: np.ndarray, k: int = K) -> float:
    """How many real balls a fake chip lies in on average, over k: one wide ball counts no more than any other.

    Its mean is 1 for two samples of one distribution.

    Source: M. F. Naeem and others, "Reliable Fidelity and Diversity Metrics", 2020, arXiv 2002.09797.

    >>> real = np.array([[0.0], [1.0], [2.0], [3.0]])
    >>> density(real, np.array([[1.5], [1.5]]), k=1)  # each of the two lies in two real balls
    2.0
    """
    return float(_inside(real, fake, k).sum(axis=0).mean() / k)


def coverage(real: np.ndarray, fake: np.ndarray, k: int = K) -> float:
    """The share of real balls with a fake chip in them: has something like it been drawn?

    Source: as `density`. Of two samples of one distribution, n rows each, its mean is
    1 - (n - 1) ... (n - k) / ((2 n - 1) ... (2 n - k)), about 1 - 1 / 2^k.

    >>> real = np.array([[0.0], [1.0], [2.0], [3.0]])
    >>> coverage(real, np.array([[0.5], [0.5]]), k=1)  # two of four real balls have a fake chip in them
    0.5
    """
    return float(_inside(real, fake, k).any(axis=1).mean())


def wasserstein(real: np.ndarray, fake: np.ndarray) -> np.ndarray:
    """One-dimensional Wasserstein distances (W1) of each column, in units of the real column's standard deviation: (d,).

    It is the mean distance over which one set's values have to be moved to become the other's: the area between the two
    cumulative distributions. Of two samples of one distribution it is above 0, the more so the fewer they are. Where all
    real values are equal the unit is 1.

    Args:
        real: (m, d), no NaN.
        fake: (n, d), no NaN.

    Raises:
        ValueError: fewer than two rows in one of them, unequal d, or values that are not finite.

    The same, but for the unit, as `scipy.stats.wasserstein_distance` of each column.

    >>> real = np.array([[0.0], [2.0]])
    >>> wasserstein(real, real + 3)  # moved by three deviations
    array([3.])
    """
    real, fake = checked(real, fake)
    spread = real.std(axis=0)
    apart = [_area(*_cumulated(a, b)) for a, b in zip(real.T, fake.T, strict=True)]
    return np.array(apart) / np.where(spread > 0, spread, 1)


def circular_wasserstein(real: np.ndarray, fake: np.ndarray, period: float) -> float:
    """The same of values on a circle, headings for one, in units of the spread of evenly spread values, period / 12^(1/2).

    Where the cumulative distributions begin is open on a circle, so their difference may be shifted: by its median, which
    leaves the least area. The largest there is is 3^(1/2), for two points opposite each other.

    Args:
        real: (m,); NaN is left out.
        fake: (n,); NaN is left out. Where none is left in one of them they are as far apart as can be, 3^(1/2); where none is
            in both, 0.
        period: of the values.

    Raises:
        ValueError: values that are no numbers, or a period that is not above 0.

    Source: "Transportation Distances on the Circle", 2009, HAL hal-00399832.

    >>> headings = np.array([170.0, 175.0])
    >>> round(circular_wasserstein(headings, headings + 10, 180), 2), round(circular_wasserstein(headings, headings + 90, 180), 2)
    (0.19, 1.64)
    """
    real, fake = (x[np.isfinite(x)] for x in (_numbers(real, "real values"), _numbers(fake, "fake values")))
    if not period > 0:
        raise ValueError(f"period: found {period!r:.60}; expected a number above 0.")
    if not len(real) or not len(fake):
        return 3**0.5 if len(real) != len(fake) else 0.0
    widths, difference = _cumulated(real % period, fake % period, 0.0, period)
    order = np.argsort(difference)
    middle = np.searchsorted(np.cumsum(widths[order]), period / 2)
    return _area(widths, difference - difference[order][min(middle, len(order) - 1)]) * 12**0.5 / period


def _cumulated(a: np.ndarray, b: np.ndarray, *ends: float) -> tuple[np.ndarray, np.ndarray]:
    """The gaps between all values, and how far the two cumulative distributions differ in each."""
    values = np.sort(np.concatenate([a, b, ends]))
    shares = [np.searchsorted(np.sort(x), values[:-1], "right") / len(x) for x in (a, b)]
    return np.diff(values), shares[0] - shares[1]


def _area(widths: np.ndarray, heights: np.ndarray) -> float:
    return float((widths * np.abs(heights)).sum())


METRICS = {"KID": kid, "FID": fid} | {f.__name__: f for f in (precision, recall, density, coverage)}


def floor(
    score: Score,
    rows: np.ndarray,
    groups: np.ndarray,
    sizes: tuple[int, int],
    *,
    splits: int = 50,
    seed: int = 0,
) -> np.ndarray:
    """Score real chips against real chips, many times: what the best generator there could be would get.

    Args:
        score: of two arrays, as above; may return several numbers.
        rows: what to score, a row a real chip.
        groups: what each chip belongs to; no group, a day or a scene, is on both sides of a split.
        sizes: chips on either side, drawn at random from its groups: those of the score to hold against it.
        splits: how many, each a new one.
        seed: of the splits.

    Returns:
        The scores, a row a split.

    Raises:
        ValueError: the groups are too large, or the chips too few, for two sides of these sizes; unequal lengths.

    >>> rng = np.random.default_rng(0)
    >>> rows, days = rng.normal(size=(60, 4)), np.repeat(np.arange(12), 5)
    >>> floor(kid, rows, days, (20, 20), splits=3, seed=0).round(2)
    array([ 0.7 ,  0.47, -0.2 ])
    """
    if len(rows) != len(groups) or not _is_count(splits):
        raise ValueError(
            f"{len(rows)} rows, {len(groups)} groups, {splits} splits: expected a group a row, and 1 split or more."
        )
    if len(sizes) != 2 or not all(map(_is_count, sizes)):
        raise ValueError(f"sizes: found {sizes!r:.60}; expected two whole numbers of chips, 1 or more each.")
    check_seed(seed)
    rng, values = np.random.default_rng(seed), []
    names, member = np.unique(groups, return_inverse=True)
    for _ in range(100 * splits):
        place = rng.permutation(len(names))[member]  # of a chip's group in a queue that fills the first side
        last = np.sort(place)[min(sizes[0], len(place)) - 1]
        sides = np.flatnonzero(place <= last), np.flatnonzero(place > last)
        if len(sides[1]) >= sizes[1]:
            chosen = (rng.choice(side, size, replace=False) for side, size in zip(sides, sizes, strict=True))
            values.append(score(*(rows[side] for side in chosen)))
        if len(values) == splits:
            return np.array(values)
    raise ValueError(f"{len(rows)} chips of {len(names)} groups do not split into {sizes[0]} and {sizes[1]}.")


def interval(
    score: Score,
    real: np.ndarray,
    fake: np.ndarray,
    *,
    level: float = 0.95,
    repeats: int = 200,
    seed: int = 0,
) -> tuple[Any, Any]:
    """Say how far a score may be off by the luck of these chips: its interval, (low, high).

    It scores random halves of both sets, each chip once, and puts the quantiles of how these differ from their mean around
    the score. A half is as far from the whole as the whole is from all there could be, since 1 / (n / 2) - 1 / n = 1 / n.
    The usual bootstrap draws with replacement; a chip drawn twice is a pair without difference and a neighbour at no
    distance, which raises KID and FID and spoils the others. Where the truth is 0, KID's interval is up to 1.7 times too wide.

    Args:
        score: of two arrays, as above; may return an array.
        real: as above.
        fake: as above.
        level: how often it should hold the truth.
        repeats: how many pairs of halves.
        seed: of the halves.

    Raises:
        ValueError: a level outside (0, 1), or fewer than 2 repeats.

    Source: P. J. Bickel and others, "Resampling fewer than n observations", Statistica Sinica 7, 1997.

    >>> rng = np.random.default_rng(0)
    >>> real, fake = rng.normal(size=(2, 100, 4))
    >>> low, high = interval(kid, real, fake, repeats=20)
    >>> bool(low < kid(real, fake) < high)
    True
    """
    if not 0 < level < 1 or not _is_count(repeats) or repeats < 2:
        raise ValueError(f"level {level}, {repeats} repeats: expected between 0 and 1, and 2 or more.")
    check_seed(seed)
    rng = np.random.default_rng(seed)

    def half(rows: np.ndarray) -> np.ndarray:
        return rows[rng.choice(len(rows), len(rows) // 2, replace=False)]

    values = np.array([score(half(real), half(fake)) for _ in range(repeats)])
    below, above = np.quantile(values - values.mean(axis=0), [(1 - level) / 2, (1 + level) / 2], axis=0)
    return score(real, fake) + below, score(real, fake) + above


def nearest(images: np.ndarray, shown: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each chip, the distance to the nearest of those shown in a training, (N,), and which that is, (N,).

    Chips are shrunk to a quarter of their sides, so that the sea's grain says nothing, and those shown turned and mirrored
    in all eight ways. A distance alone proves nothing, since a blurred chip is near to everything: compare it with that of
    chips that could not be copies, real ones of other days.

    Args:
        images: uint8 (N, 80, 80, 3).
        shown: uint8 (M, 80, 80, 3), M at least 1.

    Raises:
        TypeError: pixels that are not uint8.
        ValueError: images of two sizes, or none of one kind.

    Source: C. Meehan and others, "A Non-Parametric Test to Detect Data-Copying", 2020, arXiv 2004.05675.

    >>> shown = np.random.default_rng(0).integers(0, 256, (3, 80, 80, 3), np.uint8)
    >>> distance, which = nearest(shown[2:, ::-1], shown)  # one of them, upside down
    >>> distance.round(3), which
    (array([0.], dtype=float32), array([2]))
    """
    check_images(images)
    check_images(shown, "shown")
    if not len(shown) or not len(images) or images.shape[1:] != shown.shape[1:]:
        raise ValueError(
            f"found images {images.shape} and shown {shown.shape}; expected one size, and some of both, some shown."
        )
    apart = distances(small(images), turned(shown))
    return apart.min(axis=1), apart.argmin(axis=1) % len(shown)


def near_copies(fake: np.ndarray, unseen: np.ndarray, share: float = 0.05) -> float:
    """The share of generated chips that are nearer to a training chip than the nearest `share` of unseen chips are.

    Args:
        fake: distances from generated chips to their nearest training chip, (n,).
        unseen: distances from real chips of other days to theirs, (m,).
        share: of the unseen ones, which is also what to expect where nothing is copied.

    Raises:
        ValueError: no distances, some that are not finite, or a share outside [0, 1].

    >>> unseen = np.arange(100.0)
    >>> near_copies(np.array([1.0, 2.0, 50.0, 60.0]), unseen)  # two of four are nearer than 95 % of the unseen ones
    0.5
    """
    fake, unseen = (_numbers(values, name) for values, name in ((fake, "fake"), (unseen, "unseen")))
    for name, values in (("fake", fake), ("unseen", unseen)):
        if values.ndim != 1 or not np.size(values) or not np.isfinite(values).all():
            raise ValueError(f"{name}: found {np.size(values)} distances; expected some, all of them finite.")
    if not 0 <= share <= 1:
        raise ValueError(f"share {share}: expected 0 to 1.")
    return float(np.mean(fake < np.quantile(unseen, share)))


def small(images: np.ndarray) -> np.ndarray:
    """Chips shrunk to a quarter of their sides, a row each: float32 (N, 1200) of uint8 (N, 80, 80, 3).

    >>> small(np.zeros((2, 80, 80, 3), np.uint8)).shape
    (2, 1200)
    """
    return shrink(images, images.shape[1] // 4).reshape(len(images), -1).astype(np.float32)


def turned(images: np.ndarray) -> np.ndarray:
    """All chips `small`, in each of the eight symmetries in turn: float32 (8 N, 1200).

    >>> turned(np.zeros((2, 80, 80, 3), np.uint8)).shape
    (16, 1200)
    """
    return np.concatenate([small(symmetry(images, which)) for which in range(8)])


def distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Euclidean distances of the rows of a and of b: (m, n).

    Raises:
        ValueError: they are not of shapes (m, d) and (n, d).

    >>> distances(np.array([[0.0, 0.0]]), np.array([[3.0, 4.0], [0.0, 1.0]]))
    array([[5., 1.]])
    """
    if np.ndim(a) != 2 or np.ndim(b) != 2 or a.shape[1] != b.shape[1]:
        raise ValueError(f"rows of shape {np.shape(a)} and {np.shape(b)}; expected (m, d) and (n, d).")
    squares = (a * a).sum(axis=1)[:, None] + (b * b).sum(axis=1) - 2 * a @ b.T
    return np.sqrt(np.maximum(squares, 0))


def _inside(real: np.ndarray, fake: np.ndarray, k: int) -> np.ndarray:
    """Whether fake chip j lies in the ball of real chip i: bool (m, n)."""
    real, fake = checked(real, fake, k)
    middle = real.mean(axis=0)  # far from 0 the distances would drown in rounding
    real, fake = real - middle, fake - middle
    reach = np.partition(distances(real, real), k, axis=1)[:, k]  # the row itself comes first, at distance 0
    return distances(real, fake) <= reach[:, None]


def checked(real: np.ndarray, fake: np.ndarray, k: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Features as float64; a ValueError unless each set has more than k rows, of one length, all finite.

    >>> checked(np.ones((5, 2)), np.array([[1.0, np.nan]] * 5))
    Traceback (most recent call last):
    ValueError: features: found 5 of 5 fake rows that are not finite, the first is row 0; expected numbers. The network that gave them, or drew the chips, is broken.
    """
    if not _is_count(k):
        raise ValueError(f"k: found {k!r}; expected a whole number of neighbours, 1 or more.")
    real, fake = _numbers(real, "real features"), _numbers(fake, "fake features")
    if real.ndim != 2 or not real.size or real.shape[1:] != fake.shape[1:] or min(len(real), len(fake)) <= k:
        raise ValueError(
            f"features of shape {real.shape} and {fake.shape}; expected (m, d) and (n, d), m, n > {k}."
        )
    for name, rows in (("real", real), ("fake", fake)):
        if not (finite := np.isfinite(rows).all(axis=1)).all():
            raise ValueError(
                f"features: found {np.count_nonzero(~finite)} of {len(rows)} {name} rows that are not finite, the first is "
                f"row {np.argmin(finite)}; expected numbers. The network that gave them, or drew the chips, is broken."
            )
        if (far := np.abs(rows).max()) > LARGEST:
            raise ValueError(
                f"features: found {far:.3g} among the {name} ones; expected at most {LARGEST:g}, so that no power of them "
                "overflows. Standardise them."
            )
    return real, fake


def _numbers(values: Any, name: str) -> np.ndarray:
    """Values as float64; a ValueError if they are no real numbers, or a masked array hides some."""
    if np.ma.is_masked(values):
        raise ValueError(
            f"{name}: found a masked array that hides {np.ma.count_masked(values)} values; expected all."
        )
    values = np.asarray(values)
    if values.dtype.kind not in "fiub" and values.size:
        raise ValueError(f"{name}: found {values.dtype} {values.shape}; expected an array of real numbers.")
    return values.astype(np.float64)


def _is_count(value: Any) -> bool:
    return is_whole(value) and value >= 1
