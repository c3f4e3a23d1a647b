from functools import partial

import numpy as np
import pandas as pd
import pytest

from satgan_tutorial import exercises
from satgan_tutorial.exercises import chapter_08
from satgan_tutorial.experiments.results import RESULTS

RIGHT = dict(enumerate(chapter_08.ROOMS, 1))


def copying(fake, shown, unseen, dtype=float, middle=np.median, power=1, root=2, least=np.min):
    def nearest(others):
        difference = np.abs((fake.astype(dtype)[:, None] - others.astype(dtype)[None]).astype(float))
        return least((difference**root).sum(axis=(2, 3, 4)) ** (power / root), axis=1)

    return middle(nearest(shown)) / middle(nearest(unseen))


def of_each(fake, shown, unseen):
    nearest = [[copying(chip[None], x, chip[None] + 1) for chip in fake] for x in (shown, unseen)]
    return np.median(np.divide(*nearest))


def of_the_others(fake, shown, unseen):
    return copying(shown, fake, shown + 1) / copying(unseen, fake, unseen + 1)


def false_alarms(score, chips, n, threshold, replace=True, draws=1000, take=np.mean, sign=1, size=None):
    rng = np.random.default_rng(0)
    n = size or n
    n = n if replace else min(n, len(chips))
    found = [score(chips[rng.choice(len(chips), n, replace=replace)]) for _ in range(draws)]
    return take([sign * value > sign * threshold for value in found])


def alarm(log, wins=0.99, beyond=30.0, variety=0.3, agree=-4.0, looks=5, first=()):
    """The chapter's solution, with thresholds to spoil and rules to leave out."""
    last, losses = log.tail(looks), log[["d_loss", "g_loss"]]
    rules = {
        "labels above 1": (last.d_loss < 0).all(),
        "learning rate too high": losses.abs().max().max() > beyond,
        "the discriminator wins": log[["real_accuracy", "fake_accuracy"]].min(axis=1).tail(10).median()
        > wins,
        "images in [0, 1]": last.darkest.min() > 120,
        "training images copied": last.nearest.max() < 0.75,
        "mode collapse": log.variety.rolling(5).max().min() < variety,
        "wrong symmetries": last.one_heading.max() < agree,
    }
    return next((name for name, there in rules.items() if there and name not in first), "healthy")


CASES = [
    (exercises.diagnoses, dict.fromkeys(RIGHT, ...), "To do"),
    (exercises.diagnoses, ["mode collapse"], "Not yet: a dict with the rooms 1 to 7"),
    (exercises.diagnoses, RIGHT | {2: "a cold"}, "Not yet: room 2: 'a cold' is on no door"),
    (exercises.diagnoses, RIGHT | {3: "mode collapse"}, "Not yet: room 3: "),
    (exercises.diagnoses, RIGHT, "Right"),
    (partial(exercises.diagnosis, 1), ..., "To do"),
    (partial(exercises.diagnosis, 1), "a cold", "Not yet: 'a cold' is on no door"),
    (exercises.copying, lambda *a: ..., "To do"),
    (exercises.copying, lambda *a: 1 / copying(*a), "Not yet: that is the ratio upside down"),
    (exercises.copying, partial(copying, power=2), "Not yet: those are squared distances"),
    (exercises.copying, partial(copying, middle=np.mean), "Not yet: that is with means"),
    (exercises.copying, partial(copying, root=1), "Not yet: those are sums of differences"),
    (exercises.copying, partial(copying, least=lambda a, axis: a), "Not yet: that is the median of all distances"),
    (exercises.copying, lambda *a: np.ones(9), "Not yet: expected one number, the ratio of two medians; found shape (9,)"),
    (exercises.copying, of_each, "Not yet: take the median of each"),
    (exercises.copying, partial(copying, dtype=np.uint8), "Not yet: 5 - 7 is 254"),
    (exercises.copying, of_the_others, "Not yet: the nearest of the other side"),
    (exercises.copying, lambda *a: 0.5, "Not yet: for one set of chips"),
    (exercises.copying, copying, "Right"),
    (exercises.false_alarms, lambda *a: ..., "To do"),
    (exercises.false_alarms, lambda *a: 0.17, "Not yet: call score on each draw"),
    (exercises.false_alarms, partial(false_alarms, size=64), "Not yet: draw n chips each time: n was 10"),
    (exercises.false_alarms, partial(false_alarms, draws=20), "Not yet: 20 draws leave too much"),
    (exercises.false_alarms, partial(false_alarms, take=np.sum), "Not yet: a share lies between 0 and 1"),
    (exercises.false_alarms, partial(false_alarms, sign=-1), "Not yet: that is how often the score lies *below*"),
    (exercises.false_alarms, partial(false_alarms, replace=False), "Not yet: all of your draws have the same score"),
    (exercises.false_alarms, lambda *a: 0.5 * false_alarms(*a), "Not yet: half of ten numbers"),
    (exercises.false_alarms, false_alarms, "Right"),
    (exercises.alarm, lambda log: ..., "To do"),
    (exercises.alarm, lambda log: "a cold", "Not yet: return one of DISEASES"),
    (exercises.alarm, lambda log: "healthy", "Not yet: your function says 'healthy' of a run in which the lower of the two accuracies"),
    (exercises.alarm, partial(alarm, variety=0.99), "Not yet: a false alarm: your function says 'mode collapse' of"),
    (exercises.alarm, partial(alarm, looks=1, agree=-2), "Not yet: a false alarm: your function says 'wrong symmetries' of real ships"),
    (exercises.alarm, partial(alarm, first=["labels above 1"]), "Not yet: your function says "),
    (exercises.alarm, alarm, "Right"),
]  # fmt: skip


@pytest.mark.parametrize(("grader", "answer", "verdict"), CASES)
def test_each_grader_tells_undone_wrong_and_right_apart(grader, answer, verdict, printed):
    assert printed(grader, answer).startswith(verdict)


@pytest.mark.parametrize("room", RIGHT)
def test_a_room_says_of_each_other_disease_why_not(room, printed):
    assert printed(partial(exercises.diagnosis, room), RIGHT[room]).strip() == f"Right: {RIGHT[room]}."
    others = [name for name in exercises.DISEASES if name != RIGHT[room]]
    said = [printed(partial(exercises.diagnosis, room), name) for name in others]
    assert all(text.startswith("Not yet: ") and len(text) > 40 for text in said)
    assert len(set(said)) == len(others) and set(chapter_08.WHY_NOT[room - 1]) == set(others)


def test_the_alarm_is_graded_on_seven_patients_three_healthy_runs_and_pieces_of_a_perfect_one():
    told = [truth for truth, _ in chapter_08.unseen_logs()]
    assert set(exercises.DISEASES) <= set(told) and len(told) == 10 + 15
    assert told.count("healthy") == 3 and told.count("a perfect generator") == 15


def test_what_is_said_of_a_room_fits_its_log():
    """A hint that says that there is no ship stands where the headings of most chips cannot be measured."""
    logs = {room: pd.read_csv(RESULTS / f"08-when-it-goes-wrong/museum-{room}.csv") for room in RIGHT}
    for room, log in logs.items():
        no_ship = log.one_heading.tail(5).isna().all()
        said = chapter_08.WHY_NOT[room - 1].get("wrong symmetries", "")
        assert ("then there would be ships" in said) == no_ship, room
    right = logs[2][["real_accuracy", "fake_accuracy"]].tail(5).mean().mean()
    assert abs(right - 0.5) < 0.1 and "like a coin" in chapter_08.WHY_NOT[1]["the discriminator wins"]
