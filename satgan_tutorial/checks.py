"""Friendly graders for the exercises: what is right, what is not yet, and a hint.

A grader prints one line and never raises: an answer that is still `...` gets its task again, a wrong one a hint, and an
answer that breaks gets the error as a sentence. The chapters run on either way.
"""

from collections.abc import Callable

import numpy as np


class _Unsolved(Exception):
    """The answer, or what it returned, is still `...`."""


def _grade(task: str, hint: Callable[[], str | None], right: str) -> None:
    """Print the verdict: `hint()` returns what is wrong, None where all is right, or raises `_Unsolved`."""
    try:
        wrong = hint()
    except _Unsolved:
        print(f"To do: {task}")
    except Exception as error:  # noqa: BLE001  (whatever the answer does, its reader gets a sentence)
        print(f"Not yet: your answer raised {type(error).__name__}: {error}")
    else:
        print(f"Not yet: {wrong}" if wrong else f"Right: {right}")


def _number(answer) -> float:
    """Return a number answer as a float."""
    if answer is ...:
        raise _Unsolved
    return float(answer)


def _call(function, *arguments):
    """Call the reader's function; a body that still is `...` returns None or `...`."""
    if function is ...:
        raise _Unsolved
    answer = function(*arguments)
    if answer is None or answer is ...:
        raise _Unsolved
    return answer


# Chapter 1: ships from above


def baseline(function) -> None:
    """Grade exercise 1.1: `function(labels)` is the accuracy of always answering the commoner class."""

    def hint():
        for labels, truth in (([0, 0, 0, 1], 0.75), ([1, 1, 1, 1, 0], 0.8), ([0, 0], 1.0)):
            got = _number(_call(function, np.array(labels, np.uint8)))
            if got > 1:
                return "an accuracy is a share: divide by the number of labels."
            if abs(got - truth) > 1e-6:
                return f"for labels {labels} your function says {got:.2f}. Which class is the commoner one there?"
        return None

    _grade(
        "return the accuracy of a classifier that always answers the commoner class of `labels` (0s and 1s).",
        hint,
        "a classifier has to beat this number before it has learnt anything.",
    )


def metres(function) -> None:
    """Grade exercise 1.2: `function(lon1, lat1, lon2, lat2)`, degrees in, is the distance in metres, to 1 %."""

    def hint():
        degree, lat = np.pi / 180 * 6371000, 33.7
        for place, cosine in (((-118.2, lat + 0.01), 1), ((-118.21, lat), np.cos(np.radians(lat)))):
            got, truth = _number(_call(function, -118.2, lat, *place)), 0.01 * degree * cosine
            if np.isclose(-got, truth, rtol=0.01):
                return "a distance has no sign."
            if cosine < 1 and np.isclose(got, 0.01 * degree, rtol=0.01):
                return (
                    "a degree of longitude shrinks towards the poles: multiply by the cosine of the latitude."
                )
            if cosine < 1 and np.isclose(got, abs(0.01 * degree * np.cos(lat)), rtol=0.01):
                return "np.cos takes radians, and the latitude is in degrees."
            if not np.isclose(got, truth, rtol=0.01):
                way = "north" if cosine == 1 else "west"
                return f"a hundredth of a degree {way} is {truth:.0f} m there; your function says {got:.0f}."
        return None

    _grade(
        "return the distance in metres of two places given by longitude and latitude in degrees, a few kilometres "
        "apart at most; the radius of the Earth is 6 371 000 m.",
        hint,
        "with it you can ask which chips show the same place.",
    )


def shared_days(function) -> None:
    """Grade exercise 1.3: `function(train, test)` is the set of days with chips on both sides."""

    def hint():
        from .chips import ChipSet

        def chips(*scenes):
            n = len(scenes)
            images, labels = np.zeros((n, 80, 80, 3), np.uint8), np.zeros(n, np.uint8)
            return ChipSet(images, labels, np.array(scenes, str), np.zeros((n, 2)))

        morning, later, other = "20170609_180756_103a", "20170609_180757_103a", "20170612_181102_0e26"
        for train, test, truth, text in (
            ((morning, morning), (other,), set(), "two sides with no day in common share nothing."),
            ((morning, other), (morning,), {"20170609"}, "a scene on both sides is a day on both sides."),
            ((morning, other), (later,), {"20170609"}, "two scenes of one day are one day: compare days."),
        ):
            if set(_call(function, chips(*train), chips(*test))) != truth:
                return text
        return None

    _grade(
        "return the set of the days that have chips in both `train` and `test`.",
        hint,
        "an empty set is what a split owes you.",
    )


# Chapter 2: is it a ship?


def receptive_field(function) -> None:
    """Grade exercise 2.1: `function(layers)` counts the pixels a side that the last of (kernel, stride) layers sees."""

    def hint():
        cases = (
            ([(5, 1)], 5, "one layer sees its own kernel."),
            ([(3, 1), (3, 1)], 5, "a second 3 x 3 kernel adds one pixel on each side."),
            ([(4, 2), (4, 2)], 10, "after a stride of 2 the next kernel's steps are 2 pixels apart."),
            ([(4, 2), (4, 2), (3, 1), (2, 1)], 22, "strides multiply: after two of 2, a step is 4 pixels."),
        )
        for layers, truth, text in cases:
            if (got := _call(function, layers)) != truth:
                return f"for {layers} it is {truth} pixels, your function says {got}; {text}"
        return None

    _grade(
        "return how many pixels a side one output of the last layer depends on; `layers` is a list of (kernel, stride), "
        "the first layer first.",
        hint,
        "each kernel adds kernel - 1 steps, and a step is the product of all strides before it.",
    )


def precision_recall(function) -> None:
    """Grade exercise 2.2: `function(probability, labels, threshold)` returns precision and recall of "ship"."""

    def hint():
        probability, labels = np.array([0.9, 0.8, 0.6, 0.4, 0.3, 0.1]), np.array([1, 0, 0, 1, 0, 1])
        for threshold, truth in ((0.5, (1 / 3, 1 / 3)), (0.85, (1.0, 1 / 3)), (0.35, (0.5, 2 / 3))):
            got = tuple(float(value) for value in _call(function, probability, labels, threshold))
            if len(got) != 2:
                return f"return two numbers, precision and recall; yours returns {len(got)}."
            if np.allclose(got, truth):
                continue
            if np.allclose(got, truth[::-1]):
                return "those are the two, but precision comes first: of the chips called ship, how many are?"
            return f"at threshold {threshold} yours gives {got[0]:.2f} and {got[1]:.2f}; count by hand: it is {truth[0]:.2f} and {truth[1]:.2f}."
        return None

    _grade(
        "return precision (of the chips called ship, the share that are) and recall (of the ships, the share that were "
        "called so); a chip is called ship where its probability is above the threshold.",
        hint,
        "one threshold, two numbers: raise it and precision tends to rise while recall can only fall.",
    )


def calibration_error(function) -> None:
    """Grade exercise 2.3: `function(probability, labels)` is the expected calibration error in ten bins."""

    def hint():
        for probability, labels, truth, text in (
            ([0.25] * 4, [0, 1, 0, 0], 0.0, "one in four is a ship, and 0.25 was said: the gap is 0."),
            ([0.95, 0.95], [0, 0], 0.95, "0.95 was said of two chips, and none is a ship."),
            (
                [0.15] * 3 + [0.85],
                [0, 0, 0, 1],
                0.15,
                "both bins are 0.15 off, one too high and one too low.",
            ),
            ([0.05] * 9 + [0.95], [0] * 10, 0.14, "weight each bin by the share of chips it holds."),
            ([1.0, 1.0, 0.02], [1, 0, 0], 1.02 / 3, "a probability of 1 belongs to the last bin."),
        ):
            got = _number(_call(function, np.array(probability), np.array(labels)))
            if not np.isclose(got, truth):
                return (
                    f"for {probability} and {labels} it is {truth:.2f}, your function says {got:.2f}: {text}"
                )
        return None

    _grade(
        "return the expected calibration error of `probability` against `labels`: in each tenth of [0, 1], the gap of "
        "the mean probability and the share of ships; then their mean, each weighted by its chips.",
        hint,
        "a network can rank every chip right and still have a large one.",
    )


# Chapter 3: find every ship


def windows(function) -> None:
    """Grade exercise 3.1: `function(height, width, stride)` counts the 80 x 80 windows of a scene."""

    def hint():
        for height, width, stride, truth in ((80, 80, 4, 1), (83, 84, 4, 2), (240, 400, 8, 21 * 41)):
            got = _number(_call(function, height, width, stride))
            if got == truth:
                continue
            if got == (height // stride) * (width // stride):
                return "the last window has to end inside the scene: take the chip's 80 pixels off first."
            if got == ((height - 80) // stride) * ((width - 80) // stride):
                return "there is a window before the first step, too: a scene of 80 x 80 pixels has one."
            return f"a scene of {height} x {width} pixels has {truth} at stride {stride}, your function says {got:g}."
        return None

    _grade(
        "return how many 80 x 80 windows fit into a scene of height x width pixels, one every `stride` pixels.",
        hint,
        "halve the stride and there are about four times as many.",
    )


def overlap(function) -> None:
    """Grade exercise 3.2: `function(a, b)` is the intersection over union of boxes (left, top, right, bottom)."""

    def hint():
        box = (0, 0, 80, 80)
        for other, truth in (
            (box, 1),
            ((40, 0, 120, 80), 1 / 3),
            ((40, 40, 120, 120), 1 / 7),
            ((200, 0, 280, 80), 0),
            ((100, 100, 180, 180), 0),
        ):
            got = _number(_call(function, box, other))
            if np.isclose(got, truth):
                continue
            if truth == 0:
                return f"{box} and {other} do not touch: where a side of the intersection would be negative, it is 0."
            if np.isclose(got, truth / (1 + truth)):
                return "the two areas together hold the intersection twice: take it off the union once."
            return f"for {box} and {other} it is {truth:.3f}, your function says {got:.3f}."
        return None

    _grade(
        "return the area that two boxes (left, top, right, bottom) share, over the area that they cover together.",
        hint,
        "1 for the same box, 0 for boxes apart, and nothing else needs to be known about them.",
    )


def suppress(function) -> None:
    """Grade exercise 3.3: `function(x, y, p, apart)` lists the windows that greedy non-maximum suppression keeps."""

    def hint():
        x, y = np.array([0, 30, 60, 300]), np.array([0, 0, 0, 0])
        for p, truth, text in (
            (
                [0.9, 0.8, 0.7, 0.6],
                [0, 2, 3],
                "the second is struck out by the first, and so cannot strike out the third.",
            ),
            ([0.7, 0.9, 0.8, 0.6], [1, 3], "begin with the surest, wherever it stands in the list."),
            ([0.7, 0.6, 0.8, 0.9], [3, 2, 0], "the answer goes from the surest down."),
        ):
            got = [int(i) for i in _call(function, x, y, np.array(p), 40)]
            if got != truth:
                return f"for x = {x.tolist()}, p = {p} and apart = 40 keep {truth}, not {got}: {text}"
        if [int(i) for i in _call(function, x[:2], np.array([0, 30]), np.array([0.9, 0.8]), 40)] != [0, 1]:
            return "30 pixels east and 30 south are 42 pixels away: measure along the straight line."
        return None

    _grade(
        "return the indices of the windows to keep, the surest first: keep the surest, strike out every other whose "
        "centre is less than `apart` pixels away, and go on with what is left.",
        hint,
        "four lines, and every detector you will meet has them or learns to do without.",
    )


# Chapter 6: the networks of the post


def conv_parameters(function) -> None:
    """Grade exercise 6.1: `function(kernel, inputs, outputs)` counts the parameters of a convolution with biases."""

    def hint():
        for kernel, inputs, outputs in ((5, 64, 128), (7, 256, 3), (1, 1, 1)):
            got, weights = _call(function, kernel, inputs, outputs), kernel * kernel * inputs * outputs
            if got == weights + outputs:
                continue
            if got == weights:
                return "those are the weights; each of the output channels has one bias too."
            if got == (kernel * inputs + 1) * outputs:
                return "a kernel has two sides: it covers kernel x kernel pixels."
            return f"for kernel {kernel}, {inputs} channels in and {outputs} out your function says {got}."
        return None

    _grade(
        "return the number of parameters of a convolution: a weight for each pixel under the kernel, each channel in "
        "and each channel out, and a bias for each channel out.",
        hint,
        "a convolution's parameters do not depend on the size of the image; its work does.",
    )


def is_affine(function) -> None:
    """Grade exercise 6.2: `function(f, a, b)` says whether f(a + b) + f(0) = f(a) + f(b), to rounding."""

    def hint():
        a, b = np.array([1.0, -2.0, 0.1], np.float32), np.array([-3.0, 0.5, 0.2], np.float32)
        cases = (
            (lambda x: 3 * x + 0.7, True, "3x + 0.7 is affine: remember f(0)."),
            (lambda x: np.maximum(x, 0.3 * x), False, "a LeakyReLU is not affine."),
            (lambda x: x**2, False, "a square is not affine."),
            (
                lambda x: x * np.float32(1 / 3),
                True,
                "x / 3 is affine: float32 sums agree only to rounding, so allow for it.",
            ),
        )
        return next((text for f, truth, text in cases if bool(_call(function, f, a, b)) != truth), None)

    _grade(
        "return whether f(a + b) + f(0) equals f(a) + f(b) to rounding (np.allclose helps).",
        hint,
        "this one line tells a chain of layers that is only one map from a network.",
    )


# Chapter 7: training the two


def non_saturating_slope(function) -> None:
    """Grade exercise 7.1: `function(logit)` is the slope of log(1 + exp(-logit))."""

    def hint():
        for logit in (-10.0, 0.0, 2.5):
            got, truth = float(_call(function, logit)), -1 / (1 + np.exp(logit))
            if np.isclose(got, truth):
                continue
            if np.isclose(got, -truth):
                return (
                    "the size is right; a higher logit lowers the generator's loss, so the slope is negative."
                )
            if np.isclose(got, truth + 1) or np.isclose(got, -1 - truth):
                return "that is the slope of log(1 + exp(+logit)), or of minimax; mind the sign inside."
            return f"at a logit of {logit} your function says {got:.4f}; compare a finite difference of the loss."
        return None

    _grade(
        "return the slope of log(1 + exp(-logit)) in the logit; it is a sigmoid, with a sign.",
        hint,
        "where the discriminator wins, the minimax slope dies out and this one stays at -1.",
    )


def accuracies(function) -> None:
    """Grade exercise 7.2: `function(real_logits, fake_logits)` returns D's accuracy on real and on fake chips."""

    def hint():
        real, fake = np.array([2.0, -1.0, 0.5, 3.0]), np.array([-2.0, 1.0, 0.5, 0.1, -0.3])
        got, truth = tuple(map(float, _call(function, real, fake))), (0.75, 0.4)
        if np.allclose(got, truth):
            return None
        if np.allclose(got[-1], 1 - truth[-1]):
            return "a fake is called right where its logit is *not* above 0."
        return (
            f"for real logits {real.tolist()} and fake ones {fake.tolist()} it is {truth}; yours says {got}."
        )

    _grade(
        "return two shares: of the real chips whose logit is above 0, and of the fake ones whose logit is not.",
        hint,
        "one number for both would hide a discriminator that calls everything real.",
    )
