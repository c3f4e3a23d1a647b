"""A second family of models moves in: it trains in a folder, resumes, samples and is scored with no edit elsewhere."""

import json

import gaussian
import numpy as np
import pytest
from test_main import few_chips, run

from satgan_tutorial import models, recipes, training
from satgan_tutorial.callbacks import read_samples

pytestmark = pytest.mark.once


@pytest.fixture(autouse=True)
def house(monkeypatch, tmp_path):
    """One more family: its recipe's name, and one line of the dispatch."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("satgan_tutorial.sources.load_chips", lambda *args, **options: few_chips())
    monkeypatch.setitem(recipes.RECIPES, "gaussian", gaussian.RECIPE)
    recipes.build_family.register(gaussian.GaussianRecipe, gaussian.build)


@pytest.mark.slow
def test_it_trains_resumes_samples_and_is_scored_by_the_commands():
    run("train", "gaussian", "--seed", 3, "--steps", 33, "--out", "half")
    run("train", "gaussian", "--seed", 3, "--out", "half", "--resume")
    run("train", "gaussian", "--seed", 3, "--out", "whole")
    half, whole = (models.read(f"{folder}/checkpoint.keras", compiled=True) for folder in ("half", "whole"))
    assert half.step == whole.step == 45
    assert np.array_equal(half.moments.numpy(), whole.moments.numpy())
    for file in ("log.csv", "samples/000045.npz"):
        with open(f"half/{file}", "rb") as one, open(f"whole/{file}", "rb") as other:
            assert one.read() == other.read()

    ships = few_chips().split(0).train.ships.images / 127.5 - 1
    np.testing.assert_allclose(whole.moments.numpy()[0], ships.mean(0), atol=0.2)
    run("generate", "whole", "-n", 3, "--seed", 5, "--out", "drawn.npy")
    assert np.array_equal(np.load("drawn.npy"), whole.sample(3, seed=5))
    found = json.loads(run("evaluate", "whole", "-n", 20, "--json").stdout)
    assert np.isfinite(found["kid"]) and found["n"] == 20


def test_its_folder_is_its_own():
    ships = few_chips().split(0).train.ships
    training.run(gaussian.RECIPE, ships, "run", seed=1, steps=100)
    steps, rows = read_samples(training.Path("run/samples"))
    assert steps == [0, 100] and rows[1].shape == (8, 80, 80, 3)
    with pytest.raises(training.FolderError, match="recipe's spread 1.0"):
        wider = recipes.replace(gaussian.RECIPE, spread=2.0)
        training.run(wider, ships, "run", seed=1, steps=120, resume=True)
    with pytest.raises(TypeError, match="no family"):
        recipes.build(recipes.Recipe("none", "Of no family."))
