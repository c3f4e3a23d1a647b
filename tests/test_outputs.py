"""Checked cells print what their notebook stores. `SATGAN_EXECUTED` is the cache of a build that ran the chapters."""

import os
from pathlib import Path

import nbformat
import pytest

if "SATGAN_EXECUTED" not in os.environ:
    pytest.skip("set SATGAN_EXECUTED to the executed chapters; `make test` does", allow_module_level=True)

BOOK = Path(__file__).parents[1] / "book"
CHECKED = "# NBVAL_CHECK_OUTPUT"


def printed(cell):
    """What a cell printed, showed and returned, by kind; TensorFlow's log in stderr differs between machines."""
    kinds = {}
    for output in cell.outputs:
        told = {output.name: output.text} if output.output_type == "stream" else output.get("data", {})
        for kind, text in told.items():
            kinds[kind] = kinds.get(kind, "") + text
    return {kind: text for kind, text in kinds.items() if kind != "stderr"}


@pytest.mark.parametrize("path", sorted(BOOK.glob("*/[0-9]*.ipynb")), ids=lambda path: path.stem)
def test_checked_cells_print_what_is_stored(path):
    from jupyter_cache import get_cache

    stored = nbformat.read(path, as_version=4)
    _, ran = get_cache(os.environ["SATGAN_EXECUTED"]).merge_match_into_notebook(
        nbformat.read(path, as_version=4)
    )
    for old, new in zip(stored.cells, ran.cells, strict=True):
        if old.cell_type == "code" and old.source.startswith(CHECKED):
            assert printed(new) == printed(old), old.source
