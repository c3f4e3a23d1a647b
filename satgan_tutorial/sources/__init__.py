"""Where chips come from: ShipsNet's files, the simulator; `load_chips` is the one door."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np

from ..chips import ChipError, ChipSet
from ..files import home


def load_chips(source: str | os.PathLike | None = None, *, say: Callable[[str], None] = print) -> ChipSet:
    """All chips, real ones in the order of their names; prepared once, then memory-mapped from a cache.

    Args:
        source: a folder of chips as Kaggle nests it or flat, a `shipsnet.json`, or "simulated". By
            default what $SATGAN_DATA names, else `data/shipsnet`, else simulated chips. Relative
            paths start at the working folder.
        say: what prints the one line that tells which chips are used.

    Raises:
        ChipError: the source is missing or broken, or there is no cache folder to write to.
    """
    from .cache import cached

    named = source or os.environ.get("SATGAN_DATA")
    found = _locate(named) if named else _locate(home() / "data" / "shipsnet", optional=True)
    if found is None:
        why = "as asked" if named else "no real ones in data/shipsnet; `satgan fetch` gets them"
        chips = cached(*_simulated(), say)
        say(f"Using simulated chips ({why}): {chips!r}")
    else:
        from . import shipsnet

        files, read = shipsnet.find(found)
        chips = cached(_fingerprint(files), lambda: read(files), say)
        say(f"Using real chips from {found.name}: {chips!r}")
    return chips


def _locate(source: str | os.PathLike, optional: bool = False) -> Path | None:
    """The folder or file a source names; None for simulated chips."""
    if os.fspath(source) == "simulated":
        return None
    path = Path(source).expanduser().absolute()
    if path.exists():
        return path
    if optional:
        return None
    raise ChipError(
        f"{path}: found nothing there; expected a folder of chips or a shipsnet.json. Correct $SATGAN_DATA or "
        "the path (a relative one starts at the working folder), get the chips with `satgan fetch`, or say "
        "`simulated`."
    )


def _simulated() -> tuple[str, Callable[[], ChipSet]]:
    def draw() -> ChipSet:
        from . import simulate

        return simulate.draw_chips(4000, seed=0)

    # The code and NumPy draw the bits, pandas stores the causes; neither is imported only to ask.
    code = b"".join(Path(__file__).with_name(name).read_bytes() for name in ("simulate.py", "paint.py"))
    code += f"{np.__version__} {version('pandas')}".encode()
    return f"simulated-{hashlib.sha256(code).hexdigest()[:16]}", draw


def _fingerprint(files: list[Path]) -> str:
    stats = [(file.name, (stat := file.stat()).st_size, stat.st_mtime_ns) for file in files]
    return f"real-{hashlib.sha256(repr(stats).encode()).hexdigest()[:16]}"
