import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers

from satgan_tutorial import latent, models, sampling
from satgan_tutorial.sources import simulate

pytestmark = pytest.mark.once

RNG = np.random.default_rng(0)


def linear(latent_dim=4, side=6):
    """A generator whose noise can be found again: one dense layer, no pixel out of range."""
    keras.utils.set_random_seed(0)
    out = layers.Dense(side * side * 3, kernel_initializer=keras.initializers.RandomNormal(stddev=0.1))
    return keras.Sequential([keras.Input((latent_dim,)), out, layers.Reshape((side, side, 3))])


def test_given_noise_is_drawn_as_a_seed_is():
    generator = linear()
    z = sampling.noise(5, 4, seed=3)
    np.testing.assert_array_equal(sampling.from_noise(generator, z), sampling.sample(generator, 5, seed=3))
    np.testing.assert_array_equal(
        sampling.from_noise(generator, z.astype(float), batch_size=2), sampling.from_noise(generator, z)
    )


def test_an_arc_turns_and_grows_evenly():
    a, b = np.array([[2.0, 0, 0]]), np.array([[0, 0, 4.0]])
    t = np.linspace(0, 1, 5)[:, None]
    path = latent.slerp(a, b, t)
    np.testing.assert_allclose(np.linalg.norm(path, axis=1), [2, 2.5, 3, 3.5, 4])
    np.testing.assert_allclose(
        np.degrees(np.arctan2(path[:, 2], path[:, 0])), [0, 22.5, 45, 67.5, 90], atol=1e-6
    )
    many = RNG.standard_normal((2, 7, 64))
    np.testing.assert_array_equal(latent.slerp(*many, 0.0), many[0])
    np.testing.assert_array_equal(latent.slerp(*many, 1.0), many[1])


def test_an_arc_of_no_angle_is_the_straight_line():
    a = np.array([1.0, 2.0, 2.0])
    np.testing.assert_allclose(latent.slerp(a, 3 * a, 0.25), 1.5 * a)
    np.testing.assert_allclose(latent.slerp(a, a, 0.5), a)


def test_measures_are_those_of_the_ship():
    ships = simulate.draw_chips(30, seed=0, label=1)
    table = latent.measures(ships.images)
    assert list(table) == ["cos", "sin", "size", "hull", "hue", "sea"]
    turn = np.degrees(np.arctan2(table.sin, table.cos)) / 2 - ships.causes.heading
    assert ((turn + 90) % 180 - 90).abs().median() < 3
    brighter = latent.measures(np.minimum(ships.images, 205) + np.uint8(50))
    assert (brighter.sea - table.sea).median() == pytest.approx(50)
    blank = latent.measures(np.full((1, 80, 80, 3), 60, np.uint8))
    assert np.isnan(blank["size"][0]) and blank.sea[0] == 60


def line_and_noise(n=2000, d=6):
    """Measures that are known lines in the noise: cos exactly, size to a half, luck not at all."""
    z = RNG.standard_normal((n, d)).astype(np.float32)
    a, b = np.eye(d)[0] * 0.3, np.array([3.0, 4.0, 0, 0, 0, 0])
    table = pd.DataFrame({"cos": 0.2 + z @ a, "size": 7 + z @ b + 5 * RNG.standard_normal(n)})
    return z, table.assign(luck=RNG.standard_normal(n)), a, b


def test_a_line_is_found_with_its_share():
    z, table, a, b = line_and_noise()
    found = latent.fit(z, table)
    assert found.names == ("cos", "size", "luck")
    np.testing.assert_allclose(found.slope[0], a, atol=1e-6)  # in its own unit
    np.testing.assert_allclose(found.slope[1], b / 5, atol=0.06)  # of length 1
    np.testing.assert_allclose(found.explained, [1, 0.5, 0], atol=0.04)
    np.testing.assert_allclose(found.read(z)[:, 0], table.cos, atol=1e-5)
    readings = found.read(z)[:, 1]
    assert readings.mean() == pytest.approx(0, abs=0.01) and readings.std() == pytest.approx(1, abs=0.05)


def test_lines_through_few_chips_explain_nothing_by_luck():
    shares = [latent.fit(*line_and_noise(n=24)[:2]).explained[2] for _ in range(60)]
    assert abs(np.mean(shares)) < 0.1  # without the correction it would be about 6 / 23


def test_rows_without_a_ship_are_left_out_and_too_few_are_refused():
    z, table, *_ = line_and_noise(n=200)
    holes = table.copy()
    holes.loc[::2, "luck"] = np.nan
    assert latent.fit(z, holes).offset == pytest.approx(latent.fit(z[1::2], table[1::2]).offset)
    with pytest.raises(ValueError, match="7 chips have all measures; a line through 6 numbers takes 8"):
        latent.fit(z[:7], table[:7])


def test_a_move_changes_one_reading_and_takes_the_shortest_way():
    z, table, *_ = line_and_noise()
    found = latent.fit(z, table)
    np.testing.assert_allclose(found.slope @ found.move.T, np.eye(3), atol=1e-9)
    moved = found.to(z[:5], size=np.arange(5.0), cos=0.0)
    before, after = found.read(z[:5]), found.read(moved)
    np.testing.assert_allclose(after[:, :2], np.stack([np.zeros(5), np.arange(5.0)], axis=1), atol=1e-9)
    np.testing.assert_allclose(after[:, 2], before[:, 2])
    rest = np.eye(6) - np.linalg.pinv(found.slope) @ found.slope  # what no line reads
    np.testing.assert_allclose((moved - z[:5]) @ rest, 0, atol=1e-9)


@pytest.mark.slow
def test_the_sea_of_the_shipped_generator_gets_brighter():
    generator = models.load("book", "simulated")
    found = latent.directions(generator, n=120)
    z = sampling.noise(8, 64, seed=9)
    before, after = (latent.measures(sampling.from_noise(generator, x)).sea for x in (z, found.to(z, sea=2)))
    assert (after > before + 5)[found.read(z)[:, -1] < 1].all()
