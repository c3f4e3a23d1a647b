"""The museum of chapter 8: each symptom is in the log of its room, its twin is nearer to real ships, and the alarm knows both."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scripts import script

from satgan_tutorial import callbacks, exercises
from satgan_tutorial.recipes import GANRecipe

pytestmark = pytest.mark.once

HEALTHY = ["healthy-longer", "healthy-2", "healthy-3", "healthy-4"]


@pytest.fixture(scope="module")
def museum():
    return script("tools/museum.py")


def log(museum, name):
    return pd.read_csv(museum.HERE / f"{museum.stem(name)}.csv")


def end(log, column):
    return log[column].tail(5).mean()


# By room: the number that shows the symptom, what the sick run has at least, what the cured one has at most, and the
# alarm's word for it.
SYMPTOMS = {
    "d-wins": (
        lambda log: log[["real_accuracy", "fake_accuracy"]].min(axis=1).tail(10).median(),
        0.99,
        0.98,
        "discriminator wins",
    ),
    "collapse": (lambda log: -log.variety.rolling(5).max().min(), -0.3, -0.75, "one picture"),
    "unit-range": (lambda log: end(log, "darkest"), 120, 60, "no dark pixel"),
    "labels": (lambda log: -log.d_loss.min(), 0.1, 0, "loss below zero"),
    "learning-rate": (lambda log: log[["d_loss", "g_loss"]].max().max(), 100, 10, "losses explode"),
    "twenty-images": (lambda log: -end(log, "nearest"), -0.75, -0.9, "copies"),
    "turned": (lambda log: -end(log, "one_heading"), 4, 3, "even headings"),
}


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("room", SYMPTOMS)
def test_a_room_shows_its_symptom_with_two_seeds_and_its_twin_does_not(room, again, museum):
    symptom, sick, well, _ = SYMPTOMS[room]
    assert symptom(log(museum, f"{room}-again" if again else room)) > sick
    assert symptom(log(museum, museum.ROOMS[room])) < well


@pytest.mark.parametrize("room", SYMPTOMS)
def test_a_twin_differs_in_one_setting(room, museum):
    sick, cured = museum.RUNS[room], museum.RUNS[museum.ROOMS[room]]
    assert len(differences(sick, cured)) == 1  # so they are trained for as many steps


def differences(one, other):
    def settings(run):
        return vars(run) | vars(run.recipe) | {"recipe": None}

    return [name for name, value in settings(one).items() if settings(other)[name] != value]


@pytest.mark.parametrize("room", SYMPTOMS)
def test_a_patient_seen_again_has_another_seed_and_nothing_else(room, museum):
    assert set(differences(museum.RUNS[room], museum.RUNS[f"{room}-again"])) - {"steps"} == {"seed"}


def scores(museum):
    return pd.read_csv(museum.HERE / "scores.csv", index_col="run")


@pytest.mark.parametrize("room", SYMPTOMS)
def test_a_cure_ends_nearer_to_real_ships_than_the_patient(room, museum):
    table = scores(museum)
    own = table.alignment[f"ships-{table.chips[museum.stem(room)]}"]
    table["off"] = (table.alignment - own).abs()
    sick, well = (table.loc[museum.stem(name)] for name in (room, museum.ROOMS[room]))
    nearer = {ruler for ruler in ("kid", "spectrum", "broken", "off") if not sick[ruler] <= well[ruler]}
    assert sick.chips == well.chips
    if room == "twenty-images":  # each copy is a perfect ship: only rulers of sets tell
        assert nearer == {"kid", "off"}
    else:
        assert len(nearer) >= 3


def heard(rows):
    """What the alarm says of a training whose epochs had these logs."""
    said = []
    alarm = callbacks.Alarm(say=said.append)
    model = SimpleNamespace(step=0, stop_training=False)
    alarm.set_model(model)
    for epoch, row in enumerate(rows.to_dict("records")):
        model.step = row["step"]
        alarm.on_epoch_end(epoch, row)
    assert len(said) == len(alarm.found)
    return alarm.found


@pytest.mark.parametrize("again", ["", "-again"])
@pytest.mark.parametrize("room", SYMPTOMS)
def test_the_alarm_knows_a_room(room, again, museum):
    assert SYMPTOMS[room][-1] in heard(log(museum, room + again))


@pytest.mark.parametrize("name", HEALTHY)
def test_the_alarm_is_silent_on_a_healthy_run(name, museum):
    rows = log(museum, name)
    assert len(rows) >= 15 and heard(rows) == {}


def test_a_perfect_generator_sets_no_alarm_off(museum):
    rows = pd.read_csv(museum.HERE / "perfect.csv")
    assert len(rows) == museum.PERFECT and heard(rows) == {}
    assert rows.one_heading.max() < 4 and rows.variety.min() > 0.5 and rows.nearest.min() > 0.75


def test_healthy_runs_have_seeds_of_their_own(museum):
    assert len({museum.RUNS[name].seed for name in HEALTHY}) == len(HEALTHY)


def test_what_is_recorded_is_what_the_script_says(museum):
    for name, run in museum.RUNS.items():
        told = json.loads((museum.HERE / f"{museum.stem(name)}.json").read_text())
        now = json.loads(json.dumps(vars(run.recipe)))
        later = {key for key in now if key not in told["recipe"]}  # settings that recipes did not have then
        assert told["recipe"] == {key: now[key] for key in now if key not in later}, name
        assert all(getattr(run.recipe, key) == getattr(GANRecipe("", ""), key) for key in later), name
        assert told["steps"] == run.recipe.steps and told["seed"] == run.seed, name
        for key in ("label", "unit_range", "images", "source"):
            assert told[key] == getattr(run, key), name
    scored = {museum.stem(name) for name in museum.RUNS if not name.endswith("-again")}
    assert set(scores(museum).index) == scored | {"ships-real", "ships-simulated"}


def test_the_rooms_of_the_chapter_are_those_of_the_script(museum):
    assert len(exercises.ROOMS) == len(museum.ROOMS) == len(SYMPTOMS)


def test_the_pictures_are_small_and_none_is_a_real_chip(museum):
    files = [file for file in museum.HERE.iterdir() if file.is_file()]
    assert sum(file.stat().st_size for file in files) < 6 * 2**20
    # What is trained until it copies is trained on simulated chips.
    copiers = [name for name, run in museum.RUNS.items() if run.images and run.images < 50]
    assert copiers and all(museum.RUNS[name].source == "simulated" for name in copiers)


@pytest.mark.slow
@pytest.mark.parametrize("room", SYMPTOMS)
def test_a_room_runs_again(room, museum, tmp_path, monkeypatch):
    monkeypatch.setattr(museum, "JUDGED", 24)
    museum.main(room, steps=2, out=tmp_path)
    stem = tmp_path / museum.stem(room)
    rows = pd.read_csv(stem.with_suffix(".csv"))
    assert rows.step.tolist() == [2]
    assert {"d_loss", "g_loss", "kid", "variety", "darkest", "nearest"} <= set(rows)
    assert np.isfinite(rows[["d_loss", "g_loss", "kid", "variety", "darkest", "nearest"]]).all(axis=None)
    with np.load(stem.with_suffix(".npz")) as kept:
        assert kept["rows"].shape[1:] == (24, 40, 40, 3) and kept["steps"][-1] == 2
    assert pd.read_csv(tmp_path / "scores.csv").run.tolist() == [museum.stem(room)]
