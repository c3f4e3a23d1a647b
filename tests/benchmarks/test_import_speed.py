import statistics
import subprocess
import sys

import pytest


def seconds(module):
    code = f"import time; start = time.perf_counter(); import {module}; print(time.perf_counter() - start)"
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        for _ in range(5)
    ]
    return statistics.median(float(run.stdout) for run in runs)


@pytest.mark.benchmark
def test_importing_the_package_against_importing_numpy():
    ours, numpy = seconds("satgan_tutorial"), seconds("numpy")
    print(f"\nimport satgan_tutorial: {ours:.3f} s, numpy: {numpy:.3f} s, ratio {ours / numpy:.2f}")
    assert ours < 0.3
