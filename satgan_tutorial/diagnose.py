"""The alarm's words: which symptoms a training's log shows, and what they may mean."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from .appearance import alignment, measure
from .chips import SIZE, enlarge
from .metrics import distances, small, turned

LOOKS = 5  # in a row that have to show a symptom of the pictures: a single look may mislead
DRAWS = 400  # of training ships, to know by how much chance moves the agreement of their headings

# Named in the order of `diagnose`: what was seen, what it may mean, what to try.
WORDS = {
    "not a number": "a loss is not a number, so the weights are lost; the training stops here. Begin again with lower "
    "learning rates.",
    "loss below zero": "the discriminator's loss is below 0, which cross-entropy cannot be as long as labels are in "
    "[0, 1], and it may fall without end. Look at the labels and at the noise on them: 0.9 for 1 is fine, 1.1 is not.",
    "losses explode": "a loss is beyond 30: the steps are so large that they undo each other. Divide the learning rates "
    "by ten.",
    "discriminator wins": "the discriminator has long told real from fake almost without error, so the generator learns "
    "little. A gradient penalty (r1, r2), a lower learning rate for the discriminator or augmentation may help.",
    "one picture": "all noise becomes almost one picture: the generator has collapsed. A lower learning rate for it, a "
    "gradient penalty (r1, r2) or the relativistic loss may help.",
    "one heading": "the ships point one way, far more than the training ships do. A gradient penalty (r1, r2) or more "
    "training chips by turning and mirroring them (symmetries) may help.",
    "even headings": "the ships point every way more evenly than the training ships do. Turning these by quarters and mirroring "
    'them (symmetries=True) does that; half turns (symmetries="half_turns") do not.',
    "no dark pixel": "the pictures have no dark pixel: the real images may be in [0, 1], where the network's door expects "
    "uint8, or [-1, 1].",
    "copies": "the pictures are nearer to the training chips than to chips never shown: they may be copies. More images, "
    "augmentation or fewer steps may help.",
    "past its best": "the score has turned: it was much better before. Keep the best weights, stop there, or hold the "
    "discriminator with a penalty (r1, r2) or augmentation.",
}


def diagnose(log: list[dict[str, float]], patience: int = 10) -> list[str]:
    """Name the symptoms, keys of `WORDS`, that the last rows of a training's log show.

    Args:
        log: a dict an epoch: the losses, a GAN's `real_accuracy` and `fake_accuracy`, and, where they were looked at, `kid`
            and the columns of `picture_scores`; NaN for an epoch without a look.
        patience: how many epochs in a row the accuracies, and looks the score, have to be bad.

    >>> diagnose([{"d_loss": 0.7, "g_loss": 0.9}, {"d_loss": 0.6, "g_loss": 41.0}])
    ['losses explode']
    """

    def last(column: str, n: int | None = None) -> np.ndarray:
        values = np.array([row[column] for row in log if np.isfinite(row.get(column, np.nan))])
        return values if n is None else values[-n:]

    def all_of(bad: np.ndarray, n: int) -> bool:
        return len(bad) == n and bool(bad.all())

    names = [name for name in log[-1] if name == "loss" or name.endswith("_loss")]
    losses = np.array([[row[name] for name in names] for row in log])
    kid = last("kid")
    best = np.convolve(kid, np.ones(LOOKS) / LOOKS, "valid").min() if len(kid) >= LOOKS else np.inf
    seen = {
        "not a number": not np.isfinite(losses[-1]).all(),
        "loss below zero": all_of(last("d_loss", LOOKS) < 0, LOOKS),
        # A cross-entropy of 30 gives the truth a probability of 1e-13.
        "losses explode": bool(np.any(np.abs(losses[-LOOKS:]) > 30)),
        "discriminator wins": all_of(
            np.minimum(last("real_accuracy", patience), last("fake_accuracy", patience)) > 0.99, patience
        ),
        # That of 64 real chips is never below 0.8, and half of that where pictures are pale.
        "one picture": all_of(last("variety", LOOKS) < 0.3, LOOKS),
        # In standard deviations of chance: of as many training ships, one look in ten thousand is beyond 4.
        "one heading": all_of(last("one_heading", LOOKS) > 4, LOOKS),
        # Blots point anywhere, so this one waits longer.
        "even headings": all_of(last("one_heading", patience) < -4, patience),
        # 127 is the middle of the network's range.
        "no dark pixel": all_of(last("darkest", LOOKS) > 120, LOOKS),
        "copies": all_of(last("nearest", LOOKS) < 0.75, LOOKS),
        # The looks of a run share their noise, so the luck of the draw is in its best and in its last ones alike.
        "past its best": all_of(kid[-patience:] > 1.4 * best + 0.25, patience),
    }
    return [name for name, there in seen.items() if there]


def picture_scores(images: np.ndarray, unseen: np.ndarray) -> dict[str, Callable[[np.ndarray], float]]:
    """By name, what `Alarm` likes to know about generated chips, for `Scores`; cheap, and without a judge.

    - variety: mean distance between two generated chips; 1 where it is that between two training chips.
    - one_heading: how much more the headings agree than those of as many training ships, in standard deviations of what
      chance does to these; negative where they agree less, NaN where half of the chips have none. Of 64 chips or more: those
      of a few agree by chance.
    - darkest: the level, 0..255, that 1 % of the values are below.
    - nearest: median distance to the nearest training chip, over that to the nearest of as many unseen ones, each turned
      and mirrored in all eight ways; about 1 where nothing is copied.

    Distances are Euclidean, between chips shrunk to a quarter of their sides.

    Args:
        images: the training chips, uint8 (N, H, H, 3).
        unseen: chips like them that the GAN is not shown, uint8 (M, H, H, 3).

    >>> shown, unseen = np.random.default_rng(0).integers(0, 256, (2, 8, 16, 16, 3), np.uint8)
    >>> scores = picture_scores(shown, unseen)
    >>> list(scores), float(scores["nearest"](shown))  # copies
    (['variety', 'one_heading', 'darkest', 'nearest'], 0.0)
    """
    n = min(len(images), len(unseen))
    usual, shown, kept = _apart(small(images)), turned(images[:n]), turned(unseen[:n])
    training = cache(lambda: _headings(images))

    @cache
    def by_chance(n: int) -> tuple[float, float]:
        rng = np.random.default_rng(0)
        agree = [alignment(rng.choice(training(), n)) for _ in range(DRAWS)]
        return float(np.mean(agree)), float(np.std(agree))

    def one_heading(fake: np.ndarray) -> float:
        headings = _headings(fake)
        if len(headings) <= len(fake) / 2 or not len(training()):
            return np.nan
        expected, chance = by_chance(len(headings))
        return (alignment(headings) - expected) / max(chance, 1e-3)

    def nearest(fake: np.ndarray) -> float:
        drawn = small(fake)
        to_shown, to_kept = (np.median(distances(drawn, chips).min(axis=1)) for chips in (shown, kept))
        return to_shown / to_kept

    return {
        "variety": lambda fake: _apart(small(fake)) / usual,
        "one_heading": one_heading,
        "darkest": lambda fake: np.quantile(fake, 0.01),
        "nearest": nearest,
    }


def _headings(images: np.ndarray) -> np.ndarray:
    found = measure(enlarge(images, SIZE) if images.shape[1] < SIZE else images).heading
    return found.dropna().to_numpy()


def _apart(a: np.ndarray) -> float:
    return distances(a, a).sum() / (len(a) * (len(a) - 1))
