"""Flow matching: the loss, the solvers, the training to the last bit, and what is shipped."""

import dataclasses
import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from test_main import few_chips, run

from satgan_tutorial import (
    augment,
    batching,
    conditions,
    flow,
    models,
    plane,
    recipes,
    sampling,
    solvers,
    stepping,
    training,
)
from satgan_tutorial.chips import to_uint8
from satgan_tutorial.cli.generate import generate
from satgan_tutorial.recipes import FlowRecipe

pytestmark = pytest.mark.once

TINY = FlowRecipe(
    "tiny-flow",
    "For tests.",
    image_size=16,
    width=2,
    multipliers=(1,),
    blocks=(1,),
    attention=False,
    batch_size=4,
    steps=4,
    warmup=2,
    solver_steps=2,
)
ASKED = dataclasses.replace(TINY, name="asked-flow", conditions=("ship",), drop=0.5)
IMAGES = np.random.default_rng(0).integers(0, 256, (10, 16, 16, 3), np.uint8)
LABELS = (np.arange(10)[:, None] % 2).astype(np.float32)


def train(recipe=TINY, steps=4, model=None, seed=0):
    """Train without a graph, which takes longer to build than these few steps do."""
    model = recipes.build(recipe, seed, run_eagerly=True) if model is None else model
    labels = LABELS if recipe.conditions else None
    data = batching.shuffled(IMAGES, 4, model.seed, model.step, labels)
    model.fit(data, steps_per_epoch=steps - model.step, verbose=0)
    return model


def weights(model):
    return np.concatenate([np.ravel(w) for w in model.get_weights()])


def on_the_plane(**settings):
    """A flow of few weights on points."""
    keras.utils.set_random_seed(0)
    model = flow.Flow(plane.velocity_network(8))
    model.compile(keras.optimizers.SGD(0.1), **settings)
    return model


POINTS = plane.ring().sample(8, seed=0)


def test_paths_begin_at_noise_and_end_at_images():
    x, z = np.random.default_rng(0).standard_normal((2, 3, 4, 4, 3)).astype(np.float32)
    t = np.array([[0.0], [0.25], [1.0]], np.float32)
    found = np.asarray(flow.path(z, x, t))
    np.testing.assert_allclose(found[0], z[0])
    np.testing.assert_allclose(found[1], 0.75 * z[1] + 0.25 * x[1], rtol=1e-6)
    np.testing.assert_allclose(found[2], x[2])


@pytest.mark.parametrize("t", [0.0, 0.3, 0.9])
def test_a_velocity_tells_where_its_paths_began_and_end_and_the_score(t):
    """Against a Gaussian mixture, sum over its centres; the score against differences of the log density."""
    ring = plane.ring(5, 1.5, 0.3)
    now = ring.at(t)
    points = now.sample(50, seed=0).astype(float)
    v, times = ring.velocity(points, t), np.full((50, 1), t)
    away = points[:, None] - now.centres
    weights = np.exp(-0.5 * (away**2).sum(2) / now.sigma**2)
    weights /= weights.sum(1, keepdims=True)
    image = np.einsum("nk,nkd->nd", weights, ring.centres + t * ring.sigma**2 / now.sigma**2 * away)
    noise = np.einsum("nk,nkd->nd", weights, (1 - t) / now.sigma**2 * away)
    np.testing.assert_allclose(flow.expected_image(points, times, v), image, atol=1e-6)
    np.testing.assert_allclose(flow.expected_noise(points, times, v), noise, atol=1e-6)
    for axis, h in enumerate(1e-4 * np.eye(2)):
        slope = (now.log_density(points + h) - now.log_density(points - h)) / 2e-4
        np.testing.assert_allclose(flow.score(points, times, v)[:, axis], slope, atol=1e-4)


def test_the_loss_is_the_mean_squared_miss():
    x, z = np.array([[1.0, 2.0]], np.float32), np.array([[0.5, -1.0]], np.float32)
    t = np.array([[0.5]], np.float32)

    def velocity(given):
        x_t, at = given
        return x_t + at  # (1.25, 1), and it should be (0.5, 3)

    assert float(flow.loss(velocity, x, z, t)) == pytest.approx((0.75**2 + 2**2) / 2)


def test_the_step_is_the_textbook_step():
    """Written out plainly: noise, times, least squares, gradient descent."""
    model, other = on_the_plane(), on_the_plane()
    z = stepping.normal(8, (2,), stepping.seed(0, 0, 0))
    t = stepping.uniform(8, stepping.seed(0, 0, 3))
    with tf.GradientTape() as tape:
        v = other.velocity([(1 - t) * z + t * POINTS, t])
        loss = tf.reduce_mean((v - (POINTS - z)) ** 2)
    slopes = tape.gradient(loss, other.velocity.trainable_variables)
    for weight, slope in zip(other.velocity.trainable_variables, slopes, strict=True):
        weight.assign_sub(0.1 * slope)
    log = model.fit(tf.data.Dataset.from_tensors(POINTS), verbose=0).history
    assert log["loss"] == [pytest.approx(float(loss), rel=1e-5)] and model.step == 1
    np.testing.assert_allclose(weights(model.velocity), weights(other.velocity), atol=1e-6)


@pytest.mark.parametrize(("solver", "order"), [("euler", 1), ("midpoint", 2), ("heun", 2)])
def test_half_the_step_has_half_the_error_or_a_quarter(solver, order):
    """dx / dt = x cos t goes from 1 to exp(sin 1)."""

    def end(steps):
        return solvers.solve(lambda x, t: x * np.cos(t), 1.0, solvers.times(steps), solver)

    errors = [abs(end(steps) - np.exp(np.sin(1))) for steps in (20, 40)]
    assert errors[0] / errors[1] == pytest.approx(2**order, rel=0.1)
    there = solvers.solve(lambda x, t: x * np.cos(t), end(100), solvers.times(100)[::-1], solver)
    assert there == pytest.approx(1, abs=0.02)


def test_steps_shrink_towards_the_end():
    np.testing.assert_allclose(solvers.times(4), [0, 0.25, 0.5, 0.75, 1])
    np.testing.assert_allclose(solvers.times(2, shrink=2), [0, 0.75, 1])


def test_times_are_drawn_evenly_or_late():
    evenly, late = (on_the_plane(even=e, late=(0.8, 1.0)) for e in (1.0, 0.0))
    found = np.ravel(evenly._times(20_000, 3))
    np.testing.assert_allclose(np.quantile(found, [0.1, 0.5, 0.9]), [0.1, 0.5, 0.9], atol=0.01)
    found = np.ravel(late._times(20_000, 3))
    logits = np.log(found / (1 - found))
    assert logits.mean() == pytest.approx(0.8, abs=0.03) and logits.std() == pytest.approx(1, abs=0.03)
    both = np.ravel(on_the_plane(even=0.5, late=(9.0, 0.1))._times(20_000, 3))
    assert np.mean(both > 0.999) == pytest.approx(0.5, abs=0.02)


def test_no_condition_is_another_thing_than_a_zero():
    told = conditions.known(tf.constant([[1.0], [0.0], [1.0]]), tf.constant([[1.0], [1.0], [0.0]]))
    assert np.array_equal(told, [[1, 1], [1, 0], [0, 0]])
    assert np.array_equal(conditions.known(tf.constant([[0.0]])), [[1, 0]])


def test_the_rate_rises_stays_and_falls():
    rate = stepping.WarmUpAndFall(0.1, steps=100, warmup=10, fall=0.2)
    found = [float(rate(step)) for step in (0, 9, 50, 80, 90, 100, 1000)]
    np.testing.assert_allclose(found, [0.01, 0.1, 0.1, 0.1, 0.0505, 0.001, 0.001], rtol=1e-5)
    flat = stepping.WarmUpAndFall(0.1, steps=100)
    assert float(flat(0)) == float(flat(100)) == pytest.approx(0.1)


@pytest.mark.slow
@pytest.mark.parametrize("recipe", [TINY, ASKED], ids=["plain", "conditional"])
def test_a_saved_training_goes_on_to_the_same_bits(recipe, tmp_path):
    whole = train(recipe)
    train(recipe, steps=2).save(tmp_path / "half.keras")
    half = keras.models.load_model(tmp_path / "half.keras")
    half.run_eagerly = True
    assert half.step == 2 and half.settings == whole.settings
    resumed = train(recipe, model=half)
    assert resumed.step == whole.step == 4
    assert np.array_equal(weights(whole), weights(resumed))
    asked = LABELS[0] if recipe.conditions else None
    assert np.array_equal(whole.sample(2, 0, asked), resumed.sample(2, 0, asked))


@pytest.mark.slow
def test_a_training_in_a_folder_stopped_by_a_command_ends_as_one_never_stopped(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("satgan_tutorial.sources.load_chips", lambda *args, **options: few_chips())
    monkeypatch.setitem(recipes.RECIPES, "tiny-flow", TINY)
    for out, steps, more in (("half", 2, []), ("half", 4, ["--resume"]), ("whole", 4, [])):
        run(
            "train",
            "tiny-flow",
            "--steps",
            steps,
            "--out",
            out,
            *more,
        )
    half, whole = (models.read(f"{folder}/checkpoint.keras", compiled=True) for folder in ("half", "whole"))
    assert half.step == whole.step == 4 and np.array_equal(weights(half), weights(whole))
    for file in ("log.csv", "samples/000004.npz"):
        assert (tmp_path / "half" / file).read_bytes() == (tmp_path / "whole" / file).read_bytes()
    assert json.loads((tmp_path / "whole" / "recipe.json").read_text())["recipe"]["late"] == [0.8, 1.0]
    assert (tmp_path / "whole" / "log.csv").read_text().startswith("step,loss\n")

    run("generate", "whole", "-n", 3, "--seed", 5, "--out", "drawn.npy")
    assert np.array_equal(np.load("drawn.npy"), whole.sample(3, seed=5))
    run("generate", "whole", "-n", 3, "--seed", 5, "--steps", 3, "--solver", "euler", "--out", "other.npy")
    other = np.load("other.npy")
    assert np.array_equal(other, whole.sample(3, seed=5, steps=3, solver="euler"))
    assert not np.array_equal(other, np.load("drawn.npy"))
    says = run("generate", "book", "--steps", 3, "--out", "drawn.npy", code=2).output
    assert "draws in one pass" in says and "leave them out" in says
    says = run("generate", "whole", "--guidance", 2, "--out", "drawn.npy", code=2).output
    assert "nothing to ask it for" in says
    with pytest.raises(training.RecipeError, match="image_size is 20; .* multiples of 8"):
        odd = dataclasses.replace(TINY, image_size=20)
        training.run(odd, few_chips().ships, "odd", seed=0, steps=1)


@pytest.mark.slow
def test_samples_come_from_averages_that_warm_up():
    model = recipes.build(TINY, run_eagerly=True)
    average = weights(model.velocity)
    for n in range(3):
        train(steps=n + 1, model=model)
        momentum = (1 + n) / (10 + n)
        average = momentum * average + (1 - momentum) * weights(model.velocity)
    np.testing.assert_allclose(weights(model.sampler()), average, atol=1e-6)
    before = weights(model)
    images = model.sample(3, seed=3)
    assert images.dtype == np.uint8 and images.shape == (3, 16, 16, 3)
    assert np.array_equal(images, sampling.sample(model.sampler(), 3, seed=3))
    assert np.array_equal(images[:2], model.sample(2, seed=3))
    assert not np.array_equal(images, model.sample(3, seed=3, solver="heun"))
    assert np.array_equal(images, model.sample(3, seed=3))  # what was asked for once does not stay
    assert np.array_equal(before, weights(model))
    plain = recipes.build(dataclasses.replace(TINY, ema=0.0), run_eagerly=True)
    train(steps=2, model=plain)
    assert np.array_equal(weights(plain.sampler()), weights(plain.velocity))


@pytest.mark.slow
@pytest.mark.parametrize("recipe", [TINY, ASKED], ids=["plain", "conditional"])
def test_told_symmetries_are_settled_when_it_draws(recipe, tmp_path):
    model = train(dataclasses.replace(recipe, symmetries="conditioned"), steps=2)
    asked = LABELS[0] if recipe.conditions else None
    drawn = model.sample(3, 0, asked)
    model.save(tmp_path / "told.keras")
    for sampler in (model.sampler(), models.read_sampler(tmp_path / "told.keras")):
        assert [x.shape[1:] for x in sampler.inputs[1:]] == [(1,)][: len(recipe.conditions)]
        assert np.array_equal(sampling.sample(sampler, 3, 0, asked), drawn)
    told = np.tile(np.append([1, 1] if recipe.conditions else [], augment.as_it_is()), (3, 1)).astype(
        "float32"
    )
    noise = sampling.noise(3, (16, 16, 3), seed=0)
    network = model.sampler().layers[-1].layer

    def velocity(x, t):
        return network([x, tf.fill([3, 1], t), tf.constant(told)])

    by_hand = solvers.solve(velocity, tf.constant(noise), solvers.times(recipe.solver_steps), recipe.solver)
    assert np.abs(to_uint8(np.clip(by_hand, -1, 1)).astype(int) - drawn).max() <= 1


@pytest.mark.slow
def test_told_symmetries_keep_what_turning_would_lose():
    """Pictures whose left half is bright: told, the flow draws them so; untold, it draws all four sides alike."""
    images, sides = np.zeros((64, 2, 2, 3), np.float32), {}
    images[:, :, 0] = 0.8
    for which in (True, "conditioned"):
        keras.utils.set_random_seed(0)
        told = [keras.Input((8,))] if which == "conditioned" else []
        given = [keras.Input((2, 2, 3)), keras.Input((1,)), *told]
        x = layers.Concatenate()([layers.Flatten()(given[0]), *given[1:]])
        for units in (64, 64):
            x = layers.Dense(units, "relu")(x)
        velocity = keras.Model(given, layers.Reshape((2, 2, 3))(layers.Dense(12)(x)))
        model = flow.Flow(velocity, solver_steps=8)
        model.compile(keras.optimizers.Adam(3e-3), symmetries=which)
        model.fit(batching.shuffled(images, 32, 0), steps_per_epoch=600, verbose=0)
        drawn = np.asarray(model.sampler()(sampling.noise(200, (2, 2, 3), 1)))
        sides[which] = np.mean(drawn[:, :, 0] - drawn[:, :, 1])
    assert sides["conditioned"] > 0.6 and abs(sides[True]) < 0.2, sides


@pytest.mark.slow
def test_a_sampler_is_stored_small_and_draws_the_same(tmp_path):
    model = train(ASKED, steps=2)
    model.save(tmp_path / "checkpoint.keras")
    sampler = models.read_sampler(tmp_path / "checkpoint.keras")
    assert [x.shape[1:] for x in sampler.inputs] == [(16, 16, 3), (1,)]
    ship, none = conditions.encode(True), conditions.encode(False)
    drawn = sampling.sample(sampler, 4, 0, ship).astype(int)
    assert np.array_equal(drawn, model.sample(4, 0, ship))
    file = models.save(sampler, "flow", "simulated", folder=tmp_path / "out")
    small = models.read_sampler(file)
    assert np.abs(sampling.sample(small, 4, 0, ship) - drawn).max() <= 2  # float16
    assert small.layers[-1].get_config()["steps"] == 2
    noise = sampling.noise(4, (16, 16, 3), seed=0)
    bounded = np.asarray(small([9 * noise, np.tile(none, (4, 1))]))
    assert np.abs(bounded).max() == 1
    guided = model.sample(4, 0, ship, guidance=1e4)  # much: in two steps a network learns little of its wish
    sampling.solve_with(sampler, guidance=1e4)
    assert np.array_equal(sampling.sample(sampler, 4, 0, ship), guided)
    assert np.array_equal(model.sample(4, 0, ship), drawn)  # as learned again
    with pytest.raises(sampling.ConditionError, match="this generator takes 1"):
        sampling.sample(small, 1, 0)
    with pytest.raises(sampling.SolverError, match="found 0.5 solver steps"):
        sampling.solve_with(small, steps=0.5)
    with pytest.raises(sampling.SolverError, match="no solver 'rk4'"):
        sampling.solve_with(small, "rk4")


def test_settings_that_mean_nothing_are_refused():
    for wrong in ({"ema": 1.5}, {"drop": -0.1}, {"even": 2}):
        with pytest.raises(ValueError, match=f"{next(iter(wrong))} is .*; expected a number from 0 to 1"):
            on_the_plane(**wrong)
    with pytest.raises(ValueError, match="symmetries is 'quarter'"):
        on_the_plane(symmetries="quarter")
    with pytest.raises(ValueError, match="no solver 'rk4'"):
        flow.Flow(plane.velocity_network(2), solver="rk4")
    keras.config.set_dtype_policy("mixed_float16")
    try:
        with pytest.raises(ValueError, match="computes in float16; a flow trains in float32 alone"):
            flow.Flow(plane.velocity_network(2))
    finally:
        keras.config.set_dtype_policy("float32")


def test_the_command_knows_every_solver():
    option = next(option for option in generate.params if option.name == "solver")
    assert sorted(option.type.choices) == sorted(solvers.SOLVERS)


@pytest.mark.parametrize(
    ("batch", "says"),
    [
        (POINTS.astype(np.float64), "images are float64"),
        ((POINTS, LABELS[:8]), "with conditions or labels; this generator takes none"),
    ],
)
def test_a_batch_that_does_not_fit_is_refused(batch, says):
    with pytest.raises(ValueError, match=says):
        on_the_plane(run_eagerly=True).fit(tf.data.Dataset.from_tensors(batch), verbose=0)
