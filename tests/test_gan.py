import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from satgan_tutorial import batching, gan, networks, recipes, sampling
from satgan_tutorial.recipes import GANRecipe

pytestmark = pytest.mark.once

TINY = GANRecipe(
    "tiny", "for tests", batch_norm=False, base_filters=4, latent_dim=8, image_size=16, batch_size=4, steps=6
)
IMAGES = np.random.default_rng(0).integers(0, 256, (10, 16, 16, 3), np.uint8)


def train(recipe=TINY, steps=6, model=None, seed=0, eagerly=True):
    """Train without a graph, which takes longer to build than these few steps do."""
    model = recipes.build(recipe, seed, run_eagerly=eagerly) if model is None else model
    data = batching.shuffled(IMAGES, 4, model.seed, first_step=model.step)
    model.fit(data, steps_per_epoch=steps - model.step, verbose=0)
    return model


def weights(model):
    return np.concatenate([w.ravel() for w in model.get_weights()])


def weights_learnt(model):
    return np.concatenate([np.ravel(w) for w in model.trainable_variables])


def plane(**settings):
    """A GAN on points in the plane."""
    keras.utils.set_random_seed(0)
    generator = keras.Sequential([keras.Input((2,)), layers.Dense(16, "relu"), layers.Dense(2)])
    discriminator = keras.Sequential([keras.Input((2,)), layers.Dense(16, "relu"), layers.Dense(1)])
    model = gan.GAN(generator, discriminator)
    model.compile(keras.optimizers.Adam(1e-2), keras.optimizers.Adam(1e-2), **settings)
    return model


@pytest.mark.slow
def test_one_step_moves_both_players_and_says_how_it_went():
    model = recipes.build(TINY, run_eagerly=True)
    before = [p.get_weights() for p in (model.generator, model.discriminator)]
    log = model.fit(batching.shuffled(IMAGES, 4, 0), steps_per_epoch=1, verbose=0).history
    after = [p.get_weights() for p in (model.generator, model.discriminator)]
    for old, new in zip(before, after, strict=True):
        assert all(np.abs(a - b).max() > 0 for a, b in zip(old, new, strict=True) if a.ndim > 1)
    assert set(log) == {"d_loss", "g_loss", "real_accuracy", "fake_accuracy"}
    assert model.step == 1


@pytest.mark.slow
def test_the_step_is_the_textbook_step():
    """Written out plainly: update D on its loss and R1 + R2, then G against the new D, both by gradient descent."""
    rate = 0.05
    normed = dataclasses.replace(TINY, batch_norm=True)
    model = recipes.build(normed)
    model.compile(
        keras.optimizers.SGD(rate),
        keras.optimizers.SGD(rate),
        loss="relativistic",
        r1=1.0,
        r2=3.0,
        run_eagerly=True,
    )
    other = recipes.build(normed)
    g, d = other.generator, other.discriminator
    real = tf.constant(IMAGES[:4], tf.float32) / 127.5 - 1
    noise = model._noise(4, 0)
    with tf.GradientTape() as tape:
        fake = g(noise, training=True)
        slopes = []
        for x in (real, fake):
            with tf.GradientTape() as inner:
                inner.watch(x)
                logits = d(x)
            slopes.append(tf.reduce_sum(inner.gradient(logits, x) ** 2, (1, 2, 3)))
        loss = tf.reduce_mean(tf.nn.softplus(d(fake) - d(real)) + 0.5 * slopes[0] + 1.5 * slopes[1])
    for weight, slope in zip(d.trainable_variables, tape.gradient(loss, d.trainable_variables), strict=True):
        weight.assign_sub(rate * slope)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.nn.softplus(d(real) - d(g(noise, training=True))))
    for weight, slope in zip(g.trainable_variables, tape.gradient(loss, g.trainable_variables), strict=True):
        weight.assign_sub(rate * slope)
    model.fit(IMAGES[:4], batch_size=4, shuffle=False, verbose=0)
    np.testing.assert_allclose(weights(model.discriminator), weights(d), atol=2e-6)
    np.testing.assert_allclose(weights_learnt(model.generator), weights_learnt(g), atol=2e-6)
    assert np.abs(weights(d) - weights(recipes.build(normed).discriminator)).max() > 1e-4


@pytest.mark.parametrize(("r1", "r2"), [(2.0, 0.0), (0.0, 2.0), (2.0, 2.0)])
def test_one_pass_and_two_passes_see_the_same_penalty(r1, r2):
    model = plane(r1=r1, r2=r2)
    points = tf.random.stateless_normal((2, 8, 2), (1, 2))
    *_, penalty = model.logits_and_penalty(*tf.unstack(points))
    expected = 0
    for weight, x in zip((r1, r2), tf.unstack(points), strict=True):
        with tf.GradientTape() as tape:
            tape.watch(x)
            logits = model.discriminator(x)
        expected += weight / 2 * np.mean(np.sum(tape.gradient(logits, x) ** 2, 1))
    assert float(penalty) == pytest.approx(expected, rel=1e-5)


def test_batch_norm_sees_real_and_fake_apart():
    keras.utils.set_random_seed(0)
    d = networks.discriminator(4, 16, batch_norm=True)
    model = gan.GAN(networks.generator(4, 16, 8), d)
    model.compile("adam", "adam", r1=1.0, r2=1.0)
    real, fake = tf.random.stateless_normal((2, 4, 16, 16, 3), (1, 2))
    np.testing.assert_allclose(model.logits_and_penalty(real, fake)[0], d(real, training=True), atol=1e-5)


@pytest.mark.slow
def test_same_seed_same_bits_and_another_seed_others():
    a, b = (train(seed=0, eagerly=False) for _ in range(2))
    assert np.array_equal(weights(a), weights(b))
    start, other = (recipes.build(TINY, seed=s) for s in (0, 1))
    assert not np.array_equal(weights(start), weights(other))
    assert not np.array_equal(start._noise(4, 0), other._noise(4, 0))
    assert not np.array_equal(start._noise(4, 0), start._noise(4, 1))
    assert recipes.build(TINY, seed=2**32 - 1)._noise(4, 0).shape == (4, 8)


@pytest.mark.slow
def test_a_saved_training_goes_on_to_the_same_bits(tmp_path):
    whole = train()
    train(steps=3).save(tmp_path / "half.keras")
    half = keras.models.load_model(tmp_path / "half.keras")
    half.run_eagerly = True
    assert half.step == 3 and half.settings == whole.settings
    resumed = train(model=half)
    assert resumed.step == whole.step == 6
    for a, b in ((whole, resumed), (whole.sampler(), resumed.sampler())):
        assert np.array_equal(weights(a), weights(b))


@pytest.mark.slow
def test_the_posts_training_goes_on_to_the_same_bits(tmp_path):
    recipe = dataclasses.replace(recipes.get("post"), image_size=16, batch_size=4)
    whole = train(recipe, steps=2)
    train(recipe, steps=1).save(tmp_path / "half.keras")
    half = keras.models.load_model(tmp_path / "half.keras")
    half.run_eagerly = True
    assert half.settings["loss"] == "cross_entropy" and half.optimizer.clipvalue == 1
    assert half.discriminator.layers[-1].activation is keras.activations.linear
    resumed = train(steps=2, model=half)
    assert resumed.step == whole.step == 2
    assert np.array_equal(weights(whole), weights(resumed))


@pytest.mark.slow
def test_generate_uses_the_averages_and_leaves_the_weights():
    model = train()
    before = weights(model)
    images = model.sample(5, seed=3)
    assert images.dtype == np.uint8 and images.shape == (5, 16, 16, 3)
    assert np.array_equal(images[:2], model.sample(2, seed=3))
    assert not np.array_equal(images, sampling.sample(model.generator, 5, seed=3))
    assert np.array_equal(before, weights(model))
    average = model.generator.trainable_variables[0].numpy() * 0
    start = recipes.build(TINY, run_eagerly=True)
    average += start.generator.trainable_variables[0].numpy()
    for step in range(1, 4):
        train(steps=step, model=start)
        now = start.generator.trainable_variables[0].numpy()
        average = now if step == 1 else 0.98 * average + 0.02 * now
    np.testing.assert_allclose(start.sampler().trainable_variables[0], average, atol=1e-6)


@pytest.mark.slow
def test_the_averages_get_their_own_batch_norm_statistics():
    model = train(dataclasses.replace(TINY, batch_norm=True, ema=0.5))
    copy = model.sampler()
    norm = next(layer for layer in copy.layers if isinstance(layer, layers.BatchNormalization))
    seen = [sampling.noise(64, 8, k) for k in range(gan.NORM_BATCHES)]
    for layer in copy.layers[: copy.layers.index(norm)]:
        seen = [layer(x) for x in seen]
    seen = np.concatenate(seen)
    np.testing.assert_allclose(norm.moving_mean, seen.mean((0, 1, 2)), atol=1e-4)
    np.testing.assert_allclose(norm.moving_variance, seen.var((0, 1, 2)), rtol=0.05)


@pytest.mark.slow
@pytest.mark.parametrize("own", [(), ("ship",)])
def test_told_symmetries_are_nobodys_business_when_it_draws(own, tmp_path):
    recipe = dataclasses.replace(TINY, symmetries="conditioned", conditions=own, batch_norm=True, grain=2)
    model = recipes.build(recipe, run_eagerly=True)
    condition = np.ones((len(IMAGES), 1), np.float32) if own else None
    model.fit(batching.shuffled(IMAGES, 4, 0, condition=condition), steps_per_epoch=3, verbose=0)
    wish = condition[0] if own else None
    sampler = model.sampler()
    assert [x.shape[-1] for x in sampler.inputs] == [8, 1][: 1 + len(own)]
    drawn = model.sample(4, 0, wish)
    np.testing.assert_array_equal(sampling.sample(sampler, 4, 0, wish), drawn)
    model.save(tmp_path / "told.keras")
    np.testing.assert_array_equal(keras.saving.load_model(tmp_path / "told.keras").sample(4, 0, wish), drawn)


@pytest.mark.slow
def test_told_symmetries_keep_what_turning_would_lose():
    """Chips whose left half is bright: told, the generator keeps them so; untold, it draws all four sides alike."""
    sides = {}
    for which in (True, "conditioned"):
        keras.utils.set_random_seed(0)
        told = 8 if which == "conditioned" else 0
        inputs = [keras.Input((n,)) for n in (4, told) if n]
        generator = networks.chain(
            inputs, [layers.Dense(64, "relu"), layers.Dense(12), layers.Reshape((2, 2, 3))], "g"
        )
        pixels = [keras.Input((2, 2, 3)), *([keras.Input((told,))] if told else [])]
        seen = layers.Concatenate()([layers.Flatten()(pixels[0]), *pixels[1:]])
        logit = layers.Dense(1)(layers.Dense(64, "relu")(seen))
        model = gan.GAN(generator, keras.Model(pixels if told else pixels[0], logit))
        model.compile(
            keras.optimizers.Adam(3e-3), keras.optimizers.Adam(3e-3), r1=0.1, r2=0.1, symmetries=which
        )
        images = np.zeros((64, 2, 2, 3), np.float32)
        images[:, :, 0] = 0.8
        model.fit(batching.shuffled(images, 32, 0), steps_per_epoch=600, verbose=0)
        drawn = np.asarray(model.sampler()(sampling.noise(200, 4, 1)))
        sides[which] = np.mean(drawn[:, :, 0] - drawn[:, :, 1])
    assert sides["conditioned"] > 0.6 and abs(sides[True]) < 0.4


@pytest.mark.slow
def test_a_gan_learns_points_in_the_plane():
    real = np.random.default_rng(0).normal((2.0, -1.0), 0.1, (256, 2)).astype(np.float32)
    model = plane(r1=0.1, r2=0.1, steps_per_execution=10)
    model.fit(batching.shuffled(real, 64, 0), steps_per_epoch=300, verbose=0)
    points = model.sample(500, seed=0)
    assert points.dtype == np.float32 and points.shape == (500, 2)
    np.testing.assert_allclose(points.mean(0), (2.0, -1.0), atol=0.3)


def test_batches_deal_every_image_once_a_turn_and_start_anywhere():
    images = np.arange(10, dtype=np.float32)[:, None]
    dealt = np.concatenate(list(batching.shuffled(images, 4, 5).take(5).as_numpy_iterator())).ravel()
    assert sorted(dealt[:10]) == sorted(dealt[10:]) == list(range(10))
    assert list(dealt[:10]) != list(dealt[10:])
    later = next(batching.shuffled(images, 4, 5, first_step=3).as_numpy_iterator()).ravel()
    assert list(later) == list(dealt[12:16])


def test_what_is_wrong_is_said():
    with pytest.raises(ValueError, match="empty"):
        batching.shuffled(IMAGES[:0], 4, 0)
    model = recipes.build(TINY)
    with pytest.raises(ValueError, match="no loss"):
        model.compile("adam", "adam", loss="wasserstein")
    with pytest.raises(ValueError, match="no augmentation"):
        model.compile("adam", "adam", diffaugment=("blur",))


def test_a_network_that_does_not_compute_in_float32_is_refused():
    keras.config.set_dtype_policy("mixed_float16")
    try:
        with pytest.raises(ValueError, match="computes in float16; .*set_dtype_policy"):
            recipes.build(TINY)
    finally:
        keras.config.set_dtype_policy("float32")


def test_large_seeds_draw_noise_of_their_own():
    seeds = 0, 2**27, 2**31, 2**32 - 1
    noises = [recipes.build(TINY, seed=seed)._noise(4, 0).numpy() for seed in seeds]
    assert len({noise.tobytes() for noise in noises}) == len(seeds)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("batch", "says"),
    [
        (IMAGES[:4].astype(np.uint16), "uint16; expected uint8"),
        (IMAGES[:4].astype(np.float32), r"beyond \[-1, 1\]"),
        ((IMAGES[:4], np.zeros(4, np.int32)), "with conditions or labels; this generator takes none"),
    ],
)
def test_a_dataset_of_others_that_does_not_fit_is_refused(batch, says):
    """As `image_dataset_from_directory` gives them: floats up to 255, or labels beside the images."""
    model = recipes.build(TINY)
    data = tf.data.Dataset.from_tensors(batch).repeat()
    with pytest.raises((ValueError, tf.errors.InvalidArgumentError), match=says):
        model.fit(data, steps_per_epoch=1, verbose=0)


@pytest.mark.parametrize(
    "callback",
    [keras.callbacks.LearningRateScheduler(lambda epoch: 1e-4), keras.callbacks.ReduceLROnPlateau("d_loss")],
)
def test_a_callback_that_would_change_one_players_rate_alone_is_refused(callback):
    model = recipes.build(TINY)
    with pytest.raises(
        ValueError, match=f"{type(callback).__name__}, which would change the discriminator's"
    ):
        model.fit(batching.shuffled(IMAGES, 4, 0), steps_per_epoch=1, verbose=0, callbacks=[callback])
