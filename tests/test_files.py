"""Files are written whole or not at all, and leftovers of killed processes go."""

import os
import subprocess
import sys
import time

import pytest

from satgan_tutorial import files

pytestmark = pytest.mark.once


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    file = tmp_path / "a.txt"
    with files.replacing(file) as new:
        new.write_text("one")
        assert new.suffix == ".txt" and not file.exists()
    with pytest.raises(RuntimeError), files.replacing(file) as new:
        new.write_text("two")
        raise RuntimeError
    assert file.read_text() == "one" and list(tmp_path.iterdir()) == [file]


def test_a_long_name_is_written_too(tmp_path):
    file = tmp_path / ("船" * 83 + ".png")  # 253 bytes of at most 255
    with files.replacing(file) as new:
        new.write_text("one")
    assert list(tmp_path.iterdir()) == [file]


def test_what_killed_writers_left_goes(tmp_path):
    code = (
        "import os, pathlib, signal, sys\nfrom satgan_tutorial import files\n"
        "with files.replacing(pathlib.Path(sys.argv[1])) as new:\n"
        "    new.write_text('half')\n    os.kill(os.getpid(), signal.SIGKILL)"
    )
    file = tmp_path / "a.txt"
    subprocess.run([sys.executable, "-c", code, str(file)], check=False)
    assert len(list(tmp_path.iterdir())) == 1
    live = tmp_path / ".new-elsewhere-1-a.txt"
    live.write_text("another machine's")
    with files.replacing(file) as new:
        new.write_text("one")
    assert sorted(path.name for path in tmp_path.iterdir()) == [live.name, "a.txt"]
    os.utime(live, (time.time() - 7200,) * 2)
    with files.replacing(file) as new:
        new.write_text("one")
    assert list(tmp_path.iterdir()) == [file]


def test_what_a_path_is_no_file_for(tmp_path):
    (tmp_path / "a").touch()
    assert files.fault_of(tmp_path / "a") is None
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    for path, fault in (
        (tmp_path, "a folder"), (tmp_path / "pipe", "a pipe"), (tmp_path / "link", "a pipe"), ("/dev/null", "a device"),
        (tmp_path / "b", "nothing there"), ("a\0b", "a name"), ("x" * 300, "a name"),
    ):  # fmt: skip
        assert files.fault_of(path).startswith(fault)
    with pytest.raises(OSError, match="found a pipe"):
        files.sha256(tmp_path / "pipe")


def test_home_is_told_where_there_is_none(tmp_path, monkeypatch):
    assert files.absolute("/a") == files.Path("/a") and files.absolute("a") == files.Path.cwd() / "a"
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    with pytest.raises(FileNotFoundError, match="no home folder"):
        files.absolute("~/a")


def test_a_full_disk_is_told_by_the_name_of_the_file(tmp_path):
    for raised, told in (((28, "No space left on device"), tmp_path / "a.txt"), ((28, "No space", "b"), "b")):
        with pytest.raises(OSError) as caught, files.replacing(tmp_path / "a.txt"):
            raise OSError(*raised)
        assert caught.value.filename == str(told)
