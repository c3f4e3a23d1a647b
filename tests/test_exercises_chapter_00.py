import keras
import numpy as np
import pytest
from keras import layers

from satgan_tutorial import exercises

pytestmark = pytest.mark.once


def between(start, end, n, first=0.0):
    share = np.linspace(first, 1, n, dtype=np.float32)[:, None]
    return (1 - share) * start + share * end


WALKS = [
    (lambda start, end, n: ..., "To do"),
    (between, "Right"),
    (lambda start, end, n: between(end, start, n), "Not yet: the way is right, but it runs from"),
    (lambda start, end, n: between(start, end, n + 1)[:-1], "Not yet: the last point should be"),
    (lambda start, end, n: start + between(0 * end, end, n), "Not yet: that leaves `start` standing"),
    (lambda start, end, n: np.stack([start] * n), "Not yet: all points are the start"),
    (lambda start, end, n: between(start, end, n) ** 3, "Not yet: point k of n"),
    (lambda start, end, n: between(start, end, n + 1), "Not yet: for n = 5 and draws of 3 numbers"),
    (lambda start, end, n: np.float64(between(start, end, n)), "Not yet: the numbers are right and float64"),
    (lambda start, end, n: start[100], "Not yet: your answer raised IndexError"),
]


@pytest.mark.parametrize(("answer", "verdict"), WALKS)
def test_a_walk_is_graded(answer, verdict, capsys):
    exercises.walk(answer)
    assert capsys.readouterr().out.startswith(verdict)


def drawer(ups=4, filters=4, inputs=32, channels=3, activation="tanh", dense=4):
    stack = [keras.Input((inputs,)), layers.Dense(25 * dense), layers.Reshape((5, 5, dense))]
    for _ in range(ups):
        stack += [layers.UpSampling2D(), layers.Conv2D(filters, 3, padding="same", activation="relu")]
    return keras.Sequential([*stack, layers.Conv2D(channels, 3, padding="same", activation=activation)])


def constant():
    return keras.Sequential(
        [
            keras.Input((32,)),
            layers.Dense(19200, "tanh", kernel_initializer="zeros"),
            layers.Reshape((80, 80, 3)),
        ]
    )


DRAWERS = [
    (lambda: ..., "To do"),
    (drawer, "Right"),
    (lambda: drawer(3), "Not yet: that draws 40 x 40"),
    (lambda: drawer(2), "Not yet: it should draw (80, 80, 3); yours draws (20, 20, 3)"),
    (lambda: drawer(inputs=64), "Not yet: it should take 32 random numbers; yours takes (64,)"),
    (lambda: drawer(channels=1), "Not yet: a picture has three channels"),
    (lambda: drawer(filters=128), "Not yet: right in size, but it has"),
    (lambda: drawer(activation=None), "Not yet: its pixels go beyond"),
    (lambda: drawer(activation="sigmoid"), "Not yet: its pixels never go below 0"),
    (constant, "Not yet: right in size, but it has 633,600"),
    (lambda: "a model", "Not yet: expected a keras model"),
]


@pytest.mark.parametrize(("answer", "verdict"), DRAWERS)
def test_a_larger_generator_is_graded(answer, verdict, capsys):
    exercises.larger(answer)
    assert capsys.readouterr().out.startswith(verdict)


def test_the_heaviest_layer_of_too_many_weights_is_named(capsys):
    exercises.larger(lambda: drawer(filters=20, dense=200))
    heaviest = capsys.readouterr().out
    assert "dense" in heaviest.split("in its layer `")[1].split("`")[0], heaviest


def test_a_generator_without_an_input_is_told_what_to_begin_with(capsys):
    exercises.larger(lambda: keras.Sequential([layers.Dense(4)]))
    assert "begins with keras.Input((32,))" in capsys.readouterr().out


def test_a_generator_that_draws_one_picture_is_told(capsys):
    model = drawer()
    model.layers[0].kernel.assign(0 * model.layers[0].kernel)
    model.layers[0].bias.assign(1 + 0 * model.layers[0].bias)
    exercises.larger(lambda: model)
    assert "the same picture" in capsys.readouterr().out
