"""The tables that chapters read: chips listed by name are chips of ShipsNet, and runs are what their script makes."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scripts import script

from satgan_tutorial import load_chips

ROOT = Path(__file__).parents[1]
CHIPS = {line.split("/")[-1] for line in (ROOT / "data/chips.sha256").read_text().splitlines()}


@pytest.mark.parametrize(("table", "label"), [("no_ship_kinds", 0), ("label_noise", 1)])
def test_listed_chips_are_of_shipsnet_and_bear_the_label_the_text_says(table, label):
    names = pd.read_csv(ROOT / f"data/{table}.csv")["name"]
    assert names.is_unique and set(names) <= CHIPS
    assert names.str.startswith(f"{label}__").all()


def test_each_kind_of_no_ship_has_enough_chips_for_a_row():
    kinds = pd.read_csv(ROOT / "data/no_ship_kinds.csv")["kind"].value_counts()
    assert set(kinds.index) == {"land cover", "part of a ship", "look-alike"} and kinds.min() >= 8


def test_the_spread_of_the_judge_is_complete():
    spread = script("tools/judge_spread.py")
    runs = pd.read_csv(spread.TABLE, comment="#")
    groups = runs.groupby(["source", "split_by"])
    assert set(groups.groups) == {(s, by) for s in ("real", "simulated") for by in ("day", "random")}
    assert (groups["seed"].nunique() == spread.RUNS).all() and (
        groups["split"].nunique() == spread.RUNS
    ).all()
    assert set(runs["epochs"]) == {spread.EPOCHS}
    notebook = (ROOT / "book/reading/02-is-it-a-ship.ipynb").read_text(encoding="utf-8")
    assert f"laptop={spread.EPOCHS}, full=40" in notebook, "the chapter trains as long as its table says"


def test_the_shores_have_the_anchorages_in_the_water_and_the_cities_on_land():
    from matplotlib.path import Path as Outline

    from satgan_tutorial.sources.simulate import REGIONS

    coast = pd.read_csv(ROOT / "data/coastline.csv")
    assert set(coast["bay"]) == set(REGIONS) and set(coast["kind"]) == {"land", "breakwater"}
    lines = {name: line[["longitude", "latitude"]].to_numpy() for name, line in coast.groupby("name")}
    land = [lines[name] for name in coast[coast["kind"] == "land"]["name"].unique()]
    assert all((line[0] == line[-1]).all() for line in land), "land is filled, so its line has to close"

    def on_land(*place):
        return any(Outline(line).contains_point(place) for line in land)

    anchorages = [(east[0], north[0]) for _, _, east, north in REGIONS.values()]
    cities = [(-122.42, 37.76), (-122.27, 37.81), (-118.29, 33.74), (-118.18, 33.78)]
    assert not any(on_land(*place) for place in anchorages) and all(on_land(*place) for place in cities)


def test_the_worth_of_the_leak_is_from_contests_that_are_fair():
    leak = script("tools/leak.py")
    chips = load_chips("simulated")
    for name, (draw, gap) in leak.CONTESTS.items():
        rows = draw(chips, np.random.default_rng(0))
        day = {part: set(leak.day_numbers(chips[of])) for part, of in rows.items()}
        assert len(rows["leaky"]) == len(rows["clean"]) == leak.TRAIN
        assert not set(rows["test"]) & set(rows["leaky"]) and not day["test"] & day["clean"]
        assert not set(rows["validation"]) & (set(rows["leaky"]) | set(rows["clean"]))
        apart = np.abs(np.subtract.outer(list(day["test"]), list(day["leaky"])))
        assert (apart.min(axis=1) <= gap).mean() > 0.7 and (name == "days" or apart.min() > 0)
        clean = np.abs(np.subtract.outer(list(day["test"]), list(day["clean"])))
        assert clean.min() > gap
    runs = pd.read_csv(leak.TABLE)
    assert not runs.duplicated(["contest", "reader", "seed", "label", "twin"]).any()
    assert (runs[["right_leaky", "right_clean"]].max(axis=1) <= runs["chips"]).all()
    assert set(map(tuple, runs[["contest", "reader"]].to_numpy())) == {
        (contest, reader) for contest in leak.CONTESTS for reader in leak.READERS
    }
