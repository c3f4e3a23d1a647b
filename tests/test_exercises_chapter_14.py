from itertools import combinations

import numpy as np
import pytest

from satgan_tutorial import exercises


def weighed(means, counts):
    return counts @ means / counts.sum()


def seconds(parameters, workers, gigabits, rounds=2, bits=32, parts=lambda k: (k - 1) / k):
    return rounds * parts(workers) * bits * parameters / (gigabits * 1e9)


def lowest(scores, n):
    ranks, k = np.sort(scores), len(scores)
    above = ((k - np.arange(k + 1)) / k) ** n
    return ranks @ (above[:-1] - above[1:])


def unsorted(scores, n):
    above = ((len(scores) - np.arange(len(scores) + 1)) / len(scores)) ** n
    return scores @ (above[:-1] - above[1:])


CASES = [
    (exercises.whole_mean, ..., "To do"),
    (exercises.whole_mean, lambda means, counts: ..., "To do"),
    (exercises.whole_mean, lambda means, counts: 1.0, "Not yet: for parts of (8, 8) rows"),
    (exercises.whole_mean, lambda means, counts: means.mean(0), "Not yet: that is the mean of the means"),
    (exercises.whole_mean, lambda means, counts: counts @ means, "Not yet: that is the sum over all rows"),
    (exercises.whole_mean, lambda means, counts: means.sum(0), "Not yet: that is the sum of the means"),
    (
        exercises.whole_mean,
        lambda means, counts: counts @ means / len(counts),
        "Not yet: that divides by the number",
    ),
    (exercises.whole_mean, lambda means, counts: means[0], "Not yet: for parts of (8, 8) rows it is"),
    (exercises.whole_mean, weighed, "Right"),
    (exercises.all_reduce, ..., "To do"),
    (exercises.all_reduce, lambda p, k, g: None, "To do"),
    (exercises.all_reduce, lambda p, k, g: seconds(p, k, g, bits=4), "Not yet: that counts bytes"),
    (exercises.all_reduce, lambda p, k, g: seconds(p, k, g, rounds=1), "Not yet: each part goes round twice"),
    (exercises.all_reduce, lambda p, k, g: seconds(p, k, g, bits=1), "Not yet: a number is 4 bytes, 32 bits"),
    (exercises.all_reduce, lambda p, k, g: seconds(p, k, g, bits=8), "Not yet: a number is 4 bytes, not one"),
    (
        exercises.all_reduce,
        lambda p, k, g: seconds(p, k, g, rounds=1, parts=lambda k: 1),
        "Not yet: each worker sends only",
    ),
    (
        exercises.all_reduce,
        lambda p, k, g: seconds(p, k, g, parts=lambda k: 1),
        "Not yet: each worker keeps one",
    ),
    (
        exercises.all_reduce,
        lambda p, k, g: seconds(p, k, g, rounds=1, parts=lambda k: k - 1),
        "Not yet: that sends the whole",
    ),
    (exercises.all_reduce, lambda p, k, g: seconds(p, k, g, parts=lambda k: k - 1), "Not yet: in each move"),
    (exercises.all_reduce, lambda p, k, g: 1e3 * seconds(p, k, g), "Not yet: that is in milliseconds"),
    (exercises.all_reduce, lambda p, k, g: 1e9 * seconds(p, k, g), "Not yet: a Gbit is 1e9 bits"),
    (exercises.all_reduce, lambda p, k, g: [p, k], "Not yet: expected one number"),
    (exercises.all_reduce, lambda p, k, g: 1.0, "Not yet: 450000 parameters"),
    (exercises.all_reduce, lambda p, k, g: 1 / 0, "Not yet: your answer raised ZeroDivisionError"),
    (exercises.all_reduce, seconds, "Right"),
    (exercises.expected_best, ..., "To do"),
    (exercises.expected_best, lambda s, n: ..., "To do"),
    (exercises.expected_best, lambda s, n: s.min(), "Not yet: that is the lowest of all"),
    (exercises.expected_best, lambda s, n: s.mean(), "Not yet: that is the mean of all"),
    (exercises.expected_best, lambda s, n: -lowest(-s, n), "Not yet: that is the mean of the highest"),
    (
        exercises.expected_best,
        lambda s, n: np.sort(s) @ (((len(s) - np.arange(len(s))) / len(s)) ** n),
        "Not yet: weigh each score",
    ),
    (exercises.expected_best, lambda s, n: lowest(s, n) + 1, "Not yet: of [4.0, 1.0, 2.0], 1 drawn"),
    (exercises.expected_best, lambda s, n: lowest(s, n) * s / s.sum(), "Not yet: expected one number"),
    (exercises.expected_best, unsorted, "Not yet: the powers belong"),
    (
        exercises.expected_best,
        lambda s, n: np.mean([min(some) for some in combinations(s, n)]),
        "Not yet: that never draws a score twice",
    ),
    (exercises.expected_best, lowest, "Right"),
]


@pytest.mark.parametrize(("grader", "answer", "verdict"), CASES)
def test_the_graders_tell_right_from_wrong_and_say_why(printed, grader, answer, verdict):
    assert printed(grader, answer).startswith(verdict)
