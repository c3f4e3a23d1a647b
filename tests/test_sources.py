"""The door to chips: which files are taken for them, and that nothing beside them is passed over in silence."""

import json
import os

import numpy as np
import pytest
from pictures import noise, png
from PIL import Image

from satgan_tutorial import load_chips
from satgan_tutorial.chips import ChipError, ChipSet
from satgan_tutorial.sources import open_source, shipsnet

pytestmark = pytest.mark.once


def make(n=6, seed=0):
    rng = np.random.default_rng(seed)
    return ChipSet(
        images=rng.integers(0, 256, (n, 80, 80, 3), dtype=np.uint8),
        labels=np.arange(n) * 2 // n,
        scenes=np.array([f"2017060{i}_180756_103a" for i in range(n)]),
        locations=rng.normal((-122.3, 37.8), 0.1, (n, 2)),
    )


def write(chips, folder, ending=".png"):
    folder.mkdir(parents=True, exist_ok=True)
    for image, name in zip(chips.images, chips.names, strict=True):
        Image.fromarray(image).save(folder / name.replace(".png", ending), format="PNG")
    return folder


def write_json(chips, folder):
    folder.mkdir(parents=True, exist_ok=True)
    rows = chips.images.transpose(0, 3, 1, 2).reshape(len(chips), -1).tolist()
    rest = {"labels": chips.labels.tolist(), "scene_ids": chips.scenes.tolist()}
    whole = {"data": rows, "locations": chips.locations.tolist()} | rest
    (folder / "shipsnet.json").write_text(json.dumps(whole))
    return folder / "shipsnet.json"


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SATGAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SATGAN_DATA", raising=False)


def refused(path, *says):
    with pytest.raises(ChipError) as caught:
        load_chips(path)
    for text in ("found", "expected", *map(str, says)):
        assert text in str(caught.value)


def test_endings_count_whatever_their_case(tmp_path):
    chips = make()
    write(chips[:3], tmp_path / "data")
    write(chips[3:], tmp_path / "data", ".PNG")
    loaded = load_chips(tmp_path / "data")
    assert np.array_equal(loaded.images, chips.images) and loaded.names == chips.names
    write_json(chips, tmp_path).rename(tmp_path / "SHIPSNET.JSON")
    assert len(load_chips(tmp_path / "SHIPSNET.JSON")) == 6


def test_chips_in_two_places_are_named(tmp_path):
    chips = make()
    write(chips[1:], tmp_path / "data")
    write(chips[:1], tmp_path / "data" / "shipsnet" / "shipsnet")
    refused(tmp_path / "data", "1 in", "5 in", tmp_path / "data/shipsnet/shipsnet", chips.names[0])


def test_a_stray_picture_in_an_inner_folder_hides_nothing(tmp_path):
    chips = make()
    write(chips, tmp_path / "pngs")
    write_json(chips, tmp_path / "json")
    for folder in ("pngs", "json"):
        (tmp_path / folder / "shipsnet").mkdir()
        Image.new("RGB", (80, 80)).save(tmp_path / folder / "shipsnet" / "preview.png")
        assert np.array_equal(load_chips(tmp_path / folder).images, chips.images)


def test_png_and_json_files_that_agree_are_one_set_and_others_are_refused(tmp_path):
    chips = make()
    write(chips, tmp_path / "shipsnet")
    file = write_json(chips[::-1], tmp_path)
    assert isinstance(open_source(tmp_path), shipsnet.PngFiles) and len(load_chips(tmp_path)) == 6
    write_json(chips[:4], tmp_path)
    refused(tmp_path, file, "6 chips in the PNG files and 4 in the JSON", "4 the same")
    write_json(make(seed=1), tmp_path)
    refused(tmp_path, "0 the same")
    file.write_text("{}")
    refused(tmp_path, "0 in the JSON")
    file.write_text(file.read_text()[:1])
    refused(tmp_path, file, "cut or broken")


def test_a_chip_twice_is_refused(tmp_path):
    chips = make()
    folder = write(chips, tmp_path / "data")
    (folder / "1__20180101_1_1__-122.0_37.0.png").write_bytes((folder / chips.names[2]).read_bytes())
    refused(folder, chips.names[2], "1__20180101_1_1__-122.0_37.0.png", "same pixels")
    again = chips[[0, 1, 1]]
    refused(write_json(again, tmp_path), "row 2 of `data`", "row 1 of `data`")


@pytest.mark.parametrize("kind", ["png", "json"])
def test_equal_size_and_time_are_not_taken_for_equal_chips(tmp_path, kind):
    first, second = make(seed=1), make(seed=2)
    second = ChipSet(second.images, first.labels, first.scenes, first.locations)
    if kind == "json":
        first, second = (
            ChipSet(
                c.images // 100 + 100 + np.arange(6, dtype=np.uint8)[:, None, None, None],
                *[getattr(first, k) for k in ("labels", "scenes", "locations")],
            )
            for c in (first, second)
        )  # three digits each
    for chips in (first, second):
        if kind == "png":
            folder = write(chips, tmp_path / "data")
            for image, name in zip(chips.images, chips.names, strict=True):
                Image.fromarray(image).save(folder / name, compress_level=0)
            source, changed = folder, list(folder.iterdir())
        else:
            source = write_json(chips, tmp_path)
            changed = [source]
        for file in changed:
            os.utime(file, (1e9, 1e9))
        assert np.array_equal(load_chips(source).images, chips.images)


def test_16_bit_chips_are_refused(tmp_path):
    png(tmp_path / make().names[0], noise(80, 80).astype("u2") * 256, 16, 2)
    refused(tmp_path, "more than 8 bits", make().names[0])


def test_a_turned_chip_is_read_as_it_is_shown(tmp_path):
    chips = make(1)
    exif = Image.Exif()
    exif[274] = 3
    Image.fromarray(chips.images[0]).save(tmp_path / chips.names[0], exif=exif)
    assert np.array_equal(load_chips(tmp_path).images[0], np.rot90(chips.images[0], 2))


@pytest.mark.parametrize("make_it", [os.mkfifo, lambda path: path.symlink_to("/dev/zero"), os.mkdir])
def test_what_is_no_file_is_not_opened(tmp_path, make_it):
    make_it(tmp_path / make().names[0])
    refused(tmp_path, make().names[0])


def test_json_that_is_hostile_or_odd_is_a_sentence(tmp_path):
    file = write_json(make(), tmp_path)
    text = file.read_text()
    for changed, says in (
        (text.encode("utf-16"), "UTF-16"),
        (b"[" * 10**6, "nested too deep"),
        (text.replace("-122.", "-322.", 1).encode(), "longitude"),
        (text.replace("[[-122.", "[[1" + "0" * 400 + ".", 1).encode(), "not finite"),
        (
            text.replace('"scene_ids": ["', '"scene_ids": [["a"], "', 1)
            .replace(', "20170601', ', "', 1)
            .encode(),
            "",
        ),
    ):
        file.write_bytes(changed)
        refused(file, says, file)


def test_a_name_without_a_home_is_a_sentence(monkeypatch):
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    refused("~/chips", "home")


def test_a_deleted_working_folder_is_a_sentence(tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    refused("chips", "deleted")
