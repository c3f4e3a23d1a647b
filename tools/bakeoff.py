"""Try what might help, each thing alone and for as long as the others: `python tools/bakeoff.py screen`.

`screen` trains the baseline and every variant of it once, for 6 minutes of one core, what two cores do in 3 minutes;
`repeat NAME ...` trains those, again after `screen`, with three seeds for 12 minutes of one core. Every finished run adds
a row to `bakeoff.csv` in `book/results/10-few-images/` and its first chips to `bakeoff/` there, and is skipped the next time. SATGAN_DATA says which chips.
`floors` writes `floors.csv`: how the train ships themselves score, as they are and turned at random.

A run takes one core, so on two cores two of them go side by side and none waits for the other; `--worker 0/2` and
`--worker 1/2` share the work. The score is against validation ships: the test ships are not for choosing.
"""

import argparse
import time
from dataclasses import replace

import equal_time
import results

from satgan_tutorial import appearance, load_chips, recipes
from satgan_tutorial.judge import Judge

HERE = results.RESULTS / "10-few-images"
TABLE, SHEETS = HERE / "bakeoff.csv", HERE / "bakeoff"
FLOORS = HERE / "floors.csv"
SCREEN, REPEAT = 6.0, 12.0  # minutes of one core
SEEDS = (1, 2, 3)  # of the repeats; the screen has seed 0

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
    "half turns": ("data", {"symmetries": "half_turns"}),
    "DiffAugment": (
        "data",
        {"diffaugment": ("color", "translation", "cutout")},
    ),
    "translation": ("data", {"diffaugment": ("translation",)}),
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


def recipe(variant):
    """The baseline with what a variant changes."""
    return replace(BASELINE, **VARIANTS[variant][1])


def sheet(variant, seed, minutes):
    """The file with the first chips of a run, `images`: uint8 (8, 80, 80, 3)."""
    return SHEETS / f"{results.slug(variant)}-{seed}-{minutes:g}.npz"


def done():
    """The runs of the table, as (variant, seed, minutes)."""
    return {(row["variant"], int(row["seed"]), float(row["minutes"])) for row in results.read(TABLE)}


def runs(what, names):
    """All runs of `screen` or `repeat`, in order, of these variants."""
    names = names or list(VARIANTS)
    if what == "screen":
        return [(name, 0, SCREEN) for name in names]
    return [(name, seed, REPEAT) for seed in SEEDS for name in names]


def run(variant, seed, minutes):
    """Train one variant, score it, add its row."""
    chips = load_chips()
    split, judge = chips.split(0), Judge(chips.source)
    settings = recipe(variant)
    model = recipes.build(settings, seed)
    size = settings.batch_size
    images = split.train.ships.images
    say = [equal_time.progress()]
    spent = equal_time.train(model, images, size, minutes, seed=seed, callbacks=say)
    fake = model.sample(equal_time.SCORED, seed=0)
    row = {
        "variant": variant,
        "seed": seed,
        "minutes": minutes,
        "chips": chips.source,
        "steps": model.step,
        **equal_time.scores(judge, split.validation.ships, fake, "validation"),
        "alignment": appearance.alignment(appearance.measure(fake).heading),
        "images_per_second": model.step * size / (60 * spent),
    }
    equal_time.keep(sheet(variant, seed, minutes), fake)
    results.add(TABLE, row)
    return row


def floors(draws=10):
    """Score the train ships as if they were generated: a copy of them all could do no better."""
    chips = load_chips()
    split, judge = chips.split(0), Judge(chips.source)
    ships = split.train.ships.images
    FLOORS.unlink(missing_ok=True)
    for part in ("validation", "test"):
        real = getattr(split, part).ships
        for draw in range(draws + 1):
            fake = equal_time.turned(ships, seed=draw) if draw else ships
            row = {
                "chips": chips.source,
                "against": part,
                "ships": "turned" if draw else "as they are",
                "kid": judge.score(real, fake, split=part).value,
            }
            results.add(FLOORS, row)


def main(arguments=None):
    """Make the runs that are asked for and not yet in the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=("screen", "repeat", "floors"))
    parser.add_argument("names", nargs="*", help=", ".join(VARIANTS))
    parser.add_argument("--worker", default="0/1", help="0/2 and 1/2 for two")
    asked = parser.parse_args(arguments)
    unknown = set(asked.names) - set(VARIANTS)
    if unknown:
        parser.error(f"no variant {unknown.pop()!r}; there are {', '.join(VARIANTS)}")
    if asked.what == "floors":
        return floors()
    worker, workers = map(int, asked.worker.split("/"))
    for one in runs(asked.what, asked.names)[worker::workers]:
        if one not in done():
            begun = time.monotonic()
            found = run(*one)
            print(
                f"{one}: KID {found['kid']:.3f}, {found['steps']} steps, "
                f"{(time.monotonic() - begun) / 60:.1f} min",
                flush=True,
            )


if __name__ == "__main__":
    equal_time.one_core()
    main()
