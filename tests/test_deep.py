"""Numbers of more than 8 bits, and of many bands, come back exactly, whatever way they were packed."""

import io

import numpy as np
import pytest
from pictures import png, tiff
from PIL import Image

from satgan_tutorial import deep

pytestmark = pytest.mark.once
ROOM = 10**8


def read(path, at_most=ROOM):
    with open(path, "rb") as file:
        return deep.read_tiff(file, at_most=at_most)


@pytest.mark.parametrize("kind", ["u1", "u2", "i2", "u4", "f4", "f8"])
@pytest.mark.parametrize(("bands", "planar"), [(1, 1), (4, 1), (4, 2), (13, 1), (13, 2)])
def test_every_kind_of_number_and_layout(tmp_path, kind, bands, planar):
    numbers = (
        np.random.default_rng(0).integers(0, 255, (37, 53, bands)) * (1 if kind == "u1" else 100)
    ).astype(kind)
    sample_format = {"u": 1, "i": 2, "f": 3}[kind[0]]
    found = read(tiff(tmp_path / "a.tif", numbers, photometric=1, planar=planar, sample_format=sample_format))
    assert found.dtype == numbers.dtype and np.array_equal(found, numbers)


@pytest.mark.parametrize("packed", [None, "tiff_lzw", "tiff_adobe_deflate", "packbits", "zstd"])
@pytest.mark.parametrize("predictor", [1, 2])
def test_every_compression(tmp_path, packed, predictor):
    numbers = np.random.default_rng(0).integers(0, 65536, (130, 70)).astype(np.uint16)
    Image.fromarray(numbers).save(
        tmp_path / "a.tif", compression=packed, tiffinfo={317: predictor} if packed else {}
    )
    assert np.array_equal(read(tmp_path / "a.tif")[..., 0], numbers)


def test_differences_of_floating_point_numbers(tmp_path):
    numbers = np.random.default_rng(0).normal(size=(40, 50)).astype(np.float32)
    Image.fromarray(numbers).save(tmp_path / "a.tif", compression="tiff_lzw", tiffinfo={317: 3})
    assert np.array_equal(read(tmp_path / "a.tif")[..., 0], numbers)


def test_a_bigtiff(tmp_path):
    numbers = np.random.default_rng(0).integers(0, 256, (65, 70, 3)).astype(np.uint8)
    Image.fromarray(numbers).save(
        tmp_path / "a.tif", big_tiff=True, compression="tiff_lzw", tiffinfo={317: 2}
    )
    assert np.array_equal(read(tmp_path / "a.tif"), numbers)


@pytest.mark.parametrize("planar", [1, 2])
def test_tiles_are_laid_side_by_side_and_cut_at_the_rim(tmp_path, planar):
    numbers = np.random.default_rng(0).integers(0, 65536, (40, 50, 5)).astype(np.uint16)
    padded = np.pad(numbers, ((0, 8), (0, 14), (0, 0)))
    planes = [padded] if planar == 1 else [padded[..., [band]] for band in range(5)]
    tiles = [plane[y : y + 16, x : x + 32] for plane in planes for y in (0, 16, 32) for x in (0, 32)]
    file = tiff(tmp_path / "a.tif", np.zeros((1, 1, 1), np.uint16), photometric=1)
    data = bytearray(file.read_bytes())
    places = []
    for tile in tiles:
        places.append(len(data))
        data += tile.tobytes()
    entries = [
        (256, [50]), (257, [40]), (258, [16] * 5), (259, [1]), (262, [1]), (277, [5]), (284, [planar]), (322, [32]),
        (323, [16]), (324, places), (325, [tile.nbytes for tile in tiles]),
    ]  # fmt: skip
    table = b""
    for tag, values in entries:
        packed = np.array(values, "<u4").tobytes()
        if len(values) > 1:
            where = len(data)
            data += packed
            packed = np.array([where], "<u4").tobytes()
        table += np.array([tag, 4], "<u2").tobytes() + np.array([len(values)], "<u4").tobytes() + packed
    data[4:8] = np.array([len(data)], "<u4").tobytes()
    data += np.array([len(entries)], "<u2").tobytes() + table + b"\0\0\0\0"
    assert np.array_equal(deep.read_tiff(io.BytesIO(data), at_most=ROOM), numbers)


@pytest.mark.parametrize(("kind", "bands"), [(0, 1), (2, 3), (6, 4)])
def test_a_16_bit_png_keeps_its_low_bytes(tmp_path, kind, bands):
    numbers = np.random.default_rng(0).integers(0, 65536, (31, 17, bands)).astype(np.uint16)
    with open(png(tmp_path / "a.png", numbers, 16, kind), "rb") as file:
        assert np.array_equal(deep.read_png(file), numbers)


def test_what_would_fill_the_memory_or_is_cut_off_is_an_error(tmp_path):
    file = tiff(tmp_path / "a.tif", np.ones((40, 50, 5), np.uint16), photometric=1)
    with pytest.raises(deep.DeepError, match="bytes of pixels"):
        read(file, at_most=1000)
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(deep.DeepError, match="bytes where"):
        read(file)
