"""Whole scenes: read from an image file, found beside the chips, and the ships marked in them by hand."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from . import rasters
from .chips import SIZE
from .files import absolute, data_home, home

ENDINGS = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp")


class SceneError(ValueError):
    """A scene that cannot be read or is too small: says which file, what was found, what was expected, what to do.

    >>> check(np.zeros((40, 90, 3), np.uint8))
    Traceback (most recent call last):
    satgan_tutorial.scenes.SceneError: scene: found 90 x 40 pixels; expected at least 80 x 80, a chip. ...
    """


def check(scene: np.ndarray, name: str | os.PathLike = "scene") -> None:
    """Raise a `SceneError` unless this is uint8 (H, W, 3) with both sides at least those of a chip.

    >>> check(np.zeros((80, 120, 3), np.uint8))
    >>> check(np.zeros((80, 120), np.uint8), "bay.png")
    Traceback (most recent call last):
    satgan_tutorial.scenes.SceneError: bay.png: found uint8 (80, 120); expected uint8 (H, W, 3).
    """
    if not isinstance(scene, np.ndarray):
        raise SceneError(f"{name}: found a {type(scene).__name__}; expected an array uint8 (H, W, 3).")
    if scene.dtype != np.uint8 or scene.ndim != 3 or scene.shape[-1] != 3:
        raise SceneError(f"{name}: found {scene.dtype} {scene.shape}; expected uint8 (H, W, 3).")
    if min(scene.shape[:2]) < SIZE:
        raise SceneError(
            f"{name}: found {scene.shape[1]} x {scene.shape[0]} pixels; expected at least {SIZE} x {SIZE}, a chip. "
            "Take a larger image of the place, with 3 m a pixel."
        )


def read_scene(
    path: str | os.PathLike, *, bands: Sequence[int] | None = None, say: Callable[[str], None] = print
) -> rasters.Raster:
    """Read a scene, and which of its pixels are data: what has alpha 0, a nodata value, or is a black corner is none.

    Args:
        path: an 8-bit PNG, JPEG, TIFF, WebP or BMP file in colour.
        bands: which bands are red, green and blue, counted from 1, for a TIFF whose fourth band is no alpha.
        say: what prints a line if by the file's own words a pixel is far from 3 m wide (no world file is read), or if the
            picture is grey.

    Returns:
        A `rasters.Raster`: `pixels`, uint8 (H, W, 3); `valid`, bool (H, W), or None where all of it is data.

    Raises:
        SceneError: the file is missing, broken or no image; greyscale or of another mode; deeper than 8 bits; has bands
            that nobody has named, or several pages; is smaller than a chip, larger than 150 million pixels, or has no data at all.

    >>> import tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Image.new("RGB", (120, 80), "navy").save(f"{folder}/bay.png")
    ...     scene = read_scene(f"{folder}/bay.png")
    >>> scene.pixels.shape, scene.valid
    ((80, 120, 3), None)
    """
    try:
        scene = rasters.read(path, bands=bands, say=say)
    except rasters.RasterError as error:
        raise SceneError(str(error)) from error
    check(scene.pixels, path)
    valid = rasters.seen(scene.pixels, scene.valid)
    if valid is not None and not valid.any():
        raise SceneError(
            f"{path}: found no pixel that is data, all are transparent or black; expected a scene."
        )
    return replace(scene, valid=valid)


def read_image(path: str | os.PathLike, *, say: Callable[[str], None] = print) -> np.ndarray:
    """The pixels of `read_scene` alone, uint8 (H, W, 3), those that are no data black.

    Arguments and errors are those of `read_scene`. What is black as far as the rim `detect` takes for no data by itself.

    >>> import tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Image.new("RGB", (120, 80), "navy").save(f"{folder}/bay.png")
    ...     read_image(f"{folder}/bay.png").shape
    (80, 120, 3)
    """
    scene = read_scene(path, say=say)
    if scene.valid is not None:
        scene.pixels[~scene.valid] = 0
    return scene.pixels


def find_scenes(source: str | os.PathLike | None = None) -> dict[str, Path]:
    """The scenes that come with ShipsNet, by name: `{"lb_1": Path(...), ...}`, empty for simulated chips or where none are.

    Args:
        source: as for `load_chips`: a folder as Kaggle nests it (`scenes/scenes`) or flat, or "simulated". By default
            what $SATGAN_DATA names, else `data/shipsnet`.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Path(folder, "scenes").mkdir()
    ...     Path(folder, "scenes", "lb_1.png").touch()
    ...     list(find_scenes(folder))
    ['lb_1']
    """
    base = absolute(source or os.environ.get("SATGAN_DATA") or data_home() / "data" / "shipsnet")
    base = base.parent if base.suffix.lower() == ".json" else base
    found = [
        file
        for place in ("scenes/scenes", "scenes", ".")
        for file in base.glob(f"{place}/*_*.*")
        if file.suffix.lower() in ENDINGS and not file.name.startswith(".")
    ]
    return {file.stem: file for file in sorted(found) if "__" not in file.name}


def marked_ships() -> pd.DataFrame:
    """The ships of ShipsNet's scenes, marked by hand.

    Columns: `scene`; `x` and `y`, pixels from the top left corner; `moored`, 1 at a quay and 0 in open water; `day`,
    YYYYMMDD or an empty string where it is not known. The marks are in `data/scene_ships.csv`, and how they were made in
    `data/scene_ships.md`.

    >>> marked_ships().columns.tolist()
    ['scene', 'x', 'y', 'moored', 'day']
    """
    return pd.read_csv(home() / "data" / "scene_ships.csv", dtype={"day": str}, keep_default_na=False)
