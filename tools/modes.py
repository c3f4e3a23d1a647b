"""Count the modes that each adversarial loss covers, for the page "Which loss?": all losses, with and without R1, ten seeds.

python tools/modes.py

It adds to `book/results/05-two-players/modes.csv`, a row a run, and leaves out the runs that are there, so it can be stopped and
started again. Every run has the same networks, optimizers, batches and number of steps; all of them take about ten
minutes of processor time, on a quiet machine a little less by the clock.
"""

import numpy as np

from satgan_tutorial import losses, plane
from satgan_tutorial.experiments import results

TABLE = results.RESULTS / "05-two-players" / "modes.csv"
TARGET = plane.lattice()  # 25 modes
STEPS = 2500
R1 = (0.0, 0.1)
SEEDS = range(10)


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
        "near": float(np.mean(gaps < 3 * TARGET.sigma)),
    }


def main() -> None:
    """Do the runs that the table lacks."""
    done = {(row["loss"], float(row["r1"]), int(row["seed"])) for row in results.read(TABLE)}
    for seed in SEEDS:
        for r1 in R1:
            for loss in losses.LOSSES:
                if (loss, r1, seed) not in done:
                    row = run(loss, r1, seed)
                    results.add(TABLE, row)
                    print(row, flush=True)


if __name__ == "__main__":
    main()
