"""The book's sources: every notebook is listed, checked, stored without pictures, and uses the package."""

import ast
import importlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import nbformat
import pytest
import yaml
from jupyter_cache import get_cache
from scripts import script

ROOT = Path(__file__).parents[1]
CHECKED = "# NBVAL_CHECK_OUTPUT"
NOTEBOOKS = sorted(p for p in (ROOT / "book").rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts)
CHAPTERS = [path for path in NOTEBOOKS if re.match(r"\d\d-", path.name)]
ASIDE = [path for path in NOTEBOOKS if path not in CHAPTERS]  # pages beside the chapters: no number, no quiz


def listed():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    chapters = [c for part in toc.get("parts", [toc]) for c in part["chapters"]]
    pages = [page for chapter in chapters for page in (chapter, *chapter.get("sections", []))]
    return [toc["root"], *(page["file"] for page in pages)]


def code_cells(path):
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def test_the_contents_list_what_is_there_and_nothing_else():
    there = {str(p.relative_to(ROOT).with_suffix("")) for p in NOTEBOOKS}
    cards = [*(ROOT / "data").glob("*.md"), *(ROOT / "satgan_tutorial/pretrained").glob("*-*.md")]
    texts = [*(ROOT / "book").glob("*.md"), *(ROOT / "book").glob("*/*.md")]  # those of results are no pages
    pages = {str(p.relative_to(ROOT).with_suffix("")) for p in (*texts, *cards)}
    assert set(listed()) == there | pages


def test_the_first_page_tells_of_every_chapter_under_its_part():
    told = (ROOT / "book" / "index.md").read_text(encoding="utf-8").partition("(the-chapters)=")[2]
    parts = yaml.safe_load((ROOT / "_toc.yml").read_text())["parts"]
    for part in parts[:-2]:  # those for teachers and of the appendix are told in fewer lines
        below = re.search(rf"\*\*{part['caption']}.*?\*\*\n(.*?)(?=\n\*\*)", told, re.DOTALL)[1]
        pages = [re.escape(chapter["file"].removeprefix("book/")) for chapter in part["chapters"]]
        assert [page for page in pages if not re.search(rf"\({page}\.(ipynb|md)\)", below)] == []


def test_every_notebook_is_executed_in_the_order_of_the_contents():
    there = {str(path.relative_to(ROOT).with_suffix("")): path for path in NOTEBOOKS}
    assert script("tools/execute.py").notebooks() == [there[name] for name in listed() if name in there]


def test_chapters_are_notebooks():
    chapters = [name for name in listed() if re.match(r"\d\d-", Path(name).name)]
    assert chapters and [name for name in chapters if not (ROOT / f"{name}.ipynb").exists()] == []


@pytest.mark.slow
def test_nbval_collects_every_cell_of_every_notebook():
    command = [sys.executable, "-m", "pytest", "-q", "--collect-only", "--nbval-lax", "book"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for path in NOTEBOOKS:
        assert found.count(f"{path.relative_to(ROOT).as_posix()}::") == len(code_cells(path)), path.name


@pytest.mark.slow
def test_what_nbval_executes_is_what_the_pages_show(tmp_path):
    written = nbformat.v4.new_notebook()
    sources = [
        "from IPython.display import display\nprint(1)\nprint(2)",
        "place = display(3, display_id=True)\ndisplay(4)\nplace.update(5)\n6",
    ]
    written.cells = [nbformat.v4.new_code_cell(source) for source in sources]
    nbformat.write(written, tmp_path / "whole.ipynb")
    written.cells[1].source += "\nnothing"
    nbformat.write(written, tmp_path / "failing.ipynb")
    shutil.copy(ROOT / "book" / "conftest.py", tmp_path)
    command = [sys.executable, "-m", "pytest", "-q", "--nbval-lax", "--nbval-current-env", "."]
    kept = str(tmp_path / "kept")
    done = subprocess.run(
        command,
        check=False,
        cwd=tmp_path,
        env=os.environ | {"SATGAN_EXECUTED": kept},
        capture_output=True,
        text=True,
    )
    assert "1 failed, 3 passed" in done.stdout, done.stdout
    (record,) = get_cache(kept).list_cache_records()
    assert Path(record.uri).name == "whole.ipynb" and record.data["execution_seconds"] > 0
    printed, displayed = get_cache(kept).get_cache_bundle(record.pk).nb.cells
    assert [output.text for output in printed.outputs] == ["1\n2\n"]
    assert [output.data["text/plain"] for output in displayed.outputs] == ["5", "4", "6"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
class TestNotebook:
    def test_is_valid_and_its_first_cells_make_colab_ready_and_import_the_package(self, path):
        nbformat.validate(nbformat.read(path, as_version=4))
        colab, first = code_cells(path)[:2]
        assert colab == script("tools/normalise.py").colab_cell(path) | {"outputs": []}, (
            "run `make notebooks`"
        )
        assert re.search(r"^(from|import) satgan_tutorial", first.source, re.MULTILINE)

    def test_stores_the_outputs_of_checked_cells_and_no_others(self, path):
        for cell in code_cells(path):
            if cell.source.startswith(CHECKED):
                assert cell.outputs, f"a checked cell with no stored output is not compared:\n{cell.source}"
                assert all(set(o.get("data", {})) <= {"text/plain"} for o in cell.outputs)
                assert "stderr" not in {o.get("name") for o in cell.outputs}
            else:
                assert not cell.outputs, f"clear this cell's output with `make notebooks`:\n{cell.source}"
            assert cell.execution_count == (1 if cell.source.startswith(CHECKED) else None)

    def test_has_what_every_chapter_has(self, path):
        cells = nbformat.read(path, as_version=4).cells
        text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
        parts = ["You need", "Time:", "What next"]
        if path in CHAPTERS:
            parts += ["You will be able to", "Exercise 1", "Exercise 2", "Key points", ":class: warning"]
        for part in parts:
            assert part in text, part
        code, least = code_cells(path), 2 if path in CHAPTERS else 0
        assert sum("exercises." in cell.source and "..." in cell.source for cell in code) >= least
        solutions = [cell for cell in code if "# Solution" in cell.source]
        assert len(solutions) >= least
        for cell in solutions:
            assert "hide-cell" in cell.metadata.get("tags", []), cell.source
            assert cell.metadata.items() >= script("tools/normalise.py").SOLUTION.items(), (
                "run `make notebooks`"
            )
            assert cell.source.startswith(CHECKED) and "Right" in str(cell.outputs), cell.source

    def test_what_is_folded_on_the_page_is_folded_in_jupyter_and_on_colab(self, path):
        for cell in code_cells(path):
            if "hide-input" in cell.metadata.get("tags", []):
                assert cell.metadata.items() >= script("tools/normalise.py").FOLDED.items(), (
                    "run `make notebooks`"
                )

    def test_at_most_a_tenth_of_the_code_on_view_is_plotting(self, path):
        on_view = [cell for cell in code_cells(path) if not FOLDING & set(cell.metadata.get("tags", []))]
        lines = sum(len([line for line in cell.source.splitlines() if line.strip()]) for cell in on_view)
        plotting = sum(plotting_lines(ast.parse(cell.source).body) for cell in on_view)
        assert plotting <= lines / 10, f"{plotting} of {lines} lines: fold what draws (hide-input)"

    def test_every_figure_has_a_caption_that_all_can_see(self, path):
        for cell in code_cells(path)[1:]:
            for call in ast.walk(ast.parse(cell.source)):
                if isinstance(call, ast.Call) and getattr(call.func, "id", "") in ("show", "show_drawing"):
                    words = {keyword.arg for keyword in call.keywords}
                    assert "caption" in words or "alt" not in words, cell.source


CLAIMING = [path for path in CHAPTERS if path.name[:2] != "13"] + ASIDE


@pytest.mark.parametrize("path", CLAIMING, ids=lambda p: p.stem)
def test_a_chapter_claims_what_came_out_and_says_what_else_may(path):
    calls = [
        call
        for cell in code_cells(path)[1:]
        for call in ast.walk(ast.parse(cell.source))
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "claim"
    ]
    assert len(calls) >= 2
    for call in calls:
        assert len(call.args) == 3 and [keyword.arg for keyword in call.keywords] == ["source"]
        assert ast.unparse(call.args[1]) != ast.unparse(call.args[2]), "the same words whatever came out"
        assert not isinstance(call.args[0], ast.Constant), "a claim that cannot fail"


# What draws: functions of this book, and methods of matplotlib.
DRAWS = {"figure", "sheet", "strip", "curves", "show_film", "show_drawing", "Place", "Rectangle", "to_svg"}
DRAWS |= {
    "plot",
    "scatter",
    "imshow",
    "bar",
    "barh",
    "hist",
    "set",
    "legend",
    "colorbar",
    "axhline",
    "axvline",
    "fill_between",
}
DRAWS |= {
    "set_title",
    "set_xlabel",
    "set_ylabel",
    "set_axis_off",
    "set_visible",
    "annotate",
    "text",
    "contour",
    "contourf",
}
DRAWS |= {
    "add_patch",
    "errorbar",
    "set_xticks",
    "set_yticks",
    "set_aspect",
    "quiver",
    "stairs",
    "step",
    "loglog",
    "semilogx",
}
DRAWS |= {
    "axvspan",
    "axhspan",
    "savefig",
    "suptitle",
    "supxlabel",
    "supylabel",
    "tick_params",
    "twinx",
    "boxplot",
    "matshow",
}
FOLDING = {"hide-input", "hide-cell", "remove-input", "remove-cell"}


def plotting_lines(statements):
    """How many lines of some statements do nothing but draw; a `for` does where all of its body does."""
    count = 0
    for statement in statements:
        inside = [getattr(statement, part, []) for part in ("body", "orelse", "finalbody")]
        inside = [each for part in inside if isinstance(part, list) for each in part]
        if inside:
            drawing, size = plotting_lines(inside), statement.end_lineno - statement.lineno + 1
            whole = drawing >= sum(each.end_lineno - each.lineno + 1 for each in inside)
            count += size if whole else drawing
        elif any(draws(call) for call in ast.walk(statement) if isinstance(call, ast.Call)):
            count += statement.end_lineno - statement.lineno + 1
    return count


def draws(call):
    """Whether a call draws, or shows what is drawn."""
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    return name in DRAWS or any(keyword.arg == "alt" for keyword in call.keywords)


def test_lines_that_draw_are_counted():
    source = "x = 1\nshow(\n    y,\n    alt='A'\n)\nfor a in b:\n    a.plot(1)\n    a.set(x=2)\nfor a in b:\n    c += a\n    a.plot(c)\nshow(f)"
    assert plotting_lines(ast.parse(source).body) == 4 + 3 + 1


def test_what_was_printed_in_one_go_is_stored_as_one_text():
    def printed(name, text):
        return nbformat.v4.new_output("stream", name=name, text=text)

    result = nbformat.v4.new_output("execute_result", {"text/plain": "3"})
    outputs = [
        printed("stdout", "a"),
        printed("stderr", "!"),
        printed("stdout", "b\n"),
        result,
        printed("stdout", "c"),
    ]
    stored = script("tools/normalise.py").stored(outputs)
    assert stored == [printed("stdout", "ab\n"), result, printed("stdout", "c")]


def test_the_page_of_the_package_has_every_module_and_no_other():
    page = (ROOT / "book/appendix/api.md").read_text()
    listed = re.findall(r"automodule:: satgan_tutorial\.([\w.]+)", page)
    package, modules = ROOT / "satgan_tutorial", set()
    for path in package.rglob("*.py"):
        parts = path.relative_to(package).with_suffix("").parts
        if parts[0] not in ("exercises", "cli", "__init__", "__main__"):
            modules.add(".".join(parts).removesuffix(".__init__"))
    assert sorted(listed) == sorted(modules)


def imported(module, name):
    """What `from module import name` gives."""
    found = importlib.import_module(module)
    return getattr(found, name) if hasattr(found, name) else importlib.import_module(f"{module}.{name}")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_what_a_chapter_takes_from_the_package_is_there(path):
    source = "\n".join(cell.source for cell in code_cells(path)[1:])  # the first is IPython's, for Colab
    nodes = list(ast.walk(ast.parse(source)))
    taken = {}
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module.startswith("satgan_tutorial"):
            taken |= {name.asname or name.name: imported(node.module, name.name) for name in node.names}
    assert taken
    missing = {
        f"{node.value.id}.{node.attr}"
        for node in nodes
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
        if isinstance(module := taken.get(node.value.id), ModuleType) and not hasattr(module, node.attr)
    }
    assert missing == set()


def test_importing_the_package_leaves_the_heavy_libraries_alone():
    code = "import sys, satgan_tutorial; print({'tensorflow', 'keras', 'matplotlib', 'pandas', 'numpy'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


def test_the_budget_is_picked_by_name(monkeypatch):
    from satgan_tutorial import budget

    for name, value in (("smoke", 1), ("laptop", 2), ("full", 3)):
        monkeypatch.setenv("SATGAN_BUDGET", name)
        assert budget(smoke=1, laptop=2, full=3) == value
    monkeypatch.delenv("SATGAN_BUDGET")
    assert budget(smoke=1, laptop=2, full=3) == 2
    monkeypatch.setenv("SATGAN_BUDGET", "tiny")
    with pytest.raises(ValueError, match="'tiny'.*smoke, laptop, full"):
        budget(smoke=1, laptop=2, full=3)


@pytest.mark.parametrize(
    ("version", "system", "machine", "word"),
    [
        ((3, 11, 0), "Linux", "x86_64", None),
        ((3, 13, 9), "Darwin", "arm64", None),
        ((3, 12, 1), "Windows", "AMD64", None),
        ((3, 10, 14), "Linux", "x86_64", "Python 3.10"),
        ((3, 14, 0), "Linux", "x86_64", "Python 3.14"),
        ((3, 12, 0), "Darwin", "x86_64", "Darwin on x86_64"),
        ((3, 12, 0), "FreeBSD", "amd64", "FreeBSD"),
    ],
)
def test_a_python_or_platform_without_tensorflow_is_told_in_one_line(version, system, machine, word):
    told = script("bootstrap.py").complaint(version, system, machine)
    assert told is None if word is None else (word in told and "\n" not in told)


def test_chapters_run_again_when_anything_they_depend_on_changes(tmp_path, monkeypatch):
    noxfile = script("noxfile.py")
    monkeypatch.setattr(noxfile, "ROOT", tmp_path)
    monkeypatch.delenv("SATGAN_DATA", raising=False)
    package, data = tmp_path / "satgan_tutorial", tmp_path / "data" / "shipsnet"
    results = tmp_path / "book" / "results"
    for folder in (package, data, results):
        folder.mkdir(parents=True)
    keys = []

    def note(path, text):
        path.write_text(text)
        keys.append(noxfile.execution_key("smoke"))

    note(tmp_path / "requirements.txt", "keras==3")
    note(package / "chips.py", "x = 1")
    note(package / "chips.py", "x = 2")
    note(results / "table.csv", "1")
    note(results / "table.csv", "2")
    note(data / "chip.png", "pixels")
    note(data / "chip.png", "other pixels")
    note(tmp_path / "requirements.txt", "keras==4")
    keys.append(noxfile.execution_key("laptop"))
    assert len(set(keys)) == len(keys)
    monkeypatch.setenv("SATGAN_DATA", str(data))
    named = noxfile.execution_key("laptop")
    assert named == noxfile.execution_key("laptop")
    monkeypatch.setenv("SATGAN_DATA", "simulated")
    assert noxfile.execution_key("laptop") != named


QUIZZES = sorted(
    int(path.stem[-2:])
    for path in (ROOT / "satgan_tutorial" / "exercises" / "quizzes").glob("chapter_*.json")
)


def chapter(number):
    (path,) = (path for path in CHAPTERS if path.name.startswith(f"{number:02}-"))
    return path


def test_every_chapter_has_a_quiz():
    assert set(range(16)) <= set(QUIZZES)


@pytest.mark.parametrize("number", QUIZZES)
def test_a_chapter_asks_its_own_questions_between_key_points_and_what_next(number):
    cells = nbformat.read(chapter(number), as_version=4).cells
    (at,) = (i for i, cell in enumerate(cells) if "exercises.five_questions" in cell.source)
    assert cells[at].source == f"exercises.five_questions({number})"
    assert cells[at].metadata.tags == ["hide-input"]
    before, heading, _, after = cells[at - 2 : at + 2]
    assert "## Key points" in before.source
    assert (
        heading.source.startswith("## Five questions\n") and "(../teaching/quiz-answers.md)" in heading.source
    )
    assert after.source.startswith("## What next\n")


def test_all_answers_are_on_one_page():
    page = (ROOT / "book" / "teaching" / "quiz-answers.md").read_text(encoding="utf-8")
    for number, section in zip(QUIZZES, page.split("\n## ")[1:], strict=True):
        path = chapter(number)
        title = nbformat.read(path, as_version=4).cells[1].source.splitlines()[0].removeprefix("# ")
        assert section.startswith(f"{number}. [{title}](../{path.parent.name}/{path.name})\n")
        assert re.findall(r"exercises\.answers\((\d+)\)", section) == [str(number)]


@pytest.mark.parametrize("number", QUIZZES)
def test_a_pitfall_is_followed_by_a_note_for_teachers(number):
    cells = nbformat.read(chapter(number), as_version=4).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    pitfalls = list(re.finditer(r"^:::\{admonition\} Pitfall\n(?:.+\n)+?:::$", text, re.MULTILINE))
    assert pitfalls
    for pitfall in pitfalls:
        note = re.match(
            r"\n\n:::\{admonition\} For teachers\n:class: dropdown instructor\n(.+)\n:::(?:\n|$)",
            text[pitfall.end() :],
        )
        assert note, pitfall[0]
        for word in ("Allow ", "Expect to hear: ", "Ask ", "When late, "):
            assert word in note[1], word
