"""A folder of pictures that are no ships, for whoever wants to try a training of their own: things seen from above.

Pools, courts and tanks, drawn four times finer than they are kept, so that their rims are as soft as a camera's.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SIDE = 64  # pixels of a picture
FINE = 4  # pixels that are drawn for one
CLAY = ((176, 88, 60), (60, 110, 86), (70, 92, 140))
WHITE = (236, 236, 230)
Draw = Callable[[np.random.Generator], Image.Image]


def pool(rng: np.random.Generator) -> Image.Image:
    """A swimming pool in a garden, along the rows or the columns: an image of 256 x 256 pixels.

    >>> pool(np.random.default_rng(0)).size
    (256, 256)
    """
    picture = _ground((78, 120, 62), rng)
    pen = ImageDraw.Draw(picture)
    w, h = rng.permutation([rng.uniform(15, 22), rng.uniform(9, 13)]) * FINE
    x, y = rng.uniform(26, 38, 2) * FINE
    rim = 3 * FINE
    pen.rounded_rectangle((x - w - rim, y - h - rim, x + w + rim, y + h + rim), 4 * FINE, (206, 196, 178))
    blue = tuple((np.array((40, 150, 190)) + rng.normal(0, 12, 3)).astype(int).tolist())
    pen.rounded_rectangle((x - w, y - h, x + w, y + h), 5 * FINE, blue)
    return picture


def court(rng: np.random.Generator) -> Image.Image:
    """A court with its lines, red, green or blue: an image of 256 x 256 pixels.

    >>> court(np.random.default_rng(0)).size
    (256, 256)
    """
    picture = _ground((120, 118, 108), rng)
    pen = ImageDraw.Draw(picture)
    clay = CLAY[rng.integers(3)]
    flat = rng.random() < 0.5
    w, h = np.array((25, 14) if flat else (14, 25)) * FINE
    x, y = rng.uniform(28, 36, 2) * FINE
    pen.rectangle((x - w, y - h, x + w, y + h), clay)
    width = int(1.6 * FINE)
    a, b = 0.8 * w, 0.75 * h
    pen.rectangle((x - a, y - b, x + a, y + b), outline=WHITE, width=width)
    pen.line((x, y - b, x, y + b) if flat else (x - a, y, x + a, y), WHITE, width)
    return picture


def tank(rng: np.random.Generator) -> Image.Image:
    """A round tank with a hatch in its middle: an image of 256 x 256 pixels.

    >>> tank(np.random.default_rng(0)).size
    (256, 256)
    """
    picture = _ground((150, 140, 120), rng)
    pen = ImageDraw.Draw(picture)
    r = rng.uniform(13, 24) * FINE
    x, y = rng.uniform(28, 36, 2) * FINE
    white = tuple(int(v) for v in rng.uniform(205, 240) * np.array((1, 1, 0.97)))
    for radius, colour in ((r + 6, (96, 90, 80)), (r, white), (r / 5, (150, 148, 144))):
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), colour)
    return picture


KINDS: dict[str, Draw] = {"pools": pool, "courts": court, "tanks": tank}


def draw(folder: str | os.PathLike, n: int = 240, seed: int = 0) -> Path:
    """Write n PNG files of each of KINDS, RGB of 64 x 64 pixels, into a subfolder each, and return the folder.

    >>> import tempfile
    >>> folder = draw(tempfile.mkdtemp(), n=2)
    >>> sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*.png"))
    ['courts/000.png', 'courts/001.png', 'pools/000.png', 'pools/001.png', 'tanks/000.png', 'tanks/001.png']
    """
    folder, rng = Path(folder), np.random.default_rng(seed)
    for kind, drawn in KINDS.items():
        (folder / kind).mkdir(parents=True, exist_ok=True)
        for i in range(n):
            _seen(drawn(rng), rng).save(folder / kind / f"{i:03d}.png")
    return folder


def _ground(colour: tuple[int, int, int], rng: np.random.Generator) -> Image.Image:
    """Ground of a colour, with soft spots."""
    spots = rng.normal(0, 14, (6, 6, 1)) + rng.normal(0, 4, (6, 6, 3)) + colour
    small = Image.fromarray(spots.clip(0, 255).astype(np.uint8))
    return small.resize((SIDE * FINE,) * 2, Image.Resampling.BICUBIC)


def _seen(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A picture as a camera would see it: softer, smaller, with noise, on a brighter or a darker day."""
    soft = picture.filter(ImageFilter.GaussianBlur(0.5 * FINE)).resize((SIDE, SIDE), Image.Resampling.BOX)
    noisy = np.asarray(soft) + rng.normal(0, 4, (SIDE, SIDE, 3)) + rng.normal(0, 10)
    return Image.fromarray(noisy.clip(0, 255).astype(np.uint8))
