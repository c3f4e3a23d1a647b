"""Chips: 80 x 80 pictures of ships and of what only looks like one, with label, scene and place."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

import numpy as np
from PIL import Image

from .renamed import old_names

if TYPE_CHECKING:
    import pandas as pd

SIZE = 80
PIXEL = 3.0  # metres, the side of a PlanetScope pixel
FARTHEST = 16.0  # of a float pixel from 0, where -1..1 is meant: beyond it the numbers have another scale, 0..255 for one
SHARES = (0.60, 0.15, 0.25)  # train, validation, test
ROWS = ("images", "labels", "scenes", "locations")  # what a set has one of for each chip
Source = Literal["real", "simulated"]


class ChipError(ValueError):
    """Chips that cannot be read: says which file, what was found, what was expected, what to do.

    >>> ChipSet(np.zeros((1, 40, 40, 3), np.uint8), np.array([1]), np.array(["day_1"]), np.zeros((1, 2)))
    Traceback (most recent call last):
    satgan_tutorial.chips.ChipError: images: found uint8 (1, 40, 40, 3); expected uint8 (N, 80, 80, 3).
    """


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
        ChipError: something is not as above, or the same pixels bear both labels.

    >>> from satgan_tutorial.sources.simulate import draw_chips
    >>> chips = draw_chips(40, seed=0)
    >>> len(chips), len(chips.ships), chips.images.shape
    (40, 10, (40, 80, 80, 3))
    >>> chips[chips.labels == 1][:3]
    ChipSet(3 simulated chips: 3 ships, 0 no-ships, from 1 scenes)
    """

    images: np.ndarray
    labels: np.ndarray
    scenes: np.ndarray
    locations: np.ndarray
    source: Source = "real"
    causes: pd.DataFrame | None = None

    def __post_init__(self) -> None:
        """Check all of it once, so that nothing later needs to; a part of a set is not checked again."""
        if self.source not in get_args(Source):
            raise ChipError(f"source: found {self.source!r}; expected one of {', '.join(get_args(Source))}.")
        n = _check_pixels(self.images)
        vars(self).update(
            labels=_checked_labels(self.labels),
            scenes=_checked_scenes(self.scenes),
            locations=_unmasked(self.locations, "locations"),
        )
        _check_locations(self.locations)
        lengths = {name: len(getattr(self, name)) for name in ROWS}
        if self.causes is not None:
            lengths["causes"] = _count_causes(self.causes)
        if set(lengths.values()) != {n}:
            raise ChipError(
                f"found unequal lengths {lengths}; expected one row for each chip in all of them."
            )
        for first, second in twins(self.images):
            if self.labels[first] != self.labels[second]:
                one, other = (self.names[i] for i in (first, second))
                raise ChipError(
                    f"{one} and {other}: found the same pixels with both labels; expected one label a picture. "
                    "Take out the wrong one."
                )

    def __len__(self) -> int:
        """How many chips there are."""
        return len(self.images)

    def __getitem__(self, index: Any) -> ChipSet:
        """The chips at an integer, a slice, a boolean mask or an array of integers: always a ChipSet."""
        if is_whole(index):
            index = [int(index)]
        elif not isinstance(index, slice):
            index = _checked_index(index)
        rows = {name: getattr(self, name)[index] for name in ROWS}
        causes = None if self.causes is None else self.causes.iloc[index].reset_index(drop=True)
        part = copy(self)  # not by its constructor: what the whole was checked for holds for its parts
        vars(part).update(rows, causes=causes)
        return part

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
            ValueError: the seed is no whole number from 0.
        """
        days = np.unique(self.days)
        if len(days) < 3:
            raise ChipError(
                f"found chips of {len(days)} days; expected at least 3, one for each side of a split."
            )
        side = deal(self.days, self.labels, 2, seed)
        return Split(*(self[side == part] for part in range(3)))


class Split(NamedTuple):
    """Three chip sets of one `ChipSet.split`; no scene, and no day, is in two of them.

    >>> from satgan_tutorial.sources.simulate import draw_chips
    >>> train, validation, test = draw_chips(40, seed=0).split(seed=0)
    >>> set(train.days) & set(test.days)
    set()
    """

    train: ChipSet
    validation: ChipSet
    test: ChipSet


def deal(groups: np.ndarray, labels: np.ndarray, classes: int, seed: int) -> np.ndarray:
    """Deal whole groups out to the three sides of a split, so that each side gets its share of every class (`SHARES`).

    The groups come in random order, and each goes where the classes that it holds are scarcest.

    Args:
        groups: what each row belongs to, a day for one, (N,).
        labels: the class of each row, whole numbers below `classes`, (N,).
        classes: how many there are.
        seed: of the order.

    Returns:
        The side of each row, 0 for train, 1 for validation, 2 for test: int (N,).

    Raises:
        ValueError: the seed is no whole number from 0.

    >>> days, labels = np.repeat(["mon", "tue", "wed", "thu"], 3), np.tile([1, 0, 0], 4)
    >>> deal(days, labels, classes=2, seed=0)
    array([1, 1, 1, 0, 0, 0, 0, 0, 0, 2, 2, 2])
    """
    check_seed(seed)
    names, member = np.unique(groups, return_inverse=True)
    held = np.stack([np.bincount(member, labels == y, len(names)) for y in range(classes)], axis=1)
    target = np.outer(SHARES, np.maximum(held.sum(axis=0), 1))
    filled = np.zeros_like(target)
    side = np.empty(len(names), dtype=int)
    for group in np.random.default_rng(seed).permutation(len(names)):
        scarcity = (1 - filled / target) @ held[group]
        side[group] = np.argmax(scarcity)
        filled[side[group]] += held[group]
    return side[member]


def _check_pixels(images: Any) -> int:
    """Raise a `ChipError` unless these are uint8 (N, 80, 80, 3); their number."""
    if not isinstance(images, np.ndarray):
        raise ChipError(f"images: found a {type(images).__name__}; expected an array, uint8 (N, 80, 80, 3).")
    if (images.dtype, images.shape[1:]) != (np.uint8, (SIZE, SIZE, 3)):
        raise ChipError(f"images: found {images.dtype} {images.shape}; expected uint8 (N, 80, 80, 3).")
    _unmasked(images, "images")
    return len(images)


def _unmasked(values: Any, what: str) -> np.ndarray:
    """An array; a `ChipError` if it hides some of its values, which no function here would heed."""
    if np.ma.is_masked(values):
        raise ChipError(
            f"{what}: found a masked array that hides {np.ma.count_masked(values)} values; expected all of them. Leave out "
            "the chips that have none."
        )
    return np.asarray(values)


def _count_causes(causes: Any) -> int:
    """How many rows a table of causes has; a `ChipError` if it is none."""
    import pandas as pd

    if not isinstance(causes, pd.DataFrame):
        raise ChipError(f"causes: found a {type(causes).__name__}; expected a pandas.DataFrame, or None.")
    return len(causes)


def _checked_index(index: Any) -> np.ndarray:
    """A mask or row numbers as an array; a TypeError if they are something else."""
    rows = np.asarray(index)
    if rows.size == 0 and rows.ndim == 1:
        return rows.astype(int)
    if rows.ndim != 1 or rows.dtype.kind not in "iub":
        raise TypeError(
            f"index: found {index!r:.60}; expected an integer, a slice, a boolean mask, or an array of integers."
        )
    return rows


def _checked_labels(labels: Any) -> np.ndarray:
    """Labels as uint8 (N,); a `ChipError` unless they are whole numbers or booleans, 0 or 1 each."""
    labels = _unmasked(labels, "labels")
    if labels.ndim != 1 or (labels.dtype.kind not in "iub" and labels.size):
        raise ChipError(f"labels: found {labels.dtype} {labels.shape}; expected integers (N,), each 0 or 1.")
    if not (right := np.isin(labels, (0, 1))).all():
        wrong = int(np.argmin(right))
        raise ChipError(f"labels: found {labels[wrong]} in row {wrong}; expected 0 or 1.")
    return labels.astype(np.uint8, copy=False)


def _checked_scenes(scenes: Any) -> np.ndarray:
    """Names of scenes as str (N,); a `ChipError` if they are something else."""
    scenes = np.asarray(scenes)
    if scenes.ndim != 1 or not (scenes.dtype.kind == "U" or all(isinstance(name, str) for name in scenes)):
        raise ChipError(f"scenes: found {scenes.dtype} {scenes.shape}; expected str (N,).")
    if (empty := scenes == "").any():
        raise ChipError(f"scenes: found an empty name in row {np.argmax(empty)}; expected that of a scene.")
    return scenes if scenes.dtype.kind == "U" else scenes.astype(str)


def _check_locations(locations: np.ndarray) -> None:
    """Raise a `ChipError` unless these are numbers (N, 2), longitudes and latitudes."""
    n = len(locations) if locations.ndim else 1
    if locations.shape != (n, 2) or locations.dtype.kind not in "fiu":
        raise ChipError(
            f"locations: found shape {locations.shape} of {locations.dtype}; expected ({n}, 2) of float64."
        )
    if not np.isfinite(locations).all():
        raise ChipError("locations: found some that are not finite; expected degrees.")
    if (far := (np.abs(locations) > (180, 90)).any(axis=1)).any():
        wrong = int(np.argmax(far))
        raise ChipError(
            f"locations: found {locations[wrong].tolist()} in row {wrong}; expected a longitude in -180..180, then a "
            "latitude in -90..90."
        )


def twins(images: np.ndarray) -> list[tuple[int, int]]:
    """Pairs of rows with the very same pixels, the second of each later than the first; uint8 (N, H, W, 3).

    Some pixels of each image are compared first, which takes 20 ms for 4000 chips, and all of them where those agree.

    >>> twins(np.stack([np.full((4, 4, 3), grey, np.uint8) for grey in (7, 9, 7)]))
    [(0, 2)]
    """
    few, found = np.ascontiguousarray(images[:, 3::7, 3::7]), []
    first: dict[bytes, list[int]] = {}
    for row, sample in enumerate(few):
        alike = first.setdefault(sample.tobytes(), [])
        twin = next((other for other in alike if np.array_equal(images[other], images[row])), None)
        if twin is None:
            alike.append(row)
        else:
            found.append((twin, row))
    return found


def check_images(images: Any, what: str = "images") -> None:
    """Raise an error unless this is an array uint8 (N, H, W, 3), pixels that nobody has scaled.

    Args:
        images: whatever somebody has given.
        what: what the error calls them.

    Raises:
        TypeError: no array, or one of another dtype.
        ValueError: another shape.

    >>> check_images(np.zeros((2, 80, 80, 3), np.uint8))
    >>> check_images(np.zeros((2, 80, 80, 3), np.float32))
    Traceback (most recent call last):
    TypeError: images: found float32; expected an array uint8 (N, H, W, 3), 0..255 and not yet scaled.
    """
    if not isinstance(images, np.ndarray) or images.dtype != np.uint8:
        found = images.dtype if isinstance(images, np.ndarray) else f"a {type(images).__name__}"
        raise TypeError(
            f"{what}: found {found}; expected an array uint8 (N, H, W, 3), 0..255 and not yet scaled."
        )
    if images.ndim != 4 or images.shape[-1] != 3:
        raise ValueError(f"{what}: found shape {images.shape}; expected (N, H, W, 3).")
    if np.ma.is_masked(images):
        raise TypeError(
            f"{what}: found a masked array that hides {np.ma.count_masked(images)} values; expected all."
        )


def is_whole(value: Any) -> bool:
    """Whether a value is a whole number, of Python or NumPy; True and False are none.

    >>> is_whole(3), is_whole(np.int64(3)), is_whole(3.0), is_whole(True)
    (True, True, False, False)
    """
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def check_seed(seed: Any) -> None:
    """Raise a ValueError unless a seed is a whole number from 0: None would give other numbers each time.

    >>> check_seed(0)
    >>> check_seed(None)
    Traceback (most recent call last):
    ValueError: seed: found None; expected a whole number from 0.
    """
    if not is_whole(seed) or seed < 0:
        raise ValueError(f"seed: found {seed!r:.60}; expected a whole number from 0.")


def to_float(images: Any) -> Any:
    """Pixels as a network takes them: uint8 0..255 -> float32 -1..1, the range of tanh.

    Args:
        images: numpy array, or a tensor of Keras' backend, uint8 of any shape.

    Raises:
        TypeError: another dtype, so nothing is scaled twice.

    >>> to_float(np.array([0, 51, 255], np.uint8))
    array([-1. , -0.6,  1. ], dtype=float32)
    """
    dtype = getattr(images, "dtype", type(images))
    if dtype != np.uint8 if isinstance(images, np.ndarray) else getattr(dtype, "name", dtype) != "uint8":
        raise TypeError(f"found {dtype} pixels; expected uint8 (0..255), not yet scaled.")
    if isinstance(images, np.ndarray):
        return np.asarray(images, dtype=np.float32) / np.float32(127.5) - np.float32(1)
    from keras import ops

    return ops.cast(images, "float32") / 127.5 - 1.0


def to_uint8(x: Any) -> np.ndarray:
    """Back from float -1..1 to uint8 0..255, rounded and clipped; inverts `to_float` exactly.

    Raises:
        TypeError: no floats; uint8 are pixels already.
        ValueError: NaN among them, which is what a network gives whose training has failed, or numbers beyond -16..16,
            which have another scale than -1..1.

    >>> to_uint8(np.array([-1.0, -0.6, 1.0, 1.7]))
    array([  0,  51, 255, 255], dtype=uint8)
    """
    x = np.asarray(x)
    if x.dtype.kind not in "f" and x.dtype.name not in ("bfloat16",):
        raise TypeError(f"found {x.dtype} {x.shape}; expected floats in -1..1.")
    x = x.astype(np.float32, copy=False)
    if np.isnan(x).any():
        raise ValueError(
            f"found {int(np.isnan(x).sum())} pixels that are NaN; expected numbers in -1..1. The network that drew them "
            "is broken: go back to an earlier state of it."
        )
    if x.size and (far := np.abs(x).max()) > FARTHEST:
        raise ValueError(
            f"found pixels as far as {far:.6g} from 0; expected numbers in -1..1. Scale them first: x / 127.5 - 1 for 0..255."
        )
    return np.clip(np.rint((x + 1) * 127.5), 0, 255).astype(np.uint8)


def shrink(images: np.ndarray, side: int) -> np.ndarray:
    """Make smaller images: each new pixel is the mean of the area that it covers.

    Args:
        images: uint8 (N, H, H, 3).
        side: their new height and width in pixels, at most H.

    Returns:
        uint8 (N, side, side, 3), the images themselves where they have that size.

    Raises:
        TypeError: the images are not uint8.
        ValueError: they are not square, or `side` is not in 1..H.

    >>> image = np.zeros((1, 2, 2, 3), np.uint8)
    >>> image[0, 0] = 100  # the upper half
    >>> shrink(image, 1).tolist()
    [[[[50, 50, 50]]]]
    """
    check_images(images)
    n, height, width, channels = images.shape
    if height != width:
        raise ValueError(f"images: found {width} x {height} pixels; expected squares.")
    _check_side(side)
    if not 1 <= side <= height:
        raise ValueError(
            f"images of {height} pixels cannot be shrunk to {side}; take a side of 1 to {height}."
        )
    if side == height:
        return images
    if height % side == 0:
        blocks = images.reshape(n, side, height // side, side, height // side, channels)
        return np.rint(blocks.mean((2, 4))).astype(np.uint8)
    edges, pixels = np.arange(side + 1)[:, None] * (height / side), np.arange(height)
    overlap = np.minimum(edges[1:], pixels + 1) - np.maximum(edges[:-1], pixels)
    share = np.float32(overlap.clip(0) * (side / height))  # (side, H): of each old pixel in each new one
    return np.rint(np.einsum("ah,nhwc,bw->nabc", share, images, share, optimize=True)).astype(np.uint8)


def _check_side(side: Any) -> None:
    """Raise a TypeError unless a side is a whole number."""
    if not is_whole(side):
        raise TypeError(f"side: found {side!r:.60}; expected a whole number of pixels.")


def enlarge(images: np.ndarray, side: int) -> np.ndarray:
    """Make larger images, smooth between the pixels (bicubic), as for a judge that reads chips of one size.

    Args:
        images: uint8 (N, H, H, 3).
        side: their new height and width in pixels, at least H.

    Returns:
        uint8 (N, side, side, 3), the images themselves where they have that size.

    Raises:
        TypeError: the images are not uint8.
        ValueError: they are not square, or `side` is less than H.

    >>> enlarge(np.full((1, 40, 40, 3), 9, np.uint8), 80).shape
    (1, 80, 80, 3)
    """
    check_images(images)
    _check_side(side)
    height, width = images.shape[1:3]
    if height != width or side < height:
        raise ValueError(
            f"images: found {width} x {height} pixels; expected squares of at most {side} to enlarge to that."
        )
    if side == height:
        return images
    larger = [Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC) for image in images]
    return np.stack(larger) if larger else np.empty((0, side, side, 3), np.uint8)


def as_coarse(chips: ChipSet, side: int) -> ChipSet:
    """Real chips as a model of smaller images would draw them: shrunk to its side, and enlarged again for the judge.

    Args:
        chips: of 80 x 80 pixels.
        side: of the model's images; 80 for the chips as they are.

    >>> from satgan_tutorial.sources.simulate import draw_chips
    >>> chips = draw_chips(4, seed=0)
    >>> as_coarse(chips, 40).images.shape, as_coarse(chips, SIZE) is chips
    ((4, 80, 80, 3), True)
    """
    return chips if side == SIZE else replace(chips, images=enlarge(shrink(chips.images, side), SIZE))


def symmetry(images: np.ndarray, which: int) -> np.ndarray:
    """One of the eight symmetries of the square, 0 (nothing) to 7, of images (..., H, W, 3).

    >>> image = np.arange(4).reshape(1, 2, 2, 1)
    >>> [symmetry(image, which).ravel().tolist() for which in (0, 1, 4)]  # as it is, turned, mirrored
    [[0, 1, 2, 3], [1, 3, 0, 2], [1, 0, 3, 2]]
    """
    if which not in range(8):
        raise ValueError(f"symmetry: found {which!r:.60}; expected 0 to 7.")
    turned = np.rot90(images, which % 4, axes=(-3, -2))
    return turned if which < 4 else turned[..., ::-1, :]


__getattr__ = old_names(
    __name__,
    {
        "load_chips": "sources.load_chips",
        "home": "files.home",
        "checkout": "files.checkout",
    },
)
