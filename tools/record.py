"""Record a training that a chapter shows: `python tools/record.py NAME`, with the chips in SATGAN_DATA.

NAME is one of RUNS. In `book/results/07-the-training/` it leaves

    NAME.json   the recipe, the seed, the chips, the machine, the time it took
    NAME.csv    a row a look: losses, accuracies, scores, minutes of processor time in the steps so far
    NAME.npz    what eight noise vectors became, and the first SAMPLES chips of seed 1 at the end

A run that was cut off goes on from its last look when the command is repeated; until it is whole it lies in a hidden folder
beside them, `.NAME`. `museum.py` records its rooms with the same function.
"""

import json
import os
import platform
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path

import keras
import numpy as np
import pandas as pd

from satgan_tutorial import appearance, load_chips, models, recipes, training
from satgan_tutorial.callbacks import Clock, Log, Progress, Samples, Scores
from satgan_tutorial.chips import shrink
from satgan_tutorial.experiments.results import RESULTS
from satgan_tutorial.files import replacing
from satgan_tutorial.judge import Judge, kid

HERE = RESULTS / "07-the-training"
SAMPLES = 64  # generated chips that are kept
SCORED = 128  # generated chips that a look is scored on
FILM = 12  # looks whose pictures are kept
SHOWN = 8  # noise vectors of a look

POST = replace(recipes.get("post"), batch_size=8)
EQUAL = 8.0  # minutes of processor time for each of the four architectures: four on two cores

# By name: the recipe, steps from one look to the next, and where it ends: at the recipe's last step, or after minutes.
RUNS = {
    "post-40": (replace(POST, image_size=40), 25, None),
    "post-80": (POST, 25, None),
    "equal-post": (POST, 10, EQUAL),
    "equal-activated": (replace(POST, activations=True), 10, EQUAL),
    "equal-dcgan": (replace(recipes.get("dcgan"), steps=10**6), 100, EQUAL),
    "equal-small": (replace(recipes.get("small"), steps=10**6), 200, EQUAL),
}


def scores(real: np.ndarray, judge: Judge) -> dict[str, Callable[[np.ndarray], float]]:
    """By name, what to measure of generated chips; `real` are validation ships, uint8 (N, H, H, 3)."""
    real = judge.features(enlarge(real))
    return {
        "kid": lambda fake: kid(real, judge.features(enlarge(fake))),
        "called_ship": lambda fake: np.mean(judge.probability(enlarge(fake)) > 0.5),
        "one_heading": lambda fake: appearance.alignment(appearance.measure(enlarge(fake)).heading),
        "sea_spread": lambda fake: np.linalg.norm(appearance.sea_colour(enlarge(fake)).std(axis=0)),
    }


def enlarge(images: np.ndarray) -> np.ndarray:
    """Repeat pixels until an image has 80 a side, as the judge reads them."""
    times = 80 // images.shape[1]
    return images.repeat(times, axis=1).repeat(times, axis=2)


def record(
    name: str,
    build: Callable[[], keras.Model],
    images: np.ndarray,
    scores: dict[str, Callable[[np.ndarray], float]],
    *,
    every: int,
    steps: int,
    batch_size: int,
    seed: int = 0,
    minutes: float | None = None,
    scored: int = SCORED,
    samples: int = SAMPLES,
    film: int | None = None,
    shown: int = SHOWN,
    resume: bool = True,
    about: dict | None = None,
    out: Path = HERE,
) -> keras.Model:
    """Train a generative model, keep what happened, and return it.

    Args:
        name: of the files.
        build: makes the compiled model.
        images: what it shall learn to draw, as `training.fit` takes them.
        scores: by name, what to measure of generated images at each look.
        every: steps from one look to the next.
        steps: where to end, unless `minutes` of processor time are over before.
        batch_size: images a step.
        seed: of the batches.
        minutes: of processor time, or None.
        scored: how many images a look is scored on.
        samples: how many images to keep.
        film: how many looks to keep of those at the same noise vectors, evenly; None for all.
        shown: how many noise vectors.
        resume: whether to keep a checkpoint and go on from it; not for a loss that Keras cannot name.
        about: what else the `.json` shall say.
        out: the folder.
    """
    begun, unfinished = time.time(), out / f".{name}"
    if not resume:
        shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True, exist_ok=True)
    checkpoint, log = unfinished / "checkpoint.keras", unfinished / "log.csv"
    model = models.read(checkpoint, compiled=True) if checkpoint.is_file() else build()
    spent = pd.read_csv(log).cpu_minutes.iloc[-1] if model.step else 0.0
    film_strip = Samples(n=shown, seed=7, every=every, folder=unfinished / "samples")

    def save(epoch, logs):
        if resume:
            with replacing(checkpoint) as new:
                model.save(new)

    try:
        training.fit(
            model,
            images,
            batch_size=batch_size,
            steps=steps,
            seed=seed,
            every=every,
            callbacks=[
                Clock(spent, minutes),
                film_strip,
                Scores(scores, n=scored, seed=0, every=every),
                Log(log, every),
                Progress(steps, seconds=60),
                keras.callbacks.LambdaCallback(on_epoch_end=save),
            ],
        )
    except training.TrainingError as error:
        raise SystemExit(f"{name}: {error}") from None
    kept = film_of(film_strip, film) | {"samples": model.sample(samples, seed=1)}
    facts = (about or {}) | {
        "seed": seed,
        "steps": model.step,
        "minutes": round((time.time() - begun) / 60, 1),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"tensorflow {version('tensorflow')}, keras {version('keras')}",
    }
    with replacing(out / f"{name}.npz") as new, new.open("wb") as file:
        np.savez_compressed(file, **kept)
    (out / f"{name}.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    log.replace(out / f"{name}.csv")
    shutil.rmtree(unfinished)
    return model


def film_of(shown: Samples, film: int | None) -> dict[str, np.ndarray]:
    """Some rows of samples with their steps: all, or so many, evenly, and none from before the first step."""
    rows = np.arange(len(shown.steps))
    if film and film < len(rows):
        rows = np.linspace(0, rows[-1], film + 1).astype(int)[1:]
    return {"steps": np.array(shown.steps)[rows], "rows": np.array(shown.images)[rows]}


def main(name: str, seed: int = 0) -> None:
    """Record one of RUNS."""
    recipe, every, minutes = RUNS[name]
    chips = load_chips()
    split, judge = chips.split(0), Judge(chips.source)
    images = shrink(split.train.ships.images, recipe.image_size)
    real = shrink(split.validation.ships.images, recipe.image_size)
    record(
        name,
        lambda: recipes.build(recipe, seed),
        images,
        scores(real, judge),
        every=every,
        steps=recipe.steps,
        batch_size=recipe.batch_size,
        seed=seed,
        minutes=minutes,
        film=FILM,
        about={
            "recipe": asdict(recipe),
            "chips": f"{len(images)} {chips.source} training ships",
            "judge": judge.name,
        },
    )


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in RUNS:
        raise SystemExit(f"{__doc__}\nRUNS: {', '.join(RUNS)}")
    main(sys.argv[1])
