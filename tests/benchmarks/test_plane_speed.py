"""How fast the game in the plane, and the GAN on small ships, train in a headless Chromium on one core."""

import numpy as np
import psutil
import pytest
import test_plane_page as pages
import test_small_ships as ships
from test_live_speed import one_core  # noqa: F401

FRAMES = """async () => {
  const times = [];
  for (let last = performance.now(), start = last; last < start + 3000;) {
    const now = await new Promise((done) => requestAnimationFrame(done));
    times.push(now - last);
    last = now;
  }
  return times;
}"""
ANOTHER = """() => {
  const { dataset } = document.querySelector('[data-ships]');
  if (!dataset.last) dataset.last = dataset.step;
  if (dataset.last === dataset.step) return false;
  delete dataset.last;
  return true;
}"""
NO_KERNEL = '"use strict";\nfunction planeKernel() { return null; }\n'


def busy():
    """Seconds of a core that the browser has used: on a shared machine they say more than those of a clock."""
    all_of_it = psutil.Process().children(recursive=True)
    return sum(sum(process.cpu_times()[:2]) for process in all_of_it if process.is_running())


def played(browser, address):
    """Play the game as fast as it can for three seconds; return how fast and how smooth it was."""
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    page.goto(address)
    page.wait_for_selector("[data-plane][data-ready]", timeout=60_000)
    ready = int(page.locator("[data-plane]").get_attribute("data-ready"))
    page.get_by_label("Speed").select_option("as fast as it can")
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_timeout(2000)  # the first are not yet compiled
    before, used = pages.step(page), busy()
    frames = page.evaluate(FRAMES)
    updates, seconds, used = pages.step(page) - before, np.sum(frames) / 1000, busy() - used
    page.close()
    return {
        "rate": updates / seconds,
        "of a core": used / seconds,
        "frames": 1000 / np.mean(frames),
        "ready": ready,
    }


@pytest.mark.benchmark
@pytest.mark.browser
def test_200_updates_and_30_frames_a_second_and_a_first_picture_within_a_second(one_core, browser, tmp_path):  # noqa: F811
    seen = {}
    for kind in ("gan", "gan without the kernel", "flow", "both"):
        folder = tmp_path / kind.replace(" ", "-")
        address = pages.site(folder, kind.partition(" ")[0])
        if "without" in kind:
            (folder / "plane" / "kernel.js").write_text(NO_KERNEL, encoding="utf-8")
        size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        seen[kind] = found = played(browser, address)
        print(
            f"\n{kind}: {found['rate']:.0f} updates a second of 128 points each, on one core with the page, of which it got "
            f"{found['of a core']:.0%}; {found['frames']:.0f} frames a second; ready after {found['ready']} ms; "
            f"{size / 1e3:.0f} kB of scripts, styles and sources"
        )
    fast, plain = (seen[kind]["rate"] / seen[kind]["of a core"] for kind in ("gan", "gan without the kernel"))
    print(
        f"\nthe kernel against plain JavaScript, by seconds of the core: {fast / plain:.1f} times as many updates"
    )
    assert seen["gan"]["rate"] >= 200
    for kind in ("gan", "flow", "both"):
        assert seen[kind]["ready"] <= 1000 and seen[kind]["frames"] >= 30


@pytest.mark.benchmark
@pytest.mark.browser
def test_two_minutes_are_a_thousand_updates_on_ships(one_core, browser, tmp_path):  # noqa: F811
    rates = {}
    for kind in ("kernel", "plain"):
        folder = tmp_path / kind
        address = ships.site(folder)
        if kind == "plain":
            (folder / "plane" / "kernel.js").write_text(NO_KERNEL, encoding="utf-8")
        page = ships.opened(browser, address)
        page.get_by_role("button", name="Train", exact=True).click()
        page.wait_for_function("+document.querySelector('[data-ships]').dataset.step > 2", timeout=60_000)
        steps, used = [], []
        for _ in range(2):
            page.wait_for_function(ANOTHER, timeout=60_000)  # a look comes once a second
            steps.append(int(page.locator("[data-ships]").get_attribute("data-step")))
            used.append(busy())
            page.wait_for_timeout(6000)
        rates[kind] = (steps[1] - steps[0]) / (used[1] - used[0])
        page.close()
    print(
        f"\nships: {rates['kernel']:.1f} updates of 32 pictures for each second of one core with the page, "
        f"{rates['kernel'] / rates['plain']:.1f} times as many as in plain JavaScript"
    )
    assert 120 * rates["kernel"] >= 1000
