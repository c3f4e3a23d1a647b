"""`satgan train`: a model after a recipe, or the judge."""

from __future__ import annotations

import math
import shlex
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .console import note, progress, quiet_import, stoppable, tell
from .options import FOLDER, SEED, STEPS, Number, Whole, unread, writable

if TYPE_CHECKING:
    import keras

    from ..recipes import Recipe

STOPPED = 130  # what a shell reports for a program that Ctrl-C ended


@click.command(short_help="Train a GAN or a flow after a recipe, or the judge.")
@click.argument("recipe")
@click.option("--steps", type=STEPS, help="Where to stop [default: the recipe's own number].")
@click.option("--image-size", type=Whole(8, 80), help="Pixels a side, the chips shrunk [default: 80].")
@click.option("--batch-size", type=Whole(1, 4096), help="Real chips a step [default: the recipe's own].")
@click.option("--seed", type=SEED, help="Same seed, same model [default: 0, or the one resumed].")
@click.option("--out", type=FOLDER, required=True, help="The folder for it.")
@click.option("--resume", is_flag=True, help="Go on with the training in the folder, to the same bits.")
@click.option("--save-every", type=Number(0, 1e6), default=60, help="Seconds to a checkpoint.")
@click.option("--workers", help="Who shares each step: gpus, or HOST:PORT,HOST:PORT,... for machines.")
@click.option("--worker", type=Whole(0, 9999), help="Which of these machines this is; 0 keeps the files.")
def train(
    recipe: str,
    out: Path,
    steps: int | None,
    seed: int | None,
    resume: bool,
    save_every: float,
    workers: str | None,
    worker: int | None,
    image_size: int | None,
    batch_size: int | None,
) -> None:
    """Train a model after RECIPE on the train chips at hand, or the judge.

    GANs are small, book, dcgan, post, conditional and causes; flows, the second family, are flow and flow-conditional.

    The folder gets the recipe, a log, a strip of samples, checkpoints and the generator. Ctrl-C stops after the step and
    saves; a crash costs what came after the last checkpoint. Either way, --resume goes on.

    \b
    Examples:
      satgan train small --seed 0 --out runs/first
      satgan train small --steps 1200 --out runs/first --resume    goes on to step 1200
      satgan train post --image-size 40 --batch-size 8 --out runs/post
      satgan train book --workers a:2222,b:2222 --worker 0 --out runs/two    and --worker 1 on machine b
      satgan train flow --out runs/flow                            hours on a laptop; --resume goes on
      satgan train judge --out runs/judge                          steps make whole epochs; no --resume
    """  # noqa: D301
    from .. import training

    writable(out)
    if recipe == "judge":
        unread("the judge trains in minutes and cannot be resumed", "resume")
        unread(
            "the judge has a size, a batch and a time of its own",
            "image_size", "batch_size", "save_every", "workers", "worker",
        )  # fmt: skip
        return _train_judge(steps, seed or 0, out)
    if workers in (None, "gpus"):
        unread("only machines have numbers, and --workers names none", "worker")
    if not worker:
        training.check_folder(out, resume)
    with quiet_import():
        from .. import models, recipes
    if recipe not in recipes.RECIPES:
        there_is = models.there_is(recipe, [*recipes.RECIPES, "judge"])
        raise click.UsageError(f"there is no recipe {recipe!r}. {there_is}")
    shared = None
    if workers is not None:  # before TensorFlow does anything
        from .. import distribute

        shared = distribute.strategy(workers, worker)
    from ..sources import load_chips

    begun = _begun(out)
    settings = _settings(recipes.get(recipe), begun, image_size=image_size, batch_size=batch_size)
    steps = steps or settings.steps
    seed = begun.get("seed", 0) if seed is None else seed
    chips = load_chips(say=note).split(0).train
    with stoppable() as stop, progress(steps, "step") as update:
        model = training.run(
            settings,
            chips,
            out,
            seed=seed,
            steps=steps,
            resume=resume,
            save_every=save_every,
            stop=stop.is_set,
            callbacks=[watch(update)],
            strategy=shared,
            say=note,
        )
    folder = shlex.quote(str(out))
    if model.step < steps:
        tell(f"Stopped and saved at step {model.step} of {steps}. Go on with:")
        tell(f"  satgan train {recipe} --steps {steps} --seed {seed} --out {folder} --resume")
        sys.exit(STOPPED)
    tell(f"{out}: {recipe} after {model.step} steps. Its ships:")
    tell(f"  satgan generate {folder} --out ships.png")


def _begun(out: Path) -> dict[str, int]:
    """The numbers that the training in a folder was begun with; none where there is no training."""
    from .. import training

    card = training.read_card(out)
    found = card.get("recipe", {}) | card
    found = {name: found[name] for name in ("image_size", "batch_size", "seed") if name in found}
    for name, value in found.items():
        if not isinstance(value, int):
            raise training.FolderError(
                f"{out / 'recipe.json'}: found {name} {value!r:.60}; expected a whole number. Name a new folder."
            )
    return found


def _settings(recipe: Recipe, begun: dict[str, int], **changes: int | None) -> Recipe:
    """The recipe with what was typed, or else with what the training in the folder was begun with."""
    changes = {name: begun.get(name) if value is None else value for name, value in changes.items()}
    return replace(recipe, **{name: value for name, value in changes.items() if value is not None})


def _train_judge(steps: int | None, seed: int, out: Path) -> None:
    from .. import training

    training.check_folder(out, resume=False)
    with quiet_import():
        from ..judge import train_judge
    from ..sources import load_chips

    chips = load_chips(say=note)
    per_epoch = max(1, len(chips.split(0).train) // 32)
    epochs = 40 if steps is None else math.ceil(steps / per_epoch)
    with progress(epochs * per_epoch, "step") as update:
        judge = train_judge(out, chips, seed=seed, epochs=epochs, callbacks=(watch(update),))
    tell(f"{out}: {judge.name} after {epochs} epochs. Its score:")
    tell(f"  satgan evaluate {shlex.quote(str(out))}")


def watch(update: Callable[[int, str], None]) -> keras.callbacks.Callback:
    """A Keras callback that tells how far a training is, with its losses."""
    import keras

    from ..callbacks import in_words

    def after_step(batch: int, logs: dict[str, Any] | None) -> None:
        update(int(callback.model.optimizer.iterations.numpy()), in_words(logs))

    callback = keras.callbacks.LambdaCallback(on_train_batch_end=after_step)
    return callback
