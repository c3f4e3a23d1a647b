"""Chapter 6: the networks of the post."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .grading import call, grade


def conv_parameters(function: Callable[..., Any]) -> None:
    """Grade exercise 6.1: `function(kernel, inputs, outputs)` counts the parameters of a convolution with biases."""

    def hint():
        for kernel, inputs, outputs in ((5, 64, 128), (7, 256, 3), (1, 1, 1)):
            got, weights = call(function, kernel, inputs, outputs), kernel * kernel * inputs * outputs
            if got == weights + outputs:
                continue
            if got == weights:
                return "those are the weights; each of the output channels has one bias too."
            if got == weights + inputs:
                return "the biases belong to the channels that come out, one each."
            if got == (kernel * inputs + 1) * outputs:
                return "a kernel has two sides: it covers kernel x kernel pixels."
            return (
                f"for kernel {kernel}, {inputs} channels in and {outputs} out it is {weights + outputs}, "
                f"your function says {got}."
            )
        return None

    grade(
        "return the number of parameters of a convolution: a weight for each pixel under the kernel, each channel in "
        "and each channel out, and a bias for each channel out.",
        hint,
        "a convolution's parameters do not depend on the size of the image; its work does.",
    )


def transposed_work(function: Callable[..., Any]) -> None:
    """Grade exercise 6.2: the multiply-adds of a transposed convolution, from the size of what comes out."""

    def hint():
        for kernel, stride, inputs, outputs, height, width in (
            (4, 2, 3, 5, 8, 12),
            (5, 1, 2, 3, 6, 6),
            (5, 3, 1, 2, 9, 6),
        ):
            got = call(function, kernel, stride, inputs, outputs, height, width)
            weights, pixels = kernel * kernel * inputs * outputs, height * width
            if got == weights * pixels // stride**2:
                continue
            if got == weights * pixels:
                return "that goes over every pixel that comes out; count those that come in, before the upsampling."
            if got == weights * pixels // stride:
                return "a stride has two sides: both the height and the width were smaller before."
            return (
                f"for kernel {kernel}, stride {stride}, {inputs} channels in, {outputs} out and {height} x {width} pixels out "
                f"it is {weights * pixels // stride**2}, your function says {got}."
            )
        return None

    grade(
        "return the multiply-adds of a transposed convolution that puts out height x width pixels of `outputs` channels: "
        "all weights of its kernel, once for each pixel that comes in.",
        hint,
        "upsampling by s makes it s x s times cheaper than a convolution with the same kernel at full size.",
    )


def is_affine(function: Callable[..., Any]) -> None:
    """Grade exercise 6.3: `function(f, a, b)` says whether f(a + b) + f(0) = f(a) + f(b), to rounding."""

    def hint():
        a, b = np.array([1.0, -2.0, 0.25], np.float32), np.array([-3.0, 0.5, 0.75], np.float32)
        cases = (
            (lambda x: 3 * x + 0.75, True, "3x + 0.75 is affine: remember f(0)."),
            (lambda x: np.maximum(x, 0.3 * x), False, "a LeakyReLU is not affine."),
            (lambda x: x**2, False, "a square is not affine."),
            (
                lambda x: x * np.float32(1 / 3),
                True,
                "x / 3 is affine: float32 sums agree only to rounding, so allow for it.",
            ),
        )
        for f, truth, text in cases:
            got = np.asarray(call(function, f, a, b))
            if got.dtype != bool or got.ndim:
                return "return one True or False; np.allclose says that of two arrays."
            if got != truth:
                return text
        return None

    grade(
        "return whether f(a + b) + f(0) equals f(a) + f(b) to rounding (np.allclose helps).",
        hint,
        "this one line tells a chain of layers that is only one map from a network.",
    )


def patches(function: Callable[..., Any]) -> None:
    """Grade exercise 6.4: `function(kernel, stride)` is the fewest and the most input pixels that reach an output pixel."""

    def hint():
        for kernel, stride, truth in (
            (3, 2, (1, 4)),
            (4, 2, (4, 4)),
            (5, 2, (4, 9)),
            (5, 3, (1, 4)),
            (2, 3, (0, 1)),
        ):
            got = tuple(np.ravel(np.asarray(call(function, kernel, stride), float)))
            if len(got) != 2:
                return f"return two numbers, the fewest and the most; yours returns {len(got)}."
            if got == truth:
                continue
            if got == truth[::-1]:
                return "those are the two, but the fewest comes first."
            if got == tuple(count**0.5 for count in truth):
                return "that is along one side; an image has two, so both counts are squared."
            text = "a pixel between two patches gets none. " if 0 in truth else ""
            return f"{text}For kernel {kernel} and stride {stride} it is {truth[0]} to {truth[1]}, yours says {got[0]:g} to {got[1]:g}."
        return None

    grade(
        "return the fewest and the most input pixels that reach an output pixel of a transposed convolution, away from "
        "the border.",
        hint,
        "they are equal where the stride divides the kernel, and only there.",
    )
