"""Ask who needs fewer chips to read: `python tools/fewer.py`, with the chips in $SATGAN_DATA.

A network that learns p(y|x) and a flow that learns p(x|y) and reads by Bayes' rule are given the same few chips: SHIPS ships and
three times as many without one, drawn by the seed. Both are new, see 24 x 24 pixels, and learn for the same number of steps whatever
they are given. Both read the same test chips; a temperature for each is fitted on the same validation chips. The network's
weights are those of the epoch with the least loss on validation chips, as in chapter 2; the flow's are its last.

Each pair adds its rows to `book/results/16-bayes-both-ways/fewer.csv`, one for each way to read; those that are there are not
made again. After Ng and Jordan, "On discriminative vs. generative classifiers" (NIPS 2001), who have naive Bayes and logistic
regression do the same.
"""

import argparse
import time
from dataclasses import replace
from itertools import product
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from scipy.special import logit

from satgan_tutorial import (
    classifier,
    conditions,
    likelihood,
    load_chips,
    recipes,
    solvers,
    training,
    two_sample,
)
from satgan_tutorial.chips import ChipSet, as_coarse, enlarge, shrink, to_float
from satgan_tutorial.experiments.results import RESULTS
from satgan_tutorial.files import replacing

TABLE = RESULTS / "16-bayes-both-ways" / "fewer.csv"
SIDE, STEPS = (
    24,
    4000,
)  # of the flow: at 24 pixels a ship is still a ship, and a step takes half the time
SHIPS, SEEDS = (20, 100, 600), (0,)
LOOKS = 800  # steps of the network, about: an epoch at least ten times
NOISES, VALIDATION, TEST = 16, 120, 320


def some(train: ChipSet, ships: int, seed: int) -> ChipSet:
    """So many ships, and three times as many chips without one."""
    rng = np.random.default_rng(seed)
    rows = [rng.permutation(np.flatnonzero(train.labels == y))[: ships * (1 if y else 3)] for y in (1, 0)]
    return train[np.sort(np.concatenate(rows))]


def evenly(chips: ChipSet, count: int) -> ChipSet:
    """So many of the chips as they lie, so that ships are as common as they are."""
    return chips[np.unique(np.linspace(0, len(chips) - 1, min(count, len(chips))).astype(int))]


def by_network(chips: ChipSet, validation: ChipSet, seed: int):
    """Chapter 2's network, taught by these chips: reads logits of "ship"."""
    epochs = max(10, round(LOOKS / (len(chips) // 32)))
    settings = {"epochs": epochs, "learning_rate": 2e-3, "image_size": classifier.SMALL, "seed": seed}
    network = classifier.train(as_coarse(chips, SIDE), as_coarse(validation, SIDE), **settings)
    return lambda images: classifier.logits(network, enlarge(images, classifier.SMALL))


def by_flow(chips: ChipSet, seed: int):
    """A conditional flow, taught by the same: reads log p(x|ship) - log p(x|none), and adds what the labels say."""
    recipe = replace(recipes.get("flow-conditional"), image_size=SIDE, steps=STEPS)
    flow = recipes.build(recipe, seed)
    training.fit(flow, training.data_for(recipe, chips), batch_size=recipe.batch_size, steps=STEPS)
    network = flow.sampler().layers[-1].layer
    told = [conditions.known(conditions.encode(ship)[None]) for ship in (True, False)]
    passes = [tf.function(solvers.of_network(network, row), reduce_retracing=True) for row in told]
    velocities = [lambda x, t, v=v: v(tf.constant(x), tf.constant(t)) for v in passes]
    prior = logit(chips.labels.mean())

    def read(images: np.ndarray) -> np.ndarray:
        scores = likelihood.evidence(velocities, to_float(images), n=NOISES, seed=0, batch_size=64)
        return scores[:, 0] - scores[:, 1] + prior

    return read


def score(read, validation: ChipSet, test: ChipSet) -> dict:
    """How many test chips are read right, and the log loss, as it is and tempered."""
    held, seen = (read(shrink(chips.images, SIDE)).astype(float) for chips in (validation, test))
    temperature, sign = classifier.temperature(held, validation.labels), 2.0 * test.labels - 1
    row = {"n": len(test), "right": int(np.sum((seen > 0) == test.labels)), "temperature": temperature}
    row |= {"always_none": int(np.sum(test.labels == 0))}
    row |= {"auc": two_sample.auc(seen[test.labels == 0], seen[test.labels == 1])}
    return row | {
        name: float(np.logaddexp(0, -sign * value).mean())
        for name, value in (("log_loss", seen), ("log_loss_tempered", seen / temperature))
    }


def main(table: Path = TABLE, ships=SHIPS, seeds=SEEDS) -> None:
    """Make the rows that are not there."""
    chips = load_chips()
    split = chips.split(0)
    validation, test = evenly(split.validation, VALIDATION), evenly(split.test, TEST)
    for seed, count in product(seeds, ships):
        old = pd.read_csv(table) if table.is_file() else pd.DataFrame(columns=["source", "ships", "seed"])
        if ((old.source == chips.source) & (old.ships == count) & (old.seed == seed)).any():
            continue
        given = some(split.train, count, seed)
        rows = []
        for how in ("network", "flow"):
            begun = time.process_time()
            read = by_network(given, validation, seed) if how == "network" else by_flow(given, seed)
            minutes = (time.process_time() - begun) / 60
            row = {"source": chips.source, "ships": count, "seed": seed, "by": how, "minutes": minutes}
            rows.append(row | score(read, validation, test))
            print(rows[-1], flush=True)
        with replacing(table) as new:
            pd.concat([old, pd.DataFrame(rows)]).to_csv(new, index=False, float_format="%.5g")
        keras.backend.clear_session()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", type=Path, default=TABLE)
    parser.add_argument("--ships", type=int, nargs="+", default=SHIPS)
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    main(**vars(parser.parse_args()))
