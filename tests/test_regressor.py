"""A network that reads headings and lengths through noise, and pushes a flow towards those that are wished."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from satgan_tutorial import conditions, flow, models, regressor, sampling
from satgan_tutorial.chips import shrink
from satgan_tutorial.sources import simulate

pytestmark = pytest.mark.once


def asked(headings, lengths):
    return tf.constant(
        np.stack([conditions.encode(True, h, n) for h, n in zip(headings, lengths, strict=True)])
    )


def test_the_densities_are_those_of_von_mises_and_of_gauss():
    headings, lengths = np.array([0.0, 10, 90, 179]), np.array([150.0, 200, 230, 300])
    causes = asked(headings, lengths)
    for a, b, mean, log_deviation in [(0, 0, 0, 0), (2, -1, 3, 0.5), (60, 80, -2, -1)]:
        said = tf.constant([[a, b, mean, log_deviation]] * 4, tf.float32)
        circle = stats.vonmises(np.hypot(a, b) + 1e-9, np.arctan2(b, a)).logpdf(np.radians(2 * headings))
        line = stats.norm(mean, np.exp(log_deviation)).logpdf((lengths - 200) / 10)
        np.testing.assert_allclose(regressor.heading_log_density(said, causes), circle, atol=2e-3, rtol=1e-5)
        np.testing.assert_allclose(regressor.length_log_density(said, causes), line, atol=1e-4, rtol=1e-5)
        np.testing.assert_allclose(regressor.surprise(causes, said), -circle - line, atol=2e-3, rtol=1e-5)


def test_no_number_that_the_network_says_breaks_the_loss():
    said = tf.constant([[0.0, 0, 0, 0], [1e4, 0, 0, 0], [0, -1e4, 50, 3]])
    with tf.GradientTape() as tape:
        tape.watch(said)
        loss = regressor.surprise(asked([45, 0, 90], [200, 150, 320]), said)
    assert np.isfinite(loss).all() and np.isfinite(tape.gradient(loss, said)).all()


def test_large_chips_are_read_as_small_ones_at_a_later_time():
    rng = np.random.default_rng(0)
    x, z = (rng.standard_normal((2, 80, 80, 3)).astype(np.float32) for _ in range(2))
    t = 0.3
    small, later = regressor.coarser(flow.path(z, x, tf.fill((2, 1), t)), tf.constant(t))
    pooled = [tf.nn.avg_pool2d(each, 2, 2, "VALID") for each in (2 * z, x)]  # 2 z: of deviation 1 again
    assert abs(np.std(pooled[0]) - 1) < 0.02
    np.testing.assert_allclose(small, flow.path(*pooled, tf.fill((2, 1), float(later))), atol=1e-5)
    # And the network is asked just that.
    wish = regressor.reader(regressor.build(filters=2), heading=45, length=220)
    np.testing.assert_allclose(wish(small, later), wish(flow.path(z, x, tf.fill((2, 1), t)), t), rtol=1e-5)


def test_what_is_wished_is_asked_of_each_chip():
    network, x = regressor.build(filters=2), np.random.default_rng(0).random((3, 40, 40, 3), np.float32)
    each = regressor.reader(network, heading=np.array([0.0, 45, 90]), length=200)(x, 0.5).numpy()
    for i, heading in enumerate((0, 45, 90)):
        np.testing.assert_allclose(regressor.reader(network, heading, 200)(x, 0.5)[i], each[i], rtol=1e-5)
    both, one, other = (
        regressor.reader(network, *wish)(x, 0.5).numpy() for wish in ((45, 200), (45, None), (None, 200))
    )
    np.testing.assert_allclose(both, one + other, rtol=1e-5)


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        ({}, "found no heading and no length"),
        ({"heading": np.nan}, "expected degrees"),
        ({"length": -3.0}, "metres above 0"),
    ],
)
def test_a_wish_that_is_none_is_refused(wish, says):
    with pytest.raises(ValueError, match=says):
        regressor.reader(regressor.build(filters=2), **wish)


def test_another_network_is_refused():
    with pytest.raises(ValueError, match="expected a network of `regressor.train`"):
        regressor.reader(models.load("flow-conditional", "simulated").layers[-1].layer, heading=45)


def test_chips_without_causes_or_ships_are_refused():
    chips = simulate.draw_chips(8, seed=0)
    with pytest.raises(ValueError, match="found no ships"):
        regressor.train(chips.no_ships, chips)


@pytest.mark.slow
def test_the_shipped_network_reads_ships_that_it_never_saw():
    causes = simulate.draw_causes(100, seed=31, label=1)
    causes["heading"] = np.random.default_rng(31).uniform(0, 180, 100)
    found = regressor.read(models.load("regressor", "simulated"), shrink(simulate.render(causes), 40))
    off = np.abs((found["heading"] - causes.heading + 90) % 180 - 90)
    assert np.median(off) < 6  # 45 by chance
    assert np.corrcoef(found["length"], causes.length)[0, 1] > 0.6
    # It knows how sure it may be: under noise the arrow gets short, and the deviation grows to that of all ships.
    assert np.median(found["sure"]) > 5 and np.median(found["deviation"]) < 30


@pytest.mark.slow
def test_a_flow_draws_the_heading_for_which_it_is_pushed():
    network = models.load("regressor", "simulated")
    drawn = {}
    for heading in (None, 0, 90):
        sampler = models.load("flow-conditional", "simulated")
        sampling.solve_with(sampler, "euler", 12)
        if heading is not None:
            sampling.steer_by(sampler, regressor.reader(network, heading=heading), 2.0)
        images = sampling.sample(sampler, 16, 0, conditions.encode(True))
        drawn[heading] = np.cos(np.radians(2 * regressor.read(network, images)["heading"])).mean()
    assert drawn[0] > drawn[None] + 0.2 and drawn[90] < drawn[None] - 0.2
