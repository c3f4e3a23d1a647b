"""Does what one network draws teach another to read? `python tools/teach.py` trains classifiers and finds out.

What is compared stands in `satgan_tutorial.experiments.lessons`. Every finished run adds a row to
`book/results/13-does-it-help/teach.csv` and is skipped the next time. SATGAN_DATA says which chips. A run takes one core
for 20 seconds, one with a GAN of its own two minutes more, and the first with ships of `flow` three; `--worker 0/2` and
`--worker 1/2` share the work, `--most 10` ends after ten runs.
"""

import argparse

from satgan_tutorial import load_chips
from satgan_tutorial.experiments import equal_time, lessons


def main(arguments=None):
    """Make the runs that are not yet in the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--worker", default="0/1", help="0/2 and 1/2 for two")
    parser.add_argument("--most", type=int, help="how many runs to make")
    options = parser.parse_args(arguments)
    split = load_chips().split()
    worker, workers = map(int, options.worker.split("/"))
    there = lessons.done()
    missing = [one for one in lessons.runs(split)[worker::workers] if one not in there]
    for one in missing[: options.most]:
        found = lessons.run(split, *one[:3])
        print(
            f"{one}: average precision {found['ap']:.3f}, {found['minutes']:.1f} min",
            flush=True,
        )


if __name__ == "__main__":
    equal_time.one_core()
    main()
