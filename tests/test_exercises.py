from functools import partial

import numpy as np
import pytest

from satgan_tutorial import exercises


def flat(cosine):
    def metres(lon1, lat1, lon2, lat2):
        east, north = np.radians(lon2 - lon1) * cosine(lat1), np.radians(lat2 - lat1)
        return 6371000 * np.hypot(east, north)

    return metres


right_metres = flat(lambda lat: np.cos(np.radians(lat)))


def receptive_field(layers):
    pixels, step = 1, 1
    for kernel, stride in layers:
        pixels, step = pixels + (kernel - 1) * step, step * stride
    return pixels


def precision_recall(probability, labels, threshold):
    called = probability > threshold
    hits = np.sum(called & (labels == 1))
    return hits / called.sum(), hits / np.sum(labels == 1)


def calibration_error(probability, labels, weighted=True, last=9, counted=11):
    bins = np.minimum((probability * 10).astype(int), last)
    inside = [bins == b for b in range(counted) if (bins == b).any()]
    gaps = [abs(probability[b].mean() - labels[b].mean()) for b in inside]
    return np.average(gaps, weights=[b.sum() for b in inside] if weighted else None)


def dealt(groups, count=np.cumsum, shuffled=True, seed=None):
    """Deal groups of chips to three sides, in the usual way or in one of the usual wrong ones."""

    def deal(chips, given):
        names, member, size = np.unique(groups(chips), return_inverse=True, return_counts=True)
        rng = np.random.default_rng(given if seed is None else None)
        order = rng.permutation(len(names)) if shuffled else np.arange(len(names))
        side = np.empty(len(names), int)
        side[order] = np.searchsorted([0.60, 0.75], (count(size[order]) - size[order] / 2) / size.sum())
        return side[member]

    return deal


def days(chips):
    return chips.days


def of_days_alone(size):
    return np.arange(1, len(size) + 1) / len(size) * size.sum()


CASES = [
    (exercises.baseline, lambda labels: ..., "To do"),
    (exercises.baseline, lambda labels: np.mean(labels), "Not yet: for labels [0, 0, 0, 1]"),
    (exercises.baseline, lambda labels: np.mean(labels == 0), "Not yet: for labels [1, 1, 1, 1, 0]"),
    (exercises.baseline, lambda labels: max(np.bincount(labels)), "Not yet: an accuracy is a share"),
    (exercises.baseline, lambda labels: np.nan, "Not yet: for labels [0, 0, 0, 1]"),
    (exercises.baseline, lambda labels: max(np.mean(labels), 1 - np.mean(labels)), "Right"),
    (exercises.metres, ..., "To do"),
    (exercises.metres, flat(lambda lat: 1), "Not yet: a degree of longitude shrinks"),
    (exercises.metres, flat(np.cos), "Not yet: np.cos takes radians"),
    (exercises.metres, lambda *place: -flat(lambda lat: 1)(*place), "Not yet: a distance has no sign"),
    (exercises.metres, lambda *place: 0, "Not yet: a hundredth of a degree north"),
    (exercises.metres, lambda *place: np.degrees(right_metres(*place)), "Not yet: an angle times the radius"),
    (exercises.metres, lambda a, b, c, d: right_metres(b, a, d, c), "Not yet: the longitude comes first"),
    (
        exercises.metres,
        lambda a, b, c, d: right_metres(a, b, c, b) + right_metres(c, b, c, d),
        "Not yet: you add",
    ),
    (exercises.metres, lambda *place: right_metres(*place) / 1000, "Not yet: the answer is in metres"),
    (
        exercises.metres,
        lambda *place: (right_metres(*place) / 6371000) ** 2 * 6371000,
        "Not yet: the length is the square root",
    ),
    (
        exercises.metres,
        flat(lambda lat: np.sin(np.radians(lat))),
        "Not yet: a degree of longitude is longest",
    ),
    (exercises.metres, right_metres, "Right"),
    (exercises.deal_days, lambda chips, seed: ..., "To do"),
    (exercises.deal_days, dealt(lambda chips: np.arange(len(chips))), "Not yet: a scene is on two sides"),
    (exercises.deal_days, dealt(lambda chips: chips.scenes), "Not yet: your scenes are whole"),
    (exercises.deal_days, dealt(days, of_days_alone), "Not yet: train, validation and test hold"),
    (exercises.deal_days, dealt(days, seed="none"), "Not yet: the same seed gave two"),
    (exercises.deal_days, dealt(days, shuffled=False), "Not yet: every seed gives the same"),
    (exercises.deal_days, lambda chips, seed: chips.days, "Not yet: the numbers are 0 for train"),
    (exercises.deal_days, lambda chips, seed: [0, 1, 2], "Not yet: return one number for each"),
    (exercises.deal_days, lambda chips, seed: chips.split(seed), "Not yet: return one number for each"),
    (
        exercises.deal_days,
        lambda chips, seed: np.zeros(len(set(chips.days)), int),
        "Not yet: you return one number for each of the 60 days",
    ),
    (exercises.deal_days, dealt(days), "Right"),
    (exercises.shared_days, lambda train, test: ..., "To do"),
    (exercises.shared_days, lambda train, test: {"20170609"}, "Not yet: two sides with no day in common"),
    (exercises.shared_days, lambda train, test: set(), "Not yet: a scene on both sides"),
    (
        exercises.shared_days,
        lambda train, test: {scene[:8] for scene in set(train.scenes) & set(test.scenes)},
        "Not yet: two scenes of one day",
    ),
    (
        exercises.shared_days,
        lambda train, test: np.intersect1d(train.days, test.days),
        "Not yet: return a set",
    ),
    (exercises.shared_days, lambda train, test: set(train.days) & set(test.days), "Right"),
    (exercises.receptive_field, lambda layers: ..., "To do"),
    (
        exercises.receptive_field,
        lambda layers: sum(k - 1 for k, _ in layers) + 1,
        "Not yet: for [(4, 2), (4, 2)]",
    ),
    (exercises.receptive_field, receptive_field, "Right"),
    (exercises.receptive_field, lambda layers: [3], "Not yet: expected one number; found shape (1,)."),
    (exercises.receptive_field, lambda layers: "many", "Not yet: expected one number; found 'many'."),
    (exercises.precision_recall, lambda *a: ..., "To do"),
    (exercises.precision_recall, lambda *a: (..., ...), "To do"),
    (exercises.precision_recall, lambda *a: precision_recall(*a)[::-1], "Not yet: those are the two, but"),
    (exercises.precision_recall, lambda *a: (0.5,), "Not yet: return two numbers"),
    (exercises.precision_recall, lambda *a: 0.5, "Not yet: return two numbers"),
    (exercises.precision_recall, lambda *a: (0.5, 0.5), "Not yet: at threshold 0.5"),
    (exercises.precision_recall, precision_recall, "Right"),
    (exercises.calibration_error, lambda p, y: ..., "To do"),
    (exercises.calibration_error, lambda p, y: np.mean((p > 0.5) != y), "Not yet: for [0.25, 0.25, 0.25"),
    (exercises.calibration_error, lambda p, y: abs(p.mean() - y.mean()), "Not yet: for [0.15, 0.15, 0.15"),
    (exercises.calibration_error, partial(calibration_error, weighted=False), "Not yet: for [0.05, 0.05"),
    (exercises.calibration_error, partial(calibration_error, last=10), "Not yet: for [1.0, 0.95, 0.02]"),
    (
        exercises.calibration_error,
        partial(calibration_error, last=10, counted=10),
        "Not yet: for [1.0, 0.95, 0.02]",
    ),
    (exercises.calibration_error, calibration_error, "Right"),
]


@pytest.mark.parametrize(("grader", "answer", "verdict"), CASES)
def test_each_grader_tells_undone_wrong_and_right_apart(grader, answer, verdict, printed):
    assert printed(grader, answer).startswith(verdict)
