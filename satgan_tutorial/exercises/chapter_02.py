"""Chapter 2: is it a ship?"""

from collections.abc import Callable
from typing import Any

import numpy as np

from .grading import call, grade, number


def receptive_field(function: Callable[..., Any]) -> None:
    """Grade exercise 2.1: `function(layers)` counts the pixels a side that the last of (kernel, stride) layers sees."""

    def hint():
        cases = (
            ([(5, 1)], 5, "one layer sees its own kernel."),
            ([(3, 1), (3, 1)], 5, "a second 3 x 3 kernel adds one pixel on each side."),
            ([(4, 2), (4, 2)], 10, "after a stride of 2 the next kernel's steps are 2 pixels apart."),
            ([(4, 2), (4, 2), (3, 1), (2, 1)], 22, "strides multiply: after two of 2, a step is 4 pixels."),
        )
        for layers, truth, text in cases:
            if (got := number(call(function, layers))) != truth:
                return f"for {layers} it is {truth} pixels, your function says {got:g}; {text}"
        return None

    grade(
        "return how many pixels a side one output of the last layer depends on; `layers` is a list of (kernel, stride), "
        "the first layer first.",
        hint,
        "each kernel adds kernel - 1 steps, and a step is the product of all strides before it.",
    )


def precision_recall(function: Callable[..., Any]) -> None:
    """Grade exercise 2.2: `function(probability, labels, threshold)` returns precision and recall of "ship"."""

    def hint():
        probability, labels = np.array([0.9, 0.8, 0.6, 0.4, 0.3, 0.1]), np.array([1, 0, 0, 1, 0, 1])
        for threshold, truth in ((0.5, (1 / 3, 1 / 3)), (0.85, (1.0, 1 / 3)), (0.35, (0.5, 2 / 3))):
            got = np.asarray(call(function, probability, labels, threshold), float)
            if got.shape != (2,):
                return f"return two numbers, precision and recall; yours have the shape {got.shape}."
            if np.allclose(got, truth):
                continue
            if np.allclose(got, truth[::-1]):
                return "those are the two, but precision comes first: of the chips called ship, how many are?"
            return f"at threshold {threshold} yours gives {got[0]:.2f} and {got[1]:.2f}; count by hand: it is {truth[0]:.2f} and {truth[1]:.2f}."
        return None

    grade(
        "return precision (of the chips called ship, the share that are) and recall (of the ships, the share that were "
        "called so); a chip is called ship where its probability is above the threshold.",
        hint,
        "one threshold, two numbers: raise it and precision tends to rise while recall can only fall.",
    )


def calibration_error(function: Callable[..., Any]) -> None:
    """Grade exercise 2.3: `function(probability, labels)` is the expected calibration error in ten bins."""

    def hint():
        for probability, labels, truth, text in (
            ([0.25] * 4, [0, 1, 0, 0], 0.0, "one in four is a ship, and 0.25 was said: the gap is 0."),
            ([0.95, 0.95], [0, 0], 0.95, "0.95 was said of two chips, and none is a ship."),
            (
                [0.15] * 3 + [0.85],
                [0, 0, 0, 1],
                0.15,
                "both bins are 0.15 off, one too high and one too low.",
            ),
            ([0.05] * 9 + [0.95], [0] * 10, 0.14, "weight each bin by the share of chips it holds."),
            ([1.0, 0.95, 0.02], [0, 1, 0], 0.97 / 3, "a probability of 1 belongs to the last bin."),
        ):
            got = number(call(function, np.array(probability), np.array(labels)))
            if not np.isclose(got, truth):
                return (
                    f"for {probability} and {labels} it is {truth:.2f}, your function says {got:.2f}: {text}"
                )
        return None

    grade(
        "return the expected calibration error of `probability` against `labels`: in each tenth of [0, 1], the gap of "
        "the mean probability and the share of ships; then their mean, each weighted by its chips.",
        hint,
        "a network can rank every chip right and still have a large one.",
    )
