"""Execute the notebooks into the cache of a build, the longest first: `python tools/execute.py CACHE WORKERS [NAME ...]`.

Runs in a build's environment; the build finds the outputs in the cache and has nothing to execute. Names, or how they begin,
choose notebooks: 07, debugging. A notebook is a chapter, with a number, or a page beside the chapters. How long each took is
kept in `_build`, for the order and for the time left that the next build tells.
"""

import heapq
import json
import logging
import os
import sys
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path

import nbformat
import yaml
from jupyter_cache import get_cache
from jupyter_cache.executors import load_executor
from tqdm import tqdm

ROOT = Path(__file__).resolve().parents[1]
BUDGET = os.environ.get("SATGAN_BUDGET") or "laptop"
SECONDS = ROOT / "_build" / f"seconds-{BUDGET}.json"
AVERAGE = {"smoke": 15, "laptop": 75, "full": 1800}[BUDGET]  # of a chapter not timed yet
TIMEOUT = 9000 if BUDGET == "full" else 600  # seconds a cell
TABLE = ROOT / "book" / "appendix" / "run-times.txt"
LOGGER = logging.getLogger(__name__)
LOGGER.setLevel(logging.ERROR)  # a chapter that fails is told once, in the end


def main(cache, workers, *names):
    """Execute what the cache has no outputs for, and write the table of run times; exits where a chapter fails."""
    SECONDS.parent.mkdir(exist_ok=True)
    chapters = notebooks()
    store = get_cache(cache)
    for chapter in chapters:
        store.add_nb_to_project(str(chapter))
    missing = unexecuted(store)
    todo = [c for c in chapters if str(c) in missing and (not names or c.name.startswith(names))]
    if todo:
        execute_all(cache, int(workers), todo, expected(todo))
        missing = unexecuted(store)
    there = [c for c in chapters if str(c) not in missing]
    SECONDS.write_text(
        json.dumps(timed() | {c.stem: seconds(store, c) for c in there}, indent=1), encoding="utf-8"
    )
    failed = [c for c in todo if str(c) in missing]
    for chapter in failed:
        print(f"\n{chapter.relative_to(ROOT)}\n{store.get_project_record(str(chapter)).traceback or ''}")
    if failed:
        sys.exit(f"Failed, as told above: {', '.join(chapter.stem for chapter in failed)}.")
    write_table(store, there)


def notebooks():
    """All notebooks, in the order of the book's contents."""
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    chapters = [chapter for part in contents["parts"] for chapter in part["chapters"]]
    pages = [page for chapter in chapters for page in (chapter, *chapter.get("sections", []))]
    paths = (ROOT / f"{page['file']}.ipynb" for page in pages)
    return [path for path in paths if path.is_file()]


def number(notebook):
    """The number of a chapter, such as `07`; of a page beside the chapters nothing."""
    first = notebook.name[:2]
    return first if first.isdecimal() else ""


def execute_all(cache, workers, chapters, expect):
    """Execute chapters side by side, and tell how far it is: a bar on a terminal, lines elsewhere."""
    begun, ended, start = {}, set(), time.monotonic()

    def execute(chapter):
        begun[chapter] = time.monotonic()
        executor = load_executor("local-serial", get_cache(cache), logger=LOGGER)
        executor.run_and_cache(filter_uris=[str(chapter)], timeout=TIMEOUT)
        return chapter

    shape = "{percentage:3.0f}% |{bar:24}| {desc}"
    with (
        kernels_log_to(SECONDS.with_name(f"kernels-{BUDGET}.log")) as terminal,
        ThreadPoolExecutor(workers) as pool,
        tqdm(total=100, bar_format=shape, file=terminal, disable=None) as bar,
    ):
        waiting = {pool.submit(execute, c) for c in sorted(chapters, key=expect.get, reverse=True)}
        try:
            while waiting:
                done, waiting = wait(waiting, timeout=1, return_when=FIRST_COMPLETED)
                now = time.monotonic()
                for chapter in (future.result() for future in done):
                    ended.add(chapter)
                    if bar.disable:
                        print(f"{chapter.stem}: {now - begun[chapter]:.0f} s", end="; ")
                        print(state(chapters, begun, ended, expect, workers), flush=True)
                left = time_left(chapters, begun, ended, expect, workers)
                bar.n = 100 * (now - start) / (now - start + left + 1e-9)
                bar.set_description_str(state(chapters, begun, ended, expect, workers))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


@contextmanager
def kernels_log_to(path):
    """Send what kernels and their libraries write to stderr to a file; give a stream that still reaches the terminal."""
    with open(path, "w", encoding="utf-8") as log, os.fdopen(os.dup(2), "w", encoding="utf-8") as terminal:
        os.dup2(log.fileno(), 2)
        try:
            yield terminal
        finally:
            os.dup2(terminal.fileno(), 2)


def state(chapters, begun, ended, expect, workers):
    """In words: how many chapters are done, which run, and how long it may take yet."""
    running = ", ".join(sorted(number(c) or c.stem for c in [*begun] if c not in ended))
    left = tqdm.format_interval(time_left(chapters, begun, ended, expect, workers))
    text = f"{len(ended)} of {len(chapters)} chapters"
    return text + (f", now {running}, about {left} left" if running else "")


def time_left(chapters, begun, ended, expect, workers):
    """Seconds until all are done, where each takes what is expected and the longest begin."""
    now, started = time.monotonic(), dict(begun)
    # One that takes longer than expected is taken to need a tenth more.
    free = [max(expect[c] - (now - t), expect[c] / 10) for c, t in started.items() if c not in ended]
    free += [0.0] * (workers - len(free))
    heapq.heapify(free)
    for more in sorted((expect[c] for c in chapters if c not in started), reverse=True):
        heapq.heappush(free, heapq.heappop(free) + more)
    return max(free)


def timed():
    """Seconds of each chapter the last time, as far as known, by the stem of its file."""
    return json.loads(SECONDS.read_text(encoding="utf-8")) if SECONDS.exists() else {}


def expected(chapters):
    """Seconds that each chapter may take: what it took last, else by the size of its file."""
    known, size = timed(), sum(c.stat().st_size for c in chapters) / len(chapters)
    return {c: known.get(c.stem, AVERAGE * c.stat().st_size / size) for c in chapters}


def unexecuted(store):
    """Files of the chapters that the cache has no outputs for: it reads them all, which takes a second."""
    return {record.uri for record in store.list_unexecuted()}


def seconds(store, chapter):
    """Seconds that a chapter took, from its first cell to its last."""
    return store.get_cached_project_nb(str(chapter)).data["execution_seconds"]


def write_table(store, chapters):
    """Write the table of the page of run times, in the order of the book."""
    times, rows = [seconds(store, chapter) for chapter in chapters], []
    for chapter, took in zip(chapters, times, strict=True):
        cells = nbformat.read(chapter, as_version=4).cells
        heading = next(c.source for c in cells if c.cell_type == "markdown" and c.source.startswith("# "))
        title = heading.splitlines()[0].removeprefix("# ")
        address = f"../{chapter.parent.name}/{chapter.name}"
        place = f"{int(number(chapter))}." if number(chapter) else ""
        rows.append(f"| {place} | [{title}]({address}) | {took:.1f} |")
    head = "| # | chapter | seconds |\n|--:|:--|--:|"
    text = "\n".join([head, *rows, f"|  | all | {sum(times):.1f} |", ""])
    if not TABLE.exists() or TABLE.read_text(encoding="utf-8") != text:
        TABLE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
