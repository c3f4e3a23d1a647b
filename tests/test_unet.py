"""The velocity network of a flow on images: its shapes, its start, and who sees what."""

import keras
import numpy as np
import pytest
from keras import layers

from satgan_tutorial import recipes, unet

pytestmark = pytest.mark.once

SMALL = {"width": 4, "multipliers": (1,), "blocks": (1,)}


def given(size, n=2, conditions=0, seed=0):
    rng = np.random.default_rng(seed)
    shapes = [(n, size, size, 3), (n, 1)] + [(n, conditions)] * bool(conditions)
    return [rng.uniform(size=shape).astype(np.float32) for shape in shapes]


def stirred(model):
    """The model with no weight at zero, as it is after a training."""
    rng = np.random.default_rng(1)
    model.set_weights(
        [w + 0.1 * rng.standard_normal(w.shape).astype(np.float32) for w in model.get_weights()]
    )
    return model


@pytest.mark.slow
def test_the_recipes_network_is_small_enough_for_two_cores():
    recipe = recipes.get("flow")
    model = unet.unet(80, recipe.width, recipe.multipliers, recipe.blocks, recipe.attention)
    assert model.count_params() <= 3_500_000
    assert [tuple(x.shape) for x in model.inputs] == [(None, 80, 80, 3), (None, 1)]
    assert model.output_shape == (None, 80, 80, 3)


@pytest.mark.slow
@pytest.mark.parametrize("size", [8, 40])
def test_every_multiple_of_8_comes_out_as_it_went_in_and_is_still_at_the_start(size):
    model = unet.unet(size, 2, blocks=(1, 1, 1, 1))
    assert np.array_equal(model(given(size)), np.zeros((2, size, size, 3)))
    assert np.abs(stirred(model)(given(size))).max() > 0


@pytest.mark.parametrize(("size", "found"), [(80, 4), (16, 4), (48, 4), (40, 3), (24, 3), (8, 3)])
def test_an_image_has_the_levels_that_it_has_room_for(size, found):
    assert unet.levels(size, 4) == found and unet.levels(size, 2) == 2


@pytest.mark.parametrize("size", [0, 4, 20, 36, 79])
def test_another_size_is_refused(size):
    with pytest.raises(ValueError, match=f"image_size is {size}; .* multiples of 8"):
        unet.unet(size)
    with pytest.raises(ValueError, match="expected one of each a level"):
        unet.unet(16, blocks=(1, 1))


@pytest.mark.slow
def test_time_and_condition_change_the_velocity_and_a_file_keeps_the_network(tmp_path):
    model = stirred(unet.unet(16, **SMALL, conditions=3))
    x, t, c = given(16, conditions=3)
    v = np.asarray(model([x, t, c]))
    assert np.abs(model([x, t / 2, c]) - v).max() > 1e-3
    assert np.abs(model([x, t, c / 2]) - v).max() > 1e-3
    np.testing.assert_allclose(model([x[:1], t[:1], c[:1]]), v[:1], atol=1e-5)  # no image sees another
    model.save(tmp_path / "net.keras")
    np.testing.assert_allclose(keras.saving.load_model(tmp_path / "net.keras")([x, t, c]), v, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("attention", [True, False])
def test_with_attention_the_far_corner_sees_a_pixel(attention):
    model = stirred(unet.unet(40, 2, (1,), (1,), attention))
    x, t = given(40, n=1)
    other = x.copy()
    other[0, 0, 0] += 1
    moved = np.abs(np.asarray(model([x, t])) - np.asarray(model([other, t])))[0]
    assert moved[0, 0].max() > 0
    assert (moved[-1, -1].max() > 0) == attention


def test_the_first_convolution_sees_blocks_of_two_by_two():
    """6 x 6 pixels with a stride of 2 are 3 x 3 blocks: the same sum in another order."""
    x = np.random.default_rng(0).standard_normal((1, 8, 8, 3)).astype(np.float32)
    strided = layers.Conv2D(5, 6, strides=2, padding="same")
    expected = strided(x)
    blocks = x.reshape(1, 4, 2, 4, 2, 3).transpose(0, 1, 3, 2, 4, 5).reshape(1, 4, 4, 12)
    kernel = np.asarray(strided.kernel).reshape(3, 2, 3, 2, 3, 5).transpose(0, 2, 1, 3, 4, 5)
    found = keras.ops.conv(blocks, kernel.reshape(3, 3, 12, 5), padding="same")
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_waves_go_from_half_a_turn_to_sixty_four():
    waves = unet.Waves(8)
    seen = np.asarray(waves(np.array([[0.0], [1.0]], np.float32)))
    assert seen.shape == (2, 16)
    np.testing.assert_allclose(seen[0], [0] * 8 + [1] * 8, atol=1e-6)
    assert seen[1, 8] == pytest.approx(-1) and seen[1, 15] == pytest.approx(1, abs=1e-3)
    near = np.asarray(waves(np.array([[0.99], [1.0]], np.float32)))
    assert np.abs(near[0] - near[1]).max() > 0.5  # late times, a hundredth apart, look different
