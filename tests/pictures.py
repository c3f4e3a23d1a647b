"""Pictures written by hand, of kinds that Pillow does not write."""

import struct
import zlib

import numpy as np


def noise(height=90, width=120, bands=3, seed=0):
    return np.random.default_rng(seed).integers(1, 256, (height, width, bands), np.uint8)


def png(path, pixels, depth, kind):
    """A PNG of any depth, written by hand: Pillow writes no 16-bit colour."""
    height, width = pixels.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2" if depth == 16 else "u1").tobytes() for row in pixels)
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    )
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + b"".join(
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
            for name, body in parts
        )
    )
    return path


def tiff(path, pixels, *, photometric=2, extra=None, planar=1, sample_format=None, more=()):
    """A TIFF written by hand, uncompressed, in one strip a plane; `more`: tags (number, type, values)."""
    height, width, bands = pixels.shape
    planes = [pixels] if planar == 1 else [pixels[..., band] for band in range(bands)]
    entries = [
        (256, "I", [width]), (257, "I", [height]), (258, "H", [8 * pixels.itemsize] * bands), (259, "H", [1]),
        (262, "H", [photometric]), (273, "I", None), (277, "H", [bands]), (278, "I", [height]),
        (279, "I", [plane.nbytes for plane in planes]), (284, "H", [planar]),
    ]  # fmt: skip
    entries += [(338, "H", extra)] if extra is not None else []
    entries += [(339, "H", [sample_format] * bands)] if sample_format else []
    entries = sorted([*entries, *more], key=lambda entry: entry[0])
    codes = {"H": 3, "I": 4, "d": 12, "s": 2}
    start = 8 + 2 + 12 * len(entries) + 4
    far = b""
    sizes = {n: len(planes) if v is None else len(v[0]) if k == "s" else len(v) for n, k, v in entries}
    body = {}
    room = sum(
        struct.calcsize(k) * sizes[n] + 8 for n, k, v in entries if struct.calcsize(f"{sizes[n]}{k}") > 4
    )
    data = start + room
    for number, kind, values in entries:
        if values is None:
            values = [data + sum(plane.nbytes for plane in planes[:i]) for i in range(len(planes))]
        packed = values[0] if kind == "s" else struct.pack(f"<{len(values)}{kind}", *values)
        if len(packed) > 4:
            body[number] = struct.pack("<I", start + len(far))
            far += packed + b"\0" * (-len(packed) % 8)
        else:
            body[number] = packed.ljust(4, b"\0")
    table = b"".join(struct.pack("<HHI", n, codes[k], sizes[n]) + body[n] for n, k, _ in entries)
    far = far.ljust(room, b"\0")
    head = b"II*\0" + struct.pack("<IH", 8, len(entries)) + table + b"\0\0\0\0"
    path.write_bytes(head + far + b"".join(np.ascontiguousarray(plane).tobytes() for plane in planes))
    return path


def geo(scale, model=1, units=9001):
    keys = [1, 1, 0, 2, 1024, 0, 1, model, 3076, 0, 1, units]
    return [(33550, "d", [scale, scale, 0.0]), (34735, "H", keys)]
