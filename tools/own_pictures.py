"""Record two longer trainings on the pictures of "Your own pictures": `python tools/own_pictures.py`.

Each is the page's own command with more steps: `many` learns from the folder that the page draws, `few` from a small one.
Kept are the log, some rows of samples, pictures of each class in turn, and of `few` the pictures that it learned from.
"""

import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from satgan_tutorial.__main__ import main as satgan
from satgan_tutorial.callbacks import read_samples
from satgan_tutorial.experiments import from_above
from satgan_tutorial.sources import load_pictures

FOLDER = Path(__file__).resolve().parents[1] / "book" / "results" / "your-own-pictures"
SIZE = 32  # pixels a side
DRAWN = 96  # pictures, the classes in turn


class Run(NamedTuple):
    """How many pictures of each kind, their seed, how many steps, and the steps whose samples are kept."""

    pictures: int
    seed: int
    steps: int
    shown: tuple[int, ...]


RUNS = {"many": Run(240, 0, 6000, (0, 300, 1000, 2000, 6000)), "few": Run(16, 1, 3000, (0, 300, 1000, 3000))}


def main() -> None:
    """Make both, and say how long each took."""
    FOLDER.mkdir(exist_ok=True)
    for name, run in RUNS.items():
        begun = time.process_time()
        with tempfile.TemporaryDirectory() as place:
            train(name, run, Path(place))
        print(f"{name}: {(time.process_time() - begun) / 60:.0f} core minutes")


def train(name: str, run: Run, place: Path) -> None:
    """Draw the folder, train, generate, and keep what the page shows."""
    pictures, out, drawn = (
        from_above.draw(place / "above", run.pictures, run.seed),
        place / "run",
        place / "drawn.npy",
    )
    how = (
        f"--images {pictures} --image-size {SIZE} --turn --by-class --steps {run.steps} --seed 0 --out {out}"
    )
    for line in (f"train small {how}", f"generate {out} -n {DRAWN} --seed 0 --out {drawn}"):
        satgan.main(line.split(), standalone_mode=False)
    keep(name, run, out, np.load(drawn), load_pictures(pictures, size=SIZE).split(0).train.images)


def keep(name: str, run: Run, out: Path, drawn: np.ndarray, learned: np.ndarray) -> None:
    """Write a run's table and its pictures."""
    log = pd.read_csv(out / "log.csv")
    log[log.step % 100 == 0].to_csv(FOLDER / f"{name}.csv", index=False, float_format="%.4g")
    rows = dict(zip(*read_samples(out / "samples"), strict=True))
    kept = {
        "images": drawn,
        "steps": np.array(run.shown),
        "rows": np.stack([rows[step] for step in run.shown]),
    }
    if name == "few":  # the page draws the others itself
        kept["learned"] = learned
    np.savez_compressed(FOLDER / f"{name}.npz", **kept)


if __name__ == "__main__":
    main()
