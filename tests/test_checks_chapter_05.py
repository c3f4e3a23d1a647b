import numpy as np
import pytest

from satgan_tutorial import checks


def divergence(p, q):
    m = (p + q) / 2
    return sum(np.sum(a[a > 0] * np.log(a[a > 0] / m[a > 0])) for a in (p, q)) / 2


def naive(p, q):
    m = (p + q) / 2
    return (np.sum(p * np.log(p / m)) + np.sum(q * np.log(q / m))) / 2


def wishes_at(logit, slope):
    fooled = 1 / (1 + np.exp(-logit))
    return -fooled * slope, -(1 - fooled) * slope


def count_modes(points, centres, radius, nearest=True, share=0.25, strays=True):
    gaps = np.linalg.norm(points[:, None] - centres, axis=2)
    inside = gaps <= radius
    if nearest:
        inside &= gaps == gaps.min(axis=1, keepdims=True)
    n = len(points) if strays else inside.any(axis=1).sum()
    return np.sum(inside.sum(axis=0) >= max(share * n / len(centres), 1))


CASES = [
    (checks.optimal_discriminator, lambda p, q: ..., "To do"),
    (checks.optimal_discriminator, lambda p, q: np.exp(q) / (np.exp(p) + np.exp(q)), "Not yet: that is q"),
    (checks.optimal_discriminator, lambda p, q: p - q, "Not yet: that is the logit"),
    (checks.optimal_discriminator, lambda p, q: p / (p + q), "Not yet: log_p and log_q are"),
    (checks.optimal_discriminator, lambda p, q: 0.5, "Not yet: return a probability for each"),
    (checks.optimal_discriminator, lambda p, q: 0 * p, "Not yet: for p = [0.3"),
    (
        checks.optimal_discriminator,
        lambda p, q: np.exp(p) / (np.exp(p) + np.exp(q)),
        "Not yet: right where",
    ),
    (checks.optimal_discriminator, lambda p, q: 1 / (1 + np.exp(q - p)), "Right"),
    (checks.optimal_discriminator, lambda p, q: 1 / 0, "Not yet: your answer raised ZeroDivisionError"),
    (checks.divergence, lambda p, q: None, "To do"),
    (checks.divergence, lambda p, q: 2 * divergence(p, q), "Not yet: you have the two"),
    (checks.divergence, lambda p, q: divergence(p, q) / np.log(2), "Not yet: that is in bits"),
    (checks.divergence, lambda p, q: np.sqrt(divergence(p, q)), "Not yet: that is the square root"),
    (checks.divergence, naive, "Not yet: for [1.0, 0.0]"),
    (checks.divergence, lambda p, q: np.sum(p * np.log(p / q)), "Not yet: for [0.7"),
    (checks.divergence, divergence, "Right"),
    (checks.wishes_at, lambda x, v: ..., "To do"),
    (checks.wishes_at, lambda x, v: [-w for w in wishes_at(x, v)], "Not yet: the sizes are right"),
    (checks.wishes_at, lambda x, v: wishes_at(x, v)[::-1], "Not yet: those are the two"),
    (checks.wishes_at, lambda x, v: wishes_at(x, 1.0), "Not yet: return two vectors"),
    (checks.wishes_at, lambda x, v: (-v, -v), "Not yet: at a logit of 0.0"),
    (checks.wishes_at, wishes_at, "Right"),
    (checks.count_modes, lambda points, centres, radius: ..., "To do"),
    (checks.count_modes, lambda *a: count_modes(*a, share=0), "Not yet: expected 1, your function says 4"),
    (checks.count_modes, lambda *a: count_modes(*a, nearest=False), "Not yet: expected 2"),
    (checks.count_modes, lambda *a: count_modes(*a, strays=False), "Not yet: expected 1"),
    (
        checks.count_modes,
        lambda points, centres, radius: count_modes(points, centres, 9),
        "Not yet: expected 0",
    ),
    (checks.count_modes, count_modes, "Right"),
]


@pytest.mark.parametrize(("grader", "answer", "verdict"), CASES)
def test_each_grader_tells_undone_wrong_and_right_apart(grader, answer, verdict, printed):
    assert printed(grader, answer).startswith(verdict)
