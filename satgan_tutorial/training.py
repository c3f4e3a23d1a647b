"""The loop that trains every model, and a training in a folder: stopped or killed at any moment, it goes on to the same bits.

recipe.json         what is trained, on which chips, from which seed
log.csv             a row every 20 steps
samples/            what the same eight noise vectors give, every 100 steps: `000100.npz`
samples.png         the same as one picture
checkpoint.keras    the model and its optimizers
previous.keras      the checkpoint before, in case the last one is damaged
generator.keras     what draws, alone: its weights averaged where the recipe says so
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .chips import ChipSet, shrink
from .files import locked, replacing
from .pictures import PictureSet
from .renamed import old_names
from .wording import in_words

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

    from .recipes import Recipe
    from .sampling import GenerativeModel

CHECKPOINTS = "checkpoint.keras", "previous.keras"
LOCK, MEANS = ".lock", "means.json"
LOG_EVERY, SAMPLE_EVERY, SAMPLES = 20, 100, 8  # steps, steps, images in a row
WITHOUT_END = 10**7  # epochs


class TrainingError(ValueError):
    """A training that broke: says how, and what to do.

    >>> from satgan_tutorial import plane
    >>> model = plane.build(seed=0, learning_rate=float("inf"), run_eagerly=True)
    >>> fit(model, plane.ring().sample(8, seed=0), batch_size=4, steps=2)
    Traceback (most recent call last):
    satgan_tutorial.training.TrainingError: step ...: found losses that are not finite (...); the networks ...
    """


class FolderError(ValueError):
    """A folder that is not the one for this training: says why, and what to do.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     check_folder(Path(folder), resume=True)
    Traceback (most recent call last):
    satgan_tutorial.training.FolderError: ...: found no training to resume (no recipe.json); ...
    """

    exit_code = 2  # of the command that named it


class RecipeError(ValueError):
    """A recipe that cannot be built, or not for these chips: says why.

    >>> from satgan_tutorial import recipes
    >>> names = np.array(["a.png", "b.png"])
    >>> pictures = PictureSet(np.zeros((2, 32, 32, 3), np.uint8), np.zeros(2, int), names, groups=names)
    >>> for_pictures(recipes.get("conditional"), pictures)
    Traceback (most recent call last):
    satgan_tutorial.training.RecipeError: conditional is asked for a class, and these pictures have none; ...
    """

    exit_code = 2


@dataclass(frozen=True)
class Data:
    """What a training shows a model.

    Attributes:
        images: uint8 (N, H, W, C), or points, float32 (N, 2).
        condition: of each, float32 (N, k); None for a model that takes none.
        classes: what the numbers of a condition ask for, by name; () where they ask for no classes.

    >>> data = Data(np.zeros((4, 8, 8, 3), np.uint8))
    >>> data.images.shape, data.condition, data.classes
    ((4, 8, 8, 3), None, ())
    """

    images: np.ndarray
    condition: np.ndarray | None = None
    classes: tuple[str, ...] = ()


def data_for(recipe: Recipe, chips: ChipSet | PictureSet) -> Data:
    """The images that a recipe learns from: the ships of these chips, or with conditions all (`conditions.balanced`).

    Of somebody's own pictures it is all; see `for_pictures`.

    Raises:
        ValueError: there are no ships, or the chips cannot be shrunk to the recipe's size or lack its conditions.

    >>> from satgan_tutorial import recipes
    >>> images = np.random.default_rng(0).integers(0, 256, (3, 80, 80, 3), np.uint8)
    >>> chips = ChipSet(images, np.array([0, 1, 1]), np.array(["day_1"] * 3), np.zeros((3, 2)))
    >>> data_for(replace(recipes.SMALL, image_size=40), chips).images.shape  # the two ships
    (2, 40, 40, 3)
    """
    from . import conditions

    if isinstance(chips, PictureSet):
        return _data_of_pictures(recipe, chips)
    images, condition = chips.ships.images, None
    if not len(images):
        raise ValueError(f"found no ships among {chips!r}; expected at least one to learn from.")
    if recipe.conditions:
        images, condition = conditions.balanced(chips, recipe.conditions)
    return Data(shrink(images, recipe.image_size), condition)


def for_pictures(
    recipe: Recipe, pictures: PictureSet, *, turn: bool = False, by_class: bool = False
) -> Recipe:
    """A recipe made for ships, for somebody's own pictures: of their size, asked for their classes, and upright.

    A ship has no up, and most recipes turn and mirror their chips; a house that was learned so stands on its head. A recipe
    whose model is told how each picture was turned draws upright ones all the same, and stays as it is.

    Args:
        recipe: for ships. One that is asked for a ship or none is asked for a class instead.
        pictures: what it shall learn from.
        turn: whether the pictures have no up either, so that the recipe may turn them as it turns ships.
        by_class: whether a recipe that is asked for nothing shall be asked for a class.

    Raises:
        RecipeError: it is asked for headings, which nobody knows of pictures, or for classes, and there are none, or its
            networks cannot be asked.

    >>> from satgan_tutorial import recipes
    >>> names = np.array(["a.png", "b.png"])
    >>> pictures = PictureSet(np.zeros((2, 32, 32, 3), np.uint8), np.zeros(2, int), names, groups=names)
    >>> mine = for_pictures(recipes.SMALL, pictures)
    >>> mine.image_size, recipes.SMALL.symmetries, mine.symmetries
    (32, True, False)
    """
    from . import augment, conditions

    told = getattr(recipe, "symmetries", False) == augment.CONDITIONED
    changes = {"image_size": pictures.size}
    if hasattr(recipe, "symmetries") and not (turn or told):
        changes["symmetries"] = False
    if recipe.conditions == conditions.COLUMNS:
        raise RecipeError(
            f"{recipe.name} is asked for the heading and the length of a ship, which no picture tells; take the recipe "
            "conditional, which is asked for a class."
        )
    if by_class and getattr(recipe, "networks", "") == "post":
        raise RecipeError(
            f"{recipe.name} has networks that cannot be asked for anything; take another recipe, or leave out the classes."
        )
    if recipe.conditions or by_class:
        if len(pictures.classes) < 2:
            raise RecipeError(
                f"{recipe.name} is asked for a class, and these pictures have none; expected two subfolders or more, and "
                "every picture in one. Move them, or train without classes: the recipe small, or book."
            )
        changes["conditions"] = conditions.class_columns(pictures.classes)
    return replace(recipe, **changes)


def _data_of_pictures(recipe: Recipe, pictures: PictureSet) -> Data:
    """All pictures, and their classes where the recipe is asked for them."""
    from . import conditions

    if not len(pictures):
        raise ValueError("found no pictures; expected at least one to learn from.")
    classes = conditions.classes_of(recipe.conditions)
    if classes != (pictures.classes if recipe.conditions else ()):
        raise ValueError(f"found the conditions {recipe.conditions}; expected those of `for_pictures`.")
    if not classes:
        return Data(shrink(pictures.images, recipe.image_size))
    held = np.bincount(pictures.labels, minlength=len(classes))
    if not held.all():
        raise ValueError(
            f"found no picture of {classes[int(held.argmin())]} among the {len(pictures):,} to learn from; expected some of each "
            "class. Bring more of it, or group pictures in another way."
        )
    images, condition = conditions.balanced_classes(pictures)
    return Data(shrink(images, recipe.image_size), condition, classes)


def fit(
    model: GenerativeModel,
    data: Data | np.ndarray,
    *,
    batch_size: int,
    steps: int | None = None,
    seed: int | None = None,
    every: int = LOG_EVERY,
    stop: Callable[[], bool] = lambda: False,
    callbacks: Iterable[keras.callbacks.Callback] = (),
    strategy: tf.distribute.Strategy | None = None,
) -> None:
    """Train a model on from the step it is at: the one loop, of any family.

    Epochs are of `every` steps, counted from the first step ever, so that logs and looks fall on the same steps however
    often a training was stopped. An epoch that a stop cut in two is finished first, by a `fit` of its own.

    Args:
        model: compiled, new or loaded.
        data: what to show it; an array is images alone.
        batch_size: how many a step.
        steps: at which step to end, counted from the first step ever; None to go on until a callback ends it.
        seed: of the order of the images; None for the model's own.
        every: steps an epoch.
        stop: asked after each step; True ends the training.
        callbacks: Keras callbacks.
        strategy: how several GPUs or machines share each step; None for this one alone.

    Raises:
        TrainingError: the losses are no longer finite.

    >>> from satgan_tutorial import plane
    >>> model = plane.build(seed=0, run_eagerly=True)
    >>> fit(model, plane.ring().sample(16, seed=0), batch_size=8, steps=2)
    >>> model.step
    2
    """
    import keras

    from . import batching, distribute

    data = data if isinstance(data, Data) else Data(data)
    seed = model.seed if seed is None else seed

    def deal(batch_size: int, first_step: int) -> tf.data.Dataset:
        return batching.shuffled(data.images, batch_size, seed, first_step, data.condition)

    def after_step(batch: int, logs: dict[str, Any]) -> None:
        if not all(math.isfinite(value) for value in logs.values()):
            raise TrainingError(
                f"step {model.step}: found losses that are not finite ({in_words(logs)}); the "
                "networks broke and will not recover. The last checkpoint stays; try another seed, or a smaller "
                "learning rate."
            )
        if stop() or model.step == steps:
            model.stop_training = True

    until = keras.callbacks.LambdaCallback(on_train_batch_end=after_step)

    def run(steps_per_epoch: int, epochs: int, *first: keras.callbacks.Callback) -> None:
        shape = {"steps_per_epoch": steps_per_epoch, "epochs": epochs}
        shape["callbacks"] = [*first, until, *callbacks]
        if strategy:
            distribute.fit(model, strategy, batch_size, deal, **shape)
        else:
            model.fit(deal(batch_size, model.step), shuffle=False, verbose=0, **shape)

    if stop() or (steps is not None and model.step >= steps):
        return
    model.stop_training = False
    if cut := model.step % every:
        run(every - cut, 1, _carry_over(model))
    if not model.stop_training:
        run(every, WITHOUT_END)


def _carry_over(model: keras.Model) -> keras.callbacks.Callback:
    """Go on with the means of an epoch that was cut in two, which Keras sets back when an epoch begins."""
    import keras

    values = [variable.numpy() for variable in _means(model)]

    def restore(epoch: int, logs: dict[str, Any] | None) -> None:
        for variable, value in zip(_means(model), values, strict=True):
            variable.assign(value)

    return keras.callbacks.LambdaCallback(on_epoch_begin=restore)


def _means(model: keras.Model) -> list[keras.Variable]:
    """The sums and counts of the epoch that is under way.

    No variable where replicas share them, since all workers would have to read them at once: a row of the log that a stop
    cut in two then sums up what came after it alone.
    """
    import tensorflow as tf

    variables = [variable for metric in model.metrics for variable in metric.variables]
    shared = any(isinstance(variable.value, tf.distribute.DistributedValues) for variable in variables)
    return [] if shared else variables


def run(
    recipe: Recipe,
    chips: ChipSet | PictureSet,
    out: str | os.PathLike,
    *,
    seed: int,
    steps: int,
    resume: bool = False,
    save_every: float = 60.0,
    stop: Callable[[], bool] = lambda: False,
    callbacks: Iterable[keras.callbacks.Callback] = (),
    strategy: tf.distribute.Strategy | None = None,
    say: Callable[[str], None] = print,
) -> GenerativeModel:
    """Train on chips up to a number of steps and keep all of it in a folder.

    Args:
        recipe: what to train.
        chips: the real ones, those the model may see; of them it learns from what `data_for` says.
        out: the folder, new or empty unless `resume`.
        seed: where all random numbers start.
        steps: where to stop, counted from the first step ever.
        resume: go on with what the folder holds.
        save_every: seconds between checkpoints, so what a kill can cost.
        stop: asked after each step; True ends the training, saved.
        callbacks: more Keras callbacks; an epoch ends where a row of the log does.
        strategy: how several GPUs or machines share each step (`distribute.strategy`); None for this one alone.
        say: what prints the alarm's words.

    Returns:
        The model; its `step` is smaller than `steps` if it was stopped.

    Raises:
        FolderError: the folder holds another training, none where it should, no checkpoint that can be read, or a training
            that is under way.
        RecipeError: no network can be built as the recipe says, or the chips cannot be shrunk to its size.
        TrainingError: the losses are no longer finite.
    """
    from . import distribute, recipes
    from .callbacks import Alarm

    out = Path(out)
    keep = strategy is None or distribute.keeps_files(strategy)
    if keep:
        check_folder(out, resume)
    scope = strategy.scope if strategy else nullcontext
    try:  # before the folder is begun
        data = data_for(recipe, chips)
        with scope():
            model = recipes.build(recipe, seed)
    except ValueError as error:
        raise RecipeError(str(error)) from None
    with _claimed(out) if keep else nullcontext():
        if keep:
            _begin(out, _card(recipe, chips, data.images, seed), resume)
        if resume:
            with scope():
                model = _last(out, model, say)
        callbacks = [*callbacks, Alarm(say=say)]
        callbacks += _kept(out, model, data, steps, save_every) if keep else []
        begun_at = model.step
        shape = {"batch_size": recipe.batch_size, "steps": steps, "every": LOG_EVERY, "stop": stop}
        try:
            fit(model, data, callbacks=callbacks, strategy=strategy, **shape)
        except TrainingError as error:
            raise TrainingError(f"{out}: {error}") from None
        if keep and model.step == begun_at:  # a kill may have come before the last file was written
            _save(model, out, data.classes)
        if strategy and model.step == steps:
            distribute.wait_for_all(strategy)
    return model


def _kept(
    out: Path, model: GenerativeModel, data: Data, steps: int, save_every: float
) -> list[keras.callbacks.Callback]:
    """The callbacks that keep a training: log, then samples, then checkpoint, so that none is ahead of what it rests on."""
    import keras

    from .callbacks import Log, Samples

    condition = data.condition
    if condition is not None:  # no-ships come first, so the right half of a row is of ships
        condition = condition[np.linspace(0, len(condition) - 1, SAMPLES).astype(int)]
    samples = Samples(SAMPLES, 0, SAMPLE_EVERY, out / "samples", condition)
    saved, shown = time.monotonic(), 0

    def save() -> None:
        nonlocal saved
        _save(model, out, data.classes)
        saved = time.monotonic()

    def due() -> bool:
        ends = model.step == steps  # what is saved then, after the last row and samples
        return not ends and time.monotonic() - saved > save_every

    def after_step(batch: int, logs: dict[str, Any] | None) -> None:
        if model.step % LOG_EVERY and due():  # where an epoch ends, its row and samples are written first
            save()

    def after_epoch(epoch: int, logs: dict[str, Any] | None) -> None:
        nonlocal shown
        if len(samples.steps) != shown:
            _draw_samples(samples.images, out / "samples.png")
            shown = len(samples.steps)
        if due():
            save()

    def at_end(logs: dict[str, Any] | None) -> None:
        _draw_samples(samples.images, out / "samples.png")
        save()

    keeper = keras.callbacks.LambdaCallback(
        on_train_batch_end=after_step, on_epoch_end=after_epoch, on_train_end=at_end
    )
    return [Log(out / "log.csv", LOG_EVERY), samples, keeper]


def _draw_samples(images: list[np.ndarray], file: Path) -> None:
    """Show at most 32 rows of samples, evenly, as one picture."""
    from .rasters import contact_sheet

    rows = np.unique(np.linspace(0, len(images) - 1, 32).astype(int))
    with replacing(file) as new:
        contact_sheet(np.concatenate([images[i] for i in rows]), SAMPLES).save(new)


def read_card(folder: Path) -> dict[str, Any]:
    """What the folder of a training says about it; nothing where there is no training.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     nothing = read_card(Path(folder))
    ...     size = Path(folder, "recipe.json").write_text('{"recipe": {"name": "small"}, "seed": 7}')
    ...     nothing, read_card(Path(folder))["seed"]
    ({}, 7)
    """
    try:
        card = json.loads((folder / "recipe.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return card if isinstance(card, dict) and isinstance(card.get("recipe"), dict) else {}


def learned_from(card: dict[str, Any], pictures: PictureSet) -> bool:
    """Whether a training, by its card, learned from the very same pictures: then no test picture was among them.

    Args:
        card: what `read_card` gives.
        pictures: the train pictures.

    >>> names = np.array(["a.png", "b.png"])
    >>> pictures = PictureSet(np.zeros((2, 32, 32, 3), np.uint8), np.zeros(2, int), names, groups=names)
    >>> card = {"recipe": {"image_size": 32}, "chips": hashlib.sha256(pictures.images).hexdigest()[:16]}
    >>> learned_from(card, pictures), learned_from(card, pictures[:1])
    (True, False)
    """
    from . import conditions

    recipe = card.get("recipe", {})
    if recipe.get("image_size") != pictures.size or (recipe.get("conditions") and len(pictures.classes) < 2):
        return False
    images = conditions.balanced_classes(pictures)[0] if recipe.get("conditions") else pictures.images
    return card.get("chips") == _digest(images)


def _digest(images: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(images)).hexdigest()[:16]


def _card(recipe: Recipe, chips: ChipSet | PictureSet, images: np.ndarray, seed: int) -> dict[str, Any]:
    settings = {name: value for name, value in asdict(recipe).items() if name not in ("about", "steps")}
    card = {"recipe": settings, "seed": seed, "source": chips.source}
    if isinstance(chips, PictureSet):  # before the sum of the pixels, which says less of what is different
        card["reading"] = {name: value for name, value in chips.report.reading.items() if name != "strict"}
    card["chips"] = _digest(images)
    return json.loads(json.dumps(card))  # tuples become lists, as they do on the way through the file


def check_folder(out: Path, resume: bool) -> None:
    """Raise a FolderError if a training cannot begin in a folder, or has none to resume.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     check_folder(Path(folder), resume=False)  # empty, so one may begin in it
    ...     Path(folder, "notes.txt").touch()
    ...     check_folder(Path(folder), resume=False)
    Traceback (most recent call last):
    satgan_tutorial.training.FolderError: ...: found files in it already; name a new folder, or ...
    """
    if resume and not read_card(out):
        found = "no training" if (out / "recipe.json").is_file() else "no training to resume (no recipe.json)"
        raise FolderError(f"{out}: found {found}; leave --resume out to begin one, in a new folder.")
    if not resume and out.is_dir() and any(file.name != LOCK for file in out.iterdir()):
        raise FolderError(f"{out}: found files in it already; name a new folder, or go on with --resume.")


@contextmanager
def _claimed(out: Path) -> Iterator[None]:
    """Keep other trainings out of a folder while this one is in it."""
    out.mkdir(parents=True, exist_ok=True)
    with locked(out / LOCK) as ours:
        if not ours:
            raise FolderError(
                f"{out}: found another training at work in it; wait for it, or name a new folder."
            )
        yield


def _begin(out: Path, card: dict[str, Any], resume: bool) -> None:
    """Begin a training in a folder, or make sure that the one in it is this one."""
    if not resume:
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
    for half in (*out.glob(".new-*"), *out.glob("samples/.new-*")):  # what a kill left behind
        half.unlink()


def _last(out: Path, begun: GenerativeModel, say: Callable[[str], None]) -> GenerativeModel:
    """The last checkpoint that can be read, or the model as it begins where none was written yet."""
    from . import models

    there = [out / name for name in CHECKPOINTS if (out / name).is_file()]
    for file in there:
        try:
            model = models.read(file, compiled=True)
        except models.ModelError as error:
            say(f"{error} Going on from the checkpoint before.")
            continue
        if type(model) is not type(begun) or _layout(model) != _layout(begun):
            raise FolderError(
                f"{file}: found the checkpoint of a training of other networks or settings; expected those of recipe.json. "
                "Delete the file, or name a new folder."
            )
        with zipfile.ZipFile(file) as kept:
            if MEANS in kept.namelist():
                for variable, value in zip(_means(model), json.loads(kept.read(MEANS)), strict=True):
                    variable.assign(value)
        return model
    if there:
        raise FolderError(
            f"{out}: found no checkpoint that can be read; delete {' and '.join(f.name for f in there)} to begin again "
            "at step 0, or name a new folder."
        )
    return begun


def _layout(model: GenerativeModel) -> tuple:
    """What two models have in common that go on to the same bits: shapes, seed, all that `compile` was told."""
    settings = json.dumps(_nameless(model.get_compile_config()), sort_keys=True, default=str)
    return [tuple(weight.shape) for weight in model.weights], model.seed, settings


def _nameless(config: Any) -> Any:
    """A Keras config without the names of layers and optimizers, which count up within a process."""
    if isinstance(config, dict):
        return {key: _nameless(value) for key, value in config.items() if key not in ("name", "build_config")}
    return [_nameless(value) for value in config] if isinstance(config, list | tuple) else config


def _save(model: GenerativeModel, out: Path, classes: tuple[str, ...] = ()) -> None:
    from .models import write_classes

    last, before = (out / name for name in CHECKPOINTS)
    with replacing(last) as new:
        model.save(new)
        with zipfile.ZipFile(
            new, "a"
        ) as file:  # Keras leaves metrics out, and a row of the log may be half done
            file.writestr(MEANS, json.dumps([variable.numpy().tolist() for variable in _means(model)]))
        write_classes(new, classes)
        if last.is_file():
            os.replace(last, before)
    with replacing(out / "generator.keras") as new:
        model.sampler().save(new)
        write_classes(new, classes)


__getattr__ = old_names(
    __name__,
    {
        "sheet": "rasters.contact_sheet",
    },
)
