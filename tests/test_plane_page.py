"""The training that runs in a page: its gradients, and its updates against Keras from the same weights and batches."""

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from satgan_tutorial import losses, plane, stepping

ROOT = Path(__file__).parents[1]
STATIC = ROOT / "book" / "_static"
ENGINE = ("live/noise.js", *(f"plane/{name}.js" for name in ("networks", "losses", "gan", "flow")))
WAIT = 60_000  # milliseconds, for a busy machine

pytestmark = [pytest.mark.browser, pytest.mark.once]


@pytest.fixture(scope="module")
def engine(browser):
    """A page with the engine alone."""
    page = browser.new_page()
    for script in ENGINE:
        page.add_script_tag(content=(STATIC / script).read_text(encoding="utf-8"))
    yield page
    page.close()


# ---- The same random numbers as NumPy's


def test_numbers_of_a_seed_are_those_of_numpy(engine):
    script = """seed => {
      const { normal, uniform } = satganRandom(seed);
      const draw = (f, n) => Array.from({ length: n }, f);
      return [draw(uniform, 5), draw(normal, 2000), draw(uniform, 4)];
    }"""
    for seed in (0, 7, 2**32 - 1):
        rng = np.random.default_rng(seed)
        expected = [
            rng.random(5, np.float32),
            rng.standard_normal(2000, np.float32),
            rng.random(4, np.float32),
        ]
        for found, there in zip(engine.evaluate(script, seed), expected, strict=True):
            np.testing.assert_array_equal(np.float32(found), there)


# ---- Gradients against finite differences

NUMERICAL = """
const at = 1e-6;
const differences = (values, f) => Array.from(values, (_, i) => {
  const kept = values[i];
  values[i] = kept + at; const above = f();
  values[i] = kept - at; const below = f();
  values[i] = kept;
  return (above - below) / (2 * at);
});
const { normal, uniform } = satganRandom(3);
const some = (n) => Float64Array.from({ length: n }, normal);
"""


@pytest.mark.parametrize("activation", ["leaky_relu", "silu"])
@pytest.mark.parametrize("rows", [4, 5])
def test_the_way_back_through_a_network_is_that_of_finite_differences(engine, activation, rows):
    script = f"""([activation, n]) => {{ {NUMERICAL}
      const {{ create, forward, backward }} = planeNetworks();
      const network = create([3, 6, 5, 2], activation, uniform);
      network.weights.forEach((w) => w.forEach((_, i) => (w[i] += 0.3 * normal())));  // biases too
      const x = some(3 * n), wanted = some(2 * n);
      const f = () => forward(network, x, n).out.reduce((sum, y, i) => sum + y * wanted[i], 0);
      const {{ weights, input }} = backward(network, forward(network, x, n), wanted);
      const alone = backward(network, forward(network, x, n), wanted, {{ input: true }});
      return [...weights.map((g, k) => [Array.from(g), differences(network.weights[k], f)]),
        [Array.from(input), differences(x, f)], [Array.from(alone.input), Array.from(input)], [alone.weights, []]];
    }}"""
    for found, expected in engine.evaluate(script, [activation, rows]):
        np.testing.assert_allclose(found, expected, atol=1e-7)


def test_the_penalty_and_its_gradient_are_those_of_finite_differences(engine):
    script = f"""() => {{ {NUMERICAL}
      const {{ create, forward, backward, slopePenalty }} = planeNetworks();
      const network = create([2, 7, 6, 1], "leaky_relu", uniform);
      const x = some(2 * 9), n = 6, gamma = 0.7;  // the last three rows are fakes
      const f = () => slopePenalty(network, forward(network, x, 9), n, gamma).value;
      const {{ value, weights }} = slopePenalty(network, forward(network, x, 9), n, gamma);
      const logit = (row) => forward(network, x, 9).out[row];
      const lengths = Array.from({{ length: n }}, (_, i) => differences(x.subarray(2 * i, 2 * i + 2), () => logit(i)));
      return [[value], [gamma / 2 / n * lengths.flat().reduce((sum, g) => sum + g * g, 0)],
        weights.map((g) => Array.from(g)), network.weights.map((w) => differences(w, f))];
    }}"""
    value, expected, found, there = engine.evaluate(script)
    np.testing.assert_allclose(value, expected, rtol=1e-6)
    assert value[0] > 0.01
    for a, b in zip(found, there, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-7)


@pytest.mark.parametrize("loss", ["minimax", "non_saturating", "relativistic"])
def test_each_loss_has_the_value_and_the_gradient_of_the_packages(engine, loss):
    real, fake = np.float32([2, -1, 0.3, 40]), np.float32([-3, 0.5, 0.1, -60])
    script = """([loss, real, fake]) => {
      const both = planeLosses()[loss];
      const all = [both.discriminator, both.generator].map((f) => f(Float64Array.from(real), Float64Array.from(fake)));
      return all.map(({ value, atReal, atFake }) => [value, Array.from(atReal ?? real, (v) => atReal ? v : 0), Array.from(atFake)]);
    }"""
    found = engine.evaluate(script, [loss, real.tolist(), fake.tolist()])
    for player in (0, 1):
        a, b = tf.constant(real[:, None]), tf.constant(fake[:, None])
        with tf.GradientTape() as tape:
            tape.watch([a, b])
            value = losses.get(loss)(a, b)[player]
        expected = tape.gradient(value, [a, b], unconnected_gradients="zero")
        assert found[player][0] == pytest.approx(float(value), rel=1e-6)
        for seen, there in zip(found[player][1:], expected, strict=True):
            np.testing.assert_allclose(seen, np.ravel(there), atol=1e-7)


# ---- Updates against Keras

STEPS, BATCH = 10, 33  # an odd batch has a row alone
RATE = 1e-3
# One in a few seeds has a unit whose sum lies within a rounding error of 0: it is on in one of the two and off in the other,
# and from there on the two differ by 1e-4. No such unit comes up here.
SEED = 5


def listed(model):
    return [weight.ravel().tolist() for weight in model.get_weights()]


def as_listed(weights):
    return np.concatenate([np.ravel(weight) for weight in weights])


@pytest.mark.parametrize("r1", [0.0, 0.5])
@pytest.mark.parametrize("loss", ["minimax", "non_saturating", "relativistic"])
def test_one_and_ten_updates_of_a_gan_are_those_of_keras(engine, loss, r1):
    model = plane.build(loss, seed=SEED, learning_rate=RATE, r1=r1, run_eagerly=True)
    real = plane.ring().sample(STEPS * BATCH, seed=1)
    noise = np.random.default_rng(2).standard_normal((STEPS, BATCH, 2), np.float32)
    model._noise = lambda n, step: tf.gather(noise, step)
    script = """([players, real, noise, settings, steps]) => {
      const gan = planeGan(planeNetworks(), planeLosses()), game = gan.create({}, () => 0.5);
      for (const [name, weights] of Object.entries(players)) weights.forEach((w, k) => game[name].weights[k].set(w));
      const rows = real.length / steps, all = [];
      for (let k = 0; k < steps; k++) {
        const cut = (all) => Float64Array.from(all.slice(k * rows, (k + 1) * rows));
        const { dLoss, gLoss } = gan.step(game, cut(real), cut(noise), settings);
        all.push({ dLoss, gLoss, weights: Object.keys(players).map((name) => game[name].weights.map((w) => Array.from(w))) });
      }
      return all;
    }"""
    players = {name: listed(getattr(model, name)) for name in ("generator", "discriminator")}
    settings = {"loss": loss, "r1": r1, "dRate": RATE, "gRate": RATE}
    found = engine.evaluate(script, [players, real.ravel().tolist(), noise.ravel().tolist(), settings, STEPS])
    for first, after in ((0, 1), (1, STEPS)):
        log = model.fit(
            real[first * BATCH : after * BATCH], batch_size=BATCH, shuffle=False, verbose=0
        ).history
        for name, mine in zip(players, found[after - 1]["weights"], strict=True):
            mine, theirs = as_listed(mine), as_listed(getattr(model, name).get_weights())
            if (loss, name) == ("relativistic", "discriminator"):
                # The last bias drops out of every lead. Its gradient is 0, and Adam takes rounding errors for a direction.
                mine, theirs = mine[:-1], theirs[:-1]
            np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-5)
        for name, key in (("d_loss", "dLoss"), ("g_loss", "gLoss")):
            mean = np.mean([each[key] for each in found[first:after]])
            assert log[name][0] == pytest.approx(mean, abs=1e-5)


def test_one_and_ten_updates_of_a_flow_and_its_way_are_those_of_keras(engine, monkeypatch):
    model = plane.build_flow(seed=SEED, run_eagerly=True)
    rng = np.random.default_rng(2)
    real = plane.ring().sample(STEPS * BATCH, seed=1)
    noise = rng.standard_normal((STEPS, BATCH, 2), np.float32)
    times = rng.random((STEPS, BATCH, 1), np.float32)
    monkeypatch.setattr(stepping, "normal", lambda n, shape, seed: tf.gather(noise, seed[1]))
    model._times = lambda n, step: tf.gather(times, step)
    script = """([weights, real, noise, times, steps]) => {
      const flow = planeFlow(planeNetworks()), model = flow.create({}, () => 0.5), all = [];
      weights.forEach((w, k) => { model.velocity.weights[k].set(w); model.averages[k].set(w); });
      for (let k = 0; k < steps; k++) {
        const cut = (all) => Float64Array.from(all.slice((k * all.length) / steps, ((k + 1) * all.length) / steps));
        const { loss } = flow.step(model, cut(real), cut(noise), cut(times), { rate: 2e-3 });
        const there = flow.follow(model, cut(noise), 25).pop();
        all.push({ loss, weights: [model.velocity.weights, model.averages].map((ws) => ws.map((w) => Array.from(w))), there: Array.from(there) });
      }
      return all;
    }"""
    given = [listed(model.velocity), *(x.ravel().tolist() for x in (real, noise, times)), STEPS]
    found = engine.evaluate(script, given)
    for first, after in ((0, 1), (1, STEPS)):
        log = model.fit(
            real[first * BATCH : after * BATCH], batch_size=BATCH, shuffle=False, verbose=0
        ).history
        mine, averages = found[after - 1], [average.numpy() for average in model.averages]
        for weights, theirs in zip(mine["weights"], (model.velocity.get_weights(), averages), strict=True):
            np.testing.assert_allclose(as_listed(weights), as_listed(theirs), rtol=0, atol=1e-5)
        assert log["loss"][0] == pytest.approx(
            np.mean([each["loss"] for each in found[first:after]]), abs=1e-5
        )
        sampler = model.sampler()
        np.testing.assert_allclose(np.ravel(sampler(noise[after - 1])), mine["there"], rtol=0, atol=2e-5)
