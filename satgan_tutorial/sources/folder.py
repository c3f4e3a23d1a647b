"""Somebody's folder of pictures: of any names, kinds and sizes, read as squares of one size."""

from __future__ import annotations

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path, PurePosixPath

import numpy as np

from .. import rasters
from ..files import sha256
from ..pictures import LEAST, SIZES, USUAL, PictureError, PictureSet, Report, fold
from . import copies
from .base import key_of

MOST = 50_000  # pictures: 600 MB at 64 x 64 pixels
NO_DATA = 0.5  # of a picture; with more it is no picture
BESIDE = (
    "__MACOSX",
    "@eaDir",
    "System Volume Information",
    "$RECYCLE.BIN",
)  # what systems put beside pictures
_key = partial(
    key_of,
    code=(
        "chips.py", "deep.py", "geotiff.py", "pictures.py", "rasters.py",
        "sources/cache.py", "sources/copies.py", "sources/folder.py",
    ),
    libraries=("numpy", "pillow", "scipy"),
)  # fmt: skip
Watch = Callable[[int, int], None]  # told how much is done, and of how much


@dataclass(frozen=True)
class Reading:
    """How a folder's pictures are read.

    Attributes:
        size: height and width they get, one of `pictures.SIZES`; None for 64, or less where most are smaller.
        fit: "crop" for the square in the middle, "whole" for the whole picture with bars in the colour of its rim.
        bands: which bands of a TIFF are red, green and blue, counted from 1; None where the file says so.
        stretch: which numbers are black and white in pictures of more than 8 bits; None to refuse those.
        group_by: "folder" to keep each folder's pictures together in a split, or a regular expression: pictures belong
            together in whose names it finds the same (its first group, if it has one). None for near-copies alone.
        strict: whether one file that cannot be read is enough to stop.

    Raises:
        PictureError: one of them is something else.

    >>> Reading(size=48, fit="whole")
    Reading(size=48, fit='whole', bands=None, stretch=None, group_by=None, strict=False)
    >>> Reading(size=50)
    Traceback (most recent call last):
    satgan_tutorial.pictures.PictureError: image size: found 50; expected one of 32, 48, 64, ...
    """

    size: int | None = None
    fit: str = "crop"
    bands: tuple[int, int, int] | None = None
    stretch: tuple[float, float] | None = None
    group_by: str | None = None
    strict: bool = False

    def __post_init__(self) -> None:
        """Check it before any file is opened."""
        if self.size is not None and self.size not in SIZES:
            there = ", ".join(map(str, SIZES))
            raise PictureError(
                f"image size: found {self.size!r:.60}; expected one of {there}: networks halve a picture four times."
            )
        if self.fit not in ("crop", "whole"):
            raise PictureError(f'fit: found {self.fit!r:.60}; expected "crop" or "whole".')
        if self.stretch is not None and not (
            np.isfinite(self.stretch).all() and len(self.stretch) == 2 and self.stretch[0] < self.stretch[1]
        ):
            raise PictureError(
                f"stretch: found {self.stretch}; expected two finite numbers, that of black below that of white."
            )
        try:
            re.compile(self.group_by or "")
        except re.error as error:
            raise PictureError(
                f"group by: found {self.group_by!r:.60}, no regular expression ({error}); expected one, or the word folder."
            ) from None


@dataclass(frozen=True)
class Folder:
    """A folder of pictures; its subfolders, where all pictures lie in some, are their classes.

    Attributes:
        folder: where they are.
        reading: how they are read.
        watch: is told how far the reading is.

    >>> import tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for i, noise in enumerate(np.random.default_rng(0).integers(0, 256, (16, 32, 32, 3), np.uint8)):
    ...         Image.fromarray(noise).save(f"{folder}/{i}.png")
    ...     source = Folder(Path(folder))
    ...     source.count(), source.classes(), source.read()
    (16, (), PictureSet(16 pictures, 32 x 32 pixels))
    """

    folder: Path
    reading: Reading = field(default_factory=Reading)
    watch: Watch = field(default=lambda done, total: None, compare=False)
    name = "pictures"

    @property
    def origin(self) -> str:
        """Where they are."""
        return f"from {self.folder.name}"

    @cached_property
    def files(self) -> dict[str, Path]:
        """Every picture by its name: its path in the folder, in an order that is the same on all systems.

        Raises:
            PictureError: there are none, too many, or two folders that are one to Windows and macOS.
        """
        found = {_name(file, self.folder): file for file in _walk(self.folder) if _is_picture(file)}
        if not LEAST <= len(found) <= MOST:
            raise PictureError(
                f"{self.folder}: found {len(found):,} pictures ({_some(found)}){_instead(self.others)}; expected {LEAST} to "
                f"{MOST:,}. {_fewer(len(found))}"
            )
        folders = {name.partition("/")[0] for name in found if "/" in name}
        for name in folders:
            twin = next((other for other in folders if other != name and fold(other) == fold(name)), None)
            if twin:
                raise PictureError(
                    f"{self.folder}: found the folders {name} and {twin}, which are one to Windows and macOS; expected names that "
                    "differ in more than case. Rename one, or put both into one."
                )
        return dict(sorted(found.items()))

    def count(self) -> int:
        """How many pictures there are, by the endings of their names."""
        return sum(map(_is_picture, _walk(self.folder)))

    @cached_property
    def others(self) -> tuple[tuple[str, int], ...]:
        """How many files of other kinds there are, by their endings."""
        kinds = Counter(
            file.suffix.lower() or "without an ending" for file in _walk(self.folder) if not _is_picture(file)
        )
        return tuple(sorted(kinds.items()))

    def classes(self) -> tuple[str, ...]:
        """The names of the subfolders, in order; () unless every picture lies in one."""
        tops = {name.partition("/")[0] if "/" in name else "" for name in self.files}
        return () if "" in tops or len(tops) < 2 else tuple(sorted(tops))

    def key(self) -> str:
        """What names the bits: names and contents of all files, how they are read, the code, NumPy, Pillow and SciPy."""
        parts = [repr(asdict(self.reading)), repr(self.others)]
        try:
            parts += [f"{name}\0{sha256(file).hex()}" for name, file in self.files.items()]
        except OSError as error:
            raise PictureError(f"{error}: expected pictures that can be read.") from None
        return _key(inputs="\n".join(parts).encode("utf-8", "surrogateescape"))

    def read(self) -> PictureSet:
        """All pictures that can be read, each once.

        Raises:
            PictureError: too few can be, or, where that is asked for, one cannot.
        """
        unreadable: dict[str, str] = {}
        sides = self._sides(unreadable)
        size = self.reading.size or _usual([min(side) for side in sides.values()])
        squares, notes = {}, Counter()
        for done, name in enumerate(sides, 1):
            try:
                raster = self._raster(name)
                squares[name] = square(raster, size, self.reading.fit)
                notes.update(_notes(raster))
            except rasters.RasterError as error:
                unreadable[name] = _why(error, self.files[name])
            self.watch(done, len(sides))
        self._check(unreadable, len(squares))
        counts = {
            "files": len(self.files),
            "reading": asdict(self.reading) | {"size": size},
            "smallest": min(sides.values(), key=min),
            "largest": max(sides.values(), key=max),
            "cut": sum(sides[name][0] != sides[name][1] for name in squares),
            "enlarged": sum(min(sides[name]) < size for name in squares),
        }
        return self._set(
            squares, Report(unreadable=tuple(unreadable.items()), others=self.others, **counts, **notes)
        )

    def _sides(self, unreadable: dict[str, str]) -> dict[str, tuple[int, int]]:
        """Width and height of each picture, by its name; those that have none go to the unreadable ones."""
        found = {}
        for name, file in self.files.items():
            try:
                found[name] = rasters.size_of(file)
            except rasters.RasterError as error:
                unreadable[name] = _why(error, file)
        self._check(unreadable, len(found))
        return found

    def _raster(self, name: str) -> rasters.Raster:
        how = {"bands": self.reading.bands, "stretch": self.reading.stretch}
        return rasters.read(self.files[name], natural=False, **how)

    def _check(self, unreadable: dict[str, str], left: int) -> None:
        """Raise a `PictureError` if too few pictures are left, or one is missing where none may be."""
        if unreadable and (left < LEAST or self.reading.strict):
            shown = "; ".join(f"{name}: {why}" for name, why in list(unreadable.items())[:3])
            more = f"; and {len(unreadable) - 3:,} more" if len(unreadable) > 3 else ""
            raise PictureError(
                f"{self.folder}: found {len(unreadable):,} of {len(self.files):,} pictures that cannot be read ({shown}{more}); "
                f"expected {'none, since --strict is given' if self.reading.strict else f'{LEAST} or more that can'}."
            )

    def _set(self, squares: dict[str, np.ndarray], report: Report) -> PictureSet:
        """The pictures, each once, with classes and groups."""
        images, names, classes = np.stack(list(squares.values())), np.array(list(squares)), self.classes()
        labels = np.array([classes.index(_top(name)) if classes else 0 for name in squares])
        shortest = sorted(
            range(len(names)), key=lambda row: (len(names[row]), names[row])
        )  # an original's name
        first = np.empty(len(names), int)
        first[shortest] = np.array(shortest)[copies.same(images[shortest])]
        both = np.isin(first, first[labels != labels[first]])
        again = (first != np.arange(len(first))) & ~both
        pairs = tuple((str(names[first[row]]), str(names[row])) for row in np.flatnonzero(again))
        kept = ~(again | both)
        if kept.sum() < LEAST:
            raise PictureError(
                f"{self.folder}: found {kept.sum()} different pictures among {len(names):,}; expected {LEAST} or more."
            )
        all_names, images, names, labels = names, images[kept], names[kept], labels[kept]
        alike = copies.near(images)
        groups, unmatched = self._groups(names, alike)
        near = int((np.bincount(alike)[alike] > 1).sum())
        found = {
            "copies": pairs,
            "both": tuple(all_names[both].tolist()),
            "near": near,
            "unmatched": unmatched,
        }
        return PictureSet(images, labels, names, groups, classes, replace(report, **found))

    def _groups(self, names: np.ndarray, alike: np.ndarray) -> tuple[np.ndarray, int]:
        """What each picture belongs to, and how many names the pattern says nothing of.

        Near-copies in two groups make one of them: they may not part either.
        """
        own, unmatched = [_group(name, self.reading.group_by) for name in names.tolist()], 0
        if self.reading.group_by:
            unmatched = own.count(None)
            if unmatched == len(own):
                raise PictureError(
                    f"{self.folder}: found {self.reading.group_by!r:.60} in none of {len(own):,} names, {names[0]!r:.60} for one; "
                    "expected a regular expression that tells what belongs together."
                )
        _, member = np.unique(
            [f"name {n}" if g is None else f"group {g}" for n, g in zip(names, own, strict=True)],
            return_inverse=True,
        )
        joined = copies.joined(member, alike)
        first = {}
        return np.array(
            [
                first.setdefault(group, name)
                for group, name in zip(joined.tolist(), names.tolist(), strict=True)
            ]
        ), unmatched


def square(raster: rasters.Raster, size: int, fit: str) -> np.ndarray:
    """A picture as a square of one size: uint8 (size, size, 3).

    It is shrunk by the mean of the area that each new pixel covers, or enlarged smoothly (bicubic).

    Args:
        raster: what was read.
        size: height and width in pixels.
        fit: "crop" or "whole", as in `Reading`.

    Raises:
        RasterError: more than half of what would be seen is no data.

    >>> wide = rasters.Raster(np.repeat(np.uint8([[[0], [90], [90], [0]]]), 3, axis=2).repeat(2, axis=0))
    >>> wide.pixels.shape, square(wide, 2, "crop")[..., 0].tolist(), square(wide, 4, "whole").shape
    ((2, 4, 3), [[90, 90], [90, 90]], (4, 4, 3))
    """
    from PIL import Image

    pixels, valid = raster.pixels, raster.valid
    height, width = pixels.shape[:2]
    if fit == "crop":
        side = min(height, width)
        top, left = (height - side) // 2, (width - side) // 2
        pixels = pixels[top : top + side, left : left + side]
        valid = None if valid is None else valid[top : top + side, left : left + side]
    if valid is not None and not valid.all():
        if valid.mean() < NO_DATA:
            raise rasters.RasterError(f"more than half of it is no data ({1 - valid.mean():.0%})")
        pixels = rasters.filled(pixels, valid, fringe=0)
    scale = size / max(pixels.shape[:2])
    new = tuple(max(1, round(side * scale)) for side in pixels.shape[1::-1])
    how = Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC
    drawn = np.asarray(Image.fromarray(np.ascontiguousarray(pixels)).resize(new, how))
    if drawn.shape[:2] == (size, size):
        return drawn
    rim = [drawn[0], drawn[-1]] if drawn.shape[0] < size else [drawn[:, 0], drawn[:, -1]]
    whole = np.empty((size, size, 3), np.uint8)
    whole[:] = np.rint(np.concatenate(rim).mean(axis=0))
    top, left = ((size - side) // 2 for side in drawn.shape[:2])
    whole[top : top + drawn.shape[0], left : left + drawn.shape[1]] = drawn
    return whole


def _walk(folder: Path) -> Iterator[Path]:
    """Every file in a folder and in the folders in it, links followed once, nothing that begins with a dot."""
    seen = set()
    for here, folders, files in os.walk(folder, followlinks=True):
        now = os.stat(here)
        if (now.st_dev, now.st_ino) in seen and now.st_ino:
            folders.clear()
            continue
        seen.add((now.st_dev, now.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in BESIDE)
        yield from (
            Path(here, name)
            for name in files
            if not name.startswith(".") and name.lower() not in ("thumbs.db", "desktop.ini")
        )


def _is_picture(file: Path) -> bool:
    return file.suffix.lower() in rasters.SUFFIXES


def _name(file: Path, folder: Path) -> str:
    """The path of a file in a folder, the same on all systems: "/" between its parts, accents in one piece."""
    return unicodedata.normalize("NFC", file.relative_to(folder).as_posix())


def _top(name: str) -> str:
    return name.partition("/")[0]


def _usual(shorter: list[int]) -> int:
    """The size for pictures with these shorter sides: 64, or less where half of them are smaller."""
    middle = float(np.median(shorter))
    return max((size for size in SIZES if size <= min(USUAL, middle)), default=SIZES[0])


def _notes(raster: rasters.Raster) -> dict[str, int]:
    """What is to be said of a picture."""
    pixels = raster.pixels
    grey = bool((pixels == pixels[..., :1]).all())
    return {
        "grey": grey,
        "on_white": raster.on_white,
        "filled": raster.valid is not None,
        "deep": raster.deep,
    }


def _why(error: Exception, file: Path) -> str:
    """What is wrong with a file, without its path; what to do about it where an option says it for all files."""
    words = str(error).removeprefix(f"{file}: ").removeprefix("found ")
    return words if " --" in words else words.partition("; expected")[0]


def _group(name: str, pattern: str | None) -> str | None:
    """What a picture belongs to by its name; None where that says nothing."""
    if pattern is None:
        return None
    if pattern == "folder":
        return PurePosixPath(name).parent.as_posix()
    match = re.search(pattern, name)
    return match and (match[1] if match.re.groups else match[0])


def _instead(others: tuple[tuple[str, int], ...]) -> str:
    """What else a folder holds, in words."""
    shown = ", ".join(f"{n:,} {kind}" for kind, n in others[:5])
    return f" and {shown}" if shown else ""


def _some(names: Iterable[str]) -> str:
    """The first names, or which ones count where there are none."""
    first = sorted(names)[:3]
    return ", ".join([*first, "..."] if len(first) == 3 else first) or ", ".join(rasters.SUFFIXES)


def _fewer(count: int) -> str:
    if count > MOST:
        return "Take out some, or name a subfolder."
    return (
        "Correct the path, or bring more; .heic, .gif and raw pictures have to be converted first. The chips of this book are "
        "named LABEL__SCENE__LONGITUDE_LATITUDE.png."
    )
