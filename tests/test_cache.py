"""The cache of chips: nothing in it is executed, what has changed is made again, what others may write is not used."""

import json
import os
import pickle
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from satgan_tutorial import files, load_chips
from satgan_tutorial.chips import ROWS, ChipError
from satgan_tutorial.sources import base, cache, simulate

pytestmark = pytest.mark.once


class Few:
    """A source of twelve simulated chips that counts how often it was read."""

    name, origin = "simulated", "(a test)"

    def __init__(self, key="0123456789abcdef"):
        self.read_count, self._key = 0, key

    def key(self):
        return self._key

    def read(self):
        self.read_count += 1
        return simulate.draw_chips(12, seed=3)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("SATGAN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def silent(line):
    pass


def stored(folder):
    source = Few()
    cache.cached(source, silent)
    return source, folder / "simulated-0123456789abcdef"


def test_chips_and_causes_come_back_as_they_were(folder):
    source, _ = stored(folder)
    chips, again = simulate.draw_chips(12, seed=3), cache.cached(source, silent)
    assert source.read_count == 1 and isinstance(again.images, np.memmap) and again.source == "simulated"
    for name in ROWS:
        assert np.array_equal(getattr(again, name), getattr(chips, name))
        assert getattr(again, name).dtype == getattr(chips, name).dtype
    pd.testing.assert_frame_equal(again.causes, chips.causes)


def test_no_entry_is_code(folder):
    _, entry = stored(folder)
    assert {file.suffix for file in entry.iterdir()} == {".npy", ".json"}
    for file in entry.glob("*.npy"):
        np.load(file, allow_pickle=False)


class Bang:
    def __reduce__(self):
        return (Path.touch, (Path(os.environ["SATGAN_CACHE"]) / "ran",))


@pytest.mark.parametrize("name", ["rows.pkl", "causes.json", "labels.npy", "entry.json"])
def test_a_planted_pickle_does_not_run(folder, name):
    source, entry = stored(folder)
    if name == "labels.npy":
        np.save(entry / name, np.array([Bang()], object), allow_pickle=True)
    else:
        (entry / name).write_bytes(pickle.dumps(Bang()))
    if name in ("labels.npy", "causes.json"):  # with a sum that fits
        told = json.loads((entry / "entry.json").read_text())
        told["sha256"][name] = files.sha256(entry / name).hex()
        (entry / "entry.json").write_text(json.dumps(told))
    assert len(cache.cached(source, silent)) == 12
    assert not (folder / "ran").exists()


def invert(file):
    pixels = np.load(file)
    np.save(file, 255 - pixels)


@pytest.mark.parametrize(
    ("name", "harm"),
    [
        ("images.npy", invert),
        ("labels.npy", invert),
        ("images.npy", lambda file: os.truncate(file, 100)),
        ("causes.json", lambda file: file.write_text(file.read_text().replace("sea", "see", 1))),
        ("entry.json", lambda file: file.write_text("{")),
        ("entry.json", lambda file: file.write_text("[" * 10**5)),
        ("entry.json", lambda file: file.write_text("[]")),
        ("entry.json", lambda file: file.write_text('{"source": "real", "sha256": {}}')),
        ("entry.json", lambda file: file.write_text(" " * 2**20 + file.read_text())),
        ("scenes.npy", Path.unlink),
        ("scenes.npy", lambda file: (file.unlink(), os.mkfifo(file))),
        ("images.npy", lambda file: (file.unlink(), file.symlink_to("/dev/zero"))),
    ],
)
def test_an_entry_that_has_changed_is_said_and_made_again(folder, name, harm):
    source, entry = stored(folder)
    harm(entry / name)
    lines = []
    chips = cache.cached(source, lines.append)
    assert np.array_equal(chips.images, simulate.draw_chips(12, seed=3).images)
    assert source.read_count == 2 and "prepared again" in lines[0] and str(entry) in lines[0]
    cache.cached(source, lines.append)
    assert source.read_count == 2


def test_an_entry_whose_chips_do_not_fit_together_is_made_again(folder):
    source, entry = stored(folder)
    np.save(entry / "labels.npy", np.full(12, 7, np.uint8))
    told = json.loads((entry / "entry.json").read_text())
    told["sha256"]["labels.npy"] = files.sha256(entry / "labels.npy").hex()
    (entry / "entry.json").write_text(json.dumps(told))
    lines = []
    assert cache.cached(source, lines.append).labels.max() == 1 and "do not fit together" in lines[0]


# Others


posix = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no owners here")


@posix
@pytest.mark.parametrize("inside", ["", "labels.npy", "entry.json"])
def test_what_everybody_may_write_is_not_used(folder, inside):
    source, entry = stored(folder)
    (entry / inside).chmod(0o777)
    lines = []
    cache.cached(source, lines.append)
    assert source.read_count == 2 and "everybody may write" in lines[0]


@posix
def test_a_cache_folder_that_everybody_may_write_is_refused(folder):
    folder.mkdir()
    folder.chmod(0o777)
    lines = []
    with pytest.raises(ChipError, match="expected one of your own.*Set \\$SATGAN_CACHE"):
        cache.cached(Few(), lines.append)
    assert "everybody may write" in lines[0] and not list(folder.iterdir())
    folder.chmod(0o1777)  # like /tmp, where nobody can replace another's folder
    assert len(cache.cached(Few(), silent)) == 12


@posix
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() != 0, reason="only root can give away")
def test_what_somebody_else_owns_is_not_used(folder):
    source, entry = stored(folder)
    os.chown(entry, 12345, 12345)
    lines = []
    cache.cached(source, lines.append)
    assert source.read_count == 2 and "somebody else owns" in lines[0]
    os.chown(folder, 12345, 12345)
    with pytest.raises(ChipError):
        cache.cached(source, silent)


@posix
def test_a_link_is_no_entry(folder, tmp_path):
    source, entry = stored(folder)
    entry.rename(tmp_path / "elsewhere")
    entry.symlink_to(tmp_path / "elsewhere")
    lines = []
    cache.cached(source, lines.append)
    assert "is a link" in lines[0] and not entry.is_symlink() and (tmp_path / "elsewhere").is_dir()


@posix
def test_an_open_umask_makes_no_entry_that_others_may_write(folder):
    before = os.umask(0)
    try:
        source, entry = stored(folder)
    finally:
        os.umask(before)
    assert not any(path.stat().st_mode & 0o022 for path in (folder, entry, *entry.iterdir()))
    cache.cached(source, silent)
    assert source.read_count == 1


# Room


def test_only_the_newest_entries_of_a_source_stay(folder):
    for i in range(5):
        cache.cached(Few(f"{i:016x}"), silent)
        os.utime(folder / f"simulated-{i:016x}", (1e9 + i, 1e9 + i))
    (folder / "mine").mkdir()
    (folder / "real-0123456789abcdef").mkdir()
    cache.cached(Few(f"{5:016x}"), silent)
    kept = {f"simulated-{i:016x}" for i in (3, 4, 5)}
    assert {path.name for path in folder.iterdir()} == kept | {"mine", "real-0123456789abcdef"}


def test_a_full_disk_is_told_with_what_to_do(folder, monkeypatch):
    def full(*args, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(ChipError, match="No space left.*Set \\$SATGAN_CACHE to such a folder, or make room"):
        cache.cached(Few(), silent)
    assert not list(folder.iterdir())


def test_a_source_that_cannot_be_read_is_no_fault_of_the_cache(folder):
    few = Few()
    few.read = lambda: os.stat("/nowhere/at all")
    with pytest.raises(ChipError, match=r"simulated chips \(a test\): found files that cannot be read"):
        cache.cached(few, silent)


def test_what_a_killed_run_left_is_removed_and_what_a_live_one_writes_is_not(folder):
    code = (
        "import os, signal\nfrom satgan_tutorial.sources import cache, simulate\n"
        "class Killed(simulate.Simulator):\n"
        "    def read(self): os.kill(os.getpid(), signal.SIGKILL)\n"
        "cache.cached(Killed(), print)"
    )
    subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)
    (left,) = folder.iterdir()
    assert left.name.startswith(".new-")
    with files.staging(folder) as live:
        assert not left.exists()
        (folder / ".new-another-machine").mkdir()
        stored(folder)
        assert live.exists() and (folder / ".new-another-machine").exists()
    os.utime(folder / ".new-another-machine", (time.time() - 7200,) * 2)
    cache.cached(Few("f" * 16), silent)
    assert sorted(path.name[:4] for path in folder.iterdir()) == ["simu", "simu"]


def test_without_a_home_there_is_still_a_sentence_or_a_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("SATGAN_CACHE")
    for name in ("HOME", "XDG_CACHE_HOME", "USERPROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(files, "checkout", lambda: None)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # no entry in passwd either
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ChipError, match="Set \\$SATGAN_CACHE"):
        cache.cached(Few(), silent)
    monkeypatch.setenv("SATGAN_CACHE", "~/cache")
    with pytest.raises(ChipError, match="home"):
        cache.cached(Few(), silent)
    assert not list(tmp_path.iterdir())


# Keys


@pytest.mark.parametrize(
    ("source", "modules"),
    [
        ("simulated", ("chips.py", "sources/simulate.py", "sources/paint.py")),
        ("real", ("chips.py", "rasters.py")),
    ],
)
def test_a_key_names_the_code_and_the_libraries(source, modules, tmp_path, monkeypatch):
    from satgan_tutorial.sources.shipsnet import PngFiles

    def key():
        return (simulate.Simulator() if source == "simulated" else PngFiles((), "")).key()

    before, keys = key(), set()
    for part in (*base.PACKAGE.glob("*.py"), *base.PACKAGE.glob("sources/*.py")):
        copy = tmp_path / part.relative_to(base.PACKAGE)
        copy.parent.mkdir(exist_ok=True)
        copy.write_bytes(part.read_bytes())
    monkeypatch.setattr(base, "PACKAGE", tmp_path)
    assert key() == before
    for module in modules:
        with (tmp_path / module).open("a") as file:
            file.write("# a change")
        keys.add(key())
    for library in ("numpy", "scipy", "pandas") if source == "simulated" else ("numpy", "pillow"):
        monkeypatch.setattr(base, "version", lambda name, library=library: "9" if name == library else "1")
        keys.add(key())
    assert len(keys | {before}) == len(modules) + (3 if source == "simulated" else 2) + 1


def test_a_key_names_the_seed_and_the_number():
    assert len({simulate.Simulator(n=n, seed=seed).key() for n in (1, 2) for seed in (0, 1)}) == 4


def test_asking_for_chips_loads_no_keras_and_for_real_ones_no_pandas(tmp_path):
    code = (
        "import sys; from satgan_tutorial import load_chips; from satgan_tutorial.sources import cache, simulate\n"
        "simulate.Simulator().key()\n"
        "assert not {'pandas', 'scipy'} & set(sys.modules)\n"
        "cache.cached(simulate.Simulator(n=4), print)\n"
        "import satgan_tutorial.scenes, satgan_tutorial.rasters, satgan_tutorial.appearance, satgan_tutorial.metrics\n"
        "assert not {'keras', 'tensorflow'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_door_tells_of_a_changed_entry(folder, monkeypatch, capsys):
    few = simulate.draw_chips(8, seed=1)
    monkeypatch.setattr(simulate, "draw_chips", lambda n, seed: few)
    load_chips("simulated")
    (entry,) = folder.iterdir()
    invert(entry / "images.npy")
    load_chips("simulated")
    assert "images.npy changed since it was stored. The chips are prepared again." in capsys.readouterr().out
