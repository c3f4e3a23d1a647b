"""`satgan generate`: chips that never were."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .console import progress, quiet_import, tell
from .options import SEED, Number, Whole, out_file, regular, room, source_option, spare, unread

if TYPE_CHECKING:
    import keras
    import numpy as np

BLOCK = 1024  # chips in memory at once; a multiple of the sampler's batch, so that blocks change no bit
SHEET_PIXELS = 80_000_000  # of a sheet; Pillow warns of larger images, and many viewers give up
MOST = 1_000_000  # chips, 19 GB


@click.command(short_help="Draw chips with a model.")
@click.argument("model")
@click.option("-n", "count", type=Whole(1, MOST), default=16, help="How many chips.")
@click.option("--seed", type=SEED, default=0, help="Same seed, same chips.")
@out_file(".png", ".npy")
@source_option("For a shipped model: the chips it learned from.")
@click.option("--ship", is_flag=True, help="Of conditional ones: chips with a ship, which is the default.")
@click.option("--no-ship", is_flag=True, help="Of conditional ones: chips without a ship.")
@click.option("--class", "class_name", help="Of one with your own classes: which [default: each in turn].")
@click.option(
    "--heading",
    type=Number(0, 360),
    help="Of simulated chips, by `causes` and flows: degrees clockwise from north [default of `causes`: 45].",
)
@click.option(
    "--length",
    type=Number(80, 320),
    help="Of simulated chips, by `causes` and flows: metres [default of `causes`: 200].",
)
@click.option("--steps", type=Whole(1, 10_000), help="Of flows: solver steps [default: the model's own].")
@click.option(
    "--solver", type=click.Choice(["euler", "midpoint", "heun"]), help="Of flows: how to make a step."
)
@click.option(
    "--guidance",
    type=Number(0, 20),
    help="Of flows that are asked or pushed: how much the wish weighs [default: 1]; 2 or 3 for more of it.",
)
def generate(
    model: str,
    count: int,
    seed: int,
    out: Path,
    source: str,
    ship: bool,
    no_ship: bool,
    class_name: str | None,
    heading: float | None,
    length: float | None,
    steps: int | None,
    solver: str | None,
    guidance: float | None,
) -> None:
    """Draw chips with MODEL: a training's folder, a .keras file, or the name of a shipped model.

    A .png is one sheet of all the chips; a .npy is an array of them, uint8 (N, 80, 80, 3).

    \b
    Examples:
      satgan generate book -n 16 --seed 0 --out ships.png
      satgan generate runs/first -n 1000 --seed 1 --out fakes.npy
      satgan generate conditional --no-ship --out sea-and-land.png
      satgan generate runs/coast --class harbour --out harbours.png
      satgan generate runs/flow --steps 50 --out finer.png
      satgan generate runs/flow-conditional --guidance 2 --out surely-ships.png
      satgan generate causes --source simulated --heading 45 --length 250 --out north-east.png
      satgan generate flow-conditional --source simulated --heading 45 --out steered.png
    """  # noqa: D301
    if ship and no_ship:
        raise click.UsageError("found --ship and --no-ship; expected one of them, or neither for a ship.")
    if no_ship:
        unread("a chip without a ship has no heading and no length", "heading", "length")
    as_array = out.suffix.lower() == ".npy"
    _check_size(count, (80, 80, 3), out, as_array)
    regular(Path(model))
    from .. import models

    file = models.find(model, source)
    if Path(model) in (file, file.parent):
        unread(f"{model} has learned from the chips that it has learned from", "source")
    spare(out, file)
    with quiet_import():
        from .. import sampling

        sampler = models.read_sampler(file)
    shape = sampler.output_shape[1:]
    _check_size(count, shape, out, as_array)
    classes = models.read_classes(file)
    takes = sum(x.shape[-1] for x in sampler.inputs[1:])
    pushed = (heading, length) != (None, None) and takes < 2 and sampling.draws_in_steps(sampler)
    if pushed:
        _push(sampler, file, heading, length, 1.0 if guidance is None else guidance)
        guidance = None  # it weighed the push
    condition = _condition(sampler, count, classes, class_name, no_ship, heading, length, pushed)
    if any(option is not None for option in (steps, solver, guidance)):
        sampling.solve_with(sampler, solver, steps, guidance)

    from ..files import replacing

    with replacing(out) as new, progress(count, "chip") as update:
        blocks = samples(sampler, count, seed, condition)
        _write(new, _told(blocks, update), (count, *shape), as_array)
    each = f", {class_name or ', '.join(classes) + ' in turn'}" if classes else ""
    tell(f"{out}: {count} chips of {file.parent.name}/{file.name}{each}, seed {seed}.")


def samples(
    sampler: keras.Model, count: int, seed: int, condition: np.ndarray | None = None
) -> Iterator[np.ndarray]:
    """Draw what `sampling.sample` draws, to the same bits, in blocks: uint8 (up to BLOCK, H, W, 3)."""
    import numpy as np

    from .. import sampling

    rows = None if condition is None else np.broadcast_to(condition, (count, np.shape(condition)[-1]))
    sampling.sample(
        sampler, 0, seed, None if rows is None else rows[:0]
    )  # complains about what it does not take
    rng, shape = np.random.default_rng(seed), sampler.inputs[0].shape[1:]
    for start in range(0, count, BLOCK):
        n = min(BLOCK, count - start)
        z = rng.standard_normal((n, *shape), np.float32)  # the next rows of `sampling.noise`
        yield sampling.from_noise(sampler, z, None if rows is None else rows[start : start + n])


def _condition(
    sampler: keras.Model,
    count: int,
    classes: tuple[str, ...],
    class_name: str | None,
    no_ship: bool,
    heading: float | None,
    length: float | None,
    pushed: bool,
) -> np.ndarray | None:
    """What the sampler is given, as numbers; refuses options for conditions that it does not take.

    A sampler that is pushed towards a heading and a length is not given them.
    """
    from .. import conditions

    causes = () if pushed else ("heading", "length")
    takes = sum(x.shape[-1] for x in sampler.inputs[1:])
    if of := conditions.class_count(takes):
        unread("this model is asked for a class", "ship", "no_ship", "heading", "length")
        return _classes(of, count, classes, class_name)
    unread("this model was not taught classes of your own", "class_name")
    if takes == 0:
        unread("this model takes 0 conditions", "ship", "no_ship", *causes)
        return None
    if takes == 1:
        unread("this model takes 1 condition, ship or none", *causes)
        return conditions.encode(not no_ship)
    heading, length = 45.0 if heading is None else heading, 200.0 if length is None else length
    return conditions.encode(not no_ship, heading, length)


def _push(
    sampler: keras.Model, file: Path, heading: float | None, length: float | None, weight: float
) -> None:
    """Have a flow that was never told of headings and lengths pushed by a network that reads them."""
    from .. import models, regressor, sampling, training

    shipped = file.parent == models.HERE
    source = file.stem.rpartition("-")[2] if shipped else training.read_card(file.parent).get("source")
    if source != "simulated":
        raise click.UsageError(
            f"{file}: found a flow {f'of {source} chips' if source else 'whose chips nobody wrote down'}; --heading and --length "
            "push it by a network that reads simulated ships, whose headings are known. Expected a shipped flow with --source "
            "simulated, or the folder of a training on simulated chips."
        )
    network, side = models.load("regressor", source), sampler.output_shape[1]
    if side not in (regressor.SIDE, 2 * regressor.SIDE):
        raise click.UsageError(
            f"{file}: found a flow of {side} pixels; the network that reads headings and lengths takes chips of {regressor.SIDE} or "
            f"{2 * regressor.SIDE}."
        )
    sampling.steer_by(sampler, regressor.reader(network, heading, length), weight)


def _classes(of: int, count: int, classes: tuple[str, ...], class_name: str | None) -> np.ndarray:
    """The class that was asked for, or each in turn, as numbers."""
    import numpy as np

    from .. import conditions
    from ..pictures import find_class

    if class_name is None:
        return conditions.encode_classes(np.arange(count) % of, of)
    if len(classes) != of:
        raise click.UsageError(
            f"--class {class_name}: found no names of the {of} classes in the model's file; expected those that `satgan train` "
            "writes there. Leave --class out to draw each in turn."
        )
    return conditions.encode_classes(find_class(class_name, classes), of)


def _check_size(count: int, shape: tuple[int, ...], out: Path, as_array: bool) -> None:
    """Refuse what no disk has room for, and a sheet that nothing could show."""
    if as_array:
        return room(out.parent, count * math.prod(shape))
    most = SHEET_PIXELS // ((shape[0] + 2) * (shape[1] + 2))
    if count > most:
        raise click.UsageError(
            f"--out {out}: a sheet of {count:,} chips has more pixels than most programs open; expected at most {most:,}. "
            "Ask for fewer, or for a .npy."
        )


def _told(blocks: Iterator[np.ndarray], update: Callable[[int], None]) -> Iterator[np.ndarray]:
    done = 0
    for block in blocks:
        done += len(block)
        update(done)
        yield block


def _write(file: Path, blocks: Iterator[np.ndarray], shape: tuple[int, ...], as_array: bool) -> None:
    """Write a sheet, or an array block by block: as `np.save` writes it, without having all of it in memory."""
    import numpy as np

    if not as_array:
        from ..rasters import contact_sheet

        return contact_sheet(np.concatenate(list(blocks))).save(file, format="PNG")
    with file.open("wb") as out:
        head = {"descr": "|u1", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(out, head)
        for block in blocks:
            out.write(block.tobytes())
