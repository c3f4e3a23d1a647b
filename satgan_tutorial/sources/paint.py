"""The simulator's brushes: how a row of causes becomes the pixels of a chip, or of a scene.

`simulate` draws the causes; here sea, land, clouds, ships and the camera's faults are laid over each other. Distances
are pixels of 3 m, x to the east and y to the south. Each brush takes `image`, float32 (H, W, 3) in 0..255, and paints on
it; `view` says where its pixels lie.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np

from ..chips import PIXEL, SIZE

MARGIN = 8  # pixels about a chip that its textures reach, and near-twins are cropped from
LANDS = (  # woods, dry grass, chaparral, bare hills: colours from the valleys up
    ((22, 32, 24), (46, 52, 34), (88, 78, 54), (176, 144, 106)),
    ((76, 66, 46), (142, 112, 80), (180, 148, 112), (214, 184, 146)),
    ((14, 28, 34), (38, 54, 48), (76, 84, 66), (140, 130, 102)),
    ((60, 56, 50), (96, 86, 74), (132, 118, 98), (180, 162, 132)),
)
ROOFS = ((112, 100, 88), (150, 134, 116), (190, 176, 156), (250, 240, 220), (168, 124, 102), (84, 80, 76))


def chip(cause: Any) -> np.ndarray:
    """One chip, uint8 (80, 80, 3), of a row of `simulate.draw_causes`: its object on the sea of its scene.

    >>> from satgan_tutorial.sources.simulate import draw_causes
    >>> cause = next(draw_causes(1, seed=0).itertuples())
    >>> chip(cause).shape, chip(cause).dtype
    ((80, 80, 3), dtype('uint8'))
    """
    look, noise = np.random.default_rng(cause.look), np.random.default_rng(cause.noise)
    view = view_of(cause, SIZE, SIZE, cause.crop_x, cause.crop_y)
    return expose(cause, view, noise, lambda image: DRAW[cause.kind](image, view, cause, look))


def view_of(cause: Any, height: int, width: int, crop_x: int = 0, crop_y: int = 0) -> SimpleNamespace:
    """Where a picture's pixels lie, in pixels east (x) and south (y) of its centre, and the scene's colours.

    >>> view = view_of(SimpleNamespace(sea_red=60, sea_green=90, sea_blue=80), height=4, width=6)
    >>> view.x.ravel().tolist(), view.y.ravel().tolist()
    ([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5], [-1.5, -0.5, 0.5, 1.5])
    """
    x, y = (np.arange(n, dtype=np.float32) - (n - 1) / 2 for n in (width, height))
    top, left = MARGIN + crop_y, MARGIN + crop_x
    view = SimpleNamespace(x=x[None, :] + crop_x, y=y[:, None] + crop_y)
    view.side = max(height, width) + 2 * MARGIN  # of its textures, of which it sees
    view.crop = slice(top, top + height), slice(left, left + width)
    view.sea = np.array([cause.sea_red, cause.sea_green, cause.sea_blue], np.float32)
    view.tone = 0.55 + 0.45 * view.sea / (83, 94, 82)  # the scene's light and air, on land too
    return view


def expose(
    cause: Any, view: SimpleNamespace, noise: np.random.Generator, draw: Callable[[np.ndarray], None]
) -> np.ndarray:
    """A picture, uint8 (H, W, 3): sea, what `draw` puts on it, optics, haze, noise.

    >>> calm = {"waves": 0, "wave_length": 20, "wave_direction": 0, "blur": 0, "haze": 0, "speckle": 0}
    >>> cause = SimpleNamespace(sea_red=60, sea_green=90, sea_blue=80, **calm)
    >>> view, noise = view_of(cause, 8, 8), np.random.default_rng(0)
    >>> picture = expose(cause, view, noise, draw=lambda image: image[4:, 4:].fill(255))
    >>> picture[0, 0].tolist(), picture[7, 7].tolist()
    ([60, 90, 80], [255, 255, 255])
    """
    waves = _field(noise, view, 1.2, (cause.wave_length / PIXEL, np.deg2rad(cause.wave_direction)))
    waves = cause.waves * (waves + 0.3 * np.maximum(waves, 0) ** 2)  # crests are narrow and bright
    image = view.sea + waves[..., None]
    draw(image)
    image = _blur(image, cause.blur)
    image += 0.6 * (image - _blur(image, 0.25))  # the product is sharpened: edges have a halo
    image += np.float32(cause.haze) * (np.array([155, 160, 155], np.float32) - image)
    image += _speckle(noise, view) * np.float32(cause.speckle)
    return np.clip(image + 0.5, 0, 255).astype(np.uint8)


def moor(image: np.ndarray, cause: Any, x: int, y: int, reach: int = 64) -> None:
    """Draw a ship or boat with its centre at a pixel of a scene.

    >>> from satgan_tutorial.sources.simulate import draw_causes
    >>> ship = next(draw_causes(1, seed=0, label=1).itertuples())
    >>> scene = np.zeros((200, 200, 3), np.float32)
    >>> moor(scene, ship, x=100, y=100)
    >>> bool(scene[80:120, 80:120].any()), bool(scene[:30].any())
    (True, False)
    """
    height, width = image.shape[:2]
    rows = slice(max(y - reach, 0), min(y + reach, height))
    columns = slice(max(x - reach, 0), min(x + reach, width))
    part = view_of(cause, rows.stop - rows.start, columns.stop - columns.start)
    part.x = np.arange(columns.start, columns.stop, dtype=np.float32)[None, :] - x
    part.y = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None] - y
    DRAW[cause.kind](image[rows, columns], part, cause, np.random.default_rng(cause.look))


def shore(image: np.ndarray, view: SimpleNamespace, cause: Any, rng: np.random.Generator) -> np.ndarray:
    """Land over a third of a scene, its shore, a town and large roofs on it; returns where there is land.

    >>> cause = SimpleNamespace(sea_red=60, sea_green=90, sea_blue=80, sun_azimuth=140, sun_elevation=50)
    >>> scene, view = np.zeros((96, 96, 3), np.float32), view_of(cause, 96, 96)
    >>> land = shore(scene, view, cause, np.random.default_rng(0))
    >>> land.shape, round(float(land.mean()), 2)
    ((96, 96), 0.33)
    """
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


def clouds(image: np.ndarray, view: SimpleNamespace, rng: np.random.Generator) -> np.ndarray:
    """Scattered clouds over a scene; returns where they are.

    >>> scene = np.zeros((96, 96, 3), np.float32)
    >>> view = view_of(SimpleNamespace(sea_red=60, sea_green=90, sea_blue=80), 96, 96)
    >>> covered = clouds(scene, view, np.random.default_rng(6))
    >>> bool(scene[covered].min() > scene[~covered].max())
    True
    """
    cover = np.clip(0.9 * _field(rng, view, 1.9) - rng.uniform(1.3, 1.9), 0, 1) ** 1.5
    _blend(image, (250, 250, 246), 0.95 * cover)
    return cover > 0.1


@cache
def _frequencies(side: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of a square texture: cycles a pixel east and south, and both together."""
    from scipy import fft

    fx, fy = fft.rfftfreq(side)[None].astype(np.float32), fft.fftfreq(side)[:, None].astype(np.float32)
    lowest = np.float32(1 / (SIZE + 2 * MARGIN))  # a scene's texture is a chip's
    frequency = np.maximum(np.hypot(fx, fy), lowest)
    frequency[0, 0] = np.inf  # no mean
    return fx, fy, frequency


def _field(
    rng: np.random.Generator, view: SimpleNamespace, slope: float, swell: tuple[float, float] | None = None
) -> np.ndarray:
    """A random texture of unit variance: amplitude falls as frequency**-slope, `swell` adds waves of a length and angle."""
    from scipy import fft

    fx, fy, frequency = _frequencies(view.side)
    amplitude = frequency ** np.float32(-slope)
    if swell:
        along = (fx * np.sin(swell[1]) - fy * np.cos(swell[1])) / frequency
        crests = np.exp(-2 * (frequency * swell[0] - 1) ** 2) * along**8
        amplitude = amplitude / np.linalg.norm(amplitude) + 1.2 * crests / np.linalg.norm(crests)
    parts = rng.random((*amplitude.shape, 2), dtype=np.float32) - np.float32(0.5)
    spectrum = parts.view(np.complex64)[..., 0]
    scale = np.float32(3**0.5 * view.side**2 / np.linalg.norm(amplitude))  # the sum of many is near normal
    return fft.irfft2(spectrum * (amplitude * scale), s=(view.side, view.side))[view.crop]


def _speckle(rng: np.random.Generator, view: SimpleNamespace) -> np.ndarray:
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


def _blur(image: np.ndarray, share: float) -> np.ndarray:
    """Blur with the kernel (share, 1 - 2 share, share) along both axes: the optics' point spread."""
    for _ in range(2):
        padded = np.concatenate([image[:1], image, image[-1:]])
        image = (share * (padded[:-2] + padded[2:]) + (1 - 2 * share) * image).swapaxes(0, 1)
    return image


def _blend(image: np.ndarray, colour: Any, cover: np.ndarray) -> None:
    """Lay a colour, (3,) or (H, W, 3), over the image where `cover`, (H, W) in 0..1, is not 0."""
    hit = cover > 0
    colour, below = np.asarray(colour, np.float32), image[hit]
    image[hit] = below + cover[hit][:, None] * ((colour[hit] if colour.ndim == 3 else colour) - below)


def _step(distance: Any) -> Any:
    """How much of a pixel is covered whose centre lies `distance` pixels inside an edge."""
    return np.clip(distance + 0.5, 0, 1)


def _ship(image: np.ndarray, view: SimpleNamespace, cause: Any, rng: np.random.Generator) -> None:
    angle, half, beam = np.deg2rad(cause.heading), cause.length / 2 / PIXEL, cause.beam / 2 / PIXEL
    east, south = view.x - cause.x / PIXEL, view.y - cause.y / PIXEL
    u, v = east * np.sin(angle) - south * np.cos(angle), east * np.cos(angle) + south * np.sin(angle)
    chance = rng.random(20)  # drawn at once, so that a changed cause does not change the rest
    deck = np.array([cause.deck_red, cause.deck_green, cause.deck_blue])

    def hull(u: np.ndarray, v: np.ndarray, inset: float = 0.0) -> np.ndarray:
        end = np.clip(np.maximum((u / half - 0.56) / 0.44, (-u / half - 0.84) / 0.16), 0, 1)
        return _step(beam * np.sqrt(1 - end * end) - inset - np.abs(v)) * _step(half - inset - np.abs(u))

    def box(middle: float, length: float, width: float, side: float = 0.0) -> np.ndarray:
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


def _hatches(
    image: np.ndarray,
    cause: Any,
    rng: np.random.Generator,
    bays: np.ndarray,
    lanes: np.ndarray,
    pitch: float,
    wide: float,
    inner: np.ndarray,
    deck: np.ndarray,
) -> None:
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


def _turned(
    view: SimpleNamespace, rng: np.random.Generator, wobble: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Two axes at a random angle; `wobble` pixels bend the second."""
    angle = rng.uniform(0, np.pi)
    u, v = view.x * np.cos(angle) + view.y * np.sin(angle), view.y * np.cos(angle) - view.x * np.sin(angle)
    return u, v + wobble * _field(rng, view, 2.2) if wobble else v


def _ground(
    image: np.ndarray,
    view: SimpleNamespace,
    rng: np.random.Generator,
    colours: Any,
    slope: float,
    grain: float,
) -> None:
    """Colours that follow a random height, with a finer grain."""
    level = np.clip((_field(rng, view, slope) + 1.6) / 3.2, 0, 0.999) * (len(colours) - 1)
    colours = np.asarray(colours, np.float32) * view.tone * rng.uniform(0.75, 1.45)
    low = level.astype(int)
    image[:] = colours[low] + (level - low)[..., None] * (colours[low + 1] - colours[low])
    image *= (1 + grain * _field(rng, view, 0.9))[..., None]


def _land(image: np.ndarray, view: SimpleNamespace, cause: Any, rng: np.random.Generator) -> None:
    """Hills with trees, and now and then roads."""
    _ground(image, view, rng, LANDS[rng.integers(4)], rng.uniform(1.3, 2.2), rng.uniform(0.06, 0.18))
    if rng.random() < 0.5:
        trees = np.clip(_field(rng, view, 0.8) - rng.uniform(0.5, 1.5), 0, 1)
        _blend(image, np.array([30, 38, 32]) * view.tone, 0.8 * trees)
    for _ in range(rng.integers(0, 3)):
        _, v = _turned(view, rng, wobble=rng.choice([0, 3, 8]))
        cover = _step(rng.uniform(0.2, 1.2) - np.abs(v - rng.uniform(-30, 30))) * rng.uniform(0.4, 0.9)
        _blend(image, np.array([196, 176, 150]) * rng.uniform(0.7, 1.15), cover)


def _town(
    image: np.ndarray, view: SimpleNamespace, cause: Any, rng: np.random.Generator, roof: float | None = None
) -> None:
    """Roofs in the cells of a turned grid, each with its shadow, and streets between blocks of cells."""
    _ground(image, view, rng, [(44, 46, 38), (84, 76, 64), (126, 112, 96), (162, 146, 126)], 1.0, 0.15)
    u, v = _turned(view, rng, wobble=rng.uniform(0.1, 1.5))
    cell = (roof or rng.uniform(3.5, 7)) * rng.uniform(0.8, 1.3, 2)
    column, row = np.floor(u / cell[0]).astype(int), np.floor(v / cell[1]).astype(int)
    du, dv, at = u - (column + 0.5) * cell[0], v - (row + 0.5) * cell[1], (column % 32, row % 32)
    wide, deep = (rng.uniform(0.2, 0.5, (32, 32))[at] * side for side in cell)
    share = [0.12, 0.15, 0.28, 0.35, 0.03, 0.07] if roof else [0.28, 0.32, 0.18, 0.07, 0.08, 0.07]
    colours = (
        np.array(ROOFS)[rng.choice(6, (32, 32), p=share)] * rng.uniform(0.85, 1.1, (32, 32, 1)) * view.tone
    )
    built = (rng.random((32, 32)) < rng.uniform(0.5, 0.95))[at]
    _blend(image, (34, 36, 36), 0.7 * built * _step(wide - np.abs(du + 1)) * _step(deep - np.abs(dv + 1)))
    _blend(image, colours[at], 0.9 * built * _step(wide - np.abs(du)) * _step(deep - np.abs(dv)))
    for along, side in ((u, cell[0]), (v, cell[1])):
        block = side * rng.integers(2, 7)
        street = _step(rng.uniform(0.3, 1.1) - np.abs(along - block * np.round(along / block)))
        _blend(image, np.array([146, 134, 120]) * rng.uniform(0.6, 1.2), 0.8 * street)


def _coast(image: np.ndarray, view: SimpleNamespace, cause: Any, rng: np.random.Generator) -> None:
    """Land on one side of a line that is bent like a shore or straight like a quay, with surf or a beach."""
    land, bend = np.empty_like(image), rng.choice([0.0, 4.0, 9.0])
    (_town if rng.random() < 0.35 else _land)(land, view, cause, rng)
    inland = (_turned(view, rng, wobble=bend)[1] - rng.uniform(-20, 20)) * rng.choice([-1, 1])
    _blend(image, land, _step(inland))
    surf = bend and rng.random() < 0.5
    shore = (250, 248, 234) if surf else np.array([196, 170, 134]) * rng.uniform(0.6, 1.1)
    strip = np.exp(-((inland / rng.uniform(1, 9)) ** 2)) * np.clip(0.7 + 0.4 * _field(rng, view, 1.2), 0, 1)
    _blend(image, shore, strip)


def _bright(image: np.ndarray, view: SimpleNamespace, cause: Any, rng: np.random.Generator) -> None:
    """Bright pixels: large roofs, bare ground, breaking waves."""
    kind = rng.choice(3, p=[0.55, 0.25, 0.2])
    if kind == 0:
        return _town(image, view, cause, rng, roof=rng.uniform(8, 22))
    if kind == 1:
        _land(image, view, cause, rng)
    spots = _field(rng, view, rng.uniform(1.1, 1.5)) - 0.003 * ((view.x - 9) ** 2 + (view.y + 5) ** 2)
    colour = (236, 222, 198) if kind == 1 else (222, 230, 222)
    _blend(image, colour, 0.9 * np.clip(0.8 * spots - rng.uniform(-0.3, 0.5), 0, 1))


def _lines(image: np.ndarray, view: SimpleNamespace, cause: Any, rng: np.random.Generator) -> None:
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


def _cloud(image: np.ndarray, view: SimpleNamespace, cause: Any, rng: np.random.Generator) -> None:
    if rng.random() < 0.25:
        _land(image, view, cause, rng)
    cover = np.clip(rng.uniform(-0.2, 1.2) + 0.45 * _field(rng, view, rng.uniform(1.6, 2.2)), 0, 1) ** 1.5
    _blend(image, (250, 250, 246), cover * rng.uniform(0.35, 1.0))


DRAW = {"coast": _coast, "land": _land, "town": _town, "bright": _bright, "lines": _lines, "cloud": _cloud}
DRAW |= {"ship": _ship, "part": _ship, "boat": _ship, "sea": lambda *_: None}
