"""The tables that chapters read: chips listed by name are chips of ShipsNet, and runs are what their script makes."""

from pathlib import Path

import pandas as pd
import pytest

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


def test_the_spread_of_the_judge_is_complete(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "tools")
    import judge_spread as script

    runs = pd.read_csv(script.TABLE, comment="#")
    groups = runs.groupby(["source", "split_by"])
    assert set(groups.groups) == {(s, by) for s in ("real", "simulated") for by in ("day", "random")}
    assert (groups["seed"].nunique() == script.RUNS).all() and (
        groups["split"].nunique() == script.RUNS
    ).all()
    assert set(runs["epochs"]) == {script.EPOCHS}
    notebook = (ROOT / "book/reading/02-is-it-a-ship.ipynb").read_text(encoding="utf-8")
    assert f"laptop={script.EPOCHS}, full=40" in notebook, "the chapter trains as long as its table says"
