"""Is it one straight hull? The shape of the central ship from its mask, and which ships are broken, with no network.

A hull is a straight bar that stands out from the sea. Three numbers say how far from that a chip is, each of a thing that one
can draw over it:

    bend      how far both sides of the mask sway together (root mean square), over the mask's length
    bar       how much the mask and the bar laid along it overlap: what both cover, over what either covers
    length    the mask's length in pixels

A ship is broken where a number is beyond its limit: bent, torn (an arm, a gap, a second hull) or short, and where nothing
stands out from the sea, which has no length. A bend moves both sides the same way; a tug alongside moves one and a narrow
bow the two apart, and neither counts as `bend`.

A shadow, a wake and dark hatches spoil any one mask. So there are four, two of all that differs from the sea and two of
what is brighter, and the one that speaks best for the ship counts: a banana is a banana in each of them.

The limits were chosen on 474 generated chips that were labelled by eye, with 3 % of ShipsNet's train ships at most called
broken; `book/results/09-how-good-is-it/README.md` says how they do on others. What they find is a share to compare: a chip
alone is often a matter of taste, since there is no end to how little a hull may be bent. They are for chips like ShipsNet's, 80
pixels of 3 metres with a ship in the middle, and take a patch of bright wake that touches the hull for a piece of it.

Every function takes uint8 images (N, H, H, 3); those of fewer than 80 pixels are enlarged. Pixels that are not uint8 are
a TypeError, images that are no squares of 8 to 80 pixels a ValueError.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import ndimage

from .appearance import FRAME
from .chips import check_images, enlarge

SIDE = 80  # pixels
BEND, BAR, LENGTH = 0.007, 0.72, 47.0  # the limits: at most, then at least
LEVELS = 0.25, 0.55  # of the way from the sea to the ship, where the masks are cut
LEAST = 0.4  # of the light of the mask with the most; one with less has lost too much of the ship
FLAT = np.zeros((3, 3, 3), bool)  # pixels touch in eight ways, and chips of a stack do not
FLAT[1] = True
REASONS = "bent", "torn", "short"


@dataclass(frozen=True)
class Shapes:
    """The shapes of N ships.

    Attributes:
        mask: the mask that speaks best for the ship: bool (N, 80, 80), all False where nothing stands out from the sea.
        sides: where the mask's two sides and its middle line run: for each chip (3, L, 2), left, right and middle, as
            x and y in pixels from bow to stern or back; L is 0 where there is no mask.
        bend: 0 for a straight ship, float (N,); infinite where there is no mask.
        bar: 1 for a perfect bar, float (N,); 0 where there is no mask.
        length: pixels, float (N,); 0 where there is no mask.

    >>> chips = np.full((2, 80, 80, 3), 60, np.uint8)
    >>> chips[0, 37:43, 10:70] = 200  # a straight hull in the first, and nothing in the second
    >>> found = measure(chips)
    >>> found.length.round(-1).tolist(), found.reason.tolist()
    ([60.0, 0.0], ['whole', 'short'])
    """

    mask: np.ndarray
    sides: list[np.ndarray]
    bend: np.ndarray
    bar: np.ndarray
    length: np.ndarray

    @property
    def broken(self) -> np.ndarray:
        """Whether the ship is broken: bool (N,)."""
        return self._excess().max(axis=1) > 1

    @property
    def reason(self) -> np.ndarray:
        """The number that is farthest beyond its limit: "bent", "torn" or "short", and "whole": (N,).

        It is no label: a crescent may be called torn, since a bar fits it as badly as it does an arm. Where nothing stands
        out from the sea all three are beyond any limit, and the word is "short", since there is no length.
        """
        excess = self._excess()
        farthest = np.where(self.length > 0, excess.argmax(axis=1), REASONS.index("short"))
        return np.where(excess.max(axis=1) > 1, np.array(REASONS)[farthest], "whole")

    def table(self) -> pd.DataFrame:
        """The numbers, `broken` and `reason`, a row a chip."""
        names = ("bend", "bar", "length", "broken", "reason")
        return pd.DataFrame({name: getattr(self, name) for name in names})

    def _excess(self) -> np.ndarray:
        return _excess(np.stack([self.bend, self.bar, self.length], axis=1))


def measure(images: np.ndarray) -> Shapes:
    """Measure the shape of the ship in each chip, some 3 ms a chip.

    Returns:
        Arrays, a row a chip.

    >>> chips = np.full((1, 80, 80, 3), 60, np.uint8)
    >>> chips[0, 37:43, 10:70] = 200  # a straight hull
    >>> found = measure(chips)
    >>> found.mask.shape, float(found.bend[0].round(3)), bool(found.bar[0] > 0.9)
    ((1, 80, 80), 0.0, True)
    """
    images = _checked(images)
    masks = np.zeros(images.shape[:3], bool)
    numbers = np.tile([np.inf, 0.0, 0.0], (len(images), 1))
    sides = [np.empty((3, 0, 2))] * len(images)
    for i, _, mask, frame, found in _each(images):
        if _excess(found).max() < _excess(numbers[i]).max():
            masks[i], numbers[i], sides[i] = mask, found, frame.lines()
    return Shapes(masks, sides, *numbers.T)


def every_mask(images: np.ndarray) -> np.ndarray:
    """Bend, bar and length by each of the four masks, of which `measure` takes the best: float (N, 4, 3).

    For whoever chooses other limits. A mask that holds no ship is infinitely bent, and its other numbers are 0.

    >>> chips = np.full((1, 80, 80, 3), 60, np.uint8)
    >>> chips[0, 37:43, 10:70] = 200  # a straight hull
    >>> every_mask(chips)[0, :, 2].round(-1).tolist()  # the length by each of the four
    [60.0, 60.0, 60.0, 60.0]
    """
    images = _checked(images)
    numbers = np.tile([np.inf, 0.0, 0.0], (len(images), 2 * len(LEVELS), 1))
    for i, k, _, _, found in _each(images):
        numbers[i, k] = found
    return numbers


def broken(images: np.ndarray) -> np.ndarray:
    """Whether the ship in each chip is broken, or there is none: bool (N,).

    >>> chips = np.full((2, 80, 80, 3), 60, np.uint8)
    >>> chips[0, 37:43, 10:70] = 200  # a straight hull
    >>> chips[1, 37:43, 30:50] = 200  # a third of one
    >>> broken(chips).tolist()
    [False, True]
    """
    return measure(images).broken


def share_broken(images: np.ndarray) -> float:
    """The share of chips whose ship is broken, 0 to 1: a score to hold against that of real ships, which isn't 0.

    Raises:
        ValueError: no images, besides what the module says.

    >>> chips = np.full((2, 80, 80, 3), 60, np.uint8)
    >>> chips[0, 37:43, 10:70] = 200  # a straight hull in one of two
    >>> share_broken(chips)
    0.5
    """
    check_images(images)
    if not len(images):
        raise ValueError("found no images; expected one or more, of which to give the share that is broken.")
    return float(broken(images).mean())


def _checked(images: np.ndarray) -> np.ndarray:
    check_images(images)
    height, width = images.shape[1:3]
    if height != width or not 2 * FRAME <= height <= SIDE:
        raise ValueError(
            f"images: found {width} x {height} pixels; expected squares of {2 * FRAME} to {SIDE} pixels. Cut or shrink them."
        )
    return enlarge(images, SIDE)


def _excess(numbers: np.ndarray) -> np.ndarray:
    """How far bend, bar and length are beyond their limits: above 1 is too far."""
    bend, bar, length = np.moveaxis(numbers, -1, 0)
    with np.errstate(divide="ignore"):
        return np.stack([bend / BEND, BAR / bar, LENGTH / length], axis=-1)


def _each(images: np.ndarray) -> Iterator[tuple[int, int, np.ndarray, _Frame, np.ndarray]]:
    """Each mask that holds a ship: of which chip, which of the four, itself, seen along the hull, and its numbers."""
    for start in range(0, len(images), 100):
        masks, light = _masks(images[start : start + 100])
        for k, i in np.argwhere(light > LEAST * light.max(axis=0)):
            frame = _Frame(masks[k, i])
            yield start + i, k, masks[k, i], frame, np.array(frame.numbers())


def _masks(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Four masks of each chip, bool (4, N, 80, 80), and the light that each holds, (4, N), 0 for no ship."""
    rim = np.ones(images.shape[1:3], bool)
    rim[FRAME:-FRAME, FRAME:-FRAME] = False
    smooth = ndimage.gaussian_filter(images.astype(np.float32), (0, 0.8, 0.8, 0))
    border = smooth[:, rim]
    sea = np.median(border, axis=1, keepdims=True)
    noise = np.median(np.linalg.norm(border - sea, axis=2), axis=1)
    least = np.maximum(8, 5 * noise)[:, None, None]
    offset = smooth - sea[:, None]
    differs = np.linalg.norm(offset, axis=3)
    brighter = np.where(offset.max(axis=3) > 0.5 * differs, differs, 0)
    masks, light = [], []
    for distance in (brighter, differs):
        ship = _median(distance, _middle(distance > least))[:, None, None]
        for level in LEVELS:
            mask = _middle(distance > np.maximum(least, level * ship))
            mask &= mask.sum(axis=(1, 2), keepdims=True) >= 30
            masks.append(mask)
            light.append((distance * mask).sum(axis=(1, 2)))
    return np.stack(masks), np.stack(light)


def _median(values: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """The median of the values in each mask, 0 in an empty one: (N,)."""
    return np.array(
        [np.median(x[mask]) if mask.any() else 0.0 for x, mask in zip(values, masks, strict=True)]
    )


def _middle(masks: np.ndarray) -> np.ndarray:
    """The piece with the most pixels near the centre, its holes filled and threads of two pixels, as of a wake, cut."""
    around = (0, 0), (2, 2), (2, 2)
    inner = slice(None), slice(2, -2), slice(2, -2)
    closed = ~_grow(~_grow(np.pad(masks, around)))
    water, _ = ndimage.label(~closed, FLAT)
    filled = (water != water[:, :1, :1])[inner]
    opened = _grow(~_grow(~np.pad(filled, around, mode="edge")))[inner]
    pieces, _ = ndimage.label(opened, FLAT)
    near = pieces[:, SIDE // 2 - 14 : SIDE // 2 + 14, SIDE // 2 - 14 : SIDE // 2 + 14].reshape(len(masks), -1)
    counts = np.bincount(near.ravel(), minlength=1)
    counts[0] = 0
    most = np.take_along_axis(near, counts[near].argmax(axis=1)[:, None], axis=1)[..., None]
    return (pieces == most) & (most > 0)


def _grow(masks: np.ndarray) -> np.ndarray:
    """Masks grown by a pixel to all eight sides."""
    grown = masks.copy()
    grown[:, 1:] |= masks[:, :-1]
    grown[:, :-1] |= masks[:, 1:]
    wide = grown.copy()
    wide[..., 1:] |= grown[..., :-1]
    wide[..., :-1] |= grown[..., 1:]
    return wide


class _Frame:
    """A mask seen along its hull: its two sides, pixel by pixel, and what they say."""

    def __init__(self, mask: np.ndarray) -> None:
        y, x = np.nonzero(mask)
        points = np.stack([x, y]).astype(float)
        self.centre, self.axes = points.mean(axis=1, keepdims=True), _axes(points)
        self.along, self.across = self.axes @ (points - self.centre)
        self.first = self.along.min()
        step = np.floor(self.along - self.first).astype(int)
        self.length = int(step.max()) + 1
        left, right = np.full(self.length, np.inf), np.full(self.length, -np.inf)
        np.minimum.at(left, step, self.across)
        np.maximum.at(right, step, self.across)
        here, there = np.arange(self.length), np.flatnonzero(np.isfinite(left))
        self.left, self.right = (np.interp(here, there, side[there]) for side in (left, right))

    def numbers(self) -> tuple[float, float, float]:
        """The bend, the bar and the length."""
        trunk = slice(int(0.06 * self.length), int(np.ceil(0.94 * self.length)))  # bow and stern are round
        left, right = (ndimage.uniform_filter1d(side, 5)[trunk] for side in (self.left, self.right))
        sways = np.stack([_sway(left), _sway(right)])
        together = np.where(sways[0] * sways[1] > 0, np.abs(sways).min(axis=0) * np.sign(sways[0]), 0)
        width = np.median(self.right - self.left) + 1
        covered = np.count_nonzero(np.abs(self.across - np.median(left + right) / 2) <= width / 2)
        either = self.length * width + len(self.across) - covered
        return float(together.std() / self.length), float(covered / either), float(self.length)

    def lines(self) -> np.ndarray:
        """Left side, right side and middle line in the chip: (3, L, 2), x and y."""
        along = self.first + 0.5 + np.arange(self.length)
        sides = (self.left - 0.5, self.right + 0.5, (self.left + self.right) / 2)
        return np.stack([(self.axes.T @ np.stack([along, side]) + self.centre).T for side in sides])


def _axes(points: np.ndarray) -> np.ndarray:
    """A mask's directions along and across, a row each: (2, 2)."""
    (xx, xy), (_, yy) = np.cov(points, bias=True)
    angle = np.arctan2(2 * xy, xx - yy) / 2
    return np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])


def _sway(side: np.ndarray) -> np.ndarray:
    """How far a side is from the straight line that fits it best."""
    here = np.arange(len(side)) - (len(side) - 1) / 2
    side = side - side.mean()
    return side - here * (here @ side) / max(here @ here, 1.0)
