"""The chip classifier swept over a whole scene: where are its ships?

Sliding an 80 x 80 window over a scene computes almost every convolution many times over. The network has no padding
and its head is an average, so one pass over the whole scene gives the very same logits at every eighth pixel.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.special import expit

from .chips import SIZE, to_float
from .rasters import filled, seen
from .renamed import old_names
from .scenes import SceneError, check

if TYPE_CHECKING:
    import keras

STRIDE = 4  # pixels from one position of a sweep to the next
APART = 40  # pixels between the centres of two ships; a closer, weaker peak is the same ship seen again
NEAR = 20  # pixels from a marked centre within which a ship counts as found
HALF = SIZE // 2
MISSING = (
    0.6  # share of a window that may be no data: a ship alongside a gap, or near a corner, is still read
)
MIDDLE = 32  # pixels from a window's rim to its middle, 16 x 16 pixels, where a ship's centre is
MISSING_MIDDLE = 0.25  # share of its middle that may be no data


def detect(
    classifier: keras.Model,
    scene: np.ndarray,
    *,
    threshold: float = 0.5,
    valid: np.ndarray | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> pd.DataFrame:
    """The ships of a scene: `sweep`, then `find`, of the scene and what may lie just beyond its rim.

    The scene is continued by half a chip in the colours of its rim, so that a ship near it has a window of its own; the
    centres of a sweep's windows are 40 pixels from the rim at least. 39 sure finds of six real scenes were cut so that they
    lay 12 pixels from the left rim and from the upper one: 74 of these 78 were found again, of those at 4 pixels 44.

    Args:
        classifier: as for `sweep`.
        scene: uint8 (H, W, 3), both sides at least 80 pixels.
        threshold: lowest p(ship|x) to report, in [0, 1].
        valid: bool (H, W), which pixels are data, as `scenes.read_scene` tells; black corners need no telling.
        progress: told how many rows of windows are read, and of how many.

    Returns:
        As `find`, with boxes cut off at the scene's rim.

    Raises:
        SceneError: as `sweep`.
        ValueError: as `sweep`.

    >>> import keras
    >>> from keras.layers import AveragePooling2D, Dense, GlobalAveragePooling2D
    >>> layers = [keras.Input((None, None, 3)), AveragePooling2D(8), GlobalAveragePooling2D(), Dense(1)]
    >>> bright = keras.Sequential(layers)  # to which a ship is what is bright
    >>> bright.layers[-1].set_weights([np.full((3, 1), 4.0), np.array([-6.0])])
    >>> scene = np.full((160, 200, 3), 60, np.uint8)
    >>> scene[40:120, 60:140] = 255
    >>> detect(bright, scene)[["x", "y"]].to_numpy().tolist()
    [[100, 80]]
    """
    scene, valid = _without_gaps(scene, valid)
    height, width = scene.shape[:2]
    there = np.ones((height, width), bool) if valid is None else valid
    wider = np.pad(scene, ((HALF, HALF), (HALF, HALF), (0, 0)), mode="edge")
    logits = _sweep(classifier, wider, progress=progress)
    found = find(logits, threshold=threshold, valid=np.pad(there, HALF))
    for axis, ends, most in (("x", ("left", "right"), width), ("y", ("top", "bottom"), height)):
        found[axis] -= HALF
        for end in ends:
            found[end] = (found[end] - HALF).clip(0, most)
    return found


def sweep(
    classifier: keras.Model,
    scene: np.ndarray,
    *,
    stride: int = STRIDE,
    rows: int = 128,
    valid: np.ndarray | None = None,
) -> np.ndarray:
    """The classifier's logit of "ship" for every 80 x 80 window of a scene, as if each were cut out and judged alone.

    The layers whose strides multiply to at most `stride` run once over the scene. The rest would skip windows, so they run on
    shifted copies of what the first ones saw, and their results are interlaced.

    Pixels that are no data are given the colour of the nearest that are, and windows that show little else -inf.

    Args:
        classifier: a chain of unpadded layers, a global average over positions, and a head; `classifier.build` for one.
        scene: uint8 (H, W, 3), both sides at least 80 pixels.
        stride: pixels from one window to the next, a divisor of the network's own (8).
        rows: rows of windows worked on at once: memory against the work done twice where strips overlap.
        valid: bool (H, W), which pixels are data, as `scenes.read_scene` tells; black corners need no telling.

    Returns:
        float32 (R, C). The window of [i, j] has its top left corner at pixel x = stride * j, y = stride * i.

    Raises:
        SceneError: the scene is no uint8 (H, W, 3) or smaller than a chip.
        ValueError: a layer pads its input, no layer averages over positions, the stride does not divide the network's,
            or `valid` is no bool (H, W).

    >>> from satgan_tutorial import classifier
    >>> sweep(classifier.build(None, filters=1), np.full((88, 100, 3), 60, np.uint8)).shape
    (3, 6)
    """
    scene, valid = _without_gaps(scene, valid)
    return _struck(_sweep(classifier, scene, stride, rows), valid, stride)


def chip_by_chip(
    classifier: keras.Model, scene: np.ndarray, *, stride: int = STRIDE, valid: np.ndarray | None = None
) -> np.ndarray:
    """What `sweep` returns, the slow way: cut out every window and judge it as a chip, a row of windows at once.

    >>> from satgan_tutorial import classifier
    >>> model, scene = classifier.build(None, filters=1), np.full((84, 84, 3), 60, np.uint8)
    >>> bool(np.allclose(chip_by_chip(model, scene), sweep(model, scene), atol=1e-4))
    True
    """
    from .classifier import logits

    scene, valid = _without_gaps(scene, valid)
    rows, columns = _windows(scene, stride)

    def cut(i: int, j: int) -> np.ndarray:
        return scene[i * stride : i * stride + SIZE, j * stride : j * stride + SIZE]

    found = [logits(classifier, np.stack([cut(i, j) for j in range(columns)])) for i in range(rows)]
    return _struck(np.stack(found), valid, stride)


def _without_gaps(scene: np.ndarray, valid: np.ndarray | None) -> tuple[np.ndarray, np.ndarray | None]:
    """A scene whose pixels without data are filled in, and which have data, None for all."""
    check(scene)
    valid = seen(scene, valid)
    return (scene, None) if valid is None else (filled(scene, valid), valid)


def _windows(scene: np.ndarray, stride: int) -> tuple[int, int]:
    """How many rows and columns of windows there are."""
    height, width = ((side - SIZE) // stride + 1 for side in scene.shape[:2])
    return height, width


def _sweep(
    classifier: keras.Model,
    scene: np.ndarray,
    stride: int = STRIDE,
    rows: int = 128,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> np.ndarray:
    """What `sweep` does, of a scene all of which is data."""
    first, rest, shifts = _chain(classifier, stride)
    height, width = _windows(scene, stride)
    logits = np.empty((height, width), np.float32)
    for top in range(0, height, rows):
        strip = scene[top * stride : (top + rows - 1) * stride + SIZE]
        below = _run(first, to_float(strip[None]))
        for dy, dx in np.ndindex(shifts, shifts):
            target = logits[top + dy : top + rows : shifts, dx::shifts]
            if target.size:
                found = np.asarray(_run(rest, below[:, dy:, dx:]))[0, ..., 0]
                target[:] = found[: len(target), : target.shape[1]]
        progress(min(top + rows, height), height)
    return logits


def _struck(logits: np.ndarray, valid: np.ndarray | None, stride: int) -> np.ndarray:
    """The logits, -inf where a window shows too little that is data to say anything of its middle."""
    if valid is None:
        return logits
    sums = np.pad(
        np.cumsum(np.cumsum(~valid, axis=0, dtype=np.int32), axis=1, dtype=np.int32), ((1, 0), (1, 0))
    )
    y, x = (np.arange(n) * stride for n in logits.shape)

    def missing(inset: int) -> np.ndarray:
        top, left, side = y + inset, x + inset, SIZE - 2 * inset
        corners = sums[np.ix_(top, left)] + sums[np.ix_(top + side, left + side)]
        return (corners - sums[np.ix_(top + side, left)] - sums[np.ix_(top, left + side)]) / side**2

    return np.where((missing(0) > MISSING) | (missing(MIDDLE) > MISSING_MIDDLE), np.float32(-np.inf), logits)


def _chain(classifier: keras.Model, stride: int) -> tuple[list, list, int]:
    """The layers before and after the total stride exceeds `stride`, and how many shifts then fill the gaps a side."""
    from keras import layers

    body = [layer for layer in classifier.layers if not isinstance(layer, layers.InputLayer)]
    ends = [i for i, layer in enumerate(body) if isinstance(layer, layers.GlobalAveragePooling2D)]
    padded = [layer.name for layer in body if getattr(layer, "padding", "valid") != "valid"]
    if padded or len(ends) != 1:
        raise ValueError(
            f"found padded layers {padded} and {len(ends)} global averages; expected none and one: only then is a "
            "window's logit the same in a scene as alone."
        )
    total = np.cumprod([getattr(layer, "strides", (1,))[0] for layer in body])
    if stride < 1 or total[-1] % stride:
        raise ValueError(f"stride {stride}: expected a divisor of the network's own, {total[-1]}.")
    positions = _run(body[: ends[0]], np.zeros((1, SIZE, SIZE, 3), np.float32)).shape[1]
    body[ends[0]] = layers.AveragePooling2D(positions, strides=1)
    split = int(np.searchsorted(total, stride, side="right"))
    return body[:split], body[split:], int(total[-1] // stride)


def _run(chain: list, x: Any) -> Any:
    """What comes out of some layers, one after the other."""
    for layer in chain:
        x = layer(x)
    return x


def find(
    logits: np.ndarray,
    *,
    threshold: float = 0.5,
    apart: float = APART,
    stride: int = STRIDE,
    valid: np.ndarray | None = None,
) -> pd.DataFrame:
    """The peaks of a sweep, by greedy non-maximum suppression: the surest window first, its neighbours struck out.

    Args:
        logits: from `sweep`, float (R, C).
        threshold: lowest p(ship|x) to report, in [0, 1].
        apart: pixels; of two windows whose centres are closer, only the surer one stays.
        stride: that of the sweep.
        valid: bool (H, W), which of the scene's pixels are data, if the sweep wasn't told.

    Returns:
        One row a ship, the surest first: `x`, `y`, its centre in pixels from the scene's top left corner; `probability`;
        and its box, the window: `left`, `top`, `right`, `bottom`.

    Raises:
        ValueError: a threshold outside [0, 1], an `apart` of 0 or less, logits that are no (R, C) or are NaN, or a `valid` of
            another scene.

    >>> logits = np.full((5, 5), -9.0)
    >>> logits[2, 3], logits[2, 4] = 3.0, 2.0  # two windows on one ship
    >>> find(logits).round(3)[["x", "y", "probability"]].to_numpy().tolist()
    [[52.0, 48.0, 0.953]]
    """
    logits = _checked_logits(logits, threshold, apart, valid, stride)
    heat = expit(logits)
    rows, columns = np.nonzero((heat >= threshold) & (logits > -np.inf))
    order = np.argsort(-heat[rows, columns], kind="stable")
    y, x, p = (values[order] for values in (rows * stride, columns * stride, heat[rows, columns]))
    kept, left = [], np.arange(len(p))
    while len(left):
        kept.append(left[0])
        left = left[np.hypot(x[left] - x[left[0]], y[left] - y[left[0]]) >= apart]
    x, y, p = (values[kept] for values in (x, y, p))
    box = {"left": x, "top": y, "right": x + SIZE, "bottom": y + SIZE}
    return pd.DataFrame({"x": x + SIZE // 2, "y": y + SIZE // 2, "probability": p} | box)


def _checked_logits(
    logits: np.ndarray, threshold: float, apart: float, valid: np.ndarray | None, stride: int
) -> np.ndarray:
    """Logits, float64 (R, C), struck where there is no data; a `ValueError` if something doesn't fit."""
    logits = np.asarray(logits, np.float64)
    if not 0 <= threshold <= 1 or not apart > 0:
        raise ValueError(f"threshold {threshold}, apart {apart}: expected 0 to 1, and more than 0 pixels.")
    if logits.ndim != 2 or np.isnan(logits).any():
        what = "NaN among them" if logits.ndim == 2 else f"shape {logits.shape}"
        raise ValueError(f"logits: found {what}; expected numbers (R, C), as `sweep` gives them.")
    if valid is not None and _windows(valid, stride) != logits.shape:
        raise ValueError(
            f"valid: found shape {valid.shape}; expected that of the scene which gave logits {logits.shape}."
        )
    return _struck(logits, valid, stride)


def match(found: pd.DataFrame, ships: pd.DataFrame, *, near: float = NEAR) -> np.ndarray:
    """Which of the found ships are there: bool (N,). In order, each takes the nearest ship no earlier one has taken.

    So of two finds on one ship the second is false. Precision is the mean of the answer, recall its sum over all ships.

    Args:
        found: from `find`, the surest first.
        ships: columns `x` and `y`, known centres in pixels.
        near: pixels; farther away nothing is taken.

    >>> found = pd.DataFrame({"x": [10, 12, 90], "y": [10, 10, 50]})
    >>> ships = pd.DataFrame({"x": [11, 60], "y": [10, 50]})
    >>> match(found, ships).tolist()  # the second is on the ship of the first, the third on none
    [True, False, False]
    """
    free = ships[["x", "y"]].to_numpy(float)
    right = np.zeros(len(found), bool)
    for i, centre in enumerate(found[["x", "y"]].to_numpy(float)):
        distances = np.hypot(*(free - centre).T)
        if len(free) and distances.min() <= near:
            right[i] = True
            free = np.delete(free, distances.argmin(), axis=0)
    return right


def draw_boxes(
    scene: np.ndarray, found: pd.DataFrame, colour: tuple[int, int, int] = (255, 176, 0)
) -> np.ndarray:
    """A copy of a scene, uint8 (H, W, 3), with the box of each found ship drawn on it.

    >>> found = pd.DataFrame({"left": [10], "top": [10], "right": [60], "bottom": [60]})
    >>> drawn = draw_boxes(np.zeros((80, 80, 3), np.uint8), found)
    >>> drawn[10, 10].tolist(), drawn[30, 30].tolist()
    ([255, 176, 0], [0, 0, 0])
    """
    from PIL import Image, ImageDraw

    check(scene)
    picture = Image.fromarray(scene)
    draw = ImageDraw.Draw(picture)
    for box in found[["left", "top", "right", "bottom"]].to_numpy(int):
        draw.rectangle([*box[:2], *(box[2:] - 1)], outline=colour, width=3)
    return np.asarray(picture)


def save(out: str | os.PathLike, scene: np.ndarray, found: pd.DataFrame) -> None:
    """Write the found ships: a table to a `.csv`, the scene with their boxes to a `.png`.

    Raises:
        SceneError: `out` ends in neither.

    >>> import tempfile
    >>> found = pd.DataFrame({"x": [50], "y": [40], "probability": [0.98712]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(f"{folder}/ships.csv", np.zeros((80, 80, 3), np.uint8), found)
    ...     Path(folder, "ships.csv").read_text().split()
    ['x,y,probability', '50,40,0.9871']
    """
    from PIL import Image

    kind = Path(out).suffix.lower()
    if kind not in (".csv", ".png"):
        raise SceneError(f"{out}: found the ending {kind!r}; expected .csv (a table) or .png (a picture).")
    if kind == ".csv":
        found.round({"probability": 4}).to_csv(out, index=False)
    else:
        Image.fromarray(draw_boxes(scene, found)).save(out)


__getattr__ = old_names(
    __name__,
    {
        "read_image": "scenes.read_image",
        "find_scenes": "scenes.find_scenes",
        "marked_ships": "scenes.marked_ships",
    },
)
