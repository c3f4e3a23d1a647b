"""The slides: every deck can be made, says what to say, and names figures that its chapters draw."""

import ast
import csv
import html
import math
import re
from pathlib import Path

import nbformat
import pytest
from scripts import script

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[1]


slides = script("tools/slides.py")
DECKS = sorted(slides.DECKS.glob("*.md"))
FOOTER = '<div class="extra_footer">\n  Whose chips.\n</div>'


def images(text):
    """Kind, place and words of every image that a deck names."""
    return [(*place.split(":"), words) for words, place in re.findall(r"!\[(.*?)\]\((\S+?)\)", text)]


@pytest.fixture
def built(tmp_path):
    """A stand-in for the built book: a page a chapter, with a figure for each name in the decks."""
    pages = {path.stem: "" for path in (ROOT / "book").glob("*/[01]?-*.ipynb")}
    pages["00-ten-minutes"] = FOOTER
    for file in DECKS:
        for kind, place, words in images(file.read_text(encoding="utf-8")):
            if kind == "figure":
                label = html.escape(words.replace("…", "17") + ", and more.")
                svg = f'<svg role="img" aria-label="{label}" class="satgan-figure" style=""><path d="M0 0"/></svg>'
                pages[place] = pages.get(place, "") + svg
    for name, text in pages.items():
        page = tmp_path / "html" / "book" / "part" / f"{name}.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text, encoding="utf-8")
    return tmp_path / "html"


def test_every_deck_is_made_and_asks_for_nothing_elsewhere(built, tmp_path):
    target = tmp_path / "slides"
    assert slides.main(str(built), str(target)) is None
    listed = (target / "index.html").read_text(encoding="utf-8")
    assert len(DECKS) == 7 and "Whose chips." in listed
    for file in DECKS:
        page = (target / f"{file.stem}.html").read_text(encoding="utf-8")
        assert f'href="{file.stem}.html"' in listed and "Whose chips." in page
        assert (
            page.count("<section>") == page.count('<aside class="notes">')
            and 8 <= page.count("<section>") <= 12
        )
        shown = [
            re.search(r'aria-label="([^"]+)"|<title[^>]*>([^<]+)<', svg)
            for svg in re.findall(r"<svg.*?</svg>", page, re.DOTALL)
        ]
        assert len(shown) == len(images(file.read_text(encoding="utf-8"))) >= 4 and all(shown)
        assert "<img" not in page and not re.search(r"\bid=\"([^\"]+)\".*\bid=\"\1\"", page, re.DOTALL)
        loaded = re.findall(r'(?:src|href)="([^"#]+)"', page) + re.findall(r"url\(([^)]+)\)", page)
        assert all((target / address).resolve().exists() for address in loaded)
    for file in target.rglob("*.css"):
        assert not re.search(r"@import|https?://", file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("file", DECKS, ids=lambda p: p.stem)
def test_every_slide_says_what_to_say_and_there_is_a_vote(file):
    parts = re.split(r"(?m)^##? (.+)$", file.read_text(encoding="utf-8"))[1:]
    votes = 0
    for title, slide in zip(parts[::2], parts[1::2], strict=True):
        shown, heading, notes = slide.partition("\n### Notes\n")
        assert heading and slides.MINUTES.search(notes), title
        assert {"**Say:**", "**Ask:**"} & set(re.findall(r"\*\*\w+:\*\*", notes)), title
        assert len(re.sub(r"!\[.*?\]\(.*?\)", "", shown).split()) <= 60, f"{title}: too many words"
        if title.startswith("Vote: "):
            votes += 1
            assert "**Right:**" in notes and "**Expect:**" in notes, title
    assert votes >= 1


def test_the_list_for_teachers_has_every_deck():
    guide = (ROOT / "book" / "teaching" / "guide.md").read_text(encoding="utf-8")
    titles = {
        file.stem: file.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ") for file in DECKS
    }
    assert dict(re.findall(r"\| `(\d-\w+)`: (.+?) \|", guide)) == titles


def texts(path):
    """How the texts in a notebook's code begin, with `…` where a run fills something in."""
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code" and "colab" not in cell.id:
            for node in ast.walk(ast.parse(cell.source)):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value
                elif isinstance(node, ast.JoinedStr):
                    yield "".join(
                        part.value if isinstance(part, ast.Constant) else "…" for part in node.values
                    )


def test_the_figures_are_those_of_the_chapters():
    named = [image for file in DECKS for image in images(file.read_text(encoding="utf-8"))]
    assert len(named) > 40
    drawn = {}
    for kind, place, words in named:
        if kind == "drawing":
            slides.drawing(place)
            continue
        (path,) = (ROOT / "book").glob(f"*/{place}.ipynb")
        there = drawn.setdefault(place, list(texts(path)))
        begun = [text.partition("…")[0] for text in there]
        assert any(text.startswith(words) for text in there) or any(
            len(text) > 20 and words.startswith(text) for text in begun
        ), (place, words)


def recorded(name):
    """The rows of a recorded table that are of real chips."""
    with (ROOT / "book" / "results" / f"{name}.csv").open(encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["source"] == "real"]


def test_the_last_deck_quotes_the_tables_of_its_chapters():
    kid = {
        row["steps"]: row["kid"]
        for row in recorded("15-from-noise-to-ship/steps")
        if row["solver"] == "euler"
    }
    one, sixteen, more = (f"{float(kid[steps]):.2f}" for steps in ("1", "16", "32"))
    seen = {(row["by"], float(row["weight"] or 0)): row for row in recorded("16-bayes-both-ways/guided")}
    share = {way: int(row["called"]) / int(row["n"]) for way, row in seen.items()}
    assert share["reader", 16] < share["reader", 0] < share["reader", 1] < share["label dropped", 1]
    assert share["label dropped", 1] < share["label dropped", 5]
    assert float(seen["label dropped", 5]["recall"]) < float(seen["label dropped", 1]["recall"])
    read = [row for row in recorded("16-bayes-both-ways/read") if row["part"] == "test"]
    prior = math.log(1 / 3)  # a quarter of the chips are ships
    flow, network = (
        sum((float(row[by]) + shift > 0) == (row["label"] == "1") for row in read)
        for by, shift in (("errors_64", prior), ("network", 0))
    )
    text = (slides.DECKS / "7-after.md").read_text(encoding="utf-8")
    for said in (
        f"KID fell from {one} in one step to {sixteen} in 16, and 32 steps had {more}",
        f"right about {flow} of {len(read)}, and chapter 2's network about {network}.",
    ):
        assert said in text, said
    costs = {
        (r["how"], r["part"], r["noises"]): float(r["seconds"]) for r in recorded("16-bayes-both-ways/costs")
    }
    assert costs["errors", "test", "64"] > 600 * costs["network", "test", "0"]
    looks = [row for row in recorded("15-from-noise-to-ship/families") if row["what"] == "look"]
    last = max(float(row["minutes"]) for row in looks if row["family"] == "flow")
    gan, ours = (
        [row for row in looks if row["family"] == family and float(row["minutes"]) <= last][-1]
        for family in ("gan", "flow")
    )
    assert all(float(gan[ruler]) < float(ours[ruler]) for ruler in ("kid", "broken"))


def test_a_name_that_finds_nothing_is_told_with_what_there_is(built):
    pages = slides.Pages(built)
    with pytest.raises(slides.SlideError, match="no figure that begins with 'A whale'"):
        pages.figure("00-ten-minutes", "A whale")
    with pytest.raises(slides.SlideError, match="make book"):
        pages.figure("99-none", "A ship")
    with pytest.raises(slides.SlideError, match="no drawing 'whale'; there are .*two-players"):
        slides.drawing("whale")
    with pytest.raises(slides.SlideError, match="expected figure:CHAPTER"):
        slides.deck("# A deck\n\n![A ship](ship.png)", slides.pictures(pages, built))


def test_the_handout_for_paper_needs_nothing_else_and_is_html_where_no_browser_prints_it(
    tmp_path, monkeypatch, capsys
):
    handout = script("tools/handout.py")
    monkeypatch.setattr(handout.shutil, "which", lambda name: None)
    handout.main(str(tmp_path))
    assert [file.name for file in tmp_path.iterdir()] == ["handout.html"]
    assert "HTML alone" in capsys.readouterr().out
    page = (tmp_path / "handout.html").read_text(encoding="utf-8")
    assert "<em>p</em>(<em>y</em> | <em>x</em>)" in page  # the bar begins no cell
    assert "<title id=" in page and page.count("<h2") == page.count("<h2>") + 1  # the second side begins once
    assert not re.search(r"\{raw\}|\$|href=|src=|\.ipynb", page), "as on a page of the book"
