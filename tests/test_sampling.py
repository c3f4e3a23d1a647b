"""Samples of any sampler, and batches: the same rows however they are dealt."""

import keras
import numpy as np
import pytest
from keras import layers

from satgan_tutorial import batching, sampling

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def painter():
    """From noise in the shape of an image to an image, and how wide a condition it takes."""
    keras.utils.set_random_seed(0)
    inputs = [keras.Input((4, 4, 3)), keras.Input((2,))]
    shift = layers.Reshape((1, 1, 3))(layers.Dense(3)(inputs[1]))
    return keras.Model(inputs, layers.Activation("tanh")(inputs[0] + shift))


def test_the_first_samples_are_those_of_fewer_and_batches_change_nothing(painter):
    condition = np.array([1.0, -1.0], np.float32)
    many = sampling.sample(painter, 7, 3, condition, batch_size=2)
    assert many.dtype == np.uint8 and many.shape == (7, 4, 4, 3)
    assert np.array_equal(many[:2], sampling.sample(painter, 2, 3, condition))
    assert not np.array_equal(many, sampling.sample(painter, 7, 4, condition))
    each = np.tile(condition, (7, 1))
    assert np.array_equal(many, sampling.sample(painter, 7, 3, each))
    noise = sampling.noise(7, (4, 4, 3), seed=3)
    assert np.array_equal(many, sampling.from_noise(painter, noise, each))
    assert sampling.sample(painter, 0, 3, condition).shape == (0, 4, 4, 3)


@pytest.mark.parametrize("condition", [None, np.zeros(3, np.float32), np.float32(1)])
def test_a_condition_that_is_missing_or_other_is_refused(painter, condition):
    with pytest.raises(sampling.ConditionError, match="this generator takes 2"):
        sampling.sample(painter, 1, 0, condition)


@pytest.mark.parametrize("wrong", [{"n": -1}, {"batch_size": 0}, {"batch_size": -1}])
def test_numbers_that_mean_nothing_are_refused(painter, wrong):
    with pytest.raises(ValueError, match="expected n from 0 and batches from 1"):
        sampling.sample(painter, **{"n": 1, "seed": 0, "condition": np.zeros(2, np.float32)} | wrong)


def test_a_forward_pass_in_batches_is_the_whole():
    rows = np.arange(10.0)
    assert np.array_equal(batching.forward(lambda x, y: x * y, rows, rows, batch_size=3), rows**2)
    with pytest.raises(ValueError, match="0 rows"):
        batching.forward(abs, rows[:0])
    with pytest.raises(ValueError, match="batches of 0"):
        batching.forward(abs, rows, batch_size=0)


@pytest.mark.parametrize(
    ("images", "says"),
    [
        (np.zeros((3, 8, 8, 3), np.float64), "float64"),
        (np.zeros((3, 8, 8, 3), np.uint16), "uint16"),
        (np.full((3, 8, 8, 3), 255.0, np.float32), "255"),
        (np.full((3, 8, 8, 3), np.nan, np.float32), "nan"),
        (np.zeros((8, 8, 3), np.uint8), r"\(8, 8, 3\)"),
        (np.zeros((0, 8, 8, 3), np.uint8), "empty"),
    ],
)
def test_images_that_no_network_expects_are_refused_at_the_door(images, says):
    with pytest.raises(ValueError, match=says):
        batching.shuffled(images, 2, 0)


def test_conditions_are_one_for_each_image():
    images = np.zeros((3, 8, 8, 3), np.uint8)
    with pytest.raises(ValueError, match="2 conditions for 3 images"):
        batching.shuffled(images, 2, 0, condition=np.zeros((2, 1), np.float32))
    with pytest.raises(ValueError, match="batch_size is 0"):
        batching.shuffled(images, 0, 0)


def test_noise_and_conditions_are_finite_and_seeds_are_given(painter):
    fine = np.zeros((2, 4, 4, 3), np.float32)
    for z, says in ((fine + np.nan, "not finite"), (fine[0], "shape"), (fine[..., :2], "shape")):
        with pytest.raises(ValueError, match=f"noise: found .*{says}"):
            sampling.from_noise(painter, z, np.zeros((len(z), 2), np.float32))
    with pytest.raises(sampling.ConditionError, match="not finite"):
        sampling.sample(painter, 1, 0, np.array([np.nan, 0]))
    for seed in (None, -1, 1.5, True, "a"):
        with pytest.raises(ValueError, match="seed: found"):
            sampling.noise(2, 3, seed)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"images": [[1, 2]]}, "found a list"),
        ({"images": np.ma.masked_less(np.ones((3, 8, 8, 3), np.uint8), 2)}, "hides values"),
        ({"condition": np.zeros(3, np.float32)}, "expected float32"),
        ({"condition": np.zeros((3, 1), int)}, "expected float32"),
        ({"condition": np.array([["0"], ["1"], ["0"]])}, "expected float32"),
        ({"condition": np.full((3, 1), np.nan, np.float32)}, "not finite"),
        ({"batch_size": 2.5}, "batch_size is 2.5"),
        ({"batch_size": True}, "batch_size is True"),
        ({"first_step": -1}, "first_step is -1"),
        ({"seed": None}, "seed: found None"),
        ({"seed": 1.5}, "seed: found 1.5"),
    ],
)
def test_a_training_is_shown_nothing_that_it_would_take_for_something_else(wrong, says):
    fine = {"images": np.zeros((3, 8, 8, 3), np.uint8), "batch_size": 2, "seed": 0}
    with pytest.raises(ValueError, match=says):
        batching.shuffled(**fine | wrong)
