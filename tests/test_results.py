"""What long runs left for the chapters: each file is named plainly, and each folder says what made it."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "book" / "results"
FOLDERS = sorted(folder for folder in RESULTS.iterdir() if folder.is_dir())
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
CODE = re.compile(r"`([^`]+)`")


def rows(folder):
    """The table of a folder's README: for each row what its first cell names, and all commands of the row."""
    lines = [
        line for line in (folder / "README.md").read_text("utf-8").splitlines() if line.startswith("| `")
    ]
    cells = [line.strip("| ").split(" | ") for line in lines]
    return [(CODE.findall(first), CODE.findall(" ".join(rest))) for first, *rest in cells]


def named(folder):
    """The files that the README of a folder names: one by one, a run's by its stem, or a folder of them."""
    found = set()
    for names, _ in rows(folder):
        for name in names:
            place = folder / name
            files = [place] if place.is_file() else [*place.rglob("*.*"), *folder.glob(f"{name}.*")]
            assert files, f"{folder.name}/README.md names {name}, which is not there"
            found |= set(files)
    return found


def test_each_folder_is_that_of_a_chapter_or_a_page_beside_them():
    chapters = {path.stem for path in (ROOT / "book").glob("*/*.ipynb")}
    assert FOLDERS and {folder.name for folder in FOLDERS} <= chapters


def test_every_name_is_a_slug():
    for path in RESULTS.rglob("*"):
        if path.name != "README.md" and not any(part.startswith(".") for part in path.parts):
            assert SLUG.fullmatch(path.stem), f"{path}: expected lower case, digits and hyphens"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_folder_says_what_lies_in_it_and_all_of_it(folder):
    there = {
        file
        for file in folder.rglob("*.*")
        if file.is_file() and not any(part.startswith(".") for part in file.parts[len(ROOT.parts) :])
    }
    assert named(folder) == there - {folder / "README.md"}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_folder_names_commands_that_are_there_and_the_machine(folder):
    commands = [
        word for _, words in rows(folder) for word in words if word.startswith(("python ", "satgan "))
    ]
    assert commands, "no command"
    for command in commands:
        if command.startswith("python "):
            assert (ROOT / command.split()[1]).is_file(), command
    text = (folder / "README.md").read_text("utf-8")
    assert re.search(r"Python 3\.\d+", text) and "minutes" in text and re.search(r"\bcores?\b", text)


@pytest.mark.parametrize("run", sorted(RESULTS.glob("*/*.json")), ids=lambda file: file.stem)
def test_a_recorded_run_is_whole(run):
    assert run.with_suffix(".csv").is_file() and run.with_suffix(".npz").is_file()


def test_the_tools_are_told_each_with_its_command():
    told = (ROOT / "tools" / "README.md").read_text("utf-8")
    scripts = {file.name for file in (ROOT / "tools").glob("*.py")}
    assert {name for name in re.findall(r"^\| `(\w+\.py)`", told, re.MULTILINE)} == scripts
