"""`satgan generate`: chips that never were."""

from __future__ import annotations

from pathlib import Path

import click

from .console import quiet_import
from .options import out_file, source_option


@click.command(short_help="Draw chips with a model.")
@click.argument("model")
@click.option("-n", "count", type=click.IntRange(1), default=16, help="How many chips.")
@click.option("--seed", type=click.IntRange(0), default=0, help="Same seed, same chips.")
@out_file(".png", ".npy")
@source_option("For a shipped model: the chips it learned from.")
@click.option("--no-ship", is_flag=True, help="Of `conditional` and `causes`: chips without a ship.")
@click.option(
    "--heading",
    type=click.FloatRange(0, 360),
    help="Of `causes`: degrees clockwise from north [default: 45].",
)
@click.option("--length", type=click.FloatRange(0), default=200, help="With --heading: metres.")
def generate(
    model: str,
    count: int,
    seed: int,
    out: Path,
    source: str,
    no_ship: bool,
    heading: float | None,
    length: float,
) -> None:
    """Draw chips with MODEL: a training's folder, a .keras file, or the name of a shipped model.

    A .png is one sheet of all the chips; a .npy is an array of them, uint8 (N, 80, 80, 3).

    \b
    Examples:
      satgan generate book -n 16 --seed 0 --out ships.png
      satgan generate runs/first -n 1000 --seed 1 --out fakes.npy
      satgan generate conditional --no-ship --out sea-and-land.png
      satgan generate causes --source simulated --heading 45 --length 250 --out north-east.png
    """  # noqa: D301
    from .. import models

    file = models.find(model, source)
    with quiet_import():
        sampler = models.read_sampler(file)
    import numpy as np

    from .. import conditions, sampling
    from ..files import replacing
    from ..rasters import contact_sheet

    condition, takes = None, [x.shape[-1] for x in sampler.inputs[1:]]
    if takes == [4] and heading is None:
        heading = 45.0
    if takes or no_ship or heading is not None:
        condition = conditions.encode(not no_ship, heading, length)
    images = sampling.sample(sampler, count, seed, condition)
    with replacing(out) as new:
        if out.suffix.lower() == ".npy":
            np.save(new, images)
        else:
            contact_sheet(images).save(new)
    click.echo(f"{out}: {count} chips of {file.parent.name}/{file.name}, seed {seed}.")
