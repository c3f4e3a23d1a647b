"""Chapter 1: ships from above."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .grading import Wrong, call, grade, number, slip


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
        "a classifier that does not beat this number has shown no learning.",
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
                (truth / 1000, "the answer is in metres: yours is in kilometres."),
                (
                    (truth / 6371000) ** 2 * 6371000,
                    "the length is the square root of the sum of the squares: you left out the root.",
                ),
                (
                    abs(step * np.sin(np.radians(lat))),
                    "a degree of longitude is longest at the equator: take the cosine of the latitude, not the sine.",
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
        "apart at most; the radius of the Earth is 6,371,000 m.",
        hint,
        "with it you can ask which chips show the same place.",
    )


def deal_days(function: Callable[..., Any]) -> None:
    """Grade exercise 1.3: `function(chips, seed)` deals whole days to 0 train, 1 validation, 2 test; int (N,)."""

    def hint():
        chips = _uneven_days()
        sides = [_sides(call(function, chips, seed), chips) for seed in range(6)]
        return (
            _torn(chips, sides[0])
            or (None if np.array_equal(sides[0], _sides(function(chips, 0), chips)) else UNREPEATED)
            or (None if any((side != sides[0]).any() for side in sides) else UNSHUFFLED)
            or next((told for side in sides if (told := _off(side))), None)
        )

    grade(
        "deal whole days out: return 0, 1 or 2 for each chip, train, validation and test, 60, 15 and 25 % of the chips.",
        hint,
        "no day is on two sides, the shares are kept, and the same seed gives the same split.",
    )


UNREPEATED = (
    "the same seed gave two different splits: draw the order with np.random.default_rng(seed).permutation, "
    "so that whoever repeats your work gets your split."
)
UNSHUFFLED = (
    "every seed gives the same split: shuffle the days by the seed before you deal them out, "
    "or the test is always the same stretch of time."
)


def _uneven_days() -> Any:
    """Chips of 60 days in three scenes each, most of a few chips and one in six of many, as in ShipsNet."""
    scenes = [
        f"2017{1 + day // 28:02d}{1 + day % 28:02d}_18{minute:02d}00_103a"
        for day in range(60)
        for minute in range(3)
        for _ in range(14 if day % 6 == 0 else 1)
    ]
    return _blank(scenes)


def _blank(scenes: list[str]) -> Any:
    """A set of black chips without ships from these scenes."""
    from ..chips import ChipSet

    n = len(scenes)
    return ChipSet(
        np.zeros((n, 80, 80, 3), np.uint8), np.zeros(n, np.uint8), np.array(scenes, str), np.zeros((n, 2))
    )


def _sides(answer: Any, chips: Any) -> np.ndarray:
    """The answer as an array of a whole number from 0 to 2 for each chip; anything else raises `Wrong`."""
    n, days = len(chips), len(set(chips.days))
    try:
        side = np.asarray(answer)
    except ValueError:
        raise Wrong(f"return one number for each of the {n} chips, not the parts themselves.") from None
    if side.ndim == 1 and len(side) == days < n:
        raise Wrong(
            f"you return one number for each of the {days} days, and {n} chips need one each: index it by the "
            "position of each chip's day (what return_inverse gives)."
        )
    if side.shape != (n,):
        raise Wrong(f"return one number for each of the {n} chips; yours has the shape {side.shape}.")
    if not np.isin(side, (0, 1, 2)).all():
        raise Wrong("the numbers are 0 for train, 1 for validation and 2 for test, and no others.")
    return side.astype(int)


def _torn(chips: Any, side: np.ndarray) -> str | None:
    """What to say where a day is on two sides."""

    def whole(groups: np.ndarray) -> bool:
        return all(len(set(side[groups == group])) == 1 for group in set(groups))

    if whole(chips.days):
        return None
    if whole(chips.scenes):
        return "your scenes are whole, but a day is on two sides: scenes of one day overlap, so deal out chips.days."
    return "a scene is on two sides: you deal out chips one by one. Shuffle the names of the days, not the chips."


def _off(side: np.ndarray) -> str | None:
    """What to say where the shares of the chips are more than five points off."""
    share = np.bincount(side, minlength=3) / len(side)
    if (np.abs(share - (0.60, 0.15, 0.25)) <= 0.05).all():
        return None
    found = ", ".join(f"{part:.0%}" for part in share)
    return (
        f"train, validation and test hold {found} of the chips; expected about 60, 15 and 25 %. Days differ in size: "
        "count the chips of the days as you deal, not the days. If you did, check that each day gets its own answer: "
        "what you counted in shuffled order has to go back with side[order] = ..."
    )


def shared_days(function: Callable[..., Any]) -> None:
    """Grade exercise 1.4: `function(train, test)` is the set of days with chips on both sides."""

    def hint():
        morning, later, other = "20170609_180756_103a", "20170609_180757_103a", "20170612_181102_0e26"
        for train, test, truth, text in (
            ((morning, morning), (other,), set(), "two sides with no day in common share nothing."),
            ((morning, other), (morning,), {"20170609"}, "a scene on both sides is a day on both sides."),
            ((morning, other), (later,), {"20170609"}, "two scenes of one day are one day: compare days."),
        ):
            got = call(function, _blank(train), _blank(test))
            if not isinstance(got, set):
                return f"return a set, as set(train.days) is one; yours is of the type {type(got).__name__}."
            if got != truth:
                return text
        return None

    grade(
        "return the set of the days that have chips in both `train` and `test`.",
        hint,
        "a split by day has to pass this test, and now you can check any split.",
    )
