"""List what the book asserts, chapter by chapter, and what each sentence rests on: `python tools/claims.py [NAME ...]`.

Names, or how they begin, choose notebooks: 07, debugging. Nothing is executed: this reads the `claim(...)` cells. A number
in a sentence is a run's, so in its place stands, in braces, the code that makes it. At the smoke budget no claim fails.
"""

import ast
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ALWAYS = ("'real'", "'pictures'")  # recorded, or made by the page: the chips of a build make no difference


def main(*names):
    """Print the claims of each notebook: the chapters, then the pages beside them."""
    for path in sorted(ROOT.glob("book/*/*.ipynb"), key=lambda path: path.name):
        if not names or path.name.startswith(names):
            print(f"## {path.relative_to(ROOT).as_posix()}\n")
            for number, (sentence, condition, where) in enumerate(claims(path), 1):
                print(f"{number}. {sentence}\n   - must hold: `{condition}`")
                print(f"   - fails the build at laptop and full: {where}\n")


def claims(path):
    """Of each claim of a notebook the sentence, the condition, and on which chips it can fail a build."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    nodes = list(ast.walk(ast.parse("\n".join(code[1:]))))  # the first is for Colab, and no Python
    given = {}
    for node in nodes:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            given.setdefault(node.targets[0].id, []).append(ast.unparse(node.value))
    calls = [node for node in nodes if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "claim"]
    for call in sorted(calls, key=lambda call: call.lineno):
        source = ast.unparse(call.keywords[0].value)
        if len(given.get(source, ())) == 1:  # a name, and there is no doubt what it stands for
            source = given[source][0]
        where = "on any chips" if source in ALWAYS else f"unless `{source}` is simulated"
        yield words(call.args[1]), ast.unparse(call.args[0]), where


def words(node):
    """A sentence as it stands in the source, and in braces what a run puts there."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(map(words, node.values))
    if isinstance(node, ast.BinOp):
        return words(node.left) + words(node.right)
    return f"{{{ast.unparse(node.value if isinstance(node, ast.FormattedValue) else node)}}}"


if __name__ == "__main__":
    main(*sys.argv[1:])
