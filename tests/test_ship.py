import csv
from dataclasses import replace

import keras
import numpy as np
import pytest
from test_main import TINY

from satgan_tutorial import metrics, models, recipes, sampling
from satgan_tutorial.sources import simulate
from satgan_tutorial.pretrained import ship


@pytest.mark.parametrize("columns", [(), ("ship",)])
def test_what_is_shipped_is_the_best_look_with_its_card_log_and_film(columns, tmp_path, monkeypatch):
    chips = simulate.draw_chips(240, seed=5)
    recipe = replace(TINY, conditions=columns, batch_norm=not columns)
    monkeypatch.setitem(recipes.RECIPES, "tiny", recipe)
    monkeypatch.setattr(ship, "load_chips", lambda: chips)
    monkeypatch.setattr(ship, "COUNT", 30)
    monkeypatch.setattr(metrics, "METRICS", {"KID": metrics.kid})
    file = ship.main("tiny", tmp_path / "run", seed=1, steps=6, looks=3, out=tmp_path / "out")
    assert file.name == "tiny-simulated.keras"
    rows = list(csv.DictReader(file.with_suffix(".csv").open()))
    assert [row["step"] for row in rows] == ["2", "4", "6"]
    totals = [sum(float(row[key]) for key in row if key.startswith("kid")) for row in rows]
    best = keras.saving.load_model(tmp_path / "run" / "best.keras")
    asked = ship.wish(recipe)
    shipped = sampling.sample(models.read(file), 4, 7, asked)
    film = np.load(file.with_suffix(".npz"))
    assert film["images"].shape == (3, 4, 80, 80, 3)
    of_best = film["images"][int(np.argmin(totals))].astype(int)
    assert np.array_equal(of_best, sampling.sample(best, 4, 7, asked))
    assert np.abs(shipped - of_best).max() <= 2  # float16
    card = file.with_suffix(".md").read_text()
    assert f"the weights of step {rows[int(np.argmin(totals))]['step']}" in card
    assert card.count("| 30 generated") == 1 + bool(columns) and "95 %" in card
    begun = (tmp_path / "run" / "log.csv").read_text()
    ship.main(
        "tiny", tmp_path / "run", seed=1, steps=6, looks=3, out=tmp_path / "again"
    )  # nothing is trained twice
    assert (tmp_path / "run" / "log.csv").read_text() == begun
