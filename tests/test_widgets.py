import nbformat
import pytest
from nbclient import NotebookClient

from satgan_tutorial import widgets

CELL = """\
from satgan_tutorial import plots, show, widgets

def draw(sea_level=3, kind="line"):
    figure, axis = plots.figure()
    axis.plot([0, sea_level])
    show(figure, alt=f"A {kind} up to {sea_level}.")

widgets.sliders(draw, sea_level=(0, 9, 1), kind=["line", "curve"])
"""
VIEW = "application/vnd.jupyter.widget-view+json"


def executed(monkeypatch, session):
    """What a cell with sliders puts out, and the state of its widgets, with and without a Jupyter server."""
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    if session:
        monkeypatch.setenv("JPY_SESSION_NAME", "chapter.ipynb")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)])
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    states = notebook.metadata.get("widgets", {}).get("application/vnd.jupyter.widget-state+json", {})
    return notebook.cells[0].outputs, [s["state"] for s in states.get("state", {}).values()]


def test_a_page_gets_the_picture_that_the_sliders_would_begin_with_and_no_widget(monkeypatch):
    (output,), states = executed(monkeypatch, session=False)
    assert 'aria-label="A line up to 3."' in output.data["text/html"]
    assert states == []


def test_a_reader_gets_the_sliders_and_the_same_picture(monkeypatch):
    (output,), states = executed(monkeypatch, session=True)
    assert VIEW in output.data
    (slider,) = [s for s in states if s["_model_name"] == "IntSliderModel"]
    assert (slider["value"], slider["min"], slider["max"], slider["description"]) == (3, 0, 9, "sea level")
    assert slider["continuous_update"] is False
    assert [s["_options_labels"] for s in states if s["_model_name"] == "DropdownModel"] == [
        ["line", "curve"]
    ]
    (place,) = [s for s in states if s["_model_name"] == "OutputModel"]
    assert 'aria-label="A line up to 3."' in place["outputs"][0]["data"]["text/html"]


def test_a_script_is_not_live(monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", "chapter.ipynb")
    assert not widgets.live()


def test_each_argument_needs_a_range_and_a_default():
    with pytest.raises(TypeError, match="a range and a default for each argument"):
        widgets.sliders(lambda heading=0, length=1: None, heading=(0, 9, 1))
    with pytest.raises(TypeError, match="a range and a default for each argument"):
        widgets.sliders(lambda heading: None, heading=(0, 9, 1))
