"""The post's three ways to train its networks: as written, with the flag toggled, and with `fit`."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from satgan_tutorial import batching, post, recipes, sampling
from satgan_tutorial.chips import to_float

pytestmark = pytest.mark.once

SIDE = 16
IMAGES = np.random.default_rng(0).integers(0, 256, (24, SIDE, SIDE, 3), np.uint8)


def iterate(models, step, size=8):
    step(models, to_float(IMAGES[:size]), sampling.noise(size, 80, seed=0))


def moved(before, network):
    return max(np.abs(a - b).max() for a, b in zip(network.get_weights(), before, strict=True))


def moves(models, step, size=8):
    """By how much one iteration moves the generator and the discriminator."""
    players = models[:2]
    before = [[np.array(w) for w in player.get_weights()] for player in players]
    iterate(models, step, size)
    return tuple(moved(*pair) for pair in zip(before, players, strict=True))


@pytest.mark.slow
def test_compiled_then_frozen_the_posts_discriminator_stands_still():
    models = post.models(SIDE)
    for _ in range(3):
        g, d = moves(models, post.step)
        assert g > 0 and d == 0
    g, d = moves(post.models(SIDE, freeze=False), post.step)
    assert g > 0 and d > 0


@pytest.mark.slow
def test_the_toggled_step_moves_each_player_in_its_half_alone():
    models = generator, discriminator, combined = post.models(SIDE)
    snapshots = []

    def watched(model):
        train = model.train_on_batch

        def train_on_batch(x, y):
            before = [network.get_weights() for network in (generator, discriminator)]
            train(x, y)
            pairs = zip(before, (generator, discriminator), strict=True)
            snapshots.append([float(moved(*pair)) > 0 for pair in pairs])

        model.train_on_batch = train_on_batch

    watched(discriminator)
    watched(combined)
    for size in (8, 5, 8):
        iterate(models, post.toggled_step, size)
    assert snapshots == [[False, True], [True, False]] * 3


@pytest.mark.slow
def test_the_flag_counts_when_a_step_is_traced():
    models = post.models(SIDE)
    assert moves(models, post.toggled_step)[1] > 0
    assert moves(models, post.step)[1] > 0
    assert moves(models, post.step, size=5)[1] == 0


@pytest.mark.slow
def test_the_toggled_step_and_fit_make_the_same_update():
    recipe = replace(recipes.get("post"), image_size=SIDE, batch_size=8)
    fitted, looped = recipes.build(recipe, seed=1), post.models(SIDE)
    for discriminator in (fitted.discriminator, looped[1]):
        dropout = discriminator.layers[-2]
        assert isinstance(dropout, keras.layers.Dropout)
        dropout.rate = 0.0  # each way draws its own masks

    def mirrored(weights):  # the post's label 1 is fake, our high logit is real
        return [*weights[:-2], -weights[-2], -weights[-1]]

    start = fitted.discriminator.get_weights() + fitted.generator.get_weights()
    looped[0].set_weights(fitted.generator.get_weights())
    looped[1].set_weights(mirrored(fitted.discriminator.get_weights()))
    batches = batching.shuffled(IMAGES, 8, seed=1)
    for step, real in enumerate(batches.take(3)):
        post.toggled_step(looped, to_float(real), fitted._noise(8, step))
    fitted.fit(batches, steps_per_epoch=3, shuffle=False, verbose=0)

    theirs = mirrored(looped[1].get_weights()) + looped[0].get_weights()
    ours = fitted.discriminator.get_weights() + fitted.generator.get_weights()
    for old, a, b in zip(start, theirs, ours, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)
        assert np.abs(b - old).max() > 3e-4  # an RMSprop step moves a weight by its rate or more


def test_the_labels_are_1_for_generated_and_0_for_real_with_noise_on_both():
    generator, discriminator, combined = post.models(SIDE)
    told = []
    discriminator.train_on_batch = lambda x, y: told.append((x, y))
    combined.train_on_batch = lambda x, y: told.append((x, y))
    z = sampling.noise(4, 80, seed=0)
    post.step((generator, discriminator, combined), to_float(IMAGES[:2]), z, label_noise=0.05)
    (images, labels), (noise, real) = told
    np.testing.assert_allclose(labels[:, 0], [1.05] * 4 + [0.05] * 2)
    np.testing.assert_allclose(images[:4], generator(z), atol=1e-6)
    np.testing.assert_array_equal(images[4:], to_float(IMAGES[:2]))
    np.testing.assert_array_equal(noise, z)
    np.testing.assert_array_equal(real, np.zeros((4, 1)))


def test_the_first_weights_follow_from_the_seed():
    first, again, other = (post.models(SIDE, seed=seed)[0].get_weights() for seed in (3, 3, 4))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(first, other, strict=True))


def test_no_size_but_a_multiple_of_4_makes_models():
    with pytest.raises(ValueError, match="image_size is 18"):
        post.models(18)


def test_the_decay_is_that_of_keras_2():
    optimizer = post.rmsprop(6e-4)
    assert isinstance(optimizer, keras.optimizers.RMSprop) and optimizer.clipvalue == 1
    for step in (0, 1000, 10**7):
        assert float(optimizer._learning_rate(step)) == pytest.approx(6e-4 / (1 + 1e-7 * step), rel=1e-6)
