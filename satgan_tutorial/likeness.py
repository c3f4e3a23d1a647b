"""How like real pictures generated ones are, whatever they show: no ship is looked for, and no judge is needed.

Three rulers, each of two sets: where in the picture it is bright and of which colour (`layout`), how strong each spatial
frequency is (`panel.power_distance`), and how bright, colourful, contrasted and sharp pictures are as a whole (`colours`). A
judge of classes adds those that compare its features. None of them sees everything: a fresh network may (`two_sample`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from . import metrics, panel
from .chips import check_images, shrink

GRID = 8  # places a side that a layout tells of
PARTS = {"brightness": (0, 1, 2), "contrast": (3, 4, 5), "colourfulness": (6,), "sharpness": (7,)}
OF_FEATURES = ("KID", "FID", "precision", "recall", "density", "coverage")


def layout(images: np.ndarray) -> np.ndarray:
    """Each picture as 8 x 8 pixels of three colours, 0 the mean and 1 a grey level of 64: float64 (N, 192) of uint8 (N, H, H, 3)."""
    return (shrink(images, GRID).reshape(len(images), -1) - 127.5) / 64


def colours(images: np.ndarray) -> np.ndarray:
    """What pixels say of each picture: float64 (N, 8) of uint8 (N, H, W, 3), in grey levels.

    The mean and the standard deviation of red, green and blue; the mean distance of a pixel's largest colour from its
    smallest; the mean step from a pixel to the next, along rows and columns, of the mean of its colours.
    """
    check_images(images)
    rows = []
    for block in np.array_split(images, max(1, len(images) // 256)):
        x = block.astype(np.float64)
        grey = x.mean(axis=3)
        steps = (np.abs(np.diff(grey, axis=axis)).mean(axis=(1, 2)) for axis in (1, 2))
        chroma = (x.max(axis=3) - x.min(axis=3)).mean(axis=(1, 2))
        rows.append(np.column_stack([x.mean(axis=(1, 2)), x.std(axis=(1, 2)), chroma, sum(steps) / 2]))
    return np.concatenate(rows)


def colour_distance(real: np.ndarray, fake: np.ndarray) -> np.ndarray:
    """The mean of one-dimensional Wasserstein distances of `colours`, in units of the real spread; then those of PARTS."""
    apart = metrics.wasserstein(real, fake)
    parts = [apart[list(columns)].mean() for columns in PARTS.values()]
    return np.array([np.mean(parts), *parts])


VIEWS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "layout": layout,
    "spectrum": panel.spectra,
    "colours": colours,
}
RULERS: dict[str, panel.Ruler] = {
    "layout, KID": panel.Ruler(metrics.kid, "layout"),
    "power spectrum": panel.RULERS["power spectrum"],
    "colours, W1": panel.Ruler(colour_distance, "colours", "real spreads", tuple(PARTS)),
}


def look(images: np.ndarray, judge: panel.Reader | None = None) -> dict[str, np.ndarray]:
    """What the rulers read of pictures, by the name of the view.

    Args:
        images: uint8 (N, H, H, 3).
        judge: whose features to add; None for none.
    """
    seen = {name: view(images) for name, view in VIEWS.items()}
    return seen if judge is None else seen | {"features": judge.features(images)}


def scores(
    real: Mapping[str, np.ndarray],
    fake: Mapping[str, np.ndarray],
    everything: Mapping[str, np.ndarray],
    groups: np.ndarray,
    *,
    others: Mapping[str, Mapping[str, np.ndarray]] | None = None,
    splits: int = panel.SPLITS,
    repeats: int = panel.REPEATS,
    seed: int = 0,
) -> pd.DataFrame:
    """Score pictures by every ruler: a row a ruler, and below it a row a part, with the columns of `panel.scores`.

    Args:
        real: what `look` gives of the real pictures to hold them against, of groups that no model has learned from.
        fake: the same of the generated ones.
        everything: the same of all real ones, for the floor.
        groups: what each of those belongs to, (N,).
        others: the same of other sets, by name; each becomes a column.
        splits: for the floor.
        repeats: pairs of halves for the interval.
        seed: of the splits and halves.
    """
    rulers = RULERS | {name: panel.RULERS[name] for name in OF_FEATURES if "features" in real}
    sizes = len(real["layout"]), len(fake["layout"])
    rows, others = [], others or {}
    for name, ruler in rulers.items():
        seen = real[ruler.view], fake[ruler.view]
        missing = np.full(1 + len(ruler.parts), np.nan)
        values = _or_nan(lambda r=ruler, s=seen: np.atleast_1d(r.score(*s)), missing)
        low, high = _or_nan(
            lambda r=ruler, s=seen: np.stack(
                [np.atleast_1d(end) for end in metrics.interval(r.score, *s, repeats=repeats, seed=seed)]
            ),
            np.stack([missing, missing]),
        )
        floor = _floor(ruler, everything[ruler.view], groups, sizes, splits, seed)
        more = {
            title: _or_nan(lambda r=ruler, s=seen, o=o: np.atleast_1d(r.score(s[0], o[r.view])), missing)
            for title, o in others.items()
        }
        for i, part in enumerate(("", *ruler.parts)):
            row = {"ruler": name, "part": part, "unit": ruler.unit}
            row |= panel.summary(values[i], floor[:, i], ruler.lower_is_better)
            row |= {"low": low[i], "high": high[i]} | {title: found[i] for title, found in more.items()}
            rows.append(row)
    order = ["ruler", "part", "unit", "better", "score", "low", "high", "floor", "limit", "rank", "inside"]
    return pd.DataFrame(rows, columns=[*order, *others])


@dataclass(frozen=True)
class Yardstick:
    """Real pictures to hold generated ones against where one number has to choose: the mean of RULERS, each over its limit.

    Attributes:
        real: what `look` gives of real pictures.
        limits: what real ones of other groups keep, by the name of each ruler.
    """

    real: Mapping[str, np.ndarray]
    limits: Mapping[str, float]

    def score(self, images: np.ndarray) -> float:
        """How many times the limit generated pictures are away, on average: about 1 at most for real ones of other groups."""
        seen = look(images)
        apart = {
            name: np.atleast_1d(r.score(self.real[r.view], seen[r.view]))[0] for name, r in RULERS.items()
        }
        return float(np.mean([apart[name] / limit for name, limit in self.limits.items()]))


def yardstick(everything: np.ndarray, groups: np.ndarray, kept: np.ndarray, n: int) -> Yardstick:
    """Measure real pictures once, to hold many sets of generated ones against them.

    Args:
        everything: all real ones, uint8 (N, H, H, 3); they make the limits.
        groups: what each of them belongs to, (N,).
        kept: which of them generated ones are held against, bool (N,).
        n: how many generated ones a set has.

    Raises:
        ValueError: they are too few for a limit.
    """
    seen, limits = look(everything), {}
    for name, ruler in RULERS.items():
        floor = _floor(ruler, seen[ruler.view], groups, (int(kept.sum()), n), panel.SPLITS, 0)
        limits[name] = panel.summary(0.0, floor[:, 0])["limit"]
    known = {name: limit for name, limit in limits.items() if limit > 0}
    if not known:
        raise ValueError(
            f"found {len(everything):,} pictures in {len(np.unique(groups)):,} groups, too few to know how far real ones are "
            "apart; expected more. Bring more, or group them in another way."
        )
    return Yardstick({name: view[kept] for name, view in seen.items()}, known)


def _floor(
    ruler: panel.Ruler,
    rows: np.ndarray,
    groups: np.ndarray,
    sizes: tuple[int, int],
    splits: int,
    seed: int,
) -> np.ndarray:
    """The scores of real pictures against real ones, (splits, 1 + parts); NaN where they are too few."""
    largest = np.unique(groups, return_counts=True)[1].max(initial=0)
    second = min(sizes[1], len(rows) - sizes[0] - largest)
    found = _or_nan(
        lambda: metrics.floor(ruler.score, rows, groups, (sizes[0], second), splits=splits, seed=seed),
        np.full((1, 1 + len(ruler.parts)), np.nan),
    )
    return found.reshape(len(found), -1)


def _or_nan(score: Callable[[], Any], otherwise: np.ndarray) -> Any:
    """What a score gives, or NaN where there are too few pictures for it."""
    try:
        return score()
    except ValueError:
        return otherwise
