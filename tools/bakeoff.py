"""Make the runs of chapter 10's contest (`satgan_tutorial.experiments.bakeoff`): `python tools/bakeoff.py screen`.

`screen` trains the baseline and every variant of it once, for 6 minutes of one core, what two cores do in 3 minutes;
`repeat NAME ...` trains those, again after `screen`, with three seeds for 12 minutes of one core. Every finished run adds
a row to `bakeoff.csv` in `book/results/10-few-images/` and its first chips to `bakeoff/` there, and is skipped the next
time. SATGAN_DATA says which chips. `floors` writes `floors.csv`: how the train ships themselves score, as they are and
turned at random.

A run takes one core, so on two cores two of them go side by side and none waits for the other; `--worker 0/2` and
`--worker 1/2` share the work.
"""

import argparse
import time

from satgan_tutorial.experiments import bakeoff, equal_time


def main(arguments=None):
    """Make the runs that are wanted and not yet in the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=("screen", "repeat", "floors"))
    parser.add_argument("names", nargs="*", help=", ".join(bakeoff.VARIANTS))
    parser.add_argument("--worker", default="0/1", help="0/2 and 1/2 for two")
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - set(bakeoff.VARIANTS):
        parser.error(f"no variant {unknown.pop()!r}; there are {', '.join(bakeoff.VARIANTS)}")
    if options.what == "floors":
        return bakeoff.score_train_ships()
    runs = bakeoff.screen if options.what == "screen" else bakeoff.repeats
    worker, workers = map(int, options.worker.split("/"))
    for one in runs(options.names or list(bakeoff.VARIANTS))[worker::workers]:
        if one not in bakeoff.done():
            begun = time.monotonic()
            found = bakeoff.run(*one)
            print(
                f"{one}: KID {found['kid']:.3f}, {found['steps']} steps, "
                f"{(time.monotonic() - begun) / 60:.1f} min",
                flush=True,
            )


if __name__ == "__main__":
    equal_time.one_core()
    main()
