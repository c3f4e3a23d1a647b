"""The page From R to Python: its Python runs, and builds the package's networks; its R is R."""

import re
import shutil
import subprocess

import numpy as np
import pytest

from satgan_tutorial import post
from tests.test_book import ROOT

pytestmark = pytest.mark.once

SIZE = 12
PARSE = r"""
for (path in commandArgs(TRUE)) {
  lines <- readLines(path)
  tryCatch(
    stopifnot("no code" = length(parse(text = lines)) > 0),
    error = function(e) cat(lines, conditionMessage(e), "", sep = "\n"))
}
"""


def page():
    return (ROOT / "book" / "appendix" / "r-to-python.md").read_text(encoding="utf-8")


def code():
    """The Python of the section, at small sizes."""
    section = page().split("(appendix-code)=")[1].split("\n## Five differences")[0]
    blocks = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    assert len(blocks) == len(re.findall(r"```r\n", section)), "R and Python stand beside each other"
    text = "\n".join(blocks)
    for large, small in (("image_size = 80", f"image_size = {SIZE}"), ("n = 20", "n = 2"), ("(1000)", "(2)")):
        assert text.count(large) == 1, large
        text = text.replace(large, small)
    return text


def settings(model):
    return [
        (type(layer).__name__, layer.get_config() | {"name": None, "trainable": None})
        for layer in model.layers
    ]


@pytest.mark.slow
def test_the_posts_code_in_python_builds_its_networks_and_trains_one_of_them():
    before = {}
    here = {
        "ships": np.random.default_rng(1).uniform(size=(20, SIZE, SIZE, 3)),
        "note": lambda **models: before.update({name: model.get_weights() for name, model in models.items()}),
    }
    noting = "note(generator=generator, discriminator=discriminator)\nrng = np.random"
    exec(code().replace("rng = np.random", noting), here)  # noqa: S102  (the page's own lines)
    moved = {}
    for name, build in (("generator", post.generator), ("discriminator", post.discriminator)):
        model = here[name]
        assert settings(model) == settings(build(SIZE))
        moved[name] = any((a != b).any() for a, b in zip(before[name], model.get_weights(), strict=True))
    assert moved == {"generator": True, "discriminator": False}  # what the page says at its end


def r_snippets():
    """Every R block of the page, and what stands as code in the R columns of its tables."""
    snippets = re.findall(r"```r\n(.*?)```", page(), re.DOTALL)
    for table in re.findall(r"(?:^\|.*\n)+", page(), re.MULTILINE):
        head, _, *rows = ([cell.strip() for cell in row.split("|")[1:-1]] for row in table.splitlines())
        (column,) = (i for i, name in enumerate(head) if re.match(r"R\b|the post$", name))
        snippets += [code for row in rows for code in re.findall(r"`([^`]+)`", row[column])]
    return snippets


def test_r_can_parse_every_line_of_r(tmp_path):
    paths = []
    for number, snippet in enumerate(r_snippets()):
        paths.append(tmp_path / f"{number}.R")
        paths[-1].write_text(snippet.rstrip() + "\n", encoding="utf-8")
    if shutil.which("Rscript") is None:
        pytest.skip("no Rscript on this machine")
    script = tmp_path / "parse.R"
    script.write_text(PARSE, encoding="utf-8")
    command = ["Rscript", "--vanilla", script, *paths]
    said = subprocess.run(command, capture_output=True, encoding="utf-8", check=True).stdout
    assert not said, f"R cannot parse:\n{said}"
