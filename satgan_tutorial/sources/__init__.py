"""Where chips come from: ShipsNet's files, the simulator; `load_chips` is the one door.

A source is a file of this folder with a class that has what `base.Source` says; `open_source` knows which one a name means.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from ..chips import ChipError, ChipSet
from ..files import absolute, home
from .base import Source


def load_chips(source: str | os.PathLike | None = None, *, say: Callable[[str], None] = print) -> ChipSet:
    """All chips, real ones in the order of their names; prepared once, then memory-mapped from a cache.

    Args:
        source: a folder of chips as Kaggle nests it or flat, a `shipsnet.json`, or "simulated". By
            default what $SATGAN_DATA names, else `data/shipsnet`, else simulated chips. Relative
            paths start at the working folder.
        say: what prints the line that tells which chips are used, and what happens to the cache.

    Raises:
        ChipError: the source is missing or broken, or there is no cache folder to write to.
    """
    from .cache import cached

    opened = open_source(source)
    chips = cached(opened, say)
    say(f"Using {opened.name} chips {opened.origin}: {chips!r}")
    return chips


def open_source(source: str | os.PathLike | None = None) -> Source:
    """The source that a name means; the argument and the errors are those of `load_chips`. It reads no pixel."""
    named = source or os.environ.get("SATGAN_DATA")
    try:
        path = absolute(named or home() / "data" / "shipsnet")
    except FileNotFoundError as error:
        raise ChipError(str(error)) from None
    if named == "simulated" or not (named or path.exists()):
        from .simulate import Simulator

        return Simulator(
            "(as asked)" if named else "(no real ones in data/shipsnet; `satgan fetch` gets them)"
        )
    if not path.exists():
        raise ChipError(
            f"{path}: found nothing there; expected a folder of chips or a shipsnet.json. Correct $SATGAN_DATA or "
            "the path (a relative one starts at the working folder), get the chips with `satgan fetch`, or say "
            "`simulated`."
        )
    from .shipsnet import find

    return find(path)
