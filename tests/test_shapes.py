"""Which ships are broken, on shapes drawn by hand: each fault is found, and what is none is let pass."""

import numpy as np
import pandas as pd
import pytest
from scripts import script

from satgan_tutorial import shapes
from satgan_tutorial.chips import symmetry
from satgan_tutorial.sources import simulate

SEA, SHIP = np.array([60.0, 80, 70]), np.array([220.0, 200, 180])
Y, X = np.mgrid[:80, :80] - 39.5


def along(heading, middle=(0, 0)):
    """Coordinates along and across a hull of this heading, in pixels."""
    angle = np.deg2rad(heading)
    x, y = X - middle[0], Y - middle[1]
    return x * np.sin(angle) - y * np.cos(angle), x * np.cos(angle) + y * np.sin(angle)


def bar(heading=30.0, length=62, width=11, middle=(0, 0)):
    """The pixels of a straight hull."""
    u, v = along(heading, middle)
    return (np.abs(u) < length / 2) & (np.abs(v) < width / 2)


def bent(height, heading=30.0, length=62, width=11):
    """A hull whose middle line is a parabola, `height` pixels high."""
    u, v = along(heading)
    middle = height * (1 - (2 * u / length) ** 2) - 2 * height / 3
    return (np.abs(u) < length / 2) & (np.abs(v - middle) < width / 2)


def chip(mask, ship=SHIP, sea=SEA, grain=2.0):
    """A chip in which the mask's pixels have the colour of the ship, uint8 (1, 80, 80, 3)."""
    image = np.where(mask[..., None], ship, sea) + np.random.default_rng(0).normal(0, grain, (80, 80, 3))
    return image.clip(0, 255).round().astype(np.uint8)[None]


def reason(mask, **colours):
    """Why a drawn ship is broken, or "whole"."""
    return shapes.measure(chip(mask, **colours)).reason[0]


@pytest.mark.parametrize("heading", [0, 17, 30, 45, 90, 135, 179])
@pytest.mark.parametrize("width", [7, 11, 16])
def test_a_bar_is_whole(heading, width):
    found = shapes.measure(chip(bar(heading, width=width)))
    assert not found.broken[0] and found.reason[0] == "whole"
    assert found.bend[0] < 0.003 and found.bar[0] > 0.88
    assert found.length[0] == pytest.approx(62, abs=5)


def test_a_hull_with_a_pointed_bow_is_whole():
    u, v = along(30)
    assert reason((np.abs(u) < 31) & (np.abs(v) < np.clip((31 - u) / 3, 0, 6))) == "whole"


def test_the_more_a_hull_is_bent_the_larger_is_bend():
    bends = [shapes.measure(chip(bent(height))).bend[0] for height in range(6)]
    assert (np.diff(bends) > 0).all()
    assert reason(bent(0)) == "whole" and reason(bent(5)) == "bent"


@pytest.mark.parametrize(
    "drawn",
    [
        bar(30) | bar(90, length=34, middle=(14, 6)),
        bar(30) | bar(120, length=44),
        bar(0, length=36, middle=(0, 18))
        | bar(40, length=34, middle=(10, -12))
        | bar(140, length=34, middle=(-10, -12)),
    ],
    ids=["arm", "cross", "Y"],
)
def test_an_arm_is_torn(drawn):
    assert reason(drawn) == "torn"


def test_two_blobs_are_broken():
    assert reason(bar(30, 22, 16, (-12, 16)) | bar(30, 22, 16, (12, -16))) != "whole"


def test_a_hull_cut_in_two_is_broken():
    u, _ = along(30)
    assert reason(bar(30)) == "whole"
    assert reason(bar(30) & (np.abs(u) > 4)) == "short"


def test_a_stub_is_short():
    assert reason(bar(30, length=30)) == "short"


def test_what_hardly_stands_out_is_broken():
    assert reason(bar(30), ship=SEA + 3) == "short"
    assert shapes.measure(np.zeros((1, 40, 40, 3), np.uint8)).reason[0] == "short"


def test_a_hull_that_runs_out_of_the_chip_is_whole():
    assert reason(bar(10, length=120)) == "whole"
    assert reason(bar(40, middle=(20, -24))) == "whole"


def test_a_tug_a_wake_and_a_neighbour_count_for_nothing():
    assert reason(bar(30) | bar(30, 16, 6, (8, 4))) == "whole"
    assert reason(bar(30) | bar(75, 60, 2, (20, -30))) == "whole"
    assert reason(bar(30) | bar(30, 40, 8, (34, 20))) == "whole"


def test_a_dark_ship_and_one_half_dark_are_whole():
    assert reason(bar(30), ship=np.array([70.0, 70, 70]), sea=np.array([150.0, 160, 150])) == "whole"
    halves = np.where(along(30)[0][..., None] > 0, SHIP, [20.0, 20, 20])
    assert reason(bar(30), ship=halves) == "whole"


def test_a_shadow_counts_for_nothing():
    shade = bar(100, 50, 12, (20, 10)) & ~bar(30)
    assert reason(bar(30) | shade, ship=np.where(shade[..., None], [20.0, 30, 25], SHIP)) == "whole"


def test_a_small_straight_piece_does_not_make_a_cross_whole():
    piece = bar(30, 54, 5)
    cross = bar(30) | bar(120, length=56)
    assert (
        reason(cross, ship=np.where(piece[..., None], SHIP, [10.0, 10, 10]), sea=np.array([150.0, 160, 150]))
        == "torn"
    )


def test_a_hull_is_followed_to_the_border():
    found = shapes.measure(chip(bar(10, length=120)))
    assert found.mask[0, 0].sum() >= 9 and found.mask[0, -1].sum() >= 9


@pytest.mark.parametrize("drawn", [bar(25), bent(6, 25), bar(25, length=28)], ids=["whole", "bent", "short"])
def test_turning_mirroring_and_brightness_change_nothing(drawn):
    image = chip(drawn)
    expected = shapes.broken(image)[0]
    assert all(shapes.broken(symmetry(image, which))[0] == expected for which in range(8))
    for light in (0.6, 1.15):
        assert shapes.broken((image * light).clip(0, 255).astype(np.uint8))[0] == expected


def test_half_the_size_says_the_same():
    small = np.concatenate([chip(bar(30)), chip(bent(7))])[:, ::2, ::2]
    assert shapes.broken(small).tolist() == [False, True]


def test_no_ship_is_broken():
    found = shapes.measure(np.full((1, 80, 80, 3), 90, np.uint8))
    assert found.broken[0] and not found.mask.any() and found.sides[0].shape == (3, 0, 2)
    assert np.isinf(found.bend[0]) and found.bar[0] == 0 and found.length[0] == 0


def test_the_share_and_the_table():
    images = np.concatenate([chip(bar(30)), chip(bent(7)), chip(bar(70)), chip(bar(70, length=25))])
    assert shapes.share_broken(images) == 0.5
    table = shapes.measure(images).table()
    assert table["broken"].tolist() == [False, True, False, True]
    assert table["reason"].tolist()[::2] == ["whole", "whole"]
    assert len(shapes.measure(images[:0]).table()) == 0


def test_the_sides_lie_on_the_hull():
    found = shapes.measure(chip(bar(30)))
    left, right, middle = found.sides[0]
    u, v = (np.array([axis[round(y), round(x)] for x, y in middle]) for axis in along(30))
    assert np.abs(v).max() < 1.5 and np.ptp(u) == pytest.approx(62, abs=5)
    assert np.median(np.linalg.norm(left - right, axis=1)) == pytest.approx(11, abs=2)


def test_the_best_of_four_masks_counts():
    image = chip(bar(30) | bar(75, 60, 2, (20, -30)))
    every, found = shapes.every_mask(image), shapes.measure(image)
    assert every.shape == (1, 4, 3)
    assert any(np.allclose(numbers, [found.bend[0], found.bar[0], found.length[0]]) for numbers in every[0])


def test_each_limit_decides():
    image = chip(bar(30))
    limits = shapes.BEND, shapes.BAR, shapes.LENGTH
    numbers = np.array([limits, limits], float)
    numbers[1] = [0.0, 1.0, 80.0]
    for k, worse in enumerate((0.02, 0.5, 20.0)):
        bad = numbers[1].copy()
        bad[k] = worse
        found = shapes.Shapes(image[..., 0] > 99, [np.empty((3, 0, 2))], *bad[:, None])
        assert found.broken[0] and found.reason[0] == shapes.REASONS[k]


@pytest.mark.slow
def test_most_simulated_ships_are_whole():
    images = simulate.draw_chips(300, seed=12, label=1).images
    assert shapes.share_broken(images) < 0.1
    assert shapes.share_broken(simulate.draw_chips(300, seed=12, label=0).images) > 0.8


@pytest.mark.parametrize("line", ["7 w", "1 x"])
def test_a_third_look_at_no_chip_is_refused(line, monkeypatch, tmp_path):
    label_shapes = script("tools/label_shapes.py")
    both, none = np.arange(2), np.arange(0)
    shown = {"round-1": both, "round-2": both, "grey": both}
    shown |= dict.fromkeys(("second-1", "second-2", "last-1", "last-2"), none)
    monkeypatch.setattr(label_shapes, "listed", lambda: pd.DataFrame({"batch": [0, 0]}))
    monkeypatch.setattr(label_shapes, "rounds", lambda _: {name: (at, None) for name, at in shown.items()})
    monkeypatch.setattr(label_shapes, "TABLE", tmp_path / "labels.csv")
    for name, at in shown.items():
        (tmp_path / f"{name}.txt").write_text("wb"[: len(at)])
    (tmp_path / "third.txt").write_text(f"1 b\n{line}\n")
    with pytest.raises(SystemExit, match=f"found '{line}'; expected a number from 0 to 1 and one of"):
        label_shapes.join(tmp_path)
    (tmp_path / "third.txt").write_text("1 p\n")
    label_shapes.join(tmp_path)
    assert pd.read_csv(tmp_path / "labels.csv")["label"].tolist() == ["whole", "parts"]


def test_bad_input_is_refused():
    with pytest.raises(TypeError):
        shapes.broken(np.zeros((1, 80, 80, 3)))
    with pytest.raises(ValueError, match="found 96 x 96 pixels; expected squares of 8 to 80"):
        shapes.broken(np.zeros((1, 96, 96, 3), np.uint8))
    with pytest.raises(ValueError, match="found 80 x 60"):
        shapes.broken(np.zeros((1, 60, 80, 3), np.uint8))
    with pytest.raises(ValueError, match="no images"):
        shapes.share_broken(np.zeros((0, 80, 80, 3), np.uint8))
