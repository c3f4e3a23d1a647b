"""What several commands share for pictures of your own: the options that say how they are read, and the reading itself."""

from __future__ import annotations

import functools
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .console import note, progress
from .options import FOLDER, Bands, Number, unread

if TYPE_CHECKING:
    from ..pictures import PictureSet

NAMES = ("fit", "bands", "stretch", "group_by", "strict")  # of the options that say how pictures are read
LARGE = 1e300


class Stretch(click.ParamType):
    """Two numbers, that of black and that of white, as "0,3000"."""

    name = "LOW,HIGH"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, float]:
        """Read two numbers, or say what was found and what is expected."""
        if isinstance(value, tuple):
            return value
        words = value.split(",")
        if len(words) == 2:
            low, high = (Number(-LARGE, LARGE).convert(word, param, ctx) for word in words)
            if low < high:
                return low, high
        self.fail(
            f"found {value!r:.40}; expected the number that is black, a comma, and a larger one that is white: 0,3000.",
            param,
            ctx,
        )


def images_options(text: str) -> Callable:
    """The options for a folder of pictures, given to a command as `images` and `how`, a dict of NAMES.

    Args:
        text: the help of `--images`.
    """
    options = [
        click.option("--images", type=FOLDER, help=text),
        click.option(
            "--fit",
            type=click.Choice(["crop", "whole"]),
            help="Of --images: the square in the middle, or the whole with bars [default: crop].",
        ),
        click.option(
            "--bands", type=Bands(), help="Of --images: which bands of a TIFF are red, green, blue; from 1."
        ),
        click.option(
            "--stretch", type=Stretch(), help="Of --images: which numbers are black, white, if beyond 8 bits."
        ),
        click.option(
            "--group-by", help="Of --images: what a split keeps together: folder, or a pattern in names."
        ),
        click.option(
            "--strict", is_flag=True, default=None, help="Of --images: stop at a file that cannot be read."
        ),
    ]

    def decorate(command: Callable) -> Callable:
        @functools.wraps(command)
        def with_how(*args: Any, images: Path | None, **kwargs: Any) -> Any:
            if images is None:
                unread("these options say how the pictures of --images are read", *NAMES)
            how = {name: kwargs.pop(name) for name in NAMES}
            return command(*args, images=images, how=how, **kwargs)

        for option in reversed(options):
            with_how = option(with_how)
        return with_how

    return decorate


def read_pictures(
    folder: Path,
    how: dict[str, Any],
    begun: dict[str, Any],
    size: int | None,
    say: Callable[[str], None] = note,
) -> PictureSet:
    """Read the pictures of a folder, and say what became of its files.

    Args:
        folder: where they are.
        how: what was typed, by NAMES; None for what was not.
        begun: how a training read them, for what was not typed.
        size: their height and width; None for that of the training, or the usual one.
        say: what prints the sentences.
    """
    from ..pictures import in_words
    from ..sources import load_pictures

    settings = {name: value if value is not None else begun.get(name) for name, value in how.items()}
    settings = {name: value for name, value in settings.items() if value is not None}
    settings |= {name: tuple(settings[name]) for name in ("bands", "stretch") if name in settings}
    shown: list[Any] = []

    def watch(done: int, total: int) -> None:
        if not shown:
            shown.append(progress(total, "picture"))
            shown.append(shown[0].__enter__())
        shown[1](done)

    try:
        pictures = load_pictures(
            folder, size=size or begun.get("size"), say=lambda text: None, watch=watch, **settings
        )
    finally:
        if shown:
            shown[0].__exit__(None, None, None)
    for line in in_words(pictures):
        say(f"{folder}: {line}")
    return pictures


def typed(folder: Path, how: dict[str, Any]) -> str:
    """What was typed of a folder and of how it is read, for a command to repeat."""
    words = ["--images", shlex.quote(str(folder))]
    for name, value in how.items():
        if value is not None:
            words.append(f"--{name.replace('_', '-')}")
            if value is not True:
                words.append(
                    shlex.quote(",".join(f"{x:g}" for x in value) if isinstance(value, tuple) else str(value))
                )
    return " ".join(words)
