"""The `satgan` command: check this machine, fetch the chips, train, generate, evaluate.

Each command imports what it needs when it runs, so that help and complaints come at once. It ends with 0 when all went
well, 1 when something failed, 2 when asked for what cannot be done, 130 when a training was stopped and saved.
"""

from __future__ import annotations

import difflib
import json
import math
import os
import shlex
import sys
from dataclasses import replace
from pathlib import Path

import click

from . import __version__
from .terminal import Sentences, quiet_import, stoppable

STOPPED = 130  # what a shell reports for a program that Ctrl-C ended
HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 110, "show_default": True}
FOLDER = click.Path(file_okay=False, path_type=Path)


def _file(*endings: str):
    """The option for the file to write; complains before the work about one that could not be written after it."""

    def check(context: click.Context, option: click.Option, out: Path) -> Path:
        if out.suffix.lower() not in endings:
            raise click.UsageError(f"--out {out}: expected a name that ends in {' or '.join(endings)}.")
        if not out.parent.is_dir():
            raise click.UsageError(f"--out {out}: found no folder {out.parent}; make it first.")
        _writable(out.parent)
        return out

    text, kind = f"A {' or '.join(endings)} file.", click.Path(dir_okay=False, path_type=Path)
    return click.option("--out", type=kind, required=True, callback=check, help=text)


def _source(text: str):
    """The option that names the chips a shipped model learned from."""
    chips = click.Choice(["real", "simulated"])
    return click.option("--source", type=chips, default="real", help=text)


@click.group("satgan", cls=Sentences, context_settings=HELP)
@click.version_option(__version__)
def main():
    """Read and draw ships in satellite chips.

    Real chips are found in $SATGAN_DATA or data/shipsnet; without any, simulated ones are drawn.

    \b
    First steps:
      satgan check                                           is this machine ready?
      satgan generate book -n 16 --seed 0 --out ships.png    ships that never were
      satgan fetch                                           the real chips, from Kaggle
      satgan train small --seed 0 --out runs/first           your own GAN
      satgan evaluate runs/first                             and its score
      satgan detect scene.png --out boxes.csv                every ship of a scene
    """  # noqa: D301


@main.command(short_help="Would anything fail on this machine, and how long does the book take on it?")
def check():
    """Tell what would fail on this machine and how to mend it, and how long the book takes on it.

    It takes half a minute where nothing else runs: it loads TensorFlow, trains for some steps and prepares the chips.
    """
    from .machine import look

    problems = []
    for name, found, good, mend in look(_note):
        click.echo(f"{name:10}{found}" if good else f"{name:10}PROBLEM: {found}. {mend}")
        problems.extend([] if good else [name])
    if problems:
        raise click.ClickException(f"{' and '.join(problems)}: see above.")
    click.echo("Nothing would fail here, with or without a network.")


@main.command(short_help="Download the real chips, all of them or nothing.")
@click.option("--to", type=FOLDER, help="The folder for them [default: data/shipsnet].")
def fetch(to: Path | None):
    """Download the 4000 real chips (ShipsNet, from Kaggle; no account needed), all of them or nothing.

    Each file is checked against its known sum before the set is put in place. After a failure, repeat the command.
    """
    from .fetch import fetch as get

    folder = get(to, say=click.echo)
    if to:
        click.echo(f"Use them with:\n  export SATGAN_DATA={shlex.quote(str(folder))}")


@main.command(short_help="Train a GAN after a recipe, or the judge.")
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
):
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
    from . import training

    _writable(out)
    if recipe == "judge":
        if resume:
            raise click.UsageError("the judge trains in minutes and cannot be resumed; leave --resume out.")
        return _train_judge(steps, seed or 0, out)
    if not worker:
        training.check_folder(out, resume)
    with quiet_import():
        from . import recipes, watch
    if recipe not in recipes.RECIPES:
        there_is = _there_is(recipe, [*recipes.RECIPES, "judge"])
        raise click.UsageError(f"there is no recipe {recipe!r}. {there_is}")
    shared = None
    if workers:  # before TensorFlow does anything
        from . import distribute

        shared = distribute.strategy(workers, worker)
    from .chips import load_chips

    begun = training.read_card(out)
    changes = {name: value or begun.get("recipe", {}).get(name) for name, value in changes.items()}
    settings = replace(recipes.get(recipe), **{name: value for name, value in changes.items() if value})
    steps = steps or settings.steps
    seed = begun.get("seed", 0) if seed is None else seed
    chips = load_chips(say=_note).split(0).train
    progress = watch.Progress(steps, say=_note)
    with stoppable() as asked:
        options = {"resume": resume, "save_every": save_every, "stop": asked.is_set, "strategy": shared}
        model = training.run(settings, chips, out, seed=seed, steps=steps, callbacks=[progress], **options)
    folder = shlex.quote(str(out))
    if model.step < steps:
        click.echo(f"Stopped and saved at step {model.step} of {steps}. Go on with:")
        click.echo(f"  satgan train {recipe} --steps {steps} --seed {seed} --out {folder} --resume")
        sys.exit(STOPPED)
    click.echo(f"{out}: {recipe} after {model.step} steps. Its ships:")
    click.echo(f"  satgan generate {folder} --out ships.png")


def _train_judge(steps: int | None, seed: int, out: Path) -> None:
    from . import training

    training.check_folder(out, resume=False)
    with quiet_import():
        from . import watch
        from .pretrained.ship_judge import train_judge
    from .chips import load_chips

    chips = load_chips(say=_note)
    per_epoch = len(chips.split(0).train) // 32
    epochs = 40 if steps is None else math.ceil(steps / per_epoch)
    progress = watch.Progress(epochs * per_epoch, say=_note)
    judge = train_judge(out, chips, seed=seed, epochs=epochs, callbacks=(progress,))
    click.echo(f"{out}: {judge.name} after {epochs} epochs. Its score:")
    click.echo(f"  satgan evaluate {shlex.quote(str(out))}")


@main.command(short_help="Search over recipes, with as many workers as you start.")
@click.argument("recipe", type=click.Choice(["small", "book"]), default="small")
@click.option("--storage", required=True, help="A file for the study, or the address of a database.")
@click.option("--trials", type=click.IntRange(1), default=20, help="Stop when so many are over.")
@click.option("--minutes", type=click.FloatRange(0, min_open=True), default=3, help="Of one core, a trial.")
@click.option("--seed", type=click.IntRange(0), default=0, help="Of what is proposed; each worker's own.")
def search(recipe: str, storage: str, trials: int, minutes: float, seed: int):
    """Search for what is better than RECIPE in the same time: networks, loss, penalty, augmentation, rates.

    Start the same command as often as you like, on any machines that reach the storage, each with a --seed of its own: all
    work on one study. It can be stopped and started at any time; what a killed worker had begun is done again.

    \b
    Examples:
      satgan search --storage study.log --trials 40
      satgan search --storage study.log --trials 40 --seed 1         a second worker on the same machine
      satgan search book --storage postgresql://user@host/studies    workers on many machines
    """  # noqa: D301
    with quiet_import():
        from . import recipes
        from . import search as searcher
    from .chips import load_chips

    options = {"trials": trials, "minutes": minutes, "seed": seed, "say": _note}
    best = searcher.run(recipes.get(recipe), load_chips(say=_note), storage, **options).best_trial
    click.echo(f"Best is trial {best.number}, KID {best.value:.3f} on validation ships:")
    click.echo(json.dumps(best.params))


@main.command(short_help="Draw chips with a model.")
@click.argument("model")
@click.option("-n", "count", type=click.IntRange(1), default=16, help="How many chips.")
@click.option("--seed", type=click.IntRange(0), default=0, help="Same seed, same chips.")
@_file(".png", ".npy")
@_source("For a shipped model: the chips it learned from.")
@click.option("--no-ship", is_flag=True, help="Of `conditional` and `causes`: chips without a ship.")
@click.option(
    "--heading",
    type=click.FloatRange(0, 360),
    help="Of `causes`: degrees clockwise from north [default: 45].",
)
@click.option("--length", type=click.FloatRange(0), default=200, help="With --heading: metres.")
def generate(
    model: str,
    count: int,
    seed: int,
    out: Path,
    source: str,
    no_ship: bool,
    heading: float | None,
    length: float,
):
    """Draw chips with MODEL: a training's folder, a .keras file, or the name of a shipped model.

    A .png is one sheet of all the chips; a .npy is an array of them, uint8 (N, 80, 80, 3).

    \b
    Examples:
      satgan generate book -n 16 --seed 0 --out ships.png
      satgan generate runs/first -n 1000 --seed 1 --out fakes.npy
      satgan generate conditional --no-ship --out sea-and-land.png
      satgan generate causes --source simulated --heading 45 --length 250 --out north-east.png
    """  # noqa: D301
    file = _find(model, source)
    generator = _generator(file)
    import numpy as np

    from . import conditions, gan
    from .training import replacing, sheet

    asked, takes = None, [x.shape[-1] for x in generator.inputs[1:]]
    if takes == [4] and heading is None:
        heading = 45.0
    if takes or no_ship or heading is not None:
        asked = conditions.ask(not no_ship, heading, length)
    images = gan.generate(generator, count, seed, asked)
    with replacing(out) as new:
        if out.suffix.lower() == ".npy":
            np.save(new, images)
        else:
            sheet(images).save(new)
    click.echo(f"{out}: {count} chips of {file.parent.name}/{file.name}, seed {seed}.")


@main.command(short_help="Find the ships of a scene.")
@click.argument("image", type=click.Path(path_type=Path))
@_file(".csv", ".png")
@click.option("--threshold", type=click.FloatRange(0, 1), default=0.5, help="Lowest p(ship) to report.")
@_source("The chips the judge learned from.")
def detect(image: Path, out: Path, threshold: float, source: str):
    """Find the ships of IMAGE, a scene in colour with 3 m a pixel, by sweeping the judge over it.

    A .csv is a table of centres, probabilities and boxes in pixels, the surest first; a .png is the scene with its boxes.

    \b
    Examples:
      satgan detect scene_1.jpg --out boxes.csv
      satgan detect scene_1.jpg --out boxed.png --threshold 0.9
    """  # noqa: D301
    with quiet_import():
        from . import detect as sweeper
        from .judge import Judge
    from .training import replacing

    scene = sweeper.read_image(image)
    found = sweeper.detect(Judge(source).classifier, scene, threshold=threshold)
    with replacing(out) as new:
        sweeper.save(new, scene, found)
    click.echo(f"{out}: {len(found)} ships with probability {threshold:g} and above in {image.name}.")


@main.command(short_help="Score a model on the test chips at hand.")
@click.argument("model")
@click.option("-n", "count", type=click.IntRange(2), default=1000, help="Chips to generate.")
@click.option("--seed", type=click.IntRange(0), default=0, help="Of the generated chips.")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON instead of a sentence.")
def evaluate(model: str, count: int, seed: int, as_json: bool):
    """Score MODEL on the test chips of the source at hand, real or simulated ($SATGAN_DATA).

    A generator gets its KID against the test ships in the features of the shipped judge: 0 is as good as real, more is
    worse. A judge (the name `judge`, a file, or the folder of its training) gets its accuracy and calibration error.

    \b
    Examples:
      satgan evaluate book --json
      satgan evaluate judge --json
      SATGAN_DATA=simulated satgan evaluate runs/first
    """  # noqa: D301
    from .chips import load_chips

    _find(model, "simulated")  # complains before the work begins; all that is shipped is shipped for these
    chips = load_chips(say=_note)
    test = chips.split(0).test
    file = _find(model, chips.source)
    if file.name.startswith("judge-"):
        with quiet_import():
            from .judge import Judge
        result = {"model": model} | Judge(file).evaluate(test, split="test")
        text = "{judge}: accuracy {accuracy:.4f}, calibration error {ece:.4f} ({n} {data} {split} chips)"
    else:
        result = {"model": model} | _kid(file, test.ships, count, seed)
        text = "KID {kid:.3f} ({judge}; {n} generated against {n_real} {source} {split} ships; seed {seed})"
    click.echo(json.dumps(result) if as_json else text.format(**result))


def _kid(file: Path, ships, count: int, seed: int) -> dict:
    from .training import read_card

    learned_from = read_card(file.parent).get("source", ships.source)
    if learned_from != ships.source:
        where = "the folder of the real ones" if learned_from == "real" else "the word simulated"
        raise click.ClickException(
            f"{file}: learned from {learned_from} chips, and those at hand are {ships.source}: set SATGAN_DATA to {where}."
        )
    generator = _generator(file)
    from . import conditions, gan
    from .judge import Judge

    fake = gan.generate(generator, count, seed, conditions.like(generator, ships, count))
    score = Judge(ships.source).score(ships, fake, split="test")
    found = {"kid": score.value, "judge": score.judge, "n": score.n_fake, "n_real": score.n_real}
    return found | {"split": score.split, "source": ships.source, "seed": seed}


def _find(model: str, source: str) -> Path:
    """The file of a model: of a shipped name, of a training's folder, or the file itself.

    A shipped name goes first: a checkout has a folder `book`, which `./book` still names.
    """
    from .pretrained import path, shipped

    names, there = sorted({stem.rpartition("-")[0] for stem in shipped()}), Path(model)
    if model in names:
        return path(model, source)
    if there.is_file():
        return there
    if not there.exists():
        raise click.UsageError(f"found no folder, file or shipped model {model!r}. {_there_is(model, names)}")
    for file in (there / "generator.keras", *sorted(there.glob("judge-*.keras"))):
        if file.is_file():
            return file
    raise click.UsageError(f"{model}: found no generator.keras in it; expected the folder of a training.")


def _generator(file: Path):
    """The network from noise to images that a file holds."""
    with quiet_import():
        import keras

        from . import gan, pretrained
    model = pretrained.read(file)
    if isinstance(model, gan.GAN):
        model = keras.saving.load_model(file).averaged()  # the averages are its optimizer's
    ranks = [len(tensor.shape) for tensor in (*model.inputs, *model.outputs)]
    if ranks not in ([2, 4], [2, 2, 4]):  # from noise, and maybe conditions, to images
        raise click.ClickException(f"{file}: found the model {model.name!r}; expected a generator of images.")
    return model


def _there_is(name: str, names: list[str]) -> str:
    near = difflib.get_close_matches(name, names, 1)
    return (f"Did you mean {near[0]}? " if near else "") + f"There is {', '.join(names) or 'nothing'}."


def _note(text: str) -> None:
    click.echo(text, err=True)


def _writable(folder: Path) -> None:
    """Complain now about a folder that could not be written to after minutes of work."""
    there = next(f for f in (folder.absolute(), *folder.absolute().parents) if f.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise click.UsageError(f"{folder}: cannot write to {there}; name another folder.")


if __name__ == "__main__":
    main(prog_name="satgan")
