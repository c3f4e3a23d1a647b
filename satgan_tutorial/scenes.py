"""Whole scenes: read from an image file, found beside the chips, and the ships marked in them by hand."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd

from .chips import SIZE
from .files import checkout, home


class SceneError(ValueError):
    """A scene that cannot be read or is too small: says which file, what was found, what was expected, what to do."""


def check(scene: np.ndarray, name: str | os.PathLike = "scene") -> None:
    """Raise a `SceneError` unless this is uint8 (H, W, 3) with both sides at least those of a chip."""
    if scene.dtype != np.uint8 or scene.ndim != 3 or scene.shape[-1] != 3:
        raise SceneError(f"{name}: found {scene.dtype} {scene.shape}; expected uint8 (H, W, 3).")
    if min(scene.shape[:2]) < SIZE:
        raise SceneError(
            f"{name}: found {scene.shape[1]} x {scene.shape[0]} pixels; expected at least {SIZE} x {SIZE}, a chip. "
            "Take a larger image of the place, with 3 m a pixel."
        )


def read_image(path: str | os.PathLike) -> np.ndarray:
    """Read a scene from any RGB or RGBA image file: uint8 (H, W, 3), the alpha channel dropped.

    Raises:
        SceneError: the file is missing, broken or no image; greyscale or of another mode; 16 bit; smaller than a chip.
    """
    from PIL import Image

    try:
        with Image.open(path) as picture:
            raw = picture.tile[0][3] if picture.tile else ""
            picture.load()
    except FileNotFoundError:
        raise SceneError(f"{path}: found nothing there; expected an image. Correct the path.") from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise SceneError(f"{path}: found no whole image ({error}); expected one. Fetch it again.") from error
    raw = raw if isinstance(raw, str) else str(raw[0])  # 16-bit colour hides behind mode RGB
    if "16" in raw or picture.mode.startswith(("I", "F")):
        raise SceneError(f"{path}: found more than 8 bits a channel; expected 8. Scale it to 0..255.")
    if picture.mode not in ("RGB", "RGBA"):
        grey = "greyscale, " if picture.mode in ("1", "L", "LA") else ""
        raise SceneError(
            f"{path}: found {grey}mode {picture.mode}; expected RGB or RGBA. Convert it, if its colours are natural."
        )
    scene = np.array(picture.convert("RGB"))
    check(scene, path)
    return scene


def find_scenes(source: str | os.PathLike | None = None) -> dict[str, Path]:
    """The scenes that come with ShipsNet, by name: `{"lb_1": Path(...), ...}`, empty for simulated chips or where none are.

    Args:
        source: as for `load_chips`: a folder as Kaggle nests it (`scenes/scenes`) or flat, or "simulated". By default
            what $SATGAN_DATA names, else `data/shipsnet`.
    """
    base = (
        Path(source or os.environ.get("SATGAN_DATA") or home() / "data" / "shipsnet").expanduser().absolute()
    )
    base = base.parent if base.suffix == ".json" else base
    found = [
        file for place in ("scenes/scenes", "scenes", ".") for file in base.glob(f"{place}/*_*.[pj][np]g")
    ]
    return {file.stem: file for file in sorted(found) if "__" not in file.name}


def marked_ships() -> pd.DataFrame:
    """The ships of ShipsNet's scenes, marked by hand.

    Columns: `scene`; `x` and `y`, pixels from the top left corner; `moored`, 1 at a quay and 0 in open water; `day`,
    YYYYMMDD or an empty string where it is not known. Empty outside a checkout: the marks are in
    `data/scene_ships.csv`, and how they were made in `data/scene_ships.md`.
    """
    tree = checkout()
    file = tree / "data" / "scene_ships.csv" if tree else None
    if not file or not file.is_file():
        return pd.DataFrame(columns=["scene", "x", "y", "moored", "day"])
    return pd.read_csv(file, dtype={"day": str}, keep_default_na=False)
