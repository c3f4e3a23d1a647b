"""Record a training that a chapter shows: `python book/dcgan/record.py NAME`, with the chips in SATGAN_DATA.

NAME is one of RUNS. Beside this script, in `runs/`, it leaves

    NAME.json   the recipe, the seed, the chips, the machine, the time it took
    NAME.csv    a row a look: losses, accuracies, scores, minutes of processor time in the steps so far
    NAME.npz    what eight noise vectors became, and the first SAMPLES chips of seed 1 at the end

A run that was cut off goes on from its last look when the command is repeated. `museum.py` records its rooms with the
same function.
"""

import json
import os
import platform
import sys
import time
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path

import keras
import numpy as np
import pandas as pd

from satgan_tutorial import appearance, batching, callbacks, load_chips, recipes
from satgan_tutorial.chips import shrink
from satgan_tutorial.judge import Judge, kid

HERE = Path(__file__).parent / "runs"
SAMPLES = 64  # generated chips that are kept
SCORED = 128  # generated chips that a look is scored on
FILM = 12  # looks whose pictures are kept

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


def scores(real, judge):
    """By name, what to measure of generated chips; `real` are validation ships, uint8 (N, H, H, 3)."""
    real = judge.features(enlarge(real))

    return {
        "kid": lambda fake: kid(real, judge.features(enlarge(fake))),
        "called_ship": lambda fake: np.mean(
            judge.probability(enlarge(fake)) > 0.5
        ),
        "one_heading": lambda fake: appearance.alignment(
            appearance.measure(enlarge(fake)).heading
        ),
        "sea_spread": lambda fake: np.linalg.norm(
            appearance.sea_colour(enlarge(fake)).std(axis=0)
        ),
    }


def enlarge(images):
    """Repeat pixels until an image has 80 a side, as the judge reads them."""
    times = 80 // images.shape[1]
    return images.repeat(times, axis=1).repeat(times, axis=2)


def record(
    name,
    build,
    images,
    scores,
    *,
    every,
    steps,
    batch_size,
    seed=0,
    minutes=None,
    scored=SCORED,
    samples=SAMPLES,
    film=None,
    resume=True,
    about=None,
    out=HERE,
):
    """Train a GAN and keep what happened.

    Args:
        name: of the files.
        build: makes the compiled GAN.
        images: what it shall learn to draw, as `batching.shuffled` takes them.
        scores: by name, what to measure of generated images at each look.
        every: steps from one look to the next.
        steps: where to end, unless `minutes` of processor time are over before.
        batch_size: images a step.
        seed: of the batches.
        minutes: of processor time, or None.
        scored: how many images a look is scored on.
        samples: how many images to keep.
        film: how many looks to keep of those at the eight noise vectors, evenly; None for all.
        resume: whether to keep a checkpoint and go on from it; not for a loss that Keras cannot name.
        about: what else the `.json` shall say.
        out: the folder.
    """
    out.mkdir(parents=True, exist_ok=True)
    checkpoint, log = out / f"{name}.keras", out / f"{name}.csv"
    begun = time.time()
    again = resume and checkpoint.is_file()
    spent = pd.read_csv(log).cpu_minutes.iloc[-1] if again else 0.0
    model = keras.models.load_model(checkpoint) if again else build()
    strip = callbacks.Strip(
        n=8, seed=7, every=1, path=resume and out / f"{name}.strip.npz"
    )

    def number(epoch, logs):
        logs["step"] = model.step

    def save(epoch, logs):
        if resume:
            model.save(checkpoint)

    model.fit(
        batching.shuffled(images, batch_size, seed, first_step=model.step),
        steps_per_epoch=every,
        epochs=(steps - model.step) // every,
        callbacks=[
            callbacks.Clock(spent, minutes),
            strip,
            callbacks.Scores(scores, n=scored, seed=0, every=1),
            keras.callbacks.LambdaCallback(on_epoch_end=number),
            keras.callbacks.CSVLogger(log, append=again),
            callbacks.Progress(steps, seconds=60),
            keras.callbacks.LambdaCallback(on_epoch_end=save),
        ],
        shuffle=False,
        verbose=0,
    )
    rows = pd.read_csv(log).drop_duplicates("step", keep="last")
    # Keras' logger has a column for each of a validation that there is not.
    rows = rows[[column for column in rows if not column.startswith("val_")]]
    rows.to_csv(log, index=False, float_format="%.6g")
    shown = np.arange(len(strip.steps))
    if film and film < len(shown):  # evenly, and none before the first step
        shown = np.linspace(0, shown[-1], film + 1).astype(int)[1:]
    kept = {
        "steps": np.array(strip.steps)[shown],
        "rows": np.array(strip.images)[shown],
        "samples": model.sample(samples, seed=1),
    }
    np.savez_compressed(out / f"{name}.npz", **kept)
    settings = (about or {}) | {
        "seed": seed,
        "steps": model.step,
        "minutes": round((time.time() - begun) / 60, 1),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"tensorflow {version('tensorflow')}, keras {version('keras')}",
    }
    (out / f"{name}.json").write_text(
        json.dumps(settings, indent=1) + "\n", encoding="utf-8"
    )
    if resume:
        checkpoint.unlink()
        strip.path.unlink()


def main(name, seed=0):
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
