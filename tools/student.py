"""Teach a small network to do in one step what a flow does in twenty: `python tools/student.py DIR`, with the chips in $SATGAN_DATA.

The teacher is the shipped `flow-conditional`, told "ship". It takes each of PAIRS noises to a ship, in twenty of Euler's steps;
DIR keeps these pairs. The student is a U-Net of half the teacher's width, so of a quarter of its work. It is asked once, at t = 0,
and learns by least squares to end where the teacher ended (Luhman and Luhman, "Knowledge distillation in iterative generative
models for improved sampling speed", 2101.02388). Its sampler is stored as `student-SOURCE.keras`, as shipped, and
`book/results/16-bayes-both-ways/one-step.csv` gets a row for the teacher in twenty steps, the teacher in one, the student, the
GAN `book` and the train ships, all at 40 x 40 pixels, by the rulers `panel.CHOOSING` against the test ships, with core seconds
a chip.

Pairs and the student that is there are not made again; a training that was killed begins anew, from its pairs.
"""

import argparse
import platform
import time
from importlib.metadata import version
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

from satgan_tutorial import conditions, flow, load_chips, models, panel, sampling, solvers, unet
from satgan_tutorial.chips import SIZE, as_coarse, enlarge, shrink, to_float
from satgan_tutorial.experiments.results import RESULTS
from satgan_tutorial.files import replacing
from satgan_tutorial.judge import Judge

TABLE = RESULTS / "16-bayes-both-ways" / "one-step.csv"
SIDE, STEPS = 40, 20
PAIRS, BLOCK, SEED = 3000, 100, 1000  # the seed of the pairs' noise is not that of the ships that are scored
WIDTH, BATCH = 16, 16
CHIPS = 500  # that a row of the table is measured on

CARD = """# student-{source}

Draws {side} x {side} pictures of ships from above in one pass, with {parameters} weights: it learned to end where `flow-conditional`,
told "ship", ends after {teacher} steps from the same noise. What it draws never was.

- Input: {side} x {side} x 3 numbers from a standard normal. Output: {side} x {side} x 3 values in [-1, 1].
- Data: {pairs} pairs of noise and ship that flow-conditional-{source} drew; so, at second hand, its train chips.
- Training: seed {seed}, {steps} steps of {batch} pairs, least squares, Adam with a cosine from 0.001; weights rounded to float16.
- Licence: {licence}.
- Repeat it: `SATGAN_DATA={where} python tools/student.py DIR --steps {steps}`.
- Versions: Python {python}, {versions}.

Scores beside those of its teacher: `book/results/16-bayes-both-ways/one-step.csv`.

Known faults: {faults}
"""
FAULTS = {
    "real": "half of its ships are broken by `shapes.broken`; hulls are washed out and the sea is far too noisy. Of the first 16 of "
    "seed 0 about five have no hull. On new noise it errs twice as much as on the noises that it learned.",
}
LICENCES = {"real": ("CC BY-SA 4.0, as the chips", "DIR"), "simulated": ("MIT, as the code", "simulated")}


def pairs(folder: Path, source: str, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Noises, float32 (N, 40, 40, 3), and where the teacher takes them, in [-1, 1]; made block by block, and kept."""
    teacher = models.load("flow-conditional", source)
    sampling.solve_with(teacher, "euler", STEPS)
    z, x = [], []
    for block in range(count // BLOCK):
        file = folder / f"pairs-{source}-{block:03}.npy"
        noise = sampling.noise(BLOCK, (SIDE, SIDE, 3), SEED + block)
        if not file.is_file():
            images = sampling.from_noise(teacher, noise, np.tile(conditions.encode(True), (BLOCK, 1)))
            with replacing(file) as new, new.open("wb") as out:
                np.save(out, images)
            print(f"{(block + 1) * BLOCK} of {count} pairs", flush=True)
        z.append(noise)
        x.append(to_float(np.load(file)))
    return np.concatenate(z), np.concatenate(x)


def learn(z: np.ndarray, x: np.ndarray, steps: int) -> keras.Model:
    """Train a student: from noise and t = 0 to the velocity whose one step ends at x."""
    keras.utils.set_random_seed(0)
    student = unet.unet(SIDE, WIDTH)
    rate = keras.optimizers.schedules.CosineDecay(1e-3, steps)
    adam = keras.optimizers.Adam(rate, 0.9, 0.99, global_clipnorm=1.0)
    adam.build(student.trainable_variables)
    averages = [tf.Variable(w) for w in student.trainable_variables]

    @tf.function
    def step(z: tf.Tensor, x: tf.Tensor, momentum: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = flow.loss(student, x, z, tf.zeros((BATCH, 1)))  # one step from t = 0 ends at z + v
        weights = student.trainable_variables
        adam.apply(tape.gradient(loss, weights), weights)
        for average, weight in zip(averages, weights, strict=True):
            average.assign(momentum * average + (1 - momentum) * weight)
        return loss

    order, losses, begun = np.random.default_rng(0), [], time.process_time()
    for i in range(steps):
        rows = order.integers(len(z), size=BATCH)
        momentum = tf.constant(min(0.998, (1 + i) / (10 + i)))  # as `flow.Flow` has it
        losses.append(step(tf.constant(z[rows]), tf.constant(x[rows]), momentum))
        if (i + 1) % 500 == 0:
            print(i + 1, f"{np.mean(losses[-500:]):.4f}", f"{time.process_time() - begun:.0f} s", flush=True)
    for weight, average in zip(student.trainable_variables, averages, strict=True):
        weight.assign(average)
    given = keras.Input((SIDE, SIDE, 3), name="noise")
    return keras.Model(given, solvers.OneStep(student)(given), name="student")


def rows(chips, student: keras.Model):
    """A row for each way to draw, at the same size, of the same number of chips."""
    coarse, judge = as_coarse(chips, SIDE), Judge(chips.source)
    split = coarse.split(0)
    ruler = panel.yardstick(coarse.ships, split.test.ships.days, judge, CHIPS)
    ship = conditions.encode(True)
    for what, steps in (("teacher", STEPS), ("teacher", 1), ("student", 1), ("GAN", 1), ("train ships", 0)):
        seconds = np.nan
        if what == "train ships":
            images = shrink(chips.split(0).train.ships.images, SIDE)[:CHIPS]
        else:
            sampler, wish = student, None
            if what == "GAN":
                sampler = models.load("book", chips.source)
            if what == "teacher":
                sampler, wish = models.load("flow-conditional", chips.source), ship
                sampling.solve_with(sampler, "euler", steps)
            sampling.sample(sampler, 1, 0, wish)  # draws its graph
            begun = time.process_time()
            images = sampling.sample(sampler, CHIPS, 0, wish)
            seconds = (time.process_time() - begun) / CHIPS
            images = shrink(images, SIDE) if what == "GAN" else images
        found = ruler.scores(enlarge(images, SIZE))
        row = {"source": chips.source, "by": what, "steps": steps, "n": len(images), "seconds": seconds}
        row |= {panel.CHOOSING[name]: each.score for name, each in found.iterrows()}
        print(row, flush=True)
        yield row | {"score": found.over_limit.mean()}


def main(
    folder: Path, steps: int = 8_000, count: int = PAIRS, out: Path = models.HERE, table: Path = TABLE
) -> None:
    """Make the pairs, the student and the rows, as far as they are not there."""
    chips = load_chips()
    source = chips.source
    folder.mkdir(parents=True, exist_ok=True)
    if f"student-{source}" not in models.shipped(out):
        z, x = pairs(folder, source, count)
        student = learn(z, x, steps)
        licence, where = LICENCES[source]
        card = CARD.format(
            source=source,
            side=SIDE,
            parameters=student.count_params(),
            teacher=STEPS,
            pairs=len(z),
            seed=0,
            steps=steps,
            batch=BATCH,
            licence=licence,
            where=where,
            python=platform.python_version(),
            versions=", ".join(f"{name} {version(name)}" for name in ("tensorflow", "keras", "numpy")),
            faults=FAULTS.get(source, "not yet looked at."),
        )
        models.save(student, "student", source, folder=out, card=card)
    found = pd.DataFrame(rows(chips, models.load("student", source, folder=out)))
    if table.is_file():
        old = pd.read_csv(table)
        found = pd.concat([old[old.source != source], found])
    with replacing(table) as new:
        found.to_csv(new, index=False, float_format="%.4g")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--steps", type=int, default=8_000)
    parser.add_argument("--count", type=int, default=PAIRS, help="pairs of noise and ship")
    parser.add_argument("--out", type=Path, default=models.HERE, help="where the weights go")
    parser.add_argument("--table", type=Path, default=TABLE)
    main(**vars(parser.parse_args()))
