import numpy as np
import pytest

from satgan_tutorial import checks


def projection(features, asked, w, b, v, real=1.0, bias=1.0, fits=1.0):
    return real * (features @ w) + bias * b + fits * ((asked @ v) * features).sum(axis=1)


def posterior(counts, prior, row=1, column=1):
    joint = np.array([1 - prior, prior])[:, None] * counts / counts.sum(axis=1, keepdims=True)
    return joint[row, column] / joint[:, column].sum()


def turned(cosine, sine):
    """A function of the conditions that changes the pair alone."""

    def change(asked):
        ship, c, s, length = asked.T
        return np.stack([ship, cosine(c, s), sine(c, s), length], axis=1)

    return change


def in_place(asked):
    asked[:, 1:3] *= -1
    return asked


RIGHT = turned(lambda c, s: -c, lambda c, s: -s)

CASES = [
    (checks.projection, ..., "To do"),
    (checks.projection, lambda *a: ..., "To do"),
    (checks.projection, lambda f, a, w, b, v: f @ (a @ v).T, "Not yet: that sets each wish"),
    (checks.projection, lambda *a: 1.0, "Not yet: return one logit a chip, shape (5,); found shape ()"),
    (checks.projection, lambda *a: projection(*a, fits=0), "Not yet: that does not depend"),
    (
        checks.projection,
        lambda *a: projection(*a, real=0, bias=0),
        "Not yet: that says whether the chip fits",
    ),
    (checks.projection, lambda *a: projection(*a, bias=0), "Not yet: the bias"),
    (
        checks.projection,
        lambda f, a, w, b, v: f @ w + b + (a @ v).sum(axis=1),
        "Not yet: that is a bias for each wish",
    ),
    (
        checks.projection,
        lambda f, a, w, b, v: f @ w + b + ((a @ v) * f).sum(),
        "Not yet: that adds up what all",
    ),
    (checks.projection, lambda *a: projection(*a) + 1, "Not yet: for the first of 5 chips"),
    (checks.projection, lambda f, a, w, b, v: f @ v, "Not yet: your answer raised ValueError"),
    (checks.projection, lambda *a: projection(*a)[:, None], "Right"),
    (checks.projection, projection, "Right"),
    (checks.asked_given_seen, ..., "To do"),
    (
        checks.asked_given_seen,
        lambda counts, prior: counts[1, 1] / counts[1].sum(),
        "Not yet: that is p(seen",
    ),
    (
        checks.asked_given_seen,
        lambda counts, prior: counts[1, 1] / counts[:, 1].sum(),
        "Not yet: that is true for the wishes in the table",
    ),
    (
        checks.asked_given_seen,
        lambda counts, prior: prior * counts[1, 1] / counts[1].sum(),
        "Not yet: that is how often both",
    ),
    (checks.asked_given_seen, lambda *a: posterior(*a, row=0), "Not yet: that is the chance that none"),
    (checks.asked_given_seen, lambda *a: posterior(*a, column=0), "Not yet: that is for chips in which no"),
    (checks.asked_given_seen, lambda *a: 0.123, "Not yet: for [[90, 10], [20, 80]] and 0.25"),
    (checks.asked_given_seen, lambda counts, prior: counts[1], "Not yet: expected one number"),
    (
        checks.asked_given_seen,
        lambda counts, prior: prior * counts[1, 1] / (np.array([1 - prior, prior]) @ counts[:, 1]),
        "Not yet: first make a share of each row",
    ),
    (
        checks.asked_given_seen,
        lambda counts, prior: posterior(counts, 1 - prior),
        "Not yet: the prior is the share",
    ),
    (
        checks.asked_given_seen,
        lambda counts, prior: posterior(counts[::-1], prior),
        "Not yet: the prior is the share",
    ),
    (checks.asked_given_seen, posterior, "Right"),
    (checks.quarter_turn, ..., "To do"),
    (checks.quarter_turn, in_place, "Not yet: your function changes the array"),
    (checks.quarter_turn, lambda asked: asked[:, :2], "Not yet: return as many rows and columns"),
    (checks.quarter_turn, lambda asked: -asked, "Not yet: a turn makes no ship of none"),
    (checks.quarter_turn, turned(lambda c, s: 1 - c, lambda c, s: s), "Not yet: where there is no ship"),
    (checks.quarter_turn, lambda asked: asked.copy(), "Not yet: nothing changed"),
    (checks.quarter_turn, turned(lambda c, s: -s, lambda c, s: c), "Not yet: that turns the pair by 90"),
    (checks.quarter_turn, turned(lambda c, s: s, lambda c, s: -c), "Not yet: that turns the pair by 90"),
    (
        checks.quarter_turn,
        turned(lambda c, s: s, lambda c, s: c),
        "Not yet: that is a mirror in a diagonal; a",
    ),
    (checks.quarter_turn, turned(lambda c, s: c, lambda c, s: -s), "Not yet: that is a mirror; a turn"),
    (
        checks.quarter_turn,
        turned(lambda c, s: -c, lambda c, s: s),
        "Not yet: that is a mirror in a diagonal; add",
    ),
    (
        checks.quarter_turn,
        turned(lambda c, s: 2 * c, lambda c, s: s),
        "Not yet: for a ship that pointed north",
    ),
    (checks.quarter_turn, RIGHT, "Right"),
]


@pytest.mark.parametrize(("grader", "answer", "verdict"), CASES)
def test_each_grader_tells_undone_wrong_and_right_apart(grader, answer, verdict, printed):
    assert printed(grader, answer).startswith(verdict)
