"""The game in the plane in a real browser: by keyboard and by mouse, part by part, its tasks, its links, and for everyone."""

import re
import runpy
import shutil
from itertools import pairwise
from pathlib import Path

import pytest
from scripts import script

ROOT = Path(__file__).parents[1]
STATIC = ROOT / "book" / "_static"
AXE = (ROOT / "tests" / "vendor" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
HTML = """<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>A training alive</title><link rel="stylesheet" href="live/live.css"><link rel="stylesheet" href="plane/plane.css">
<style>:root {{ color-scheme: light dark }} body {{ margin: 1rem; font-family: sans-serif }}</style>
<script src="live/live.js"></script></head><body><main><h1>A training alive</h1>
<div data-plane="{kind}"><p class="still">It needs scripts.</p></div></main></body></html>"""
WAIT = 60_000  # milliseconds, for a busy machine

pytestmark = [pytest.mark.browser, pytest.mark.once]


# ---- The game


def site(folder, kind="both"):
    shutil.copytree(
        STATIC / "live",
        folder / "live",
        ignore=shutil.ignore_patterns("weights.js", "more.js", "flow.js", "student.js"),
    )
    shutil.copytree(STATIC / "plane", folder / "plane")
    (folder / "index.html").write_text(HTML.format(kind=kind), encoding="utf-8")
    return (folder / "index.html").as_uri()


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    return site(tmp_path_factory.mktemp("plane"))


@pytest.fixture
def opened(browser, address):
    """Opens the game; at its end nothing has gone wrong, and nobody else was asked."""
    pages = []

    def open_page(fragment="", **options):
        page = browser.new_page(**({"viewport": {"width": 390, "height": 844}} | options))
        page.set_default_timeout(WAIT)
        page.problems, page.asked = [], []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("console", lambda line: page.problems.append(line.text))
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(address + fragment)
        page.wait_for_selector("[data-plane][data-ready]", timeout=WAIT)
        pages.append(page)
        return page

    yield open_page
    folder = address.partition("index.html")[0]
    for page in pages:
        assert [url for url in page.asked if not url.startswith((folder, "blob:"))] == []
        assert page.problems == []
        page.close()


def step(page):
    return int(page.locator("[data-plane]").get_attribute("data-step"))


def press(page, name):
    """Press a button by keyboard alone."""
    page.get_by_role("button", name=name, exact=True).focus()
    page.keyboard.press("Enter")


def violations(page):
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, {preload: false}).then(result => result.violations)")
    return [f"{rule['id']}: {node['html'][:200]}" for rule in found for node in rule["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_update_goes_part_by_part_by_keyboard_and_axe_finds_nothing(opened, scheme):
    page = opened(color_scheme=scheme)
    told = violations(page) if scheme == "light" else []
    for part in range(1, 8):
        press(page, "One part")
        page.locator(".plane-sentence", has_text=f"Part {part} of 7").wait_for()
        assert page.locator(".plane-sentence", has_text=f"Flow, part {min(part, 4)} of 4").is_visible()
    label = page.locator("canvas").first.get_attribute("aria-label")
    assert "Part 7 of 7: G moves" in label and step(page) == 0
    press(page, "One update")  # ends the one that is under way
    page.wait_for_selector("[data-step='1']")
    press(page, "Draw your own")
    page.keyboard.press("Tab")
    told += violations(page)
    assert told == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    small = page.evaluate("""[...document.querySelectorAll('.plane :is(button, select, input[type=number])')].filter(
      e => e.checkVisibility() && e.getBoundingClientRect().height < 44).map(e => e.outerHTML)""")
    assert small == []


def test_it_plays_pauses_and_says_so_and_a_task_is_done(opened):
    page = opened(viewport={"width": 1200, "height": 900})
    press(page, "2 Let D win")
    press(page, "Set the stage")
    page.get_by_label("GAN's loss").select_option("minimax")
    page.get_by_label("G's learning rate").select_option("0")
    page.get_by_label("Speed").select_option("as fast as it can")
    press(page, "Play")
    page.get_by_role("button", name="2 Let D win, done").wait_for()
    assert "nothing is left of it" in page.locator(".satgan-answer").inner_text()
    press(page, "Pause")
    page.get_by_role("button", name="Play", exact=True).wait_for()
    page.wait_for_function("document.querySelector('.plane-said').textContent", timeout=WAIT)
    before = step(page)
    page.wait_for_timeout(300)
    assert step(page) == before > 25
    press(page, "Start again")
    page.wait_for_selector("[data-step='0']")


TOLD = """([name, seen]) => {
  const guide = satgan.guide;
  let found;
  satgan.guide = (tasks) => (found = tasks.find((task) => task.name === name));
  satgan.planeTasks({ families: ["gan", "flow"], setUp() {}, say() {} });
  satgan.guide = guide;
  return found.done(seen);
}"""


def looked(on, covered, n=25):
    """What is seen of a family: so many of a hundred points on target, and so many islands covered."""
    return {"visits": [on], "n": 100, "covered": [i < covered for i in range(n)]}


def test_who_finds_more_waits_for_its_update_and_says_what_was_seen(opened):
    page = opened()
    history = [{"step": 25 * i, "gan": looked(i, i % 10), "flow": looked(50, 15)} for i in range(60)]
    history[39]["flow"] = {"loss": 1.0}  # every second row goes without a look at the flow
    seen = {"real": [0], "state": {"target": "lattice"}, "history": history, "step": 1475}
    seen |= {"gan": looked(59, 9), "flow": looked(50, 15)}
    told = page.evaluate(TOLD, ["Who finds more?", seen])
    assert "the GAN covered 0 to 9 islands, with 31 % of its points on target; the flow" in told
    assert "the flow covered 15 islands, with 50 % of its points" in told
    for some in ({"step": 999}, {"state": {"target": "ring"}}, {"flow": None}, {"part": {"number": 1}}):
        assert page.evaluate(TOLD, ["Who finds more?", seen | some]) is None


def test_an_initial_is_looked_at_after_three_hundred_updates_and_of_both(opened):
    page = opened()
    seen = {"real": [0], "state": {"target": "drawn", "dots": [[0, 0]] * 12}, "history": [], "step": 300}
    seen |= {"gan": looked(95, 1, 1), "flow": looked(7, 1, 1)}
    told = page.evaluate(TOLD, ["Your initial", seen])
    assert "At update 300 these points lie on your letter: 95 % of the GAN's, and 7 % of the flow's." in told
    few = {"state": {"target": "drawn", "dots": [[0, 0]] * 11}}
    for some in (few, {"step": 299}, {"state": {"target": "ring", "dots": [[0, 0]] * 12}}):
        assert page.evaluate(TOLD, ["Your initial", seen | some]) is None


def test_the_last_two_tasks_are_played_to_their_end(opened):
    page = opened(viewport={"width": 1200, "height": 900})
    page.get_by_label("Speed").select_option("as fast as it can")
    press(page, "4 Your initial")
    press(page, "Set the stage")
    page.get_by_label("Batch").select_option("16")  # quicker
    page.locator("canvas").first.focus()
    for key in ("Enter", *["ArrowUp"] * 8, *["ArrowRight"] * 8):
        page.keyboard.press(key)
    press(page, "Play")
    page.get_by_role("button", name="4 Your initial, done").wait_for()
    told = page.locator(".satgan-answer").inner_text()
    assert re.search(r"lie on your letter: \d+ % of the GAN's, and \d+ % of the flow's", told)
    assert not page.locator("figure", has_text="Covered pieces").first.is_visible() and step(page) >= 300
    press(page, "5 Who finds more?")
    press(page, "Set the stage")
    page.get_by_label("Batch").select_option("16")  # quicker
    press(page, "Play")
    page.get_by_role("button", name="5 Who finds more?, done").wait_for()
    told = page.locator(".satgan-answer").inner_text()
    assert re.search(r"the GAN covered \d+ (to \d+ )?islands, with \d+ % .*; the flow covered \d+", told)
    assert step(page) >= 1000


def test_a_target_is_drawn_by_keyboard_and_by_mouse_and_goes_into_a_link(opened, address):
    page = opened()
    press(page, "Draw your own")
    assert page.get_by_role("button", name="Play", exact=True).is_disabled()
    canvas = page.locator("canvas").first
    page.evaluate("""() => { const place = document.querySelector('.plane-said'); window.said = [];
      new MutationObserver(() => said.push(performance.now())).observe(place, { childList: true }); }""")
    for key in (
        "ArrowRight",
        "Shift+ArrowUp",
        "Space",
        "ArrowUp",
        "Enter",
        "ArrowLeft",
        "ArrowLeft",
        "Enter",
        "ArrowLeft",
    ):
        page.keyboard.press(key)
    assert "Drawing board with 4 dots" in canvas.get_attribute("aria-label")
    page.wait_for_function("document.querySelector('.plane-said').textContent.includes('pen up, 4 dots')")
    said = page.evaluate("said")
    assert all(after - before > 990 for before, after in pairwise(said)), "a screen reader hears too much"
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.2 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.6 * box["height"], steps=10)
    page.mouse.up()
    dots = page.evaluate(
        "satgan.planeLink.read(satgan.planeLink.write({ target: 'drawn', dots: [[0.1, 0.5], [-3, 3]] })).dots"
    )
    assert dots == [[0.1, 0.5], [-3, 3]]
    press(page, "Copy a link to this")
    link = page.locator(".plane-link code")
    link.wait_for()
    again = opened(link.inner_text().removeprefix(address))
    assert again.locator("canvas").first.get_attribute("aria-label") == canvas.get_attribute("aria-label")
    assert again.get_by_role("button", name="Draw your own").get_attribute("aria-pressed") == "true"


def test_a_link_brings_its_settings_and_nothing_that_is_no_setting(opened, tmp_path):
    page = opened(
        "#plane:target=moons&loss=relativistic&r1=0.3&seed=-4&batch=1e9&latent=<b>&dRate=nan&step=3",
        reduced_motion="reduce",
    )
    assert (
        page.get_by_label("GAN's loss").input_value() == "relativistic"
        and page.get_by_label("R1").input_value() == "0.3"
    )
    assert (
        page.get_by_label("Seed").input_value() == "1" and page.get_by_label("Batch").input_value() == "128"
    )
    page.wait_for_selector("[data-step='3']")
    assert page.get_by_role("button", name="Play", exact=True).count() == 0, "less motion is asked for"
    press(page, "50 updates")
    page.wait_for_selector("[data-step='53']")
    code = page.locator(".plane details code").text_content()
    (tmp_path / "copied.py").write_text(code.partition("gan =")[0], encoding="utf-8")
    names = runpy.run_path(str(tmp_path / "copied.py"))
    assert names["points"].shape == (20_000, 2) and "relativistic" in code and "r1=0.3" in code


@pytest.mark.parametrize("allowed", [True, False])
def test_where_a_policy_forbids_webassembly_the_training_is_plain_javascripts(browser, tmp_path, allowed):
    address, policy = site(tmp_path, "gan"), script("tools/policy.py").META.replace("'self'", "file:")
    policy = policy if allowed else policy.replace(" 'wasm-unsafe-eval'", "")
    html = (tmp_path / "index.html").read_text(encoding="utf-8")
    tag = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    (tmp_path / "index.html").write_text(html.replace("<head>", f"<head>{tag}", 1), encoding="utf-8")
    page = browser.new_page()
    page.goto(address)
    page.wait_for_selector("[data-plane][data-ready]", timeout=WAIT)
    assert page.evaluate("planeKernel() !== null") == allowed
    press(page, "One update")
    page.wait_for_selector("[data-step='1']")
    page.close()


def test_without_scripts_the_words_stay_and_one_family_is_alone(browser, address, tmp_path):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    assert page.locator(".still").is_visible() and page.locator("canvas").count() == 0
    context.close()
    page = browser.new_page()
    page.goto(site(tmp_path, "flow"))
    page.wait_for_selector("[data-plane][data-ready]", timeout=WAIT)
    assert page.locator("canvas").count() == 1 and page.get_by_label("GAN's loss").count() == 0
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_reader_pushes_by_keyboard_and_by_mouse_and_axe_finds_nothing(browser, tmp_path, scheme):
    page = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    page.set_default_timeout(WAIT)
    problems, asked = [], []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(site(tmp_path, "push"))
    page.wait_for_selector("[data-plane][data-ready]")
    sentence = page.locator(".plane-sentence")
    on, *each = map(int, re.findall(r"(\d+) %", sentence.inner_text()))
    assert on > 90 and each[-1] == 33 and max(abs(share - 33) for share in each[:3]) < 12
    for name in ("north-east", "south-east"):
        press(page, name)
    assert "p(x|y) has 100 % at each" in sentence.inner_text()
    press(page, "east")
    assert "Nothing is wished" in sentence.inner_text()
    page.locator("canvas").scroll_into_view_if_needed()
    box = page.locator("canvas").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.5 * (1 - 2 / 3.2), box["y"] + box["height"] / 2)
    assert page.get_by_role("button", name="west", exact=True).get_attribute("aria-pressed") == "true"
    weight = page.get_by_label("Guidance weight")
    weight.focus()
    for _ in range(2):
        page.keyboard.press("ArrowLeft")
    assert page.locator("[data-plane]").get_attribute("data-weight") == "0"
    assert "With weight 0 the reader is silent" in sentence.inner_text()
    slider = page.get_by_label("Time on the way from noise to islands")
    slider.focus()
    page.keyboard.press("Home")
    slider.and_(page.locator("[aria-valuetext='0, noise']")).wait_for()  # with the next frame
    assert violations(page) == [] and problems == []
    assert [url for url in asked if not url.startswith(("file:", "blob:"))] == []
    page.close()
