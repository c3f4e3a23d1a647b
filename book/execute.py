"""Execute the chapters two at a time into the cache of a build: `python book/execute.py CACHE`, in a build's environment.

The build finds them there and has nothing to execute; a chapter that fails here fails there again, and is told there.
Trainings of the `laptop` budget are timed, and so the build makes them one after the other.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from jupyter_cache import get_cache
from jupyter_cache.executors import load_executor

BOOK = Path(__file__).parent


def execute(cache, chapter):
    """Execute one chapter, if the cache has no outputs for its cells."""
    executor = load_executor("local-serial", get_cache(cache))
    executor.run_and_cache(filter_uris=[str(chapter)], timeout=600)


def main(cache):
    """Note all chapters in the cache, then execute them, the longest first."""
    chapters = sorted(
        BOOK.glob("*/[0-9]*.ipynb"), key=lambda path: -path.stat().st_size
    )
    store = get_cache(cache)  # made once, before two would make it at once
    for chapter in chapters:
        store.add_nb_to_project(str(chapter))
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(partial(execute, cache), chapters))


if __name__ == "__main__":
    main(sys.argv[1])
