"""How long simulated chips take to draw and to measure."""

import time

import pytest

from satgan_tutorial import appearance
from satgan_tutorial.sources import simulate

pytestmark = pytest.mark.benchmark


def test_drawing_4000_chips_takes_at_most_10_seconds(record_property):
    simulate.draw_chips(10, seed=0)  # the first draw fills the frequency tables
    start = time.perf_counter()
    chips = simulate.draw_chips(4000, seed=0)
    seconds = time.perf_counter() - start
    record_property("seconds", seconds)
    print(f"\n{len(chips)} chips drawn in {seconds:.1f} s")
    assert seconds <= 10


def test_measuring_1000_ships_takes_at_most_5_seconds(record_property):
    images = simulate.draw_chips(1000, seed=0, label=1).images
    start = time.perf_counter()
    appearance.measure(images)
    seconds = time.perf_counter() - start
    record_property("seconds", seconds)
    print(f"\n1000 ships measured in {seconds:.1f} s")
    assert seconds <= 5
