"""How fast a scene is swept and how much memory that takes, beside the chips one by one in the same run."""

import json
import subprocess
import sys

import pytest

MEASURE = """
import json, resource, sys, time
import numpy as np
from satgan_tutorial import classifier, detect

network = classifier.build()
scene = np.random.default_rng(0).integers(0, 256, (1777, 2825, 3), np.uint8)
corner = scene[:280, :480]
detect.sweep(network, scene[:200, :200]), detect.chip_by_chip(network, scene[:100, :200])  # warm up
start = time.perf_counter()
swept = detect.sweep(network, scene)
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
start = time.perf_counter()
cut = detect.chip_by_chip(network, corner)
slow = time.perf_counter() - start
assert np.abs(cut - swept[: cut.shape[0], : cut.shape[1]]).max() < 1e-4
print(json.dumps([seconds, swept.size, peak / 1e9, slow, cut.size]))
"""


@pytest.mark.benchmark
def test_sweeping_a_scene_against_its_chips_one_by_one():
    done = subprocess.run([sys.executable, "-c", MEASURE], capture_output=True, text=True, check=True)
    seconds, windows, peak, slow, cut = json.loads(done.stdout.splitlines()[-1])
    ratio = (slow / cut) / (seconds / windows)
    print(
        f"\n2825 x 1777 scene at stride 4: {windows} windows in {seconds:.2f} s, peak {peak:.2f} GB; chip by chip: "
        f"{cut} windows in {slow:.2f} s, for the scene {slow / cut * windows:.0f} s; {ratio:.0f} times as long a window"
    )
    assert ratio >= 50 and seconds <= 15 and peak <= 2
