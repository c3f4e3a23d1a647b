"""The contest of chapter 10: what might help, each thing alone and for as long as the others.

A screen trains the baseline and every variant of it once; the repeats train those worth it with three new seeds and for
twice as long. Scores are against validation ships: the test ships are not for choosing. `python tools/bakeoff.py` makes
the runs, and `python tools/peers.py` four DCGANs of other people to compare with.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

from .. import appearance, recipes
from ..judge import Judge
from ..sources import load_chips
from . import equal_time, results

HERE = results.RESULTS / "10-few-images"
TABLE, SHEETS = HERE / "bakeoff.csv", HERE / "bakeoff"
FLOORS = HERE / "floors.csv"
SCREEN, REPEAT = 6.0, 12.0  # minutes of one core
SEEDS = (1, 2, 3)  # of the repeats; the screen has seed 0

PEERS_TABLE, PEERS_SHEETS = HERE / "peers.csv", HERE / "peers"
PEERS_MINUTES = 20.0  # of one core

Run = tuple[str, int, float]  # variant, seed, minutes

BASELINE = replace(recipes.get("small"), steps=10**6)

# By name: which question it answers, and what differs from the baseline.
VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
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


def recipe(variant: str) -> recipes.GANRecipe:
    """The baseline with what a variant changes.

    Raises:
        KeyError: it is none of VARIANTS.
    """
    return replace(BASELINE, **VARIANTS[variant][1])


def sheet(variant: str, seed: int, minutes: float) -> Path:
    """The file with the first chips of a run (`equal_time.kept`)."""
    return SHEETS / f"{results.slug(variant)}-{seed}-{minutes:g}.npz"


def screen(names: list[str]) -> list[Run]:
    """The runs of a screen of these variants, in order."""
    return [(name, 0, SCREEN) for name in names]


def repeats(names: list[str]) -> list[Run]:
    """The runs that repeat these variants, in order: all with one seed before any with the next."""
    return [(name, seed, REPEAT) for seed in SEEDS for name in names]


def done() -> set[Run]:
    """The runs of the table."""
    return {(row["variant"], int(row["seed"]), float(row["minutes"])) for row in results.read(TABLE)}


def run(variant: str, seed: int, minutes: float) -> dict[str, Any]:
    """Train one variant, score it, add its row to TABLE and keep its first chips.

    Args:
        variant: one of VARIANTS.
        seed: of the first weights and of the order of the ships.
        minutes: of one core.

    Returns:
        The row; `kid` is against the validation ships, `images_per_second` counts real ones a second of processor time.

    Raises:
        KeyError: there is no such variant.
        TrainingError: the losses are no longer finite.
    """
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


def score_train_ships(draws: int = 10) -> None:
    """Write FLOORS anew: the train ships' KID, as if they were generated; a copy of them all could do no better.

    Args:
        draws: how often they are scored turned at random, besides once as they are.
    """
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
