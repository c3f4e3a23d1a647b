"""What generated chips teach a classifier: the study of chapter 13, whose runs `python tools/teach.py` makes.

A classifier gets n labelled train ships, all train no-ships, and what its arm adds: nothing, the symmetries of the
square, or, besides those, generated ships: of the shipped generators `book` and `flow`, or of a GAN that saw those n ships
alone. Two get no real chip at all: one learns from the samples of `conditional`, one from the simulator's chips. The last
two, "train chips" and "validation chips", get as many chips of either, and tell whether a reader that shares its chips
with the generators agrees more with their samples. All make the same number of steps and are scored on all test chips.

A seed draws the n ships (those of 10 are among those of 25), the first weights and the batches, and trains a GAN of its
own. The ships of a shipped generator are the same for every seed. All arms of a seed have the same n ships, so arms are
compared seed by seed. Nothing is chosen on validation chips: who has 10 ships has no 149 more to choose by.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import keras
import numpy as np

from .. import classifier, conditions, models, recipes, sampling, training
from ..chips import Split, symmetry, to_float
from ..sampling import GenerativeModel
from ..sources import load_chips
from . import results

TABLE = results.RESULTS / "13-does-it-help" / "teach.csv"
SEEDS = tuple(range(1, 9))
NUMBERS = (10, 25, 50)  # of real ships; all of them besides
OWN_NUMBERS = NUMBERS[:1]  # that a GAN of its own learns from: it costs ten times as much
STEPS = 400
OWN_STEPS = 1200  # of a GAN of its own
HALF = 16  # ships in a batch, and as many no-ships
POOL = 500  # generated ships to draw batches from
ASKED = (125, 375)  # ships and no-ships asked of `conditional`, to test on

Run = tuple[str, int, int, str]  # arm, real ships, seed, source of the chips


@dataclass(frozen=True)
class Arm:
    """What a classifier gets besides n train ships and all train no-ships, or in their place.

    Attributes:
        symmetries: whether chips are turned and mirrored at random.
        generator: who makes generated chips: a shipped generator, "simulated" for the simulator, "own" for a GAN that
            learns from the n ships alone; None for no such chips.
        part: of the split, to take as many ships and no-ships of as there are in validation.

    >>> ARMS["own GAN"]
    Arm(symmetries=True, generator='own', part=None)
    """

    symmetries: bool
    generator: str | None = None
    part: str | None = None


ARMS = {
    "nothing": Arm(symmetries=False),
    "symmetries": Arm(symmetries=True),
    "book": Arm(symmetries=True, generator="book"),
    "flow": Arm(symmetries=True, generator="flow"),
    "own GAN": Arm(symmetries=True, generator="own"),
    "conditional alone": Arm(symmetries=True, generator="conditional"),
    "simulator alone": Arm(symmetries=True, generator="simulated"),
    "train chips": Arm(symmetries=True, part="train"),
    "validation chips": Arm(symmetries=True, part="validation"),
}
NAMES = list(ARMS)
FEW, ALONE, PUPILS = NAMES[:5], NAMES[5:7], NAMES[7:]


def subset(ships: np.ndarray, n: int, seed: int) -> np.ndarray:
    """Draw n of the ships, uint8 (n, 80, 80, 3), or all where they are fewer; of one seed, fewer are among more.

    >>> ships = np.arange(9)
    >>> bool(np.isin(subset(ships, 2, seed=1), subset(ships, 4, seed=1)).all())
    True
    """
    order = np.random.default_rng(seed).permutation(len(ships))
    return ships[order[:n]]


def batches(
    ships: np.ndarray, no_ships: np.ndarray, generated: np.ndarray | None, symmetries: bool, seed: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Deal out batches without end, half of each ships, and of these half generated.

    Args:
        ships: real ones, uint8 (N, 80, 80, 3).
        no_ships: the same.
        generated: generated ships, or None for real ones alone.
        symmetries: whether every chip is turned and mirrored at random.
        seed: of which chips are dealt and how they are turned.

    Yields:
        Chips, float32 (2 HALF, 80, 80, 3) in [-1, 1], and labels, float32 (2 HALF, 1).

    >>> no_ships, ships, drawn = (np.full((2, 4, 4, 3), grey, np.uint8) for grey in (0, 255, 51))
    >>> images, labels = next(batches(ships, no_ships, drawn, symmetries=True, seed=0))
    >>> [round(float(images[row].mean()), 1) for row in (0, HALF, -1)], int(labels.sum())  # the last is drawn
    ([-1.0, 1.0, -0.6], 16)
    """
    rng = np.random.default_rng(seed)
    shares = [(no_ships, HALF), (ships, HALF)]
    if generated is not None:
        shares[1:] = [(ships, HALF // 2), (generated, HALF // 2)]
    labels = np.repeat([0.0, 1.0], HALF).astype("float32")[:, None]
    while True:
        images = np.concatenate([pool[rng.integers(len(pool), size=n)] for pool, n in shares])
        if symmetries:
            ways = rng.integers(8, size=len(images))
            pairs = zip(images, ways, strict=True)
            images = np.stack([symmetry(*pair) for pair in pairs])
        yield to_float(images), labels


def train(
    ships: np.ndarray,
    no_ships: np.ndarray,
    *,
    generated: np.ndarray | None = None,
    symmetries: bool = True,
    seed: int = 0,
    steps: int = STEPS,
) -> keras.Model:
    """Train the classifier of chapter 2 for so many steps; arguments as for `batches`, the seed also of the weights."""
    keras.utils.set_random_seed(seed)
    model = classifier.build()
    falling = keras.optimizers.schedules.CosineDecay(2e-3, steps)
    model.compile(
        optimizer=keras.optimizers.AdamW(falling, weight_decay=1e-4),
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
    )
    data = batches(ships, no_ships, generated, symmetries, seed)
    model.fit(data, steps_per_epoch=steps, shuffle=False, verbose=0)
    return model


def own_gan(ships: np.ndarray, seed: int, steps: int) -> GenerativeModel:
    """Train the recipe `small` on these ships alone, uint8 (N, 80, 80, 3).

    Raises:
        TrainingError: the losses are no longer finite.
    """
    recipe = recipes.get("small")
    model = recipes.build(recipe, seed)
    training.fit(model, ships, batch_size=recipe.batch_size, steps=steps, seed=seed)
    return model


@lru_cache(maxsize=4)
def samples(name: str, source: str, n: int, seed: int, ship: bool | None = None) -> np.ndarray:
    """Draw n chips from a shipped generator, uint8 (n, 80, 80, 3); the last few calls are remembered.

    Args:
        name: of the generator.
        source: "real" or "simulated": of the chips that it learned from.
        n: how many.
        seed: of the noise.
        ship: whether to draw ships, for a generator with conditions; None for one without.

    Raises:
        ConditionError: the generator takes a condition and got none, or takes none and got one.
    """
    condition = None if ship is None else conditions.encode(ship)
    return sampling.sample(models.load(name, source), n, seed, condition)


def average_precision(labels: np.ndarray, scores: np.ndarray) -> float:
    """Average the precision over all ships found, from the surest down.

    The step of recall at each distinct score times the precision there: no interpolation, and ties count as one step.

    Args:
        labels: 1 for a ship and 0 for none, (N,); at least one ship.
        scores: (N,), higher where it looks more like a ship.

    >>> round(average_precision(np.array([1, 0, 1]), np.array([9.0, 8.0, 7.0])), 3)  # (1 + 2/3) / 2
    0.833
    """
    order = np.argsort(-scores, kind="stable")
    found = np.cumsum(labels[order])
    last = np.flatnonzero(np.diff(scores[order], append=-np.inf))
    precision = found[last] / (last + 1)
    steps = np.diff(found[last] / found[-1], prepend=0)
    return float(steps @ precision)


def scores(logits: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Score logits of "ship" against labels, (N,) both: `ap`, `accuracy` at 0.5, and `log_loss` in nats.

    >>> scores(logits=np.zeros(4), labels=np.array([1, 0, 0, 0]))  # who knows nothing
    {'ap': 0.25, 'accuracy': 0.75, 'log_loss': 0.693...}
    """
    sign = 2.0 * labels - 1
    return {
        "ap": average_precision(labels, logits),
        "accuracy": float(np.mean((logits > 0) == labels)),
        "log_loss": float(np.logaddexp(0, -sign * logits).mean()),
    }


def asked_chips(source: str, sizes: tuple[int, int] = ASKED) -> tuple[np.ndarray, np.ndarray]:
    """Draw ships and no-ships from `conditional`, so many of each, to test a classifier on.

    Returns:
        The chips, uint8 (N, 80, 80, 3), ships first, and the labels that were asked for, (N,).
    """
    parts = [
        samples("conditional", source, n, 10**6, ship) for n, ship in zip(sizes, (True, False), strict=True)
    ]
    return np.concatenate(parts), np.repeat([1, 0], sizes)


def pools(arm: Arm, split: Split, n: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """The chips that a run learns from.

    Args:
        arm: what the classifier gets.
        split: of the chips.
        n: how many real ships, where the arm has any.
        seed: of which ships, and of a GAN of its own.

    Returns:
        Ships, no-ships, and generated ships to mix in or None, each uint8 (N, 80, 80, 3).

    >>> from satgan_tutorial.sources.simulate import draw_chips
    >>> ships, no_ships, drawn = pools(ARMS["symmetries"], draw_chips(40, seed=0).split(), n=2, seed=0)
    >>> len(ships), len(no_ships), drawn
    (2, 12, None)
    """
    source = split.train.source
    part = getattr(split, arm.part or "train")
    ships, no_ships = part.ships.images, part.no_ships.images
    if arm.part:
        no_ships = subset(no_ships, len(split.validation.no_ships), seed)
    if arm.generator == "simulated":
        chips = load_chips("simulated", say=lambda line: None).split().train
        return chips.ships.images, chips.no_ships.images, None
    if arm.generator == "conditional":  # as many as there are real ones
        return (
            samples("conditional", source, len(ships), seed, True),
            samples("conditional", source, len(no_ships), seed, False),
            None,
        )
    ships = subset(ships, n, seed)
    generated = None
    if arm.generator == "own":
        generated = own_gan(ships, seed, OWN_STEPS).sample(POOL, seed)
    elif arm.generator:
        generated = samples(arm.generator, source, POOL, 0)
    return ships, no_ships, generated


def runs(split: Split) -> list[Run]:
    """All runs, seed by seed, so that a table that is not finished has all arms of the seeds that it has.

    Left out is what cannot be or says nothing: the arm of a generator that is not shipped for these chips, and a reader of
    simulated chips that learns from the simulator.

    >>> from satgan_tutorial.sources.simulate import draw_chips
    >>> todo = runs(draw_chips(40, seed=0).split())
    >>> todo[:2], "simulator alone" in {arm for arm, *_ in todo}
    ([('nothing', 10, 1, 'simulated'), ('nothing', 25, 1, 'simulated')], False)
    """
    source = split.train.source
    numbers = {arm: (*NUMBERS, len(split.train.ships)) for arm in FEW} | {"own GAN": OWN_NUMBERS}
    numbers |= dict.fromkeys(ALONE, (0,)) | dict.fromkeys(PUPILS, (len(split.validation.ships),))
    shipped = {name.removesuffix(f"-{source}") for name in models.shipped()}
    there = ({None, "own", "simulated"} | shipped) - {source}
    arms = [name for name, arm in ARMS.items() if arm.generator in there]
    return [(arm, n, seed, source) for seed in SEEDS for arm in arms for n in numbers[arm]]


def done() -> set[Run]:
    """The runs of the table.

    >>> ("book", 10, 1, "real") in done()
    True
    """
    return {(row["arm"], int(row["n"]), int(row["seed"]), row["chips"]) for row in results.read(TABLE)}


def run(split: Split, name: str, n: int, seed: int) -> dict[str, Any]:
    """Train one classifier, score it, add its row to TABLE.

    Args:
        split: of the chips.
        name: of ARMS.
        n: how many real ships it gets.
        seed: of all that is drawn.

    Returns:
        The row: the `scores` on the test chips, those on `asked_chips` with `asked_` before their names, and the minutes
        of processor time.

    Raises:
        KeyError: there is no such arm.
    """
    begun = time.process_time()
    keras.utils.clear_session()  # else what every run has traced stays in memory
    arm, test = ARMS[name], split.test
    ships, no_ships, generated = pools(arm, split, n, seed)
    model = train(ships, no_ships, generated=generated, symmetries=arm.symmetries, seed=seed, steps=STEPS)
    images, labels = asked_chips(test.source, ASKED)
    on_asked = scores(classifier.logits(model, images), labels)
    row = {
        "arm": name,
        "n": n,
        "seed": seed,
        "chips": test.source,
        "steps": STEPS,
        **scores(classifier.logits(model, test.images), test.labels),
        **{f"asked_{key}": value for key, value in on_asked.items()},
        "minutes": (time.process_time() - begun) / 60,
    }
    results.add(TABLE, row)
    return row
