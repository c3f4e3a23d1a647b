import numpy as np
import pytest
from scipy.stats import t
from sklearn.metrics import average_precision_score

from satgan_tutorial import checks


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
    (checks.average_precision, ..., "To do"),
    (checks.average_precision, lambda labels, scores: ..., "To do"),
    (checks.average_precision, lambda y, s: right(y, -s), "Not yet: that begins with"),
    (checks.average_precision, lambda y, s: precision(y, s)[1].mean(), "Not yet: that is a mean over all"),
    (checks.average_precision, lambda y, s: y.mean(), "Not yet: that is the share of ships"),
    (checks.average_precision, lambda y, s: ((s > 0.5) == y).mean(), "Not yet: that is the accuracy"),
    (checks.average_precision, lambda y, s: y[s > 0.5].mean(), "Not yet: that is the precision at 0.5"),
    (checks.average_precision, lambda y, s: precision(y, s)[1], "Not yet: expected one number"),
    (checks.average_precision, lambda y, s: right(y, s) * y.mean(), "Not yet: that divides by the number of"),
    (checks.average_precision, lambda y, s: precision(y, s)[1][y == 1].mean(), "Not yet: wherever you use"),
    (checks.average_precision, lambda y, s: right(y, -np.arange(len(y))), "Not yet: wherever you use"),
    (checks.average_precision, by_places, "Not yet: as an index"),
    (checks.average_precision, lambda y, s: np.inf, "Not yet: the first place is 1"),
    (checks.average_precision, lambda y, s: 0.123, "Not yet: for labels [0, 1, 1, 0, 1, 0, 0, 1, 0]"),
    (checks.average_precision, lambda y, s: y[9], "Not yet: your answer raised IndexError"),
    (checks.average_precision, right, "Right"),
    (checks.average_precision, average_precision_score, "Right"),
    (checks.paired, ..., "To do"),
    (checks.paired, lambda a, b: b - a, "Not yet: return two numbers"),
    (checks.paired, lambda a, b: (b - a).mean(), "Not yet: return two numbers"),
    (checks.paired, lambda a, b: (b - a, 1.0), "Not yet: return two numbers"),
    (checks.paired, lambda a, b: ((b - a).mean(), ...), "To do"),
    (checks.paired, lambda a, b: interval(a, b)[::-1], "Not yet: first the mean"),
    (checks.paired, both_ends, "Not yet: those are both ends"),
    (checks.paired, lambda a, b: interval(a, b, t.ppf(0.95, len(a) - 1)), "Not yet: 2.5 % are left out"),
    (checks.paired, lambda a, b: interval(a, b, t.ppf(0.975, len(a))), "Not yet: a mean was taken"),
    (
        checks.paired,
        lambda a, b: interval(a, b, t.ppf(0.975, len(a) - 1) / len(a) ** 0.5),
        "Not yet: the deviation",
    ),
    (checks.paired, lambda a, b: interval(a, b, sign=-1), "Not yet: the sign"),
    (checks.paired, lambda a, b: (a.mean(), 1), "Not yet: the mean of b - a is"),
    (checks.paired, lambda a, b: interval(a, b, student=1.96), "Not yet: 1.96 is for"),
    (checks.paired, lambda a, b: interval(a, b, student=1), "Not yet: that is the standard error"),
    (checks.paired, lambda a, b: interval(a, b, root=False), "Not yet: that is for one seed"),
    (checks.paired, lambda a, b: interval(a, b, ddof=0), "Not yet: a spread of n differences"),
    (checks.paired, lambda a, b: interval(a, b, 2 * t.ppf(0.975, len(a) - 1)), "Not yet: that is the whole"),
    (checks.paired, unpaired, "Not yet: that forgets"),
    (checks.paired, lambda a, b: ((b - a).mean(), 0.5), "Not yet: half the width is"),
    (checks.paired, interval, "Right"),
    (checks.worth, ..., "To do"),
    (checks.worth, lambda *a: 1.0, "Not yet: for [0.2, 0.5, 0.7, 0.8] and 0.5 it is 100"),
    (checks.worth, lambda numbers, *a: numbers, "Not yet: expected one number"),
    (checks.worth, lambda *a: worth(*a, exp=float), "Not yet: that is the logarithm"),
    (
        checks.worth,
        lambda *a: worth(*a, log=np.asarray, exp=float),
        "Not yet: for [0.2, 0.5, 0.7, 0.8] and 0.35",
    ),
    (checks.worth, in_logs_of_both, "Not yet: for [0.2, 0.5, 0.7, 0.8] and 0.35"),
    (checks.worth, lambda *a: worth(*a, rise=np.asarray), "Not yet: for [0.2, 0.6, 0.5, 0.8] and 0.7"),
    (checks.worth, lambda *a: worth(*a, rise=np.sort), "Not yet: for [0.2, 0.6, 0.5, 0.8] and 0.4"),
    (checks.worth, lambda *a: round(worth(*a)), "Right"),
    (checks.worth, worth, "Right"),
]


@pytest.mark.parametrize(("grader", "answer", "verdict"), CASES)
def test_each_grader_tells_undone_wrong_and_right_apart(grader, answer, verdict, printed):
    assert printed(grader, answer).startswith(verdict)
