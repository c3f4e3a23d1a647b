from functools import partial

import numpy as np
import pytest
from bs4 import BeautifulSoup

from satgan_tutorial import exercises, metrics, two_sample

IMAGES = np.random.default_rng(0).integers(40, 200, (6, 80, 80, 3), np.uint8)


def brightness(images):
    """A judge that looks at the middle alone."""
    return abs(images[:, 30:50, 30:50].mean() - IMAGES[:, 30:50, 30:50].mean())


def frame(images):
    images[:, :3] = images[:, -3:] = 255
    images[:, :, :3] = images[:, :, -3:] = 255
    return images


def parts(real, fake, power=3, one=1, d=None):
    """The kernel within real, within fake and across."""
    d = d or real.shape[1]
    return [(a @ b.T / d + one) ** power for a, b in ((real, real), (fake, fake), (real, fake))]


def mean(kernel):
    return kernel[~np.eye(len(kernel), dtype=bool)].mean()


def unbiased(real, fake, **slips):
    a, b, across = parts(real, fake, **slips)
    return mean(a) + mean(b) - 2 * across.mean()


def biased(real, fake):
    a, b, across = parts(real, fake)
    return a.mean() + b.mean() - 2 * across.mean()


def wrongly_divided(real, fake):
    a, b, across = parts(real, fake)
    return sum(mean(k) * (len(k) - 1) / len(k) for k in (a, b)) - 2 * across.mean()


def across_once(real, fake):
    return unbiased(real, fake) + parts(real, fake)[2].mean()


def ranked(score, floor):
    return np.mean(floor < score), np.quantile(floor, 0.95)


def limited(limit):
    return lambda score, floor: (np.mean(floor < score), limit(floor))


def pairs(real, fake):
    return np.mean([(a > b) + (a == b) / 2 for a in fake for b in real])


fooled = partial(exercises.fooled, images=IMAGES, kid=brightness, limit=1.0)

CASES = [
    (exercises.kid, lambda *a: ..., "To do"),
    (exercises.kid, biased, "Not yet: a chip was compared with itself"),
    (exercises.kid, wrongly_divided, "Not yet: the diagonal is left out of the sum"),
    (exercises.kid, across_once, "Not yet: the likeness across counts twice"),
    (exercises.kid, lambda r, f: -unbiased(r, f), "Not yet: the sign"),
    (exercises.kid, lambda r, f: unbiased(r, f, d=1), "Not yet: divide x . y by d"),
    (exercises.kid, lambda r, f: unbiased(r, f, power=1), "Not yet: the third power"),
    (exercises.kid, lambda r, f: unbiased(r, f, one=0), "Not yet: the 1 is missing"),
    (exercises.kid, lambda r, f: 0.0, "Not yet: for one pair"),
    (exercises.kid, lambda r, f: [1, 2], "Not yet: expected one number"),
    (exercises.kid, unbiased, "Right"),
    (exercises.kid, metrics.kid, "Right"),
    (exercises.rank, lambda *a: ..., "To do"),
    (exercises.rank, lambda *a: (..., ...), "To do"),
    (exercises.rank, lambda s, f: 0.5, "Not yet: return two numbers"),
    (exercises.rank, lambda s, f: (np.mean(f > s), 0), "Not yet: the rank is upside down"),
    (exercises.rank, lambda s, f: (np.sum(f < s), 0), "Not yet: that is how many"),
    (exercises.rank, lambda s, f: (100 * np.mean(f < s), 0), "Not yet: give the share as a fraction"),
    (exercises.rank, lambda s, f: ((s - f.mean()) / f.std(), 0), "Not yet: those are deviations"),
    (exercises.rank, lambda s, f: (s / np.median(f), 0), "Not yet: a factor"),
    (exercises.rank, lambda s, f: (0.123, 0), "Not yet: of 40 splits"),
    (exercises.rank, limited(np.max), "Not yet: that is the largest"),
    (exercises.rank, limited(lambda f: np.quantile(f, 0.05)), "Not yet: that is the other end"),
    (exercises.rank, limited(lambda f: f.mean() + 3 * f.std()), "Not yet: mean and deviations"),
    (exercises.rank, limited(lambda f: f.mean() + 2 * f.std()), "Not yet: mean and deviations"),
    (exercises.rank, limited(np.median), "Not yet: the limit is"),
    (exercises.rank, ranked, "Right"),
    (exercises.rank, limited(lambda f: np.sort(f)[-int(0.05 * len(f)) - 1]), "Right"),
    (exercises.auc, lambda *a: None, "To do"),
    (exercises.auc, lambda r, f: np.mean(f[:, None] > r), "Not yet: equal scores"),
    (exercises.auc, lambda r, f: np.mean(f[:, None] >= r), "Not yet: equal scores"),
    (exercises.auc, lambda r, f: 1 - pairs(r, f), "Not yet: the other way round"),
    (exercises.auc, lambda r, f: pairs(r, f) * len(f) * len(r), "Not yet: that is how many pairs"),
    (exercises.auc, lambda r, f: np.mean(f > np.median(r)), "Not yet: compare with every"),
    (exercises.auc, lambda r, f: 0.2, "Not yet: for one pair"),
    (exercises.auc, pairs, "Right"),
    (exercises.auc, two_sample.auc, "Right"),
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


def test_each_change_is_asked_about_and_its_answer_is_what_kid_did(shown):
    after = {"brighter": 0.1, "a frame": 0.5, "red": 9.0, "the same": 0.4}
    exercises.guess(0.4, after, 0.6)
    quizzes = BeautifulSoup(shown[0].data, "html.parser").select(".satgan-quiz")
    assert [quiz.select_one("details p").text for quiz in quizzes] == [
        "KID falls",
        "it rises, within the limit",
        "it rises beyond the limit",
        "it rises, within the limit",
    ]
    assert [quiz.select_one("p").text for quiz in quizzes] == [
        "1. Brighter",
        "2. A frame",
        "3. Red",
        "4. The same",
    ]
    for quiz, value in zip(quizzes, after.values(), strict=True):
        for item in quiz.select("li"):
            assert f"from 0.40 to {value:.2f}" in item["data-says"]


def test_where_the_pictures_are_beyond_the_limit_already_a_rise_is_beyond_it(shown):
    exercises.guess(0.7, {"worse": 0.8, "better": 0.65}, 0.6)
    quizzes = BeautifulSoup(shown[0].data, "html.parser").select(".satgan-quiz")
    answers = [quiz.select_one("details p").text for quiz in quizzes]
    assert answers == ["it rises beyond the limit", "KID falls"]
