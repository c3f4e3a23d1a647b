import numpy as np
import pytest

from satgan_tutorial import exercises


def chord(d, t):
    return np.sqrt(d - 2 * d * t * (1 - t))


def arc(a, b, t):
    perpendicular = b - (a @ b) * a
    w = t * np.arccos(a @ b)
    return np.cos(w) * a + np.sin(w) * perpendicular / np.linalg.norm(perpendicular)


def slerp(a, b, t, w):
    return (np.sin((1 - t) * w) * a + np.sin(t * w) * b) / np.sin(w)


def straight(a, b, t):
    return a + t * (b - a)


def one_after_the_other(slope, others):
    for other in others:
        slope = slope - (slope @ other) / (other @ other) * other
    return slope / (slope @ slope)


def rest(slope, others):
    return slope - np.linalg.lstsq(others.T, slope, rcond=None)[0] @ others


def alone(slope, others):
    step = rest(slope, others)
    return step / (slope @ step)


def detour(slope, others):
    step, every = alone(slope, others), np.vstack([slope, others])
    aside = np.arange(len(slope), dtype=float)
    return step + aside - np.linalg.pinv(every) @ every @ aside


def far(readings):
    return np.linalg.norm(readings, axis=1)


def beyond(distances, share):
    return distances > np.quantile(distances, share)


def inverted(weights, bias, image):
    z = np.linalg.solve(weights @ weights.T, weights @ (image - bias))
    return z, np.linalg.norm(z @ weights + bias - image)


def without_bias(weights, bias, image):
    return inverted(weights, 0 * bias, image)


CASES = [
    (exercises.chord, lambda d, t: ..., "To do"),
    (exercises.chord, lambda d, t: chord(d, t) ** 2, "Not yet: that is the mean of the square"),
    (exercises.chord, lambda d, t: d**0.5, "Not yet: the lengths at both ends"),
    (exercises.chord, lambda d, t: d**0.5 * abs(1 - 2 * t), "Not yet: that would be so if b were -a"),
    (exercises.chord, lambda d, t: chord(1, t), "Not yet: that is in units"),
    (exercises.chord, lambda d, t: d * chord(1, t), "Not yet: the d belongs under the root"),
    (exercises.chord, lambda d, t: np.zeros(d), "Not yet: expected one number"),
    (exercises.chord, lambda d, t: 6.0, "Not yet: for d = 64"),
    (exercises.chord, chord, "Right"),
    (exercises.arc, lambda a, b, t: ..., "To do"),
    (exercises.arc, lambda a, b, t: a @ b, "Not yet: return a vector"),
    (exercises.arc, lambda a, b, t: arc(b, a, t), "Not yet: the other way round"),
    (exercises.arc, straight, "Not yet: that is the straight way"),
    (exercises.arc, lambda a, b, t: arc(a, b, t) * np.sin(np.arccos(a @ b)), "Not yet: both weights"),
    (
        exercises.arc,
        lambda a, b, t: straight(a, b, t) / np.linalg.norm(straight(a, b, t)),
        "Not yet: that is on the arc",
    ),
    (
        exercises.arc,
        lambda a, b, t: slerp(a, b, t, np.degrees(np.arccos(a @ b))),
        "Not yet: np.sin takes radians",
    ),
    (exercises.arc, lambda a, b, t: slerp(a, b, t, a @ b), "Not yet: a @ b is the cosine"),
    (
        exercises.arc,
        lambda a, b, t: 2 * a,
        "Not yet: for t = 0.25 it is of length 1 and 10.9 degrees from a; yours of length 2.00 and 0.0",
    ),
    (exercises.arc, lambda a, b, t: 0 * a, "Not yet: for t = 0.25"),
    (exercises.arc, arc, "Right"),
    (exercises.alone, lambda s, o: None, "To do"),
    (exercises.alone, lambda s, o: o, "Not yet: return a step"),
    (exercises.alone, lambda s, o: s, "Not yet: that is the slope itself"),
    (exercises.alone, lambda s, o: s / (s @ s), "Not yet: that is the slope itself"),
    (exercises.alone, lambda s, o: 3 * s, "Not yet: that is the slope itself"),
    (exercises.alone, lambda s, o: s - rest(s, o), "Not yet: that is what the others make up"),
    (exercises.alone, lambda s, o: s + o[0], "Not yet: another reading still moves by 1.74: take away"),
    (exercises.alone, one_after_the_other, "Not yet: another reading still moves"),
    (exercises.alone, rest, "Not yet: nothing leaks"),
    (exercises.alone, detour, "Not yet: it reads right"),
    (exercises.alone, alone, "Right"),
    (exercises.round_the_hole, lambda r, s: ..., "To do"),
    (
        exercises.round_the_hole,
        lambda r, s: r[far(r) > np.quantile(far(r), s)],
        "Not yet: return True or False",
    ),
    (exercises.round_the_hole, lambda r, s: far(r) < np.quantile(far(r), s), "Not yet: that keeps what lies"),
    (exercises.round_the_hole, lambda r, s: beyond(np.abs(r[:, 0]), s), "Not yet: that goes by the cosine"),
    (exercises.round_the_hole, lambda r, s: beyond(np.abs(r[:, 1]), s), "Not yet: that goes by the sine"),
    (exercises.round_the_hole, lambda r, s: beyond(np.abs(r).sum(1), s), "Not yet: that goes by the sum"),
    (exercises.round_the_hole, lambda r, s: far(r) > s, "Not yet: `share` says how many"),
    (exercises.round_the_hole, lambda r, s: beyond(far(r), 1 - s), "Not yet: of 10 rows 2 are kept"),
    (exercises.round_the_hole, lambda r, s: far(r) >= np.sort(far(r))[round(s * len(r))], "Right"),
    (exercises.inverted, lambda w, b, x: ..., "To do"),
    (exercises.inverted, lambda w, b, x: inverted(w, b, x)[0], "Not yet: return two things"),
    (exercises.inverted, without_bias, "Not yet: the bias"),
    (exercises.inverted, lambda w, b, x: (w @ (x - b), 0.0), "Not yet: the transpose"),
    (exercises.inverted, lambda w, b, x: (w[:, 0], 0.0), "Not yet: there is noise"),
    (
        exercises.inverted,
        lambda w, b, x: (inverted(w, b, x)[0], 0.0),
        "Not yet: the noise is right; what it draws",
    ),
    (
        exercises.inverted,
        lambda w, b, x: (inverted(w, b, x)[0], inverted(w, b, x)[1] ** 2),
        "Not yet: the noise is right; the distance",
    ),
    (
        exercises.inverted,
        lambda w, b, x: (inverted(w, b, x)[0], inverted(w, b, x)[1] / len(x) ** 0.5),
        "Not yet: the noise is right; for the distance",
    ),
    (
        exercises.inverted,
        lambda w, b, x: (inverted(w, b, x)[0], x),
        "Not yet: expected one number for the distance",
    ),
    (exercises.inverted, lambda w, b, x: (inverted(w, b, x)[0], ...), "To do"),
    (exercises.inverted, lambda w, b, x: list(inverted(w, b, x)), "Right"),
    (exercises.inverted, lambda w, b, x: 1 / 0, "Not yet: your answer raised ZeroDivisionError"),
    (exercises.inverted, inverted, "Right"),
]


@pytest.mark.parametrize(("grader", "answer", "verdict"), CASES)
def test_each_grader_tells_undone_wrong_and_right_apart(grader, answer, verdict, printed):
    assert printed(grader, answer).startswith(verdict)
