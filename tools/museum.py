"""Record the museum of chapter 8: `python tools/museum.py NAME`, or `all`, with the real chips in SATGAN_DATA.

NAME is one of RUNS: a patient, its twin, the patient again from another seed, or a healthy run; or `ships`, what real ships
score in their place, and `perfect`, the log of a generator that draws real ships. A run takes a minute or two on one core and
leaves `museum-ROOM.csv`, `.npz` and `.json` in `book/results/08-when-it-goes-wrong/`, as `record.py` beside this script says,
and a row in `scores.csv`: how far 512 of its chips are from the test ships. `--steps N` ends earlier, and `--out FOLDER` puts
the files elsewhere.
"""

import argparse
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from keras.ops import mean, softplus
from record import record, scores

from satgan_tutorial import appearance, diagnose, load_chips, panel, recipes
from satgan_tutorial.chips import SIZE, enlarge, shrink
from satgan_tutorial.experiments.results import RESULTS
from satgan_tutorial.judge import Judge

HERE = RESULTS / "08-when-it-goes-wrong"
EVERY = 50  # steps from one look to the next
FILM = 3  # looks whose pictures are kept of a patient
LOOK = 64  # chips that a look is scored on
SHOWN = 24  # chips that a reader sees
JUDGED = 512  # chips that are scored at the end
PERFECT = 300  # looks at a generator that draws real ships
RULERS = {"kid": "KID", "spectrum": "power spectrum", "broken": "broken ships"}


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


# The recipe `book` with narrower networks and larger steps, on chips of 40 by 40 pixels, and told nothing of turns, which is
# quicker: a minute makes ships.
HEALTHY = recipes.GANRecipe(
    "museum",
    "A small sibling of the recipe book, for chips of 40 by 40 pixels.",
    image_size=40,
    latent_dim=32,
    upsampling="resize_conv",
    grain=12,
    symmetries="half_turns",
    r1=0.3,
    r2=0.3,
    learning_rates=(2e-3, 2e-3),
    ema=0.995,
    batch_size=16,
    steps=3000,
)

UNHELD = replace(HEALTHY, r1=0.0, r2=0.0)  # without the gradient penalties
COPIER = replace(UNHELD, symmetries=False, steps=2000)

# The rooms in their order: a patient, and its twin, which differs from it in what cures it.
ROOMS = {
    "d-wins": "d-wins-cured",
    "collapse": "collapse-cured",
    "unit-range": "healthy-1",
    "labels": "labels-cured",
    "learning-rate": "learning-rate-cured",
    "twenty-images": "twenty-images-cured",
    "turned": "healthy-1",
}

PATIENTS = {
    "d-wins": Run(replace(HEALTHY, learning_rates=(5e-6, 2e-3), steps=1000)),
    "collapse": Run(replace(HEALTHY, learning_rates=(1e-2, 2e-4), steps=1500)),
    "unit-range": Run(HEALTHY, unit_range=True),
    "labels": Run(replace(HEALTHY, steps=2000), label=3.0),
    "learning-rate": Run(replace(HEALTHY, learning_rates=(2e-1, 2e-1), steps=500)),
    # On simulated chips: what copies a real chip shows it.
    "twenty-images": Run(COPIER, images=20, source="simulated"),
    "turned": Run(replace(HEALTHY, symmetries=True)),
}

RUNS = PATIENTS | {
    # As healthy-1, and stopped where their patients were.
    "d-wins-cured": Run(replace(HEALTHY, steps=1000)),
    "collapse-cured": Run(replace(HEALTHY, steps=1500)),
    "learning-rate-cured": Run(replace(HEALTHY, steps=500)),
    "collapse-longer": Run(replace(HEALTHY, learning_rates=(1e-2, 2e-4))),
    "labels-cured": Run(replace(HEALTHY, steps=2000), label=0.9),
    "twenty-images-cured": Run(COPIER, source="simulated"),
    "healthy-1": Run(HEALTHY),
    "healthy-longer": Run(replace(HEALTHY, steps=6000)),
    "healthy-2": Run(replace(HEALTHY, steps=1500), seed=2),
    "healthy-3": Run(replace(HEALTHY, steps=1500, loss="hinge"), seed=3),
    "healthy-4": Run(replace(HEALTHY, steps=1500, symmetries="conditioned"), seed=4),
}
# Each patient once more, for the chapter's exercise: another seed, and as long as it takes to be sick.
LONG_ENOUGH = {"learning-rate": 500, "twenty-images": 2700}
RUNS |= {
    f"{name}-again": replace(run, seed=1, recipe=replace(run.recipe, steps=LONG_ENOUGH.get(name, 1000)))
    for name, run in PATIENTS.items()
}


def stem(name: str) -> str:
    """What a run's files are called: by the number of its room, so that a chapter can show one without its name."""
    for number, room in enumerate(ROOMS, 1):
        name = name.replace(room, str(number))
    return f"museum-{name}"


def labelled(label: float):
    """Cross-entropy in which the discriminator is told that a real chip is `label`; 1 is the usual one."""

    def loss(real_logits, fake_logits):
        d_loss = mean(softplus(real_logits) - label * real_logits)
        d_loss += mean(softplus(fake_logits))
        return d_loss, mean(softplus(-fake_logits))

    return loss


def build(run: Run):
    """Make the GAN of a run."""
    model = recipes.build(run.recipe, run.seed)
    if run.label is not None:
        optimizers = model.g_optimizer, model.optimizer
        settings = model.settings | {"loss": labelled(run.label)}
        model.compile(*optimizers, **settings)
    return model


def chips_of(source: str | None):
    """The training, validation and test ships of a source, each shrunk to the museum's size, and what source it is."""
    chips = load_chips(source)
    split = chips.split(0)
    parts = (split.train, split.validation, split.test)
    return *(shrink(part.ships.images, HEALTHY.image_size) for part in parts), chips.source


def measures(images, validation, judge):
    """By name, what is measured at each look, of chips of the museum's size."""
    kid = scores(enlarge(validation, SIZE), judge)["kid"]
    return diagnose.picture_scores(images, validation) | {"kid": lambda fake: kid(enlarge(fake, SIZE))}


def distances(images, test, judge):
    """How far chips are from the test ships by each of RULERS, and how far their own headings agree."""
    real, fake = panel.look(test, judge), panel.look(images, judge)
    found = {}
    for key, name in RULERS.items():
        ruler = panel.RULERS[name]
        found[key] = float(np.ravel(ruler.score(real[ruler.view], fake[ruler.view]))[0])
    headings = appearance.measure(enlarge(images, SIZE)).heading
    some = headings.notna().mean() > 0.5
    return found | {"alignment": appearance.alignment(headings) if some else float("nan")}


def keep(row: dict, out: Path) -> None:
    """Put a row into `scores.csv`, in place of one of its name."""
    path = out / "scores.csv"
    old = pd.read_csv(path) if path.is_file() else pd.DataFrame(columns=list(row))
    table = pd.concat([old[old.run != row["run"]], pd.DataFrame([row])]).sort_values("run")
    table.to_csv(path, index=False, float_format="%.4g", lineterminator="\n")


def main(name: str, steps: int | None = None, out: Path = HERE) -> None:
    """Record one of RUNS."""
    run = RUNS[name]
    train, validation, test, source = chips_of(run.source)
    judge = Judge(source)
    ships = train[: run.images]
    steps = steps or run.recipe.steps
    shown = SHOWN if name in (*ROOMS, *ROOMS.values(), "healthy-longer") else 8
    model = record(
        stem(name),
        lambda: build(run),
        ships.astype(np.float32) / 255 if run.unit_range else ships,
        measures(ships, validation, judge),
        every=min(EVERY, steps),
        steps=steps,
        batch_size=run.recipe.batch_size,
        seed=run.seed,
        scored=LOOK,
        samples=0,
        film=FILM if name in ROOMS else 1,
        shown=shown,
        resume=False,
        about=asdict(run) | {"chips": f"{len(ships)} {source} training ships", "judge": judge.name},
        out=out,
    )
    if not name.endswith("-again"):
        keep({"run": stem(name), "chips": source} | distances(model.sample(JUDGED, seed=1), test, judge), out)


def ships(out: Path = HERE) -> None:
    """Keep what the training ships score in place of a run's chips, of both sources."""
    for source in (None, "simulated"):
        train, _, test, name = chips_of(source)
        row = distances(train, test, Judge(name))
        keep({"run": f"ships-{name}", "chips": name} | row, out)


def perfect(out: Path = HERE) -> None:
    """Log looks at a generator that draws real ships: training ships, and for copies test ships, which nobody was shown.

    Without a KID: a run is compared with its own best, and both have the luck of the same noise.
    """
    train, validation, test, _ = chips_of(None)
    look = diagnose.picture_scores(train, validation)
    rng = np.random.default_rng(0)
    rows = []
    for k in range(PERFECT):
        drawn = train[rng.integers(len(train), size=LOOK)]
        others = test[rng.choice(len(test), LOOK, replace=False)]
        of = {name: others if name == "nearest" else drawn for name in look}
        guess = {"d_loss": np.log(2), "g_loss": np.log(2), "real_accuracy": 0.5, "fake_accuracy": 0.5}
        rows.append({"step": EVERY * (k + 1)} | guess | {name: look[name](of[name]) for name in look})
    pd.DataFrame(rows).to_csv(out / "perfect.csv", index=False, float_format="%.6g", lineterminator="\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"RUNS: {', '.join(RUNS)}",
    )
    parser.add_argument("name", choices=[*RUNS, "ships", "perfect", "all"], metavar="NAME")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--out", type=Path, default=HERE)
    told = parser.parse_args()
    names = [*RUNS, "ships", "perfect"] if told.name == "all" else [told.name]
    for name in names:
        if name in ("ships", "perfect"):
            {"ships": ships, "perfect": perfect}[name](told.out)
        else:
            main(name, told.steps, told.out)
