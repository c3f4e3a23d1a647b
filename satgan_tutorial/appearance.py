"""Measure chips by their pixels, with no network: colours, the central ship's heading and size, contrast, spectrum.

Every function takes uint8 images (N, 80, 80, 3), be they real, simulated or generated. What a threshold on colour can't
do: it finds no ship in the colour of its sea, takes a bright wake or a tug alongside for a piece of the ship, and can't
see past the chip's edge, so a ship that runs out of the chip is measured too short (`touches` says which). Of a chip
without a ship it measures whatever stands in the middle.

Pixels that are not uint8 are a TypeError, images that are not (N, H, W, 3) a ValueError.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import ndimage

from .chips import PIXEL, check_images, is_whole

SEA = ("sea_noise", "sea_grain", "sea_chroma")
FRAME = 4  # pixels, the width of the border that stands for the sea


def measure(images: np.ndarray) -> pd.DataFrame:
    """Measure each chip: a table of N rows.

    Columns: `sea_red`, `sea_green`, `sea_blue` and `ship_red`, ... (medians, 0..255); `sea_texture` (median distance
    from the sea's colour, 0..255); `heading` (degrees clockwise from north, 0 <= heading < 180: bow and stern look alike);
    `length`, `width` (metres); `contrast` (distance between the ship's and the sea's colour); `spread` (standard
    deviation of the chip's grey values); `touches` (True where the ship runs out of the chip). What is the ship's is
    NaN where none is found.

    >>> chip = np.full((1, 80, 80, 3), (20, 60, 80), np.uint8)  # a sea
    >>> chip[0, 36:44, 20:60] = 200  # and a ship that points east, 40 pixels long and 8 wide
    >>> measure(chip)[["heading", "length", "width", "sea_blue"]].round(0).to_dict("records")
    [{'heading': 90.0, 'length': 123.0, 'width': 27.0, 'sea_blue': 80.0}]
    """
    return _measured(images, sea_colour(images), segment(images))


def describe(images: np.ndarray) -> pd.DataFrame:
    """Put each chip into numbers to compare with those of other chips: a table of N rows, all finite but `heading`.

    Columns: those of `measure` but `touches`; `elongation`, length over width; `fill`, the ship's area over length times
    width, the less the more its ends taper; `east` and `north`, where the ship's middle lies (metres from the chip's);
    `share` of the chip that is ship (0..1); and three of the sea, 5 pixels and more from the ship, on what is left when each
    pixel's mean of 5 x 5 is taken away: `sea_noise`, its standard deviation in grey levels (from the median distance, so
    that a wave or a boat counts little); `sea_grain`, its correlation with the next pixel, right and below, where each is
    cut off at three standard deviations (-1..1; 1 where there is no noise); `sea_chroma`, the same as `sea_noise` of red
    less blue.

    Where no ship is found its colour is the sea's, it lies in the middle, and the rest is 0, but for its heading: NaN.

    Raises:
        TypeError: pixels that are not uint8.
        ValueError: images that are not (N, H, W, 3).

    >>> chip = np.full((1, 80, 80, 3), (20, 60, 80), np.uint8)  # a sea
    >>> chip[0, 36:44, 20:60] = 200  # and a ship that points east, 40 pixels long and 8 wide
    >>> describe(chip)[["elongation", "share", "sea_noise"]].round(2).to_dict("records")
    [{'elongation': 4.48, 'share': 0.06, 'sea_noise': 0.0}]
    """
    sea, masks = sea_colour(images), segment(images)
    table = _measured(images, sea, masks).drop(columns="touches")
    for band, colour in zip(("red", "green", "blue"), sea.T, strict=True):
        table[f"ship_{band}"] = table[f"ship_{band}"].fillna(pd.Series(colour))
    rest = [_layout(mask) | _sea(image, mask) for image, mask in zip(images, masks, strict=True)]
    table = pd.concat([table, pd.DataFrame(rest, columns=[*_layout(np.zeros((1, 1), bool)), *SEA])], axis=1)
    table.insert(0, "elongation", table.length / table.width)
    area = table["share"] * images.shape[1] * images.shape[2] * PIXEL**2
    table.insert(1, "fill", area / (table.length * table.width))
    return table.fillna({name: 0 for name in table if name != "heading"})


def _measured(images: np.ndarray, sea: np.ndarray, masks: np.ndarray) -> pd.DataFrame:
    """The table of `measure`, given each chip's sea colour and its ship's pixels."""
    rows = []
    for image, colour, mask in zip(images, sea, masks, strict=True):
        texture = np.median(np.linalg.norm(_frame(image) - colour, axis=1))
        row = {"sea_texture": texture, "spread": image.mean(axis=2).std()}
        rows.append(row | _ship(image, colour, mask))
    table = pd.DataFrame(rows, columns=["sea_texture", "spread", *_ship(None, None, np.zeros((1, 1), bool))])
    for band, values in zip(("red", "green", "blue"), sea.T, strict=True):
        table.insert(0, f"sea_{band}", values)
    return table


def sea_colour(images: np.ndarray) -> np.ndarray:
    """The median colour of each chip's border, 4 pixels wide: float64 (N, 3), 0..255.

    >>> sea_colour(np.full((1, 80, 80, 3), (20, 60, 80), np.uint8))
    array([[20., 60., 80.]])
    """
    check_images(images)
    return np.array([np.median(_frame(image), axis=0) for image in images]).reshape(-1, 3)


def segment(images: np.ndarray) -> np.ndarray:
    """The pixels of the object in the middle: bool (N, 80, 80), all False where nothing stands out from the sea.

    A pixel belongs if its colour is far from the sea's: farther than the sea's own texture reaches, and than two fifths of
    the way to the object. Shadows (the sea, darker) are left out where something brighter is there.

    >>> chip = np.full((1, 80, 80, 3), (20, 60, 80), np.uint8)  # a sea
    >>> chip[0, 36:44, 20:60] = 200  # and a ship that points east, 40 pixels long and 8 wide
    >>> int(segment(chip).sum())  # pixels of the ship, with a rim
    365
    """
    check_images(images)
    return np.array([_segment(image) for image in images], bool).reshape(images.shape[:3])


def spectrum(images: np.ndarray, bins: int = 16) -> np.ndarray:
    """Radial power spectrum of the grey values: float64 (N, bins), log10 of the mean power.

    Bin i holds the frequencies from i to i + 1 of 0.5/bins cycles a pixel, the last ends at the Nyquist frequency.
    A Hann window keeps the borders from ringing.

    Raises:
        ValueError: images that are no squares, or more bins than half a side has pixels, of which some would be empty.

    >>> noise = np.random.default_rng(0).integers(0, 256, (4, 80, 80, 3), np.uint8)
    >>> spectrum(noise, bins=4).mean(axis=0).round(1)  # white noise: as strong at every frequency
    array([6.2, 6.2, 6.2, 6.2])
    """
    side = _side(images)
    if not is_whole(bins) or not 1 <= bins <= side // 2:
        raise ValueError(f"bins: found {bins!r:.60}; expected a whole number from 1 to {side // 2}.")
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None])
    which = np.minimum((frequency * 2 * bins).astype(int), bins).ravel()
    window = np.outer(np.hanning(side), np.hanning(side))
    twice = np.full(
        frequency.shape, 2.0
    )  # each column stands for its mirror image too, but the first and the middle one
    twice[:, 0] = 1
    if side % 2 == 0:
        twice[:, -1] = 1
    counts = np.bincount(which, twice.ravel())[:bins]
    powers = np.empty((len(images), bins))
    for row, image in zip(powers, images, strict=True):
        grey = image.mean(axis=2)
        power = np.abs(np.fft.rfft2((grey - grey.mean()) * window)) ** 2 * twice
        row[:] = np.log10(np.bincount(which, power.ravel())[:bins] / counts + 1e-9)
    return powers


def line_spectrum(images: np.ndarray) -> np.ndarray:
    """Power spectrum of the grey values along rows and columns: float64 (N, 41), log10 of 0, 1, ... waves a side.

    The last is the Nyquist frequency, two pixels a wave, where the pattern of a network that draws pixel by pixel shows.
    A Hann window keeps the borders from ringing.

    Raises:
        ValueError: images that are no squares.

    >>> stripes = np.zeros((1, 80, 80, 3), np.uint8)
    >>> stripes[:, :, ::2] = 9  # two pixels a wave
    >>> int(line_spectrum(stripes)[0, 1:].argmax()) + 1  # the strongest, but for the mean
    40
    """
    _side(images)
    grey = images.mean(axis=3)
    grey -= grey.mean(axis=(1, 2), keepdims=True)
    lines = np.concatenate([grey, grey.swapaxes(1, 2)], axis=1) * np.hanning(images.shape[1])
    return np.log10((np.abs(np.fft.rfft(lines)) ** 2).mean(axis=1) + 1e-9)


def alignment(heading: np.ndarray) -> float:
    """How far headings in degrees, modulo 180, agree: 0 where all are as common, 1 where all are one; NaN for none.

    It is the length of the mean direction, each angle doubled so that bow and stern are alike; NaN is left out.

    >>> round(alignment(np.array([40.0, 40.0])), 6), round(alignment(np.array([0.0, 90.0])), 6)
    (1.0, 0.0)
    """
    turns = np.exp(2j * np.radians(np.asarray(heading)[np.isfinite(heading)]))
    return float(np.abs(turns.mean())) if len(turns) else float("nan")


def total_variation(a: np.ndarray, b: np.ndarray, edges: np.ndarray) -> float:
    """Half the summed difference of two histograms' shares: 0 for equal ones, 1 for ones that never meet.

    Args:
        a: values; NaN is left out.
        b: values to compare with.
        edges: the bins' edges; what lies outside counts in the first or last bin.

    Raises:
        ValueError: no number among a or among b, or edges that do not rise.

    >>> total_variation(np.array([1, 1, 2]), np.array([2, 2, 2]), np.array([0.5, 1.5, 2.5]))
    0.6666666666666667
    """
    edges, shares = np.asarray(edges, float), []
    if edges.ndim != 1 or len(edges) < 2 or not np.isfinite(edges).all() or not (np.diff(edges) > 0).all():
        raise ValueError(f"edges: found {edges.tolist()!r:.60}; expected two numbers or more that rise.")
    for name, values in (("a", a), ("b", b)):
        values = np.asarray(values, float)
        values = np.clip(values[~np.isnan(values)], edges[0], edges[-1])
        if not len(values):
            raise ValueError(
                f"{name}: found no number among {np.size(a if name == 'a' else b)} values; expected one at least. Where no "
                "ship was found there is nothing to compare."
            )
        shares.append(np.histogram(values, edges)[0] / len(values))
    return float(np.abs(shares[0] - shares[1]).sum() / 2)


def _side(images: np.ndarray) -> int:
    """The side of square images in pixels; the errors of `check_images`, and a ValueError for other shapes."""
    check_images(images)
    if images.shape[1] != images.shape[2]:
        raise ValueError(f"images: found {images.shape[2]} x {images.shape[1]} pixels; expected squares.")
    return images.shape[1]


def _frame(image: np.ndarray) -> np.ndarray:
    return np.concatenate(
        [part.reshape(-1, 3) for part in (image[:FRAME], image[-FRAME:], image[:, :FRAME], image[:, -FRAME:])]
    )


def _segment(image: np.ndarray) -> np.ndarray:
    border = _frame(image)
    sea = np.median(border, axis=0)
    noise = np.median(np.linalg.norm(border - sea, axis=1))
    offset = ndimage.uniform_filter(image.astype(np.float32), (2, 2, 0)) - sea
    far = np.linalg.norm(offset, axis=2)
    brighter = np.where(offset.max(axis=2) > 0.5 * far, far, 0)
    for distance in (brighter, far):
        mask = _middle(distance > max(10.0, 4 * noise))
        if mask.sum() >= 30:
            return _middle(distance > max(10.0, 4 * noise, 0.4 * np.median(distance[mask])))
    return np.zeros(image.shape[:2], bool)


def _middle(mask: np.ndarray) -> np.ndarray:
    """The connected piece with the most pixels near the centre, its holes filled."""
    mask = ndimage.binary_closing(np.pad(mask, 2), np.ones((3, 3)))[2:-2, 2:-2]
    pieces, _ = ndimage.label(mask, np.ones((3, 3)))
    height, width = mask.shape
    near = pieces[height // 2 - 14 : height // 2 + 14, width // 2 - 14 : width // 2 + 14]
    counts = np.bincount(near.ravel())
    counts[0] = 0
    return ndimage.binary_fill_holes(pieces == counts.argmax()) if counts.any() else np.zeros_like(mask)


def _ship(image: np.ndarray | None, sea: np.ndarray | None, mask: np.ndarray) -> dict[str, Any]:
    names = ("ship_red", "ship_green", "ship_blue", "heading", "length", "width", "contrast")
    if mask.sum() < 30:
        return dict.fromkeys(names, np.nan) | {"touches": False}
    y, x = np.nonzero(mask)
    centred = np.stack([x - x.mean(), y - y.mean()])
    east, south = np.linalg.eigh(centred @ centred.T)[1][:, 1]
    along = east * centred[0] + south * centred[1]
    length = np.quantile(along, 0.995) - np.quantile(along, 0.005) + 1
    middle = np.abs(along) < 0.3 * length
    width = middle.sum() / (0.6 * length)
    colour = np.median(image[mask], axis=0)
    values = [*colour, np.degrees(np.arctan2(east, -south)) % 180, length * PIXEL, width * PIXEL]
    rim = mask[0].any() or mask[-1].any() or mask[:, 0].any() or mask[:, -1].any()
    return dict(zip(names, [*values, np.linalg.norm(colour - sea)], strict=True)) | {"touches": bool(rim)}


def _layout(mask: np.ndarray) -> dict[str, float]:
    """Where the ship's middle lies, and how much of the chip is ship; nothing of a piece that `_ship` does not measure."""
    if mask.sum() < 30:
        return {"east": 0.0, "north": 0.0, "share": 0.0}
    y, x = (at.mean() - (side - 1) / 2 for at, side in zip(np.nonzero(mask), mask.shape, strict=True))
    return {"east": x * PIXEL, "north": -y * PIXEL, "share": mask.mean()}


def _sea(image: np.ndarray, mask: np.ndarray) -> dict[str, float]:
    """The noise of the sea away from the ship: how strong, how smooth, how colourful."""
    sea = ~ndimage.binary_dilation(mask, np.ones((3, 3)), iterations=4) if mask.any() else ~mask
    if sea.sum() < 100:
        sea = np.ones_like(mask)
    pixels = image.astype(np.float32)
    waves = np.stack([pixels.mean(axis=2), pixels[..., 0] - pixels[..., 2]])
    waves -= ndimage.uniform_filter(waves, (0, 5, 5))
    noise, colour = (1.4826 * float(np.median(np.abs(wave[sea]))) for wave in waves)
    grey = np.clip(waves[0], -3 * noise, 3 * noise)
    pairs = [(grey[:, 1:], grey[:, :-1], sea[:, 1:] & sea[:, :-1]), (grey[1:], grey[:-1], sea[1:] & sea[:-1])]
    together = sum((a * b)[both].sum() for a, b, both in pairs)
    power = sum(((a * a + b * b) / 2)[both].sum() for a, b, both in pairs)
    return dict(zip(SEA, (noise, float(together / power) if power > 0 else 1.0, colour), strict=True))
