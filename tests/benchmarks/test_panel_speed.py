"""How long the panel takes, beside KID alone in the same run, and its distances beside SciPy's."""

import json
import os
import subprocess
import sys

import pytest

ONE = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"), "1"
)  # none that spins and waits

MEASURE = """
import json, time
import numpy as np
from scipy.stats import wasserstein_distance
from satgan_tutorial import metrics, panel
from satgan_tutorial.judge import Judge
from satgan_tutorial.sources import simulate

def spent(work):
    start = time.process_time()
    work()
    return time.process_time() - start

ships, judge = simulate.draw_chips(500, seed=0, label=1).images, Judge("simulated")
judge.features(ships[:64])
images = np.concatenate([ships, ships[:, ::-1]])
test, days = slice(0, 250), np.repeat(np.arange(100), 10)

def whole():
    seen, fake = panel.look(images, judge), panel.look(images, judge)
    real = {name: view[test] for name, view in seen.items()}
    table, left_out = panel.scores(real, fake, seen, days)
    assert not left_out and not table.isna().any(axis=None)

def kid():
    seen, fake = judge.features(images), judge.features(images)
    metrics.kid(seen[test], fake)

rng = np.random.default_rng(0)
real, fake = rng.normal(size=(250, 20)), rng.normal(size=(1000, 20))

def ours():
    for _ in range(50):
        metrics.wasserstein(real, fake)

def scipys():
    for _ in range(50):
        [wasserstein_distance(a, b) for a, b in zip(real.T, fake.T)]

ours(), scipys()
print(json.dumps([spent(whole), spent(kid), spent(ours), spent(scipys)]))
"""


@pytest.mark.benchmark
def test_the_panel_of_1000_chips_against_kid_alone_and_its_distances_against_scipys():
    line = [sys.executable, "-c", MEASURE]
    done = subprocess.run(line, capture_output=True, text=True, check=True, env=os.environ | ONE)
    whole, kid, ours, scipys = json.loads(done.stdout.splitlines()[-1])
    print(
        f"\npanel of 1000 chips against 250, floors and intervals too: {whole:.1f} core seconds, {whole / kid:.1f} times KID "
        f"alone; 20 Wasserstein distances: {ours / scipys:.2f} times as long as SciPy's"
    )
    assert whole <= 60 and whole / kid <= 30 and ours / scipys <= 1.5
