"""Somebody's folder of pictures: whatever lies in it is read as it looks, or named."""

import os

import numpy as np
import pytest
from pictures import noise, png, tiff
from PIL import Image

from satgan_tutorial import load_chips, rasters
from satgan_tutorial.chips import shrink
from satgan_tutorial.pictures import PictureError, PictureSet, advice, find_class, in_words
from satgan_tutorial.sources import cache, copies, folder, load_pictures

pytestmark = pytest.mark.once


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SATGAN_CACHE", str(tmp_path / "cache"))


def picture(seed, width=60, height=50):
    """A smooth picture of something, unlike any other."""
    few = Image.fromarray(np.random.default_rng(seed).integers(0, 256, (5, 6, 3), np.uint8))
    return few.resize((width, height), Image.Resampling.BICUBIC)


def fill(where, n=20, first=0, ending=".png", **options):
    where.mkdir(parents=True, exist_ok=True)
    for i in range(first, first + n):
        picture(i).save(where / f"{i:03d}{ending}", **options)
    return where


def load(where, **options):
    return load_pictures(where, say=lambda text: None, **options)


def refused(where, *says, **options):
    with pytest.raises(PictureError) as caught:
        load(where, **options)
    for text in ("found", "expected", *says):
        assert text in str(caught.value)


# What is read, and as what


@pytest.mark.parametrize("name", ["my photos", "船の写真", "Häfen (2)", "a'b"])
def test_any_name_will_do(tmp_path, name):
    fill(tmp_path / name / "é è")
    pictures = load(tmp_path / name)
    assert len(pictures) == 20 and pictures.images.shape == (20, 48, 48, 3)
    assert pictures.names[0] == "é è/000.png"


@pytest.mark.parametrize("ending", [".PNG", ".jpeg", ".TIF", ".webp", ".bmp"])
def test_endings_count_whatever_their_case(tmp_path, ending):
    kind = {".PNG": "PNG", ".TIF": "TIFF"}.get(ending)
    found = load(fill(tmp_path / "p", 17, ending=ending, format=kind), size=32)
    assert len(found) == 17
    expected = folder.square(rasters.Raster(np.array(picture(0))), 32, "crop")
    assert np.abs(found.images[0].astype(int) - expected).mean() < 6


def test_a_square_is_cut_from_the_middle_or_the_whole_is_fitted():
    wide = np.zeros((64, 128, 3), np.uint8)
    wide[:, 32:96] = (10, 200, 30)
    wide[:, :32], wide[:, 96:] = (255, 0, 0), (255, 0, 0)
    cut = folder.square(rasters.Raster(wide), 32, "crop")
    assert (cut == (10, 200, 30)).all()
    fitted = folder.square(rasters.Raster(wide), 64, "whole")
    assert (fitted[16:48, 16:48] == (10, 200, 30)).all() and (fitted[16:48, :16] == (255, 0, 0)).all()
    assert (fitted[:16] == fitted[0, 0]).all() and (fitted[0, 0] == np.rint(wide[0].mean(axis=0))).all()


def test_an_area_is_averaged_and_none_is_skipped():
    fine = np.zeros((128, 128, 3), np.uint8)
    fine[::2] = 200
    assert (folder.square(rasters.Raster(fine), 32, "crop") == 100).all()


def test_grey_palette_transparency_and_orientation_are_as_a_viewer_shows_them(tmp_path):
    where = fill(tmp_path / "p", 20, first=100)
    whole = picture(0, 64, 64)
    whole.convert("L").save(where / "a.png")
    whole.quantize(256, dither=Image.Dither.NONE).save(where / "b.png")
    seen = whole.convert("RGBA")
    seen.putalpha(Image.fromarray(np.repeat(np.uint8([[0, 255]]), 32, axis=1).repeat(64, axis=0)))
    seen.save(where / "c.png")
    whole.convert("LA").save(where / "d.png")
    exif = Image.Exif()
    exif[274] = 6
    whole.transpose(Image.Transpose.ROTATE_90).save(where / "e.png", exif=exif)
    whole.convert("CMYK").save(where / "f.tif")
    images = dict(zip(load(where, size=64).names, load(where, size=64).images, strict=True))
    pixels = np.array(whole)
    assert np.array_equal(images["a.png"], np.repeat(np.array(whole.convert("L"))[..., None], 3, axis=2))
    assert np.abs(images["b.png"].astype(int) - pixels).mean() < 12
    assert (images["c.png"][:, :32] == 255).all() and np.array_equal(images["c.png"][:, 32:], pixels[:, 32:])
    assert "d.png" not in images  # the same pixels as a.png
    assert "f.tif" in images or "e.png" in images
    report = load(where, size=64).report
    assert (report.on_white, report.grey) == (1, 2) and ("a.png", "d.png") in report.copies


def test_an_exif_turn_makes_the_same_picture(tmp_path):
    where = fill(tmp_path / "p", 20, first=100)
    exif = Image.Exif()
    exif[274] = 6
    whole = picture(0, 64, 48)
    whole.transpose(Image.Transpose.ROTATE_90).save(where / "a.png", exif=exif)
    whole.save(where / "b.png")
    assert load(where, size=48).report.copies == (("a.png", "b.png"),)


@pytest.mark.parametrize("make", ["png", "tiff", "planar", "float"])
def test_more_than_8_bits_need_a_stretch_and_then_are_read_exactly(tmp_path, make):
    where = tmp_path / "p"
    where.mkdir()
    deep = np.random.default_rng(0).integers(500, 3500, (20, 32, 32, 3))
    for i, pixels in enumerate(deep):
        if make == "png":
            png(where / f"{i:02d}.png", pixels.astype("u2"), 16, 2)
        else:
            kind, number = ("f4", 3) if make == "float" else ("u2", 1)
            planar = 2 if make == "planar" else 1
            tiff(where / f"{i:02d}.tif", pixels.astype(kind), planar=planar, sample_format=number)
    refused(where, "--stretch", "bits", "20 of 20")
    found = load(where, stretch=(500, 3500))
    expected = np.rint((deep - 500) / 3000 * 255)
    assert np.array_equal(found.images, expected) and found.report.deep == 20
    darker = load(where, stretch=(1000, 3500)).images
    assert darker.mean() < found.images.mean()


def test_of_many_bands_nobody_guesses_three(tmp_path):
    where = tmp_path / "p"
    where.mkdir()
    bands = np.random.default_rng(0).integers(0, 256, (20, 32, 32, 7), np.uint8)
    for i, pixels in enumerate(bands):
        tiff(where / f"{i:02d}.tif", pixels, photometric=1)
    refused(where, "7 bands", "--bands")
    assert np.array_equal(load(where, bands=(4, 3, 2)).images, bands[..., [3, 2, 1]])
    refused(where, "no band 8", bands=(8, 3, 2))


def test_nodata_is_filled_and_what_is_mostly_nodata_is_no_picture(tmp_path):
    where = fill(tmp_path / "p", 20, first=100)
    pixels = noise(32, 32).clip(1, 254)
    for name, share in (("little.tif", 4), ("most.tif", 20)):
        holed = pixels.copy()
        holed[:share] = 0
        tiff(where / name, holed, more=[(42113, "s", [b"0\0"])])
    found = load(where, size=32)
    assert found.report.filled == 1 and [name for name, _ in found.report.unreadable] == ["most.tif"]
    image = found.images[found.names.tolist().index("little.tif")]
    assert image[:4].min() > 0 and np.array_equal(image[4:], pixels[4:])


# What is left out, and said


def test_what_cannot_be_read_is_named_counted_and_left_out_or_refused(tmp_path):
    where = fill(tmp_path / "p")
    (where / "cut.jpg").write_bytes(b"\xff\xd8\xff\xe0" + b"0" * 90)
    (where / "empty.png").touch()
    half = (where / "003.png").read_bytes()
    (where / "half.png").write_bytes(half[: len(half) // 2])
    (where / "page.png").write_text("<html>not found</html>")
    found = load(where)
    assert {name for name, _ in found.report.unreadable} == {"cut.jpg", "empty.png", "half.png", "page.png"}
    assert len(found) == 20 and found.report.files == 24
    refused(where, "4 of 24", "cut.jpg", "--strict", strict=True)


def test_other_files_are_counted_and_what_systems_put_there_is_not(tmp_path):
    where = fill(tmp_path / "p")
    for name in (
        "a.HEIC",
        "b.heic",
        "notes.txt",
        ".DS_Store",
        "._000.png",
        "Thumbs.db",
        "__MACOSX/._1.png",
        "README",
    ):
        (where / name).parent.mkdir(exist_ok=True)
        (where / name).write_bytes(b"x")
    report = load(where).report
    assert dict(report.others) == {".heic": 2, ".txt": 1, "without an ending": 1} and not report.unreadable


def test_an_empty_a_missing_and_a_small_folder_are_sentences(tmp_path):
    (tmp_path / "p").mkdir()
    refused(tmp_path / "p", "found 0 pictures", "heic")
    refused(tmp_path / "none", "nothing there")
    refused(fill(tmp_path / "few", 15), "found 15 pictures", "16")
    (tmp_path / "file").touch()
    refused(tmp_path / "file", "a file")


def test_links_are_followed_once(tmp_path):
    where = fill(tmp_path / "elsewhere")
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "link").symlink_to(where)
    (where / "round").symlink_to(tmp_path / "p")
    assert len(load(tmp_path / "p")) == 20


# Copies, classes, groups


def test_copies_are_left_out_and_near_copies_kept_together(tmp_path):
    where = fill(tmp_path / "p", 40)
    (where / "000 (copy).png").write_bytes((where / "000.png").read_bytes())
    picture(1).save(where / "again.jpg", quality=80)
    picture(2).resize((90, 75)).save(where / "larger.png")
    picture(3).transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(where / "mirrored.png")
    found = load(where)
    assert found.report.copies == (("000.png", "000 (copy).png"),) and found.report.near == 6
    groups = dict(zip(found.names, found.groups, strict=True))
    for one, other in (("001.png", "again.jpg"), ("002.png", "larger.png"), ("003.png", "mirrored.png")):
        assert groups[one] == groups[other]
    assert len(set(found.groups)) == 40
    for seed in range(5):
        sides = [set(part.groups) for part in found.split(seed)]
        assert not sides[0] & sides[1] and not sides[0] & sides[2] and not sides[1] & sides[2]


def test_pictures_of_sea_that_look_alike_are_no_copies():
    rng = np.random.default_rng(0)
    sea = np.clip(rng.normal((30, 60, 80), 4, (300, 64, 64, 3)), 0, 255).astype(np.uint8)
    assert len(np.unique(copies.near(sea))) == 300


def test_things_that_are_all_alike_are_no_copies_of_each_other():
    base = np.array(picture(0, 32, 32)).astype(float)
    variants = np.stack([base + np.array(picture(i, 32, 32)) * 0.25 for i in range(1, 61)])
    variants = np.clip(variants - 30, 0, 255).astype(np.uint8)
    rows = copies._rows(shrink(variants, 16))
    usual = np.sort(rows @ rows.T, axis=1)[:, -11]
    assert copies.PERHAPS < np.median(usual) < copies.SURE
    assert len(np.unique(copies.near(variants))) > 50  # by PERHAPS alone they would all be one


def test_a_copy_that_lost_its_grain_stands_out():
    fine = np.random.default_rng(0).integers(0, 256, (40, 24, 24, 3), np.uint8)
    sharp = [Image.fromarray(each).resize((64, 64), Image.Resampling.BICUBIC) for each in fine]
    again = [
        each.resize((45, 45)).resize((64, 64)).transpose(Image.Transpose.ROTATE_90) for each in sharp[:5]
    ]
    images = np.stack([np.array(each) for each in (*sharp, *again)])
    found = copies.near(images)
    assert np.array_equal(found[:5], found[40:]) and len(np.unique(found)) == 40


def test_subfolders_are_classes_unless_a_picture_lies_in_none(tmp_path):
    where = tmp_path / "p"
    fill(where / "wood" / "2019", 10)
    fill(where / "harbour", 12, first=50)
    found = load(where)
    assert found.classes == ("harbour", "wood") and np.bincount(found.labels).tolist() == [12, 10]
    assert len(found.of("HARBOUR")) == 12 and {name[:4] for name in found.of("wood").names} == {"wood"}
    picture(99).save(where / "loose.png")
    assert load(where).classes == ()


def test_a_picture_in_two_classes_is_in_neither(tmp_path):
    fill(tmp_path / "p" / "a", 12)
    fill(tmp_path / "p" / "b", 12, first=50)
    (tmp_path / "p" / "b" / "again.png").write_bytes((tmp_path / "p" / "a" / "003.png").read_bytes())
    found = load(tmp_path / "p")
    assert found.report.both == ("a/003.png", "b/again.png") and len(found) == 23


def test_a_class_is_found_however_its_name_is_written():
    assert (
        find_class("hafen", ("Hafen", "See")) == 0 and find_class("Me\u0301xico", ("a", "M\u00e9xico")) == 1
    )
    with pytest.raises(PictureError, match="harbour, sea"):
        find_class("wood", ("harbour", "sea"))


def test_folders_that_are_one_to_windows_are_refused(tmp_path):
    fill(tmp_path / "p" / "Sea", 10)
    fill(tmp_path / "p" / "sea", 10, first=50)
    if not os.path.samefile(tmp_path / "p" / "Sea", tmp_path / "p" / "sea"):
        refused(tmp_path / "p", "Windows", "Sea")


def test_paths_of_windows_make_the_same_names(monkeypatch):
    from pathlib import PureWindowsPath

    where = PureWindowsPath(r"C:\photos")
    assert folder._name(where / "Hafen" / "o\u0308l.PNG", where) == "Hafen/\u00f6l.PNG"
    assert folder._is_picture(where / "a.JPG") and not folder._is_picture(where / "a.heic")


def test_groups_come_from_folders_or_from_names(tmp_path):
    where = tmp_path / "p"
    for i in range(6):
        fill(where / f"site{i}", 5, first=10 * i)
    assert len(set(load(where).groups)) == 30
    by_folder = load(where, group_by="folder")
    assert len(set(by_folder.groups)) == 6
    by_name = load(where, group_by=r"/(\d)\d\d\.png")
    assert len(set(by_name.groups)) == 1 and by_name.report.unmatched == 0
    with pytest.raises(PictureError, match="in 1 group"):
        by_name.split()
    some = load(where, group_by=r"site[01]/")
    assert some.report.unmatched == 20 and len(set(some.groups)) == 22
    refused(where, "none of 30 names", group_by="nothing")
    refused(where, "no regular expression", group_by="(")


def test_each_class_is_on_each_side_of_a_split(tmp_path):
    for i in range(3):
        fill(tmp_path / "p" / "abc"[i], 20, first=100 * i)
    for part, share in zip(load(tmp_path / "p").split(), (0.6, 0.15, 0.25), strict=True):
        assert np.abs(np.bincount(part.labels) - 20 * share).max() <= 1


def test_what_became_of_the_files_is_said_in_sentences(tmp_path):
    where = fill(tmp_path / "p" / "sea", 20).parent
    fill(where / "wood", 20, first=50)
    (where / "sea" / "bad.jpg").write_bytes(b"no")
    (where / "sea" / "x.heic").write_bytes(b"no")
    (where / "sea" / "copy.png").write_bytes((where / "sea" / "000.png").read_bytes())
    picture(51).convert("L").save(where / "wood" / "grey.png")
    said = " ".join(in_words(load(where)))
    for text in (
        "41 pictures of 60 x 50 pixels, read as 48 x 48", "sea 20, wood 21", "42 are no squares", "1 is grey",
        "sea/bad.jpg", "sea/copy.png of sea/000.png", "1 .heic. Convert .heic",
    ):  # fmt: skip
        assert text in said
    assert "by heart" in advice(300) and "very few" in advice(20)


# Sizes, the cache, the door


@pytest.mark.parametrize(("side", "size"), [(20, 32), (40, 32), (60, 48), (64, 64), (900, 64)])
def test_the_size_is_64_or_less_where_most_are_smaller(side, size):
    assert folder._usual([side] * 5 + [8, 4000]) == size


@pytest.mark.parametrize(
    "options",
    [{"size": 40}, {"size": 144}, {"fit": "squash"}, {"stretch": (5, 5)}, {"stretch": (0, float("nan"))}],
)
def test_what_no_reading_can_be_is_refused(tmp_path, options):
    refused(fill(tmp_path / "p"), **options)


def test_what_is_cached_is_what_was_read_and_a_change_is_seen(tmp_path):
    where = fill(tmp_path / "p" / "a").parent
    fill(where / "b", first=50)
    (where / "a" / "bad.png").touch()
    first, again = load(where), load(where)
    assert (
        isinstance(again.images, np.memmap) and again.report == first.report and again.classes == ("a", "b")
    )
    before = os.stat(where / "a" / "000.png")
    (where / "a" / "000.png").write_bytes(b"".join([(where / "b" / "050.png").read_bytes()]))
    os.utime(where / "a" / "000.png", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert load(where).report.both
    assert load(where, size=32).size == 32


def test_an_entry_that_was_changed_is_read_anew(tmp_path):
    where = fill(tmp_path / "p")
    load(where)
    (entry,) = cache.cache_folders()[0].glob("pictures-*")
    (entry / "report.json").write_text("{}")
    said = []
    assert len(load_pictures(where, say=said.append)) == 20 and any(
        "report.json changed" in text for text in said
    )


def test_load_chips_takes_a_folder_of_pictures_too(tmp_path, monkeypatch):
    where = fill(tmp_path / "p")
    assert isinstance(load_chips(where, say=lambda text: None), PictureSet)
    monkeypatch.setenv("SATGAN_DATA", str(where))  # whose chips the chapters use: ships, or none
    with pytest.raises(ValueError, match="000.png"):
        load_chips(say=lambda text: None)
