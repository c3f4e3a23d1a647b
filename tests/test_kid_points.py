"""The points that a reader moves in chapter 9: the KID they show is the package's, by mouse, touch, keyboard, and without scripts."""

import re
from pathlib import Path

import numpy as np
import pytest
from bs4 import BeautifulSoup

from satgan_tutorial import drawings, metrics

pytestmark = [pytest.mark.browser, pytest.mark.once]

FILE = drawings.folder() / "kid-points.html"
AXE = (Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
SCALE, MIDDLE = 60, (280, 200)  # units of the drawing


def places(text):
    """The real and the generated points of a page, each (N, 2), in standard deviations."""
    soup = BeautifulSoup(text, "html.parser")
    real = [(float(dot["cx"]), float(dot["cy"])) for dot in soup.select("svg .real-fill")]
    moved = [
        re.findall(r"-?[\d.]+", mark["transform"])[:2] for mark in soup.select(".satgan-points-moved > g")
    ]
    return [(np.array(at, float) - MIDDLE) * (1, -1) / SCALE for at in (real, moved)]


def shown(page):
    """The KID that a page says, and the points it shows."""
    text = page.locator(".satgan-points strong").inner_text().replace("\N{MINUS SIGN}", "-")
    return float(text), places(page.content())


def agrees(page):
    kid, points = shown(page)
    assert kid == pytest.approx(metrics.kid(*points), abs=0.0051)
    return kid


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A page with the drawing, opened from a file."""
    style = (drawings.folder() / "style.css").read_text(encoding="utf-8")
    text = f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Points</title><style>{style} :root {{ color-scheme: light dark }} body {{ margin: 20px; font-family: sans-serif }}</style>
</head><body><main><h1>Points</h1>{FILE.read_text(encoding="utf-8")}</main></body></html>"""
    file = tmp_path_factory.mktemp("points") / "index.html"
    file.write_text(text, encoding="utf-8")
    return file.as_uri()


@pytest.fixture
def page(browser, address):
    page = browser.new_page(viewport={"width": 390, "height": 844})
    problems = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(address)
    yield page
    assert problems == []
    page.close()


def test_it_begins_with_two_samples_of_one_kind_whose_kid_is_about_zero(page):
    assert -0.5 < agrees(page) < 0.5
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_each_button_is_another_set_and_its_kid_is_the_packages(page):
    found = {}
    for button in page.locator(".satgan-points button").all():
        button.click()
        found[button.inner_text()] = agrees(page)
    assert len(found) == 5
    assert found["As at the start"] < found["Half a group forgotten"] < found["A group forgotten"]
    assert found["All in one place"] < found["A group forgotten"], "which chapter 9 asks about"


def test_a_point_is_moved_by_keyboard_and_says_where_it_is(page):
    before = places(page.content())[1]
    first = page.locator(".satgan-points-moved > g").first
    page.keyboard.press("Tab")
    assert first.evaluate("mark => mark === document.activeElement")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    moved = places(page.content())[1] - before
    np.testing.assert_allclose(moved, [[0.1, -0.5]] + 7 * [[0, 0]], atol=1e-6)
    assert first.get_attribute("aria-label") == "Generated point 1 of 8, 1.4 left, 0.4 up"
    assert page.locator(".satgan-points-ties path").count() == 15
    agrees(page)
    page.keyboard.press("Tab")
    assert page.locator(".satgan-points-moved > g").nth(1).evaluate("mark => mark === document.activeElement")


def test_a_point_is_dragged_and_stays_in_the_drawing(page):
    mark = page.locator(".satgan-points-moved > g").nth(4)
    box = mark.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    before = agrees(page)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 40, y + 30, steps=4)
    page.mouse.up()
    assert agrees(page) != before
    page.mouse.move(x, y)  # nothing follows once it is let go
    now = places(page.content())[1]
    width = page.locator(".satgan-points svg").bounding_box()["width"]
    np.testing.assert_allclose(now[4] - (2.09, 0.97), np.array([-40, -30]) * 560 / width / SCALE, atol=0.05)
    box = mark.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(2000, -500)
    page.mouse.up()
    assert (np.abs(places(page.content())[1][4]) <= (4.4, 3.1)).all()
    agrees(page)


def test_a_finger_drags_a_point_and_does_not_scroll_the_page(browser, address):
    context = browser.new_context(viewport={"width": 390, "height": 600}, has_touch=True)
    page = context.new_page()
    page.goto(address)
    box = page.locator(".satgan-points-moved > g").nth(2).bounding_box()
    assert min(box["width"], box["height"]) >= 24, "too small for a finger"
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    session = context.new_cdp_session(page)
    before = places(page.content())[1][2]
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for part in (0.5, 1.0):
        points = [{"x": x + 30 * part, "y": y + 60 * part}]
        session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": points})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    after = places(page.content())[1][2]
    assert after[0] > before[0] + 0.5 and after[1] < before[1] - 1
    assert page.evaluate("scrollY") == 0
    agrees(page)
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser, address, scheme):
    page = browser.new_page(color_scheme=scheme, viewport={"width": 390, "height": 844})
    page.goto(address)
    page.evaluate(AXE)
    found = page.evaluate(
        "axe.run().then(result => result.violations.map(one => one.id + ': ' + one.nodes[0].html))"
    )
    assert found == []
    page.close()


def test_where_scripts_are_off_it_is_a_picture_with_its_numbers(browser, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    agrees(page)
    assert page.get_by_text("Scripts are off here").is_visible()
    assert page.locator(".satgan-points button").count() == 0
    context.close()


def test_its_letters_can_be_read_on_a_phone():
    assert "satgan-drawing" in FILE.read_text(encoding="utf-8"), "it takes the sizes of style.css"
    assert not re.search(r"font-size|https?://(?!www\.w3\.org)", FILE.read_text(encoding="utf-8"))
