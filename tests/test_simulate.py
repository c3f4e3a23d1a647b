"""The simulator: its bits, its table of causes, and that a cause does what its name says."""

import re

import numpy as np
import pandas as pd
import pytest

from satgan_tutorial import appearance
from satgan_tutorial.sources import simulate

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def chips():
    return simulate.draw_chips(400, seed=7)


@pytest.mark.slow
def test_chips_have_the_shape_and_mix_of_shipsnet(chips):
    assert chips.images.shape == (400, 80, 80, 3) and chips.images.dtype == np.uint8
    assert chips.labels.sum() == 100 and chips.source == "simulated"
    kinds = chips.causes["kind"][chips.labels == 0].value_counts(normalize=True)
    assert set(kinds.index) == set(simulate.NO_SHIP_KINDS)
    for group in (simulate.LAND_COVER, {"part"}, simulate.LOOK_ALIKES):
        assert sum(kinds[kind] for kind in group) == pytest.approx(1 / 3, abs=0.1)
    assert sum(simulate.NO_SHIP_KINDS.values()) == pytest.approx(1)
    assert (chips.causes["kind"][chips.labels == 1] == "ship").all()


@pytest.mark.slow
def test_same_seed_same_bits_and_another_seed_others(chips):
    again, other = simulate.draw_chips(400, seed=7), simulate.draw_chips(400, seed=8)
    np.testing.assert_array_equal(again.images, chips.images)
    pd.testing.assert_frame_equal(again.causes, chips.causes)
    assert again.names == chips.names
    assert (other.images != chips.images).mean() > 0.9


@pytest.mark.slow
def test_pixels_are_a_function_of_the_causes_alone(chips):
    rows = [3, 210, 390]
    np.testing.assert_array_equal(simulate.render(chips.causes.iloc[rows]), chips.images[rows])


@pytest.mark.parametrize("label", [0, 1])
def test_one_label_alone(label):
    chips = simulate.draw_chips(9, seed=1, label=label)
    assert chips.labels.tolist() == [label] * 9


@pytest.mark.parametrize("label", [None, 0, 1])
@pytest.mark.parametrize("n", [0, 1])
def test_few_chips(n, label):
    chips = simulate.draw_chips(n, seed=0, label=label)
    assert len(chips) == n and list(chips.causes.columns)


@pytest.mark.parametrize(("n", "label"), [(-1, None), (5, 2)])
def test_arguments_out_of_range(n, label):
    with pytest.raises(ValueError, match="expected n of 0 or more and a label of 0, 1 or None"):
        simulate.draw_chips(n, seed=0, label=label)


def test_scenes_are_like_the_real_ones():
    causes = simulate.draw_causes(4000, seed=0)
    assert causes["scene"].map(re.compile(r"201[5-8]\d{4}_\d{6}_fa4e").fullmatch).all()
    assert 400 <= causes["scene"].nunique() <= 470
    ships = causes[causes["label"] == 1].groupby("scene").size()
    assert 0.4 < len(ships) / causes["scene"].nunique() < 0.6
    assert ships.max() <= 16
    shared = ["region", "sea_red", "sea_green", "sea_blue", "waves", "sun_azimuth", "sun_elevation", "haze"]
    assert (causes.groupby("scene")[shared].nunique() == 1).all(axis=None)
    west, north = causes["longitude"] < -120, causes["latitude"] > 36
    assert (west == north).all() and (west == (causes["region"] == "San Francisco Bay")).all()


@pytest.mark.slow
def test_some_ships_of_a_scene_are_near_twins_and_none_of_two_scenes():
    ships = simulate.draw_chips(300, seed=2, label=1)
    looks = ships.causes.groupby("look")
    assert looks["scene"].nunique().max() == 1
    assert 0.1 < (looks.size() - 1).sum() / len(ships) < 0.3
    first, second = next(rows for _, rows in looks if len(rows) == 2 and rows["crop_x"].abs().max() > 0).index
    shift = ships.causes.loc[second, ["crop_y", "crop_x"]] - ships.causes.loc[first, ["crop_y", "crop_x"]]
    moved = np.roll(ships.images[second], tuple(shift.astype(int)), axis=(0, 1))
    inside = slice(12, -12), slice(12, -12)
    np.testing.assert_array_equal(moved[inside], ships.images[first][inside])


def test_turning_the_heading_turns_the_ship_and_nothing_else():
    causes = simulate.draw_causes(40, seed=3, label=1).query("wake == 0 and tug == 0").head(12)
    causes = causes.assign(length=180.0, x=0.0, y=0.0, crop_x=0, crop_y=0, haze=0.0)
    for heading in (20, 75, 140):
        found = appearance.measure(simulate.render(causes.assign(heading=heading)))["heading"]
        assert np.abs((found - heading + 90) % 180 - 90).median() < 1.0
    corner = np.s_[:, :12, :12]
    north, east = (simulate.render(causes.assign(heading=heading))[corner] for heading in (0, 90))
    np.testing.assert_array_equal(north, east)


def test_haze_takes_contrast_and_a_wake_is_bright():
    causes = simulate.draw_causes(12, seed=4, label=1).assign(
        x=0.0, y=0.0, length=120.0, heading=0.0, haze=0.0
    )
    clear, hazy = simulate.render(causes), simulate.render(causes.assign(haze=0.6))
    assert (hazy.std(axis=(1, 2, 3)) < 0.7 * clear.std(axis=(1, 2, 3))).all()
    still, moving = (simulate.render(causes.assign(wake=wake, tug=0)).astype(float) for wake in (0.0, 1.0))
    behind = np.s_[:, 64:72, 38:42]
    assert (moving[behind].mean(axis=(1, 2, 3)) > still[behind].mean(axis=(1, 2, 3)) + 15).all()


def test_a_part_of_a_ship_leaves_the_chip():
    parts = simulate.draw_causes(600, seed=5, label=0).query("kind == 'part'")
    angle = np.deg2rad(parts["heading"])
    ends = [
        np.maximum(
            (parts["x"] + sign * parts["length"] / 2 * np.sin(angle)).abs(),
            (parts["y"] - sign * parts["length"] / 2 * np.cos(angle)).abs(),
        )
        for sign in (1, -1)
    ]
    assert len(parts) > 150
    assert (np.minimum(*ends) <= 90.001).all() and (np.maximum(*ends) >= 119.999).all()
