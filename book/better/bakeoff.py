"""Try what might help, each thing alone and for as long as the others: `python book/better/bakeoff.py screen`.

`screen` trains the baseline and every variant of it once, for 6 minutes of one core, what two cores do in 3 minutes;
`repeat NAME ...` trains those, again after `screen`, with three seeds for 12 minutes of one core. Every finished run adds
a row to `bakeoff.csv` and its first chips to `bakeoff/`, and is skipped the next time. SATGAN_DATA says which chips.

A run takes one core, so on two cores two of them go side by side and none waits for the other; `--worker 0/2` and
`--worker 1/2` share the work. The score is against validation ships: the test ships are not for choosing.
"""

import argparse
import csv
import time
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from satgan_tutorial import gan, load_chips, measure, recipes, watch
from satgan_tutorial.judge import Judge

HERE = Path(__file__).parent
TABLE, SHEETS = HERE / "bakeoff.csv", HERE / "bakeoff"
SCREEN, REPEAT = 6.0, 12.0  # minutes of one core
SEEDS = (1, 2, 3)  # of the repeats; the screen has seed 0
SCORED, KEPT = (
    1000,
    8,
)  # chips generated for the scores, and those that are kept

BASELINE = replace(recipes.get("small"), steps=10**6)

# By name: which question it answers, and what differs from the baseline.
VARIANTS = {
    "baseline": ("", {}),
    "non-saturating": ("loss", {"loss": "non_saturating"}),
    "hinge": ("loss", {"loss": "hinge"}),
    "least squares": ("loss", {"loss": "least_squares"}),
    "no penalty": ("regularisation", {"r1": 0.0, "r2": 0.0}),
    "spectral norm": (
        "regularisation",
        {"r1": 0.0, "r2": 0.0, "spectral_norm": True},
    ),
    "R1 alone": ("regularisation", {"r2": 0.0}),
    "a fifth of the penalty": ("regularisation", {"r1": 0.2, "r2": 0.2}),
    "five times the penalty": ("regularisation", {"r1": 5.0, "r2": 5.0}),
    "no batch norm": ("regularisation", {"batch_norm": False}),
    "no symmetries": ("data", {"symmetries": False}),
    "DiffAugment": (
        "data",
        {"diffaugment": ("color", "translation", "cutout")},
    ),
    "no average": ("averaging", {"ema": None}),
    "8 filters": ("size", {"base_filters": 8}),
    "32 filters": ("size", {"base_filters": 32}),
    "32 filters, D alone": ("size", {"d_filters": 32}),
    "transposed": ("upsampling", {"upsampling": "transposed"}),
    "resize + convolution": ("upsampling", {"upsampling": "resize_conv"}),
    "sub-pixel": ("upsampling", {"upsampling": "sub_pixel"}),
    "twice the rate": ("learning rate", {"learning_rates": (1e-3, 1e-3)}),
    "four times the rate": ("learning rate", {"learning_rates": (2e-3, 2e-3)}),
    "batch of 32": ("batch", {"batch_size": 32}),
}

COLUMNS = (
    *("variant", "seed", "minutes", "chips", "steps", "kid", "called_ship"),
    *("alignment", "images_per_second"),
)


def done():
    """The runs of the table, as (variant, seed, minutes)."""
    if not TABLE.is_file():
        return set()
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {
            (row["variant"], int(row["seed"]), float(row["minutes"]))
            for row in csv.DictReader(file)
        }


def run(variant, seed, minutes):
    """Train one variant, score it, add its row."""
    recipe = replace(BASELINE, **VARIANTS[variant][1])
    chips = load_chips()
    split, judge = chips.split(0), Judge(chips.source)
    model = recipes.build(recipe, seed)
    clock = watch.Clock(minutes=minutes)
    images = split.train.ships.images
    model.fit(
        gan.batches(images, recipe.batch_size, seed),
        steps_per_epoch=20,
        epochs=10**6,
        callbacks=[
            clock,
            keras.callbacks.TerminateOnNaN(),
            watch.Progress(recipe.steps, seconds=60),
        ],
        shuffle=False,
        verbose=0,
    )
    fake = model.generate(SCORED, seed=0)
    score = judge.score(split.validation.ships, fake, split="validation")
    row = {
        "variant": variant,
        "seed": seed,
        "minutes": minutes,
        "chips": chips.source,
        "steps": model.step,
        "kid": score.value,
        "called_ship": np.mean(judge.probability(fake) > 0.5),
        "alignment": measure.alignment(measure.measure(fake).heading),
        "images_per_second": model.step
        * recipe.batch_size
        / (60 * clock.spent),
    }
    SHEETS.mkdir(exist_ok=True)
    name = f"{variant.replace(' ', '-')}-{seed}-{minutes:g}.npy"
    np.save(SHEETS / name, fake[:KEPT])
    begun = TABLE.is_file()
    with TABLE.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        if not begun:
            writer.writeheader()
        writer.writerow(
            {
                key: f"{value:.4g}" if isinstance(value, float) else value
                for key, value in row.items()
            }
        )
    return row


def main():
    """Make the runs that are asked for and not yet in the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=("screen", "repeat"))
    parser.add_argument("names", nargs="*", help=", ".join(VARIANTS))
    parser.add_argument("--worker", default="0/1", help="0/2 and 1/2 for two")
    asked = parser.parse_args()
    unknown = set(asked.names) - set(VARIANTS)
    if unknown:
        parser.error(
            f"no variant {unknown.pop()!r}; there are {', '.join(VARIANTS)}"
        )
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    names = asked.names or list(VARIANTS)
    runs = [(name, 0, SCREEN) for name in names]
    if asked.what == "repeat":
        runs = [(name, seed, REPEAT) for seed in SEEDS for name in names]
    worker, workers = map(int, asked.worker.split("/"))
    for one in runs[worker::workers]:
        if one not in done():
            begun = time.monotonic()
            found = run(*one)
            print(
                f"{one}: KID {found['kid']:.3f}, {found['steps']} steps, "
                f"{(time.monotonic() - begun) / 60:.1f} min",
                flush=True,
            )


if __name__ == "__main__":
    main()
