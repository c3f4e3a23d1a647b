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
            rows, columns = (height - 80) // stride + 1, (width - 80) // stride + 1
            if got in (rows, columns):
                return "that counts one row or one column of windows: multiply the two numbers."
            if got == rows + columns:
                return "each row has as many windows as there are columns: multiply, do not add."
            return f"a scene of {height} x {width} pixels has {truth} at stride {stride}, your function says {got:g}."
        return None

    grade(
        "return how many 80 x 80 windows fit into a scene of height x width pixels, one every `stride` pixels.",
        hint,
        "halve the stride and there are about four times as many.",
    )


def _sides(a: Any, b: Any) -> tuple[int, int]:
    """Width and height of what two boxes share, negative where they are apart."""
    return min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])


def _overlap_slip(a: Any, b: Any, got: float) -> str | None:
    """What another answer than the intersection over union has overlooked; the boxes touch."""
    width, height = _sides(a, b)
    shared = width * height
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
    around = (max(a[2], b[2]) - min(a[0], b[0])) * (max(a[3], b[3]) - min(a[1], b[1]))
    others = {
        shared / min(areas): "divide by the area that both cover together, not by that of one box.",
        shared / around: "the rectangle around both boxes also holds corners that neither covers.",
        shared / (2 * 80 * 80 - shared): "a box may have any size: take its area from its own sides.",
    }
    if got > 1:
        return "it is never above 1: the intersection begins at the larger `left` and ends at the smaller `right`."
    return next((why for value, why in others.items() if np.isclose(got, value)), None)


def overlap(function: Callable[..., Any]) -> None:
    """Grade exercise 3.4: `function(a, b)` is the intersection over union of boxes (left, top, right, bottom)."""

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
            why = _overlap_slip(box, other, got)
            if why:
                return why
            return f"for {box} and {other} it is {truth:.3f}, your function says {got:.3f}."
        return None

    grade(
        "return the area that two boxes (left, top, right, bottom) share, over the area that they cover together.",
        hint,
        "1 for the same box, 0 for boxes that do not touch, and something between where they overlap in part.",
    )


def suppress(function: Callable[..., Any]) -> None:
    """Grade exercise 3.2: `function(x, y, p, apart)` lists the windows that greedy non-maximum suppression keeps."""

    def slip(p: list, truth: list, got: list) -> str | None:
        order = np.argsort(-np.array(p))
        if got and got[0] == int(np.argmin(p)) and got[0] != truth[0]:
            return "you began with the weakest: `np.argsort(p)` goes up, `np.argsort(-p)` goes down."
        if got != truth and len(got) == len(truth) and [int(order[i]) for i in got if i < len(p)] == truth:
            return "these are places in the sorted list: return the indices in the list that you were given."
        return None

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
            (
                [0, 40],
                [0, 0],
                [0.9, 0.8],
                40,
                [0, 1],
                "strike out what is less than `apart` away; 40 is not.",
            ),
        ):
            got = np.asarray(call(function, np.array(x), np.array(y), np.array(p), apart))
            if got.ndim != 1 or got.dtype == bool:
                return f"return the indices of the windows to keep, such as {truth}, in a list."
            if got.tolist() != truth:
                text = slip(p, truth, got.tolist()) or text
                return f"for x = {x}, y = {y}, p = {p} and apart = {apart} keep {truth}, not {got.tolist()}: {text}"
        return None

    grade(
        "return the indices of the windows to keep, the surest first: keep the surest, strike out every other whose "
        "centre is less than `apart` pixels away, and go on with what is left.",
        hint,
        "most detectors end with these few lines.",
    )


def matched(function: Callable[..., Any]) -> None:
    """Grade exercise 3.3: `function(boxes, p, ships, near)` says which boxes are right, each ship counting once."""
    corner = "compare centres: that of a box is midway between its left and right, and its top and bottom."
    line = "measure along the straight line (np.hypot); a distance of exactly `near` still counts."
    nearest = (
        "a box takes the nearest of the ships that no surer box has taken, wherever that stands in the list."
    )
    cases = (  # centres of boxes, their p, the ships, which are right; what some other answers have overlooked
        ([(100, 100), (140, 140), (400, 90)], [0.9, 0.8, 0.7], [(100, 100)], [1, 0, 0],
         {(0, 1, 1): "a box is right where the distance to a ship is at most `near`, not where it is more.",
          (1, 1, 0): "that a box holds the ship's centre is not enough: its own centre has to be near.", ...: corner}),
        ([(115, 115), (312, 316)], [0.9, 0.8], [(100, 100), (300, 300)], [0, 1], {...: line}),
        ([(100, 100), (104, 100)], [0.9, 0.8], [(101, 100)], [1, 0],
         {(1, 1): "both boxes lie on one ship, and a ship counts once: the second box is wrong.",
          (0, 1): "the surest box chooses first: `np.argsort(-p)` goes from the surest down."}),
        ([(100, 100), (104, 100), (300, 300)], [0.6, 0.9, 0.7], [(101, 100), (300, 300)], [0, 1, 1],
         {(1, 0, 1): "the surest box chooses first, wherever it stands in the list.",
          (1, 1, 0): "the answers stand in the order in which the boxes were given, not from the surest down."}),
        ([(110, 100), (85, 100)], [0.9, 0.8], [(100, 100), (118, 100)], [1, 1], {...: nearest}),
        ([(102, 100), (106, 100)], [0.9, 0.8], [(100, 100), (118, 100)], [1, 1], {...: nearest}),
        ([(150, 100), (104, 100)], [0.9, 0.8], [(100, 100)], [0, 1],
         {(0, 0): "a box that is too far from a ship leaves it to the next."}),
    )  # fmt: skip

    def hint():
        for centres, p, ships, truth, slips in cases:
            boxes = np.array([(x - 40, y - 40, x + 40, y + 40) for x, y in centres])
            given = boxes, np.array(p), np.array(ships), 20
            try:
                got = np.asarray(call(function, *given))
            except (ValueError, IndexError) as error:
                return f"your answer raised {type(error).__name__} ({error}): what if no ship is left, or none was there?"
            if got.shape != (len(p),) or got.dtype.kind not in "bi":
                return (
                    f"return True or False for each of the {len(p)} boxes, in a list; found {got.tolist()!r}."
                )
            if got.astype(int).tolist() != truth:
                why = slips.get(
                    tuple(got.astype(int).tolist()), slips.get(..., "go through the steps again, by hand.")
                )
                return (
                    f"for boxes around {centres}, p = {p}, ships at {ships} and near = 20 it is "
                    f"{[bool(value) for value in truth]}, not {[bool(value) for value in got]}: {why}"
                )
        return None

    grade(
        "say True or False for each box: the surest first, each takes the nearest ship that is still free, if that "
        "is at most `near` pixels from the box's centre.",
        hint,
        "each ship counts once, and the surest box has the first choice. Precision and recall stand on these lines.",
    )
