"""What `satgan check` finds wrong with a machine."""

import sys
from importlib import metadata
from types import SimpleNamespace

import pytest

from satgan_tutorial.chips import ChipError
from satgan_tutorial.cli import doctor, settings


@pytest.fixture
def found(monkeypatch):
    """Look at this machine without chips and without a training, and return what was found by name."""
    monkeypatch.setattr("satgan_tutorial.sources.load_chips", lambda **options: "96 chips")
    monkeypatch.setattr(doctor, "step_seconds", lambda: 0.09)

    def look():
        return {name: (text, good, mend) for name, text, good, mend in doctor.look(say=print)}

    return look


def test_a_good_machine_has_nothing_to_mend(found):
    rows = found()
    assert all(good for _, good, _ in rows.values()), rows
    assert rows["Packages"][0] == "all that the book needs" and rows["Versions"][0] == "as tested"
    assert rows["Speed"][0].startswith("0.50 times") and "0.090 s" in rows["Speed"][0]
    assert f"{2 * doctor.REFERENCE_MINUTES} min" in rows["Book"][0]


def broken_chips(**options):
    raise ChipError("the PNG is cut off. Fetch it again.")


@pytest.mark.parametrize(
    ("place", "value", "name", "words"),
    [
        ("platform.python_version", lambda: "3.10.2", "Python", ("3.10.2", "<3.14,>=3.11", "Install one")),
        ("os.access", lambda *_: False, "Folder", ("Copy the book",)),
        ("satgan_tutorial.cli.doctor.memory", lambda: 0.5, "Memory", ("0.5 GB", "Give")),
        ("shutil.disk_usage", lambda _: SimpleNamespace(free=1e9), "Disk", ("1 GB free", "Make room")),
        ("satgan_tutorial.models.shipped", list, "Weights", ("none", "make env", "install.py")),
        ("satgan_tutorial.sources.load_chips", broken_chips, "Chips", ("none", "cut off. Fetch")),
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
    assert doctor.unmet(lines) == []
    assert doctor.unmet(["no-such-thing==1 ; extra == 'book'"]) == ["no-such-thing (found none, not ==1)"]


def test_a_machine_without_a_browser_or_tensorflow_is_told(found, monkeypatch):
    def none():
        raise doctor.webbrowser.Error

    monkeypatch.setattr("webbrowser.get", none)
    text, good, _ = found()["Browser"]
    assert good and "make lab" in text
    monkeypatch.setattr("webbrowser.get", lambda: SimpleNamespace())
    assert found()["Browser"][0] == "opens with SimpleNamespace"
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    rows = found()
    text, good, mend = rows["Import"]
    assert not good and "tensorflow is not to be had" in text and "make env" in mend
    assert not {"GPUs", "Speed", "Book"} & set(rows)


@pytest.mark.slow
def test_a_training_step_takes_time():
    assert 0 < doctor.step_seconds(steps=2) < 60


def raising(error):
    def fail(*args, **options):
        raise error

    return fail


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("satgan_tutorial.sources.load_chips", "Chips"),
        ("satgan_tutorial.sources.cache.cache_folders", "Disk"),
        ("satgan_tutorial.models.shipped", "Weights"),
        ("satgan_tutorial.cli.doctor.memory", "Memory"),
        ("satgan_tutorial.cli.doctor.metadata.metadata", "Packages"),
        ("satgan_tutorial.cli.doctor.step_seconds", "Speed"),
        ("tensorflow.config.list_physical_devices", "GPUs"),
        ("platform.python_version", "Python"),
    ],
)
@pytest.mark.parametrize(
    "error", [RuntimeError("Could not determine home directory."), OSError(28, "full"), KeyError(1)]
)
def test_a_look_that_fails_is_a_problem_and_the_rest_is_looked_at(found, monkeypatch, place, name, error):
    monkeypatch.setattr(place, raising(error))
    rows = found()
    text, good, mend = rows[name]
    assert not good and type(error).__name__ in text and mend
    assert {"Python", "Disk", "Keras", "Import", "Chips", "Browser"} <= set(rows)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"backend": "jax"}', "'jax'; expected \"tensorflow\""),
        ('{"image_data_format": "channels_first"}', "'channels_first'; expected \"channels_last\""),
        ('{"floatx": "float64"}', "'float64'; expected \"float32\""),
        ('{"floatx": ["float64"]}', 'expected "float32"'),
        ('{"epsilon": 1}', "expected 1e-07"),
        ("[]", "found list"),
        ("[" * 100_000, "too deep"),
        ("{not json", None),
        ("{}", None),
    ],
)
def test_settings_of_keras_that_the_book_cannot_work_with_are_named(tmp_path, monkeypatch, text, words):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    (tmp_path / "keras.json").write_text(text)
    wrong = settings.faults()
    assert len(wrong) == (0 if words is None else 1) and all(words in fault for fault in wrong)


@pytest.mark.parametrize("name", ["KERAS_BACKEND", "KERAS_MAX_EPOCHS", "KERAS_MAX_STEPS_PER_EPOCH"])
def test_so_are_variables(monkeypatch, found, name):
    monkeypatch.setenv(name, "torch")
    with pytest.raises(settings.SettingsError, match=f"{name} is"):
        settings.require_keras()
    text, good, _ = found()["Keras"]
    assert not good and name in text
