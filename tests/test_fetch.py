import hashlib
import re
import sys
from types import SimpleNamespace

import pytest

from satgan_tutorial.sources import data_home as where_load_chips_looks
from satgan_tutorial.sources import fetch as fetch_module
from satgan_tutorial.sources.fetch import FetchError, fetch

NAMES = [f"{label}__2017060{i}_180756_103a__-122.3_37.{i}.png" for i in range(5) for label in (0, 1)]


@pytest.fixture
def archive(tmp_path, monkeypatch):
    """A small archive as Kaggle nests it, in place of the download; records how it was asked for."""
    folder = tmp_path / "download"
    (folder / "shipsnet" / "shipsnet").mkdir(parents=True)
    (folder / "scenes" / "scenes").mkdir(parents=True)
    (folder / "scenes" / "scenes" / "lb_1.png").write_bytes(b"scene")
    (folder / "shipsnet.json").write_text("{}")
    for name in NAMES:
        (folder / "shipsnet" / "shipsnet" / name).write_bytes(name.encode())
    sums = {name: hashlib.sha256(name.encode()).hexdigest() for name in NAMES}
    calls = []

    def dataset_download(handle, force_download=False):
        calls.append((handle, force_download))
        return str(folder)

    monkeypatch.setitem(sys.modules, "kagglehub", SimpleNamespace(dataset_download=dataset_download))
    monkeypatch.setattr(fetch_module, "_sums", lambda: sums)
    return SimpleNamespace(folder=folder, chips=folder / "shipsnet" / "shipsnet", calls=calls)


def test_a_good_download_is_put_in_place(archive, tmp_path, capsys):
    target = fetch(tmp_path / "data" / "shipsnet")
    assert sorted(file.name for file in (target / "shipsnet").iterdir()) == sorted(NAMES)
    assert (target / "shipsnet" / NAMES[3]).read_bytes() == NAMES[3].encode()
    assert [file.name for file in (target / "scenes").iterdir()] == ["lb_1.png"]
    assert [path.name for path in target.parent.iterdir()] == ["shipsnet"]  # nothing is left of the staging
    assert archive.calls == [("rhammell/ships-in-satellite-imagery", False)]
    assert "Downloading" in capsys.readouterr().out


def test_by_default_the_set_lies_where_load_chips_looks(archive, tmp_path, monkeypatch):
    monkeypatch.setattr(fetch_module, "data_home", lambda: tmp_path)
    (tmp_path / "data" / "shipsnet").mkdir(parents=True)  # an empty folder is no obstacle
    assert fetch() == tmp_path / "data" / "shipsnet"


def test_what_is_there_and_whole_is_not_fetched_again(archive, tmp_path, capsys):
    fetch(tmp_path / "set")
    fetch(tmp_path / "set")
    assert len(archive.calls) == 1 and "nothing to fetch" in capsys.readouterr().out


def test_a_folder_with_something_else_is_left_alone(archive, tmp_path):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "thesis.txt").write_text("mine")
    with pytest.raises(FetchError, match="set: found 0 of 10 chips.*move it away"):
        fetch(tmp_path / "set")
    assert (tmp_path / "set" / "thesis.txt").read_text() == "mine" and not archive.calls


def test_a_broken_download_is_tried_again(archive, tmp_path, monkeypatch):
    file = archive.chips / NAMES[4]
    file.write_bytes(b"broken")

    def mend(handle, force_download):
        if force_download:
            file.write_bytes(NAMES[4].encode())
        return str(archive.folder)

    monkeypatch.setattr(sys.modules["kagglehub"], "dataset_download", mend)
    assert (fetch(tmp_path / "set") / "shipsnet" / NAMES[4]).read_bytes() == NAMES[4].encode()


def refused(tmp_path, *says):
    with pytest.raises(FetchError) as caught:
        fetch(tmp_path / "set")
    by_hand = (
        "kaggle.com/datasets/rhammell/ships-in-satellite-imagery",
        "archive.zip",
        str(tmp_path / "set"),
    )
    for text in (*says, *by_hand, "SATGAN_DATA"):
        assert text in str(caught.value)
    assert not (tmp_path / "set").exists() and [p.name for p in tmp_path.iterdir()] == ["download"]


def test_a_corrupted_file(archive, tmp_path):
    (archive.chips / NAMES[4]).write_bytes(b"broken")
    refused(tmp_path, NAMES[4], "other contents", "after two downloads")
    assert [force for _, force in archive.calls] == [False, True]


def test_an_incomplete_download(archive, tmp_path):
    (archive.chips / NAMES[4]).unlink()
    refused(tmp_path, "found 9 of 10 chips", NAMES[4])


def test_a_download_without_chips(archive, tmp_path):
    for file in archive.chips.iterdir():
        file.unlink()
    refused(tmp_path, "found 0 of 10 chips")


def test_no_network(archive, tmp_path, monkeypatch):
    def fail(handle, force_download):
        raise ConnectionError("Name or service not known")

    monkeypatch.setattr(sys.modules["kagglehub"], "dataset_download", fail)
    refused(tmp_path, "is there a network?", "Name or service not known")


def test_no_kagglehub(archive, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "kagglehub", None)
    refused(tmp_path, 'pip install "satgan-tutorial[fetch]"')


def test_an_interrupted_copy_leaves_nothing(archive, tmp_path, monkeypatch):
    def interrupt(source, target):
        raise KeyboardInterrupt

    monkeypatch.setattr(fetch_module.shutil, "copyfile", interrupt)
    with pytest.raises(KeyboardInterrupt):
        fetch(tmp_path / "set")
    assert [path.name for path in tmp_path.iterdir()] == ["download"]


def test_a_folder_that_cannot_be_made(archive, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(FetchError, match="cannot write there"):
        fetch(tmp_path / "file" / "set")


def test_the_known_sums_are_shipsnets():
    sums = fetch_module._sums()
    assert len(sums) == 4000 and sum(name.startswith("1__") for name in sums) == 1000
    assert all(re.fullmatch("[0-9a-f]{64}", known) for known in sums.values())
    assert where_load_chips_looks() == fetch_module.data_home()
