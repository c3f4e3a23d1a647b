import numpy as np
import pytest

from satgan_tutorial import exercises


def projection(features, condition, w, b, v, real=1.0, bias=1.0, fits=1.0):
    return real * (features @ w) + bias * b + fits * ((condition @ v) * features).sum(axis=1)


def posterior(counts, prior, row=1, column=1):
    joint = np.array([1 - prior, prior])[:, None] * counts / counts.sum(axis=1, keepdims=True)
    return joint[row, column] / joint[:, column].sum()


def turned(cosine, sine):
    """A function of the conditions that changes the pair alone."""

    def change(condition):
        ship, c, s, length = condition.T
        return np.stack([ship, cosine(c, s), sine(c, s), length], axis=1)

    return change


def in_place(condition):
    condition[:, 1:3] *= -1
    return condition


RIGHT = turned(lambda c, s: -c, lambda c, s: -s)

CASES = [
    (exercises.projection, ..., "To do"),
    (exercises.projection, lambda *a: ..., "To do"),
    (exercises.projection, lambda f, a, w, b, v: f @ (a @ v).T, "Not yet: that sets each condition"),
    (exercises.projection, lambda *a: 1.0, "Not yet: return one logit a chip, shape (5,); found shape ()"),
    (exercises.projection, lambda *a: projection(*a, fits=0), "Not yet: that does not depend"),
    (
        exercises.projection,
        lambda *a: projection(*a, real=0, bias=0),
        "Not yet: that says whether the chip fits",
    ),
    (exercises.projection, lambda *a: projection(*a, bias=0), "Not yet: the bias"),
    (
        exercises.projection,
        lambda f, a, w, b, v: f @ w + b + (a @ v).sum(axis=1),
        "Not yet: that is a bias for each condition",
    ),
    (
        exercises.projection,
        lambda f, a, w, b, v: f @ w + b + ((a @ v) * f).sum(),
        "Not yet: that adds up what all",
    ),
    (exercises.projection, lambda *a: projection(*a) + 1, "Not yet: for the first of 5 chips"),
    (exercises.projection, lambda f, a, w, b, v: f @ v, "Not yet: your answer raised ValueError"),
    (exercises.projection, lambda *a: projection(*a)[:, None], "Right"),
    (exercises.projection, projection, "Right"),
    (exercises.asked_given_seen, ..., "To do"),
    (
        exercises.asked_given_seen,
        lambda counts, prior: counts[1, 1] / counts[1].sum(),
        "Not yet: that is p(seen",
    ),
    (
        exercises.asked_given_seen,
        lambda counts, prior: counts[1, 1] / counts[:, 1].sum(),
        "Not yet: that is true for the conditions in the table",
    ),
    (
        exercises.asked_given_seen,
        lambda counts, prior: prior * counts[1, 1] / counts[1].sum(),
        "Not yet: that is how often both",
    ),
    (exercises.asked_given_seen, lambda *a: posterior(*a, row=0), "Not yet: that is the chance that none"),
    (
        exercises.asked_given_seen,
        lambda *a: posterior(*a, column=0),
        "Not yet: that is for chips in which no",
    ),
    (exercises.asked_given_seen, lambda *a: 0.123, "Not yet: for [[90, 10], [20, 80]] and 0.25"),
    (exercises.asked_given_seen, lambda counts, prior: counts[1], "Not yet: expected one number"),
    (
        exercises.asked_given_seen,
        lambda counts, prior: prior * counts[1, 1] / (np.array([1 - prior, prior]) @ counts[:, 1]),
        "Not yet: first make a share of each row",
    ),
    (
        exercises.asked_given_seen,
        lambda counts, prior: posterior(counts, 1 - prior),
        "Not yet: the prior is the share",
    ),
    (
        exercises.asked_given_seen,
        lambda counts, prior: posterior(counts[::-1], prior),
        "Not yet: the prior is the share",
    ),
    (exercises.asked_given_seen, posterior, "Right"),
    (exercises.quarter_turn, ..., "To do"),
    (exercises.quarter_turn, in_place, "Not yet: your function changes the array"),
    (exercises.quarter_turn, lambda condition: condition[:, :2], "Not yet: return as many rows and columns"),
    (exercises.quarter_turn, lambda condition: -condition, "Not yet: a turn makes no ship of none"),
    (exercises.quarter_turn, turned(lambda c, s: 1 - c, lambda c, s: s), "Not yet: where there is no ship"),
    (exercises.quarter_turn, lambda condition: condition.copy(), "Not yet: nothing changed"),
    (exercises.quarter_turn, turned(lambda c, s: -s, lambda c, s: c), "Not yet: that turns the pair by 90"),
    (exercises.quarter_turn, turned(lambda c, s: s, lambda c, s: -c), "Not yet: that turns the pair by 90"),
    (
        exercises.quarter_turn,
        turned(lambda c, s: s, lambda c, s: c),
        "Not yet: that swaps the two",
    ),
    (exercises.quarter_turn, turned(lambda c, s: c, lambda c, s: -s), "Not yet: that is a mirror; a turn"),
    (
        exercises.quarter_turn,
        turned(lambda c, s: -c, lambda c, s: s),
        "Not yet: that is a mirror in a diagonal; add",
    ),
    (
        exercises.quarter_turn,
        turned(lambda c, s: 2 * c, lambda c, s: s),
        "Not yet: for a ship that pointed north",
    ),
    (exercises.quarter_turn, RIGHT, "Right"),
]


@pytest.mark.parametrize(("grader", "answer", "verdict"), CASES)
def test_each_grader_tells_undone_wrong_and_right_apart(grader, answer, verdict, printed):
    assert printed(grader, answer).startswith(verdict)
