"""Write the chips that the page "Can you tell?" shows: `python tools/tell.py`; `make book` runs it before pages are built.

`chips.js`, a classic script beside `_static/tell/trial.js`, has all pairs of one real and one generated ship in a lossless
picture, whole and shrunk to fewer pixels as networks were shown them, and what chapter 9's rulers say of the same generators.
The real ones are ships of the test days, which no shipped generator has learned from, one a place and day; they and the noise
follow from a seed, and nobody picks. Git ignores the script, since real chips are in it where the book is built with them; it
is written again where something that it depends on has changed.

`python tools/tell.py still` writes `_static/tell-pairs.png`, six numbered pairs for readers without scripts. They are
simulated and generated from simulated ones whatever the book is built with, so the picture may be committed. It is to be
written again when weights for simulated chips change.
"""

import base64
import hashlib
import io
import json
import sys
from pathlib import Path

import keras
import numpy as np
import pandas as pd
from PIL import Image, ImageDraw, ImageFont

from satgan_tutorial import conditions, load_chips, models, sampling
from satgan_tutorial.chips import PIXEL, SIZE, ChipSet, shrink

ROOT = Path(__file__).resolve().parents[1]
STATIC = ROOT / "book" / "_static"
RECORDS = ROOT / "book" / "results" / "09-how-good-is-it"
# The generators that the page asks about, where they are shipped: what it calls them, and what it says of them, with a link as
# (words, the text of the link, its address, words).
GENERATORS = {
    "book": ("the GAN", ("the one that runs in ", "Explore the generator", "explorer.html", ".")),
    "conditional": (
        "the conditional GAN",
        ("made by the method of ", "chapter 11", "11-on-demand.html", "; it is told what to draw."),
    ),
    "flow": (
        "the flow",
        ("made by the method of ", "chapter 15", "../after/15-from-noise-to-ship.html", ", which is no GAN."),
    ),
}
PAIRS, PRACTICE = 80, 2  # at most so many pairs
TRIALS = 40  # in one go (rules.js)
SEED = 9  # of the real ships and of the noise
SIZES = (80, 40, 20)  # pixels at which chips can be seen (rules.js)
APART = SIZE * PIXEL  # metres; where chips of one day lie closer, the ship of one may be seen in the other
COLUMNS = 16  # of the picture that holds all chips
STILL = 6  # pairs without scripts


def main(folder: Path = STATIC / "tell") -> None:
    """Write the script for the chips of this book; leave it where nothing has changed."""
    chips = load_chips(say=lambda line: None)
    head = f"// Pairs of {chips.source} and generated chips, {fingerprint(chips)}\n"
    file = folder / "chips.js"
    if len(real(chips)) < TRIALS + PRACTICE:
        file.unlink(missing_ok=True)
        print(
            f"Can you tell?: found {len(real(chips))} test ships, expected {TRIALS + PRACTICE}; the page stays a picture."
        )
        return
    if file.exists() and file.read_text("utf-8").startswith(head):
        return
    size = write(file, content(chips), head)
    print(f"Can you tell?: {size / 1e6:.1f} MB, pairs of {chips.source} and generated chips")


def write(file: Path, value: dict, head: str = "") -> int:
    """Write a value as a classic script, which a page may load from a folder; return how many bytes it has."""
    return file.write_text(f"{head}tell.chips = {json.dumps(value, separators=(',', ':'))};\n", "utf-8")


def fingerprint(chips: ChipSet) -> str:
    """Hash all that the script depends on."""
    digest = hashlib.sha256(f"{keras.__version__} {np.__version__} {edition(chips)}".encode())
    for file in (Path(__file__), RECORDS / "panel.csv", RECORDS / "told-apart.csv"):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def edition(chips: ChipSet) -> int:
    """A number of 15 bits that a result carries, so that it is read beside the same pairs: below 32768.

    It names the real ships, the weights and the seed, not the pixels, which may differ by a level between machines.
    """
    digest = hashlib.sha256(f"{chips.source} {PAIRS} {PRACTICE} {SEED}".encode())
    digest.update(" ".join(real(chips).names).encode())
    for name in generators(chips.source):
        digest.update(name.encode() + models.path(name, chips.source).read_bytes())
    return int.from_bytes(digest.digest()[:2], "big") >> 1


def generators(source: str) -> list[str]:
    """The names of the generators that are shipped for these chips."""
    return [name for name in GENERATORS if f"{name}-{source}" in models.shipped()]


def real(chips: ChipSet) -> ChipSet:
    """The real ships of all pairs: of the test days, one a place and day, up to a limit, drawn without picking."""
    ships = chips.split(0).test.ships
    ships = ships[np.random.default_rng(SEED).permutation(len(ships))]
    return ships[alone(ships.locations, ships.days)][: PAIRS + PRACTICE]


def alone(locations: np.ndarray, days: np.ndarray) -> list[int]:
    """Which chips to keep so that no two of one day overlap: the first of those that do."""
    lon, lat = np.radians(locations).T
    metres = 6371e3 * np.stack([lon * np.cos(lat), lat], axis=1)
    kept: list[int] = []
    for i, day in enumerate(days):
        same = [j for j in kept if days[j] == day]
        if np.all(np.hypot(*(metres[same] - metres[i]).T) >= APART):
            kept.append(i)
    return kept


def generated(source: str, count: int) -> np.ndarray:
    """The generated ships of some pairs, uint8 (count, 80, 80, 3): pair i is by generator i modulo their number."""
    names, drawn = generators(source), []
    n = -(-count // len(names))
    for name in names:
        sampler = models.read_sampler(models.path(name, source))
        condition = conditions.encode(True) if len(sampler.inputs) > 1 else None
        drawn.append(sampling.sample(sampler, n, SEED, condition))
    return np.stack(drawn, axis=1).reshape(-1, SIZE, SIZE, 3)[:count]


def pairs(ships: ChipSet) -> np.ndarray:
    """Put a generated ship beside each real one: uint8 (N, 2, 80, 80, 3), the real one first."""
    return np.stack([ships.images, generated(ships.source, len(ships))], axis=1)


def content(chips: ChipSet) -> dict:
    """What the page needs, ready for JSON: chip 2i of the picture is the real one of pair i, chip 2i + 1 the generated one.

    The pairs for practice come last.
    """
    images = pairs(real(chips))
    flat = images.reshape(-1, SIZE, SIZE, 3)
    return {
        "source": chips.source,
        "edition": edition(chips),
        "generators": [
            {"name": name, "words": words, "about": about, **rulers(name, chips.source)}
            for name in generators(chips.source)
            for words, about in [GENERATORS[name]]
        ],
        "pairs": len(images) - PRACTICE,
        "practice": PRACTICE,
        "size": SIZE,
        "columns": COLUMNS,
        "pictures": {side: picture(sheet(shrink(flat, side), COLUMNS)) for side in SIZES},
    }


def rulers(name: str, source: str) -> dict:
    """What was recorded of a generator: `kid` and `apart`, the AUC of a network at several sizes; None where nothing was.

    The records are of generators for real chips, so there are none for the others.
    """
    if source != "real":
        return {"kid": None, "apart": None}
    panel, apart = pd.read_csv(RECORDS / "panel.csv"), pd.read_csv(RECORDS / "told-apart.csv")
    kid = panel[(panel["set"] == name) & (panel["ruler"] == "KID")]
    apart = apart[apart["set"] == name].sort_values("pixels")
    return {
        "kid": kid[["score", "low", "high", "limit"]].iloc[0].to_dict() if len(kid) else None,
        "apart": apart[["pixels", "auc", "low", "high"]].to_dict("records") or None,
    }


def sheet(images: np.ndarray, columns: int, gap: int = 0) -> np.ndarray:
    """Lay chips out row by row, uint8; where there is a gap it is white, as is what is left of the last row."""
    side = images.shape[1]
    rows, step = -(-len(images) // columns), side + gap
    out = np.full((rows * step - gap, columns * step - gap, 3), 255, np.uint8)
    for i, image in enumerate(images):
        top, left = i // columns * step, i % columns * step
        out[top : top + side, left : left + side] = image
    return out


def picture(image: np.ndarray) -> str:
    """Write pixels as a data address. It is lossless, since a loss would smooth the grain by which one may tell."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, "WEBP", lossless=True, quality=100, method=6)
    return f"data:image/webp;base64,{base64.b64encode(file.getvalue()).decode()}"


def numeral(number: int) -> np.ndarray:
    """A number in a white margin as high as a chip, uint8 (80, 30, 3), in letters that are pixels on every machine."""
    margin = Image.new("RGB", (15, SIZE // 2), "white")
    ImageDraw.Draw(margin).text(
        (6, SIZE // 4 - 5), str(number), fill="black", font=ImageFont.load_default_imagefont()
    )
    return np.asarray(margin.resize((30, SIZE), Image.Resampling.NEAREST))


def still(file: Path = STATIC / "tell-pairs.png") -> list[str]:
    """Write six numbered pairs, two in a row, and return which of each is real, "left" or "right"."""
    chips = load_chips("simulated", say=lambda line: None)
    shown = pairs(real(chips)[:STILL])
    swapped = np.random.default_rng(SEED).integers(0, 2, STILL).astype(bool)
    shown[swapped] = shown[swapped, ::-1]
    rows = [np.concatenate([numeral(i + 1), sheet(pair, 2, 2)], axis=1) for i, pair in enumerate(shown)]
    lines = [np.concatenate(rows[i : i + 2], axis=1) for i in range(0, STILL, 2)]
    space = np.full((20, lines[0].shape[1], 3), 255, np.uint8)
    Image.fromarray(np.concatenate([x for line in lines for x in (line, space)][:-1])).save(
        file, optimize=True
    )
    return ["right" if swap else "left" for swap in swapped]


if __name__ == "__main__":
    if sys.argv[1:] == ["still"]:
        print(*still())
    else:
        main(*map(Path, sys.argv[1:2]))
