"""Ask whether a judge favours the chips it was trained on: four judges of four splits, each asked about all four.

python tools/judge_seen.py shipsnet 0 1 2 3
python tools/judge_seen.py simulated 0 1 2 3

The first argument is a source for `load_chips`: a folder of real chips, or "simulated". Judge t learns from the train
chips of `chips.split(t)`, as the shipped judge does from those of `chips.split(0)`, for half as long. Then it measures,
for every split, how far the train ships are from the test ships. Where judge and split have the same number it has seen
all of one side and none of the other; elsewhere it has seen as large a part of both. Its rows are added to
`book/results/09-how-good-is-it/judge-seen.csv`, which a chapter reads; a judge takes two minutes on two cores.
"""

import sys

import pandas as pd

from satgan_tutorial import classifier, load_chips, metrics
from satgan_tutorial.batching import forward
from satgan_tutorial.chips import to_float
from satgan_tutorial.experiments.results import RESULTS
from satgan_tutorial.judge import from_classifier

SPLITS, EPOCHS = 4, 20
TABLE = RESULTS / "09-how-good-is-it" / "judge-seen.csv"


def features(network, chips):
    """The judge's features of chips, float32 (N, d)."""
    return forward(lambda x: network(to_float(x))["features"], chips.images)


def main(source, numbers):
    """Train judges by number, and add what each says of all splits."""
    chips = load_chips(source)
    splits = [chips.split(number) for number in range(SPLITS)]
    for number in map(int, numbers):
        train, validation, _ = splits[number]
        options = {"epochs": EPOCHS, "seed": number, "learning_rate": 2e-3}
        trained = classifier.train(train, validation, **options)
        network = from_classifier(trained, train, validation)
        rows = []
        for other, split in enumerate(splits):
            test, seen = (features(network, part.ships) for part in (split.test, split.train))
            row = {"source": chips.source, "judge": number, "split": other}
            row |= {"test_ships": len(test), "train_ships": len(seen)}
            rows.append(row | {"kid": metrics.kid(test, seen)})
        table = pd.DataFrame(rows).round(5)
        table.to_csv(TABLE, mode="a", index=False, header=not TABLE.is_file())
        print(table.to_string(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
