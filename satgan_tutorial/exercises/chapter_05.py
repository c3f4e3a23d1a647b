"""Chapter 5: two players."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .grading import call, grade, number


def optimal_discriminator(function: Callable[..., Any]) -> None:
    """Grade exercise 5.1: `function(log_p, log_q)` is p / (p + q), from log-densities, without overflow."""

    def hint():
        log_p, log_q = np.log([0.3, 0.2, 0.1]), np.log([0.1, 0.2, 0.9])
        truth = np.array([0.75, 0.5, 0.1])
        got = np.asarray(call(function, log_p, log_q), float)
        if got.shape != (3,):
            return f"return a probability for each of the 3 points; yours has the shape {got.shape}."
        if np.allclose(got, 1 - truth):
            return "that is q / (p + q), the share that is fake."
        if np.allclose(got, log_p - log_q):
            return "that is the logit; a sigmoid makes a probability of it."
        if np.allclose(got, log_p / (log_p + log_q)):
            return "log_p and log_q are logarithms: p is np.exp(log_p)."
        if not np.allclose(got, truth):
            return f"for p = [0.3, 0.2, 0.1] and q = [0.1, 0.2, 0.9] it is {truth.tolist()}, not {got.round(3).tolist()}."
        with np.errstate(all="ignore"):
            far = np.asarray(function(np.array([-2000.0, -1000.0]), np.array([-2001.0, -4000.0])), float)
        if not np.allclose(far, [1 / (1 + np.exp(-1)), 1]):
            return (
                "right where densities are not tiny; for log-densities of -2000 and -2001 it should be 0.731. "
                "Take the difference of the logarithms first, and the exponential of that."
            )
        return None

    grade(
        "return p / (p + q), given the logarithms of p and of q.",
        hint,
        "a sigmoid of the difference of two log-densities, which is what a discriminator with a logit can be.",
    )


def divergence(function: Callable[..., Any]) -> None:
    """Grade exercise 5.2: `function(p, q)` is the Jensen-Shannon divergence of two discrete distributions in nats."""

    def hint():
        cases = (
            ([0.5, 0.5], [0.5, 0.5], "two distributions that are the same."),
            ([0.7, 0.2, 0.1], [0.1, 0.2, 0.7], "no probability is 0 here."),
            ([1.0, 0.0], [0.0, 1.0], "no overlap at all: log 2, and a term with probability 0 counts as 0."),
            ([0.5, 0.5, 0.0], [0.0, 0.5, 0.5], "a term with probability 0 counts as 0."),
        )
        for p, q, text in cases:
            p, q = np.array(p), np.array(q)
            m = (p + q) / 2
            kl = [float(np.sum(a[a > 0] * np.log(a[a > 0] / m[a > 0]))) for a in (p, q)]
            truth = sum(kl) / 2
            with np.errstate(all="ignore"):
                got = number(call(function, p, q))
            if np.isclose(got, truth, atol=1e-9):
                continue
            if np.isclose(got, sum(kl)):
                return "you have the two divergences from the mixture; take half of each."
            if np.isclose(got, truth / np.log(2)):
                return "that is in bits: use the natural logarithm for nats."
            if np.isclose(got, np.sqrt(truth)):
                return "that is the square root of it, which SciPy calls the Jensen-Shannon distance."
            return (
                f"for {p.tolist()} and {q.tolist()} it is {truth:.4f}, your function says {got:.4f}: {text}"
            )
        return None

    grade(
        "return half of KL(p, m) plus half of KL(q, m), in nats, where m is the mean of p and q and KL(a, b) is the sum "
        "of a log(a / b).",
        hint,
        "from 0, for the same, to log 2, for no overlap; unlike KL it never divides by zero.",
    )


def gradients_at(function: Callable[..., Any]) -> None:
    """Grade exercise 5.3: `function(logit, slope)` gives the gradients of both generator losses at a point."""

    def hint():
        for logit, slope in ((0.0, (2.0, 0.0)), (-3.0, (0.5, -1.0)), (1.5, (0.0, 4.0))):
            slope = np.array(slope)
            fooled = 1 / (1 + np.exp(-logit))
            truth = np.array([-fooled * slope, -(1 - fooled) * slope])
            got = np.asarray(call(function, logit, slope), float)
            if got.shape != (2, 2):
                return f"return two vectors of length 2; yours have the shape {got.shape}."
            if np.allclose(got, truth):
                continue
            if np.allclose(got, -truth):
                return (
                    "the sizes are right; a step along the gradient *raises* the loss, so it points away from "
                    "a higher logit."
                )
            if np.allclose(got, truth[::-1]):
                return "those are the two, but minimax comes first: it is the one that dies out where D wins."
            return (
                f"at a logit of {logit} and a slope of {slope.tolist()} they are {truth[0].round(3).tolist()} and "
                f"{truth[1].round(3).tolist()}; yours says {got[0].round(3).tolist()} and {got[1].round(3).tolist()}."
            )
        return None

    grade(
        "return the gradients at the point of log(1 - sigmoid(logit)) and of -log sigmoid(logit), as two vectors; "
        "`slope` is the gradient of the logit.",
        hint,
        "one direction, two lengths: their ratio is exp(-logit).",
    )


def count_modes(function: Callable[..., Any]) -> None:
    """Grade exercise 5.4: `function(points, centres, radius)` counts the modes with a quarter of their fair share."""

    def hint():
        centres = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 4.0], [4.0, 4.0]])

        def points(*counts: int, off: tuple[float, float] = (0.1, 0.0)):
            return np.repeat(centres, counts, axis=0) + np.array(off)

        stray = np.full((60, 2), 2.0)
        cases = (
            (points(10, 10, 10, 10), 1.0, 4, "ten points at each of four modes."),
            (points(40, 0, 0, 0), 1.0, 1, "all forty points are at one mode."),
            (points(37, 1, 1, 1), 1.0, 1, "a mode needs a quarter of 40 / 4 points, so 2.5; one is too few."),
            (points(34, 3, 3, 0), 1.0, 3, "three points are above a quarter of 40 / 4."),
            (
                points(10, 10, 10, 10, off=(1.2, 0.0)),
                1.0,
                0,
                "all are farther than the radius from any centre.",
            ),
            (
                np.concatenate([points(13, 9, 9, 9), stray]),
                1.0,
                4,
                "sixty strays between the modes count for none of them.",
            ),
            (
                np.concatenate([points(25, 5, 5, 5), stray]),
                1.0,
                1,
                "the fair share is of *all* points, strays too: 100 / 4, and a quarter of it 6.25.",
            ),
            (
                points(20, 20, 0, 0),
                5.0,
                2,
                "with a large radius a point still counts for its nearest centre alone.",
            ),
        )
        for sample, radius, truth, text in cases:
            got = number(call(function, sample, centres, radius))
            if got != truth:
                return f"expected {truth}, your function says {got:g}: {text}"
        return None

    grade(
        "return how many centres have at least a quarter of len(points) / len(centres) points, where a point counts "
        "for its nearest centre, and only within `radius` of it.",
        hint,
        "a generator can be perfect at one mode: this number, not the look of a point, tells.",
    )
