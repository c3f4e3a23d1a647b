"""A recorded training: its log, its film and its facts, the same whether it was cut off or not."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scripts import script
from test_main import TINY

from satgan_tutorial import recipes

pytestmark = pytest.mark.once

IMAGES = np.random.default_rng(0).integers(0, 256, (12, 80, 80, 3), np.uint8)
SETTINGS = {"every": 2, "steps": 6, "batch_size": 4, "scored": 4, "samples": 5, "film": 2}


@pytest.fixture
def record():
    return script("tools/record.py").record


def build():
    return recipes.build(TINY, seed=1)


def level(fake):
    return fake.mean()


@pytest.mark.slow
def test_a_run_that_was_cut_off_is_the_one_that_was_not(record, tmp_path):
    record("whole", build, IMAGES, {"level": level}, out=tmp_path, about={"chips": "none"}, **SETTINGS)
    looks = []

    def kill(fake):
        looks.append(fake)
        if len(looks) == 2:
            raise KeyboardInterrupt
        return level(fake)

    with pytest.raises(KeyboardInterrupt):
        record("cut", build, IMAGES, {"level": kill}, out=tmp_path, **SETTINGS)
    assert not list(tmp_path.glob("cut*"))  # nothing half done among what is whole
    record("cut", build, IMAGES, {"level": level}, out=tmp_path, **SETTINGS)
    assert not list(tmp_path.glob(".cut*"))

    logs = [pd.read_csv(tmp_path / f"{name}.csv").drop(columns="cpu_minutes") for name in ("whole", "cut")]
    assert logs[0].equals(logs[1]) and logs[0].step.tolist() == [2, 4, 6]
    with np.load(tmp_path / "whole.npz") as whole, np.load(tmp_path / "cut.npz") as cut:
        assert whole["steps"].tolist() == [2, 6] and whole["rows"].shape == (2, 8, 80, 80, 3)
        assert whole["samples"].shape == (5, 80, 80, 3)
        assert all(np.array_equal(whole[name], cut[name]) for name in whole)
    facts = json.loads((tmp_path / "whole.json").read_text())
    assert facts["steps"] == 6 and facts["chips"] == "none" and "keras" in facts["machine"]


@pytest.mark.slow
def test_a_run_that_breaks_says_so_and_leaves_what_was_there(record, tmp_path):
    def breaks():
        return recipes.build(replace(TINY, learning_rates=(1e30, 1e30), r1=0.0, r2=0.0, ema=None), seed=1)

    (tmp_path / "broken.csv").write_text("of last year")
    with pytest.raises(SystemExit, match="broken: step .* not finite"):
        record("broken", breaks, IMAGES, {"level": level}, out=tmp_path, **SETTINGS)
    assert (tmp_path / "broken.csv").read_text() == "of last year"
