from dataclasses import replace
from functools import partial
from math import ceil

import numpy as np
import pytest

from satgan_tutorial import exercises, recipes

BASELINE = recipes.get("small")
TRIED = [BASELINE, replace(BASELINE, loss="hinge"), replace(BASELINE, r1=0.0, r2=0.0)]


def difference(a, b, ddof=1, power=0.5):
    squares = np.var(a, ddof=ddof) / len(a) + np.var(b, ddof=ddof) / len(b)
    return np.mean(b) - np.mean(a), squares**power


def added(a, b):
    return difference(a, b)[0], sum(np.std(x, ddof=1) / np.sqrt(len(x)) for x in (a, b))


def of_one_run(a, b):
    return difference(a, b)[0], np.sqrt(np.var(a, ddof=1) + np.var(b, ddof=1))


def seeds(spread, d, sure=1.96, power=0.8416, sides=2, rounded=ceil, squared=2):
    return rounded(sides * ((sure + power) * spread / d) ** squared)


CASES = [
    (exercises.difference, ..., "To do"),
    (exercises.difference, lambda a, b: ..., "To do"),
    (exercises.difference, lambda a, b: 1.0, "Not yet: return two numbers"),
    (exercises.difference, lambda a, b: difference(a, b)[::-1], "Not yet: those are two numbers, but"),
    (exercises.difference, lambda a, b: difference(b, a), "Not yet: the sign"),
    (
        exercises.difference,
        lambda a, b: (np.median(b) - np.median(a), 1),
        "Not yet: the difference of the means",
    ),
    (exercises.difference, lambda a, b: difference(a, b, power=1), "Not yet: that is the variance"),
    (exercises.difference, lambda a, b: difference(a, b, ddof=0), "Not yet: few seeds"),
    (exercises.difference, of_one_run, "Not yet: that is the spread of one run's"),
    (exercises.difference, added, "Not yet: errors that are independent"),
    (exercises.difference, lambda a, b: (difference(a, b)[0], 1.0), "Not yet: for 3 and 3 seeds"),
    (exercises.difference, difference, "Right"),
    (exercises.which_is_real, ..., "To do"),
    (exercises.which_is_real, "both", "Not yet: 'both' is none"),
    (exercises.which_is_real, ["B"], "Not yet: ['B'] is none"),
    (exercises.which_is_real, "A", "Not yet: its difference is the larger"),
    (exercises.which_is_real, "B", "Right"),
    (exercises.seeds_needed, lambda s, d: None, "To do"),
    (exercises.seeds_needed, lambda s, d: seeds(s, d, rounded=float), "Not yet: seeds come whole"),
    (exercises.seeds_needed, lambda s, d: seeds(s, d, sides=1), "Not yet: both recipes"),
    (exercises.seeds_needed, lambda s, d: seeds(s, d, power=0), "Not yet: so few show it"),
    (exercises.seeds_needed, lambda s, d: seeds(s, d, sure=1.645), "Not yet: a difference may go"),
    (exercises.seeds_needed, lambda s, d: seeds(s, d, squared=1), "Not yet: the spread of a mean"),
    (exercises.seeds_needed, lambda s, d: 3, "Not yet: with a spread of 0.75"),
    (exercises.seeds_needed, lambda s, d: 1 / 0, "Not yet: your answer raised ZeroDivisionError"),
    (exercises.seeds_needed, lambda s, d: ceil(16 * s**2 / d**2), "Not yet: 16 is for the head"),
    (exercises.seeds_needed, seeds, "Right"),
    (exercises.seeds_needed, partial(seeds, power=0.84), "Right"),
]


@pytest.mark.parametrize(("grader", "answer", "verdict"), CASES)
def test_each_grader_tells_undone_wrong_and_right_apart(grader, answer, verdict, printed):
    assert printed(grader, answer).startswith(verdict)


@pytest.mark.parametrize(
    ("mine", "expected", "verdict"),
    [
        (..., ..., "To do"),
        (replace(BASELINE, ema=0.9), ..., "To do"),
        (BASELINE, "lower", "Not yet: that is the baseline itself"),
        (replace(BASELINE, steps=10), "lower", "Not yet: steps is not one"),
        (replace(BASELINE, ema=0.9, latent_dim=8), "lower", "Not yet: latent_dim and ema are changed"),
        (replace(BASELINE, r1=0.0, r2=0.0), "lower", "Not yet: this change of r1 is in the bake-off"),
        (replace(BASELINE, ema=0.9), "as good", "Not yet: 'as good' is no guess"),
        ({"ema": 0.9}, "lower", "Not yet: mine is no recipe"),
        (replace(BASELINE, image_size=40), "lower", "Not yet: image_size is not one"),
        (replace(BASELINE, loss="mean"), "lower", "Not yet: your answer raised ValueError"),
        (replace(BASELINE, diffaugment=("colour",)), "lower", "Not yet: your answer raised ValueError"),
        (replace(BASELINE, r1=0.5, r2=0.5), "lower", "Right"),
        (replace(BASELINE, ema=0.9), "no clear difference", "Right"),
    ],
)
def test_a_prediction_is_one_new_change_and_a_guess(mine, expected, verdict, printed):
    assert printed(partial(exercises.prediction, BASELINE, TRIED, mine), expected).startswith(verdict)


def test_the_larger_difference_of_the_exercise_is_the_less_sure():
    means, errors = zip(*(difference(*pair) for pair in exercises.PAIRS.values()), strict=True)
    assert abs(means[0]) > abs(means[1]) and abs(means[0]) < 1.5 * errors[0] and abs(means[1]) > 5 * errors[1]
