"""Chapter 3: find every ship."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .grading import call, grade, number


def windows(function: Callable[..., Any]) -> None:
    """Grade exercise 3.1: `function(height, width, stride)` counts the 80 x 80 windows of a scene."""

    def hint():
        for height, width, stride, truth in ((80, 80, 4, 1), (83, 84, 4, 2), (240, 400, 8, 21 * 41)):
            got = number(call(function, height, width, stride))
            if got == truth:
                continue
            if got == (height // stride) * (width // stride):
                return "the last window has to end inside the scene: take the chip's 80 pixels off first."
            if got == ((height - 80) / stride + 1) * ((width - 80) / stride + 1):
                return "there is no part of a window: divide with //, which leaves out what is over."
            if got == ((height - 80) // stride) * ((width - 80) // stride):
                return "there is a window before the first step, too: a scene of 80 x 80 pixels has one."
            return f"a scene of {height} x {width} pixels has {truth} at stride {stride}, your function says {got:g}."
        return None

    grade(
        "return how many 80 x 80 windows fit into a scene of height x width pixels, one every `stride` pixels.",
        hint,
        "halve the stride and there are about four times as many.",
    )


def overlap(function: Callable[..., Any]) -> None:
    """Grade exercise 3.2: `function(a, b)` is the intersection over union of boxes (left, top, right, bottom)."""

    def hint():
        box = (0, 0, 80, 80)
        for other, truth in (
            (box, 1),
            ((40, 0, 120, 80), 1 / 3),
            ((40, 40, 120, 120), 1 / 7),
            ((-40, -40, 40, 40), 1 / 7),
            ((20, 20, 60, 60), 1 / 4),
            ((200, 0, 280, 80), 0),
            ((100, 100, 180, 180), 0),
        ):
            got = number(call(function, box, other))
            if np.isclose(got, truth):
                continue
            if truth == 0:
                return f"{box} and {other} do not touch: where a side of the intersection would be negative, it is 0."
            if np.isclose(got, truth / (1 + truth)):
                return "the two areas together hold the intersection twice: take it off the union once."
            return f"for {box} and {other} it is {truth:.3f}, your function says {got:.3f}."
        return None

    grade(
        "return the area that two boxes (left, top, right, bottom) share, over the area that they cover together.",
        hint,
        "1 for the same box, 0 for boxes apart, and nothing else needs to be known about them.",
    )


def suppress(function: Callable[..., Any]) -> None:
    """Grade exercise 3.3: `function(x, y, p, apart)` lists the windows that greedy non-maximum suppression keeps."""

    def hint():
        line = [0, 30, 60, 300], [0, 0, 0, 0]
        for x, y, p, apart, truth, text in (
            (
                *line,
                [0.9, 0.8, 0.7, 0.6],
                40,
                [0, 2, 3],
                "the second is struck out by the first, and so cannot strike out the third.",
            ),
            (
                *line,
                [0.7, 0.9, 0.8, 0.6],
                40,
                [1, 3],
                "begin with the surest, wherever it stands in the list.",
            ),
            (
                *line,
                [0.7, 0.6, 0.8, 0.9],
                40,
                [3, 2, 0],
                "the answer goes from the surest down.",
            ),
            (
                [0, 30],
                [0, 30],
                [0.9, 0.8],
                40,
                [0, 1],
                "they are 42 pixels away from each other: measure along the straight line.",
            ),
            ([0, 30], [0, 0], [0.9, 0.8], 20, [0, 1], "they are 30 pixels apart, which is enough here."),
        ):
            got = np.asarray(call(function, np.array(x), np.array(y), np.array(p), apart))
            if got.ndim != 1 or got.dtype == bool:
                return f"return the indices of the windows to keep, such as {truth}, in a list."
            if got.tolist() != truth:
                return f"for x = {x}, y = {y}, p = {p} and apart = {apart} keep {truth}, not {got.tolist()}: {text}"
        return None

    grade(
        "return the indices of the windows to keep, the surest first: keep the surest, strike out every other whose "
        "centre is less than `apart` pixels away, and go on with what is left.",
        hint,
        "four lines, and every detector you will meet has them or learns to do without.",
    )
