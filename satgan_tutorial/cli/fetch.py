"""`satgan fetch`: the real chips."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from .console import tell
from .options import FOLDER, writable


@click.command(short_help="Download the real chips, all of them or nothing.")
@click.option("--to", type=FOLDER, help="The folder for them [default: data/shipsnet].")
def fetch(to: Path | None) -> None:
    """Download the 4000 real chips (ShipsNet, from Kaggle; no account needed), all of them or nothing.

    Each file is checked against its known sum before the set is put in place. After a failure, repeat the command.
    """
    if to:
        writable(to)
    from ..sources.fetch import fetch as get

    folder = get(to, say=tell)
    if to:
        tell(f"Use them with:\n  export SATGAN_DATA={shlex.quote(str(folder))}")
