"""Bayes both ways, on points whose every density is known: a reader steers a flow, and flows read."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from satgan_tutorial import classifier, flow, guidance, likelihood, plane, sampling, solvers
from satgan_tutorial.chips import ChipSet, shrink, to_float

RING = plane.ring()
RIGHT = np.isin(RING.modes, (7, 0, 1))  # three of the eight modes are a y, the others are none
PRIOR = RIGHT.mean()


def part(kept):
    """The Gaussians of the ring that are kept: p(x|y)."""
    return plane.Mixture(RING.centres[kept], RING.sigma, RING.modes[kept])


def velocity(mixture):
    return lambda x, t: tf.cast(mixture.velocity(np.asarray(x), float(t)), "float32")


def read(x, t, mode=RIGHT):
    """The exact reader: log p_t(y | x_t), from the densities of all the Gaussians."""
    centres, width = tf.constant(RING.centres, "float32"), tf.sqrt((1 - t) ** 2 + (t * RING.sigma) ** 2)
    logs = -0.5 * tf.reduce_sum((x[:, None] - t * centres) ** 2, -1) / width**2
    return tf.reduce_logsumexp(tf.boolean_mask(logs, mode, axis=1), 1) - tf.reduce_logsumexp(logs, 1)


@pytest.mark.parametrize("t", [0.02, 0.3, 0.7, 0.95])
def test_a_flow_and_a_reader_make_the_conditional_flow(t):
    x = plane.Mixture(RING.centres, 0.6, RING.modes).at(t).sample(200, seed=1)
    steered = guidance.steer(velocity(RING), read)(tf.constant(x), t)
    exact = part(RIGHT).velocity(x, t)
    np.testing.assert_allclose(steered, exact, atol=2e-3 * np.abs(exact).max())
    unweighted = guidance.steer(velocity(RING), read, weight=0.0)(tf.constant(x), t)
    np.testing.assert_allclose(unweighted, RING.velocity(x, t), atol=1e-4)


def test_steered_points_are_where_the_wish_is_and_as_many_at_each_mode():
    z = tf.constant(sampling.noise(2000, 2, seed=0))
    steered = guidance.steer(velocity(RING), read)
    points = np.asarray(solvers.solve(steered, z, solvers.times(60)))
    counts = plane.visits(points, RING)
    share = counts / len(points)
    wished = np.where(RIGHT, 1 / RIGHT.sum(), 0)
    assert 0.5 * np.abs(share - wished).sum() < 0.05  # total variation; 0.625 without the reader
    # More than Bayes' rule asks for: the mode amid the others of its kind gains from those at the border.
    pressed = np.asarray(solvers.solve(guidance.steer(velocity(RING), read, 6.0), z, solvers.times(60)))
    border, amid = plane.visits(pressed, RING)[[1, 7]].sum(), plane.visits(pressed, RING)[0]
    assert amid > 1.2 * border / 2


def test_without_a_reader_the_difference_of_two_velocities_is_what_the_reader_adds():
    x, t = tf.constant(RING.sample(50, seed=2)), 0.4
    told, untold = velocity(part(RIGHT)), velocity(RING)
    np.testing.assert_allclose(guidance.classifier_free(told, untold, 1.0)(x, t), told(x, t), atol=1e-5)
    np.testing.assert_allclose(guidance.classifier_free(told, untold, 0.0)(x, t), untold(x, t), atol=1e-5)
    by_reader = guidance.steer(untold, read, 3.0)(x, t)
    by_flows = guidance.classifier_free(told, untold, 3.0)(x, t)
    np.testing.assert_allclose(by_flows, by_reader, atol=2e-2)


@pytest.mark.parametrize("prior", [None, (0.9, 0.1)])
def test_flows_read_what_the_densities_say(prior):
    wide = plane.ring(sigma=0.6)  # modes that overlap, so that the answer is open
    parts = [plane.Mixture(wide.centres[k], wide.sigma, wide.modes[k]) for k in (RIGHT, ~RIGHT)]
    x = wide.sample(100, seed=3)
    exact = np.stack([one.log_density(x) for one in parts], axis=1)
    found = likelihood.evidence([velocity(one) for one in parts], x, n=200)
    gap, truth = found[:, 0] - found[:, 1], exact[:, 0] - exact[:, 1]
    assert np.corrcoef(gap, truth)[0, 1] > 0.99
    p, q = likelihood.posterior(found, prior), likelihood.posterior(exact, prior)
    assert np.abs(p - q)[:, 0].mean() < 0.05  # total variation, on the average of all points
    assert ((p > 0.5) == (q > 0.5)).mean() > 0.95


def test_bayes_rule_is_exact():
    rows = np.log([[0.2, 0.05], [0.3, 0.3]])
    np.testing.assert_allclose(likelihood.posterior(rows), [[0.8, 0.2], [0.5, 0.5]])
    np.testing.assert_allclose(likelihood.posterior(rows - 7, (0.2, 0.8)), [[0.5, 0.5], [0.2, 0.8]])
    with pytest.raises(ValueError, match="expected 2 numbers above 0 that add up to 1"):
        likelihood.posterior(rows, (0.5, 0.4))


def test_what_cannot_be_read_is_refused():
    for x, n in ((np.zeros((0, 2)), 4), (np.full((1, 2), np.nan), 4), (np.zeros((1, 2)), 0)):
        with pytest.raises(ValueError, match="expected rows of finite numbers"):
            likelihood.evidence([velocity(RING)], x, n=n)


# A classifier taught about noise


def chips(n=24):
    """Bright chips are ships, dark ones are none."""
    labels = np.arange(n) % 2
    images = np.random.default_rng(0).integers(0, 60, (n, 80, 80, 3)) + 160 * labels[:, None, None, None]
    return ChipSet(
        images.astype(np.uint8), labels.astype(np.uint8), np.arange(n).astype(str), np.zeros((n, 2))
    )


@pytest.fixture(scope="module")
def taught():
    return classifier.train(
        chips(), chips(), epochs=12, batch_size=8, noise=True, image_size=40, learning_rate=3e-3
    )


@pytest.mark.slow
def test_a_reader_taught_about_noise_is_sure_at_the_end_and_knows_nothing_at_the_start(taught):
    assert (classifier.logits(taught, shrink(chips().images, 40)) > 0).tolist() == (
        chips().labels == 1
    ).tolist()
    x = tf.random.stateless_normal((4, 40, 40, 3), (0, 1))
    ship, none = (classifier.reader(taught, wish) for wish in (True, False))
    both = np.exp(ship(x, 0.0)) + np.exp(none(x, 0.0))
    np.testing.assert_allclose(both, 1, atol=1e-5)
    bright = to_float(shrink(chips(2).images[1:], 40))
    assert ship(tf.constant(bright), 1.0)[0] > np.log(0.9)
    spread = [
        float(tf.reduce_max(tf.abs(ship(t * bright + (1 - t) * x[:1], t) - np.log(0.5)))) for t in (0, 1)
    ]
    assert spread[0] < spread[1]


@pytest.mark.slow
def test_a_reader_makes_chips_that_it_calls_ships(taught):
    z = tf.constant(sampling.noise(2, (40, 40, 3), seed=0))
    steered = guidance.steer(lambda x, t: 0 * x, classifier.reader(taught), weight=20.0)
    before, after = (
        classifier.reader(taught)(x, 1.0) for x in (z, solvers.solve(steered, z, solvers.times(8)))
    )
    assert (np.asarray(after) > np.asarray(before)).all()


def test_a_classifier_that_knows_no_noise_is_refused():
    with pytest.raises(ValueError, match="noise=True"):
        classifier.reader(classifier.build(filters=2))


def test_noise_and_times_follow_from_the_seed():
    images = np.ones((5, 4, 4, 3), np.float32)
    (x, t), (again, _) = classifier.noisy(images, 3), classifier.noisy(images, 3)
    assert np.array_equal(x, again) and t.shape == (5, 1) and x.dtype == t.dtype == np.float32
    z = (x - t[:, :, None, None]) / (1 - t[:, :, None, None])
    assert abs(z.mean()) < 0.2 and abs(z.std() - 1) < 0.2
    plain, _ = classifier.noisy(0 * images, 3)
    way = flow.path(plain / (1 - t[:, :, None, None]), images, t)
    np.testing.assert_allclose(x, way, atol=1e-5, err_msg="a reader learns on other paths than a flow")


# Guidance within a sampler


def told_network():
    """A velocity network that goes nowhere where it is told nothing, and along x by as much as it is told elsewhere."""
    given = [keras.Input((width,)) for width in (2, 1, 2)]
    dense = keras.layers.Dense(2, use_bias=False)
    network = keras.Model(given, dense(keras.layers.Concatenate()(given)))
    dense.set_weights([np.array([[0, 0]] * 4 + [[1, 0]], np.float32)])
    return network


def test_a_sampler_weighs_what_it_is_asked():
    network = told_network()
    for weight in (0.0, 1.0, 2.5):
        layer = solvers.Integrate(network, "euler", 4, guidance=weight)
        drawn = layer([tf.zeros((3, 2)), tf.ones((3, 1))])
        np.testing.assert_allclose(drawn, np.tile([[weight, 0.0]], (3, 1)), atol=1e-6)
        assert solvers.Integrate.from_config(layer.get_config()).guidance == weight


def test_a_flow_weighs_what_it_is_asked_at_each_call():
    model = flow.Flow(told_network(), solver="euler", solver_steps=4)
    model.compile("adam")
    noise = model.sample(3, 0, [1.0], guidance=0.0)  # the network goes nowhere where it is told nothing
    for weight in (1.0, 2.5, 0.0, -1.0):
        drawn = model.sample(3, 0, [1.0], guidance=weight)
        np.testing.assert_allclose(drawn - noise, np.tile([[weight, 0.0]], (3, 1)), atol=1e-6)


def test_a_flow_that_is_not_asked_has_nothing_to_be_guided_by():
    with pytest.raises(ValueError, match="nothing to ask it for"):
        solvers.Integrate(plane.velocity_network(4), guidance=2.0)
