"""One reader of images: what comes out is what a viewer shows, and what it can't be sure of it refuses in a sentence."""

import os
import struct
import warnings
import zlib

import numpy as np
import pytest
from pictures import geo, noise, png, tiff
from PIL import Image, TiffImagePlugin

from satgan_tutorial import rasters
from satgan_tutorial.rasters import RasterError

pytestmark = [pytest.mark.once, pytest.mark.filterwarnings("error")]


def refused(path, *says, **options):
    with pytest.raises(RasterError) as caught:
        rasters.read(path, **options)
    for text in (str(path), "found", "expected", *says):
        assert text in str(caught.value)


# What is read


@pytest.mark.parametrize("name", ["a.png", "A.PNG", "a.bmp", "a.tif", "船舶の写真.png", "no ending"])
def test_pixels_come_back_exactly_whatever_the_name(tmp_path, name):
    pixels = noise()
    Image.fromarray(pixels).save(tmp_path / name, format=None if "." in name else "PNG")
    found = rasters.read(tmp_path / name)
    assert np.array_equal(found.pixels, pixels) and found.valid is None and found.pixel_size is None


def test_a_hand_written_tiff_is_read_in_both_layouts(tmp_path):
    pixels = noise()
    for planar in (1, 2):
        assert np.array_equal(rasters.read(tiff(tmp_path / "a.tif", pixels, planar=planar)).pixels, pixels)


@pytest.mark.parametrize("ending", ["jpg", "png", "tif", "webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_picture_is_read_as_a_viewer_shows_it(tmp_path, orientation, ending):
    upright = np.zeros((64, 96, 3), np.uint8)
    upright[:16, :16] = (255, 0, 0)  # red top left, green top right
    upright[:16, -16:] = (0, 255, 0)
    # How to store it so that a viewer that follows the orientation shows it upright: EXIF 2.32, tag 274.
    stored = {
        1: upright, 2: upright[:, ::-1], 3: upright[::-1, ::-1], 4: upright[::-1],
        5: upright.swapaxes(0, 1), 6: np.rot90(upright, 1), 7: np.rot90(upright, 1)[::-1][:, ::1], 8: np.rot90(upright, -1),
    }  # fmt: skip
    stored[7] = np.rot90(upright.swapaxes(0, 1), 2)
    exif = Image.Exif()
    exif[274] = orientation
    options = (
        {"quality": 100, "subsampling": 0}
        if ending == "jpg"
        else {"lossless": True}
        if ending == "webp"
        else {}
    )
    file = tmp_path / f"a.{ending}"
    Image.fromarray(np.ascontiguousarray(stored[orientation])).save(file, exif=exif, **options)
    found = rasters.read(file).pixels
    assert found.shape == upright.shape
    assert np.abs(found.astype(int) - upright).mean() < 2


def test_alpha_tells_which_pixels_are_data(tmp_path):
    pixels = noise(bands=4)
    pixels[..., 3] = 255
    pixels[:20, :30, 3] = 0
    pixels[50, 50, 3] = 1
    for name in ("a.png", "a.tif"):
        Image.fromarray(pixels).save(tmp_path / name)
        found = rasters.read(tmp_path / name)
        assert np.array_equal(found.pixels, pixels[..., :3])
        assert np.array_equal(found.valid, pixels[..., 3] > 0)


def test_a_colour_that_is_transparent_is_no_data(tmp_path):
    pixels = noise()
    pixels[:9] = (7, 8, 9)
    Image.fromarray(pixels).save(tmp_path / "a.png", transparency=(7, 8, 9))
    found = rasters.read(tmp_path / "a.png")
    assert not found.valid[:9].any() and found.valid[9:].all() and np.array_equal(found.pixels, pixels)


@pytest.mark.parametrize(("text", "colour"), [(b"0\0", 0), (b"255 \0", 255)])
def test_the_nodata_value_of_a_geotiff_is_no_data_where_all_bands_bear_it(tmp_path, text, colour):
    pixels = noise().clip(1, 254)
    pixels[10:20, 10:20] = colour
    pixels[40, 40, 0] = colour
    found = rasters.read(tiff(tmp_path / "a.tif", pixels, more=[(42113, "s", [text])]))
    assert (~found.valid).sum() == 100 and not found.valid[10:20, 10:20].any()


@pytest.mark.parametrize("text", [b"nan\0", b"-9999\0", b"none\0"])
def test_a_nodata_value_that_no_pixel_has_is_nothing(tmp_path, text):
    assert rasters.read(tiff(tmp_path / "a.tif", noise(), more=[(42113, "s", [text])])).valid is None


# Pixel size


@pytest.mark.parametrize(
    ("tags", "metres", "said"),
    [
        (geo(3.0), 3.0, False),
        (geo(10.0), 10.0, True),
        (geo(0.5), 0.5, True),
        (geo(3.0 / 111_320, model=2), 3.0, False),
        (geo(10.0 / 111_320, model=2), 10.0, True),
        (geo(10.0, units=9002), 3.048, False),
        (geo(0.01, units=9036), 10.0, True),
        ([(33550, "d", [10.0, 3.0, 0.0])], 10.0, True),
        ([(33550, "d", [3.0, 0.5, 0.0])], 0.5, True),
        ([(34264, "d", [0, 10.0, 0, 5e5, -10.0, 0, 0, 4e6, 0, 0, 0, 0, 0, 0, 0, 1])], 10.0, True),
    ],
)
def test_a_pixel_size_far_from_3_metres_is_said(tmp_path, tags, metres, said):
    lines = []
    found = rasters.read(tiff(tmp_path / "a.tif", noise(), more=tags), say=lines.append)
    assert found.pixel_size == pytest.approx(metres)
    assert bool(lines) == said and all(f"{metres:.3g} m" in line and "a.tif" in line for line in lines)


@pytest.mark.parametrize("tags", [geo(3.0, units=32767), geo(0.0), geo(float("nan"))])
def test_a_pixel_size_in_no_known_unit_is_none(tmp_path, tags):
    assert rasters.read(tiff(tmp_path / "a.tif", noise(), more=tags), say=pytest.fail).pixel_size is None


def test_a_grey_picture_in_three_bands_is_said(tmp_path):
    pixels, lines = noise(), []
    Image.fromarray(pixels).save(tmp_path / "a.png")
    rasters.read(tmp_path / "a.png", say=pytest.fail)
    Image.fromarray(np.repeat(pixels[..., :1], 3, axis=-1)).save(tmp_path / "a.png")
    rasters.read(tmp_path / "a.png", say=lines.append)
    assert len(lines) == 1 and "the same everywhere" in lines[0] and "a.png" in lines[0]


# What is refused


def pages(path, *kinds):
    """A TIFF of several pages, the type of subfile of each, None for one that says nothing."""
    with TiffImagePlugin.AppendingTiffWriter(path, True) as file:
        for kind in kinds:
            info = TiffImagePlugin.ImageFileDirectory_v2()
            if kind is not None:
                info[254] = kind
            Image.fromarray(noise()).save(file, format="TIFF", tiffinfo=info)
            file.newFrame()
    return path


@pytest.mark.parametrize("kinds", [(None, None), (0, 0, 1), (1, 0), (0, 2)])
def test_a_tiff_of_several_pictures_is_refused(tmp_path, kinds):
    refused(pages(tmp_path / "a.tif", *kinds), f"{len(kinds)} pages", "gdal_translate GTIFF_DIR:1")


def test_a_pyramid_is_one_picture_and_a_mask_has_to_be_alpha(tmp_path):
    assert np.array_equal(rasters.read(pages(tmp_path / "a.tif", 0, 1, 1, 1 | 4)).pixels, noise())
    refused(pages(tmp_path / "b.tif", 0, 4), "a page that masks", "-b mask")


@pytest.mark.parametrize("ending", ["png", "webp"])
def test_a_film_is_refused(tmp_path, ending):
    first, second = (Image.fromarray(noise(seed=seed)) for seed in (0, 1))
    first.save(tmp_path / f"a.{ending}", save_all=True, append_images=[second])
    refused(tmp_path / f"a.{ending}", "2 frames")


def test_signed_numbers_and_bands_out_of_reach_are_refused_with_a_remedy(tmp_path):
    refused(tiff(tmp_path / "a.tif", noise(), sample_format=2), "signed numbers of 8 bits")
    four = noise(bands=4)
    refused(tiff(tmp_path / "a.tif", four, extra=[0]), "-b 4 -b 3 -b 2", bands=(4, 3, 2))
    refused(tiff(tmp_path / "a.tif", four, extra=[0], planar=2), "-b 3 -b 2 -b 1", bands=(3, 2, 1))
    refused(tiff(tmp_path / "a.tif", four), "three different numbers", bands=(1, 1, 2))


def test_chosen_bands_are_colours_and_alpha_stays_alpha(tmp_path):
    pixels = noise(bands=4)
    pixels[..., 3] = np.where(np.arange(120) < 9, 0, 255)
    found = rasters.read(tiff(tmp_path / "a.tif", pixels, extra=[2]), bands=(3, 2, 1))
    assert np.array_equal(found.pixels, pixels[..., 2::-1]) and np.array_equal(
        found.valid, pixels[..., 3] > 0
    )
    Image.fromarray(pixels[..., :3]).convert("YCbCr").save(tmp_path / "y.tif")
    plain = rasters.read(tmp_path / "y.tif").pixels
    assert np.array_equal(rasters.read(tmp_path / "y.tif", bands=(3, 2, 1)).pixels, plain[..., ::-1])


@pytest.mark.parametrize("kind", [0, 2, 4, 6])
def test_a_16_bit_png_is_refused(tmp_path, kind):
    bands = {0: 1, 2: 3, 4: 2, 6: 4}[kind]
    refused(
        png(tmp_path / "a.png", noise(bands=bands).astype("u2") * 256, 16, kind), "more than 8 bits", "Scale"
    )


def test_the_hand_written_png_is_one(tmp_path):
    pixels = noise()
    assert np.array_equal(rasters.read(png(tmp_path / "a.png", pixels, 8, 2)).pixels, pixels)


@pytest.mark.parametrize("planar", [1, 2])
@pytest.mark.parametrize("bands", [3, 4])
def test_a_16_bit_tiff_is_refused_in_both_layouts(tmp_path, planar, bands):
    refused(
        tiff(tmp_path / "a.tif", noise(bands=bands).astype("u2"), planar=planar),
        "16 bits",
        "more than 8 bits",
    )


def test_floats_and_other_depths_and_colours_are_refused(tmp_path):
    refused(
        tiff(tmp_path / "a.tif", noise().astype("f4"), sample_format=3), "floating-point numbers of 32 bits"
    )
    Image.fromarray(noise()[..., 0].astype("f4")).save(tmp_path / "grey.tif")
    refused(tmp_path / "grey.tif", "floating-point numbers of 32 bits")
    for mode, says in (("1", "greyscale"), ("L", "greyscale"), ("LA", "greyscale"), ("P", "mode P")):
        Image.fromarray(noise()).convert(mode).save(tmp_path / "a.png")
        refused(tmp_path / "a.png", says)
    for ending in ("jpg", "tif"):
        Image.fromarray(noise()).convert("CMYK").save(tmp_path / f"a.{ending}")
        refused(tmp_path / f"a.{ending}", "mode CMYK")


@pytest.mark.parametrize("extra", [None, [0]])
def test_a_fourth_band_that_is_not_called_alpha_is_refused_or_chosen(tmp_path, extra):
    pixels = noise(bands=4)
    file = tiff(tmp_path / "a.tif", pixels, extra=extra)
    refused(file, "fourth band", "3, 2, 1")
    found = rasters.read(file, bands=(3, 2, 1))
    assert np.array_equal(found.pixels, pixels[..., [2, 1, 0]]) and found.valid is None
    refused(file, "band", bands=(1, 2, 5))
    refused(file, "counted from 1", bands=(0, 1, 2))


def test_near_infrared_that_is_called_alpha_is_refused_and_alpha_is_not(tmp_path):
    pixels = noise(bands=4)
    refused(tiff(tmp_path / "a.tif", pixels, extra=[2]), "called alpha", "different values")
    assert np.array_equal(rasters.read(tmp_path / "a.tif", bands=(3, 2, 1)).pixels, pixels[..., [2, 1, 0]])
    Image.fromarray(pixels).save(tmp_path / "a.png")
    refused(tmp_path / "a.png", "called alpha", "--bands 3,2,1")
    assert np.array_equal(rasters.read(tmp_path / "a.png", bands=(3, 2, 1)).pixels, pixels[..., 2::-1])
    for alpha in (77, np.where(np.arange(120) < 9, 0, 255)):
        pixels[..., 3] = alpha
        assert np.array_equal(
            rasters.read(tiff(tmp_path / "a.tif", pixels, extra=[2])).pixels, pixels[..., :3]
        )


@pytest.mark.parametrize(("bands", "photometric"), [(8, 1), (3, 1), (4, 1), (8, 2)])
def test_bands_that_nobody_has_named_are_refused_with_their_number(tmp_path, bands, photometric):
    extra = [0] * (bands - (3 if photometric == 2 else 1))
    refused(
        tiff(tmp_path / "a.tif", noise(bands=bands), photometric=photometric, extra=extra), f"{bands} bands"
    )


def test_only_a_regular_file_is_opened(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe.png")
    monkeypatch.setattr("builtins.open", None)
    refused(tmp_path / "pipe.png", "a pipe")
    refused("/dev/zero", "a device")
    refused(tmp_path, "a folder")
    refused(tmp_path / "none.png", "nothing there")
    refused(tmp_path / "no\0name.png", "a name")


def test_a_program_is_no_picture(tmp_path):
    Image.fromarray(noise()).save(tmp_path / "a.eps")
    (tmp_path / "a.eps").rename(tmp_path / "a.png")
    refused(tmp_path / "a.png", "no whole image", "PNG, JPEG, TIFF")


@pytest.mark.parametrize("size", [(20_000, 20_000), (60_000, 60_000)])
def test_a_bomb_is_refused_by_its_header(tmp_path, size):
    parts = ((b"IHDR", struct.pack(">IIBBBBB", *size, 8, 2, 0, 0, 0)), (b"IDAT", b""))
    (tmp_path / "a.png").write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + b"".join(
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
            for name, body in parts
        )
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        refused(tmp_path / "a.png", "at most 150 million", "pieces")
    big = TiffImagePlugin.ImageFileDirectory_v2()
    big[256], big[257], big[258], big[262], big[277] = *size, (8, 8, 8), 2, 3
    with open(tmp_path / "a.tif", "wb") as file:
        big.save(file)
    refused(tmp_path / "a.tif", f"{size[0]} x {size[1]} pixels")


@pytest.mark.parametrize("ending", ["png", "jpg", "tif", "webp", "bmp"])
@pytest.mark.parametrize("share", [0, 0.02, 0.5, 0.95])
def test_a_cut_file_is_refused(tmp_path, ending, share):
    file = tmp_path / f"a.{ending}"
    Image.fromarray(noise()).save(file)
    file.write_bytes(file.read_bytes()[: int(share * file.stat().st_size)])
    refused(file, "no whole image")


@pytest.mark.slow
def test_whatever_the_bytes_it_is_a_picture_or_a_sentence(tmp_path):
    hypothesis = pytest.importorskip("hypothesis")
    from hypothesis import strategies as st

    wholes = []
    for ending in ("png", "jpg", "tif", "webp", "bmp"):
        Image.fromarray(noise(8, 8)).save(tmp_path / f"a.{ending}")
        wholes.append((tmp_path / f"a.{ending}").read_bytes())
    wholes.append(tiff(tmp_path / "geo.tif", noise(8, 8, 4), extra=[2], more=geo(3.0)).read_bytes())

    @hypothesis.settings(max_examples=300, deadline=None)
    @hypothesis.given(
        st.sampled_from(wholes), st.lists(st.tuples(st.integers(0, 600), st.integers(0, 255)), max_size=4)
    )
    def check(whole, changes):
        changed = bytearray(whole)
        for at, value in changes:
            changed[at % len(changed)] = value
        (tmp_path / "any").write_bytes(changed)
        try:
            found = rasters.read(tmp_path / "any")
        except RasterError as error:
            assert "found" in str(error) and "expected" in str(error)
        else:
            assert found.pixels.dtype == np.uint8 and found.pixels.ndim == 3 and found.pixels.shape[2] == 3
            assert found.valid is None or found.valid.shape == found.pixels.shape[:2]

    check()


# What is no data


def test_black_that_touches_the_rim_is_no_data_and_other_black_is():
    pixels = noise().clip(30)
    assert rasters.seen(pixels) is None
    pixels[30:50, 40:60] = 0  # a black ship
    pixels[0, :60] = 0  # too few to be a corner
    assert rasters.seen(pixels) is None
    pixels[:20, :20] = 0
    black = (pixels == 0).all(axis=-1)
    black[30:50, 40:60] = False
    assert np.array_equal(rasters.seen(pixels), ~black)


def test_what_is_no_data_and_black_beside_it_are_one():
    pixels, valid = noise().clip(30), np.ones((90, 120), bool)
    valid[:, :20] = False
    pixels[40:60, 20:30] = 0
    found = rasters.seen(pixels, valid)
    assert not found[:, :20].any() and not found[40:60, 20:30].any() and found.sum() == 90 * 120 - 1800 - 200
    assert rasters.seen(pixels, np.ones((90, 120), bool)) is None
    for wrong in (valid.astype(int), valid[:5], [True]):
        with pytest.raises(ValueError, match="expected bool"):
            rasters.seen(pixels, wrong)


def test_what_a_jpeg_blurs_beside_a_black_corner_is_no_data_either():
    pixels = noise().clip(30)
    pixels[:20, :20] = 0
    pixels[:20, 20:60] = 20  # a dark sea goes on behind it
    black = ~rasters.seen(pixels)
    assert black[:20, :20].all() and 20 <= black[10].sum() <= 36 and not black[36:].any()


def test_a_gap_is_filled_with_the_colours_beside_it():
    pixels = np.full((90, 120, 3), 50, np.uint8)
    pixels[:, 60:] = 90
    valid = np.ones((90, 120), bool)
    valid[30:60, 20:100] = False
    pixels[~valid] = 255
    pixels[29] = 255  # blended into the gap's rim
    whole = rasters.filled(pixels, valid)
    assert (whole[29:61, 20:55] == 50).all() and (whole[29:61, 65:100] == 90).all()
    assert (whole[:27] == pixels[:27]).all() and (pixels[45, 60] == 255).all()
    assert np.array_equal(rasters.filled(pixels, np.zeros_like(valid)), pixels)
