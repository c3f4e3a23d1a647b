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


def holds(box, ships):
    return any(box[0] <= x <= box[2] and box[1] <= y <= box[3] for x, y in ships)


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
    (changed(order=np.argsort), "goes from the surest down"),
    (lambda boxes, p, ships, near: [holds(box, ships) for box in boxes], "its own centre has to be near"),
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


def kept(x, y, p, apart, *, order=lambda p: np.argsort(-p), far=np.greater_equal):
    left, indices = order(p), []
    while len(left):
        indices.append(int(left[0]))
        left = left[far(np.hypot(x[left] - x[left[0]], y[left] - y[left[0]]), apart)]
    return indices


def places_in_the_sorted_list(x, y, p, apart):
    order = np.argsort(-p)
    return kept(x[order], y[order], p[order], apart)


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (kept, "Right"),
        (lambda *a: kept(*a, far=np.greater), "strike out what is less than `apart` away"),
        (lambda *a: kept(*a, order=np.argsort), "you began with the weakest"),
        (lambda *a: kept(*a, order=lambda p: np.arange(len(p))), "begin with the surest"),
        (places_in_the_sorted_list, "places in the sorted list"),
    ],
)
def test_a_suppression_is_right_or_told_what_it_overlooks(answer, verdict, capsys):
    exercises.suppress(answer)
    out = capsys.readouterr().out
    assert verdict in out and (verdict == "Right") == out.startswith("Right")


def parts(a, b):
    width, height = (max(0, min(a[i + 2], b[i + 2]) - max(a[i], b[i])) for i in (0, 1))
    return width * height, *((box[2] - box[0]) * (box[3] - box[1]) for box in (a, b))


def over_the_rectangle_around(a, b):
    return parts(a, b)[0] / ((max(a[2], b[2]) - min(a[0], b[0])) * (max(a[3], b[3]) - min(a[1], b[1])))


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (lambda a, b: parts(a, b)[0] / (sum(parts(a, b)[1:]) - parts(a, b)[0]), "Right"),
        (lambda a, b: parts(a, b)[0] / sum(parts(a, b)[1:]), "hold the intersection twice"),
        (lambda a, b: parts(a, b)[0] / min(parts(a, b)[1:]), "not by that of one box"),
        (over_the_rectangle_around, "corners that neither covers"),
        (lambda a, b: parts(a, b)[0] / (2 * 6400 - parts(a, b)[0]), "a box may have any size"),
        (lambda a, b: 1.5, "never above 1"),
    ],
)
def test_an_overlap_is_right_or_told_what_it_overlooks(answer, verdict, capsys):
    exercises.overlap(answer)
    out = capsys.readouterr().out
    assert verdict in out and (verdict == "Right") == out.startswith("Right")


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (lambda h, w, s: ((h - 80) // s + 1) * ((w - 80) // s + 1), "Right"),
        (lambda h, w, s: (h - 80) // s + 1, "multiply the two numbers"),
        (lambda h, w, s: (h - 80) // s + 1 + (w - 80) // s + 1, "multiply, do not add"),
    ],
)
def test_a_count_of_windows_is_right_or_told_what_it_overlooks(answer, verdict, capsys):
    exercises.windows(answer)
    out = capsys.readouterr().out
    assert verdict in out and (verdict == "Right") == out.startswith("Right")
