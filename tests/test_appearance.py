"""The measurements, on chips whose causes are known and on chips drawn by hand."""

import numpy as np
import pytest

from satgan_tutorial import appearance, load_chips
from satgan_tutorial.sources import simulate


@pytest.fixture(scope="module")
def ships():
    """Simulated ships that lie inside the chip, with nothing beside them, and what is measured of them."""
    chips = simulate.draw_chips(400, seed=11, label=1)
    table = appearance.measure(chips.images)
    plain = (chips.causes["wake"] == 0) & (chips.causes["tug"] == 0) & ~table["touches"]
    return chips.causes[plain], table[plain]


def rectangle(heading=30.0, length=60, width=10, sea=(60, 80, 70), ship=(220, 200, 180)):
    """A hard-edged ship, sizes in pixels, in a flat sea."""
    y, x = np.mgrid[:80, :80] - 39.5
    angle = np.deg2rad(heading)
    u, v = x * np.sin(angle) - y * np.cos(angle), x * np.cos(angle) + y * np.sin(angle)
    inside = (np.abs(u) < length / 2) & (np.abs(v) < width / 2)
    return np.where(inside[..., None], ship, sea).astype(np.uint8)[None]


@pytest.mark.slow
def test_nearly_every_simulated_ship_is_found(ships):
    assert ships[1]["length"].notna().mean() > 0.99


@pytest.mark.slow
def test_heading_error(ships):
    causes, table = ships
    error = np.abs((table["heading"] - causes["heading"] + 90) % 180 - 90)
    assert error.median() < 0.4
    assert error.quantile(0.95) < 2.5


def test_length_and_width_error(ships):
    causes, table = ships
    length, width = table["length"] - causes["length"], table["width"] - causes["beam"]
    assert abs(length.median()) < 6 and abs(width.median()) < 3
    assert length.abs().quantile(0.9) < 15 and width.abs().quantile(0.9) < 6


@pytest.mark.parametrize("heading", [0, 30, 90, 135, 179])
def test_a_rectangle_is_measured_exactly(heading):
    row = appearance.measure(rectangle(heading)).iloc[0]
    assert abs((row["heading"] - heading + 90) % 180 - 90) < 1
    assert row["length"] == pytest.approx(60 * 3, abs=7) and row["width"] == pytest.approx(10 * 3, abs=4)
    assert row[["sea_red", "sea_green", "sea_blue"]].tolist() == [60, 80, 70]
    assert row[["ship_red", "ship_green", "ship_blue"]].tolist() == [220, 200, 180]
    assert row["contrast"] == pytest.approx(np.linalg.norm([160, 120, 110]))
    assert not row["touches"]


def test_a_ship_darker_than_the_sea_is_found_too():
    row = appearance.measure(rectangle(70, sea=(150, 160, 150), ship=(60, 60, 60))).iloc[0]
    assert row["length"] == pytest.approx(180, abs=7)


def test_a_ship_that_runs_out_of_the_chip_touches():
    assert appearance.measure(rectangle(0, length=120))["touches"].all()


def test_nothing_to_measure():
    flat = np.full((2, 80, 80, 3), 90, np.uint8)
    table = appearance.measure(flat)
    assert table["length"].isna().all() and not table["touches"].any() and not appearance.segment(flat).any()
    none = appearance.measure(flat[:0])
    assert len(none) == 0 and list(none.columns) == list(table.columns)
    assert appearance.spectrum(flat).shape == (2, 16) and np.isfinite(appearance.spectrum(flat)).all()


def test_odd_pictures_are_measured_without_complaint():
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (20, 80, 80, 3), dtype=np.uint8)
    halves = np.where(np.arange(80)[:, None, None] < 40, 0, 255) * np.ones((1, 80, 80, 3))
    for images in (noise, halves.astype(np.uint8), np.zeros((1, 80, 80, 3), np.uint8)):
        assert len(appearance.measure(images)) == len(images)


def test_a_wave_is_a_peak_of_the_spectrum():
    wave = 128 + 60 * np.sin(2 * np.pi * np.arange(80) * 0.25)
    images = np.broadcast_to(wave[None, None, :, None], (1, 80, 80, 3)).astype(np.uint8)
    assert appearance.spectrum(images)[0].argmax() in (
        7,
        8,
    )  # 0.25 cycles a pixel is the edge between the two


def test_a_checkerboard_stands_out_at_the_end_of_the_line_spectrum_and_no_ship_does():
    ships = simulate.draw_chips(40, seed=1, label=1).images
    y, x = np.mgrid[:80, :80]
    for pattern in ((-1.0) ** x, (-1.0) ** y, (-1.0) ** (x + y)):
        fine = np.clip(ships + 8 * pattern[..., None], 0, 255).astype(np.uint8)
        before, after = (appearance.line_spectrum(images).mean(axis=0) for images in (ships, fine))
        assert before[-1] < before[20:-1].min() < after[20:-1].min() + 0.1 < after[-1] - 0.5
    wave = 128 + 60 * np.sin(2 * np.pi * np.arange(80) * 10 / 80)
    image = np.broadcast_to(wave[None, :, None, None], (1, 80, 80, 3)).astype(np.uint8)
    assert (
        appearance.line_spectrum(image)[0, 2:].argmax() + 2 == 10
    )  # the other way it is even: 0 waves and, windowed, 1
    assert appearance.line_spectrum(image[:0]).shape == (0, 41)


def test_a_spectrum_is_the_same_of_a_turned_image():
    chips = np.random.default_rng(0).integers(0, 256, (3, 80, 80, 3), dtype=np.uint8)
    striped = np.where(np.arange(80)[:, None] % 3, 10, 200) * np.ones((1, 80, 80, 1)) * np.ones(3)
    for images in (chips, striped.astype(np.uint8), chips[:, :79, :79]):
        turned = np.rot90(images, axes=(1, 2))
        np.testing.assert_allclose(
            appearance.spectrum(turned, 39), appearance.spectrum(images, 39), atol=1e-6
        )


def test_a_ship_is_described_where_and_as_large_as_it_is():
    image = np.roll(rectangle(90, length=40, width=10), (6, -4), axis=(1, 2))
    row = appearance.describe(image).iloc[0]
    assert row["share"] == pytest.approx(400 / 6400, abs=0.01)
    assert (row["east"], row["north"]) == pytest.approx((-4 * 3, -6 * 3), abs=2)
    assert row["elongation"] == pytest.approx(4, abs=0.6) and row["fill"] == pytest.approx(1, abs=0.12)
    assert (row["sea_noise"], row["sea_grain"], row["sea_chroma"]) == (0, 1, 0)


def test_where_no_ship_is_all_is_a_number_but_the_heading():
    flat = np.full((2, 80, 80, 3), (90, 80, 70), np.uint8)
    table = appearance.describe(flat)
    assert table["heading"].isna().all() and table.drop(columns="heading").notna().all(axis=None)
    assert (table[["ship_red", "ship_green", "ship_blue"]] == [90, 80, 70]).all(axis=None)
    assert (table[["length", "share", "contrast", "east", "fill"]] == 0).all(axis=None)
    assert len(appearance.describe(flat[:0])) == 0


@pytest.mark.parametrize("smooth", [0, 1])
def test_the_seas_noise_is_measured_beside_the_ship(smooth):
    rng = np.random.default_rng(0)
    grey, bands = rng.normal(0, 4, (1, 80, 80, 1)), rng.normal(0, 3, (1, 80, 80, 3))
    if smooth:
        grey = (grey + np.roll(grey, 1, axis=2)) / 2**0.5
    images = np.clip(np.rint(rectangle(60).astype(float) + grey), 0, 255).astype(np.uint8)
    row = appearance.describe(images).iloc[0]
    assert row["sea_noise"] == pytest.approx(4, abs=0.6) and row["sea_chroma"] < 0.3
    assert -0.1 < row["sea_grain"] < 0.02 if not smooth else 0.1 < row["sea_grain"] < 0.3
    coloured = np.clip(np.rint(rectangle(60).astype(float) + bands), 0, 255).astype(np.uint8)
    assert appearance.describe(coloured).loc[0, "sea_chroma"] == pytest.approx(3 * 2**0.5, abs=0.5)


@pytest.mark.parametrize(
    "function", ["measure", "describe", "sea_colour", "segment", "spectrum", "line_spectrum"]
)
def test_only_pixels_are_measured(function):
    for images, error in (
        (np.zeros((2, 80, 80, 3), np.float32), TypeError),
        (np.zeros((2, 80, 80, 3), np.int64), TypeError),
        (np.zeros((80, 80, 3), np.uint8), ValueError),
        (np.zeros((2, 80, 80), np.uint8), ValueError),
        ([[1]], TypeError),
    ):
        with pytest.raises(error, match="expected"):
            getattr(appearance, function)(images)


def test_total_variation():
    edges = np.linspace(0, 1, 11)
    low, high = np.full(10, 0.05), np.full(7, 0.95)
    assert appearance.total_variation(low, low, edges) == 0
    assert appearance.total_variation(low, high, edges) == 1
    assert appearance.total_variation(np.r_[low, np.nan], low, edges) == 0
    assert appearance.total_variation(low, np.r_[np.full(5, 0.05), np.full(5, 3.0)], edges) == pytest.approx(
        0.5
    )


@pytest.mark.real
def test_nearly_every_real_ship_is_found():
    table = appearance.measure(load_chips().ships.images)
    assert table["length"].notna().mean() > 0.99
    assert 150 < table["length"].median() < 260


def test_alignment_is_0_for_all_headings_and_1_for_one():
    assert appearance.alignment(np.arange(0, 180, 10)) == pytest.approx(0, abs=1e-9)
    assert appearance.alignment(np.array([175.0, 5.0, np.nan])) == pytest.approx(np.cos(np.radians(10)))
    assert appearance.alignment([42.0]) == 1
    assert np.isnan(appearance.alignment([np.nan]))


def test_where_there_is_nothing_to_compare_no_number_comes():
    edges = np.linspace(0, 1, 4)
    for a, b, name in (([np.nan], [0.5], "a"), ([0.5], [], "b")):
        with pytest.raises(ValueError, match=f"{name}: found no number among"):
            appearance.total_variation(np.array(a), np.array(b), edges)
    for wrong in ([0.0], [1.0, 0.0], [0, np.nan, 1], [0.5, 0.5]):
        with pytest.raises(ValueError, match="edges: found .* expected two numbers or more that rise"):
            appearance.total_variation([0.5], [0.5], np.array(wrong))


def test_a_spectrum_is_of_squares_and_has_no_empty_bin():
    chips = np.random.default_rng(0).integers(0, 256, (2, 80, 80, 3), np.uint8)
    for bins in (0, -1, 41, 2.5):
        with pytest.raises(ValueError, match="expected a whole number from 1 to 40"):
            appearance.spectrum(chips, bins)
    assert np.isfinite(appearance.spectrum(chips, 40)).all()
    for function in (appearance.spectrum, appearance.line_spectrum):
        with pytest.raises(ValueError, match="80 x 40 pixels; expected squares"):
            function(chips[:, :40])
