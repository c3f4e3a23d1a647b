"""What was recorded for chapter 7's penalty and average: by the chapter's own recipe, and measured as it says."""

from dataclasses import replace
from pathlib import Path

import keras
import nbformat
import numpy as np
import pandas as pd
import pytest
from scripts import script

from satgan_tutorial import recipes, sampling

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[1]


@pytest.fixture
def tool():
    return script("tools/penalty_and_average.py")


def test_the_chapter_trains_by_the_recipe_that_was_recorded(tool):
    cells = nbformat.read(ROOT / "book/dcgan/07-the-training.ipynb", as_version=4).cells
    (source,) = (cell.source for cell in cells if cell.source.startswith("recipe = replace("))
    here = {"replace": replace, "recipes": recipes}
    exec(source.partition("\nplayers")[0], here)  # noqa: S102  (the chapter's own lines)
    assert here["recipe"] == tool.WITH
    assert tool.TRAININGS["without"] == replace(tool.WITH, r1=0.0, r2=0.0)


def test_the_table_has_every_training_at_every_look_with_both_weights(tool):
    table = pd.read_csv(tool.HERE / "penalty.csv")
    whole = len(tool.SEEDS) * len(tool.TRAININGS) * len(tool.LOOKS) * 2
    assert len(table) == whole and not table.duplicated(["seed", "penalty", "weights", "step"]).any()
    for penalty in tool.TRAININGS:
        with np.load(tool.HERE / f"{penalty}-penalty.npz") as kept:
            assert kept["steps"].tolist() == list(tool.LOOKS)
            assert kept["raw"].shape == kept["average"].shape == (len(tool.LOOKS), 8, 40, 40, 3)


def test_the_slope_is_that_of_the_logit_by_pixels(tool):
    plain = keras.Sequential([keras.Input((2, 2, 3)), keras.layers.Flatten(), keras.layers.Dense(1)])
    plain.layers[-1].set_weights([np.full((12, 1), 0.5, "float32"), np.zeros(1, "float32")])
    images = np.zeros((4, 2, 2, 3), np.uint8)
    assert tool.slope(plain, images) == pytest.approx(12**0.5 * 0.5)


@pytest.mark.slow
def test_raw_weights_get_statistics_of_their_own_and_keep_the_generator_as_it_was(tool):
    generator = recipes.build(tool.WITH, seed=0).generator
    before = generator.get_weights()
    copy = tool.settled(generator)
    assert all(np.array_equal(a, b) for a, b in zip(before, generator.get_weights(), strict=True))
    noise = sampling.noise(64, tool.WITH.latent_dim, seed=0)
    as_in_training = np.asarray(generator(noise, training=True))
    assert np.abs(copy(noise) - as_in_training).mean() < np.abs(generator(noise) - as_in_training).mean()
