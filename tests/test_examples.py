"""The examples in docstrings: each public name of the package's page has one, and it says what comes out."""

import doctest
import importlib
import inspect
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

PAGE = Path(__file__).parents[1] / "book" / "appendix" / "api.md"
MODULES = re.findall(r"automodule:: satgan_tutorial\.([\w.]+)", PAGE.read_text(encoding="utf-8"))
WITHOUT = {  # what no example of a tenth of a second is true of
    "sources.fetch.fetch": "downloads from Kaggle; `FetchError` shows where it stops before that",
    "training.run": "writes a whole training into a folder",
}
LATER = {
    "class_judge", "classifier", "deep", "detect", "distribute", "experiments.bakeoff",
    "experiments.equal_time", "experiments.lessons", "experiments.results", "export", "geotiff", "judge",
    "likeness", "panel", "pins", "rasters", "renamed", "scenes", "search", "shapes", "two_sample",
    "widgets",
}  # fmt: skip
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def public(module):
    """The functions and classes of a module that are its own and meant for others."""
    return {
        name
        for name, thing in vars(module).items()
        if (inspect.isfunction(thing) or inspect.isclass(thing))
        and thing.__module__ == module.__name__
        and not name.startswith("_")
    }


@pytest.mark.parametrize("name", sorted(set(MODULES) - LATER))
def test_every_public_name_has_an_example_that_holds(name):
    module = importlib.import_module(f"satgan_tutorial.{name}")
    finder, runner, told = doctest.DocTestFinder(), doctest.DocTestRunner(optionflags=FLAGS), []
    shown = set()
    for found in finder.find(module, module.__name__):
        if found.examples:
            shown.add(
                found.name.removeprefix(f"{module.__name__}.").partition(".")[0]
            )  # a method shows its class
            runner.run(found, out=told.append)
    assert runner.summarize(verbose=False).failed == 0, "".join(told)
    without = {full.rpartition(".")[2] for full in WITHOUT if full.rpartition(".")[0] == name}
    assert sorted(public(module) - shown - without) == [], "no example"
    assert sorted(without & shown) == [], "an example all the same: take it out of WITHOUT"
