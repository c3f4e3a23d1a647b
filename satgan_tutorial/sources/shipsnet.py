"""ShipsNet's files, as Kaggle packs them: 4000 PNG files, or one JSON file; every fault gets a clear error."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from .. import rasters
from ..chips import SIZE, ChipError, ChipSet, twins
from ..files import fault_of, sha256
from .base import key_of

AGAIN = "Fetch shipsnet.json again, or use the PNG files."
NUMBER = r"(-?\d+(?:\.\d+)?(?:e-?\d+)?)"
NAME = re.compile(rf"([^_]+)__(.+)__{NUMBER}_{NUMBER}\.png", re.IGNORECASE)
_key = partial(
    key_of,
    code=("chips.py", "deep.py", "rasters.py", "geotiff.py", "sources/shipsnet.py", "sources/cache.py"),
    libraries=("numpy", "pillow"),
)


@dataclass(frozen=True)
class PngFiles:
    """ShipsNet as PNG files, whose names tell all but the pixels.

    Attributes:
        files: the files, in the order of their names.
        origin: where they are.
        beside: a shipsnet.json in the same place, which must tell of the same chips; None where there is none.

    >>> import tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Image.new("RGB", (80, 80), "navy").save(f"{folder}/1__day_1__-122.3_37.7.png")
    ...     PngFiles(tuple(Path(folder).iterdir()), origin="from here").read()
    ChipSet(1 real chips: 1 ships, 0 no-ships, from 1 scenes)
    """

    files: tuple[Path, ...]
    origin: str
    beside: Path | None = None
    name = "real"

    def key(self) -> str:
        """What names the bits: names and contents of all files (18 MB, .2 s), the code, NumPy and Pillow.

        Of a shipsnet.json beside them, which is compared and not read, size, time and place on the disk.
        """
        digest = hashlib.sha256()
        try:
            for file in self.files:
                digest.update(file.name.encode("utf-8", "surrogateescape") + b"\0" + sha256(file))
            if self.beside:
                now = self.beside.stat()
                digest.update(f"{now.st_size} {now.st_mtime_ns} {now.st_ctime_ns} {now.st_ino}".encode())
        except OSError as error:
            raise ChipError(
                f"{error.filename or ''} {error}: expected PNG files that can be read.".strip()
            ) from None
        return _key(inputs=digest.digest())

    def read(self) -> ChipSet:
        """All chips; two with the same pixels or the same name are refused."""
        labels, scenes, locations = zip(*map(_parse_name, self.files), strict=True)
        if self.beside:
            _check_same(self.files, self.beside)
        if len({file.name.lower() for file in self.files}) < len(self.files):
            raise ChipError(
                f"{self.files[0].parent}: found two files of one name but for .png and .PNG; expected one."
            )
        images = np.stack([_read_png(file) for file in self.files])
        _refuse_twins(images, [str(file) for file in self.files])
        return ChipSet(images, np.array(labels, np.uint8), np.array(scenes), np.array(locations))


@dataclass(frozen=True)
class JsonFile:
    """ShipsNet as one JSON file.

    >>> import tempfile
    >>> rows = {"data": [[90] * 19200], "labels": [1], "scene_ids": ["day_1"], "locations": [[-122.3, 37.7]]}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "shipsnet.json")
    ...     size = file.write_text(json.dumps(rows))
    ...     JsonFile(file).read()
    ChipSet(1 real chips: 1 ships, 0 no-ships, from 1 scenes)
    """

    file: Path
    name = "real"

    @property
    def files(self) -> tuple[Path, ...]:
        """The one file."""
        return (self.file,)

    @property
    def origin(self) -> str:
        """Where it is."""
        return f"from {self.file.name}"

    def key(self) -> str:
        """What names the bits: the file's contents (344 MB, .4 s), the code, NumPy and Pillow."""
        try:
            return _key(inputs=sha256(self.file))
        except OSError as error:
            raise ChipError(
                f"{self.file}: found it cannot be read ({error}); expected JSON. {AGAIN}"
            ) from None

    def read(self) -> ChipSet:
        """All chips, in the order their PNG files would have."""
        return _read_json(self.file)


def holds_chips(path: Path) -> bool:
    """Whether a folder holds something that is meant for ShipsNet: a shipsnet.json, or a PNG file named as its chips are.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     before = holds_chips(Path(folder))
    ...     Path(folder, "1__day_1__-122.3_37.7.png").touch()
    ...     before, holds_chips(Path(folder))
    (False, True)
    """
    places = (path / "shipsnet" / "shipsnet", path / "shipsnet", path)
    return any((place / "shipsnet.json").is_file() for place in places) or any(
        "__" in file.name and NAME.fullmatch(file.name) for place in places for file in _pngs(place)
    )


def find(path: Path) -> PngFiles | JsonFile:
    """What holds the chips of a folder, or the JSON file that a path names.

    Chips may lie in `shipsnet/shipsnet/`, as Kaggle nests them, in `shipsnet/` or in the folder itself.

    Raises:
        ChipError: there are none, or in two of these places.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Path(folder, "shipsnet.json").touch()
    ...     found = find(Path(folder))
    >>> type(found).__name__, found.origin
    ('JsonFile', 'from shipsnet.json')
    """
    if path.is_file() and path.suffix.lower() == ".json":
        return JsonFile(path)
    places = (path / "shipsnet" / "shipsnet", path / "shipsnet", path) if path.is_dir() else ()
    pngs = {place: found for place in places if (found := _pngs(place))}
    chips = {
        place: found for place, found in pngs.items() if any(NAME.fullmatch(file.name) for file in found)
    }
    if len(chips) > 1:
        there = " and ".join(f"{len(files)} in {place} ({files[0].name})" for place, files in chips.items())
        raise ChipError(
            f"{path}: found PNG files of chips {there}; expected them in one folder. Move the others away."
        )
    beside = next(filter(Path.is_file, (place / "shipsnet.json" for place in reversed(places))), None)
    if not chips and beside:
        return JsonFile(beside)
    for files in (chips or pngs).values():
        return PngFiles(files, f"from {path.name}", beside)
    raise ChipError(
        f"{path}: found no chips in it; expected PNG files (in it, in shipsnet/ or in shipsnet/shipsnet/) or "
        "shipsnet.json. Unpack Kaggle's archive there, or run `satgan fetch`."
    )


def _pngs(folder: Path) -> tuple[Path, ...]:
    """The PNG files of a folder, whatever the case of their ending, by name."""
    if not folder.is_dir():
        return ()
    files = [file for file in folder.iterdir() if file.suffix.lower() == ".png"]
    return tuple(
        sorted((file for file in files if not file.name.startswith(".")), key=lambda file: file.name)
    )


def _parse_name(file: Path) -> tuple[int, str, tuple[float, float]]:
    match = NAME.fullmatch(file.name)
    if not match:
        raise ChipError(
            f"{file}: found a name that is no chip's; expected LABEL__SCENE__LONGITUDE_LATITUDE.png. "
            "Move the file away, or give it back its name."
        )
    label, scene, longitude, latitude = match.groups()
    if label not in ("0", "1"):
        raise ChipError(f"{file}: found label {label}; expected 0 (no ship) or 1 (ship). Rename it.")
    return int(label), scene, (float(longitude), float(latitude))


def _read_png(file: Path) -> np.ndarray:
    try:
        return rasters.read(file, formats=("PNG",), size=(SIZE, SIZE)).pixels
    except rasters.RasterError as error:
        raise ChipError(str(error)) from error


def _check_same(files: tuple[Path, ...], json_file: Path) -> None:
    """Raise a `ChipError` if a shipsnet.json tells of other chips than the PNG files beside it do.

    Their names are compared, which hold labels, scenes and places; for the pixels the PNG files are taken.
    """
    _, rest = _split_json(json_file, pixels=False)
    try:
        rows = zip(rest["labels"], rest["scene_ids"], rest["locations"], strict=True)
        told = {(label, scene, float(lon), float(lat)) for label, scene, (lon, lat) in rows}
    except (KeyError, TypeError, ValueError):
        told = set()
    named = {(label, scene, *place) for label, scene, place in map(_parse_name, files)}
    if told != named:
        raise ChipError(
            f"{files[0].parent} and {json_file}: found {len(named)} chips in the PNG files and {len(told)} in the JSON "
            f"file, {len(told & named)} the same; expected the same in both. Move the wrong one away."
        )


def _refuse_twins(images: np.ndarray, names: list[str]) -> None:
    """Raise a `ChipError` if two chips have the same pixels: on two sides of a split they would leak."""
    if found := twins(images):
        first, second = (names[row] for row in found[0])
        raise ChipError(
            f"{second}: found the same pixels as in {first} ({len(found)} such pairs in all); expected each chip once. "
            "Move one of them away."
        )


def _read_json(file: Path) -> ChipSet:
    """ShipsNet's one JSON file, row by row: parsed as a whole it takes twice the time and the memory."""
    pixels, rest = _split_json(file)
    expected = {"data", "labels", "locations", "scene_ids"}
    if not isinstance(rest, dict) or not expected <= {k for k, v in rest.items() if isinstance(v, list)}:
        found = sorted(rest) if isinstance(rest, dict) else type(rest).__name__
        raise ChipError(f"{file}: found keys {found}; expected {sorted(expected)}, a list each. {AGAIN}")
    lengths = {key: len(rest[key]) for key in sorted(expected - {"data"})} | {"data": len(pixels)}
    if len(set(lengths.values())) > 1 or not pixels:
        raise ChipError(f"{file}: found lengths {lengths}; expected as many of each, at least one. {AGAIN}")
    for row, label in enumerate(rest["labels"]):
        if label not in (0, 1):
            raise ChipError(f"{file}: found label {label!r} in row {row}; expected 0 or 1. {AGAIN}")
    images = np.stack(pixels).reshape(-1, 3, SIZE, SIZE).transpose(0, 2, 3, 1)
    try:
        locations = np.array(rest["locations"], np.float64)
        if locations.shape != (len(images), 2):
            raise ValueError
    except (TypeError, ValueError, OverflowError):
        raise ChipError(f"{file}: found bad `locations`; expected pairs of numbers. {AGAIN}") from None
    _refuse_twins(images, [f"{file}, row {row} of `data`" for row in range(len(images))])
    try:
        chips = ChipSet(
            images, np.array(rest["labels"], np.uint8), np.array(rest["scene_ids"], str), locations
        )
    except ChipError as error:
        raise ChipError(f"{file}: {error} {AGAIN}") from None
    return chips[np.argsort(chips.names, kind="stable")]


def _split_json(file: Path, *, pixels: bool = True) -> tuple[list[np.ndarray], Any]:
    """The rows of `data`, uint8 (19200,) each, none if not wanted, and the document without them."""
    rows, text = [], _json_text(file)
    start = re.search(rb'"data"\s*:\s*\[', text)
    begin = end = start.end() if start else 0
    row = re.compile(rb"\s*,?\s*\[")
    while start and (opened := row.match(text, end)) and (closed := text.find(b"]", opened.end())) >= 0:
        if pixels:
            rows.append(_read_row(text[opened.end() : closed], file, len(rows)))
        end = closed + 1
    try:
        return rows, json.loads(text[:begin] + text[end:])
    except RecursionError:
        raise ChipError(
            f"{file}: found lists nested too deep; expected shipsnet.json's four lists. {AGAIN}"
        ) from None
    except ValueError as error:
        at = getattr(error, "pos", 0)
        at += end - begin if at >= begin else 0
        raise ChipError(
            f"{file}: found it cut or broken near byte {at}, after {len(rows)} rows of `data`; expected a whole "
            f"JSON file. {AGAIN}"
        ) from None


def _json_text(file: Path) -> bytes:
    """The bytes of a JSON file, UTF-8."""
    if fault := fault_of(file):
        raise ChipError(f"{file}: found {fault}; expected a JSON file. {AGAIN}")
    text = file.read_bytes()
    if text[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in text[:4]:
        raise ChipError(f"{file}: found UTF-16 or UTF-32; expected UTF-8. Save it so, or use the PNG files.")
    return text.removeprefix(b"\xef\xbb\xbf")


def _read_row(text: bytes, file: Path, row: int) -> np.ndarray:
    try:
        values = np.frombuffer(bytes(json.loads(b"[" + text + b"]")), np.uint8)
    except (TypeError, ValueError, OverflowError):
        raise ChipError(f"{file}: found no pixels in row {row} of `data`; expected uint8. {AGAIN}") from None
    if len(values) != 3 * SIZE * SIZE:
        raise ChipError(f"{file}: found {len(values)} values in row {row} of `data`; expected 19200. {AGAIN}")
    return values
