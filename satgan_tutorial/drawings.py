"""The book's drawings: SVG by hand, in the page's ink, with words for a screen reader inside.

They lie in `book/_static/drawings/`, each a file, with one style sheet for all (`style.css`). A drawing has a `<title>` and
a `<desc>`; what moves in it moves for a few seconds, and not at all where a reader asks for less motion.
"""

from pathlib import Path

from .files import checkout
from .svg import in_page


def folder() -> Path:
    """Where the drawings lie.

    Raises:
        FileNotFoundError: the package was installed without the book.
    """
    root = checkout()
    if root is None:
        raise FileNotFoundError(
            "found no drawings: they come with the book, not with the installed package. Run this in a checkout of it."
        )
    return root / "book" / "_static" / "drawings"


def show_drawing(name: str, *, caption: str) -> None:
    """Show one of the book's drawings.

    Args:
        name: of its file, without the suffix.
        caption: what everybody reads below it, as for `plots.show`.

    Raises:
        FileNotFoundError: there is no such drawing, or there is no book.
    """
    from IPython.display import HTML, display

    path = folder() / f"{name}.svg"
    if not path.is_file():
        there = ", ".join(sorted(file.stem for file in folder().glob("*.svg")))
        raise FileNotFoundError(f"found no drawing {name!r}; there are {there}.")
    style = (folder() / "style.css").read_text(encoding="utf-8")
    drawing = in_page([path.read_text(encoding="utf-8")], caption)
    display(HTML(f"<style>{style}</style>{drawing}"))
