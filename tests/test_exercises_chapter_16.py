import numpy as np
import pytest

from satgan_tutorial import exercises

pytestmark = pytest.mark.once


def step(factor, sign=1, own=1.0):
    """The guided step with the reader's part times `factor(t)`."""

    def function(x, v, gradient, t, dt, weight):
        return x + dt * (own * v + sign * weight * factor(t) * gradient)

    return function


def odds(t):
    return 1 / t - 1


right_step = step(odds)


def rows(logs):
    weights = np.exp(logs - logs.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def by_errors(mean=lambda e: e.mean(axis=1), sign=-1, prior=np.log, after=rows):
    """Bayes' rule on errors, right or with one thing wrong."""
    return lambda errors, given: after(sign * mean(errors) + prior(given))


CASES = [
    (exercises.guided_step, lambda *a: ..., "To do"),
    (exercises.guided_step, lambda x, v, g, t, dt, w: x[0], "Not yet: return where x is after the step"),
    (exercises.guided_step, step(lambda t: 0), "Not yet: that is the step without the reader"),
    (
        exercises.guided_step,
        lambda x, v, g, t, dt, w: v + w * odds(t) * g,
        "Not yet: that is the guided velocity",
    ),
    (exercises.guided_step, lambda x, *a: right_step(x, *a) - x, "Not yet: that is how far the step goes"),
    (
        exercises.guided_step,
        lambda x, v, g, t, dt, w: x + v + w * odds(t) * g,
        "Not yet: that goes along the velocity",
    ),
    (
        exercises.guided_step,
        lambda x, v, g, t, dt, w: x + dt * v + w * odds(t) * g,
        "Not yet: what the reader adds",
    ),
    (exercises.guided_step, step(odds, -1), "Not yet: that walks away"),
    (exercises.guided_step, step(lambda t: t / (1 - t)), "Not yet: t and 1 - t are the wrong way round"),
    (exercises.guided_step, step(lambda t: 1), "Not yet: the gradient is one of log p"),
    (exercises.guided_step, step(lambda t: 1 / t), "Not yet: that is 1 / t"),
    (exercises.guided_step, step(lambda t: 1 - t), "Not yet: that is 1 - t"),
    (
        exercises.guided_step,
        lambda x, v, g, t, dt, w: right_step(x, v, g, t, dt, 1),
        "Not yet: that is right for a weight of 1",
    ),
    (
        exercises.guided_step,
        lambda x, v, g, t, dt, w: x + dt * w * (v + odds(t) * g),
        "Not yet: the weight belongs",
    ),
    (exercises.guided_step, step(odds, own=2.0), "Not yet: for t = 0.25, dt = 0.1"),
    (exercises.guided_step, lambda *a: 1 / 0, "Not yet: your answer raised ZeroDivisionError"),
    (exercises.guided_step, right_step, "Right"),
    (exercises.bayes_by_errors, lambda e, p: None, "To do"),
    (
        exercises.bayes_by_errors,
        lambda e, p: by_errors()(e, p).argmax(1),
        "Not yet: that is one number a chip",
    ),
    (exercises.bayes_by_errors, lambda e, p: e, "Not yet: return one probability"),
    (exercises.bayes_by_errors, by_errors(sign=1), "Not yet: that prefers the class that errs most"),
    (exercises.bayes_by_errors, by_errors(lambda e: e.sum(axis=1)), "Not yet: that adds up the errors"),
    (
        exercises.bayes_by_errors,
        by_errors(prior=lambda p: 0),
        "Not yet: that is for classes that are equally common",
    ),
    (exercises.bayes_by_errors, by_errors(prior=lambda p: p), "Not yet: errors are logarithms"),
    (
        exercises.bayes_by_errors,
        by_errors(after=lambda x: rows(x.T).T),
        "Not yet: that shares each class out",
    ),
    (exercises.bayes_by_errors, by_errors(after=np.exp), "Not yet: that is p(x|y) p(y)"),
    (exercises.bayes_by_errors, by_errors(after=lambda x: x), "Not yet: that is the logarithm"),
    (
        exercises.bayes_by_errors,
        lambda e, p: p * by_errors(prior=lambda p: 0)(e, p),
        "Not yet: the prior comes in before",
    ),
    (
        exercises.bayes_by_errors,
        by_errors(lambda e: np.sqrt(e.mean(axis=1))),
        "Not yet: the squared errors themselves",
    ),
    (
        exercises.bayes_by_errors,
        by_errors(after=lambda x: np.exp(x) / np.exp(x).sum(1, keepdims=True)),
        "Not yet: exp(-3000) is 0",
    ),
    (exercises.bayes_by_errors, lambda e, p: 2 * by_errors()(e, p), "Not yet: each row has to add up to 1"),
    (exercises.bayes_by_errors, by_errors(lambda e: e[:, 0]), "Not yet: for the first of 6 chips"),
    (exercises.bayes_by_errors, by_errors(), "Right"),
]


@pytest.mark.parametrize(("grader", "answer", "verdict"), CASES)
def test_each_grader_tells_undone_wrong_and_right_apart(grader, answer, verdict, printed):
    assert printed(grader, answer).startswith(verdict)
