"""Where the scripts beside this one keep what they found: `book/results/`, and tables that grow by a row a run."""

import csv
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "book" / "results"


def slug(name: str) -> str:
    """A name for a file, in lower case, digits and hyphens: "R1 alone" is `r1-alone`."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def read(table: Path) -> list[dict[str, str]]:
    """The rows of a table; none where there is none."""
    if not table.is_file():
        return []
    with table.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def add(table: Path, row: dict, digits: int = 4) -> None:
    """Add a row to a table, its fractions in so many significant digits."""
    begun = table.is_file()
    with table.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, row, lineterminator="\n")
        if not begun:
            writer.writeheader()
        writer.writerow(
            {key: f"{value:.{digits}g}" if isinstance(value, float) else value for key, value in row.items()}
        )
