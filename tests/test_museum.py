"""The museum of chapter 8: each symptom is in the log of its room, its twin is well, and the alarm knows both."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from satgan_tutorial import callbacks
from satgan_tutorial.recipes import GANRecipe

pytestmark = pytest.mark.once

TOOLS = Path(__file__).parents[1] / "tools"
HEALTHY = [f"healthy-{k}" for k in range(1, 6)]


@pytest.fixture(scope="module")
def museum():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(TOOLS)
        import museum

        yield museum


def log(museum, name):
    return pd.read_csv(museum.HERE / f"{museum.stem(name)}.csv")


def end(log, column):
    return log[column].tail(5).mean()


# By room: the number that shows the symptom, what the sick run has at least, what the cured one has at most, and the
# alarm's word for it.
SYMPTOMS = {
    "d-wins": (
        lambda log: log[["real_accuracy", "fake_accuracy"]].tail(10).min().min(),
        0.99,
        0.98,
        "discriminator wins",
    ),
    "one-heading": (lambda log: end(log, "one_heading"), 0.7, 0.5, "one heading"),
    "unit-range": (lambda log: end(log, "darkest"), 120, 60, "no dark pixel"),
    "labels": (lambda log: -log.d_loss.min(), 0.1, 0, "loss below zero"),
    "learning-rate": (lambda log: log[["d_loss", "g_loss"]].max().max(), 100, 10, "losses explode"),
    "twenty-images": (lambda log: -end(log, "nearest"), -0.75, -0.9, "copies"),
    "past-its-best": (
        lambda log: end(log, "kid") / log.kid.rolling(5).mean().min(),
        1.3,
        1.2,
        "past its best",
    ),
}


@pytest.mark.parametrize("room", SYMPTOMS)
def test_a_room_shows_its_symptom_and_its_twin_does_not(room, museum):
    symptom, sick, well, _ = SYMPTOMS[room]
    assert symptom(log(museum, room)) > sick
    assert symptom(log(museum, museum.ROOMS[room])) < well


@pytest.mark.parametrize("room", SYMPTOMS)
def test_a_twin_differs_in_one_setting(room, museum):
    sick, cured = museum.RUNS[room], museum.RUNS[museum.ROOMS[room]]

    def settings(run):
        return vars(run) | vars(run.recipe) | {"recipe": None}

    changed = {name for name, value in settings(sick).items() if settings(cured)[name] != value}
    assert len(changed - {"r2"}) == 1, changed  # both penalties are one cure


def test_penalties_help_and_do_not_replace_a_score(museum):
    without, held = (
        log(museum, name).kid.rolling(5).mean() for name in ("past-its-best", "past-its-best-penalties")
    )
    assert held.min() < 0.5 * without.min() and held.iloc[-1] > 1.3 * held.min()


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


@pytest.mark.parametrize("room", SYMPTOMS)
def test_the_alarm_knows_a_room(room, museum):
    assert SYMPTOMS[room][-1] in heard(log(museum, room))


@pytest.mark.parametrize("name", HEALTHY)
def test_the_alarm_is_silent_on_a_healthy_run(name, museum):
    rows = log(museum, name)
    assert len(rows) >= 15 and heard(rows) == {}


def test_five_healthy_runs_have_five_seeds(museum):
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


def test_the_pictures_are_small_and_none_is_a_real_chip(museum):
    files = sorted(museum.HERE.glob("museum-*"))
    assert sum(file.stat().st_size for file in files) < 6 * 2**20
    # What is trained until it copies is trained on simulated chips.
    assert museum.RUNS["twenty-images"].source == "simulated"


@pytest.mark.slow
@pytest.mark.parametrize("room", SYMPTOMS)
def test_a_room_runs_again(room, museum, tmp_path):
    museum.main(room, steps=2, out=tmp_path)
    stem = tmp_path / museum.stem(room)
    rows = pd.read_csv(stem.with_suffix(".csv"))
    assert rows.step.tolist() == [2]
    assert {"d_loss", "g_loss", "kid", "variety", "darkest", "nearest"} <= set(rows)
    assert np.isfinite(rows[["d_loss", "g_loss", "kid", "variety", "darkest", "nearest"]]).all(axis=None)
    with np.load(stem.with_suffix(".npz")) as kept:
        assert kept["rows"].shape[1:] == (8, 80, 80, 3) and kept["steps"][-1] == 2
