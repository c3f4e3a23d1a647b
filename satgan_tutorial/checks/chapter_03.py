"""Chapter 3: find every ship."""

import numpy as np

from .grading import call, grade, number


def windows(function) -> None:
    """Grade exercise 3.1: `function(height, width, stride)` counts the 80 x 80 windows of a scene."""

    def hint():
        for height, width, stride, truth in ((80, 80, 4, 1), (83, 84, 4, 2), (240, 400, 8, 21 * 41)):
            got = number(call(function, height, width, stride))
            if got == truth:
                continue
            if got == (height // stride) * (width // stride):
                return "the last window has to end inside the scene: take the chip's 80 pixels off first."
            if got == ((height - 80) // stride) * ((width - 80) // stride):
                return "there is a window before the first step, too: a scene of 80 x 80 pixels has one."
            return f"a scene of {height} x {width} pixels has {truth} at stride {stride}, your function says {got:g}."
        return None

    grade(
        "return how many 80 x 80 windows fit into a scene of height x width pixels, one every `stride` pixels.",
        hint,
        "halve the stride and there are about four times as many.",
    )


def overlap(function) -> None:
    """Grade exercise 3.2: `function(a, b)` is the intersection over union of boxes (left, top, right, bottom)."""

    def hint():
        box = (0, 0, 80, 80)
        for other, truth in (
            (box, 1),
            ((40, 0, 120, 80), 1 / 3),
            ((40, 40, 120, 120), 1 / 7),
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


def suppress(function) -> None:
    """Grade exercise 3.3: `function(x, y, p, apart)` lists the windows that greedy non-maximum suppression keeps."""

    def hint():
        x, y = np.array([0, 30, 60, 300]), np.array([0, 0, 0, 0])
        for p, truth, text in (
            (
                [0.9, 0.8, 0.7, 0.6],
                [0, 2, 3],
                "the second is struck out by the first, and so cannot strike out the third.",
            ),
            ([0.7, 0.9, 0.8, 0.6], [1, 3], "begin with the surest, wherever it stands in the list."),
            ([0.7, 0.6, 0.8, 0.9], [3, 2, 0], "the answer goes from the surest down."),
        ):
            got = [int(i) for i in call(function, x, y, np.array(p), 40)]
            if got != truth:
                return f"for x = {x.tolist()}, p = {p} and apart = 40 keep {truth}, not {got}: {text}"
        if [int(i) for i in call(function, x[:2], np.array([0, 30]), np.array([0.9, 0.8]), 40)] != [0, 1]:
            return "30 pixels east and 30 south are 42 pixels away: measure along the straight line."
        return None

    grade(
        "return the indices of the windows to keep, the surest first: keep the surest, strike out every other whose "
        "centre is less than `apart` pixels away, and go on with what is left.",
        hint,
        "four lines, and every detector you will meet has them or learns to do without.",
    )
