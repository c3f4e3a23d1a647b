"""Compare the pixels of simulated chips with the real ones': writes `data/simulated.md`.

Run it with the real chips in $SATGAN_DATA: `python tools/compare_simulated.py`. Only aggregate numbers are written.
"""

import numpy as np

from satgan_tutorial import appearance, load_chips
from satgan_tutorial.files import home
from satgan_tutorial.sources import simulate

SEED = 0
SPLITS = 20
QUANTILES = (0.05, 0.5, 0.95)
SHIP = ("ship_red", "ship_green", "ship_blue", "heading", "length", "width", "contrast")
CHIP = ("sea_red", "sea_green", "sea_blue", "sea_texture", "spread")
UNITS = {"heading": "degrees", "length": "m", "width": "m"}

HEAD = """# Simulated chips beside real ones

What `satgan_tutorial.sources.simulate` draws, measured by `satgan_tutorial.appearance` as the real chips of ShipsNet are. Written by
`python tools/compare_simulated.py` with the real chips in `$SATGAN_DATA`; {real_ships} real ships and {real_no_ships}
no-ships against as many of `draw_chips(4000, seed={seed})`.

Each statistic: its 5 %, 50 % and 95 % quantiles, real and simulated; the total variation between the two histograms
(12 bins between the real 1 % and 99 % quantiles; headings from 0 to 180 degrees), 0 for equal and 1 for disjoint; and
the floor, that number between two halves of the real chips split by scene (mean and largest of {splits} splits). A
number near its floor is as close as real chips are to each other. The floor compares halves, so it is a little high.
"""
TABLE = """
## {title}

| statistic | real 5 / 50 / 95 % | simulated 5 / 50 / 95 % | total variation | floor, mean (largest) |
|---|---|---|---|---|
"""


def statistics(images: np.ndarray, label: int) -> dict[str, np.ndarray]:
    """The table of `appearance.measure`, and the spectrum in four octaves."""
    table = appearance.measure(images)
    columns = {name: table[name].to_numpy() for name in (*CHIP, *(SHIP if label else ()))}
    power = appearance.spectrum(images, bins=16)
    for first, last in ((0, 1), (1, 3), (3, 7), (7, 16)):
        columns[f"log10 power, {first / 32:.3f} to {last / 32:.3f} cycles/pixel"] = power[:, first:last].mean(
            axis=1
        )
    return columns


def bins(name: str, values: np.ndarray) -> np.ndarray:
    """The edges of a statistic's histogram."""
    low, high = (0, 180) if name == "heading" else np.nanquantile(values, (0.01, 0.99))
    return np.linspace(low, high, 13)


def floor(values: np.ndarray, scenes: np.ndarray, edges: np.ndarray, rng: np.random.Generator) -> list[float]:
    """Total variations between halves of the real chips with no scene in both."""
    names = np.unique(scenes)
    halves = [np.isin(scenes, rng.permutation(names)[: len(names) // 2]) for _ in range(SPLITS)]
    return [appearance.total_variation(values[half], values[~half], edges) for half in halves]


def main() -> None:
    """Measure both sources and write the tables."""
    real, drawn = load_chips(), simulate.draw_chips(4000, seed=SEED)
    if real.source != "real":
        raise SystemExit("Found no real chips: set SATGAN_DATA to their folder.")
    counts = {"real_ships": len(real.ships), "real_no_ships": len(real.no_ships)}
    text = HEAD.format(seed=SEED, splits=SPLITS, **counts)
    rng = np.random.default_rng(SEED)
    for label, title in ((1, "Ships"), (0, "No-ships")):
        chosen = real[real.labels == label]
        columns = statistics(chosen.images, label)
        others = statistics(drawn[drawn.labels == label].images, label)
        text += TABLE.format(title=title)
        for name, values in columns.items():
            edges = bins(name, values)
            digits = 2 if "power" in name else 0
            real_q, drawn_q = (
                " / ".join(f"{q:.{digits}f}" for q in np.nanquantile(v, QUANTILES))
                for v in (values, others[name])
            )
            distance = appearance.total_variation(values, others[name], edges)
            least = floor(values, chosen.scenes, edges, rng)
            unit = f" [{UNITS[name]}]" if name in UNITS else ""
            text += f"| {name.replace('_', ' ')}{unit} | {real_q} | {drawn_q} | {distance:.2f} "
            text += f"| {np.mean(least):.2f} ({np.max(least):.2f}) |\n"
    path = home() / "data" / "simulated.md"
    path.write_text(text, encoding="utf-8")
    print(text, f"Written to {path}", sep="\n")


if __name__ == "__main__":
    main()
