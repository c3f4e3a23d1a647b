"""Record what the penalty and the average of weights do: `python tools/penalty_and_average.py`, with the real chips.

It trains the networks of chapter 0, by its settings, with the gradient penalty and without, and draws from each training
twice: with the weights as they are and with their average. In `book/results/07-the-training/` it leaves

    penalty.csv          for each seed, training and look: what 512 chips of either weights score
    with-penalty.npz     of seed 0: what eight noise vectors became, `raw` and `average`, uint8 (looks, 8, 40, 40, 3)
    without-penalty.npz  the same without

A command that was cut off goes on with the first training that is not in the table.
"""

import sys
import time
from dataclasses import replace

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from record import HERE, enlarge

from satgan_tutorial import batching, gan, load_chips, recipes, sampling
from satgan_tutorial.chips import shrink, to_float
from satgan_tutorial.judge import Judge, kid

WITH = replace(  # chapter 0's settings; chapter 7 has the same
    recipes.get("book"),
    name="ten_minutes",
    image_size=40,
    latent_dim=32,
    base_filters=16,
    d_filters=16,
    diffaugment=(),
    r1=0.3,
    r2=0.3,
    learning_rates=(2e-3, 2e-3),
    decay=0.0,
    ema=0.995,
    steps=4000,
)
SEEDS = range(3)
LOOKS = (250, 500, 1000, 2000, 4000)
SCORED = 512  # generated chips that a look is scored on
TRAININGS = {"with": WITH, "without": replace(WITH, r1=0.0, r2=0.0)}


def main() -> None:
    """Make each training that the table does not hold yet."""
    chips = load_chips()
    split, judge = chips.split(), Judge(chips.source)
    ships = shrink(split.train.ships.images, WITH.image_size)
    unseen = judge.features(enlarge(shrink(split.validation.ships.images, WITH.image_size)))
    table = HERE / "penalty.csv"
    for seed in SEEDS:
        for penalty in TRAININGS:
            done = pd.read_csv(table) if table.is_file() else pd.DataFrame(columns=["seed", "penalty"])
            if ((done.seed == seed) & (done.penalty == penalty)).any():
                continue
            rows, drawn = train(seed, penalty, ships, unseen, judge)
            if seed == SEEDS[0]:
                np.savez_compressed(HERE / f"{penalty}-penalty.npz", steps=LOOKS, **drawn)
            whole = pd.concat([done, pd.DataFrame(rows)]) if len(done) else pd.DataFrame(rows)
            whole.to_csv(table, index=False, lineterminator="\n")


def train(seed: int, penalty: str, ships: np.ndarray, unseen: np.ndarray, judge: Judge) -> tuple[list, dict]:
    """Train once: a row for each look and kind of weights, and what eight noise vectors became by kind."""
    model, rows, spent = recipes.build(TRAININGS[penalty], seed), [], 0.0
    drawn = {"raw": [], "average": []}
    for look in LOOKS:
        begun, steps = time.process_time(), look - model.step
        data = batching.shuffled(ships, WITH.batch_size, seed=seed, first_step=model.step)
        model.fit(data, steps_per_epoch=steps, shuffle=False, verbose=0)
        spent += time.process_time() - begun
        players = {"raw": settled(model.generator), "average": model.sampler()}
        for weights, player in players.items():
            drawn[weights].append(sampling.sample(player, 8, seed=7))
            fake = sampling.sample(player, SCORED, seed=0)
            rows.append(
                {"seed": seed, "penalty": penalty, "weights": weights, "step": look}
                | {"called_ship": round(float(np.mean(judge.probability(enlarge(fake)) > 0.5)), 4)}
                | {"kid": round(float(kid(unseen, judge.features(enlarge(fake)))), 4)}
                | {"slope": round(slope(model.discriminator, ships[:256]), 3)}
                | {"core_seconds": round(spent)}
            )
            print(rows[-1], flush=True)
    return rows, {weights: np.stack(images) for weights, images in drawn.items()}


def settled(generator: keras.Model) -> keras.Model:
    """Copy a generator with the statistics of its normalising layers measured anew, as `GAN.sampler` does for averages."""
    copy = keras.models.clone_model(generator)
    copy.set_weights(generator.get_weights())
    gan.measure_norms(copy)
    return copy


def slope(discriminator: keras.Model, images: np.ndarray) -> float:
    """How steep the logit is at images on average: the root of the mean squared norm of its gradient by pixels."""
    x = tf.constant(to_float(images))
    with tf.GradientTape() as tape:
        tape.watch(x)
        logits = discriminator(x)
    return float(tf.sqrt(tf.reduce_mean(tf.reduce_sum(tape.gradient(logits, x) ** 2, (1, 2, 3)))))


if __name__ == "__main__":
    sys.exit(main())
