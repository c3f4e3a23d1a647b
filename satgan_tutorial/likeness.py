"""How like real pictures generated ones are, whatever they show: no ship is looked for, and no judge is needed.

Three rulers, each of two sets: where in the picture it is bright and of which colour (`layout`), how strong each spatial
frequency is (`panel.power_distance`), and how bright, colourful, contrasted and sharp pictures are as a whole (`colours`). A
judge of classes adds those that compare its features. None of them sees everything: a fresh network may (`two_sample`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from . import metrics, panel
from .chips import check_images, shrink

GRID = 8  # places a side that a layout tells of
PARTS = {"brightness": (0, 1, 2), "contrast": (3, 4, 5), "colourfulness": (6,), "sharpness": (7,)}
OF_FEATURES = ("KID", "FID", "precision", "recall", "density", "coverage")


def layout(images: np.ndarray) -> np.ndarray:
    """Each picture as 8 x 8 pixels of three colours, 0 the mean and 1 a grey level of 64: float64 (N, 192) of uint8 (N, H, H, 3).

    >>> white = layout(np.full((2, 16, 16, 3), 255, np.uint8))
    >>> white.shape, round(float(white.max()), 2)  # two grey levels of 64 above the middle
    ((2, 192), 1.99)
    """
    return (shrink(images, GRID).reshape(len(images), -1) - 127.5) / 64


def colours(images: np.ndarray) -> np.ndarray:
    """What pixels say of each picture: float64 (N, 8) of uint8 (N, H, W, 3), in grey levels.

    The mean and the standard deviation of red, green and blue; the mean distance of a pixel's largest colour from its
    smallest; the mean step from a pixel to the next, along rows and columns, of the mean of its colours.

    >>> red = np.zeros((1, 8, 8, 3), np.uint8)
    >>> red[..., 0] = 200
    >>> colours(red).tolist()  # three means, three deviations, colourful, and without a step
    [[200.0, 0.0, 0.0, 0.0, 0.0, 0.0, 200.0, 0.0]]
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
    """The mean of one-dimensional Wasserstein distances of `colours`, in units of the real spread; then those of PARTS.

    >>> real = np.random.default_rng(0).random((8, 8))
    >>> colour_distance(real, real).tolist()
    [0.0, 0.0, 0.0, 0.0, 0.0]
    """
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

    >>> list(look(np.random.default_rng(0).integers(0, 256, (2, 16, 16, 3), np.uint8)))
    ['layout', 'spectrum', 'colours']
    """
    seen = {name: view(images) for name, view in VIEWS.items()}
    return seen if judge is None else seen | {"features": judge.features(images)}


def rulers(seen: Mapping[str, np.ndarray]) -> dict[str, panel.Ruler]:
    """The rulers for what `look` gave, for `panel.scores`: RULERS, and with a judge those of features.

    >>> list(rulers(look(np.random.default_rng(0).integers(0, 256, (2, 16, 16, 3), np.uint8))))
    ['layout, KID', 'power spectrum', 'colours, W1']
    """
    every = RULERS | {name: panel.RULERS[name] for name in OF_FEATURES}
    return {name: ruler for name, ruler in every.items() if ruler.view in seen}


def yardstick(everything: np.ndarray, groups: np.ndarray, kept: np.ndarray, n: int) -> panel.Yardstick:
    """Measure real pictures once, to hold many sets of generated ones against them by RULERS.

    Args:
        everything: all real ones, uint8 (N, H, H, 3); they make the limits.
        groups: what each of them belongs to, (N,).
        kept: which of them generated ones are held against, bool (N,).
        n: how many generated ones a set has.

    Raises:
        ValueError: they are too few for a limit.

    >>> pictures = np.random.default_rng(0).integers(0, 256, (24, 16, 16, 3), np.uint8)
    >>> ruler = yardstick(pictures, groups=np.arange(24), kept=np.arange(24) < 8, n=8)
    >>> ruler.score(pictures[8:16]) < ruler.score(pictures[8:16] // 2)  # real ones, and too dark ones
    True
    """
    seen = look(everything)
    limits = panel.limits(seen, groups, (int(kept.sum()), n), rulers=RULERS)
    known = {name: limit for name, limit in limits.items() if limit > 0}
    if not known:
        raise ValueError(
            f"found {len(everything):,} pictures in {len(np.unique(groups)):,} groups, too few to know how far real ones are "
            "apart; expected more. Bring more, or group them in another way."
        )
    return panel.Yardstick({name: view[kept] for name, view in seen.items()}, known, RULERS, look)
