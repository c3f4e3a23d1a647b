"""Pictures as files: the one reader of images, which part of a picture is data at all, contact sheets.

Chips and scenes come through the same door, `read`, which guesses nothing: what it does not know to be 8-bit red, green
and blue it refuses in a sentence that names the file, what was found and what to do. Pictures of anything come through it
too (`natural=False`): grey ones, palettes, and numbers of more bits with what is to be black and what white.
"""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np

from . import deep
from .chips import PIXEL
from .files import fault_of
from .geotiff import MASK, ORIENTATION, REDUCED, Tags, read_tags

if TYPE_CHECKING:
    from PIL import Image

SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp")
FORMATS = ("PNG", "JPEG", "TIFF", "WEBP", "BMP")  # never EPS, which is a program, nor what no scene comes in
MOST = 150_000_000  # pixels in one image, 450 MB: a square of 36 km
NATURAL = ("RGB", "RGBA", "YCbCr")  # Pillow's modes of pictures in colour
SHOWN = (*NATURAL, "1", "L", "LA", "P", "PA", "CMYK", "LAB")  # and of all that a viewer shows
GAP = 2  # pixels between the images of a contact sheet
PIXELS = (2.0, 4.5)  # metres a pixel at which ships look as they do in chips
SPECK = 64  # pixels; a smaller black spot at the rim may be a picture's darkest pixels
DARK, BLURRED = (
    24,
    16,
)  # a JPEG's blocks mix what is black with what is beside it: values up to 24, 16 pixels wide
NAME_THEM = (
    "Say which bands are red, green and blue: 1, 2, 3 as a rule, 3, 2, 1 where blue comes first "
    "(`satgan detect --bands 3,2,1`, or bands=(3, 2, 1) in Python)."
)
BETWEEN = 0.5  # an alpha band is 0 or 255 but at edges; a share of values between that no alpha has
WHOLE = (
    "expected a whole one of the kinds PNG, JPEG, TIFF, WebP or BMP. Fetch or copy it again, or convert it."
)


class RasterError(ValueError):
    """An image file that is not read: says which file, what was found, what was expected, what to do.

    >>> read("no-such.png")
    Traceback (most recent call last):
    satgan_tutorial.rasters.RasterError: no-such.png: found nothing there; expected an image file. ...
    """


@dataclass(frozen=True, eq=False)
class Raster:
    """A picture.

    Attributes:
        pixels: uint8 (H, W, 3), red, green and blue.
        valid: bool (H, W), which pixels are data; None where all of them are.
        pixel_size: metres, of an oblong pixel the side farther from 3; None where the file doesn't say.
        on_white: whether it has transparent parts, and they are shown on white.
        deep: whether it had more than 8 bits.

    >>> raster = Raster(np.zeros((4, 6, 3), np.uint8))
    >>> raster.pixels.shape, raster.valid, raster.pixel_size
    ((4, 6, 3), None, None)
    """

    pixels: np.ndarray
    valid: np.ndarray | None = None
    pixel_size: float | None = None
    on_white: bool = False
    deep: bool = False


def read(
    path: str | os.PathLike,
    *,
    formats: Sequence[str] = FORMATS,
    size: tuple[int, int] | None = None,
    bands: Sequence[int] | None = None,
    natural: bool = True,
    stretch: tuple[float, float] | None = None,
    say: Callable[[str], None] | None = None,
) -> Raster:
    """Read an image file as a viewer shows it: turned as its EXIF or TIFF orientation says.

    Not valid are pixels whose alpha is 0 and, in a GeoTIFF, those that bear its nodata value in all three bands; for
    black corners, of which no file says anything, see `seen`.

    Args:
        path: a regular file; pipes and devices are not opened.
        formats: Pillow's names of what it may be.
        size: width and height that it must have, in RGB then, without alpha.
        bands: which bands are red, green and blue, counted from 1, for a TIFF whose fourth band is no alpha.
        natural: whether only pictures in colour will do, of at most four bands. False takes all that a viewer shows: grey,
            palettes, CMYK; and of a TIFF any three bands that are named.
        stretch: with `natural=False`, which number is black and which is white in pictures of more than 8 bits; what is
            between them is spread evenly.
        say: what prints a line about a pixel size that is far from 3 m, and about three bands that are the same; None for
            silence. Of the pixel size a TIFF's own tags tell; no world file (.tfw) and no .aux.xml beside it is read.

    Raises:
        RasterError: the file is missing, no regular file, broken, or too large; not in colour; more than 8 bits deep;
            has bands that nobody has named, or several pages or frames; or another size than asked for.

    >>> import tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Image.new("RGB", (6, 4), (10, 20, 30)).save(f"{folder}/sea.png")
    ...     raster = read(f"{folder}/sea.png")
    >>> raster.pixels.shape, raster.pixels[0, 0].tolist()
    ((4, 6, 3), [10, 20, 30])
    """
    if fault := fault_of(path):
        raise RasterError(f"{path}: found {fault}; expected an image file. Correct the path.")
    try:
        with open(path, "rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Pillow only warns of is checked here, or no matter
            found = None if natural else _read_deep(path, file, bands, stretch)
            return found or _read(path, file, formats, size, bands, natural, say)
    except PermissionError as error:
        raise RasterError(
            f"{path}: found a file that may not be read ({error.strerror}); expected an image. Ask its owner."
        ) from None
    except OSError as error:
        raise RasterError(f"{path}: found a broken picture, no whole image ({error}); {WHOLE}") from error


def size_of(path: str | os.PathLike) -> tuple[int, int]:
    """Width and height of an image file as a viewer shows it, from its first bytes alone.

    Raises:
        RasterError: it is no regular file, or none that is an image by its first bytes.

    >>> import tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Image.new("RGB", (6, 4)).save(f"{folder}/sea.png")
    ...     size_of(f"{folder}/sea.png")
    (6, 4)
    """
    from PIL import Image

    if fault := fault_of(path):
        raise RasterError(f"{path}: found {fault}; expected an image file. Correct the path.")
    try:
        with open(path, "rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if tags := read_tags(file):
                size, orientation = tags.size, tags.orientation
            else:
                picture = Image.open(file, formats=FORMATS)
                size, orientation = picture.size, picture.getexif().get(ORIENTATION, 1)
    except Exception as error:  # of broken bytes a decoder may make whatever exception there is
        raise RasterError(f"{path}: found a broken picture, no whole image ({error}); {WHOLE}") from error
    if min(size) < 1:
        raise RasterError(f"{path}: found a picture of {size[0]} x {size[1]} pixels; {WHOLE}")
    return size[::-1] if orientation in (5, 6, 7, 8) else size


def holds_pictures(path: str | os.PathLike) -> bool:
    """Whether `read_all` would find pictures: a folder with two or more, by their names, or a `.npy` file.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("a.png", "b.png"):
    ...         print(holds_pictures(folder))
    ...         Path(folder, name).touch()
    ...     holds_pictures(folder)
    False
    False
    True
    """
    path = Path(path)
    return (path.suffix.lower() == ".npy" and path.is_file()) or (path.is_dir() and len(_files(path)) > 1)


def read_all(path: str | os.PathLike, *, at_most: int) -> np.ndarray:
    """Read the pictures of a folder, in the order of their names, or of a `.npy` file, as `satgan generate` writes it.

    Args:
        path: the folder or file; other files in the folder, and what is in folders in it, are not read.
        at_most: how many there may be.

    Returns:
        uint8 (N, H, H, 3), N at least 2.

    Raises:
        RasterError: there are fewer or more, they are no squares of one size, or one cannot be read.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.save(f"{folder}/drawn.npy", np.zeros((3, 8, 8, 3), np.uint8))
    ...     read_all(f"{folder}/drawn.npy", at_most=100).shape
    (3, 8, 8, 3)
    """
    path = Path(path)
    images = _array(path) if path.is_file() else _folder(path, at_most)
    if not 2 <= len(images) <= at_most:
        raise RasterError(f"{path}: found {len(images):,} pictures; expected 2 to {at_most:,}.")
    if images.shape[1] != images.shape[2]:
        size = f"{images.shape[2]} x {images.shape[1]}"
        raise RasterError(f"{path}: found pictures of {size} pixels; expected squares. Cut them.")
    return np.ascontiguousarray(images)


def _files(folder: Path) -> list[Path]:
    found = (file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES and file.is_file())
    return sorted(file for file in found if not file.name.startswith("."))


def _array(path: Path) -> np.ndarray:
    expected = "expected uint8 (N, H, H, 3), as `satgan generate --out NAME.npy` writes it."
    try:
        images = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise RasterError(f"{path}: found no array that can be read ({error}); {expected}") from None
    if not isinstance(images, np.ndarray) or images.dtype != np.uint8 or images.shape[3:] != (3,):
        found = f"{images.dtype} {images.shape}" if isinstance(images, np.ndarray) else "several arrays"
        raise RasterError(f"{path}: found {found}; {expected}")
    return images


def _folder(folder: Path, at_most: int) -> np.ndarray:
    files = _files(folder) if folder.is_dir() else []
    if not 2 <= len(files) <= at_most:
        raise RasterError(
            f"{folder}: found {len(files):,} pictures; expected a folder of 2 to {at_most:,}, {', '.join(SUFFIXES)}, or a .npy."
        )
    first = read(files[0]).pixels
    return np.stack([first, *(read(file, size=first.shape[1::-1]).pixels for file in files[1:])])


def _read(
    path: str | os.PathLike,
    file: IO[bytes],
    formats: Sequence[str],
    size: tuple[int, int] | None,
    bands: Sequence[int] | None,
    natural: bool,
    say: Callable[[str], None] | None,
) -> Raster:
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        tags = read_tags(file) if "TIFF" in formats else None
        _check_tags(path, tags, bands)
        depth = _png_depth(file)
        picture = Image.open(file, formats=formats)
        _check_mode(path, picture, depth, size, natural)
        _check_frames(path, picture)
        picture.load()
        ImageOps.exif_transpose(picture, in_place=True)
    except RasterError:
        raise
    except Image.DecompressionBombError:
        raise _too_large(path, f"more than {MOST // 10**6} million pixels") from None
    except Exception as error:  # of broken bytes a decoder may make whatever exception there is
        why = "it is of no kind that is read" if isinstance(error, UnidentifiedImageError) else error
        raise RasterError(f"{path}: found a broken picture, no whole image ({why}); {WHOLE}") from error
    if not natural and bands is None and not tags and (flat := _on_white(picture)) is not None:
        return Raster(flat, on_white=True)
    pixels, alpha = _pixels(path, picture, bands)
    valid = _valid(path, pixels, alpha, tags)
    if say and _is_grey(pixels):
        say(
            f"{path}: its red, green and blue are the same everywhere, as in a grey picture. Ships were learned in colour, and "
            "without it few are found: take the scene in its natural colours."
        )
    sides = tags.sides if tags else ()
    pixel_size = max(sides, key=lambda side: abs(math.log(side / PIXEL)), default=None)
    if pixel_size and say and not PIXELS[0] <= pixel_size <= PIXELS[1]:
        say(
            f"{path}: by its own words a pixel is {pixel_size:.3g} m wide. Ships were learned at {PIXEL:g} m a pixel, "
            f"and at another size few are found, or none: resample it (gdalwarp -tr {PIXEL:g} {PIXEL:g})."
        )
    return Raster(pixels, valid, pixel_size)


def _read_deep(
    path: str | os.PathLike,
    file: IO[bytes],
    bands: Sequence[int] | None,
    stretch: tuple[float, float] | None,
) -> Raster | None:
    """A picture whose numbers Pillow would cut off, or whose bands it does not read; None for all others.

    Raises:
        RasterError: nobody has said which numbers are black and white, or which bands are red, green and blue; or it is broken.
    """
    try:
        tags, depth = read_tags(file), _png_depth(file)
        if not (depth > 8 or (tags and _is_deep(tags))):
            return None
        if tags:
            _check_size(path, tags.size)
            _check_pages(path, tags.pages)
        numbers = deep.read_tiff(file, at_most=16 * MOST) if tags else deep.read_png(file)
        numbers = _turned(numbers, tags.orientation if tags else _orientation(file))
    except RasterError:
        raise
    except Exception as error:  # of broken bytes a decoder may make whatever exception there is
        raise RasterError(f"{path}: found numbers that are not read ({error}); {WHOLE}") from error
    colours = numbers[..., _three(path, numbers.shape[-1], tags, bands)]
    valid = np.isfinite(colours).all(axis=-1)
    if tags and tags.nodata is not None:
        valid &= (colours != tags.nodata).any(axis=-1)
    if tags and tags.has_alpha and bands is None:
        valid &= numbers[..., tags.colours] > 0
    is_deep = numbers.dtype != np.uint8
    if is_deep:
        colours = _stretched(path, colours, valid, stretch)
    return Raster(np.ascontiguousarray(colours), None if valid.all() else valid, deep=is_deep)


def _is_deep(tags: Tags) -> bool:
    """Whether a TIFF is one for `deep`: Pillow reads neither its numbers nor so many bands."""
    named = tags.colours == 3 and (tags.bands == 3 or (tags.bands == 4 and tags.has_alpha))
    return (
        tags.is_float
        or tags.is_signed
        or tags.bits > 8
        or (tags.bands > 2 and tags.colours in (1, 3) and not named)
    )


def _orientation(file: IO[bytes]) -> int:
    """How a viewer turns a PNG, as its EXIF says."""
    from PIL import Image

    file.seek(0)
    return Image.open(file, formats=("PNG",)).getexif().get(ORIENTATION, 1)


def _turned(numbers: np.ndarray, orientation: int) -> np.ndarray:
    """Numbers (H, W, bands) turned as an orientation says (EXIF 2.32, tag 274)."""
    if orientation > 4:
        numbers = numbers.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        numbers = numbers[:, ::-1]
    return numbers[::-1] if orientation in (3, 4, 7, 8) else numbers


def _three(path: str | os.PathLike, count: int, tags: Tags | None, bands: Sequence[int] | None) -> list[int]:
    """Which of some bands are red, green and blue, counted from 0; a `RasterError` where nobody has said."""
    if bands is not None:
        if max(bands) > count:
            raise RasterError(f"{path}: found no band {max(bands)}; expected numbers from 1 to {count}.")
        return [band - 1 for band in bands]
    if count == 1 or (tags and tags.colours == 1 and count == 2 and tags.has_alpha):
        return [0, 0, 0]
    if not tags or (tags.colours == 3 and (count == 3 or tags.has_alpha)):
        return [0, 1, 2]
    raise RasterError(
        f"{path}: found {count} bands, and nothing in the file that says which are red, green and blue; expected to be told. "
        "Count them from 1: --bands 4,3,2 for Sentinel-2, --bands 3,2,1 where blue comes first."
    )


def _stretched(
    path: str | os.PathLike, colours: np.ndarray, valid: np.ndarray, stretch: tuple[float, float] | None
) -> np.ndarray:
    """Numbers as uint8, from what is black to what is white; a `RasterError` where nobody has said."""
    if stretch is None:
        low, high = np.percentile(colours[valid], (2, 98)) if valid.any() else (0.0, 1.0)
        raise RasterError(
            f"{path}: found numbers of {8 * colours.dtype.itemsize} bits, from {low:.6g} to {high:.6g} but for the outermost 2 %; "
            f"expected 8 bits, or to be told what is black and what is white, the same for all pictures: --stretch "
            f"{low:.6g},{high:.6g}, for one."
        )
    low, high = stretch
    scaled = (np.where(valid[..., None], colours, low).astype(np.float64) - low) / (high - low)
    return np.rint(np.clip(scaled, 0, 1) * 255).astype(np.uint8)


def _check_tags(path: str | os.PathLike, tags: Tags | None, bands: Sequence[int] | None) -> None:
    """Raise a `RasterError` for a TIFF whose pixels Pillow would misread, or not read and not say why."""
    if bands is not None and (len(bands) != 3 or len(set(bands)) < 3 or min(bands) < 1):
        raise RasterError(
            f"{path}: found bands {tuple(bands)} asked for; expected three different numbers, counted from 1."
        )
    if not tags:
        return
    _check_size(path, tags.size)
    _check_pages(path, tags.pages)
    if tags.is_float or tags.bits > 8:
        kind = "floating-point numbers of " if tags.is_float else ""
        raise _too_deep(path, f"{kind}{tags.bits} bits a channel")
    if tags.is_signed:
        raise RasterError(
            f"{path}: found signed numbers of {tags.bits} bits; expected unsigned ones of 8, 0..255. Convert it "
            "(gdal_translate -ot Byte -scale)."
        )
    _check_bands(path, tags, bands)


def _check_bands(path: str | os.PathLike, tags: Tags, bands: Sequence[int] | None) -> None:
    """Raise a `RasterError` unless it is sure which bands of a TIFF are red, green and blue, and Pillow can read them."""
    if tags.bands > 4 or (tags.bands > 2 and tags.colours == 1):
        raise RasterError(
            f"{path}: found {tags.bands} bands, and nothing in the file that says which are red, green and blue; expected "
            f"RGB or RGBA. {_extracted(bands)}"
        )
    if tags.colours == 3 and tags.bands == 4 and not tags.has_alpha:
        if bands is None:
            raise RasterError(
                f"{path}: found a fourth band that the file does not call alpha, such as near infrared; expected RGB or RGBA. "
                f"{NAME_THEM}"
            )
        if tags.is_planar:
            raise RasterError(
                f"{path}: found four bands that lie one after the other; expected them pixel by pixel. {_extracted(bands)}"
            )


def _extracted(bands: Sequence[int] | None) -> str:
    """How to write three bands to a file of their own."""
    which = " ".join(f"-b {band}" for band in bands or (3, 2, 1))
    case = "" if bands else ", here for blue, green, red"
    return (
        f"Write the three to a file of their own{case} (gdal_translate {which} -colorinterp red,green,blue)."
    )


def _check_pages(path: str | os.PathLike, pages: tuple[int, ...]) -> None:
    """Raise a `RasterError` unless the first page of a TIFF is its one picture; smaller copies may follow."""
    pictures = sum(not kind & (REDUCED | MASK) for kind in pages)
    if any(kind & MASK and not kind & REDUCED for kind in pages):
        raise RasterError(
            f"{path}: found a page that masks what is no data; expected an alpha band. Make one of it "
            "(gdal_translate -b 1 -b 2 -b 3 -b mask -mask none -colorinterp_4 alpha)."
        )
    if pictures > 1 or (len(pages) > 1 and pages[0]):
        raise RasterError(
            f"{path}: found {len(pages)} pages, {pictures} of them whole pictures; expected one picture, smaller copies after "
            "it. Write the page you mean to a file of its own (gdal_translate GTIFF_DIR:1:FILE one.tif)."
        )


def _check_frames(path: str | os.PathLike, picture: Image.Image) -> None:
    """Raise a `RasterError` for a film: which of its pictures is meant?"""
    frames = getattr(picture, "n_frames", 1) if picture.format in ("PNG", "WEBP") else 1
    if frames > 1:
        raise RasterError(
            f"{path}: found {frames} frames; expected one picture. Save the one you mean to a file of its own."
        )


def _is_grey(pixels: np.ndarray) -> bool:
    """Whether all three bands are the same, of a picture with something in it."""
    if (pixels[::16, ::16, 0] != pixels[::16, ::16, 1]).any():
        return False
    red, green, blue = np.moveaxis(pixels, -1, 0)
    return bool(red.size and np.ptp(red) and (red == green).all() and (green == blue).all())


def _check_size(path: str | os.PathLike, size: tuple[int, int]) -> None:
    if math.prod(size) > MOST:
        raise _too_large(path, f"{size[0]} x {size[1]} pixels")


def _too_large(path: str | os.PathLike, found: str) -> RasterError:
    return RasterError(
        f"{path}: found {found}; expected at most {MOST // 10**6} million. Cut it into pieces."
    )


def _too_deep(path: str | os.PathLike, found: str) -> RasterError:
    return RasterError(
        f"{path}: found {found}, more than 8 bits; expected 8, 0..255. Scale it, the darkest that matters to 0 and the "
        "brightest to 255 (gdal_translate -ot Byte -scale)."
    )


def _png_depth(file: IO[bytes]) -> int:
    """The bits a channel that a PNG's header tells, which Pillow forgets; 0 for other files."""
    start = file.read(26)
    file.seek(0)
    return start[24] if start.startswith(b"\x89PNG\r\n\x1a\n") and len(start) == 26 else 0


def _check_mode(
    path: str | os.PathLike,
    picture: Image.Image,
    depth: int,
    size: tuple[int, int] | None,
    natural: bool,
) -> None:
    """Raise a `RasterError` unless an opened picture, no pixel of which is loaded yet, is one to read."""
    _check_size(path, picture.size)
    if depth > 8 or picture.mode.startswith(("I", "F")):
        raise _too_deep(path, f"{depth or 32} bits a channel")
    if size and (picture.mode, picture.size) != ("RGB", size):
        raise RasterError(
            f"{path}: found a {picture.width} x {picture.height} picture in mode {picture.mode}; expected "
            f"{size[0]} x {size[1]} in RGB. Move it away, or convert it."
        )
    if picture.mode not in (NATURAL if natural else SHOWN):
        grey = "greyscale, " if picture.mode in ("1", "L", "LA") else ""
        raise RasterError(
            f"{path}: found {grey}mode {picture.mode}; expected RGB or RGBA. Convert it, if its colours are natural."
        )


def _pixels(
    path: str | os.PathLike, picture: Image.Image, bands: Sequence[int] | None
) -> tuple[np.ndarray, np.ndarray | None]:
    """Red, green and blue, uint8 (H, W, 3), and alpha, uint8 (H, W), None where there is none."""
    if bands is not None:
        whole = np.array(picture if picture.mode in ("RGB", "RGBA") else picture.convert("RGB"))
        if max(bands) > whole.shape[-1]:
            raise RasterError(
                f"{path}: found no band {max(bands)} that can be read; expected numbers from 1 to {whole.shape[-1]}. "
                f"{_extracted(bands)}"
            )
        alpha = whole[..., 3] if whole.shape[-1] == 4 and 4 not in bands else None
        if alpha is not None and _is_no_alpha(alpha):
            alpha = None
        return np.ascontiguousarray(whole[..., [band - 1 for band in bands]]), alpha
    if (
        picture.mode in ("PA", "LA") or "transparency" in picture.info
    ):  # a colour that stands for no data, for one
        picture = picture.convert("RGBA")
    if picture.mode == "RGBA":
        whole = np.array(picture)
        return np.ascontiguousarray(whole[..., :3]), whole[..., 3]
    return np.array(picture.convert("RGB")), None


def _on_white(picture: Image.Image) -> np.ndarray | None:
    """A picture that has transparent parts, on a white page: uint8 (H, W, 3); None for one that has none."""
    from PIL import Image

    if picture.mode not in ("RGBA", "LA", "PA") and "transparency" not in picture.info:
        return None
    picture = picture.convert("RGBA")
    if picture.getextrema()[3][0] == 255:
        return None
    page = Image.new("RGBA", picture.size, "white")
    return np.array(Image.alpha_composite(page, picture).convert("RGB"))


def _valid(
    path: str | os.PathLike, pixels: np.ndarray, alpha: np.ndarray | None, tags: Tags | None
) -> np.ndarray | None:
    """Which pixels are data, None for all."""
    valid = np.ones(pixels.shape[:2], bool)
    if alpha is not None:
        _check_alpha(path, alpha)
        valid &= alpha > 0
    if tags and tags.nodata is not None:
        valid &= (pixels != tags.nodata).any(axis=-1)
    return None if valid.all() else valid


def _check_alpha(path: str | os.PathLike, alpha: np.ndarray) -> None:
    """Raise a `RasterError` for an alpha that is none: GDAL calls any fourth band of bytes so, near infrared too."""
    if _is_no_alpha(alpha):
        raise RasterError(
            f"{path}: found a fourth band that is called alpha and has {len(np.unique(alpha))} different values, as near "
            f"infrared has; expected 0 and 255 nearly everywhere. {NAME_THEM}"
        )


def _is_no_alpha(alpha: np.ndarray) -> bool:
    counts = np.bincount(alpha.ravel(), minlength=256)
    return counts[1:255].sum() > BETWEEN * alpha.size and np.count_nonzero(counts) > 16


def seen(pixels: np.ndarray, valid: np.ndarray | None = None) -> np.ndarray | None:
    """Which pixels of a picture are data: bool (H, W), None for all of them.

    A picture that was turned, or cut along a satellite's path, has black corners. They are what is exactly 0, 0, 0,
    hangs together, touches the rim and has 64 pixels at least. No sea is so black: in six real scenes, 20 million
    pixels, 16 are, and no two of them touch.

    Args:
        pixels: uint8 (H, W, 3).
        valid: bool (H, W), what is known to be data otherwise, None for all.

    Raises:
        ValueError: `valid` is no bool (H, W).

    >>> pixels = np.full((40, 40, 3), 90, np.uint8)
    >>> pixels[:10, :10] = 0  # a black corner of 100 pixels
    >>> int((~seen(pixels)).sum()), seen(pixels[10:])
    (100, None)
    """
    if valid is not None and (getattr(valid, "dtype", None) != bool or valid.shape != pixels.shape[:2]):
        found = f"{getattr(valid, 'dtype', type(valid).__name__)} {getattr(valid, 'shape', '')}"
        raise ValueError(f"valid: found {found.strip()}; expected bool {pixels.shape[:2]}, a value a pixel.")
    black = _black_rim(pixels if valid is None else np.where(valid[..., None], pixels, 0))
    if black is not None:
        valid = ~black if valid is None else valid & ~black
    return None if valid is None or valid.all() else valid


def _black_rim(pixels: np.ndarray) -> np.ndarray | None:
    """The black regions that touch the rim, bool (H, W); None if there is none."""
    rim = [pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]]
    if all(side.any(axis=-1).all() for side in rim):
        return None
    from scipy import ndimage

    regions, _ = ndimage.label(~pixels.any(axis=-1), np.ones((3, 3)))
    touching = np.unique(np.concatenate([regions[0], regions[-1], regions[:, 0], regions[:, -1]]))
    large = np.bincount(regions.ravel()) >= SPECK
    large[0] = False
    chosen = np.zeros(len(large), bool)
    chosen[touching] = large[touching]
    if not chosen.any():
        return None
    dark = pixels.max(axis=-1) <= DARK
    return ndimage.binary_dilation(chosen[regions], np.ones((3, 3)), iterations=BLURRED, mask=dark)


def filled(pixels: np.ndarray, valid: np.ndarray, *, fringe: int = 2) -> np.ndarray:
    """A copy of a picture whose pixels that are no data have the colour of the nearest that are.

    Args:
        pixels: uint8 (H, W, 3).
        valid: bool (H, W).
        fringe: pixels beside those without data that are replaced too; whoever turned the picture blended them.

    >>> pixels = np.repeat(np.uint8([[[0], [90], [30]]]), 3, axis=2)
    >>> filled(pixels, valid=np.array([[False, True, True]]), fringe=0)[..., 0].tolist()
    [[90, 90, 30]]
    """
    from scipy import ndimage

    good = ~ndimage.binary_dilation(~valid, np.ones((3, 3)), iterations=fringe) if fringe else valid
    if not good.any():
        return pixels.copy()
    nearest = ndimage.distance_transform_edt(~good, return_distances=False, return_indices=True)
    return pixels[tuple(nearest)]


def contact_sheet(images: np.ndarray, columns: int | None = None) -> Image.Image:
    """All images, uint8 (N, H, W, 3), on one white page, about as wide as high where `columns` is None.

    >>> contact_sheet(np.zeros((6, 8, 8, 3), np.uint8), columns=3).size
    (32, 22)
    """
    from PIL import Image

    columns = columns or math.ceil(math.sqrt(len(images)))
    missing = -len(images) % columns
    cells = np.pad(images, ((0, missing), (GAP, 0), (GAP, 0), (0, 0)), constant_values=255)
    page = np.vstack([np.hstack(cells[i : i + columns]) for i in range(0, len(cells), columns)])
    return Image.fromarray(np.pad(page, ((0, GAP), (0, GAP), (0, 0)), constant_values=255))
