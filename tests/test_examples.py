"""The examples in docstrings: each public name of the package's page has one, and it says what comes out."""

import doctest
import importlib
import inspect
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

PAGE = Path(__file__).parents[1] / "book" / "appendix" / "api.md"
ON_PAGE = re.findall(r"automodule:: satgan_tutorial\.([\w.]+)", PAGE.read_text(encoding="utf-8"))
MODULES = {"", *ON_PAGE, "exercises.grading", "exercises.questions"}
WITHOUT = {  # of which no example of a tenth of a second would be true
    "distribute.LostWorkerError": "another worker has to die",
    "experiments.bakeoff.Contest": "measures all real ships with a judge",
    "experiments.equal_time.one_core": "binds the whole process, and only where TensorFlow has done nothing yet",
    "experiments.lessons.asked_chips": "draws with a shipped generator",
    "experiments.lessons.own_gan": "trains a GAN",
    "experiments.lessons.run": "trains a classifier and scores it; `pools` and `scores` show what with and how",
    "experiments.lessons.train": "trains a classifier",
    "judge.train_judge": "trains a judge",
    "panel.yardstick": "scores real ships a hundred times by every ruler; `Yardstick` shows what comes of it",
    "search.run": "trains every trial; `work` shows the loop",
    "search.train": "trains for a minute or more; `Report` shows what it tells a trial",
    "training.run": "writes a whole training into a folder; `fit` shows the loop",
    "two_sample.scores": "trains 32 networks",
}
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


@pytest.mark.parametrize("name", sorted(MODULES))
def test_every_public_name_has_an_example_that_holds(name):
    module = importlib.import_module(f"satgan_tutorial.{name}".rstrip("."))
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
    assert sorted(public(module) - shown) == sorted(without), "no example, or one all the same: see WITHOUT"
