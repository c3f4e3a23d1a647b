"""Score real chips as `record.py` scores generated ones: `python tools/real_ships.py`, with SATGAN_DATA the real ones.

Leaves `book/results/07-the-training/real.csv`: for chips as they are and shrunk to 40 pixels, the mean and the standard deviation of each score
over DRAWS random draws, each of as many chips as a look of `record.py` generates: of train ships, which is what a
generator that repeats its training ships would score, of test ships and of test no-ships. A chapter compares with these
wherever it runs, since not every reader has the real chips.
"""

import numpy as np
import pandas as pd
from record import HERE, SCORED, scores

from satgan_tutorial import load_chips
from satgan_tutorial.chips import shrink
from satgan_tutorial.judge import Judge

DRAWS = 20


def main():
    """Draw, score, write."""
    chips = load_chips()
    split, judge = chips.split(0), Judge(chips.source)
    if chips.source != "real":
        raise SystemExit("found simulated chips; set SATGAN_DATA to the real.")
    kinds = {
        "train ships": split.train.ships,
        "test ships": split.test.ships,
        "test no-ships": split.test.no_ships,
    }
    rng, rows = np.random.default_rng(0), []
    for side in (40, 80):
        score = scores(shrink(split.validation.ships.images, side), judge)
        for kind, members in kinds.items():
            images = shrink(members.images, side)
            draws = [images[rng.choice(len(images), SCORED, replace=False)] for _ in range(DRAWS)]
            for name, of in score.items():
                values = [float(of(draw)) for draw in draws]
                rows.append((side, kind, name, np.mean(values), np.std(values)))
    table = pd.DataFrame(rows, columns=["side", "chips", "score", "mean", "deviation"])
    about = f"# {DRAWS} draws of {SCORED} real chips; kid against "
    about += f"{len(split.validation.ships)} validation ships; {judge.name}\n"
    text = about + table.to_csv(index=False, float_format="%.4f")
    (HERE / "real.csv").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
