"""Chapter 9: how good is it?"""

from collections.abc import Callable
from typing import Any

import numpy as np

from .grading import call, grade, number, slip
from .questions import ask, block


def kid(function: Callable[..., Any]) -> None:
    """Grade exercise 9.1: `function(real, fake)` is the KID of two arrays of features, (m, d) and (n, d)."""

    def hint():
        rng = np.random.default_rng(0)
        for real, fake in (
            (rng.normal(size=(7, 3)), rng.normal(0.4, 1.2, (5, 3))),
            (rng.normal(size=(4, 6)), rng.normal(size=(9, 6))),
        ):
            got, d = number(call(function, real.copy(), fake.copy())), real.shape[1]
            three = _alike(real, real, d), _alike(fake, fake, d), _alike(real, fake, d)
            truth = _apart(three[0]) + _apart(three[1]) - 2 * three[2].mean()
            if np.isclose(got, truth, rtol=1e-6):
                continue
            plain = [(real @ real.T) / d + 1, (fake @ fake.T) / d + 1, (real @ fake.T) / d + 1]
            no_d = [_alike(real, real, 1), _alike(fake, fake, 1), _alike(real, fake, 1)]
            ones = [k - 1 for k in plain]
            slips = [
                (
                    three[0].mean() + three[1].mean() - 2 * three[2].mean(),
                    "a chip was compared with itself. Leave the diagonal out, and divide by the m (m - 1) pairs that are left.",
                ),
                (
                    _without(three[0]) + _without(three[1]) - 2 * three[2].mean(),
                    "the diagonal is left out of the sum, but you still divide by all m * m pairs; m (m - 1) are left.",
                ),
                (
                    _apart(three[0]) + _apart(three[1]) - three[2].mean(),
                    "the likeness across counts twice, once for each set.",
                ),
                (
                    2 * three[2].mean() - _apart(three[0]) - _apart(three[1]),
                    "the sign: sets that are more alike within than across are far apart, and shall get a large number.",
                ),
                (
                    _apart(no_d[0]) + _apart(no_d[1]) - 2 * no_d[2].mean(),
                    "divide x . y by d, the number of features, before you add 1. Else the number grows with every feature.",
                ),
                (
                    _apart(plain[0]) + _apart(plain[1]) - 2 * plain[2].mean(),
                    "the third power is missing. Without it the kernel compares the means of the sets, and nothing else.",
                ),
                (
                    _apart(ones[0] ** 3) + _apart(ones[1] ** 3) - 2 * (ones[2] ** 3).mean(),
                    "the 1 is missing inside the third power. Without it the kernel does not compare means and spreads.",
                ),
            ]
            return (
                slip(got, slips, rtol=1e-6)
                or f"for one pair of sets it is {truth:.4f}; yours says {got:.4f}."
            )
        return None

    grade(
        "return the average k within real, plus that within fake, minus twice that across; no chip is compared with itself.",
        hint,
        "three averages of k, and that is all of KID.",
    )


def _alike(a: np.ndarray, b: np.ndarray, d: int) -> np.ndarray:
    return (a @ b.T / d + 1) ** 3


def _apart(kernel: np.ndarray) -> float:
    """The mean of a square without its diagonal."""
    return (kernel.sum() - np.trace(kernel)) / (len(kernel) * (len(kernel) - 1))


def _without(kernel: np.ndarray) -> float:
    return (kernel.sum() - np.trace(kernel)) / kernel.size


def rank(function: Callable[..., Any]) -> None:
    """Grade exercise 9.2: `function(score, floor)` is the share of the floor below the score, and what 5 % of it exceed."""

    def hint():
        rng = np.random.default_rng(1)
        for floor in (rng.exponential(size=40), rng.normal(0.3, 1.0, 101)):
            for score in (float(np.quantile(floor, 0.8)) + 1e-3, floor.min() - 1.0):
                answer = call(function, score, floor.copy())
                if not isinstance(answer, tuple | list) or len(answer) != 2:
                    return "return two numbers: the rank, then the limit."
                place, limit = (number(part, "two numbers") for part in answer)
                below, most = np.mean(floor < score), np.quantile(floor, 0.95)
                if not np.isclose(place, below, atol=1e-6):
                    slips = [
                        (
                            1 - below,
                            "the rank is upside down: it is the share of the floor that is *lower*, so better.",
                        ),
                        (below * len(floor), "that is how many are lower; divide by the number of splits."),
                        (100 * below, "give the share as a fraction, 0 to 1."),
                        (
                            (score - floor.mean()) / floor.std(),
                            "those are deviations. They would need a floor shaped like a bell; count instead.",
                        ),
                        (
                            score / np.median(floor),
                            "a factor says nothing where the median may be 0; count instead.",
                        ),
                    ]
                    found = f"of {len(floor)} splits {int(below * len(floor))} are lower; your rank is {place:.3f}."
                    return slip(place, slips, atol=1e-6) or found
                close = np.sort(floor)[np.arange(-0.05 * len(floor) - 1, -0.05 * len(floor) + 2).astype(int)]
                if close.min() - 1e-9 <= limit <= close.max() + 1e-9:
                    continue
                slips = [
                    (
                        floor.max(),
                        "that is the largest of all splits, and it grows with every further split.",
                    ),
                    (
                        np.quantile(floor, 0.05),
                        "that is the other end: lower is better here, so the worst are the largest.",
                    ),
                    (
                        np.quantile(floor, 0.975),
                        "that leaves 2.5 % beyond it. Only one side is bad here, so it gets all 5 %.",
                    ),
                    (floor.mean() + 2 * floor.std(), _BELL),
                    (floor.mean() + 3 * floor.std(), _BELL),
                    (floor.mean() + 1.645 * floor.std(), _BELL),
                ]
                return (
                    slip(limit, slips, atol=1e-6) or f"the limit is {most:.3f} here; yours says {limit:.3f}."
                )
        return None

    grade(
        "return two numbers: the share of the floor that is below the score, and the value that 5 % of the floor exceed.",
        hint,
        "counting needs no bell curve, and real scores do not follow one.",
    )


_BELL = "mean and deviations describe a bell curve, and a floor is none; let `np.quantile` count."


def guess(before: float, after: dict[str, float], limit: float) -> None:
    """Ask, in the page, what each change of the pictures does to KID.

    Args:
        before: the KID of the pictures as they are.
        after: by the change, the KID of the changed ones.
        limit: what real chips stay below.
    """
    choices = {
        "KID falls": -np.inf,
        "it rises, within the limit": before,
        "it rises beyond the limit": max(before, limit),
    }
    blocks = []
    for i, (name, value) in enumerate(after.items(), 1):
        right = [words for words, least in choices.items() if value >= least][-1]
        told = f"from {before:.2f} to {value:.2f}; the limit is {limit:.2f}."
        says = {words: f"{'Right' if words == right else 'Not yet'}: {told}" for words in choices}
        blocks.append(block(f"Change {i}: {name}", f"{i}. {name[0].upper()}{name[1:]}", says))
    ask(*blocks)


def auc(function: Callable[..., Any]) -> None:
    """Grade exercise 9.3: `function(real, fake)` is how often a score of fake is above one of real; ties count half."""

    def hint():
        rng = np.random.default_rng(0)
        for real, fake in (
            (np.array([1.0, 4.0]), np.array([2.0, 3.0, 5.0])),
            (rng.random(40), 0.3 + rng.random(25)),
            (rng.integers(0, 4, 30) / 4, rng.integers(1, 5, 20) / 4),
        ):
            got = number(call(function, real.copy(), fake.copy()))
            above, level = np.mean(fake[:, None] > real), np.mean(fake[:, None] == real)
            truth = above + level / 2
            if np.isclose(got, truth, atol=1e-6):
                continue
            slips = [
                (above, "equal scores: the network cannot decide such a pair, so count it half."),
                (
                    above + level,
                    "equal scores: the network cannot decide such a pair, so count it half, not whole.",
                ),
                (
                    1 - truth,
                    "the other way round: the score is high for *fake*, so count where the fake one is above.",
                ),
                (truth * len(real) * len(fake), "that is how many pairs; divide by the number of all pairs."),
                (
                    np.mean(fake > np.median(real)),
                    "compare with every real chip, not with their median alone.",
                ),
            ]
            return (
                slip(got, slips, atol=1e-6)
                or f"for one pair of sets it is {truth:.3f}; yours says {got:.3f}."
            )
        return None

    grade(
        "return the share of all pairs, a real and a fake chip, in which the fake one has the higher score; ties count half.",
        hint,
        "one half for a network that guesses, 1 for one that never errs, whatever the scale of its scores.",
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
