"""Chapter 0: ten minutes to a ship."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .grading import Wrong, call, grade, slip


def walk(function: Callable[..., Any]) -> None:
    """Grade exercise 0.1: `function(start, end, n)` is n points on the line between two draws, both included."""

    def hint():
        start, end = np.float32([0, 1, -2]), np.float32([4, 1, 6])
        share = np.linspace(0, 1, 5)[:, None]
        got = np.asarray(call(function, start, end, 5))
        if got.shape != (5, 3):
            return f"for n = 5 and draws of 3 numbers it should have the shape (5, 3); yours is {got.shape}."
        without_end = np.linspace(0, 1, 5, endpoint=False)[:, None]
        slips = (
            (share * start + (1 - share) * end, "the way is right, but it runs from the end to the start."),
            ((1 - without_end) * start + without_end * end, "the last point should be `end` itself."),
            (start + share * end, "that leaves `start` standing: give it less as you give `end` more."),
            (
                np.repeat(start[None], 5, 0),
                "all points are the start: let the share of `end` grow from 0 to 1.",
            ),
        )
        if wrong := slip(got, slips):
            return wrong
        if not np.allclose(got, (1 - share) * start + share * end, atol=1e-5):
            return (
                f"point k of n lies k / (n - 1) of the way; the middle of your five is {got[2].tolist()}, "
                f"where it should be {((start + end) / 2).tolist()}."
            )
        if got.dtype != np.float32:
            return f"the numbers are right and {got.dtype}; the network wants float32: .astype('float32')."
        return None

    grade(
        "return n points, from start to end.",
        hint,
        "the first point is the start, the last the end, and the steps are equal.",
    )


def larger(function: Callable[..., Any], most: int = 150_000) -> None:
    """Grade exercise 0.2: `function()` is a generator from 32 numbers to 80 x 80 pixels with at most `most` weights."""

    def hint():
        model = call(function)
        given, shape = _shape(model, "input_shape"), _shape(model, "output_shape")
        if given != (None, 32):
            return f"it should take 32 random numbers; yours takes {given[1:]}."
        if shape == (None, 40, 40, 3):
            return "that draws 40 x 40 pixels: 5 has to be doubled four times to reach 80."
        if len(shape) != 4 or shape[1:3] != (80, 80):
            return f"it should draw (80, 80, 3); yours draws {shape[1:]}. Count: 5 doubled four times is 80."
        if shape[3] != 3:
            return f"a picture has three channels, red, green and blue; yours has {shape[3]}."
        if model.count_params() > most:
            heaviest = max(model.layers, key=lambda layer: layer.count_params())
            return (
                f"right in size, but it has {model.count_params():,} weights; at most {most:,} are allowed. The most, "
                f"{heaviest.count_params():,}, are in its layer `{heaviest.name}`. A dense layer has about its numbers in "
                "times its numbers out; a convolution of 3 x 3 has 9 times the channels in times the channels out."
            )
        pixels = np.asarray(model(30 * np.random.default_rng(0).standard_normal((8, 32), np.float32)))
        if np.abs(pixels).max() > 1:
            return "its pixels go beyond -1 and 1: `tanh` belongs at the end."
        if pixels.min() >= 0:
            return "its pixels never go below 0; `tanh` reaches from -1 to 1, a sigmoid only from 0 to 1."
        if np.ptp(pixels, axis=0).max() < 1e-3:
            return "it draws the same picture from all random numbers."
        return None

    grade(
        "return a keras.Sequential that draws 80 x 80 pixels.",
        hint,
        "32 numbers in, 80 x 80 pixels out, between -1 and 1, and small.",
    )


def _shape(model: Any, which: str):
    if not hasattr(model, which):
        raise Wrong(
            f"expected a keras model that knows its sizes; found {type(model).__name__}. A Sequential knows them when it "
            "begins with keras.Input((32,))."
        )
    return getattr(model, which)
