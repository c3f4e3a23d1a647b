"""Chapter 6: the networks of the post."""

import numpy as np

from .grading import call, grade


def conv_parameters(function) -> None:
    """Grade exercise 6.1: `function(kernel, inputs, outputs)` counts the parameters of a convolution with biases."""

    def hint():
        for kernel, inputs, outputs in ((5, 64, 128), (7, 256, 3), (1, 1, 1)):
            got, weights = call(function, kernel, inputs, outputs), kernel * kernel * inputs * outputs
            if got == weights + outputs:
                continue
            if got == weights:
                return "those are the weights; each of the output channels has one bias too."
            if got == (kernel * inputs + 1) * outputs:
                return "a kernel has two sides: it covers kernel x kernel pixels."
            return f"for kernel {kernel}, {inputs} channels in and {outputs} out your function says {got}."
        return None

    grade(
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
        return next((text for f, truth, text in cases if bool(call(function, f, a, b)) != truth), None)

    grade(
        "return whether f(a + b) + f(0) equals f(a) + f(b) to rounding (np.allclose helps).",
        hint,
        "this one line tells a chain of layers that is only one map from a network.",
    )
