"""The panel: each ruler moves when it should and only then, and what it says of real chips against real ones."""

import numpy as np
import pytest
from scipy import ndimage
from scripts import script

from satgan_tutorial import appearance, panel
from satgan_tutorial.chips import symmetry
from satgan_tutorial.sources import simulate

pytestmark = pytest.mark.once


class Eyes:
    """A judge that sees the mean colour of the four quarters."""

    def features(self, images):
        means = images.reshape(len(images), 2, 40, 2, 40, 3).mean(axis=(2, 4))
        return means.reshape(len(images), 12) / 40


@pytest.fixture(scope="module")
def chips():
    """Simulated ships: those to hold others against, and others."""
    images = simulate.draw_chips(160, seed=5, label=1).images
    return images[:80], images[80:]


def moved(images, by):
    return np.clip(np.rint(images + by), 0, 255).astype(np.uint8)


def blurred(images, sigma=0.7):
    return moved(ndimage.gaussian_filter(images.astype(float), (0, sigma, sigma, 0)), 0)


def striped(images, height=4):
    return moved(images.astype(float), height * (-1.0) ** np.arange(images.shape[2])[:, None])


def noisy(images, deviation=4):
    return moved(images.astype(float), np.random.default_rng(0).normal(0, deviation, images.shape))


def distance(name, real, fake):
    """The numbers of a ruler, by part; the whole is ""."""
    ruler = panel.RULERS[name]
    view = panel.VIEWS[ruler.view]
    found = np.atleast_1d(ruler.score(*(view.of(images, Eyes()) for images in (real, fake))))
    return dict(zip(("", *ruler.parts), found, strict=True))


def larger(images):
    """Twice as large, cut to what it was."""
    return images.repeat(2, axis=1).repeat(2, axis=2)[:, 40:120, 40:120]


def bright(images):
    return moved(images.astype(float), 32)


def shifted(images):
    return np.roll(images, 8, axis=1)


def snapped(images):
    """The lower half of each chip moved to the right, so that most hulls snap."""
    return np.concatenate([images[:, :40], np.roll(images[:, 40:], 14, axis=2)], axis=1)


def contrasted(images):
    """With half as much contrast again; the sea keeps its colour."""
    sea = appearance.sea_colour(images)[:, None, None]
    return moved(sea, 1.5 * (images - sea))


def colourful(images):
    noise = np.random.default_rng(0).normal(0, 3, images.shape)
    return moved(images, noise - noise.mean(axis=3, keepdims=True))


@pytest.mark.parametrize(
    ("name", "fault", "parts"),
    [
        ("power spectrum", blurred, ["", "fine", "along the axes", "at the Nyquist frequency"]),
        ("power spectrum", striped, ["", "at the Nyquist frequency"]),
        ("power spectrum", noisy, ["", "fine", "along the axes", "at the Nyquist frequency"]),
        ("pixels, W1", bright, ["", "colour"]),
        ("pixels, W1", larger, ["", "size", "share"]),
        ("pixels, W1", shifted, ["", "position"]),
        ("noise of the sea, W1", noisy, ["", "strength", "grain"]),
        ("noise of the sea, W1", blurred, ["", "strength", "grain"]),
        ("noise of the sea, W1", colourful, ["", "chroma"]),
        ("broken ships", snapped, [""]),
    ],
)
def test_a_ruler_moves_with_a_fault_in_its_own_parts(chips, name, fault, parts):
    real, others = chips
    before, after = distance(name, real, others), distance(name, real, fault(others))
    for part in parts:
        assert after[part] > before[part] + 0.07, part


@pytest.mark.parametrize(
    ("name", "fault", "part"),
    [
        ("power spectrum", striped, "coarse"),
        ("power spectrum", bright, ""),
        ("pixels, W1", bright, "position"),
        ("pixels, W1", shifted, "colour"),
        ("pixels, W1", striped, ""),
        ("pixels, W1", contrasted, "share"),
        ("pixels, W1", blurred, "colour"),
        ("noise of the sea, W1", bright, ""),
        ("broken ships", bright, ""),
        ("broken ships", shifted, ""),
    ],
)
def test_a_ruler_stays_where_it_should(chips, name, fault, part):
    real, others = chips
    apart = distance(name, real, fault(others))[part] - distance(name, real, others)[part]
    assert apart == pytest.approx(0, abs=0.06)


def test_the_spectrum_and_the_sea_move_with_no_turn_and_no_order(chips):
    real, others = chips
    order = np.random.default_rng(1).permutation(len(others))
    for turn in (1, 4, 6):
        for name, slack in (("power spectrum", 1e-6), ("noise of the sea, W1", 0.04)):
            # what is the ship's moves by a pixel where a chip is turned, so a little less or more is sea
            before, after = distance(name, real, others), distance(name, real, symmetry(others, turn)[order])
            assert after == pytest.approx(before, abs=slack)


def test_a_quarter_turn_moves_headings_alone(chips):
    images = np.concatenate(chips)
    east = images[np.abs(appearance.measure(images).heading.to_numpy() - 90) < 45]
    turned = distance("pixels, W1", east, symmetry(east, 1))
    assert turned["heading"] > 0.8 and turned["colour"] < 0.05 > turned["share"] and turned["shape"] < 0.1


def test_parts_are_means_and_nothing_is_far_from_itself(chips):
    real, others = chips
    assert set(panel.COLUMNS) <= set(appearance.describe(real[:2]).columns)
    for name in ("power spectrum", "pixels, W1", "noise of the sea, W1"):
        found, itself = distance(name, real, others), distance(name, real, real)
        assert max(itself.values()) < 1e-9
        if name != "power spectrum":
            assert found[""] == pytest.approx(np.mean([found[part] for part in panel.RULERS[name].parts]))


@pytest.fixture(scope="module")
def seen(chips):
    return panel.look(np.concatenate(chips), Eyes()), np.repeat(np.arange(40), 4)


def part(views, rows):
    return {name: view[rows] for name, view in views.items()}


def test_real_chips_of_other_days_are_inside_and_faults_are_outside(chips, seen):
    views, days = seen
    test, train = part(views, slice(0, 40)), part(views, slice(40, 160))
    ranks = []
    for seed in range(12):  # the best generator there could be: it draws real chips of other days
        place = np.random.default_rng(seed).permutation(40)[days]
        sides = part(views, place < 10), part(views, place >= 10)
        table, left_out = panel.scores(*sides, views, days, others={"same": sides[1]}, splits=20, repeats=3)
        assert not left_out and set(table.ruler) == set(panel.RULERS)
        np.testing.assert_array_equal(table.score, table.same)
        ranks.append(table["rank"])
    assert np.mean(ranks) == pytest.approx(0.5, abs=0.12)

    bad = panel.look(striped(chips[1]), Eyes())
    table, _ = panel.scores(test, bad, views, days, others={"train": train}, splits=20, repeats=20)
    rows = table.set_index(["ruler", "part"])
    assert not rows.inside["power spectrum", "at the Nyquist frequency"]
    assert rows["rank"]["power spectrum", "at the Nyquist frequency"] == 1
    assert rows.inside["power spectrum", "coarse"] and rows.inside["pixels, W1", "size"]
    assert ((rows.low <= rows.score) & (rows.score <= rows.high)).mean() > 0.9
    limits = panel.limits(views, days, (40, len(chips[1])), splits=20)
    assert limits == {name: rows.limit[name, ""] for name in panel.RULERS}


@pytest.mark.parametrize("ships", [True, False])
def test_a_yardstick_scores_as_the_panel_does_in_units_of_its_limits(ships, chips):
    real = simulate.draw_chips(60, seed=3, label=int(ships))
    days = np.unique(real.days)[::3]
    measured = panel.yardstick(real, days, Eyes(), len(chips[1]), ships=ships)
    found = measured.scores(striped(chips[1]))
    assert tuple(found.index) == tuple(panel.CHOOSING if ships else panel.OF_NO_SHIPS)
    sets = real[np.isin(real.days, days)].images, striped(chips[1]), real.images
    table, _ = panel.scores(*(panel.look(x, Eyes(), ships=ships) for x in sets), real.days, repeats=3)
    rows = table[table.part == ""].set_index("ruler").loc[found.index]
    np.testing.assert_allclose(found.score, rows.score)
    np.testing.assert_allclose(found.over_limit, rows.score / rows.limit.where(rows.limit > 0))
    plain = measured.scores(chips[1])
    assert plain.over_limit["power spectrum"] < found.over_limit["power spectrum"]


def test_the_floor_keeps_a_day_on_one_side(seen):
    views, days = seen
    marked = views | {"statistics": np.tile(days[:, None], (1, len(panel.COLUMNS))).astype(float)}
    met = []

    def meet(real, fake):
        met.append(np.intersect1d(real, fake).size)
        return 0.0

    panel._floor(panel.Ruler(meet, "statistics"), marked["statistics"], days, (40, 110), 20, 0)
    assert len(met) == 20 and not any(met)


def test_a_ruler_of_the_fake_chips_alone_has_a_floor_as_wide_as_days_differ():
    rows, days = (
        (np.arange(400) % 100 < 50).astype(float)[:, None],
        np.repeat(np.arange(8), 50),
    )  # every second day
    ruler = panel.Ruler(lambda real, fake: float(fake.mean()), "broken", of_fake=True)
    found = panel._floor(ruler, rows, days, (100, 300), 40, 0)
    assert set(found.ravel()) == {0.0, 0.5, 1.0}


def test_without_a_judge_what_needs_one_is_left_out_by_name(chips, seen):
    views, days = seen
    blind = {name: view for name, view in views.items() if name != "features"}
    test, rest = part(blind, slice(0, 40)), part(blind, slice(40, 160))
    table, left_out = panel.scores(test, rest, blind, days, splits=5, repeats=5)
    assert set(left_out) == {name for name, ruler in panel.RULERS.items() if ruler.needs_judge}
    assert set(left_out.values()) == {"it needs a judge"}
    assert set(table.ruler) == set(panel.RULERS) - set(left_out)


def test_few_chips_cost_the_rows_that_need_more(seen):
    views, days = seen
    table, left_out = panel.scores(
        part(views, slice(0, 40)), part(views, slice(40, 43)), views, days, splits=3, repeats=3
    )
    assert left_out["density"].endswith("m, n > 5") and "power spectrum" in set(table.ruler)
    assert table.low.isna().all()  # a half of three is one
    assert "- " in panel.text(table)
    alone, _ = panel.scores(
        part(views, slice(0, 40)), part(views, slice(40, 43)), part(views, slice(0, 40)), days[:40]
    )
    assert alone.inside.isna().all() and "no floor" in panel.text(alone)
    with pytest.raises(ValueError, match="no row with a floor; expected one"):
        panel.plot(alone)


def test_more_is_worse_where_lower_is_better_and_the_other_way_round():
    floor = np.arange(100.0)
    for value, lower, inside, rank in (
        (94, True, True, 0.94),
        (95, True, False, 0.95),
        (4, False, False, 0.95),
    ):
        found = panel.summary(value, floor, lower)
        assert found["inside"] is inside and found["rank"] == rank and found["floor"] == 49.5


def test_text_and_plot_say_every_row(seen):
    views, days = seen
    table, _ = panel.scores(
        part(views, slice(0, 40)), part(views, slice(40, 160)), views, days, splits=5, repeats=5
    )
    text = panel.text(table)
    assert len(text.splitlines()) == len(table) + 1
    assert all(name in text for name in (*panel.RULERS, *panel.PIXELS, *panel.SEA, "more is better"))
    drawing, alt = panel.plot(table)
    assert len(drawing.axes[0].get_yticklabels()) == len(table) and f"{len(table)} scores" in alt


def test_the_worse_side_is_on_the_right_even_of_a_floor_without_width(seen):
    views, days = seen
    real, rest = part(views, slice(0, 40)), part(views, slice(40, 160))
    table, _ = panel.scores(real, rest, views, days, others={"same": rest}, splits=5, repeats=5)
    row = table.to_dict("records")[0]
    flat = {"score": 0.4, "low": 0.3, "high": 0.5, "floor": 1.0, "limit": 1.0, "same": np.nan}
    more, less = row | flat | {"better": "higher"}, row | flat | {"better": "lower"}
    assert panel._place(0.4, more) == pytest.approx(0.6) and panel._place(0.4, less) == pytest.approx(-0.6)
    drawing, _ = panel.plot(table.iloc[:1].assign(**more | {"inside": False}))
    places = {line.get_label(): line.get_xdata() for line in drawing.axes[0].lines}
    drawn = [line.get_xdata() for line in drawing.axes[0].lines if line.get_marker() == "d"]
    assert np.isnan(drawn[0]).all() and "same" in places  # in the legend, and nowhere else
    assert np.isfinite(drawing.axes[0].get_xlim()).all()


@pytest.mark.parametrize("words", [(), ("pannel",), ("told-apart", "book"), ("panel", "book", "KIDD")])
def test_the_tool_measures_and_writes_nothing_that_was_not_asked_for(words, monkeypatch, tmp_path):
    tool = script("tools/panel.py")
    monkeypatch.setattr(tool, "sets", lambda *_: {"book": None})
    monkeypatch.setattr(tool, "RESULTS", tmp_path)
    chips = type("Chips", (), {"split": lambda self, k: None})()
    monkeypatch.setattr(tool, "load_chips", lambda: chips)
    with pytest.raises(
        SystemExit, match="KIDD; expected names" if "KIDD" in words else "python tools/panel.py"
    ):
        tool.main(*words)


def test_pictures_of_any_square_size_are_looked_at():
    rng = np.random.default_rng(0)
    for side in (16, 81, 100):
        views = panel.look(rng.integers(0, 256, (3, side, side, 3), dtype=np.uint8), Eyes())
        assert views["spectrum"].shape == (3, side // 2 * 2) and ("features" in views) == (side == 16)
        assert all(np.isfinite(view).all() for name, view in views.items() if name != "statistics")
    with pytest.raises(ValueError, match="expected squares"):
        panel.look(rng.integers(0, 256, (3, 40, 80, 3), dtype=np.uint8))
    with pytest.raises(TypeError, match="expected an array uint8"):
        panel.look(np.zeros((3, 80, 80, 3)))
    with pytest.raises(ValueError, match="found 1 x 1 pixels; expected squares of 2"):
        panel.look(np.zeros((3, 1, 1, 3), np.uint8))


def test_the_bad_generator_has_mean_and_spread_and_nothing_else(chips):
    drawn = panel.noise_chips(chips[0], 60, seed=3)
    assert drawn.shape == (60, 80, 80, 3) and np.array_equal(
        drawn[:4], panel.noise_chips(chips[0], 4, seed=3)
    )
    np.testing.assert_allclose(drawn.mean(axis=(0, 1, 2)), chips[0].mean(axis=(0, 1, 2)), atol=3)
    assert distance("power spectrum", chips[0], drawn)[""] > 5 * distance("power spectrum", *chips)[""]
