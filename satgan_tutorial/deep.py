"""Pixels of more than 8 bits, and of as many bands as there are, which Pillow cuts off or does not read.

A TIFF's strips and tiles are unpacked here and laid side by side, whatever its numbers are; of a 16-bit PNG Pillow is asked
for the high bytes and then for the low ones. Sources: TIFF 6.0 (Adobe, 1992), sections 14 and 15; Adobe's technical note 3
(2005) for floating-point numbers.
"""

from __future__ import annotations

import io
import math
import struct
import zlib
from collections.abc import Iterator
from typing import IO, Any

import numpy as np

from .geotiff import BITS, FORMAT, HEIGHT, PLANAR, SAMPLES, WIDTH

COMPRESSION, STRIPS, ROWS, STRIP_SIZES, PREDICTOR, FILL_ORDER = 259, 273, 278, 279, 317, 266
TILE_WIDTH, TILE_HEIGHT, TILES, TILE_SIZES = 322, 323, 324, 325
NONE, DEFLATE, PACKBITS = 1, (8, 32946), 32773
BY_PILLOW = (5, PACKBITS, 50000)  # LZW, PackBits, Zstandard: nothing in them depends on what the bytes mean
KINDS = {1: "u", 2: "i", 3: "f"}  # sample formats
LOW_BYTES = {
    "RGB;16B": "RGB;16L",
    "RGBA;16B": "RGBA;16L",
}  # what Pillow reads the other byte of each number by


class DeepError(ValueError):
    """A file whose numbers cannot be had: says what was found.

    >>> from PIL import Image
    >>> file = io.BytesIO()
    >>> Image.fromarray(np.array([[7, 65535]], np.uint16)).save(file, "tiff")
    >>> read_tiff(file, at_most=2)
    Traceback (most recent call last):
    satgan_tutorial.deep.DeepError: 4 bytes of pixels
    """


def read_tiff(file: IO[bytes], *, at_most: int) -> np.ndarray:
    """All bands of a TIFF's first picture, as its numbers are: (H, W, bands), of whole or floating-point numbers.

    Args:
        file: opened; compressed not at all or by Deflate, LZW, PackBits or Zstandard.
        at_most: bytes that they may take.

    Raises:
        DeepError: another compression, numbers of another kind, or more bytes.
        Exception: whatever Pillow and zlib make of a broken file.

    >>> from PIL import Image
    >>> file = io.BytesIO()
    >>> Image.fromarray(np.array([[7, 65535]], np.uint16)).save(file, "tiff")
    >>> read_tiff(file, at_most=100).tolist()
    [[[7], [65535]]]
    """
    tags, order = _directory(file)
    height, width, bands = (int(_one(tags, tag, 1)) for tag in (HEIGHT, WIDTH, SAMPLES))
    kind = _kind(tags, order)
    if height * width * bands * kind.itemsize > at_most:
        raise DeepError(f"{height * width * bands * kind.itemsize:,} bytes of pixels")
    planes = bands if _one(tags, PLANAR, 1) == 2 else 1
    whole = np.empty((planes, height, width, bands // planes), kind.newbyteorder("="))
    for plane, top, left, piece in _pieces(file, tags, kind, whole.shape):
        rows, columns = min(piece.shape[0], height - top), min(piece.shape[1], width - left)
        whole[plane, top : top + rows, left : left + columns] = piece[:rows, :columns]
    return np.concatenate(list(whole), axis=-1)


def read_png(file: IO[bytes]) -> np.ndarray:
    """A 16-bit PNG's numbers, uint16 (H, W, 1), (H, W, 3) or (H, W, 4).

    Raises:
        DeepError: it is grey with alpha, whose low bytes Pillow has no word for.
        Exception: whatever Pillow makes of a broken file.

    >>> from PIL import Image
    >>> file = io.BytesIO()
    >>> Image.fromarray(np.array([[7, 65535]], np.uint16)).save(file, "png")
    >>> read_png(file).tolist()
    [[[7], [65535]]]
    """
    from PIL import Image

    halves = []
    for low in (False, True):
        file.seek(0)
        picture = Image.open(file, formats=("PNG",))
        (tile,) = picture.tile
        if tile.args == "I;16B":
            return np.asarray(picture).astype(np.uint16)[..., None]
        if tile.args not in LOW_BYTES:
            raise DeepError(f"16-bit numbers laid out as {tile.args}")
        if low:
            picture.tile = [tile._replace(args=LOW_BYTES[tile.args])]
        halves.append(np.asarray(picture).astype(np.uint16))
    return halves[0] * 256 + halves[1]


def _directory(file: IO[bytes]) -> tuple[Any, str]:
    """The tags of the first picture, and the order of bytes in its numbers, "<" or ">"."""
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    file.seek(0)
    start = file.read(16)
    directory = ImageFileDirectory_v2(start if 43 in start[2:4] else start[:8])
    file.seek(directory.next)
    directory.load(file)
    return directory, "<" if start[:2] == b"II" else ">"


def _kind(tags: Any, order: str) -> np.dtype:
    """The type of the numbers, one for all bands."""
    bits, formats = set(_all(tags, BITS, (1,))), set(_all(tags, FORMAT, (1,)))
    if len(bits) > 1 or len(formats) > 1 or not bits <= {8, 16, 32, 64} or not formats <= KINDS.keys():
        raise DeepError(f"numbers of {sorted(bits)} bits, of the kinds {sorted(formats)}")
    (bits,), (kind,) = bits, formats
    if (bits == 8 and kind == 3) or _one(tags, FILL_ORDER, 1) != 1:
        raise DeepError("bits in an order of their own")
    return np.dtype(f"{order}{KINDS[kind]}{bits // 8}")


def _pieces(
    file: IO[bytes], tags: Any, kind: np.dtype, shape: tuple[int, ...]
) -> Iterator[tuple[int, int, int, np.ndarray]]:
    """Each strip or tile: its plane, where its top left corner is, and its numbers (h, w, bands)."""
    planes, height, width, bands = shape
    tiled = TILES in tags
    across = int(_one(tags, TILE_WIDTH, width)) if tiled else width
    down = int(_one(tags, TILE_HEIGHT if tiled else ROWS, height)) if tiled or ROWS in tags else height
    down = min(down, max(height, 1)) if not tiled else down
    places = _all(tags, TILES if tiled else STRIPS, ())
    sizes = _all(tags, TILE_SIZES if tiled else STRIP_SIZES, ())
    columns, rows = math.ceil(width / across), math.ceil(height / down)
    if len(places) != planes * rows * columns or len(sizes) != len(places):
        raise DeepError(f"{len(places)} pieces where {planes * rows * columns} make the picture")
    for number, (place, size) in enumerate(zip(places, sizes, strict=True)):
        plane, rest = divmod(number, rows * columns)
        row, column = divmod(rest, columns)
        h = down if tiled else min(down, height - row * down)
        file.seek(int(place))
        unpacked = _unpacked(file.read(int(size)), tags, across * bands * kind.itemsize, h)
        yield plane, row * down, column * across, _numbers(unpacked, tags, kind, (h, across, bands))


def _unpacked(piece: bytes, tags: Any, width: int, height: int) -> bytes:
    """The bytes of a strip or tile: `height` rows of `width` bytes."""
    how = int(_one(tags, COMPRESSION, NONE))
    if how == NONE:
        found = piece[: width * height]
    elif how in DEFLATE:
        found = zlib.decompressobj().decompress(piece, width * height)
    elif how in BY_PILLOW:
        found = _by_pillow(piece, how, width, height)
    else:
        raise DeepError(f"the compression {how}")
    if len(found) != width * height:
        raise DeepError(f"{len(found)} bytes where {width * height} were to be")
    return found


def _by_pillow(piece: bytes, how: int, width: int, height: int) -> bytes:
    """The same by Pillow's library, which is shown a grey picture of one byte a pixel, whatever the bytes are."""
    from PIL import Image

    entries = [
        (WIDTH, width), (HEIGHT, height), (BITS, 8), (COMPRESSION, how), (262, 1), (STRIPS, 8), (SAMPLES, 1),
        (ROWS, height), (STRIP_SIZES, len(piece)),
    ]  # fmt: skip
    table = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries)
    padded = piece + b"\0" * (len(piece) % 2)
    head = b"II*\0" + struct.pack("<I", 8 + len(padded))
    grey = io.BytesIO(head + padded + struct.pack("<H", len(entries)) + table + b"\0\0\0\0")
    return np.asarray(Image.open(grey, formats=("TIFF",))).tobytes()


def _numbers(unpacked: bytes, tags: Any, kind: np.dtype, shape: tuple[int, int, int]) -> np.ndarray:
    """The numbers of a piece, where the file holds differences from the number to the left (`PREDICTOR`)."""
    predictor = int(_one(tags, PREDICTOR, 1))
    if int(_one(tags, COMPRESSION, NONE)) in (NONE, PACKBITS):
        predictor = 1  # which these do not heed
    if predictor == 3:
        height, _, bands = shape
        steps = np.frombuffer(unpacked, np.uint8).reshape(height, -1, bands)
        high_bytes_first = np.cumsum(steps, axis=1, dtype=np.uint8).reshape(height, kind.itemsize, -1)
        return (
            np.ascontiguousarray(high_bytes_first.swapaxes(1, 2)).view(kind.newbyteorder(">")).reshape(shape)
        )
    numbers = np.frombuffer(unpacked, kind).reshape(shape)
    if predictor == 2 and kind.kind in "ui":
        return np.cumsum(numbers, axis=1, dtype=kind.newbyteorder("="))
    if predictor != 1:
        raise DeepError(f"the predictor {predictor}")
    return numbers


def _all(tags: Any, tag: int, otherwise: tuple) -> tuple:
    value = tags.get(tag, otherwise)
    return value if isinstance(value, tuple) else (value,)


def _one(tags: Any, tag: int, otherwise: Any) -> Any:
    return next(iter(_all(tags, tag, ())), otherwise)
