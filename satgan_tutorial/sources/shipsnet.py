"""ShipsNet's files, as Kaggle packs them: 4000 PNG files, or one JSON file; every fault gets a clear error."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ..chips import SIZE, ChipError, ChipSet

AGAIN = "Fetch shipsnet.json again, or use the PNG files."
NUMBER = r"(-?\d+(?:\.\d+)?(?:e-?\d+)?)"


def find(path: Path) -> tuple[list[Path], Callable[[list[Path]], ChipSet]]:
    """The files that hold the chips, innermost folder first, and what reads them."""
    if path.is_file() and path.suffix == ".json":
        return [path], _read_json
    if path.is_dir():
        for folder in (path / "shipsnet" / "shipsnet", path / "shipsnet", path):
            pngs = [p for p in folder.glob("*.png") if not p.name.startswith(".")]
            if pngs:
                return sorted(pngs, key=lambda p: p.name), _read_pngs
        if (path / "shipsnet.json").is_file():
            return [path / "shipsnet.json"], _read_json
    raise ChipError(
        f"{path}: found no chips in it; expected PNG files (in it, in shipsnet/ or in shipsnet/shipsnet/) or "
        "shipsnet.json. Unpack Kaggle's archive there, or run `satgan fetch`."
    )


def _read_pngs(files: list[Path]) -> ChipSet:
    labels, scenes, locations = zip(*map(_parse_name, files), strict=True)
    images = np.stack([_read_png(file) for file in files])
    return ChipSet(images, np.array(labels, np.uint8), np.array(scenes), np.array(locations))


def _parse_name(file: Path) -> tuple[int, str, tuple[float, float]]:
    match = re.fullmatch(rf"([^_]+)__(.+)__{NUMBER}_{NUMBER}\.png", file.name)
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
    from PIL import Image

    try:
        with Image.open(file, formats=["PNG"]) as picture:
            found = (picture.mode, *picture.size)
            if found == ("RGB", SIZE, SIZE):
                return np.asarray(picture)
    except (OSError, SyntaxError, ValueError) as error:
        raise ChipError(
            f"{file}: found a broken picture ({error}); expected a whole PNG. Copy or fetch it again."
        ) from error
    raise ChipError(
        f"{file}: found a {found[1]} x {found[2]} picture in mode {found[0]}; expected {SIZE} x {SIZE} in RGB. "
        "Move it away, or convert it."
    )


def _read_json(files: list[Path]) -> ChipSet:
    """ShipsNet's one JSON file, row by row: parsed as a whole it takes twice the time and the memory."""
    (file,) = files
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
    labels, scenes = np.array(rest["labels"], np.uint8), np.array(rest["scene_ids"], str)
    try:
        chips = ChipSet(images, labels, scenes, np.array(rest["locations"], np.float64))
    except (TypeError, ValueError):  # a ChipError among them
        raise ChipError(f"{file}: found bad `locations`; expected pairs of numbers. {AGAIN}") from None
    return chips[np.argsort(chips.names, kind="stable")]


def _split_json(file: Path) -> tuple[list[np.ndarray], Any]:
    """The rows of `data`, uint8 (19200,) each, and the document without them."""
    pixels, text = [], file.read_bytes()
    start = re.search(rb'"data"\s*:\s*\[', text)
    begin = end = start.end() if start else 0
    row = re.compile(rb"\s*,?\s*\[([^][]*)\]")
    while start and (found := row.match(text, end)):
        pixels.append(_read_row(found[1], file, len(pixels)))
        end = found.end()
    try:
        return pixels, json.loads(text[:begin] + text[end:])
    except ValueError as error:
        at = getattr(error, "pos", 0)
        at += end - begin if at >= begin else 0
        raise ChipError(
            f"{file}: found it cut or broken near byte {at}, after {len(pixels)} rows of `data`; expected a whole "
            f"JSON file. {AGAIN}"
        ) from None


def _read_row(text: bytes, file: Path, row: int) -> np.ndarray:
    try:
        values = np.frombuffer(bytes(json.loads(b"[" + text + b"]")), np.uint8)
    except (TypeError, ValueError):
        raise ChipError(f"{file}: found no pixels in row {row} of `data`; expected uint8. {AGAIN}") from None
    if len(values) != 3 * SIZE * SIZE:
        raise ChipError(f"{file}: found {len(values)} values in row {row} of `data`; expected 19200. {AGAIN}")
    return values
