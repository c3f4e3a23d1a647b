"""The examples in docstrings: each public name of these modules has one, and it says what comes out."""

import doctest
import importlib
import inspect

import pytest

pytestmark = pytest.mark.once

MODULES = [
    "appearance", "augment", "batching", "chips", "conditions", "experiments.from_above", "flow", "gan", "guidance",
    "latent", "likelihood", "losses", "metrics", "networks", "sampling", "solvers", "unet", "wording",
]  # fmt: skip
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def public(module):
    """The functions and classes of a module that are its own and meant for others."""
    return {
        name: thing
        for name, thing in vars(module).items()
        if (inspect.isfunction(thing) or inspect.isclass(thing))
        and thing.__module__ == module.__name__
        and not name.startswith("_")
    }


@pytest.mark.parametrize("name", MODULES)
def test_every_public_name_has_an_example_that_holds(name):
    module = importlib.import_module(f"satgan_tutorial.{name}")
    finder, runner, told = doctest.DocTestFinder(), doctest.DocTestRunner(optionflags=FLAGS), []
    shown = set()
    for found in finder.find(module, module.__name__):
        if found.examples:
            shown.add(found.name.removeprefix(f"{module.__name__}."))
            runner.run(found, out=told.append)
    assert runner.summarize(verbose=False).failed == 0, "".join(told)
    assert sorted(set(public(module)) - shown) == [], "no example"
