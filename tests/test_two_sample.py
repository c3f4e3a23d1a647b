"""The classifier two-sample test: it finds what was planted, at each scale, and nothing between real chips and real ones."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from satgan_tutorial import two_sample
from satgan_tutorial.sources import simulate

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def ships():
    """Simulated ships, six a day."""
    return simulate.draw_chips(240, seed=8, label=1).images, np.repeat(np.arange(40), 6)


@pytest.mark.slow
@pytest.mark.parametrize("fault", two_sample.FAULTS)
@pytest.mark.parametrize("side", two_sample.SCALES)
def test_a_planted_fault_is_found_at_each_scale(ships, side, fault):
    parts = two_sample.by_day(*ships, seed=0)
    found, low, high = two_sample.told_apart(parts, side, plant=two_sample.FAULTS[fault], steps=150)
    assert found > 0.9 and 0.5 < low <= found <= high


@pytest.mark.slow
@pytest.mark.parametrize("side", two_sample.SCALES[1:])
def test_real_chips_are_not_told_from_real_ones(ships, side):
    found = [two_sample.told_apart(two_sample.by_day(*ships, seed), side, steps=60)[0] for seed in range(3)]
    assert np.mean(found) == pytest.approx(0.5, abs=0.15)


@pytest.mark.slow
def test_a_network_that_has_not_learned_says_a_half_even_of_a_fault(ships):
    parts = two_sample.by_day(*ships, seed=0)
    found = two_sample.told_apart(parts, 40, plant=two_sample.stripe, steps=1)[0]
    assert abs(found - 0.5) < 0.4  # so planted faults have to be shown beside each score


@pytest.mark.slow
def test_a_half_turn_tells_nothing_and_a_seed_is_repeated(ships):
    parts = two_sample.by_day(*ships, seed=0)
    upside_down = replace(parts, others=parts.others[:, ::-1, ::-1])
    one, other = (two_sample.told_apart(x, 10, steps=20, seed=4) for x in (parts, upside_down))
    assert one == pytest.approx(other, abs=1e-6)
    assert two_sample.told_apart(parts, 10, steps=20, seed=4) == one
    assert two_sample.told_apart(parts, 10, steps=20, seed=5) != one


def test_auc_is_scikit_learns():
    rng = np.random.default_rng(0)
    low, high = rng.normal(size=40).round(1), rng.normal(0.6, size=25).round(1)  # with ties
    expected = roc_auc_score(np.repeat([0, 1], [40, 25]), np.concatenate([low, high]))
    assert two_sample.auc(low, high) == pytest.approx(expected)
    assert two_sample.auc(high, low) == pytest.approx(1 - expected)
    assert two_sample.auc(np.zeros(3), np.zeros(4)) == 0.5


def test_the_interval_is_wider_where_a_day_is_alike():
    rng = np.random.default_rng(0)
    days, high = np.repeat(np.arange(20), 10), rng.normal(1, 1, 200)
    low = rng.normal(size=20)[days]
    ends = [two_sample._bootstrap(low, high, of, np.random.default_rng(1)) for of in (days, np.arange(200))]
    widths = [b - a for a, b in ends]
    assert widths[0] > 1.5 * widths[1] and ends[0][0] < two_sample.auc(low, high) < ends[0][1]


def test_no_day_is_in_two_parts(ships):
    images, days = ships
    marked = images.copy()
    marked[:, 0, 0, 0] = days
    parts = two_sample.by_day(marked, days, seed=3)
    sides = [set(x[:, 0, 0, 0].tolist()) for x in (parts.real, parts.fake, parts.unseen, parts.others)]
    assert sum(map(len, sides)) == len(set.union(*sides)) == 40
    assert set(parts.days.tolist()) == sides[2] and {len(x) for x in (parts.real, parts.fake)} == {60}


def test_each_row_has_its_floor_and_its_planted_faults(ships, monkeypatch):
    def told(parts, side, *, plant=None, steps, seed):
        return ({"blur": 0.9, "stripe": 0.95}[plant.__name__] if plant else 0.4 + 0.05 * seed, 0.3, 0.99)

    monkeypatch.setattr(two_sample, "told_apart", told)
    parts, done = two_sample.by_day(*ships, seed=0), []
    table = two_sample.scores(parts, *ships, scales=(80, 10), splits=3, seed=2, update=done.append)
    assert table.ruler.tolist() == ["told apart, 80 pixels", "told apart, 10 pixels"]
    assert table.score.tolist() == [0.5, 0.5] and table.inside.all() and table["rank"].tolist() == [0, 0]
    assert table.limit.to_numpy() == pytest.approx(0.65) and table.floor.to_numpy() == pytest.approx(0.6)
    assert table["planted blur"].tolist() == [0.9, 0.9] and table["planted stripe"].tolist() == [0.95, 0.95]
    assert done == list(range(1, 13)) and two_sample.trainings(10, 3) == 6


@pytest.mark.parametrize("side", [7, 81, 20.0, None])
def test_sides_that_there_are_not(ships, side):
    with pytest.raises(ValueError, match="side: found .* expected a whole number from 8 to 80"):
        two_sample.told_apart(two_sample.by_day(*ships, seed=0), side)


def test_parts_are_checked_at_the_door(ships):
    images, days = ships
    parts = two_sample.by_day(images, days, seed=0)
    with pytest.raises(ValueError, match="found 7 chips in one of four parts; expected at least 8"):
        replace(parts, fake=images[:7])
    with pytest.raises(ValueError, match="expected squares of one size"):
        replace(parts, fake=images[:20, :40, :40])
    with pytest.raises(ValueError, match="found 3 days for 60 unseen"):
        replace(parts, days=days[:3])
    with pytest.raises(TypeError, match="others: found float32"):
        replace(parts, others=images[:20].astype(np.float32))
