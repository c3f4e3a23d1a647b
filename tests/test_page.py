"""The built pages: whole, alone, and readable for everyone. `SATGAN_PAGES` is the folder they were built to."""

import os
import re
import time
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from threading import Thread
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup
from scripts import script

if "SATGAN_PAGES" not in os.environ:
    pytest.skip("set SATGAN_PAGES to the built pages; `make test` does", allow_module_level=True)

PAGES = Path(os.environ["SATGAN_PAGES"]).resolve()
BOOK = sorted(PAGES.glob("book/**/*.html"))
NOTEBOOKS = [
    page
    for page in BOOK
    if (Path(__file__).parents[1] / page.relative_to(PAGES)).with_suffix(".ipynb").is_file()
]
ALL = [*BOOK, PAGES / "index.html", PAGES / "search.html", PAGES / "genindex.html"]
# What a page asks for by itself; a plain <a href> is the reader's choice.
FETCHES = {
    "img": "src",
    "script": "src",
    "link": "href",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "object": "data",
}
SIZES = {"desktop": (1280, 800), "phone": (390, 844)}
SHOTS = PAGES.parent / "screenshots"  # for a person to look at


@cache
def soup(path):
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def name(path):
    return str(path.relative_to(PAGES))


def test_there_are_pages_and_no_jekyll():
    assert len(BOOK) >= 3 and (PAGES / ".nojekyll").exists()


@pytest.mark.parametrize("path", ALL, ids=name)
def test_asks_no_outside_host(path):
    asked = [tag[FETCHES[tag.name]] for tag in soup(path).find_all(FETCHES) if tag.get(FETCHES[tag.name])]
    inline = [tag.string or "" for tag in soup(path).find_all(["style", "script"])]
    imports = [
        url
        for text in inline
        for url in re.findall(r"url\(['\"]?(https?://[^)'\"]+)|import\(['\"](https?://[^'\"]+)", text)
    ]
    assert [url for url in asked if urlsplit(url).netloc and "canonical" not in url] + imports == []


@pytest.mark.parametrize("path", BOOK, ids=name)
def test_every_picture_says_what_there_is_to_see(path):
    article = soup(path).find("article")
    pictures = [(tag, tag.get("alt", "")) for tag in article.find_all("img")]
    pictures += [(tag, tag.get("aria-label", "")) for tag in article.find_all("svg", class_="satgan-figure")]
    bare = [str(tag)[:120] for tag, alt in pictures if len(alt) < 30 or alt.endswith((".png", ".svg"))]
    assert bare == []
    assert not [
        tag
        for tag in article.find_all("img")
        if "/_images/" in tag["src"] and tag.find_parent(class_="cell_output")
    ], "a cell shows a figure without show(figure, alt=…)"


@pytest.mark.parametrize("path", BOOK, ids=name)
def test_every_figure_has_a_caption_that_all_can_see(path):
    for picture in soup(path).find("article").find_all("svg", class_=["satgan-figure", "satgan-drawing"]):
        film = picture.find_parent(class_="satgan-film")
        words = picture.find_parent("figure").find("figcaption") if not film else film.find("p")
        assert words and len(words.get_text()) > 20, picture.get("aria-label", picture.get("aria-labelledby"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name)
def test_letters_in_a_figure_can_be_read_on_a_phone(path):
    sizes = [float(svg["data-smallest"]) for svg in soup(path).find_all("svg", class_="satgan-figure")]
    assert sizes and min(sizes) >= 9, f"letters of {min(sizes)} pixels where the screen is 390 wide"


@cache
def anchors(path):
    return {element["id"] for element in soup(path).find_all(id=True)}


@pytest.mark.parametrize("path", BOOK, ids=name)
def test_no_internal_link_is_dead(path):
    dead = []
    for link in soup(path).find_all("a", href=True):
        url = urlsplit(link["href"])
        if url.scheme or url.netloc:
            continue
        target = (path.parent / unquote(url.path)).resolve() if url.path else path
        if target.is_dir():
            target /= "index.html"
        anchor = unquote(url.fragment)
        if not target.exists() or (anchor and target.suffix == ".html" and anchor not in anchors(target)):
            dead.append(link["href"])
    assert dead == []


@pytest.mark.parametrize("path", BOOK, ids=name)
def test_no_cell_failed_and_no_raw_markup_is_left(path):
    article = soup(path).find("article")
    for example in article.select(".highlight-pycon, .highlight-python, .doctest"):
        if example.get_text().startswith(">>>"):
            example.decompose()  # of the package's page: an example may show an error
    text = article.get_text()
    assert "Traceback (most recent call last)" not in text
    assert not re.search(r"\{(footcite|cite|doc|ref)[:\w]*\}`", text)


@pytest.mark.parametrize("path", BOOK, ids=name)
def test_headings_are_in_order(path):
    levels = [int(tag.name[1]) for tag in soup(path).find("article").find_all(re.compile("^h[1-6]$"))]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(b <= a + 1 for a, b in pairwise(levels))


AXE = (Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
# A figure or a formula is one picture with words of its own; what it is made of says nothing, in thousands of elements. And of
# the thousands of coloured words of code, one in sight of each kind on each ground says all.
FEWER = """
document.querySelectorAll("svg.satgan-figure, mjx-container svg").forEach((picture) =>
  [...picture.children].forEach((part) => ["title", "desc"].includes(part.localName) || part.remove()));
const seen = new Set();
document.querySelectorAll(".highlight pre span").forEach((word) => {
  const kind = [word, word.closest(".cell_input, .cell_output, .admonition, article")].map((each) => each?.className).join();
  if (seen.has(kind) || !word.checkVisibility()) word.remove();
  else seen.add(kind);
});
"""


@pytest.mark.once
@pytest.mark.browser
@pytest.mark.parametrize(
    "path", [path for path in ALL if path.name != "index.html" or path in BOOK], ids=name
)
def test_axe_finds_nothing_that_keeps_anyone_out(browser, path):
    context = browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme="light")
    page = context.new_page()
    page.goto(path.as_uri())
    if page.locator(".math").count():
        page.wait_for_selector(".math mjx-container svg", state="attached")
    page.evaluate(FEWER)
    page.evaluate(AXE)

    def violations(rules):
        return page.evaluate(f"axe.run(document, {rules}).then(result => result.violations)")

    found = violations("{}")
    page.set_viewport_size({"width": 390, "height": 844})  # other buttons are there, some without a word
    found += violations("{runOnly: {type: 'tag', values: ['cat.name-role-value']}}")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.emulate_media(color_scheme="dark")  # which changes the contrasts alone
    page.wait_for_function("document.documentElement.dataset.theme === 'dark'")
    page.wait_for_timeout(300)  # colours may fade into each other
    found += violations("{runOnly: ['color-contrast']}")
    told = [f"{rule['id']}: {node['html'][:200]}" for rule in found for node in rule["nodes"]]
    context.close()
    assert told == []


def test_every_page_says_its_version_its_licence_and_whose_chips_it_may_show():
    source = os.environ.get("SATGAN_DATA", "")
    for path in BOOK:
        text = soup(path).find("footer", class_="bd-footer-content").get_text()
        assert re.search(r"Version \d+\.\d+\.\d+[\w.+]*\. Code: MIT", text), name(path)
        if source and source != "simulated":
            assert "Hammell" in text and "Planet Team" in text and "CC BY-SA 4.0" in text, name(path)


def test_every_page_has_a_description_a_picture_and_a_favicon_for_whoever_shares_it():
    for path in BOOK:
        head = soup(path).find("head")
        assert len(head.find("meta", attrs={"name": "description"})["content"]) > 40, name(path)
        picture = head.find("meta", property="og:image")["content"]
        assert (PAGES / picture).is_file() and head.find("meta", property="og:image:alt")["content"]
        assert (path.parent / head.find("link", rel="icon")["href"]).resolve().is_file()


def test_the_run_times_are_those_of_this_build():
    rows = soup(PAGES / "book" / "appendix" / "run-times.html").find("table").find_all("tr")[1:]
    times = {Path(row.find("a")["href"]).name: row.find_all("td") for row in rows if row.find("a")}
    assert list(times) == [page.name for page in in_order(NOTEBOOKS)]
    for path in NOTEBOOKS:
        cells = [cell.get_text(strip=True) for cell in times[path.name]]
        assert any(re.fullmatch(r"\d+\.\d+", cell) and float(cell) > 0.5 for cell in cells), cells


def in_order(pages):
    """Sort pages as the contents at the side of each one list them."""
    links = soup(PAGES / "book" / "index.html").select("nav.bd-links a[href]")
    order = [(PAGES / "book" / unquote(link["href"])).resolve() for link in links]
    return sorted(pages, key=order.index)


# A page without chips is the same on real ones.
WITH_CHIPS = [path for path in BOOK if path in NOTEBOOKS or soup(path).select("[data-satgan], [data-tell]")]
RENDERED = [path if path in WITH_CHIPS else pytest.param(path, marks=pytest.mark.once) for path in BOOK]

# Code in tables that breaks in the middle of a word, such as `layer_den-se`.
CUT_WORDS = """() => [...document.querySelectorAll("article table code .pre")].flatMap((code) =>
  [...code.childNodes].filter((node) => node.data).flatMap((node) =>
    [...node.data.matchAll(/[A-Za-z0-9]+/g)].filter((word) => {
      const range = document.createRange();
      range.setStart(node, word.index);
      range.setEnd(node, word.index + word[0].length);
      const lines = new Set([...range.getClientRects()].map((box) => Math.round(box.top)));
      return lines.size > 1;
    }).map((word) => word[0])))"""


@pytest.mark.browser
@pytest.mark.parametrize(
    ("size", "scheme"), [pytest.param("desktop", "light", marks=pytest.mark.once), ("phone", "dark")]
)
@pytest.mark.parametrize("path", RENDERED, ids=name)
def test_renders_from_a_file_with_nothing_missing(browser, path, size, scheme):
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page, asked, errors = context.new_page(), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("requestfailed", lambda request: errors.append(f"failed: {request.url}"))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: line.type == "error" and errors.append(line.text))
    page.goto(path.as_uri())
    page.wait_for_timeout(500)  # for what a page may ask for late
    if page.locator("[data-satgan]").count():
        page.wait_for_function("window.satgan.running?.idle()", timeout=60_000)
    if page.locator("[data-tell]").count():
        page.wait_for_selector("[data-tell][data-ready]", timeout=60_000)
    if page.locator("[data-plane]").count():
        page.wait_for_selector("[data-plane][data-ready]", timeout=60_000)
    if page.locator("[data-ships]").count():
        page.wait_for_selector("[data-ships][data-ready]", timeout=60_000)
    if page.locator(".math").count():
        page.wait_for_selector(".math mjx-container svg", state="attached")
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert errors == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "the page scrolls sideways"
    assert page.evaluate(CUT_WORDS) == []
    assert page.evaluate("document.documentElement.dataset.theme") == scheme
    assert visible_search_bars(page) <= 1
    blank = page.evaluate("[...document.images].filter(i => i.complete && !i.naturalWidth).map(i => i.src)")
    assert blank == []
    files = {Path(unquote(urlsplit(url).path)) for url in asked if url.startswith("file:")}
    assert sum(file.stat().st_size for file in files) <= 8e6, "the page and what it loads are over 8 MB"
    live = page.locator("[data-satgan]").count() > 0
    assert live == any(file.name == "weights.js" for file in files), "the networks load where they are used"
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SHOTS / f"{path.stem}-{size}-{scheme}.png", full_page=live)
    other = next(each for name, each in SIZES.items() if name != size)
    page.set_viewport_size({"width": other[0], "height": other[1]})
    assert page.evaluate("document.documentElement.scrollWidth") <= other[0], "the page scrolls sideways"
    assert page.evaluate(CUT_WORDS) == []
    assert visible_search_bars(page) <= 1
    assert errors == []
    context.close()


def visible_search_bars(page):
    return page.evaluate(
        "[...document.querySelectorAll('.search-button-field, .search-field, form.bd-search')]"
        ".filter(e => e.checkVisibility() && e.getBoundingClientRect().right > 0).length"
    )


@pytest.mark.browser
@pytest.mark.parametrize("path", [path for path in BOOK if soup(path).select(".satgan-film")], ids=name)
def test_a_film_moves_by_keyboard_and_is_a_row_of_pictures_without_scripts(browser, path):
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(path.as_uri())
    for film in page.locator(".satgan-film").all():
        slider, caption, picture = (film.locator(part) for part in ("input", "[aria-live]", "li:visible svg"))
        assert picture.count() == 1 and caption.inner_text().startswith("1. ")
        before = picture.get_attribute("aria-label")
        slider.focus()
        page.keyboard.press("ArrowRight")
        assert caption.inner_text().startswith("2. ")
        assert picture.count() == 1 and picture.get_attribute("aria-label") != before
        page.keyboard.press("End")
        assert caption.inner_text().startswith(f"{film.locator('li').count()}. ")
    page.close()

    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(path.as_uri())
    for film in page.locator(".satgan-film").all():
        frames = film.locator("li").count()
        assert frames > 1
        assert film.locator("li:visible svg").count() == film.locator("li:visible p").count() == frames
        assert film.locator("input:visible, button:visible").count() == 0
    context.close()


# Press each choice of each question: whether it is the answer, what the page says to it, and whether in the ink of its text.
CHOOSE_ALL = """() => {
    const ink = (element) => getComputedStyle(element).color;
    const page = ink(document.querySelector("article p"));
    return [...document.querySelectorAll(".satgan-quiz")].map((quiz) => {
        const answer = quiz.querySelector("details p").textContent;
        return [...quiz.querySelectorAll("button")].map((button) => {
            button.click();
            return [button.innerText === answer, quiz.querySelector("[aria-live]").innerText, ink(button) === page];
        });
    });
}"""


@pytest.mark.once
@pytest.mark.browser
@pytest.mark.parametrize("path", [path for path in BOOK if soup(path).select(".satgan-quiz")], ids=name)
def test_a_question_is_answered_in_the_page_before_its_answer_is_shown(browser, path):
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme="dark")
    page = context.new_page()
    page.goto(path.as_uri())
    assert not page.evaluate(
        "[...document.querySelectorAll('.satgan-quiz details p')].some(answer => answer.checkVisibility())"
    )
    first = page.locator(".satgan-quiz").first
    for button in first.get_by_role("button").all():
        button.focus()
        page.keyboard.press("Enter")
        right = button.inner_text() == first.locator("details p").text_content()
        assert first.locator("[aria-live]").inner_text().startswith("Right: " if right else "Not yet: ")
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function(f"document.documentElement.dataset.theme === '{scheme}'")
        for choices in page.evaluate(CHOOSE_ALL):
            assert [right for right, _, _ in choices].count(True) == 1
            for right, said, in_the_pages_ink in choices:
                assert said.startswith("Right: " if right else "Not yet: "), said
                assert in_the_pages_ink, f"not in the page's ink, {scheme}: {said}"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()


@cache
def policy():
    return script("tools/policy.py")


class Host(SimpleHTTPRequestHandler):
    """Serves files with the header that a host of the pages is asked to send."""

    def end_headers(self):
        self.send_header(*policy().HEADER.split(": ", 1))
        super().end_headers()

    def log_message(self, *words):
        pass


@pytest.fixture(scope="module")
def host():
    """The address at which the pages are served with their policy."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Host, directory=PAGES))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


# Said on the console, since a page that is left takes what it noted along.
WATCH = """addEventListener("securitypolicyviolation", event =>
    console.error(`BLOCKED ${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`))"""


def watched(browser):
    """A page, and what its policy has blocked so far."""
    page, blocked = browser.new_page(viewport={"width": 1280, "height": 800}), []
    page.add_init_script(WATCH)
    page.on("console", lambda line: line.text.startswith("BLOCKED") and blocked.append(line.text))
    page.on("pageerror", lambda error: blocked.append(str(error)))
    return page, blocked


@pytest.mark.once
@pytest.mark.browser
@pytest.mark.parametrize("path", ALL, ids=name)
def test_a_page_does_all_that_it_does_under_its_policy(browser, host, path):
    page, blocked = watched(browser)
    page.goto(f"{host}/{path.relative_to(PAGES).as_posix()}", wait_until="networkidle")
    if page.locator("[data-satgan]").count():
        wait_for_the_live_generator(page)
    if page.locator("[data-tell]").count():
        page.wait_for_selector("[data-tell][data-ready]", timeout=60_000)
    if page.locator("[data-plane]").count():
        page.wait_for_selector("[data-plane][data-ready]", timeout=60_000)
    if page.locator("[data-ships]").count():
        page.wait_for_selector("[data-ships][data-ready]", timeout=60_000)
    if page.locator(".math").count():
        page.wait_for_selector(".math mjx-container svg", state="attached")
    for film in page.locator(".satgan-film").all():
        film.locator("input").focus()
        page.keyboard.press("ArrowRight")
        assert film.locator("[aria-live]").inner_text().startswith("2. ")
    for quiz in page.locator(".satgan-quiz").all():
        quiz.get_by_role("button").first.click()
        assert quiz.locator("[aria-live]").inner_text()
    page.keyboard.press("Control+k")  # the search's window
    page.wait_for_timeout(200)
    page.close()
    assert blocked == []


def wait_for_the_live_generator(page):
    """Wait without `wait_for_function`, which asks in words that the page evaluates: the policy forbids that."""
    until = time.monotonic() + 60
    while not page.evaluate("Boolean(window.satgan.running?.idle())"):
        assert time.monotonic() < until, "the live generator does not run"
        page.wait_for_timeout(200)


@pytest.mark.once
@pytest.mark.browser
def test_the_search_finds_something_under_the_policy(browser, host):
    page, blocked = watched(browser)
    page.goto(f"{host}/search.html?q=ship")
    page.wait_for_selector("#search-results li a")
    page.close()
    assert blocked == []


@pytest.mark.once
@pytest.mark.browser
@pytest.mark.parametrize(
    ("directive", "script"),
    [
        ("img-src", "new Image().src = away"),
        ("connect-src", "fetch(away).catch(() => 0)"),
        (
            "script-src-elem",
            "document.head.append(Object.assign(document.createElement('script'), {src: away}))",
        ),
        ("frame-src", "document.body.append(Object.assign(document.createElement('iframe'), {src: away}))"),
        ("worker-src", "try { new Worker(location.origin + '/_static/access.js') } catch {}"),
    ],
    ids=["picture", "data", "script", "frame", "worker"],
)
@pytest.mark.parametrize("how", ["header", "meta"])
def test_the_policy_keeps_outside_hosts_out(browser, host, tmp_path, how, directive, script):
    page, blocked = watched(browser)
    if how == "header":
        page.goto(f"{host}/genindex.html")
    else:  # as `make book` writes it into what is published
        page.route(
            "**/*.html", lambda route: route.fulfill(body=published(tmp_path), content_type="text/html")
        )
        page.goto(f"{host}/genindex.html")
        page.unroute("**/*.html")
    page.wait_for_load_state("networkidle")
    assert blocked == []
    page.evaluate(f"() => {{ const away = 'http://127.0.0.1:9/away'; {script} }}")
    page.wait_for_timeout(300)
    page.close()
    assert [line.split()[1] for line in blocked] == [directive]


def published(folder):
    page = folder / "genindex.html"
    page.write_text((PAGES / "genindex.html").read_text(encoding="utf-8"), encoding="utf-8")
    assert policy().main(folder) == 0 == policy().main(folder)
    text = page.read_text(encoding="utf-8")
    assert text.count("Content-Security-Policy") == 1
    return text
