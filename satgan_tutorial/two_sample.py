"""The classifier two-sample test (C2ST): can a fresh small network tell generated chips from real ones, on days it has not seen?

A network is trained on real chips and on generated ones, and tested on others: real ones of other days, and further generated
ones. Its AUC is how often it calls the generated one of such a pair the less real: 0.5 where it guesses, 1 where it never
errs. So the network looks for itself for what is wrong, and needs no list of what could be.

At four scales, the chips shrunk to 80, 40, 20 and 10 pixels, it says where the fault lies: in the grain, or in what is left
when there is no grain. What an AUC near 0.5 is worth depends on the network, which may have learned nothing; so each scale
comes with two faults that were planted in real chips, a blur and a stripe, and with real chips against real ones.

Source: D. Lopez-Paz and M. Oquab, "Revisiting Classifier Two-Sample Tests", 2016, arXiv 1610.06545.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
import pandas as pd
from keras import layers
from scipy import ndimage

from .batching import forward
from .chips import check_images, check_seed, is_whole, shrink
from .panel import LEVEL, summary

SCALES = (80, 40, 20, 10)
STEPS, BATCH = 300, 32
SPLITS, DRAWS = 5, 500
LEAST = 8  # chips for each of four parts


@dataclass(frozen=True)
class Parts:
    """Four sets of chips, each uint8 (N, H, H, 3): two to learn from, and two to be tested on.

    Attributes:
        real: to learn from.
        fake: to learn from.
        unseen: real ones of other days.
        others: further fake ones.
        days: the day of each unseen one, or whatever it shares with others, (N,).

    >>> chips = np.zeros((8, 16, 16, 3), np.uint8)
    >>> Parts(chips, chips, chips, chips, days=np.arange(8)).unseen.shape
    (8, 16, 16, 3)
    >>> Parts(chips, chips[:2], chips, chips, days=np.arange(8))
    Traceback (most recent call last):
    ValueError: found 2 chips in one of four parts; expected at least 8 in each. ...
    """

    real: np.ndarray
    fake: np.ndarray
    unseen: np.ndarray
    others: np.ndarray
    days: np.ndarray

    def __post_init__(self) -> None:
        """Complain about what no network could learn from."""
        sets = {name: getattr(self, name) for name in ("real", "fake", "unseen", "others")}
        for name, images in sets.items():
            check_images(images, name)
        shapes = {images.shape[1:] for images in sets.values()}
        if len(shapes) > 1 or self.real.shape[1] != self.real.shape[2]:
            raise ValueError(f"found images of {sorted(shapes)}; expected squares of one size.")
        if (few := min(map(len, sets.values()))) < LEAST:
            raise ValueError(
                f"found {few} chips in one of four parts; expected at least {LEAST} in each. Generate more, or bring more real "
                "ones, of four days or more."
            )
        if len(self.days) != len(self.unseen):
            raise ValueError(
                f"found {len(self.days)} days for {len(self.unseen)} unseen chips; expected one each."
            )


def blur(images: np.ndarray) -> np.ndarray:
    """A fault to plant: a Gaussian blur whose standard deviation is 0.7 pixels, of uint8 (N, H, W, 3).

    >>> chip = np.zeros((1, 5, 5, 3), np.uint8)
    >>> chip[0, 2, 2] = 255
    >>> soft = blur(chip)[0, 2, :, 0]  # a row through the one bright pixel
    >>> bool(soft[2] < 255), bool(soft[1] > 0)
    (True, True)
    """
    smooth = ndimage.gaussian_filter(images.astype(np.float32), (0, 0.7, 0.7, 0))
    return np.rint(smooth).astype(np.uint8)


def stripe(images: np.ndarray) -> np.ndarray:
    """A fault to plant: every second column 4 levels lighter, the others 4 darker, of uint8 (N, H, W, 3).

    >>> stripe(np.full((1, 1, 4, 3), 100, np.uint8))[0, 0, :, 0].tolist()
    [104, 96, 104, 96]
    """
    wave = 4 * (-1.0) ** np.arange(images.shape[2])[:, None]
    return np.clip(images + wave, 0, 255).astype(np.uint8)


FAULTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {"blur": blur, "stripe": stripe}


def network(side: int) -> keras.Model:
    """A small network from uint8 (N, side, side, 3) to a logit, high for generated; it begins at the image and its grain.

    >>> network(10).input_shape, network(10).output_shape
    ((None, 10, 10, 3), (None, 1))
    """
    image = keras.Input((side, side, 3), dtype="uint8")
    x = layers.Rescaling(1 / 127.5, -1.0)(image)
    grain = layers.Subtract()([x, layers.AveragePooling2D(3, 1, "same")(x)])
    x = layers.Concatenate()([x, layers.Rescaling(8.0)(grain)])  # the grain is small beside a hull
    for filters, stride in zip((16, 32, 64), (2, 2, 2) if side >= 40 else (1, 2, 1), strict=True):
        x = layers.Conv2D(filters, 3, stride, "same", activation="relu", kernel_initializer="he_normal")(x)
    x = layers.Concatenate()([layers.GlobalAveragePooling2D()(x), layers.GlobalMaxPooling2D()(x)])
    return keras.Model(image, layers.Dense(1)(layers.Dropout(0.3)(x)), name="told_apart")


def told_apart(
    parts: Parts,
    side: int,
    *,
    plant: Callable[[np.ndarray], np.ndarray] | None = None,
    steps: int = STEPS,
    seed: int = 0,
) -> tuple[float, float, float]:
    """Train a network to tell fake from real at a scale, and test it: its AUC on unseen chips, and that one's 95 % interval.

    Half turns tell nothing: each chip is learned from both ways up, and the logits of both are added in the test. The
    interval is a bootstrap of whole days of real chips, and of single fake ones.

    Args:
        parts: the chips.
        side: pixels to shrink them to.
        plant: a fault to plant in the fake ones once they are shrunk; None for none.
        steps: of training, of 32 chips each, as many real as fake ones.
        seed: of the weights, the order, and the bootstrap.

    Raises:
        ValueError: a side that the chips cannot be shrunk to, or that is below 8.

    >>> chips = np.zeros((8, 16, 16, 3), np.uint8)
    >>> told_apart(Parts(chips, chips, chips, chips, days=np.arange(8)), side=20)
    Traceback (most recent call last):
    ValueError: side: found 20; expected a whole number from 8 to 16.
    """
    check_seed(seed)
    if not is_whole(side) or not 8 <= side <= parts.real.shape[1]:
        raise ValueError(
            f"side: found {side!r:.60}; expected a whole number from 8 to {parts.real.shape[1]}."
        )
    real, fake, unseen, others = (
        shrink(images, side) for images in (parts.real, parts.fake, parts.unseen, parts.others)
    )
    if plant:
        fake, others = plant(fake), plant(others)
    keras.utils.set_random_seed(seed)
    model = network(side)
    model.compile(
        keras.optimizers.AdamW(1e-3, weight_decay=1e-3), keras.losses.BinaryCrossentropy(from_logits=True)
    )
    rng = np.random.default_rng(seed)
    for step in range(steps):
        if step == 2 * steps // 3:
            model.optimizer.learning_rate = 2e-4
        drawn = [images[rng.choice(len(images), BATCH // 2)] for images in (real, fake)]
        batch = np.concatenate(drawn)
        up = rng.random(BATCH) < 0.5
        batch[up] = batch[up, ::-1, ::-1]
        model.train_on_batch(batch, np.repeat([0.0, 1.0], BATCH // 2)[:, None])
    logits = [
        sum(forward(model, turned, batch_size=64)[:, 0] for turned in (images, images[:, ::-1, ::-1]))
        for images in (unseen, others)
    ]
    return auc(*logits), *_bootstrap(*logits, parts.days, rng)


def auc(low: np.ndarray, high: np.ndarray) -> float:
    """The area under the receiver operating characteristic: how often one of `high` is above one of `low`; ties count half.

    Args:
        low: (m,).
        high: (n,).

    >>> auc(np.array([0.0, 1.0]), np.array([0.5, 2.0]))  # of four pairs one is the wrong way round
    0.75
    """
    low = np.sort(low)
    below = np.searchsorted(low, high, "left") + np.searchsorted(low, high, "right")
    return float(below.mean() / (2 * len(low)))


def by_day(images: np.ndarray, days: np.ndarray, seed: int) -> Parts:
    """Deal real chips out into four parts of about the same size, with no day in two of them: real against real.

    Raises:
        ValueError: too few chips or days for four parts.

    >>> chips, days = np.zeros((40, 8, 8, 3), np.uint8), np.repeat(np.arange(20), 2)
    >>> parts = by_day(chips, days, seed=0)
    >>> len(parts.real), len(parts.fake), len(parts.unseen), len(parts.others), len(set(parts.days))
    (10, 10, 10, 10, 5)
    """
    check_seed(seed)
    names, member, counts = np.unique(days, return_inverse=True, return_counts=True)
    filled, side = np.zeros(4), np.empty(len(names), int)
    for day in np.random.default_rng(seed).permutation(len(names)):
        side[day] = filled.argmin()
        filled[side[day]] += counts[day]
    rows = [np.flatnonzero(side[member] == part) for part in range(4)]
    return Parts(*(images[row] for row in rows), days=np.asarray(days)[rows[2]])


def trainings(side: int, splits: int = SPLITS) -> int:
    """How many trainings `scores` makes of chips with this side, at all scales.

    >>> trainings(80), trainings(40)
    (32, 24)
    """
    return (1 + splits + len(FAULTS)) * sum(scale <= side for scale in SCALES)


def scores(
    parts: Parts,
    ships: np.ndarray,
    days: np.ndarray,
    *,
    scales: tuple[int, ...] = SCALES,
    splits: int = SPLITS,
    steps: int = STEPS,
    seed: int = 0,
    update: Callable[[int], None] = lambda done: None,
) -> pd.DataFrame:
    """Tell chips apart at each scale, with floor and ceilings: rows as those of `panel.scores`.

    Args:
        parts: the chips.
        ships: all real chips, uint8 (N, H, H, 3), for the floor and the planted faults.
        days: the day of each, (N,).
        scales: pixels; those larger than the chips are left out.
        splits: of the real chips, for the floor.
        steps: of each training.
        seed: of it all.
        update: is told how many trainings are done.

    Returns:
        A table, a row a scale. `floor` and `limit` are the median and the largest of the splits, too few for a 95 % quantile
        of their own; the last two columns, `planted blur` and `planted stripe`, say what the network makes of faults that
        are there. Where these are near 0.5 it sees nothing, and its score says nothing.
    """
    rows, done = [], 0
    dealt = [by_day(ships, days, seed + i) for i in range(splits)]
    for side in (side for side in scales if side <= parts.real.shape[1]):
        found = []
        runs = [
            (parts, None),
            *((part, None) for part in dealt),
            *((dealt[0], fault) for fault in FAULTS.values()),
        ]
        for i, (part, fault) in enumerate(runs):
            found.append(told_apart(part, side, plant=fault, steps=steps, seed=seed + i))
            update(done := done + 1)
        values = np.array(found)
        row = {"ruler": f"told apart, {side} pixels", "part": "", "unit": "AUC"}
        row |= summary(values[0, 0], values[1 : 1 + splits, 0])
        row |= {"limit": values[1 : 1 + splits, 0].max(), "low": values[0, 1], "high": values[0, 2]}
        row["inside"] = bool(row["score"] <= row["limit"])
        rows.append(
            row | {f"planted {name}": v for name, v in zip(FAULTS, values[1 + splits :, 0], strict=True)}
        )
    order = ["ruler", "part", "unit", "better", "score", "low", "high", "floor", "limit", "rank", "inside"]
    return pd.DataFrame(rows, columns=[*order, *(f"planted {name}" for name in FAULTS)])


def _bootstrap(
    low: np.ndarray, high: np.ndarray, days: np.ndarray, rng: np.random.Generator
) -> tuple[float, float]:
    """The interval of an AUC: whole days of `low`, and rows of `high`, drawn with replacement."""
    names = np.unique(days)
    rows = [np.flatnonzero(days == name) for name in names]
    values = []
    for _ in range(DRAWS):
        drawn = np.concatenate([rows[i] for i in rng.choice(len(names), len(names))])
        values.append(auc(low[drawn], high[rng.choice(len(high), len(high))]))
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
