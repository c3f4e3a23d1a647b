"""What `satgan check` finds wrong with a machine."""

import sys
from importlib import metadata
from types import SimpleNamespace

import pytest

from satgan_tutorial.cli import doctor
from satgan_tutorial.chips import ChipError


@pytest.fixture
def found(monkeypatch):
    """Look at this machine without chips and without a training, and return what was found by name."""
    monkeypatch.setattr("satgan_tutorial.chips.load_chips", lambda **options: "96 chips")
    monkeypatch.setattr(machine, "step_seconds", lambda: 0.09)

    def look():
        return {name: (text, good, mend) for name, text, good, mend in machine.look(say=print)}

    return look


def test_a_good_machine_has_nothing_to_mend(found):
    rows = found()
    assert all(good for _, good, _ in rows.values()), rows
    assert rows["Packages"][0] == "all that the book needs" and rows["Versions"][0] == "as tested"
    assert rows["Speed"][0].startswith("0.50 times") and "0.090 s" in rows["Speed"][0]
    assert f"{2 * machine.REFERENCE_MINUTES} min" in rows["Book"][0]


def broken_chips(**options):
    raise ChipError("the PNG is cut off. Fetch it again.")


@pytest.mark.parametrize(
    ("place", "value", "name", "words"),
    [
        ("platform.python_version", lambda: "3.10.2", "Python", ("3.10.2", "<3.14,>=3.11", "Install one")),
        ("os.access", lambda *_: False, "Folder", ("Copy the book",)),
        ("satgan_tutorial.machine.memory", lambda: 0.5, "Memory", ("0.5 GB", "Give")),
        ("shutil.disk_usage", lambda _: SimpleNamespace(free=1e9), "Disk", ("1 GB free", "Make room")),
        ("satgan_tutorial.models.shipped", list, "Weights", ("none", "make env", "install.py")),
        ("satgan_tutorial.chips.load_chips", broken_chips, "Chips", ("none", "cut off. Fetch")),
    ],
)
def test_what_would_fail_is_named_with_what_to_do(found, monkeypatch, place, value, name, words):
    monkeypatch.setattr(place, value)
    text, good, mend = found()[name]
    assert not good and all(word in f"{text}. {mend}" for word in words)


def test_a_missing_package_fails_and_one_of_another_version_does_not(found, monkeypatch):
    real = metadata.version

    def version(name):
        if name == "jupyterlab":
            raise metadata.PackageNotFoundError(name)
        return "3.9.9" if name == "matplotlib" else real(name)

    monkeypatch.setattr(metadata, "version", version)
    rows = found()
    text, good, mend = rows["Packages"]
    assert not good and text.startswith("jupyterlab (found none, not >=4.3)") and "make env" in mend
    text, good, _ = rows["Versions"]
    assert good and "matplotlib (found 3.9.9, not ==" in text


def test_requirements_of_other_platforms_and_of_other_extras_do_not_count():
    lines = ["nothing-like-it; sys_platform == 'nowhere'", "nor-this; extra == 'tests'", "click>=8"]
    assert machine.unmet(lines) == []
    assert machine.unmet(["no-such-thing==1 ; extra == 'book'"]) == ["no-such-thing (found none, not ==1)"]


def test_a_machine_without_a_browser_or_tensorflow_is_told(found, monkeypatch):
    def none():
        raise machine.webbrowser.Error

    monkeypatch.setattr("webbrowser.get", none)
    text, good, _ = found()["Browser"]
    assert good and "make lab" in text
    monkeypatch.setattr("webbrowser.get", lambda: SimpleNamespace())
    assert found()["Browser"][0] == "opens with SimpleNamespace"
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    rows = found()
    assert "not to be had" in rows["Import"][0] and "Speed" not in rows


def test_a_training_step_takes_time():
    assert 0 < machine.step_seconds(steps=2) < 60
