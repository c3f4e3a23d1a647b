"""`satgan check`: would anything fail on this machine?"""

from __future__ import annotations

import click

from .console import masked, note


@click.command(short_help="Would anything fail on this machine, and how long does the book take on it?")
def check() -> None:
    """Tell what would fail on this machine and how to mend it, and how long the book takes on it.

    It takes half a minute where nothing else runs: it loads TensorFlow, trains for some steps and prepares the chips.
    """
    from .doctor import look

    problems = []
    for name, found, good, mend in look(note):
        row = f"{name:10}{found}" if good else f"{name:10}PROBLEM: {found.rstrip('.')}. {mend}"
        click.echo(masked(row.rstrip()))
        problems.extend([] if good else [name])
    if problems:
        raise click.ClickException(f"{' and '.join(problems)}: see above.")
    click.echo("Nothing would fail here, with or without a network.")
