"""`satgan train`: a model after a recipe, or the judge."""

from __future__ import annotations

import math
import shlex
import sys
from dataclasses import replace
from pathlib import Path

import click

from .console import note, quiet_import, stoppable
from .options import FOLDER, writable

STOPPED = 130  # what a shell reports for a program that Ctrl-C ended


@click.command(short_help="Train a GAN after a recipe, or the judge.")
@click.argument("recipe")
@click.option("--steps", type=click.IntRange(1), help="Where to stop [default: the recipe's own number].")
@click.option("--image-size", type=click.IntRange(8), help="Pixels a side, the chips shrunk [default: 80].")
@click.option("--batch-size", type=click.IntRange(1), help="Real chips a step [default: the recipe's own].")
@click.option("--seed", type=click.IntRange(0), help="Same seed, same GAN [default: 0, or the one resumed].")
@click.option("--out", type=FOLDER, required=True, help="The folder for it.")
@click.option("--resume", is_flag=True, help="Go on with the training in the folder, to the same bits.")
@click.option("--save-every", type=click.FloatRange(0), default=60, help="Seconds to a checkpoint.")
@click.option("--workers", help="Who shares each step: gpus, or HOST:PORT,HOST:PORT,... for machines.")
@click.option("--worker", type=click.IntRange(0), help="Which of these machines this is; 0 keeps the files.")
def train(
    recipe: str,
    out: Path,
    steps: int | None,
    seed: int | None,
    resume: bool,
    save_every: float,
    workers: str | None,
    worker: int | None,
    **changes,
) -> None:
    """Train a GAN after RECIPE on the train chips at hand: small, book, dcgan, post, conditional, causes; or the judge.

    The folder gets the recipe, a log, a strip of samples, checkpoints and the generator. Ctrl-C stops after the step and
    saves; a crash costs what came after the last checkpoint. Either way, --resume goes on.

    \b
    Examples:
      satgan train small --seed 0 --out runs/first
      satgan train small --steps 1200 --out runs/first --resume    goes on to step 1200
      satgan train post --image-size 40 --batch-size 8 --out runs/post
      satgan train book --workers a:2222,b:2222 --worker 0 --out runs/two    and --worker 1 on machine b
      satgan train judge --out runs/judge                          steps make whole epochs; no --resume
    """  # noqa: D301
    from .. import training

    writable(out)
    if recipe == "judge":
        if resume:
            raise click.UsageError("the judge trains in minutes and cannot be resumed; leave --resume out.")
        return _train_judge(steps, seed or 0, out)
    if not worker:
        training.check_folder(out, resume)
    with quiet_import():
        from .. import callbacks, models, recipes
    if recipe not in recipes.RECIPES:
        there_is = models.there_is(recipe, [*recipes.RECIPES, "judge"])
        raise click.UsageError(f"there is no recipe {recipe!r}. {there_is}")
    shared = None
    if workers:  # before TensorFlow does anything
        from .. import distribute

        shared = distribute.strategy(workers, worker)
    from ..sources import load_chips

    begun = training.read_card(out)
    changes = {name: value or begun.get("recipe", {}).get(name) for name, value in changes.items()}
    settings = replace(recipes.get(recipe), **{name: value for name, value in changes.items() if value})
    steps = steps or settings.steps
    seed = begun.get("seed", 0) if seed is None else seed
    chips = load_chips(say=note).split(0).train
    progress = callbacks.Progress(steps, say=note)
    with stoppable() as stop:
        options = {"resume": resume, "save_every": save_every, "stop": stop.is_set, "strategy": shared}
        model = training.run(
            settings, chips, out, seed=seed, steps=steps, callbacks=[progress], say=note, **options
        )
    folder = shlex.quote(str(out))
    if model.step < steps:
        click.echo(f"Stopped and saved at step {model.step} of {steps}. Go on with:")
        click.echo(f"  satgan train {recipe} --steps {steps} --seed {seed} --out {folder} --resume")
        sys.exit(STOPPED)
    click.echo(f"{out}: {recipe} after {model.step} steps. Its ships:")
    click.echo(f"  satgan generate {folder} --out ships.png")


def _train_judge(steps: int | None, seed: int, out: Path) -> None:
    from .. import training

    training.check_folder(out, resume=False)
    with quiet_import():
        from .. import callbacks
        from ..judge import train_judge
    from ..sources import load_chips

    chips = load_chips(say=note)
    per_epoch = len(chips.split(0).train) // 32
    epochs = 40 if steps is None else math.ceil(steps / per_epoch)
    progress = callbacks.Progress(epochs * per_epoch, say=note)
    judge = train_judge(out, chips, seed=seed, epochs=epochs, callbacks=(progress,))
    click.echo(f"{out}: {judge.name} after {epochs} epochs. Its score:")
    click.echo(f"  satgan evaluate {shlex.quote(str(out))}")
