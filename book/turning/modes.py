"""Count the modes that each adversarial loss covers, for chapter 5: all losses, with and without R1, ten seeds.

python book/turning/modes.py

It appends to `modes.csv` beside this file, a line a run, and leaves out the runs that are there, so it can be stopped and
started again. Every run has the same networks, optimizers, batches and number of steps; all of them take about ten
minutes of processor time, on a quiet machine a little less by the clock.
"""

import csv
from pathlib import Path

import numpy as np

from satgan_tutorial import losses, plane

TABLE = Path(__file__).with_suffix(".csv")
TARGET = plane.lattice()  # 25 modes
STEPS = 2500
R1 = (0.0, 0.1)
SEEDS = range(10)
COLUMNS = ("loss", "r1", "seed", "steps", "modes", "near")


def run(loss: str, r1: float, seed: int, steps: int = STEPS) -> dict:
    """Train once; count the modes covered and the share of points within three sigma of one."""
    model = plane.build(loss, seed, r1=r1, steps_per_execution=min(50, steps))
    plane.train(model, TARGET.sample(20_000, seed=0), steps)
    points = model.sample(2000, seed=0)
    gaps = np.linalg.norm(points[:, None] - TARGET.centres, axis=2).min(axis=1)
    return {
        "loss": loss,
        "r1": r1,
        "seed": seed,
        "steps": steps,
        "modes": plane.covered(points, TARGET),
        "near": round(float(np.mean(gaps < 3 * TARGET.sigma)), 4),
    }


def main() -> None:
    """Do the runs that the table lacks."""
    if not TABLE.exists():
        TABLE.write_text(",".join(COLUMNS) + "\n", encoding="utf-8")
    with TABLE.open(newline="", encoding="utf-8") as file:
        done = {
            (r["loss"], float(r["r1"]), int(r["seed"]))
            for r in csv.DictReader(file)
        }
    wanted = [
        (loss, r1, seed)
        for seed in SEEDS
        for r1 in R1
        for loss in losses.LOSSES
    ]
    for settings in wanted:
        if settings in done:
            continue
        row = run(*settings)
        with TABLE.open("a", newline="", encoding="utf-8") as file:
            csv.DictWriter(file, COLUMNS).writerow(row)
        print(row, flush=True)


if __name__ == "__main__":
    main()
