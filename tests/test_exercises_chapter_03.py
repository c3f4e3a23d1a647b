import numpy as np
import pytest

from satgan_tutorial import exercises

pytestmark = pytest.mark.once


def hits(
    boxes,
    p,
    ships,
    near,
    *,
    order=lambda p: np.argsort(-p),
    centre=lambda box: (box[:2] + box[2:]) / 2,
    away=np.hypot,
    once=True,
    choose=np.argmin,
    within=np.less_equal,
    far_takes=False,
    careful=True,
):
    free, right = [tuple(ship) for ship in ships], [False] * len(boxes)
    for i in order(p):
        x, y = centre(boxes[i])
        distances = np.array([away(x - a, y - b) for a, b in free])
        if careful and not len(distances):
            continue
        best = choose(distances)
        if within(distances[best], near):
            right[i] = True
        if (right[i] or far_takes) and once:
            del free[best]
    return right


def first_in_reach(distances):
    return int(np.argmax(distances <= 20))


def nearest_taken_or_not(boxes, p, ships, near):
    taken, right = set(), [False] * len(boxes)
    for i in np.argsort(-p):
        away = np.hypot(*(ships - (boxes[i][:2] + boxes[i][2:]) / 2).T)
        right[i] = away.min() <= near and away.argmin() not in taken
        taken |= {away.argmin()} if right[i] else set()
    return right


def changed(**how):
    return lambda *arguments: hits(*arguments, **how)


def from_the_surest_down(boxes, p, ships, near):
    return np.array(hits(boxes, p, ships, near))[np.argsort(-p)]


CASES = [
    (..., "To do"),
    (lambda *a: None, "To do"),
    (hits, "Right"),
    (lambda *a: np.array(hits(*a)).astype(int), "Right"),
    (changed(centre=lambda box: box[:2]), "compare centres"),
    (changed(centre=lambda box: box[2:]), "compare centres"),
    (changed(within=np.greater, once=False), "at most `near`, not where it is more"),
    (changed(away=lambda u, v: max(abs(u), abs(v))), "along the straight line"),
    (changed(within=np.less), "exactly `near` still counts"),
    (changed(once=False), "a ship counts once"),
    (changed(order=lambda p: range(len(p))), "the surest box chooses first"),
    (from_the_surest_down, "in the order in which the boxes were given"),
    (changed(choose=first_in_reach), "the nearest of the ships that no surer box has taken"),
    (nearest_taken_or_not, "the nearest of the ships that no surer box has taken"),
    (changed(far_takes=True), "leaves it to the next"),
    (changed(careful=False), "what if no ship is left"),
    (lambda *a: 2, "return True or False for each of the 3 boxes"),
    (lambda boxes, p, ships, near: p / 2, "return True or False for each of the 3 boxes"),
    (lambda *a: 1 / 0, "your answer raised ZeroDivisionError"),
]


@pytest.mark.parametrize(("answer", "verdict"), CASES)
def test_a_matching_is_right_or_told_what_it_overlooks(answer, verdict, capsys):
    exercises.matched(answer)
    out = capsys.readouterr().out
    assert verdict in out and (verdict == "Right") == out.startswith("Right")
