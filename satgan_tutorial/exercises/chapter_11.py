"""Chapter 11: ships on demand."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .grading import call, grade, number, slip


def projection(function: Callable[..., Any]) -> None:
    """Grade exercise 11.1: `function(features, condition, w, b, v)` is D's logit for each chip and its condition."""

    def hint():
        rng = np.random.default_rng(0)
        for n, d, k in ((5, 7, 1), (6, 8, 4)):
            features, condition, v = (rng.normal(size=shape) for shape in ((n, d), (n, k), (k, d)))
            w, b = rng.normal(size=d), 1.5
            got = np.asarray(call(function, features, condition, w, b, v), float)
            real, agreement = features @ w + b, ((condition @ v) * features).sum(axis=1)
            if got.shape == (n, n):
                return "that sets each condition against each chip; row i of the conditions belongs to row i of the chips alone."
            if got.shape not in ((n,), (n, 1)):
                return f"return one logit a chip, shape ({n},); found shape {got.shape}."
            got = got.reshape(n)
            if np.allclose(got, real + agreement):
                continue
            slips = (
                (real, "that does not depend on the condition; the inner product is still to be added."),
                (
                    agreement,
                    "that says whether the chip fits the condition; whether it looks real at all, w and b say.",
                ),
                (real + agreement - b, "the bias b is missing."),
                (
                    real + agreement.sum(),
                    "that adds up what all chips agree to; each chip has its own: sum along axis 1.",
                ),
                (
                    real + (condition @ v).sum(axis=1),
                    "that is a bias for each condition, the same for all chips; the direction has to meet the features.",
                ),
            )
            if why := slip(got, slips):
                return why
            return f"for the first of {n} chips and k = {k} it is {(real + agreement)[0]:.3f}; yours says {got[0]:.3f}."
        return None

    grade(
        "return w . features + b, plus the inner product of the direction that the condition chooses with the features.",
        hint,
        "the condition chooses the direction in which the features count.",
    )


def asked_given_seen(function: Callable[..., Any]) -> None:
    """Grade exercise 11.2: `function(counts, prior)` is p(asked for a ship | the judge sees one), with p(asked) = prior."""

    def hint():
        for counts in (np.array([[90, 10], [20, 80]]), np.array([[270, 30], [5, 95]])):
            seen = counts / counts.sum(axis=1, keepdims=True)
            for prior in (0.25, 0.5, 0.01):
                got = number(call(function, counts, prior), "one number, for the chips seen as ships")
                weighed = prior * counts[1, 1]
                joint = np.array([1 - prior, prior])[:, None] * seen
                truth = joint[1, 1] / joint[:, 1].sum()
                if np.isclose(got, truth, rtol=1e-6):
                    continue
                other = (1 - prior) * seen[1, 1]
                rest = other / (other + prior * seen[0, 1])
                of_rest = (
                    "the prior is the share of conditions that ask for a ship, row 1; row 0 gets the rest."
                )
                slips = (
                    (
                        seen[1, 1],
                        "that is p(seen | asked), along a row; asked for is p(asked | seen), down a column.",
                    ),
                    (
                        counts[1, 1] / counts[:, 1].sum(),
                        "that is true for the conditions in the table; weigh each row by how often it is asked for.",
                    ),
                    (
                        weighed / (weighed + (1 - prior) * counts[0, 1]),
                        "first make a share of each row, counts / its sum; the rows need not have the same N.",
                    ),
                    (
                        joint[1, 1],
                        "that is how often both happen; divide by how often a ship is seen at all.",
                    ),
                    (rest, of_rest),
                    (1 - rest, of_rest),
                    (1 - truth, "that is the chance that none was asked for; row 1 is the row of the ships."),
                    (
                        joint[1, 0] / joint[:, 0].sum(),
                        "that is for chips in which no ship is seen; column 1 is the other one.",
                    ),
                )
                if why := slip(got, slips):
                    return why
                return f"for {counts.tolist()} and {prior} it is {truth:.4f}; yours says {got:.4f}."
        return None

    grade(
        "return the probability that a ship was asked for, given that the judge sees one.",
        hint,
        "the rarer what you ask for, the more of what looks like it is none.",
    )


def quarter_turn(function: Callable[..., Any]) -> None:
    """Grade exercise 11.3: `function(condition)` are the conditions, (N, 4), of the chips turned by 90 degrees."""

    def hint():
        double = np.radians(2 * np.array([0.0, 20.0, 70.0, 135.0]))
        condition = np.stack([np.ones(4), np.cos(double), np.sin(double), [-3, 0.5, 2, 4]], axis=1)
        condition = np.concatenate([condition, np.zeros((1, 4))]).astype(np.float32)
        before = condition.copy()
        got = np.asarray(call(function, condition), float)
        if not np.array_equal(condition, before):
            return "your function changes the array it is given; write to a copy."
        if got.shape != condition.shape:
            return f"return as many rows and columns as came, {condition.shape}; found {got.shape}."
        if not np.allclose(got[:, [0, 3]], condition[:, [0, 3]]):
            return "a turn makes no ship of none, and none longer: leave the first and the last column."
        if not np.allclose(got[4], 0):
            return "where there is no ship there is no heading, before and after: 0 stays 0."
        cosine, sine = condition[:, 1], condition[:, 2]
        slips = (
            (cosine, sine, "nothing changed; a ship that pointed north points east or west now."),
            (-sine, cosine, "that turns the pair by 90 degrees, but the pair is of *twice* the heading."),
            (sine, -cosine, "that turns the pair by 90 degrees, but the pair is of *twice* the heading."),
            (
                sine,
                cosine,
                "that swaps the two: a heading h becomes 45 - h, and a turn by 90 degrees makes it h + 90.",
            ),
            (
                cosine,
                -sine,
                "that is a mirror; a turn by 90 degrees makes a ship from north one to the east.",
            ),
            (-cosine, sine, "that is a mirror in a diagonal; add 90 degrees to the heading, and double it."),
        )
        if np.allclose(got[:, 1], -cosine, atol=1e-5) and np.allclose(got[:, 2], -sine, atol=1e-5):
            return None
        for x, y, why in slips:
            if np.allclose(got[:, 1], x, atol=1e-5) and np.allclose(got[:, 2], y, atol=1e-5):
                return why
        return "for a ship that pointed north, (1, 0), it is (-1, 0); work out what 2 (h + 90) does to both."

    grade(
        "return the conditions of the same chips, turned by a quarter.",
        hint,
        "and it is the same to the left and to the right, since bow and stern look alike.",
    )
