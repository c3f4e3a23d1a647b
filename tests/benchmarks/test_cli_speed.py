"""How quick the commands are, and how much memory they take."""

import os
import statistics
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

from satgan_tutorial import recipes

RUN = [sys.executable, "-m", "satgan_tutorial"]


@pytest.mark.benchmark
def test_help_comes_at_once():
    times = []
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run([*RUN, "--help"], capture_output=True, check=True)
        times.append(time.perf_counter() - start)
    print(f"\nsatgan --help: {statistics.median(times):.2f} s")
    assert statistics.median(times) < 0.5


@pytest.mark.benchmark
def test_fifty_thousand_chips_stream_into_their_file(tmp_path):
    code = "import resource, sys; from satgan_tutorial.__main__ import main\n"
    code += "try: main()\nfinally: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)"
    pytest.importorskip("resource")
    out = tmp_path / "many.npy"
    model = tmp_path / "model.keras"  # of the book's kind, but quick: memory goes by the chips
    recipes.build(replace(recipes.get("book"), base_filters=2), 0).sampler().save(model)
    line = [sys.executable, "-c", code, "generate", str(model), "-n", "50000", "--out", str(out)]
    start = time.perf_counter()
    done = subprocess.run(line, capture_output=True, text=True, check=True, env=os.environ)
    seconds, peak = time.perf_counter() - start, int(done.stdout.split()[-1]) / 1e9
    print(f"\nsatgan generate -n 50000: {seconds:.0f} s, {peak:.2f} GB at most")
    many = np.load(out, mmap_mode="r")
    assert many.shape == (50_000, 80, 80, 3) and many.dtype == np.uint8 and many[-1].std() > 1
    assert peak < 1.5
