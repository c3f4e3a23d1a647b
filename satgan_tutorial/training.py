"""A training in a folder: stopped or killed at any moment, it goes on where it was, to the same bits.

recipe.json         what is trained, on which chips, from which seed
log.csv             a row every 20 steps
samples.png         a row every 100 steps, of the same eight noise vectors
checkpoint.keras    both players and their optimizers
previous.keras      the checkpoint before, in case the last one is damaged
generator.keras     the generator alone, its weights averaged where the recipe says so
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from PIL import Image

from . import pretrained
from .chips import ChipSet, shrink

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

    from .gan import GAN
    from .recipes import Recipe

CHECKPOINTS = "checkpoint.keras", "previous.keras"
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
    stop: Callable[[], bool] = lambda: False,
    callbacks: Iterable[keras.callbacks.Callback] = (),
    strategy: tf.distribute.Strategy | None = None,
) -> GAN:
    """Train on chips up to a number of steps and keep all of it in a folder.

    Args:
        recipe: what to train.
        chips: the real ones, those the GAN may see; the ships among them, or with conditions all (`conditions.balanced`).
        out: the folder, new or empty unless `resume`.
        seed: where all random numbers start.
        steps: where to stop, counted from the first step ever.
        resume: go on with what the folder holds.
        save_every: seconds between checkpoints, so what a kill can cost.
        stop: asked after each step; True ends the training, saved.
        callbacks: more Keras callbacks; an epoch ends where a row of the log does.
        strategy: how several GPUs or machines share each step (`distribute.strategy`); None for this one alone.

    Returns:
        The GAN; its `step` is smaller than `steps` if it was stopped.

    Raises:
        FolderError: the folder holds another training, none where it should, or no checkpoint that can be read.
        RecipeError: no network can be built as the recipe says, or the chips cannot be shrunk to its size.
        TrainingError: the losses are no longer finite.
    """
    import keras

    from . import conditions, distribute, gan, recipes, watch

    out = Path(out)
    keep = strategy is None or distribute.keeps_files(strategy)
    if keep:
        check_folder(out, resume)
    try:  # before the folder is begun
        images, asked = chips.ships.images, None
        if recipe.conditions:
            images, asked = conditions.balanced(chips, recipe.conditions)
        images = shrink(images, recipe.image_size)
        with strategy.scope() if strategy else nullcontext():
            model = recipes.build(recipe, seed)
    except ValueError as error:
        raise RecipeError(str(error)) from None
    if keep:
        _claim(out, _card(recipe, chips.source, images, seed), resume)
    if resume:
        with strategy.scope() if strategy else nullcontext():
            model = _last(out, model)
    saved = time.monotonic()

    def after_step(batch, logs):
        nonlocal saved
        if stop() or not _finite(logs):
            model.stop_training = True
        elif keep and time.monotonic() - saved > save_every:
            _save(model, out)
            saved = time.monotonic()

    every_step = keras.callbacks.LambdaCallback(on_train_batch_end=after_step)
    callbacks = [*callbacks, every_step, watch.Alarm()]
    deal = partial(gan.batches, images, seed=seed, asked=asked)

    def fit(count):
        data = deal(batch_size=recipe.batch_size, first_step=model.step)
        settings = {"callbacks": callbacks, "shuffle": False, "verbose": 0}
        history = model.fit(data, steps_per_epoch=count, **settings).history
        return {name: value for name, (value,) in history.items()}

    if strategy:
        fit = distribute.stepper(model, strategy, recipe.batch_size, deal, callbacks)
    while model.step < steps and not stop():
        row = fit(min(LOG_EVERY - model.step % LOG_EVERY, steps - model.step))
        if keep:
            _log(out / "log.csv", model.step, row)
        if keep and model.step % SAMPLE_EVERY == 0:
            _sample(model, asked, out / "samples.png")
    if keep:
        _sample(model, asked, out / "samples.png")
        _save(model, out)
    return model


def read_card(folder: Path) -> dict:
    """What the folder of a training says about it; nothing where there is no training."""
    try:
        return json.loads((folder / "recipe.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _card(recipe: Recipe, source: str, images: np.ndarray, seed: int) -> dict:
    digest = hashlib.sha256(np.ascontiguousarray(images)).hexdigest()
    settings = {name: value for name, value in asdict(recipe).items() if name not in ("about", "steps")}
    card = {"recipe": settings, "seed": seed, "source": source, "chips": digest[:16]}
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
    for part, was, now in (("recipe's ", found.get("recipe", {}), card["recipe"]), ("", found, card)):
        for key in now:
            if was.get(key) != now[key]:
                raise FolderError(
                    f"{out}: the training in it has the {part}{key} {was.get(key)!r}, and what is asked for has "
                    f"{now[key]!r}; ask for the same, or name a new folder."
                )
    for half in out.glob(".new-*"):  # what a kill left behind
        half.unlink()


def _log(file: Path, step: int, row: dict[str, float]) -> None:
    """Add a row, in place of those that came after the checkpoint."""
    if not _finite(row):
        raise TrainingError(
            f"{file.parent}: step {step}: found losses that are not finite ({row}); the networks broke and will not "
            "recover. The last checkpoint stays; try another seed, or a smaller learning rate."
        )
    before = [pd.read_csv(file).dropna().query("step < @step")] if file.is_file() else []
    with replacing(file) as new:
        log = pd.concat([*before, pd.DataFrame([{"step": step} | row])])
        log.to_csv(new, index=False, float_format="%.6g")


def _finite(row: dict[str, float]) -> bool:
    return all(map(math.isfinite, row.values()))


def _sample(model: GAN, asked: np.ndarray | None, file: Path) -> None:
    """Put a row of samples below those of earlier steps; with conditions its right half is of ships."""
    if asked is not None:
        asked = asked[np.linspace(0, len(asked) - 1, SAMPLES).astype(int)]
    page = np.asarray(sheet(model.generate(SAMPLES, 0, asked), SAMPLES))
    if file.is_file():
        height = (page.shape[0] - GAP) * ((model.step - 1) // SAMPLE_EVERY)
        page = np.concatenate([np.asarray(Image.open(file))[:height], page])
    with replacing(file) as new:
        Image.fromarray(page).save(new)


def _last(out: Path, begun: GAN) -> GAN:
    """The last checkpoint that can be read, or the GAN as it begins where none was written yet."""
    there = [out / name for name in CHECKPOINTS if (out / name).is_file()]
    for file in there:
        try:
            model = pretrained.read(file, compiled=True)
        except pretrained.PretrainedError as error:
            warnings.warn(str(error), stacklevel=3)
            continue
        if _layout(model) != _layout(begun):
            raise FolderError(
                f"{file}: found the checkpoint of a training of other networks or settings; expected those of recipe.json. "
                "Delete the file, or name a new folder."
            )
        return model
    if there:
        raise FolderError(
            f"{out}: found no checkpoint that can be read; delete {' and '.join(f.name for f in there)} to begin again "
            "at step 0, or name a new folder."
        )
    return begun


def _layout(model: GAN) -> tuple:
    return [tuple(weight.shape) for weight in model.weights], model.settings, model.seed


def _save(model: GAN, out: Path) -> None:
    last, before = (out / name for name in CHECKPOINTS)
    with replacing(last) as new:
        model.save(new)
        if last.is_file():
            os.replace(last, before)
    with replacing(out / "generator.keras") as new:
        model.averaged().save(new)


GAP = 2  # pixels between chips


def sheet(images: np.ndarray, columns: int | None = None) -> Image.Image:
    """All chips, uint8 (N, H, W, 3), on one white page, about as wide as high where `columns` is None."""
    columns = columns or math.ceil(math.sqrt(len(images)))
    missing = -len(images) % columns
    cells = np.pad(images, ((0, missing), (GAP, 0), (GAP, 0), (0, 0)), constant_values=255)
    page = np.vstack([np.hstack(cells[i : i + columns]) for i in range(0, len(cells), columns)])
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
