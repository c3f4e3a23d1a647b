"""Options that several commands have, and what they check before the work begins."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import click

FOLDER = click.Path(file_okay=False, path_type=Path)


def out_file(*endings: str) -> Callable:
    """The option for the file to write; complains before the work about one that could not be written after it."""

    def check(context: click.Context, option: click.Option, out: Path) -> Path:
        if out.suffix.lower() not in endings:
            raise click.UsageError(f"--out {out}: expected a name that ends in {' or '.join(endings)}.")
        if not out.parent.is_dir():
            raise click.UsageError(f"--out {out}: found no folder {out.parent}; make it first.")
        writable(out.parent)
        return out

    text, kind = f"A {' or '.join(endings)} file.", click.Path(dir_okay=False, path_type=Path)
    return click.option("--out", type=kind, required=True, callback=check, help=text)


def source_option(text: str) -> Callable:
    """The option that names the chips a shipped model learned from."""
    chips = click.Choice(["real", "simulated"])
    return click.option("--source", type=chips, default="real", help=text)


def writable(folder: Path) -> None:
    """Complain now about a folder that could not be written to after minutes of work."""
    there = next(f for f in (folder.absolute(), *folder.absolute().parents) if f.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise click.UsageError(f"{folder}: cannot write to {there}; name another folder.")
