"""Would these weights do? Hold a generator against what real ships score: python tools/acceptance.py SOURCE [MODEL]

SOURCE is for `load_chips`: a folder of real chips, or "simulated". MODEL is the name of a shipped generator, "book" where
none is given, a `.keras` file, or the folder of a training. It prints a table, and ends with 0 if every limit is kept.

As many ships are generated as there are training ships, and held against the test ships, which neither the generator nor
the judge has learned from. What real ships score is measured on 50 splits of all real ships into two sets of the same
sizes, with no scene on both sides. The limits:

- KID at most three standard deviations above the mean of the 50; precision at least 0.7 and recall at least 0.5 of it;
- headings, as a histogram of 12 bins, in total variation at most 0.15 above it;
- the power at the Nyquist frequency of rows and columns over the least from half of it on (log10): at most 0.05 above it;
- as near to a training ship, turned and mirrored in all ways, as the nearest twentieth of the unseen ships (those of other
  days) are, in pixels and in the judge's features: at most a twentieth.

What has no limit is there to explain the rest. In "turned" rows every ship, real or generated, is turned and mirrored at
random: a generator trained on turned ships may match those, and still miss the headings of real ones, which are uneven.
"""

import sys

import numpy as np
import pandas as pd

from satgan_tutorial import appearance, load_chips, metrics, models, sampling
from satgan_tutorial.chips import symmetry
from satgan_tutorial.experiments.equal_time import turned
from satgan_tutorial.judge import Judge

SEED, SPLITS, NEAREST = 0, 50, 0.05
HEADINGS = np.linspace(0, 180, 13)
LIMITS = {
    "KID": lambda mean, deviation: mean + 3 * deviation,
    "precision": lambda mean, deviation: 0.7 * mean,
    "recall": lambda mean, deviation: 0.5 * mean,
    "headings": lambda mean, deviation: mean + 0.15,
    "peak": lambda mean, deviation: mean + 0.05,
}
AT_LEAST = ("precision", "recall")


def look(images, judge):
    """What the numbers are made of, a row a chip."""
    return {
        "features": judge.features(images),
        "turned": judge.features(turned(images, SEED)),
        "heading": appearance.measure(images).heading.to_numpy(),
        "lines": appearance.line_spectrum(images),
    }


def numbers(real, fake):
    """Return all that is compared between two sets, by name."""
    lines = fake["lines"].mean(axis=0)
    both = [np.concatenate([h, -h, h + 90, 90 - h]) % 180 for h in (real["heading"], fake["heading"])]
    pair = real["features"], fake["features"]
    return {name: metric(*pair) for name, metric in metrics.METRICS.items()} | {
        "headings": appearance.total_variation(real["heading"], fake["heading"], HEADINGS),
        "peak": lines[-1] - lines[len(lines) // 2 : -1].min(),
        "KID, turned": metrics.kid(real["turned"], fake["turned"]),
        "headings, turned": appearance.total_variation(*both, HEADINGS),
    }


def copies(train, unseen, fake, judge):
    """Return the share of near-copies in pixels and in features, by name."""
    ways = [judge.features(symmetry(train, way)) for way in range(8)]
    shown = np.concatenate(ways).astype(float)
    pixels, features = [], []
    for images in (fake, unseen):
        pixels.append(metrics.nearest(images, train)[0])
        apart = metrics.distances(judge.features(images).astype(float), shown)
        features.append(apart.min(axis=1))
    return {
        "near-copies in pixels": metrics.near_copies(*pixels, NEAREST),
        "near-copies in features": metrics.near_copies(*features, NEAREST),
    }


def accept(chips, fake, judge, splits=SPLITS):
    """Return the table for generated ships, uint8 (n, 80, 80, 3): a row a number.

    Columns: `value`, `real mean` and `real sd` (of real against real), `limit`, `passed` (None where there is no limit).
    """
    split, ships = chips.split(0), chips.ships
    test, unseen = (
        np.concatenate([part.ships.images for part in parts])
        for parts in ((split.test,), (split.validation, split.test))
    )
    generated, all_real = look(fake, judge), look(ships.images, judge)

    def among_real(a, b):
        sides = ({name: x[i] for name, x in all_real.items()} for i in (a, b))
        return list(numbers(*sides).values())

    sizes = len(test), len(fake)
    rows = np.arange(len(ships))
    real = metrics.floor(among_real, rows, ships.scenes, sizes, splits=splits)
    found = numbers(look(test, judge), generated)
    table = pd.DataFrame({"value": found})
    table["real mean"], table["real sd"] = real.mean(axis=0), real.std(axis=0)
    for name, limit in LIMITS.items():
        of_real = table.loc[name, ["real mean", "real sd"]]
        table.loc[name, "limit"] = limit(*of_real)
    train = split.train.ships.images
    for name, share in copies(train, unseen, fake, judge).items():
        table.loc[name, ["value", "real mean", "limit"]] = (
            share,
            NEAREST,
            NEAREST,
        )
    sign = np.where(table.index.isin(AT_LEAST), -1, 1)
    kept = sign * table.value <= sign * table.limit
    table["passed"] = kept.astype(object).where(table.limit.notna(), None)
    return table.loc[table.limit.notna().sort_values(ascending=False).index]


def main(source, model="book"):
    """Print the table; True if every limit is kept."""
    chips = load_chips(source)
    judge, split = Judge(chips.source), chips.split(0)
    sampler = models.read_sampler(models.find(model, chips.source))
    fake = sampling.sample(sampler, len(split.train.ships), SEED)
    table = accept(chips, fake, judge)
    ships = len(chips.ships)
    print(
        f"{model}: {len(fake)} ships of seed {SEED} against "
        f"{len(split.test.ships)} {chips.source} test ships; {judge.name}.\n"
        f"Real: {SPLITS} splits of {ships} ships by scene, same sizes.\n"
    )
    limits = table.passed.dropna()
    table["passed"] = table.passed.map({True: "yes", False: "no"}).fillna("")
    print(table.to_string(float_format="{:.3f}".format, na_rep=""))
    print(f"\n{limits.sum()} of {len(limits)} limits kept.")
    return limits.all()


if __name__ == "__main__":
    sys.exit(0 if main(*sys.argv[1:3]) else 1)
