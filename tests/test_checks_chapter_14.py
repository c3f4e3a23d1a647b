from itertools import combinations

import numpy as np
import pytest

from satgan_tutorial import checks


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
    (checks.whole_mean, ..., "To do"),
    (checks.whole_mean, lambda means, counts: ..., "To do"),
    (checks.whole_mean, lambda means, counts: 1.0, "Not yet: for parts of (8, 8) rows"),
    (checks.whole_mean, lambda means, counts: means.mean(0), "Not yet: that is the mean of the means"),
    (checks.whole_mean, lambda means, counts: counts @ means, "Not yet: that is the sum over all rows"),
    (checks.whole_mean, lambda means, counts: means.sum(0), "Not yet: that is the sum of the means"),
    (
        checks.whole_mean,
        lambda means, counts: counts @ means / len(counts),
        "Not yet: that divides by the number",
    ),
    (checks.whole_mean, lambda means, counts: means[0], "Not yet: for parts of (8, 8) rows it is"),
    (checks.whole_mean, weighed, "Right"),
    (checks.all_reduce, ..., "To do"),
    (checks.all_reduce, lambda p, k, g: None, "To do"),
    (checks.all_reduce, lambda p, k, g: seconds(p, k, g, bits=4), "Not yet: that counts bytes"),
    (checks.all_reduce, lambda p, k, g: seconds(p, k, g, rounds=1), "Not yet: each part goes round twice"),
    (checks.all_reduce, lambda p, k, g: seconds(p, k, g, bits=1), "Not yet: a number is 4 bytes, 32 bits"),
    (checks.all_reduce, lambda p, k, g: seconds(p, k, g, bits=8), "Not yet: a number is 4 bytes, not one"),
    (
        checks.all_reduce,
        lambda p, k, g: seconds(p, k, g, rounds=1, parts=lambda k: 1),
        "Not yet: each worker sends only",
    ),
    (
        checks.all_reduce,
        lambda p, k, g: seconds(p, k, g, parts=lambda k: 1),
        "Not yet: each worker keeps one",
    ),
    (
        checks.all_reduce,
        lambda p, k, g: seconds(p, k, g, rounds=1, parts=lambda k: k - 1),
        "Not yet: that sends the whole",
    ),
    (checks.all_reduce, lambda p, k, g: seconds(p, k, g, parts=lambda k: k - 1), "Not yet: in each move"),
    (checks.all_reduce, lambda p, k, g: 1e3 * seconds(p, k, g), "Not yet: that is in milliseconds"),
    (checks.all_reduce, lambda p, k, g: 1e9 * seconds(p, k, g), "Not yet: a Gbit is 1e9 bits"),
    (checks.all_reduce, lambda p, k, g: [p, k], "Not yet: expected one number"),
    (checks.all_reduce, lambda p, k, g: 1.0, "Not yet: 450000 parameters"),
    (checks.all_reduce, lambda p, k, g: 1 / 0, "Not yet: your answer raised ZeroDivisionError"),
    (checks.all_reduce, seconds, "Right"),
    (checks.expected_best, ..., "To do"),
    (checks.expected_best, lambda s, n: ..., "To do"),
    (checks.expected_best, lambda s, n: s.min(), "Not yet: that is the lowest of all"),
    (checks.expected_best, lambda s, n: s.mean(), "Not yet: that is the mean of all"),
    (checks.expected_best, lambda s, n: -lowest(-s, n), "Not yet: that is the mean of the highest"),
    (
        checks.expected_best,
        lambda s, n: np.sort(s) @ (((len(s) - np.arange(len(s))) / len(s)) ** n),
        "Not yet: weigh each score",
    ),
    (checks.expected_best, lambda s, n: lowest(s, n) + 1, "Not yet: of [4.0, 1.0, 2.0], 1 drawn"),
    (checks.expected_best, lambda s, n: lowest(s, n) * s / s.sum(), "Not yet: expected one number"),
    (checks.expected_best, unsorted, "Not yet: the powers belong"),
    (
        checks.expected_best,
        lambda s, n: np.mean([min(some) for some in combinations(s, n)]),
        "Not yet: that never draws a score twice",
    ),
    (checks.expected_best, lowest, "Right"),
]


@pytest.mark.parametrize(("grader", "answer", "verdict"), CASES)
def test_the_graders_tell_right_from_wrong_and_say_why(printed, grader, answer, verdict):
    assert printed(grader, answer).startswith(verdict)
