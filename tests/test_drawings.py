"""The drawings: words inside for who cannot see them, letters large enough, one style, nothing from elsewhere."""

import re
from xml.etree import ElementTree

import pytest

from satgan_tutorial import drawings
from tests.test_book import CHAPTERS, NOTEBOOKS, ROOT

pytestmark = pytest.mark.once

SVG = "{http://www.w3.org/2000/svg}"
FILES = sorted(drawings.folder().glob("*.svg"))
STYLE = (drawings.folder() / "style.css").read_text(encoding="utf-8")
WIDTH, SMALLEST = 560, 15  # units: 350 pixels on a phone, so 9.4 pixels


def names(path):
    return path.stem


@pytest.mark.parametrize("path", FILES, ids=names)
def test_a_drawing_says_what_there_is_to_see(path):
    root = ElementTree.fromstring(path.read_text(encoding="utf-8"))
    title, desc = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title.get("id") == f"{path.stem}-title" and len(title.text) > 5
    assert desc.get("id") == f"{path.stem}-desc" and len(desc.text) > 60
    assert root.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}"
    links = list(root.iter(f"{SVG}a"))
    # What lies within an image a screen reader does not offer to press.
    assert root.get("role") == ("group" if links else "img")
    for link in links:
        page = (ROOT / "book" / "after" / link.get("href")).resolve()
        assert page.suffix == ".html" and page.with_suffix(".ipynb").is_file()
        number, name = link.get("aria-label").split(". ", 1)
        assert page.name.startswith(f"{int(number):02}-") and link.find(f"{SVG}text").text == number
        assert f"# {name}\\n" in page.with_suffix(".ipynb").read_text(encoding="utf-8")
        assert float(link.find(f"{SVG}circle").get("r")) * 350 / WIDTH >= 12, "too small for a finger"


def test_the_last_drawing_leads_to_every_chapter():
    root = ElementTree.parse(drawings.folder() / "what-you-built.svg").getroot()
    linked = {link.get("href").rpartition("/")[2].removesuffix(".html") for link in root.iter(f"{SVG}a")}
    assert linked == {path.stem for path in CHAPTERS}


@pytest.mark.parametrize("path", FILES, ids=names)
def test_a_drawing_has_the_common_style_and_nothing_from_elsewhere(path):
    text = path.read_text(encoding="utf-8")
    root = ElementTree.fromstring(text)
    assert root.get("class") == "satgan-drawing"
    assert root.get("viewBox").split()[:3] == ["0", "0", str(WIDTH)]
    assert not re.search(r"<script|<style|<image|<animate|font-size|font-family|\bstyle=", text)
    assert not re.search(r'href="(?!\.\./)', text), "a link that leads out of the book"
    used = {name for element in root.iter() for name in (element.get("class") or "").split()}
    assert used <= set(re.findall(r"\.([a-z][a-z-]+)", STYLE)), "a class that style.css does not have"
    inks = [element.get(name) for element in root.iter() for name in ("fill", "stroke") if element.get(name)]
    assert set(inks) <= {"none", "currentColor"}, "colours are those of style.css"


def test_letters_are_large_enough_on_a_phone_and_what_moves_can_be_stopped():
    sizes = [float(size) for size in re.findall(r"font-size: ([\d.]+)px", STYLE)]
    assert sizes and min(sizes) >= SMALLEST and SMALLEST * 350 / WIDTH >= 9
    calm, moving = STYLE.split("@media (prefers-reduced-motion: no-preference)")
    assert "animation" not in calm
    for seconds, times in re.findall(r"animation: \S+ ([\d.]+)s \S+ (\d+)", moving):
        assert float(seconds) * int(times) <= 5, "what moves longer needs a button to stop it"
    assert "infinite" not in moving


def test_every_drawing_is_shown_somewhere():
    pages = [*NOTEBOOKS, *(ROOT / "book").rglob("*.md")]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    live = list(drawings.folder().glob("*.html"))
    assert live and [path.stem for path in (*FILES, *live) if path.stem not in text] == []


def test_a_drawing_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(FileNotFoundError, match="'no-such'.*two-players"):
        drawings.show_drawing("no-such", caption="Nothing.")
    with pytest.raises(FileNotFoundError, match="'no-such'.*kid-points"):
        drawings.show_live("no-such", caption="Nothing.")


def test_a_live_drawing_has_its_caption_its_style_and_its_script(shown):
    drawings.show_live("kid-points", caption="Drag a *cross*.")
    (html,) = (each.data for each in shown)
    assert "<figcaption>Drag a <em>cross</em>.</figcaption>" in html
    assert ".satgan-drawing" in html and "<script>" in html
