import base64
import io
import re
from pathlib import Path

import keras
import nbformat
import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from nbclient import NotebookClient
from PIL import Image

from satgan_tutorial import (
    conditions,
    gan,
    latent,
    models,
    networks,
    plots,
    rasters,
    sampling,
    widgets,
)
from satgan_tutorial.judge import Judge

pytestmark = pytest.mark.once

CELL = """\
from satgan_tutorial import plots, show, widgets

def draw(sea_level=3, kind="line"):
    figure, axis = plots.figure()
    axis.plot([0, sea_level])
    show(figure, alt=f"A {kind} up to {sea_level}.", caption="It rises.")

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


@pytest.mark.slow
def test_a_page_gets_the_picture_that_the_sliders_would_begin_with_and_no_widget(monkeypatch):
    (output,), states = executed(monkeypatch, session=False)
    assert 'aria-label="A line up to 3."' in output.data["text/html"]
    assert states == []


@pytest.mark.slow
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


RUNS = Path(__file__).parents[1] / "book" / "results" / "08-when-it-goes-wrong"


class Panel:
    """What a reader has of a widget: its controls, and the last thing it shows."""

    def __init__(self, widget, shown):
        self.widget, self.shown = widget, shown
        self.controls = {c.description: c for c in widget.children[:-1]}

    def set(self, **values):
        for name, value in values.items():
            before = len(self.shown)
            self.controls[name].value = value
            assert len(self.shown) > before, f"{name} draws nothing anew"
        return self

    @property
    def page(self):
        return BeautifulSoup(self.shown[-1].data, "html.parser")

    @property
    def picture(self):
        return self.page.img["src"]


@pytest.fixture
def shown(monkeypatch):
    """All that is shown on a page, where nothing moves: figures with their alt texts and captions."""
    things = []
    monkeypatch.setattr(plots, "show", lambda figure, alt, caption: things.append((figure, alt, caption)))
    return things


@pytest.fixture
def panel(monkeypatch):
    """Put up a widget as before a reader."""
    things, panels = [], []

    def show(thing):
        (things if hasattr(thing, "data") else panels).append(thing)

    monkeypatch.setattr(widgets, "live", lambda: True)
    monkeypatch.setattr(widgets, "display", show)
    monkeypatch.setattr("IPython.display.display", show)

    def put(widget, *args, **settings):
        widget(*args, **settings)
        (made,) = panels
        return Panel(made, things)

    return put


@pytest.fixture(scope="module")
def book():
    return models.load("book", "simulated")


def run(page, generator):
    """The names that the Python on a page leaves."""
    names = {"generator": generator}
    exec(page.pre.text, names)  # noqa: S102
    return names


def made_by(page, generator):
    """The chip that the Python on a page draws."""
    return run(page, generator)["image"]


def alike(a, b):
    """Whether two chips are one: a batch of another size may be rounded otherwise, by one level here and there."""
    return bool(np.abs(a.astype(int) - b).max() <= 1)


def pixels(page):
    """The chips in the picture of a page, uint8 (n, 80, 80, 3)."""
    sheet = np.asarray(Image.open(io.BytesIO(base64.b64decode(page.img["src"].partition(",")[2]))))
    side = sheet.shape[0] - 2 * rasters.GAP
    starts = range(rasters.GAP, sheet.shape[1] - side, side + rasters.GAP)
    return np.stack([sheet[rasters.GAP : -rasters.GAP, x : x + side] for x in starts])


def test_on_a_page_a_ship_is_the_figure_of_its_defaults(shown, book):
    widgets.explore(book, judge=Judge("simulated"), seed=3)
    ((figure, alt, caption),) = shown
    (image,) = (image for axis in figure.axes for image in axis.images)
    assert np.abs(image.get_array().astype(int) - sampling.sample(book, 1, 3)[0]).max() <= 1
    assert re.fullmatch(r"The chip of seed 3: \d+ m long, heading \d+ degrees; p\(ship \| x\) is \d+%\.", alt)
    assert "seed 3" in caption


@pytest.mark.slow
def test_each_slider_draws_anew_and_the_python_draws_the_same(panel, book):
    ways = latent.directions(book, 150)
    page = panel(widgets.explore, book, judge=Judge("simulated"), ways=ways)
    assert list(page.controls) == ["seed", "turn", "size", "hull", "hue", "sea"]
    begun = page.picture
    assert alike(pixels(page.page)[0], made_by(page.page, book))
    for name, value in {"seed": 5, "turn": 60, "size": 1, "hull": 1, "hue": 2, "sea": -2}.items():
        before = page.picture
        page.set(**{name: value})
        assert page.picture != before
        assert alike(pixels(page.page)[0], made_by(page.page, book))
        assert page.page.img["alt"] == page.page.select_one("[role=status]").text
        assert f"{float(page.page.meter['value']):.0%}" in page.page.img["alt"]
    page.set(seed=0, turn=0, size=0, hull=0, hue=0, sea=0)
    assert page.picture == begun


@pytest.mark.slow
def test_sliders_go_where_they_say(panel, book):
    ways = latent.directions(book, 300)
    page = panel(widgets.explore, book, ways=ways)
    assert page.page.meter["value"] == "None"  # no judge, no opinion

    def readings():
        z = run(page.page, book)["z"]
        return dict(zip(ways.names, ways.read(z)[0], strict=True))

    before = readings()
    page.set(hue=2, turn=30)
    after = readings()
    assert after["hue"] - before["hue"] == pytest.approx(2, abs=1e-4)
    assert after["sea"] == pytest.approx(before["sea"], abs=1e-4)
    angles = [np.degrees(np.arctan2(x["sin"], x["cos"])) / 2 for x in (before, after)]
    assert (angles[1] - angles[0]) % 180 == pytest.approx(30, abs=1e-2)


@pytest.mark.slow
def test_directions_are_found_when_a_slider_first_asks(panel, book, monkeypatch):
    found = []
    few = latent.directions(book, 100)
    monkeypatch.setattr(latent, "fit", lambda z, table: found.append((len(z), len(table))) or few)
    monkeypatch.setattr(sampling, "sample", lambda *args: np.zeros((args[1], 80, 80, 3), np.uint8))
    page = panel(widgets.explore, book)
    assert found == []
    page.set(sea=1, hue=1)
    assert found == [(400, 400)]


@pytest.mark.parametrize("count", [1, 4])
def test_a_generator_with_conditions_gets_one_for_each_look(panel, count):
    conditional = networks.generator(base_filters=4, conditions=count)
    page = panel(widgets.explore, conditional)
    assert list(page.controls)[:4] == [
        "seed",
        "ship",
        *(["heading", "length"] if count > 1 else ["turn", "size"]),
    ]
    condition = conditions.encode(True) if count == 1 else conditions.encode(True, 45, 200)
    (image,) = pixels(page.page)
    assert np.abs(image.astype(int) - sampling.sample(conditional, 1, 0, condition)[0]).max() <= 1
    page.set(ship=False)
    assert alike(pixels(page.page)[0], made_by(page.page, conditional))
    assert not alike(pixels(page.page)[0], image)


def test_a_walk_begins_and_ends_at_its_ends(panel, book):
    end = sampling.noise(1, 64, 8)
    page = panel(widgets.walk, book, 3, end[0], judge=Judge("simulated"))
    a, middle, b = pixels(page.page)
    assert alike(made_by(page.page, book), middle)
    page.set(way=0)
    assert [alike(chip, a) for chip in pixels(page.page)] == [True, True, False]
    page.set(way=100)
    assert [alike(chip, b) for chip in pixels(page.page)] == [False, True, True]
    assert "100 % of the way" in page.page.img["alt"]


def test_on_a_page_a_walk_is_three_chips(shown, book):
    widgets.walk(book, 3, 8)
    ((figure, alt, caption),) = shown
    assert len(figure.axes) == 3 and "50 % of the way" in alt and "p(ship" not in alt
    assert "50 %" in caption


def test_what_cannot_be_explored_gets_a_sentence(book):
    with pytest.raises(TypeError, match=r"found GAN.*model.sampler"):
        widgets.explore(gan.GAN(book, keras.Sequential([keras.Input((80, 80, 3))])))
    with pytest.raises(TypeError, match="1 or 4 numbers"):
        widgets.walk(networks.generator(base_filters=4, conditions=2), 0, 1)
    for seed in (-1, 0.5, "one"):
        with pytest.raises(ValueError, match="expected a seed"):
            widgets.explore(book, seed=seed)
    with pytest.raises(ValueError, match="noise of 64 numbers"):
        widgets.walk(book, 0, np.zeros(63))


def test_a_recorded_training_is_watched(shown):
    widgets.watch_training(RUNS / "museum-1")
    (curves, said, losses), (strip, alt, caption) = shown
    log = pd.read_csv(RUNS / "museum-1.csv")
    assert curves.axes[0].lines[0].get_ydata().tolist() == log.d_loss.tolist()
    assert f"step {log.step.iloc[-1]}: d_loss 0.0" in said and len(strip.axes) == 24
    assert alt.endswith(f"after {log.step.iloc[-1]} steps.")
    assert "Losses and accuracies" in losses and f"after {log.step.iloc[-1]} steps" in caption


def test_the_folder_of_a_training_is_watched_while_it_goes_on(monkeypatch, panel, tmp_path):
    chips = np.random.default_rng(0).integers(0, 256, (3, 8, 16, 16, 3), np.uint8)
    log = {"d_loss": 0.5, "g_loss": 0.7, "real_accuracy": 0.9, "fake_accuracy": 0.8}

    def come_to(step):
        (tmp_path / "samples").mkdir(exist_ok=True)
        for k, row in zip((100, 200, 240), chips, strict=True):
            if k <= step:
                np.savez_compressed(tmp_path / "samples" / f"{k:06}.npz", images=row)
        pd.DataFrame([{"step": k} | log for k in range(20, step + 1, 20)]).to_csv(
            tmp_path / "log.csv", index=False
        )

    come_to(200)
    drawn = []
    monkeypatch.setattr(plots, "strip", lambda steps, rows: drawn.append((steps, rows)) or plots.figure()[0])
    page = panel(widgets.watch_training, tmp_path)
    come_to(240)
    page.set(**{"percent of its looks": 0})
    page.set(**{"percent of its looks": 100})
    assert [steps for steps, _ in drawn] == [[200], [100], [240]]
    for (_, (row,)), k in zip(drawn, (1, 0, 2), strict=True):
        assert np.array_equal(row, chips[k])


def test_a_training_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"log.csv and no .*samples; expected the folder"):
        widgets.watch_training(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"none.csv and no .*none.npz"):
        widgets.watch_training(tmp_path / "none")
