"""What a TIFF file says of its pixels before any is decoded: depth, bands, alpha, pixel size, nodata.

Pillow hides some of it (16-bit colour has mode RGB) and refuses other files without a reason, so the tags are read here,
with Pillow's own reader of tags. Numbers of tags: TIFF 6.0 (Adobe, 1992) and GeoTIFF 1.1 (OGC 19-008r4, 2019).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import IO, Any

WIDTH, HEIGHT, BITS, PHOTOMETRIC, SAMPLES, EXTRA, FORMAT = 256, 257, 258, 262, 277, 338, 339
SUBFILE, PLANAR, ORIENTATION = 254, 284, 274
REDUCED, MASK = 1, 4  # bits of a subfile's type: a smaller copy, as in a pyramid, and what of a page is data
PAGES = 64  # at most looked at
SCALE, TRANSFORMATION, GEO_KEYS, NODATA = 33550, 34264, 34735, 42113
SIGNED, FLOAT = 2, (3, 6)  # sample formats: signed whole numbers; floating point, complex
ALPHA = (1, 2, 999)  # extra samples: associated and unassociated alpha, and Corel's word for it
COLOURS = {2: 3, 5: 4, 6: 3, 8: 3}  # bands that are the colour: RGB, CMYK, YCbCr, Lab; all others have one
MODEL, UNITS, GEOGRAPHIC = 1024, 3076, 2  # GeoKeys: kind of coordinates (2: degrees), unit of length
METRES = {9001: 1.0, 9002: 0.3048, 9003: 1200 / 3937, 9036: 1000.0}
DEGREE = 111_320.0  # metres, of latitude


@dataclass(frozen=True)
class Tags:
    """What a TIFF says of its first picture.

    Attributes:
        size: width and height in pixels.
        bits: of the deepest band.
        is_float: whether its numbers are floating point.
        is_signed: whether they may be negative.
        is_planar: whether its bands lie one after the other, and not pixel by pixel.
        pages: of all its pages, the first among them, the type of subfile: 0 for a picture, else the bits REDUCED and MASK.
        bands: how many there are, alpha among them.
        colours: how many of them are the colour: 3 for RGB, 1 for grey or palette.
        has_alpha: whether the band after the colours is called alpha.
        sides: of a pixel in metres, width and height, of degrees the height alone, roughly; empty where it is not said.
        nodata: the value that stands for no data; None where none does.
        orientation: how a viewer turns it, as EXIF counts, 1 for not at all.

    >>> import io
    >>> from PIL import Image
    >>> file = io.BytesIO()
    >>> Image.new("RGB", (6, 4)).save(file, "tiff")
    >>> tags = read_tags(io.BytesIO(file.getvalue()))
    >>> tags.size, tags.bits, tags.bands, tags.colours, tags.sides, tags.nodata
    ((6, 4), 8, 3, 3, (), None)
    """

    size: tuple[int, int]
    bits: int
    is_float: bool
    is_signed: bool
    is_planar: bool
    pages: tuple[int, ...]
    bands: int
    colours: int
    has_alpha: bool
    sides: tuple[float, ...]
    nodata: float | None
    orientation: int = 1


def read_tags(file: IO[bytes]) -> Tags | None:
    """The tags of an opened file, which is left at its beginning; None if it is no TIFF.

    Raises:
        Exception: whatever Pillow's reader makes of a broken file.

    >>> import io
    >>> from PIL import Image
    >>> file = io.BytesIO()
    >>> Image.new("L", (6, 4)).save(file, "tiff")
    >>> read_tags(io.BytesIO(file.getvalue())).bands, read_tags(io.BytesIO(b"no TIFF"))
    (1, None)
    """
    from PIL.TiffImagePlugin import PREFIXES, ImageFileDirectory_v2

    start = file.read(16)
    try:
        if not start.startswith(tuple(PREFIXES)):
            return None
        head = start if start[2] == 43 else start[:8]  # 43: BigTIFF
        first = directory = ImageFileDirectory_v2(head)
        place, seen, pages = directory.next, set(), []
        while place and place not in seen and len(pages) < PAGES:
            seen.add(place)
            file.seek(place)
            directory.load(file)
            pages.append(int(_first(directory.get(SUBFILE), 0)))
            place, directory = directory.next, ImageFileDirectory_v2(head)
        return _tags(first, tuple(pages))
    finally:
        file.seek(0)


def _tags(directory: Any, pages: tuple[int, ...]) -> Tags:
    samples = int(_first(directory.get(SAMPLES), 1))
    colours = COLOURS.get(int(_first(directory.get(PHOTOMETRIC), -1)), 1)
    extra = _tuple(directory.get(EXTRA))
    return Tags(
        size=(int(_first(directory.get(WIDTH), 0)), int(_first(directory.get(HEIGHT), 0))),
        bits=max(map(int, _tuple(directory.get(BITS))), default=1),
        is_float=any(kind in FLOAT for kind in _tuple(directory.get(FORMAT))),
        is_signed=any(kind == SIGNED for kind in _tuple(directory.get(FORMAT))),
        is_planar=_first(directory.get(PLANAR), 1) == 2,
        pages=pages,
        bands=samples,
        colours=colours,
        has_alpha=samples > colours and bool(extra) and extra[0] in ALPHA,
        sides=_sides(directory),
        nodata=_number(directory.get(NODATA)),
        orientation=int(_first(directory.get(ORIENTATION), 1)),
    )


def _sides(directory: Any) -> tuple[float, ...]:
    """Width and height of a pixel in metres; of degrees the height alone, since their length varies the other way."""
    scale, matrix = _tuple(directory.get(SCALE)), _tuple(directory.get(TRANSFORMATION))
    if len(scale) >= 2:
        sides = [abs(float(scale[0])), abs(float(scale[1]))]
    elif len(matrix) >= 6:
        columns = ((matrix[0], matrix[4]), (matrix[1], matrix[5]))
        sides = [math.hypot(float(x), float(y)) for x, y in columns]
    else:
        return ()
    keys = [int(key) for key in _tuple(directory.get(GEO_KEYS))]
    said = {keys[i]: keys[i + 3] for i in range(4, len(keys) - 3, 4) if keys[i + 1] == 0}
    unit = DEGREE if said.get(MODEL) == GEOGRAPHIC else METRES.get(said.get(UNITS, 9001))
    if unit is None or not all(math.isfinite(side) and side > 0 for side in sides):
        return ()
    return tuple(side * unit for side in (sides[1:] if unit == DEGREE else sides))


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
