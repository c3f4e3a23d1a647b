"""The scripts beside the package, which nothing imports but tests."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def script(path):
    """Load a script anew, as a module; `path` is from the repository's root, and it finds those beside it."""
    file = ROOT / path
    spec = importlib.util.spec_from_file_location(file.stem, file)
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(file.parent)
        spec.loader.exec_module(module)
    return module
