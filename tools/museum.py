"""Record the museum of chapter 8: `python tools/museum.py NAME`, or `all`, with the real chips in SATGAN_DATA.

NAME is one of RUNS: a broken run, its cured twin, or a healthy one. Each takes one to three minutes on two quiet cores and
leaves `museum-ROOM.csv`, `.npz` and `.json` in
`book/results/08-when-it-goes-wrong/`, as `record.py` beside this script says. `--steps N` ends earlier, and
`--out FOLDER` puts the files elsewhere.
"""

import argparse
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from keras.ops import mean, softplus
from record import record, scores

from satgan_tutorial import diagnose, load_chips, recipes
from satgan_tutorial.experiments.results import RESULTS
from satgan_tutorial.judge import Judge

HERE = RESULTS / "08-when-it-goes-wrong"
EVERY = 40  # steps from one look to the next
FILM = 4  # looks at the pictures that are kept of a broken run


@dataclass(frozen=True)
class Run:
    """What a run differs in from a recipe on the training ships.

    Attributes:
        recipe: the networks and how they are trained.
        seed: where all random numbers start.
        label: what the discriminator is told that a real chip is, None for the recipe's own loss.
        unit_range: whether the images are scaled to [0, 1], not to [-1, 1].
        images: how many of the training ships it is shown, None for all.
        source: of the chips: None for those in SATGAN_DATA.
    """

    recipe: recipes.GANRecipe
    seed: int = 0
    label: float | None = None
    unit_range: bool = False
    images: int | None = None
    source: str | None = None


# Two families, with few filters so that a run is short.
SMALL = replace(
    recipes.get("small"),
    base_filters=8,
    learning_rates=(2e-3, 2e-3),
    steps=1000,
)
DCGAN = replace(recipes.get("dcgan"), base_filters=8, batch_size=16, steps=600)

WINNER = replace(DCGAN, d_batch_norm=False, loss="minimax", learning_rates=(2e-4, 2e-3))
ONE_HEADING = replace(DCGAN, learning_rates=(1e-3, 1e-3), steps=2000)
COPIER = replace(
    SMALL,
    base_filters=16,
    d_filters=8,
    latent_dim=8,
    symmetries=False,
    r1=0.1,
    r2=0.1,
    batch_size=8,
    steps=3000,
)
UNHELD = replace(SMALL, r1=0.0, r2=0.0, steps=2000)
SHORT = replace(SMALL, steps=600)

# The rooms in their order: a broken run, and the one that differs from it in what cures it.
ROOMS = {
    "d-wins": "d-wins-cured",
    "one-heading": "one-heading-cured",
    "unit-range": "healthy-1",
    "labels": "labels-cured",
    "learning-rate": "healthy-1",
    "twenty-images": "twenty-images-cured",
    "past-its-best": "past-its-best-cured",
}

RUNS = {
    "d-wins": Run(WINNER),
    "d-wins-cured": Run(replace(WINNER, r1=1.0, r2=1.0)),
    "one-heading": Run(ONE_HEADING),
    "one-heading-cured": Run(replace(ONE_HEADING, symmetries=True)),
    "unit-range": Run(SMALL, unit_range=True),
    "labels": Run(DCGAN, label=1.1),
    "labels-cured": Run(DCGAN, label=0.9),
    "learning-rate": Run(replace(SMALL, learning_rates=(2e-1, 2e-1))),
    # On simulated chips: what copies a real chip shows it.
    "twenty-images": Run(COPIER, images=20, source="simulated"),
    "twenty-images-cured": Run(COPIER, source="simulated"),
    "past-its-best": Run(UNHELD),
    # Where its score turned.
    "past-its-best-cured": Run(replace(UNHELD, steps=440)),
    "past-its-best-penalties": Run(replace(UNHELD, r1=1.0, r2=1.0)),
    "healthy-1": Run(SMALL),
    "healthy-2": Run(SHORT, seed=2),
    "healthy-3": Run(replace(SHORT, upsampling="transposed"), seed=3),
    "healthy-4": Run(replace(SHORT, loss="hinge"), seed=4),
    "healthy-5": Run(replace(SHORT, loss="non_saturating"), seed=5),
}


def stem(name):
    """What a run's files are called: by the number of its room, so that a chapter can show one without its name."""
    for number, room in enumerate(ROOMS, 1):
        name = name.replace(room, str(number))
    return f"museum-{name}"


def labelled(label):
    """Cross-entropy in which the discriminator is told that a real chip is `label`; 1 is the usual one."""

    def loss(real_logits, fake_logits):
        d_loss = mean(softplus(real_logits) - label * real_logits)
        d_loss += mean(softplus(fake_logits))
        return d_loss, mean(softplus(-fake_logits))

    return loss


def build(run):
    """Make the GAN of a run."""
    model = recipes.build(run.recipe, run.seed)
    if run.label is not None:
        optimizers = model.g_optimizer, model.optimizer
        settings = model.settings | {"loss": labelled(run.label)}
        model.compile(*optimizers, **settings)
    return model


def main(name, steps=None, out=HERE):
    """Record one of RUNS."""
    run = RUNS[name]
    chips = load_chips(run.source)
    split, judge = chips.split(0), Judge(chips.source)
    ships = split.train.ships.images[: run.images]
    unseen = split.validation.ships.images
    measures = diagnose.picture_scores(ships, unseen)
    measures["kid"] = scores(unseen, judge)["kid"]
    steps = steps or run.recipe.steps
    record(
        stem(name),
        lambda: build(run),
        ships.astype(np.float32) / 255 if run.unit_range else ships,
        measures,
        every=min(EVERY, steps),
        steps=steps,
        batch_size=run.recipe.batch_size,
        seed=run.seed,
        scored=64,
        samples=0,
        film=FILM if name in ROOMS else 1,
        resume=False,
        about=asdict(run) | {"chips": f"{len(ships)} {chips.source} training ships"} | {"judge": judge.name},
        out=out,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"RUNS: {', '.join(RUNS)}",
    )
    parser.add_argument("name", choices=[*RUNS, "all"], metavar="NAME")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--out", type=Path, default=HERE)
    told = parser.parse_args()
    for name in RUNS if told.name == "all" else [told.name]:
        main(name, told.steps, told.out)
