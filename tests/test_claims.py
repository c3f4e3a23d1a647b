"""The list of what the book asserts: each claim, with what it rests on, and where it can fail."""

import re

import nbformat
import pytest
from scripts import ROOT, script

pytestmark = pytest.mark.once

claims = script("tools/claims.py")
COLAB = "!git clone book"  # the first cell of each notebook is no Python
CELLS = """SOURCE = chips.source
RECORDED = "real"
claim(kid < 2, f"KID is **{kid:.2f}**, " + "and low.", "KID is high.", source=SOURCE)
for name in names:
    claim(good[name], f"{name} is {'good' if fine else 'fair'}.", "It is not.", source=RECORDED)
say("No claim.")
"""
LISTED = [
    ("KID is **{kid}**, and low.", "kid < 2", "unless `chips.source` is simulated"),
    ("{name} is {'good' if fine else 'fair'}.", "good[name]", "on any chips"),
]


def test_a_claim_is_listed_with_its_condition_and_its_chips(tmp_path, monkeypatch, capsys):
    cells = [nbformat.v4.new_code_cell(source) for source in (COLAB, CELLS)]
    path = tmp_path / "book" / "part" / "07-mine.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    path.with_name("08-broken.ipynb").touch()
    monkeypatch.setattr(claims, "ROOT", tmp_path)
    assert list(claims.claims(path)) == LISTED
    claims.main("07")
    said = capsys.readouterr().out
    assert said.startswith(
        "## book/part/07-mine.ipynb\n\n1. KID is **{kid}**, and low.\n   - must hold: `kid < 2`\n"
    )
    assert said.count("fails the build at laptop and full: ") == len(LISTED)


def test_no_claim_of_the_book_is_left_out():
    notebooks = sorted(ROOT.glob("book/*/*.ipynb"))
    assert len(notebooks) > 16
    for path in notebooks:
        there = re.findall(r'^ +" *claim\(', path.read_text(encoding="utf-8"), re.MULTILINE)
        assert len(list(claims.claims(path))) == len(there), path.name
