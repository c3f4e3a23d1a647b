"""The scores against their formulas, other people's pieces, and what is known of two samples of one distribution."""

import numpy as np
import pytest
from scipy.linalg import sqrtm
from scripts import script
from sklearn.metrics.pairwise import euclidean_distances, polynomial_kernel
from sklearn.neighbors import NearestNeighbors

from satgan_tutorial import metrics
from satgan_tutorial.chips import symmetry
from satgan_tutorial.judge import Judge
from satgan_tutorial.sources import simulate

pytestmark = pytest.mark.once


@pytest.fixture
def features():
    rng = np.random.default_rng(0)
    return rng.normal(size=(23, 7)).astype(np.float32), rng.normal(0.5, 1.5, size=(17, 7)).astype(np.float32)


def gaussians(m, n, d, seed=0, shift=0.0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(m, d)), rng.normal(size=(n, d)) + shift


def test_kid_is_the_double_loop(features):
    real, fake = (x.astype(float) for x in features)

    def mean(a, b, skip):
        found = [
            (x @ y / 7 + 1) ** 3 for i, x in enumerate(a) for j, y in enumerate(b) if not (skip and i == j)
        ]
        return sum(found) / len(found)

    expected = mean(real, real, True) + mean(fake, fake, True) - 2 * mean(real, fake, False)
    assert metrics.kid(*features) == pytest.approx(expected, rel=1e-9)


def test_kid_is_scikit_learns_kernel(features):
    def k(x, y):
        return polynomial_kernel(x.astype(float), y.astype(float), degree=3, gamma=1 / 7, coef0=1)

    (real, fake), (m, n) = features, map(len, features)
    xx, yy = k(real, real), k(fake, fake)
    expected = (xx.sum() - np.trace(xx)) / (m * (m - 1)) + (yy.sum() - np.trace(yy)) / (n * (n - 1))
    assert metrics.kid(real, fake) == pytest.approx(expected - 2 * k(real, fake).mean(), rel=1e-9)


def test_kid_of_one_distribution_is_zero_on_average():
    scores = [metrics.kid(*gaussians(20, 30, 8, seed)) for seed in range(400)]
    assert np.mean(scores) == pytest.approx(0, abs=3 * np.std(scores) / 20)
    assert 0.3 < np.mean(np.array(scores) < 0) < 0.8


@pytest.mark.parametrize("real", [0.0, 0.7])
def test_fid_is_scipys_root(features, real):
    x, y = features[0] + real, features[1]
    a, b = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    expected = ((x.mean(axis=0) - y.mean(axis=0)) ** 2).sum() + np.trace(a + b - 2 * sqrtm(a @ b).real)
    assert metrics.fid(x, y) == pytest.approx(expected, rel=1e-5)
    assert metrics.fid(y, x) == pytest.approx(expected, rel=1e-5)


def test_fid_of_gaussians_is_the_distance_of_their_parameters():
    real, fake = gaussians(20000, 20000, 3, shift=1.0)
    assert metrics.fid(real, 2 * fake) == pytest.approx(3 * 2**2 + 3 * (2 - 1) ** 2, rel=0.02)
    assert metrics.fid(real, real) == pytest.approx(0, abs=1e-6)
    assert metrics.fid(real[:30] * [1, 0, 0], real[:30] * [0, 1, 0]) > 0  # singular covariances do not matter


def test_fid_is_biased_in_n_and_kid_is_not():
    small, large = (
        np.mean(
            [[m(*gaussians(n, n, 16, seed)) for m in (metrics.fid, metrics.kid)] for seed in range(20)], 0
        )
        for n in (40, 400)
    )
    assert small[0] > 5 * large[0] > 0
    assert abs(small[1]) < 0.2 and abs(large[1]) < 0.02


@pytest.mark.parametrize("k", [1, 3, 5])
def test_the_balls_are_scikit_learns_neighbours(features, k):
    def reach(x):
        return (
            NearestNeighbors(n_neighbors=k).fit(x).kneighbors()[0][:, -1]
        )  # of the others: not the row itself

    real, fake = (x.astype(float) for x in features)
    apart = euclidean_distances(real, fake)
    in_real, in_fake = apart <= reach(real)[:, None], apart <= reach(fake)[None]
    assert metrics.precision(real, fake, k) == in_real.any(axis=0).mean()
    assert metrics.recall(real, fake, k) == in_fake.any(axis=1).mean()
    assert metrics.density(real, fake, k) == pytest.approx(in_real.sum() / k / len(fake))
    assert metrics.coverage(real, fake, k) == in_real.any(axis=1).mean()


@pytest.mark.slow
def test_the_published_values_for_two_samples_of_one_gaussian():
    # The README of the authors' own code has precision .477, recall .471, density 1.056 and coverage .974 for 10 000
    # rows of 1000 columns and k = 5. These here are fewer rows, for speed, and so wider margins.
    real, fake = gaussians(1500, 1500, 1000)
    assert metrics.coverage(real, fake) == pytest.approx(0.969, abs=0.02)
    assert metrics.density(real, fake) == pytest.approx(1, abs=0.2)
    assert metrics.precision(real, fake) == pytest.approx(0.48, abs=0.1)
    assert metrics.recall(real, fake) == pytest.approx(0.48, abs=0.1)


@pytest.mark.parametrize(("n", "k"), [(30, 5), (100, 3)])
def test_density_is_1_and_coverage_as_its_formula_on_average(n, k):
    pairs = [gaussians(n, n, 4, seed) for seed in range(200)]
    density = [metrics.density(*pair, k) for pair in pairs]
    coverage = [metrics.coverage(*pair, k) for pair in pairs]
    expected = 1 - np.prod([(n - i) / (2 * n - i) for i in range(1, k + 1)])
    assert np.mean(density) == pytest.approx(1, abs=3 * np.std(density) / np.sqrt(200))
    assert np.mean(coverage) == pytest.approx(expected, abs=3 * np.std(coverage) / np.sqrt(200))


def test_a_missing_kind_costs_recall_and_coverage_and_an_odd_one_precision_and_density():
    rng = np.random.default_rng(0)
    two = rng.normal(size=(200, 2)) + np.repeat([[0, 0], [30, 0]], 100, axis=0)
    one, three = (
        two[:100] + rng.normal(0, 0.1, (100, 2)),
        np.concatenate([two[::2] + 0.05, two[:100] + [0, 30]]),
    )
    assert metrics.precision(two, one) > 0.9 and metrics.recall(two, one) < 0.6 > metrics.coverage(two, one)
    assert metrics.recall(two, three) > 0.9 and metrics.precision(two, three) < 0.6 > metrics.density(
        two, three
    )


@pytest.mark.parametrize("metric", metrics.METRICS.values(), ids=metrics.METRICS)
@pytest.mark.parametrize("shapes", [((1, 4), (9, 4)), ((9, 4), (1, 4)), ((9, 4), (9, 5)), ((9,), (9,))])
def test_too_few_rows_or_unequal_columns_are_told(metric, shapes):
    with pytest.raises(ValueError, match="features of shape"):
        metric(*(np.zeros(shape) for shape in shapes))


@pytest.mark.parametrize("metric", metrics.METRICS.values(), ids=metrics.METRICS)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_features_that_are_no_numbers_have_no_score(features, metric, value):
    for side in (0, 1):
        broken = [x.copy() for x in features]
        broken[side][3, 2] = value
        with pytest.raises(ValueError, match=f"1 of .* {('real', 'fake')[side]} rows .* not finite.* row 3"):
            metric(*broken)


@pytest.mark.parametrize("k", [-1, 0, 1.5, True, 17, 23])
@pytest.mark.parametrize("name", ["precision", "recall", "density", "coverage"])
def test_there_are_1_to_n_minus_1_neighbours(features, name, k):
    with pytest.raises(ValueError, match="expected"):
        getattr(metrics, name)(*features, k)


def test_other_arguments_out_of_range_are_told(features, chips):
    for wrong in ({"level": 0}, {"level": 1.5}, {"level": np.nan}, {"repeats": 1}, {"repeats": 2.5}):
        with pytest.raises(ValueError, match="expected between 0 and 1, and 2 or more"):
            metrics.interval(metrics.kid, *features, **wrong)
    with pytest.raises(ValueError, match="22 rows, 23 groups"):
        metrics.floor(metrics.kid, features[0][:22], np.arange(23), (5, 5))
    with pytest.raises(ValueError, match="0 splits"):
        metrics.floor(metrics.kid, features[0], np.arange(23), (5, 5), splits=0)
    for fake, unseen, share in (([], [1.0], 0.1), ([1.0], [np.nan], 0.1), ([1.0], [1.0], 2)):
        with pytest.raises(ValueError, match="expected"):
            metrics.near_copies(np.array(fake), np.array(unseen), share)
    with pytest.raises(ValueError, match="some shown"):
        metrics.nearest(chips, chips[:0])
    with pytest.raises(TypeError, match="shown: found float64"):
        metrics.nearest(chips, chips / 255)
    with pytest.raises(ValueError, match="rows of shape"):
        metrics.distances(features[0], features[1][:, :3])


def test_no_group_is_on_both_sides_of_a_floor_and_the_sizes_are_as_asked():
    groups = np.repeat(np.arange(30), np.arange(1, 31))
    rows = np.stack([groups, np.arange(len(groups))], axis=1)
    seen = []

    def score(real, fake):
        assert (len(real), len(fake)) == (100, 250)
        assert not set(real[:, 0]) & set(fake[:, 0])
        assert len(np.unique(real[:, 1])) == 100 and len(np.unique(fake[:, 1])) == 250
        seen.append(frozenset(real[:, 1]))
        return real[:, 1].sum(), 1.0

    values = metrics.floor(score, rows, groups, (100, 250), splits=20)
    assert values.shape == (20, 2) and len(set(seen)) == 20
    np.testing.assert_array_equal(values, metrics.floor(score, rows, groups, (100, 250), splits=20))
    assert (values != metrics.floor(score, rows, groups, (100, 250), splits=20, seed=1)).any()


@pytest.mark.parametrize("sizes", [(20, 20), (31, 3)])
def test_a_floor_that_cannot_be_split_says_so(sizes):
    with pytest.raises(ValueError, match="30 chips of 3 groups do not split"):
        metrics.floor(lambda a, b: 0, np.zeros((30, 2)), np.repeat([0, 1, 2], 10), sizes)


@pytest.mark.slow
def test_an_interval_is_as_wide_as_the_scores_of_new_samples_are_apart():
    def spread(metric, shift):
        return np.std([metric(*gaussians(120, 200, 8, seed, shift)) for seed in range(300)])

    def width(metric, shift):
        found = [
            metrics.interval(metric, *gaussians(120, 200, 8, seed, shift), level=0.6827) for seed in range(6)
        ]
        return np.mean([(high - low) / 2 for low, high in found])

    for metric in (metrics.kid, metrics.fid, metrics.coverage):
        assert width(metric, 0.5) / spread(metric, 0.5) == pytest.approx(1, abs=0.35), metric
    assert 1.2 < width(metrics.kid, 0) / spread(metrics.kid, 0) < 2.2  # as the docstring warns


def test_an_interval_is_around_the_score_and_repeats():
    real, fake = gaussians(60, 60, 4, shift=0.3)
    low, high = metrics.interval(metrics.fid, real, fake, repeats=50)
    assert low < metrics.fid(real, fake) < high
    assert (low, high) == metrics.interval(metrics.fid, real, fake, repeats=50)
    both = metrics.interval(lambda a, b: np.array([m(a, b) for m in metrics.METRICS.values()]), real, fake)
    assert both[0].shape == both[1].shape == (6,)


@pytest.fixture(scope="module")
def chips():
    return simulate.draw_chips(40, seed=5, label=1).images


def test_a_turned_copy_is_found_and_named(chips):
    shown, unseen = chips[:20], chips[20:]
    copies = np.stack([symmetry(shown[7], 5), symmetry(shown[3], 2)])
    distance, which = metrics.nearest(copies, shown)
    assert which.tolist() == [7, 3] and (distance < 1).all()
    assert (metrics.nearest(unseen, shown)[0] > 50).all()


def test_near_copies_are_counted_below_a_share_of_the_unseen():
    unseen = np.arange(100.0)
    assert metrics.near_copies(np.array([1.0, 4.9, 5.0, 50.0]), unseen) == 0.5
    assert metrics.near_copies(unseen, unseen) == 0.05
    assert metrics.near_copies(unseen, unseen, share=0.2) == 0.2


def test_distances_are_those_of_scikit_learn(features):
    np.testing.assert_allclose(metrics.distances(*features), euclidean_distances(*features), rtol=1e-5)
    assert metrics.distances(features[0], features[0]).diagonal().max() < 1e-2


@pytest.fixture(scope="module")
def verdict():
    """What the acceptance of weights says about ships, by what was done to them."""
    acceptance = script("tools/acceptance.py")
    chips, judge = simulate.draw_chips(500, seed=21), Judge("simulated")
    new = simulate.draw_chips(80, seed=22, label=1).images
    checkers = (-1) ** np.indices((80, 80)).sum(axis=0)[..., None]
    kinds = {
        "new ships": new,
        "no ships": simulate.draw_chips(80, seed=22, label=0).images,
        "checkered": np.clip(new + 6 * checkers, 0, 255).astype(np.uint8),
        "ten ships": new[np.arange(80) % 10],
        "training ships": np.rot90(chips.split(0).train.ships.images, axes=(1, 2)),
    }
    return {kind: acceptance.accept(chips, fake, judge, splits=8) for kind, fake in kinds.items()}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "fails", "passes"),
    [
        ("new ships", (), ("KID", "precision", "recall", "headings", "peak", "near-copies in pixels")),
        ("no ships", ("KID", "precision"), ("peak", "near-copies in features")),
        ("checkered", ("peak",), ("headings", "near-copies in pixels")),
        ("ten ships", ("recall",), ("precision", "peak")),
        ("training ships", ("near-copies in pixels", "near-copies in features"), ("precision", "recall")),
    ],
)
def test_the_acceptance_of_weights_names_what_is_wrong(verdict, kind, fails, passes):
    passed = verdict[kind].passed
    assert not passed[list(fails)].any() and passed[list(passes)].all(), verdict[kind]
    assert passed[["FID", "coverage", "KID, turned"]].isna().all()


@pytest.mark.parametrize("sizes", [(0, 3), (-1, 3), (2.5, 3), (True, 3), (3,)])
def test_the_sides_of_a_floor_are_whole_numbers_of_chips(sizes):
    with pytest.raises(ValueError, match="expected two whole numbers"):
        metrics.floor(metrics.kid, np.zeros((30, 2)), np.arange(30), sizes)


@pytest.mark.parametrize("metric", metrics.METRICS.values(), ids=metrics.METRICS)
@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda x: x.astype(str), "expected an array of real numbers"),
        (lambda x: x.astype(object), "expected an array of real numbers"),
        (lambda x: x + 1j, "expected an array of real numbers"),
        (lambda x: np.ma.masked_less(x, 0), "masked array that hides"),
        (lambda x: x * 1e200, "expected at most 1e\\+40"),
        (lambda x: x[:, :0], "features of shape"),
    ],
)
def test_what_is_no_row_of_numbers_has_no_score(features, metric, change, says):
    real, fake = (x.astype(float) for x in features)
    with pytest.raises(ValueError, match=says):
        metric(change(real), change(fake) if says == "features of shape" else fake)


def test_one_feature_is_enough_and_a_far_middle_changes_no_neighbour(features):
    real, fake = (x.astype(float) for x in features)
    a, b = real[:, :1], fake[:, :1]
    apart = (a.mean() - b.mean()) ** 2 + (a.std(ddof=1) - b.std(ddof=1)) ** 2
    assert metrics.fid(a, b) == pytest.approx(apart)
    for metric in (metrics.precision, metrics.recall, metrics.density, metrics.coverage):
        assert metric(real + 2**30, fake + 2**30) == pytest.approx(metric(real, fake), abs=0.05)


def test_distances_to_count_are_a_row_of_numbers():
    for wrong in (np.ones((3, 2)), np.array(["a"]), []):
        with pytest.raises(ValueError, match="expected"):
            metrics.near_copies(wrong, np.ones(3))
    with pytest.raises(ValueError, match="some of both"):
        metrics.nearest(np.zeros((0, 80, 80, 3), np.uint8), np.zeros((1, 80, 80, 3), np.uint8))


@pytest.mark.parametrize(("m", "n"), [(23, 17), (5, 40), (2, 2)])
def test_wasserstein_is_scipys_over_the_real_spread(m, n):
    from scipy.stats import wasserstein_distance

    rng = np.random.default_rng(m)
    real, fake = rng.normal(size=(m, 3)).round(1), rng.normal(0.5, 2, size=(n, 3)).round(1)  # with ties
    expected = [wasserstein_distance(a, b) / a.std() for a, b in zip(real.T, fake.T, strict=True)]
    np.testing.assert_allclose(metrics.wasserstein(real, fake), expected)
    np.testing.assert_allclose(metrics.wasserstein(real, real + 2 * real.std(axis=0)), 2)
    np.testing.assert_allclose(metrics.wasserstein(np.zeros((4, 1)), np.full((3, 1), 7.0)), 7)


def test_on_a_circle_no_place_is_the_first():
    rng = np.random.default_rng(0)
    a, b = rng.vonmises(0, 4, 90) * 90 / np.pi, rng.uniform(0, 180, 70)
    found = metrics.circular_wasserstein(a, b, 180)
    for turn in (0, 37.0, 95.5, 179):
        assert metrics.circular_wasserstein(a + turn, b + turn, 180) == pytest.approx(found)
    assert metrics.circular_wasserstein(b, a, 180) == pytest.approx(found)
    unit = 180 / 12**0.5
    assert metrics.circular_wasserstein(a, a + 20, 180) == pytest.approx(20 / unit, rel=0.01)
    assert metrics.circular_wasserstein([179.0], [1.0], 180) == pytest.approx(2 / unit)
    assert metrics.circular_wasserstein([10.0], [100.0], 180) == pytest.approx(3**0.5)
    assert metrics.circular_wasserstein([10.0], [np.nan], 180) == pytest.approx(3**0.5)
    assert metrics.circular_wasserstein([np.nan], [10.0], 180) == pytest.approx(3**0.5)
    assert metrics.circular_wasserstein([np.nan], [np.nan], 180) == 0
    with pytest.raises(ValueError, match="expected a number above 0"):
        metrics.circular_wasserstein([2.0], [1.0], 0)
