"""Chips: 80 x 80 pictures of ships and of what only looks like one, with label, scene and place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

SIZE = 80
PIXEL = 3.0  # metres, the side of a PlanetScope pixel
SHARES = (0.60, 0.15, 0.25)  # train, validation, test
ROWS = ("images", "labels", "scenes", "locations")  # what a set has one of for each chip


class ChipError(ValueError):
    """Chips that cannot be read: says which file, what was found, what was expected, what to do."""


@dataclass(frozen=True, eq=False, repr=False)
class ChipSet:
    """N chips, one row each.

    Attributes:
        images: uint8 (N, 80, 80, 3), RGB. From `load_chips` it is a read-only memory map.
        labels: uint8 (N,), 1 for a ship and 0 for none.
        scenes: str (N,), the satellite scene a chip was cut from.
        locations: float64 (N, 2), longitude and latitude of the chip's centre in degrees.
        source: "real" or "simulated".
        causes: what a simulated chip was drawn from, a row each; None for real chips.

    Raises:
        ChipError: a shape, a dtype or a label is not as above.
    """

    images: np.ndarray
    labels: np.ndarray
    scenes: np.ndarray
    locations: np.ndarray
    source: Literal["real", "simulated"] = "real"
    causes: pd.DataFrame | None = None

    def __post_init__(self) -> None:
        """Check shapes, lengths and labels once, so that nothing later needs to."""
        n = len(self.images)
        found = (self.images.dtype, self.images.shape[1:])
        if found != (np.uint8, (SIZE, SIZE, 3)):
            raise ChipError(f"images: found {found[0]} (N, {found[1]}); expected uint8 (N, 80, 80, 3).")
        lengths = {name: len(getattr(self, name)) for name in ROWS}
        if self.causes is not None:
            lengths["causes"] = len(self.causes)
        if set(lengths.values()) != {n}:
            raise ChipError(
                f"found unequal lengths {lengths}; expected one row for each chip in all of them."
            )
        if not np.isin(self.labels, (0, 1)).all():
            wrong = int(np.flatnonzero(~np.isin(self.labels, (0, 1)))[0])
            raise ChipError(f"labels: found {self.labels[wrong]} in row {wrong}; expected 0 or 1.")
        if self.locations.shape != (n, 2):
            raise ChipError(f"locations: found shape {self.locations.shape}; expected ({n}, 2).")
        if not np.isfinite(self.locations).all():
            raise ChipError("locations: found some that are not finite; expected degrees.")

    def __len__(self) -> int:
        """How many chips there are."""
        return len(self.images)

    def __getitem__(self, index: Any) -> ChipSet:
        """The chips at an integer, a slice, a boolean mask or an array of integers: always a ChipSet."""
        if isinstance(index, (int, np.integer)):
            index = [int(index)]
        elif not isinstance(index, slice):
            index = np.asarray(index, dtype=None if len(index) else int)
        rows = {name: getattr(self, name)[index] for name in ROWS}
        causes = None if self.causes is None else self.causes.iloc[index].reset_index(drop=True)
        return replace(self, **rows, causes=causes)

    def __repr__(self) -> str:
        """How many of what, from how many scenes."""
        n, ships, scenes = len(self), int(np.sum(self.labels)), len(np.unique(self.scenes))
        return f"ChipSet({n} {self.source} chips: {ships} ships, {n - ships} no-ships, from {scenes} scenes)"

    @property
    def ships(self) -> ChipSet:
        """Only the chips with a ship."""
        return self[self.labels == 1]

    @property
    def no_ships(self) -> ChipSet:
        """Only the chips without a ship."""
        return self[self.labels == 0]

    @property
    def names(self) -> list[str]:
        """ShipsNet's file names, `{label}__{scene}__{longitude}_{latitude}.png`."""
        rows = zip(self.labels, self.scenes, self.locations.tolist(), strict=True)
        return [f"{label}__{scene}__{lon!r}_{lat!r}.png" for label, scene, (lon, lat) in rows]

    @property
    def days(self) -> np.ndarray:
        """The day each chip's scene was taken, str (N,), YYYYMMDD, with which its scene's name begins."""
        return np.array([scene.partition("_")[0] for scene in self.scenes.tolist()], dtype=str)

    def split(self, seed: int = 0) -> Split:
        """Train, validation and test: 60, 15 and 25 %, with no scene, and no day, on two sides.

        Scenes of one day may overlap: seconds apart they show the very same ships, so whole days are
        dealt out. They come in random order; each goes where the classes it holds are scarcest, so that
        all three get about the same share of ships.

        Raises:
            ChipError: the chips are from fewer than three days.
        """
        days, member = np.unique(self.days, return_inverse=True)
        if len(days) < 3:
            raise ChipError(
                f"found chips of {len(days)} days; expected at least 3, one for each side of a split."
            )
        held = np.stack([np.bincount(member, self.labels == y, len(days)) for y in (0, 1)], axis=1)
        target = np.outer(SHARES, np.maximum(held.sum(axis=0), 1))
        filled = np.zeros_like(target)
        side = np.empty(len(days), dtype=int)
        for day in np.random.default_rng(seed).permutation(len(days)):
            scarcity = (1 - filled / target) @ held[day]
            side[day] = np.argmax(scarcity)
            filled[side[day]] += held[day]
        return Split(*(self[side[member] == part] for part in range(3)))


class Split(NamedTuple):
    """Three chip sets of one `ChipSet.split`; no scene, and no day, is in two of them."""

    train: ChipSet
    validation: ChipSet
    test: ChipSet


def to_float(images: Any) -> Any:
    """Pixels as a network takes them: uint8 0..255 -> float32 -1..1, the range of tanh.

    Args:
        images: numpy array, or a tensor of Keras' backend, any shape.

    Raises:
        TypeError: a numpy array that is not uint8, so nothing is scaled twice.
    """
    if isinstance(images, np.ndarray):
        if images.dtype != np.uint8:
            raise TypeError(f"found {images.dtype} pixels; expected uint8 (0..255), not yet scaled.")
        return np.asarray(images, dtype=np.float32) / np.float32(127.5) - np.float32(1)
    from keras import ops

    return ops.cast(images, "float32") / 127.5 - 1.0


def to_uint8(x: Any) -> np.ndarray:
    """Back from float -1..1 to uint8 0..255, rounded and clipped; inverts `to_float` exactly."""
    return np.clip(np.rint((np.asarray(x, dtype=np.float32) + 1) * 127.5), 0, 255).astype(np.uint8)


def shrink(images: np.ndarray, side: int) -> np.ndarray:
    """Make smaller images by averaging blocks of pixels.

    Args:
        images: uint8 (N, H, H, 3).
        side: their new height and width in pixels, a divisor of H.

    Returns:
        uint8 (N, side, side, 3), the images themselves where they have that size.

    Raises:
        ValueError: if `side` does not divide H.
    """
    n, height, _, channels = images.shape
    if side < 1 or height % side:
        sides = [s for s in range(8, height + 1) if height % s == 0]
        raise ValueError(
            f"images of {height} pixels cannot be shrunk to {side}; take one of {', '.join(map(str, sides))}."
        )
    if side == height:
        return images
    blocks = images.reshape(n, side, height // side, side, height // side, channels)
    return np.rint(blocks.mean((2, 4))).astype(np.uint8)


def symmetry(images: np.ndarray, which: int) -> np.ndarray:
    """One of the eight symmetries of the square, 0 (nothing) to 7, of images (..., H, W, 3)."""
    turned = np.rot90(images, which % 4, axes=(-3, -2))
    return turned if which < 4 else turned[..., ::-1, :]
