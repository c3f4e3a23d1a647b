"""Make the runs of chapter 10's contest (`satgan_tutorial.experiments.bakeoff`): `python tools/bakeoff.py screen`.

`screen` trains the baseline with four seeds and every variant of it with three, each for as long as the baseline takes for
1000 steps; `repeat NAME ...` trains those again, with four new seeds. Every finished run adds a row to `bakeoff.csv` in
`book/results/10-few-images/`, the first of a variant its first chips to `bakeoff/` there, and is skipped the next time.
`costs` measures what a step of each costs, and writes `costs.csv`; `floors` writes `floors.csv`: how the train ships themselves
score, as they are and turned at random. SATGAN_DATA says which chips.

A run takes one core, so on two cores two of them go side by side and none waits for the other; `--worker 0/2` and
`--worker 1/2` share the work.
"""

import argparse

from satgan_tutorial import load_chips
from satgan_tutorial.experiments import bakeoff, equal_time


def main(arguments=None):
    """Make the runs that are wanted and not yet in the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=("costs", "screen", "repeat", "floors"))
    parser.add_argument("names", nargs="*", help=", ".join(bakeoff.VARIANTS))
    parser.add_argument("--worker", default="0/1", help="0/2 and 1/2 for two")
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - set(bakeoff.VARIANTS):
        parser.error(f"no variant {unknown.pop()!r}; there are {', '.join(bakeoff.VARIANTS)}")
    contest = bakeoff.Contest(load_chips())
    if options.what == "costs":
        return contest.costs()
    if options.what == "floors":
        return contest.score_train_ships()
    runs = bakeoff.screen if options.what == "screen" else bakeoff.repeats
    worker, workers = map(int, options.worker.split("/"))
    for one in runs(options.names or list(bakeoff.VARIANTS))[worker::workers]:
        if one not in bakeoff.done():
            row = contest.run(*one)
            print(
                f"{one}: score {row['score']:.2f}, {row['steps']} steps, {row['minutes']:.1f} min", flush=True
            )


if __name__ == "__main__":
    equal_time.one_core()
    main()
