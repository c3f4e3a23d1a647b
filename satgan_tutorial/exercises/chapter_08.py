"""Chapter 8: when it goes wrong."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np

from .grading import Unsolved, call, grade
from .questions import ask, block

# In the order of the alphabet, not of the rooms.
DISEASES = (
    "images in [0, 1]",
    "labels above 1",
    "learning rate too high",
    "one heading",
    "the discriminator wins",
    "trained past its best",
    "training images copied",
)

# By room: the disease, and what to look at again.
ROOMS = (
    ("the discriminator wins", "look at the accuracies: is anyone still fooled?"),
    ("one heading", "measure with your eyes: in how many directions do the ships at the end point?"),
    ("images in [0, 1]", "the curves are fine. Which brightness do you never see in the pictures?"),
    (
        "labels above 1",
        "one curve goes where a cross-entropy cannot go; what would it have to be told for that?",
    ),
    ("learning rate too high", "how large are the losses, and how suddenly did they become so?"),
    ("training images copied", "the ships are good, and there are few different ones."),
    ("trained past its best", "compare the pictures in the middle with those at the end."),
)


def diagnosis(room: int, answer: Any) -> None:
    """Grade exercise 8.1: which of `DISEASES` the run in a room, 1 to 7, has."""

    def hint():
        if answer is ...:
            raise Unsolved
        if answer not in DISEASES:
            return f"{answer!r} is on no door; the names are {', '.join(DISEASES)}."
        return _wrong(room, answer)

    grade("put the name of a disease in place of the dots.", hint, ROOMS[room - 1][0] + ".")


def quiz(room: int) -> None:
    """Ask exercise 8.1 in the page: a button for each disease, and the verdict of `diagnosis` on it."""
    verdicts = {
        name: f"Not yet: {wrong}" if (wrong := _wrong(room, name)) else f"Right: {name}." for name in DISEASES
    }
    ask(block(f"Room {room}, a question", f"Room {room}: which disease is it?", verdicts))


def _wrong(room: int, answer: Any):
    disease, look = ROOMS[room - 1]
    return None if answer == disease else f"not {answer}: {look}"


def cure(recipe: Any, cured: Any) -> None:
    """Grade exercise 8.2: `cured` is a recipe that differs from the sick `recipe` in the one setting that is wrong."""

    def hint():
        if cured is ...:
            raise Unsolved
        if not isinstance(cured, type(recipe)):
            return "that is no recipe; dataclasses.replace(recipe, name=value) makes one with one setting changed."
        before, after = asdict(recipe), asdict(cured)
        changed = [name for name in before if before[name] != after[name]]
        if not changed:
            return "that is the same recipe; dataclasses.replace(recipe, name=value) changes one setting."
        if len(changed) > 1:
            many = " and ".join(changed) if len(changed) < 4 else f"{len(changed)} settings"
            return f"{many} are changed; if it gets well you will not know which did it. Change one."
        if changed != ["symmetries"]:
            return f"{changed[0]} may help in other ways, but which setting decides where the *real* ships point?"
        if cured.symmetries is not True:
            return "a half turn leaves each heading as it is, so use all symmetries: symmetries=True."
        return None

    grade(
        "return the recipe with one setting changed, so that its ships point everywhere.",
        hint,
        "one change, and a twin with the same seed: that is how you know what cured it.",
    )


def copying(function: Callable[..., Any]) -> None:
    """Grade exercise 8.3: `function(fake, shown, unseen)` is the median nearest distance to shown over that to unseen."""

    def hint():
        rng = np.random.default_rng(0)
        shown, unseen = rng.integers(0, 256, (2, 12, 4, 4, 3), np.uint8)
        noise = rng.integers(0, 20, (9, 4, 4, 3), np.uint8)
        for fake in (shown[:9] // 2 + noise, unseen[:9] // 2 + noise):
            got = float(call(function, fake, shown, unseen))
            to_shown, to_unseen = _nearest(fake, shown), _nearest(fake, unseen)
            truth = np.median(to_shown) / np.median(to_unseen)
            if np.isclose(got, truth, rtol=1e-4):
                continue
            if np.isclose(got, 1 / truth, rtol=1e-4):
                return "that is the ratio upside down; a copy should give a *small* number."
            if np.isclose(got, truth**2, rtol=1e-4):
                return "those are squared distances; take the root first."
            if np.isclose(
                got, np.median(_nearest(shown, fake)) / np.median(_nearest(unseen, fake)), rtol=1e-4
            ):
                return "the nearest of the other side: take the least distance of each *generated* chip."
            if np.isclose(got, to_shown.mean() / to_unseen.mean(), rtol=1e-4):
                return "that is with means; take medians, so that one odd chip does not decide."
            if np.isclose(got, np.median(to_shown / to_unseen), rtol=1e-4):
                return "take the median of each set of distances first, then the ratio."
            wrapped = (np.median(_nearest(fake, x, np.uint8)) for x in (shown, unseen))
            if np.isclose(got, np.divide(*wrapped), rtol=1e-4):
                return "5 - 7 is 254 in uint8; turn the chips to float first."
            return f"for one set of chips it is {truth:.3f}; yours says {got:.3f}."
        return None

    grade(
        "return a ratio: the median over the generated chips of the distance to the nearest shown chip, over the same "
        "with the unseen chips.",
        hint,
        "far below 1 where chips are copied, about 1 where none is.",
    )


def _nearest(fake: np.ndarray, others: np.ndarray, dtype: Any = np.float64):
    difference = fake.astype(dtype)[:, None] - others.astype(dtype)[None]
    squares = difference.astype(np.float64) ** 2
    return np.sqrt(squares.sum(axis=(2, 3, 4))).min(axis=1)
