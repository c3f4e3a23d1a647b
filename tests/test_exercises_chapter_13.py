import numpy as np
import pytest
from scipy.stats import t
from sklearn.metrics import average_precision_score

from satgan_tutorial import exercises


def precision(labels, scores, sort=True):
    order = np.argsort(-scores)
    ordered = labels[order] if sort else labels
    return ordered, np.cumsum(labels[order]) / np.arange(1, len(labels) + 1)


def right(labels, scores):
    ordered, found = precision(labels, scores)
    return found[ordered == 1].mean()


def by_places(labels, scores):
    ordered, found = precision(labels, scores)
    return found[ordered].mean()


def interval(a, b, student=None, ddof=1, root=True, sign=1):
    apart, n = b - a, len(a)
    student = t.ppf(0.975, n - 1) if student is None else student
    error = apart.std(ddof=ddof) / (np.sqrt(n) if root else 1)
    return sign * apart.mean(), student * error


def both_ends(a, b):
    mean, half = interval(a, b)
    return mean - half, mean + half


def unpaired(a, b):
    error = np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / len(a))
    return (b - a).mean(), t.ppf(0.975, len(a) - 1) * error


def worth(numbers, scores, reached, log=np.log, exp=np.exp, rise=np.maximum.accumulate):
    return exp(np.interp(reached, rise(scores), log(numbers)))


def in_logs_of_both(numbers, scores, reached):
    return worth(numbers, np.log(scores), np.log(reached))


CASES = [
    (exercises.average_precision, ..., "To do"),
    (exercises.average_precision, lambda labels, scores: ..., "To do"),
    (exercises.average_precision, lambda y, s: right(y, -s), "Not yet: that begins with"),
    (exercises.average_precision, lambda y, s: precision(y, s)[1].mean(), "Not yet: that is a mean over all"),
    (exercises.average_precision, lambda y, s: y.mean(), "Not yet: that is the share of ships"),
    (exercises.average_precision, lambda y, s: ((s > 0.5) == y).mean(), "Not yet: that is the accuracy"),
    (exercises.average_precision, lambda y, s: y[s > 0.5].mean(), "Not yet: that is the precision at 0.5"),
    (exercises.average_precision, lambda y, s: precision(y, s)[1], "Not yet: expected one number"),
    (
        exercises.average_precision,
        lambda y, s: right(y, s) * y.mean(),
        "Not yet: that divides by the number of",
    ),
    (
        exercises.average_precision,
        lambda y, s: precision(y, s)[1][y == 1].mean(),
        "Not yet: wherever you use",
    ),
    (exercises.average_precision, lambda y, s: right(y, -np.arange(len(y))), "Not yet: wherever you use"),
    (exercises.average_precision, by_places, "Not yet: as an index"),
    (exercises.average_precision, lambda y, s: np.inf, "Not yet: the first place is 1"),
    (exercises.average_precision, lambda y, s: 0.123, "Not yet: for labels [0, 1, 1, 0, 1, 0, 0, 1, 0]"),
    (exercises.average_precision, lambda y, s: y[9], "Not yet: your answer raised IndexError"),
    (exercises.average_precision, right, "Right"),
    (exercises.average_precision, average_precision_score, "Right"),
    (exercises.paired, ..., "To do"),
    (exercises.paired, lambda a, b: b - a, "Not yet: return two numbers"),
    (exercises.paired, lambda a, b: (b - a).mean(), "Not yet: return two numbers"),
    (exercises.paired, lambda a, b: (b - a, 1.0), "Not yet: return two numbers"),
    (exercises.paired, lambda a, b: ((b - a).mean(), ...), "To do"),
    (exercises.paired, lambda a, b: interval(a, b)[::-1], "Not yet: first the mean"),
    (exercises.paired, both_ends, "Not yet: those are both ends"),
    (exercises.paired, lambda a, b: interval(a, b, t.ppf(0.95, len(a) - 1)), "Not yet: 2.5 % are left out"),
    (exercises.paired, lambda a, b: interval(a, b, t.ppf(0.975, len(a))), "Not yet: a mean was taken"),
    (
        exercises.paired,
        lambda a, b: interval(a, b, t.ppf(0.975, len(a) - 1) / len(a) ** 0.5),
        "Not yet: the deviation",
    ),
    (exercises.paired, lambda a, b: interval(a, b, sign=-1), "Not yet: the sign"),
    (exercises.paired, lambda a, b: (a.mean(), 1), "Not yet: the mean of b - a is"),
    (exercises.paired, lambda a, b: interval(a, b, student=1.96), "Not yet: 1.96 is for"),
    (exercises.paired, lambda a, b: interval(a, b, student=1), "Not yet: that is the standard error"),
    (exercises.paired, lambda a, b: interval(a, b, root=False), "Not yet: that is for one seed"),
    (exercises.paired, lambda a, b: interval(a, b, ddof=0), "Not yet: a spread of n differences"),
    (
        exercises.paired,
        lambda a, b: interval(a, b, 2 * t.ppf(0.975, len(a) - 1)),
        "Not yet: that is the whole",
    ),
    (exercises.paired, unpaired, "Not yet: that forgets"),
    (exercises.paired, lambda a, b: ((b - a).mean(), 0.5), "Not yet: half the width is"),
    (exercises.paired, interval, "Right"),
    (exercises.worth, ..., "To do"),
    (exercises.worth, lambda *a: 1.0, "Not yet: for [0.2, 0.5, 0.7, 0.8] and 0.5 it is 100"),
    (exercises.worth, lambda numbers, *a: numbers, "Not yet: expected one number"),
    (exercises.worth, lambda *a: worth(*a, exp=float), "Not yet: that is the logarithm"),
    (
        exercises.worth,
        lambda *a: worth(*a, log=np.asarray, exp=float),
        "Not yet: for [0.2, 0.5, 0.7, 0.8] and 0.35",
    ),
    (exercises.worth, in_logs_of_both, "Not yet: for [0.2, 0.5, 0.7, 0.8] and 0.35"),
    (exercises.worth, lambda *a: worth(*a, rise=np.asarray), "Not yet: for [0.2, 0.6, 0.5, 0.8] and 0.7"),
    (exercises.worth, lambda *a: worth(*a, rise=np.sort), "Not yet: for [0.2, 0.6, 0.5, 0.8] and 0.4"),
    (exercises.worth, lambda *a: round(worth(*a)), "Right"),
    (exercises.worth, worth, "Right"),
]


@pytest.mark.parametrize(("grader", "answer", "verdict"), CASES)
def test_each_grader_tells_undone_wrong_and_right_apart(grader, answer, verdict, printed):
    assert printed(grader, answer).startswith(verdict)
