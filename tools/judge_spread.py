"""Measure how much luck is in chapter 2: its training on three splits, from three seeds, by day and at random.

python tools/judge_spread.py shipsnet simulated

Each argument is a source for `load_chips`: a folder of real chips, or "simulated". It writes
`book/results/02-is-it-a-ship/judge-spread.csv`, which the chapter reads; all twelve runs take about six minutes on two cores.
"""

import sys

import numpy as np
import pandas as pd
from scipy.special import expit

from satgan_tutorial import classifier, load_chips
from satgan_tutorial.experiments.results import RESULTS

TABLE = RESULTS / "02-is-it-a-ship" / "judge-spread.csv"
EPOCHS = 10  # as the chapter trains at the laptop budget
RUNS = 3


def random_split(chips, seed: int) -> list:
    """Split 60, 15 and 25 % with no regard to scenes and days."""
    order = np.random.default_rng(seed).permutation(len(chips))
    cuts = (np.array([0.60, 0.75]) * len(chips)).astype(int)
    return [chips[rows] for rows in np.split(order, cuts)]


def run(chips, by: str, number: int) -> dict:
    """Train from seed `number` on split `number`, and measure on its test chips."""
    split = chips.split(number) if by == "day" else random_split(chips, number)
    train, validation, test = split
    model = classifier.train(train, validation, seed=number, epochs=EPOCHS, learning_rate=2e-3)
    z = classifier.logits(model, test.images)
    t = classifier.temperature(classifier.logits(model, validation.images), validation.labels)
    _, ece = classifier.reliability(expit(z), test.labels)
    _, mended = classifier.reliability(expit(z / t), test.labels)
    return {
        "source": chips.source,
        "split_by": by,
        "split": number,
        "seed": number,
        "epochs": EPOCHS,
        "test_chips": len(test),
        "accuracy": float(np.mean((z > 0) == test.labels)),
        "ece": ece,
        "temperature": t,
        "ece_with_temperature": mended,
    }


def main(sources: list[str]) -> None:
    """Write the table anew, whole."""
    rows = []
    for source in sources:
        chips = load_chips(source)
        for by in ("day", "random"):
            for number in range(RUNS):
                rows.append(run(chips, by, number))
                print(rows[-1], flush=True)
    header = "# python tools/judge_spread.py shipsnet simulated\n"
    table = pd.DataFrame(rows).round(5).to_csv(index=False)
    TABLE.write_text(header + table, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
