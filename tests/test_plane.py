import csv
from pathlib import Path

import keras
import numpy as np
import pytest
from scripts import script

from satgan_tutorial import likelihood, losses, plane, sampling, solvers

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[1]
SHAPES = {f.__name__: f() for f in (plane.gaussian, plane.ring, plane.lattice, plane.moons)}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_each_density_integrates_to_one_and_is_that_of_its_samples(shape):
    side = 40
    points, area = plane.cells(extent=5.0, side=side * 5)
    density = np.exp(shape.log_density(points))
    assert area * density.sum() == pytest.approx(1, abs=1e-4)
    mass = area * density.reshape(side, 5, side, 5).sum((1, 3))  # of 40 x 40 boxes, rows are y
    n = 50_000
    samples = shape.sample(n, seed=0)
    assert samples.dtype == np.float32 and samples.shape == (n, 2)
    edges = np.linspace(-5, 5, side + 1)
    counts, _, _ = np.histogram2d(samples[:, 1], samples[:, 0], [edges, edges])
    full = mass * n > 5
    chi_square = np.sum((counts[full] - n * mass[full]) ** 2 / (n * mass[full]))
    assert abs(chi_square - full.sum()) < 5 * np.sqrt(2 * full.sum())


def test_same_seed_same_points():
    ring = plane.ring()
    assert np.array_equal(ring.sample(5, seed=1), ring.sample(5, seed=1))
    assert not np.array_equal(ring.sample(5, seed=1), ring.sample(5, seed=2))


def test_a_mode_is_covered_by_a_quarter_of_its_due():
    ring = plane.ring()
    assert plane.covered(ring.sample(1000, seed=0), ring) == 8
    points = ring.centres[np.repeat([0, 1, 2], [900, 32, 31])]  # a quarter of 963 / 8 is 30.1
    assert plane.covered(points, ring) == 3
    points = ring.centres[np.repeat([0, 1, 2], [940, 31, 29])]  # of 1000 / 8 it is 31.25
    assert plane.covered(points, ring) == 1
    assert plane.visits(points, ring).tolist() == [940, 31, 29, 0, 0, 0, 0, 0]
    assert plane.covered(np.zeros((100, 2)), ring) == 0
    assert plane.covered(plane.moons().sample(1000, seed=0), plane.moons()) == 2


def test_the_divergence_is_that_of_the_line_symmetric_and_at_most_log_two():
    """Two Gaussians a distance apart differ along one line only, so one integral gives the same."""
    a, b = plane.gaussian((-1.0, 0.5)), plane.gaussian((1.0, 0.5))
    t, step = np.linspace(-10, 10, 4001, retstep=True)
    p, q = (np.exp(-0.5 * (t - m) ** 2) / np.sqrt(2 * np.pi) for m in (-1, 1))
    truth = 0.5 * step * np.sum(p * np.log(2 * p / (p + q)) + q * np.log(2 * q / (p + q)))
    assert plane.jensen_shannon(a, b) == pytest.approx(truth, abs=1e-6)
    assert plane.jensen_shannon(b, a) == pytest.approx(truth, abs=1e-6)
    assert plane.jensen_shannon(a, a) == pytest.approx(0, abs=1e-12)
    far = plane.jensen_shannon(plane.gaussian((-6.0, 0.0), 0.5), plane.gaussian((6.0, 0.0), 0.5))
    assert far == pytest.approx(np.log(2), abs=1e-4)


@pytest.mark.slow
def test_the_statue_draws_its_gaussian_and_stands_still():
    q = plane.gaussian((1.0, -0.5), 0.4)
    model = plane.build(fixed=plane.statue(q), steps_per_execution=5)
    before = model.generator.get_weights()
    judge = model.discriminator.get_weights()
    plane.train(model, plane.ring().sample(500, seed=0), 10)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.generator.get_weights(), strict=True))
    assert not np.array_equal(judge[0], model.discriminator.get_weights()[0])
    points = model.sample(20_000, seed=0)
    np.testing.assert_allclose(points.mean(0), (1.0, -0.5), atol=0.02)
    np.testing.assert_allclose(points.std(0), 0.4, atol=0.02)


@pytest.fixture(scope="module")
def judge():
    """A discriminator trained between the ring and a Gaussian that stands still, for long."""
    ring, q = plane.ring(), plane.gaussian(sigma=1.5)
    rate = keras.optimizers.schedules.CosineDecay(1e-2, 2000)
    model = plane.build(fixed=plane.statue(q), learning_rate=rate, steps_per_execution=50)
    plane.train(model, ring.sample(50_000, seed=0), 2000, batch_size=256)
    return ring, q, model.discriminator


@pytest.mark.slow
def test_a_trained_discriminator_comes_near_the_optimal_one(judge):
    ring, q, discriminator = judge
    points = np.concatenate([ring.sample(5000, seed=1), q.sample(5000, seed=2)])
    trained = keras.ops.sigmoid(discriminator(points))[:, 0]
    optimal = 1 / (1 + np.exp(q.log_density(points) - ring.log_density(points)))
    assert np.mean(np.abs(trained - optimal)) < 0.05
    assert np.mean(np.abs(0.5 - optimal)) > 0.3  # what one that knows nothing would get


@pytest.mark.slow
def test_a_trained_discriminator_measures_the_divergence_from_below(judge):
    ring, q, discriminator = judge
    logits = (discriminator(p.sample(20_000, seed=3)) for p in (ring, q))
    d_loss, _ = losses.non_saturating(*logits)
    estimate, truth = (np.log(4) - float(d_loss)) / 2, plane.jensen_shannon(ring, q)
    assert truth - 0.05 < estimate < truth + 0.01


@pytest.mark.slow
def test_a_mode_is_dropped_and_found_again():
    ring = plane.ring()
    points = ring.sample(20_000, seed=0)
    model = plane.build(seed=2, learning_rate=1e-2, steps_per_execution=25)
    reached = []
    for _ in range(30):
        plane.train(model, points, 25)
        now = plane.visits(sampling.sample(model.generator, 1000, seed=0, batch_size=1000), ring)
        reached.append(now >= 0.25 * 1000 / 8)
    reached = np.array(reached)
    lost = reached[:-1] & ~reached[1:]
    assert any(reached[i + 1 :, mode].any() for i, mode in np.argwhere(lost))
    assert reached[-1].sum() >= 7


@pytest.mark.parametrize("t", [0.0, 0.4, 0.95, 1.0])
def test_points_on_the_way_are_those_of_the_mixture_that_they_pass(t):
    ring, rng = plane.ring(5, 1.5, 0.3), np.random.default_rng(0)
    x, z = ring.sample(20_000, seed=1), rng.standard_normal((20_000, 2))
    there = (1 - t) * z + t * x
    now = ring.at(t)
    assert now.log_density(there).mean() == pytest.approx(
        now.log_density(now.sample(20_000, seed=2)).mean(), abs=0.03
    )
    np.testing.assert_allclose(there.std(0), now.sample(20_000, seed=3).std(0), rtol=0.03)


@pytest.mark.parametrize("t", [0.0, 0.4, 0.8, 1.0])
def test_the_velocity_is_the_mean_of_all_paths_through_a_point(t):
    """Least squares: no multiple of the field, and no shift, comes nearer to x - z than the field itself."""
    ring, rng = plane.ring(3, 1.5, 0.4), np.random.default_rng(0)
    x, z = ring.sample(40_000, seed=1).astype(float), rng.standard_normal((40_000, 2))
    there = (1 - t) * z + t * x
    v, target = ring.velocity(there, t), x - z
    for direction in (v, there, np.ones_like(v), np.sin(3 * there), np.cos(2 * there[:, ::-1])):
        left = np.sum((target - v) * direction, axis=1)
        assert abs(left.mean()) < 4.5 * left.std() / 200


def test_the_exact_velocity_takes_noise_to_every_mode():
    ring = plane.ring()
    noise = np.random.default_rng(0).standard_normal((1000, 2))
    points = solvers.solve(ring.velocity, noise, solvers.times(50))
    assert plane.covered(points, ring) == 8
    assert plane.visits(points, ring).sum() > 950


@pytest.fixture(scope="module")
def flows():
    """A mixture, and a flow before and after it learned it."""
    mixture = plane.ring(5, 1.5, 0.3)
    rate = keras.optimizers.schedules.CosineDecay(1e-2, 4000)
    model = plane.build_flow(learning_rate=rate, steps_per_execution=100)
    before = model.sampler()
    plane.train(model, mixture.sample(50_000, seed=0), 4000, batch_size=256)
    return mixture, before, model.sampler()


def miss(sampler, mixture):
    """The error of a network's velocities over their size, in the mean over points and times."""
    network, wrong, size = sampler.layers[-1].layer, 0, 0
    for t in (0.05, 0.25, 0.5, 0.75, 0.95):
        points = mixture.at(t).sample(1000, seed=3)
        truth = mixture.velocity(points, t)
        wrong += np.sum((network([points, np.full((1000, 1), t, np.float32)]) - truth) ** 2)
        size += np.sum(truth**2)
    return wrong / size


@pytest.mark.slow
def test_a_trained_flow_comes_near_the_exact_velocity(flows):
    mixture, before, after = flows
    assert miss(before, mixture) > 0.5
    assert miss(after, mixture) < 0.02


@pytest.mark.slow
def test_a_trained_flow_draws_the_mixture_and_knows_its_density(flows):
    mixture, _, sampler = flows
    points = sampling.sample(sampler, 2000, seed=0, batch_size=2000)
    counts = plane.visits(points, mixture)
    assert counts.sum() > 1900 and counts.min() > 330 and counts.max() < 470
    fresh = mixture.sample(400, seed=1)
    truth = mixture.log_density(fresh)
    found = likelihood.log_density(sampler.layers[-1].layer, fresh, steps=40, batch_size=400)
    assert found.mean() == pytest.approx(truth.mean(), abs=0.03)
    assert np.abs(found - truth).mean() < 0.2


@pytest.fixture
def modes():
    """What trained the table of modes."""
    return script("tools/modes.py")


def test_the_table_of_modes_is_whole_and_says_what_the_chapter_says(modes):
    with modes.TABLE.open() as file:
        rows = list(csv.DictReader(file))
    found = {(r["loss"], float(r["r1"]), int(r["seed"])): int(r["modes"]) for r in rows}
    wanted = {(loss, r1, seed) for loss in losses.LOSSES for r1 in modes.R1 for seed in modes.SEEDS}
    assert set(found) == wanted and len(rows) == len(wanted)
    assert {int(r["steps"]) for r in rows} == {modes.STEPS}
    mean = {
        (loss, r1): np.mean([found[loss, r1, seed] for seed in modes.SEEDS])
        for loss in losses.LOSSES
        for r1 in modes.R1
    }
    spread = {key: np.std([found[*key, seed] for seed in modes.SEEDS], ddof=1) for key in mean}
    others = [loss for loss in losses.LOSSES if loss != "hinge"]
    for r1 in modes.R1:
        means = [mean[loss, r1] for loss in others]
        assert max(means) - min(means) < min(spread[loss, r1] for loss in others)
        assert mean["hinge", r1] < 0.55 * min(means)
    assert all(abs(mean[loss, 0.1] - mean[loss, 0.0]) < 2 for loss in losses.LOSSES)
    assert min(found["least_squares", 0.1, seed] for seed in modes.SEEDS) < mean["hinge", 0.1]
    assert np.mean([float(row["near"]) < 0.5 for row in rows]) > 0.9


@pytest.mark.slow
def test_a_corner_of_the_table_can_be_trained_again(modes):
    first, again = (modes.run("hinge", 0.1, 3, steps=50) for _ in range(2))
    assert first == again and ",".join(first) == modes.TABLE.read_text().partition("\n")[0]
    assert 0 <= first["modes"] <= 25 and 0 <= first["near"] <= 1
    assert modes.run("hinge", 0.1, 4, steps=50)["near"] != first["near"]


@pytest.mark.parametrize(
    "points",
    [np.zeros((0, 2)), np.full((3, 2), np.nan), np.zeros((3, 3)), np.zeros(4), np.full((3, 2), np.inf)],
)
def test_points_that_are_none_cover_no_mode_in_silence(points):
    with pytest.raises(ValueError, match="expected"):
        plane.covered(points, plane.ring())


def test_numbers_that_make_no_distribution_are_refused():
    points = plane.ring().sample(8, seed=0)
    for share in (0, -1, np.nan):
        with pytest.raises(ValueError, match="share above 0"):
            plane.covered(points, plane.ring(), share)
    for make in (lambda: plane.ring(0), lambda: plane.ring(sigma=0), lambda: plane.gaussian(sigma=np.nan)):
        with pytest.raises(ValueError, match="expected one finite centre"):
            make()
    with pytest.raises(ValueError, match="found some that|that are not finite"):
        plane.ring().log_density(np.full((2, 2), np.nan))


def test_a_divergence_whose_squares_miss_a_mixture_is_refused():
    for far in (plane.gaussian((100.0, 0.0)), plane.gaussian((0.01, 0.01), sigma=1e-3)):
        with pytest.raises(ValueError, match="q: found .* of its mass"):
            plane.jensen_shannon(plane.gaussian(), far)
