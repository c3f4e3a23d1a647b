"""The bake-off of chapter 10 and its peers: what the tables hold, and that the scripts add to them."""

import importlib.util
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from satgan_tutorial import load_chips, recipes
from satgan_tutorial.experiments import bakeoff, equal_time, results

pytestmark = pytest.mark.once

TOOLS = Path(__file__).parents[1] / "tools"


def script(name):
    spec = importlib.util.spec_from_file_location(f"tools_{name}", TOOLS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def peers():
    return script("peers")


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Tables of their own, tiny networks, simulated chips and no time to lose."""
    monkeypatch.setenv("SATGAN_DATA", "simulated")
    monkeypatch.setattr(equal_time, "SCORED", 12)
    monkeypatch.setattr(bakeoff, "BASELINE", replace(bakeoff.BASELINE, base_filters=2, batch_size=2))
    for name in ("TABLE", "SHEETS", "FLOORS", "PEERS_TABLE", "PEERS_SHEETS"):
        monkeypatch.setattr(bakeoff, name, tmp_path / getattr(bakeoff, name).name)


@pytest.mark.slow
def test_a_variant_changes_one_thing_and_can_be_built():
    for name, (question, changes) in bakeoff.VARIANTS.items():
        before, after = asdict(bakeoff.BASELINE), asdict(bakeoff.recipe(name))
        changed = {key for key in before if before[key] != after[key]}
        assert changed == set(changes) and bool(question) == bool(changes), name
        assert name == "spectral norm" or len(changed - {"r2"}) <= 1, name  # both penalties are one thing
        recipes.build(replace(bakeoff.recipe(name), base_filters=2, d_filters=2))


def test_each_row_of_the_table_is_a_run_that_the_script_makes():
    rows = results.read(bakeoff.TABLE)
    names = list(bakeoff.VARIANTS)
    made = {*bakeoff.screen(names), *bakeoff.repeats(names)}
    assert bakeoff.done() <= made and len(bakeoff.done()) == len(rows)
    for row in rows:
        assert row["chips"] == "real" and int(row["steps"]) > 0 and np.isfinite(float(row["kid"])), row
        batch = bakeoff.recipe(row["variant"]).batch_size
        seen = float(row["images_per_second"]) * 60 * float(row["minutes"])
        # A run ends with the 20 steps in which its time is over; the table has four digits.
        assert 0.999 * seen <= int(row["steps"]) * batch <= 1.1 * seen + 20 * batch, row


def test_of_each_run_the_first_chips_are_kept():
    for one in bakeoff.done():
        chips = equal_time.kept(bakeoff.sheet(*one))
        assert chips.dtype == np.uint8 and chips.shape == (8, 80, 80, 3), one


@pytest.mark.real
def test_no_kept_chip_is_a_real_one():
    real = {image.tobytes() for image in load_chips().images}
    kept = [chip for one in bakeoff.done() for chip in equal_time.kept(bakeoff.sheet(*one))]
    assert kept and not any(chip.tobytes() in real for chip in kept)


@pytest.mark.slow
def test_a_run_adds_its_row_and_its_chips_and_is_not_made_again(small):
    made = [("hinge", 0, 1e-4), ("no average", 0, 1e-4)]
    for one in made:
        bakeoff.run(*one)
    rows = results.read(bakeoff.TABLE)
    assert [row["variant"] for row in rows] == ["hinge", "no average"]
    assert ",".join(rows[0]) == "variant,seed,minutes,chips,steps,kid,called_ship,alignment,images_per_second"
    assert rows[0]["chips"] == "simulated" and int(rows[0]["steps"]) == 20
    assert bakeoff.done() == set(made)
    assert equal_time.kept(bakeoff.sheet("no average", 0, 1e-4)).shape == (8, 80, 80, 3)
    assert bakeoff.sheet("no average", 0, 6.0).name == "no-average-0-6.npz"


def test_the_floors_are_those_of_the_real_chips():
    rows = results.read(bakeoff.FLOORS)
    kinds = {(row["chips"], row["against"], row["ships"]) for row in rows}
    assert kinds == {("real", a, s) for a in ("validation", "test") for s in ("as they are", "turned")}
    assert all(-1 < float(row["kid"]) < 5 for row in rows)


@pytest.mark.slow
def test_the_floors_are_written_anew(small):
    for _ in range(2):
        bakeoff.score_train_ships(draws=1)
    rows = results.read(bakeoff.FLOORS)
    assert [row["ships"] for row in rows] == 2 * ["as they are", "turned"]
    assert len({row["kid"] for row in rows}) == 4


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
    made, main = [], script("bakeoff").main

    def run(*one):
        made.append(one)
        row = dict(zip(("variant", "seed", "minutes"), one, strict=True)) | {"kid": 1.0, "steps": 2}
        results.add(bakeoff.TABLE, row)
        return row

    monkeypatch.setattr(bakeoff, "run", run)
    for worker in ("0/2", "1/2", "0/2"):
        main(["screen", "--worker", worker])
    assert len(made) == len(bakeoff.VARIANTS) and {name for name, *_ in made} == set(bakeoff.VARIANTS)
    assert set(made) == set(bakeoff.screen(list(bakeoff.VARIANTS)))
    del made[:]
    main(["repeat", "hinge", "baseline"])
    main(["repeat", "baseline"])
    assert made == [(name, seed, 12.0) for seed in (1, 2, 3) for name in ("hinge", "baseline")]
    with pytest.raises(SystemExit):
        main(["screen", "a variant that is none"])


@pytest.mark.slow
def test_a_peer_adds_its_row_and_its_chips_and_is_not_made_again(small, peers, monkeypatch):
    little = recipes.build(replace(recipes.get("small"), base_filters=2))
    monkeypatch.setitem(peers.PEERS, "book", lambda: (little, 2))
    monkeypatch.setattr(peers.run, "__defaults__", (1e-4,))
    peers.main(["book"])
    peers.main(["book"])
    (row,) = results.read(bakeoff.PEERS_TABLE)
    assert list(row) == ["peer", "chips", "minutes", "steps", "parameters", "kid", "called_ship", "kid_mixed"]
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
