"""Draw chips from known causes: an explicit, hand-written p(x|y).

Two steps. `draw_causes` draws a table from p(causes|y): which scene, what sea, sun and haze, which ship. `render` turns
each row into pixels; it is a function of the table alone, so a row changed in one column and rendered again shows what
that cause does. `draw_chips` is both, packed as a `ChipSet`.

The distributions were calibrated by eye and by the aggregate statistics in `data/simulated.md`; no real pixel is in here.
Geometry is in metres, x to the east and y to the south of the chip's centre; angles are in degrees clockwise from north.
"""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import fft

from .measure import PIXEL

if TYPE_CHECKING:
    from .chips import ChipSet

SIZE = 80  # pixels, the side of a chip
FIELD = 96  # pixels, the side of a texture: a chip and the margin its near-twin is cropped from
SATELLITE = "fa4e"  # ends every simulated scene id; no PlanetScope satellite of 2015-2018 has it

# What a no-ship shows, and its share: land cover, parts of ships and look-alikes are a third each, as in ShipsNet.
NO_SHIP_KINDS = {
    "sea": 0.12, "coast": 0.05, "land": 0.09, "town": 0.07,
    "part": 1 / 3,
    "boat": 0.07, "bright": 0.09, "lines": 0.11, "cloud": 1 - 0.6 - 1 / 3,
}  # fmt: skip
DECKS = {  # share, colour (red, green, blue in 0..255), spread
    "red": (0.38, (222, 128, 102), 16),
    "cream": (0.19, (252, 240, 220), 10),
    "grey": (0.22, (185, 180, 165), 20),
    "brown": (0.10, (165, 140, 112), 18),
    "green": (0.08, (125, 158, 132), 18),
    "blue": (0.03, (120, 150, 170), 15),
}
CARGO = {"hatches": 0.42, "pipes": 0.28, "containers": 0.08, "plain": 0.22}
REGIONS = {  # longitude and latitude: the box of the scenes, then where ships anchor (mean, spread)
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
        A `ChipSet` with `source="simulated"` and the causes of each chip (see `draw_causes`), ordered by label and scene
        like the files of ShipsNet.

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


def draw_causes(n: int, seed: int, label: int | None = None) -> pd.DataFrame:
    """Draw the causes of n chips, a row each; arguments and errors are those of `draw_chips`.

    Lengths and places in the chip are in metres, angles in degrees clockwise from north (`heading` is where the bow
    points, `swing` where a scene's anchored ships do), colours in 0..255, `waves` and `speckle` in grey values, `haze`
    and `wake` from 0 (none) to 1. `look` and `noise` seed what has no column: the details of the object and of the
    sea. NaN stands where a chip has no ship. Chips of one scene share sea, sun and haze, and some ships are near-twins:
    one view cropped twice, `crop_x` and `crop_y` pixels apart.
    """
    if n < 0 or label not in (None, 0, 1):
        raise ValueError(f"n={n}, label={label}: expected n of 0 or more and a label of 0, 1 or None.")
    rng = np.random.default_rng(seed)
    ships = round(n / 4) if label is None else n * label
    ship_sizes = _scene_sizes(rng, ships, mean=4.7, most=16)
    other_sizes = _scene_sizes(rng, n - ships, mean=6.95, most=28)
    scenes = [_scene(rng) for _ in range(max(len(ship_sizes), len(other_sizes)))]
    with_ships = rng.permutation(len(scenes))[: len(ship_sizes)]
    rows = [
        scene | _no_ship(rng, scene)
        for scene, size in zip(scenes, other_sizes, strict=False)
        for _ in range(size)
    ]
    for index, size in zip(with_ships, ship_sizes, strict=True):
        rows += _ships(rng, scenes[index], size)
    columns = dict.fromkeys(key for row in rows[:1] + rows[-1:] for key in row)
    if not rows:  # a table of no rows still has its columns
        scene = _scene(rng)
        columns = _ships(rng, scene, 1)[0]
    causes = pd.DataFrame(rows, columns=list(columns))
    return causes.sort_values(["label", "scene"], kind="stable", ignore_index=True)


def render(causes: pd.DataFrame) -> np.ndarray:
    """Draw the chips of a table of causes: uint8 (N, 80, 80, 3). The same table gives the same bits."""
    images = np.empty((len(causes), SIZE, SIZE, 3), np.uint8)
    for image, cause in zip(images, causes.itertuples(index=False), strict=True):
        image[:] = _chip(cause)
    return images


def _scene_sizes(rng, total, mean, most):
    """How many chips each scene gives: 1 to `most`, together `total`."""
    sizes = []
    while total > 0:
        sizes.append(min(total, most, 1 + int(rng.negative_binomial(2, 2 / (mean + 1)))))
        total -= sizes[-1]
    return sizes


def _scene(rng):
    """What the chips of a scene share: time, place, sea, sun, haze, and where the tide turns ships at anchor."""
    day = np.datetime64("2015-07-01") + int(rng.beta(3, 1.6) * 1110)
    season = np.cos((day - np.datetime64("2015-06-21")).astype(int) / 365.25 * 2 * np.pi)
    time = np.datetime64(f"{day}T18:18:00") + int(rng.normal(0, 700))
    stamp = str(time).replace("-", "").replace(":", "").replace("T", "_")
    green = np.clip(rng.normal(91, 27), 26, 145)
    warm = rng.normal()  # brown to blue
    sea = green + np.array([-13 + 0.06 * (green - 91) + 7 * warm, 0, -13 - 5 * warm]) + rng.normal(0, 3, 3)
    modes = [rng.normal(159, 10), rng.normal(52, 13), rng.uniform(0, 180)]
    return {
        "scene": f"{stamp}_{SATELLITE}", "region": str(rng.choice(list(REGIONS), p=[0.86, 0.14])),
        "sea_red": sea[0], "sea_green": sea[1], "sea_blue": sea[2],
        "waves": rng.gamma(1.1, 1.1), "wave_length": rng.uniform(10, 30), "wave_direction": rng.uniform(0, 180),
        "sun_azimuth": rng.normal(142, 10), "sun_elevation": 48 + 17 * season + rng.normal(0, 2),
        "haze": rng.beta(1, 12), "speckle": 2.2 + rng.gamma(2, 0.45),
        "swing": (rng.choice(modes, p=[0.78, 0.10, 0.12]) + 180 * rng.integers(2)) % 360,
    }  # fmt: skip


def _ships(rng, scene, size):
    """Rows of `size` ships of a scene, near-twins among them."""
    rows = []
    while len(rows) < size:
        if rows and rng.random() < 0.2:
            row = rows[rng.integers(len(rows))] | {
                "crop_x": int(rng.integers(-5, 6)),
                "crop_y": int(rng.integers(-5, 6)),
            }
        else:
            row = scene | {"label": 1, "kind": "ship"} | _ship_causes(rng, scene["swing"])
            row |= {"x": rng.normal(0, 6), "y": rng.normal(0, 6)}
        rows.append(row | _place(rng, scene, afloat=True))
    return rows


def _ship_causes(rng, swing):
    """The causes that are the ship's own."""
    length = float(np.clip(rng.normal(206, 28), 110, 330))
    deck_name = str(rng.choice(list(DECKS), p=[share for share, _, _ in DECKS.values()]))
    _, colour, spread = DECKS[deck_name]
    deck = np.clip(np.array(colour) + rng.normal(0, spread) + rng.normal(0, spread / 4, 3), 20, 255)
    hull = np.clip(deck * rng.normal(0.95, 0.12) + rng.normal(0, 8), 20, 255)
    cargo = str(rng.choice(list(CARGO), p=list(CARGO.values())))
    anchored = rng.random() < 0.9
    heading = rng.normal(swing, 7) + 180 * (rng.random() < 0.1) if anchored else rng.uniform(0, 360)
    return {
        "heading": heading % 360, "length": length, "beam": length / float(np.clip(rng.normal(5.75, 0.55), 4.3, 8)),
        "deck": deck_name, "deck_red": deck[0], "deck_green": deck[1], "deck_blue": deck[2],
        "hull_red": hull[0], "hull_green": hull[1], "hull_blue": hull[2],
        "cargo": cargo, "hatches": int(rng.integers(5, 10)) if cargo in ("hatches", "containers") else 0,
        "bridge": rng.uniform(0.05, 0.09) * length, "height": rng.gamma(4, 2.0),
        "wake": 0.0 if anchored else rng.beta(1, 1.5), "tug": int(rng.random() < 0.1),
        "crop_x": 0, "crop_y": 0, "look": int(rng.integers(2**32)), "noise": int(rng.integers(2**32)),
    }  # fmt: skip


def _no_ship(rng, scene):
    """The causes of a chip that is no ship; a part of a ship is a ship whose end alone is in the chip."""
    kind = str(rng.choice(list(NO_SHIP_KINDS), p=list(NO_SHIP_KINDS.values())))
    row = {"label": 0, "kind": kind} | _ship_causes(rng, scene["swing"])
    if kind == "boat":
        length = rng.uniform(10, 45)
        row |= {"length": length, "beam": length / 3.2, "cargo": "plain", "hatches": 0, "bridge": length / 5}
        row |= {"height": 2.0, "wake": rng.beta(2, 1.5), "tug": 0, "heading": rng.uniform(0, 360)}
        row |= {"x": rng.uniform(-60, 60), "y": rng.uniform(-60, 60)}
    elif kind == "part":
        half = row["length"] / 2 * rng.choice([-1, 1])
        angle = np.deg2rad(row["heading"])
        while True:
            end_x, end_y = rng.uniform(-105, 105, 2)
            row |= {"x": end_x - half * np.sin(angle), "y": end_y + half * np.cos(angle)}
            if max(abs(row["x"]), abs(row["y"])) > 65:
                break
    else:
        row = {key: row[key] for key in ("label", "kind", "crop_x", "crop_y", "look", "noise")}
        row |= {"hatches": 0, "tug": 0, "wake": 0.0}
    return row | _place(rng, scene, afloat=kind in ("part", "boat", "sea"))


def _place(rng, scene, afloat):
    """Longitude and latitude: where ships of the region anchor, or anywhere in its box."""
    longitudes, latitudes, anchor_longitude, anchor_latitude = REGIONS[scene["region"]]
    place = rng.uniform(*longitudes), rng.uniform(*latitudes)
    if afloat:
        place = (
            np.clip(rng.normal(*anchor_longitude), *longitudes),
            np.clip(rng.normal(*anchor_latitude), *latitudes),
        )
    return {"longitude": float(place[0]), "latitude": float(place[1])}


def _chip(cause):
    look, noise = np.random.default_rng(cause.look), np.random.default_rng(cause.noise)
    centre = (SIZE - 1) / 2
    view = SimpleNamespace(
        x=np.arange(SIZE, dtype=np.float32)[None, :] - centre + cause.crop_x,
        y=np.arange(SIZE, dtype=np.float32)[:, None] - centre + cause.crop_y,
        crop=(
            slice(8 + cause.crop_y, 8 + cause.crop_y + SIZE),
            slice(8 + cause.crop_x, 8 + cause.crop_x + SIZE),
        ),
    )
    image = np.empty((SIZE, SIZE, 3), np.float32)
    image[:] = (cause.sea_red, cause.sea_green, cause.sea_blue)
    image += _sea_texture(noise, view, cause)[..., None]
    if cause.kind in DRAW:
        DRAW[cause.kind](image, view, cause, look)
    image = _spread(image, 0.19)
    image += 0.5 * (image - _spread(image, 0.25))  # the product is sharpened: edges have a halo
    image += np.float32(cause.haze) * (np.array([150, 158, 155], np.float32) - image)
    image += _speckle(noise, view, cause.speckle)
    return np.clip(image + 0.5, 0, 255).astype(np.uint8)


@cache
def _frequencies():
    fx, fy = fft.rfftfreq(FIELD)[None].astype(np.float32), fft.fftfreq(FIELD)[:, None].astype(np.float32)
    frequency = np.hypot(fx, fy)
    frequency[0, 0] = 1
    return fx, fy, frequency


def _field(rng, view, slope=None, waves=None):
    """A random texture of unit variance: its amplitude falls as frequency**-slope, or gathers about one wave."""
    fx, fy, frequency = _frequencies()
    if waves is None:
        amplitude = frequency ** np.float32(-slope)
    else:
        length, angle = waves
        along = (fx * np.sin(angle) - fy * np.cos(angle)) / frequency
        amplitude = np.exp(-2 * (frequency * length - 1) ** 2) * along**8
    amplitude[0, 0] = 0
    spectrum = (
        rng.standard_normal((*amplitude.shape, 2), dtype=np.float32).view(np.complex64)[..., 0] * amplitude
    )
    field = fft.irfft2(spectrum, s=(FIELD, FIELD))
    return (field / field.std())[view.crop]


def _sea_texture(rng, view, cause):
    swell = _field(rng, view, waves=(cause.wave_length / PIXEL, np.deg2rad(cause.wave_direction)))
    texture = 0.7 * swell + 0.6 * _field(rng, view, 1.3)
    return cause.waves * (
        texture + 0.25 * np.maximum(texture, 0) ** 2
    )  # crests are brighter than troughs are dark


def _speckle(rng, view, level):
    """Sensor noise: heavy tails, neighbours alike, mostly grey with a slower drift of colour."""
    grey = rng.standard_normal((FIELD + 1, FIELD + 1), dtype=np.float32)
    grey *= 0.75 + 0.12 * grey**2
    tint = (
        rng.standard_normal((FIELD // 2 + 1, FIELD // 2 + 1, 3), dtype=np.float32).repeat(2, 0).repeat(2, 1)
    )
    noise = 1.7 * grey[..., None] + 0.8 * tint[:-1, :-1]
    noise = noise[1:] + noise[:-1]
    return (noise[:, 1:] + noise[:, :-1])[view.crop] * np.float32(level / 4)


def _spread(image, share):
    """Blur along both axes with the kernel (share, 1 - 2 share, share): the optics' point spread."""
    for _ in range(2):
        padded = np.concatenate([image[:1], image, image[-1:]])
        image = (share * (padded[:-2] + padded[2:]) + (1 - 2 * share) * image).swapaxes(0, 1)
    return image


def _blend(image, colour, cover):
    hit = cover > 0
    colour = np.asarray(colour, np.float32)
    below = image[hit]
    image[hit] = below + cover[hit][:, None] * ((colour[hit] if colour.ndim == 3 else colour) - below)


def _step(distance):
    """How much of a pixel is covered whose centre lies `distance` pixels inside an edge."""
    return np.clip(distance + 0.5, 0, 1)


def _ship(image, view, cause, rng):
    angle = np.deg2rad(cause.heading)
    half, beam = cause.length / 2 / PIXEL, cause.beam / 2 / PIXEL
    east, south = view.x - cause.x / PIXEL, view.y - cause.y / PIXEL
    u, v = east * np.sin(angle) - south * np.cos(angle), east * np.cos(angle) + south * np.sin(angle)
    chance = rng.random(20)  # drawn at once, so that a changed cause does not change the rest
    deck = np.array([cause.deck_red, cause.deck_green, cause.deck_blue])

    def hull(u, v, inset=0.0):
        end = np.clip(np.maximum((u / half - 0.55) / 0.45, (-u / half - 0.86) / 0.14), 0, 1)
        return _step(beam * np.sqrt(1 - end**2.3) - inset - np.abs(v)) * _step(half - inset - np.abs(u))

    def box(middle, length, width, side=0.0):
        return _step(length / 2 - np.abs(u - middle)) * _step(width / 2 - np.abs(v - side))

    if cause.wake > 0:
        behind = -u - half * 0.9
        wide = beam * 0.6 + 0.05 * np.maximum(behind, 0)
        foam = np.exp(-((v / wide) ** 2) - np.maximum(behind, 0) / (8 + 45 * cause.wake)) * _step(behind)
        _blend(image, (208, 218, 214), foam * cause.wake * (0.75 + 0.15 * _field(rng, view, 0.7)).clip(0, 1))
    away = np.deg2rad(cause.sun_azimuth + 180)
    cast = cause.height / PIXEL / np.tan(np.deg2rad(cause.sun_elevation))
    shadow_u, shadow_v = cast * np.cos(away - angle), cast * np.sin(away - angle)
    sea = np.array([cause.sea_red, cause.sea_green, cause.sea_blue])
    _blend(image, sea * 0.3, 0.6 * hull(u - shadow_u, v - shadow_v))
    bridge = cause.bridge / PIXEL
    stern = -half + 1.5 + 3 * chance[0] + bridge / 2
    _blend(image, sea * 0.2, 0.7 * box(stern + 2 * shadow_u, bridge, 1.4 * beam, 2 * shadow_v))
    if cause.tug:
        side = (beam + 2.0) * (1 if chance[1] < 0.5 else -1)
        _blend(image, (225, 210, 195), box((1.6 * chance[2] - 0.8) * half, 4 + 8 * chance[3], 3, side))
    _blend(image, (cause.hull_red, cause.hull_green, cause.hull_blue), hull(u, v))
    inner = hull(u, v, 0.9)
    _blend(image, deck, inner)
    first, last = stern + bridge / 2 + 1, 0.74 * half
    if cause.hatches:
        pitch = (last - first) / cause.hatches
        bay = (u - first) / pitch
        which = np.clip(bay.astype(int), 0, cause.hatches - 1)
        wide = (0.4 + 0.3 * chance[4]) * beam
        cover = _step((0.25 + 0.17 * chance[5] - np.abs(bay - which - 0.5)) * pitch) * _step(wide - np.abs(v))
        if cause.cargo == "containers":
            colours = np.array(
                [[200, 120, 95], [225, 215, 200], [130, 140, 145], [175, 150, 125], [90, 80, 75]]
            )
            colours = colours[rng.integers(0, 5, (9, 4))][
                which, np.clip((v / wide + 1) * 2, 0, 3).astype(int)
            ]
        else:
            tone = (0.22, 0.5, 0.75, 1.25)[np.searchsorted((0.35, 0.55, 0.8), chance[6])]
            colours = (deck * tone * rng.uniform(0.75, 1.25, (9, 1)))[which]
        _blend(image, colours, cover * inner)
        if chance[7] < 0.4:  # cranes stand between the hatches
            cranes = _step((0.18 - np.abs(bay - np.round(bay))) * pitch) * _step(1.0 - np.abs(v)) * inner
            _blend(image, (245, 235, 215), 0.8 * cranes * (u > first) * (u < last))
    elif cause.cargo == "pipes":
        tone = deck * (0.6 if chance[8] < 0.5 else 1.3)
        _blend(image, tone, 0.7 * box((first + last) / 2, last - first, 1) * inner)
        _blend(image, tone, 0.7 * box(0.1 * half, 1.2, 2 * beam) * inner)
    grain = _field(rng, view, 0.35) * (4 + 14 * chance[9]) + _field(rng, view, 1.2) * (2 + 8 * chance[10])
    image += (inner * grain)[..., None]
    if chance[11] < 0.45:  # the forecastle has its own paint
        _blend(image, deck * (0.6 + 0.7 * chance[12]), inner * _step(u - 0.8 * half) * 0.8)
    if chance[13] < 0.35:  # whatever shines amidships
        _blend(
            image,
            (255, 245, 225),
            0.8 * box((chance[14] - 0.4) * half, 2.5, 2.5, (chance[15] - 0.5) * beam) * inner,
        )
    front = stern + bridge / 2 + 0.6
    _blend(image, deck * 0.35, 0.8 * box(front, 1.2, 1.6 * beam) * inner)
    white = (195 + 60 * chance[16]) * np.array([1, 0.97, 0.92])
    _blend(
        image,
        white,
        (0.7 + 0.3 * chance[17]) * box(stern, bridge, (1.1 + 0.6 * chance[18]) * beam) * hull(u, v, 0.3),
    )
    _blend(image, deck * 0.3, chance[19] * box(stern - bridge / 2 + 0.5, 1.5, 1.8))


def _ground(image, view, rng, colours, slope, grain=0.1):
    """Colours that follow a random height, with a finer grain."""
    height = _field(rng, view, slope)
    level = np.clip((height + 1.7) / 3.4, 0, 0.999) * (len(colours) - 1)
    colours = np.asarray(colours, np.float32)
    low = level.astype(int)
    image[:] = colours[low] + (level - low)[..., None] * (colours[low + 1] - colours[low])
    image *= (1 + grain * _field(rng, view, 0.45))[..., None]


def _turned(view, rng, wobble=0.0):
    """Two axes at a random angle; `wobble` pixels bend the second."""
    angle = rng.uniform(0, np.pi)
    u, v = view.x * np.cos(angle) + view.y * np.sin(angle), view.y * np.cos(angle) - view.x * np.sin(angle)
    return u, v + wobble * _field(rng, view, 2.2) if wobble else v


def _roads(image, view, rng, count, colour=(196, 178, 152)):
    for _ in range(count):
        _, v = _turned(view, rng, wobble=rng.choice([0, 2, 8]))
        cover = _step(rng.uniform(0.3, 1.6) - np.abs(v - rng.uniform(-35, 35)))
        _blend(image, np.array(colour) * rng.uniform(0.75, 1.15), cover * rng.uniform(0.5, 0.95))


def _land(image, view, cause, rng):
    palettes = (
        [(38, 48, 36), (66, 70, 46), (104, 92, 64), (150, 125, 92)],
        [(92, 80, 58), (140, 112, 82), (168, 138, 106), (188, 160, 128)],
        [(28, 42, 44), (52, 68, 56), (84, 92, 70), (112, 112, 88)],
        [(74, 70, 68), (100, 90, 84), (128, 114, 102), (160, 140, 120)],
    )
    _ground(image, view, rng, palettes[rng.integers(4)], rng.uniform(1.0, 1.8), rng.uniform(0.05, 0.2))
    _roads(image, view, rng, rng.integers(0, 3))


def _town(image, view, cause, rng, roof=None):
    """Roofs in the cells of a turned grid, each with its shadow, and streets between blocks of cells."""
    _ground(image, view, rng, [(48, 50, 42), (88, 80, 68), (128, 116, 100), (158, 142, 122)], 0.8, 0.12)
    u, v = _turned(view, rng, wobble=rng.uniform(0, 1.2))
    cell = (roof or rng.uniform(4, 8)) * rng.uniform(0.8, 1.3, 2)
    columns, rows = np.floor(u / cell[0]).astype(int), np.floor(v / cell[1]).astype(int)
    du, dv = u - (columns + 0.5) * cell[0], v - (rows + 0.5) * cell[1]
    size = rng.uniform(0.2, 0.48, (2, 32, 32))[:, columns % 32, rows % 32] * cell[:, None, None]
    palette = np.array(
        [[120, 108, 96], [168, 152, 134], [205, 192, 174], [250, 240, 222], [176, 128, 104], [92, 88, 84]]
    )
    share = [0.22, 0.28, 0.2, 0.12, 0.1, 0.08] if roof is None else [0.1, 0.15, 0.3, 0.35, 0.03, 0.07]
    colours = (palette[rng.choice(6, (32, 32), p=share)] * rng.uniform(0.85, 1.1, (32, 32, 1)))[
        columns % 32, rows % 32
    ]
    built = (rng.random((32, 32)) < rng.uniform(0.55, 0.95))[columns % 32, rows % 32]
    _blend(
        image, (34, 36, 36), 0.7 * built * _step(size[0] - np.abs(du + 1)) * _step(size[1] - np.abs(dv + 1))
    )
    _blend(image, colours, built * _step(size[0] - np.abs(du)) * _step(size[1] - np.abs(dv)))
    block = cell * rng.integers(2, 6, 2)
    street = np.maximum(_step(0.9 - np.abs(u - block[0] * np.round(u / block[0]))),
                        _step(0.9 - np.abs(v - block[1] * np.round(v / block[1]))))  # fmt: skip
    _blend(image, np.array([150, 138, 124]) * rng.uniform(0.7, 1.2), 0.85 * street)


def _coast(image, view, cause, rng):
    """Land on one side of a line that is bent like a shore or straight like a quay, with surf or a beach."""
    land = np.empty_like(image)
    (_town if rng.random() < 0.4 else _land)(land, view, cause, rng)
    bend = rng.choice([0.0, 4.0, 9.0])
    _, inland = _turned(view, rng, wobble=bend)
    inland = (inland - rng.uniform(-18, 18)) * rng.choice([-1, 1])
    _blend(image, land, _step(inland))
    wide = rng.uniform(1.0, 5.0)
    shore = (232, 230, 216) if bend and rng.random() < 0.5 else (190, 165, 130)
    _blend(image, shore, np.exp(-((inland / wide) ** 2)) * (0.7 + 0.25 * _field(rng, view, 0.8)).clip(0, 1))


def _bright(image, view, cause, rng):
    """Bright pixels: large roofs, bare ground, breaking waves."""
    what = rng.random()
    if what < 0.45:
        _town(image, view, cause, rng, roof=rng.uniform(9, 22))
        return
    if what < 0.75:
        _land(image, view, cause, rng)
    spots = _field(rng, view, rng.uniform(1.0, 1.6)) - 0.002 * (view.x**2 + view.y**2) ** rng.uniform(
        0.8, 1.0
    )
    _blend(
        image,
        (240, 232, 214) if what < 0.75 else (225, 232, 226),
        np.clip(spots * 1.5 - rng.uniform(0.3, 1.5), 0, 1),
    )


def _lines(image, view, cause, rng):
    """Strong lines: a bridge, a breakwater or piers over the sea, a motorway or a runway over land."""
    if rng.random() < 0.45:
        (_town if rng.random() < 0.5 else _land)(image, view, cause, rng)
    elif rng.random() < 0.5:
        _coast(image, view, cause, rng)
    u, v = _turned(view, rng, wobble=rng.choice([0, 0, 3]))
    v = v - rng.uniform(-15, 15)
    wide = rng.uniform(1.2, 5.0)
    gone = _step(u - rng.uniform(-30, 10)) if rng.random() < 0.4 else 1.0  # a pier has an end
    grey = rng.uniform(0.65, 1.15) * np.array([196, 184, 166])
    _blend(image, (30, 36, 36), 0.6 * gone * _step(wide - np.abs(v + 1.5)))
    _blend(image, grey * (1 + 0.06 * _field(rng, view, 0.6))[..., None], gone * _step(wide - np.abs(v)))
    for lane in rng.uniform(-wide, wide, rng.integers(0, 4)):
        _blend(image, grey * rng.choice([0.55, 1.25]), 0.8 * gone * _step(0.2 - np.abs(v - lane)))


def _cloud(image, view, cause, rng):
    if rng.random() < 0.25:
        _land(image, view, cause, rng)
    cover = np.clip(rng.uniform(-0.2, 0.6) + 0.4 * _field(rng, view, rng.uniform(1.6, 2.4)), 0, 1) ** 1.5
    _blend(image, (228, 232, 228), cover * rng.uniform(0.3, 0.9))


DRAW = {
    "ship": _ship, "part": _ship, "boat": _ship, "land": _land, "town": _town,
    "coast": _coast, "bright": _bright, "lines": _lines, "cloud": _cloud,
}  # fmt: skip
