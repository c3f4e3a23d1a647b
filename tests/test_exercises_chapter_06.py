import numpy as np
import pytest

from satgan_tutorial import exercises


def work(k, s, c, d, h, w):
    return k * k * c * d * (h // s) * (w // s)


def patches(kernel, stride):
    return (kernel // stride) ** 2, (-(-kernel // stride)) ** 2


CASES = [
    (exercises.transposed_work, ..., "To do"),
    (exercises.transposed_work, lambda *a: ..., "To do"),
    (
        exercises.transposed_work,
        lambda k, s, c, d, h, w: work(k, 1, c, d, h, w),
        "Not yet: that goes over every",
    ),
    (
        exercises.transposed_work,
        lambda k, s, c, d, h, w: work(k, 1, c, d, h, w) // s,
        "Not yet: a stride has two",
    ),
    (exercises.transposed_work, lambda k, s, c, d, h, w: work(k, s, c + 1, d, h, w), "Not yet: for kernel 4"),
    (exercises.transposed_work, lambda k, *a: work(4, 2, *a[1:]), "Not yet: for kernel 5"),
    (
        exercises.transposed_work,
        lambda k, s, c, d, h, w: (k // s) ** 2 * c * d * h * w,
        "Not yet: for kernel 5, stride 3",
    ),
    (exercises.transposed_work, work, "Right"),
    (exercises.conv_parameters, lambda k, i, o: (k * k * o + 1) * i, "Not yet: the biases belong to"),
    (exercises.conv_parameters, lambda k, i, o: k * k * i * o + 1, "Not yet: for kernel 5, 64 channels in"),
    (
        exercises.is_affine,
        lambda f, a, b: f(a + b) + f(0) == f(a) + f(b),
        "Not yet: return one True or False",
    ),
    (exercises.is_affine, lambda f, a, b: np.ptp(f(a + b)), "Not yet: return one True or False"),
    (
        exercises.is_affine,
        lambda f, a, b: np.array_equal(f(a + b) + f(0 * a), f(a) + f(b)),
        "Not yet: x / 3 is affine",
    ),
    (exercises.patches, lambda *a: ..., "To do"),
    (exercises.patches, lambda k, s: patches(k, s)[::-1], "Not yet: those are the two, but"),
    (exercises.patches, lambda k, s: (k // s, -(-k // s)), "Not yet: that is along one side"),
    (exercises.patches, lambda k, s: (k // s,), "Not yet: return two numbers"),
    (exercises.patches, lambda k, s: k // s, "Not yet: return two numbers"),
    (exercises.patches, lambda k, s: (1, 4), "Not yet: For kernel 4 and stride 2"),
    (exercises.patches, lambda k, s: patches(max(k, s), s), "Not yet: a pixel between two patches"),
    (exercises.patches, patches, "Right"),
]


@pytest.mark.parametrize(("grader", "answer", "verdict"), CASES)
def test_each_grader_tells_undone_wrong_and_right_apart(grader, answer, verdict, printed):
    assert printed(grader, answer).startswith(verdict)
