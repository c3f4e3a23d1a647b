"""The lesson plans fit: their rows follow each other, fill the time, name what is there, and give it long enough."""

import re
from pathlib import Path

import nbformat
import pytest

from satgan_tutorial.cli import doctor

ROOT = Path(__file__).parents[1]
TEACHING = ROOT / "book" / "teaching"
PAGES = sorted(TEACHING.glob("*.md"))
TABLES = {
    "plan-90-minutes": [90],
    "plan-half-a-day": [240],
    "plan-two-days": [480, 480],
}  # minutes of each table
CHAPTERS = sorted((p for p in (ROOT / "book").rglob("[01]?-*.ipynb")), key=lambda p: p.name)
WORDS = {"a minute": 1, "a minute and a half": 1.5, "two minutes": 2, "two and a half minutes": 2.5}
LINK = re.compile(r"\[([^\]]+)\]\(([^)]+)\)(?:: (.*))?")


def cells(path):
    return [
        c for c in nbformat.read(path, as_version=4).cells if "hide-cell" not in c.metadata.get("tags", [])
    ]


def sections(path):
    """Each heading below the title and the words and code under it; the title itself holds what comes first."""
    found = {}
    for cell in cells(path):
        for line in cell.source.splitlines():
            heading = re.fullmatch(r"#{1,3} (.+)", line) if cell.cell_type == "markdown" else None
            if heading:
                now = found.setdefault(heading[1], [])
            elif found:
                now += line.split()
    return {name: len(words) for name, words in found.items()}


def takes(path):
    """Minutes to read a chapter and to run it, from its own line."""
    text = " ".join(next(c.source for c in cells(path) if "**Time:**" in c.source).split())
    said = re.search(
        r"\*\*Time:\*\* (\d+) minutes.*?; (?:it runs in|about|under| )*([a-z ]+?)(?: to run)? on two", text
    )
    assert said, text[-200:]
    return int(said[1]), WORDS[said[2].strip()]


def tables(name):
    """The tables of a plan, each row a dict."""
    text = (TEACHING / f"{name}.md").read_text(encoding="utf-8")
    found = []
    for block in re.findall(r"(?m)^\| Time .*\n(?:\|.*\n)+", text):
        head, _, *rows = [
            [x.strip() for x in re.split(r"(?<!\\)\|", line)[1:-1]] for line in block.splitlines()
        ]
        found.append([dict(zip(head, row, strict=True)) for row in rows])
    return found


def rows():
    return [(name, row) for name in TABLES for table in tables(name) for row in table]


def minutes(clock):
    hours, rest = clock.split(":")
    return 60 * int(hours) + int(rest)


@pytest.mark.parametrize("name", TABLES)
def test_the_rows_of_a_plan_follow_each_other_and_fill_its_time(name):
    found = tables(name)
    assert [sum(int(row["Minutes"]) for row in table) for table in found] == TABLES[name]
    for table in found:
        spans = [tuple(map(minutes, row["Time"].split("–"))) for row in table]
        assert [b - a for a, b in spans] == [int(row["Minutes"]) for row in table]
        assert [b for _, b in spans[:-1]] == [a for a, _ in spans[1:]]
        assert all(row["Teacher"] and row["Learners"] for row in table)


@pytest.mark.parametrize(("name", "row"), rows(), ids=lambda x: x if isinstance(x, str) else x["Time"])
def test_a_row_names_what_is_there_and_gives_it_long_enough(name, row):
    if row["Cells"] == "—":
        return
    title, target, parts = LINK.fullmatch(row["Cells"]).groups()
    path = (TEACHING / target).resolve()
    if path.suffix == ".md":
        assert path.read_text(encoding="utf-8").startswith(f"# {title}\n")
        return
    words = sections(path)
    assert title == next(iter(words))
    how, _, rest = parts.partition("all but ")
    named = [part for part in (rest or how).split("; ") if part != "all"]
    assert set(named) <= set(words), set(named) - set(words)
    share = sum(words[part] for part in named) / sum(words.values())
    read, run = takes(path)
    whole = parts.startswith("all")
    needed = read * (1 - share) + run if whole else read * share
    assert int(row["Minutes"]) >= needed, f"{needed:.1f} minutes"


def test_the_two_days_go_through_every_chapter():
    links = (LINK.fullmatch(row["Cells"]) for name, row in rows() if name == "plan-two-days")
    assert {p.stem for p in CHAPTERS} <= {Path(link[2]).stem for link in links if link}


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.stem)
def test_every_link_leads_somewhere(path):
    text = path.read_text(encoding="utf-8")
    for _, target, _ in LINK.findall(re.sub(r"(?m)^\|.*", lambda m: m[0].replace(": ", " "), text)):
        assert "://" in target or (TEACHING / target.partition("#")[0]).exists(), target


def test_what_is_seen_on_the_screen_is_what_the_book_prints():
    shown = [c.source + str(c.get("outputs")) for p in CHAPTERS for c in nbformat.read(p, as_version=4).cells]
    shown += [p.read_text(encoding="utf-8") for p in (ROOT / "satgan_tutorial").rglob("*.py")]
    shown = "\n".join(shown)
    for name in ("real", "simulated"):  # the line that tells which chips are used
        shown += (
            f"\nUsing {name} chips" if "{opened.name} chips" in shown and 'f"Using {what} ' in shown else ""
        )
    for name in TABLES:
        signs = (
            (TEACHING / f"{name}.md")
            .read_text(encoding="utf-8")
            .partition("## How to know that it worked")[2]
        )
        quoted = re.findall(r"`([^`]+)`", signs)
        assert len(quoted) >= 3
        assert [text for text in quoted if text not in shown] == []


def test_the_check_says_what_teachers_and_learners_are_told():
    source = (ROOT / "satgan_tutorial" / "cli" / "check.py").read_text(encoding="utf-8")
    (last,) = re.findall(r'click.echo\("(Nothing would fail[^"]+)"\)', source)
    for file in ("guide.md", "start-here.txt"):
        assert last in (TEACHING / file).read_text(encoding="utf-8")


def test_the_book_takes_at_most_as_long_as_the_check_says():
    assert len(CHAPTERS) >= 12
    assert sum(takes(path)[1] for path in CHAPTERS) <= doctor.REFERENCE_MINUTES
