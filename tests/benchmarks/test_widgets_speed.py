"""How often `widgets.explore` draws anew while a slider moves, beside the same chip as a figure of matplotlib in the same run."""

import time

import numpy as np
import pytest

from satgan_tutorial import latent, models, plots, sampling, svg, widgets
from satgan_tutorial.judge import Judge


@pytest.mark.benchmark
def test_a_moving_slider_draws_ten_times_a_second(monkeypatch):
    panels, shown = [], []
    monkeypatch.setattr(widgets, "live", lambda: True)
    monkeypatch.setattr(widgets, "display", lambda x: (shown if hasattr(x, "data") else panels).append(x))
    generator = models.load("book", "simulated")
    widgets.explore(generator, judge=Judge("simulated"), ways=latent.directions(generator, 100))
    turn = next(control for control in panels[0].children if control.description == "turn")
    chips = sampling.sample(generator, 21, 0)
    ours, figures = [], []
    for k in range(1, 21):  # by turns, so that both see the same machine
        start = time.perf_counter()
        turn.value = k
        middle = time.perf_counter()
        svg.to_svg(plots.sheet(chips[k : k + 1], width=2), "A chip.")
        ours.append(middle - start)
        figures.append(time.perf_counter() - middle)
    assert len(shown) == 21 and len({html.data for html in shown}) == 21
    drawn, figure = 1000 * np.median(ours), 1000 * np.median(figures)
    print(
        f"\na moved slider is noise, chip, p(ship | x), measures and picture in {drawn:.0f} ms, {1000 / drawn:.0f} a second; "
        f"matplotlib takes {figure:.0f} ms for the picture alone, {figure / drawn:.1f} times that"
    )
