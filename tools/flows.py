"""Measure the second family against the first: python tools/flows.py steps | copies | likelihood | looks | contest DIR [options]

Writes tables into `book/results/15-from-noise-to-ship/`, with the chips in $SATGAN_DATA; their rows replace those that are
there, the rows of other chips stay. Each set of generated ships is held against the test ships by the rulers
`panel.CHOOSING`, at 80 pixels; a smaller model's are enlarged, and so are the real ones beside them (`chips.as_coarse`).

- `steps`: the shipped `flow`, from one noise, in few and in many steps of two solvers: scores, and core seconds a chip.
- `copies`: how near the ships of the shipped models are to the ships they learned from, and to as many that they never saw.
- `likelihood`: bits a value that `flow` and chapter 4's Gaussians need for test ships.
- `looks`: `families.csv`, what the rulers said of both families while the shipped weights were trained, against validation
  ships (`tools/ship.py` wrote it down), by the core minutes that so many steps take here.
- `contest`: `contest.csv`, trainings of both at the same size, the same minutes, some seeds, some numbers of ships. DIR keeps
  them, and one that is there goes on.

Minutes are of one quiet core: a step of each family is timed first, in turns, and steps are turned into minutes, so that a
busy machine changes nothing but the wait. Hold TensorFlow to one core: TF_NUM_INTRAOP_THREADS=1.
"""

import argparse
import json
import time
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from satgan_tutorial import (
    likelihood,
    load_chips,
    metrics,
    models,
    panel,
    recipes,
    sampling,
    training,
)
from satgan_tutorial.chips import SIZE, as_coarse, enlarge
from satgan_tutorial.experiments import equal_time
from satgan_tutorial.files import checkout, replacing
from satgan_tutorial.judge import Judge

RESULTS = checkout() / "book" / "results" / "15-from-noise-to-ship"
WAYS = [("euler", n) for n in (1, 2, 4, 8, 16, 32)] + [("heun", n) for n in (1, 2, 4, 8, 16)]
CHIPS = 250  # generated for a row of `steps` and `contest`
COPIES = 500  # and of `copies`
FAMILIES = {"gan": "book", "flow": "flow"}
BATCH = 16


def scored(yardstick, images):
    """The rulers' scores of generated ships, by what a table calls them, and over their limits on average: `score`."""
    found = yardstick.scores(enlarge(images, SIZE))
    return {panel.CHOOSING[name]: row.score for name, row in found.iterrows()} | {
        "score": found.over_limit.mean()
    }


def yardstick(chips, n, side=SIZE):
    """Hold n generated ships of a side against the test ships."""
    chips = as_coarse(chips, side)
    return panel.yardstick(chips.ships, chips.split(0).test.ships.days, Judge(chips.source), n)


def steps(chips):
    """A row a solver and number of steps, of the same noise."""
    ruler, sampler = yardstick(chips, CHIPS), models.load("flow", chips.source)
    for solver, count in WAYS:
        sampling.solve_with(sampler, solver, count)
        sampling.sample(sampler, 1, 0)  # draws its graph
        begun = time.process_time()
        images = sampling.sample(sampler, CHIPS, 0)
        seconds = (time.process_time() - begun) / CHIPS
        passes = count * (2 if solver == "heun" else 1)
        row = {"solver": solver, "steps": count, "passes": passes, "seconds": seconds, "n": CHIPS}
        yield row | scored(ruler, images)


def near(images, split, side=SIZE):
    """How near images are to the nearest of n train ships and of n test ships, on the median, and their share of near-copies."""
    train, test, validation = (
        as_coarse(part, side).ships.images for part in (split.train, split.test, split.validation)
    )
    n = min(len(train), len(test))
    some = train[np.random.default_rng(0).permutation(len(train))[:n]]
    to_train, to_test = metrics.nearest(images, some)[0], metrics.nearest(images, test[:n])[0]
    unseen = metrics.nearest(validation, train)[0]
    copies = metrics.near_copies(metrics.nearest(images, train)[0], unseen)
    return {"to_train": np.median(to_train), "to_test": np.median(to_test), "near_copies": copies}


def copies(chips):
    """A row a shipped model, and one for validation ships, which are of other days than both."""
    split = chips.split(0)
    drawn = {name: sampling.sample(models.load(name, chips.source), COPIES, 0) for name in FAMILIES.values()}
    for what, images in (drawn | {"validation ships": split.validation.ships.images}).items():
        yield {"what": what, "n": len(images)} | near(images, split)


def likelihoods(chips, n=32):
    """A row a model: bits a value of test ships, with a 95 % interval over the ships, and of validation ships for the choice."""
    split, rng = chips.split(0), np.random.default_rng(0)
    ships = split.test.ships.images
    ships = ships[rng.permutation(len(ships))[:n]]
    train, validation = split.train.ships.images, split.validation.ships.images
    tried = {q: likelihood.gaussian_bits(train, validation, q).mean() for q in (0, 20, 40, 80, 160, 320)}
    best = min(tried, key=tried.get)
    velocity = models.load("flow", chips.source).layers[-1].layer
    bits = {f"Gaussian, {q} directions": likelihood.gaussian_bits(train, ships, q) for q in (0, best)}
    bits["flow"] = likelihood.bits_per_dim(velocity, ships, steps=40)
    for what, found in bits.items():
        low, high = np.percentile(rng.choice(found, (2000, len(found))).mean(axis=1), [2.5, 97.5])
        yield {"what": what, "n": len(found), "bits": found.mean(), "low": low, "high": high}


def looks(chips):
    """A row a look at the training of a shipped model, one a shipped model, and one for the train ships."""
    split, judge = chips.split(0), Judge(chips.source)
    seconds = paces({family: recipes.get(name) for family, name in FAMILIES.items()}, split.train)
    names = {f"{column}_ships": column for column in panel.CHOOSING.values()}
    ruler = panel.yardstick(chips.ships, split.validation.ships.days, judge, CHIPS)
    for family, name in FAMILIES.items():
        table = pd.read_csv(models.path(name, chips.source).with_suffix(".csv"))
        best = table.step[table.score.idxmin()]
        for row in table.rename(columns=names).to_dict("records"):
            told = {"family": family, "seed": 0, "step": row["step"]}
            told |= {"minutes": row["step"] * seconds[family] / 60}
            told |= {column: row[column] for column in names.values()}
            yield told | {"what": "look"}
            if row["step"] == best:
                images = sampling.sample(models.load(name, chips.source), CHIPS, 0)
                yield told | {"what": "shipped"} | scored(ruler, images)
    yield {"family": "real", "seed": 0, "step": 0, "minutes": 0.0, "what": "train ships"} | scored(
        ruler, split.train.ships.images
    )


def contest(chips, folder, side, minutes, seeds, ships):
    """A row a training: what it draws at its end, beside the ships that it learned from."""
    split, ruler = chips.split(0), yardstick(chips, CHIPS, side)
    made = {family: replace(recipes.get(name), image_size=side) for family, name in FAMILIES.items()}
    kept, few = folder / "seconds.json", split.train.ships
    if not kept.is_file():  # kept: a training that goes on has the steps that it began with
        folder.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(paces(made, split.train)), encoding="utf-8")
    seconds = json.loads(kept.read_text(encoding="utf-8"))
    for count, seed, budget in product(ships, seeds, minutes):
        some = few[np.random.default_rng(0).permutation(len(few))[:count]]
        for family, recipe in made.items():
            steps = max(20, round(60 * budget / seconds[family] / 20) * 20)
            out = folder / f"{family}-{side}-{len(some)}-{budget:g}-{seed}"
            how = {"seed": seed, "steps": steps, "resume": training.read_card(out) != {}}
            model = training.run(replace(recipe, steps=steps), some, out, **how)
            images = model.sample(CHIPS, 0)
            row = {"family": family, "side": side, "ships": len(some), "minutes": budget, "seed": seed}
            row |= {"step": steps, "n": CHIPS} | scored(ruler, images)
            yield row | near(enlarge(images, SIZE), split._replace(train=some), side)


def paces(made, train):
    """Core seconds a step of each family, timed in turns."""
    built = {family: recipes.build(recipe, 0) for family, recipe in made.items()}
    images = training.data_for(made["flow"], train).images
    turns = equal_time.seconds_a_step(built, images, BATCH, rounds=3)
    return {family: float(np.min(times)) for family, times in turns.items()}


def write(file, rows, source, keys=()):
    """Put rows into a table, in the place of those of the same chips, or of those of the same keys."""
    file, table = RESULTS / f"{file}.csv", pd.DataFrame(rows)
    table.insert(0, "source", source)
    if file.is_file():
        old = pd.read_csv(file)
        table = pd.concat([old if keys else old[old.source != source], table])
    if keys:
        table = table.drop_duplicates(["source", *keys], keep="last")
    RESULTS.mkdir(parents=True, exist_ok=True)
    with replacing(file) as new:
        table.to_csv(new, index=False, float_format="%.4g")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=("steps", "copies", "likelihood", "looks", "contest"))
    parser.add_argument("folder", type=Path, nargs="?", help="of the contest's trainings")
    parser.add_argument("--side", type=int, default=40, help="pixels of the contest; chips are shrunk to it")
    parser.add_argument("--minutes", type=float, nargs="+", default=[2.5, 10])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--ships", type=int, nargs="+", default=[601])
    told = parser.parse_args()
    chips = load_chips()
    if told.what != "contest":
        file, made = TABLES[told.what]
        return write(file, list(made(chips)), chips.source)
    if told.folder is None:
        parser.error("contest: expected the folder of its trainings.")
    for row in contest(chips, told.folder, told.side, told.minutes, told.seeds, told.ships):
        write("contest", [row], chips.source, ("family", "side", "ships", "minutes", "seed"))
        print(row, flush=True)


TABLES = {
    "steps": ("steps", steps),
    "copies": ("copies", copies),
    "likelihood": ("likelihood", likelihoods),
    "looks": ("families", looks),
}

if __name__ == "__main__":
    main()
