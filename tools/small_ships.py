"""Write the ships that a GAN learns in the page: `python tools/small_ships.py`; `make book` runs it.

They are ships of the book's own train chips, real or simulated, shrunk to 24 x 24 pixels. Real chips may not be committed,
so git ignores the script.
"""

import base64
import json
import sys
from pathlib import Path

import numpy as np

from satgan_tutorial import chips, load_chips

FILE = Path(__file__).resolve().parents[1] / "book" / "_static" / "ships" / "chips.js"
SIDE, MOST, SEED = 24, 400, 0  # pixels; ships, so that a page stays below a megabyte; of their order


def small(chip_set):
    """Return at most 400 of the train ships in any order, uint8 (N, 24, 24, 3)."""
    ships = chip_set.split().train.ships.images
    order = np.random.default_rng(SEED).permutation(len(ships))[:MOST]
    return chips.shrink(ships[order], SIDE)


def script(images, source):
    """Return them as a classic script, which a page may load from a folder: of each chip one channel after the other."""
    pixels = base64.b64encode(np.ascontiguousarray(images.transpose(0, 3, 1, 2))).decode()
    return f"satgan.shipChips = {json.dumps({'source': source, 'pixels': pixels})};\n"


def main():
    """Write the script, and return what to exit with."""
    chip_set = load_chips(say=lambda line: None)
    text = script(small(chip_set), chip_set.source)
    if not FILE.exists() or FILE.read_text("utf-8") != text:
        FILE.write_text(text, "utf-8")
        print(f"Ships to learn in the page: {len(text) / 1e6:.2f} MB, {chip_set.source}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
