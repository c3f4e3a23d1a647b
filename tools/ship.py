"""Train a recipe of any family and store its sampler as shipped: `python tools/ship.py NAME DIR`.

DIR keeps the training, and a training that is there goes on, killed or not. SATGAN_DATA says which chips. Twelve times on
the way, or `--looks` times, the sampler is scored against validation chips by the rulers `panel.CHOOSING`, each in units of the limit
that real chips of other days keep, and draws from four noises; the weights that scored best on average are stored, with batch
norm folded in and rounded to float16: NAME-SOURCE.keras, its log `.csv`, what the four
noises became `.npz`, and its model card `.md`, whose scores are those of the stored weights.

Beside what `satgan train` keeps, DIR holds looks.csv, best.keras and film/STEP.npz.

Two trainings side by side on two cores are done sooner than one after the other if each keeps to one core:
TF_NUM_INTRAOP_THREADS=1.
"""

import argparse
import csv
import math
import platform
import textwrap
from collections.abc import Iterator
from dataclasses import fields
from importlib.metadata import version
from pathlib import Path

import keras
import numpy as np

from satgan_tutorial import conditions, load_chips, metrics, models, panel, recipes, sampling, training
from satgan_tutorial.callbacks import Clock, Progress, read_samples
from satgan_tutorial.chips import SIZE, ChipSet, Split, as_coarse, enlarge
from satgan_tutorial.files import replacing
from satgan_tutorial.judge import SOURCES, Judge

LOOKS = 12
OVER = "_over_limit"
COUNT, SEED = 1000, 0  # generated chips a score is measured on, and the seed of their noise
FRAMES, FILM_SEED = 4, 7  # noises of the film, and their seed
SCENES = 12  # of the film that is stored, at most: closer together early on, when more changes

CARD = """# {name}-{source}

Draws {size} pictures of {what} from above, with {parameters} weights. What it draws never was. It is for learning; its
pictures are evidence of nothing.

- Input: {input}. Output: {size} x 3 values in [-1, 1].
- Data: {data}, {n} of `chips.split(0).train`.
- Recipe `{name}`: {about}
{settings}
- Training: seed {seed}, {steps} steps of {batch_size} training chips, {minutes:.0f} minutes of one core; the weights of step {best},
  which scored best against validation chips of {made} looks, by {rulers} rulers; {folded}rounded to float16.
- Licence: {licence}.
- Repeat it: `SATGAN_DATA={where} python tools/ship.py {name} DIR --seed {seed} --steps {steps} --looks {looks}
  --look-at {look_at}`.
- Samples, by seed and not by eye: `satgan generate {name} --source {source} -n 64 --seed 0 --out sheet.png`.
- Versions: Python {python}, {versions}.

{table}

Scores are those of the features of {judge}, of {count} generated chips, seed {seed_of_noise}, with 95 % intervals for the luck
of these chips (`metrics.interval`). They depend on the judge and on both numbers of chips. The last row of a class scores
the train chips themselves, which are of other days than those they are held against.

Known faults: {faults}
"""

# What is wrong with them, written down after looking at the sheet of seed 0.
FAULTS = {
    "book-real": "of the 64 ships of seed 0 six are bent, branched or faint, of seeds 1 and 2 five and six, many of them of headings "
    "that are rare among the train ships; some outlines waver; the sea's noise is too strong and too colourful; decks are patterns, "
    "not things.",
    "book-simulated": "of the 64 ships of seed 0 about eleven are torn, bent or without a ship's shape, most of them of "
    "headings that are rare among the train ships; bows are rounder than the simulator's, and the bridge is mostly missing.",
    "conditional-real": "of the 64 ships of seed 0 about eight are torn or as thin as mist, mostly on blue seas; of the 64 "
    "no-ships about four might be ships; towns and hills are texture without streets.",
    "conditional-simulated": "of the 64 ships of seed 0 about nine are torn, bent or smeared, and nearly all point the way most "
    "train ships do; of the 64 no-ships about six might be ships; it was trained for twelve minutes.",
    "flow-real": "of the 64 ships of seed 0 about eleven are bent, torn or faint; outlines waver; hulls and sea have too strong a grain. "
    "When its training ended it was still getting better.",
    "flow-conditional-real": "of the 32 ships of seed 0 about ten are bent, torn or faint; outlines waver and decks are speckle; of the 32 "
    "no-ships about three might be ships; the sea is too noisy. It draws at half the size, and its training was short.",
    "causes-simulated": "hulls are stubby and ragged, many with a horn at one end or both, most of all where a heading is "
    "rare; one hull in ten runs into something; lengths far from those of the train ships are not reached "
    "(chapter 11 measures it).",
}


class Looks(keras.callbacks.Callback):
    """Score the sampler now and then, keep the best one, film four noises; a look that is in the table is not made again.

    A training that was killed goes on from its last checkpoint, to the same bits, so that the looks after it still hold.

    Args:
        folder: of the training, which is there.
        every: steps from one look to the next.
        last: the step of the last look.
        chips: all of them; their validation chips are scored against.
        judge: whose eyes.
        count: how many chips of a class each look draws.
    """

    def __init__(self, folder: Path, every: int, last: int, chips: ChipSet, judge: Judge, count: int) -> None:
        super().__init__()
        self.folder, self.every, self.last, self.count = folder, every, last, count
        self.chips, self.judge = chips, judge
        self.validation = chips.split(0).validation
        self.yardsticks: dict[str, panel.Yardstick] = {}

    def on_epoch_end(self, epoch: int, logs: dict) -> None:
        """Look if it is time."""
        step, rows = self.model.step, read(self.folder)
        due = step % self.every == 0 or step == self.last
        if not due or step in (int(row["step"]) for row in rows):
            return
        sampler = self.model.sampler()
        row = {"step": step, "cpu_minutes": round(logs["cpu_minutes"], 2)}
        for label, fake, _ in drawn(sampler, self.validation, self.count):
            row |= self.scores(label, fake)
        shares = [value for name, value in row.items() if name.endswith(OVER)]
        row["score"] = round(float(np.mean(shares)), 4)
        (self.folder / "film").mkdir(exist_ok=True)
        frame = sampling.sample(sampler, FRAMES, FILM_SEED, wish(sampler))
        with replacing(self.folder / "film" / f"{step:06}.npz") as new, new.open("wb") as file:
            np.savez_compressed(file, images=frame)
        if all(total(row) < total(other) for other in rows):
            with replacing(self.folder / "best.keras") as new:
                sampler.save(new)
        with replacing(self.folder / "looks.csv") as new, new.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, row, lineterminator="\n")
            writer.writeheader()
            writer.writerows([*rows, row])

    def scores(self, label: str, fake: np.ndarray) -> dict[str, float]:
        """The columns of one class: each ruler's score, and how many times its limit that is."""
        if label not in self.yardsticks:
            chips, days = getattr(self.chips, label), getattr(self.validation, label).days
            self.yardsticks[label] = panel.yardstick(
                chips, days, self.judge, self.count, ships=label == "ships"
            )
        row = {}
        for name, found in self.yardsticks[label].scores(fake).iterrows():
            row[f"{panel.CHOOSING[name]}_{label}"] = round(found.score, 4)
            if np.isfinite(found.over_limit):
                row[f"{panel.CHOOSING[name]}_{label}{OVER}"] = round(found.over_limit, 4)
        return row


def read(folder: Path) -> list[dict]:
    """The looks of a training so far, a row each; none where there was none."""
    table = folder / "looks.csv"
    return list(csv.DictReader(table.open(encoding="utf-8"))) if table.is_file() else []


def total(row: dict) -> float:
    """What the best look has least of: its scores, each in units of its limit, on average."""
    return float(row["score"])


def wish(sampler: keras.Model) -> np.ndarray | None:
    """What the film asks for: a ship."""
    width = sum(x.shape[-1] for x in sampler.inputs[1:])
    if not width:
        return None
    return conditions.encode(True) if width == 1 else conditions.encode(True, 45.0, 200.0)


def drawn(sampler: keras.Model, part: ChipSet, count: int) -> Iterator[tuple[str, np.ndarray, ChipSet]]:
    """Generated chips beside the real ones of their class: its name, uint8 (count, 80, 80, 3), the chips."""
    classes = {"ships": part.ships} | ({"no_ships": part.no_ships} if sampler.inputs[1:] else {})
    for label, real in classes.items():
        condition = conditions.matching(sampler, real, count)
        yield label, enlarge(sampling.sample(sampler, count, SEED, condition), SIZE), real


def fold(sampler: keras.Model) -> keras.Model:
    """The sampler with batch norm folded in, if it has any."""
    norms = [layer for layer in sampler.layers if isinstance(layer, keras.layers.BatchNormalization)]
    return models.fold(sampler) if norms else sampler


def main(
    name: str,
    folder: Path,
    seed: int = 0,
    steps: int | None = None,
    looks: int = LOOKS,
    look_at: int | None = None,
    out: Path = models.HERE,
) -> Path:
    """Train, look, store; return the file."""
    recipe, real = recipes.get(name), load_chips()
    steps, look_at = steps or recipe.steps, look_at or COUNT
    chips = as_coarse(real, recipe.image_size)
    split, judge = chips.split(0), Judge(chips.source)
    # A look falls on a row of the training's log, where an epoch ends.
    every = math.ceil(steps / looks / training.LOG_EVERY) * training.LOG_EVERY
    clock = Clock(spent(folder))
    look = Looks(folder, every, steps, chips, judge, look_at)
    progress = Progress(steps, seconds=60)
    begun = training.read_card(folder) != {}
    settings = {"seed": seed, "steps": steps, "resume": begun, "callbacks": [clock, look, progress]}
    training.run(recipe, real.split(0).train, folder, **settings)
    rows, sampler = read(folder), models.read(folder / "best.keras")
    folded = fold(sampler)
    models.save(folded, recipe.name, chips.source, folder=out)
    shipped = models.load(recipe.name, chips.source, folder=out)  # rounded: what is shipped is measured
    facts = {"seed": seed, "steps": steps, "looks": looks, "look_at": look_at, "made": len(rows)}
    facts["rulers"] = sum(name.endswith(OVER) for name in rows[0])
    facts |= {"best": min(rows, key=total)["step"], "minutes": float(rows[-1]["cpu_minutes"])}
    facts["folded"] = "" if folded is sampler else "batch norm folded into the convolutions, "
    card = describe(recipe, shipped, split, judge, facts)
    log = (folder / "looks.csv").read_text(encoding="utf-8")
    file = models.save(shipped, recipe.name, chips.source, folder=out, card=card, log=log)
    at, images = read_samples(folder / "film")
    kept = scenes(len(at))
    with replacing(file.with_suffix(".npz")) as new, new.open("wb") as film:
        np.savez_compressed(film, steps=np.array(at)[kept], images=np.array(images)[kept])
    return file


def scenes(looks: int) -> np.ndarray:
    """Which looks of a training the stored film shows, at most SCENES: the first, the last, and some between."""
    return np.unique(np.geomspace(1, looks, min(SCENES, looks)).round().astype(int)) - 1


def spent(folder: Path) -> float:
    """Core minutes that a training took so far, as its log has it."""
    log = folder / "log.csv"
    rows = list(csv.DictReader(log.open(encoding="utf-8"))) if log.is_file() else []
    return float(rows[-1]["cpu_minutes"]) if rows else 0.0


def describe(recipe: recipes.Recipe, sampler: keras.Model, split: Split, judge: Judge, facts: dict) -> str:
    """The model card: what every family has, and the recipe's own settings as they are."""
    source = split.train.source
    (_, *noise), *more = (x.shape for x in sampler.inputs)
    text = f"{' x '.join(map(str, noise))} numbers from a standard normal"
    if more:
        text += f", and {more[0][-1]} that say what is asked for (`conditions.encode`)"
    return CARD.format(
        **SOURCES[source],
        **facts,
        name=recipe.name,
        source=source,
        size="{} x {}".format(*sampler.output_shape[1:3]),
        what="ships, and of what is none," if more else "ships",
        parameters=sampler.count_params(),
        input=text,
        n=f"{len(split.train)} chips" if more else f"the {len(split.train.ships)} ships",
        about=recipe.about,
        settings=settings(recipe),
        batch_size=recipe.batch_size,
        python=platform.python_version(),
        versions=", ".join(f"{package} {version(package)}" for package in ("tensorflow", "keras", "numpy")),
        table="\n".join(scores(sampler, split, judge)),
        judge=judge.name,
        count=COUNT,
        seed_of_noise=SEED,
        faults=FAULTS.get(f"{recipe.name}-{source}", "not yet looked at."),
    )


def settings(recipe: recipes.Recipe) -> str:
    """What a recipe says beyond what those of every family do, as one line of a list."""
    shared = {field.name for field in fields(recipes.Recipe)}
    own = [f"{x.name} {getattr(recipe, x.name)}" for x in fields(recipe) if x.name not in shared]
    line = f"- Settings of its family, `{type(recipe).__name__}`: {', '.join(own) or 'none'}."
    return textwrap.fill(line, 120, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def scores(sampler: keras.Model, split: Split, judge: Judge) -> list[str]:
    """The lines of a table of all scores on test chips, of what is drawn and of the train chips."""
    names = list(metrics.METRICS)
    lines = [f"| what | against | {' | '.join(names)} |", "|---" * (2 + len(names)) + "|"]
    for label, fake, real in drawn(sampler, split.test, COUNT):
        against, word = judge.features(real), label.replace("_", "-")
        train = getattr(split.train, label)
        for what, images in ((f"{COUNT} generated {word}", fake), (f"{len(train)} train {word}", train)):
            features, cells = judge.features(images), []
            for metric in metrics.METRICS.values():
                low, high = metrics.interval(metric, against, features, repeats=40)
                cells.append(f"{metric(against, features):.2f} ({low:.2f} to {high:.2f})")
            lines.append(f"| {what} | {len(real)} test {word} | {' | '.join(cells)} |")
    return lines


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("name", choices=recipes.RECIPES, metavar="NAME")
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--looks", type=int, default=LOOKS)
    parser.add_argument("--look-at", type=int, help="generated chips of a class a look scores")
    parser.add_argument("--out", type=Path, default=models.HERE, help="where to store it")
    told = vars(parser.parse_args())
    try:
        print(main(**told))
    except (training.FolderError, training.RecipeError, training.TrainingError) as error:
        raise SystemExit(str(error)) from None
