"""Models in files: found by name, folder or file, and only what draws images is taken for what does."""

import keras
import numpy as np
import pytest
from keras import layers

from satgan_tutorial import classifier, models, networks, recipes

pytestmark = pytest.mark.once


def generator(activation="tanh", channels=3):
    stack = [layers.Dense(4 * 4 * channels, activation), layers.Reshape((4, 4, channels))]
    return keras.Sequential([keras.Input((5,)), *stack], name="painter")


def broken():
    model = generator()
    model.set_weights([np.full_like(weights, np.nan) for weights in model.get_weights()])
    return model


def test_a_model_is_found_by_name_folder_and_file(tmp_path):
    assert models.find("book", "real") == models.path("book", "real")
    (tmp_path / "run").mkdir()
    file = tmp_path / "run" / "generator.keras"
    with pytest.raises(models.UnknownModelError, match="no generator.keras in it"):
        models.find(str(tmp_path / "run"), "real")
    generator().save(file)
    assert models.find(str(tmp_path / "run"), "real") == models.find(str(file), "real") == file
    with pytest.raises(models.UnknownModelError, match="Did you mean book"):
        models.find("bok", "real")
    with pytest.raises(models.ModelError, match="judge for moon chips is not shipped"):
        models.path("judge", "moon")


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (classifier.build, "expected a generator of images"),
        (lambda: generator(channels=1), "images in colour"),
        (lambda: generator("sigmoid"), r"values from 0\.\d+ to 0\.\d+; expected -1 to 1"),
        (broken, "not finite"),
    ],
)
def test_what_draws_no_images_is_refused(model, says, tmp_path):
    model().save(tmp_path / "model.keras")
    with pytest.raises(models.ModelError, match=says):
        models.read_sampler(tmp_path / "model.keras")


@pytest.mark.slow
def test_a_checkpoint_draws_with_its_averages(tmp_path):
    small = recipes.replace(recipes.get("conditional"), base_filters=2, image_size=16, latent_dim=4)
    model = recipes.build(small)
    model.save(tmp_path / "checkpoint.keras")
    drawn = models.read_sampler(tmp_path / "checkpoint.keras")
    assert [x.shape[-1] for x in drawn.inputs] == [4, 1]
    for a, b in zip(drawn.get_weights(), model.sampler().get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("upsampling", networks.UPSAMPLINGS)
def test_a_folded_generator_draws_the_same_with_fewer_layers(upsampling):
    keras.utils.set_random_seed(1)
    model = networks.generator(4, 16, 6, upsampling, batch_norm=True, conditions=1)
    rng = np.random.default_rng(0)
    for norm in (layer for layer in model.layers if isinstance(layer, layers.BatchNormalization)):
        norm.set_weights([rng.uniform(0.5, 1.5, weights.shape) for weights in norm.get_weights()])
    folded = models.fold(model)
    inputs = [rng.standard_normal((3, 6)).astype(np.float32), np.ones((3, 1), np.float32)]
    np.testing.assert_allclose(folded(inputs), model(inputs, training=False), atol=2e-5)
    assert not any(isinstance(layer, layers.BatchNormalization) for layer in folded.layers)


def of(*stack, shape=(8,)):
    return keras.Sequential([keras.Input(shape), *stack])


def residual():
    x = keras.Input((8,))
    y = layers.Dense(8)(x)
    return keras.Model(x, layers.Add()([y, layers.Dense(8)(y)]))


def twice():
    x, layer = keras.Input((8,)), layers.Dense(8)
    return keras.Model(x, layer(layer(x)))


@pytest.mark.parametrize(
    "model",
    [
        residual, twice,
        lambda: of(layers.BatchNormalization(), layers.Dense(3)),
        lambda: of(layers.Dense(4, "relu"), layers.BatchNormalization()),
        lambda: of(layers.Dense(4), layers.ReLU(), layers.BatchNormalization()),
        lambda: of(layers.Dense(4), layers.LayerNormalization()),
        lambda: of(layers.Dense(4), layers.PReLU()),
        lambda: of(layers.DepthwiseConv2D(3), layers.BatchNormalization(), shape=(8, 8, 3)),
        lambda: of(of(layers.Dense(4), layers.BatchNormalization()), layers.Dense(2)),
    ],
)  # fmt: skip
def test_what_cannot_be_folded_to_the_same_function_is_refused(model):
    with pytest.raises(models.ModelError, match="expected a chain .* Use the model as it is"):
        models.fold(model())


@pytest.mark.parametrize("without", ["scale", "center"])
def test_a_norm_without_scale_or_centre_is_folded(without):
    model = of(layers.Dense(4), layers.BatchNormalization(**{without: False}), layers.Dense(2))
    rng = np.random.default_rng(0)
    model.set_weights([rng.uniform(0.5, 1.5, weights.shape) for weights in model.get_weights()])
    x = rng.standard_normal((3, 8)).astype(np.float32)
    np.testing.assert_allclose(models.fold(model)(x), model(x, training=False), atol=1e-5)


def saturated():
    model = generator()
    model.layers[0].kernel.assign(np.full(model.layers[0].kernel.shape, np.inf))
    return model


def dead():
    model = generator()
    model.set_weights([0 * weights for weights in model.get_weights()])
    return model


def named(key):
    inner, x = generator(), keras.Input((5,), name="z")
    y = inner(x)
    return keras.Model({"z": x} if key == "input" else x, {"image": y} if key == "output" else y)


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (saturated, "weights that are not finite"),
        (dead, "the same picture of any noise"),
        (lambda: keras.Sequential([generator(), layers.Rescaling(100.0)]), "expected -1 to 1"),
        (lambda: keras.Sequential([generator(), layers.Rescaling(1.0, dtype="int32")]), "images in colour"),
        (lambda: named("input"), "images in colour"),
        (lambda: named("output"), "images in colour"),
        (lambda: of(layers.Conv2D(3, 3, padding="same"), shape=(None, None, 3)), "images in colour"),
        (lambda: generator(channels=4), r"to \(None, 4, 4, 4\); expected a generator of images in colour"),
    ],
)
def test_a_generator_that_would_draw_something_else_is_refused(model, says, tmp_path):
    model().save(tmp_path / "model.keras")
    with pytest.raises(models.ModelError, match=says):
        models.read_sampler(tmp_path / "model.keras")
