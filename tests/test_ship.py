"""What a maintainer ships: the best look of a training, folded and rounded, with its card, log and film, killed or not."""

import csv
from dataclasses import replace

import gaussian
import keras
import numpy as np
import pytest
from scripts import script
from test_main import TINY

from satgan_tutorial import metrics, models, panel, recipes, sampling
from satgan_tutorial.sources import simulate

LABELS = {False: ("ships",), True: ("ships", "no_ships")}
pytestmark = [pytest.mark.once, pytest.mark.slow]


@pytest.fixture
def ship(monkeypatch):
    """The script with few chips of its own, one score in its card, and rulers that look quickly."""
    ship = script("tools/ship.py")
    chips = simulate.draw_chips(240, seed=5)
    monkeypatch.setattr(ship, "load_chips", lambda: chips)
    monkeypatch.setattr(ship, "COUNT", 30)
    monkeypatch.setattr(metrics, "METRICS", {"KID": metrics.kid})
    quick = ("features", "spectrum")
    monkeypatch.setattr(panel, "VIEWS", {name: panel.VIEWS[name] for name in quick})
    return ship


def table(file):
    return list(csv.DictReader(file.open()))


def totals(rows):
    return [float(row["score"]) for row in rows]


def test_a_film_shows_the_first_and_the_last_look_and_few_between(ship):
    for looks in (1, 2, 3, 12, 40, 500):
        shown = ship.scenes(looks)
        assert shown[0] == 0 and shown[-1] == looks - 1
        assert min(looks, 8) <= len(shown) <= ship.SCENES and (np.diff(shown) > 0).all()


@pytest.mark.parametrize("columns", [(), ("ship",)])
def test_what_is_shipped_is_the_best_look_with_its_card_log_and_film(columns, ship, tmp_path, monkeypatch):
    recipe = replace(TINY, conditions=columns, batch_norm=not columns)
    monkeypatch.setitem(recipes.RECIPES, "tiny", recipe)
    file = ship.main("tiny", tmp_path / "run", seed=1, steps=50, looks=3, out=tmp_path / "out")
    assert file.name == "tiny-simulated.keras"
    rows = table(file.with_suffix(".csv"))
    assert [row["step"] for row in rows] == ["20", "40", "50"]
    over = [name for name in rows[0] if name.endswith("_over_limit")]
    assert over == [
        f"{ruler}_{label}_over_limit" for label in LABELS[bool(columns)] for ruler in ("kid", "spectrum")
    ]
    for row in rows:
        assert float(row["score"]) == pytest.approx(np.mean([float(row[name]) for name in over]), abs=2e-4)
    limits = [float(row["spectrum_ships"]) / float(row["spectrum_ships_over_limit"]) for row in rows]
    np.testing.assert_allclose(limits, limits[0], rtol=0.01)  # one limit for all looks
    place = int(np.argmin(totals(rows)))
    best = keras.saving.load_model(tmp_path / "run" / "best.keras")
    wish = ship.wish(best)
    assert wish == (1.0 if columns else None)
    shipped = models.read(file)
    norms = [layer for layer in shipped.layers if isinstance(layer, keras.layers.BatchNormalization)]
    assert not norms
    with np.load(file.with_suffix(".npz")) as film:
        assert film["steps"].tolist() == [20, 40, 50] and film["images"].shape == (3, 4, 80, 80, 3)
        of_best = film["images"][place].astype(int)
    assert np.array_equal(of_best, sampling.sample(best, 4, 7, wish))
    assert np.abs(sampling.sample(shipped, 4, 7, wish) - of_best).max() <= 2  # float16
    card = file.with_suffix(".md").read_text()
    assert f"the weights of step {rows[place]['step']}" in card and "of 3 looks" in card
    assert "python tools/ship.py tiny DIR --seed 1 --steps 50 --looks 3" in card
    assert card.count("| 30 generated") == 1 + bool(columns) and "95 %" in card
    assert "`GANRecipe`: networks book, base_filters 2" in card
    begun = (tmp_path / "run" / "log.csv").read_text()
    ship.main("tiny", tmp_path / "run", seed=1, steps=50, looks=3, out=tmp_path / "again")
    assert (tmp_path / "run" / "log.csv").read_text() == begun  # nothing is trained twice


def test_a_training_that_was_killed_at_a_look_goes_on_to_the_same_weights(ship, tmp_path, monkeypatch):
    monkeypatch.setitem(recipes.RECIPES, "tiny", TINY)
    whole = ship.main("tiny", tmp_path / "whole", steps=60, looks=3, out=tmp_path / "out")

    scored = ship.drawn
    looks = []

    def kill(sampler, part, count):
        looks.append(part)
        if len(looks) == 2:
            raise KeyboardInterrupt
        return scored(sampler, part, count)

    monkeypatch.setattr(ship, "drawn", kill)
    with pytest.raises(KeyboardInterrupt):
        ship.main("tiny", tmp_path / "killed", steps=60, looks=3, out=tmp_path / "other")
    assert [row["step"] for row in table(tmp_path / "killed" / "looks.csv")] == ["20"]
    again = ship.main("tiny", tmp_path / "killed", steps=60, looks=3, out=tmp_path / "other")
    pair = [models.read(file).get_weights() for file in (whole, again)]
    assert all(np.array_equal(one, other) for one, other in zip(*pair, strict=True))
    assert totals(table(whole.with_suffix(".csv"))) == totals(table(again.with_suffix(".csv")))


def test_another_family_is_shipped_with_no_edit(ship, tmp_path, monkeypatch):
    monkeypatch.setitem(recipes.RECIPES, "gaussian", gaussian.RECIPE)
    recipes.build_family.register(gaussian.GaussianRecipe, gaussian.build)
    file = ship.main("gaussian", tmp_path / "run", steps=40, looks=2, out=tmp_path / "out")
    assert models.read(file).count_params() == 2 * 80 * 80 * 3
    card = file.with_suffix(".md").read_text()
    assert "80 x 80 x 3 numbers from a standard normal." in card and "`GaussianRecipe`: spread 1.0" in card
    assert "batch norm" not in card and "discriminator" not in card
