"""The training on small ships in a page: its gradients, one update against Keras, its chips, and the page for everyone."""

import base64
import json
import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf
from scripts import script
from test_plane_engine import STATIC, page_with
from test_plane_page import HTML, WAIT, press, violations

from satgan_tutorial import chips, losses
from satgan_tutorial.sources.simulate import draw_chips

SHIPS = [f"ships/{name}.js" for name in ("product", "gan", "training")]
ENGINE = [
    "live/noise.js",
    *(f"plane/{name}.js" for name in ("product", "kernel", "networks", "losses")),
    *SHIPS,
]
tool = script("tools/small_ships.py")

pytestmark = [pytest.mark.browser, pytest.mark.once]


@pytest.fixture(scope="module")
def engine(browser):
    yield from page_with(ENGINE, browser)


def test_the_kernel_gives_what_plain_javascript_gives(engine):
    script = """shapes => {
      const { normal } = satganRandom(4), kernel = planeKernel(shipsProduct(), Float32Array, 8), { product } = planeNetworks(null, Float32Array);
      return shapes.flatMap(([n, inner, m]) => [0, 1, 2, 3].map((turns) => {
        const a = Float32Array.from({ length: n * inner }, normal), b = Float32Array.from({ length: inner * m }, normal);
        const by = { a: turns & 1 ? [1, n] : [inner, 1], b: turns & 2 ? [1, inner] : [m, 1] };
        return [product, kernel.product].map((f) => Array.from(f(a, b, by, n, inner, m)));
      }));
    }"""
    for there, found in engine.evaluate(script, [(1, 1, 8), (3, 40, 9), (6, 7, 13), (33, 65, 34)]):
        np.testing.assert_allclose(found, there, rtol=0, atol=1e-4)


def test_gradients_are_those_of_finite_differences(engine):
    """In float64 and without the kernel: along any direction of all weights, and of the noise's way to a logit."""
    script = """() => {
      const gan = shipsGan(planeNetworks(null, Float64Array), planeLosses()), { normal, uniform } = satganRandom(2), n = 2;
      const some = (length) => Float64Array.from({ length }, normal), noise = some(n * gan.LATENT), wanted = some(n);
      const { generator, discriminator } = gan.create(uniform);
      const [g, d] = [generator, discriminator].map((weights) => weights.map((w) => Float64Array.from(w, (v) => v + 0.01 * normal())));
      const f = () => gan.judge(d, gan.draw(g, noise).out, n).logits.reduce((sum, l, i) => sum + l * wanted[i], 0);
      const drawn = gan.draw(g, noise), found = gan.judgeBack(gan.judge(d, drawn.out, n), wanted, { weights: true, input: true });
      return [...g.map((w, k) => [w, gan.drawBack(drawn, found.input)[k]]), ...d.map((w, k) => [w, found.weights[k]])].map(([w, gradient]) => {
        const way = some(w.length), kept = w.slice(), at = 1e-6;
        const moved = (step) => { w.forEach((_, i) => (w[i] = kept[i] + step * way[i])); return f(); };
        const slope = (moved(at) - moved(-at)) / (2 * at);
        moved(0);
        return [slope, gradient.reduce((sum, v, i) => sum + v * way[i], 0)];
      });
    }"""
    pairs = np.array(engine.evaluate(script))
    assert len(pairs) == 14 and np.abs(pairs).min() > 1e-3
    np.testing.assert_allclose(pairs[:, 1], pairs[:, 0], rtol=1e-3)


# ---- One update in Keras

SIDE, N, RATE = 24, 8, 1e-3
CONVOLUTIONS = {
    "generator": [(24, 64, 3), (16, 12, 3)],
    "discriminator": [(3, 16, 4), (16, 32, 4), (32, 32, 4)],
}


def convolved(x, matrix, bias, size, stride):
    """A convolution; the page's matrix has a row for each channel and each weight."""
    kernel = tf.transpose(tf.reshape(matrix, (x.shape[-1], size, size, -1)), (1, 2, 0, 3))
    return keras.ops.conv(x, kernel, strides=stride, padding="same") + bias


def leaky(x):
    return keras.ops.leaky_relu(x, 0.2)


def unfolded(x):
    """Four channels become one of twice the side."""
    n, side, _, channels = x.shape
    x = tf.reshape(x, (n, side, side, channels // 4, 2, 2))
    return tf.reshape(tf.transpose(x, (0, 1, 4, 2, 5, 3)), (n, 2 * side, 2 * side, channels // 4))


def drawn(weights, noise):
    dense, bias, *rest = weights
    x = tf.transpose(tf.reshape(tf.matmul(noise, dense), (-1, 24, 6, 6)), (0, 2, 3, 1))
    x = leaky(convolved(leaky(x + bias), *rest[:2], 3, 1))
    return tf.tanh(unfolded(convolved(unfolded(x), *rest[2:], 3, 1)))


def logits(weights, images):
    x = images
    for i in range(3):
        x = leaky(convolved(x, *weights[2 * i : 2 * i + 2], 4, 2))
    return tf.reshape(tf.transpose(x, (0, 3, 1, 2)), (-1, 288)) @ weights[6] + weights[7]


def shaped(name, arrays):
    """The page's weights, as Keras variables."""
    first = [(16, 864), (24,)] if name == "generator" else []
    last = [(288, 1), (1,)] if name == "discriminator" else []
    middle = [shape for c, out, size in CONVOLUTIONS[name] for shape in ((c * size * size, out), (out,))]
    shapes = [*first, *middle, *last]
    return [
        keras.Variable(np.float32(array).reshape(shape)) for array, shape in zip(arrays, shapes, strict=True)
    ]


def test_one_update_is_that_of_keras(engine):
    rng = np.random.default_rng(0)
    real = rng.uniform(-1, 1, (3, N, SIDE, SIDE)).astype(np.float32)
    noise = rng.standard_normal((N, 16), np.float32)
    script = """([real, noise]) => {
      const networks = planeNetworks(planeKernel(shipsProduct(), Float32Array, 8), Float32Array), gan = shipsGan(networks, planeLosses());
      const game = gan.create(satganRandom(8).uniform), all = () => ["generator", "discriminator"].map((name) => game[name].map((w) => Array.from(w)));
      const before = all(), { dLoss, gLoss } = gan.step(game, Float32Array.from(real), Float32Array.from(noise));
      return { before, after: all(), dLoss, gLoss };
    }"""
    found = engine.evaluate(script, [real.ravel().tolist(), noise.ravel().tolist()])
    g, d = (
        shaped(name, arrays)
        for name, arrays in zip(("generator", "discriminator"), found["before"], strict=True)
    )
    optimizers = [
        keras.optimizers.Adam(RATE, beta_1=0.5, beta_2=0.99, epsilon=1e-7) for _ in ("generator", "d")
    ]
    images = tf.transpose(real, (1, 2, 3, 0))
    with tf.GradientTape() as tape:
        of_real, of_fake = logits(d, images), logits(d, drawn(g, noise))
        d_loss = losses.get("relativistic")(of_real, of_fake)[0]
    optimizers[1].apply(tape.gradient(d_loss, [v.value for v in d]), d)
    with tf.GradientTape() as tape:
        g_loss = losses.get("relativistic")(of_real, logits(d, drawn(g, noise)))[1]
    optimizers[0].apply(tape.gradient(g_loss, [v.value for v in g]), g)
    assert found["dLoss"] == pytest.approx(float(d_loss), abs=1e-4)
    assert found["gLoss"] == pytest.approx(float(g_loss), abs=1e-4)
    # The last bias drops out of every lead: its gradient is 0, and Adam takes rounding errors for a direction.
    for arrays, there in zip(found["after"], (g, d[:-1]), strict=True):
        for array, variable in zip(arrays, there, strict=False):
            np.testing.assert_allclose(array, np.ravel(variable), rtol=0, atol=1e-4)
    assert sum(map(len, found["after"][0] + found["after"][1])) == 55_189  # as the page says
    moved = np.abs(np.subtract(found["after"][0][0], found["before"][0][0]))
    assert np.median(moved) > 5e-4


# ---- The chips


def test_the_ships_are_train_ships_of_the_book_in_small():
    chip_set = draw_chips(60, seed=0)
    images = tool.small(chip_set)
    train = chip_set.split().train
    there = chips.shrink(train.images[train.labels == 1], SIDE)
    assert images.shape == there.shape and 0 < len(images) <= tool.MOST
    order = np.random.default_rng(tool.SEED).permutation(len(there))
    np.testing.assert_allclose(
        images, np.float32(there[order]), atol=1
    )  # a mean of one half may go either way
    value = json.loads(tool.script(images, "simulated").partition("= ")[2].rstrip(";\n"))
    pixels = np.frombuffer(base64.b64decode(value["pixels"]), np.uint8).reshape(-1, 3, SIDE, SIDE)
    np.testing.assert_array_equal(pixels, images.transpose(0, 3, 1, 2))


# ---- The page


def site(folder):
    """A page with the training alone, on chips of noise."""
    left_out = shutil.ignore_patterns("weights.js", "more.js", "flow.js", "student.js", "chips.js")
    for name in ("live", "plane", "ships"):
        shutil.copytree(STATIC / name, folder / name, ignore=left_out)
    html = HTML.format(kind="gan").replace('data-plane="gan"', "data-ships")
    style = '<link rel="stylesheet" href="ships/ships.css">'
    (folder / "index.html").write_text(html.replace("<style>", f"{style}<style>", 1), encoding="utf-8")
    images = np.random.default_rng(0).integers(0, 256, (20, SIDE, SIDE, 3), np.uint8)
    (folder / "ships" / "chips.js").write_text(tool.script(images, "simulated"), encoding="utf-8")
    return (folder / "index.html").as_uri()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("ships")


@pytest.fixture(scope="module")
def address(folder):
    return site(folder)


def opened(browser, address, **options):
    page = browser.new_page(**({"viewport": {"width": 390, "height": 844}} | options))
    page.set_default_timeout(WAIT)
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.goto(address)
    page.wait_for_selector("[data-ships][data-ready]")
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_plays_and_pauses_by_keyboard_and_axe_finds_nothing(browser, address, scheme):
    page = opened(browser, address, color_scheme=scheme)
    before = page.locator("canvas").first.evaluate("canvas => canvas.toDataURL()")
    press(page, "Train")
    page.wait_for_function("+document.querySelector('[data-ships]').dataset.step >= 3", timeout=WAIT)
    press(page, "Pause")
    page.get_by_role("button", name="Train", exact=True).wait_for()
    step = page.locator("[data-ships]").get_attribute("data-step")
    assert page.locator("canvas").first.evaluate("canvas => canvas.toDataURL()") != before
    assert page.locator("canvas").first.get_attribute("aria-label").endswith(f"after {step} updates")
    assert f"Update {step}, after" in page.locator(".ships-said").text_content()
    assert page.locator("canvas").nth(1).is_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    press(page, "Start again")
    page.wait_for_selector("[data-step='0']")
    assert page.locator("canvas").first.evaluate("canvas => canvas.toDataURL()") == before
    page.get_by_label("Seed").fill("7")
    page.keyboard.press("Enter")
    page.wait_for_function("before => document.querySelector('canvas').toDataURL() !== before", arg=before)
    assert page.problems == []
    page.close()


def test_little_moves_where_that_is_asked_for_and_ships_that_did_not_load_are_said(browser, folder, address):
    page = opened(browser, address, reduced_motion="reduce")
    (folder / "ships" / "chips.js").rename(folder / "away.js")
    press(page, "50 updates")
    page.locator(".ships-said", has_text="The real ships did not load").wait_for(state="attached")
    (folder / "away.js").rename(folder / "ships" / "chips.js")
    press(page, "50 updates")
    page.wait_for_selector("[data-step='50']")
    assert page.get_by_role("button", name="Train", exact=True).count() == 0
    page.close()
