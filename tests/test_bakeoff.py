"""The bake-off of chapter 10 and its peers: what the tables hold, and that the scripts add to them."""

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from satgan_tutorial import load_chips, recipes

TOOLS = Path(__file__).parents[1] / "tools"


@pytest.fixture(scope="module")
def scripts():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(TOOLS)
        import bakeoff
        import equal_time
        import peers

        yield bakeoff, equal_time, peers


@pytest.fixture(scope="module")
def results(scripts):
    import results

    return results


@pytest.fixture
def small(scripts, tmp_path, monkeypatch):
    """The scripts with tables of their own, tiny networks, simulated chips and no time to lose."""
    bakeoff, equal_time, peers = scripts
    monkeypatch.setenv("SATGAN_DATA", "simulated")
    monkeypatch.setattr(equal_time, "SCORED", 12)
    monkeypatch.setattr(bakeoff, "BASELINE", replace(bakeoff.BASELINE, base_filters=2, batch_size=2))
    for script in (bakeoff, peers):
        monkeypatch.setattr(script, "TABLE", tmp_path / script.TABLE.name)
        monkeypatch.setattr(script, "SHEETS", tmp_path / script.SHEETS.name)
    monkeypatch.setattr(bakeoff, "FLOORS", tmp_path / "floors.csv")
    return scripts


@pytest.mark.slow
def test_a_variant_changes_one_thing_and_can_be_built(scripts):
    bakeoff, *_ = scripts
    for name, (question, changes) in bakeoff.VARIANTS.items():
        before, after = asdict(bakeoff.BASELINE), asdict(bakeoff.recipe(name))
        changed = {key for key in before if before[key] != after[key]}
        assert changed == set(changes) and bool(question) == bool(changes), name
        assert name == "spectral norm" or len(changed - {"r2"}) <= 1, name  # both penalties are one thing
        recipes.build(replace(bakeoff.recipe(name), base_filters=2, d_filters=2))


def test_each_row_of_the_table_is_a_run_that_the_script_makes(scripts, results):
    bakeoff, *_ = scripts
    rows = results.read(bakeoff.TABLE)
    made = {*bakeoff.runs("screen", []), *bakeoff.runs("repeat", [])}
    assert bakeoff.done() <= made and len(bakeoff.done()) == len(rows)
    for row in rows:
        assert row["chips"] == "real" and int(row["steps"]) > 0 and np.isfinite(float(row["kid"])), row
        batch = bakeoff.recipe(row["variant"]).batch_size
        seen = float(row["images_per_second"]) * 60 * float(row["minutes"])
        # A run ends with the 20 steps in which its time is over; the table has four digits.
        assert 0.999 * seen <= int(row["steps"]) * batch <= 1.1 * seen + 20 * batch, row


def test_of_each_run_the_first_chips_are_kept(scripts):
    bakeoff, equal_time, _ = scripts
    for one in bakeoff.done():
        chips = equal_time.kept(bakeoff.sheet(*one))
        assert chips.dtype == np.uint8 and chips.shape == (8, 80, 80, 3), one


def test_no_kept_chip_is_a_real_one(scripts):
    bakeoff, equal_time, _ = scripts
    chips = load_chips()
    if chips.source != "real":
        pytest.skip("no real chips to compare with")
    real = {image.tobytes() for image in chips.images}
    kept = [chip for one in bakeoff.done() for chip in equal_time.kept(bakeoff.sheet(*one))]
    assert kept and not any(chip.tobytes() in real for chip in kept)


@pytest.mark.slow
def test_a_run_adds_its_row_and_its_chips_and_is_not_made_again(small, results):
    bakeoff, equal_time, _ = small
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


def test_the_floors_are_those_of_the_real_chips(scripts, results):
    bakeoff, *_ = scripts
    rows = results.read(bakeoff.FLOORS)
    kinds = {(row["chips"], row["against"], row["ships"]) for row in rows}
    assert kinds == {("real", a, s) for a in ("validation", "test") for s in ("as they are", "turned")}
    assert all(-1 < float(row["kid"]) < 5 for row in rows)


@pytest.mark.slow
def test_floors_writes_its_table_anew(small, results):
    bakeoff, *_ = small
    for _ in range(2):
        bakeoff.floors(draws=1)
    rows = results.read(bakeoff.FLOORS)
    assert [row["ships"] for row in rows] == 2 * ["as they are", "turned"]
    assert len({row["kid"] for row in rows}) == 4


def test_turned_chips_are_the_chips_in_one_of_eight_ways(scripts):
    equal_time = scripts[1]
    images = np.random.default_rng(0).integers(0, 256, (64, 4, 4, 3), np.uint8)
    turned = equal_time.turned(images)
    assert (turned.sum(axis=(1, 2)) == images.sum(axis=(1, 2))).all()
    same = (turned == images).all(axis=(1, 2, 3)).mean()
    assert 0 < same < 0.4  # an eighth of them


def test_runs_are_dealt_out_to_workers_and_finished_ones_are_skipped(small, results, monkeypatch):
    bakeoff, *_ = small
    made = []

    def run(*one):
        made.append(one)
        row = dict(zip(("variant", "seed", "minutes"), one, strict=True)) | {"kid": 1.0, "steps": 2}
        results.add(bakeoff.TABLE, row)
        return row

    monkeypatch.setattr(bakeoff, "run", run)
    for worker in ("0/2", "1/2", "0/2"):
        bakeoff.main(["screen", "--worker", worker])
    assert len(made) == len(bakeoff.VARIANTS) and {name for name, *_ in made} == set(bakeoff.VARIANTS)
    assert set(made) == set(bakeoff.runs("screen", []))
    del made[:]
    bakeoff.main(["repeat", "hinge", "baseline"])
    bakeoff.main(["repeat", "baseline"])
    assert made == [(name, seed, 12.0) for seed in (1, 2, 3) for name in ("hinge", "baseline")]
    with pytest.raises(SystemExit):
        bakeoff.main(["screen", "a variant that is none"])


@pytest.mark.slow
def test_a_peer_adds_its_row_and_its_chips_and_is_not_made_again(small, results, monkeypatch):
    _, equal_time, peers = small
    little = recipes.build(replace(recipes.get("small"), base_filters=2))
    monkeypatch.setitem(peers.PEERS, "book", lambda: (little, 2))
    monkeypatch.setattr(peers.run, "__defaults__", (1e-4,))
    peers.main(["book"])
    peers.main(["book"])
    (row,) = results.read(peers.TABLE)
    assert list(row) == ["peer", "chips", "minutes", "steps", "parameters", "kid", "called_ship", "kid_mixed"]
    assert int(row["steps"]) == 5 and int(row["parameters"]) == little.generator.count_params()
    assert equal_time.kept(peers.SHEETS / "book.npz").shape == (8, 80, 80, 3)
    with pytest.raises(SystemExit, match="no peer 'nobody'; there are keras"):
        peers.main(["nobody"])


@pytest.mark.slow
@pytest.mark.parametrize("peer", ["keras", "flavours", "pytorch"])
def test_a_peer_draws_chips_of_eighty_pixels_and_can_be_trained(peer, scripts):
    model, batch_size = scripts[-1].PEERS[peer]()
    assert model.generator.output_shape == (None, 80, 80, 3) and batch_size in (32, 128)
    assert model.discriminator.output_shape == (None, 1)
    ships = np.random.default_rng(0).integers(0, 256, (2, 80, 80, 3), np.uint8)
    log = model.train_step(ships)
    assert model.step == 1 and all(np.isfinite(float(value)) for value in log.values())
