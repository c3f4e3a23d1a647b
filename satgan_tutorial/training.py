"""A training in a folder: stopped or killed at any moment, it goes on where it was, to the same bits.

recipe.json         what is trained, on which chips, from which seed
log.csv             a row every 20 steps
samples.png         a row every 100 steps, of the same eight noise vectors
checkpoint.keras    both players and their optimizers
generator.keras     the generator alone, its weights averaged where the recipe says so
"""

from __future__ import annotations

import csv
import hashlib
import json
import math
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .chips import ChipSet, shrink

if TYPE_CHECKING:
    from PIL.Image import Image

    from .gan import GAN
    from .recipes import Recipe

LOG_EVERY, SAMPLE_EVERY, SAMPLES = 20, 100, 8  # steps, steps, chips in a row


class TrainingError(ValueError):
    """A training that broke: says how, and what to do."""


class FolderError(ValueError):
    """A folder that is not the one for this training: says why, and what to do."""

    exit_code = 2  # of the command that named it


class RecipeError(ValueError):
    """A recipe that cannot be built, or not for these chips: says why."""

    exit_code = 2


def run(
    recipe: Recipe,
    chips: ChipSet,
    out: str | os.PathLike,
    *,
    seed: int,
    steps: int,
    resume: bool = False,
    save_every: float = 60.0,
    on_step: Callable[[int], None] = lambda step: None,
    stop: Callable[[], bool] = lambda: False,
    say: Callable[[str], None] = print,
) -> GAN:
    """Train on chips up to a number of steps and keep all of it in a folder.

    Args:
        recipe: what to train.
        chips: the real ones, those the GAN may see.
        out: the folder, new or empty unless `resume`.
        seed: where all random numbers start.
        steps: where to stop, counted from the first step ever.
        resume: go on with what the folder holds.
        save_every: seconds between checkpoints, so what a kill can cost.
        on_step: called with the number of steps after each.
        stop: asked after each step; True ends the training, saved.
        say: what prints a warning.

    Returns:
        The GAN; its `step` is smaller than `steps` if it was stopped.

    Raises:
        FolderError: the folder holds another training, or none where it should.
        RecipeError: no network can be built as the recipe says, or the chips cannot be shrunk to its size.
        TrainingError: the losses are no longer finite.
    """
    import keras

    from . import gan, recipes, watch

    out = Path(out)
    check_folder(out, resume)
    try:  # before the folder is begun
        images, model = shrink(chips.images, recipe.image_size), recipes.build(recipe, seed)
    except ValueError as error:
        raise RecipeError(str(error)) from None
    _claim(out, _card(recipe, chips, seed), resume)
    checkpoint = out / "checkpoint.keras"
    if checkpoint.is_file():
        model = keras.saving.load_model(checkpoint)
    _forget_after(out, model.step)
    saved = time.monotonic()

    def after_step(batch, logs):
        nonlocal saved
        on_step(model.step)
        if stop() or not _finite(logs):
            model.stop_training = True
        elif time.monotonic() - saved > save_every:
            _save(model, out)
            saved = time.monotonic()

    callbacks = [keras.callbacks.LambdaCallback(on_train_batch_end=after_step), watch.Alarm(say=say)]
    while model.step < steps and not stop():
        ahead = min(LOG_EVERY - model.step % LOG_EVERY, steps - model.step)
        data = gan.batches(images, recipe.batch_size, seed, first_step=model.step)
        history = model.fit(
            data, steps_per_epoch=ahead, callbacks=callbacks, shuffle=False, verbose=0
        ).history
        _log(out / "log.csv", model.step, {name: values[-1] for name, values in history.items()})
        if model.step % SAMPLE_EVERY == 0:
            _sample(model, out / "samples.png")
    if model.step % SAMPLE_EVERY:
        _sample(model, out / "samples.png")
    _save(model, out)
    return model


def read_card(folder: Path) -> dict:
    """What the folder of a training says about it; nothing where there is no training."""
    try:
        return json.loads((folder / "recipe.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _card(recipe: Recipe, chips: ChipSet, seed: int) -> dict:
    digest = hashlib.sha256(np.ascontiguousarray(chips.images)).hexdigest()
    settings = {name: value for name, value in asdict(recipe).items() if name not in ("about", "steps")}
    card = {"recipe": settings, "seed": seed, "source": chips.source, "chips": digest[:16]}
    return json.loads(json.dumps(card))  # tuples become lists, as they do on the way through the file


def check_folder(out: Path, resume: bool) -> None:
    """Raise a FolderError if a training cannot begin in a folder, or has none to resume."""
    if resume and not read_card(out):
        raise FolderError(
            f"{out}: found no training to resume (no recipe.json); leave --resume out to begin one."
        )
    if not resume and out.is_dir() and any(out.iterdir()):
        raise FolderError(f"{out}: found files in it already; name a new folder, or go on with --resume.")


def _claim(out: Path, card: dict, resume: bool) -> None:
    """Begin a training in a folder, or make sure that the one in it is this one."""
    if not resume:
        out.mkdir(parents=True, exist_ok=True)
        with replacing(out / "recipe.json") as new:
            new.write_text(json.dumps(card, indent=1), encoding="utf-8")
    found = read_card(out)
    for key, now in card.items():
        was = found.get(key)
        if key == "recipe" and was != now:
            field = next(name for name in now if was.get(name) != now[name])
            key, was, now = f"recipe's {field}", was.get(field), now[field]
        if was != now:
            raise FolderError(
                f"{out}: the training in it has the {key} {was!r}, and what is asked for has {now!r}; ask for the same, "
                "or name a new folder."
            )
    for half in out.glob(".new-*"):  # what a kill left behind
        half.unlink()


def _forget_after(out: Path, step: int) -> None:
    """Leave out of the log what came after the checkpoint: it will come again."""
    log = out / "log.csv"
    if log.is_file():
        head, *rows = log.read_text(encoding="utf-8").splitlines(keepends=True) or [""]
        with replacing(log) as new:
            new.write_text(
                head + "".join(row for row in rows if row.endswith("\n") and int(row.split(",")[0]) <= step),
                encoding="utf-8",
            )


def _log(log: Path, step: int, row: dict[str, float]) -> None:
    if not _finite(row):
        raise TrainingError(
            f"{log.parent}: step {step}: found losses that are not finite ({row}); the networks broke and will not "
            "recover. The last checkpoint stays; try another seed, or a smaller learning rate."
        )
    begun = log.is_file()
    with log.open("a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        if not begun:
            writer.writerow(["step", *row])
        writer.writerow([step, *(f"{value:.6g}" for value in row.values())])


def _finite(row: dict[str, float]) -> bool:
    return all(map(math.isfinite, row.values()))


def _sample(model: GAN, file: Path) -> None:
    """Put a row of samples below those of earlier steps."""
    from PIL import Image

    page = np.asarray(sheet(model.generate(SAMPLES, seed=0), SAMPLES))
    if file.is_file():
        height = (page.shape[0] - GAP) * ((model.step - 1) // SAMPLE_EVERY)
        page = np.concatenate([np.asarray(Image.open(file))[:height], page])
    with replacing(file) as new:
        Image.fromarray(page).save(new)


def _save(model: GAN, out: Path) -> None:
    for name, part in (("checkpoint", model), ("generator", model.averaged())):
        with replacing(out / f"{name}.keras") as new:
            part.save(new)


GAP = 2  # pixels between chips


def sheet(images: np.ndarray, columns: int | None = None) -> Image:
    """All chips, uint8 (N, H, W, 3), on one white page, about as wide as high where `columns` is None."""
    from PIL import Image

    n, height, width, _ = images.shape
    columns = columns or math.ceil(math.sqrt(n))
    rows = math.ceil(n / columns)
    cells = np.full((rows * columns, height + GAP, width + GAP, 3), 255, np.uint8)
    cells[:n, GAP:, GAP:] = images
    page = cells.reshape(rows, columns, *cells.shape[1:]).swapaxes(1, 2)
    page = page.reshape(rows * (height + GAP), columns * (width + GAP), 3)
    return Image.fromarray(np.pad(page, ((0, GAP), (0, GAP), (0, 0)), constant_values=255))


@contextmanager
def replacing(file: Path) -> Iterator[Path]:
    """Give a new file beside `file` to write to, which takes its place at the end: whole or not at all."""
    new = file.with_name(f".new-{os.getpid()}-{file.name}")
    try:
        yield new
        os.replace(new, file)
    finally:
        new.unlink(missing_ok=True)
