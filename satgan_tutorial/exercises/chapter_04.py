"""Chapter 4: turn the arrow round."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .grading import call, grade


def posterior(function: Callable[..., Any]) -> None:
    """Grade exercise 4.1: `function(counts, prior)` is p(ship | x) in each bin, at another share of ships."""

    def hint():
        counts = np.array([[30, 20, 10], [2, 4, 14]])
        drawing = counts / counts.sum(axis=1, keepdims=True)
        for prior, text in (
            (0.25, "at the share of ships that was counted it is ships over chips, bin by bin."),
            (0.01, "where ships are rare, each bin holds more of the other chips."),
            (0.9, "where ships are common, each bin holds fewer of the other chips."),
        ):
            joint = np.array([1 - prior, prior])[:, None] * drawing
            got, truth = np.asarray(call(function, counts, prior), float), joint[1] / joint.sum(axis=0)
            if got.shape != (3,):
                return f"return one probability for each of the 3 bins; yours has the shape {got.shape}."
            if np.allclose(got, truth):
                continue
            slip = _misturned(got, counts, prior, drawing)
            if slip:
                return slip
            return f"for counts {counts.tolist()} and a prior of {prior} it is {np.round(truth, 3)}, yours says {np.round(got, 3)}: {text}"
        return None

    grade(
        "return p(ship | x) for each bin: make each row of `counts` p(x | y), weigh row 1 by `prior` and row 0 by "
        "1 - prior, and divide the ships' part by the sum of both.",
        hint,
        "p(x | y) stayed as it was; the prior alone moved the answer.",
    )


def _misturned(got: np.ndarray, counts: np.ndarray, prior: float, drawing: np.ndarray) -> str | None:
    """What went wrong in an answer to exercise 4.1, where it is one of the usual slips; `drawing` is p(x | y)."""
    ships, others = prior * drawing[1], (1 - prior) * drawing[0]
    swapped = (1 - prior) * drawing[1] / ((1 - prior) * drawing[1] + prior * drawing[0])
    counted = prior * counts[1] / (prior * counts[1] + (1 - prior) * counts[0])
    share = counts[1] / counts.sum(axis=0)
    slips = (
        (share, "that is the share at the counted prior; `prior` has to come in."),
        (ships, "those are p(x|y) p(y) for ships: divide by p(x), the sum over both labels."),
        (swapped, "`prior` is the share of ships: it goes with row 1, and 1 - prior with row 0."),
        (
            others / (ships + others),
            "those are the probabilities of no ship: divide row 1's part by the sum.",
        ),
        (
            prior * share,
            "the shares of ships already hold the counted prior: start from p(x | y), row by row.",
        ),
        (counted, "the counts still hold the old prior: make each row sum to 1 first, then weigh it."),
    )
    return next((text for wrong, text in slips if np.allclose(got, wrong)), None)


def sample_gaussian(function: Callable[..., Any]) -> None:
    """Grade exercise 4.2: `function(mean, directions, variances, q, n, rng)` draws (n, d) samples, q directions kept."""

    def hint():
        mean, directions = np.array([3.0, -2.0, 1.0, 0.0, 5.0]), np.eye(5)[:4]
        directions[:2, :2] = [[0.6, 0.8], [-0.8, 0.6]]
        variances, q, n = np.array([9.0, 4.0, 1.0, 0.5]), 2, 20_000
        got, again = (
            np.asarray(
                call(function, mean, directions, variances.copy(), q, n, np.random.default_rng(0)), float
            )
            for _ in range(2)
        )
        if got.shape != (n, 5):
            return f"return n samples of 5 numbers, shape ({n}, 5); yours has the shape {got.shape}."
        along, off = (got - mean) @ directions[:q].T, got[:, 2:]
        kept, rest = np.var(along, axis=0), np.var(off, axis=0)
        if np.allclose(kept, 0.5, rtol=0.05):
            return "all samples share one z: draw n times q numbers, q for each sample."
        if rest.min() > 0.1 and np.corrcoef(off, rowvar=False)[0, 1] > 0.9:
            return "the noise of a sample is one number: draw n times d numbers, one for each value."
        if rest.max() > 1e-9 and not np.allclose(got.mean(axis=0), mean, atol=0.1):
            return f"the samples' mean is {np.round(got.mean(axis=0), 1)}, and it should be {mean}."
        if not (np.allclose(kept, variances[:q], rtol=0.05) and np.allclose(rest, 0.5, rtol=0.05)):
            return _misspread(kept, rest)
        if abs(np.corrcoef(along, rowvar=False)[0, 1]) > 0.1:
            return "the directions move together: each sample needs a z of its own for each of them."
        if not np.array_equal(got, again):
            return "draw from `rng`: the same seed has to give the same samples."
        return None

    grade(
        "return n samples, shape (n, d). The noise has the variance `variances[q:].sum() / (d - q)`. A sample is the "
        "mean, plus each of the first q directions times its own standard normal number and the square root of its "
        "variance less the noise's, plus a standard normal number on each of the d values times the square root of the "
        "noise's variance.",
        hint,
        "q numbers z in, an image out: that is what every generator of this book does.",
    )


def _misspread(kept: np.ndarray, rest: np.ndarray) -> str:
    """What is wrong with samples that vary so along the two kept directions, and so in the three that are left.

    The variances are 9 and 4, then 1, 1/2 and 0, which are to be shared: 1/2 each.
    """

    def close(found: np.ndarray, expected: float | list[float]) -> bool:
        return np.allclose(found, expected, rtol=0.05)

    where = np.flatnonzero([close(rest, value) for value in (1.5, 0.75, 0.3, 0.25)])
    wrong_noise = (
        "the noise varies by 1.5: share what is left over among the d - q other directions.",
        "the noise varies by 0.75: divide by d - q. There are more directions than `variances` has numbers.",
        "the noise varies by 0.3: divide by d - q. The first q directions are not among those that share it.",
        "`variances[q:].sum() / (d - q)` is a variance: multiply by its square root.",
    )
    if rest.max() < 1e-9:
        return "nothing varies off the q directions: what the others hold becomes noise, n times d random numbers."
    if close(rest[:2], [1.0, 0.5]) or close(rest[:2], [1.5, 1.0]):
        return "you drew along all directions: keep the first q, and turn what the others hold into noise."
    if where.size:
        return wrong_noise[where[0]]
    if close(kept, [8.5, 3.5]):
        return "the noise is missing along the directions: it is on each of the d numbers."
    if close(kept, [9.5, 4.5]):
        return "along the directions the noise comes on top: take its variance off theirs before you draw."
    if close(kept, [8.5**2 + 0.5, 3.5**2 + 0.5]) or close(kept, [9.0**2 + 0.5, 4.0**2 + 0.5]):
        return "`variances` are variances: multiply z by their square roots."
    return (
        f"along the directions the samples vary by {np.round(kept, 2)}, elsewhere by {np.round(rest, 2)}; "
        "expected [9 4] and [0.5 0.5 0.5]."
    )


def log_posterior(function: Callable[..., Any]) -> None:
    """Grade exercise 4.3: `function(log_density, log_prior)` returns log p(y|x), (N, classes), without overflow."""

    def hint():
        small = np.log([[0.2, 0.1, 0.4], [0.5, 0.5, 0.5]])
        log_prior = np.log([0.5, 0.3, 0.2])
        joint = np.exp(small + log_prior)
        truth = np.log(joint / joint.sum(axis=1, keepdims=True))
        huge = np.array([[-80_000.0, -79_000.0, -80_000.0], [79_000.0, 79_000.0, -1e6]])
        apart = np.array([[-1000, 0, -1000], [np.log(0.5 / 0.8), np.log(0.3 / 0.8), -1_079_000]])
        apart[0] += log_prior - log_prior[1]
        apart[1, 2] += log_prior[2] - np.log(0.8)
        with np.errstate(all="ignore"):
            got = np.asarray(call(function, small.copy(), log_prior.copy()), float)
            if got.shape != truth.shape:
                return f"return a number for each chip and class, shape {truth.shape}; yours is {got.shape}."
            if not np.allclose(got, truth):
                if np.allclose(got, np.exp(truth)):
                    return "those are the probabilities: return their logarithms."
                if np.allclose(got, small + log_prior):
                    return "that is log p(x, y): take off the logarithm of the sum over the classes."
                largest = (small + log_prior).max(axis=1, keepdims=True)
                if np.allclose(got, truth - largest) or np.allclose(got, truth + largest):
                    return "it is off by each row's largest number: what you take off before `exp`, add back to the logarithm."
                uniform = small - np.log(np.exp(small).sum(axis=1, keepdims=True))
                if np.allclose(got, uniform):
                    return "the prior is missing: add log_prior to each row first."
                return "the exponentials of each row must sum to 1, over the classes."
            got = np.asarray(call(function, huge, log_prior), float)
        if not np.isfinite(got).all():
            return "for log densities of -80 000 it is not finite: take off each row's largest number before `exp`."
        if not np.allclose(got, apart):
            return (
                "for log densities of -80 000 it is off: add the largest number of each row back at the end."
            )
        return None

    grade(
        "return log p(y|x) for each chip (row) and class (column), from log p(x|y) and log p(y), so that log densities "
        "of -80 000 do no harm.",
        hint,
        "log p(y|x) is exact even where p(y|x) itself would round to 0 or to 1.",
    )
