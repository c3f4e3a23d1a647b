"""A training in a folder, whatever its family: what a stop, a kill and a second training at work leave behind."""

import os
from dataclasses import replace

import gaussian
import numpy as np
import pytest
from PIL import Image
from test_main import TINY, few_chips

from satgan_tutorial import callbacks, files, models, recipes, training

pytestmark = pytest.mark.once

RECIPE = replace(gaussian.RECIPE, image_size=16, steps=5)


class Killed(BaseException):
    """Nothing catches it, as nothing catches a kill."""


@pytest.fixture(autouse=True)
def short_rows(monkeypatch, tmp_path):
    """Rows of two steps and samples every four, so that five steps have all there is."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(training, "LOG_EVERY", 2)
    monkeypatch.setattr(training, "SAMPLE_EVERY", 4)
    recipes.build_family.register(gaussian.GaussianRecipe, gaussian.build)


def run(folder, steps=RECIPE.steps, **options):
    ships = few_chips().split(0).train.ships
    return training.run(RECIPE, ships, folder, seed=1, steps=steps, **options)


def kept(folder):
    """All that a training keeps, but for what a checkpoint says of the time."""
    model = models.read(f"{folder}/checkpoint.keras", compiled=True)
    samples = callbacks.read_samples(training.Path(folder, "samples"))
    log = training.Path(folder, "log.csv").read_text()
    drawn = models.read_sampler(f"{folder}/generator.keras").get_weights()
    return model.step, model.moments.numpy(), *drawn, log, samples[0], np.array(samples[1])


def same(one, other):
    return all(np.array_equal(a, b) for a, b in zip(kept(one), kept(other), strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("at", range(1, 5))
def test_a_training_stopped_at_any_step_ends_as_one_never_stopped(at):
    run("whole")
    seen = iter(range(10**6))
    stopped = run("halves", stop=lambda: next(seen) >= at)
    assert stopped.step == at and kept("halves")[0] == at
    assert run("halves", resume=True).step == 5
    assert same("halves", "whole")


@pytest.mark.slow
def test_a_kill_between_any_two_writes_costs_nothing_but_time(monkeypatch):
    """Every file is put in place by one rename, and every row appended by one write: a kill before each of them."""
    run("whole", save_every=0)
    writes, limit = 0, 10**6
    rename, append = os.replace, callbacks.Log.on_epoch_end

    def write(work):
        def count(*args):
            nonlocal writes
            writes += 1
            if writes == limit:
                raise Killed
            return work(*args)

        return count

    monkeypatch.setattr(files.os, "replace", write(rename))
    monkeypatch.setattr(callbacks.Log, "on_epoch_end", write(append))
    run("counted", save_every=0)
    for limit in range(1, writes + 1):
        writes, folder = 0, f"killed-{limit}"
        with pytest.raises(Killed):
            run(folder, save_every=0)
        begun = training.read_card(training.Path(folder)) != {}
        run(folder if begun else f"{folder}-again", save_every=0, resume=begun)
        assert same(folder if begun else f"{folder}-again", "whole"), f"before write {limit}"
    assert limit > 15


def test_what_a_kill_left_half_written_goes():
    run("run", steps=2)
    for half in ("run/.new-1-log.csv", "run/samples/.new-1-000004.npz"):
        training.Path(half).write_text("half")
    run("run", resume=True)
    assert not [*training.Path("run").rglob(".new-*")]


def test_two_trainings_do_not_share_a_folder():
    run("run", steps=2)
    with files.locked(training.Path("run/.lock")) as ours:
        assert ours
        with pytest.raises(training.FolderError, match="another training at work"):
            run("run", resume=True)
    run("run", resume=True)


@pytest.mark.slow
def test_a_checkpoint_of_other_settings_is_refused():
    """Which the recipe of the folder does not tell: one file was put there from elsewhere."""
    ships = few_chips().split(0).train.ships
    small = replace(TINY, image_size=16)
    training.run(small, ships, "ours", seed=3, steps=1)
    training.run(replace(small, learning_rates=(0.5, 0.5)), ships, "theirs", seed=3, steps=1)
    os.replace("theirs/checkpoint.keras", "ours/checkpoint.keras")
    with pytest.raises(training.FolderError, match="other networks or settings"):
        training.run(small, ships, "ours", seed=3, steps=2, resume=True)


@pytest.mark.parametrize("text", ["[]", "null", '{"recipe": 1}', "[" * 10**5, "\ufeff\x00", ""])
def test_a_damaged_card_is_no_training(text):
    training.Path("run").mkdir()
    training.Path("run/recipe.json").write_text(text, encoding="utf-16" if "\x00" in text else "utf-8")
    with pytest.raises(training.FolderError, match="no training"):
        run("run", resume=True)


def test_chips_without_a_ship_are_told():
    with pytest.raises(training.RecipeError, match="no ships"):
        training.run(RECIPE, few_chips().no_ships, "run", seed=1, steps=1)


def test_losses_that_are_not_finite_end_it_and_the_last_checkpoint_stays(monkeypatch):
    run("run", steps=2)
    before = kept("run")
    loss = gaussian.Gaussian.train_step
    monkeypatch.setattr(
        gaussian.Gaussian, "train_step", lambda self, x: {"loss": 0 * loss(self, x)["loss"] / 0}
    )
    with pytest.raises(training.TrainingError, match="run: step 3: .*not finite"):
        run("run", resume=True)
    step, moments, *_ = kept("run")
    assert step == before[0] == 2 and np.array_equal(moments, before[1])


def test_the_picture_of_the_samples_shows_at_most_32_rows(tmp_path):
    rows = [np.full((8, 16, 16, 3), step, np.uint8) for step in range(100)]
    training._draw_samples(rows, tmp_path / "samples.png")
    with Image.open(tmp_path / "samples.png") as page:
        assert page.size == (8 * 18 + 2, 32 * 18 + 2)
        assert page.getpixel((10, 10)) == (0, 0, 0) and page.getpixel((10, page.height - 10)) == (99, 99, 99)
