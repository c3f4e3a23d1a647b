import numpy as np
import pytest

from satgan_tutorial import exercises


def divergence(p, q):
    m = (p + q) / 2
    return sum(np.sum(a[a > 0] * np.log(a[a > 0] / m[a > 0])) for a in (p, q)) / 2


def naive(p, q):
    m = (p + q) / 2
    return (np.sum(p * np.log(p / m)) + np.sum(q * np.log(q / m))) / 2


def gradients_at(logit, slope):
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
    (exercises.optimal_discriminator, lambda p, q: ..., "To do"),
    (exercises.optimal_discriminator, lambda p, q: np.exp(q) / (np.exp(p) + np.exp(q)), "Not yet: that is q"),
    (exercises.optimal_discriminator, lambda p, q: p - q, "Not yet: that is the logit"),
    (exercises.optimal_discriminator, lambda p, q: p / (p + q), "Not yet: log_p and log_q are"),
    (exercises.optimal_discriminator, lambda p, q: 0.5, "Not yet: return a probability for each"),
    (exercises.optimal_discriminator, lambda p, q: 0 * p, "Not yet: for p = [0.3"),
    (
        exercises.optimal_discriminator,
        lambda p, q: np.exp(p) / (np.exp(p) + np.exp(q)),
        "Not yet: right where",
    ),
    (exercises.optimal_discriminator, lambda p, q: 1 / (1 + np.exp(q - p)), "Right"),
    (exercises.optimal_discriminator, lambda p, q: 1 / 0, "Not yet: your answer raised ZeroDivisionError"),
    (exercises.divergence, lambda p, q: None, "To do"),
    (exercises.divergence, lambda p, q: 2 * divergence(p, q), "Not yet: you have the two"),
    (exercises.divergence, lambda p, q: divergence(p, q) / np.log(2), "Not yet: that is in bits"),
    (exercises.divergence, lambda p, q: np.sqrt(divergence(p, q)), "Not yet: that is the square root"),
    (exercises.divergence, naive, "Not yet: for [1.0, 0.0]"),
    (exercises.divergence, lambda p, q: np.sum(p * np.log(p / q)), "Not yet: for [0.7"),
    (exercises.divergence, divergence, "Right"),
    (exercises.gradients_at, lambda x, v: ..., "To do"),
    (exercises.gradients_at, lambda x, v: [-w for w in gradients_at(x, v)], "Not yet: the sizes are right"),
    (exercises.gradients_at, lambda x, v: gradients_at(x, v)[::-1], "Not yet: those are the two"),
    (exercises.gradients_at, lambda x, v: gradients_at(x, 1.0), "Not yet: return two vectors"),
    (exercises.gradients_at, lambda x, v: (-v, -v), "Not yet: at a logit of 0.0"),
    (exercises.gradients_at, gradients_at, "Right"),
    (exercises.count_modes, lambda points, centres, radius: ..., "To do"),
    (exercises.count_modes, lambda *a: count_modes(*a, share=0), "Not yet: expected 1, your function says 4"),
    (exercises.count_modes, lambda *a: count_modes(*a, nearest=False), "Not yet: expected 2"),
    (exercises.count_modes, lambda *a: count_modes(*a, strays=False), "Not yet: expected 1"),
    (
        exercises.count_modes,
        lambda points, centres, radius: count_modes(points, centres, 9),
        "Not yet: expected 0",
    ),
    (exercises.count_modes, count_modes, "Right"),
]


@pytest.mark.parametrize(("grader", "answer", "verdict"), CASES)
def test_each_grader_tells_undone_wrong_and_right_apart(grader, answer, verdict, printed):
    assert printed(grader, answer).startswith(verdict)
