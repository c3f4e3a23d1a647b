"""The panel: every ruler at once, each with what real chips score against real ones, and what bad ones do.

A *ruler* compares two sets of chips and is an entry of RULERS. It reads one *view* of them, an array with a row a chip, an
entry of VIEWS: the judge's features, their spectrum, or what is measured of their pixels. So the work of looking is done
once a chip, and a ruler can be scored many times: on many splits of the real chips by day (its *floor*: what a generator
could score that drew real ones), on random halves (its *interval*), on chips that are no ships (its *ceiling*).

To add a ruler, write a function of two arrays and add a line to RULERS; the panel, the command and the plot find it there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd

from . import appearance, metrics, shapes
from .chips import SIZE, ChipSet, check_images, check_seed, enlarge

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SPLITS, REPEATS, LEVEL = 100, 100, 0.95

# The columns of `appearance.describe` that belong together: the parts of two rulers, each the mean of its columns.
PIXELS = {
    "colour": (
        "sea_red",
        "sea_green",
        "sea_blue",
        "ship_red",
        "ship_green",
        "ship_blue",
        "contrast",
        "spread",
    ),
    "size": ("length", "width"),
    "shape": ("elongation", "fill"),
    "position": ("east", "north"),
    "share": ("share",),
    "heading": ("heading",),
}
SEA = {
    "strength": ("sea_noise", "sea_texture"),
    "grain": ("sea_grain",),
    "chroma": ("sea_chroma",),
}
COLUMNS = tuple(name for part in (*PIXELS.values(), *SEA.values()) for name in part)
BANDS = ("coarse", "fine", "along the axes", "at the Nyquist frequency")


class Reader(Protocol):
    """What the panel needs of a judge; `judge.Judge` is one.

    >>> class Brightness:  # a judge of one feature
    ...     def features(self, images):
    ...         return images.mean(axis=(1, 2, 3))[:, None]
    >>> look(np.full((2, 16, 16, 3), 90, np.uint8), Brightness(), ships=False)["features"].tolist()
    [[90.0], [90.0]]
    """

    def features(self, images: np.ndarray) -> np.ndarray:
        """Features of uint8 (N, 80, 80, 3): float (N, d)."""


@dataclass(frozen=True)
class View:
    """What rulers read of chips.

    Attributes:
        of: from uint8 (N, H, W, 3), and a judge or None, to float (N, d).
        needs_judge: whether it cannot do without.
        at_most: the largest side in pixels that it reads; smaller images are enlarged to that. None for any, as they are.
        of_ships: whether it says nothing of pictures that are no ships.

    >>> VIEWS["spectrum"].of(np.zeros((2, 8, 8, 3), np.uint8), None).shape, VIEWS["features"].needs_judge
    ((2, 8), True)
    """

    of: Callable[[np.ndarray, Any], np.ndarray]
    needs_judge: bool = False
    at_most: int | None = None
    of_ships: bool = False


@dataclass(frozen=True)
class Ruler:
    """A number that says how far apart two sets of chips are.

    Attributes:
        score: of two arrays of the view, real (m, d) and fake (n, d): a number, or an array of it and its parts.
        view: a name of VIEWS.
        unit: of the number; "" where it has none.
        parts: what the numbers after the first are called.
        lower_is_better: whether 0 is best; otherwise more is.
        of_fake: whether it counts something among the fake chips alone, and heeds no real ones.

    >>> RULERS["KID"].view, RULERS["KID"].needs_judge, RULERS["precision"].lower_is_better
    ('features', True, False)
    """

    score: Callable[[np.ndarray, np.ndarray], Any]
    view: str
    unit: str = ""
    parts: tuple[str, ...] = ()
    lower_is_better: bool = True
    of_fake: bool = False

    @property
    def needs_judge(self) -> bool:
        """Whether its view does."""
        return VIEWS[self.view].needs_judge


def spectra(images: np.ndarray) -> np.ndarray:
    """The power spectrum of each chip's grey values, log10, mean 0 aside: float64 (N, H // 2 + H // 2) of uint8 (N, H, H, 3).

    First radially, H // 2 bins up to the Nyquist frequency of 0.5 cycles a pixel (`appearance.spectrum`), then along rows
    and columns, 1, 2, ... H // 2 waves a side (`appearance.line_spectrum`).

    >>> spectra(np.random.default_rng(0).integers(0, 256, (2, 8, 8, 3), np.uint8)).shape
    (2, 8)
    """
    side = images.shape[1] if np.ndim(images) == 4 else 0
    if side == 1:
        raise ValueError(
            "images: found 1 x 1 pixels; expected squares of 2 pixels or more. One pixel has no spectrum."
        )
    radial = appearance.spectrum(images, max(1, side // 2))
    return np.concatenate([radial, appearance.line_spectrum(images)[:, 1:]], axis=1)


def statistics(images: np.ndarray) -> np.ndarray:
    """The columns COLUMNS of `appearance.describe`: float64 (N, d) of uint8 (N, H, W, 3); small chips are enlarged to 80.

    >>> chips = np.random.default_rng(0).integers(0, 256, (2, 16, 16, 3), np.uint8)
    >>> statistics(chips).shape == (2, len(COLUMNS))
    True
    """
    check_images(images)
    side = images.shape[1]
    if side == images.shape[2] and side < SIZE:
        images = enlarge(images, SIZE)
    return appearance.describe(images)[list(COLUMNS)].to_numpy(float)


def power_distance(real: np.ndarray, fake: np.ndarray) -> np.ndarray:
    """How far the mean log power of two sets is apart, on average over frequencies: the number, then its parts BANDS.

    The number is the mean of two: that over all radial bins, and that along the axes, where the pattern of a network that
    draws pixel by pixel shows. The coarse are the radial bins of the lower half of the frequencies, the fine the upper.

    Args:
        real: `spectra` (m, d).
        fake: `spectra` (n, d).

    Raises:
        ValueError: fewer than two rows in one of them, or unequal d.

    That networks which enlarge by convolutions miss the spectrum of real images: R. Durall and others, "Watch your
    Up-Convolution", 2020, arXiv 2003.01826.

    >>> real = spectra(np.random.default_rng(0).integers(0, 256, (4, 8, 8, 3), np.uint8))
    >>> power_distance(real, real + 1).round(3).tolist()  # ten times the power, then that of each part
    [1.0, 1.0, 1.0, 1.0, 1.0]
    """
    real, fake = metrics.checked(real, fake)
    apart = np.abs(real.mean(axis=0) - fake.mean(axis=0))
    radial, axes = np.split(apart, 2)
    coarse, fine = np.array_split(radial, 2)
    parts = coarse.mean() if len(coarse) else 0.0, fine.mean() if len(fine) else 0.0, axes.mean(), axes[-1]
    return np.array([(radial.mean() + axes.mean()) / 2, *parts])


def pixel_distance(real: np.ndarray, fake: np.ndarray) -> np.ndarray:
    """The mean of one-dimensional Wasserstein distances of what pixels say, in units of the real spread; then its parts.

    The parts are those of PIXELS; the number is their mean, so that eight numbers about colour count no more than one about
    the share of the chip that is ship.

    Args:
        real: `statistics` (m, d).
        fake: `statistics` (n, d).

    Raises:
        ValueError: fewer than two rows in one of them.

    >>> real = np.random.default_rng(0).random((8, len(COLUMNS)))
    >>> dict(zip(("all", *PIXELS), pixel_distance(real, real).tolist()))
    {'all': 0.0, 'colour': 0.0, 'size': 0.0, 'shape': 0.0, 'position': 0.0, 'share': 0.0, 'heading': 0.0}
    """
    return _grouped(real, fake, PIXELS)


def sea_distance(real: np.ndarray, fake: np.ndarray) -> np.ndarray:
    """The same of the sea's noise: how strong it is, how its pixels follow each other (grain), and how colourful it is.

    >>> real = np.random.default_rng(0).random((8, len(COLUMNS)))
    >>> dict(zip(("all", *SEA), sea_distance(real, real).tolist()))
    {'all': 0.0, 'strength': 0.0, 'grain': 0.0, 'chroma': 0.0}
    """
    return _grouped(real, fake, SEA)


def share_broken(real: np.ndarray, fake: np.ndarray) -> float:
    """The share of fake chips whose ship is broken (`shapes.broken`): 1 or 0 a row, (n, 1). Of real ones it isn't 0 either.

    >>> share_broken(np.zeros((4, 1)), np.array([[1.0], [0.0], [0.0], [0.0]]))
    0.25
    """
    return float(metrics.checked(real, fake)[1].mean())


VIEWS: dict[str, View] = {
    "features": View(lambda images, judge: judge.features(images), needs_judge=True, at_most=SIZE),
    "spectrum": View(lambda images, judge: spectra(images)),
    "statistics": View(lambda images, judge: statistics(images)),
    "broken": View(
        lambda images, judge: shapes.broken(images)[:, None].astype(float), at_most=SIZE, of_ships=True
    ),
}

RULERS: dict[str, Ruler] = {
    "KID": Ruler(metrics.kid, "features"),
    "FID": Ruler(metrics.fid, "features"),
    "precision": Ruler(metrics.precision, "features", lower_is_better=False),
    "recall": Ruler(metrics.recall, "features", lower_is_better=False),
    "density": Ruler(metrics.density, "features", lower_is_better=False),
    "coverage": Ruler(metrics.coverage, "features", lower_is_better=False),
    "power spectrum": Ruler(power_distance, "spectrum", "log10 power", BANDS),
    "pixels, W1": Ruler(pixel_distance, "statistics", "real spreads", tuple(PIXELS)),
    "noise of the sea, W1": Ruler(sea_distance, "statistics", "real spreads", tuple(SEA)),
    "broken ships": Ruler(share_broken, "broken", "share", of_fake=True),
}

# The rulers by which a generator is chosen (`Yardstick`), and what a table calls them: lower is better in all. No-ships have
# no ship to break or measure.
CHOOSING = {
    "KID": "kid",
    "power spectrum": "spectrum",
    "pixels, W1": "pixels",
    "noise of the sea, W1": "sea",
    "broken ships": "broken",
}
OF_NO_SHIPS = ("KID", "power spectrum")


def look(images: np.ndarray, judge: Reader | None = None, *, ships: bool = True) -> dict[str, np.ndarray]:
    """What rulers read of chips: every view that can be had, by name.

    Args:
        images: uint8 (N, H, H, 3). The spectrum is that of the pixels as they are; for all else chips smaller than 80 pixels
            are enlarged to that. A judge reads none that are larger.
        judge: whose features; None for none.
        ships: whether these are ships, or something else.

    Raises:
        TypeError: pixels that are not uint8.
        ValueError: images that are no squares.

    >>> chips = np.random.default_rng(0).integers(0, 256, (2, 16, 16, 3), np.uint8)
    >>> list(look(chips))
    ['spectrum', 'statistics', 'broken']
    """
    check_images(images)
    seen, side = {}, images.shape[1]
    for name, view in VIEWS.items():
        unfit = (view.needs_judge and judge is None) or (view.of_ships and not ships)
        if unfit or (view.at_most and side > view.at_most):
            continue
        seen[name] = view.of(enlarge(images, view.at_most) if view.at_most else images, judge)
    return seen


def noise_chips(images: np.ndarray, n: int, seed: int) -> np.ndarray:
    """Draw from a generator that is known to be bad: each pixel by itself, normal, with its own mean and spread.

    Args:
        images: what it learns from, uint8 (N, H, W, 3).
        n: how many to draw.
        seed: of the draws.

    >>> chips = np.full((4, 8, 8, 3), 90, np.uint8)  # all the same, so that their spread is 0
    >>> drawn = noise_chips(chips, n=2, seed=0)
    >>> drawn.shape, bool((drawn == 90).all())
    ((2, 8, 8, 3), True)
    """
    check_images(images)
    check_seed(seed)
    rng = np.random.default_rng(seed)
    mean, spread = images.mean(axis=0), images.std(axis=0)
    drawn = (mean + spread * rng.standard_normal(images.shape[1:]) for _ in range(n))
    return np.stack([np.clip(np.rint(chip), 0, 255).astype(np.uint8) for chip in drawn])


def scores(
    real: Mapping[str, np.ndarray],
    fake: Mapping[str, np.ndarray],
    everything: Mapping[str, np.ndarray],
    groups: np.ndarray,
    *,
    rulers: Mapping[str, Ruler] | None = None,
    others: Mapping[str, Mapping[str, np.ndarray]] | None = None,
    splits: int = SPLITS,
    repeats: int = REPEATS,
    seed: int = 0,
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Score chips by every ruler that has a view of them.

    Args:
        real: what `look` gives of the real chips to hold them against, of days that no model has learned from.
        fake: the same of the generated ones.
        everything: the same of all real chips, for the floor.
        groups: what each of those belongs to, its day: no group is on both sides of a split, (N,).
        rulers: which to use, by name; RULERS by default.
        others: the same of other sets, by name; each becomes a column: the train ships, no ships, a bad generator.
        splits: for the floor: as many chips as are real on one side, on the other as many as are fake, or all there are left.
            A ruler of the fake chips alone is held against sets of days with as many as are fake, or as are real if that is
            less, since all real chips but a few would be much the same each time.
        repeats: pairs of halves for the interval (`metrics.interval`).
        seed: of the splits and halves.

    Returns:
        A table, a row a ruler and, below it, a row a part, and what was left out: why, by the ruler's name. Columns: `ruler`;
        `part`, "" for the whole; `unit`; `better`, "lower" or "higher"; `score`; `low`, `high`, the 95 % interval for the luck
        of these chips; `floor`, the median over the splits; `limit`, beyond which the worst 5 % of the splits lie; `rank`,
        the share of the splits that score better; `inside`, whether the score is no worse than the limit; and one for each
        of `others`. NaN where there were too few chips.

    >>> apart = Ruler(lambda real, fake: abs(real.mean() - fake.mean()), "grey")
    >>> everything, days = {"grey": np.arange(20.0)[:, None] % 5}, np.repeat(np.arange(10), 2)
    >>> real, fake = {"grey": everything["grey"][:4]}, {"grey": np.full((4, 1), 9.0)}
    >>> table, left_out = scores(real, fake, everything, days, rulers={"mean": apart}, splits=10, repeats=5)
    >>> table["score"].tolist(), table["inside"].tolist(), left_out
    ([7.5], [False], {})
    """
    rows, left_out = [], {}
    sizes = len(next(iter(real.values()))), len(next(iter(fake.values())))
    others = others or {}
    for name, ruler in (rulers or RULERS).items():
        if ruler.view not in real:
            left_out[name] = (
                "it needs a judge" if ruler.needs_judge else f"it is for ships of at most {SIZE} pixels"
            )
            continue
        seen = (real[ruler.view], fake[ruler.view])
        try:
            values = np.atleast_1d(ruler.score(*seen))
        except ValueError as error:
            left_out[name] = str(error).rstrip(".")
            continue
        low, high = _interval(ruler, *seen, repeats, seed)
        floor = _floor(ruler, everything[ruler.view], groups, sizes, splits, seed)
        columns = {title: _score(ruler, seen[0], other[ruler.view]) for title, other in others.items()}
        for i, part in enumerate(("", *ruler.parts)):
            row = summary(values[i], floor[:, i], ruler.lower_is_better)
            more = {"low": low[i], "high": high[i]} | {title: found[i] for title, found in columns.items()}
            rows.append({"ruler": name, "part": part, "unit": ruler.unit} | row | more)
    order = ["ruler", "part", "unit", "better", "score", "low", "high", "floor", "limit", "rank", "inside"]
    return pd.DataFrame(rows, columns=[*order, *others]), left_out


def limits(
    everything: Mapping[str, np.ndarray],
    groups: np.ndarray,
    sizes: tuple[int, int],
    *,
    rulers: Mapping[str, Ruler] | None = None,
    splits: int = SPLITS,
    seed: int = 0,
) -> dict[str, float]:
    """The limit of each ruler that has a view of real chips, as in `scores`, by its name; NaN where they are too few.

    Args:
        everything: what `look` gives of all real chips.
        groups: what each of them belongs to, its day, (N,).
        sizes: how many real and how many fake chips are to be scored.
        rulers: which to use, by name; RULERS by default.
        splits: of the real chips.
        seed: of the splits.

    >>> apart = Ruler(lambda real, fake: abs(real.mean() - fake.mean()), "grey")
    >>> everything, days = {"grey": np.arange(20.0)[:, None] % 5}, np.repeat(np.arange(10), 2)
    >>> found = limits(everything, days, sizes=(4, 4), rulers={"mean": apart}, splits=10)
    >>> list(found), 0 < found["mean"] < 4
    (['mean'], True)
    """
    found = {}
    for name, ruler in (rulers or RULERS).items():
        if ruler.view in everything:
            floor = _floor(ruler, everything[ruler.view], groups, sizes, splits, seed)[:, 0]
            found[name] = summary(0.0, floor, ruler.lower_is_better)["limit"]
    return found


@dataclass(frozen=True)
class Yardstick:
    """Real chips to hold generators against where one number has to choose: which look of a training, which recipe.

    The number is the mean of some rulers, each in units of the limit that real chips of other days keep; a generator that draws
    as those are is at most about 1. Make one with `yardstick`, or for pictures of anything with `likeness.yardstick`.

    Attributes:
        real: what `look` gives of the real chips.
        limits: what real chips of other days keep, by the name of each ruler.
        rulers: those that count, by name, among others.
        look: what the rulers read of images.

    >>> apart = Ruler(lambda real, fake: abs(real.mean() - fake.mean()), "grey")
    >>> real, read = {"grey": np.array([10.0, 12.0])}, lambda images: {"grey": images.mean(axis=(1, 2, 3))}
    >>> ruler = Yardstick(real, limits={"mean": 4.0}, rulers={"mean": apart}, look=read)
    >>> ruler.score(np.full((2, 8, 8, 3), 13, np.uint8))  # half of what real ones keep
    0.5
    """

    real: Mapping[str, np.ndarray]
    limits: Mapping[str, float]
    rulers: Mapping[str, Ruler]
    look: Callable[[np.ndarray], Mapping[str, np.ndarray]]

    def scores(self, images: np.ndarray) -> pd.DataFrame:
        """Score generated chips: a row a ruler of `limits`, with `score` and `over_limit`, how many times its limit that is.

        Where the limit is 0, or there are too few real chips to know it, that is NaN, which a mean leaves out.

        Args:
            images: uint8 (N, H, H, 3).
        """
        seen, rows = self.look(images), {}
        for name, limit in self.limits.items():
            ruler = self.rulers[name]
            score = float(np.atleast_1d(ruler.score(self.real[ruler.view], seen[ruler.view]))[0])
            rows[name] = {"score": score, "over_limit": score / limit if limit > 0 else np.nan}
        return pd.DataFrame.from_dict(rows, orient="index")

    def score(self, images: np.ndarray) -> float:
        """The one number: the mean of `over_limit`."""
        return float(self.scores(images).over_limit.mean())


def yardstick(chips: ChipSet, days: np.ndarray, judge: Reader, n: int, *, ships: bool = True) -> Yardstick:
    """Measure real chips once, to hold many sets of generated ones against them.

    Args:
        chips: all real ones of a class; they make the limits.
        days: generated chips are held against those of these days.
        judge: whose features.
        n: how many generated chips a set has.
        ships: whether they are ships.
    """
    read = partial(look, judge=judge, ships=ships)
    everything, kept = read(chips.images), np.isin(chips.days, np.unique(days))
    found = limits(everything, chips.days, (int(kept.sum()), n))
    names = [name for name in (CHOOSING if ships else OF_NO_SHIPS) if name in found]
    real = {name: view[kept] for name, view in everything.items()}
    return Yardstick(real, {name: found[name] for name in names}, RULERS, read)


def summary(value: float, floor: np.ndarray, lower_is_better: bool = True) -> dict[str, Any]:
    """Hold a score against what real chips score: its `score`, `better`, `floor`, `limit`, `rank` and `inside`, as in `scores`.

    Args:
        value: the score.
        floor: those of real chips, (splits,); NaN where there are none.
        lower_is_better: whether 0 is best.

    >>> found = summary(1.0, floor=np.array([0.2, 0.4, 0.6, 0.8]))
    >>> found["floor"], found["rank"], found["inside"]
    (0.5, 1.0, False)
    """
    limit = np.quantile(floor, LEVEL if lower_is_better else 1 - LEVEL)
    better = floor < value if lower_is_better else floor > value
    known = bool(np.isfinite(floor).all())
    return {
        "better": "lower" if lower_is_better else "higher",
        "score": float(value),
        "floor": float(np.median(floor)),
        "limit": float(limit),
        "rank": float(better.mean()) if known else float("nan"),
        "inside": bool(value <= limit if lower_is_better else value >= limit) if known else None,
    }


def text(table: pd.DataFrame) -> str:
    """The table of `scores` in lines for a terminal.

    >>> row = {"ruler": "KID", "part": "", "unit": "", "better": "lower", "score": 1.5}
    >>> row |= {"low": 1.2, "high": 1.9, "floor": 0.2, "limit": 0.6, "rank": 1.0, "inside": False}
    >>> print(text(pd.DataFrame([row])))
         score            95 %  floor  limit  rank
    KID  1.500  1.200 to 1.900  0.200  0.600  1.00  outside
    """
    others = list(table.columns[11:])
    head = ["", "score", "95 %", "floor", "limit", "rank", *others, ""]
    lines = [head]
    for row in table.to_dict("records"):
        name = f"  {row['part']}" if row["part"] else row["ruler"]
        arrow = "" if row["better"] == "lower" else " (more is better)"
        word = {True: "inside", False: "outside", None: "no floor"}[row["inside"]]
        low, high = number(row["low"]), number(row["high"])
        between = "-" if low == "-" else f"{low} to {high}"
        rank = "-" if np.isnan(row["rank"]) else f"{row['rank']:.2f}"
        cells = [number(row[key]) for key in ("score", "floor", "limit")]
        rest = [number(row[other]) for other in others]
        lines.append([f"{name}{arrow}", cells[0], between, *cells[1:], rank, *rest, word])
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i in (0, len(head) - 1) else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def number(value: float) -> str:
    """A score in four letters or so; "-" for none.

    >>> number(0.12345), number(12.345), number(123.45), number(float("nan"))
    ('0.123', '12.3', '123', '-')
    """
    if not np.isfinite(value):
        return "-"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.3f}"


def plot(table: pd.DataFrame) -> tuple[Figure, str]:
    """Draw the table of `scores`: the figure, and an alt text.

    Each row has its own unit, the way from the floor's median to its limit: 0 is the median, 1 the limit, and more is worse.
    Rows without a floor are left out. The axis is linear up to 2 and logarithmic beyond.

    Raises:
        ValueError: no row has a floor.

    >>> row = {"ruler": "KID", "part": "", "unit": "", "better": "lower", "score": 1.5}
    >>> row |= {"low": 1.2, "high": 1.9, "floor": 0.2, "limit": 0.6, "rank": 1.0, "inside": False}
    >>> drawing, alt = plot(pd.DataFrame([row, row | {"ruler": "FID", "score": 0.5, "inside": True}]))
    >>> alt
    '2 scores, each against what real chips score: 1 inside; outside KID.'
    """
    from .plots import BLUE, GREEN, ORANGE, PURPLE, VERMILLION, figure

    rows = [row for row in table.to_dict("records") if row["inside"] is not None]
    if not rows:
        raise ValueError(
            "found no row with a floor; expected one. Generate more chips, or bring more real ones."
        )
    marks = list(zip(table.columns[11:], (ORANGE, PURPLE, GREEN, BLUE), "d^sv", strict=False))
    drawing, axes = figure(size=(7.0, 0.9 + 0.27 * len(rows)))
    axes.axvspan(-1, 1, color=GREEN, alpha=0.2, lw=0, label="real against real")
    for height, row in enumerate(rows):
        ends = [_place(row[end], row) for end in ("low", "high")]
        axes.plot(ends, [height, height], color=BLUE, lw=1.5)
        axes.plot(_place(row["score"], row), height, "o", color=BLUE if row["inside"] else VERMILLION)
        for other, colour, mark in marks:
            axes.plot(_place(row[other], row), height, mark, color=colour, ms=4)
    for other, colour, mark in marks:
        axes.plot([], [], mark, color=colour, ms=4, label=other)
    axes.plot([], [], "o", color=BLUE, label="score, inside")
    axes.plot([], [], "o", color=VERMILLION, label="score, outside")
    names = [f"{row['part']}   " if row["part"] else row["ruler"] for row in rows]
    axes.set_xscale("symlog", linthresh=2)
    ticks = [-1, 0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]
    reach = np.nanmax(
        [2.5, *(_place(row[name], row) for row in rows for name in ("score", *table.columns[11:]))]
    )
    shown = [tick for tick in ticks if tick <= reach]
    axes.set(yticks=range(len(rows)), yticklabels=names, ylim=(len(rows) - 0.5, -0.5))
    axes.set_xticks(shown, map(str, shown), minor=False)
    axes.set_xticks([], minor=True)
    axes.set(
        xlim=(-1.3, 1.4 * reach), xlabel="0: the median of real against real; 1: its limit; right is worse"
    )
    drawing.legend(loc="outside upper center", ncols=4, fontsize=9)
    out = [
        row["part"] and f"{row['ruler']} ({row['part']})" or row["ruler"] for row in rows if not row["inside"]
    ]
    count = f"{len(rows)} score{'s, each' if len(rows) > 1 else ','}"
    said = f"{count} against what real chips score: {len(rows) - len(out)} inside"
    return drawing, f"{said}; outside {', '.join(out) or 'none'}."


def _place(value: float, row: dict[str, Any]) -> float:
    """A score on the axis of `plot`; NaN, which is not drawn, where it is missing."""
    worse = 1 if row["better"] == "lower" else -1
    way = (row["limit"] - row["floor"]) or worse  # a floor without width still has a worse side
    return float(np.clip((value - row["floor"]) / way, -1.2, None)) if np.isfinite(value) else float("nan")


def _score(ruler: Ruler, real: np.ndarray, fake: np.ndarray) -> np.ndarray:
    """The numbers of a ruler, NaN where there are too few chips."""
    try:
        return np.atleast_1d(ruler.score(real, fake))
    except ValueError:
        return np.full(1 + len(ruler.parts), np.nan)


def _interval(ruler: Ruler, real: np.ndarray, fake: np.ndarray, repeats: int, seed: int) -> Any:
    try:
        ends = metrics.interval(ruler.score, real, fake, level=LEVEL, repeats=repeats, seed=seed)
        return np.stack([np.atleast_1d(end) for end in ends])
    except ValueError:
        return np.full((2, 1 + len(ruler.parts)), np.nan)


def _floor(
    ruler: Ruler, rows: np.ndarray, groups: np.ndarray, sizes: tuple[int, int], splits: int, seed: int
) -> np.ndarray:
    """The scores of real chips against real ones, (splits, 1 + parts); NaN where they are too few."""
    largest = np.unique(groups, return_counts=True)[1].max(initial=0)  # which a day can add to the first side
    second = min(sizes[1], len(rows) - sizes[0] - largest)
    score, sizes = ruler.score, (sizes[0], second)
    if ruler.of_fake:  # the first side has whole days, the second chips of all the others
        score, sizes = (lambda a, b: ruler.score(b, a)), (min(sizes), 2)
    try:
        found = metrics.floor(score, rows, groups, sizes, splits=splits, seed=seed)
        return found.reshape(splits, -1)
    except ValueError:
        return np.full((1, 1 + len(ruler.parts)), np.nan)


def _grouped(real: np.ndarray, fake: np.ndarray, groups: Mapping[str, tuple[str, ...]]) -> np.ndarray:
    """The mean over groups of the mean distance of their columns; then each group's."""
    straight = [name for part in groups.values() for name in part if name != "heading"]
    at = [COLUMNS.index(name) for name in straight]
    apart = dict(zip(straight, metrics.wasserstein(real[:, at], fake[:, at]), strict=True))
    if "heading" in groups:
        turn = COLUMNS.index("heading")
        apart["heading"] = metrics.circular_wasserstein(real[:, turn], fake[:, turn], 180.0)
    parts = [np.mean([apart[name] for name in part]) for part in groups.values()]
    return np.array([np.mean(parts), *parts])
