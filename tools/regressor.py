"""Train the reader of headings and lengths on simulated ships and store it as shipped: `SATGAN_DATA=simulated python tools/regressor.py`.

A network of `satgan_tutorial.regressor`, its log, and its model card with what it makes of test ships, without noise and under
some. It takes four minutes of a core. `--steps` trains for less, `--out` stores it elsewhere.
"""

import argparse
import platform
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from satgan_tutorial import conditions, flow, load_chips, models, regressor
from satgan_tutorial.chips import shrink, to_float

CARD = """# regressor-simulated

Reads the heading and the length of the ship in a 40 x 40 simulated chip, and how sure it may be, with {parameters} weights, also
where the chip is still on its way from noise. It knows no other chips. It is there to push a flow (`guidance.steer`).

- Input: x_t = (1 - t) z + t x, float32 (N, 40, 40, 3), and t, (N, 1). Output: {width} numbers, see `regressor.build`.
- Data: `simulate.draw_chips(4000, seed=0)`, the {n} ships of `chips.split(0).train`, made smaller, turned and mirrored.
- Training: seed {seed}, {steps} steps of 32 ships, AdamW with a cosine from 0.002; the weights with the least surprise at the
  validation ships, looked at every {every} steps. Weights rounded to float16.
- Licence: MIT, as the code.
- Repeat it: `SATGAN_DATA=simulated python tools/regressor.py --seed {seed} --steps {steps}`.
- Versions: Python {python}, {versions}.

| {tested} test ships at time t | surprise | heading: off (median) | length: off (median) |
|---|---|---|---|
{rows}

The surprise is in nats; less is better. Who reads nothing, and says of every chip that all headings are equally likely and that
lengths scatter as those of the train ships, is surprised by {floor:.2f}. A heading is at most 90 degrees off, since bow and stern
count alike, and 45 by chance.
"""
TIMES = (1.0, 0.8, 0.6, 0.4, 0.2, 0.05)


def main(seed: int = 0, steps: int = 4_000, out: Path = models.HERE) -> Path:
    """Train it, measure what is shipped, and write the card."""
    chips = load_chips()
    split = chips.split(0)
    network = regressor.train(split.train, split.validation, seed=seed, steps=steps)
    log = pd.DataFrame(network.history.history).round(4)
    log.insert(0, "step", regressor.EPOCH * (1 + np.arange(len(log))))
    models.save(network, "regressor", chips.source, folder=out)
    shipped, ships = models.load("regressor", chips.source, folder=out), split.test.ships
    x, causes = (
        to_float(shrink(ships.images, regressor.SIDE)),
        conditions.from_chips(ships, conditions.COLUMNS),
    )
    z = np.random.default_rng(seed).standard_normal(x.shape, np.float32)
    scores = {
        t: score(shipped, flow.path(z, x, np.full((len(x), 1), t, np.float32)), t, causes) for t in TIMES
    }
    card = CARD.format(
        parameters=shipped.count_params(),
        width=shipped.output_shape[-1],
        n=len(split.train.ships),
        seed=seed,
        steps=steps,
        every=regressor.EPOCH,
        python=platform.python_version(),
        versions=", ".join(f"{package} {version(package)}" for package in ("tensorflow", "keras", "numpy")),
        tested=len(x),
        rows="\n".join(f"| {t:g} | {a:.2f} | {b:.1f}° | {c:.0f} m |" for t, (a, b, c) in scores.items()),
        floor=ignorance(conditions.from_chips(split.train.ships, conditions.COLUMNS), causes),
    )
    return models.save(shipped, "regressor", chips.source, folder=out, card=card, log=log.to_csv(index=False))


def score(network, x_t, t: float, causes: np.ndarray) -> tuple[float, float, float]:
    """Mean surprise, and how far off headings in degrees and lengths in metres are, by the median."""
    said = network([np.asarray(x_t), np.full((len(x_t), 1), t, np.float32)]).numpy()
    twice = np.arctan2(said[:, 1], said[:, 0]) - np.arctan2(causes[:, 2], causes[:, 1])
    heading = np.degrees(np.abs(np.angle(np.exp(1j * twice)))) / 2
    length = 10 * np.abs(said[:, 2] - causes[:, 3])
    surprise = regressor.surprise(causes, said).numpy()
    return float(surprise.mean()), float(np.median(heading)), float(np.median(length))


def ignorance(train: np.ndarray, causes: np.ndarray) -> float:
    """The surprise of a network that says the same of every chip: no heading, and the train ships' lengths as they scatter."""
    said = np.zeros((len(causes), 4), np.float32)
    said[:, 2], said[:, 3] = train[:, 3].mean(), np.log(train[:, 3].std())
    return float(regressor.surprise(causes, said).numpy().mean())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=4_000)
    parser.add_argument("--out", type=Path, default=models.HERE, help="where to store it")
    print(main(**vars(parser.parse_args())))
