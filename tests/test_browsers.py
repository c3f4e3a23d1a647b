"""The built pages in Firefox and in WebKit: what is alive in them is played with once. Chromium has tests of its own."""

import os
from pathlib import Path

import browsers
import numpy as np
import pytest

if "SATGAN_PAGES" not in os.environ:
    pytest.skip("set SATGAN_PAGES to the built pages; `make test` does", allow_module_level=True)

PAGES = Path(os.environ["SATGAN_PAGES"]).resolve() / "book"

pytestmark = pytest.mark.once


@pytest.fixture(scope="module", params=[browsers.Firefox, browsers.WebKit], ids=lambda kind: kind.name)
def browser(request, tmp_path_factory):
    if missing := request.param.missing():
        pytest.skip(missing)
    running = request.param(tmp_path_factory.mktemp("browser"))
    yield running
    running.close()


@pytest.fixture
def opened(browser):
    """Opens a built page from its file; at the end nothing has gone wrong in it."""

    def open_page(name, fragment=""):
        browser.open((PAGES / name).as_uri() + fragment)
        return browser

    yield open_page
    assert browser.errors == []


def text(selector):
    return f"document.querySelector({selector!r}).textContent"


def named(name):
    """Mark the button that shows this name, so that a selector finds it; null if there is none."""
    return f"""(button => button && (button.dataset.found = {name!r}))(
      [...document.querySelectorAll('button')].find(b => b.textContent === {name!r} && b.checkVisibility()))"""


def click(page, name):
    page.click(f"[data-found={page.wait(named(name))!r}]")


def test_the_explorer_draws_and_its_noise_is_numpys(opened):
    page = opened("better/explorer.html")
    page.wait("document.querySelector('[data-satgan][data-ready]') && satgan.running.idle()")
    found = page.ask("[0, 7, 2 ** 32 - 1].map(seed => Array.from(satganNoise(seed, 1000)))")
    for seed, noise in zip((0, 7, 2**32 - 1), found, strict=True):
        expected = np.random.default_rng(seed).standard_normal(1000, np.float32)
        np.testing.assert_array_equal(np.float32(noise), expected)
    page.click("[aria-label='Next ship']")
    page.wait(f"{text('.satgan-status')}.startsWith('Seed 1. Measured: ')")
    page.ask("document.querySelector('.satgan-slider input').focus()")
    page.press("End")
    page.wait(f"{text('.satgan-status')}.startsWith('Seed 1, moved.')")
    pixels = (
        "Array.from(document.querySelector('.satgan-chip').getContext('2d').getImageData(0, 0, 80, 80).data)"
    )
    chip = np.array(page.ask(pixels)).reshape(80, 80, 4)
    assert (chip[..., 3] == 255).all() and chip[..., :3].std() > 5
    page.wait("document.querySelector('.satgan-film-frame')?.naturalWidth")  # WebP is shown


def test_a_film_moves_and_a_question_is_answered(opened):
    page = opened("turning/05-two-players.html")
    page.ask("document.querySelector('.satgan-film input').focus()")
    page.press("ArrowRight")
    page.wait(f"{text('.satgan-film [aria-live]')}.startsWith('2. ')")
    page.press("End")
    frames = page.ask("document.querySelector('.satgan-film').querySelectorAll('li').length")
    page.wait(f"{text('.satgan-film [aria-live]')}.startsWith('{frames}. ')")
    right = page.ask(text(".satgan-quiz details p"))
    choices = "document.querySelector('.satgan-quiz').querySelectorAll('button')"
    for i in range(page.ask(f"{choices}.length")):
        page.ask(f"{choices}[{i}].focus()")
        page.press("Enter")
        told = "Right: " if page.ask("document.activeElement.textContent") == right else "Not yet: "
        page.wait(f"{text('.satgan-quiz [aria-live]')}.startsWith({told!r})")


# Null where WebAssembly has no SIMD: products are then plain JavaScript.
SAME = """(kernel => {
  const { normal } = satganRandom(1), a = Float64Array.from({ length: 35 }, normal), b = Float64Array.from({ length: 63 }, normal);
  const given = [a, b, { a: [7, 1], b: [1, 7] }, 5, 7, 9], there = planeNetworks().product(...given);
  return !kernel || kernel.product(...given).every((y, i) => y === there[i]);
})(planeKernel())"""


def test_the_game_plays_part_by_part_and_fast_and_on_a_drawing(opened):
    page = opened("turning/a-training-alive.html")
    page.wait("document.querySelector('[data-plane][data-ready]')")
    assert page.ask(SAME)
    for part in range(1, 8):
        click(page, "One part")
        page.wait(f"{text('.plane-sentence')}.startsWith('Part {part} of 7')")
    click(page, "One update")
    page.wait("document.querySelector('[data-step=\"1\"]')")
    click(page, "Play")
    page.wait("+document.querySelector('[data-plane]').dataset.step > 30")
    click(page, "Pause")
    page.wait(named("Play"))
    click(page, "Draw your own")
    page.drag(".plane-canvas", [(0.2, 0.2), (0.2, 0.4), (0.2, 0.6)])
    page.press("Shift+ArrowRight", " ")
    board = "document.querySelector('.plane-canvas').getAttribute('aria-label')"
    assert page.wait(f"/with 4 dots/.test({board}) && {board}")
    click(page, "One update")
    page.wait("document.querySelector('[data-step=\"1\"]')")
    click(page, "Train")  # the ships, below
    page.wait("+document.querySelector('[data-ships]').dataset.step > 1")


def test_forty_pairs_are_told_apart_by_keyboard(opened):
    page = opened("better/can-you-tell.html", "#seed=7")
    page.wait("document.querySelector('[data-tell][data-ready]')")
    page.ask("tell.PAUSE = 0")
    click(page, "Skip practice")
    for _ in range(40):
        page.press("ArrowLeft")
    page.wait(named("See my result"))
    page.press("Enter")
    page.wait("location.hash.startsWith('#TELL')")
