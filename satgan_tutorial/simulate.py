"""Draw chips from known causes: an explicit, hand-written p(x|y).

Two steps. `draw_causes` draws a table from p(causes|y): which scene, what sea, sun and haze, which ship. `render`
turns each row into pixels; it is a function of the table alone, so a row changed in one column and rendered again
shows what that cause does. `draw_chips` is both, packed as a `ChipSet`.

The distributions were fitted by eye and by the aggregate statistics in `data/simulated.md`; no real pixel is in here.
Geometry is in metres, with x to the east and y to the south of the chip's centre; angles are in degrees clockwise
from north.
"""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from .measure import PIXEL

SIZE = 80  # pixels, the side of a chip
FIELD = 96  # pixels, the side of a texture: a chip and the margin its near-twin is cropped from
SATELLITE = "fa4e"  # ends every simulated scene id; no real PlanetScope satellite of 2015-2018 has it

# What a no-ship shows, with its share: land cover, parts of ships and look-alikes are a third each, as in ShipsNet.
NO_SHIP_KINDS = {
    "sea": 0.13, "coast": 0.04, "land": 0.09, "town": 0.0733,
    "part": 0.3333,
    "boat": 0.07, "bright": 0.09, "lines": 0.11, "cloud": 0.0634,
}  # fmt: skip

# Deck colours (red, green, blue in 0..255) with their share and spread.
DECKS = {
    "red": (0.40, (185, 105, 85), 22),
    "cream": (0.20, (245, 235, 210), 20),
    "grey": (0.17, (165, 165, 150), 22),
    "brown": (0.11, (135, 115, 85), 18),
    "green": (0.09, (90, 135, 105), 18),
    "blue": (0.03, (85, 115, 135), 18),
}
REGIONS = {  # longitude and latitude: the box of the scenes, then where ships anchor (mean, spread)
    "San Francisco Bay": ((-122.62, -122.02), (37.60, 37.89), (-122.345, 0.012), (37.74, 0.025)),
    "San Pedro Bay": ((-118.40, -117.92), (33.64, 33.79), (-118.14, 0.03), (33.71, 0.03)),
}


def draw_chips(n, seed, label=None):
    """Draw simulated chips.

    Args:
        n: how many.
        seed: an int; the same seed gives the same bits.
        label: 1 for ships, 0 for no-ships, None for ShipsNet's mix, a quarter ships.

    Returns:
        A `ChipSet` with `source="simulated"` and the causes of each chip, ordered by label and scene like the files
        of ShipsNet.
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
    """Draw the causes of n chips, a row each.

    Lengths are in metres, angles in degrees clockwise from north (a heading is where the bow points), colours in
    0..255, `waves`, `haze`, `wake` and `shadow` from 0 (none). `look` and `noise` seed what has no column: the
    details of the object and of the sea. Chips of one scene share sea, sun and haze; some ships are near-twins, one
    ship cropped twice, a few pixels apart.

    Args:
        n: how many.
        seed: an int.
        label: 1, 0 or None (a quarter ships).

    Raises:
        ValueError: if n is negative or the label is none of the three.
    """
    if n < 0 or label not in (None, 0, 1):
        raise ValueError(f"draw_causes(n={n}, label={label}): n must be 0 or more, label 0, 1 or None.")
    rng = np.random.default_rng(seed)
    ships = round(n / 4) if label is None else n * label
    ship_sizes = _scene_sizes(rng, ships, mean=4.7, most=16)
    other_sizes = _scene_sizes(rng, n - ships, mean=6.95, most=28)
    scenes = [_draw_scene_causes(rng) for _ in range(max(len(ship_sizes), len(other_sizes)))]
    with_ships = rng.permutation(len(scenes))[: len(ship_sizes)]
    rows = []
    for scene, size in zip(scenes, other_sizes, strict=False):
        rows += [scene | _draw_no_ship(rng, scene) for _ in range(size)]
    for index, size in zip(with_ships, ship_sizes, strict=True):
        rows += _draw_ships(rng, scenes[index], size)
    causes = pd.DataFrame(rows).astype({"hatches": "Int64", "tug": "boolean"} if rows else {})
    return causes.sort_values(["label", "scene"], kind="stable", ignore_index=True) if rows else causes


def render(causes: pd.DataFrame) -> np.ndarray:
    """Draw the chips of a table of causes: uint8 (N, 80, 80, 3). The same table gives the same bits."""
    images = np.empty((len(causes), SIZE, SIZE, 3), np.uint8)
    for image, cause in zip(images, causes.itertuples(index=False), strict=True):
        image[:] = _render_one(cause)
    return images


def _scene_sizes(rng, total, mean, most):
    """How many chips each scene gives: at least 1, at most `most`, together `total`."""
    sizes = []
    while total > 0:
        sizes.append(min(total, most, 1 + int(rng.negative_binomial(2, 2 / (mean + 1)))))
        total -= sizes[-1]
    return sizes


def _draw_scene_causes(rng):
    """What the chips of a scene share: time, place, sea, sun, haze."""
    day = np.datetime64("2015-07-01") + int(rng.beta(3, 1.6) * 1110)
    second = 3600 * 18 + int(rng.normal(1100, 700))
    stamp = f"{day}".replace("-", "") + "_{:02d}{:02d}{:02d}_".format(
        second // 3600, second // 60 % 60, second % 60
    )
    season = np.cos((day - np.datetime64("2015-06-21")).astype(int) / 365.25 * 2 * np.pi)
    brightness, tint = rng.normal(90, 26), rng.normal(0, 12)
    sea = np.clip(brightness, 30, 150) + np.array([-0.6 * tint - 2, 7, 0.8 * tint - 5])
    return dict(
        scene=stamp + SATELLITE,
        region=str(rng.choice(list(REGIONS), p=[0.86, 0.14])),
        sea_red=sea[0], sea_green=sea[1], sea_blue=sea[2],
        waves=rng.gamma(1.5, 1.2), wave_length=rng.uniform(9, 30), wave_direction=rng.uniform(0, 180),
        sun_azimuth=rng.normal(142, 10), sun_elevation=48 + 17 * season + rng.normal(0, 2),
        haze=rng.beta(1.2, 6), speckle=rng.gamma(6, 0.45),
    )  # fmt: skip


def _draw_ships(rng, scene, size):
    """Rows of `size` ships of a scene, near-twins among them."""
    rows = []
    swing = rng.choice([rng.normal(168, 12), rng.normal(25, 25), rng.uniform(0, 180)], p=[0.5, 0.3, 0.2])
    while len(rows) < size:
        if rows and rng.random() < 0.2:
            twin = rows[rng.integers(len(rows))] | dict(
                zip(("crop_x", "crop_y"), rng.integers(-5, 6, 2), strict=True)
            )
            rows.append(twin | _place(rng, scene, True))
        else:
            ship = _draw_ship(rng, swing) | dict(label=1, kind="ship") | _place(rng, scene, True)
            rows.append(scene | ship | dict(x=rng.normal(0, 5), y=rng.normal(0, 5)))
    return rows


def _draw_ship(rng, swing=None):
    """The causes that are the ship's own; at anchor all ships of a scene swing to one side."""
    length = np.clip(rng.normal(195, 42), 85, 330)
    beam = length / np.clip(rng.normal(6.1, 0.6), 4.5, 8)
    name = str(rng.choice(list(DECKS), p=[share for share, _, _ in DECKS.values()]))
    _, colour, spread = DECKS[name]
    deck = np.clip(np.array(colour) + rng.normal(0, spread) + rng.normal(0, spread / 3, 3), 20, 255)
    hull = np.clip(deck * rng.uniform(0.75, 1.1) + rng.normal(5, 12), 20, 255)
    anchored = swing is not None and rng.random() < 0.85
    cargo = str(rng.choice(["hatches", "pipes", "containers", "plain"], p=[0.42, 0.24, 0.12, 0.22]))
    heading = swing + rng.normal(0, 9) + 180 * (rng.random() < 0.15) if anchored else rng.uniform(0, 360)
    return dict(
        heading=heading % 360, length=length, beam=beam, deck_colour=name,
        deck_red=deck[0], deck_green=deck[1], deck_blue=deck[2],
        hull_red=hull[0], hull_green=hull[1], hull_blue=hull[2],
        cargo=cargo, hatches=int(rng.integers(4, 10)) if cargo in ("hatches", "containers") else 0,
        bridge=rng.uniform(0.06, 0.13) * length, shadow=rng.uniform(3, 22),
        wake=0.0 if anchored else rng.beta(1, 2), tug=bool(rng.random() < 0.08),
        crop_x=0, crop_y=0, look=int(rng.integers(2**32)), noise=int(rng.integers(2**32)),
    )  # fmt: skip


def _draw_no_ship(rng, scene):
    """The causes of a chip that is no ship; a part of a ship is a ship far off the centre."""
    kind = str(rng.choice(list(NO_SHIP_KINDS), p=list(NO_SHIP_KINDS.values())))
    ship = _draw_ship(rng)
    if kind == "boat":
        ship |= dict(
            length=rng.uniform(12, 40), cargo="plain", hatches=0, wake=rng.uniform(0.3, 1.0), tug=False
        )
        ship |= dict(beam=ship["length"] / 3.5, bridge=0.2 * ship["length"], shadow=2.0)
        x, y = rng.uniform(-60, 60, 2)
    else:  # one end of the hull inside the chip, its centre outside or at the rim
        angle, far = np.deg2rad(rng.uniform(0, 360)), rng.uniform(85, 100) + 0.12 * ship["length"]
        x, y = far * np.cos(angle), far * np.sin(angle)
    if kind not in ("part", "boat"):
        ship = {key: ship[key] for key in ("crop_x", "crop_y", "look", "noise")}
    else:
        ship |= dict(x=x, y=y)
    return ship | dict(label=0, kind=kind) | _place(rng, scene, kind in ("part", "boat", "sea"))


def _place(rng, scene, afloat):
    """Longitude and latitude: anywhere in the region's box, or where its ships anchor."""
    longitudes, latitudes, anchor_longitude, anchor_latitude = REGIONS[scene["region"]]
    if afloat:
        place = (
            np.clip(rng.normal(*anchor_longitude), *longitudes),
            np.clip(rng.normal(*anchor_latitude), *latitudes),
        )
    else:
        place = rng.uniform(*longitudes), rng.uniform(*latitudes)
    return dict(longitude=float(place[0]), latitude=float(place[1]))


def _render_one(cause):
    look, noise = np.random.default_rng(cause.look), np.random.default_rng(cause.noise)
    half = (SIZE - 1) / 2
    x = (np.arange(SIZE, dtype=np.float32) - half + cause.crop_x)[None, :]
    y = (np.arange(SIZE, dtype=np.float32) - half + cause.crop_y)[:, None]
    view = SimpleNamespace(x=x, y=y, shape=(SIZE, SIZE), crop=(cause.crop_y, cause.crop_x))
    image = np.empty((SIZE, SIZE, 3), np.float32)
    image[:] = (cause.sea_red, cause.sea_green, cause.sea_blue)
    image += _waves(noise, view, cause)[..., None]
    draw = {"ship": _ship, "part": _ship, "boat": _ship, "land": _land, "town": _town, "coast": _coast}
    draw |= {"bright": _bright, "lines": _lines, "cloud": _cloud}
    if cause.kind in draw:
        draw[cause.kind](image, view, cause, look)
    image = _blur(image, 0.2)
    image += cause.haze * (np.array([150, 158, 158], np.float32) - image)
    image += _speckle(noise, view, cause.speckle)
    return np.clip(image + 0.5, 0, 255).astype(np.uint8)


def _field(rng, view, slope, waves=None):
    """A random texture of unit variance whose amplitude falls with frequency to the power of -slope."""
    fy, fx = np.fft.fftfreq(FIELD)[:, None], np.fft.rfftfreq(FIELD)[None]
    frequency = np.hypot(fx, fy)
    frequency[0, 0] = 1
    amplitude = frequency**-slope
    if waves is not None:
        length, angle = waves
        along = fx * np.sin(angle) - fy * np.cos(angle)
        amplitude = np.exp(-(((frequency - 1 / length) * length) ** 2) * 2) * (along / frequency) ** 4
    amplitude[0, 0] = 0
    spectrum = amplitude * (rng.standard_normal(amplitude.shape) + 1j * rng.standard_normal(amplitude.shape))
    field = np.fft.irfft2(spectrum, s=(FIELD, FIELD)).astype(np.float32)
    top, left = ((FIELD - SIZE) // 2 + offset for offset in view.crop)
    return (field / field.std())[top : top + SIZE, left : left + SIZE]


def _waves(rng, view, cause):
    swell = _field(rng, view, 0, (cause.wave_length / PIXEL, np.deg2rad(cause.wave_direction)))
    return cause.waves * (0.6 * swell + 0.8 * _field(rng, view, 1.2))


def _speckle(rng, view, level):
    """Sensor noise: a little smooth over neighbours, partly shared by the bands, now and then a dark pixel."""
    noise = rng.standard_normal((FIELD, FIELD, 4), dtype=np.float32)
    top, left = ((FIELD - SIZE) // 2 + offset for offset in view.crop)
    noise = noise[top : top + SIZE, left : left + SIZE]
    return level * (noise[..., :3] * 0.7 + noise[..., 3:] * 0.7 - 5 * (noise[..., 3:] < -3.0))


def _blur(image, share):
    """Blur with the kernel (share, 1 - 2 share, share) along both axes: the sensor's point spread."""
    for _ in range(2):
        padded = np.concatenate([image[:1], image, image[-1:]])
        image = (share * (padded[:-2] + padded[2:]) + (1 - 2 * share) * image).swapaxes(0, 1)
    return image


def _blend(image, colour, cover):
    image += cover[..., None] * (np.asarray(colour, np.float32) - image)


def _step(distance):
    """Coverage of a pixel whose centre lies `distance` pixels inside an edge."""
    return np.clip(distance + 0.5, 0, 1)


def _ship(image, view, cause, rng):
    angle = np.deg2rad(cause.heading)
    half_length, half_beam = cause.length / 2 / PIXEL, cause.beam / 2 / PIXEL
    dx, dy = view.x - cause.x / PIXEL, view.y - cause.y / PIXEL
    u, v = dx * np.sin(angle) - dy * np.cos(angle), dx * np.cos(angle) + dy * np.sin(angle)
    sea = (cause.sea_red, cause.sea_green, cause.sea_blue)

    def hull(u, v, inset=0.0):
        ahead, astern = (u / half_length - 0.62) / 0.38, (-u / half_length - 0.9) / 0.1
        end = np.maximum(ahead, astern).clip(0, 1)
        return _step(half_beam * np.sqrt(1 - end**2) - inset - np.abs(v)) * _step(
            half_length - inset - np.abs(u)
        )

    def box(u0, u1, v0, v1):
        return _step(u - u0) * _step(u1 - u) * _step(v - v0) * _step(v1 - v)

    if cause.wake > 0:
        behind = -u - half_length
        spread = half_beam * 0.5 + 0.06 * np.maximum(behind, 0)
        foam = (
            np.exp(-((v / spread) ** 2)) * _step(behind) * np.exp(-np.maximum(behind, 0) / (60 * cause.wake))
        )
        _blend(image, (205, 212, 208), foam * cause.wake * rng.uniform(0.6, 1.0, foam.shape))
    away, tall = (
        np.deg2rad(cause.sun_azimuth + 180),
        cause.shadow / PIXEL / np.tan(np.deg2rad(cause.sun_elevation)),
    )
    sx, sy = tall * np.sin(away), -tall * np.cos(away)
    su, sv = sx * np.sin(angle) - sy * np.cos(angle), sx * np.cos(angle) + sy * np.sin(angle)
    _blend(image, np.array(sea) * 0.35, 0.7 * np.maximum(hull(u - su, v - sv), hull(u - su / 2, v - sv / 2)))
    if cause.tug:
        side, at = rng.choice([-1, 1]), rng.uniform(-0.8, 0.6) * half_length
        edge = side * (half_beam + 2)
        _blend(image, (215, 205, 195), box(at, at + rng.uniform(4, 8), edge - 1.5, edge + 1.5))
    deck = np.array([cause.deck_red, cause.deck_green, cause.deck_blue])
    _blend(image, (cause.hull_red, cause.hull_green, cause.hull_blue), hull(u, v))
    inner = hull(u, v, 0.8)
    _blend(image, deck, inner)
    first, last = -half_length + 1.5 + cause.bridge / PIXEL, 0.72 * half_length
    if cause.hatches:
        phase = (u - first) / (last - first) * cause.hatches
        which = np.clip(phase.astype(int), 0, cause.hatches - 1)
        pitch = (last - first) / cause.hatches
        wide = rng.uniform(0.45, 0.75) * half_beam
        share = rng.uniform(0.5, 0.85)
        cover = _step((share / 2 - np.abs(phase - which - 0.5)) * pitch) * _step(wide - np.abs(v))
        if cause.cargo == "containers":
            colours = rng.choice(
                [[190, 80, 60], [215, 210, 200], [90, 110, 130], [150, 130, 110]], (cause.hatches, 4)
            )
            colours = colours[which, np.clip((v / wide + 1) * 2, 0, 3).astype(int)]
        else:
            colours = deck * rng.choice([0.3, 0.5, 0.8, 1.25], p=[0.35, 0.25, 0.2, 0.2])
            colours = colours * rng.uniform(0.8, 1.2, (cause.hatches, 1))[which]
        _blend(image, colours, cover)
    elif cause.cargo == "pipes":
        _blend(
            image,
            deck * rng.choice([0.7, 1.3]),
            0.7 * _step(0.3 - np.abs(v)) * _step(u - first) * _step(last - u),
        )
    image += (inner * _field(rng, view, 0.6) * rng.uniform(2, 12))[..., None]
    white = rng.uniform(170, 250) * np.array([1, 0.98, 0.94])
    start = -half_length + rng.uniform(1, 3)
    _blend(image, white, box(start, start + cause.bridge / PIXEL, -0.75 * half_beam, 0.75 * half_beam))
    _blend(image, deck * 0.3, box(start, start + 1.2, -1, 1) * rng.uniform(0, 1))


def _mix(image, view, rng, colours, slope):
    """Ground: colours that take turns with a random height, and a finer grain."""
    height = _field(rng, view, slope)
    level = np.clip((height + 1.5) / 3 * (len(colours) - 1), 0, len(colours) - 1.001)
    colours = np.asarray(colours, np.float32)
    low = level.astype(int)
    part = (level - low)[..., None]
    image[:] = colours[low] * (1 - part) + colours[low + 1] * part
    image *= (1 + 0.12 * _field(rng, view, 0.5))[..., None]


def _land(image, view, cause, rng):
    palettes = [[(45, 55, 40), (75, 75, 50), (120, 105, 75)], [(60, 60, 45), (130, 105, 75), (165, 140, 105)]]
    _mix(image, view, rng, palettes[rng.integers(2)], rng.uniform(0.9, 1.5))


def _town(image, view, cause, rng):
    _mix(image, view, rng, [(60, 65, 55), (110, 100, 85), (140, 130, 115)], 0.8)


def _coast(image, view, cause, rng):
    land = np.empty_like(image)
    _land(land, view, cause, rng)
    angle = rng.uniform(0, 2 * np.pi)
    inside = (
        view.x * np.cos(angle) + view.y * np.sin(angle) + 6 * _field(rng, view, 1.5) - rng.uniform(-15, 15)
    )
    _blend(image, land, _step(inside))
    _blend(image, (225, 225, 215), np.exp(-((inside / rng.uniform(1, 4)) ** 2)) * rng.uniform(0.3, 1))


def _bright(image, view, cause, rng):
    _town(image, view, cause, rng)


def _lines(image, view, cause, rng):
    angle = rng.uniform(0, np.pi)
    across = view.x * np.cos(angle) + view.y * np.sin(angle)
    _blend(image, (190, 180, 165), _step(rng.uniform(1, 5) - np.abs(across - rng.uniform(-15, 15))))


def _cloud(image, view, cause, rng):
    cover = np.clip(0.4 + 0.5 * _field(rng, view, 1.7), 0, 1) * rng.uniform(0.3, 0.9)
    _blend(image, (215, 220, 218), cover)
