import dataclasses

import keras
import numpy as np
import pytest

from satgan_tutorial import appearance, augment, batching, conditions, networks, recipes, sampling
from satgan_tutorial.models import fold
from satgan_tutorial.recipes import GANRecipe
from satgan_tutorial.sources import simulate

pytestmark = pytest.mark.once

TINY = GANRecipe(
    "tiny",
    "for tests",
    batch_norm=False,
    base_filters=4,
    latent_dim=8,
    image_size=16,
    batch_size=4,
    conditions=conditions.COLUMNS,
)
IMAGES = np.random.default_rng(0).integers(0, 256, (10, 16, 16, 3), np.uint8)
ASKED = np.stack([conditions.encode(i % 2, 17.0 * i, 200 + i) for i in range(10)])


def train(steps, model=None, recipe=TINY, eagerly=True):
    model = recipes.build(recipe, run_eagerly=True) if model is None else model
    model.run_eagerly = eagerly
    data = batching.shuffled(IMAGES, 4, 0, model.step, ASKED[:, : conditions.width(recipe.conditions)])
    model.fit(data, steps_per_epoch=steps - model.step, verbose=0)
    return model


def heading(asked):
    return np.degrees(np.arctan2(asked[:, 2], asked[:, 1])) / 2 % 180


def test_a_wish_is_what_the_chips_fulfil():
    chips = simulate.draw_chips(40, seed=1)
    found = conditions.from_chips(chips, conditions.COLUMNS)
    assert found.dtype == np.float32 and found.shape == (40, 4)
    assert np.array_equal(conditions.from_chips(chips), found[:, :1])
    assert not found[chips.labels == 0].any()
    row = int(np.flatnonzero(chips.labels)[0])
    cause = chips.causes.iloc[row]
    np.testing.assert_allclose(conditions.encode(True, cause.heading, cause.length), found[row], atol=1e-6)
    assert conditions.encode(True, 30.0, 230.0) == pytest.approx([1, 0.5, 3**0.5 / 2, 3])
    np.testing.assert_allclose(
        conditions.encode(True, 210.0, 230.0), conditions.encode(True, 30.0, 230.0), atol=1e-6
    )
    with pytest.raises(ValueError, match="no causes"):
        conditions.from_chips(dataclasses.replace(chips, source="real", causes=None), conditions.COLUMNS)
    with pytest.raises(ValueError, match="heading"):
        conditions.width(("heading",))


def test_ships_are_dealt_until_they_are_as_many_as_the_rest():
    chips = simulate.draw_chips(40, seed=1)
    images, asked = conditions.balanced(chips, conditions.COLUMNS)
    assert len(images) == len(asked) == 60 and asked[:, 0].mean() == 0.5
    ships = chips.ships
    assert np.array_equal(images[asked[:, 0] == 1], np.concatenate([ships.images] * 3))
    assert np.array_equal(asked[-10:], conditions.from_chips(ships, conditions.COLUMNS))
    assert len(conditions.balanced(chips.ships)[0]) == 10


@pytest.mark.slow
def test_some_wishes_are_like_those_of_a_training():
    some = conditions.random(4, 400, seed=0)
    chips = simulate.draw_chips(400, seed=1, label=1)
    real = conditions.from_chips(chips, conditions.COLUMNS)
    assert np.array_equal(some[:, 0], np.arange(400) % 2) and not some[::2].any()
    assert (
        abs(some[1::2, 3].mean() - real[:, 3].mean()) < 2 and abs(some[1::2, 3].std() - real[:, 3].std()) < 1
    )
    assert np.array_equal(conditions.random(1, 3, seed=5), [[0], [1], [0]])


@pytest.mark.slow
def test_averaged_weights_of_a_generator_with_conditions_get_statistics_of_both_classes():
    recipe = dataclasses.replace(TINY, conditions=conditions.COLUMNS[:1], batch_norm=True)
    model = train(2, recipe=recipe, eagerly=False)
    asked = [conditions.random(1, 512, seed=9), sampling.noise(512, recipe.latent_dim, 9)]
    averaged = model.sampler()
    norm = next(x for x in averaged.layers if isinstance(x, keras.layers.BatchNormalization))
    before = keras.Model(averaged.inputs, norm.input)(asked[::-1])
    mean, variance = np.mean(before, axis=(0, 1, 2)), np.var(before, axis=(0, 1, 2))
    np.testing.assert_allclose(norm.moving_mean, mean, atol=0.15 * np.sqrt(variance).max())
    np.testing.assert_allclose(norm.moving_variance, variance, rtol=0.3)


def test_what_chips_like_these_ask_depends_on_the_generator():
    chips = simulate.draw_chips(8, seed=1)
    assert conditions.matching(networks.generator(4, 16, 8), chips, 3) is None
    one, four = (conditions.matching(networks.generator(4, 16, 8, conditions=k), chips, 10) for k in (1, 4))
    assert np.array_equal(one, conditions.from_chips(chips)[[*range(8), 0, 1]])
    assert np.array_equal(four[8:], conditions.from_chips(chips, conditions.COLUMNS)[:2])


def test_headings_turn_as_the_chips_do():
    """Turned chips are measured again: what is measured is what the turned conditions say."""
    chips = simulate.draw_chips(60, seed=2, label=1)
    before = appearance.measure(chips.images)
    asked = np.stack([conditions.encode(True, h, 200.0) for h in before.heading.fillna(0)])
    turned = np.asarray(augment.symmetries(chips.images.astype(np.float32), (5, 6))).astype(np.uint8)
    after = appearance.measure(turned)
    says = heading(np.asarray(conditions.turn(asked, (5, 6))))
    apart = np.abs((after.heading - says + 90) % 180 - 90)[before.heading.notna()]
    assert np.median(apart) < 1  # the border's median may move a little
    assert np.mean(np.abs(heading(asked) - says) > 5) > 0.5  # most were turned
    assert np.array_equal(conditions.turn(asked, (5, 6), "half_turns"), asked)
    one = conditions.from_chips(chips)
    assert conditions.turn(one, (5, 6)) is one


@pytest.mark.slow
@pytest.mark.parametrize("columns", [conditions.COLUMNS[:1], conditions.COLUMNS])
def test_both_players_learn_from_pairs(columns):
    recipe = dataclasses.replace(TINY, conditions=columns, spectral_norm=True)
    model = train(2, recipe=recipe, eagerly=False)
    k = conditions.width(columns)
    fake = model.sample(5, 0, ASKED[1, :k])
    assert fake.shape == (5, 16, 16, 3)
    assert not np.array_equal(fake, model.sample(5, 0, ASKED[2, :k]))
    assert np.array_equal(fake[3], model.sample(5, 0, ASKED[[0, 2, 4, 1, 6], :k])[3])
    for wrong in (None, np.zeros(k + 1)):
        with pytest.raises(ValueError, match=f"this generator takes {k}"):
            model.sample(5, 0, wrong)
    with pytest.raises(sampling.ConditionError, match="takes 0"):
        sampling.sample(networks.generator(4, 16, 8), 2, 0, np.zeros(1))


def test_what_is_asked_for_decides_which_direction_of_the_features_counts():
    keras.utils.set_random_seed(0)
    d = networks.discriminator(4, 16, conditions=2)
    x = np.random.default_rng(0).standard_normal((3, 16, 16, 3)).astype(np.float32)
    none, first, second, both = (
        np.asarray(d([x, np.tile(c, (3, 1))])) for c in ([[0, 0]], [[1, 0]], [[0, 1]], [[1, 1]])
    )
    np.testing.assert_allclose(both - none, first - none + second - none, atol=1e-4)
    assert np.abs(first - second).min() > 1e-3
    flat = next(layer for layer in d.layers if isinstance(layer, keras.layers.Flatten))
    features = np.asarray(keras.Model(d.inputs[0], flat.output)(x))
    chosen = next(layer for layer in d.layers if getattr(layer, "units", 1) > 1).get_weights()[0]
    np.testing.assert_allclose((first - none)[:, 0], features @ chosen[0], atol=1e-4)


@pytest.mark.slow
def test_a_saved_training_with_conditions_goes_on_to_the_same_bits(tmp_path):
    train(2).save(tmp_path / "half.keras")
    half = train(4, keras.models.load_model(tmp_path / "half.keras"))
    for a, b in zip(train(4).get_weights(), half.get_weights(), strict=True):
        assert np.array_equal(a, b)


def test_a_folded_generator_with_conditions_makes_the_same_images():
    generator = networks.generator(4, 16, 8, batch_norm=True, conditions=1)
    rng = np.random.default_rng(0)
    generator.set_weights([w + rng.uniform(0, 0.03, w.shape) for w in generator.get_weights()])
    asked = [rng.standard_normal((4, 8), np.float32), np.ones((4, 1), np.float32)]
    np.testing.assert_allclose(fold(generator)(asked), generator(asked), atol=1e-5)


@pytest.mark.parametrize(
    "asked",
    [
        (2,),
        ("no",),
        (np.nan,),
        (True, 45),
        (True, None, 200),
        (True, np.nan, 200),
        (True, 45, np.inf),
        (True, 45, -5),
    ],
)
def test_a_condition_that_means_nothing_is_refused(asked):
    with pytest.raises(ValueError, match="expected"):
        conditions.encode(*asked)
