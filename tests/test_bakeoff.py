"""The bake-off of chapter 10 and its peers: what the tables hold, and that the scripts add to them."""

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from scripts import script

from satgan_tutorial import load_chips, panel, recipes
from satgan_tutorial.experiments import bakeoff, equal_time, results

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def peers():
    return script("tools/peers.py")


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Tables of their own, tiny networks, simulated chips and no time to lose."""
    monkeypatch.setenv("SATGAN_DATA", "simulated")
    monkeypatch.setattr(equal_time, "SCORED", 12)
    monkeypatch.setattr(bakeoff, "STEPS", 8)
    little = replace(bakeoff.BASELINE, base_filters=2, batch_size=2)
    monkeypatch.setattr(bakeoff, "BASELINE", little)
    for name in ("TABLE", "SHEETS", "COSTS", "FLOORS", "PEERS_TABLE", "PEERS_SHEETS"):
        monkeypatch.setattr(bakeoff, name, tmp_path / getattr(bakeoff, name).name)


@pytest.fixture(scope="module")
def few():
    """Few simulated chips: what a yardstick costs grows with the square of how many there are."""
    return load_chips("simulated")[::8]


@pytest.fixture(scope="module")
def contest(few):
    return bakeoff.Contest(few)


@pytest.mark.slow
def test_a_variant_changes_one_thing_and_can_be_built():
    for name, (question, changes) in bakeoff.VARIANTS.items():
        before, after = asdict(bakeoff.BASELINE), asdict(bakeoff.recipe(name))
        changed = {key for key in before if before[key] != after[key]}
        assert changed == set(changes) and bool(question) == bool(changes), name
        assert len(changed - {"r2"}) <= 1, name  # both penalties are one thing
        recipes.build(replace(bakeoff.recipe(name), base_filters=2, d_filters=2))


def test_a_contest_has_more_seeds_of_the_baseline_and_new_ones_for_the_repeats():
    names = list(bakeoff.VARIANTS)
    screen, repeats = bakeoff.screen(names), bakeoff.repeats(names)
    assert len(set(screen)) == len(screen) == 4 + 3 * (len(names) - 1)
    assert [name for name, seed in screen if seed >= 3] == ["baseline"]
    assert [seed for _, seed in screen] == sorted(seed for _, seed in screen)
    assert not {seed for _, seed in repeats} & {seed for _, seed in screen}


def test_each_row_of_the_table_is_a_run_that_the_script_makes():
    """Of a table that is not full yet, too: the rows grow one by one, and so do the costs before them."""
    rows, names = results.read(bakeoff.TABLE), list(bakeoff.VARIANTS)
    costs = {row["variant"]: float(row["cost"]) for row in results.read(bakeoff.COSTS)}
    assert not rows or set(names) <= set(costs)
    assert bakeoff.done() <= {*bakeoff.screen(names), *bakeoff.repeats(names)}
    assert len(bakeoff.done()) == len(rows)
    for row in rows:
        assert row["chips"] == "real" and int(row["steps"]) == round(bakeoff.STEPS / costs[row["variant"]]), (
            row
        )
        rulers = [float(row[name]) for name in panel.CHOOSING.values()]
        assert (
            np.isfinite(rulers).all() and float(row["score"]) > 0 and 0 <= float(row["called_ship"]) <= 1
        ), row


def test_a_step_of_the_baseline_costs_one():
    costs = {row["variant"]: row for row in results.read(bakeoff.COSTS)}
    if costs:
        assert [float(costs["baseline"][key]) for key in ("cost", "low", "high")] == [1.0] * 3
        assert all(float(x["low"]) <= float(x["cost"]) <= float(x["high"]) for x in costs.values())


def test_of_each_variant_the_first_chips_of_its_first_seed_are_kept():
    first = {name for name, seed in bakeoff.done() if seed == bakeoff.SEEDS[0]}
    for name in first:
        chips = equal_time.kept(bakeoff.sheet(name))
        assert chips.dtype == np.uint8 and chips.shape == (8, 80, 80, 3), name
    assert {file.stem for file in bakeoff.SHEETS.glob("*")} == {results.slug(name) for name in first}


@pytest.mark.real
def test_no_kept_chip_is_a_real_one():
    real = {image.tobytes() for image in load_chips().images}
    files = [*bakeoff.SHEETS.glob("*.npz"), *bakeoff.PEERS_SHEETS.glob("*.npz")]
    kept = [chip for file in files for chip in equal_time.kept(file)]
    assert kept and not any(chip.tobytes() in real for chip in kept)


@pytest.mark.slow
def test_a_run_gets_the_steps_that_its_cost_leaves_and_only_its_first_seed_keeps_chips(small, contest):
    for variant, cost in (("grain", 1.0), ("translation", 2.0)):
        results.add(bakeoff.COSTS, {"variant": variant, "cost": cost})
    made = [("grain", 0), ("translation", 0), ("translation", 1)]
    for one in made:
        contest.run(*one)
    rows = results.read(bakeoff.TABLE)
    assert [(row["variant"], int(row["seed"]), int(row["steps"])) for row in rows] == [
        ("grain", 0, 8),
        ("translation", 0, 4),
        ("translation", 1, 4),
    ]
    rulers = ",".join(panel.CHOOSING.values())
    assert ",".join(rows[0]) == f"variant,seed,chips,steps,minutes,{rulers},score,called_ship,alignment"
    assert rows[0]["chips"] == "simulated" and bakeoff.done() == set(made)
    assert sorted(file.name for file in bakeoff.SHEETS.iterdir()) == ["grain.npz", "translation.npz"]
    assert equal_time.kept(bakeoff.sheet("translation")).shape == (8, 80, 80, 3)


@pytest.mark.slow
def test_the_score_is_the_mean_of_five_rulers_over_their_limits(contest):
    ships = contest.ships[:40]
    row, found = contest.scores(ships), contest.yardstick.scores(ships)
    assert row["score"] == pytest.approx(found.over_limit.mean()) and len(found) == len(panel.CHOOSING) == 5
    assert row["kid"] == pytest.approx(found.score["KID"])


@pytest.mark.slow
def test_a_contest_scores_against_the_part_that_is_named(few, contest):
    test = bakeoff.Contest(few, part="test")
    assert len(test.yardstick.real["features"]) == len(test.split.test.ships)
    assert len(contest.yardstick.real["features"]) == len(contest.split.validation.ships)
    assert (test.ships == contest.ships).all()


@pytest.mark.slow
def test_what_a_step_costs_is_measured_once(small, contest, monkeypatch):
    seconds = dict.fromkeys(bakeoff.VARIANTS, np.array([1.0, 2.0, 4.0])) | {
        "grain": np.array([3.0, 4.0, 4.0])
    }
    asked = []

    def measured(models, images, batch_size, rounds):
        asked.append(set(models))
        return seconds

    monkeypatch.setattr(equal_time, "seconds_a_step", measured)
    assert contest.costs(rounds=3) == contest.costs() == dict.fromkeys(bakeoff.VARIANTS, 1.0) | {"grain": 2.0}
    assert asked == [set(bakeoff.VARIANTS)]
    (row,) = [row for row in results.read(bakeoff.COSTS) if row["variant"] == "grain"]
    assert row == {"variant": "grain", "cost": "2", "low": "1", "high": "3", "seconds": "4"}


@pytest.mark.slow
def test_models_take_turns_and_their_first_turn_is_for_their_graphs(small):
    models = {name: recipes.build(bakeoff.recipe(name), 0) for name in ("baseline", "translation")}
    ships = np.random.default_rng(0).integers(0, 256, (4, 80, 80, 3), np.uint8)
    found = equal_time.seconds_a_step(models, ships, 2, rounds=2, steps=3)
    assert set(found) == set(models) and all(x.shape == (2,) and (x > 0).all() for x in found.values())
    assert [model.step for model in models.values()] == [9, 9]


def test_the_floors_are_those_of_the_real_chips():
    rows = results.read(bakeoff.FLOORS)
    assert {(row["chips"], row["ships"]) for row in rows} == {("real", "as they are"), ("real", "turned")}
    assert all(0 < float(row["score"]) < 5 for row in rows)


@pytest.mark.slow
def test_the_floors_are_written_anew(small, contest):
    for _ in range(2):
        contest.score_train_ships(draws=1)
    rows = results.read(bakeoff.FLOORS)
    assert [row["ships"] for row in rows] == ["as they are", "turned"]
    assert len({row["score"] for row in rows}) == 2


def test_the_chapter_counts_the_variants_right():
    book = Path(__file__).parents[1] / "book"
    chapter = (book / "better/10-few-images.ipynb").read_text("utf-8")
    assert len(bakeoff.VARIANTS) - 1 == 7 and "seven changes of one recipe" in chapter
    assert (len(bakeoff.SEEDS), len(bakeoff.MORE), len(bakeoff.NEW_SEEDS)) == (3, 4, 4)
    assert "three seeds, and the baseline with four" in chapter and "four seeds that took no part" in chapter
    assert bakeoff.STEPS == equal_time.SCORED == 1000 and len(panel.CHOOSING) == 5
    assert "makes 1000 steps" in chapter and "draw 1000 chips" in chapter and "Five rulers of" in chapter


def test_a_table_begins_with_its_columns_and_keeps_four_digits(tmp_path):
    table = tmp_path / "table.csv"
    assert results.read(table) == []
    for kid in (0.123456, 12345.6):
        results.add(table, {"name": "R1 alone", "steps": 123456, "kid": kid})
    assert table.read_text() == "name,steps,kid\nR1 alone,123456,0.1235\nR1 alone,123456,1.235e+04\n"
    assert [row["steps"] for row in results.read(table)] == ["123456"] * 2
    assert results.slug("32 filters, D alone") == "32-filters-d-alone"


def test_turned_chips_are_the_chips_in_one_of_eight_ways():
    images = np.random.default_rng(0).integers(0, 256, (64, 4, 4, 3), np.uint8)
    turned = equal_time.turned(images)
    assert (turned.sum(axis=(1, 2)) == images.sum(axis=(1, 2))).all()
    same = (turned == images).all(axis=(1, 2, 3)).mean()
    assert 0 < same < 0.4  # an eighth of them


def test_runs_are_dealt_out_to_workers_and_finished_ones_are_skipped(small, monkeypatch):
    made, main = [], script("tools/bakeoff.py").main

    class Contest:
        def __init__(self, chips):
            pass

        def run(self, *one):
            made.append(one)
            row = dict(zip(("variant", "seed"), one, strict=True)) | {
                "score": 1.0,
                "steps": 2,
                "minutes": 1.0,
            }
            results.add(bakeoff.TABLE, row)
            return row

    monkeypatch.setattr(bakeoff, "Contest", Contest)
    for worker in ("0/2", "1/2", "0/2"):
        main(["screen", "--worker", worker])
    assert sorted(made) == sorted(bakeoff.screen(list(bakeoff.VARIANTS)))
    del made[:]
    main(["repeat", "grain", "baseline"])
    main(["repeat", "baseline"])
    assert made == [(name, seed) for seed in (4, 5, 6, 7) for name in ("grain", "baseline")]
    with pytest.raises(SystemExit):
        main(["screen", "a variant that is none"])


@pytest.mark.slow
def test_a_peer_adds_its_row_and_its_chips_and_is_not_made_again(small, few, peers, monkeypatch):
    monkeypatch.setattr(peers, "load_chips", lambda: few)
    little = recipes.build(replace(recipes.get("small"), base_filters=2))
    monkeypatch.setitem(peers.PEERS, "book", lambda: (little, 2))
    monkeypatch.setattr(peers.run, "__defaults__", (1e-4,))
    peers.main(["book"])
    peers.main(["book"])
    (row,) = results.read(bakeoff.PEERS_TABLE)
    rulers = panel.CHOOSING.values()
    told = ["peer", "chips", "minutes", "steps", "parameters", *rulers, "score", "called_ship", "alignment"]
    assert list(row) == [*told, "kid_mixed"]
    assert int(row["steps"]) == 5 and int(row["parameters"]) == little.generator.count_params()
    assert equal_time.kept(bakeoff.PEERS_SHEETS / "book.npz").shape == (8, 80, 80, 3)
    with pytest.raises(SystemExit, match="no peer 'nobody'; there are keras"):
        peers.main(["nobody"])


@pytest.mark.slow
@pytest.mark.parametrize("peer", ["keras", "flavours", "pytorch"])
def test_a_peer_draws_chips_of_eighty_pixels_and_can_be_trained(peer, peers):
    model, batch_size = peers.PEERS[peer]()
    assert model.generator.output_shape == (None, 80, 80, 3) and batch_size in (32, 128)
    assert model.discriminator.output_shape == (None, 1)
    ships = np.random.default_rng(0).integers(0, 256, (2, 80, 80, 3), np.uint8)
    log = model.train_step(ships)
    assert model.step == 1 and all(np.isfinite(float(value)) for value in log.values())
