"""Record Bayes' rule both ways on chips of 40 x 40 pixels: `python tools/bayes.py`, with the real chips.

In `book/results/16-bayes-both-ways/` it leaves

    guided.csv  chips drawn by the flow of all chips towards "ship": by the gradient of a reader, of one that never saw noise, and
                by the difference of two velocities
    read.csv    test and validation chips as two readers read them: chapter 2's network, and the conditional flow, by its errors
                and, for a few, by its likelihood
    costs.csv   core seconds a chip of each way to read
    asked.csv   simulated ships that were asked for a heading and a length: of the flow, pushed by a network that reads both
                (`regressor`); of the GAN of chapter 11, `causes`; and of the simulator. For each what was asked and what
                `appearance.measure` finds

The reader that guides learns here, from both classes alike, as the flow did; the judge of what is drawn is another network.
A part whose table has rows for these chips is not made again. `--few` makes do with few chips, `--sampler` takes another file
than the shipped weights, `--out` another folder.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import tensorflow as tf

from satgan_tutorial import (
    appearance,
    classifier,
    conditions,
    guidance,
    likelihood,
    load_chips,
    metrics,
    models,
    regressor,
    sampling,
    shapes,
    solvers,
)
from satgan_tutorial.batching import forward
from satgan_tutorial.chips import SIZE, Split, as_coarse, enlarge, shrink, to_float, to_uint8
from satgan_tutorial.experiments.results import RESULTS
from satgan_tutorial.judge import Judge
from satgan_tutorial.sources import simulate

HERE = RESULTS / "16-bayes-both-ways"
SIDE, STEPS, SEED = 40, 24, 7
LEARN = {"epochs": 10, "learning_rate": 2e-3, "image_size": SIDE}  # of both readers
WEIGHTS = {
    "reader": (0.0, 1.0, 2.0, 4.0, 8.0, 16.0),
    "reader without noise": (1.0, 2.0, 4.0),
    "label dropped": (1.0, 1.5, 2.0, 3.0, 5.0),
}
WAYS = [(by, weight, STEPS) for by, weights in WEIGHTS.items() for weight in weights]
# Two passes of the large network a velocity: with half the steps it costs what a reader's push costs.
WAYS += [("label dropped", weight, STEPS // 2) for weight in (2.0, 3.0, 5.0)]
DRAWN, BATCH = 200, 50
ASKED = (1.0, 2.0, 4.0)  # weights of the push towards a heading and a length
NOISES = (1, 4, 16, 64)
VALIDATION, TEST, BY_LIKELIHOOD, LIKELIHOOD_STEPS = 120, 320, 40, 12


class Velocities:
    """What the flow's network says where it is told "ship", "none" and nothing: each compiled once."""

    def __init__(self, sampler):
        """Find the network in its sampler."""
        self.network = sampler.layers[-1].layer
        told = [conditions.known(conditions.encode(ship)[None]) for ship in (True, False)]
        self.told = {"ship": told[0], "none": told[1], "nothing": 0 * told[0]}
        ways = {name: solvers.of_network(self.network, row) for name, row in self.told.items()}
        self.ship, self.none, self.nothing = ways.values()


def drawn(velocity: Callable, z: np.ndarray, steps: int, batch: int = BATCH) -> tuple[np.ndarray, float]:
    """Follow a velocity from noise in so many steps of Euler: chips, uint8, and the core seconds that each took."""
    follow = tf.function(
        lambda x: solvers.solve_in_a_loop(velocity, x, solvers.times(steps), "euler"), reduce_retracing=True
    )
    follow(tf.constant(z[:batch]))  # the first call makes the graph
    start = time.process_time()
    images = to_uint8(np.clip(forward(lambda x: follow(tf.constant(x)), z, batch_size=batch), -1, 1))
    return images, (time.process_time() - start) / len(z)


def guided(flow: Velocities, split: Split, source: str, n: int) -> pd.DataFrame:
    """Draw ships with each weight, and score them beside real ones."""
    judge = Judge(source)
    guide = classifier.train(split.train, split.validation, weighted=True, noise=True, **LEARN)
    wish = classifier.reader(guide)
    clean = classifier.train(split.train, split.validation, weighted=True, **LEARN)

    def careless(x: tf.Tensor, t: tf.Tensor) -> tf.Tensor:
        """What a reader says that takes each chip for one without noise."""
        return tf.math.log_sigmoid(clean(x, training=False)[:, 0])

    real = judge.features(as_coarse(split.test.ships, SIDE).images)
    z = sampling.noise(n, (SIDE, SIDE, 3), SEED)
    ways = {
        "reader": lambda weight: guidance.steer(flow.nothing, wish, weight) if weight else flow.nothing,
        "reader without noise": lambda weight: guidance.steer(flow.nothing, careless, weight),
        "label dropped": lambda weight: (
            flow.ship if weight == 1 else guidance.classifier_free(flow.ship, flow.nothing, weight)
        ),
    }
    rows = []
    some = np.random.default_rng(SEED).permutation(len(split.train.ships))[:n]
    sets = [("train ships", np.nan, 0, shrink(split.train.ships.images[some], SIDE), np.nan)]
    sets += [("test ships", np.nan, 0, shrink(split.test.ships.images, SIDE), np.nan)]
    sets += [(by, weight, steps, *drawn(ways[by](weight), z, steps)) for by, weight, steps in WAYS]
    for by, weight, steps, images, seconds in sets:
        large = enlarge(images, SIZE)
        seen = judge.features(large)
        row = {"source": source, "by": by, "weight": weight, "steps": steps, "n": len(images)}
        row |= {"seconds": seconds}
        row |= {"called": int(np.sum(judge.probability(large) > 0.5))}
        row |= {"called_by_guide": int(np.sum(classifier.logits(guide, images) > 0))}
        row |= {"kid": metrics.kid(real, seen), "precision": metrics.precision(real, seen)}
        row |= {"recall": metrics.recall(real, seen)}
        row |= {"spread": float(np.sqrt(seen.var(axis=0).sum() / real.var(axis=0).sum()))}
        rows.append(row)
        print(row, flush=True)
    return pd.DataFrame(rows)


def read(
    flow: Velocities, split: Split, source: str, counts: dict[str, int], few: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read chips of validation and test in every way: log p(x|ship) - log p(x|none), or a network's logit; and the costs."""
    network = classifier.train(split.train, split.validation, **LEARN)
    told = {name: tf.function(getattr(flow, name), reduce_retracing=True) for name in ("ship", "none")}
    velocities = [lambda x, t, v=v: v(tf.constant(x), tf.constant(t)) for v in told.values()]
    tables, costs = [], []
    for part, count in counts.items():
        chips = getattr(split, part)
        # Evenly among the chips as they lie, so that ships are as common as they are.
        rows = np.unique(np.linspace(0, len(chips) - 1, min(count, len(chips))).astype(int))
        images = shrink(chips.images[rows], SIDE)
        x = to_float(images)
        found = {"source": source, "part": part, "row": rows, "label": chips.labels[rows]}
        classifier.logits(network, images[:8])
        start = time.process_time()
        found["network"] = classifier.logits(network, images)
        costs.append(cost(source, "network", part, 0, start, len(images)))
        likelihood.evidence(velocities, x[:BATCH], n=1, batch_size=BATCH)
        for noises in NOISES:
            start = time.process_time()
            scores = likelihood.evidence(velocities, x, n=noises, seed=SEED, batch_size=BATCH)
            found[f"errors_{noises}"] = scores[:, 0] - scores[:, 1]
            costs.append(cost(source, "errors", part, noises, start, len(images)))
            print(costs[-1], flush=True)
        found["likelihood"] = np.nan
        table = pd.DataFrame(found)
        if part == "test":
            few_rows = np.unique(np.linspace(0, len(rows) - 1, min(few, len(rows))).astype(int))
            start = time.process_time()
            logs = []
            for name in ("ship", "none"):
                given = np.repeat(np.asarray(flow.told[name]), len(few_rows), axis=0)
                options = {"told": given, "steps": LIKELIHOOD_STEPS, "batch_size": 20, "seed": SEED}
                logs.append(likelihood.log_density(flow.network, x[few_rows], **options))
            table.loc[few_rows, "likelihood"] = logs[0] - logs[1]
            costs.append(cost(source, "likelihood", part, 0, start, len(few_rows)))
            print(costs[-1], flush=True)
        tables.append(table)
    return pd.concat(tables), pd.DataFrame(costs)


def asked(flow: Velocities, n: int) -> pd.DataFrame:
    """Ask for headings all round, and for lengths as common as the simulator's, in each way: a row a ship."""
    judge, network = Judge("simulated"), models.load("regressor", "simulated")
    causes = simulate.draw_causes(n, SEED, label=1)
    causes["heading"] = np.random.default_rng(SEED).uniform(0, 180, n)
    asks = {"heading": causes.heading.to_numpy(), "length": causes.length.to_numpy()}
    wishes = {"nothing": {}, "heading": {"heading": asks["heading"]}, "length": {"length": asks["length"]}}
    wishes["heading and length"] = asks
    z = sampling.noise(n, (SIDE, SIDE, 3), SEED)
    ways = {}
    for wish, of_each in wishes.items():
        for weight in ASKED if of_each else (0.0,):
            velocity = flow.ship
            if of_each:
                velocity = guidance.steer(velocity, regressor.reader(network, **of_each), weight)
            # All at once, for each chip has a wish of its own.
            ways["flow", wish, weight, STEPS] = drawn(velocity, z, STEPS, batch=n)
            print(wish, weight, flush=True)
    rows = [conditions.encode(True, *pair) for pair in zip(causes.heading, causes.length, strict=True)]
    start = time.process_time()
    told = sampling.sample(models.load("causes", "simulated"), n, SEED, np.stack(rows))
    ways["GAN", "heading and length", np.nan, 1] = shrink(told, SIDE), (time.process_time() - start) / n
    ways["simulator", "heading and length", np.nan, 0] = shrink(simulate.render(causes), SIDE), np.nan
    tables = []
    for (by, wish, weight, steps), (images, seconds) in ways.items():
        large = enlarge(images, SIZE)
        found = appearance.measure(large)
        table = {
            "source": "simulated",
            "by": by,
            "wish": wish,
            "weight": weight,
            "steps": steps,
            "seconds": seconds,
        }
        table |= {"heading": causes.heading, "length": causes.length}
        table |= {"found_heading": found.heading, "found_length": found.length}
        table |= {
            "ship": (judge.probability(large) > 0.5).astype(int),
            "broken": shapes.broken(large).astype(int),
        }
        tables.append(pd.DataFrame(table))
        print(by, wish, weight, tables[-1].mean(numeric_only=True).to_dict(), flush=True)
    return pd.concat(tables)


def cost(source: str, how: str, part: str, noises: int, start: float, n: int) -> dict:
    """Core seconds a chip since the start."""
    seconds = (time.process_time() - start) / n
    return {"source": source, "how": how, "part": part, "noises": noises, "n": n, "seconds": seconds}


def missing(table: Path, source: str) -> bool:
    """Whether a table has no rows of these chips."""
    return not table.is_file() or source not in set(pd.read_csv(table, usecols=["source"]).source)


def add(table: Path, rows: pd.DataFrame) -> None:
    """Add rows to a table."""
    rows.round(5).to_csv(table, mode="a", index=False, header=not table.is_file())


def main(sampler: Path | None = None, out: Path = HERE, few: bool = False) -> None:
    """Make what the tables do not hold yet."""
    if few:
        LEARN["epochs"] = 1
    chips = load_chips()
    split, out = chips.split(), Path(out)
    out.mkdir(parents=True, exist_ok=True)
    flow = Velocities(
        models.read_sampler(sampler) if sampler else models.load("flow-conditional", chips.source)
    )
    if missing(out / "guided.csv", chips.source):
        add(out / "guided.csv", guided(flow, split, chips.source, 20 if few else DRAWN))
    if missing(out / "read.csv", chips.source):
        counts = {"validation": 12, "test": 20} if few else {"validation": VALIDATION, "test": TEST}
        table, costs = read(flow, split, chips.source, counts, 4 if few else BY_LIKELIHOOD)
        add(out / "read.csv", table)
        add(out / "costs.csv", costs)
    if chips.source == "simulated" and missing(out / "asked.csv", chips.source):
        add(out / "asked.csv", asked(flow, 20 if few else DRAWN))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sampler", type=Path, help="weights to take instead of those that ship")
    parser.add_argument("--out", type=Path, default=HERE, help="where the tables go")
    parser.add_argument("--few", action="store_true", help="few chips, to see that it runs")
    main(**vars(parser.parse_args()))
