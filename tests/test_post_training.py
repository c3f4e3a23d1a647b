"""Chapter 7's three ways to train the post's networks, taken from its cells as the reader sees them."""

from dataclasses import replace
from pathlib import Path

import keras
import nbformat
import numpy as np
import pytest

from satgan_tutorial import batching, recipes
from satgan_tutorial.chips import to_float

pytestmark = pytest.mark.once

CHAPTER = Path(__file__).parents[1] / "book" / "dcgan" / "07-the-training.ipynb"
IMAGES = np.random.default_rng(0).integers(0, 256, (24, 16, 16, 3), np.uint8)


@pytest.fixture(scope="module")
def chapter():
    """What the chapter's cells of these names define."""
    cells = {cell.id: cell.source for cell in nbformat.read(CHAPTER, as_version=4).cells}
    names = {"np": np, "keras": keras, "networks": networks, "gan": gan, "to_float": to_float}
    models = cells["posts-models"].replace("shrink(ships.images, SIDE)", "None")
    toggled = cells["toggled"].replace("exercises.toggled_step(toggled_step)", "")
    for source in (models, cells["posts-step"], cells["change"], toggled):
        exec(source, names)  # noqa: S102
    names["tiny"] = IMAGES
    return names


def moves(chapter, models, step, size=8):
    """By how much one iteration moves the generator and the discriminator."""
    discriminator = lambda: chapter["change"](models[1], lambda: chapter["iterate"](models, step, 1, size))
    found = []
    generator = chapter["change"](models[0], lambda: found.append(discriminator()))
    return generator, found[0]


def test_compiled_then_frozen_the_posts_discriminator_stands_still(chapter):
    models = chapter["posts_models"]()
    for _ in range(3):
        g, d = moves(chapter, models, chapter["posts_step"])
        assert g > 0 and d == 0
    g, d = moves(chapter, chapter["posts_models"](freeze=False), chapter["posts_step"])
    assert g > 0 and d > 0


def test_the_toggled_loop_moves_each_player_in_its_half_alone(chapter):
    models = generator, discriminator, combined = chapter["posts_models"]()
    snapshots = []

    def watched(model):
        train = model.train_on_batch

        def train_on_batch(x, y):
            before = [network.get_weights() for network in (generator, discriminator)]
            train(x, y)
            after = [network.get_weights() for network in (generator, discriminator)]
            moved = [
                max(np.abs(a - b).max() for a, b in zip(*pair, strict=True))
                for pair in zip(before, after, strict=True)
            ]
            snapshots.append([float(m) > 0 for m in moved])

        model.train_on_batch = train_on_batch

    watched(discriminator)
    watched(combined)
    for size in (8, 5, 8):
        chapter["iterate"](models, chapter["toggled_step"], 1, size)
    assert snapshots == [[False, True], [True, False]] * 3


def test_the_flag_counts_when_a_step_is_traced(chapter):
    models = chapter["posts_models"]()
    assert moves(chapter, models, chapter["toggled_step"])[1] > 0
    assert moves(chapter, models, chapter["posts_step"])[1] > 0
    assert moves(chapter, models, chapter["posts_step"], size=5)[1] == 0


def test_the_toggled_loop_and_fit_make_the_same_update(chapter):
    recipe = replace(recipes.get("post"), image_size=16, batch_size=8)
    fitted, looped = recipes.build(recipe, seed=1), chapter["posts_models"]()
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
        chapter["toggled_step"](looped, to_float(real), fitted._noise(8, step))
    fitted.fit(batches, steps_per_epoch=3, shuffle=False, verbose=0)

    theirs = mirrored(looped[1].get_weights()) + looped[0].get_weights()
    ours = fitted.discriminator.get_weights() + fitted.generator.get_weights()
    for old, a, b in zip(start, theirs, ours, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)
        assert np.abs(b - old).max() > 3e-4  # an RMSprop step moves a weight by its rate or more


def test_the_decay_is_that_of_keras_2(chapter):
    optimizer = chapter["rmsprop"](6e-4)
    assert isinstance(optimizer, keras.optimizers.RMSprop) and optimizer.clipvalue == 1
    for step in (0, 1000, 10**7):
        assert float(optimizer._learning_rate(step)) == pytest.approx(6e-4 / (1 + 1e-7 * step), rel=1e-6)
