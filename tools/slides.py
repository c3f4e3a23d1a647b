"""Make the slides of the teaching kit: `make slides`, or `python tools/slides.py PAGES TARGET`.

A deck is a Markdown file in `book/teaching/slides/`. Its first heading is its title, each heading below that begins a slide,
and what follows `### Notes` is for the speaker. An image names what it shows: `![Eight columns of](figure:00-ten-minutes)` the
figure of that chapter whose alt text begins so, where `…` stands for a number or a name that the run fills in, and
`![](drawing:two-players)` a drawing. Figures are taken from the pages of the built book, as they are there, with their whole
alt text; a name that finds nothing ends the build. reveal.js shows the slides, from a folder and with no network.
"""

import html
import os
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parents[1]
DECKS = ROOT / "book" / "teaching" / "slides"
STATIC = ROOT / "book" / "_static"
FIGURE = re.compile(r'<svg [^>]*class="satgan-figure"[^>]*>.*?</svg>', re.DOTALL)
FOOTER = re.compile(r'<div class="extra_footer">(.*?)</div>', re.DOTALL)
LINK = re.compile(r'href="\.\./[^"]*?([^/"]+)\.html"')
LABEL = re.compile(r'aria-label="([^"]*)"')
MINUTES = re.compile(r"\*\*Minutes:\*\* (\d+)")


class SlideError(Exception):
    """A deck that cannot be made; its text says which, and why."""


@dataclass
class Slide:
    """What a room sees, and what the speaker does, both as tokens of Markdown."""

    shown: list[Token] = field(default_factory=list)
    notes: list[Token] = field(default_factory=list)


class Pages:
    """The built book, of which decks take their figures."""

    def __init__(self, folder: Path) -> None:
        """Take the folder that holds `index.html`."""
        self.folder = folder

    def page(self, chapter: str) -> Path:
        """The page of a chapter, which is named as its file is."""
        found = sorted(self.folder.glob(f"book/*/{chapter}.html"))
        if not found:
            raise SlideError(f"{self.folder}: found no page {chapter}; build the book first (`make book`).")
        return found[0]

    def figure(self, chapter: str, name: str) -> str:
        """The first figure of a chapter whose alt text begins with a name, as an `<svg>`."""
        page = self.page(chapter)
        there = FIGURE.findall(page.read_text(encoding="utf-8"))
        figures = {svg: html.unescape(LABEL.search(svg)[1]) for svg in there}
        pattern = ".+?".join(map(re.escape, name.split("…")))
        for svg, alt in figures.items():
            if re.match(pattern, alt):
                return svg
        known = "\n".join(f"  {alt[:90]}" for alt in dict.fromkeys(figures.values()))
        raise SlideError(f"{page}: found no figure that begins with {name!r}. There are\n{known}")

    def credit(self) -> str:
        """What stands below each page of the book: the version, the licences, and whose the chips are."""
        found = FOOTER.search(self.page("00-ten-minutes").read_text(encoding="utf-8"))
        if not found:
            raise SlideError(f"{self.folder}: found no footer on its pages; build the book anew.")
        return found[1].strip()


def read(text: str) -> list[Slide]:
    """The slides of a deck."""
    found: list[Slide] = []
    tokens = parser().parse(text)
    part, at = None, 0
    while at < len(tokens):
        token = tokens[at]
        if token.type == "heading_open" and token.level == 0:
            if token.tag in ("h1", "h2"):
                found.append(Slide())
                part = found[-1].shown
            elif tokens[at + 1].content == "Notes":
                part, at = found[-1].notes, at + 3
                continue
        part.append(token)
        at += 1
    return found


def parser() -> MarkdownIt:
    """Markdown with tables and without HTML; a paragraph of images alone is a row of pictures."""
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    markdown.add_render_rule("image", lambda self, tokens, at, options, env: env["picture"](tokens[at]))
    return markdown


def deck(text: str, picture: Callable[[Token], str]) -> tuple[str, list[str]]:
    """The title of a deck and its slides as HTML, with `picture` for each of its images."""
    markdown, slides = parser(), read(text)

    def rendered(tokens: list[Token]) -> str:
        for before, inside, after in zip(tokens, tokens[1:], tokens[2:], strict=False):
            kinds = {
                child.type for child in inside.children or [] if child.content.strip() or child.type != "text"
            }
            if before.type == "paragraph_open" and "image" in kinds <= {"image", "softbreak"}:
                before.tag = after.tag = "div"
                before.attrs["class"] = "pictures"
        return markdown.renderer.render(tokens, markdown.options, {"picture": picture})

    title = slides[0].shown[1].content
    return title, [
        f'<section><div class="page">{rendered(slide.shown)}</div>'
        f'<aside class="notes">{rendered(slide.notes)}</aside></section>'
        for slide in slides
    ]


def drawing(name: str) -> str:
    """A drawing of the book, as an `<svg>` with its own words for a screen reader."""
    file = STATIC / "drawings" / f"{name}.svg"
    if not file.is_file():
        there = ", ".join(sorted(one.stem for one in file.parent.glob("*.svg")))
        raise SlideError(f"found no drawing {name!r}; there are {there}.")
    return file.read_text(encoding="utf-8")


def pictures(pages: Pages, target: Path) -> Callable[[Token], str]:
    """What puts an image of a deck into its slides, with a link to the chapter that it is from."""

    def address(chapter: str) -> str:
        return Path(os.path.relpath(pages.page(chapter), target)).as_posix()

    def picture(token: Token) -> str:
        kind, _, place = token.attrs["src"].partition(":")
        if kind == "drawing":
            # A drawing's own links are written for a page of the book.
            svg = LINK.sub(lambda link: f'href="{address(link[1])}"', drawing(place))
            return f"<figure>{svg}</figure>"
        if kind != "figure":
            raise SlideError(f"found {token.attrs['src']!r}; expected figure:CHAPTER or drawing:NAME.")
        number = f"chapter {int(place[:2])}" if place[:2].isdecimal() else "the book"
        return f'<figure>{pages.figure(place, token.content)}<figcaption><a href="{address(place)}">From {number}</a></figcaption></figure>'

    return picture


def build(pages: Pages, target: Path) -> None:
    """Write every deck, their list, and what they load to a folder."""
    decks = {file.stem: file.read_text(encoding="utf-8") for file in sorted(DECKS.glob("*.md"))}
    made, rows = {}, []
    for name, text in decks.items():
        try:
            title, slides = deck(text, pictures(pages, target))
        except SlideError as error:
            raise SlideError(f"book/teaching/slides/{name}.md: {error}") from None
        minutes = sum(map(int, MINUTES.findall(text)))
        made[name] = page(title, REVEAL.format(slides="\n".join(slides), credit=pages.credit()))
        rows.append(f'<li><a href="{name}.html">{title}</a>: {len(slides)} slides, {minutes} minutes</li>')
    made["index"] = page("Slides", LIST.format(rows="\n".join(rows), credit=pages.credit()))

    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(STATIC / "vendor" / "reveal", target / "reveal")
    shutil.copy(DECKS / "slides.css", target)
    shutil.copy(STATIC / "drawings" / "style.css", target / "drawings.css")
    for name, text in made.items():
        (target / f"{name}.html").write_text(text, encoding="utf-8")


def page(title: str, body: str) -> str:
    """A page with the sheets that all of them load."""
    names = "reveal/reveal", "drawings", "slides"
    sheets = "".join(f'<link rel="stylesheet" href="{name}.css">' for name in names)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">'
        f"<title>{html.escape(title)}</title>{sheets}</head>\n<body>{body}</body></html>\n"
    )


# A screen that is higher than wide gets slides that are so too: their letters stay large on a phone.
REVEAL = """
<div class="reveal"><main class="slides">
{slides}
</main></div>
<footer class="credit">{credit}</footer>
<script src="reveal/reveal.js"></script><script src="reveal/notes.js"></script>
<script>
document.body.classList.add("scripted");
const shape = () => innerWidth < innerHeight
  ? {{ width: 560, height: Math.round((560 * innerHeight) / innerWidth) }} : {{ width: 1200, height: 750 }};
const fixed = {{ center: false, hash: true, margin: 0.03, scrollActivationWidth: null, transition: "none" }};
Reveal.initialize({{ ...fixed, ...shape(), slideNumber: true, plugins: [RevealNotes] }});
addEventListener("resize", () => Reveal.configure(shape()));
</script>
"""

LIST = """
<main class="list"><h1>Slides</h1>
<ol>
{rows}
</ol>
<p>Arrow keys, a click on the arrows or a swipe turn the pages. <kbd>S</kbd> opens the speaker's notes in a window of their
own, <kbd>F</kbd> fills the screen, <kbd>O</kbd> shows all slides, <kbd>?</kbd> all keys. To print a deck with its notes, add
<code>?view=print&amp;showNotes=separate-page</code> to its address.</p>
<footer>{credit}</footer></main>
"""


def main(pages: str, target: str) -> str | None:
    """Make the slides; return what went wrong."""
    try:
        build(Pages(Path(pages)), Path(target))
    except SlideError as error:
        return str(error)
    print(f"The slides are made: {Path(target) / 'index.html'}")
    return None


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
