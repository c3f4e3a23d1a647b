"""Peers that take turns on one machine, each a process of its own, so that a busy minute slows all of them.

`SATGAN_TORCH_PYTHON` names a Python that has PyTorch, if this one has not.
"""

import json
import os
import resource
import subprocess
import sys
import time

import numpy as np


def serve(facts, *work):
    """Print the facts; then answer each line of standard input with the seconds of each work and the peak GiB."""
    for warm_up in (*work, *work, *work):
        warm_up()
    print(json.dumps(facts), flush=True)
    for _ in sys.stdin:
        times = []
        for turn in work:
            start = time.perf_counter()
            turn()
            times.append(time.perf_counter() - start)
        print(json.dumps([*times, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20]), flush=True)


def compare(file, engines, rounds, *arguments):
    """Run `python FILE ENGINE ARGUMENTS` for each engine and let them take turns.

    Returns each engine's facts, and what it answered, an array (rounds, works + 1).
    """
    pythons = {"torch": os.environ.get("SATGAN_TORCH_PYTHON", sys.executable)}
    workers = {
        e: subprocess.Popen(
            [pythons.get(e, sys.executable), file, e, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for e in engines
    }

    def answer(worker):
        return json.loads(worker.stdout.readline())

    try:
        facts = {e: answer(worker) for e, worker in workers.items()}
        times = {e: [] for e in engines}
        for _ in range(rounds):
            for e, worker in workers.items():
                worker.stdin.write("\n")
                worker.stdin.flush()
                times[e].append(answer(worker))
    finally:
        for worker in workers.values():
            worker.stdin.close()
            worker.wait()
    return facts, {e: np.array(t) for e, t in times.items()}


def have_torch():
    python = os.environ.get("SATGAN_TORCH_PYTHON", sys.executable)
    return subprocess.run([python, "-c", "import torch"], capture_output=True, check=False).returncode == 0
