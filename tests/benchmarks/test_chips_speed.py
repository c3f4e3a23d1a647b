"""How fast chips load and how much memory that takes, beside the plain way in the same run."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from satgan_tutorial import load_chips
from satgan_tutorial.chips import twins

pytestmark = pytest.mark.benchmark

MEASURE = """
import json, resource, sys, time
from pathlib import Path
import numpy as np
from PIL import Image
from satgan_tutorial import load_chips

source = sys.argv[1]
start = time.perf_counter()
{work}
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
print(json.dumps([seconds, peak / 1e9]))
"""
LOAD = "load_chips(source)"
PIL_LOOP = "np.stack([np.asarray(Image.open(file)) for file in sorted(Path(source).rglob('[01]__*.png'))])"
JSON_LOAD = "np.array(json.load(open(source))['data'], np.uint8).reshape(-1, 3, 80, 80)"


@pytest.fixture(scope="module")
def chips(tmp_path_factory):
    """4000 chips as PNG files and as one JSON file, ships first as in Kaggle's."""
    chips = load_chips()
    again = [
        second for _, second in twins(chips.images)
    ]  # a simulated ship seen twice, which files may not hold
    chips = chips[np.setdiff1d(np.arange(len(chips)), again)]
    folder = tmp_path_factory.mktemp("chips")
    for image, name in zip(chips.images, chips.names, strict=True):
        Image.fromarray(image).save(folder / name)
    chips = chips[np.argsort(1 - chips.labels.astype(int), kind="stable")]
    rest = {
        "labels": chips.labels.tolist(),
        "locations": chips.locations.tolist(),
        "scene_ids": chips.scenes.tolist(),
    }
    with (folder / "shipsnet.json").open(
        "w"
    ) as file:  # row by row: a child's peak memory starts from its parent's
        for i, image in enumerate(chips.images):
            file.write((", " if i else '{"data": [') + json.dumps(image.transpose(2, 0, 1).ravel().tolist()))
        file.write("], " + json.dumps(rest)[1:])
    return folder


def measure(work, source, cache):
    """Seconds and peak gigabytes of a piece of work in a process of its own."""
    command = [sys.executable, "-c", MEASURE.format(work=work), str(source)]
    environment = os.environ | {"SATGAN_CACHE": str(cache)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def report(what, ours, peer):
    times = ", ".join(f"{name} {s:.2f} s {gb:.2f} GB" for name, (s, gb) in ours.items())
    print(f"\n{what}: {times}; peer {peer[0]:.2f} s {peer[1]:.2f} GB", end="; ")
    print(", ".join(f"{name} {s / peer[0]:.3f} of its time" for name, (s, _) in ours.items()))


def test_png_files(chips, tmp_path):
    peer = measure(PIL_LOOP, chips, tmp_path)
    ours = {name: measure(LOAD, chips, tmp_path) for name in ("first load", "cached")}
    report("4000 PNG files (peer: a loop over PIL)", ours, peer)
    assert ours["first load"][0] < max(3, 2 * peer[0])
    assert ours["cached"][0] < max(0.3, 0.2 * peer[0])


def test_json_file(chips, tmp_path):
    file = chips / "shipsnet.json"
    peer = measure(JSON_LOAD, file, tmp_path)
    ours = {name: measure(LOAD, file, tmp_path) for name in ("first load", "cached")}
    report(f"{file.stat().st_size / 1e6:.0f} MB of JSON (peer: json.load)", ours, peer)
    assert ours["first load"][0] < max(25, 2 * peer[0])
    assert ours["first load"][1] < min(1.5, peer[1])
