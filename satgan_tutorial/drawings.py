"""The book's drawings: SVG by hand, in the page's ink, with words for a screen reader inside.

They lie in `book/_static/drawings/`, each a file, with one style sheet for all (`style.css`). A drawing has a `<title>` and
a `<desc>`; what moves in it moves for a few seconds, and not at all where a reader asks for less motion. One that the reader
moves is a piece of HTML with its own few lines of script (`show_live`).
"""

from pathlib import Path

from .files import home
from .svg import in_page


def folder() -> Path:
    """Where the drawings lie: in the book, or in the installed wheel.

    >>> (folder() / "style.css").is_file()
    True
    """
    return home() / "book" / "_static" / "drawings"


def show_drawing(name: str, *, caption: str) -> None:
    """Show one of the book's drawings.

    Args:
        name: of its file, without the suffix.
        caption: what everybody reads below it, as for `plots.show`.

    Raises:
        FileNotFoundError: there is no such drawing, or there is no book.

    >>> show_drawing("two-players", caption="Two players.")
    <IPython.core.display.HTML object>
    >>> show_drawing("unicorn", caption="One horn.")
    Traceback (most recent call last):
    FileNotFoundError: found no drawing 'unicorn'; there are ...
    """
    from IPython.display import HTML, display

    display(HTML(_styled(name, ".svg", caption)))


def show_live(name: str, *, caption: str) -> None:
    """Show a drawing that the reader moves: by mouse, by touch and by keyboard, in a live notebook and on a page alike.

    It asks nothing else of the page, and works from a file. Where scripts are off it stands still.

    Args:
        name: of its file, without the suffix.
        caption: what everybody reads below it, as for `plots.show`.

    Raises:
        FileNotFoundError: there is no such drawing, or there is no book.

    >>> show_live("kid-points", caption="Move a point.")
    <IPython.core.display.HTML object>
    """
    from IPython.display import HTML, display

    display(HTML(_styled(name, ".html", caption)))


def _styled(name: str, kind: str, caption: str) -> str:
    """A drawing with the common style and its caption, as HTML."""
    path = folder() / f"{name}{kind}"
    if not path.is_file():
        there = ", ".join(sorted(file.stem for file in folder().glob(f"*{kind}")))
        raise FileNotFoundError(f"found no drawing {name!r}; there are {there}.")
    style = (folder() / "style.css").read_text(encoding="utf-8")
    return f"<style>{style}</style>{in_page([path.read_text(encoding='utf-8')], caption)}"
