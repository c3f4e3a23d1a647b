"""What a TIFF file says of its pixels before any is decoded: depth, bands, alpha, pixel size, nodata.

Pillow hides some of it (16-bit colour has mode RGB) and refuses other files without a reason, so the tags are read here,
with Pillow's own reader of tags. Numbers of tags: TIFF 6.0 (Adobe, 1992) and GeoTIFF 1.1 (OGC 19-008r4, 2019).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import IO, Any

WIDTH, HEIGHT, BITS, PHOTOMETRIC, SAMPLES, EXTRA, FORMAT = 256, 257, 258, 262, 277, 338, 339
SCALE, TRANSFORMATION, GEO_KEYS, NODATA = 33550, 34264, 34735, 42113
FLOAT = (3, 6)  # sample formats: floating point, complex
ALPHA = (1, 2, 999)  # extra samples: associated and unassociated alpha, and Corel's word for it
COLOURS = {2: 3, 5: 4, 6: 3, 8: 3}  # bands that are the colour: RGB, CMYK, YCbCr, Lab; all others have one
MODEL, UNITS, GEOGRAPHIC = 1024, 3076, 2  # GeoKeys: kind of coordinates (2: degrees), unit of length
METRES = {9001: 1.0, 9002: 0.3048, 9003: 1200 / 3937}
DEGREE = 111_320.0  # metres, of latitude


@dataclass(frozen=True)
class Tags:
    """What a TIFF says of its first picture.

    Attributes:
        size: width and height in pixels.
        bits: of the deepest band.
        is_float: whether its numbers are floating point.
        bands: how many there are, alpha among them.
        colours: how many of them are the colour: 3 for RGB, 1 for grey or palette.
        has_alpha: whether the band after the colours is called alpha.
        pixel_size: height of a pixel in metres, roughly where coordinates are degrees; None where it is not said.
        nodata: the value that stands for no data; None where none does.
    """

    size: tuple[int, int]
    bits: int
    is_float: bool
    bands: int
    colours: int
    has_alpha: bool
    pixel_size: float | None
    nodata: float | None


def read_tags(file: IO[bytes]) -> Tags | None:
    """The tags of an opened file, which is left at its beginning; None if it is no TIFF.

    Raises:
        Exception: whatever Pillow's reader makes of a broken file.
    """
    from PIL.TiffImagePlugin import PREFIXES, ImageFileDirectory_v2

    start = file.read(16)
    try:
        if not start.startswith(tuple(PREFIXES)):
            return None
        directory = ImageFileDirectory_v2(start if start[2] == 43 else start[:8])  # 43: BigTIFF
        file.seek(directory.next)
        directory.load(file)
        return _tags(directory)
    finally:
        file.seek(0)


def _tags(directory: Any) -> Tags:
    samples = int(_first(directory.get(SAMPLES), 1))
    colours = COLOURS.get(int(_first(directory.get(PHOTOMETRIC), -1)), 1)
    extra = _tuple(directory.get(EXTRA))
    return Tags(
        size=(int(_first(directory.get(WIDTH), 0)), int(_first(directory.get(HEIGHT), 0))),
        bits=max(map(int, _tuple(directory.get(BITS))), default=1),
        is_float=any(kind in FLOAT for kind in _tuple(directory.get(FORMAT))),
        bands=samples,
        colours=colours,
        has_alpha=samples > colours and bool(extra) and extra[0] in ALPHA,
        pixel_size=_pixel_size(directory),
        nodata=_number(directory.get(NODATA)),
    )


def _pixel_size(directory: Any) -> float | None:
    """The height of a pixel in metres."""
    scale, matrix = _tuple(directory.get(SCALE)), _tuple(directory.get(TRANSFORMATION))
    if len(scale) >= 2:
        side = abs(float(scale[1]))
    elif len(matrix) >= 6:
        side = math.hypot(float(matrix[1]), float(matrix[5]))
    else:
        return None
    keys = [int(key) for key in _tuple(directory.get(GEO_KEYS))]
    said = {keys[i]: keys[i + 3] for i in range(4, len(keys) - 3, 4) if keys[i + 1] == 0}
    side *= DEGREE if said.get(MODEL) == GEOGRAPHIC else METRES.get(said.get(UNITS, 9001), 1.0)
    return side if math.isfinite(side) and side > 0 else None


def _number(text: Any) -> float | None:
    """A number written as text, as GDAL does, None if it is none."""
    text = text.decode("ascii", "replace") if isinstance(text, bytes) else str(_first(text, ""))
    try:
        return float(text.strip(" \0"))
    except ValueError:
        return None


def _tuple(value: Any) -> tuple:
    return () if value is None else value if isinstance(value, tuple) else (value,)


def _first(value: Any, otherwise: Any) -> Any:
    return next(iter(_tuple(value)), otherwise)
