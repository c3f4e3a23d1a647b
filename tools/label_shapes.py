"""Label by eye which generated ships are broken: `python tools/label_shapes.py sheets|join`, with the real chips.

`sheets FOLDER` writes, for each of two rounds, numbered sheets of 30 chips in a random order with their sources hidden.
Whoever labels writes a letter a chip, in reading order, a line a sheet, into `FOLDER/round-1.txt` and `round-2.txt`, and
what a third look says of the chips on which they differ into `round-3.txt`, "number letter". `join FOLDER` then writes
`labels.csv` of `book/results/09-how-good-is-it`; its README says what each label means.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image, ImageDraw

from satgan_tutorial import load_chips
from satgan_tutorial.chips import enlarge
from satgan_tutorial.experiments.results import RESULTS

TABLE = RESULTS / "09-how-good-is-it" / "labels.csv"
LETTERS = {"w": "whole", "b": "bent", "y": "branched", "p": "parts", "f": "faint", "n": "none"}
COLUMNS, ROWS, SIDE, GAP = 6, 5, 200, 24
DRAWN = 64  # chips of a sampler and a seed, of which the first are labelled
SAMPLERS = {"book": 24, "conditional": 20}
SEEDS = (101, 102, 103, 104)
RECORDED = {
    "small": ("07-the-training/equal-small.npz", "samples", 64),
    "dcgan": ("07-the-training/equal-dcgan.npz", "samples", 32),
    "activated": ("07-the-training/equal-activated.npz", "samples", 8),
    "post": ("07-the-training/post-*.npz", "samples", 14),
    "ten minutes": ("00-ten-minutes/seed-*.npz", "samples", 20),
    "screen": ("10-few-images/bakeoff/*.npz", "images", 3),
    "peers": ("10-few-images/peers/*.npz", "images", 8),
    "museum": ("08-when-it-goes-wrong/museum-healthy-*.npz", "rows", 6),
}
REAL = 60


def listed() -> pd.DataFrame:
    """The chips to label, a row each: source, file (or the name of shipped weights), seed, index."""
    rows = [(name, name, seed, i) for name, n in SAMPLERS.items() for seed in SEEDS for i in range(n)]
    for source, (pattern, _, n) in RECORDED.items():
        for file in sorted(RESULTS.glob(pattern)):
            rows += [(source, file.relative_to(RESULTS).as_posix(), 1, i) for i in range(n)]
    count = len(load_chips().split(0).test.ships)
    chosen = np.sort(np.random.default_rng(0).choice(count, REAL, replace=False))
    rows += [("real", "test ships", 0, int(i)) for i in chosen]
    return pd.DataFrame(rows, columns=["source", "file", "seed", "index"])


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
        from satgan_tutorial import conditions, models, sampling

        model = models.load(file, "real")
        condition = np.tile(conditions.encode(True), (DRAWN, 1)) if source == "conditional" else None
        return sampling.sample(model, DRAWN, seed, condition)
    key = RECORDED[source][1]
    with np.load(RESULTS / file) as arrays:
        return arrays[key][-1] if key == "rows" else arrays[key]


def order(count: int, which: int) -> np.ndarray:
    """The order in which a round shows the chips."""
    return np.random.default_rng([which, 2027]).permutation(count)


def write_sheets(folder: Path) -> None:
    """Two rounds of sheets, `round-1-00.png` and so on."""
    folder.mkdir(parents=True, exist_ok=True)
    chips = images(listed())
    for which in (1, 2):
        shuffled = order(len(chips), which)
        for sheet, start in enumerate(range(0, len(chips), COLUMNS * ROWS)):
            there = shuffled[start : start + COLUMNS * ROWS]
            _sheet(chips[there]).save(folder / f"round-{which}-{sheet:02}.png")


def _sheet(chips: np.ndarray) -> Image.Image:
    page = Image.new("RGB", (COLUMNS * (SIDE + 6), ROWS * (SIDE + GAP)), "white")
    pen = ImageDraw.Draw(page)
    for k, chip in enumerate(chips):
        left, top = k % COLUMNS * (SIDE + 6), k // COLUMNS * (SIDE + GAP)
        page.paste(Image.fromarray(chip).resize((SIDE, SIDE), Image.Resampling.BICUBIC), (left, top + GAP))
        pen.text((left + 80, top + 2), str(k + 1), "black", font_size=20)
    return page


def read_round(folder: Path, which: int, count: int) -> np.ndarray:
    """The labels of a round, in the order of `listed`."""
    letters = "".join((folder / f"round-{which}.txt").read_text().split())
    if len(letters) != count or set(letters) - set(LETTERS):
        raise SystemExit(
            f"round-{which}.txt: found {len(letters)} letters; expected {count} of {''.join(LETTERS)}."
        )
    labels = np.empty(count, object)
    labels[order(count, which)] = [LETTERS[letter] for letter in letters]
    return labels


def join(folder: Path) -> None:
    """Write the table, and say how well the rounds agree."""
    table = listed()
    for which in (1, 2):
        table[f"label{which}"] = read_round(folder, which, len(table))
    table["label"] = table["label1"].where(table["label1"] == table["label2"])
    third = folder / "round-3.txt"
    for line in third.read_text().splitlines() if third.is_file() else []:
        number, letter = line.split()
        table.loc[int(number), "label"] = LETTERS[letter]
    print(f"kappa of six labels {kappa(table['label1'], table['label2']):.2f}")
    print(f"kappa of whole or not {kappa(table['label1'] == 'whole', table['label2'] == 'whole'):.2f}")
    if len(open_ones := table.index[table["label"].isna()]):
        raise SystemExit(f"round-3.txt: expected a label for {len(open_ones)} chips, {open_ones.tolist()}")
    table.to_csv(TABLE, index=False, lineterminator="\n")


def kappa(a: pd.Series, b: pd.Series) -> float:
    """Cohen's kappa of two rounds: agreement beyond chance, 1 for perfect."""
    together = pd.crosstab(a, b, normalize=True)
    kinds = together.index.union(together.columns)
    together = together.reindex(index=kinds, columns=kinds, fill_value=0)
    chance = (together.sum(axis=0) * together.sum(axis=1)).sum()
    return float((np.trace(together) - chance) / (1 - chance))


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("sheets", "join"):
        raise SystemExit(__doc__)
    {"sheets": write_sheets, "join": join}[sys.argv[1]](Path(sys.argv[2]))
