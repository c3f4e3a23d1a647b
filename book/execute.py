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
    store = get_cache(cache)
    store.add_nb_to_project(str(chapter))
    executor = load_executor("local-serial", store)
    executor.run_and_cache(filter_uris=[str(chapter)], timeout=600)


if __name__ == "__main__":
    longest_first = sorted(
        BOOK.glob("*/[0-9]*.ipynb"), key=lambda path: -path.stat().st_size
    )
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(partial(execute, sys.argv[1]), longest_first))
