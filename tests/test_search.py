"""The search over recipes: what it proposes, what a lost worker costs, that many workers share one study."""

import itertools
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np
import optuna
import pytest
from optuna.trial import FixedTrial
from test_main import TINY, few_chips, satgan

from satgan_tutorial import callbacks, gan, recipes, search, training
from satgan_tutorial.recipes import GANRecipe

pytestmark = pytest.mark.once

SMALL = recipes.get("small")


def states(study):
    return [trial.state.name for trial in study.get_trials()]


@pytest.fixture
def storage(tmp_path):
    return str(tmp_path / "study.log")


@pytest.mark.parametrize("name", ["small", "book"])
def test_a_recipe_proposed_as_it_is_comes_back(name):
    base = recipes.get(name)
    again = search.propose(base, FixedTrial(search.proposal(base)))
    assert asdict(again) == asdict(base) | {"d_filters": base.d_filters or base.base_filters}


def test_a_flow_proposed_as_it_is_comes_back_with_few_steps_of_its_solver():
    base = recipes.get("flow")
    again = search.propose(base, FixedTrial(search.proposal(base)))
    assert asdict(again) == asdict(base) | {"solver_steps": search.FLOW_STEPS}
    chosen = search.proposal(base) | {"width": 16, "even": 1.0, "late": -0.5, "learning_rate": 2e-3}
    other = search.propose(base, FixedTrial(chosen))
    assert (other.width, other.even, other.late, other.learning_rate) == (16, 1.0, (-0.5, 1.0), 2e-3)


@pytest.mark.slow
def test_every_proposal_can_be_built():
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    for _ in range(6):
        recipe = search.propose(SMALL, study.ask())
        model = recipes.build(recipe, seed=0)
        assert model.sample(1, seed=0).shape == (1, 80, 80, 3)
        changed = {f.name for f in fields(GANRecipe) if getattr(recipe, f.name) != getattr(SMALL, f.name)}
        assert len(changed) > 4 and not changed & {"name", "networks", "image_size", "conditions"}


@pytest.mark.slow
def test_a_trial_scores_at_every_look_and_is_given_up_when_it_is_bad_or_broken(storage, monkeypatch):
    images = training.Data(few_chips().ships.images)
    monkeypatch.setattr(search, "propose", lambda base, trial: base)
    monkeypatch.setattr(search, "SCORED", 3)
    seen = []

    def score(fake):
        seen.append(fake.shape)
        return float(len(seen))

    ticks = itertools.count(
        0, 0.005
    )  # seconds from one look at the clock to the next, so from epoch to epoch
    monkeypatch.setattr(callbacks.time, "process_time", lambda: next(ticks))
    study = search.open_study(storage)
    trial = study.ask()
    assert search.train(trial, TINY, images, score, minutes=0.00048) == search.LOOKS
    assert seen == [(3, 80, 80, 3)] * search.LOOKS
    found = study.get_trials()[0]
    assert found.intermediate_values == {k: float(k) for k in range(1, search.LOOKS + 1)}
    assert abs(found.user_attrs["seen"] - time.time()) < 60

    monkeypatch.setattr(optuna.Trial, "should_prune", lambda trial: True)
    with pytest.raises(optuna.TrialPruned):
        search.train(study.ask(), TINY, images, score, minutes=0.00048)
    assert len(seen) == search.LOOKS + 1

    monkeypatch.setattr(gan.GAN, "train_step", lambda self, x: {"d_loss": np.nan, "g_loss": np.nan})
    with pytest.raises(optuna.TrialPruned):
        search.train(study.ask(), TINY, images, score, minutes=0.00048)
    assert len(seen) == search.LOOKS + 1


def test_work_ends_when_enough_trials_are_over_whoever_made_them(storage):
    first, second = search.open_study(storage, seed=0), search.open_study(storage, seed=1)
    search.work(first, lambda trial: trial.suggest_float("x", 0, 1), 3, lost_after=60)
    search.work(second, lambda trial: trial.suggest_float("x", 0, 1), 5, lost_after=60)
    search.work(second, lambda trial: pytest.fail("nothing is left to do"), 5, lost_after=60)
    assert states(first) == ["COMPLETE"] * 5
    assert len({trial.params["x"] for trial in first.get_trials()}) == 5


WORKER = textwrap.dedent(
    """
    import sys, time
    from satgan_tutorial import search

    def objective(trial):
        trial.suggest_float("x", 0, 1)
        print(trial.number, flush=True)
        time.sleep(600)

    search.work(search.open_study(sys.argv[1], seed=5), objective, 1, lost_after=60)
    """
)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["file", "database"])
def test_what_a_killed_worker_had_begun_is_done_again_once(storage, kind):
    storage = storage if kind == "file" else f"sqlite:///{storage}"
    study = search.open_study(storage)
    worker = subprocess.Popen([sys.executable, "-c", WORKER, storage], stdout=subprocess.PIPE, text=True)
    assert worker.stdout.readline() == "0\n"
    os.kill(worker.pid, signal.SIGKILL) if hasattr(signal, "SIGKILL") else worker.kill()
    worker.wait()
    worker.stdout.close()
    assert states(study) == ["RUNNING"]

    search.work(study, lambda trial: trial.suggest_float("x", 0, 1), 1, lost_after=3600)  # might be alive
    assert states(study) == ["RUNNING", "COMPLETE"]
    search.work(study, lambda trial: trial.suggest_float("x", 0, 1), 3, lost_after=0)
    assert states(study) == ["FAIL", "COMPLETE", "COMPLETE", "COMPLETE"]
    lost, _, again, fresh = study.get_trials()
    assert again.params == lost.params != fresh.params and again.user_attrs["again"] == 0


def test_a_study_of_something_else_is_said(storage, tmp_path):
    search.open_study(storage, recipe="small", minutes=3.0)
    assert search.open_study(storage).user_attrs == {"recipe": "small", "minutes": 3.0}
    with pytest.raises(search.SearchError, match="'minutes': 3.0.*'minutes': 2.0"):
        search.open_study(storage, recipe="small", minutes=2.0)
    begun = search.open_study(str(tmp_path / "begun.log"))
    begun.set_user_attr("recipe", "small")  # another worker has noted no more yet
    search.open_study(str(tmp_path / "begun.log"), recipe="small", minutes=2.0)
    assert begun.user_attrs == {"recipe": "small", "minutes": 2.0}
    other = tmp_path / "notes.txt"
    other.write_text("not\na\nstudy\n")
    for place in (str(other), str(tmp_path / "nowhere" / "study.log"), "nonsense://host/studies"):
        with pytest.raises(search.SearchError, match="found no study there"):
            search.open_study(place)
    assert other.read_text() == "not\na\nstudy\n"


def half_a_record(storage):
    whole = Path(storage).read_bytes()
    last = whole.splitlines(keepends=True)[-1]
    Path(storage).write_bytes(whole + last[: len(last) // 2])
    return whole


def test_a_record_cut_in_half_gives_way_to_the_next(storage):
    """Two workers, and a third that was killed in mid-write: the study goes on for both."""
    here, there = search.open_study(storage), search.open_study(storage)
    search.work(here, lambda trial: trial.suggest_float("x", 0, 1), 1, lost_after=60)
    whole = half_a_record(storage)
    search.work(there, lambda trial: trial.suggest_float("x", 0, 1), 2, lost_after=60)
    assert Path(storage).read_bytes().startswith(whole)
    half_a_record(storage)
    again = search.open_study(storage)
    search.work(again, lambda trial: trial.suggest_float("x", 0, 1), 3, lost_after=60)
    assert states(here) == states(there) == states(again) == ["COMPLETE"] * 3


def test_a_full_disk_leaves_whole_records_and_the_study_goes_on(storage, monkeypatch):
    study = search.open_study(storage)
    before = Path(storage).read_bytes()

    def full(number):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(search.os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            study.ask()
    assert Path(storage).read_bytes() == before
    search.work(search.open_study(storage), lambda trial: 1.0, 1, lost_after=60)
    assert states(study) == ["COMPLETE"]


def test_a_study_lies_in_a_regular_file_and_passwords_are_not_told(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(search.SearchError, match="no regular file"):
        search.open_study(str(tmp_path / "pipe"))
    with pytest.raises(search.SearchError) as told:
        search.open_study("postgresql://me:s3cret@localhost:1/studies")
    assert "s3cret" not in str(told.value) and "me:***@localhost" in str(told.value)


def test_a_study_whose_trials_were_all_given_up_is_said(storage, monkeypatch):
    def given_up(*args, **kwargs):
        raise optuna.TrialPruned

    monkeypatch.setattr(search, "train", given_up)
    with pytest.raises(search.SearchError, match="no whole trial among 2"):
        search.run(SMALL, few_chips(), storage, trials=2, minutes=1, seed=0, say=lambda line: None)


@pytest.mark.slow
def test_the_two_commands_of_the_book_work_on_one_study_that_begins_with_the_recipe_as_it_is(storage):
    page = Path(__file__).parents[1] / "book" / "beyond" / "how-to-start.md"
    lines = re.findall(r"^TF_NUM\S+ satgan (search --storage study.log .*)$", page.read_text(), re.MULTILINE)
    ours = {"study.log": storage, "40": "2"}
    workers = [satgan(*(ours.get(word, word) for word in line.split()), "--minutes", 0.01) for line in lines]
    said = [worker.communicate(timeout=600) for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], said
    assert all("complete: KID" in errors and "Best is trial" in output for output, errors in said)
    study = search.open_study(storage)
    assert study.get_trials()[0].params == search.proposal(SMALL)
    assert study.user_attrs == {"recipe": "small", "chips": study.user_attrs["chips"], "minutes": 0.01}


@pytest.mark.parametrize("content", [b"\0" * 100, b"my notes, in one line", b"[1]", b"\x93NUMPY\x01\0v\0{"])
def test_a_file_of_something_else_is_not_cut_for_half_a_record(tmp_path, content):
    file = tmp_path / "precious"
    file.write_bytes(content)
    with pytest.raises(search.SearchError, match="Name another file|name another file"):
        search.open_study(str(file))
    assert file.read_bytes() == content
    for half in (b"", b'{"op', b'{"op_code":0,"study'):
        file.write_bytes(half)
        assert states(search.open_study(str(file))) == []
