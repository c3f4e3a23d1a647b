"""Sentences that a run fills in: text of the page, the same in Jupyter, in Colab and in the book.

A number in prose goes stale; a number that a cell says cannot. `say` writes a sentence into the page. `claim` writes one
that the book asserts, and fails the build when it has stopped being true.
"""

from __future__ import annotations

import os


def say(text: str) -> None:
    """Show a sentence or two, in Markdown, as text of the page: `say(f"{n} of 250 ships are near another.")`.

    >>> say(f"**{2 + 1}** of 250 ships are near another.")  # in a notebook: text of the page
    <IPython.core.display.Markdown object>
    """
    from IPython.display import Markdown, display

    display(Markdown(text))


def claim(holds: bool, text: str, otherwise: str, *, source: str) -> None:
    """Say what came out, and fail where the book asserts it and it did not.

    The published book is built on real chips at the laptop budget, or at the full one: there a claim that does not hold
    is an error, and so is one about pictures that a page makes itself. On simulated chips, and in the few seconds of the
    smoke budget, another answer may come out; then that is what the reader reads.

    Args:
        holds: whether what the book says is what this run gave.
        text: what the book says, in Markdown, with the numbers of this run.
        otherwise: what to say where it does not hold, with the numbers of this run.
        source: of the chips it is about, "real" or "simulated" (`ChipSet.source`); "pictures" for those of a `PictureSet`.

    Raises:
        AssertionError: it does not hold where the book asserts it.

    >>> from unittest import mock
    >>> claim(True, "KID fell to 1.2.", "KID rose to 2.1.", source="real")
    <IPython.core.display.Markdown object>
    >>> with mock.patch.dict(os.environ, SATGAN_BUDGET="laptop"):
    ...     claim(False, "KID fell to 1.2.", "KID rose to 2.1.", source="real")
    Traceback (most recent call last):
    AssertionError: the book says: KID fell to 1.2. This run says: KID rose to 2.1.
    """
    if not holds and source != "simulated" and os.environ.get("SATGAN_BUDGET", "laptop") != "smoke":
        raise AssertionError(f"the book says: {text} This run says: {otherwise}")
    say(text if holds else otherwise)
