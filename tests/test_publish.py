"""What the world sees first: the README, the paper, how to cite, ask and report; each agrees with what is there."""

import re
from pathlib import Path

import pytest
import yaml
from scripts import ROOT, script

pytestmark = pytest.mark.once

PAPER = (ROOT / "paper.md").read_text(encoding="utf-8")
HEAD = yaml.safe_load(PAPER.split("---\n")[1])
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
PAGES = sorted(ROOT.glob("*.md")) + sorted((ROOT / ".github").rglob("*.md"))
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_link_to_a_file_leads_to_one(page):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    gone = [link for link in links if "://" not in link and not (ROOT / link.partition("#")[0]).exists()]
    assert gone == []


def test_a_page_that_everybody_looks_for_is_there_and_the_readme_leads_to_it():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in (
        "CODE_OF_CONDUCT.md",
        "SUPPORT.md",
        "CONTRIBUTING.md",
        "CITATION.cff",
        "LICENSE",
        "paper.md",
    ):
        assert f"]({name})" in readme and (ROOT / name).is_file(), name
    assert "](SECURITY.md)" in (ROOT / "SUPPORT.md").read_text(encoding="utf-8")


def test_the_paper_says_what_a_journal_for_teaching_asks():
    parts = re.findall(r"^# (.+)$", PAPER.split("---\n", 2)[2], re.MULTILINE)
    asked = [
        "Summary",
        "Statement of need",
        "Learning objectives",
        "Content and design",
        "Story of the project",
    ]
    assert [part for part in asked if part not in parts] == [] and parts[-1] == "References"
    words = len(PAPER.split("---\n", 2)[2].split())
    assert 500 <= words <= 1000, words


def test_every_reference_of_the_paper_is_cited_and_the_other_way_round():
    text = (ROOT / HEAD["bibliography"]).read_text(encoding="utf-8")
    entries = re.findall(r"@\w+\{(\w+),", text)
    assert len(entries) == len(set(entries))
    assert set(entries) == set(re.findall(r"@(\w+)", PAPER.split("---\n", 2)[2]))
    book = (ROOT / "book" / "references.bib").read_text(encoding="utf-8")
    for entry in re.findall(r"@\w+\{\w+,.*?\n\}\n", text, re.DOTALL):
        key = re.match(r"@\w+\{(\w+)", entry)[1]
        assert f"{{{key}," not in book or entry in book, f"{key} is another one in the book"


def test_paper_and_citation_agree():
    assert HEAD["title"].startswith(CITATION["title"])
    assert [one["name"] for one in HEAD["authors"]] == [one["name"] for one in CITATION["authors"]]
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    assert (config["title"], config["author"]) == (CITATION["title"], CITATION["authors"][0]["name"])
    assert CITATION["license"] == "MIT" and "MIT License" in (ROOT / "LICENSE").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_an_issue_form_is_one(path):
    form = yaml.safe_load(path.read_text(encoding="utf-8"))
    if path.stem == "config":
        assert set(form) <= {"blank_issues_enabled", "contact_links"}
        return
    assert {"name", "description", "body"} <= set(form) <= {"name", "description", "body", "labels", "title"}
    assert form["name"] in (ROOT / "SUPPORT.md").read_text(encoding="utf-8")
    ids = [part["id"] for part in form["body"]]
    assert len(ids) == len(set(ids)) and all(re.fullmatch(r"[\w-]+", one) for one in ids)
    for part in form["body"]:
        assert part["type"] in ("textarea", "input", "dropdown") and part["attributes"]["label"]
        assert ("options" in part["attributes"]) == (part["type"] == "dropdown")


def test_badges_say_what_is_true_and_come_from_files():
    badges, readme = script("tools/badges.py"), (ROOT / "README.md").read_text(encoding="utf-8")
    for name, words in badges.texts().items():
        file = badges.FOLDER / f"{name}.svg"
        assert file.read_text(encoding="utf-8") == badges.badge(*words), "run `python tools/badges.py`"
        assert f"![{words[0]}: {words[1]}]({file.relative_to(ROOT).as_posix()})" in readme
    assert not re.search(r"!\[[^]]*\]\(https?:", readme), "a picture from another host"


def test_the_readme_says_where_the_book_is_once_the_settings_do():
    tools, readme = script("tools/normalise.py"), (ROOT / "README.md").read_text(encoding="utf-8")
    assert (
        tools.with_address(readme, yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8")))
        == readme
    )
    settings = {
        "html": {"baseurl": "https://example.org/ships"},
        "repository": {"url": "https://github.com/somebody/ships", "branch": "main"},
        "launch_buttons": {"colab_url": "https://colab.example", "binderhub_url": "https://binder.example"},
    }
    told = tools.with_address(readme, settings)
    for link in (
        "(https://example.org/ships)",
        "(https://colab.example/github/somebody/ships/blob/main/book/start/00-ten-minutes.ipynb)",
        "(https://binder.example/v2/gh/somebody/ships/main?urlpath=lab/tree/book/start/00-ten-minutes.ipynb)",
    ):
        assert link in told and link not in readme
    assert tools.with_address(told, {}) == tools.with_address(readme, {})


def test_the_film_of_the_readme_is_that_of_the_first_page():
    from PIL import Image

    pictures = ROOT / "book" / "_static"
    film, sheet = Image.open(pictures / "noise-to-ship.webp"), Image.open(pictures / "noise-to-ship.jpg")
    assert (film.width, film.height * film.n_frames) == sheet.size
    assert (pictures / "noise-to-ship.webp").stat().st_size < 200_000
    film.seek(film.n_frames - 1)
    last = sheet.crop((0, sheet.height - film.height, sheet.width, sheet.height))
    pairs = zip(film.convert("RGB").tobytes(), last.convert("RGB").tobytes(), strict=True)
    assert sum(abs(a - b) for a, b in pairs) / (film.width * film.height * 3) < 6  # grey levels


def test_the_package_describes_itself_as_the_book_does():
    import tomllib

    project = tomllib.loads((Path(ROOT) / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["readme"] == "README.md" and set(project["keywords"]) == set(CITATION["keywords"])


RECORDS = re.compile(r"(?:book/(?:results|_static/drawings)|data)/[\w./{}-]+\.\w+")


def test_what_chapters_read_is_in_the_wheel():
    """Each file of the book that a code cell names, or a drawing that it shows, lies where the wheel takes from."""
    import tomllib

    from tests.test_book import NOTEBOOKS, code_cells

    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    taken = settings["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    shelf = {place: where for place, where in taken.items() if "/shelf/" in where}
    assert all(
        where == f"satgan_tutorial/shelf/{place}" and (ROOT / place).exists()
        for place, where in shelf.items()
    )
    named = set()
    for path in NOTEBOOKS:
        for cell in code_cells(path)[1:]:
            named |= set(RECORDS.findall(cell.source.replace('" / "', "/")))
            drawn = re.findall(r'show_drawing\(\s*"([\w-]+)"', cell.source)
            named |= {f"book/_static/drawings/{name}.svg" for name in drawn}
    left = [
        name for name in named if not any(name == place or name.startswith(f"{place}/") for place in shelf)
    ]
    assert len(named) > 20 and left == []
    assert [name for name in named if "{" not in name and not (ROOT / name).is_file()] == []
