"""Where the rows of long runs lie, `book/results/`, and tables that grow by a row a run."""

import csv
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..files import home

RESULTS = home() / "book" / "results"


def slug(name: str) -> str:
    """A name for a file, in lower case, digits and hyphens: "R1 alone" is `r1-alone`.

    >>> slug("R1 alone")
    'r1-alone'
    """
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def read(table: Path) -> list[dict[str, str]]:
    """The rows of a table, each a text by column; none where there is no table.

    >>> read(Path("no-such.csv"))
    []
    """
    if not table.is_file():
        return []
    with table.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def add(table: Path, row: Mapping[str, Any], digits: int = 4) -> None:
    """Add a row to a table, which begins with it where there is none.

    Args:
        table: a .csv file in a folder that is there.
        row: a value by column, in the order of the columns.
        digits: how many significant ones of a float are written.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     table = Path(folder, "runs.csv")
    ...     add(table, {"variant": "grain", "seed": 0, "kid": 1.23456})
    ...     read(table)
    [{'variant': 'grain', 'seed': '0', 'kid': '1.235'}]
    """
    begun = table.is_file()
    with table.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, row, lineterminator="\n")
        if not begun:
            writer.writeheader()
        writer.writerow(
            {key: f"{value:.{digits}g}" if isinstance(value, float) else value for key, value in row.items()}
        )
