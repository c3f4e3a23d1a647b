"""nbval runs the notebooks; what they show is kept for the pages, so that nothing runs twice.

$SATGAN_EXECUTED names a cache as jupyter-cache keeps it. A notebook whose cells all passed is put there with its outputs, as
`tools/execute.py` would put it.
"""

import os
import time
from types import SimpleNamespace

import nbformat
from jupyter_cache import get_cache
from jupyter_cache.executors.utils import create_cache_bundle
from nbval.plugin import IPyNbCell, IPyNbFile

CACHE = os.environ.get("SATGAN_EXECUTED")

compare_all, run, hear, end = (
    IPyNbCell.compare_outputs,
    IPyNbCell.runtest,
    IPyNbFile.get_kernel_message,
    IPyNbFile.teardown,
)


def compare_outputs(cell, test, ref, skip_compare=None):
    """Compare what a cell prints, not what TensorFlow logs beside it, which differs between machines."""
    return compare_all(
        cell, test, ref, (*(skip_compare or cell.parent.skip_compare), "stderr")
    )


def get_kernel_message(notebook, timeout=None, stream="iopub"):
    message = hear(notebook, timeout, stream)
    notebook.heard.append(message)
    return message


def runtest(cell):
    notebook = cell.parent
    notebook.heard, notebook.passed = [], getattr(notebook, "passed", 0)
    notebook.began = getattr(notebook, "began", time.monotonic())
    run(cell)
    notebook.passed += 1
    cell.cell.outputs = shown(notebook.heard)
    cell.cell.execution_count = notebook.passed


def shown(messages):
    """The outputs of a cell, from all that its kernel said meanwhile."""
    cell = messages[-1]["parent_header"][
        "msg_id"
    ]  # the last is that it is done
    outputs, places = [], {}
    for message in messages:
        if message["parent_header"].get("msg_id") != cell:
            continue
        kind, content = message["msg_type"], message["content"]
        place = content.get("transient", {}).get("display_id")
        if kind == "update_display_data" and place in places:
            places[place].data = nbformat.from_dict(content["data"])
        elif (
            kind == "stream"
            and outputs
            and outputs[-1].get("name") == content["name"]
        ):
            outputs[-1].text += content["text"]
        elif kind in ("stream", "display_data", "execute_result"):
            outputs.append(nbformat.v4.output_from_msg(message))
            if place:
                places[place] = outputs[-1]
    return outputs


def teardown(notebook):
    end(notebook)
    cells = [cell for cell in notebook.nb.cells if cell.cell_type == "code"]
    if CACHE and getattr(notebook, "passed", 0) == len(cells):
        made = SimpleNamespace(nb=notebook.nb, uri=str(notebook.path))
        took = time.monotonic() - notebook.began
        bundle = create_cache_bundle(made, None, None, took, None)
        get_cache(CACHE).cache_notebook_bundle(
            bundle, check_validity=False, overwrite=True
        )


IPyNbCell.compare_outputs, IPyNbCell.runtest = compare_outputs, runtest
IPyNbFile.get_kernel_message, IPyNbFile.teardown = get_kernel_message, teardown
