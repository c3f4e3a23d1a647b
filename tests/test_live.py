"""The live generator in a real browser: what it draws, says and copies is what Python does, and everyone can use it."""

import base64
import json
import re
import runpy
import shutil
import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers
from scripts import script

from satgan_tutorial import appearance, conditions, models, networks, sampling, solvers, unet
from satgan_tutorial.chips import to_uint8
from satgan_tutorial.judge import Judge

ROOT = Path(__file__).parents[1]
SHOTS = ROOT / "_build" / "screenshots"
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>live</title><link rel="stylesheet" href="live/live.css"><script src="live/live.js"></script>
<body style="font-family: sans-serif; margin: 1rem">{places}</body></html>"""
PLACE = '<div data-satgan="{kind}"><img alt="Sixteen ships on a sheet" src="data:,"></div>'
WAIT = 60_000  # milliseconds, for a busy machine

pytestmark = [pytest.mark.browser, pytest.mark.once]


live = script("tools/live.py")
# What does not depend on the networks is tested with those of one source.
once = pytest.mark.parametrize("source", ["simulated"], indirect=True)


@pytest.fixture(scope="module", params=["real", "simulated"])
def source(request):
    return request.param


@pytest.fixture(scope="module")
def content(source):
    live.DRAWN = 100  # enough for a direction to be one
    return live.content(source), live.more(source), *(live.drawing(name, source) for name in live.APART)


def site(folder, content, kinds=("explorer",)):
    """A folder with a page that has the live generator, as the book's pages do."""
    shutil.copytree(
        ROOT / "book" / "_static" / "live",
        folder / "live",
        ignore=shutil.ignore_patterns(*live.NAMES),
    )
    for name, value in zip(live.NAMES, content or (), strict=False):
        if value:
            live.write(folder / "live" / name, value)
    places = "".join(PLACE.format(kind=kind) for kind in kinds)
    (folder / "index.html").write_text(PAGE.format(places=places))
    return (folder / "index.html").as_uri()


@contextmanager
def served(folder):
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/index.html"
        server.shutdown()


@pytest.fixture(scope="module")
def address(tmp_path_factory, content):
    return site(tmp_path_factory.mktemp("site"), content)


def open_page(browser, address, **options):
    page = browser.new_page(**({"viewport": {"width": 1280, "height": 800}} | options))
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("console", lambda line: line.type == "error" and page.problems.append(line.text))
    page.goto(address)
    page.wait_for_selector("[data-satgan][data-ready]", timeout=WAIT)
    return page


@pytest.fixture
def page(browser, address):
    page = open_page(browser, address)
    yield page
    assert page.problems == []
    page.close()


def settle(page, text):
    """Wait until all is drawn and the status line begins with this."""
    page.wait_for_function(
        "text => satgan.running.idle() && document.querySelector('.satgan-status').textContent.startsWith(text)",
        arg=text,
        timeout=WAIT,
    )


def wait(page):
    page.wait_for_function("satgan.running.idle()", timeout=WAIT)


def pixels(page, selector=".satgan-chip"):
    script = """canvas => {
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      return Array.from(data).filter((_, i) => i % 4 < 3);
    }"""
    found = np.array(page.locator(selector).first.evaluate(script), int)
    side = int((len(found) / 3) ** 0.5)
    return found.reshape(side, side, 3)


def shown_noise(page):
    z = page.locator("[data-satgan]").first.get_attribute("data-z")
    return np.array([z.split()], np.float64).astype(np.float32)


# ---- The same numbers as in Python


@once
def test_a_seed_is_the_same_noise_as_in_python(page):
    seeds = [*range(100), 12345, 2**31, 2**32 - 1]
    found = page.evaluate("seeds => seeds.map(seed => Array.from(satganNoise(seed, 64)))", seeds)
    expected = [sampling.noise(1, 64, seed)[0] for seed in seeds]
    np.testing.assert_array_equal(np.array(found, np.float32), expected)


def test_a_hundred_ships_are_those_of_keras_and_judged_and_measured_the_same(page, source):
    z = np.concatenate([sampling.noise(1, 64, seed) for seed in range(100)])
    script = """async rows => {
      const { ask } = satgan.engine(satgan.content.models);
      const answers = await Promise.all(rows.map(z => ask('book', [z])));
      const rgb = answers.map(a => Array.from(a.rgb, c => String.fromCharCode(c)).join('')).map(btoa);
      return { rgb, p: answers.map(a => a.p), measured: answers.map(a => [...a.measured.sea, a.measured.heading,
        a.measured.length, a.measured.width]) };
    }"""
    found = page.evaluate(script, z.tolist())
    drawn = np.array([np.frombuffer(base64.b64decode(text), np.uint8) for text in found["rgb"]])
    drawn = drawn.reshape(-1, 80, 80, 3)
    expected = to_uint8(models.load("book", source)(z))
    apart = np.abs(drawn.astype(int) - expected)
    chances = np.abs(np.array(found["p"]) - Judge(source).probability(expected))
    print(
        f"{source}: pixels {apart.max()}/255 apart, {np.mean(apart > 0):.1e} differ; p {chances.max():.1e} apart"
    )
    assert apart.max() <= 2 and chances.max() <= 0.01

    columns = ["sea_red", "sea_green", "sea_blue", "heading", "length", "width"]
    table = appearance.measure(drawn)[columns].to_numpy()
    np.testing.assert_allclose(np.array(found["measured"], float), table, atol=1e-6)


@once
def test_chips_with_and_without_an_object_are_measured_as_in_python(page):
    random = np.random.default_rng(0)
    chips = np.full((6, 80, 80, 3), 90, np.uint8) + random.integers(0, 6, (6, 80, 80, 3), np.uint8)
    chips[1, 30:50, 38:44] = 200
    chips[2, 36:44, 5:80] = (20, 30, 40)  # darker than the sea, and out of the chip
    chips[3, 15:65, 20:60] = 180
    chips[3, 30:50, 30:50] = 90  # a hole
    chips[4] = random.integers(0, 256, (80, 80, 3))
    chips[5, 38:40, 38:40] = 255  # too small
    script = "rows => rows.map(satganMeasure).map(m => [...m.sea, m.heading, m.length, m.width])"
    found = page.evaluate(script, chips.reshape(6, -1).tolist())
    columns = ["sea_red", "sea_green", "sea_blue", "heading", "length", "width"]
    table = appearance.measure(chips)[columns].to_numpy()
    assert np.isnan(table[:, 3]).any() and np.isfinite(table[:, 3]).sum() >= 3
    np.testing.assert_allclose(np.array(found, float), table, atol=1e-6)


def half(model, size=0.3):
    """Give every weight a value that float16 holds, none of them zero."""
    random = np.random.default_rng(0)
    for weight in model.weights:
        weight.assign(random.normal(0, size, weight.shape).astype(np.float16))
    return model


def run(page, model, *inputs):
    exported = json.loads(json.dumps(live.export(model)))
    script = "([model, inputs]) => Array.from(satganNetwork().build(model)(...inputs))"
    return np.array(page.evaluate(script, [exported, [x.ravel().tolist() for x in inputs]]))


@once
def test_every_layer_does_what_it_does_in_keras(page):
    model = half(
        keras.Sequential(
            [
                keras.Input((7,)),
                layers.Dense(6 * 5 * 3, use_bias=False, activation="relu"),
                layers.Reshape((6, 5, 3)),
                layers.UpSampling2D(2),
                layers.Conv2D(5, 3, padding="same"),  # run as one with the layer before
                layers.LeakyReLU(0.3),
                layers.UpSampling2D(3),
                layers.Conv2D(6, (4, 3), strides=2, padding="same", activation="tanh"),
                layers.DepthwiseConv2D(3, strides=2, padding="same"),
                networks.ResizeConv2D(4, use_bias=False),
                networks.Grain(3),
                layers.Conv2D(7, 2, strides=3),
                layers.Permute((3, 1, 2)),
                layers.Conv2D(3, 1),
                layers.UpSampling2D(2),
                layers.Conv2D(3, 3, padding="valid"),
                layers.GlobalAveragePooling2D(),
                layers.Flatten(),
                layers.Dense(5),
                layers.Activation("sigmoid"),
            ]
        )
    )
    z = sampling.noise(1, 7, 0)
    expected = np.asarray(model(z))[0]
    assert np.ptp(expected) > 0.01
    np.testing.assert_allclose(run(page, model, z), expected, atol=1e-5)


@once
def test_a_network_of_ways_round_and_attention_does_what_it_does_in_keras(page):
    velocity = half(unet.unet(16, 16, (1, 4), (1, 2), conditions=2), 0.1)  # two heads look
    x, t, told = (sampling.noise(1, shape, 1) for shape in ((16, 16, 3), 1, 2))
    expected = np.asarray(velocity([x, t, told])).ravel()
    assert np.ptp(expected) > 0.01
    np.testing.assert_allclose(run(page, velocity, x, t, told), expected, atol=1e-5)
    two = keras.Input((4, 5, 3)), keras.Input((2,))
    wide = layers.Conv2DTranspose(2, (5, 4), strides=3, padding="same", activation="tanh")(two[0])
    doubled = layers.UpSampling2D(2)(layers.Conv2D(2, 1)(two[0]))
    both = [
        layers.GlobalAveragePooling2D()(y)
        for y in (wide, doubled, layers.Conv2D(2, 3, padding="same")(doubled))
    ]
    model = half(keras.Model(two, layers.Multiply()([layers.Concatenate()(both), layers.Dense(6)(two[1])])))
    given = sampling.noise(1, (4, 5, 3), 0), sampling.noise(1, 2, 0)
    np.testing.assert_allclose(run(page, model, *given), np.asarray(model(given))[0], atol=1e-5)


def test_a_layer_that_the_script_does_not_know_is_named():
    with pytest.raises(live.ExportError, match="network.js does not know it; it knows Dense"):
        live.export(keras.Sequential([keras.Input((8, 8, 3)), layers.MaxPooling2D(name="pool")]))
    with pytest.raises(live.ExportError, match="network.js does not know activation gelu"):
        live.export(keras.Sequential([keras.Input((8,)), layers.Dense(3, activation="gelu")]))
    with pytest.raises(live.ExportError, match="strides, dilation or groups"):
        live.export(keras.Sequential([keras.Input((8, 8, 4)), layers.Conv2D(4, 3, groups=2)]))
    with pytest.raises(live.ExportError, match="weights that float16 cannot hold; save it with models.save"):
        live.export(keras.Sequential([keras.Input((8,)), layers.Dense(3)]))
    x = keras.Input((4, 4, 2))
    with pytest.raises(live.ExportError, match="multiply, a Multiply: .* shapes that do not fit"):
        live.export(half(keras.Model(x, layers.Multiply(name="multiply")([x, layers.Conv2D(1, 1)(x)]))))
    with pytest.raises(live.ExportError, match="takes something that no layer before it gives"):
        live.export(keras.Model(x, layers.Flatten()(keras.ops.abs(x))))


# ---- Asking for a ship


@once
def test_a_new_ship_comes_by_button_by_arrow_keys_and_by_number(page):
    settle(page, "Seed 0.")
    first = pixels(page)
    page.get_by_role("button", name="Next ship").click()
    settle(page, "Seed 1.")
    page.keyboard.press("ArrowRight")
    settle(page, "Seed 2.")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    settle(page, "Seed 0.")
    np.testing.assert_array_equal(pixels(page), first)
    page.get_by_label("Seed", exact=True).fill("777")
    page.keyboard.press("Enter")
    settle(page, "Seed 777.")
    np.testing.assert_array_equal(shown_noise(page), sampling.noise(1, 64, 777))
    page.get_by_label("Seed", exact=True).fill("-5")  # there is none: the nearest there is
    page.keyboard.press("Enter")
    settle(page, "Seed 0.")
    page.get_by_role("button", name="New ship").click()
    page.wait_for_function("!document.querySelector('.satgan-status').textContent.startsWith('Seed 0.')")


def test_a_slider_moves_what_it_names(page, source):
    settle(page, "Seed 0.")
    slope = np.array(page.evaluate("satgan.content.directions.slope"))
    offset = np.array(page.evaluate("satgan.content.directions.offset"))
    before = offset + slope @ shown_noise(page)[0]
    sea = page.get_by_label("Light of the water")
    sea.focus()
    page.keyboard.press("End")
    settle(page, "Seed 0, moved.")
    bright = pixels(page).mean()
    page.keyboard.press("Home")
    wait(page)
    assert pixels(page).mean() < bright - 30
    after = offset + slope @ shown_noise(page)[0]
    np.testing.assert_allclose(after, [*before[:-1], -3], atol=1e-3)  # the others stay

    heading = page.get_by_label("Heading", exact=True)
    heading.fill("120")
    wait(page)
    cos, sin = (offset + slope @ shown_noise(page)[0])[:2]
    assert np.degrees(np.arctan2(sin, cos)) / 2 % 180 == pytest.approx(120, abs=0.1)
    assert heading.get_attribute("aria-valuetext") == "120 degrees"
    page.get_by_role("button", name="Reset").click()
    settle(page, "Seed 0.")
    np.testing.assert_array_equal(shown_noise(page), sampling.noise(1, 64, 0))


@once
def test_a_walk_goes_along_the_sphere_to_the_other_ship(page):
    settle(page, "Seed 0.")
    page.get_by_label("Seed of the other ship").fill("5")
    page.keyboard.press("Enter")
    way = page.get_by_label("Way to the other ship")
    way.fill("100")
    settle(page, "100 % of the way from seed 0 to seed 5.")
    np.testing.assert_allclose(shown_noise(page), sampling.noise(1, 64, 5), atol=1e-6)
    way.fill("50")
    settle(page, "50 % of the way")
    middle = np.linalg.norm(shown_noise(page))
    ends = [np.linalg.norm(sampling.noise(1, 64, seed)) for seed in (0, 5)]
    assert min(ends) - 0.5 < middle < max(ends) + 0.5  # a straight line would be about 0.7 of that
    page.get_by_role("button", name="Walk").click()
    settle(page, "100 % of the way")
    assert way.input_value() == "100"


@once
def test_sixteen_are_drawn_and_one_is_picked_by_keyboard(page):
    cells = page.locator(".satgan-cell")
    assert cells.count() == 16
    wait(page)
    assert cells.nth(3).get_attribute("aria-label").startswith("Seed 3: ")
    assert page.locator(".satgan-cell[tabindex='0']").count() == 1
    cells.first.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "ArrowDown"):
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    settle(page, "Seed 9.")
    np.testing.assert_array_equal(pixels(page), pixels(page, ".satgan-cell:nth-child(10) canvas"))
    page.get_by_role("button", name="Sixteen more").click()
    page.wait_for_function(
        "document.querySelectorAll('.satgan-cell')[15].ariaLabel.startsWith('Seed 31')", timeout=WAIT
    )


@once
def test_what_the_reader_asks_for_goes_before_the_sixteen(page):
    order = page.evaluate("""async () => {
      const { ask } = satgan.engine(satgan.content.models), order = [];
      const z = satganNoise(0, 64);
      const sixteen = Array.from({ length: 16 }, (_, i) => ask('book', [z]).then(() => order.push(i)));
      await Promise.all([...sixteen, ask('book', [z], true).then(() => order.push('mine'))]);
      return order;
    }""")
    assert order.index("mine") == 1  # after the one that was being drawn
    assert page.workers, "nothing of it runs in the page itself"


def test_the_film_of_the_training_moves(page, source):
    slider = page.get_by_label("Steps of training")
    film = page.locator(".satgan-film-frame")
    with np.load(models.HERE / f"book-{source}.npz") as kept:
        steps, shape = [0, *kept["steps"].tolist()], kept["images"].shape
    first = film.get_attribute("src")
    assert "after 0 steps" in film.get_attribute("alt"), "it begins with noise"
    slider.focus()
    page.keyboard.press("End")
    assert film.get_attribute("src") != first and str(steps[-1]) in film.get_attribute("alt")
    page.wait_for_function("document.querySelector('.satgan-film-frame').naturalWidth")
    assert film.evaluate("image => [image.naturalHeight, image.naturalWidth]") == [80, 80 * shape[1]]


# ---- Copy as Python


def in_python(page, folder):
    """Run what would be copied: the names it leaves, and its text."""
    code = page.locator(".satgan-live > details code").text_content()
    file = folder / "copied.py"
    file.write_text(code, "utf-8")
    return runpy.run_path(str(file)), code


def test_the_python_that_is_copied_makes_the_very_ship(page, source, tmp_path, capsys):
    settle(page, "Seed 0.")
    page.get_by_label("Seed", exact=True).fill("42")
    page.keyboard.press("Enter")
    settle(page, "Seed 42.")
    names, code = in_python(page, tmp_path)
    assert "sampling.noise(1, 64, seed=42)" in code and source in code
    assert np.abs(pixels(page) - names["image"][0]).max() <= 2
    p = float(capsys.readouterr().out.splitlines()[0].strip("[]"))
    assert p == pytest.approx(page.get_by_role("meter").first.evaluate("e => e.ariaValueNow / 100"), abs=0.01)

    page.get_by_label("Way to the other ship").fill("30")
    settle(page, "30 %")
    page.get_by_label("Heading", exact=True).fill("10")
    page.get_by_label("Hull", exact=True).fill("1.5")
    settle(page, "30 % of the way from seed 42 to seed 1, moved.")
    names, code = in_python(page, tmp_path)
    assert "np.array" in code and max(map(len, code.splitlines())) <= 80
    assert np.abs(pixels(page) - names["image"][0]).max() <= 2
    np.testing.assert_array_equal(shown_noise(page), names["z"])


@once
def test_it_is_copied_to_the_clipboard_or_selected(browser, address, source):
    last = "conditional" if f"conditional-{source}" in models.shipped() else "satgan_tutorial"
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    for broken in (False, True):
        page = context.new_page()
        if broken:
            page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
        page.goto(address)
        page.wait_for_selector("[data-ready]", timeout=WAIT)
        page.locator(".satgan-live > details code", has_text=last).wait_for(
            state="attached"
        )  # what comes later changes the code once more
        page.get_by_role("button", name="Copy as Python").click()
        page.wait_for_function("document.querySelector('.satgan-copied').textContent")
        code = page.locator(".satgan-live > details code").text_content()
        if broken:
            assert page.evaluate("getSelection().toString()").strip() == code.strip()
        else:
            assert page.evaluate("navigator.clipboard.readText()") == code
        page.close()
    context.close()


# ---- Guided tasks


@once
def test_three_broken_ships_are_noted_and_compared_with_other_seeds(page):
    settle(page, "Seed 0.")
    page.get_by_role("button", name="Find broken ships").click()
    for number in range(3):
        page.get_by_role("button", name="This one is broken").click()
        told = page.locator(".satgan-answer").inner_text()
        assert told.startswith(
            f"Seed {number} is noted. {number + 1} of 3." if number < 2 else "How clear a heading"
        )
        page.get_by_role("button", name="Next ship").click()
        settle(page, f"Seed {number + 1}.")
    slope, offset = (
        np.array(page.evaluate(f"satgan.content.directions.{name}")) for name in ("slope", "offset")
    )
    noise = np.concatenate([sampling.noise(1, 64, seed) for seed in range(500)])
    clear = np.hypot(*(noise @ slope.T + offset)[:, :2].T)
    below = np.mean(clear < np.sort(clear[:3])[1])
    assert (
        f"Of 500 other seeds, {100 * below:.0f} % have" in told and f"{clear[0]:.2f}, {clear[1]:.2f}" in told
    )
    assert page.get_by_role("button", name="Find broken ships, done").is_visible()


@once
def test_a_turn_and_a_doubt_are_noticed(page):
    found = page.evaluate("""() => {
      const tasks = satgan.explorerTasks({ clarity: () => 1, noise: () => [], percent: (p) => `${100 * p} %` });
      const [, turn, doubt] = tasks, chip = (heading) => ({ heading, length: 180, width: 30 });
      const seen = { seed: 3, way: 0, asked: {}, p: 1, measured: chip(170) };
      turn.begin();
      return [
        turn.done(seen),
        turn.done({ ...seen, asked: { heading: 40 }, measured: chip(40) }),
        turn.done({ ...seen, asked: { heading: 80 }, measured: { ...chip(75), length: 150 } }),
        turn.done({ ...seen, asked: { heading: 80 }, measured: chip(NaN) }),
        doubt.done(seen),
        doubt.done({ ...seen, p: 0.5, asked: { size: -2 } }),
      ];
    }""")
    assert [text is None for text in found] == [True, True, False, True, True, False]
    assert "170° and now points to 75°" in found[2] and "by −30 m" in found[2]
    assert found[5].startswith("50 % with your sliders.")


# ---- A generator that is told what to draw


@once
@pytest.mark.parametrize("k", [1, 4])
def test_ship_or_no_ship_appears_with_a_conditional_generator(browser, tmp_path, content, source, k):
    main, more, *_ = content
    assert ("conditional" in more["models"]) == (f"conditional-{source}" in models.shipped())
    model = half(models.fold(networks.generator(4, batch_norm=True, conditions=k)))
    exported = {"conditional": live.export(model)}
    page = open_page(browser, site(tmp_path, (main, more | {"models": exported})))
    page.get_by_label("Steps of training").wait_for()
    pair = page.get_by_role("group", name="Ship or no ship")
    assert pair.is_visible()
    if k == 4:
        page.get_by_label("Heading asked for").fill("30")
        page.get_by_label("Length asked for").fill("150")
    wait(page)
    causes = {"heading": 30, "length": 150} if k == 4 else {}
    for i, ship in enumerate((True, False)):
        condition = conditions.encode(ship, **causes)[None]
        expected = to_uint8(model([shown_noise(page), condition]))[0]
        drawn = pixels(page, f".satgan-pair > :nth-child({i + 1}) canvas")
        assert np.abs(drawn - expected).max() <= 2
    code = page.locator(".satgan-live > details code").text_content()
    compile(code, "copied", "exec")
    assert "conditions.encode(ship" + (", heading=30, length=150)" if k == 4 else ")") in code
    assert page.problems == []
    page.close()


@once
def test_it_is_hidden_without_one(browser, tmp_path, content):
    main, more, *_ = content
    page = open_page(browser, site(tmp_path, (main, more | {"models": {}})))
    page.get_by_label("Steps of training").wait_for()
    assert page.get_by_text("Ship or no ship").count() == 0 and "conditional" not in page.content()
    page.close()


# ---- A flow that draws in steps


@pytest.fixture(scope="module")
def sampler():
    """A small one with random weights, which no training made."""
    velocity, noise = half(unet.unet(80, 4, (1, 2), (1, 1)), 0.2), keras.Input((80, 80, 3))
    return keras.Model(noise, solvers.Integrate(velocity, shrink=1.5)(noise), name="flow")


@pytest.fixture(scope="module")
def flow_address(tmp_path_factory, content, sampler):
    drawn = live.flow(sampler)
    main = content[0] | {"flow": drawn["about"]}
    return site(tmp_path_factory.mktemp("flow"), (main, content[1], drawn))


def drawn_by_the_flow(page, seed, steps, solver):
    page.get_by_label("Seed of the flow's noise").fill(str(seed))
    page.keyboard.press("Enter")
    page.get_by_label("Steps", exact=True).select_option(str(steps))
    page.get_by_label("Solver").select_option(solver)
    page.get_by_role("button", name="Draw", exact=True).click()
    page.get_by_role("button", name="Draw again").wait_for(timeout=WAIT)
    assert page.locator(".satgan-where").inner_text() == f"Step {steps} of {steps}, t = 1"
    return pixels(page, ".satgan-flow canvas")


@once
def test_a_flow_draws_step_by_step_what_it_draws_in_keras_and_stops_when_told(browser, flow_address, sampler):
    page = open_page(browser, flow_address + "#flow-draws", viewport={"width": 390, "height": 844})
    flow = page.locator("#flow-draws")
    flow.wait_for()
    assert flow.evaluate("element => element.getBoundingClientRect().top < innerHeight"), (
        "the link leads there"
    )
    asked = []
    page.on("request", lambda request: asked.append(Path(request.url).name))
    for solver in ("euler", "heun"):
        sampling.solve_with(sampler, solver, steps=2)
        expected = sampling.sample(sampler, 1, seed=7)[0]
        assert np.abs(drawn_by_the_flow(page, 7, 2, solver) - expected).max() <= 2
        assert expected.std() > 20
    assert asked.count("flow.js") == 1, "once, and when it is asked for"
    slider = page.get_by_label("Steps made")
    slider.focus()
    page.keyboard.press("Home")
    assert slider.get_attribute("aria-valuetext") == "Step 0 of 2, t = 0"
    noise = to_uint8(np.clip(sampling.noise(1, (80, 80, 3), 7)[0], -1, 1))
    assert np.abs(pixels(page, ".satgan-flow canvas") - noise).max() <= 1
    first = np.asarray(
        sampler.layers[-1].layer([sampling.noise(1, (80, 80, 3), 7), np.zeros((1, 1), "float32")])
    )
    end = to_uint8(np.clip(sampling.noise(1, (80, 80, 3), 7) + first, -1, 1))[0]
    assert np.abs(pixels(page, ".satgan-flow .satgan-pair > :nth-child(2) canvas") - end).max() <= 2
    assert page.locator(".satgan-drawn canvas").count() == 2

    page.get_by_role("button", name="New noise").focus()
    page.keyboard.press("Enter")
    assert page.locator(".satgan-drawn canvas").count() == 0
    page.get_by_label("Steps", exact=True).select_option("32")
    page.evaluate("""() => {
      const where = document.querySelector('.satgan-where');
      new MutationObserver((_, observer) => {
        if (!where.textContent.startsWith('Step 3 ')) return;
        observer.disconnect();
        document.querySelector('.satgan-flow .satgan-new').click(); // which says Stop now
      }).observe(where, { childList: true });
    }""")
    page.get_by_role("button", name="Draw", exact=True).press("Enter")
    page.get_by_role("button", name="Draw again").wait_for(timeout=WAIT)
    wait(page)
    page.wait_for_timeout(100)
    assert page.locator(".satgan-where").inner_text().startswith("Step 3 of 32, t = ")
    page.wait_for_function("document.querySelector('.satgan-flow [role=status]').textContent === 'Stopped.'")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390 and page.problems == []
    page.close()


@once
def test_few_steps_and_many_are_compared_and_progress_is_said_once_a_second(browser, flow_address):
    page = open_page(browser, flow_address, reduced_motion="reduce", color_scheme="dark")
    page.get_by_role("button", name="Few steps or many").click()
    page.evaluate("""() => {
      const told = document.querySelector('.satgan-flow [role=status]');
      window.said = [];
      new MutationObserver(() => said.push([performance.now(), told.textContent])).observe(told, { childList: true });
    }""")
    for steps in (2, 32):
        drawn_by_the_flow(page, 3, steps, "euler")
    answer = page.locator(".satgan-answer").inner_text()
    assert answer.startswith("In 2 steps: ") and "In 32 steps: " in answer and "of 255 levels" in answer
    page.wait_for_function("said.at(-1)?.[1].startsWith('Drawn in 32 steps. ')")
    times = np.array([at for at, _ in page.evaluate("said")])
    assert (np.diff(times) >= 900).all()  # it waits a second, and what watches it is late now and then
    assert page.problems == []
    page.close()


@once
def test_without_a_flow_the_page_has_no_such_part(browser, tmp_path, content):
    main, more, *_ = content
    page = open_page(browser, site(tmp_path, (main | {"flow": None}, more)))
    page.get_by_label("Steps of training").wait_for()
    assert (
        page.get_by_text("The flow draws").count() == 0 and page.get_by_text("Few steps or many").count() == 0
    )
    page.close()


def test_the_shipped_flow_draws_in_the_page_what_the_python_beside_it_draws(page, source, content, tmp_path):
    if not content[2]:
        pytest.skip(f"no flow for {source} chips is shipped")
    page.locator(".satgan-flow").wait_for()
    drawn = drawn_by_the_flow(page, 5, 2, "heun")
    file = tmp_path / "copied.py"
    file.write_text(page.locator(".satgan-flow pre code").text_content(), "utf-8")
    assert np.abs(drawn - runpy.run_path(str(file))["image"][0]).max() <= 2


def test_a_flow_that_the_page_cannot_run_is_refused(sampler):
    noise = keras.Input((16, 16, 3))
    small = keras.Model(noise, solvers.Integrate(unet.unet(16, 2, (1,), (1,)))(noise))
    with pytest.raises(live.ExportError, match="has images of 80 x 80 pixels and a time"):
        live.flow(small)


# ---- A student that draws in one step


@once
def test_a_student_draws_what_it_draws_in_keras_beside_the_gan(browser, tmp_path, content, sampler):
    velocity, noise = half(unet.unet(40, 4, (1, 2), (1, 1)), 0.2), keras.Input((40, 40, 3))
    student = keras.Model(noise, solvers.OneStep(velocity)(noise), name="student")
    flow, drawn = live.flow(sampler), live.student(student)
    main = content[0] | {"flow": flow["about"], "student": drawn["about"]}
    page = open_page(browser, site(tmp_path, (main, content[1], flow, drawn)))
    asked = []
    page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    page.locator(".satgan-student").wait_for()
    for seed in (3, 4):
        page.get_by_label("Seed of the student's noise").fill(str(seed))
        page.keyboard.press("Enter")
        page.wait_for_function(
            f"document.querySelector('.satgan-student').dataset.drawn === '{seed - 2}'", timeout=WAIT
        )
        assert (
            np.abs(pixels(page, ".satgan-student canvas") - sampling.sample(student, 1, seed)[0]).max() <= 2
        )
        book = sampling.sample(models.load("book", main["source"]), 1, seed)[0]
        beside = pixels(page, ".satgan-student .satgan-pair > :nth-child(2) canvas")
        assert np.abs(beside - book).max() <= 2
    assert re.fullmatch(
        r"Student \d+ ms, generator \d+ ms\.", page.locator(".satgan-student [role=status]").inner_text()
    )
    assert asked == ["student.js"], "once, and when it is asked for, and without the flow"
    page.close()


def test_the_python_beside_the_student_draws_both(page, source, content, tmp_path):
    if not content[3]:
        pytest.skip(f"no student for {source} chips is shipped")
    page.locator(".satgan-student").wait_for()
    file = tmp_path / "copied.py"
    file.write_text(page.locator(".satgan-student pre code").text_content(), "utf-8")
    assert runpy.run_path(str(file))["image"].shape == (1, 80, 80, 3)


# ---- For everyone, everywhere


@once
def test_it_works_over_http_and_asks_for_nothing_else(browser, tmp_path, content):
    site(tmp_path, content, ("compact", "explorer"))
    with served(tmp_path) as address:
        page = browser.new_page()
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        page.wait_for_function("document.querySelectorAll('[data-ready]').length === 2", timeout=WAIT)
        assert [
            url for url in asked if not url.startswith((address.rsplit("/", 1)[0], "blob:", "data:"))
        ] == []
        assert page.locator(".satgan-sixteen").count() == 1, "the compact form has no sheet"
        assert len(page.workers) == 1, "two places share a worker"
        page.close()


def test_all_of_it_is_at_most_4_megabytes(address):
    folder = Path(address.removeprefix("file://")).parent / "live"
    sizes = {file.name: file.stat().st_size for file in folder.iterdir()}
    assert sizes.pop("flow.js", 0) <= 6e6, "which is loaded only when a reader has the flow draw"
    assert sizes.pop("student.js", 0) <= 1.5e6, "and this when its reader has the student draw"
    assert sum(sizes.values()) <= 4e6


def test_without_scripts_or_weights_the_picture_stays(browser, tmp_path):
    address = site(tmp_path, None)
    page = browser.new_page()
    problems = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(address)
    page.wait_for_timeout(500)
    assert page.locator("[data-satgan] img").is_visible() and not problems
    page.close()
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    assert page.locator("[data-satgan] img").count() == 1 and page.locator("canvas").count() == 0
    context.close()


@once
@pytest.mark.parametrize(
    ("kinds", "loaded"),
    [((), set()), (("compact",), {"weights.js"}), (("explorer",), {"weights.js", "more.js"})],
)
def test_a_page_loads_no_network_that_it_does_not_use(browser, tmp_path, content, kinds, loaded):
    address = site(tmp_path, content, kinds)
    page = browser.new_page()
    asked = []
    page.on("request", lambda request: asked.append(Path(request.url).name))
    page.goto(address)
    page.wait_for_timeout(300)
    page.wait_for_function("n => document.querySelectorAll('[data-ready]').length === n", arg=len(kinds))
    page.wait_for_timeout(300)
    assert set(live.NAMES) & set(asked) == loaded
    assert ("explorer.js" in asked) == bool(kinds) and "live.js" in asked
    page.close()


def test_what_is_shown_is_said(page):
    settle(page, "Seed 0. ")
    label = page.locator(".satgan-chip").get_attribute("aria-label")
    assert "Measured: " in label and "water" in label and "The classifier gives it" in label
    assert page.locator(".satgan-status").get_attribute("aria-live") == "polite"
    meter = page.get_by_role("meter").first
    assert meter.get_attribute("aria-valuetext").endswith("ship")
    unnamed = page.evaluate("""[...document.querySelectorAll('.satgan-live :is(button, input, canvas, img)')].filter(
      e => !(e.ariaLabel || e.alt || e.innerText || e.closest('button')?.ariaLabel)).map(e => e.outerHTML)""")
    assert unnamed == []


@once
def test_focus_goes_through_and_is_seen(page):
    unseen, names = [], []
    page.get_by_role("button", name="New ship").focus()
    for _ in range(30):
        page.keyboard.press("Tab")
        shape = page.evaluate("""() => {
          const e = document.activeElement, style = getComputedStyle(e);
          return [e.ariaLabel || (e === document.body ? '' : e.innerText || e.tagName), style.outlineStyle, parseFloat(style.outlineWidth)];
        }""")
        if shape[0] in names or not shape[0]:
            break
        names.append(shape[0])
        if shape[1] == "none" or shape[2] < 2:
            unseen.append(shape)
    assert {"Seed", "Heading", "Copy as Python", "Way to the other ship", "Steps of training"} <= set(names)
    assert len(names) >= 15 and unseen == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_it_fits_a_phone_and_a_finger(browser, address, source, width, scheme):
    page = open_page(
        browser,
        address,
        viewport={"width": width, "height": 844},
        color_scheme=scheme,
        has_touch=width == 390,
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    small = page.evaluate("""[...document.querySelectorAll('.satgan-live :is(button, input[type=number])')].filter(
      e => e.checkVisibility() && e.getBoundingClientRect().height < 44).map(e => e.outerHTML)""")
    assert small == []
    if width == 390:
        page.get_by_role("button", name="New ship").tap()
        page.wait_for_function("!document.querySelector('.satgan-status').textContent.startsWith('Seed 0.')")
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"live-{source}-{width}-{scheme}.png", full_page=True)
    assert page.problems == []
    page.close()


@once
def test_nothing_walks_by_itself_where_motion_is_unwanted(browser, address):
    page = open_page(browser, address, reduced_motion="reduce")
    assert page.get_by_role("button", name="Walk").count() == 0
    assert page.get_by_label("Way to the other ship").is_visible()
    page.close()


def test_the_script_is_written_once_and_again_when_a_network_changes(tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(live, "content", lambda source: calls.append(source) or {})
    monkeypatch.setattr(live, "more", lambda source: {})
    monkeypatch.setattr(
        live, "drawing", lambda name, source: {name: 1} if (name, source) == ("flow", "real") else None
    )
    live.main(tmp_path, "real")
    live.main(tmp_path, "real")
    assert (tmp_path / "flow.js").read_text().splitlines()[1] == 'satgan.flow = {"flow":1};'
    live.main(tmp_path, "simulated")
    assert not (tmp_path / "flow.js").exists() and not (tmp_path / "student.js").exists()
    monkeypatch.setattr(live, "fingerprint", lambda source: "another")
    live.main(tmp_path, "simulated")
    assert calls == ["real", "simulated", "simulated"]
    assert (tmp_path / "weights.js").read_text().splitlines()[1] == "satgan.content = {};"
    assert (tmp_path / "more.js").read_text().splitlines()[1] == "satgan.more = {};"
