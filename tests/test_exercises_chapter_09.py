from functools import partial
from math import comb

import numpy as np
import pytest

from satgan_tutorial import exercises

IMAGES = np.random.default_rng(0).integers(40, 200, (6, 80, 80, 3), np.uint8)


def missed(m, n, k):
    return comb(m - 1, k) / comb(m + n - 1, k)


def brightness(images):
    """A judge that looks at the middle alone."""
    return abs(images[:, 30:50, 30:50].mean() - IMAGES[:, 30:50, 30:50].mean())


def frame(images):
    images[:, :3] = images[:, -3:] = 255
    images[:, :, :3] = images[:, :, -3:] = 255
    return images


def pairs(fake, unseen):
    return np.mean([a < b for a in fake for b in unseen])


fooled = partial(exercises.fooled, images=IMAGES, kid=brightness, limit=1.0)

CASES = [
    (exercises.expected_coverage, lambda *a: ..., "To do"),
    (exercises.expected_coverage, missed, "Not yet: that is how many balls are missed"),
    (
        exercises.expected_coverage,
        lambda m, n, k: 1 - comb(m, k) / comb(m + n, k),
        "Not yet: the chip in the middle",
    ),
    (exercises.expected_coverage, lambda m, n, k: 1 - ((m - 1) / (m + n - 1)) ** k, "Not yet: nearly"),
    (exercises.expected_coverage, lambda m, n, k: 0.5, "Not yet: for m = 10"),
    (exercises.expected_coverage, lambda m, n, k: 1 - missed(m, n, k), "Right"),
    (exercises.beyond, ..., "To do"),
    (exercises.beyond, lambda v, f: (f.mean() - v) / f.std(), "Not yet: the sign"),
    (exercises.beyond, lambda v, f: v / f.mean(), "Not yet: a factor"),
    (
        exercises.beyond,
        lambda v, f: (v - f.mean()) / f.std() * 5**0.5,
        "Not yet: that is the error of the mean",
    ),
    (exercises.beyond, lambda v, f: (v - f.mean()) / f.std(ddof=1) * 5**0.5, "Not yet: that is the error of"),
    (exercises.beyond, lambda v, f: (v - np.median(f)) / f.std(), "Not yet: for 0.9"),
    (exercises.beyond, lambda v, f: 0.0, "Not yet: for 0.9"),
    (exercises.beyond, lambda v, f: (v - f.mean()) / f.std(), "Right"),
    (exercises.beyond, lambda v, f: (v - f.mean()) / f.std(ddof=1), "Right"),
    (exercises.copy_chance, lambda *a: None, "To do"),
    (exercises.copy_chance, lambda f, u: 1 - pairs(f, u), "Not yet: the other way round"),
    (exercises.copy_chance, lambda f, u: pairs(f, u) * len(f) * len(u), "Not yet: that is how many pairs"),
    (exercises.copy_chance, lambda f, u: np.mean(f < np.median(u)), "Not yet: compare with every"),
    (exercises.copy_chance, lambda f, u: 0.2, "Not yet: for one pair"),
    (exercises.copy_chance, pairs, "Right"),
    (fooled, lambda images: ..., "To do"),
    (fooled, lambda images: images.astype(float), "Not yet: give back uint8"),
    (fooled, lambda images: images[:2], "Not yet: give back uint8"),
    (
        fooled,
        lambda images: list(images),
        "Not yet: give back uint8 (6, 80, 80, 3), as many chips as came; found list",
    ),
    (fooled, lambda images: images[::-1], "Not yet: those are chips as they came"),
    (fooled, lambda images: images + 4, "Not yet: too shy: 0.0%"),
    (fooled, lambda images: images + 50, "Not yet: the judge saw it: KID 50.00"),
    (fooled, lambda images: 1 / 0, "Not yet: your answer raised ZeroDivisionError"),
    (fooled, frame, "Right"),
]


@pytest.mark.parametrize(("grader", "answer", "verdict"), CASES)
def test_each_grader_tells_undone_wrong_and_right_apart(grader, answer, verdict, printed):
    assert printed(grader, answer).startswith(verdict)


def test_the_chips_are_left_as_they_were(printed):
    before = IMAGES.copy()
    printed(fooled, frame)
    np.testing.assert_array_equal(IMAGES, before)
