"""`satgan search`: what is better in the same time?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from .console import masked, note, progress, quiet_import, tell
from .options import SEED, Number, Whole, fits, regular, unread, writable
from .pictures import images_options, read_pictures


def _check_storage(context: click.Context, option: click.Option, storage: str) -> str:
    """Complain before the work about a place that no study can lie in."""
    if "://" in storage:
        if not storage.partition("://")[0].strip():
            raise click.UsageError(
                f"--storage {masked(storage)}: expected an address such as sqlite:///study.db."
            )
        return storage
    file = Path(storage)
    fits(file)
    if file.is_dir():
        raise click.UsageError(f"--storage {storage!r}: found a folder; name a file in it.")
    if not file.parent.is_dir():
        raise click.UsageError(f"--storage {storage}: found no folder {file.parent}; make it first.")
    regular(file)
    writable(file.parent)
    return storage


@click.command(short_help="Search over recipes, with as many workers as you start.")
@click.argument("recipe", type=click.Choice(["small", "book", "flow"]), default="small")
@click.option(
    "--storage",
    required=True,
    callback=_check_storage,
    help="A file for the study, or the address of a database.",
)
@click.option("--trials", type=Whole(1, 10**6), default=20, help="Stop when so many are over.")
@click.option("--minutes", type=Number(0, 1e5, min_open=True), default=3, help="Of one core, a trial.")
@click.option("--seed", type=SEED, default=0, help="Of what is proposed; each worker's own.")
@images_options("A folder of pictures of your own, in place of ships.")
@click.option("--image-size", type=Whole(32, 128), help="Of --images: pixels a side [default: 64 or less].")
@click.option("--turn", is_flag=True, help="Of --images: they have no up; turn and mirror them as ships.")
def search(
    recipe: str,
    storage: str,
    trials: int,
    minutes: float,
    seed: int,
    images: Path | None,
    how: dict[str, Any],
    image_size: int | None,
    turn: bool,
) -> None:
    """Search for what is better than RECIPE in the same time: networks, loss, penalty, augmentation, rates.

    Of a flow: network, times, averages, augmentation, rates.

    Start the same command as often as you like, on any machines that reach the storage, each with a --seed of its own: all
    work on one study. It can be stopped and started at any time; what a killed worker had begun is done again.

    \b
    Examples:
      satgan search --storage study.log --trials 40
      satgan search --storage study.log --trials 40 --seed 1         a second worker on the same machine
      satgan search book --storage postgresql://user@host/studies    workers on many machines
      satgan search --images photos --storage photos.log             for pictures of your own
    """  # noqa: D301
    with quiet_import():
        from .. import recipes, training
        from .. import search as searcher
    from ..sources import load_chips

    options = {"trials": trials, "minutes": minutes, "seed": seed, "say": note}
    base = recipes.get(recipe)
    if images:
        chips = read_pictures(images, how, {}, image_size)
        base = training.for_pictures(base, chips, turn=turn)
    else:
        unread("only pictures of --images have a size of their own, and an up", "image_size", "turn")
        chips = load_chips(say=note)
    with progress(trials, "trial") as update:
        options["progress"] = lambda done, total: update(done)
        best = searcher.run(base, chips, storage, **options).best_trial
    score = (
        f"{best.value:.2f} times the limit of real ones from validation pictures"
        if images
        else f"KID {best.value:.3f} on validation ships"
    )
    tell(f"Best is trial {best.number}, {score}:")
    tell(json.dumps(best.params))
