"""What generated chips teach a classifier: the batches, the scores, and that each run is made once."""

from itertools import islice

import numpy as np
import pandas as pd
import pytest
from scripts import script
from sklearn.metrics import average_precision_score, log_loss

from satgan_tutorial import load_chips, models
from satgan_tutorial.experiments import lessons

pytestmark = pytest.mark.once


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A table of its own, hardly any steps, and no time to lose."""
    monkeypatch.setenv("SATGAN_DATA", "simulated")
    for name, value in {
        "TABLE": tmp_path / "teach.csv",
        "STEPS": 2,
        "OWN_STEPS": 1,
        "POOL": 8,
        "ASKED": (4, 4),
    }.items():
        monkeypatch.setattr(lessons, name, value)


@pytest.fixture(scope="module")
def split():
    return load_chips("simulated").split()


def test_average_precision_and_log_loss_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    labels = rng.integers(2, size=300)
    for logits in (rng.normal(size=300) + labels, np.round(rng.normal(size=300)), np.zeros(300)):
        found = lessons.scores(logits, labels)
        assert found["ap"] == pytest.approx(average_precision_score(labels, logits))
        assert found["log_loss"] == pytest.approx(log_loss(labels, 1 / (1 + np.exp(-logits))))
        assert found["accuracy"] == np.mean((logits > 0) == (labels == 1))
    assert lessons.average_precision(labels, labels.astype(float)) == 1


def test_few_ships_are_among_more_and_other_seeds_draw_others():
    ships = np.arange(200)
    few, more = lessons.subset(ships, 50, seed=1), lessons.subset(ships, 100, seed=1)
    assert len(set(few)) == 50 and set(few) < set(more)
    assert set(few) != set(lessons.subset(ships, 50, seed=2))


def test_a_batch_is_half_ships_and_of_these_half_are_generated():
    no_ships, ships, generated = (np.full((3, 80, 80, 3), level, np.uint8) for level in (0, 100, 200))
    for mixed_in, levels in ((None, [0] * 16 + [100] * 16), (generated, [0] * 16 + [100] * 8 + [200] * 8)):
        x, y = next(lessons.batches(ships, no_ships, mixed_in, True, seed=0))
        assert x.dtype == np.float32 and x.shape == (32, 80, 80, 3)
        assert np.array_equal(np.rint((x[:, 0, 0, 0] + 1) * 127.5), levels)
        assert np.array_equal(y, np.repeat([[0], [1]], 16, axis=0))


@pytest.mark.slow
def test_chips_are_turned_where_symmetries_are_asked_for():
    one = np.random.default_rng(0).integers(0, 256, (1, 80, 80, 3), np.uint8)
    for symmetries, ways in ((False, 1), (True, 8)):
        seen = np.concatenate([x for x, _ in islice(lessons.batches(one, one, None, symmetries, 0), 8)])
        assert len(np.unique(seen.reshape(len(seen), -1), axis=0)) == ways


@pytest.mark.slow
def test_the_same_seed_trains_the_same_classifier():
    rng = np.random.default_rng(0)
    ships, no_ships = rng.integers(0, 256, (2, 4, 80, 80, 3), np.uint8)
    first, again, other = (
        lessons.train(ships, no_ships, seed=seed, steps=2).get_weights()[0] for seed in (0, 0, 1)
    )
    assert np.array_equal(first, again) and not np.array_equal(first, other)


@pytest.mark.slow
def test_each_row_of_the_table_is_a_run_that_the_script_makes(split):
    rows = pd.read_csv(lessons.TABLE)
    every = {"real": 601, "simulated": len(split.train.ships)}
    assert len(lessons.done()) == len(rows) > 0
    assert set(rows.arm) <= set(lessons.ARMS) and set(rows.seed) <= set(lessons.SEEDS)
    assert set(rows.n[rows.arm.isin(lessons.FEW)]) <= {*lessons.NUMBERS, *every.values()}
    assert not rows.duplicated(["arm", "n", "seed", "chips"]).any()
    for column in ("ap", "accuracy", "asked_ap", "asked_accuracy"):
        assert rows[column].between(0, 1).all()
    assert (rows.log_loss > 0).all() and (rows.steps == lessons.STEPS).all()


def test_every_run_is_there_once_and_no_arm_whose_generator_is_not_shipped(split, monkeypatch):
    monkeypatch.setattr(models, "shipped", lambda: ["book-simulated", "conditional-simulated", "flow-real"])
    made = lessons.runs(split)
    assert len(set(made)) == len(made)
    assert {arm for arm, *_ in made} == set(lessons.ARMS) - {"simulator alone", "flow"}
    assert {n for arm, n, *_ in made if arm == "own GAN"} == {10}
    every = len(split.train.ships)
    assert {n for arm, n, *_ in made if arm == "book"} == {10, 25, 50, every}
    for arm in ("nothing", "symmetries", "book"):
        assert len([one for one in made if one[0] == arm]) == 4 * len(lessons.SEEDS)
    first = [one for one in made if one[2] == 1]
    assert made[: len(first)] == first  # a seed is whole before the next begins


@pytest.mark.slow
def test_each_arm_gets_the_chips_it_should(small, split, monkeypatch):
    monkeypatch.setattr(lessons, "samples", lambda name, source, n, *_: np.zeros((n, 80, 80, 3), np.uint8))
    train, validation = split.train, split.validation
    for name, arm in lessons.ARMS.items():
        ships, no_ships, generated = lessons.pools(arm, split, 20, seed=1)
        assert (generated is not None) == (arm.generator in ("book", "flow", "own")), name
        if generated is not None:
            assert generated.shape == (8, 80, 80, 3)
        n = {"conditional": len(train.ships), "simulated": len(train.ships)}.get(arm.generator, 20)
        assert len(ships) == n and len(ships) + len(no_ships) > 0, name
        if arm.part:
            assert len(no_ships) == len(validation.no_ships)
            of = getattr(split, arm.part).images
            assert ships[0].tobytes() in {image.tobytes() for image in of}
        else:
            assert len(no_ships) == len(train.no_ships)


@pytest.mark.slow
def test_a_run_adds_a_row_and_is_not_made_again(small, capsys, monkeypatch):
    monkeypatch.setattr(lessons, "SEEDS", (1,))
    main = script("tools/teach.py").main
    for _ in range(2):
        main(["--most", "1"])
    rows = pd.read_csv(lessons.TABLE)
    assert list(rows.arm) == ["nothing"] * 2 and list(rows.n) == [10, 25]
    assert set(rows.chips) == {"simulated"} and lessons.done() == set(lessons.runs(load_chips().split())[:2])
    assert len(capsys.readouterr().out.splitlines()) >= 2
