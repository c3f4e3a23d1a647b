"""Chapter 6: the networks of the post."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from .grading import call, grade

if TYPE_CHECKING:
    import keras

Layer = tuple[str, int, int, int]  # kind, kernel, stride, filters

LATENT, SIDE, BUDGET = 80, 40, 100_000  # what the reader's generator starts from, draws, and may weigh


def patches(function: Callable[..., Any]) -> None:
    """Grade exercise 6.1: `function(kernel, stride)` is the fewest and the most terms of an output pixel."""

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
        "return the fewest and the most terms of a pixel that a transposed convolution puts out, away from "
        "the border.",
        hint,
        "they are equal where the stride divides the kernel, and only there.",
    )


def costs(function: Callable[..., Any]) -> None:
    """Grade exercise 6.2: `function(side, channels, layers)` lists parameters and multiply-adds, a pair a layer."""

    def hint():
        for side, channels, layers in (
            (8, 3, [("conv", 5, 1, 4)]),
            (8, 3, [("conv", 4, 2, 5)]),
            (8, 3, [("transposed", 4, 2, 5)]),
            (6, 2, [("conv", 3, 1, 4), ("transposed", 4, 2, 7), ("transposed", 2, 3, 5), ("conv", 4, 2, 3)]),
        ):
            got = [tuple(np.ravel(pair)) for pair in call(function, side, channels, layers)]
            if any(len(pair) != 2 for pair in got) or len(got) != len(layers):
                return (
                    f"return a list with a pair for each layer, (parameters, multiply_adds); for {len(layers)} layers yours "
                    f"returns {len(got)} entries: {got}."
                )
            if got != count(side, channels, layers):
                return _what_was_overlooked(got, side, channels, layers)
        return None

    grade(
        "return a list of pairs (parameters, multiply_adds), one for each layer; keep track of `side` and `channels` as you "
        "go from layer to layer.",
        hint,
        "you can now price any stack of convolutions before you build it.",
    )


def count(
    side: int,
    channels: int,
    layers: list[Layer],
    *,
    biases: str = "out",
    sides: int = 2,
    over: str = "",
    keep: str = "",
) -> list[tuple[int, int]]:
    """Parameters and multiply-adds of each layer; what follows `layers` are the usual slips, none by default.

    Args:
        side: pixels a side of what comes in.
        channels: of what comes in.
        layers: of each ("conv" or "transposed", kernel, stride, filters), padded as "same".
        biases: one for each channel that comes "out" or "in", or "none".
        sides: of a kernel and of an image.
        over: the pixels that every layer goes over, "in" or "out"; by default those that each kind goes over.
        keep: "side" or "channels", what is not carried on from layer to layer.
    """
    found = []
    for kind, kernel, stride, filters in layers:
        after = side * stride if kind == "transposed" else math.ceil(side / stride)
        weights = kernel**sides * channels * filters
        pixels = (side if (over or {"conv": "out", "transposed": "in"}[kind]) == "in" else after) ** sides
        found.append((weights + {"out": filters, "in": channels, "none": 0}[biases], weights * pixels))
        side = side if keep == "side" else after
        channels = channels if keep == "channels" else filters
    return found


SLIPS = (
    ({"biases": "none"}, "each channel that comes out has one bias too."),
    ({"biases": "in"}, "the biases belong to the channels that come *out*, one each."),
    ({"sides": 1}, "kernels and images have two sides: square both."),
    (
        {"over": "out"},
        "a transposed convolution goes over the pixels that come *in*: there are fewer of them.",
    ),
    ({"over": "in"}, "a convolution computes only the pixels that it puts *out*: its stride saves work."),
    ({"keep": "channels"}, "the channels that come out of a layer go into the next one: update `channels`."),
    ({"keep": "side"}, "a stride changes the size of the image for the layers after it: update `side`."),
)


def _what_was_overlooked(got: list, side: int, channels: int, layers: list[Layer]) -> str:
    for slip, why in SLIPS:
        if got == count(side, channels, layers, **slip):
            return why
    at, truth = next(
        (i, pair) for i, pair in enumerate(count(side, channels, layers)) if tuple(got[i]) != pair
    )
    kind, kernel, stride, filters = layers[at]
    return (
        f"for {side} x {side} pixels of {channels} channels, layer {at + 1} ({kind}, kernel {kernel}, stride {stride}, "
        f"{filters} filters) has {truth[0]} parameters and {truth[1]} multiply-adds, your function says {got[at][0]:g} and "
        f"{got[at][1]:g}."
    )


ROUNDING = "it is affine: sums of 32-bit numbers agree only to rounding, which grows with the numbers. Allow a share of the outputs."
SIGNS = "draw numbers of both signs, and a and b too."
# By what f does: f, whether it is affine, and what to say where the answer is wrong.
AFFINE = {
    "x / 3": (lambda x: x / np.float32(3), True, ROUNDING),
    "1e4 * x": (lambda x: np.float32(1e4) * x, True, ROUNDING),
    "x reversed and summed up": (lambda x: np.cumsum(x[::-1]), True, ROUNDING),
    "0 * x": (lambda x: 0 * x, True, "it is affine, though all is 0: compare with <= rather than <."),
    "3x + 0.75": (lambda x: 3 * x + np.float32(0.75), True, "it is affine: remember f(0)."),
    "relu(x)": (lambda x: np.maximum(x, 0), False, SIGNS),
    "leaky(x)": (lambda x: np.maximum(x, 0.2 * x), False, SIGNS),
    "x * x": (lambda x: x * x, False, "a square is not affine."),
    "1e-6 * x * x": (
        lambda x: np.float32(1e-6) * x * x,
        False,
        "a small curve counts too: compare with a share of the outputs, not with a fixed number.",
    ),
    "relu(x + 50)": (
        lambda x: np.maximum(x + 50, 0),
        False,
        "its bend is far from 0: try larger vectors as well.",
    ),
}


def is_affine(function: Callable[..., Any]) -> None:
    """Grade exercise 6.3: `function(f, shape)` says whether f is affine on arrays of that shape, to rounding."""

    def hint():
        for name, (f, truth, why) in AFFINE.items():
            got = np.asarray(call(function, f, (5,)))
            if got.dtype != bool or got.ndim:
                return "return one True or False."
            if got != truth:
                return f"your function says {bool(got)} of f(x) = {name}: {why}"
        return None

    grade(
        "return whether f(a x + b y) - f(0) equals a (f(x) - f(0)) + b (f(y) - f(0)), for random x and y of several sizes "
        "and random a and b, up to rounding.",
        hint,
        "a no is a proof; a yes has been tried at many places and sizes.",
    )


def small_generator(build: Callable[[], keras.Model]) -> None:
    """Grade exercise 6.4: `build()` makes a generator of at most BUDGET weights, LATENT numbers to SIDE x SIDE x 3."""

    def hint():
        model = call(build)
        if not hasattr(model, "count_params"):
            return f"return a Keras model; yours returns a {type(model).__name__}."
        return (
            _wrong_shape(model)
            or _too_heavy(model)
            or _bare_convolution(model)
            or _wrong_range(model)
            or _deaf(model)
        )

    grade(
        f"return a Keras model from {LATENT} numbers to {SIDE} x {SIDE} x 3, of at most {BUDGET:,} weights, with tanh at "
        "the end and an activation after the dense layer and each convolution.",
        hint,
        f"a generator within the budget: it draws {SIDE} x {SIDE} x 3 numbers between -1 and 1, a picture of its own for each noise.",
    )


def _wrong_shape(model: keras.Model) -> str | None:
    if not getattr(model, "inputs", None):
        return f"begin with keras.Input(({LATENT},)); your model does not say what it takes."
    if tuple(model.input_shape) != (None, LATENT):
        return f"begin with keras.Input(({LATENT},)); your model takes {model.input_shape}."
    if tuple(model.output_shape) != (None, SIDE, SIDE, 3):
        found = " x ".join(map(str, model.output_shape[1:]))
        why = " A Reshape turns a vector into a map."
        if len(model.output_shape) == 4:
            why = ' With padding="same" each stride of 2 doubles a side: 5, 10, 20, 40.'
        return f"the image should be {SIDE} x {SIDE} x 3; yours is {found}.{why}"
    return None


def _too_heavy(model: keras.Model) -> str | None:
    weights = model.count_params()
    if weights <= BUDGET:
        return None
    layers = [each for each in _each(model) if hasattr(each, "count_params")]
    heaviest = max(layers, key=lambda layer: layer.count_params())
    name, held = type(heaviest).__name__, heaviest.count_params()
    advice = {
        "Dense": "a Dense layer learns (inputs + 1) x outputs: begin with a smaller map, or with fewer channels.",
    }.get(name, "a convolution learns (k x k x channels in + 1) x channels out: take fewer channels.")
    return f"{weights:,} weights are more than {BUDGET:,}; {held:,} of them are in the {name} layer: {advice}"


def _bare_convolution(model: keras.Model) -> str | None:
    """What is said of the first convolution, or of the Dense layer, that reaches the next one with nothing that bends."""
    open_layer = None
    for layer in _each(model):
        kernel = hasattr(layer, "kernel")
        if kernel and open_layer:
            return (
                f"between the {open_layer} and the {type(layer).__name__} after it there is no activation, so the two are "
                "one affine map."
            )
        if kernel:
            open_layer = type(layer).__name__
        if _bends(layer):
            open_layer = None
    if open_layer:
        return f"the last {open_layer} has no activation: tanh keeps the pixels between -1 and 1."
    return None


def _each(model: keras.Model) -> Iterator[Any]:
    """Layers and functions of `keras.ops` in order, those of models inside the model among them."""
    for each in getattr(model, "operations", model.layers):
        if hasattr(each, "layers"):
            yield from _each(each)
        else:
            yield each


BENDING = {"leakyrelu", "relu", "prelu", "elu", "selu", "gelu", "silu", "softplus", "tanh", "sigmoid"}


def _bends(layer: Any) -> bool:
    own = getattr(layer, "activation", None)
    if own is not None:
        return getattr(own, "__name__", "") != "linear"
    return type(layer).__name__.lower() in BENDING


def _wrong_range(model: keras.Model) -> str | None:
    pixels = np.asarray(model(100 * _noise()))
    if np.abs(pixels).max() > 1:
        return f"with loud noise your pixels reach {np.abs(pixels).max():.1f}; end in tanh, which stays between -1 and 1."
    if pixels.min() >= 0:
        return "your pixels are never below 0; tanh reaches from -1 to 1, as the real chips do."
    return None


def _deaf(model: keras.Model) -> str | None:
    pixels = np.asarray(model(_noise()))
    if np.ptp(pixels, axis=0).max() == 0:
        return "every noise gives the same picture; the noise has to reach the image."
    return None


def _noise() -> np.ndarray:
    return np.random.default_rng(0).standard_normal((4, LATENT)).astype(np.float32)
