"""The contest of chapter 10: what might help, each thing alone, in the same time as the others.

A screen trains the baseline and seven variants of it with three seeds, the baseline with four; the repeats train the
baseline and the winners again, with four new seeds. (The first edition asked 23 questions, one seed each, and could answer
none: FIRST_SCREEN.) A variant whose step costs more gets fewer of them: `Contest.costs` measures what a
step of each costs beside one of the baseline, and from that the number of steps follows, so that a run is the same on a busy
machine. Scores are against validation ships: the test ships are not for choosing.

`python tools/bakeoff.py` makes the runs, and `python tools/peers.py` four DCGANs of other people to compare with.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from .. import appearance, panel, recipes, training
from ..callbacks import Clock
from ..chips import ChipSet
from ..judge import Judge
from . import equal_time, results

HERE = results.RESULTS / "10-few-images"
TABLE, SHEETS = HERE / "bakeoff.csv", HERE / "bakeoff"
COSTS, FLOORS = HERE / "costs.csv", HERE / "floors.csv"
FIRST_SCREEN = HERE / "bakeoff-first-edition.csv"
STEPS = 1000  # of the baseline; a variant gets what fits into the same time
SEEDS, MORE = range(3), range(4)  # of a variant's screen, and of the baseline's, with which all are compared
NEW_SEEDS = range(4, 8)  # of the repeats

PEERS_TABLE, PEERS_SHEETS = HERE / "peers.csv", HERE / "peers"
PEERS_MINUTES = 20.0  # of one core

Run = tuple[str, int]  # variant, seed

BASELINE = replace(recipes.get("small"), steps=10**6)

# By name: which question it answers, and what differs from the baseline.
VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "baseline": ("", {}),
    "no penalty": ("regularisation", {"r1": 0.0, "r2": 0.0}),
    "a fifth of the penalty": ("regularisation", {"r1": 0.2, "r2": 0.2}),
    "no symmetries": ("data", {"symmetries": False}),
    "translation": ("data", {"diffaugment": ("translation",)}),
    "DiffAugment": ("data", {"diffaugment": ("color", "translation", "cutout")}),
    "grain": ("network", {"grain": 12}),
    "twice the rate": ("learning rate", {"learning_rates": (1e-3, 1e-3)}),
}


def recipe(variant: str) -> recipes.GANRecipe:
    """The baseline with what a variant changes.

    Raises:
        KeyError: it is none of VARIANTS.

    >>> BASELINE.grain, recipe("grain").grain
    (0, 12)
    """
    return replace(BASELINE, **VARIANTS[variant][1])


def sheet(variant: str) -> Path:
    """The file with the first chips of a variant's first run (`equal_time.kept`).

    >>> sheet("no penalty").name
    'no-penalty.npz'
    """
    return SHEETS / f"{results.slug(variant)}.npz"


def screen(names: list[str]) -> list[Run]:
    """The runs of a screen of these variants, in order: all with one seed before any with the next.

    >>> screen(["baseline", "grain"])[:4], len(screen(["baseline", "grain"]))
    ([('baseline', 0), ('grain', 0), ('baseline', 1), ('grain', 1)], 7)
    """
    return [(name, seed) for seed in MORE for name in names if seed in SEEDS or name == "baseline"]


def repeats(names: list[str]) -> list[Run]:
    """The runs that repeat these variants with new seeds, in order: all with one seed before any with the next.

    >>> repeats(["baseline", "grain"])[:3]
    [('baseline', 4), ('grain', 4), ('baseline', 5)]
    """
    return [(name, seed) for seed in NEW_SEEDS for name in names]


def done() -> set[Run]:
    """The runs of the table.

    >>> ("baseline", 0) in done()
    True
    """
    return {(row["variant"], int(row["seed"])) for row in results.read(TABLE)}


class Contest:
    """The chips that all learn from, and what holds their ships against the real ships of other days.

    Args:
        chips: all of them; real ones for the tables of the book.
        part: of the split: the validation ships are for choosing, the test ships for what was chosen.
    """

    def __init__(self, chips: ChipSet, part: str = "validation") -> None:
        """Measure the real ships, once for all runs."""
        self.source, self.split, self.judge = chips.source, chips.split(0), Judge(chips.source)
        days = getattr(self.split, part).ships.days
        self.yardstick = panel.yardstick(chips.ships, days, self.judge, equal_time.SCORED)
        self.ships = self.split.train.ships.images

    def costs(self, rounds: int = 6) -> dict[str, float]:
        """What a step of each variant costs, one of the baseline being 1: read from COSTS, measured where there is none.

        The variants take turns, so that whatever else the machine does slows all of them down alike.

        Args:
            rounds: how many turns each has; the cost is the median of their ratios.
        """
        if not COSTS.is_file():
            models = {name: recipes.build(recipe(name), 0) for name in VARIANTS}
            seconds = equal_time.seconds_a_step(models, self.ships, BASELINE.batch_size, rounds)
            for name, found in seconds.items():
                ratios = found / seconds["baseline"]
                row = {"variant": name, "cost": np.median(ratios), "low": ratios.min(), "high": ratios.max()}
                results.add(COSTS, row | {"seconds": np.median(found)})
        return {row["variant"]: float(row["cost"]) for row in results.read(COSTS)}

    def run(self, variant: str, seed: int) -> dict[str, Any]:
        """Train one variant, score it, add its row to TABLE, and of the first seed keep the first chips.

        Args:
            variant: one of VARIANTS.
            seed: of the first weights and of the order of the ships.

        Raises:
            KeyError: there is no such variant.
            TrainingError: the losses are no longer finite.
        """
        settings = recipe(variant)
        model = recipes.build(settings, seed)
        steps = round(STEPS / self.costs()[variant])
        clock = Clock()
        training.fit(
            model, self.ships, batch_size=settings.batch_size, steps=steps, seed=seed, callbacks=[clock]
        )
        fake = model.sample(equal_time.SCORED, seed=0)
        row = {"variant": variant, "seed": seed, "chips": self.source, "steps": steps, "minutes": clock.spent}
        row |= self.scores(fake)
        if seed == SEEDS[0]:
            equal_time.keep(sheet(variant), fake)
        results.add(TABLE, row)
        return row

    def scores(self, fake: np.ndarray) -> dict[str, float]:
        """What a row says of generated ships: five rulers, their `score` together, the share called a ship, and headings.

        The rulers and the score are against the ships of `part` (`panel.Yardstick`); lower is better.

        Args:
            fake: uint8 (N, 80, 80, 3).
        """
        found = self.yardstick.scores(fake)
        row = {panel.CHOOSING[name]: value for name, value in found.score.items()}
        row["score"] = float(found.over_limit.mean())
        row["called_ship"] = float(np.mean(self.judge.probability(fake) > 0.5))
        return row | {"alignment": appearance.alignment(appearance.measure(fake).heading)}

    def score_train_ships(self, draws: int = 10) -> None:
        """Write FLOORS anew: how the train ships score, as if they were generated; a copy of them all could do no better.

        Args:
            draws: how often they are scored turned at random, besides once as they are.
        """
        FLOORS.unlink(missing_ok=True)
        for draw in range(draws + 1):
            fake = equal_time.turned(self.ships, seed=draw) if draw else self.ships
            row = {"chips": self.source, "ships": "turned" if draw else "as they are"}
            results.add(FLOORS, row | self.scores(fake))
