"""Measure what a leak is worth to a classifier, chapter 1: the same test chips, read after two different trainings.

python tools/leak.py shipsnet 40 7

The arguments are the folder of the real chips, and how many seeds for the nearest neighbour rule and for the network. A run
that is in the table is not made again. There are two contests; in each, both trainings get 1500 chips and are tested on the
very same chips:

- `days`: the days are dealt into two halves, and the test is a quarter of the first half's chips, drawn at random. One
  training learns from the other three quarters, as after a random split; the other from chips of the second half alone.
- `neighbours`: the test is a tenth of the chips, in whole days. One training may learn from chips of the three days before
  and after each test day, the other learns from none of them. No training sees a test day.

It writes `book/results/01-ships-from-above/leak.csv`: for each group of test chips how many there are and how many of them
each training reads rightly. A *twin* is a training chip within 100 m of a test chip and from the same day (`days`), or from
at most three days before or after (`neighbours`).
"""

import sys

import numpy as np

from satgan_tutorial import classifier, load_chips
from satgan_tutorial.chips import ChipSet
from satgan_tutorial.experiments import results

TABLE = results.RESULTS / "01-ships-from-above" / "leak.csv"
EPOCHS = 10  # as chapter 2 trains at the laptop budget
TRAIN, VALIDATION = 1500, 300  # chips
NEAR, GAP = 100.0, 3  # metres, days


def day_numbers(chips: ChipSet) -> np.ndarray:
    """The day of each chip as a number that counts days, int (N,)."""
    days = [f"{day[:4]}-{day[4:6]}-{day[6:]}" for day in chips.days.tolist()]
    return np.array(days, dtype="datetime64[D]").astype(int)


def first_days(chips: ChipSet, share: float, rng: np.random.Generator) -> np.ndarray:
    """Draw whole days until they hold a share of the chips; which chips that are, bool (N,)."""
    days, member, size = np.unique(chips.days, return_inverse=True, return_counts=True)
    order = rng.permutation(len(days))
    chosen = order[np.cumsum(size[order]) <= share * len(chips)]
    return np.isin(member, chosen)


def by_days(chips: ChipSet, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Rows of the contest `days`: the test, both trainings, and the validation that both stop by."""
    first = first_days(chips, 0.5, rng)
    these, others = rng.permutation(np.flatnonzero(first)), rng.permutation(np.flatnonzero(~first))
    test = len(these) - TRAIN
    if test < 300 or len(others) < TRAIN + VALIDATION:
        raise ValueError(f"found halves of {len(these)} and {len(others)} chips; expected about 2000 each.")
    return {
        "test": these[:test],
        "leaky": these[test:],
        "clean": others[:TRAIN],
        "validation": others[TRAIN : TRAIN + VALIDATION],
    }


def by_neighbours(chips: ChipSet, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Rows of the contest `neighbours`: the test, both trainings, and the validation that both stop by."""
    test, day = first_days(chips, 0.1, rng), day_numbers(chips)
    close = np.abs(day[:, None] - np.unique(day[test])).min(axis=1) <= GAP
    near, far = (rng.permutation(np.flatnonzero(rows)) for rows in (close & ~test, ~close))
    if len(far) < TRAIN + VALIDATION:
        raise ValueError(f"found {len(far)} chips far from the test days; expected {TRAIN + VALIDATION}.")
    return {
        "test": np.flatnonzero(test),
        "leaky": np.concatenate([near, far])[:TRAIN],
        "clean": far[:TRAIN],
        "validation": far[-VALIDATION:],
    }


CONTESTS = {"days": (by_days, 0), "neighbours": (by_neighbours, GAP)}


def has_twin(chips: ChipSet, test: np.ndarray, train: np.ndarray, apart: int) -> np.ndarray:
    """Which test chips have a training chip at their place, at most `apart` days before or after; bool (N,)."""
    lon, lat = np.radians(chips.locations).T
    day = day_numbers(chips)
    east = (lon[test, None] - lon[train]) * np.cos(lat[test, None])
    close = 6371000 * np.hypot(east, lat[test, None] - lat[train]) < NEAR
    return (close & (np.abs(day[test, None] - day[train]) <= apart)).any(axis=1)


def by_network(chips: ChipSet, rows: dict[str, np.ndarray], training: str, seed: int) -> np.ndarray:
    """Train chapter 2's network; whether it says "ship" of each test chip, bool (N,)."""
    model = classifier.train(
        chips[rows[training]], chips[rows["validation"]], seed=seed, epochs=EPOCHS, learning_rate=2e-3
    )
    return classifier.logits(model, chips.images[rows["test"]]) > 0


def by_nearest(chips: ChipSet, rows: dict[str, np.ndarray], training: str, seed: int) -> np.ndarray:
    """The chapter's nearest neighbour rule on thumbnails; whether it says "ship" of each test chip, bool (N,)."""
    blocks = chips.images.reshape(-1, 10, 8, 10, 8, 3)
    thumbs = blocks.mean(axis=(2, 4), dtype=np.float32).reshape(-1, 300) / 255
    a, b = thumbs[rows["test"]], thumbs[rows[training]]
    nearest = ((b * b).sum(axis=1) - 2 * a @ b.T).argmin(axis=1)
    return chips.labels[rows[training]][nearest] == 1


READERS = {"nearest neighbour": by_nearest, "network": by_network}


def run(chips: ChipSet, contest: str, reader: str, seed: int) -> list[dict]:
    """Both trainings of one contest from one seed: a row for each group of test chips."""
    draw, apart = CONTESTS[contest]
    rows = draw(chips, np.random.default_rng(seed))
    labels, twin = chips.labels[rows["test"]], has_twin(chips, rows["test"], rows["leaky"], apart)
    right = {name: READERS[reader](chips, rows, name, seed) == labels for name in ("leaky", "clean")}
    found = []
    for label, kind in ((1, "ship"), (0, "no ship")):
        for twinned in (True, False):
            group = (labels == label) & (twin == twinned)
            about = {"contest": contest, "seed": seed, "reader": reader, "label": kind, "twin": twinned}
            counts = {f"right_{name}": int(right[name][group].sum()) for name in right}
            found.append(about | {"chips": int(group.sum())} | counts)
    return found


def main(folder: str, *seeds: str) -> None:
    """Add to the table what is not in it yet."""
    chips = load_chips(folder)
    TABLE.parent.mkdir(exist_ok=True)
    made = {(row["contest"], row["reader"], int(row["seed"])) for row in results.read(TABLE)}
    for reader, number in zip(READERS, map(int, seeds), strict=True):
        for seed in range(number):
            for contest in CONTESTS:
                if (contest, reader, seed) in made:
                    continue
                for row in run(chips, contest, reader, seed):
                    results.add(TABLE, row)
                print(f"{reader}, {contest}, seed {seed}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
