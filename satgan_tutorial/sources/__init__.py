"""Where chips come from: ShipsNet's files, the simulator, anybody's folder of pictures; `load_chips` is the one door.

A source is a file of this folder with a class that has what `base.Source` says; `open_source` knows which one a name means.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from ..chips import ChipError, ChipSet
from ..files import absolute, data_home
from ..pictures import PictureError, PictureSet
from .base import Source

Watch = Callable[[int, int], None]  # told how much is done, and of how much


def load_chips(
    source: str | os.PathLike | None = None, *, say: Callable[[str], None] = print
) -> ChipSet | PictureSet:
    """All chips, real ones in the order of their names; prepared once, then memory-mapped from a cache.

    Args:
        source: a folder of chips as Kaggle nests it or flat, a `shipsnet.json`, or "simulated". By
            default what $SATGAN_DATA names, else `data/shipsnet`, else simulated chips. Relative
            paths start at the working folder. Another folder of pictures is read as `load_pictures`
            reads it, and gives a `PictureSet`.
        say: what prints the line that tells which chips are used, and what happens to the cache.

    Raises:
        ChipError: the source is missing or broken, or there is no cache folder to write to.

    >>> import tempfile
    >>> from unittest import mock
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as here:
    ...     os.mkdir(f"{here}/mine")
    ...     Image.new("RGB", (80, 80), "navy").save(f"{here}/mine/1__day_1__-122.3_37.7.png")
    ...     with mock.patch.dict(os.environ, SATGAN_CACHE=f"{here}/cache"):
    ...         chips = load_chips(f"{here}/mine")
    Preparing the chips, this once (seconds); from then on they load at once.
    Using real chips from mine: ChipSet(1 real chips: 1 ships, 0 no-ships, from 1 scenes)
    """
    from .cache import cached

    opened = open_source(source)
    chips = cached(opened, say)
    what = "pictures" if isinstance(chips, PictureSet) else f"{opened.name} chips"
    say(f"Using {what} {opened.origin}: {chips!r}")
    return chips


def open_source(source: str | os.PathLike | None = None) -> Source:
    """The source that a name means; the argument and the errors are those of `load_chips`. It reads no pixel.

    >>> source = open_source("simulated")
    >>> source.name, source.origin
    ('simulated', '(as asked)')
    """
    named = source or os.environ.get("SATGAN_DATA")
    try:
        path = absolute(named or data_home() / "data" / "shipsnet")
    except FileNotFoundError as error:
        raise ChipError(str(error)) from None
    if named == "simulated" or not (named or path.exists()):
        from .simulate import Simulator

        return Simulator(
            "(as asked)" if named else "(no real ones in data/shipsnet; `satgan fetch` gets them)"
        )
    if not path.exists():
        raise ChipError(
            f"{path}: found nothing there; expected a folder of chips or a shipsnet.json. Correct $SATGAN_DATA or "
            "the path (a relative one starts at the working folder), get the chips with `satgan fetch`, or say "
            "`simulated`."
        )
    from .shipsnet import find, holds_chips

    if source and path.is_dir() and not holds_chips(path):
        from .folder import Folder

        folder = Folder(path)
        if folder.count():
            return folder
    return find(path)


def load_pictures(
    folder: str | os.PathLike,
    *,
    size: int | None = None,
    fit: str = "crop",
    bands: tuple[int, int, int] | None = None,
    stretch: tuple[float, float] | None = None,
    group_by: str | None = None,
    strict: bool = False,
    say: Callable[[str], None] = print,
    watch: Watch = lambda done, total: None,
) -> PictureSet:
    """Read a folder of pictures of anything: PNG, JPEG, TIFF, WebP or BMP, of any sizes, in any subfolders.

    They are prepared once, then memory-mapped from a cache; a file that changes is read anew. Pictures that all lie in
    subfolders have those as classes. Of pictures that are there twice one is kept.

    Args:
        folder: where they are.
        size: height and width that they get, one of `pictures.SIZES`; None for 64, or less where most are smaller.
        fit: "crop" for the square in the middle, "whole" for the whole picture with bars in the colour of its rim.
        bands: which bands of a TIFF are red, green and blue, counted from 1; None where the file says so.
        stretch: which numbers are black and white in pictures of more than 8 bits; None to leave those out.
        group_by: what a split keeps together beside near-copies: "folder", or a regular expression that is looked for in each
            name. None for near-copies alone.
        strict: whether one file that cannot be read is enough to stop.
        say: what prints a line about the cache, and one about what was read.
        watch: is told how many are read, and of how many.

    Raises:
        PictureError: there are too few, one of these arguments is something else, or with `strict` one cannot be read.
        ChipError: there is no cache folder to write to.

    >>> import tempfile
    >>> from unittest import mock
    >>> import numpy as np
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as here:
    ...     os.mkdir(f"{here}/mine")
    ...     for i, noise in enumerate(np.random.default_rng(0).integers(0, 256, (16, 48, 40, 3), np.uint8)):
    ...         Image.fromarray(noise).save(f"{here}/mine/{i}.png")
    ...     with mock.patch.dict(os.environ, SATGAN_CACHE=f"{here}/cache"):
    ...         pictures = load_pictures(f"{here}/mine", size=32, say=lambda line: None)
    >>> pictures, pictures.report.cut  # the square in the middle was taken
    (PictureSet(16 pictures, 32 x 32 pixels), 16)
    """
    from .cache import cached
    from .folder import Folder, Reading

    try:
        path = absolute(folder)
    except FileNotFoundError as error:
        raise PictureError(str(error)) from None
    if not path.is_dir():
        found = "a file" if path.exists() else "nothing there"
        raise PictureError(f"{path}: found {found}; expected a folder of pictures. Correct the path.")
    reading = Reading(size, fit, bands, stretch, group_by, strict)
    opened = Folder(path, reading, watch)
    pictures = cached(opened, say)
    say(f"Using {opened.name} {opened.origin}: {pictures!r}")
    return pictures
