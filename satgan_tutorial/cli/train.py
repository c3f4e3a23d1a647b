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
from .pictures import images_options, read_pictures, typed

if TYPE_CHECKING:
    import keras

    from ..chips import ChipSet
    from ..pictures import PictureSet
    from ..recipes import Recipe

SIDE = 80  # pixels of a chip
STOPPED = 130  # what a shell reports for a program that Ctrl-C ended


@click.command(short_help="Train a GAN or a flow after a recipe, or the judge.")
@click.argument("recipe")
@click.option("--steps", type=STEPS, help="Where to stop [default: the recipe's own number].")
@click.option("--image-size", type=Whole(8, 128), help="Pixels a side [default: 80; of --images 64 or less].")
@click.option("--batch-size", type=Whole(1, 4096), help="Real chips a step [default: the recipe's own].")
@click.option("--seed", type=SEED, help="Same seed, same model [default: 0, or the one resumed].")
@click.option("--out", type=FOLDER, help="The folder for it [default with --images: runs/ and its name].")
@click.option("--resume", is_flag=True, help="Go on with the training in the folder, to the same bits.")
@click.option("--save-every", type=Number(0, 1e6), default=60, help="Seconds to a checkpoint.")
@click.option("--workers", help="Who shares each step: gpus, or HOST:PORT,HOST:PORT,... for machines.")
@click.option("--worker", type=Whole(0, 9999), help="Which of these machines this is; 0 keeps the files.")
@images_options("A folder of pictures of your own, in place of ships.")
@click.option("--turn", is_flag=True, help="Of --images: they have no up; turn and mirror them as ships.")
@click.option(
    "--by-class", is_flag=True, help="Of --images: teach any recipe their classes, to be asked for."
)
def train(
    recipe: str,
    out: Path | None,
    steps: int | None,
    seed: int | None,
    resume: bool,
    save_every: float,
    workers: str | None,
    worker: int | None,
    image_size: int | None,
    batch_size: int | None,
    images: Path | None,
    how: dict[str, Any],
    turn: bool,
    by_class: bool,
) -> None:
    """Train a model after RECIPE on the train chips at hand, or on pictures of your own, or train the judge.

    GANs are small, book, dcgan, post, conditional and causes; flows, the second family, are flow and flow-conditional.

    The folder gets the recipe, a log, a strip of samples, checkpoints and the generator. Ctrl-C stops after the step and
    saves; a crash costs what came after the last checkpoint. Either way, --resume goes on.

    Pictures of your own may be of any names, kinds and sizes; `satgan check --images FOLDER` tells what will be made of them.
    Subfolders are classes, for conditional and flow-conditional, and with --by-class for the others.

    \b
    Examples:
      satgan train small --seed 0 --out runs/first
      satgan train small --images photos                           into runs/photos
      satgan train small --images photos --by-class --out runs/by-class
      satgan train small --steps 1200 --out runs/first --resume    goes on to step 1200
      satgan train post --image-size 40 --batch-size 8 --out runs/post
      satgan train book --workers a:2222,b:2222 --worker 0 --out runs/two    and --worker 1 on machine b
      satgan train flow --out runs/flow                            hours on a laptop; --resume goes on
      satgan train judge --out runs/judge                          steps make whole epochs; no --resume
    """  # noqa: D301
    from .. import training

    out = _folder(out, images)
    writable(out)
    if not images:
        unread("only pictures of --images may have an up, or classes of their own", "turn", "by_class")
    if recipe == "judge":
        unread("the judge trains in minutes and cannot be resumed", "resume")
        unread(
            "the judge has a size, a batch, a time and chips of its own",
            "image_size", "batch_size", "save_every", "workers", "worker", "images",
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

    begun = _begun(out)
    settings = _settings(recipes.get(recipe), begun, image_size=image_size, batch_size=batch_size)
    if images:
        chips = _own(images, how, out, image_size)
        settings = training.for_pictures(settings, chips, turn=turn, by_class=by_class)
        _say_upright(settings, turn)
    else:
        chips = _ships(out, image_size)
    steps = steps or settings.steps
    seed = begun.get("seed", 0) if seed is None else seed
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
    own = f" {typed(images, how)}{' --turn' * turn}{' --by-class' * by_class}" if images else ""
    if model.step < steps:
        tell(f"Stopped and saved at step {model.step} of {steps}. Go on with:")
        tell(f"  satgan train {recipe}{own} --steps {steps} --seed {seed} --out {folder} --resume")
        sys.exit(STOPPED)
    tell(f"{out}: {recipe} after {model.step} steps. Its {'pictures' if images else 'ships'}:")
    tell(f"  satgan generate {folder} --out {'pictures' if images else 'ships'}.png")
    if images:
        tell("How good they are:")
        tell(f"  satgan evaluate {folder} --images {shlex.quote(str(images))}")


def _folder(out: Path | None, images: Path | None) -> Path:
    """The folder for a training: that of pictures is named after theirs where nobody says."""
    if out is None and images is None:
        raise click.MissingParameter(param_hint="'--out'", param_type="option")
    return out or Path("runs") / (images.resolve().name or "pictures")


def _own(images: Path, how: dict[str, Any], out: Path, size: int | None) -> PictureSet:
    """Those of somebody's own pictures that a model may learn from."""
    from .. import training
    from ..pictures import advice

    split = read_pictures(images, how, training.read_card(out).get("reading", {}), size).split(0)
    counts = ", ".join(f"{len(part):,} {name}" for name, part in split._asdict().items())
    note(f"{images}: {counts}. It learns from the first alone. {advice(len(split.train))}")
    return split.train


def _say_upright(settings: Recipe, turn: bool) -> None:
    if not turn and settings.symmetries is False:
        note(
            "It learns them as they stand; if they have no up, as pictures from above, --turn makes more of them."
        )


def _ships(out: Path, size: int | None) -> ChipSet:
    """The chips at hand that a model may learn from.

    Raises:
        UsageError: the training in the folder is of somebody's own pictures, or the size is more than a chip's.
    """
    from .. import training
    from ..sources import load_chips

    if training.read_card(out).get("source") == "pictures":
        raise click.UsageError(
            f"{out}: the training in it is of pictures of your own: name their folder with --images."
        )
    if size and size > SIDE:
        raise click.UsageError(f"--image-size {size}: expected 8 to {SIDE}, the pixels of a chip.")
    return load_chips(say=note).split(0).train


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
