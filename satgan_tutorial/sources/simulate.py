"""Draw chips from known causes: an explicit, hand-written p(x|y).

Two steps. `draw_causes` draws a table from p(causes|y): which scene, what sea, sun and haze, which ship. `render`
turns each row into pixels (`paint` has the brushes); it is a function of the table alone, so a row changed in one column
and rendered again shows what that cause does. `draw_chips` is both, packed as a `ChipSet`.

The distributions were calibrated by eye and by the aggregate statistics in `data/simulated.md`; no real pixel is in
here. Positions are metres east (x) and south (y) of the chip's centre; angles are degrees clockwise from north.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..chips import SIZE, ChipSet
from . import paint
from .base import key_of

if TYPE_CHECKING:
    import pandas as pd  # and SciPy: imported where they draw, so that asking for the key takes no time

BANDS = ("red", "green", "blue")
SATELLITE = "fa4e"  # ends every simulated scene id; no PlanetScope satellite of 2015-2018 has it

# What a no-ship shows, and its share: land cover, parts of ships and look-alikes, a third each, as in ShipsNet.
LAND_COVER = {"sea": 0.10, "coast": 0.08, "land": 0.09, "town": 0.19 / 3}
LOOK_ALIKES = {"boat": 0.07, "bright": 0.10, "lines": 0.11, "cloud": 0.16 / 3}
NO_SHIP_KINDS = LAND_COVER | {"part": 1 / 3} | LOOK_ALIKES
DECKS = {"red": 0.37, "cream": 0.20, "grey": 0.24, "brown": 0.10, "green": 0.07, "blue": 0.02}
PAINT = {  # of each deck: red, green, blue in 0..255
    "red": (225, 136, 108), "cream": (255, 244, 218), "grey": (202, 188, 164),
    "brown": (176, 142, 110), "green": (132, 162, 134), "blue": (128, 154, 168),
}  # fmt: skip
SIZES = {
    "handysize": 0.13, "handymax": 0.38, "supramax": 0.17, "panamax": 0.24, "aframax": 0.05, "larger": 0.03,
}  # fmt: skip
HULLS = {  # of each size: length and its spread, beam, in metres
    "handysize": (175, 7, 31), "handymax": (188, 5, 34), "supramax": (206, 6, 35),
    "panamax": (231, 4, 36), "aframax": (247, 5, 46), "larger": (285, 22, 50),
}  # fmt: skip
CARGO = {"hatches": 0.42, "pipes": 0.28, "containers": 0.08, "plain": 0.22}
REGIONS = {  # the box, longitude and latitude; then where ships anchor (mean, spread)
    "San Francisco Bay": ((-122.62, -122.02), (37.60, 37.89), (-122.345, 0.012), (37.74, 0.025)),
    "San Pedro Bay": ((-118.40, -117.92), (33.64, 33.79), (-118.14, 0.03), (33.71, 0.03)),
}


@dataclass(frozen=True)
class Simulator:
    """The simulator as a source of chips: `n` of them from a seed; `origin` says why they were taken.

    >>> Simulator(n=4, seed=0).read()
    ChipSet(4 simulated chips: 1 ships, 3 no-ships, from 1 scenes)
    """

    origin: str = ""
    n: int = 4000
    seed: int = 0
    name = "simulated"

    def key(self) -> str:
        """What names the bits: the code that draws them, NumPy, SciPy and pandas, how many and the seed."""
        return key_of(
            code=("chips.py", "sources/simulate.py", "sources/paint.py", "sources/cache.py"),
            libraries=("numpy", "scipy", "pandas"),
            inputs=f"{self.n} {self.seed}".encode(),
        )

    def read(self) -> ChipSet:
        """Draw them."""
        return draw_chips(self.n, seed=self.seed)


def draw_chips(n: int, seed: int, label: int | None = None) -> ChipSet:
    """Draw simulated chips.

    Args:
        n: how many.
        seed: an int; the same seed gives the same bits.
        label: 1 for ships, 0 for no-ships, None for ShipsNet's mix, a quarter ships.

    Returns:
        A `ChipSet` with `source="simulated"` and the causes of each chip (see `draw_causes`), ordered by label and
        scene like the files of ShipsNet.

    Raises:
        ValueError: if n is negative or the label is none of the three.

    >>> chips = draw_chips(2, seed=0, label=1)
    >>> chips.images.shape, chips.labels.tolist(), sorted(set(chips.causes["kind"]))
    ((2, 80, 80, 3), [1, 1], ['ship'])
    """
    causes = draw_causes(n, seed, label)
    return ChipSet(
        images=render(causes),
        labels=causes["label"].to_numpy(np.uint8),
        scenes=causes["scene"].to_numpy(str),
        locations=causes[["longitude", "latitude"]].to_numpy(np.float64),
        source="simulated",
        causes=causes,
    )


def draw_scene(
    height: int, width: int, seed: int, *, ships: int | None = None
) -> tuple[np.ndarray, pd.DataFrame]:
    """Draw a whole scene: open water with ships and boats, a coast with a town, clouds.

    Args:
        height: in pixels of 3 m.
        width: the same.
        seed: an int; the same seed gives the same bits.
        ships: how many, fewer where the water has no room left; None for one in 90 000 pixels.

    Returns:
        The scene, uint8 (height, width, 3), and a row for each ship: the pixel of its centre, `x` and `y` from the top
        left corner, and the causes it was drawn from (see `draw_causes`). Boats are not in the table.

    Raises:
        ValueError: a side is shorter than a chip's.

    >>> scene, ships = draw_scene(160, 240, seed=0, ships=1)
    >>> scene.shape, len(ships)
    ((160, 240, 3), 1)
    >>> x, y = ships.loc[0, ["x", "y"]]  # the pixel of its centre
    >>> bool(0 <= x < 240 and 0 <= y < 160)
    True
    """
    import pandas as pd
    from scipy import ndimage

    if min(height, width) < SIZE:
        raise ValueError(f"{width} x {height} pixels: expected at least {SIZE} x {SIZE}, a chip.")
    rng = np.random.default_rng(seed)
    scene = _scene(rng)
    cause = SimpleNamespace(**scene)
    view = paint.view_of(cause, height, width)
    rows = []

    def draw(image: np.ndarray) -> None:
        taken = paint.shore(image, view, cause, rng) | paint.clouds(image, view, rng)
        room = ndimage.distance_transform_edt(~np.pad(taken, 1, constant_values=True))[1:-1, 1:-1]
        wanted = max(1, round(height * width / 90_000)) if ships is None else ships
        for label in [1] * wanted + [0] * (wanted // 2):
            row = _ships(rng, scene, 1)[0] if label else _boat(rng, scene)
            free = np.flatnonzero(room > (48 if label else 12))
            if len(free):
                y, x = divmod(int(rng.choice(free)), width)
                paint.moor(image, SimpleNamespace(**row | {"x": 0.0, "y": 0.0}), x, y)
                room = np.minimum(room, np.hypot(np.arange(width) - x, np.arange(height)[:, None] - y) - 16)
                rows.extend([row | {"x": x, "y": y}] * label)

    image = paint.expose(cause, view, rng, draw)
    return image, pd.DataFrame(rows, columns=None if rows else ["x", "y"])


def draw_causes(n: int, seed: int, label: int | None = None) -> pd.DataFrame:
    """Draw the causes of n chips, a row each; arguments and errors are those of `draw_chips`.

    Lengths are in metres, angles in degrees (`heading` is where the bow points, `swing` where the scene's anchored
    ships do), colours in 0..255, `waves` and `speckle` in grey values, `haze` and `wake` from 0 (none) to 1. `look`
    and `noise` seed what has no column: the details of the object and of the sea. NaN stands where a chip has no
    ship. Chips of one scene share sea, sun and haze, and some ships are near-twins: one view cropped twice, by
    `crop_x` and `crop_y` pixels.

    >>> causes = draw_causes(8, seed=0)
    >>> causes["label"].tolist()  # a quarter ships
    [0, 0, 0, 0, 0, 0, 1, 1]
    >>> bool(causes.query("label == 1")["length"].between(100, 400).all())  # metres
    True
    """
    import pandas as pd

    if n < 0 or label not in (None, 0, 1):
        raise ValueError(f"n={n}, label={label}: expected n of 0 or more and a label of 0, 1 or None.")
    if n == 0:
        return draw_causes(4, seed, label)[:0]
    rng = np.random.default_rng(seed)
    ships = round(n / 4) if label is None else n * label
    ship_sizes, other_sizes = _sizes(rng, ships, 4.7, most=16), _sizes(rng, n - ships, 6.95, most=28)
    scenes = [_scene(rng) for _ in range(max(len(ship_sizes), len(other_sizes)))]
    rows = []
    for scene, size in zip(scenes, other_sizes, strict=False):
        rows += [_no_ship(rng, scene) for _ in range(size)]
    for index, size in zip(rng.permutation(len(scenes)), ship_sizes, strict=False):
        rows += _ships(rng, scenes[index], size)
    return pd.DataFrame(rows).sort_values(["label", "scene"], kind="stable", ignore_index=True)


def render(causes: pd.DataFrame) -> np.ndarray:
    """Draw the chips of a table of causes: uint8 (N, 80, 80, 3). The same table gives the same bits.

    >>> causes = draw_causes(1, seed=0, label=1)
    >>> turned = causes.assign(heading=causes["heading"] + 90)
    >>> one, again, other = render(causes), render(causes), render(turned)
    >>> bool((one == again).all()), bool((one == other).all())
    (True, False)
    """
    images = np.empty((len(causes), SIZE, SIZE, 3), np.uint8)
    for image, cause in zip(images, causes.itertuples(index=False), strict=True):
        image[:] = paint.chip(cause)
    return images


def _pick(rng: np.random.Generator, shares: Mapping[str, float]) -> str:
    """One of the names, each with its share."""
    return list(shares)[np.searchsorted(np.cumsum(list(shares.values()))[:-1], rng.random())]


def _rgb(name: str, colour: Any) -> dict[str, float]:
    """A colour as three columns."""
    return {f"{name}_{band}": float(value) for band, value in zip(BANDS, colour, strict=True)}


def _sizes(rng: np.random.Generator, total: int, mean: float, most: int) -> list[int]:
    """How many chips each scene gives: 1 to `most`, together `total`."""
    sizes = []
    while total > 0:
        sizes.append(min(total, most, 1 + int(rng.negative_binomial(2, 2 / (mean + 1)))))
        total -= sizes[-1]
    return sizes


def _scene(rng: np.random.Generator) -> dict[str, Any]:
    """What the chips of a scene share: time, region, sea, sun, haze, and where the tide turns ships at anchor."""
    day = np.datetime64("2015-07-01") + int(rng.beta(3, 1.6) * 1110)
    time = np.datetime64(f"{day}T18:18:00") + int(rng.normal(0, 700))
    stamp = str(time).replace("-", "").replace(":", "").replace("T", "_")
    season = np.cos((day - np.datetime64("2015-06-21")).astype(int) / 365.25 * 2 * np.pi)
    green = np.clip(rng.normal(93, 27), 28, 145)
    warm = rng.normal(*((0.5, 0.7) if rng.random() < 0.8 else (-1.7, 0.7)))  # brown with silt, or blue
    sea = green + np.array([-12 + 0.06 * (green - 93) + 7 * warm, 0, -12 - 5 * warm]) + rng.normal(0, 3, 3)
    modes = (rng.normal(159, 10), rng.normal(52, 13), rng.uniform(0, 180))
    mode = np.searchsorted((0.76, 0.88), rng.random())
    return _rgb("sea", sea.clip(4)) | {
        "scene": f"{stamp}_{SATELLITE}", "region": "San Pedro Bay" if rng.random() < 0.14 else "San Francisco Bay",
        "waves": rng.gamma(0.4, 3.8), "wave_length": rng.uniform(10, 30), "wave_direction": rng.uniform(0, 180),
        "sun_azimuth": rng.normal(142, 10), "sun_elevation": 48 + 17 * season + rng.normal(0, 2),
        "haze": rng.beta(1, 18), "blur": rng.uniform(0.18, 0.26), "speckle": 2.3 + rng.gamma(2, 0.42), "swing": (modes[mode] + 180 * rng.integers(2)) % 360,
    }  # fmt: skip


def _ships(rng: np.random.Generator, scene: dict[str, Any], size: int) -> list[dict[str, Any]]:
    """Rows of `size` ships of a scene, near-twins among them."""
    rows = []
    while len(rows) < size:
        if rows and rng.random() < 0.2:
            crop = rng.integers(-5, 6, 2)
            row = rows[rng.integers(len(rows))] | {"crop_x": int(crop[0]), "crop_y": int(crop[1])}
        else:
            row = scene | {"label": 1, "kind": "ship"} | _ship_causes(rng, scene["swing"])
            row |= {"x": rng.normal(0, 6), "y": rng.normal(0, 6)}
        rows.append(row | _place(rng, scene["region"], afloat=True))
    return rows


def _ship_causes(rng: np.random.Generator, swing: float) -> dict[str, Any]:
    """The causes that are the ship's own."""
    deck, cargo, size = _pick(rng, DECKS), _pick(rng, CARGO), _pick(rng, SIZES)
    length, spread, beam = HULLS[size]
    length, beam = rng.normal(length, spread) + rng.laplace(0, 3), max(rng.normal(beam, 3.5), 20.0)
    colour = np.array(PAINT[deck]) + rng.normal(0, 16) + rng.normal(0, 5) * np.array([1, 0, -1])
    colour += rng.beta(1, 2.5) * (colour.mean() * np.array([1.08, 1, 0.88]) - colour)  # old paint is paler
    rim = colour * rng.normal(0.95, 0.12) + rng.normal(0, 8)
    anchored = rng.random() < 0.9
    heading = rng.normal(swing, 7) + 180 * (rng.random() < 0.1) if anchored else rng.uniform(0, 360)
    return _rgb("deck", colour.clip(20, 255)) | _rgb("hull", rim.clip(20, 255)) | {
        "heading": heading % 360, "size": size, "length": length, "beam": beam,
        "deck": deck, "cargo": cargo, "hatches": int(rng.integers(5, 10)) if cargo in ("hatches", "containers") else 0,
        "bridge": rng.uniform(0.045, 0.085) * length, "height": min(rng.gamma(4, 1.8), 16.0),
        "wake": 0.0 if anchored else rng.beta(1, 1.5), "tug": int(rng.random() < 0.1),
        "crop_x": 0, "crop_y": 0, "look": int(rng.integers(2**32)), "noise": int(rng.integers(2**32)),
    }  # fmt: skip


def _no_ship(rng: np.random.Generator, scene: dict[str, Any]) -> dict[str, Any]:
    """The causes of a chip that is no ship; a part of a ship is a ship of which one end alone is in the chip."""
    kind, row = _pick(rng, NO_SHIP_KINDS), _ship_causes(rng, scene["swing"])
    if kind == "boat":
        length, (x, y) = rng.uniform(10, 45), rng.uniform(-60, 60, 2)
        row |= {
            "size": "boat", "length": length, "beam": length / 3.2, "bridge": length / 5, "height": 2.0,
            "cargo": "plain", "hatches": 0,
            "heading": rng.uniform(0, 360), "wake": rng.beta(3, 1), "tug": 0, "x": x, "y": y,
        }  # fmt: skip
    elif kind == "part":
        angle, centre, far_end = np.deg2rad(row["heading"]), np.zeros(2), np.zeros(2)
        arm = row["length"] / 2 * rng.choice([-1, 1]) * np.array([np.sin(angle), -np.cos(angle)])
        while np.abs(centre).max() < 45 or np.abs(far_end).max() < 120:
            centre = rng.uniform(-90, 90, 2) + arm
            far_end = centre + arm
        row |= {"x": centre[0], "y": centre[1]}
    else:
        row = {key: row[key] for key in ("crop_x", "crop_y", "look", "noise")} | {"hatches": 0, "tug": 0}
    place = _place(rng, scene["region"], afloat=kind in ("part", "boat", "sea"))
    return scene | {"label": 0, "kind": kind} | row | place


def _boat(rng: np.random.Generator, scene: dict[str, Any]) -> dict[str, Any]:
    """The causes of a boat; whatever else `_no_ship` draws is drawn again."""
    while (row := _no_ship(rng, scene))["kind"] != "boat":
        pass
    return row


def _place(rng: np.random.Generator, region: str, afloat: bool) -> dict[str, float]:
    """Longitude and latitude: where the region's ships anchor, or anywhere in its box."""
    *box, east, north = REGIONS[region]
    place = [rng.uniform(*sides) for sides in box]
    if afloat:
        place = [np.clip(rng.normal(*spot), *sides) for spot, sides in zip((east, north), box, strict=True)]
    return {"longitude": float(place[0]), "latitude": float(place[1])}
