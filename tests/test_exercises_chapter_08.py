from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from satgan_tutorial import exercises, recipes

SICK = recipes.get("dcgan")


def copying(fake, shown, unseen, dtype=float, middle=np.median, power=1):
    def nearest(others):
        difference = (fake.astype(dtype)[:, None] - others.astype(dtype)[None]).astype(float)
        return np.sqrt((difference**2).sum(axis=(2, 3, 4))).min(axis=1) ** power

    return middle(nearest(shown)) / middle(nearest(unseen))


def of_each(fake, shown, unseen):
    nearest = [[copying(chip[None], x, chip[None] + 1) for chip in fake] for x in (shown, unseen)]
    return np.median(np.divide(*nearest))


def of_the_others(fake, shown, unseen):
    return copying(shown, fake, shown + 1) / copying(unseen, fake, unseen + 1)


CASES = [
    (partial(exercises.diagnosis, 1), ..., "To do"),
    (partial(exercises.diagnosis, 1), "a cold", "Not yet: 'a cold' is on no door"),
    (partial(exercises.diagnosis, 1), "one heading", "Not yet: not one heading: look at the accuracies"),
    *(
        (partial(exercises.diagnosis, room), disease, "Right")
        for room, disease in enumerate(
            (
                "the discriminator wins",
                "one heading",
                "images in [0, 1]",
                "labels above 1",
                "learning rate too high",
                "training images copied",
                "trained past its best",
            ),
            1,
        )
    ),
    (partial(exercises.cure, SICK), ..., "To do"),
    (partial(exercises.cure, SICK), SICK, "Not yet: that is the same recipe"),
    (
        partial(exercises.cure, SICK),
        replace(SICK, symmetries=True, r1=1.0),
        "Not yet: r1 and symmetries are changed",
    ),
    (partial(exercises.cure, SICK), replace(SICK, r1=1.0), "Not yet: r1 may help in other ways"),
    (partial(exercises.cure, SICK), recipes.get("small"), "Not yet: 13 settings are changed"),
    (partial(exercises.cure, SICK), {"symmetries": True}, "Not yet: that is no recipe"),
    (partial(exercises.cure, SICK), replace(SICK, symmetries="half_turns"), "Not yet: a half turn leaves"),
    (partial(exercises.cure, SICK), replace(SICK, symmetries=True), "Right"),
    (exercises.copying, lambda *a: ..., "To do"),
    (exercises.copying, lambda *a: 1 / copying(*a), "Not yet: that is the ratio upside down"),
    (exercises.copying, partial(copying, power=2), "Not yet: those are squared distances"),
    (exercises.copying, partial(copying, middle=np.mean), "Not yet: that is with means"),
    (exercises.copying, of_each, "Not yet: take the median of each"),
    (exercises.copying, partial(copying, dtype=np.uint8), "Not yet: 5 - 7 is 254"),
    (exercises.copying, of_the_others, "Not yet: the nearest of the other side"),
    (exercises.copying, lambda *a: 0.5, "Not yet: for one set of chips"),
    (exercises.copying, copying, "Right"),
]


@pytest.mark.parametrize(("grader", "answer", "verdict"), CASES)
def test_each_grader_tells_undone_wrong_and_right_apart(grader, answer, verdict, printed):
    assert printed(grader, answer).startswith(verdict)
