""" "Can you tell?" in a real browser: the order of a seed, a whole run by keyboard and by touch, its code, and the class."""

import base64
import io
import json
import re
import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy import stats
from scripts import script

from satgan_tutorial import conditions, load_chips, models, sampling

ROOT = Path(__file__).parents[1]
STATIC = ROOT / "book" / "_static"
PAGES = {
    "trial": ROOT / "book" / "better" / "can-you-tell.md",
    "class": ROOT / "book" / "better" / "can-you-tell-class.md",
}
AXE = ROOT / "tests" / "vendor" / "axe-core" / "axe.min.js"
HTML = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>Can you tell?</title>
<link rel="stylesheet" href="live/live.css"><link rel="stylesheet" href="tell/tell.css">
<style>:root {{ color-scheme: light dark }} body {{ margin: 1rem; font-family: sans-serif }} a {{ color: inherit }}</style></head>
<body><main><h1>Can you tell?</h1><h2>Try it</h2>{place}</main></body></html>"""
WAIT = 60_000  # milliseconds, for a busy machine

pytestmark = [pytest.mark.browser, pytest.mark.once]


tell = script("tools/tell.py")


def some_chips(source="real", generators=3, pairs=80):
    """Chips of noise in the form of the page: chip i is of one colour, i + 1 in red and in green."""
    images = np.zeros((2 * (pairs + 2), 80, 80, 3), np.uint8)
    images[:] = (np.arange(len(images)) + 1)[:, None, None, None] % 256
    apart = [{"pixels": 10 * 2**i, "auc": 0.6 + 0.1 * i, "low": 0.5, "high": 1} for i in range(4)]
    kid = {"score": 0.37, "low": 0.2, "high": 0.7, "limit": 0.63}
    measured = {"kid": kid, "apart": apart} if source == "real" else {"kid": None, "apart": None}
    about = ["the one of ", "a page", "page.html", "."]
    return {
        "source": source,
        "edition": 16113,
        "generators": [
            {"name": f"g{i}", "words": f"generator {i}", "about": about, **measured}
            for i in range(generators)
        ],
        "pairs": pairs,
        "practice": 2,
        "size": 80,
        "columns": 16,
        "pictures": {side: tell.picture(tell.sheet(images[:, :side, :side], 16)) for side in tell.SIZES},
    }


def site(folder, kind, chips):
    """A folder with one of the two pages, its place and its scripts taken from the book's own."""
    for name in ("live", "tell"):
        ignored = shutil.ignore_patterns("weights.js", "more.js", "flow.js", "student.js", "chips.js")
        shutil.copytree(STATIC / name, folder / name, ignore=ignored, dirs_exist_ok=True)
    shutil.copy(STATIC / "tell-pairs.png", folder)
    if chips:
        tell.write(folder / "tell" / "chips.js", chips)
    text = PAGES[kind].read_text(encoding="utf-8")
    place = re.search(r"<div data-tell=.*?\n</div>\n(?:\n?<script.*?</script>)+", text, re.DOTALL)[0]
    place += re.search(r"<details data-tell-clues>.*?</details>|$", text, re.DOTALL)[0]
    place = re.sub(
        r"```\{image\} (\S+)\n:alt: (.*?)\n.*?```", r'<img src="\1" alt="\2">', place, flags=re.DOTALL
    )
    place = re.sub(r"</summary>\n\n(.*?)\n\n</details>", r"</summary><p>\1</p></details>", place)
    place = re.sub(r"^- \*\*(.*?)\*\* (.*)$", r"<p><b>\1</b> \2</p>", place, flags=re.MULTILINE)
    place = place.replace("../../_static/", "").replace("../_static/", "")
    (folder / "index.html").write_text(HTML.format(place=place), encoding="utf-8")
    return (folder / "index.html").as_uri()


@pytest.fixture(scope="module")
def chips():
    return some_chips()


@pytest.fixture(scope="module")
def address(tmp_path_factory, chips):
    return site(tmp_path_factory.mktemp("trial"), "trial", chips)


@pytest.fixture(scope="module")
def class_address(tmp_path_factory, chips):
    return site(tmp_path_factory.mktemp("class"), "class", chips)


@pytest.fixture
def opened(browser):
    """Opens a page that is ready; at its end nothing has gone wrong, nothing is stored, and nobody else was asked."""
    contexts = []

    def open_page(address, **options):
        context = browser.new_context(**({"viewport": {"width": 1200, "height": 900}} | options))
        page = context.new_page()
        page.problems, page.asked = [], []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("console", lambda line: line.type == "error" and page.problems.append(line.text))
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(address, timeout=WAIT)
        page.wait_for_selector("[data-tell][data-ready]", timeout=WAIT)
        contexts.append((context, page, address))
        return page

    yield open_page
    for context, page, address in contexts:
        folder = address.partition("index.html")[0]
        assert [url for url in page.asked if not url.startswith((folder, "data:"))] == []
        assert page.evaluate("localStorage.length + sessionStorage.length") == 0 and context.cookies() == []
        assert page.problems == []
        context.close()


@pytest.fixture(scope="module")
def rules(browser, address):
    """One page for all that asks nothing but the rules."""
    page = browser.new_page()
    page.goto(address, timeout=WAIT)
    page.wait_for_selector("[data-tell][data-ready]", timeout=WAIT)
    yield page
    page.close()


# ---- The rules again, in Python


def random_numbers(seed):
    state, mask = seed, 2**32 - 1
    while True:
        state = (state + 0x6D2B79F5) & mask
        t = (state ^ (state >> 15)) * (state | 1) & mask
        t ^= (t + ((t ^ (t >> 7)) * (t | 61) & mask)) & mask
        yield (t ^ (t >> 14)) / 2**32


def shuffled(items, numbers):
    out = list(items)
    for i in range(len(out) - 1, 0, -1):
        j = int(next(numbers) * (i + 1))
        out[i], out[j] = out[j], out[i]
    return out


def trials(seed, pairs=80, generators=3):
    """The forty pairs of a seed, and the side of each one's real chip."""
    numbers = random_numbers(seed)
    order = shuffled(range(generators), numbers)
    decks = [shuffled(range(generator, pairs, generators), numbers) for generator in order]
    chosen = []
    for turn in range(10 * pairs):
        if len(chosen) < 40 and decks[turn % generators]:
            chosen.append(decks[turn % generators].pop())
    sides = shuffled(["right", "left"] * 20, numbers)
    return list(zip(shuffled(chosen, numbers), sides, strict=True))


DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def code(seed, right, source="real", edition=16113, mark=0, pixels=80):
    bits = int("".join("1" if each else "0" for each in right), 2)
    head = 8 * seed + 2 * [80, 40, 20].index(pixels) + (source == "real")
    digits = []
    for number, length in ((head, 4), (edition, 3), (bits, 8), (mark, 2)):
        digits += [number >> 5 * i & 31 for i in reversed(range(length))]
    check = 1
    for digit in digits:
        check = (33 * check + digit + 1) % 32749
    digits += [check >> 5 * i & 31 for i in (2, 1, 0)]
    letters = "".join(DIGITS[digit] for digit in digits)
    return "TELL1-" + "-".join(letters[i : i + 4] for i in range(0, len(letters), 4))


def percent(share):
    """A share as the pages write it: one decimal near one half and near all or none, and 100 only where all were right."""
    share = round(100 * share, 6)
    if share == int(share) or (1 <= share <= 99 and abs(share - 50) >= 1):
        return f"{int(share + 0.5)}"
    return f"{min(99.9, max(0.1, share)):.1f}"


def answers(seed, share=0.7):
    return (np.random.default_rng(seed).random(40) < share).tolist()


DECODE = "text => { try { return tell.decode(text); } catch (error) { return error.message; } }"


# ---- Order, code, intervals


@pytest.mark.parametrize("generators", [1, 2, 3])
def test_a_seed_gives_the_same_pairs_always_each_generator_as_many_and_both_sides_twenty(
    rules, chips, generators
):
    some = chips | {"generators": chips["generators"][:generators]}
    found = rules.evaluate(
        "([seeds, chips]) => seeds.map(seed => tell.trials(seed, chips).map(one => [one.pair, one.real]))",
        [[*range(50), 9999], some],
    )
    for seed, order in zip([*range(50), 9999], found, strict=True):
        assert [tuple(one) for one in order] == trials(seed, generators=generators)
        pairs = [pair for pair, _ in order]
        assert len(set(pairs)) == 40
        counts = np.bincount(np.array(pairs) % generators, minlength=generators)
        assert np.ptp(counts) <= 1
        assert sum(side == "left" for _, side in order) == 20
    assert len({str(order) for order in found}) == 51
    seen = np.bincount([pair for order in found for pair, _ in order], minlength=80)
    assert seen.min() > 10 and seen.max() < 45, "every pair has its turn"


def test_a_code_says_what_it_was_made_of_and_python_writes_the_same(rules):
    for seed, source, edition, mark, pixels in (
        (0, "real", 0, 0, 80),
        (9999, "simulated", 32767, 1023, 20),
        (7, "real", 16113, 5, 40),
    ):
        right = answers(seed)
        facts = {
            "seed": seed,
            "source": source,
            "edition": edition,
            "right": right,
            "mark": mark,
            "pixels": pixels,
        }
        text = rules.evaluate("facts => tell.encode(facts)", facts)
        assert text == code(**facts) and re.fullmatch(r"TELL1(-[0-9A-Z]{4}){5}", text)
        assert rules.evaluate(DECODE, text) == facts
        sloppy = text.lower().replace("0", "o").replace("1", "l")
        for written in (sloppy, text.replace("-", " "), text.replace("-", "\u2013"), text[6:]):
            assert rules.evaluate(DECODE, written) == facts, written
        assert rules.evaluate(DECODE, text.replace("TELL1-", "TELL 1\u00a0")) == facts


def test_no_wrong_letter_and_no_two_neighbours_swapped_pass(rules):
    letters = code(1234, answers(3)).removeprefix("TELL1-").replace("-", "")
    assert rules.evaluate(DECODE, f"TELL1-{letters}")["seed"] == 1234
    wrong = [letters[:i] + d + letters[i + 1 :] for i in range(20) for d in DIGITS if d != letters[i]]
    pairs = [(i, letters[i : i + 2]) for i in range(19)]
    wrong += [letters[:i] + two[::-1] + letters[i + 2 :] for i, two in pairs if two[0] != two[1]]
    assert len(wrong) > 600
    said = rules.evaluate(f"texts => texts.map(text => ({DECODE})('TELL1-' + text))", wrong)
    assert {str(one)[:17] for one in said} == {"a letter is wrong"}
    assert "found 19 letters and digits" in rules.evaluate(DECODE, "TELL1-" + letters[1:])
    assert "version 2; this page reads version 1" in rules.evaluate(DECODE, "TELL2-" + letters)
    assert "expected a code that begins with TELL1" in rules.evaluate(DECODE, "hello")


def test_intervals_are_those_of_scipy(rules):
    for right, of in ((0, 40), (1, 13), (20, 40), (31, 40), (40, 40), (375, 480)):
        expected = stats.binomtest(right, of).proportion_ci(method="wilson")
        assert rules.evaluate("([k, n]) => tell.wilson(k, n)", [right, of]) == pytest.approx(
            expected, abs=1e-6
        )
    freedom = [*range(1, 60), 100, 1000]
    found = rules.evaluate("all => all.map(tell.student)", freedom)
    np.testing.assert_allclose(found, stats.t.ppf(0.975, freedom), rtol=1e-4)


def pooled(people):
    """The share of a class, by the formula of a ratio whose units are people."""
    right, of = np.array(people, float).T
    n, share = len(people), right.sum() / of.sum()
    low, high = stats.binomtest(int(right.sum()), int(of.sum())).proportion_ci(method="wilson")
    wider = [False, False]
    if n > 1:
        error = np.sqrt(n / (n - 1) * np.sum((right - share * of) ** 2)) / of.sum()
        half = stats.t.ppf(0.975, n - 1) * error
        wider = [share - half < low, share + half > high]
        low, high = min(low, share - half), max(high, share + half)
    return share, max(0, low), min(1, high), "t" if all(wider) else "both" if any(wider) else "Wilson"


@pytest.mark.parametrize(
    "people",
    [
        [(31, 40)],
        [(20, 40), (40, 40)],
        [(30, 40), (30, 40), (30, 40)],
        [(20, 40), (25, 40), (31, 40), (38, 40), (39, 40)],
        [(7, 13), (13, 14), (9, 13), (10, 13)],
        [(39, 40)] * 2 + [(40, 40)] * 10,
    ],
    ids=["one", "far apart", "all alike", "five", "unequal numbers", "nearly all right"],
)
def test_the_interval_of_a_class_is_over_people_and_never_narrower_than_that_of_its_answers(rules, people):
    dicts = [{"right": right, "of": of} for right, of in people]
    found = rules.evaluate("people => tell.pooled(people)", dicts)
    *numbers, by = pooled(people)
    assert [found[key] for key in ("share", "low", "high")] == pytest.approx(numbers, abs=1e-4)
    assert found["by"] == by
    wilson = stats.binomtest(found["right"], found["of"]).proportion_ci(method="wilson")
    assert found["low"] <= wilson.low + 1e-6 and found["high"] >= wilson.high - 1e-6
    if len(people) == 5:  # as a t interval of the people's shares has it, since all saw as many
        shares = [right / of for right, of in people]
        by_hand = stats.t.interval(0.95, 4, np.mean(shares), stats.sem(shares))
        assert [found["low"], min(by_hand[1], 1)] == pytest.approx([by_hand[0], found["high"]], abs=1e-4)


def test_the_interval_of_a_difference_is_newcombes_or_that_of_each_persons_own(rules):
    # R. G. Newcombe, Statistics in Medicine 17 (1998), 873-890, table II: 56 of 70 and 48 of 80
    script = "([one, other]) => tell.difference(one, other)"
    found = rules.evaluate(script, [[{"right": 48, "of": 80}], [{"right": 56, "of": 70}]])
    assert [found["low"], found["high"]] == pytest.approx([0.0524, 0.3339], abs=1e-4)
    one, other = [5, 10, 15, 4], [10, 12, 20, 20]
    people = [[{"right": right, "of": 20} for right in some] for some in (one, other)]
    found = rules.evaluate(script, people)
    each = (np.array(other) - one) / 20
    low, high = stats.t.interval(0.95, 3, each.mean(), stats.sem(each))
    assert [found["low"], found["high"]] == pytest.approx([low, high], abs=1e-4)
    alike = rules.evaluate(script, [[{"right": 10, "of": 20}] * 3, [{"right": 11, "of": 20}] * 3])
    assert alike["low"] < 0 < alike["high"], "three people who agree are no proof"


def test_a_share_is_never_rounded_to_the_other_side(rules):
    for share, words in (
        (0.5, "50"),
        (0.495, "49.5"),
        (478 / 480, "99.6"),
        (0.99999, "99.9"),
        (1, "100"),
        (0.00001, "0.1"),
        (0, "0"),
        (23 / 40, "58"),
    ):
        assert (
            rules.evaluate("share => tell.percent(share)", share)
            == f"{words}\u00a0%"
            == f"{percent(share)}\u00a0%"
        )


@pytest.mark.parametrize(
    ("right", "generators", "words"),
    [
        ([True] * 40, 2, "Neither did: you got every pair right."),
        ([True] * 40, 3, "None did"),
        ([False] * 40, 2, "Both fooled you equally often."),
    ],
)
def test_who_fooled_nobody_and_who_fooled_alike(rules, chips, right, generators, words):
    some = chips | {"generators": chips["generators"][:generators]}
    script = "([right, chips]) => tell.fooled([{seed: 3, right}], chips, 'you')"
    assert rules.evaluate(script, [right, some]).startswith(words)
    one = [pair % generators != 0 for pair, _ in trials(3, generators=generators)]
    said = rules.evaluate(script, [one, some])
    assert "It was generator 0: you were right in 0\u00a0% of its pairs, and in 100\u00a0%" in said
    assert "hardly luck" in said


# ---- A whole run


def begin(page, seed, pixels=80):
    """Set the seed and the size, and wait for the first pair of practice."""
    page.get_by_text("Fewer pixels?").click()
    page.get_by_label("Seed").fill(str(seed))
    page.get_by_label("Seed").blur()
    page.get_by_label(f"{pixels} × {pixels}").check()
    page.evaluate("tell.PAUSE = 0")  # a person needs longer, a test does not


def practise(page, press):
    for n in (1, 2):
        assert page.get_by_role("status").inner_text() == f"Practice {n} of 2."
        press("left")
        assert re.match(
            "(Right|Not this time): the (left|right) chip is real", page.get_by_role("status").inner_text()
        )
        said = page.get_by_role("status").inner_text()
        press("right")  # the first answer counts
        assert page.get_by_role("status").inner_text() == said
        side = re.search("the (left|right) chip is real", said)[1]
        assert page.locator(".tell-name").all_inner_texts() == (
            ["real", "generated"] if side == "left" else ["generated", "real"]
        )
        page.get_by_role("button", name="Next" if n == 1 else "Now the 40").click()


def by_key(page):
    return lambda side: page.keyboard.press(f"Arrow{side.capitalize()}")


def sides(seed, right):
    """On which side to answer, so that each answer is as wanted."""
    other = {"left": "right", "right": "left"}
    return [side if wanted else other[side] for (_, side), wanted in zip(trials(seed), right, strict=True)]


def answer_all(page, seed, right):
    """Answer the forty at once, by clicks that the page makes itself."""
    script = (
        "sides => sides.forEach(side => document.querySelector(`[aria-label='The ${side} chip']`).click())"
    )
    assert page.get_by_role("status").inner_text().startswith("Pair 1 of 40.")
    page.evaluate(script, sides(seed, right))
    page.get_by_role("button", name="See my result").click()


def shown(page):
    """Which chips of the picture are on the two buttons: their colours say it (`some_chips`)."""
    script = "all => all.map(canvas => canvas.getContext('2d').getImageData(9, 9, 1, 1).data[0] - 1)"
    return page.locator(".tell-chip canvas").evaluate_all(script)


def code_on(page):
    return page.locator(".tell-code").inner_text()


def test_a_whole_run_by_keyboard_alone(opened, address, chips):
    page, seed = opened(address), 7
    right = answers(seed)
    wrong = [i + 1 for i, one in enumerate(right) if not one]
    assert shown(page) == [2 * 80 + 1, 2 * 80], "a pair is there at once"
    page.get_by_text("Fewer pixels?").focus()
    page.keyboard.press("Enter")
    for _ in range(2):
        page.keyboard.press("Tab")  # the sizes, then the seed
    page.keyboard.press("Control+a")
    page.keyboard.type(str(seed))
    page.keyboard.press("Tab")
    page.evaluate("tell.PAUSE = 0")
    press = by_key(page)
    high = page.locator(".tell").bounding_box()["height"]
    for _ in range(2):
        press("right")
        assert page.locator(".tell").bounding_box()["height"] == high, "nothing below jumps"
        assert page.evaluate("document.activeElement.getAttribute('aria-describedby')") == "tell-status"
        page.keyboard.press("Enter")  # Next has the focus
    looks = set()
    for (pair, side), answer in zip(trials(seed), sides(seed, right), strict=True):
        assert shown(page) == ([2 * pair, 2 * pair + 1] if side == "left" else [2 * pair + 1, 2 * pair])
        looks.add(page.locator(".tell-pair").evaluate("element => element.outerHTML"))
        press(answer)
    assert len(looks) == 1, "the page's text would tell which one is real"
    assert page.get_by_role("status").inner_text() == f"Pair 40 of 40. You chose the one on the {answer}."
    page.keyboard.press("Enter")  # See my result

    n = sum(right)
    low, high = stats.binomtest(n, 40).proportion_ci(method="wilson")
    text = page.locator(".tell").inner_text().replace("\xa0", " ")
    assert f"{n} of 40 right, {percent(n / 40)} %." in text
    assert f"right in {percent(low)} to {percent(high)} % of them" in text and "you can tell" in text
    assert (
        f"You, at 80 pixels: {percent(n / 40)} %. A network: 60 % at 10, 70 % at 20, 80 % at 40, 90 % at 80 pixels"
        in text
    )
    assert page.locator(".tell-figure .tell-share").count() == 1
    assert page.locator(".tell-figure .tell-network").count() == 4
    assert page.evaluate("document.activeElement.textContent") == "Your result"
    decoded = page.evaluate(DECODE, code_on(page))
    assert decoded["right"] == right and decoded["seed"] == seed and decoded["source"] == "real"
    assert decoded["edition"] == chips["edition"]
    rows = page.get_by_role("table").get_by_role("row").all_inner_texts()[1:]
    for g, row in enumerate(rows):
        mine = [one for (pair, _), one in zip(trials(seed), right, strict=True) if pair % 3 == g]
        low, high = stats.binomtest(sum(mine), len(mine)).proportion_ci(method="wilson")
        share = f"{percent(low)} to {percent(high)} %"
        assert row.replace("\xa0", " ").split("\t")[::3] == [f"generator {g}", share]
        assert row.split("\t")[1] == f"{sum(mine)} of {len(mine)}"
    captions = page.locator(".tell-gallery").first.locator("figcaption").all_inner_texts()
    assert [int(re.match(r"Pair (\d+), wrong after", one)[1]) for one in captions] == wrong
    page.get_by_text("All 40 pairs").click()
    page.locator("details figure").nth(39).wait_for()
    assert page.locator("details figure").count() == 40
    first = page.locator("details figure").first
    side = trials(seed)[0][1]
    assert first.inner_text().split("\n")[0] == ("real" if side == "left" else "generated")


def test_a_whole_run_by_touch_on_a_phone(opened, address):
    page = opened(address, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page.get_by_text("Fewer pixels?").tap()
    page.get_by_label("Seed").fill("11")
    page.get_by_text("20 × 20").tap()
    page.evaluate("tell.PAUSE = 0")
    assert not page.locator(".tell-keys").is_visible()

    def tap(side):
        page.get_by_role("button", name=f"The {side} chip").tap()

    practise(page, tap)
    for canvas in page.locator(".tell-chip canvas").all():
        box = canvas.bounding_box()
        assert box["width"] == box["height"] == 160, "two pixels of the page for each of the chip"
        assert 0 <= box["x"] and box["x"] + box["width"] <= 390 and 0 <= box["y"] <= 844 - 160, "in sight"
    right = answers(11, 0.4)
    for i, side in enumerate(sides(11, right)):
        assert page.get_by_role("status").inner_text() == f"Pair {i + 1} of 40."
        tap(side)
        assert i == 39 or page.locator(".tell-chosen").count() == 0, "the last tap leaves no mark"
    page.get_by_role("button", name="See my result").tap()
    told = page.evaluate(DECODE, code_on(page))
    assert told["right"] == right and told["pixels"] == 20
    assert "at 20 × 20 pixels" in page.locator(".tell-total").inner_text().replace("\xa0", " ")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_text("All 40 pairs").tap()
    page.locator("details figure").nth(39).wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_slip_is_no_answer_and_back_takes_one_back(opened, address):
    page = opened(address)
    begin(page, 5)
    press = by_key(page)
    practise(page, press)
    status = page.get_by_role("status")
    page.evaluate("tell.PAUSE = 1e6")
    press("left")
    assert status.inner_text() == "Pair 1 of 40.", "so fast nobody looks"
    page.evaluate("tell.PAUSE = 0")
    page.keyboard.down("ArrowLeft")
    page.keyboard.down("ArrowLeft")  # held: the browser repeats the key
    page.keyboard.up("ArrowLeft")
    assert status.inner_text() == "Pair 2 of 40."
    page.keyboard.press("Control+ArrowLeft")
    assert status.inner_text() == "Pair 2 of 40."
    back, next_one = (page.get_by_role("button", name=name) for name in ("Back", "Next"))
    assert next_one.is_disabled()
    back.click()
    assert status.inner_text() == "Pair 1 of 40. You chose the one on the left." and back.is_disabled()
    assert page.locator(".tell-chosen").get_attribute("aria-label") == "The left chip"
    next_one.click()
    assert status.inner_text() == "Pair 2 of 40." and page.locator(".tell-chosen").count() == 0
    assert page.evaluate("document.activeElement.localName") == "h3", "a disabled button would lose the keys"
    back.click()
    right = answers(5)
    for side in sides(5, right):
        press(side)
    back.click()
    assert status.inner_text().startswith("Pair 39 of 40. You chose")
    press({"left": "right", "right": "left"}[sides(5, right)[38]])
    page.get_by_role("button", name="See my result").click()
    told = page.evaluate(DECODE, code_on(page))["right"]
    assert told == [*right[:38], not right[38], right[39]]


@pytest.mark.parametrize(
    ("right", "words"),
    [
        (
            [True] * 40,
            ["40 of 40 right, 100 %", "you can tell", "You got none wrong", "None did"],
        ),
        (
            [True, False] * 20,
            [
                "20 of 40 right, 50 %",
                "do not show that you can tell",
                "may be luck",
                "sees a difference that you",
            ],
        ),
        ([False] * 40, ["0 of 40 right, 0 %", "take one kind for the other", "fooled you equally often"]),
    ],
    ids=["all", "half", "none"],
)
def test_the_result_says_what_its_interval_says(opened, address, right, words):
    page = opened(address)
    begin(page, 3)
    practise(page, by_key(page))
    answer_all(page, 3, right)
    text = page.locator(".tell").inner_text().replace("\xa0", " ")
    assert [one for one in words if one not in text] == []


def test_a_seed_stands_in_the_address_and_two_people_have_two_codes(opened, address):
    page = opened(f"{address}#seed=42&pixels=40")
    page.evaluate("let n = 0; Math.random = () => (n++ % 1000) / 1000")
    codes = []
    for _ in range(2):
        begin(page, 42, 40)
        assert page.url.endswith("#seed=42&pixels=40")
        practise(page, by_key(page))
        answer_all(page, 42, [True] * 40)
        codes.append(code_on(page))
        page.get_by_role("button", name="Start again").click()
        assert page.evaluate("document.activeElement.textContent") == "Skip practice"
        assert re.search(r"#seed=\d+&pixels=40$", page.url)
    assert codes[0] != codes[1]
    page.evaluate("location.hash = '#seed=8'")
    page.get_by_text("Fewer pixels?").click()
    page.wait_for_function("document.querySelector('[type=number]').value === '8'")
    assert page.get_by_label("80 × 80").is_checked()
    assert opened(f"{address}#seed=xyz").locator("[type=number]").input_value().isdecimal()
    page = opened(address)
    begin(page, 123456)
    assert page.get_by_label("Seed").input_value() == "9999" and page.url.endswith("#seed=9999")


def test_a_result_is_still_there_after_a_reload_and_the_same_forty_can_be_seen_smaller(opened, address):
    page = opened(address)
    begin(page, 6)
    page.get_by_role("button", name="Skip practice").click()
    right = answers(6)
    answer_all(page, 6, right)
    code_before, text = code_on(page), page.locator(".tell-total").inner_text()
    assert page.url.endswith(f"#{code_before}")
    page.reload()
    page.wait_for_selector("[data-tell][data-ready]", timeout=WAIT)
    assert code_on(page) == code_before and page.locator(".tell-total").inner_text() == text
    assert (
        "NaN" not in page.locator(".tell").inner_text()
        and "longest" not in page.locator(".tell").inner_text()
    )
    page.get_by_role("button", name="The same forty at 20").click()
    page.evaluate("tell.PAUSE = 0")
    assert page.locator(".tell-chip canvas").first.get_attribute("width") == "20"
    pair, side = trials(6)[0]
    assert shown(page) == ([2 * pair, 2 * pair + 1] if side == "left" else [2 * pair + 1, 2 * pair])
    answer_all(page, 6, right)
    assert page.evaluate(DECODE, code_on(page))["pixels"] == 20
    page = opened(f"{address}#{code(6, right, edition=5)}")
    assert "cannot be shown: it is about other pairs" in page.get_by_role("alert").inner_text()
    assert page.locator(".tell-pair").count() == 1


def test_a_run_or_pasted_codes_are_not_left_without_a_question(opened, address, class_address):
    leaves = "() => !window.dispatchEvent(new Event('beforeunload', {cancelable: true}))"
    page = opened(address)
    page.get_by_role("button", name="Skip practice").click()
    page.evaluate("tell.PAUSE = 0")
    assert page.evaluate(leaves) is False
    by_key(page)("left")
    assert page.evaluate(leaves) is True
    page = opened(class_address)
    assert page.evaluate(leaves) is False
    page.get_by_label("Codes").fill("TELL1-")
    assert page.evaluate(leaves) is True
    page.get_by_label("Codes").fill("")


def test_after_the_score_the_page_asks_what_one_looked_at_and_says_it_folded(opened, address):
    page = opened(f"{address}#{code(6, answers(6))}")
    clues = page.locator(".tell .tell-clues")
    assert not clues.get_by_text("The water.").is_visible()
    clues.get_by_text("What gives them away").click()
    assert clues.get_by_text("The water.").is_visible()
    assert page.get_by_role("link", name="a page").count() == 3


@pytest.mark.parametrize("broken", [False, True])
def test_the_code_is_copied_or_selected(browser, address, broken):
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    if broken:
        page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page.goto(address)
    begin(page, 1)
    practise(page, by_key(page))
    answer_all(page, 1, [True] * 40)
    page.get_by_role("button", name="Copy the code").click()
    page.get_by_text("Copied.").wait_for()
    how = "getSelection().toString()" if broken else "navigator.clipboard.readText()"
    assert page.evaluate(how).strip() == code_on(page)
    context.close()


def test_a_book_of_simulated_chips_says_so(opened, tmp_path):
    page = opened(site(tmp_path, "trial", some_chips("simulated", 2)))
    assert "built with simulated chips" in page.locator(".tell").inner_text()
    begin(page, 0)
    assert page.get_by_role("heading", name="Which one is simulated?").is_visible()


# ---- The class


def add_up(page, text):
    page.get_by_label("Codes").fill(text)
    page.get_by_role("button", name="Add them up").click()


def test_an_invented_class_is_added_up_and_said_to_be_invented(opened, class_address):
    page = opened(class_address)
    page.get_by_role("button", name="Try with an invented class").click()
    assert page.get_by_role("status").inner_text() == "12 codes were read. All these people are invented."
    people = [
        page.evaluate(DECODE, one) for one in re.findall("TELL1.*", page.get_by_label("Codes").input_value())
    ]
    share, low, high, by = pooled([(sum(one["right"]), 40) for one in people])
    text = page.locator(".tell-result").inner_text().replace("\xa0", " ")
    assert f"{sum(sum(one['right']) for one in people)} of 480 right, {percent(share)} %." in text
    assert (
        f"would probably be {percent(low)} to {percent(high)} % (95" in text and "the class can tell" in text
    )
    assert by == "t" and "a t interval over the 12 people" in text
    rows = dict(
        row.split("\t", 1)
        for row in page.get_by_role("table").first.inner_text().split("\n")[1:]
        if "\t" in row
    )
    rows = {
        name.strip().replace("\xa0", " "): row.replace("\xa0", " ").split("\t") for name, row in rows.items()
    }
    shares, ends = [], []
    for g in range(3):
        split = []
        for one in people:
            mine = [
                r for (pair, _), r in zip(trials(one["seed"]), one["right"], strict=True) if pair % 3 == g
            ]
            split.append((sum(mine), len(mine)))
        share, low, high, _ = pooled(split)
        shares.append(f"{percent(share)} %")
        ends.append(f"{percent(low)} to {percent(high)} %")
    assert rows["The class, 80 pixels"] == shares and rows["its 95 % interval"] == ends
    assert rows["Network, 10 pixels"] == ["60 %"] * 3 and rows["KID, lower is better"] == ["0.37"] * 3
    assert "both score" not in text and "all score less, so KID cannot tell them from real ships" in text
    image = page.get_by_role("img", name="Shares right of 12 people").first
    assert image.locator(".tell-dot").count() == 12 and image.locator(".tell-network").count() == 16
    assert image.locator(".tell-share").count() == 4
    assert all(
        f"{words} at 80 pixels {share}" in image.get_attribute("aria-label").replace("\xa0", " ")
        for words, share in zip(("generator 0", "generator 1", "generator 2"), shares, strict=True)
    )


def test_the_hardest_pairs_are_those_that_most_got_wrong(opened, class_address):
    page = opened(class_address)
    order = [pair for pair, _ in trials(7)]
    hard = {order[5]: 3, order[0]: 2, order[39]: 1}
    people = [[hard.get(pair, 0) <= person for pair in order] for person in range(4)]
    add_up(page, "\n".join(code(7, right) for right in people))
    captions = page.locator(".tell-gallery figcaption").all_inner_texts()
    assert captions == [
        f"Pair {order.index(pair) + 1}. Wrong: {n} of 4. Drawn by generator {pair % 3}."
        for pair, n in sorted(hard.items(), key=lambda x: -x[1])
    ]
    colours = page.locator(".tell-gallery canvas").evaluate_all(
        "all => all.map(canvas => canvas.getContext('2d').getImageData(40, 40, 1, 1).data[0] - 1)"
    )
    labels = page.locator(".tell-halves > div").all_inner_texts()
    for pair, halves, names in zip(
        (order[5], order[0], order[39]), np.reshape(colours, (3, 2)), np.reshape(labels, (3, 2)), strict=True
    ):
        assert dict(zip(names, halves.tolist(), strict=True)) == {"real": 2 * pair, "generated": 2 * pair + 1}


def test_a_pasted_class_is_never_lost_to_the_invented_one(opened, class_address):
    page = opened(class_address)
    box = page.get_by_label("Codes")
    page.get_by_role("button", name="Try with an invented class").click()
    assert len(box.input_value().split("\n")) == 12
    page.get_by_role("button", name="Remove the invented class").click()
    assert box.input_value() == "" and page.locator(".tell-result *").count() == 0
    box.fill(code(1, answers(1)))
    assert page.get_by_role("button", name="Try with an invented class").is_disabled()


def test_a_class_that_looked_at_two_sizes_is_kept_apart_by_size(opened, class_address):
    page = opened(class_address)
    sharp, small = [[share >= k for share in np.linspace(0, 1, 40)] for k in (0.05, 0.5)]
    add_up(
        page,
        "\n".join(
            code(seed, right, pixels=pixels)
            for seed in range(4)
            for pixels, right in ((80, sharp), (20, small))
        ),
    )
    text = page.locator(".tell-result").inner_text().replace("\xa0", " ")
    assert "152 of 160 right, 95 %, at 80 × 80 pixels." in text
    assert "80 of 160 right, 50 %, at 20 × 20 pixels." in text
    assert (
        "At 80 pixels the class was right in 95 % of the pairs, and a network in 90 %: the class does better"
        in text
    )
    assert "right in 50 % of the pairs, and a network in 70 %: the network does better" in text
    image = page.locator(".tell-figure svg")
    assert image.locator(".tell-dot").count() == 8 and image.locator(".tell-share").count() == 8
    assert "seen at 80" not in text and "people saw at 80 pixels" in text


READ = """([text, chips]) => {
  const {people, problems, twice} = tell.read(text, chips);
  return [people.map(one => one.name), problems, twice];
}"""


def test_names_stand_before_a_code_or_behind_it_as_chats_write_them(opened, class_address, chips):
    page = opened(class_address)
    good = code(7, answers(7))
    for line, name in (
        (f"Anna: {good}", "Anna"),
        (f"14:03 Omar: hi, here is my code {good}", "Omar"),
        (f"[14:03, 30/11/2026] Omar Ali: {good}", "Omar Ali"),
        (f"30/11/2026, 14:03 - Omar: {good}", "Omar"),
        (f"{good} Gita", "Gita"),
        (f"{good} (Gita)", "Gita"),
        (f"{good.replace('-', ' ')} Lena K", "Lena K"),
        (f"\u200eAda: {good}\u200e", "Ada"),
        (f"Max {good.removeprefix('TELL1-')}", "Max"),
        (good.replace("-", "\u2013").replace("TELL1", "Telli"), "Person 1"),
        (good.removeprefix("TELL1-").replace("-", ""), "Person 1"),
        (f"tell Lisa {good}", "tell Lisa"),
    ):
        assert page.evaluate(READ, [line, chips]) == [[name], [], 0], line
    for line, said in (
        (f"Gita: {good[:-1]}", "Gita (line 1): found 19 letters"),
        (f"{good[:15]} Omar Khan", "Omar Khan (line 1): found 8 letters"),
        (f"{good}X", "Line 1: found 21 letters"),
        (
            "please tell Lisa that this code came from here",
            "“please tell Lisa that th” (line 1): found no code",
        ),
    ):
        people, (problem,), _ = page.evaluate(READ, [line, chips])
        assert people == [] and problem.startswith(said), problem


def test_rubbish_is_named_and_what_is_right_still_counts(opened, class_address):
    page = opened(class_address)
    good, other = code(1, answers(1)), code(2, answers(2))
    typo = good[:-1] + ("0" if good[-1] != "0" else "1")
    lines = [
        f"Anna: {good} (from her phone)",
        "",
        "Friday's class",
        f"Gita: {typo}",
        good.replace("TELL1", "TELL2"),
        good.lower(),
        code(1, answers(1), source="simulated"),
        code(1, answers(1), edition=5),
        f"<img src=x onerror=alert(1)> {other}",
        "TELL1-SHORT",
    ]
    add_up(page, "\n".join(lines))
    assert (
        page.get_by_role("status").inner_text()
        == "2 codes were read. 1 came twice and counts once. 6 problems were found; see below the result."
    )
    page.get_by_text("What could not be read").click()
    said = page.locator(".tell-result > .tell-problems:last-child li").all_inner_texts()
    expected = [
        "“Friday's class” (line 3): found no code",
        "Gita (line 4): a letter is wrong, since the checksum does not fit",
        "Line 5: found a code of version 2; this page reads version 1",
        "Line 7: this code is about simulated chips; this page was built with real ones",
        "Line 8: this code is about other pairs",
        "Line 10: found 5 letters and digits after TELL1; expected 20",
    ]
    assert [len(said), *(one[: len(wanted)] for one, wanted in zip(said, expected, strict=True))] == [
        6,
        *expected,
    ]
    page.get_by_text("Every person, as a table").click()
    rows = page.locator("details table tbody tr").all_inner_texts()
    assert [row.split("\t")[0] for row in rows] == ["Anna", "<img src=x onerror=alert(1)>"]
    assert page.locator("details img").count() == 0
    add_up(page, "nothing\n\n")
    assert page.get_by_role("status").inner_text() == "0 codes were read. 1 problem was found; see below."
    assert page.locator(".tell-result svg").count() == 0 and page.get_by_text("found no code").is_visible()
    page.get_by_label("Codes").fill("")


def test_one_person_is_no_class_and_a_perfect_one_has_no_hard_pair(opened, class_address):
    page = opened(class_address)
    add_up(page, code(1, [True] * 40))
    low = stats.binomtest(40, 40).proportion_ci(method="wilson").low
    text = page.locator(".tell-result").inner_text().replace("\xa0", " ")
    assert f"{percent(low)} to 100 %" in text and "of one person's answers" in text
    assert "Nobody got a pair wrong" in text and "this person can tell" in text and "the class" not in text
    add_up(page, code(1, [False] + [True] * 39))
    text = page.locator(".tell-result").inner_text()
    assert "This person got these wrong" in text and "1 of 1" not in text
    page.get_by_label("Codes").fill("")


def test_without_records_the_class_page_says_so(opened, tmp_path):
    page = opened(site(tmp_path, "class", some_chips("simulated", 1)))
    page.get_by_role("button", name="Try with an invented class").click()
    text = page.locator(".tell-result").inner_text()
    assert (
        "built with simulated chips, so there are no numbers of theirs" in text
        and "Network, " not in text
        and "KID" not in text
    )


# ---- For everyone, everywhere


def violations(page):
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {preload: false}).then(result => result.violations)")
    return [f"{rule['id']}: {node['html'][:200]}" for rule in found for node in rule["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_any_state(opened, address, class_address, scheme):
    page = opened(address, color_scheme=scheme, viewport={"width": 390, "height": 844})
    told = violations(page)
    begin(page, 7)
    by_key(page)("left")
    told += violations(page)
    page.get_by_role("button", name="Next").click()
    by_key(page)("left")
    page.get_by_role("button", name="Now the 40").click()
    told += violations(page)
    by_key(page)("left")
    page.get_by_role("button", name="Back").click()
    told += violations(page)
    answer_all(page, 7, answers(7))
    page.get_by_text("All 40 pairs").click()
    page.locator("details figure").nth(39).wait_for()
    told += violations(page)
    page = opened(class_address, color_scheme=scheme, viewport={"width": 390, "height": 844})
    page.get_by_role("button", name="Try with an invented class").click()
    page.get_by_text("Every person, as a table").click()
    told += violations(page)
    assert told == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_nothing_moves(opened, address):
    page = opened(address, reduced_motion="reduce")
    begin(page, 7)
    by_key(page)("left")
    assert page.evaluate("document.getAnimations().length") == 0
    sheets = [
        (STATIC / "tell" / name).read_text(encoding="utf-8")
        for name in ("tell.css", "trial.js", "class.js", "chart.js")
    ]
    assert not re.search(
        r"transition|animation|@keyframes|requestAnimationFrame|setInterval", "".join(sheets)
    )


def test_letters_of_the_picture_can_be_read_on_a_phone(opened, class_address):
    page = opened(class_address, viewport={"width": 390, "height": 844})
    page.get_by_role("button", name="Try with an invented class").click()
    heights = page.locator(".tell-figure text").evaluate_all(
        "all => all.map(e => e.getBoundingClientRect().height)"
    )
    assert min(heights) >= 9
    frame = page.locator(".tell-figure svg").bounding_box()
    for box in page.locator(".tell-figure svg *").evaluate_all(
        "all => all.map(e => e.getBoundingClientRect().toJSON())"
    ):
        assert frame["x"] - 1 <= box["left"] and box["right"] <= frame["x"] + frame["width"] + 1, "cut off"


@pytest.mark.parametrize("kind", PAGES)
def test_without_scripts_or_chips_what_stands_in_the_page_stays(browser, tmp_path, kind):
    for on, chips in ((False, some_chips()), (True, None)):
        context = browser.new_context(java_script_enabled=on)
        page, problems = context.new_page(), []
        page.on("pageerror", lambda error, problems=problems: problems.append(str(error)))
        folder = tmp_path / str(on)
        page.goto(site(folder, kind, chips))
        page.wait_for_timeout(300)
        if kind == "trial":
            assert (
                page.locator("[data-tell] img").is_visible() and page.get_by_text("The answers").is_visible()
            )
            assert not page.get_by_text("1 left").is_visible()
            page.get_by_text("The answers").click()
            assert page.get_by_text("1 left").is_visible()
        else:
            assert "count by hand" in page.locator("[data-tell]").inner_text()
        if kind == "trial":
            assert not page.get_by_text("The water.").is_visible(), "the list is folded without scripts too"
        assert page.locator("button, canvas, textarea").count() == 0 and not problems
        context.close()


def test_it_works_under_the_policy_of_the_published_pages(browser, tmp_path, chips):
    site(tmp_path, "trial", chips)

    class Host(SimpleHTTPRequestHandler):
        def end_headers(self):
            self.send_header(*script("tools/policy.py").HEADER.split(": ", 1))
            super().end_headers()

        def log_message(self, *words):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Host, directory=tmp_path)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page, said = browser.new_page(), []
        page.on("console", lambda line: said.append(line.text))
        page.goto(f"http://127.0.0.1:{server.server_port}/index.html#seed=7")
        page.wait_for_selector("[data-tell][data-ready]", timeout=WAIT)
        assert shown(page) == [2 * 80 + 1, 2 * 80]
        assert [line for line in said if "icon" not in line and "404" not in line] == []
        page.close()
        server.shutdown()


# ---- What the tool writes


@pytest.fixture(scope="module")
def simulated():
    chips = load_chips("simulated", say=lambda line: None)
    return chips, tell.content(chips)


def shrunk(image, by):
    """Each pixel the mean of those that it covers."""
    high, wide, _ = image.shape
    means = image.reshape(high // by, by, wide // by, by, 3).astype(int).sum(axis=(1, 3)) / by**2
    return np.rint(means).astype(np.uint8)


def chip(content, picture, i):
    top, left = i // content["columns"] * 80, i % content["columns"] * 80
    return picture[top : top + 80, left : left + 80]


def test_the_chips_are_test_ships_and_the_first_that_a_seed_draws_pixel_by_pixel(simulated):
    chips, content = simulated
    pictures = {}
    for side, address in content["pictures"].items():
        data = base64.b64decode(address.partition("base64,")[2])
        pictures[side] = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    picture = pictures[80]
    for side in (40, 20):  # a sheet of chips in rows without gaps, so it shrinks as its chips do
        assert np.array_equal(pictures[side], shrunk(picture, 80 // side))
    train = {image.tobytes() for image in chips.split(0).train.images}
    test = {image.tobytes() for image in chips.split(0).test.ships.images}
    names = [one["name"] for one in content["generators"]]
    assert names == ["book", "conditional"] or names == [*tell.GENERATORS]
    total = content["pairs"] + content["practice"]
    real = [chip(content, picture, 2 * i).tobytes() for i in range(total)]
    assert set(real) <= test and not set(real) & train and len(set(real)) == total == 82
    for g, name in enumerate(names):
        sampler = models.load(name, "simulated")
        condition = conditions.encode(True) if len(sampler.inputs) > 1 else None
        drawn = sampling.sample(sampler, 3, tell.SEED, condition)
        for k in range(3):
            found = chip(content, picture, 2 * (k * len(names) + g) + 1).astype(int)
            assert np.abs(found - drawn[k]).max() <= 1
    assert len(json.dumps(content)) < 2.6e6
    assert all(one["kid"] is None and one["apart"] is None for one in content["generators"])


def no_two_overlap(ships):
    """Whether the centres of any two ships of one day lie at least a chip apart, 240 m."""
    lon, lat = ships.locations.T
    metres = np.stack([lon * np.cos(np.radians(lat)), lat], axis=1) * 111_195
    far = np.hypot(*(metres[:, None] - metres[None]).transpose(2, 0, 1)) >= 239
    other_day = ships.days[:, None] != ships.days[None]
    return bool((far | other_day | np.eye(len(ships), dtype=bool)).all())


def test_a_place_comes_once_a_day():
    metre = 1 / 111_195
    places = np.array([(0, 60), (0, 60 + 200 * metre), (490 * metre, 60), (0, 60 + 250 * metre), (0, 60)])
    assert tell.alone(places, np.array(["a", "a", "a", "a", "b"])) == [0, 2, 3, 4], (
        "a degree east is shorter at 60 north"
    )


def test_what_is_said_of_the_generators_links_to_pages_of_the_book():
    contents = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    for name in {*tell.generators("real"), *tell.generators("simulated")}:
        page = tell.GENERATORS[name][1][2]
        file = (ROOT / "book" / "better" / page).resolve().relative_to(ROOT).with_suffix("")
        assert f"file: {file}\n" in contents


def test_the_sizes_of_the_tool_are_those_of_the_page_and_networks_saw_them(rules):
    assert rules.evaluate("tell.SIZES") == list(tell.SIZES)
    assert set(tell.SIZES) <= set(pd.read_csv(tell.RECORDS / "told-apart.csv").pixels)


@pytest.mark.real
def test_with_real_chips_all_are_of_the_test_days_and_the_records_are_there():
    chips = load_chips(say=lambda line: None)
    content, shown = tell.content(chips), tell.real(chips)
    assert content["source"] == "real" and len(shown) == 82
    assert set(shown.days) <= set(chips.split(0).test.days) and shown.labels.all()
    assert not set(shown.days) & set(chips.split(0).train.days)
    assert all(one["kid"] and len(one["apart"]) == 4 for one in content["generators"][:2])
    assert no_two_overlap(shown)
    assert len(json.dumps(content)) < 2.6e6


def test_a_result_fits_all_copies_with_the_same_ships_and_weights_and_no_others(simulated, monkeypatch):
    chips, content = simulated
    edition = tell.edition(chips)
    assert edition == content["edition"] and 0 <= edition < 2**15
    assert tell.edition(load_chips("simulated", say=lambda line: None)) == edition
    monkeypatch.setattr(tell, "generators", lambda source: ["book"])
    assert tell.edition(chips) != edition
    monkeypatch.undo()
    monkeypatch.setattr(tell, "SEED", tell.SEED + 1)
    assert tell.edition(chips) != edition


def test_a_third_generator_joins_as_soon_as_it_is_shipped(simulated, monkeypatch):
    monkeypatch.setattr(
        tell.models, "shipped", lambda: ["book-real", "flow-real", "judge-real", "conditional-real"]
    )
    assert tell.generators("real") == ["book", "conditional", "flow"] and tell.generators("simulated") == []


def test_the_records_beside_the_class_are_those_of_the_tables():
    panel = pd.read_csv(tell.RECORDS / "panel.csv")
    apart = pd.read_csv(tell.RECORDS / "told-apart.csv")
    for name in ("book", "conditional"):
        found = tell.rulers(name, "real")
        assert found["kid"]["score"] == panel[(panel.set == name) & (panel.ruler == "KID")].score.item()
        assert {one["pixels"]: one["auc"] for one in found["apart"]} == dict(
            apart[apart.set == name][["pixels", "auc"]].to_numpy().tolist()
        )
    assert tell.rulers("nobody", "real") == {"kid": None, "apart": None} == tell.rulers("book", "simulated")


def test_the_rulers_that_the_page_names_are_there():
    text = PAGES["trial"].read_text(encoding="utf-8")
    rulers = set(pd.read_csv(tell.RECORDS / "panel.csv").ruler)
    assert {"noise of the sea, W1", "broken ships"} <= rulers
    assert "*Noise of the sea* measures it" in text and "*Broken ships* counts" in text


def test_it_is_written_again_only_where_something_changed_and_not_for_too_few_ships(
    tmp_path, monkeypatch, capsys, simulated
):
    chips, content = simulated
    made = []
    monkeypatch.setattr(tell, "load_chips", lambda **_: chips)
    monkeypatch.setattr(tell, "content", lambda chips: made.append(1) or content)
    tell.main(tmp_path)
    tell.main(tmp_path)
    text = (tmp_path / "chips.js").read_text(encoding="utf-8")
    assert len(made) == 1 and text.splitlines()[1].startswith('tell.chips = {"source":"simulated"')
    monkeypatch.setattr(tell, "SEED", tell.SEED + 1)
    tell.main(tmp_path)
    assert len(made) == 2
    monkeypatch.setattr(tell, "real", lambda chips: chips.ships[:41])
    tell.main(tmp_path)
    assert (
        "found 41 test ships, expected 42" in capsys.readouterr().out and not (tmp_path / "chips.js").exists()
    )


def test_the_picture_without_scripts_is_what_the_tool_draws_and_its_answers_are_true(tmp_path):
    sides = tell.still(tmp_path / "pairs.png")
    stored, drawn = (
        np.asarray(Image.open(file), int) for file in (STATIC / "tell-pairs.png", tmp_path / "pairs.png")
    )
    assert np.abs(stored - drawn).max() <= 2
    answer = ", ".join(f"{i + 1} {side}" for i, side in enumerate(sides))
    assert f"\n{answer}.\n" in PAGES["trial"].read_text(encoding="utf-8")


def test_both_pages_load_the_scripts_that_there_are():
    loaded = set()
    for path in PAGES.values():
        loaded |= set(re.findall(r'src="../../_static/tell/(\w+\.js)"', path.read_text(encoding="utf-8")))
    assert loaded == {"rules.js", "page.js", "chart.js", "trial.js", "class.js", "chips.js"}
    assert "book/_static/tell/chips.js" in (ROOT / ".gitignore").read_text()
