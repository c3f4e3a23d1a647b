"""Chapter 14: many machines, many architectures."""

from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np

from .grading import call, grade, number


def whole_mean(function: Callable[..., Any]) -> None:
    """Grade exercise 14.1: `function(means, counts)` is the mean of a batch from the means of its unequal parts."""

    def hint():
        rng = np.random.default_rng(0)
        for counts in ((8, 8), (8, 5, 3)):
            rows = rng.normal(size=(sum(counts), 4))
            parts = np.split(rows, np.cumsum(counts)[:-1])
            means = np.stack([part.mean(axis=0) for part in parts])
            got = np.asarray(call(function, means, np.array(counts)), float)
            truth = rows.mean(axis=0)
            if got.shape != truth.shape:
                return f"for parts of {counts} rows with 4 numbers each, return 4 numbers; found shape {got.shape}."
            if np.allclose(got, truth):
                continue
            if np.allclose(got, means.mean(axis=0)):
                return "that is the mean of the means: right for equal parts alone; weigh each by its rows."
            if np.allclose(got, rows.sum(axis=0)):
                return "that is the sum over all rows; divide it by how many there are."
            if np.allclose(got, means.sum(axis=0)):
                return "that is the sum of the means, one for each part; weigh each by its share of all rows."
            if np.allclose(got, rows.sum(axis=0) / len(counts)):
                return "that divides by the number of parts; divide by how many rows there are in all."
            return f"for parts of {counts} rows it is {np.round(truth, 3)}; yours is {np.round(got, 3)}."
        return None

    grade(
        "return the mean over all rows, from the mean of each part and how many rows it has.",
        hint,
        "each part counts by its rows, and for equal parts that is the plain mean of the means.",
    )


def all_reduce(function: Callable[..., Any]) -> None:
    """Grade exercise 14.2: `function(parameters, workers, gigabits)` is the seconds of a ring all-reduce in float32."""

    def hint():
        for parameters, workers, gigabits in ((450_000, 8, 1.0), (5_000_000, 3, 10.0)):
            got = number(call(function, parameters, workers, gigabits), "one number, of seconds")
            share = 2 * (workers - 1) / workers
            truth = share * 32 * parameters / (gigabits * 1e9)
            if np.isclose(got, truth, rtol=1e-3):
                continue
            slips = {
                truth / 8: "that counts bytes, and the line counts bits: 8 to a byte.",
                truth / 2: "each part goes round twice: once to be added up, once to be told to all.",
                truth / 32: "a number is 4 bytes, 32 bits.",
                truth / 4: "a number is 4 bytes, not one.",
                truth
                / share: "each worker sends only (k - 1) / k of it in a round, and there are two rounds.",
                2 * truth / share: "each worker keeps one part of the k: it sends (k - 1) / k in a round.",
                truth * workers: "in each move a worker sends one part of the k, not the whole.",
                truth * 1e3: "that is in milliseconds; return seconds.",
                truth * 1e9: "a Gbit is 1e9 bits.",
                truth
                / share
                * (workers - 1): "that sends the whole to everyone; in a ring each sends one part of k at a "
                "time, k - 1 times a round.",
            }
            for value, why in slips.items():
                if np.isclose(got, value, rtol=1e-3):
                    return why
            return f"{parameters} parameters, {workers} workers, {gigabits:g} Gbit/s: {truth:.4g} s; yours says {got:.4g}."
        return None

    grade(
        "return how many seconds each worker sends for, for one step.",
        hint,
        "with two workers each sends as much as all the gradients, and with many never twice that: this makes the ring useful.",
    )


def expected_best(function: Callable[..., Any]) -> None:
    """Grade exercise 14.3: `function(scores, n)` is the mean of the lowest of n scores drawn at random, with replacement."""

    def hint():
        for scores, n in (([4.0, 1.0, 2.0], 1), ([4.0, 1.0, 2.0], 2), ([5.0, 4.0, 1.0, 9.0], 3)):
            got = number(call(function, np.array(scores), n), "one number, the mean over all draws")
            k = len(scores)
            draws = np.array(np.meshgrid(*[scores] * n)).reshape(n, -1)
            truth = draws.min(axis=0).mean()
            if np.isclose(got, truth):
                continue
            ranks = np.sort(scores)
            above = ((k - np.arange(k + 1)) / k) ** n  # P(the lowest is above the i lowest scores)
            if np.isclose(got, ranks.min()) and n < 10:
                return "that is the lowest of all; with few draws one often misses it."
            if np.isclose(got, ranks.mean()) and n > 1:
                return "that is the mean of all scores, right for one draw; the lowest of more is lower."
            if np.isclose(got, draws.max(axis=0).mean()):
                return (
                    "that is the mean of the highest; KID is better when it is lower, so sort the other way."
                )
            if np.isclose(got, np.sum(ranks * above[:-1])) or np.isclose(
                got, np.sum(ranks * (1 - above[1:]))
            ):
                return (
                    "weigh each score by the chance that it *is* the lowest: a difference of two such powers."
                )
            if np.isclose(got, np.array(scores) @ (above[:-1] - above[1:])):
                return "the powers belong to the scores in order, lowest first: sort them."
            if np.isclose(got, np.mean([min(some) for some in combinations(scores, n)])):
                return "that never draws a score twice; here each draw is from all of them."
            return f"of {scores}, {n} drawn: the lowest is {truth:.3f} on average; yours says {got:.3f}."
        return None

    grade(
        "return the mean of the lowest of n scores, each drawn from all of them.",
        hint,
        "the first trials buy most: the more were drawn, the less likely one more is to be lower.",
    )
