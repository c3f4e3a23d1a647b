import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from satgan_tutorial import exercises


def spread(t, x):
    return ops.reshape(t, (-1, *[1] * (len(x.shape) - 1)))


def loss(
    target=lambda x, z: x - z,
    where=lambda x, z, t: (1 - t) * z + t * x,
    size=lambda miss: ops.mean(miss**2),
    spreads=True,
    told=lambda t, wide: t,
):
    """An answer to exercise 15.1, right or with a slip."""

    def answer(velocity, x, z, t):
        wide = spread(t, x) if spreads else t
        return size(velocity([where(x, z, wide), told(t, wide)]) - target(x, z))

    return answer


def lengths(miss):
    return ops.mean(ops.sqrt(ops.sum(miss**2, axis=tuple(range(1, len(miss.shape))))))


def euler(dt=lambda n: 1 / n, at=lambda k, n: k / n, n=lambda n: n, sign=1, moves=True):
    """An answer to exercise 15.2, right or with a slip."""

    def answer(velocity, x, steps):
        start = x
        for k in range(n(steps)):
            x = x + sign * dt(steps) * velocity(x if moves else start, at(k, steps))
        return x

    return answer


def in_place(velocity, x, steps):
    for t in np.arange(steps) / steps:
        x += velocity(x, t) / steps
    return x


def heun(velocity, x, steps):
    for k in range(steps):
        first = velocity(x, k / steps)
        x = x + (first + velocity(x + first / steps, (k + 1) / steps)) / 2 / steps
    return x


def curious(velocity, x, steps):
    velocity(x, 0.0)
    return euler()(velocity, x, steps)


def drifting(velocity, x, steps):
    return euler()(lambda x, t: velocity(x, t) + 1, x, steps)


def sides(x, t, v):
    return x + (1 - t) * v, x - t * v, -(x - t * v) / (1 - t)


def but(which, wrong):
    """An answer to exercise 15.3 with one of the three wrong."""

    def answer(x, t, v):
        found = list(sides(x, t, v))
        found[which] = wrong(x, t, v)
        return tuple(found)

    return answer


LOSSES = [
    (lambda *given: ..., "To do"),
    (lambda v, x, z, t: None, "To do"),
    (lambda v, x, z, t: ops.mean((x - z) ** 2), "Not yet: the network was never asked"),
    (lambda v, x, z, t: v(x, t), "Not yet: the network takes one list"),
    (loss(where=lambda x, z, t: t * z + (1 - t) * x), "Not yet: the path is the wrong way round"),
    (loss(where=lambda x, z, t: x), "Not yet: the network was shown x itself"),
    (loss(where=lambda x, z, t: z), "Not yet: the network was shown the noise itself"),
    (loss(where=lambda x, z, t: z + t * x), "Not yet: the noise has to fade"),
    (loss(where=lambda x, z, t: x + z), "Not yet: what the network was shown is not"),
    (loss(where=lambda x, z, t: ops.mean(x + t * z, axis=0)), "Not yet: x_t is to have the shape of x"),
    (loss(told=lambda t, wide: 1 - t), "Not yet: tell the network t as it is"),
    (loss(told=lambda t, wide: wide), "Not yet: tell the network t as it is"),
    (loss(spreads=False), "Not yet: right for points, but not for images"),
    (loss(target=lambda x, z: z - x), "Not yet: the target points back"),
    (loss(target=lambda x, z: x), "Not yet: the target is x"),
    (loss(target=lambda x, z: z), "Not yet: the target is the noise"),
    (loss(target=lambda x, z: x + z), "Not yet: here it is"),
    (loss(size=lambda miss: ops.sum(miss**2)), "Not yet: that is the sum of the squares"),
    (loss(size=lambda miss: ops.sum(miss**2) / len(miss)), "Not yet: you sum the squares of each image"),
    (loss(size=lengths), "Not yet: that is the mean of the lengths"),
    (loss(size=lambda miss: ops.mean(ops.abs(miss))), "Not yet: those are misses without their signs"),
    (loss(size=lambda miss: ops.sqrt(ops.mean(miss**2))), "Not yet: leave out the root"),
    (loss(size=lambda miss: ops.mean(miss**2, axis=1)), "Not yet: expected one number"),
    (lambda v, x, z, t: 1 / 0, "Not yet: your answer raised ZeroDivisionError"),
    (loss(), "Right"),
    (loss(size=lambda miss: tf.reduce_mean(tf.square(miss))), "Right"),
]
EULERS = [
    (lambda *given: ..., "To do"),
    (euler(dt=lambda n: 1), "Not yet: each step is dt long"),
    (euler(at=lambda k, n: (k + 1) / n), "Not yet: ask for the velocity where the step *begins*"),
    (euler(at=lambda k, n: 1 - k / n, sign=-1), "Not yet: that goes from 1 to 0"),
    (euler(at=lambda k, n: 1 - k / n), "Not yet: the time runs backwards"),
    (euler(at=lambda k, n: 1 - (k + 1) / n), "Not yet: the time runs backwards"),
    (euler(sign=-1), "Not yet: add the step"),
    (euler(at=lambda k, n: k), "Not yet: the network wants the time"),
    (euler(at=lambda k, n: 0), "Not yet: the time never moves on"),
    (euler(moves=False), "Not yet: every step asks at the place"),
    (lambda v, x, steps: _times_as_dt(v, x, steps), "Not yet: dt is the length of one step"),
    (heun, "Not yet: that is Heun's step"),
    (lambda v, x, steps: v(x, 0), "Not yet: that is the velocity at the start"),
    (euler(at=lambda k, n: k / max(1, n - 1)), "Not yet: the last step begins before 1"),
    (lambda v, x, steps: euler()(v, x, steps - 1), "Not yet: that makes 3 steps"),
    (euler(n=lambda n: n - 1), "Not yet: the last step is missing"),
    (lambda v, x, steps: x, "Not yet: for 4 steps the first point ends at"),
    (drifting, "Not yet: for 4 steps the first point ends at"),
    (lambda v, x, steps: x[0], "Not yet: return where the points are"),
    (curious, "Not yet: the end is right, but you asked for 5 velocities"),
    (in_place, "Right"),
    (euler(), "Right"),
]
SIDES = [
    (lambda *given: ..., "To do"),
    (but(2, lambda x, t, v: ...), "To do"),
    (lambda x, t, v: x, "Not yet: return three things"),
    (but(0, lambda x, t, v: x + v), "Not yet: the image lies ahead by what is left of the way, (1"),
    (but(0, lambda x, t, v: x + t * v), "Not yet: the image lies ahead by what is left of the way; t v"),
    (but(0, lambda x, t, v: x - t * v), "Not yet: that is the noise"),
    (but(0, lambda x, t, v: v), "Not yet: that is the velocity itself"),
    (but(0, lambda x, t, v: x), "Not yet: the image is not right yet"),
    (but(1, lambda x, t, v: x - v), "Not yet: the noise lies behind by the way made so far, t v"),
    (but(1, lambda x, t, v: x - (1 - t) * v), "Not yet: the noise lies behind by the way made so far; (1"),
    (but(1, lambda x, t, v: x + t * v), "Not yet: the noise lies behind: take"),
    (but(2, lambda x, t, v: (x - t * v) / (1 - t)), "Not yet: the sign of the score"),
    (but(2, lambda x, t, v: t * v - x), "Not yet: divide by the deviation"),
    (but(2, lambda x, t, v: -(x - t * v) / (1 - t) ** 2), "Not yet: divide by 1 - t once"),
    (but(2, lambda x, t, v: -(x - t * v) / t), "Not yet: divide by 1 - t; t is"),
    (but(2, lambda x, t, v: -(x + (1 - t) * v) / (1 - t)), "Not yet: the score is made of"),
    (but(2, lambda x, t, v: 1.0), "Not yet: the score is not right yet"),
    (sides, "Right"),
    (lambda x, t, v: list(sides(x, t, v)), "Right"),
]
CASES = [
    (grader, *case)
    for grader, cases in ((exercises.flow_loss, LOSSES), (exercises.euler, EULERS), (exercises.sides, SIDES))
    for case in cases
]


def _times_as_dt(velocity, x, steps):
    for k in range(steps):
        x = x + k / steps * velocity(x, k / steps)
    return x


@pytest.mark.parametrize(("grader", "answer", "verdict"), CASES)
def test_each_grader_tells_undone_wrong_and_right_apart(grader, answer, verdict, printed):
    assert printed(grader, answer).startswith(verdict)
