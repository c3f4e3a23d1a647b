"""Run every chapter and keep no output but those of checked cells: `make notebooks`.

A checked cell begins with `# NBVAL_CHECK_OUTPUT` and prints only what no source, budget or platform changes.
"""

from pathlib import Path

import nbformat
from nbclient import NotebookClient

CHECKED = "# NBVAL_CHECK_OUTPUT"
HERE = Path(__file__).parent


def normalise(path: Path) -> None:
    """Execute one notebook if it has checked cells, clear the rest, and write it back where it changed."""
    before = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(before, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if any(cell.source.startswith(CHECKED) for cell in code):
        resources = {"metadata": {"path": str(path.parent)}}
        NotebookClient(
            notebook, timeout=600, kernel_name="python3", resources=resources
        ).execute()
    for cell in code:
        cell.execution_count = None
        cell.metadata.pop("execution", None)
        if not cell.source.startswith(CHECKED):
            cell.outputs = []
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
    for chapter in sorted(HERE.rglob("*.ipynb")):
        if ".ipynb_checkpoints" not in chapter.parts:
            normalise(chapter)
