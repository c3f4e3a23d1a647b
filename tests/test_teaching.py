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


def script():
    """The script of the 90 minutes: for each of its parts when it begins, and the minutes at which something is said."""
    text = (TEACHING / "plan-90-minutes.md").read_text(encoding="utf-8")
    text = text.partition("## Script\n")[2].partition("\n## ")[0]
    parts = re.split(r"(?m)^### (\d+:\d\d) .+$", text)[1:]
    return [
        (start, re.findall(r"(?m)^- \*\*(\d+:\d\d)\*\*", part))
        for start, part in zip(parts[::2], parts[1::2], strict=True)
    ]


def test_the_script_of_the_90_minutes_goes_by_the_plan():
    (table,) = tables("plan-90-minutes")
    spans = [row["Time"].split("–") for row in table]
    parts = script()
    assert [start for start, _ in parts] == [start for start, _ in spans]
    for (start, said), (_, end) in zip(parts, spans, strict=True):
        times = list(map(minutes, said))
        assert said and said[0] == start and times == sorted(set(times)), start
        assert times[-1] < minutes(end), start


@pytest.mark.parametrize("name", TABLES)
def test_each_day_of_a_plan_has_ten_minutes_to_spare(name):
    for table in tables(name):
        assert sum(int(row["Minutes"]) for row in table if row["Teacher"].startswith("Buffer")) >= 10


def test_the_90_minutes_have_one_notebook_that_learners_run():
    (table,) = tables("plan-90-minutes")
    run = [row["Cells"] for row in table if re.search(r"\b[Rr]un\b|write `", row["Learners"])]
    assert len(run) >= 3 and {LINK.fullmatch(cell)[2] for cell in run} == {"workshop-90-minutes.ipynb"}


def test_the_closing_questions_ask_what_the_90_minutes_have_shown():
    (table,) = tables("plan-90-minutes")
    begins = {row["Time"].split("–")[0] for row in table if row["Cells"] != "—"}
    text = (TEACHING / "plan-90-minutes.md").read_text(encoding="utf-8")
    block = text.partition("## Closing questions\n")[2].partition("\n## ")[0]
    asked = [[x.strip() for x in line.split("|")[1:-1]] for line in re.findall(r"(?m)^\|.*$", block)[2:]]
    assert len(asked) == 5
    for question, *choices, reply, shown in asked:
        assert sum(choice.startswith("**") for choice in choices) == 1, question
        assert reply and shown in begins, question
    assert len({next(i for i, c in enumerate(row[1:4]) if "**" in c) for row in asked}) == 3


def test_each_vote_of_the_script_is_in_the_notebook_and_has_wrong_answers_with_replies():
    text = (TEACHING / "plan-90-minutes.md").read_text(encoding="utf-8").partition("## Script\n")[2]
    _, *votes = text.partition("\n## ")[0].split("**Vote ")
    exercise = text[text.index("Ask for hands at `Right`") :].partition("\n- ")[0]
    for part in (*votes, exercise):
        assert re.search(r"(?m)^  - .+[.?:\"`] \S", part), part[:60]
    notebook = "\n".join(cell.source for cell in cells(TEACHING / "workshop-90-minutes.ipynb"))
    asked = len(re.findall(r"(?m)^\*\*(?:Vote\.|The first vote, again\.)\*\*", notebook))
    assert asked == len(votes) >= 7


def test_what_half_a_day_expects_to_hear_is_heard_while_something_is_taught():
    (table,) = tables("plan-half-a-day")
    taught = {row["Time"].split("–")[0] for row in table if row["Cells"] != "—"}
    text = (TEACHING / "plan-half-a-day.md").read_text(encoding="utf-8")
    block = text.partition("## What you will hear")[2].partition("\n## ")[0]
    heard = re.findall(r'(?m)^\| (\d:\d\d) \| "[^"|]+" \| [^|]+ \|$', block)
    assert len(heard) == block.count("\n| ") - 1 >= 8  # the head is no line of it
    assert heard == sorted(heard) and set(heard) <= taught


# A link to a chapter, and the sections of it that are named right after, in italics.
NAMED = re.compile(r"\[([^\]]+)\]\(([^)]+\.ipynb)\), (\*.+?\*)(?=[.:;,]|$)", re.MULTILINE)


@pytest.mark.parametrize("page", ["questions", "what-to-know"])
def test_a_section_that_a_page_names_is_in_its_chapter(page):
    text = (TEACHING / f"{page}.md").read_text(encoding="utf-8")
    found = NAMED.findall(text)
    assert len(found) >= 8
    for title, target, section in found:
        there = sections((TEACHING / target).resolve())
        assert title == next(iter(there)) and section.strip("*") in there, (title, section)
    by_number = {int(path.name[:2]): sections(path) for path in CHAPTERS}
    for section, number in re.findall(r"\*([^*]+)\*, in chapter (\d+)", text):
        assert section in by_number[int(number)], (section, number)


def test_ten_questions_each_with_answers_that_a_section_backs():
    text = (TEACHING / "questions.md").read_text(encoding="utf-8")
    asked = re.split(r"(?m)^## \d+\. ", text)[1:]
    assert len(asked) == 10
    for one in asked:
        labels = re.findall(r"(?m)^\*\*([^*]+?)\.?\*\*", one)
        assert labels == [
            "Why it is worth ten minutes",
            "What people say first",
            "A good answer contains",
            "Ask next",
        ], one[:60]
        points = re.findall(r"(?m)^- .+$", one)
        assert 3 <= len(points) <= 4
        assert all(NAMED.search(point) for point in points), [p for p in points if not NAMED.search(p)]


def test_nine_ideas_in_three_sentences_each_with_what_one_will_hear():
    text = (TEACHING / "what-to-know.md").read_text(encoding="utf-8")
    ideas = re.split(r"(?m)^### ", text.partition("## Nine ideas")[2].partition("\n## ")[0])[1:]
    assert len(ideas) == 9
    for idea in ideas:
        title, said, answered = idea.strip().split("\n\n")
        assert len(re.findall(r"\.(?= |$)", said)) == 3, title
        assert re.match(r'\*\*You will hear:\*\* ".+?" \*\*Answer:\*\* ', answered), title
        assert ".ipynb)" in answered, title


def test_the_expected_wrong_answers_are_those_of_the_chapters():
    text = (TEACHING / "what-to-know.md").read_text(encoding="utf-8")
    listed = set()
    for target, heard, section in re.findall(r"(?m)^\| \[.+?\]\((.+?)\) \| (.+) \| \*(.+)\* \|$", text):
        listed |= {(Path(target).name, section, one) for one in re.findall(r'"([^"]+)"', heard)}
    there = set()
    for path in [*CHAPTERS, ROOT / "book" / "dcgan" / "debugging.ipynb"]:
        heading = ""
        for cell in cells(path):
            if cell.cell_type != "markdown":
                continue
            for line in cell.source.splitlines():
                heading = line.lstrip("# ") if re.match(r"#{1,3} ", line) else heading
                expected = re.search(r"Expect to hear: (.+?\") [A-Z]", line)
                if "Expect to hear" in line:
                    assert expected, line
                    quoted = re.findall(r'"([^"]+)"', expected[1])
                    there |= {(path.name, heading, one) for one in quoted}
    assert listed == there


def test_the_two_days_go_through_every_chapter():
    links = (LINK.fullmatch(row["Cells"]) for name, row in rows() if name == "plan-two-days")
    assert {p.stem for p in CHAPTERS} <= {Path(link[2]).stem for link in links if link}


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.stem)
def test_every_link_leads_somewhere(path):
    text = path.read_text(encoding="utf-8")
    for _, target, _ in LINK.findall(re.sub(r"(?m)^\|.*", lambda m: m[0].replace(": ", " "), text)):
        assert "://" in target or (TEACHING / target.partition("#")[0]).exists(), target


def test_what_is_seen_on_the_screen_is_what_the_book_prints():
    notebooks = [*CHAPTERS, TEACHING / "workshop-90-minutes.ipynb"]
    shown = [
        c.source + str(c.get("outputs")) for p in notebooks for c in nbformat.read(p, as_version=4).cells
    ]
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
