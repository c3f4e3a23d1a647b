"""Chapter 1: ships from above."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .grading import call, grade, number, slip


def baseline(function: Callable[..., Any]) -> None:
    """Grade exercise 1.1: `function(labels)` is the accuracy of always answering the commoner class."""

    def hint():
        for labels, truth in (([0, 0, 0, 1], 0.75), ([1, 1, 1, 1, 0], 0.8), ([0, 0], 1.0)):
            got = number(call(function, np.array(labels, np.uint8)))
            if got > 1:
                return "an accuracy is a share: divide by the number of labels."
            if not np.isclose(got, truth):
                return f"for labels {labels} your function says {got:.2f}. Which class is the commoner one there?"
        return None

    grade(
        "return the accuracy of a classifier that always answers the commoner class of `labels` (0s and 1s).",
        hint,
        "a classifier has to beat this number before it has learnt anything.",
    )


def metres(function: Callable[..., Any]) -> None:
    """Grade exercise 1.2: `function(lon1, lat1, lon2, lat2)`, degrees in, is the distance in metres, to 1 %."""

    def hint():
        lon, lat, step = -118.2, 33.7, 0.01 * np.pi / 180 * 6371000  # a hundredth of a degree, in metres
        shorter = step * np.cos(np.radians(lat))

        west = (
            (
                step,
                "a degree of longitude shrinks towards the poles: multiply by the cosine of the latitude.",
            ),
            (abs(step * np.cos(lat)), "np.cos takes radians, and the latitude is in degrees."),
        )
        for way, place, truth in (
            ("north", (lon, lat + 0.01), step),
            ("west", (lon - 0.01, lat), shorter),
            ("north and one west", (lon - 0.01, lat + 0.01), np.hypot(step, shorter)),
        ):
            got = number(call(function, lon, lat, *place))
            if np.isclose(got, truth, rtol=0.01):
                continue
            slips = [
                (-truth, "a distance has no sign."),
                (
                    np.degrees(truth),
                    "an angle times the radius is a distance where the angle is in radians.",
                ),
                (
                    abs(step * np.cos(np.radians(lon))),
                    "the longitude comes first in the arguments, and the cosine is that of the latitude.",
                ),
                *(west if way == "west" else ()),
                (
                    step + shorter,
                    "you add the way north to the way west: the straight line is the square root of the sum of their squares.",
                ),
            ]
            if why := slip(got, slips, rtol=0.01):
                return why
            return f"a hundredth of a degree {way} is {truth:.0f} m there; your function says {got:.0f}."
        return None

    grade(
        "return the distance in metres of two places given by longitude and latitude in degrees, a few kilometres "
        "apart at most; the radius of the Earth is 6 371 000 m.",
        hint,
        "with it you can ask which chips show the same place.",
    )


def shared_days(function: Callable[..., Any]) -> None:
    """Grade exercise 1.3: `function(train, test)` is the set of days with chips on both sides."""

    def hint():
        from ..chips import ChipSet

        def chips(*scenes: str):
            n = len(scenes)
            images, labels = np.zeros((n, 80, 80, 3), np.uint8), np.zeros(n, np.uint8)
            return ChipSet(images, labels, np.array(scenes, str), np.zeros((n, 2)))

        morning, later, other = "20170609_180756_103a", "20170609_180757_103a", "20170612_181102_0e26"
        for train, test, truth, text in (
            ((morning, morning), (other,), set(), "two sides with no day in common share nothing."),
            ((morning, other), (morning,), {"20170609"}, "a scene on both sides is a day on both sides."),
            ((morning, other), (later,), {"20170609"}, "two scenes of one day are one day: compare days."),
        ):
            got = call(function, chips(*train), chips(*test))
            if not isinstance(got, set):
                return f"return a set, as set(train.days) is one; yours is of the type {type(got).__name__}."
            if got != truth:
                return text
        return None

    grade(
        "return the set of the days that have chips in both `train` and `test`.",
        hint,
        "an empty set is what a split owes you.",
    )
