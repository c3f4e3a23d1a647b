"""Bring every chapter into the form in which it is committed: `make notebooks`, or some: `python tools/normalise.py 07 debugging`.

No output is kept but those of checked cells, which are made anew; a checked cell begins with `# NBVAL_CHECK_OUTPUT` and
prints only what no source, budget or platform changes. The first cell makes Colab ready, with the repository's address
from `_config.yml`; the README gets the addresses from there too.
"""

import re
import sys
from pathlib import Path

import nbformat
import yaml
from nbclient import NotebookClient

CHECKED = "# NBVAL_CHECK_OUTPUT"
COLAB = """\
# On Colab this gets the book and installs the package; anywhere else it does nothing.
import os
import sys

REPOSITORY = "{url}"
if "google.colab" in sys.modules:
    assert REPOSITORY, "set REPOSITORY: where is this notebook from?"
    !git clone --quiet --depth 1 {{REPOSITORY}} satgan-book
    %cd satgan-book
    %pip install --quiet ".[fetch]"
    sys.path.insert(0, os.getcwd())  # the package beside the book's tables
    %cd {folder}
"""
# What is folded stays closed until somebody opens it: in JupyterLab, on Colab, on the page.
FOLDED = {"jupyter": {"source_hidden": True}, "cellView": "form"}
SOLUTION = FOLDED | {
    "mystnb": {
        "code_prompt_show": "Show the solution",
        "code_prompt_hide": "Hide the solution",
    },
}
ROOT = Path(__file__).resolve().parents[1]


ADDRESS = re.compile(r"(<!-- address: .*? -->\n)(.*?)(<!-- end of address -->)", re.DOTALL)


def with_address(readme: str, config: dict) -> str:
    """A README that says where the book can be read and run, as far as `_config.yml` does."""
    links, url = [], config.get("repository", {}).get("url", "").rstrip("/")
    if site := config.get("html", {}).get("baseurl", ""):
        links.append(f"[**Read it here**]({site})")
    if "//github.com/" in url:
        branch, name = config["repository"].get("branch", "main"), url.partition("//github.com/")[2]
        chapter = "book/start/00-ten-minutes.ipynb"
        buttons = config.get("launch_buttons", {})
        if "colab_url" in buttons:
            links.append(
                f"[run chapter 0 on Colab]({buttons['colab_url']}/github/{name}/blob/{branch}/{chapter})"
            )
        if "binderhub_url" in buttons:
            place = f"{buttons['binderhub_url']}/v2/gh/{name}/{branch}?urlpath=lab/tree/{chapter}"
            links.append(f"[run it on Binder]({place})")
        links.append(f"![tests]({url}/actions/workflows/book.yml/badge.svg)")
    text = " · ".join(links) + "\n" if links else ""
    return ADDRESS.sub(lambda found: found[1] + text + found[3], readme, count=1)


def colab_cell(chapter: Path) -> nbformat.NotebookNode:
    """Return the first cell of a chapter, which on Colab goes where its tables are; pages leave it out."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    folder = chapter.resolve().parent.relative_to(ROOT).as_posix()
    url = config.get("repository", {}).get("url", "")
    source = COLAB.format(url=url, folder=folder).strip()
    return nbformat.v4.new_code_cell(source, id="colab", metadata={"tags": ["remove-cell"]})


def stored(outputs: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """What is kept of a checked cell's outputs: no stderr, and one text of what was printed in one go.

    How a kernel cuts its stream into pieces depends on how busy the machine is.
    """
    kept = []
    for output in outputs:
        if output.get("name") == "stderr":
            continue
        if kept and "name" in output and output.name == kept[-1].get("name"):
            kept[-1].text += output.text
        else:
            kept.append(output)
    return kept


def normalise(path: Path) -> None:
    """Execute one notebook if it has checked cells, clear the rest, and write it back where it changed."""
    before = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(before, as_version=4)
    notebook.cells = [
        colab_cell(path),
        *(cell for cell in notebook.cells if cell.id != "colab"),
    ]
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell in code:
        if "# Solution" in cell.source:
            cell.metadata |= SOLUTION
        elif "hide-input" in cell.metadata.get("tags", []):
            cell.metadata |= FOLDED
    if any(cell.source.startswith(CHECKED) for cell in code):
        resources = {"metadata": {"path": str(path.parent)}}
        NotebookClient(notebook, timeout=600, kernel_name="python3", resources=resources).execute()
    for cell in code:
        # nbval takes a cell that was never counted for one that was never run, and fails where it has outputs.
        cell.execution_count = 1 if cell.source.startswith(CHECKED) else None
        cell.metadata.pop("execution", None)
        cell.outputs = stored(cell.outputs) if cell.source.startswith(CHECKED) else []
    notebook.metadata = {
        "kernelspec": {
            "display_name": "Python 3",
            "language": "python",
            "name": "python3",
        },
        "language_info": {"name": "python"},
    }
    _, notebook = nbformat.validator.normalize(notebook)
    nbformat.validate(notebook)
    after = nbformat.writes(notebook) + "\n"
    if after != before:
        path.write_text(after, encoding="utf-8")
        print(f"{path.name}: rewritten")


if __name__ == "__main__":
    for chapter in sorted((ROOT / "book").rglob("*.ipynb")):
        chosen = chapter.name.startswith(tuple(sys.argv[1:]) or "")
        if chosen and ".ipynb_checkpoints" not in chapter.parts:
            normalise(chapter)
    readme, settings = ROOT / "README.md", yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    readme.write_text(with_address(readme.read_text(encoding="utf-8"), settings), encoding="utf-8")
