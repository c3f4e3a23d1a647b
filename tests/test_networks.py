import keras
import numpy as np
import pytest

from satgan_tutorial import networks, post
from satgan_tutorial.models import fold

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("build", "parameters"), [(post.generator, 4_741_635), (post.discriminator, 452_353)]
)
def test_the_posts_networks_have_the_posts_parameters(build, parameters):
    assert build().count_params() == parameters


def test_the_posts_networks_layer_by_layer():
    generator, discriminator = post.generator(), post.discriminator()
    assert [layer.count_params() for layer in generator.layers if layer.count_params()] == [
        2_073_600, 204_928, 262_272, 524_544, 1_638_656, 37_635,
    ]  # fmt: skip
    assert [layer.count_params() for layer in discriminator.layers if layer.count_params()] == [
        12_544, 262_400, 131_200, 46_209,
    ]  # fmt: skip
    slopes = [
        layer.negative_slope
        for layer in generator.layers + discriminator.layers
        if hasattr(layer, "negative_slope")
    ]
    assert np.allclose(slopes, 0.3) and len(slopes) == 3


@pytest.mark.parametrize("build", [post.generator, post.discriminator])
def test_a_narrow_copy_has_a_quarter_of_the_posts_channels_everywhere(build):
    for wide, thin in zip(build().layers, build(base_filters=16).layers, strict=True):
        assert type(wide) is type(thin)
        if getattr(wide, "filters", 3) > 3:
            assert wide.filters == 4 * thin.filters and wide.kernel_size == thin.kernel_size


@pytest.mark.parametrize("size", [12, 40, 80])
def test_the_posts_networks_fit_each_other_at_any_size(size):
    noise = np.random.default_rng(0).standard_normal((2, 7), np.float32)
    images = post.generator(size, latent_dim=7)(noise)
    assert images.shape == (2, size, size, 3)
    assert -1 <= np.min(images) < 0 < np.max(images) <= 1
    verdict = post.discriminator(size)(images)
    assert verdict.shape == (2, 1) and 0 <= np.min(verdict) <= np.max(verdict) <= 1


@pytest.mark.parametrize("build", [post.generator, post.discriminator])
@pytest.mark.parametrize("size", [0, 2, 41])
def test_a_size_the_posts_networks_cannot_have_gets_a_sentence(build, size):
    with pytest.raises(ValueError, match=f"image_size is {size}; .* multiple of 4"):
        build(size)


def test_layer_costs_of_the_posts_generator():
    costs = networks.layer_costs(post.generator())
    assert costs.parameters.sum() == 4_741_635
    widest = costs.loc[costs.multiply_adds.idxmax()]
    assert widest.multiply_adds == 5 * 5 * 256 * 256 * 80 * 80 and widest.output == (80, 80, 256)
    assert round(costs.multiply_adds.sum() / 1e9, 2) == 11.75
    assert round(networks.layer_costs(post.discriminator()).multiply_adds.sum() / 1e9, 2) == 0.50


def test_layer_costs_count_a_depthwise_convolution_at_each_pixel_that_goes_out():
    model = keras.Sequential([keras.Input((9, 12, 3)), keras.layers.DepthwiseConv2D(5, use_bias=False)])
    assert networks.layer_costs(model).multiply_adds.tolist()[-1] == 5 * 8 * 5 * 5 * 3


@pytest.mark.parametrize("build", [post.generator, post.discriminator])
def test_the_lost_activations_come_back_after_each_convolution_and_cost_nothing(build):
    bare, whole = build(), build(activations=True)
    for layer, after in zip(whole.layers, whole.layers[1:], strict=False):
        if getattr(layer, "filters", 0) > 3:
            assert isinstance(after, keras.layers.LeakyReLU) and np.isclose(after.negative_slope, 0.3)
    added = len(whole.layers) - len(bare.layers)
    assert added == (3 if build is post.generator else 2)
    costs = [networks.layer_costs(model) for model in (bare, whole)]
    assert costs[0].parameters.sum() == costs[1].parameters.sum()
    assert costs[0].multiply_adds.sum() == costs[1].multiply_adds.sum()
    learning = [c[c.parameters > 0].reset_index(drop=True) for c in costs]
    assert learning[0].equals(learning[1])


@pytest.mark.parametrize(("build", "convolutions"), [(post.generator, 4), (post.discriminator, 3)])
@pytest.mark.parametrize("activations", [False, True])
def test_the_posts_convolutions_in_a_row_are_one_affine_map_without_activations(
    build, convolutions, activations
):
    model, rng = build(12, activations=activations), np.random.default_rng(0)
    model.set_weights([rng.normal(0, 0.1, w.shape) for w in model.get_weights()])
    wide = [i for i, layer in enumerate(model.layers) if getattr(layer, "filters", 0) > 3]
    assert len(wide) == convolutions
    inside = model.layers[wide[0] : wide[-1] + 1]
    chain = keras.Sequential([keras.Input(inside[0].input.shape[1:]), *inside])
    a, b = rng.standard_normal((2, *chain.input_shape[1:]), np.float32)
    both, zero, fa, fb = np.asarray(chain(np.stack([a + b, 0 * a, a, b])))
    error = np.abs(both + zero - fa - fb).max() / np.abs(fa).max()
    assert (error > 0.01) if activations else (error < 1e-4)


@pytest.mark.parametrize("upsampling", networks.UPSAMPLINGS)
@pytest.mark.parametrize("size", [16, 80])
def test_the_books_networks_fit_each_other(size, upsampling):
    generator = networks.generator(4, size, latent_dim=7, upsampling=upsampling)
    images = generator(np.random.default_rng(0).standard_normal((2, 7), np.float32))
    assert images.shape == (2, size, size, 3)
    assert -1 <= np.min(images) < 0 < np.max(images) <= 1
    for options in ({}, {"blocks": False}, {"batch_norm": True}, {"spectral_norm": True}):
        assert networks.discriminator(4, size, **options)(images).shape == (2, 1)


def test_the_sub_pixel_layer_and_the_blocks_undo_each_other():
    there = keras.Sequential([keras.Input((8, 8, 12)), *networks._depth_to_space(8, 3)])
    back = keras.Sequential([keras.Input((16, 16, 3)), *networks._space_to_depth(8)])
    blocks = np.random.default_rng(0).random((2, 8, 8, 12), np.float32)
    image = np.asarray(there(blocks))
    assert np.array_equal(back(image), blocks)
    assert np.array_equal(image[0, 2:4, 4:6], blocks[0, 1, 2].reshape(2, 2, 3))


@pytest.mark.parametrize("upsampling", networks.UPSAMPLINGS)
def test_a_folded_generator_makes_the_same_images(upsampling):
    generator = networks.generator(4, 16, 8, upsampling, batch_norm=True)
    rng = np.random.default_rng(0)
    generator.set_weights([w + rng.uniform(0, 0.03, w.shape) for w in generator.get_weights()])
    folded = fold(generator)
    noise = rng.standard_normal((4, 8), np.float32)
    assert np.std(generator(noise)) > 0.02
    np.testing.assert_allclose(folded(noise), generator(noise), atol=1e-5)
    assert not any(isinstance(layer, keras.layers.BatchNormalization) for layer in folded.layers)
    plain = networks.generator(4, 16, 8, upsampling)
    np.testing.assert_allclose(fold(plain)(noise), plain(noise), atol=1e-5)


@pytest.mark.parametrize(("size", "start"), [(8, 1), (20, 5), (24, 3), (40, 5), (60, 15)])
@pytest.mark.parametrize("upsampling", networks.UPSAMPLINGS)
def test_the_books_networks_draw_and_read_every_size_that_is_a_multiple_of_4(size, start, upsampling):
    generator = networks.generator(2, size, 8, upsampling)
    assert generator.output_shape == (None, size, size, 3)
    assert (
        next(x for x in generator.layers if isinstance(x, keras.layers.Reshape)).target_shape[0]
        == start
        == (size // 2 ** networks.doublings(size))
    )
    discriminator = networks.discriminator(2, size, blocks=upsampling != "transposed")
    assert discriminator.input_shape == (None, size, size, 3) and discriminator.output_shape == (None, 1)


def test_what_the_books_networks_cannot_be_gets_a_sentence():
    for build in (networks.generator, networks.discriminator):
        for size in (-4, 0, 42):
            with pytest.raises(ValueError, match=f"image_size is {size}; it must be a multiple of 4"):
                build(image_size=size)
    with pytest.raises(ValueError, match="bilinear"):
        networks.generator(upsampling="bilinear")


def test_resize_and_convolve_in_one_is_the_two_layers():
    one = keras.Sequential([keras.Input((5, 6, 3)), networks.ResizeConv2D(4)])
    two = keras.Sequential(
        [keras.Input((5, 6, 3)), keras.layers.UpSampling2D(2), keras.layers.Conv2D(4, 3, padding="same")]
    )
    rng = np.random.default_rng(0)
    two.set_weights([rng.standard_normal(w.shape) for w in two.get_weights()])
    one.set_weights(two.get_weights())
    x = rng.standard_normal((2, 5, 6, 3), np.float32)
    assert one.output_shape == two.output_shape == (None, 10, 12, 4)
    np.testing.assert_allclose(one(x), two(x), atol=1e-5)
    costs = [networks.layer_costs(model).multiply_adds.sum() for model in (one, two)]
    assert costs == [10 * 12 * 4 * 3 * 4, 10 * 12 * 9 * 3 * 4]
    again = keras.Sequential.from_config(one.get_config())
    assert again.output_shape == one.output_shape


def test_grain_is_even_noise_half_of_it_smooth():
    sheets = networks.grain_sheets(80, 80, 6)
    assert sheets.dtype == np.float32 and sheets.shape == (80, 80, 6)
    np.testing.assert_allclose(sheets.mean((0, 1)), 0, atol=0.05)
    np.testing.assert_allclose(sheets.std((0, 1)), 1, atol=0.05)
    alike = np.corrcoef(sheets.reshape(-1, 6).T) - np.eye(6)
    assert np.abs(alike).max() < 0.06
    beside = [np.corrcoef(sheet[:, 1:].ravel(), sheet[:, :-1].ravel())[0, 1] for sheet in sheets.T]
    np.testing.assert_allclose(beside, [0, 2 / 3] * 3, atol=0.05)
    assert sheets[0, 0, 0] == np.float32(-np.sqrt(3))  # the hash of 0 is 0


def test_grain_leaves_the_first_channels_and_multiplies_the_last():
    x = np.random.default_rng(0).standard_normal((2, 8, 8, 5), np.float32)
    y = np.asarray(networks.Grain(3)(x))
    np.testing.assert_array_equal(y[..., :2], x[..., :2])
    np.testing.assert_allclose(y[..., 2:], x[..., 2:] * networks.grain_sheets(8, 8, 3), rtol=1e-6)


def test_a_generator_with_grain_is_folded_and_stored_like_any_other(tmp_path):
    generator = networks.generator(4, 16, 8, "resize_conv", batch_norm=True, grain=4)
    folded = fold(generator)
    noise = np.random.default_rng(0).standard_normal((3, 8), np.float32)
    np.testing.assert_allclose(folded(noise), generator(noise, training=False), atol=1e-5)
    folded.save(tmp_path / "grain.keras")
    np.testing.assert_array_equal(keras.saving.load_model(tmp_path / "grain.keras")(noise), folded(noise))


@pytest.mark.parametrize("own", [0, 1])
def test_a_settled_generator_draws_what_the_other_draws_when_asked(own):
    generator = networks.generator(4, 16, 8, "resize_conv", batch_norm=True, conditions=own + 3)
    rng = np.random.default_rng(0)
    noise, wish, last = rng.normal(size=(5, 8)), rng.normal(size=(5, own)), rng.normal(size=3)
    noise, wish, last = noise.astype("float32"), wish.astype("float32"), last.astype("float32")
    asked = generator([noise, np.concatenate([wish, np.tile(last, (5, 1))], axis=1)])
    settled = networks.settle(generator, last)
    np.testing.assert_allclose(settled([noise, wish] if own else noise), asked, atol=1e-5)
    assert len(settled.inputs) == 1 + own
