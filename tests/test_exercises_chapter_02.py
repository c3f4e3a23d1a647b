"""The graders of chapter 2: each of the usual slips gets its own hint."""

import numpy as np
import pytest

from satgan_tutorial import classifier, exercises
from tests.test_exercises import receptive_field

GRID = np.linspace(0.3, 10, 486)


def surprise(z, labels):
    return np.logaddexp(0, np.where(labels == 1, -z, z)).mean()


def by_grid(measure, grid=GRID, pick=np.argmin):
    return lambda z, labels: grid[pick([measure(z, labels, t) for t in grid])]


def cross_entropy(z, labels, t):
    return surprise(z / t, labels)


def calibration(z, labels, t):
    return classifier.reliability(1 / (1 + np.exp(-z / t)), labels)[1]


def shared(z, labels, t):
    p = 1 / (1 + np.exp(-z)) / t
    return -np.log(np.where(labels == 1, p, 1 - p)).mean()


def wrong_sign(z, labels, t):
    return np.logaddexp(0, -z / t).mean()


def by_newton(z, labels, b=0.05, steps=12):
    """Steps on 1 / T, in which the cross-entropy is convex."""
    for _ in range(steps):
        p = 1 / (1 + np.exp(-b * z))
        b -= np.mean((p - labels) * z) / np.mean(p * (1 - p) * z**2)
    return 1 / b


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (..., "To do"),
        (lambda z, labels: ..., "To do"),
        (by_grid(cross_entropy), "Right"),
        (by_grid(cross_entropy, np.arange(0.3, 8, 0.1)), "Right"),
        (by_newton, "Right"),
        (classifier.temperature, "Right"),
        (lambda z, labels: 1 / classifier.temperature(z, labels), "is what to multiply logits by"),
        (by_grid(shared, np.linspace(1, 10, 181)), "you divide the probabilities"),
        (by_grid(cross_entropy, np.linspace(1, 10, 181)), "let your values start below 1"),
        (by_grid(calibration), "has a smaller *calibration error*"),
        (by_grid(cross_entropy, pick=np.argmax), "keep the T with the *lowest*"),
        (by_grid(wrong_sign), "Not yet: at your T"),
        (lambda z, labels: np.nan, "a temperature is a positive number"),
        (lambda z, labels: -1.0, "a temperature is a positive number"),
        (lambda z, labels: [1, 2], "expected one number"),
        (
            lambda z, labels: classifier.temperature(*exercises.chapter_02._too_sure(2.5, 4.0)),
            "is not theirs",
        ),
    ],
)
def test_a_temperature_is_fitted_by_cross_entropy_and_each_slip_has_its_hint(answer, verdict, printed):
    said = printed(exercises.temperature, answer)
    assert verdict in said
    assert said.startswith(("To do", "Right", "Not yet"))


def field(start=1, step="all", own_first=False):
    def function(layers):
        pixels, jump = start, 1
        for kernel, stride in layers:
            if own_first:
                jump *= stride
            pixels += (kernel - 1) * jump
            jump = jump * stride if step == "all" and not own_first else jump
            jump = stride if step == "last" else jump
        return pixels

    return function


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda layers: sum(k for k, _ in layers), "you add whole kernels"),
        (lambda layers: sum(k - 1 for k, _ in layers) + 1, "as if every step were one pixel"),
        (field(own_first=True), "a layer's own stride"),
        (field(step="last"), "the product of *all* strides"),
        (field(start=0), "start from one pixel"),
        (lambda layers: int(np.prod([s for _, s in layers])), "that is the step after the last layer"),
        (lambda layers: 5 if len(layers) < 3 else 22, "after a stride of 2"),
    ],
)
def test_a_receptive_field_that_overlooks_something_hears_what(answer, hint, printed):
    said = printed(exercises.receptive_field, answer)
    assert said.startswith("Not yet: for [(") and hint in said


def test_the_slips_of_a_receptive_field_are_none_of_the_truth():
    layers = [(4, 2), (4, 2), (3, 1), (4, 2), (5, 1)]
    assert receptive_field(layers) == field()(layers) == 62
    assert all(value != 62 for value, _ in exercises.chapter_02._slips(layers))


def shares(
    first=lambda called, ship: np.sum(called & ship) / np.sum(called), second=None, cut=None, below=False
):
    second = second or (lambda called, ship: np.sum(called & ship) / np.sum(ship))

    def function(probability, labels, threshold):
        threshold = cut or threshold
        called = probability < threshold if below else probability > threshold
        return first(called, labels == 1), second(called, labels == 1)

    return function


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (shares(first=lambda called, ship: np.mean(called == ship)), "Your first number is the accuracy"),
        (shares(first=lambda called, ship: np.mean(called & ship)), "first number is a share of all chips"),
        (shares(first=lambda called, ship: np.sum(called & ship)), "first number is a count"),
        (shares(second=lambda called, ship: np.mean(called & ship)), "second number is a share of all chips"),
        (shares(second=lambda called, ship: np.mean(called[~ship])), "share of the *no-ships*"),
        (shares(below=True), "first number counts the chips below"),
        (shares(cut=0.5), "use the `threshold` that the function is given"),
        (shares(second=lambda called, ship: 0.3), "Count by hand: recall is a share of the ships"),
    ],
)
def test_a_share_of_something_else_is_named(answer, hint, printed):
    said = printed(exercises.precision_recall, answer)
    assert said.startswith("Not yet: at threshold 0.") and hint in said
    assert printed(exercises.precision_recall, shares()).startswith("Right")


def binned(mean=lambda gaps, share: np.abs(gaps) @ share, middle=False, used=np.unique):
    def function(p, y):
        bins = np.minimum((p * 10).astype(int), 9)
        inside = [bins == b for b in used(bins)]
        said = [(b + 0.5) / 10 if middle else p[i].mean() for b, i in zip(used(bins), inside, strict=True)]
        gaps = np.array(said) - [y[i].mean() for i in inside]
        return mean(gaps, np.array([i.mean() for i in inside]))

    return function


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (binned(middle=True), "not with the bin's middle"),
        (binned(lambda gaps, share: gaps @ share), "must not cancel"),
        (binned(lambda gaps, share: abs(gaps @ share)), "must not cancel"),
        (binned(lambda gaps, share: gaps**2 @ share), "that squares the gaps"),
        (binned(lambda gaps, share: np.abs(gaps).mean()), "weight each bin"),
        (binned(lambda gaps, share: np.abs(gaps).max()), "the largest gap"),
        (binned(used=lambda bins: range(10)), "leave out the bins without a chip"),
        (lambda p, y: len(y) * binned()(p, y), "divide the sum by the number of chips"),
        (lambda p, y: np.abs(p - y).mean(), "the gap of each single chip"),
        (lambda p, y: np.mean((p > 0.5) != y), "the share of mistakes"),
    ],
)
def test_each_slip_of_a_calibration_error_is_named(answer, hint, printed):
    said = printed(exercises.calibration_error, answer)
    assert said.startswith("Not yet: for [") and hint in said
    assert printed(exercises.calibration_error, binned()).startswith("Right")
