"""Do the activations that the post lost matter? `python tools/activations.py`, with the real chips in SATGAN_DATA.

Trains a quarter as wide a copy of the post's networks at 40 x 40 pixels, SEEDS times as they are and SEEDS times with the
activations put back, all else equal, and leaves each run in `book/results/06-the-networks/` as `record.py` does. A run that
is there is not made again, and one that was cut off goes on. Five core minutes a run.
"""

import argparse
from dataclasses import asdict, replace

from record import record, scores

from satgan_tutorial import load_chips, recipes
from satgan_tutorial.chips import shrink
from satgan_tutorial.experiments import equal_time
from satgan_tutorial.experiments.results import RESULTS
from satgan_tutorial.judge import Judge

FOLDER = RESULTS / "06-the-networks"
SEEDS = range(5)
NARROW = replace(recipes.get("post"), image_size=40, base_filters=16, batch_size=8)
RUNS = {
    f"{name}-{seed}": (replace(NARROW, activations=activations), seed)
    for seed in SEEDS
    for name, activations in (("lost", False), ("put-back", True))
}


def main(arguments: list[str] | None = None) -> None:
    """Make the runs that are not there yet."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--most", type=int, help="how many runs to make")
    options = parser.parse_args(arguments)
    equal_time.one_core()
    chips = load_chips()
    split, judge = chips.split(0), Judge(chips.source)
    images = shrink(split.train.ships.images, NARROW.image_size)
    measures = scores(shrink(split.validation.ships.images, NARROW.image_size), judge)
    missing = [name for name in RUNS if not (FOLDER / f"{name}.json").is_file()]
    for name in missing[: options.most]:
        recipe, seed = RUNS[name]
        record(
            name,
            lambda recipe=recipe, seed=seed: recipes.build(recipe, seed),
            images,
            measures,
            every=50,
            steps=recipe.steps,
            batch_size=recipe.batch_size,
            seed=seed,
            samples=16,
            film=1,
            about={
                "recipe": asdict(recipe),
                "chips": f"{len(images)} {chips.source} training ships",
                "judge": judge.name,
            },
            out=FOLDER,
        )
        print(name, "is there", flush=True)


if __name__ == "__main__":
    main()
