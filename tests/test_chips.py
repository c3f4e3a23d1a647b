import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from satgan_tutorial import files, load_chips, sources
from satgan_tutorial.chips import ChipError, ChipSet, enlarge, shrink, symmetry, to_float, to_uint8, twins
from satgan_tutorial.sources import shipsnet, simulate

REAL = os.environ.get("SATGAN_DATA")


def make(n=60, scenes=12, seed=0, causes=False):
    """Random chips, in the order load_chips gives: 40 % ships, unequal scenes."""
    rng = np.random.default_rng(seed)
    made = ChipSet(
        images=rng.integers(0, 256, (n, 80, 80, 3), dtype=np.uint8),
        labels=(np.arange(n) % 5 < 2).astype(np.uint8),
        scenes=np.array([f"2017{int(i) // 2:04}_{int(i):06}_0f1b" for i in scenes * rng.random(n) ** 2]),
        locations=rng.normal((-122.3, 37.8), 0.1, (n, 2)),
        causes=pd.DataFrame({"row": np.arange(n)}) if causes else None,
    )
    return made[np.argsort(made.names)]


def write_pngs(chips, folder):
    folder.mkdir(parents=True, exist_ok=True)
    for image, name in zip(chips.images, chips.names, strict=True):
        Image.fromarray(image).save(folder / name)
    return folder


def document(chips):
    return {
        "data": chips.images.transpose(0, 3, 1, 2).reshape(len(chips), -1).tolist(),
        "labels": chips.labels.tolist(),
        "locations": chips.locations.tolist(),
        "scene_ids": chips.scenes.tolist(),
    }


def same(a, b):
    return all(
        np.array_equal(getattr(a, k), getattr(b, k)) for k in ("images", "labels", "scenes", "locations")
    )


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SATGAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SATGAN_DATA", raising=False)


# The set


def test_a_set_tells_what_it_holds():
    assert repr(make()) == "ChipSet(60 real chips: 24 ships, 36 no-ships, from 12 scenes)"


@pytest.mark.parametrize(
    "index, rows",
    [
        (3, [3]),
        (np.int64(-1), [59]),
        (slice(2, 5), [2, 3, 4]),
        ([4, 1], [4, 1]),
        (np.arange(60) < 2, [0, 1]),
        ([], []),
    ],
)
def test_an_index_of_any_kind_gives_a_set(index, rows):
    chips = make(causes=True)
    part = chips[index]
    assert isinstance(part, ChipSet) and same(part, make()[np.array(rows, int)])
    assert part.causes["row"].tolist() == chips.causes["row"].iloc[rows].tolist()
    assert part.causes.index.tolist() == list(range(len(rows)))


def test_filters_keep_one_class_each():
    chips = make()
    assert (chips.ships.labels == 1).all() and (chips.no_ships.labels == 0).all()
    assert len(chips.ships) + len(chips.no_ships) == len(chips)


@pytest.mark.parametrize(
    "change, says",
    [
        ({"images": np.zeros((60, 80, 80, 3), np.float32)}, "expected uint8"),
        ({"images": np.zeros((60, 64, 64, 3), np.uint8)}, "expected uint8 \\(N, 80, 80, 3\\)"),
        ({"labels": np.zeros(59, np.uint8)}, "unequal lengths"),
        ({"labels": np.full(60, 2, np.uint8)}, "found 2 in row 0"),
        ({"locations": np.zeros((60, 3))}, "expected \\(60, 2\\)"),
        ({"locations": np.full((60, 2), np.nan)}, "not finite"),
        (
            {"locations": np.tile([37.8, -122.3], (60, 1))},
            r"found \[37.8, -122.3\] in row 0; expected a longitude",
        ),
        ({"locations": np.tile([999, 0], (60, 1))}, "found \\[999, 0\\] in row 0"),
        ({"locations": [["west", "north"]] * 60}, "expected .* of float64"),
        ({"labels": np.zeros((60, 1), np.uint8)}, "expected integers \\(N,\\)"),
        ({"labels": np.full(60, 0.5)}, "labels: found float64"),
        ({"labels": np.full(60, -1)}, "found -1 in row 0"),
        ({"scenes": np.arange(60)}, "scenes: found int64"),
        ({"source": "drawn"}, "found 'drawn'; expected one of real, simulated"),
        ({"images": [[1]]}, "found a list"),
        ({"causes": pd.DataFrame({"row": [1]})}, "unequal lengths"),
    ],
)
def test_a_set_that_does_not_fit_together_is_refused(change, says):
    chips = make()
    rows = {k: getattr(chips, k) for k in ("images", "labels", "scenes", "locations")}
    with pytest.raises(ChipError, match=says):
        ChipSet(**(rows | change))


def test_labels_may_be_booleans_and_are_kept_as_numbers():
    chips = make()
    rows = {k: getattr(chips, k) for k in ("images", "scenes", "locations")}
    again = ChipSet(labels=chips.labels == 1, **rows)
    assert again.labels.dtype == np.uint8 and again.names == chips.names


def test_one_picture_with_both_labels_is_refused_and_with_one_is_not():
    images = make().images.copy()
    images[50] = images[3]
    assert twins(images) == [(3, 50)] and twins(images[4:]) == []
    rest = {"scenes": np.array(["a"] * 60), "locations": np.zeros((60, 2))}
    labels = np.zeros(60, np.uint8)
    ChipSet(images, labels, **rest)
    labels[50] = 1
    with pytest.raises(ChipError, match="0__a__0.0_0.0.png and 1__a.*the same pixels with both labels"):
        ChipSet(images, labels, **rest)


def test_a_part_of_a_set_is_not_compared_pixel_by_pixel_again(monkeypatch):
    chips = make()
    monkeypatch.setattr("satgan_tutorial.chips.twins", None)
    assert len(chips[[1, 1, 1]]) == 3 and len(chips.split().train) > 0


# The split


@pytest.mark.parametrize("seed", range(5))
def test_a_split_is_60_15_25_and_keeps_scenes_and_days_whole(seed):
    chips = make(n=1000, scenes=200)
    split = chips.split(seed=seed)
    for part, share in zip(split, (0.60, 0.15, 0.25), strict=True):
        for y in (0, 1):
            assert np.sum(part.labels == y) / np.sum(chips.labels == y) == pytest.approx(share, abs=0.04)
    for kept_whole in ("scenes", "days"):
        train, validation, test = (set(getattr(part, kept_whole)) for part in split)
        assert not (train & validation or train & test or validation & test)
    assert sorted(name for part in split for name in part.names) == sorted(chips.names)


def test_a_seed_gives_its_split_whatever_the_order_of_the_chips():
    chips = make(n=200, scenes=60)
    first, again, other = chips.split(seed=1), chips[::-1].split(seed=1), chips.split(seed=2)
    assert set(first.test.names) == set(again.test.names) != set(other.test.names)


def test_two_days_cannot_be_split_in_three():
    with pytest.raises(ChipError, match="chips of 2 days"):
        make(scenes=4).split()


# Pixels


def test_pixels_come_back_exactly():
    levels = np.arange(256, dtype=np.uint8)
    x = to_float(levels)
    assert x.dtype == np.float32 and x.min() == -1 and x.max() == 1
    assert np.array_equal(to_uint8(x), levels)
    assert to_uint8(np.array([-7.0, 7.0])).tolist() == [0, 255]


def test_pixels_are_not_scaled_twice():
    with pytest.raises(TypeError, match="expected uint8"):
        to_float(np.zeros(3, np.float32))


@pytest.mark.parametrize("dtype", ["float32", "int64", "uint16"])
def test_tensors_that_are_no_pixels_are_refused(dtype):
    from keras import ops

    with pytest.raises(TypeError, match="expected uint8"):
        to_float(ops.zeros((1, 8, 8, 3), dtype))


def test_a_broken_network_is_no_black_sheet():
    with pytest.raises(ValueError, match="found 2 pixels that are NaN"):
        to_uint8(np.array([0.0, np.nan, np.nan]))


def test_tensors_are_scaled_like_arrays():
    from keras import ops

    levels = np.arange(256, dtype=np.uint8)
    np.testing.assert_allclose(
        ops.convert_to_numpy(to_float(ops.convert_to_tensor(levels))), to_float(levels), atol=1e-6
    )


def test_shrinking_averages_blocks_of_pixels():
    image = np.zeros((1, 80, 80, 3), np.uint8)
    image[0, :2, :2, 0] = [[10, 20], [30, 41]]  # their mean is 25.25
    image[0, 78:, 78:, 2] = 255
    small = shrink(image, 40)
    assert small.shape == (1, 40, 40, 3) and small.dtype == np.uint8
    assert small[0, 0, 0].tolist() == [25, 0, 0] and small[0, 39, 39].tolist() == [0, 0, 255]
    assert small.astype(int).sum() == 25 + 255
    assert shrink(image, 80) is image


def test_shrinking_to_any_size_averages_areas():
    ramp = np.zeros((1, 80, 80, 3), np.uint8)
    ramp[0, ..., 0] = 3 * np.arange(80)
    ramp[0, :, :, 1] = 2 * np.arange(80)[:, None]
    small = shrink(ramp, 32)  # a pixel covers 2.5 x 2.5 old ones
    means = (np.arange(32) + 0.5) * 2.5 - 0.5
    np.testing.assert_allclose(small[0, 5, :, 0], 3 * means, atol=0.51)
    np.testing.assert_allclose(small[0, :, 5, 1], 2 * means, atol=0.51)
    assert shrink(ramp[:0], 32).shape == (0, 32, 32, 3)


@pytest.mark.parametrize("side", [0, -4, 81, 160])
def test_a_size_to_shrink_to_lies_within_the_image(side):
    with pytest.raises(ValueError, match=f"80 pixels cannot be shrunk to {side}; take a side of 1 to 80"):
        shrink(np.zeros((1, 80, 80, 3), np.uint8), side)


def test_what_is_enlarged_keeps_its_mean_and_shrinks_back_to_itself():
    small = np.full((2, 40, 40, 3), 90, np.uint8)
    small[:, 15:25, 10:30] = [200, 120, 60]
    large = enlarge(small, 80)
    assert large.shape == (2, 80, 80, 3) and large.dtype == np.uint8
    assert np.abs(shrink(large, 40).astype(int) - small).mean() < 2
    assert enlarge(large, 80) is large and enlarge(small[:0], 80).shape == (0, 80, 80, 3)
    with pytest.raises(ValueError, match="found 80 x 80 pixels; expected squares of at most 40"):
        enlarge(large, 40)


@pytest.mark.parametrize(
    ("images", "error"),
    [
        (np.zeros((1, 80, 80, 3), np.float32), TypeError),
        (np.zeros((1, 80, 80, 3), np.uint16), TypeError),
        ([[1]], TypeError),
        (np.zeros((80, 80, 3), np.uint8), ValueError),
        (np.zeros((1, 80, 80, 1), np.uint8), ValueError),
        (np.zeros((1, 80, 64, 3), np.uint8), ValueError),
    ],
)
def test_only_pixels_are_shrunk(images, error):
    with pytest.raises(error, match="expected"):
        shrink(images, 40)


# Loading


@pytest.mark.parametrize("nesting", ["", "shipsnet", "shipsnet/shipsnet"])
def test_png_files_are_found_flat_and_nested(tmp_path, nesting):
    chips = make()
    write_pngs(chips, tmp_path / "data" / nesting)
    loaded = load_chips(tmp_path / "data")
    assert same(loaded, chips) and loaded.source == "real"


def test_json_gives_the_same_chips_in_the_same_order(tmp_path):
    chips = make()
    file = tmp_path / "shipsnet.json"
    shuffled = chips[np.random.default_rng(0).permutation(len(chips))]
    file.write_text(json.dumps({"extra": [[1]]} | document(shuffled), indent=1))
    assert same(load_chips(file), chips)
    assert same(load_chips(tmp_path), chips)


def test_the_second_load_maps_the_cache_and_reads_no_file(tmp_path, monkeypatch):
    folder = write_pngs(make(), tmp_path / "data")
    first = load_chips(folder)
    monkeypatch.setattr(shipsnet, "_read_png", None)
    second = load_chips(folder)
    assert same(first, second) and isinstance(second.images, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        second.images[0] = 0


def test_a_changed_file_is_read_anew(tmp_path):
    chips = make()
    folder = write_pngs(chips, tmp_path / "data")
    load_chips(folder)
    Image.new("RGB", (80, 80), "red").save(folder / chips.names[0])
    assert (load_chips(folder).images[0] == (255, 0, 0)).all()


def test_two_processes_may_start_at_once(tmp_path):
    chips = make()
    folder = write_pngs(chips, tmp_path / "data")
    code = "import sys; from satgan_tutorial import load_chips; print(load_chips(sys.argv[1]).images.sum())"
    command = [sys.executable, "-c", code, str(folder)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for process in both:
        assert process.communicate()[0].endswith(f"{chips.images.sum()}\n") and process.returncode == 0
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_the_environment_names_the_data_relative_to_the_working_folder(tmp_path, monkeypatch, capsys):
    write_pngs(make(), tmp_path / "chips")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SATGAN_DATA", "chips")
    assert len(load_chips()) == 60
    assert "Using real chips from chips: ChipSet(60 real" in capsys.readouterr().out


def simulate_few(monkeypatch):
    calls = []
    few = simulate.draw_chips(20, seed=0)
    monkeypatch.setattr(simulate, "draw_chips", lambda n, seed: calls.append((n, seed)) or few)
    return few, calls


def test_without_data_chips_are_simulated_once_and_it_says_so(tmp_path, monkeypatch, capsys):
    few, calls = simulate_few(monkeypatch)
    monkeypatch.setattr(sources, "data_home", lambda: tmp_path)
    first, second = load_chips(), load_chips()
    assert calls == [(4000, 0)] and same(first, few) and same(second, few)
    assert second.source == "simulated"
    pd.testing.assert_frame_equal(second.causes, few.causes)
    assert capsys.readouterr().out.count("Using simulated chips") == 2


def test_simulated_chips_can_be_asked_for_where_real_ones_lie(tmp_path, monkeypatch):
    simulate_few(monkeypatch)
    write_pngs(make(), tmp_path / "data" / "shipsnet")
    monkeypatch.setattr(sources, "data_home", lambda: tmp_path)
    assert load_chips().source == "real"
    assert load_chips("simulated").source == "simulated"
    monkeypatch.setenv("SATGAN_DATA", "simulated")
    assert load_chips().source == "simulated"


# Bad input


def refused(path, *says):
    with pytest.raises(ChipError) as caught:
        load_chips(path)
    for text in (str(path), "found", "expected", *says):
        assert text in str(caught.value)
    cache = Path(os.environ["SATGAN_CACHE"])
    assert not cache.is_dir() or not list(cache.iterdir())  # no half a cache is left


def test_a_missing_folder_is_no_reason_to_simulate(tmp_path, monkeypatch):
    refused(tmp_path / "nowhere", "nothing there", "satgan fetch")
    monkeypatch.setenv("SATGAN_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(ChipError, match="nowhere"):
        load_chips()


def test_an_empty_folder(tmp_path):
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", "no chips in it", "shipsnet.json", "satgan fetch")


def test_a_file_that_is_neither_folder_nor_json(tmp_path):
    (tmp_path / "archive.zip").write_bytes(b"PK")
    refused(tmp_path / "archive.zip", "Unpack")


NAME = "1__20170609_180756_103a__-122.3_37.8.png"


def test_a_truncated_png(tmp_path):
    folder = write_pngs(make(n=1), tmp_path / "data")
    (file,) = folder.iterdir()
    for size in (0, 20, 5000):
        file.write_bytes(file.read_bytes()[:size] if size else b"")
        refused(folder, file.name, "broken picture", "again")
        write_pngs(make(n=1), folder)


@pytest.mark.parametrize(
    "mode, size, says",
    [("RGB", (64, 80), "64 x 80"), ("RGBA", (80, 80), "mode RGBA"), ("L", (80, 80), "mode L")],
)
def test_a_png_of_a_wrong_size_or_mode(tmp_path, mode, size, says):
    Image.new(mode, size).save(tmp_path / NAME)
    refused(tmp_path, NAME, says, "80 x 80 in RGB")


@pytest.mark.parametrize(
    "name", ["ship.png", "1__scene__east_37.8.png", "1__scene__-122.3.png", "1__s__nan_37.8.png"]
)
def test_a_name_that_is_no_chips(tmp_path, name):
    Image.new("RGB", (80, 80)).save(tmp_path / name)
    refused(tmp_path, name, "LABEL__SCENE__LONGITUDE_LATITUDE.png")


def test_a_label_that_is_neither_0_nor_1(tmp_path):
    Image.new("RGB", (80, 80)).save(tmp_path / f"2{NAME[1:]}")
    refused(tmp_path, "label 2", "0 (no ship) or 1 (ship)")


def change(**keys):
    return lambda whole: whole | keys


@pytest.mark.parametrize(
    "edit, says",
    [
        (change(labels=[0, 1, 7]), "label 7 in row 2"),
        (change(labels=[0, 1, "1"]), "label '1' in row 2"),
        (change(labels=[0, 1]), "'labels': 2"),
        (change(scene_ids=["a"]), "'scene_ids': 1"),
        (change(data=[[0] * 19200] * 2), "'data': 2"),
        (change(data=[[0] * 19200] * 2 + [[0] * 100]), "100 values in row 2"),
        (change(data=[[256] * 19200] * 3), "no pixels in row 0"),
        (change(data=[[0.5] * 19200] * 3), "no pixels in row 0"),
        (change(locations=[[1, 2]] * 2 + [[1]]), "expected pairs of numbers"),
        (change(locations=[["west", 2]] * 3), "expected pairs of numbers"),
        (change(labels=3), "a list each"),
        (lambda whole: {k.removesuffix("s"): v for k, v in whole.items()}, "'scene_id'"),
        (lambda whole: {k: v for k, v in whole.items() if k != "data"}, "keys ['labels'"),
        (lambda whole: [], "found keys list"),
        (lambda whole: {k: [] for k in whole}, "at least one"),
    ],
)
def test_json_that_does_not_fit_together(tmp_path, edit, says):
    file = tmp_path / "shipsnet.json"
    file.write_text(json.dumps(edit(document(make(n=3)))))
    refused(file, says, "PNG files")


@pytest.mark.parametrize("share", [0, 0.01, 0.5, 0.9997])
def test_json_cut_in_the_middle(tmp_path, share):
    file = tmp_path / "shipsnet.json"
    text = json.dumps(document(make(n=3)))
    file.write_text(text[: int(share * len(text))])
    refused(file, "cut or broken near byte", f"after {int(3 * share + 0.1)} rows")


def test_no_cache_folder_to_write_to(tmp_path, monkeypatch):
    folder = write_pngs(make(n=3), tmp_path / "data")
    (tmp_path / "file").touch()
    monkeypatch.setenv("SATGAN_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(
        ChipError, match="file/cache: .*found no cache folder to write to; expected.*Set \\$SATGAN_CACHE"
    ):
        load_chips(folder)


def test_a_read_only_checkout_leaves_the_cache_to_the_user(tmp_path, monkeypatch):
    monkeypatch.delenv("SATGAN_CACHE")
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: tmp_path / "user" / name)
    (tmp_path / "data").touch()  # a file where the checkout's folder would be
    monkeypatch.setattr(files, "checkout", lambda: tmp_path)
    load_chips(write_pngs(make(n=3), tmp_path / "chips"))
    assert len(list((tmp_path / "user" / "satgan").iterdir())) == 1


# The real chips


@pytest.mark.real
@pytest.mark.skipif(REAL in (None, "", "simulated"), reason="$SATGAN_DATA names no real chips")
def test_the_real_chips_are_shipsnet():
    chips = load_chips(REAL)
    assert (len(chips), len(chips.ships), len(chips.no_ships)) == (4000, 1000, 3000)
    assert (len(set(chips.scenes)), len(set(chips.ships.scenes))) == (434, 214)
    assert max(np.unique(chips.scenes[chips.labels == 1], return_counts=True)[1]) == 16
    assert np.all(np.abs(chips.locations - (-120.3, 35.8)) < 2.5)
    for part, share in zip(chips.split(seed=0), (0.60, 0.15, 0.25), strict=True):
        assert np.allclose([len(part.ships) / 1000, len(part.no_ships) / 3000], share, atol=0.02)
    sums = (Path(__file__).parents[1] / "data" / "chips.sha256").read_text().split()[1::2]
    assert chips.names == [Path(name).name for name in sums]


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("images", lambda x: np.ma.masked_less(x, 9), "masked array that hides"),
        ("labels", lambda x: np.ma.masked_equal(x, 1), "masked array that hides"),
        ("labels", lambda x: x.astype(str), "expected integers"),
        ("labels", lambda x: np.eye(2, dtype=np.uint8)[x], "expected integers"),
        ("locations", lambda x: np.ma.masked_less(x, 999), "masked array that hides"),
        ("locations", lambda x: np.float64(3), "locations: found shape"),
        ("scenes", lambda x: np.where(np.arange(len(x)) == 1, "", x), "empty name in row 1"),
        ("causes", lambda x: [1, 2], "expected a pandas.DataFrame"),
    ],
)
def test_what_hides_or_lacks_something_is_no_set(name, value, says):
    fine = {name: getattr(make(), name) for name in ("images", "labels", "scenes", "locations", "source")}
    with pytest.raises(ChipError, match=says):
        ChipSet(**fine | {name: value(fine.get(name))})


@pytest.mark.parametrize("index", [1.5, None, True, "a", [0.0, 1.0], ..., [[0, 1]]])
def test_an_index_is_a_row_or_rows(index):
    with pytest.raises(TypeError, match="index: found"):
        make()[index]


@pytest.mark.parametrize("seed", [None, -1, 1.5, True, "a"])
def test_a_split_has_a_seed(seed):
    with pytest.raises(ValueError, match="seed: found"):
        make().split(seed)


@pytest.mark.parametrize(
    ("x", "error", "says"),
    [
        (np.array([7], np.uint8), TypeError, "expected floats"),
        (np.array([300]), TypeError, "expected floats"),
        (np.array([True]), TypeError, "expected floats"),
        (np.array([1 + 1j]), TypeError, "expected floats"),
        (np.array(["a"]), TypeError, "expected floats"),
        (np.array([0.0, 255.0]), ValueError, "255 from 0; expected"),
        (np.array([-np.inf]), ValueError, "inf from 0"),
    ],
)
def test_pixels_of_another_scale_do_not_turn_white_in_silence(x, error, says):
    with pytest.raises(error, match=says):
        to_uint8(x)


def test_a_symmetry_is_one_of_eight_and_a_side_a_whole_number():
    for which in (-1, 8, 2.5, None):
        with pytest.raises(ValueError, match="expected 0 to 7"):
            symmetry(make().images, which)
    for side in (2.5, "8", None, True):
        with pytest.raises(TypeError, match="expected a whole number"):
            shrink(make().images, side)
