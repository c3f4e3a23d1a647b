from functools import partial

import keras
import numpy as np
import pytest
from keras import layers

from satgan_tutorial import exercises, networks
from satgan_tutorial.exercises.chapter_06 import SLIPS, count


def patches(kernel, stride):
    return (kernel // stride) ** 2, (-(-kernel // stride)) ** 2


def affine(f, shape, scales=(1e-4, 1.0, 100.0, 10_000.0), draw=None, close=None, zero=True):
    """The right answer, or one of the usual wrong ones."""
    rng = np.random.default_rng(0)
    draw = draw or (lambda *size: rng.standard_normal(size))
    close = close or (lambda a, b, size: np.abs(a - b).max() <= 1e-4 * size)
    base = f(np.zeros(shape, np.float32)) if zero else 0
    for scale in scales:
        for _ in range(3):
            x, y = (scale * draw(2, *shape)).astype(np.float32)
            a, b = draw(2).astype(np.float32)
            left, right = f(a * x + b * y) - base, a * (f(x) - base) + b * (f(y) - base)
            if not close(left, right, max(np.abs(f(x)).max(), np.abs(f(y)).max(), np.abs(left).max())):
                return False
    return True


def rounded(a, b, size):
    return np.allclose(a, b, rtol=0, atol=1e-5)


def exact(a, b, size):
    return np.array_equal(a, b)


def positive(*size):
    return np.random.default_rng(0).random(size)


def stack(*inside, first=None, last="tanh", latent=80):
    """A small generator, or one with something wrong in it."""

    def build():
        return keras.Sequential(
            [
                keras.Input((latent,)),
                *(first or [layers.Dense(5 * 5 * 16, activation="relu"), layers.Reshape((5, 5, 16))]),
                *(inside or up()),
                layers.Conv2D(3, 3, padding="same", activation=last),
            ]
        )

    return build


def functional(bend):
    """A small generator in Keras' functional form, bent by a function between its layers."""

    def build():
        z = keras.Input((80,))
        x = layers.Reshape((5, 5, 16))(bend(layers.Dense(5 * 5 * 16)(z)))
        for layer in up(activation=None):
            x = bend(layer(x))
        return keras.Model(z, keras.ops.tanh(layers.Conv2D(3, 3, padding="same")(x)))

    return build


def up(times=3, **settings):
    settings = {"activation": "relu"} | settings
    return [layers.Conv2DTranspose(16, 4, strides=2, padding="same", **settings) for _ in range(times)]


def deaf():
    model = stack()()
    for layer in model.layers:
        if hasattr(layer, "kernel"):
            layer.kernel.assign(0 * layer.kernel)
            layer.bias.assign(-0.5 + 0 * layer.bias)
    return model


CASES = [
    (exercises.patches, lambda *a: ..., "To do"),
    (exercises.patches, lambda k, s: patches(k, s)[::-1], "Not yet: those are the two, but"),
    (exercises.patches, lambda k, s: (k // s, -(-k // s)), "Not yet: that is along one side"),
    (exercises.patches, lambda k, s: (k // s,), "Not yet: return two numbers"),
    (exercises.patches, lambda k, s: k // s, "Not yet: return two numbers"),
    (exercises.patches, lambda k, s: (1, 4), "Not yet: For kernel 4 and stride 2"),
    (exercises.patches, lambda k, s: patches(max(k, s), s), "Not yet: a pixel between two patches"),
    (exercises.patches, patches, "Right"),
    (exercises.costs, ..., "To do"),
    (exercises.costs, lambda *a: None, "To do"),
    (exercises.costs, lambda *a: [3], "Not yet: return a list with a pair"),
    (exercises.costs, lambda *a: [], "Not yet: return a list with a pair"),
    (exercises.costs, lambda *a: count(*a)[:1], "Not yet: return a list with a pair"),
    (exercises.costs, lambda *a: [(1, 2)] * len(a[2]), "Not yet: for 8 x 8 pixels of 3 channels, layer 1"),
    (exercises.costs, lambda *a: a[0] / 0, "Not yet: your answer raised ZeroDivisionError"),
    *((exercises.costs, partial(count, **slip), f"Not yet: {why}") for slip, why in SLIPS),
    (exercises.costs, count, "Right"),
    (exercises.is_affine, lambda f, shape: None, "To do"),
    (exercises.is_affine, lambda f, shape: np.ptp(f(np.ones(shape))), "Not yet: return one True or False"),
    (exercises.is_affine, lambda f, shape: f(np.ones(shape)) > 0, "Not yet: return one True or False"),
    (exercises.is_affine, lambda f, shape: True, "Not yet: your function says True of f(x) = relu(x)"),
    (
        exercises.is_affine,
        partial(affine, zero=False),
        "Not yet: your function says False of f(x) = 3x + 0.75: it is affine: remember f(0)",
    ),
    (
        exercises.is_affine,
        partial(affine, draw=positive),
        "Not yet: your function says True of f(x) = relu(x): draw numbers of both signs",
    ),
    (
        exercises.is_affine,
        partial(
            affine, close=lambda a, b, size: np.abs(a - b).max() <= 1e-4 * size + 1e-5, scales=(0.01, 0.3)
        ),
        "Not yet: your function says True of f(x) = 1e-6 * x * x",
    ),
    (
        exercises.is_affine,
        partial(affine, scales=(1e-4, 1.0)),
        "Not yet: your function says True of f(x) = relu(x + 50)",
    ),
    (
        exercises.is_affine,
        partial(affine, close=exact),
        "Not yet: your function says False of f(x) = x / 3: it is affine: sums of 32-bit",
    ),
    (
        exercises.is_affine,
        partial(affine, close=rounded),
        "Not yet: your function says False of f(x) = x / 3: it is affine: sums of 32-bit",
    ),
    (
        exercises.is_affine,
        partial(affine, close=lambda a, b, size: np.abs(a - b).max() < 1e-4 * size),
        "Not yet: your function says False of f(x) = 0 * x",
    ),
    (exercises.is_affine, affine, "Right"),
    (exercises.small_generator, lambda: ..., "To do"),
    (exercises.small_generator, lambda: 3, "Not yet: return a Keras model"),
    (exercises.small_generator, stack(latent=64), "Not yet: begin with keras.Input((80,))"),
    (
        exercises.small_generator,
        stack(*up(2)),
        "Not yet: the image should be 40 x 40 x 3; yours is 20 x 20 x 3. With padding",
    ),
    (exercises.small_generator, lambda: keras.Sequential(up()), "Not yet: begin with keras.Input((80,))"),
    (
        exercises.small_generator,
        lambda: keras.Sequential([keras.Input((80,)), layers.Dense(4800, activation="tanh")]),
        "Not yet: the image should be 40 x 40 x 3; yours is 4800. A Reshape",
    ),
    (
        exercises.small_generator,
        lambda: keras.Sequential(
            [keras.Input((80,)), layers.Dense(4800, activation="tanh"), layers.Reshape((40, 40, 3))]
        ),
        "Not yet: 388,800 weights are more than 100,000; 388,800 of them are in the Dense",
    ),
    (
        exercises.small_generator,
        stack(layers.Conv2D(256, 5, padding="same", activation="relu"), *up()),
        "Not yet: 209,267 weights are more than 100,000; 102,656 of them are in the Conv2D",
    ),
    (
        exercises.small_generator,
        stack(*up(activation=None)),
        "Not yet: between the Conv2DTranspose and the Conv2DTranspose after it",
    ),
    (
        exercises.small_generator,
        stack(first=[layers.Dense(400), layers.Reshape((5, 5, 16))]),
        "Not yet: between the Dense and the Conv2DTranspose",
    ),
    (
        exercises.small_generator,
        stack(*[keras.Sequential([layer]) for layer in up(activation=None)]),
        "Not yet: between the Conv2DTranspose and the Conv2DTranspose after it",
    ),
    (
        exercises.small_generator,
        functional(lambda x: x),
        "Not yet: between the Dense and the Conv2DTranspose",
    ),
    (exercises.small_generator, functional(lambda x: keras.ops.leaky_relu(x, 0.2)), "Right"),
    (exercises.small_generator, stack(last=None), "Not yet: the last Conv2D has no activation"),
    (exercises.small_generator, stack(last="leaky_relu"), "Not yet: with loud noise your pixels reach"),
    (exercises.small_generator, stack(last="sigmoid"), "Not yet: your pixels are never below 0"),
    (exercises.small_generator, deaf, "Not yet: every noise gives the same picture"),
    (exercises.small_generator, stack(), "Right"),
    (
        exercises.small_generator,
        stack(*[each for layer in up(activation=None) for each in (layer, layers.LeakyReLU(0.2))]),
        "Right",
    ),
    (
        exercises.small_generator,
        lambda: networks.generator(6, 40, 80, "resize_conv", batch_norm=True),
        "Right",
    ),
]


@pytest.mark.parametrize(("grader", "answer", "verdict"), CASES)
def test_each_grader_tells_undone_wrong_and_right_apart(grader, answer, verdict, printed):
    assert printed(grader, answer).startswith(verdict)


def test_costs_are_those_of_the_layers():
    model = keras.Sequential(
        [
            keras.Input((10, 10, 3)),
            layers.Conv2D(4, 5, padding="same"),
            layers.Conv2DTranspose(6, 4, strides=2, padding="same"),
            layers.Conv2D(5, 4, strides=2, padding="same"),
        ]
    )
    found = networks.layer_costs(model)
    stack = [("conv", 5, 1, 4), ("transposed", 4, 2, 6), ("conv", 4, 2, 5)]
    assert count(10, 3, stack) == list(zip(found.parameters, found.multiply_adds, strict=True))
