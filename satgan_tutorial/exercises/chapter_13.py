"""Chapter 13: does it help?"""

from collections.abc import Callable
from typing import Any

import numpy as np

from .grading import call, grade, number, slip


def average_precision(function: Callable[..., Any]) -> None:
    """Grade exercise 13.1: `function(labels, scores)` is the mean, over the ships, of the precision down to each."""

    def hint():
        labels = np.array([0, 1, 1, 0, 1, 0, 0, 1, 0])
        ranks = np.array([0.2, 0.9, 0.3, 0.8, 0.7, 0.1, 0.4, 0.6, 0.55])
        unsorted = (
            "wherever you use the labels, they have to be in the order of the scores, the surest first."
        )
        for truth, scores in ((labels, ranks), (1 - labels, ranks), (labels, -3 * ranks)):
            got = number(call(function, truth.copy(), scores.copy()), "one number, the mean over the ships")
            found, want = _precisions(truth, scores)
            if np.isclose(got, want):
                continue
            slips = (
                (_precisions(truth, -scores)[1], "that begins with the chip that looks least like a ship."),
                (
                    found.mean(),
                    "that is a mean over all chips; only the places where a ship is found count.",
                ),
                (found[-1], "that is the share of ships; take the precision at each ship, then the mean."),
                (
                    np.mean((scores > 0.5) == truth),
                    "that is the accuracy at 0.5; average precision has no threshold.",
                ),
                (truth[scores > 0.5].mean(), "that is the precision at 0.5; walk down the whole list."),
                (want * truth.mean(), "that divides by the number of chips; divide by the number of ships."),
                (
                    found[truth[np.argsort(-scores)]].mean(),
                    "as an index, labels of 0 and 1 are places; pick with labels == 1.",
                ),
                (found[truth == 1].mean(), unsorted),
                (_in_order(truth), unsorted),
                (np.inf, "the first place is 1, not 0."),
            )
            if why := slip(got, slips):
                return why
            return f"for labels {truth.tolist()} and scores {scores.tolist()} it is {want:.4f}; yours says {got:.4f}."
        return None

    grade(
        "return the mean, over all ships from the surest down, of the share of ships among the chips down to there.",
        hint,
        "1 where every ship comes before every other chip, and no threshold was asked for.",
    )


def paired(function: Callable[..., Any]) -> None:
    """Grade exercise 13.2: `function(a, b)` is the mean of b - a and half the width of its 95 % interval, by pairs."""

    def hint():
        from scipy.stats import t

        for a, b in (
            (np.array([0.95, 0.97, 0.93, 0.96, 0.94]), np.array([0.96, 0.975, 0.95, 0.965, 0.955])),
            (np.array([3.0, 1.0, 2.0]), np.array([2.5, 0.8, 1.3])),
        ):
            got = call(function, a.copy(), b.copy())
            if not isinstance(got, (tuple, list, np.ndarray)) or [np.shape(x) for x in got] != [(), ()]:
                return "return two numbers, the mean of the differences and the half-width."
            mean, half = map(number, got)
            apart, n = b - a, len(a)
            error, student = apart.std(ddof=1) / np.sqrt(n), t.ppf(0.975, n - 1)
            if np.isclose(half, apart.mean()):
                return "first the mean, then the half-width."
            if np.allclose([mean, half], apart.mean() + student * error * np.array([-1, 1])):
                return "those are both ends; return the mean, and what stands behind plus or minus."
            if np.isclose(mean, -apart.mean()) and not np.isclose(mean, 0):
                return "the sign: above 0 shall mean that b is higher than a."
            if not np.isclose(mean, apart.mean()):
                return f"the mean of b - a is {apart.mean():.4f}; yours says {mean:.4f}."
            if np.isclose(half, student * error, rtol=1e-4):
                continue
            unpaired = np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / n)
            slips = (
                (t.ppf(0.95, n - 1) * error, "2.5 % are left out on either side: the quantile is 0.975."),
                (t.ppf(0.975, n) * error, "a mean was taken, so n - 1 degrees of freedom are left, not n."),
                (student * error / np.sqrt(n), "the deviation is divided by the root of n, not by n."),
                (1.96 * error, "1.96 is for a spread that is known; with few seeds take Student's t, n - 1."),
                (error, "that is the standard error; times Student's t it is half of the interval."),
                (student * apart.std(ddof=1), "that is for one seed; a mean of n is surer by the root of n."),
                (
                    student * apart.std() / np.sqrt(n),
                    "a spread of n differences has n - 1 below it: ddof=1.",
                ),
                (
                    2 * student * error,
                    "that is the whole width; the half is what stands behind plus or minus.",
                ),
                (
                    student * unpaired,
                    "that forgets who belongs to whom; take the spread of the differences.",
                ),
            )
            if why := slip(half, slips, rtol=2e-3):
                return why
            return f"half the width is {student * error:.4f}; yours says {half:.4f}."
        return None

    grade(
        "return the mean of b - a, and half the width of its 95 % interval over pairs.",
        hint,
        "what both have in common, the luck of their seed, drops out.",
    )


def worth(function: Callable[..., Any]) -> None:
    """Grade exercise 13.3: `function(numbers, scores, reached)` is with how many real ships `scores` gets to `reached`."""

    def hint():
        numbers = np.array([50, 100, 200, 400])
        rising, falls = np.array([0.2, 0.5, 0.7, 0.8]), np.array([0.2, 0.6, 0.5, 0.8])
        never = (
            "more ships may score lower by luck, as 0.6, 0.5 for 100 and 200: make a curve that never falls"
        )
        for scores, reached, want, why in (
            (rising, 0.5, 100, "a score that stands in the table belongs to its own number of ships."),
            (
                rising,
                0.35,
                50 * np.sqrt(2),
                "halfway from 50 to 100 *doublings* count, not ships: interpolate in log n.",
            ),
            (rising, 0.75, 200 * np.sqrt(2), "interpolate in log n between the two numbers next to it."),
            (rising, 0.1, 50, "below the first score the table ends: say 50."),
            (rising, 0.9, 400, "above the last score the table ends: say 400."),
            (falls, 0.7, 200 * np.sqrt(2), f"{never}, with np.maximum.accumulate."),
            (falls, 0.4, 50 * np.sqrt(2), f"{never}; sorted scores belong to other numbers."),
        ):
            got = number(call(function, numbers.copy(), scores.copy(), reached), "one number of ships")
            if np.isclose(got, np.log(want), rtol=1e-3):
                return "that is the logarithm of the number; np.exp leads back."
            if not abs(got - want) <= 0.5:  # whole ships are right too
                return f"for {scores.tolist()} and {reached} it is {want:.1f}, yours says {got:.1f}; {why}"
        return None

    grade(
        "return how many real ships, on the curve (numbers, scores), reach a score; interpolate in log n.",
        hint,
        "now a score is a number of ships, which has a price.",
    )


def _precisions(labels: np.ndarray, scores: np.ndarray):
    """Return the precision at each place, from the surest down, and its mean over the ships."""
    order = np.argsort(-scores)
    found = np.cumsum(labels[order]) / np.arange(1, len(labels) + 1)
    return found, found[labels[order] == 1].mean()


def _in_order(labels: np.ndarray):
    """Return what comes out where nobody sorts."""
    return (np.cumsum(labels) / np.arange(1, len(labels) + 1))[labels == 1].mean()
