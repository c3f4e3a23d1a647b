import base64
import io
import re
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from PIL import Image

from satgan_tutorial import film, plots, svg

pytestmark = pytest.mark.once


def test_a_figure_is_svg_with_its_alt_text_and_the_ink_of_the_page(shown):
    figure, axis = plots.figure()
    axis.plot([0, 1], label="a line")
    axis.set(xlabel="x (m)", title="A title")
    axis.legend()
    plots.show(
        figure,
        alt='One line, "rising"\n  from <0> to 1 & no further.',
        caption="A line & its `x*y` <1>, *up*; 2 * 3.",
    )
    page = ElementTree.fromstring(shown[0].data)
    assert page.tag == "figure"
    svg, caption = page
    assert ElementTree.tostring(caption, encoding="unicode") == (
        "<figcaption>A line &amp; its <code>x*y</code> &lt;1&gt;, <em>up</em>; 2 * 3.</figcaption>"
    )
    assert svg.get("role") == "img"
    assert svg.get("aria-label") == 'One line, "rising" from <0> to 1 & no further.'
    assert "currentColor" in shown[0].data and plots.INK not in shown[0].data
    assert "#000000" not in shown[0].data, "black ink cannot be read on a dark page"


def test_a_figure_without_alt_text_is_refused(shown):
    with pytest.raises(ValueError, match="alt="):
        plots.show(plots.figure()[0])
    assert shown == []


def test_figures_stand_side_by_side_with_one_caption(shown):
    two = [plots.figure(size=(3, 2))[0] for _ in range(2)]
    plots.show(two, alt=["The first.", "The second."], caption="Two of them.")
    page = BeautifulSoup(shown[0].data, "html.parser")
    assert [svg["aria-label"] for svg in page.select("figure svg")] == ["The first.", "The second."]
    assert page.select_one("figure > figcaption").text == "Two of them."
    with pytest.raises(ValueError, match="2 figures and 1 texts"):
        plots.show(two, alt="Both.")


def test_a_figure_says_how_small_its_letters_get_on_a_phone():
    for width, size, smallest in ((7, 10, 6.9), (7, 14, 9.7), (3, 10, 13.3)):
        figure, axis = plots.figure(size=(width, 2))
        axis.set(xticks=[], yticks=[])
        axis.set_title("A title", fontsize=size)
        assert f'data-smallest="{smallest}"' in svg.to_svg(figure, "A title.")


def test_a_figure_follows_another_in_its_place(monkeypatch):
    import IPython.display

    shown, updated = [], []

    class Handle:
        update = staticmethod(updated.append)

    monkeypatch.setattr(IPython.display, "display", lambda thing, display_id: shown.append(thing) or Handle())
    place = plots.Place()
    for step in range(3):
        plots.show(plots.figure()[0], alt=f"step {step}", place=place)
    assert len(shown) == 1 and "step 0" in shown[0].data
    assert ["step 1" in updated[0].data, "step 2" in updated[1].data, len(updated)] == [True, True, 2]


def embedded(image):
    """The one image in the SVG of a figure that shows it, its format and how many letters its address has."""
    figure, axis = plots.figure()
    axis.imshow(image, interpolation="none")
    (address,) = re.findall(r'data:image/[^"]+', svg.to_svg(figure, "One image."))
    found = Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2])))
    return found, len(address)


def test_a_chip_is_embedded_small_and_nobody_sees_it():
    rng = np.random.default_rng(0)
    sea = 90 + 60 * np.hypot(*np.mgrid[-1:1:80j, -1:1:80j])[..., None] * [1, 0.7, 0.4]
    chip = (sea + rng.normal(0, 8, (80, 80, 3))).clip(0, 255).astype(np.uint8)
    found, length = embedded(chip)
    assert found.format == "JPEG" and found.size == (80, 80)
    error = np.asarray(found).astype(float) - chip
    assert 10 * np.log10(255**2 / np.mean(error**2)) > 35  # dB, in every colour, grain and all
    exact = io.BytesIO()
    Image.fromarray(chip).save(exact, "PNG", optimize=True)
    assert length < 0.6 * len(base64.b64encode(exact.getvalue()))


def test_what_is_transparent_or_of_few_colours_is_embedded_as_it_is():
    checkers = np.uint8(255 * (np.indices((80, 80)).sum(0) % 2))[..., None].repeat(3, -1)
    veil = np.random.default_rng(0).integers(0, 255, (80, 80, 4), np.uint8)
    for image in (checkers, veil):
        found, _ = embedded(image)
        assert found.format == "PNG"
        assert np.array_equal(np.asarray(found.convert("RGBA"))[..., : image.shape[-1]], image)


def test_a_strip_has_a_row_a_look_and_says_at_which_step():
    rows = [np.full((3, 8, 8, 3), level, np.uint8) for level in (0, 100)]
    strip = plots.strip([0, 40], rows)
    assert len(strip.axes) == 6
    assert [strip.axes[i].get_ylabel() for i in (0, 3)] == ["0", "40"]
    assert strip.axes[5].images[0].get_array().max() == 100


def test_curves_draw_each_column_of_a_log_under_its_name():
    log = pd.DataFrame({"step": [1, 2], "d_loss": [0.5, 0.4], "g_loss": [0.7, 0.9]})
    axis = plots.curves(log, {"Losses": {"d_loss": "discriminator", "g_loss": "generator"}}).axes[0]
    assert [line.get_ydata().tolist() for line in axis.lines] == [[0.5, 0.4], [0.7, 0.9]]
    assert [text.get_text() for text in axis.get_legend().get_texts()] == ["discriminator", "generator"]
    assert (axis.get_title(loc="left"), axis.get_xlabel()) == ("Losses", "step")


def test_show_prints_source_and_tables(shown):
    plots.show(plots.sheet)
    assert shown[0].data.startswith("```python\ndef sheet(") and shown[0].data.endswith("\n```")
    plots.show(pd.DataFrame({"n": [1_234_567]}))
    html = shown[1].to_html()
    assert 'class="dataframe"' in html and "1\N{NARROW NO-BREAK SPACE}234\N{NARROW NO-BREAK SPACE}567" in html


def test_a_sheet_keeps_every_chip_in_reading_order():
    images = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 3), np.uint8)
    sheet = plots.sheet(images, columns=3, titles=list("abcde"))
    drawn = [axis for axis in sheet.axes if axis.images]
    assert [axis.get_title() for axis in drawn] == list("abcde") and len(sheet.axes) == 6
    for axis, image in zip(drawn, images, strict=True):
        assert np.array_equal(axis.images[0].get_array(), image)


@pytest.mark.parametrize(
    ("images", "titles"),
    [
        (np.zeros((2, 8, 8, 3), np.float32), None),
        (np.zeros((8, 8, 3), np.uint8), None),
        (np.zeros((0, 8, 8, 3), np.uint8), None),
        (np.zeros((2, 8, 8, 3), np.uint8), ["one"]),
    ],
)
def test_what_is_no_sheet_gets_a_sentence(images, titles):
    with pytest.raises(ValueError, match=r"images are|titles for"):
        plots.sheet(images, titles=titles)


def two_lines(captions=("A line that <rises>.", "A line that falls."), alt="Two lines, one after the other."):
    frames = []
    for end in range(len(captions)):
        figure, axis = plots.figure(size=(3, 2))
        axis.plot([0, 1], [end, 1 - end])
        frames.append(figure)
    film.show_film(frames, list(captions), alt=alt)


def test_a_film_has_every_frame_with_its_caption_and_its_alt_text(shown):
    two_lines()
    page = BeautifulSoup(shown[0].data, "html.parser")
    assert [p.text for p in page.select("li p")] == ["1. A line that <rises>.", "2. A line that falls."]
    assert [svg["aria-label"] for svg in page.select("li svg.satgan-figure")] == [
        "Two lines, one after the other. A line that <rises>.",
        "Two lines, one after the other. A line that falls.",
    ]
    assert page.select("input, button") == []  # the script brings them, which is what they are for


def test_a_film_without_a_caption_for_each_frame_is_refused(shown):
    with pytest.raises(ValueError, match="0 frames"):
        film.show_film([], [], alt="Nothing.")
    with pytest.raises(ValueError, match="1 frames and 2 captions"):
        film.show_film([plots.figure()[0]], ["one", "two"], alt="One.")
    assert shown == []


@pytest.mark.browser
def test_films_are_driven_by_keyboard_each_for_itself(shown, browser):
    two_lines()
    two_lines(captions=("one.", "two.", "three."))
    page = browser.new_page()
    page.set_content("<!doctype html>" + "".join(html.data for html in shown))
    second = page.locator(".satgan-film").nth(1)
    assert second.locator("li:visible svg").count() == 1
    second.get_by_role("slider", name="Frame").focus()
    page.keyboard.press("ArrowRight")
    assert second.locator("[aria-live]").inner_text() == "2. two."
    assert "two." in second.locator("li:visible svg").get_attribute("aria-label")
    assert second.get_by_role("slider").get_attribute("aria-valuetext") == "2 of 3"
    second.get_by_role("button", name="Next").press("Enter")
    second.get_by_role("button", name="Next").press("Enter")
    assert second.locator("[aria-live]").inner_text() == "3. three."
    second.get_by_role("button", name="Previous").press("Space")
    assert second.locator("[aria-live]").inner_text() == "2. two."
    assert page.locator("[aria-live]").nth(0).inner_text() == "1. A line that <rises>."
    page.close()


@pytest.mark.browser
def test_a_film_plays_only_when_told_and_stops_at_its_end(shown, browser):
    two_lines()
    page = browser.new_page()
    page.clock.install()
    page.set_content("<!doctype html>" + shown[0].data)
    slider = page.get_by_role("slider")
    page.clock.run_for(20_000)
    assert slider.input_value() == "1"
    page.get_by_role("button", name="Play").click()
    page.clock.run_for(2600)
    assert slider.input_value() == "2"
    assert page.get_by_role("button", name="Play").count() == 1
    page.close()


@pytest.mark.browser
def test_a_film_shows_all_its_frames_where_scripts_are_off(shown, browser):
    two_lines()
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.set_content("<!doctype html>" + shown[0].data)
    assert page.locator("li:visible svg").count() == page.locator("li:visible p").count() == 2
    assert page.locator("input:visible, button:visible").count() == 0
    context.close()


def test_a_table_has_a_name_above_each_column_and_none_for_mere_row_numbers(shown):
    plain, named = (
        pd.DataFrame({"n": [5, 6]}),
        pd.DataFrame({"kid": [1.0]}, index=pd.Index([50], name="ships")),
    )
    for table in (plain, plain.sort_values("n", ascending=False), named):
        plots.show(table)
    heads = [re.findall(r"<th[^>]*>([^<]*)</th>", each.to_html()) for each in shown]
    assert heads == [["n"], ["n"], ["ships", "kid"]]


def test_an_outline_lies_on_the_rim_of_its_mask():
    images, mask = np.zeros((2, 20, 20, 3), np.uint8), np.zeros((2, 20, 20), bool)
    mask[0, 5:11, :9] = True  # runs out of the chip at its left
    line = np.array([[0.0, 8.0], [9.0, 8.0]])
    drawing = plots.outlined(images, mask, [np.stack([line] * 3), np.empty((3, 0, 2))], titles=["a", "b"])
    (rim,) = drawing.axes[0].collections
    x, y = rim.get_paths()[0].vertices.T
    assert (x.min(), x.max(), y.min(), y.max()) == (-0.5, 8.5, 4.5, 10.5)
    assert len(drawing.axes[0].lines) == 3 and not drawing.axes[1].collections
    with pytest.raises(ValueError, match="Enlarge the images"):
        plots.outlined(images, mask[:1], [])
