"""Draw chips from known causes: an explicit, hand-written p(x|y).

Two steps. `draw_causes` draws a table from p(causes|y): which scene, what sea, sun and haze, which ship. `render`
turns each row into pixels; it is a function of the table alone, so a row changed in one column and rendered again
shows what that cause does. `draw_chips` is both, packed as a `ChipSet`.

The distributions were calibrated by eye and by the aggregate statistics in `data/simulated.md`; no real pixel is in
here. Positions are metres east (x) and south (y) of the chip's centre; angles are degrees clockwise from north.
"""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import fft, ndimage

from .measure import PIXEL

if TYPE_CHECKING:
    from .chips import ChipSet

SIZE = 80  # pixels, the side of a chip
BANDS = ("red", "green", "blue")
MARGIN = 8  # pixels about it that its textures reach, and near-twins are cropped from
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
LANDS = (  # woods, dry grass, chaparral, bare hills: colours from the valleys up
    ((22, 32, 24), (46, 52, 34), (88, 78, 54), (176, 144, 106)),
    ((76, 66, 46), (142, 112, 80), (180, 148, 112), (214, 184, 146)),
    ((14, 28, 34), (38, 54, 48), (76, 84, 66), (140, 130, 102)),
    ((60, 56, 50), (96, 86, 74), (132, 118, 98), (180, 162, 132)),
)
ROOFS = np.array(
    ((112, 100, 88), (150, 134, 116), (190, 176, 156), (250, 240, 220), (168, 124, 102), (84, 80, 76))
)
SIZES = {
    "handysize": 0.13,
    "handymax": 0.38,
    "supramax": 0.17,
    "panamax": 0.24,
    "aframax": 0.05,
    "larger": 0.03,
}
HULLS = {  # of each size: length and its spread, beam, in metres
    "handysize": (175, 7, 31), "handymax": (188, 5, 34), "supramax": (206, 6, 35),
    "panamax": (231, 4, 36), "aframax": (247, 5, 46), "larger": (285, 22, 50),
}  # fmt: skip
CARGO = {"hatches": 0.42, "pipes": 0.28, "containers": 0.08, "plain": 0.22}
REGIONS = {  # the box, longitude and latitude; then where ships anchor (mean, spread)
    "San Francisco Bay": ((-122.62, -122.02), (37.60, 37.89), (-122.345, 0.012), (37.74, 0.025)),
    "San Pedro Bay": ((-118.40, -117.92), (33.64, 33.79), (-118.14, 0.03), (33.71, 0.03)),
}


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
    """
    from .chips import ChipSet

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
    """
    if min(height, width) < SIZE:
        raise ValueError(f"{width} x {height} pixels: expected at least {SIZE} x {SIZE}, a chip.")
    rng = np.random.default_rng(seed)
    scene = _scene(rng)
    cause = SimpleNamespace(**scene)
    view = _view(cause, height, width)
    rows = []

    def draw(image):
        taken = _shore(image, view, cause, rng) | _clouds(image, view, rng)
        room = ndimage.distance_transform_edt(~np.pad(taken, 1, constant_values=True))[1:-1, 1:-1]
        wanted = max(1, round(height * width / 90_000)) if ships is None else ships
        for label in [1] * wanted + [0] * (wanted // 2):
            row = _ships(rng, scene, 1)[0] if label else _boat(rng, scene)
            free = np.flatnonzero(room > (48 if label else 12))
            if len(free):
                y, x = divmod(int(rng.choice(free)), width)
                _moor(image, view, SimpleNamespace(**row | {"x": 0.0, "y": 0.0}), x, y)
                room = np.minimum(room, np.hypot(np.arange(width) - x, np.arange(height)[:, None] - y) - 16)
                rows.extend([row | {"x": x, "y": y}] * label)

    image = _expose(cause, view, rng, draw)
    return image, pd.DataFrame(rows, columns=None if rows else ["x", "y"])


def draw_causes(n: int, seed: int, label: int | None = None) -> pd.DataFrame:
    """Draw the causes of n chips, a row each; arguments and errors are those of `draw_chips`.

    Lengths are in metres, angles in degrees (`heading` is where the bow points, `swing` where the scene's anchored
    ships do), colours in 0..255, `waves` and `speckle` in grey values, `haze` and `wake` from 0 (none) to 1. `look`
    and `noise` seed what has no column: the details of the object and of the sea. NaN stands where a chip has no
    ship. Chips of one scene share sea, sun and haze, and some ships are near-twins: one view cropped twice, by
    `crop_x` and `crop_y` pixels.
    """
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
    """Draw the chips of a table of causes: uint8 (N, 80, 80, 3). The same table gives the same bits."""
    images = np.empty((len(causes), SIZE, SIZE, 3), np.uint8)
    for image, cause in zip(images, causes.itertuples(index=False), strict=True):
        image[:] = _chip(cause)
    return images


def _pick(rng, shares):
    return list(shares)[np.searchsorted(np.cumsum(list(shares.values()))[:-1], rng.random())]


def _rgb(name, colour):
    return {f"{name}_{band}": float(value) for band, value in zip(BANDS, colour, strict=True)}


def _sizes(rng, total, mean, most):
    """How many chips each scene gives: 1 to `most`, together `total`."""
    sizes = []
    while total > 0:
        sizes.append(min(total, most, 1 + int(rng.negative_binomial(2, 2 / (mean + 1)))))
        total -= sizes[-1]
    return sizes


def _scene(rng):
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


def _ships(rng, scene, size):
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


def _ship_causes(rng, swing):
    """The causes that are the ship's own."""
    deck, cargo, size = _pick(rng, DECKS), _pick(rng, CARGO), _pick(rng, SIZES)
    length, spread, beam = HULLS[size]
    length, beam = rng.normal(length, spread) + rng.laplace(0, 3), max(rng.normal(beam, 3.5), 20.0)
    paint = np.array(PAINT[deck]) + rng.normal(0, 16) + rng.normal(0, 5) * np.array([1, 0, -1])
    paint += rng.beta(1, 2.5) * (paint.mean() * np.array([1.08, 1, 0.88]) - paint)  # old paint is paler
    rim = paint * rng.normal(0.95, 0.12) + rng.normal(0, 8)
    anchored = rng.random() < 0.9
    heading = rng.normal(swing, 7) + 180 * (rng.random() < 0.1) if anchored else rng.uniform(0, 360)
    return _rgb("deck", paint.clip(20, 255)) | _rgb("hull", rim.clip(20, 255)) | {
        "heading": heading % 360, "size": size, "length": length, "beam": beam,
        "deck": deck, "cargo": cargo, "hatches": int(rng.integers(5, 10)) if cargo in ("hatches", "containers") else 0,
        "bridge": rng.uniform(0.045, 0.085) * length, "height": min(rng.gamma(4, 1.8), 16.0),
        "wake": 0.0 if anchored else rng.beta(1, 1.5), "tug": int(rng.random() < 0.1),
        "crop_x": 0, "crop_y": 0, "look": int(rng.integers(2**32)), "noise": int(rng.integers(2**32)),
    }  # fmt: skip


def _no_ship(rng, scene):
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


def _place(rng, region, afloat):
    """Longitude and latitude: where the region's ships anchor, or anywhere in its box."""
    *box, east, north = REGIONS[region]
    place = [rng.uniform(*sides) for sides in box]
    if afloat:
        place = [np.clip(rng.normal(*spot), *sides) for spot, sides in zip((east, north), box, strict=True)]
    return {"longitude": float(place[0]), "latitude": float(place[1])}


def _chip(cause):
    """One chip: its object is drawn on the sea of its scene."""
    look, noise = np.random.default_rng(cause.look), np.random.default_rng(cause.noise)
    view = _view(cause, SIZE, SIZE, cause.crop_x, cause.crop_y)
    return _expose(cause, view, noise, lambda image: DRAW[cause.kind](image, view, cause, look))


def _view(cause, height, width, crop_x=0, crop_y=0):
    """Where a picture's pixels lie, in pixels east (x) and south (y) of its centre, and the scene's colours."""
    x, y = (np.arange(n, dtype=np.float32) - (n - 1) / 2 for n in (width, height))
    top, left = MARGIN + crop_y, MARGIN + crop_x
    view = SimpleNamespace(x=x[None, :] + crop_x, y=y[:, None] + crop_y)
    view.side, view.crop = (
        max(height, width) + 2 * MARGIN,
        (slice(top, top + height), slice(left, left + width)),
    )
    view.sea = np.array([cause.sea_red, cause.sea_green, cause.sea_blue], np.float32)
    view.tone = 0.55 + 0.45 * view.sea / (83, 94, 82)  # the scene's light and air, on land too
    return view


def _expose(cause, view, noise, draw):
    """A picture: sea, what `draw` puts on it, optics, haze, noise."""
    waves = _field(noise, view, 1.2, (cause.wave_length / PIXEL, np.deg2rad(cause.wave_direction)))
    waves = cause.waves * (waves + 0.3 * np.maximum(waves, 0) ** 2)  # crests are narrow and bright
    image = view.sea + waves[..., None]
    draw(image)
    image = _blur(image, cause.blur)
    image += 0.6 * (image - _blur(image, 0.25))  # the product is sharpened: edges have a halo
    image += np.float32(cause.haze) * (np.array([155, 160, 155], np.float32) - image)
    image += _speckle(noise, view) * np.float32(cause.speckle)
    return np.clip(image + 0.5, 0, 255).astype(np.uint8)


@cache
def _frequencies(side):
    fx, fy = fft.rfftfreq(side)[None].astype(np.float32), fft.fftfreq(side)[:, None].astype(np.float32)
    frequency = np.maximum(
        np.hypot(fx, fy), np.float32(1 / (SIZE + 2 * MARGIN))
    )  # a scene's texture is a chip's
    frequency[0, 0] = np.inf  # no mean
    return fx, fy, frequency


def _field(rng, view, slope, swell=None):
    """A random texture of unit variance: amplitude falls as frequency**-slope, `swell` adds waves of a length and angle."""
    fx, fy, frequency = _frequencies(view.side)
    amplitude = frequency ** np.float32(-slope)
    if swell:
        along = (fx * np.sin(swell[1]) - fy * np.cos(swell[1])) / frequency
        crests = np.exp(-2 * (frequency * swell[0] - 1) ** 2) * along**8
        amplitude = amplitude / np.linalg.norm(amplitude) + 1.2 * crests / np.linalg.norm(crests)
    spectrum = (rng.random((*amplitude.shape, 2), dtype=np.float32) - np.float32(0.5)).view(np.complex64)[
        ..., 0
    ]
    scale = np.float32(3**0.5 * view.side**2 / np.linalg.norm(amplitude))  # the sum of many is near normal
    return fft.irfft2(spectrum * (amplitude * scale), s=(view.side, view.side))[view.crop]


def _speckle(rng, view):
    """Sensor noise: heavy tails, neighbours alike, mostly grey with a slower drift of colour."""
    grey = 2 * rng.random((view.side, view.side, 1), dtype=np.float32) - 1
    cube = grey * grey * grey
    grey += 8 * cube * cube * cube
    tint = rng.random((view.side // 2, view.side // 2, 3), dtype=np.float32) - np.float32(0.5)
    tint = tint.repeat(2, axis=0).repeat(2, axis=1)
    rows, columns = view.crop
    wider = slice(rows.start, rows.stop + 1), slice(columns.start, columns.stop + 1)
    noise = np.float32(0.2) * grey[wider] + np.float32(0.45) * tint[wider]
    noise = 1.2 * noise[1:] + 0.8 * noise[:-1]
    return 1.2 * noise[:, 1:] + 0.8 * noise[:, :-1]


def _blur(image, share):
    """Blur with the kernel (share, 1 - 2 share, share) along both axes: the optics' point spread."""
    for _ in range(2):
        padded = np.concatenate([image[:1], image, image[-1:]])
        image = (share * (padded[:-2] + padded[2:]) + (1 - 2 * share) * image).swapaxes(0, 1)
    return image


def _blend(image, colour, cover):
    """Lay a colour, (3,) or (H, W, 3), over the image where `cover`, (H, W) in 0..1, is not 0."""
    hit = cover > 0
    colour, below = np.asarray(colour, np.float32), image[hit]
    image[hit] = below + cover[hit][:, None] * ((colour[hit] if colour.ndim == 3 else colour) - below)


def _step(distance):
    """How much of a pixel is covered whose centre lies `distance` pixels inside an edge."""
    return np.clip(distance + 0.5, 0, 1)


def _ship(image, view, cause, rng):
    angle, half, beam = np.deg2rad(cause.heading), cause.length / 2 / PIXEL, cause.beam / 2 / PIXEL
    east, south = view.x - cause.x / PIXEL, view.y - cause.y / PIXEL
    u, v = east * np.sin(angle) - south * np.cos(angle), east * np.cos(angle) + south * np.sin(angle)
    chance = rng.random(20)  # drawn at once, so that a changed cause does not change the rest
    deck = np.array([cause.deck_red, cause.deck_green, cause.deck_blue])

    def hull(u, v, inset=0.0):
        end = np.clip(np.maximum((u / half - 0.56) / 0.44, (-u / half - 0.84) / 0.16), 0, 1)
        return _step(beam * np.sqrt(1 - end * end) - inset - np.abs(v)) * _step(half - inset - np.abs(u))

    def box(middle, length, width, side=0.0):
        return _step(length / 2 - np.abs(u - middle)) * _step(width / 2 - np.abs(v - side))

    if cause.wake > 0:
        behind = np.maximum(-u - half * 0.9, 0)
        wide = beam * 0.6 + (0.03 + 0.1 * chance[3]) * behind
        foam = 1.6 * np.exp(-((v / wide) ** 2) - behind / (5 + 40 * cause.wake)) * (behind > 0)
        _blend(image, (226, 232, 222), (foam * cause.wake * (0.8 + 0.25 * _field(rng, view, 0.8))).clip(0, 1))
    away = np.deg2rad(cause.sun_azimuth + 180) - angle
    cast = cause.height / PIXEL / np.tan(np.deg2rad(cause.sun_elevation))
    cast_u, cast_v = cast * np.cos(away), cast * np.sin(away)
    bridge = cause.bridge / PIXEL
    stern = -half + 1.5 + 3 * chance[0] + bridge / 2
    _blend(image, view.sea * 0.25, 0.65 * hull(u - cast_u, v - cast_v))
    if cause.tug:
        side = (beam + 1.5) * (1 if chance[1] < 0.5 else -1)
        _blend(image, (225, 210, 195), box((1.6 * chance[2] - 0.8) * half, 4 + 8 * chance[3], 2.5, side))
    _blend(image, (cause.hull_red, cause.hull_green, cause.hull_blue), hull(u, v))
    inner = hull(u, v, 0.9)
    _blend(image, deck, inner)
    first, last = stern + bridge / 2 + 1, 0.72 * half
    if cause.hatches:
        bays, wide = (u - first) / (last - first) * cause.hatches, (0.4 + 0.3 * chance[4]) * beam
        _hatches(image, cause, rng, bays, v / wide, (last - first) / cause.hatches, wide, inner, deck)
    elif cause.cargo == "pipes":
        tone = deck * (0.68 if chance[8] < 0.5 else 1.25)
        _blend(image, tone, 0.7 * box((first + last) / 2, last - first, 0.8) * inner)
        _blend(image, tone, 0.7 * box(0.1 * half, 1.5, 2 * beam) * inner)
    image += (inner * (5 + 15 * chance[9]) * _field(rng, view, 0.7))[..., None]  # worn paint, gear
    if chance[11] < 0.45:  # the forecastle has its own paint
        _blend(image, deck * (0.6 + 0.7 * chance[12]), inner * _step(u - 0.8 * half) * 0.8)
    if chance[13] < 0.55:  # whatever shines amidships
        side = (chance[15] - 0.5) * beam
        _blend(image, (255, 245, 225), 0.8 * box((chance[14] - 0.4) * half, 2.5, 2.5, side) * inner)
    cast_u = np.sign(cast_u) * min(1 + abs(cast_u), 4)  # the bridge's shadow falls on the deck or the sea
    shade = (0.4 + 0.5 * chance[10]) * box(stern + cast_u, bridge, 1.3 * beam, 0.7 * cast_v)
    _blend(image, image * 0.25, shade)
    white = (215 + 40 * chance[16]) * np.array([1, 0.96, 0.88])
    _blend(image, white, (0.6 + 0.4 * chance[17]) * box(stern, bridge, (0.8 + 0.6 * chance[18]) * beam))
    _blend(image, deck * 0.3, chance[19] * box(stern - bridge / 2, 1.5, 1.8))  # the funnel


def _hatches(image, cause, rng, bays, lanes, pitch, wide, inner, deck):
    """Hatches or stacks of containers, and cranes between them.

    `bays` counts along the deck, from 0 to the number of hatches; `lanes` runs across it from -1 to 1.
    """
    share, tone, cranes = rng.random(3)
    bay, colours = np.clip(bays.astype(int), 0, cause.hatches - 1), rng.integers(0, 5, (9, 3))
    cover = _step((0.25 + 0.15 * share - np.abs(bays - bay - 0.5)) * pitch)
    cover = cover * _step((1 - np.abs(lanes)) * wide) * inner
    if cause.cargo == "containers":
        boxes = np.array([(215, 140, 115), (250, 236, 212), (155, 158, 152), (190, 160, 132), (100, 88, 78)])
        _blend(image, boxes[colours[bay, np.clip((lanes + 1) * 1.5, 0, 2).astype(int)]], cover)
    else:
        tone = (0.25, 0.55, 0.8, 1.35)[np.searchsorted((0.3, 0.5, 0.75), tone)]
        _blend(image, (deck * tone * rng.uniform(0.7, 1.3, (9, 1)))[bay], cover)
    if cranes < 0.4:
        between = _step((0.18 - np.abs(bays - np.round(bays))) * pitch) * _step(1 - np.abs(lanes) * wide)
        _blend(image, (245, 235, 215), 0.8 * inner * between * (bays > 0) * (bays < cause.hatches))


def _turned(view, rng, wobble=0.0):
    """Two axes at a random angle; `wobble` pixels bend the second."""
    angle = rng.uniform(0, np.pi)
    u, v = view.x * np.cos(angle) + view.y * np.sin(angle), view.y * np.cos(angle) - view.x * np.sin(angle)
    return u, v + wobble * _field(rng, view, 2.2) if wobble else v


def _ground(image, view, rng, colours, slope, grain):
    """Colours that follow a random height, with a finer grain."""
    level = np.clip((_field(rng, view, slope) + 1.6) / 3.2, 0, 0.999) * (len(colours) - 1)
    colours = np.asarray(colours, np.float32) * view.tone * rng.uniform(0.75, 1.45)
    low = level.astype(int)
    image[:] = colours[low] + (level - low)[..., None] * (colours[low + 1] - colours[low])
    image *= (1 + grain * _field(rng, view, 0.9))[..., None]


def _land(image, view, cause, rng):
    """Hills with trees, and now and then roads."""
    _ground(image, view, rng, LANDS[rng.integers(4)], rng.uniform(1.3, 2.2), rng.uniform(0.06, 0.18))
    if rng.random() < 0.5:
        trees = np.clip(_field(rng, view, 0.8) - rng.uniform(0.5, 1.5), 0, 1)
        _blend(image, np.array([30, 38, 32]) * view.tone, 0.8 * trees)
    for _ in range(rng.integers(0, 3)):
        _, v = _turned(view, rng, wobble=rng.choice([0, 3, 8]))
        cover = _step(rng.uniform(0.2, 1.2) - np.abs(v - rng.uniform(-30, 30))) * rng.uniform(0.4, 0.9)
        _blend(image, np.array([196, 176, 150]) * rng.uniform(0.7, 1.15), cover)


def _town(image, view, cause, rng, roof=None):
    """Roofs in the cells of a turned grid, each with its shadow, and streets between blocks of cells."""
    _ground(image, view, rng, [(44, 46, 38), (84, 76, 64), (126, 112, 96), (162, 146, 126)], 1.0, 0.15)
    u, v = _turned(view, rng, wobble=rng.uniform(0.1, 1.5))
    cell = (roof or rng.uniform(3.5, 7)) * rng.uniform(0.8, 1.3, 2)
    column, row = np.floor(u / cell[0]).astype(int), np.floor(v / cell[1]).astype(int)
    du, dv, at = u - (column + 0.5) * cell[0], v - (row + 0.5) * cell[1], (column % 32, row % 32)
    wide, deep = (rng.uniform(0.2, 0.5, (32, 32))[at] * side for side in cell)
    share = [0.12, 0.15, 0.28, 0.35, 0.03, 0.07] if roof else [0.28, 0.32, 0.18, 0.07, 0.08, 0.07]
    colours = ROOFS[rng.choice(6, (32, 32), p=share)] * rng.uniform(0.85, 1.1, (32, 32, 1)) * view.tone
    built = (rng.random((32, 32)) < rng.uniform(0.5, 0.95))[at]
    _blend(image, (34, 36, 36), 0.7 * built * _step(wide - np.abs(du + 1)) * _step(deep - np.abs(dv + 1)))
    _blend(image, colours[at], 0.9 * built * _step(wide - np.abs(du)) * _step(deep - np.abs(dv)))
    for along, side in ((u, cell[0]), (v, cell[1])):
        block = side * rng.integers(2, 7)
        street = _step(rng.uniform(0.3, 1.1) - np.abs(along - block * np.round(along / block)))
        _blend(image, np.array([146, 134, 120]) * rng.uniform(0.6, 1.2), 0.8 * street)


def _boat(rng, scene):
    """The causes of a boat; whatever else `_no_ship` draws is drawn again."""
    while (row := _no_ship(rng, scene))["kind"] != "boat":
        pass
    return row


def _moor(image, view, cause, x, y, reach=64):
    """Draw a ship or boat with its centre at a pixel of a scene."""
    height, width = image.shape[:2]
    rows, columns = (
        slice(max(y - reach, 0), min(y + reach, height)),
        slice(max(x - reach, 0), min(x + reach, width)),
    )
    part = _view(cause, rows.stop - rows.start, columns.stop - columns.start)
    part.x = np.arange(columns.start, columns.stop, dtype=np.float32)[None, :] - x
    part.y = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None] - y
    DRAW[cause.kind](image[rows, columns], part, cause, np.random.default_rng(cause.look))


def _shore(image, view, cause, rng):
    """Land over a third of a scene, its shore, a town and large roofs on it; returns where there is land."""
    inland = _turned(view, rng, wobble=14)[1]
    inland = inland - np.quantile(inland, 2 / 3)
    land, near = np.empty_like(image), (0.8 * _field(rng, view, 1.8) - inland / 120).clip(-1, 1)
    _land(land, view, cause, rng)
    for roof, cover in ((None, _step(8 * near + 2)), (rng.uniform(9, 16), _step(8 * near - 6))):
        town = np.empty_like(image)
        _town(town, view, cause, rng, roof=roof)
        _blend(land, town, cover)
    _blend(image, land, _step(inland))
    strip = np.exp(-((inland / rng.uniform(2, 6)) ** 2)) * np.clip(0.5 + 0.5 * _field(rng, view, 1.2), 0, 1)
    _blend(image, np.array([196, 176, 144]), strip)
    return inland > 0


def _clouds(image, view, rng):
    """Scattered clouds over a scene; returns where they are."""
    cover = np.clip(0.9 * _field(rng, view, 1.9) - rng.uniform(1.3, 1.9), 0, 1) ** 1.5
    _blend(image, (250, 250, 246), 0.95 * cover)
    return cover > 0.1


def _coast(image, view, cause, rng):
    """Land on one side of a line that is bent like a shore or straight like a quay, with surf or a beach."""
    land, bend = np.empty_like(image), rng.choice([0.0, 4.0, 9.0])
    (_town if rng.random() < 0.35 else _land)(land, view, cause, rng)
    inland = (_turned(view, rng, wobble=bend)[1] - rng.uniform(-20, 20)) * rng.choice([-1, 1])
    _blend(image, land, _step(inland))
    surf = bend and rng.random() < 0.5
    shore = (250, 248, 234) if surf else np.array([196, 170, 134]) * rng.uniform(0.6, 1.1)
    strip = np.exp(-((inland / rng.uniform(1, 9)) ** 2)) * np.clip(0.7 + 0.4 * _field(rng, view, 1.2), 0, 1)
    _blend(image, shore, strip)


def _bright(image, view, cause, rng):
    """Bright pixels: large roofs, bare ground, breaking waves."""
    kind = rng.choice(3, p=[0.55, 0.25, 0.2])
    if kind == 0:
        return _town(image, view, cause, rng, roof=rng.uniform(8, 22))
    if kind == 1:
        _land(image, view, cause, rng)
    spots = _field(rng, view, rng.uniform(1.1, 1.5)) - 0.003 * ((view.x - 9) ** 2 + (view.y + 5) ** 2)
    colour = (236, 222, 198) if kind == 1 else (222, 230, 222)
    _blend(image, colour, 0.9 * np.clip(0.8 * spots - rng.uniform(-0.3, 0.5), 0, 1))


def _lines(image, view, cause, rng):
    """Strong lines: a bridge, a breakwater or piers over the sea, a motorway or a runway over land."""
    DRAW[("land", "town", "coast", "sea")[rng.integers(4)]](image, view, cause, rng)
    u, v = _turned(view, rng, wobble=rng.choice([0, 0, 3]))
    v, wide = v - rng.uniform(-15, 15), rng.uniform(1.0, 5.0)
    there = _step(u - rng.uniform(-30, 10)) if rng.random() < 0.4 else 1.0  # a pier has an end
    grey = np.array([198, 184, 164]) * rng.uniform(0.6, 1.15) * view.tone
    _blend(image, (30, 36, 36), 0.6 * there * _step(wide - np.abs(v + 1.5)))
    _blend(image, grey * (1 + 0.09 * _field(rng, view, 0.8))[..., None], there * _step(wide - np.abs(v)))
    for lane in rng.uniform(-wide, wide, rng.integers(0, 4)):
        _blend(image, grey * rng.choice([0.55, 1.25]), 0.7 * there * _step(0.2 - np.abs(v - lane)))


def _cloud(image, view, cause, rng):
    if rng.random() < 0.25:
        _land(image, view, cause, rng)
    cover = np.clip(rng.uniform(-0.2, 1.2) + 0.45 * _field(rng, view, rng.uniform(1.6, 2.2)), 0, 1) ** 1.5
    _blend(image, (250, 250, 246), cover * rng.uniform(0.35, 1.0))


DRAW = {"coast": _coast, "land": _land, "town": _town, "bright": _bright, "lines": _lines, "cloud": _cloud}
DRAW |= {"ship": _ship, "part": _ship, "boat": _ship, "sea": lambda *_: None}
