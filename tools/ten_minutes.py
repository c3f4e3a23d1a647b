"""Record what the program of chapter 0 draws: `python tools/ten_minutes.py`, with the real chips, two minutes a seed.

It runs the chapter's own cells, those tagged `program`, so what is recorded is what a reader gets. The rows of seed 0 are
also the picture that moves on the first page, `book/_static/noise-to-ship.jpg`, and the README's, `noise-to-ship.webp` and `strip.jpg`.
"""

import csv
import re
import sys
import time
from pathlib import Path

import nbformat
import numpy as np
from PIL import Image

from satgan_tutorial import load_chips
from satgan_tutorial.chips import enlarge
from satgan_tutorial.judge import Judge

ROOT = Path(__file__).resolve().parents[1]
CHAPTER = ROOT / "book" / "start" / "00-ten-minutes.ipynb"
FOLDER = ROOT / "book" / "results" / "00-ten-minutes"
PICTURES = ROOT / "book" / "_static"
SEEDS = range(3)
FRAMES = 25


def main() -> None:
    """Train with each seed; keep rows of the training, 32 ships at its end, and how many the judge calls ships."""
    judge, table = Judge(load_chips().source), []
    for seed in SEEDS:
        begun = time.process_time()
        frames, rows, ships = record(seed)
        took = time.process_time() - begun
        np.savez_compressed(
            FOLDER / f"seed-{seed}.npz",
            steps=np.array(list(rows)),
            rows=np.stack(list(rows.values())),
            samples=ships,
        )
        called = int((judge.probability(enlarge(ships, 80)) > 0.5).sum())
        table.append({"seed": seed, "called_ships": called, "core_seconds": round(took)})
        print(table[-1], flush=True)
        if seed == 0:
            moving = [frames[round(k)] for k in np.linspace(0, len(frames) - 1, FRAMES)]
            write_rows(PICTURES / "noise-to-ship.jpg", moving)
            write_rows(PICTURES / "strip.jpg", list(rows.values()))
            write_film(PICTURES / "noise-to-ship.jpg")
    with open(FOLDER / "seeds.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, table[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)


def record(seed: int) -> tuple[list, dict, np.ndarray]:
    """Run the program with a seed: the frames for the first page, the rows that the chapter shows, and 32 ships."""
    cells = [cell.source for cell in nbformat.read(CHAPTER, as_version=4).cells if "program" in tags(cell)]
    program = "\n".join(cells).replace("SEED = 0", f"SEED = {seed}")
    more = "{0, *np.geomspace(1, STEPS, 30).astype(int)}"
    program = re.sub(r"LOOKS = (\[.*\])", rf"CHAPTER = \1\nLOOKS = {{*CHAPTER, *{more}}}", program)
    here = {"load_chips": load_chips, "look": lambda steps, rows: None}
    exec(program, here)  # noqa: S102  (the chapter's own cells)
    rows = dict(zip(here["steps"], here["rows"], strict=True))
    return list(rows.values()), {step: rows[step] for step in here["CHAPTER"]}, here["mine"]


def tags(cell: nbformat.NotebookNode) -> list[str]:
    """The tags of a cell."""
    return cell.metadata.get("tags", [])


def write_rows(path: Path, rows: list[np.ndarray]) -> None:
    """Put rows of eight pictures below each other, at twice their size."""
    sheet = np.concatenate([np.concatenate(list(enlarge(row, 80)), axis=1) for row in rows])
    Image.fromarray(sheet).save(path, quality=88, subsampling=0, optimize=True)


def write_film(sheet: Path) -> None:
    """Show the rows of a sheet one after the other, the last for long: a film beside it, for the README."""
    rows = Image.open(sheet)
    height = rows.width // 8
    frames = [rows.crop((0, top, rows.width, top + height)) for top in range(0, rows.height, height)]
    times = [200] * (len(frames) - 1) + [3000]
    frames[0].save(
        sheet.with_suffix(".webp"),
        save_all=True,
        append_images=frames[1:],
        duration=times,
        loop=0,
        quality=70,
        method=6,
    )


if __name__ == "__main__":
    sys.exit(main())
