"""Label by eye which generated ships are broken, and hold the measure to it: `python tools/label_shapes.py STEP FOLDER`.

With the real chips in SATGAN_DATA. The steps:

    sheets  numbered sheets of 30 chips, shuffled, their sources hidden, for each round: `round-1-00.png` and so on
    join    `labels.csv` of `book/results/09-how-good-is-it`, from what was written down, and how well the rounds agree
    choose  the limits of `shapes.py` that do best on the chips of side "choose"
    test    `shapes.csv` there: how many of whom are broken to the eye, to the measure, and to both
    shares  `broken-shares.csv` there: real ships, the same bent or cut or turned, and shipped generators

Whoever labels writes a letter a chip in reading order, a line a sheet, into `FOLDER/ROUND.txt`; `third.txt` says in lines
"number letter" what a third look says of the chips on which two rounds differ. The rounds:

    round-1, round-2    the first batch, in two orders
    grey                150 of it, grey, turned and mirrored, so that none is known again
    second-1, second-2  the second batch, labelled when the measure had been tried on the first; then turned, with 98 others
    last-1, last-2      the last batch, labelled when the limits were what they are; then turned

The README there says what each label means.
"""

import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from PIL import Image, ImageDraw
from scipy import ndimage

from satgan_tutorial import appearance, load_chips, shapes
from satgan_tutorial.chips import enlarge, symmetry
from satgan_tutorial.experiments.results import RESULTS
from satgan_tutorial.files import checkout
from satgan_tutorial.sources import simulate

if TYPE_CHECKING:
    import keras

TABLE = RESULTS / "09-how-good-is-it" / "labels.csv"
SHARES = RESULTS / "09-how-good-is-it" / "broken-shares.csv"
RESULT = RESULTS / "09-how-good-is-it" / "shapes.csv"
LETTERS = {"w": "whole", "b": "bent", "y": "branched", "p": "parts", "f": "faint", "n": "none"}
Y, X = np.mgrid[:80, :80] - 39.5
COLUMNS, ROWS, SIDE, GAP = 6, 5, 200, 24
ALARMS = 0.03  # of real train ships, at most
DRAWN = 64  # chips of a sampler and a seed, of which the first are labelled
SAMPLERS = {"book": 24, "conditional": 20}
WEIGHTS = {
    "book": "31690f9",
    "conditional": "4bc22b5",
}  # commits with the weights, of the first edition, that were labelled
SEEDS = (101, 102, 103, 104), (105, 106), (107, 108, 109)  # of the first, second and last batch
RECORDED = {  # files, their array, its seed, and which chips of each to label in each batch
    "small": ("07-the-training/equal-small.npz", "samples", 1, (range(64), (), ())),
    "dcgan": ("07-the-training/equal-dcgan.npz", "samples", 1, (range(32), range(32, 56), range(56, 64))),
    "activated": ("07-the-training/equal-activated.npz", "samples", 1, (range(8), (), ())),
    "post": ("07-the-training/post-*.npz", "samples", 1, (range(14), (), ())),
    "ten minutes": ("00-ten-minutes/seed-*.npz", "samples", None, (range(20), range(20, 28), range(28, 32))),
    "screen": ("10-few-images/bakeoff/*.npz", "images", 0, (range(3), (3,), (4, 5))),
    "peers": ("10-few-images/peers/*.npz", "images", 0, (range(8), (), ())),
    "museum": ("08-when-it-goes-wrong/labelled-healthy-*.npz", "rows", 0, (range(6), (), ())),
}
REAL = 60, 30, 40


def listed() -> pd.DataFrame:
    """The chips to label, a row each: batch, source, file (or the name of weights), seed, index, side."""
    count = len(load_chips().split(0).test.ships)
    real = [np.random.default_rng(0).choice(count, REAL[0], replace=False)]
    for batch in (1, 2):
        others = np.setdiff1d(np.arange(count), np.concatenate(real))
        real.append(np.random.default_rng(batch).choice(others, REAL[batch], replace=False))
    rows = [(batch, *row) for batch in range(3) for row in _batch(batch, real[batch])]
    table = pd.DataFrame(rows, columns=["batch", "source", "file", "seed", "index"])
    return table.assign(side=_sides(table))


def _batch(batch: int, real: np.ndarray) -> list[tuple]:
    rows = [(name, name, seed, i) for name, n in SAMPLERS.items() for seed in SEEDS[batch] for i in range(n)]
    for source, (pattern, _, seed, chosen) in RECORDED.items():
        for file in sorted(RESULTS.glob(pattern)):
            of = int(file.stem[-1]) if seed is None else seed
            rows += [(source, file.relative_to(RESULTS).as_posix(), of, i) for i in chosen[batch]]
    return rows + [("real", "test ships", 0, int(i)) for i in np.sort(real)]


def _sides(table: pd.DataFrame) -> list[str]:
    """Sheets of the first batch by turns on one side or the other, so that no sheet is on both; real ships only test."""
    sides, seen = [], {}
    for batch, source, file, seed in table[["batch", "source", "file", "seed"]].itertuples(index=False):
        sheets = seen.setdefault(source, [])
        if (file, seed) not in sheets:
            sheets.append((file, seed))
        test = source in ("real", "dcgan", "activated") or sheets.index((file, seed)) % 2
        first = "test" if test else "choose"
        sides.append((first, "test" if source == "real" else "choose", "last")[batch])
    return sides


def images(table: pd.DataFrame) -> np.ndarray:
    """The chips of a table's rows: uint8 (N, 80, 80, 3), those of 40 pixels enlarged."""
    found = np.empty((len(table), 80, 80, 3), np.uint8)
    for (source, file, seed), rows in table.groupby(["source", "file", "seed"]):
        at = rows["index"].to_numpy()
        found[table.index.get_indexer(rows.index)] = enlarge(_of(source, file, seed)[at], 80)
    return found


def _of(source: str, file: str, seed: int) -> np.ndarray:
    if source == "real":
        return load_chips().split(0).test.ships.images
    if source in SAMPLERS:
        return _draw(_labelled(file), file, DRAWN, seed)
    key = RECORDED[source][1]
    with np.load(RESULTS / file) as arrays:
        return arrays[key][-1] if key == "rows" else arrays[key]


@cache
def _labelled(name: str) -> "keras.Model":
    """The weights whose chips were labelled, from the history of this repository: others ship today."""
    from satgan_tutorial import models

    place = f"{WEIGHTS[name]}:satgan_tutorial/pretrained/{name}-real.keras"
    stored = subprocess.run(["git", "show", place], cwd=checkout(), capture_output=True, check=True).stdout
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{name}.keras"
        file.write_bytes(stored)
        return models.read(file)


def _draw(sampler: "keras.Model", name: str, n: int, seed: int) -> np.ndarray:
    from satgan_tutorial import conditions, sampling

    return sampling.sample(sampler, n, seed, conditions.encode(True) if name == "conditional" else None)


def rounds(table: pd.DataFrame) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """What each round shows: rows of the table in their order, and how each chip is turned, 0 for not at all."""
    first, second, last = (np.flatnonzero(table["batch"] == batch) for batch in range(3))
    plain = {"round-1": (first, 1), "round-2": (first, 2), "second-1": (second, 3), "last-1": (last, 4)}
    shown = {}
    for name, (rows, seed) in plain.items():
        order = np.random.default_rng([seed, 2027]).permutation(len(rows))
        shown[name] = rows[order], np.zeros(len(rows), int)
    rng = np.random.default_rng(77)
    shown["grey"] = rng.choice(len(first), 150, replace=False), rng.integers(1, 8, 150)
    rng = np.random.default_rng(79)
    others = np.sort(
        rng.choice(np.flatnonzero((table["batch"] == 0) & (table["side"] == "test")), 98, replace=False)
    )
    rows = np.concatenate([second, others])
    shown["second-2"] = rows[rng.permutation(len(rows))], rng.integers(1, 8, len(rows))
    rng = np.random.default_rng(80)
    shown["last-2"] = last[rng.permutation(len(last))], rng.integers(1, 8, len(last))
    return shown


def write_sheets(folder: Path) -> None:
    """All rounds' sheets."""
    folder.mkdir(parents=True, exist_ok=True)
    table = listed()
    chips = images(table)
    for name, (rows, how) in rounds(table).items():
        page = np.stack([symmetry(chips[row : row + 1], int(k))[0] for row, k in zip(rows, how, strict=True)])
        if name == "grey":
            page = np.repeat(page.mean(axis=3, keepdims=True), 3, axis=3).round().astype(np.uint8)
        for sheet, start in enumerate(range(0, len(page), COLUMNS * ROWS)):
            _sheet(page[start : start + COLUMNS * ROWS]).save(folder / f"{name}-{sheet:02}.png")


def _sheet(chips: np.ndarray) -> Image.Image:
    page = Image.new("RGB", (COLUMNS * (SIDE + 6), ROWS * (SIDE + GAP)), "white")
    pen = ImageDraw.Draw(page)
    for k, chip in enumerate(chips):
        left, top = k % COLUMNS * (SIDE + 6), k // COLUMNS * (SIDE + GAP)
        page.paste(Image.fromarray(chip).resize((SIDE, SIDE), Image.Resampling.BICUBIC), (left, top + GAP))
        pen.text((left + 80, top + 2), str(k + 1), "black", font_size=20)
    return page


def read_round(folder: Path, name: str, rows: np.ndarray) -> pd.Series:
    """The labels of a round, by row of the table."""
    letters = "".join((folder / f"{name}.txt").read_text().split())
    if len(letters) != len(rows) or set(letters) - set(LETTERS):
        raise SystemExit(
            f"{name}.txt: found {len(letters)} letters; expected {len(rows)} of {''.join(LETTERS)}."
        )
    return pd.Series([LETTERS[letter] for letter in letters], index=rows)


def join(folder: Path) -> None:
    """Write the table, and say how well the rounds agree."""
    table = listed()
    read = {name: read_round(folder, name, rows) for name, (rows, _) in rounds(table).items()}
    table["label1"] = pd.concat([read["round-1"], read["second-1"], read["last-1"]])
    second = read["second-2"]
    table["label2"] = pd.concat([read["round-2"], second[table["batch"][second.index] == 1], read["last-2"]])
    table["grey"] = read["grey"]
    table["label"] = table["label1"].where(table["label1"] == table["label2"])
    for line in (folder / "third.txt").read_text().splitlines():
        number, letter = line.split()
        if int(number) not in table.index or letter not in LETTERS:
            raise SystemExit(
                f"third.txt: found {line!r}; expected a number from 0 to {len(table) - 1} and one of {''.join(LETTERS)}."
            )
        table.loc[int(number), "label"] = LETTERS[letter]
    for batch, there in table.groupby("batch"):
        _agree(f"batch {batch}", there["label1"], there["label2"])
    _agree("grey", *(table.dropna(subset="grey")[name] for name in ("label1", "grey")))
    if len(left := table.index[table["label"].isna()]):
        raise SystemExit(f"third.txt: expected a label for {len(left)} more chips, {left.tolist()}")
    table.drop(columns="batch").to_csv(TABLE, index=False, lineterminator="\n")


def _agree(name: str, a: pd.Series, b: pd.Series) -> None:
    whole = kappa(a == "whole", b == "whole")
    print(f"{name}: {len(a)} chips, kappa {kappa(a, b):.2f}, of whole or not {whole:.2f}")


def kappa(a: pd.Series, b: pd.Series) -> float:
    """Cohen's kappa of two rounds: agreement beyond chance, 1 for perfect."""
    together = pd.crosstab(a, b, normalize=True)
    kinds = together.index.union(together.columns)
    together = together.reindex(index=kinds, columns=kinds, fill_value=0)
    chance = (together.sum(axis=0) * together.sum(axis=1)).sum()
    return float((np.trace(together) - chance) / (1 - chance))


def choose(folder: Path) -> None:
    """The limits that find most of what is broken on side "choose", with few of the train ships among it."""
    table = pd.read_csv(TABLE).query("side == 'choose'").reset_index(drop=True)
    wrong = (table["label"] != "whole").to_numpy()
    real = shapes.every_mask(load_chips().split(0).train.ships.images)
    numbers, signs = shapes.every_mask(images(table)), np.array([1, -1, -1])

    def cost(limits: np.ndarray) -> float:
        called, alarms = (((x - limits) * signs > 0).any(axis=2).all(axis=1) for x in (numbers, real))
        return 1 - _f1(called, wrong) + 5 * max(0.0, alarms.mean() - ALARMS)

    grids = [np.linspace(*ends, 46) for ends in ((0.003, 0.012), (0.45, 0.9), (20, 65))]
    best, rng = (np.inf, None), np.random.default_rng(0)
    for _ in range(8):  # starts; each limit in turn takes its best value
        limits = np.array([rng.choice(grid) for grid in grids])
        for k in np.tile(range(3), 4):
            tried = np.tile(limits, (len(grids[k]), 1))
            tried[:, k] = grids[k]
            limits = tried[int(np.argmin([cost(x) for x in tried]))]
        best = min(best, (cost(limits), limits.round(4).tolist()))
    print(f"bend, bar, length: {best[1]}, F1 {1 - best[0]:.3f}")


def _f1(called: np.ndarray, wrong: np.ndarray) -> float:
    return 2 * (called & wrong).sum() / (called.sum() + wrong.sum())


def test(folder: Path) -> None:
    """Say and write how the limits do on chips that did not choose them, side by side and source by source."""
    table = pd.read_csv(TABLE)
    table["called"] = shapes.broken(images(table))
    rows = []
    for side in ("choose", "test", "last"):
        there = table[table["side"] == side]
        rows.append((side, "generated", *_row(there[there["source"] != "real"])))
        rows += [(side, name, *_row(of)) for name, of in there.groupby("source", sort=False)]
    columns = ["side", "source", "chips", "broken", "called", "both"]
    frame = pd.DataFrame(rows, columns=columns)
    frame.to_csv(RESULT, index=False, lineterminator="\n")
    for row in frame.itertuples():
        ends = [f"{interval(row.both, n)}" for n in (row.called, row.broken)]
        print(
            f"{row.side:7}{row.source:12}{row.chips:4}{row.broken:4} broken{row.called:4} called  P {ends[0]}  R {ends[1]}"
        )
    print(table[table["side"] == "last"].groupby("label")["called"].agg(["mean", "size"]))


def _row(table: pd.DataFrame) -> tuple[int, ...]:
    wrong = table["label"] != "whole"
    return len(table), int(wrong.sum()), int(table["called"].sum()), int((wrong & table["called"]).sum())


def interval(part: int, whole: int) -> str:
    """A share and its 95 % interval after Wilson, in percent."""
    if not whole:
        return "-"
    share, z = part / whole, 1.96
    middle = (share + z * z / 2 / whole) / (1 + z * z / whole)
    half = z * np.sqrt(share * (1 - share) / whole + (z / 2 / whole) ** 2) / (1 + z * z / whole)
    return f"{100 * share:.0f} ({100 * (middle - half):.0f} to {100 * (middle + half):.0f})"


def shares(_: Path) -> None:
    """Write the share of broken ships: of real ones, of these bent, cut, turned and dimmed, and of shipped generators."""
    from satgan_tutorial import models

    split = load_chips().split(0)
    real = split.test.ships.images
    seen = {
        "train ships": split.train.ships.images,
        "validation ships": split.validation.ships.images,
        "test ships": real,
        "test no-ships": split.test.no_ships.images,
        "simulated ships": simulate.draw_chips(1000, seed=0, label=1).images,
    }
    seen |= {f"test ships bent by {sag} pixels": _bent(real, sag) for sag in (2, 4, 6)}
    seen |= {f"test ships with a gap of {gap} pixels": _gap(real, gap) for gap in (4, 8)}
    seen |= {f"test ships in symmetry {k}": symmetry(real, k) for k in range(1, 8)}
    seen |= {
        f"test ships at {x} of their light": (real * x).clip(0, 255).astype(np.uint8) for x in (0.7, 1.3)
    }
    for source in ("real", "simulated"):
        for name in SAMPLERS:
            for seed in (7, 201, 202):
                seen[f"{name}-{source}, seed {seed}"] = _draw(models.load(name, source), name, 1000, seed)
    table = pd.DataFrame([(name, len(x), shapes.share_broken(x)) for name, x in seen.items()])
    table.to_csv(
        SHARES, index=False, header=["ships", "chips", "share"], lineterminator="\n", float_format="%.4f"
    )
    print(table.to_string(index=False, header=False))


def _gap(chips: np.ndarray, wide: float) -> np.ndarray:
    """Ships with a gap across the middle, filled with the sea of another place in the chip."""
    cut = chips.copy()
    for chip, angle in zip(cut, _angles(chips), strict=True):
        there = np.abs(X * np.sin(angle) - Y * np.cos(angle)) < wide / 2
        chip[there] = np.roll(chip, 40, axis=0 if abs(np.cos(angle)) < 0.7 else 1)[there]
    return cut


def _bent(chips: np.ndarray, sag: float) -> np.ndarray:
    """Ships whose middle is moved across by `sag` pixels against two places 33 pixels along to either side."""
    made = []
    for chip, angle in zip(chips, _angles(chips), strict=True):
        across = sag * (1 - ((X * np.sin(angle) - Y * np.cos(angle)) / 33) ** 2)
        at = [Y + 39.5 - across * np.sin(angle), X + 39.5 - across * np.cos(angle)]
        bands = [
            ndimage.map_coordinates(band.astype(float), at, order=1, mode="reflect")
            for band in np.moveaxis(chip, 2, 0)
        ]
        made.append(np.stack(bands, axis=-1))
    return np.stack(made).round().astype(np.uint8)


def _angles(chips: np.ndarray) -> np.ndarray:
    return np.radians(appearance.measure(chips)["heading"].fillna(0))


STEPS = {"sheets": write_sheets, "join": join, "choose": choose, "test": test, "shares": shares}

if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in STEPS:
        raise SystemExit(__doc__)
    STEPS[sys.argv[1]](Path(sys.argv[2]))
