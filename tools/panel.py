"""Measure what the book says of its generators: python tools/panel.py panel [NAME ...] | told-apart

Either writes a table into `book/results/09-how-good-is-it/`, `panel.csv` or `told-apart.csv`, with the real chips in
$SATGAN_DATA. Each set of generated ships is held against the test ships, and beside them what real ships score against real
ships of other days, at the same numbers of chips.

- `panel`: every ruler of `satgan_tutorial.panel` for the shipped generators, five seeds of 1000 chips each (mean, deviation of
  the seeds, interval and rank of seed 0), for the samples kept of other trainings, of which there are 8 or 64, and for the train
  ships, as they are and with planted faults. With names of sets or rulers it renews their rows and leaves the others.
- `told-apart`: the classifier two-sample test at four scales for the shipped generators, 1000 chips of seed 0, half of them to
  learn from, and for the 64 chips of the recipe `small`; beside them real ships split by day, ten times or five, and
  faults that were planted in real ships.
"""

import sys
import time

import numpy as np
import pandas as pd

from satgan_tutorial import conditions, load_chips, models, panel, sampling, two_sample
from satgan_tutorial.files import checkout
from satgan_tutorial.judge import Judge

RESULTS = checkout() / "book" / "results"
SHIPPED = ("book", "conditional")
SEEDS, CHIPS = range(5), 1000
KEPT = {
    "recipe small, 8 minutes": ("07-the-training/equal-small.npz", "samples"),
    "recipe dcgan, 8 minutes": ("07-the-training/equal-dcgan.npz", "samples"),
    "the post's networks, 8 minutes": ("07-the-training/equal-post.npz", "samples"),
    "peer keras, 20 minutes": ("10-few-images/peers/keras.npz", "images"),
    "peer flavours, 20 minutes": ("10-few-images/peers/flavours.npz", "images"),
    "peer pytorch, 20 minutes": ("10-few-images/peers/pytorch.npz", "images"),
    "peer post, 20 minutes": ("10-few-images/peers/post.npz", "images"),
    "book after 20 minutes": ("10-few-images/peers/book.npz", "images"),
}
PLANTED = {
    "32 levels brighter": lambda images: np.clip(images.astype(int) + 32, 0, 255).astype(np.uint8),
    "blurred": two_sample.blur,
    "striped": two_sample.stripe,
}
SPLITS = {
    10: 10,
    20: 10,
    40: 5,
    80: 5,
}  # of the real ships by day: the larger the chips, the longer a training


def draw(name, source, seed):
    sampler = models.read_sampler(models.find(name, source))
    condition = conditions.encode(True) if len(sampler.inputs) > 1 else None
    return sampling.sample(sampler, CHIPS, seed, condition)


def kept(file, key):
    with np.load(RESULTS / file) as stored:
        return stored[key]


def sets(chips, split):
    """The sets of ships by name, each a function that gives one array, or one a seed."""
    learned = split.train.ships.images
    shipped = {
        name: (lambda name=name: [draw(name, chips.source, seed) for seed in SEEDS]) for name in SHIPPED
    }
    faulty = {
        f"train ships, {name}": (lambda fault=fault: [fault(learned)]) for name, fault in PLANTED.items()
    }
    others = {name: (lambda place=place: [kept(*place)]) for name, place in KEPT.items()}
    return shipped | {"train ships": lambda: [learned]} | faulty | others


def rulers(chips, only):
    """The table of the panel, a row a set, ruler and part.

    Args:
        chips: the real ones.
        only: names of sets or rulers: the others are not measured.
    """
    judge, ships, split = Judge(chips.source), chips.ships, chips.split(0)
    every = sets(chips, split)
    wanted = {name: make for name, make in every.items() if name in only} or every
    panel.RULERS = {name: ruler for name, ruler in panel.RULERS.items() if name in only} or panel.RULERS
    read = {ruler.view for ruler in panel.RULERS.values()}
    panel.VIEWS = {name: view for name, view in panel.VIEWS.items() if name in read}
    everything = panel.look(ships.images, judge)
    test = np.isin(ships.days, np.unique(split.test.days))
    real = {name: view[test] for name, view in everything.items()}
    no_ships = panel.look(split.test.no_ships.images[: test.sum()], judge)
    noise = panel.look(panel.noise_chips(split.train.ships.images, int(test.sum()), 0), judge)
    others = {"no ships": no_ships, "pixel noise": noise}
    tables = []
    for name, make in wanted.items():
        images = make()
        seen = [panel.look(x, judge) for x in images]
        table = panel.scores(real, seen[0], everything, ships.days, others=others)[0]
        values = [
            np.stack([np.atleast_1d(r.score(real[r.view], x[r.view])) for x in seen], axis=1)
            for r in panel.RULERS.values()
        ]
        values = np.concatenate(values)
        table["score"] = values.mean(axis=1)
        table["seeds_sd"] = values.std(axis=1, ddof=1) if len(seen) > 1 else np.nan
        tables.append(judged(table).assign(set=name, n=len(images[0]), seeds=len(seen)))
        print(name, flush=True)
    return pd.concat(tables)


def judged(table):
    """The table with the word for the mean of the seeds."""
    lower = table.better == "lower"
    return table.assign(inside=np.where(lower, table.score <= table.limit, table.score >= table.limit))


def told_apart(chips):
    """The table of the two-sample tests, a row a set and scale."""
    ships, split = chips.ships, chips.split(0)
    train, test = split.train.ships, split.test.ships
    sets = {name: draw(name, chips.source, 0) for name in SHIPPED}
    sets["recipe small, 8 minutes"] = kept(*KEPT["recipe small, 8 minutes"])
    runs = [
        (
            name,
            two_sample.Parts(train.images, x[: len(x) // 2], test.images, x[len(x) // 2 :], test.days),
            None,
        )
        for name, x in sets.items()
    ]
    dealt = [two_sample.by_day(ships.images, ships.days, seed) for seed in range(max(SPLITS.values()))]
    runs += [(f"planted {name}", dealt[0], fault) for name, fault in two_sample.FAULTS.items()]
    runs += [("real against real", part, None) for part in dealt]
    rows = []
    for side in reversed(two_sample.SCALES):
        for seed, (name, part, fault) in enumerate(runs[: len(runs) - len(dealt) + SPLITS[side]]):
            start = time.process_time()
            found = two_sample.told_apart(part, side, plant=fault, seed=seed)
            row = dict(zip(("auc", "low", "high"), found, strict=True))
            counts = {"learned_from": len(part.fake), "tested_on": len(part.others)}
            rows.append(
                {"set": name, "pixels": side} | row | counts | {"seconds": time.process_time() - start}
            )
            print(rows[-1], flush=True)
    return pd.DataFrame(rows)


def main(what=None, *only):
    if what not in ("panel", "told-apart") or (what == "told-apart" and only):
        raise SystemExit(__doc__)
    chips = load_chips()
    if unknown := set(only) - set(sets(chips, chips.split(0))) - set(panel.RULERS):
        raise SystemExit(
            f"found no set and no ruler {', '.join(sorted(unknown))}; expected names of panel.csv."
        )
    file = RESULTS / "09-how-good-is-it" / f"{what}.csv"
    table = told_apart(chips) if what == "told-apart" else rulers(chips, only)
    names = [name for name in ("set", "n", "seeds", "ruler", "part") if name in table]
    table = table[[*names, *table.columns.difference(names, sort=False)]]
    if only:  # the new rows in place of the old ones
        old = pd.read_csv(file).fillna({"part": ""})
        key = ["set", "ruler", "part"]
        table = pd.concat([old, table]).drop_duplicates(key, keep="last").sort_values(key[:2], kind="stable")
    table.to_csv(file, index=False, float_format="%.4g")


if __name__ == "__main__":
    main(*sys.argv[1:])
