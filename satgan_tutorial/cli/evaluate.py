"""`satgan evaluate`: how good is a model?"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .console import note, progress, quiet_import
from .options import SEED, Whole, regular, unread
from .settings import require_keras

if TYPE_CHECKING:
    from ..chips import ChipSet

MOST = 10_000  # chips: their features are compared in pairs, 0.8 GB


@click.command(short_help="Score a model on the test chips at hand.")
@click.argument("model")
@click.option("-n", "count", type=Whole(2, MOST), default=1000, help="Chips to generate.")
@click.option("--seed", type=SEED, default=0, help="Of the generated chips.")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON instead of a sentence.")
def evaluate(model: str, count: int, seed: int, as_json: bool) -> None:
    """Score MODEL on the test chips of the source at hand, real or simulated ($SATGAN_DATA).

    A generator gets its KID against the test ships in the features of the shipped judge: 0 is as good as real, more is
    worse. A judge (the name `judge`, a file, or the folder of its training) gets its accuracy and calibration error.

    \b
    Examples:
      satgan evaluate book --json
      satgan evaluate judge --json
      SATGAN_DATA=simulated satgan evaluate runs/first
    """  # noqa: D301
    regular(Path(model))
    require_keras()  # before minutes may go into chips
    from .. import models
    from ..sources import load_chips

    # Complains before the work begins; all that is shipped is shipped for simulated chips.
    found = models.find(model, "simulated")
    is_judge = found.name.startswith("judge-")
    if is_judge:
        unread("a judge generates nothing", "count", "seed")
    chips = load_chips(say=note)
    test = chips.split(0).test
    file = models.find(model, chips.source)
    if is_judge:
        with quiet_import():
            from ..judge import Judge
        result = {"model": model} | Judge(file).evaluate(test, split="test")
        text = "{judge}: accuracy {accuracy:.4f}, calibration error {ece:.4f} ({n} {data} {split} chips)"
    else:
        result = {"model": model} | _kid(file, test.ships, count, seed)
        text = "KID {kid:.3f} ({judge}; {n} generated against {n_real} {source} {split} ships; seed {seed})"
    click.echo(json.dumps(result) if as_json else text.format(**result))


def _kid(file: Path, ships: ChipSet, count: int, seed: int) -> dict[str, Any]:
    from ..training import read_card

    learned_from = read_card(file.parent).get("source", ships.source)
    if learned_from != ships.source:
        where = "the folder of the real ones" if learned_from == "real" else "the word simulated"
        raise click.ClickException(
            f"{file}: learned from {learned_from} chips, and those at hand are {ships.source}: set SATGAN_DATA to {where}."
        )
    with quiet_import():
        from .. import conditions, models
        from ..judge import Judge

        sampler = models.read_sampler(file)
    import numpy as np

    from ..chips import SIZE, enlarge, shrink
    from .generate import samples

    size = sampler.output_shape[1]
    if size < SIZE:  # the judge reads chips of one size: both sides are as coarse, and enlarged alike
        note(
            f"It draws {size} x {size} pixels: test ships are shrunk to that, and both are enlarged for the judge."
        )
        ships = replace(ships, images=enlarge(shrink(ships.images, size), SIZE))
    condition, blocks, done = conditions.matching(sampler, ships, count), [], 0
    with progress(count, "chip") as update:
        for block in samples(sampler, count, seed, condition):
            blocks.append(block)
            update(done := done + len(block))
    score = Judge(ships.source).score(ships, enlarge(np.concatenate(blocks), SIZE), split="test")
    found = {"kid": score.value, "judge": score.judge, "n": score.n_fake, "n_real": score.n_real}
    return found | {"split": score.split, "source": ships.source, "seed": seed, "image_size": size}
