"""Pictures of anything, read from somebody's folder: all of one size, with a class for each subfolder.

A *group* is what no split tears apart: near-copies of one picture, and what `--group-by` says belongs together.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from .chips import ChipError, check_images, deal, is_whole

SIZES = tuple(range(32, 129, 16))  # pixels a side that the networks of every recipe can draw
USUAL = 64  # pixels a side where nobody says
CONVERTED = (
    ".heic",
    ".heif",
    ".avif",
    ".gif",
    ".jp2",
    ".jxl",
    ".psd",
    ".dng",
    ".cr2",
    ".nef",
    ".arw",
    ".svg",
)
LEAST = 16  # pictures in a folder to learn from
SIDES = ("train", "validation", "test")
COLUMNS = ("images", "labels", "names", "groups")  # what a set has one of for each picture


class PictureError(ChipError):
    """A folder of pictures that cannot be used, or not so: says what was found, what was expected, what to do.

    >>> find_class("cat", ("dog", "horse"))
    Traceback (most recent call last):
    satgan_tutorial.pictures.PictureError: found no class 'cat'; there is dog, horse.
    """

    exit_code = 2  # of the command that named it


@dataclass(frozen=True)
class Report:
    """What reading a folder found, for whoever wants to know what became of the files.

    Attributes:
        files: how many pictures there are, by the endings of their names.
        smallest: width and height of the one with the shortest side.
        largest: of the one with the longest.
        cut: how many are no squares.
        enlarged: how many have a side that is shorter than the size they are read at.
        deep: how many have more than 8 bits.
        grey: how many are grey.
        on_white: how many have transparent parts, shown on white.
        filled: how many have parts without data, filled with the colour beside them.
        unreadable: names that could not be read, and why.
        others: how many files there are of other kinds, by their endings.
        copies: pairs of names with the same pixels, the one that was kept first.
        both: names with the same pixels in two classes, all left out.
        near: how many are near-copies of others, kept, and held together in a split.
        unmatched: how many names `group_by` says nothing of.
        reading: how they were read, the settings of `sources.folder.Reading`.

    >>> report = Report(files=20, smallest=(48, 64), largest=(640, 480), cut=20, grey=3)
    >>> report.files, report.largest, report.copies
    (20, (640, 480), ())
    """

    files: int = 0
    smallest: tuple[int, int] = (0, 0)
    largest: tuple[int, int] = (0, 0)
    cut: int = 0
    enlarged: int = 0
    deep: int = 0
    grey: int = 0
    on_white: int = 0
    filled: int = 0
    unreadable: tuple[tuple[str, str], ...] = ()
    others: tuple[tuple[str, int], ...] = ()
    copies: tuple[tuple[str, str], ...] = ()
    both: tuple[str, ...] = ()
    near: int = 0
    unmatched: int = 0
    reading: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, repr=False)
class PictureSet:
    """N pictures, one row each.

    Attributes:
        images: uint8 (N, S, S, 3), RGB, S one of SIZES.
        labels: int64 (N,), a place in `classes`; 0 where there are none.
        classes: the names of the subfolders, in order; () where the pictures lie in no subfolders.
        names: str (N,), the path of each file in the folder, with "/" between its parts.
        groups: str (N,), what no split tears apart.
        report: what reading found; of the whole folder, in its parts too.

    Raises:
        PictureError: something is not as above.

    >>> names = np.array(["a/1.png", "a/2.png", "b/1.png", "b/2.png"])
    >>> images, labels = np.zeros((4, 32, 32, 3), np.uint8), np.array([0, 0, 1, 1])
    >>> pictures = PictureSet(images, labels, names, groups=names, classes=("a", "b"))
    >>> pictures
    PictureSet(4 pictures of 2 classes, 32 x 32 pixels)
    >>> pictures.of("b").names.tolist()
    ['b/1.png', 'b/2.png']
    """

    images: np.ndarray
    labels: np.ndarray
    names: np.ndarray
    groups: np.ndarray
    classes: tuple[str, ...] = ()
    report: Report = field(default_factory=Report)
    source = "pictures"

    def __post_init__(self) -> None:
        """Check all of it once."""
        try:
            check_images(self.images)
        except (TypeError, ValueError) as error:
            raise PictureError(str(error)) from None
        height, width = self.images.shape[1:3]
        if height != width or height not in SIZES:
            raise PictureError(f"found {width} x {height} pixels; expected squares of {_or(SIZES)}.")
        lengths = {name: len(getattr(self, name)) for name in COLUMNS}
        if len(set(lengths.values())) > 1:
            raise PictureError(
                f"found unequal lengths {lengths}; expected one row for each picture in all of them."
            )
        labels = np.asarray(self.labels)
        if labels.dtype.kind not in "iu" or (
            len(labels) and not 0 <= labels.min() <= labels.max() < max(1, len(self.classes))
        ):
            raise PictureError(
                f"labels: found others than 0 to {max(1, len(self.classes)) - 1}; expected places in `classes`."
            )

    def __len__(self) -> int:
        """How many pictures there are."""
        return len(self.images)

    def __getitem__(self, index: Any) -> PictureSet:
        """The pictures at an integer, a slice, a boolean mask or an array of integers: always a PictureSet."""
        index = [int(index)] if is_whole(index) else index
        part = copy(self)
        vars(part).update({name: getattr(self, name)[index] for name in COLUMNS})
        return part

    def __repr__(self) -> str:
        """How many of what."""
        kinds = f" of {len(self.classes)} classes" if self.classes else ""
        return f"PictureSet({len(self):,} pictures{kinds}, {self.size} x {self.size} pixels)"

    @property
    def size(self) -> int:
        """Height and width of each in pixels."""
        return self.images.shape[1]

    def of(self, name: str) -> PictureSet:
        """The pictures of a class; its name is looked up as by `find_class`."""
        return self[self.labels == find_class(name, self.classes)]

    def split(self, seed: int = 0) -> PictureSplit:
        """Train, validation and test: 60, 15 and 25 %, of each class about the same, with no group on two sides.

        Raises:
            PictureError: there are fewer than three groups.
            ValueError: the seed is no whole number from 0.
        """
        groups = len(np.unique(self.groups))
        if groups < 3:
            raise PictureError(
                f"found {len(self):,} pictures in {groups} {'group' if groups == 1 else 'groups'}; expected at least 3 groups, "
                "one for each side of a split. Bring other pictures, or group them in another way (--group-by)."
            )
        side = deal(self.groups, self.labels, max(1, len(self.classes)), seed)
        return PictureSplit(*(self[side == part] for part in range(3)))


class PictureSplit(NamedTuple):
    """Three sets of one `PictureSet.split`; no group is in two of them.

    >>> names = np.array([f"{i}.png" for i in range(20)])
    >>> pictures = PictureSet(np.zeros((20, 32, 32, 3), np.uint8), np.zeros(20, int), names, groups=names)
    >>> [len(side) for side in pictures.split(seed=0)]
    [12, 3, 5]
    """

    train: PictureSet
    validation: PictureSet
    test: PictureSet


def find_class(name: str, classes: Sequence[str]) -> int:
    """The place of a class by its name, upper or lower case, accents written in one way or another.

    Raises:
        PictureError: there is none of that name.

    >>> find_class("Boat", ("barge", "boat"))
    1
    """
    folded = [fold(known) for known in classes]
    if fold(name) not in folded:
        there = ", ".join(classes) or "none, since the pictures lay in no subfolders"
        raise PictureError(f"found no class {name!r}; there is {there}.")
    return folded.index(fold(name))


def fold(name: str) -> str:
    """A name as file systems compare it that know no case: macOS and Windows do, and macOS takes accents apart.

    >>> apart = unicodedata.normalize("NFD", "café")  # the accent is a letter of its own, as macOS writes it
    >>> apart == "café", fold(apart) == fold("CAFÉ")
    (False, True)
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def in_words(pictures: PictureSet) -> list[str]:
    """What became of a folder's files, a sentence each, for someone who has never seen this program.

    >>> report = Report(smallest=(48, 64), largest=(640, 480), cut=4, unreadable=(("e.png", "cut off"),))
    >>> images, labels, names = np.zeros((4, 32, 32, 3), np.uint8), np.zeros(4, int), np.array(list("abcd"))
    >>> for sentence in in_words(PictureSet(images, labels, names, groups=names, report=report)):
    ...     print(sentence)
    4 pictures of 48 x 64 to 640 x 480 pixels, read as 32 x 32.
    4 are no squares: the square in the middle was taken.
    1 is left out and cannot be read: e.png (cut off).
    """
    report, size = pictures.report, pictures.size
    sides = dict.fromkeys(map(_sides, (report.smallest, report.largest)))
    lines = [f"{len(pictures):,} pictures of {' to '.join(sides)} pixels, read as {size} x {size}."]
    if pictures.classes:
        counts = np.bincount(pictures.labels, minlength=len(pictures.classes)).tolist()
        held = ", ".join(
            f"{name} {count:,}" for name, count in zip(pictures.classes[:20], counts, strict=False)
        )
        lines.append(
            f"{len(pictures.classes)} classes, one a subfolder: {held}{', ...' * (len(counts) > 20)}."
        )
    whole = report.reading.get("fit") == "whole"
    changed = {
        "no squares: the square in the middle was taken": report.cut * (not whole),
        "no squares: each got bars in the mean colour of its rim": report.cut * whole,
        f"smaller than {size} pixels and enlarged": report.enlarged,
        "of more than 8 bits and stretched": report.deep,
        "grey": report.grey,
        "partly transparent and shown on white": report.on_white,
        "partly without data, which got the colour beside it": report.filled,
    }
    lines += [f"{_are(count)} {what}." for what, count in changed.items() if count]
    return [*lines, *_left_out(report)]


def _left_out(report: Report) -> list[str]:
    """What was not used, and what must not part in a split, a sentence each."""
    lines = []
    if report.unreadable:
        shown = [f"{name} ({why.rstrip('.')})" for name, why in report.unreadable]
        lines.append(f"{_are(len(shown))} left out and cannot be read: {_some(shown)}.")
    if report.copies:
        shown = [f"{again} of {first}" for first, again in report.copies]
        lines.append(f"{_are(len(shown))} left out, the same pixels as another: {_some(shown)}.")
    if report.both:
        lines.append(
            f"{_are(len(report.both))} left out, the same pixels in two classes: {_some(report.both)}."
        )
    if report.near:
        lines.append(
            f"{_are(report.near)} nearly the same as another one; they stay on one side of the split."
        )
    if report.unmatched:
        lines.append(f"{_are(report.unmatched)} of no group by its name, and may go to any side.")
    if report.others:
        kinds = _some([f"{count:,} {kind}" for kind, count in report.others], 6)
        convert = [kind for kind, _ in report.others if kind in CONVERTED]
        more = f" Convert {' and '.join(convert)} to PNG or JPEG to use them." if convert else ""
        lines.append(f"Other files, not looked at: {kinds}.{more}")
    return lines


def advice(n: int) -> str:
    """An honest word on what so many pictures are good for.

    >>> advice(60)
    '60 pictures to learn from are very few: expect copies of them, or blurs.'
    """
    if n < 100:
        return f"{n} pictures to learn from are very few: expect copies of them, or blurs."
    if n < 500:
        return f"{n} pictures to learn from are few: a long training learns them by heart. Score it, and look at the copies."
    if n < 2000:
        return f"{n:,} pictures to learn from are about as many as the book has ships: enough for one kind of thing."
    return f"{n:,} pictures to learn from are enough for a start; the more kinds of things they show, the more it takes."


def _are(count: int) -> str:
    return f"{count:,} is" if count == 1 else f"{count:,} are"


def _some(words: Sequence[str], most: int = 3) -> str:
    """The first of some words, and how many more there are."""
    more = f" and {len(words) - most:,} more" if len(words) > most else ""
    return ", ".join(words[:most]) + more


def _sides(size: tuple[int, int]) -> str:
    return " x ".join(map(str, size))


def _or(numbers: Sequence[int]) -> str:
    *most, last = map(str, numbers)
    return f"{', '.join(most)} or {last}"
