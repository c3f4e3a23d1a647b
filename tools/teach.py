"""Does what one network draws teach another to read? `python tools/teach.py` trains classifiers and finds out.

A classifier gets n labelled train ships, all train no-ships, and what its arm adds: nothing, the symmetries of the
square, ships drawn by the shipped generator `book`, both, or ships drawn by a GAN that saw those n ships alone. Two get
no real chip at all: one learns from what `conditional` drew as asked, one from the simulator's chips. The last two,
"train chips" and "validation chips", get as many chips of either, and tell whether a reader that shares its chips with
the generators agrees more with what they drew. All make the same number of steps and are scored on all test chips.

Every finished run adds a row to `book/results/13-does-it-help/teach.csv` and is skipped the next time. SATGAN_DATA says which chips. A run takes one
core for 20 seconds, one with a GAN of its own two minutes more; `--worker 0/2` and `--worker 1/2` share the work, and
`--most 10` ends after ten runs.

A seed draws the n ships (those of 50 are among those of 100), the generated chips, the first weights and the batches. All
arms of a seed have the same n ships, so arms are compared seed by seed. Nothing is chosen on validation chips: who has
50 ships has no 149 more to choose by.
"""

import argparse
import time
from dataclasses import dataclass
from functools import lru_cache

import keras
import numpy as np
import results
from equal_time import one_core

from satgan_tutorial import classifier, conditions, load_chips, models, recipes, sampling, training
from satgan_tutorial.chips import symmetry, to_float

TABLE = results.RESULTS / "13-does-it-help" / "teach.csv"
SEEDS = (1, 2, 3, 4, 5)
STEPS = 400
OWN_STEPS = 1200  # of a GAN of its own
HALF = 16  # ships in a batch, and as many no-ships
POOL = 2000  # generated ships to draw batches from
ASKED = (125, 375)  # ships and no-ships asked of `conditional`, to test on


@dataclass(frozen=True)
class Arm:
    """What a classifier gets besides n train ships and all train no-ships, or in their place.

    Attributes:
        symmetries: whether chips are turned and mirrored at random.
        drawn: who has drawn generated chips.
        part: of the split, to take as many ships and no-ships of as there are in validation.
    """

    symmetries: bool
    drawn: str | None = None
    part: str | None = None


ARMS = {
    "nothing": Arm(symmetries=False),
    "symmetries": Arm(symmetries=True),
    "generated": Arm(symmetries=False, drawn="book"),
    "generated + symmetries": Arm(symmetries=True, drawn="book"),
    "conditional alone": Arm(symmetries=True, drawn="conditional"),
    "simulator alone": Arm(symmetries=True, drawn="simulated"),
    "own GAN + symmetries": Arm(symmetries=True, drawn="own"),
    "train chips": Arm(symmetries=True, part="train"),
    "validation chips": Arm(symmetries=True, part="validation"),
}
NAMES = list(ARMS)
REAL, ALONE, OWN, PUPILS = NAMES[:4], NAMES[4:6], NAMES[6:7], NAMES[7:]


def subset(ships, n, seed):
    """Draw n of the ships, uint8 (n, 80, 80, 3); fewer are always among more."""
    order = np.random.default_rng(seed).permutation(len(ships))
    return ships[order[:n]]


def batches(ships, no_ships, drawn, symmetries, seed):
    """Deal out batches without end, half of each ships, and of these half drawn.

    Args:
        ships: real ones, uint8 (N, 80, 80, 3).
        no_ships: the same.
        drawn: generated ships, or None for real ones alone.
        symmetries: whether every chip is turned and mirrored at random.
        seed: of what is drawn and how it is turned.
    """
    rng = np.random.default_rng(seed)
    shares = [(no_ships, HALF), (ships, HALF)]
    if drawn is not None:
        shares[1:] = [(ships, HALF // 2), (drawn, HALF // 2)]
    labels = np.repeat([0.0, 1.0], HALF).astype("float32")[:, None]
    while True:
        images = np.concatenate([pool[rng.integers(len(pool), size=n)] for pool, n in shares])
        if symmetries:
            ways = rng.integers(8, size=len(images))
            pairs = zip(images, ways, strict=True)
            images = np.stack([symmetry(*pair) for pair in pairs])
        yield to_float(images), labels


def train(ships, no_ships, *, drawn=None, symmetries=True, seed=0, steps=STEPS):
    """Train the classifier of chapter 2 for so many steps; arguments as for `batches`."""
    keras.utils.set_random_seed(seed)
    model = classifier.build()
    falling = keras.optimizers.schedules.CosineDecay(2e-3, steps)
    model.compile(
        optimizer=keras.optimizers.AdamW(falling, weight_decay=1e-4),
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
    )
    data = batches(ships, no_ships, drawn, symmetries, seed)
    model.fit(data, steps_per_epoch=steps, shuffle=False, verbose=0)
    return model


def own_gan(ships, seed, steps):
    """Train the recipe `small` on these ships alone."""
    recipe = recipes.get("small")
    model = recipes.build(recipe, seed)
    training.fit(model, ships, batch_size=recipe.batch_size, steps=steps, seed=seed)
    return model


@lru_cache(maxsize=4)
def drawn_by(name, source, n, seed, ship=None):
    """Let a shipped generator draw n chips; `ship` is what to ask one that can be asked."""
    asked = None if ship is None else conditions.encode(ship)
    return sampling.sample(models.load(name, source), n, seed, asked)


def average_precision(labels, scores):
    """Average the precision over all ships found, from the surest down.

    The step of recall at each distinct score times the precision there: no interpolation, and ties count as one step.
    """
    order = np.argsort(-scores, kind="stable")
    found = np.cumsum(labels[order])
    last = np.flatnonzero(np.diff(scores[order], append=-np.inf))
    precision = found[last] / (last + 1)
    steps = np.diff(found[last] / found[-1], prepend=0)
    return float(steps @ precision)


def scores(logits, labels):
    """Average precision, accuracy at 0.5, and log loss in nats."""
    sign = 2.0 * labels - 1
    return {
        "ap": average_precision(labels, logits),
        "accuracy": float(np.mean((logits > 0) == labels)),
        "log_loss": float(np.logaddexp(0, -sign * logits).mean()),
    }


def asked_chips(source, sizes=ASKED):
    """Chips that `conditional` drew as asked: images and labels, for a test."""
    parts = [
        drawn_by("conditional", source, n, 10**6, ship) for n, ship in zip(sizes, (True, False), strict=True)
    ]
    return np.concatenate(parts), np.repeat([1, 0], sizes)


def pools(arm, split, n, seed):
    """Ships, no-ships and drawn ships of a run, each uint8 (N, 80, 80, 3), the last perhaps None."""
    source = split.train.source
    part = getattr(split, arm.part or "train")
    ships, no_ships = part.ships.images, part.no_ships.images
    if arm.part:
        no_ships = subset(no_ships, len(split.validation.no_ships), seed)
    if arm.drawn == "simulated":
        chips = load_chips("simulated", say=lambda line: None).split().train
        return chips.ships.images, chips.no_ships.images, None
    if arm.drawn == "conditional":  # as many as there are real ones
        sizes = ((len(ships), True), (len(no_ships), False))
        asked = [drawn_by("conditional", source, k, seed, y) for k, y in sizes]
        return *asked, None
    ships = subset(ships, n, seed)
    drawn = None
    if arm.drawn == "own":
        drawn = own_gan(ships, seed, OWN_STEPS).sample(POOL, seed)
    elif arm.drawn:
        drawn = drawn_by(arm.drawn, source, POOL, seed)
    return ships, no_ships, drawn


def runs(split):
    """All runs in order, as (arm, real ships, seed, source): what a table needs first, for each seed, comes first."""
    source, every = split.train.source, len(split.train.ships)
    alone = [arm for arm in ALONE if ARMS[arm].drawn != source]
    rounds = (
        [(REAL, (50, every)), (alone, (0,))],
        [(OWN, (50,))],
        [(REAL, (200,)), (PUPILS, (len(split.validation.ships),))],
        [(REAL, (100, 400)), (OWN, (200,))],
    )
    return [
        (arm, n, seed, source)
        for parts in rounds
        for seed in SEEDS
        for arms, numbers in parts
        for arm in arms
        for n in numbers
    ]


def done():
    """The runs of the table, as `runs` names them."""
    return {(row["arm"], int(row["n"]), int(row["seed"]), row["chips"]) for row in results.read(TABLE)}


def run(split, name, n, seed):
    """Train and score one classifier, add its row."""
    begun = time.process_time()
    arm, test = ARMS[name], split.test
    ships, no_ships, drawn = pools(arm, split, n, seed)
    model = train(ships, no_ships, drawn=drawn, symmetries=arm.symmetries, seed=seed)
    images, labels = asked_chips(test.source)
    asked = scores(classifier.logits(model, images), labels)
    row = {
        "arm": name,
        "n": n,
        "seed": seed,
        "chips": test.source,
        "steps": STEPS,
        **scores(classifier.logits(model, test.images), test.labels),
        **{f"asked_{key}": value for key, value in asked.items()},
        "minutes": (time.process_time() - begun) / 60,
    }
    results.add(TABLE, row)
    return row


def main(arguments=None):
    """Make the runs that are not yet in the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--worker", default="0/1", help="0/2 and 1/2 for two")
    parser.add_argument("--most", type=int, help="how many runs to make")
    asked = parser.parse_args(arguments)
    split = load_chips().split()
    worker, workers = map(int, asked.worker.split("/"))
    there = done()
    wanted = [one for one in runs(split)[worker::workers] if one not in there]
    for one in wanted[: asked.most]:
        found = run(split, *one[:3])
        print(
            f"{one}: average precision {found['ap']:.3f}, {found['minutes']:.1f} min",
            flush=True,
        )


if __name__ == "__main__":
    one_core()
    main()
