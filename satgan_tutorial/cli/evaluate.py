"""`satgan evaluate`: how good is a model?"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .console import note, progress, quiet_import
from .options import SEED, Whole, out_file, regular, unread
from .pictures import images_options, read_pictures
from .settings import require_keras

if TYPE_CHECKING:
    import keras
    import numpy as np
    import pandas as pd

    from ..chips import ChipSet
    from ..class_judge import ClassJudge
    from ..judge import Judge
    from ..pictures import PictureSet
    from ..two_sample import Parts

MOST = 10_000  # chips: their features are compared in pairs, 0.8 GB
CEILING = 250  # chips of each kind that is known to be bad
LEAST_REAL = 4  # pictures: a distance needs two on either side
LEGEND = """\
score: against real {what} {apart}; 0 is best, but where more is better. 95 %: its interval, for the luck of these {what}.
floor: the median of what real {what} score against real {what} {apart}; limit: beyond it lie the worst 5 % of them.
rank: the share of those that score better. inside: no worse than the limit. The other columns are what other {what} score."""
APART_LEGEND = """\
Told apart by a fresh network: its AUC on {what} that it has not seen, 0.5 where it guesses, 1 where it never errs. limit: the
largest of {splits} splits of real {what}. The last two are faults planted in real ones: near 0.5, the network sees nothing."""


@dataclass(frozen=True)
class Sets:
    """All pictures of an evaluation, uint8 (N, H, H, 3), of one size.

    Attributes:
        fake: the generated ones.
        real: those to hold them against.
        train: the other real ones, from which a network may learn to tell them apart.
        everything: all real ones, for the floor.
        days: the day of each of those.
        real_days: the day of each of `real`.
        others: more sets to score, by name.
        what: "ships", or "pictures" where nobody knows.
        apart: how real ones are held apart: "of other days", or "of another half".
        own: whether they are pictures of somebody's own, which `likeness` measures.
        scales: pixels at which a fresh network looks; None for the usual ones.
    """

    fake: np.ndarray
    real: np.ndarray
    train: np.ndarray
    everything: np.ndarray
    days: np.ndarray
    real_days: np.ndarray
    others: dict[str, np.ndarray]
    what: str = "ships"
    apart: str = "of other days"
    own: bool = False
    scales: tuple[int, ...] | None = None


@click.command(short_help="Score a model, or pictures, on the test chips at hand.")
@click.argument("model")
@click.option("-n", "count", type=Whole(2, MOST), default=1000, help="Chips to generate.")
@click.option("--seed", type=SEED, default=0, help="Of the generated chips.")
@click.option(
    "--real",
    type=click.Path(path_type=Path),
    help="A folder of pictures, or a .npy, in place of chips; no judge.",
)
@click.option("--no-judge", is_flag=True, help="Leave out what needs the judge.")
@click.option("--told-apart", is_flag=True, help="Also train networks to tell them apart: some minutes more.")
@images_options("The pictures of your own that it learned from.")
@out_file(".svg", flag="--plot", required=False, text="A .svg file to draw the panel in.")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON instead of a table.")
def evaluate(
    model: str,
    count: int,
    seed: int,
    real: Path | None,
    no_judge: bool,
    told_apart: bool,
    plot: Path | None,
    as_json: bool,
    images: Path | None,
    how: dict[str, Any],
) -> None:
    """Score MODEL on the test chips of the source at hand, real or simulated ($SATGAN_DATA).

    MODEL is a generator, or a folder of pictures or a .npy that one has drawn. It gets a panel of scores against the test
    ships, each with its interval, and with what real ships score against real ships of other days: KID and others in the
    features of the shipped judge, the power spectrum, and what pixels say of colours, sizes, places and the sea. It takes
    about half a minute. --told-apart takes four more: a fresh network at each of four scales looks for a difference.

    A model of pictures of your own is scored against the test part of --images: their layout, spectrum and colours, copies,
    and, where they have classes, the features of a judge that is trained on these in a minute.

    A judge (the name `judge`, a file, or the folder of its training) gets its accuracy and calibration error.

    \b
    Examples:
      satgan evaluate book --json
      satgan evaluate judge --json
      satgan evaluate drawn.npy --plot panel.svg
      satgan evaluate runs/photos --images photos
      satgan evaluate runs/cats/generator.keras --real cats
      SATGAN_DATA=simulated satgan evaluate runs/first
    """  # noqa: D301
    regular(Path(model))
    if real:
        regular(real)
    if images:
        unread("pictures of your own have their own test part", "real")
    require_keras()  # before minutes may go into chips
    from .. import models

    if pictures := _is_pictures(model):
        unread("these pictures are there already", "count", "seed")
    # Complains before the work begins; all that is shipped is shipped for simulated chips.
    elif models.find(model, "simulated").name.startswith("judge-"):
        unread(
            "a judge generates nothing", "count", "seed", "real", "no_judge", "told_apart", "plot", "images"
        )
        return _judge(model, as_json)
    with quiet_import():
        from .. import conditions, judge, training  # noqa: F401  (all that loads TensorFlow, without its words)

    draw = partial(_drawn, model, pictures, count, seed)
    if images:
        sets, result, judge = _against_own(draw, model, images, how, no_judge)
    else:
        sets, result, judge = _against_pictures(draw, real) if real else _against_chips(draw, no_judge)
    result = {"model": model} | result | ({} if pictures else {"seed": seed})
    _panel(sets, result, judge, told_apart, plot, as_json)


def _is_pictures(model: str) -> bool:
    """Whether a name means pictures rather than a model."""
    from .. import models, rasters

    is_shipped = any(stem.rpartition("-")[0] == model for stem in models.shipped())
    return not is_shipped and rasters.holds_pictures(model) and not any(Path(model).glob("*.keras"))


def _judge(model: str, as_json: bool) -> None:
    from .. import models
    from ..sources import load_chips

    chips = load_chips(say=note)
    file = models.find(model, chips.source)
    with quiet_import():
        from ..judge import Judge
    result = {"model": model} | Judge(file).evaluate(chips.split(0).test, split="test")
    text = "{judge}: accuracy {accuracy:.4f}, calibration error {ece:.4f} ({n} {data} {split} chips)"
    click.echo(json.dumps(result) if as_json else text.format(**result))


def _drawn(
    model: str, pictures: bool, count: int, seed: int, ships: ChipSet | PictureSet | None
) -> np.ndarray:
    """The pictures to score: read, or drawn under the conditions of these ships, uint8 (n, H, H, 3)."""
    import numpy as np

    from .. import conditions, models, rasters
    from .generate import samples

    if pictures:
        return rasters.read_all(model, at_most=MOST)
    own = ships is not None and ships.source == "pictures"
    file = models.find(model, ships.source if ships and not own else "real")
    if ships:
        _check_source(file, ships.source)
    sampler = models.read_sampler(file)
    if own:
        _check_classes(file, sampler, ships)
    if ships:
        condition = conditions.matching(sampler, ships, count)
    else:
        takes = sum(x.shape[-1] for x in sampler.inputs[1:])
        condition = conditions.random(takes, count, seed) if takes else None
    blocks, done = [], 0
    with progress(count, "chip") as update:
        for block in samples(sampler, count, seed, condition):
            blocks.append(block)
            update(done := done + len(block))
    return np.concatenate(blocks)


def _check_source(file: Path, source: str) -> None:
    from ..training import read_card

    learned_from = read_card(file.parent).get("source", source)
    if learned_from == "pictures" and source != "pictures":
        raise click.UsageError(f"{file}: learned from pictures of your own: name their folder with --images.")
    if source == "pictures" and learned_from != source:
        raise click.UsageError(f"{file}: learned from {learned_from} chips of ships: leave out --images.")
    if learned_from != source:
        where = "the folder of the real ones" if learned_from == "real" else "the word simulated"
        raise click.ClickException(
            f"{file}: learned from {learned_from} chips, and those at hand are {source}: set SATGAN_DATA to {where}."
        )


def _check_classes(file: Path, sampler: keras.Model, pictures: PictureSet) -> None:
    """Refuse a model that is asked for other classes than these pictures have."""
    from .. import conditions, models

    takes = sum(x.shape[-1] for x in sampler.inputs[1:])
    found = models.read_classes(file)
    if takes and (conditions.class_count(takes) != len(pictures.classes) or found != pictures.classes):
        raise click.UsageError(
            f"{file}: found a model that is asked for {', '.join(found) or f'{takes} numbers'}, and the pictures have "
            f"{', '.join(pictures.classes) or 'no classes'}; expected the same. Name the folder that it learned from."
        )


def _against_own(
    draw: Callable, model: str, images: Path, how: dict[str, Any], no_judge: bool
) -> tuple[Sets, dict[str, Any], ClassJudge | None]:
    """The sets for somebody's own pictures, what the result says of them, and a judge of their classes."""
    import numpy as np

    from .. import two_sample
    from ..chips import shrink
    from ..panel import noise_chips
    from ..training import learned_from, read_card

    card = read_card(Path(model) if Path(model).is_dir() else Path(model).parent)
    pictures = read_pictures(images, how, card.get("reading", {}), None)
    split = pictures.split(0)
    fake = draw(split.test)
    size = min(fake.shape[1], pictures.size)
    if fake.shape[1] != fake.shape[2]:
        raise click.ClickException(
            f"found generated pictures of {fake.shape[2]} x {fake.shape[1]}; expected squares."
        )
    everything, train, test = (shrink(part.images, size) for part in (pictures, split.train, split.test))
    sets = Sets(
        fake=shrink(fake, size),
        real=test,
        train=train,
        everything=everything,
        days=pictures.groups,
        real_days=split.test.groups,
        others={"train pictures": train, "pixel noise": noise_chips(train, CEILING, 0)},
        what="pictures",
        apart="of other groups",
        own=True,
        scales=(size, *(scale for scale in two_sample.SCALES if scale < size)),
    )
    result = {"n": len(fake), "n_real": len(test), "split": "test", "source": str(images), "image_size": size}
    same = learned_from(card, split.train) if card else None
    result |= {"same_pictures": same, "near_copies": None if same is False else _near_copies(sets)}
    if no_judge or len(pictures.classes) < 2 or size < pictures.size:
        return sets, result, None
    judge = _class_judge(split.train)
    asked = split.test.labels
    result |= {"judge": judge.name, "judge_accuracy": judge.accuracy(split.test)}
    if "class " in str(card.get("recipe", {}).get("conditions", "")):
        read = judge.read(sets.fake)
        result |= {"as_asked": float((read == np.resize(asked, len(read))).mean())}
    return sets, result, judge


def _class_judge(pictures: PictureSet) -> ClassJudge:
    from .. import class_judge

    with progress(class_judge.STEPS, "step of the judge") as update:
        return class_judge.train(pictures, steps=class_judge.STEPS, update=update)


def _near_copies(sets: Sets) -> float:
    """The share of generated pictures that are nearer to a train picture than the nearest 5 % of the test pictures are."""
    from .. import metrics

    fake, real = (metrics.nearest(images, sets.train)[0] for images in (sets.fake, sets.real))
    return metrics.near_copies(fake, real)


def _against_chips(draw: Callable, no_judge: bool) -> tuple[Sets, dict[str, Any], Judge | None]:
    """The sets for chips that are ships, what the result says of them, and their judge."""
    import numpy as np

    from ..chips import SIZE, shrink
    from ..panel import noise_chips
    from ..sources import load_chips

    chips = load_chips(say=note)
    split, ships = chips.split(0), chips.ships
    fake = draw(split.test.ships)
    size = fake.shape[1]
    if size > SIZE:
        raise click.ClickException(
            f"found pictures of {size} pixels; expected at most {SIZE}, the chips' size. Shrink them, or name pictures of their "
            "own kind with --real."
        )
    if size < SIZE:  # the judge reads chips of one size: both sides are as coarse, and enlarged alike
        note(
            f"It draws {size} x {size} pixels: test ships are shrunk to that, and both are enlarged for the judge."
        )
    everything = shrink(ships.images, size)
    test, train = (np.isin(ships.days, np.unique(part.days)) for part in (split.test, split.train))
    sets = Sets(
        fake=fake,
        real=everything[test],
        train=everything[train],
        everything=everything,
        days=ships.days,
        real_days=ships.days[test],
        others={
            "train ships": everything[train],
            "no ships": shrink(split.test.no_ships[:CEILING].images, size),
            "pixel noise": noise_chips(everything[train], CEILING, 0),
        },
    )
    result = {
        "n": len(fake),
        "n_real": int(test.sum()),
        "split": "test",
        "source": chips.source,
        "image_size": size,
    }
    if no_judge:
        return sets, result, None
    from ..judge import Judge

    judge = Judge(chips.source)
    return sets, result | {"judge": judge.name}, judge


def _against_pictures(draw: Callable, real: Path) -> tuple[Sets, dict[str, Any], None]:
    """The sets for pictures of anything, what the result says of them, and no judge: half of the real ones are the test."""
    import numpy as np

    from ..chips import shrink
    from ..panel import noise_chips
    from ..rasters import read_all

    everything = read_all(real, at_most=MOST)
    if len(everything) < LEAST_REAL:
        raise click.ClickException(
            f"{real}: found {len(everything)} pictures; expected {LEAST_REAL} or more: one half is to score against, the other to "
            "score beside. Bring more."
        )
    fake = draw(None)
    size = min(everything.shape[1], fake.shape[1])
    everything, fake = shrink(everything, size), shrink(fake, size)
    order = np.random.default_rng(0).permutation(len(everything))
    test, train = np.sort(order[: len(order) // 2]), np.sort(order[len(order) // 2 :])
    sets = Sets(
        fake=fake,
        real=everything[test],
        train=everything[train],
        everything=everything,
        days=np.arange(len(everything)),
        real_days=test,
        others={"other half": everything[train], "pixel noise": noise_chips(everything[train], CEILING, 0)},
        what="pictures",
        apart="of another half",
    )
    return sets, {"n": len(fake), "n_real": len(test), "source": str(real), "image_size": size}, None


def _panel(
    sets: Sets,
    result: dict[str, Any],
    judge: Judge | ClassJudge | None,
    told_apart: bool,
    plot: Path | None,
    as_json: bool,
) -> None:
    """Measure, and say what was found, in JSON or in tables, and in a drawing."""
    import numpy as np

    from .. import likeness, panel

    parts = _parts(sets) if told_apart else None  # complains before minutes go into the panel
    note(f"Measuring {len(sets.fake)} generated {sets.what} and {len(sets.everything)} real ones.")
    if len(sets.fake) > 1.5 * (left := len(sets.everything) - len(sets.real)):
        note(  # distances shrink with the number on either side, whoever drew them
            f"The floor has at most {left} real {sets.what} in place of these {len(sets.fake)}: it is too wide, and what is inside "
            f"may not be. Score {left} or fewer."
        )
    if sets.own:
        look = partial(likeness.look, judge=judge)
    else:
        look = partial(panel.look, judge=judge, ships=sets.what == "ships")
    everything = look(sets.everything)
    rows = np.isin(sets.days, sets.real_days)
    real = {name: view[rows] for name, view in everything.items()}
    others = {name: look(images) for name, images in sets.others.items()}
    table, left_out = panel.scores(
        real,
        look(sets.fake),
        everything,
        sets.days,
        rulers=likeness.rulers(real) if sets.own else panel.RULERS,
        others=others,
        splits=panel.SPLITS,
        repeats=panel.REPEATS,
    )
    if sets.own and judge is None:
        left_out["KID and its kin"] = (
            "they need a judge, which learns classes: two subfolders or more, and pictures of their size"
        )
    kid = table.score[(table.ruler == "KID") & (table.part == "")]
    result |= {"kid": kid.item()} if len(kid) else {}
    apart = _told_apart(sets, parts) if parts else None
    if as_json:
        found = {"panel": _rows(table), "left_out": left_out}
        found |= {} if apart is None else {"told_apart": _rows(apart)}
        click.echo(json.dumps(result | found))
    else:
        click.echo(_words(sets, result, table, left_out, apart))
    if (
        plot
    ):  # last: where no score has a floor there is nothing to draw, and the scores are said all the same
        _draw(table, plot)


def _parts(sets: Sets) -> Parts:
    """What a network learns from and is tested on."""
    import numpy as np

    from .. import two_sample

    if (size := sets.fake.shape[1]) < min(two_sample.SCALES):
        raise click.ClickException(
            f"found pictures of {size} pixels; expected {min(two_sample.SCALES)} or more, the smallest scale at which a network "
            "tells them apart. Leave out --told-apart."
        )
    # Pictures may come in an order, of kinds or of a training's steps: both halves are to be of all of it.
    order, half = np.random.default_rng(0).permutation(len(sets.fake)), len(sets.fake) // 2
    learned, others = sets.fake[order[:half]], sets.fake[order[half:]]
    two_sample.by_day(sets.everything, sets.days, 0)  # whether the floor can be had at all
    return two_sample.Parts(sets.train, learned, sets.real, others, sets.real_days)


def _told_apart(sets: Sets, parts: Parts) -> pd.DataFrame:
    from .. import two_sample

    scales = sets.scales or two_sample.SCALES
    each = two_sample.trainings(10) // sum(scale <= 10 for scale in two_sample.SCALES)
    total = each * sum(scale <= sets.fake.shape[1] for scale in scales)
    with progress(total, "training") as update:
        return two_sample.scores(parts, sets.everything, sets.days, scales=scales, update=update)


def _draw(table: pd.DataFrame, file: Path) -> None:
    from ..files import replacing
    from ..panel import plot
    from ..svg import to_svg

    svg = to_svg(*plot(table))
    with replacing(file) as new:
        new.write_text(svg, encoding="utf-8")
    note(f"{file}: the panel.")


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table for JSON, which knows no NaN."""
    rows = table.to_dict("records")
    return [
        {key: None if isinstance(v, float) and not math.isfinite(v) else v for key, v in row.items()}
        for row in rows
    ]


def _words(
    sets: Sets,
    result: dict[str, Any],
    table: pd.DataFrame,
    left_out: dict[str, str],
    apart: pd.DataFrame | None,
) -> str:
    """The result in lines for a terminal."""
    from .. import panel, two_sample

    about = {"what": sets.what, "apart": sets.apart}
    counts = f"{result['n']} generated against {result['n_real']} {result['source']}"
    counts += f" {result['split']} {sets.what}" if "split" in result else f" {sets.what}"
    counts += f"; seed {result['seed']}" if "seed" in result else ""
    first = (
        f"KID {result['kid']:.3f} ({result['judge']}; {counts})"
        if "kid" in result
        else f"{result['model']}: {counts}"
    )
    lines = [first, "", LEGEND.format(**about), "", panel.text(table)]
    reasons: dict[str, list[str]] = {}
    for name, reason in left_out.items():
        reasons.setdefault(reason, []).append(name)
    lines += [""] * bool(reasons) + [
        f"Left out: {', '.join(names)}: {reason}." for reason, names in reasons.items()
    ]
    lines += _of_own(result) if sets.own else []
    if apart is not None:
        lines += ["", APART_LEGEND.format(what=sets.what, splits=two_sample.SPLITS), "", panel.text(apart)]
    return "\n".join(lines)


def _of_own(result: dict[str, Any]) -> list[str]:
    """What there is to say of somebody's own pictures beside the table."""
    lines = [""]
    if result["same_pictures"] is False:
        lines.append(
            "These are not the pictures that it learned from, or they are read in another way: some it has learned may be "
            "among the test ones, and copies are not looked for."
        )
    if result["near_copies"] is not None:
        lines.append(
            f"Copies: {result['near_copies']:.1%} are nearer to a picture it learned from than the nearest 5 % of the test ones are; "
            "5 % is what to expect where nothing is copied."
        )
    if "judge" in result:
        lines.append(
            f"The {result['judge']} reads {result['judge_accuracy']:.1%} of the test pictures right."
        )
    if "as_asked" in result:
        lines.append(
            f"It reads {result['as_asked']:.1%} of the generated ones as the class that was asked for."
        )
    return lines
