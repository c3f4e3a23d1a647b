"""`satgan check`: would anything fail on this machine, and what would be made of these pictures?"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import click

from .console import masked, note, quiet_import
from .options import Whole, unread
from .pictures import images_options, read_pictures

TIMED = ("small", "book", "flow")  # recipes that say how long a training is


@click.command(short_help="Would anything fail on this machine, and how long does the book take on it?")
@images_options("Look at a folder of pictures of your own instead.")
@click.option("--image-size", type=Whole(32, 128), help="Of --images: pixels a side [default: 64 or less].")
@click.option("--recipe", help=f"Of --images: the training to time [default: {', '.join(TIMED)}].")
def check(images: Path | None, how: dict[str, Any], image_size: int | None, recipe: str | None) -> None:
    """Tell what would fail on this machine and how to mend it, and how long the book takes on it.

    It takes half a minute where nothing else runs: it loads TensorFlow, trains for some steps and prepares the chips.

    With --images it looks at a folder of pictures of your own: what can be read, of which sizes and classes, what is there
    twice, what would be made of it, and how long a training takes.

    \b
    Examples:
      satgan check
      satgan check --images photos
    """  # noqa: D301
    if images:
        return _pictures(images, how, image_size, recipe)
    unread("only pictures of --images have a size and a training of their own", "image_size", "recipe")
    from .doctor import look

    problems = []
    for name, found, good, mend in look(note):
        row = f"{name:10}{found}" if good else f"{name:10}PROBLEM: {found.rstrip('.')}. {mend}"
        click.echo(masked(row.rstrip()))
        problems.extend([] if good else [name])
    if problems:
        raise click.ClickException(f"{' and '.join(problems)}: see above.")
    click.echo("Nothing would fail here, with or without a network.")


def _pictures(images: Path, how: dict[str, Any], size: int | None, recipe: str | None) -> None:
    """Say what would be made of somebody's own pictures."""
    from ..pictures import advice, in_words

    with quiet_import():
        from .. import models, recipes
    if recipe not in (None, *recipes.RECIPES):
        raise click.UsageError(
            f"there is no recipe {recipe!r}. {models.there_is(recipe, [*recipes.RECIPES])}"
        )
    pictures = read_pictures(images, how, {}, size, say=lambda text: None)
    click.echo("\n".join(in_words(pictures)))
    split = pictures.split(0)
    parts = ", ".join(f"{len(part):,} {name}" for name, part in split._asdict().items())
    click.echo(f"Split: {parts}; no group of pictures is in two of them.")
    click.echo(advice(len(split.train)))
    for line in _times(pictures.size, (recipe,) if recipe else TIMED):
        click.echo(line)
    folder = shlex.quote(str(images))
    click.echo(f"Begin with: satgan train small --images {folder}")
    if len(pictures.classes) > 1:
        click.echo(f"By class:   satgan train small --images {folder} --by-class --out runs/by-class")


def _times(size: int, names: tuple[str, ...]) -> list[str]:
    """How long trainings at this size take on this machine, as busy as it is now."""
    from .. import recipes
    from ..wording import duration
    from .doctor import step_seconds

    lines = []
    for name in names:
        steps = recipes.get(name).steps
        took = duration(steps * step_seconds(5, name, size))
        lines.append(
            f"The recipe {name} takes about {took} for its {steps:,} steps, as busy as this machine is now."
        )
    return lines
