"""The memory of a training stays flat: by hand, for two minutes, `python tests/benchmarks/test_training_memory.py 2`."""

import subprocess
import sys
import tempfile
import time

import numpy as np
import psutil
import pytest

MINUTES = 10
TRAIN = """if True:
    import numpy as np
    from satgan_tutorial import recipes, training
    from satgan_tutorial.sources import simulate
    ships = simulate.draw_chips(600, seed=0, label=1)
    training.run(recipes.get("small"), ships, "run", seed=0, steps=10**6, save_every=30, say=print)
"""


def measure(minutes: float) -> np.ndarray:
    """Train for so long in a process of its own; seconds since its first step, and its memory in MB, twice a second."""
    with tempfile.TemporaryDirectory() as folder:
        worker = subprocess.Popen([sys.executable, "-c", TRAIN], cwd=folder)
        process, rows = psutil.Process(worker.pid), []
        try:
            start = None
            while start is None or time.monotonic() - start < 60 * minutes:
                assert worker.poll() is None, "the training ended"
                memory = process.memory_info().rss / 1e6
                start = start or (time.monotonic() if process.cpu_times().user > 20 else None)
                rows += [(time.monotonic() - start, memory)] if start else []
                time.sleep(0.5)
        finally:
            worker.kill()
            worker.wait()
    return np.array(rows)


def growth(rows: np.ndarray) -> float:
    """MB a minute after the first: the slope of the lowest memory of each quarter of a minute, which spikes leave alone."""
    rows = rows[rows[:, 0] > 60]
    quarter = (rows[:, 0] // 15).astype(int)
    lows = np.array([(q / 4, rows[quarter == q, 1].min()) for q in np.unique(quarter)[:-1]])
    return float(np.polyfit(*lows.T, 1)[0])


@pytest.mark.benchmark
def test_a_trainings_memory_stays_flat():
    rows = measure(MINUTES)
    print(f"\n{rows[-1, 1]:.0f} MB after {MINUTES} minutes, {growth(rows):+.2f} MB a minute after the first")
    assert growth(rows) < 1


if __name__ == "__main__":
    rows = measure(float(sys.argv[1]))
    for seconds, memory in rows[:: max(1, len(rows) // 40)]:
        print(f"{seconds:6.0f} s {memory:7.1f} MB")
    print(f"{growth(rows):+.2f} MB a minute after the first")
