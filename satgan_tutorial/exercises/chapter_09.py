"""Chapter 9: how good is it?"""

from collections.abc import Callable
from typing import Any

import numpy as np

from .grading import call, grade


def expected_coverage(function: Callable[..., Any]) -> None:
    """Grade exercise 9.1: `function(m, n, k)` is the mean coverage of m real chips by n fake ones of the same kind."""

    def hint():
        for m, n, k in ((10, 12, 1), (10, 10, 3), (6, 9, 2), (250, 601, 5)):
            got, places = float(call(function, m, n, k)), np.arange(k)
            truth = 1 - np.prod((m - 1 - places) / (m + n - 1 - places))
            if np.isclose(got, truth, rtol=1e-6):
                continue
            if np.isclose(got, 1 - truth, rtol=1e-6):
                return "that is how many balls are missed; coverage counts those that are hit."
            if np.isclose(got, 1 - np.prod((m - places) / (m + n - places)), rtol=1e-6):
                return (
                    "the chip in the middle of the ball is no neighbour of its own: m - 1 real ones are left."
                )
            if np.isclose(got, 1 - ((m - 1) / (m + n - 1)) ** k, rtol=1e-6):
                return "nearly: once the nearest is a real one, there is one real one less to be the second."
            return f"for m = {m}, n = {n} and k = {k} it is {truth:.4f}; yours says {got:.4f}."
        return None

    grade(
        "return the chance that of the k nearest neighbours of a real chip, among m - 1 real and n fake ones, at least one "
        "is fake.",
        hint,
        "it depends on nothing but the three numbers: no scale, no dimension, no kind of chip.",
    )


def beyond(function: Callable[..., Any]) -> None:
    """Grade exercise 9.2: `function(value, floor)` is how many standard deviations value is above the floor's mean."""

    def hint():
        floor = np.array([0.3, -0.1, 0.2, 0.0, 0.9])  # its median is not its mean
        for value in (0.9, -0.2):
            got = float(call(function, value, floor))
            truths = [(value - floor.mean()) / floor.std(ddof=ddof) for ddof in (0, 1)]
            if np.isclose(got, truths, rtol=1e-6).any():
                continue
            if np.isclose(np.abs(got), np.abs(truths), rtol=1e-6).any():
                return "the sign: above the mean is more, below it less than 0."
            if np.isclose(got, value / floor.mean(), rtol=1e-6):
                return "a factor of the mean says nothing where the mean may be 0; count deviations instead."
            if np.isclose(got, np.multiply(truths, np.sqrt(len(floor))), rtol=1e-6).any():
                return "that is the error of the mean, which shrinks with every split; one score spreads like one split."
            return f"for {value} and a floor of {floor.tolist()} it is {truths[0]:.3f}; yours says {got:.3f}."
        return None

    grade(
        "return how many of the floor's standard deviations a score is above the floor's mean.",
        hint,
        "beyond 3 luck is rare, if not ruled out: a floor is skewed.",
    )


def copy_chance(function: Callable[..., Any]) -> None:
    """Grade exercise 9.3: `function(fake, unseen)` is the chance that a fake distance is below an unseen one."""

    def hint():
        rng = np.random.default_rng(0)
        for fake, unseen in (
            (np.array([1.0, 4.0]), np.array([2.0, 3.0, 5.0])),
            (rng.random(40), 0.3 + rng.random(25)),
        ):
            got = float(call(function, fake, unseen))
            truth = np.mean(fake[:, None] < unseen[None])
            if np.isclose(got, truth, atol=1e-6):
                continue
            if np.isclose(got, 1 - truth, atol=1e-6):
                return "the other way round: copies are *nearer* to what was shown, and shall give a large number."
            if np.isclose(got, truth * len(fake) * len(unseen), atol=1e-6):
                return "that is how many pairs; divide by the number of all pairs."
            if np.isclose(got, np.mean(fake < np.median(unseen)), atol=1e-6):
                return "compare with every unseen chip, not with their median alone."
            return f"for one pair of sets it is {truth:.3f}; yours says {got:.3f}."
        return None

    grade(
        "return the share of pairs, a generated and an unseen chip, in which the generated one is nearer to what was shown.",
        hint,
        "one half where nothing is copied, 1 where everything is.",
    )


def fooled(change: Any, images: np.ndarray, kid: Callable[..., Any], limit: float) -> None:
    """Grade exercise 9.4: `change(images)` is seen by anyone, and its `kid` stays below the limit.

    Args:
        change: from uint8 (N, 80, 80, 3) to the same.
        images: real ships, uint8 (N, 80, 80, 3).
        kid: from such images to their KID.
        limit: what real ships stay below.
    """

    def hint():
        after = call(change, images.copy())
        if getattr(after, "dtype", None) != np.uint8 or after.shape != images.shape:
            found = f"{getattr(after, 'dtype', type(after).__name__)} {np.shape(after)}"
            return f"give back uint8 {images.shape}, as many chips as came; found {found}."
        if {x.tobytes() for x in after} <= {x.tobytes() for x in images}:
            return "those are chips as they came, at most in another order; change their pixels."
        moved = np.abs(after.astype(int) - images).max(axis=3) >= 30
        seen = np.median(moved.mean(axis=(1, 2)))
        if seen < 0.1:
            return f"too shy: {seen:.1%} of a chip's pixels change by 30 levels or more; let it be 10 %."
        if (found := kid(after)) > limit:
            return f"the judge saw it: KID {found:.2f}, above {limit:.2f}."
        return None

    grade(
        "return the chips, changed in 10 % of their pixels by 30 levels or more, so that the judge takes no notice.",
        hint,
        "anyone sees it, and the judge does not.",
    )
