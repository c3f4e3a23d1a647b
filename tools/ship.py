"""Train a recipe and store its generator as shipped: `python -m satgan_tutorial.pretrained.ship NAME DIR`.

NAME is a recipe with the book's networks; DIR keeps the training, and a training that is there goes on. SATGAN_DATA says
which chips. Twelve times on the way, or `--looks` times, the generator is scored against validation chips, and the weights that scored best
are stored, with batch norm folded in and rounded to float16: NAME-SOURCE.keras, its log `.csv`, what four noise vectors
became `.npz`, and its model card `.md`, whose scores are those of the stored weights.

Two trainings side by side on two cores are done sooner than one after the other if each keeps to one core:
TF_NUM_INTRAOP_THREADS=1.
"""

import argparse
import csv
import platform
import shutil
from importlib.metadata import version
from pathlib import Path

import keras
import numpy as np

from satgan_tutorial import (
    callbacks,
    conditions,
    load_chips,
    metrics,
    models,
    networks,
    recipes,
    sampling,
    training,
)
from satgan_tutorial.judge import Judge
from satgan_tutorial.pretrained.ship_judge import SOURCES

LOOKS = 12
COUNT, SEED = 1000, 0  # generated chips a score is measured on, and the seed of their noise

CARD = """# {name}-{source}

A generator of 80 x 80 pictures of {what} from above, {parameters} weights, trained against a discriminator. What it draws
never was. It is for learning; its pictures are evidence of nothing.

- Input: {input}. Output: (80, 80, 3) in [-1, 1].
- Data: {data}, {n} of `chips.split(0).train`{turned}.
- Recipe `{name}`: {about}
- Training: seed {seed}, {steps} steps of {batch_size} real and {batch_size} generated chips, {minutes:.0f} minutes of one core;
  the weights of step {best}, which scored best against validation chips of {looks} looks; an average (momentum {ema}), batch
  norm folded into the convolutions, rounded to float16.
- Licence: {licence}.
- Repeat it: `SATGAN_DATA={where} python -m satgan_tutorial.pretrained.ship {name} DIR --seed {seed} --steps {steps}
  --looks {looks}`.
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
    "book-real": "of the 64 ships of seed 0 seven are torn, bent or only faint, most of them of headings that are rare "
    "among the train ships; the sea is coarser in its grain than a real one; decks are patterns, not things.",
    "book-simulated": "of the 64 ships of seed 0 about eleven are torn, bent or without a ship's shape, most of them of "
    "headings that are rare among the train ships; bows are rounder than the simulator's, and the bridge is mostly missing.",
    "conditional-real": "of the 64 ships of seed 0 about eight are torn or as thin as mist, mostly on blue seas; of the 64 "
    "no-ships about four might be ships; towns and hills are texture without streets.",
    "conditional-simulated": "of the 64 ships of seed 0 about nine are torn, bent or smeared, and nearly all point the way most "
    "train ships do; of the 64 no-ships about six might be ships; it was trained for twelve minutes.",
    "causes-simulated": "hulls are stubby and ragged, many with a horn at one end or both, most of all where a heading is "
    "rare; one hull in ten runs into something; lengths far from those of the train ships are not reached "
    "(chapter 11 measures it).",
}


def main(
    name: str, folder: Path, seed: int, steps: int | None, looks: int = LOOKS, out: Path = models.HERE
) -> Path:
    """Train, look, store; return the file."""
    recipe, chips = recipes.get(name), load_chips()
    steps = steps or recipe.steps
    split, judge = chips.split(0), Judge(chips.source)
    kept, log = folder / "best.keras", folder / "looks.csv"
    for until in np.linspace(0, steps, looks + 1).astype(int)[1:].tolist():
        rows = read(log)
        if rows and int(rows[-1]["step"]) >= until:
            continue
        begun = training.read_card(folder) != {}
        clock = callbacks.Clock(float(rows[-1]["cpu_minutes"]) if rows else 0.0)
        progress = callbacks.Progress(steps, seconds=60)
        training.run(
            recipe, split.train, folder, seed=seed, steps=until, resume=begun, callbacks=[clock, progress]
        )
        generator = models.read(folder / "generator.keras")
        row = {"step": until, "cpu_minutes": round(clock.spent, 2)}
        for label, fake, real in drawn(generator, split.validation, recipe):
            row[f"kid_{label}"] = round(judge.score(real, fake, split="validation").value, 4)
        total = sum(value for key, value in row.items() if key.startswith("kid"))
        if all(total < sum(float(r[key]) for key in r if key.startswith("kid")) for r in rows):
            shutil.copy(folder / "generator.keras", kept)
        np.save(folder / f"film-{until}.npy", sampling.sample(generator, 4, seed=7, asked=wish(recipe)))
        with log.open("a", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, row)
            if not rows:
                writer.writeheader()
            writer.writerow(row)
    return store(recipe, folder, chips, judge, seed, out)


def wish(recipe) -> np.ndarray | None:
    """What the film asks for: a ship."""
    if not recipe.conditions:
        return None
    return conditions.encode(True) if recipe.conditions == ("ship",) else conditions.encode(True, 45.0, 200.0)


def drawn(generator, part, recipe) -> list[tuple]:
    """Generated chips beside the real ones of their class: (class, uint8 (COUNT, 80, 80, 3), ChipSet)."""
    classes = {"ships": part.ships} | ({"no_ships": part.no_ships} if recipe.conditions else {})
    return [
        (label, sampling.sample(generator, COUNT, SEED, conditions.matching(generator, real, COUNT)), real)
        for label, real in classes.items()
    ]


def read(log: Path) -> list[dict]:
    """The rows of a table, none where there is no table."""
    return list(csv.DictReader(log.open(encoding="utf-8"))) if log.is_file() else []


def store(recipe, folder: Path, chips, judge: Judge, seed: int, out: Path) -> Path:
    """Fold, round and store the best generator of a training, with its card, log and film."""
    rows, split = read(folder / "looks.csv"), chips.split(0)
    models.save(fold(models.read(folder / "best.keras")), recipe.name, chips.source, folder=out)
    generator = models.load(recipe.name, chips.source, folder=out)  # rounded: what is shipped is measured
    table = [
        "| what | against | " + " | ".join(metrics.METRICS) + " |",
        "|---" * (2 + len(metrics.METRICS)) + "|",
    ]
    for label, fake, real in drawn(generator, split.test, recipe):
        against, word = judge.features(real), label.replace("_", "-")
        train = split.train.ships if label == "ships" else split.train.no_ships
        for what, images in ((f"{COUNT} generated {word}", fake), (f"{len(train)} train {word}", train)):
            cells = []
            for metric in metrics.METRICS.values():
                features = judge.features(images)
                low, high = metrics.interval(metric, against, features, repeats=40)
                cells.append(f"{metric(against, features):.2f} ({low:.2f} to {high:.2f})")
            table.append(f"| {what} | {len(real)} test {word} | " + " | ".join(cells) + " |")
    best = min(rows, key=lambda row: sum(float(row[key]) for key in row if key.startswith("kid")))
    asked = conditions.width(recipe.conditions)
    n = len(split.train) if asked else len(split.train.ships)
    card = CARD.format(
        **SOURCES[chips.source],
        name=recipe.name,
        source=chips.source,
        what="ships, and of what is none," if asked else "ships",
        parameters=generator.count_params(),
        input=f"{recipe.latent_dim} numbers from a standard normal"
        + (f", and {asked} that say what is asked for (`conditions.encode`)" if asked else ""),
        n=f"{n} chips" if asked else f"the {n} ships",
        turned={False: "", True: ", turned and mirrored at random"}.get(
            recipe.symmetries, ", half of them turned by 180 degrees"
        ),
        about=recipe.about,
        seed=seed,
        steps=rows[-1]["step"],
        batch_size=recipe.batch_size,
        minutes=float(rows[-1]["cpu_minutes"]),
        best=best["step"],
        looks=len(rows),
        ema=recipe.ema,
        python=platform.python_version(),
        versions=", ".join(f"{package} {version(package)}" for package in ("tensorflow", "keras", "numpy")),
        table="\n".join(table),
        judge=judge.name,
        count=COUNT,
        seed_of_noise=SEED,
        faults=FAULTS.get(f"{recipe.name}-{chips.source}", "not yet looked at."),
    )
    log = (folder / "looks.csv").read_text(encoding="utf-8")
    file = models.save(generator, recipe.name, chips.source, folder=out, card=card, log=log)
    frames = {int(row["step"]): np.load(folder / f"film-{row['step']}.npy") for row in rows}
    np.savez_compressed(file.with_suffix(".npz"), steps=list(frames), images=list(frames.values()))
    return file


def fold(model: keras.Model) -> keras.Model:
    """Copy a chain of layers with each batch norm worked into the weights before it.

    Outside training batch norm only scales and shifts each channel, which the layer before it can do as well: the
    copy makes the same images with fewer and simpler layers. It is for use, not for further training.
    """
    stack, weights = [], []
    chain = [x for x in model.layers if not isinstance(x, keras.layers.InputLayer | keras.layers.Concatenate)]
    for layer in chain:
        if isinstance(layer, keras.layers.BatchNormalization):
            gamma, beta, mean, variance = (keras.ops.convert_to_numpy(w) for w in layer.weights)
            scale = gamma / np.sqrt(variance + layer.epsilon)
            transposed, kernel, bias = weights[-1]
            repeats = len(bias) // len(scale)  # a Dense layer that is reshaped has each channel many times
            scale, shift = np.tile(scale, repeats), np.tile(beta - mean * scale, repeats)
            weights[-1] = (
                transposed,
                kernel * (scale[:, None] if transposed else scale),
                bias * scale + shift,
            )
            continue
        config = layer.get_config()
        if layer.weights:
            config["use_bias"] = True
            kernel, *bias = layer.get_weights()
            filters = config.get("filters") or config["units"]
            transposed = isinstance(
                layer, keras.layers.Conv2DTranspose
            )  # its kernel ends in the channels that come in
            weights.append((transposed, kernel, bias[0] if bias else np.zeros(filters)))
        if isinstance(layer, networks.ResizeConv2D):  # as the two layers that it stands for
            stack.append(keras.layers.UpSampling2D(2))
            stack.append(keras.layers.Conv2D.from_config(config))
        else:
            stack.append(type(layer).from_config(config))
    folded = networks._chain([keras.Input(x.shape[1:]) for x in model.inputs], stack, model.name)
    folded.set_weights([array for _, *pair in weights for array in pair])
    return folded


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("name")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--looks", type=int, default=LOOKS)
    asked = parser.parse_args()
    print(main(asked.name, asked.folder, asked.seed, asked.steps, asked.looks))
