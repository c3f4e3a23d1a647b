import os
import shutil
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Files whose few tests take minutes. They begin first, or one core would wait for the other at the end.
LONG = ("test_distribute", "test_ship", "test_museum", "test_search", "test_widgets", "test_teach")


def pytest_collection_modifyitems(items):
    """Leave out what this machine has nothing for, and say so; put long files first. On CI a browser is required."""
    data = os.environ.get("SATGAN_DATA", "")
    real = Path(data).is_dir() if data else (ROOT / "data" / "shipsnet").is_dir()
    if real:
        skip("once", "the same with real chips as with simulated ones: set SATGAN_DATA=simulated", items)
    else:
        skip("real", "no real chips: set SATGAN_DATA to their folder", items)
    if not os.environ.get("CI") and not chromium():
        skip("browser", "no chromium on this machine", items)
    sizes = Counter(item.path for item in items)
    items.sort(key=lambda item: (turn(item.path), -sizes[item.path], item.path))


def turn(path):
    """The longest files first, then the notebooks: what is begun late should be short, or a core waits at the end."""
    return 0 if path.stem in LONG else 1 if path.suffix == ".ipynb" else 2


def skip(marker, reason, items):
    for item in items:
        # In a file that is run once, a test of the real chips is still run on them.
        wanted = marker == "once" and item.get_closest_marker("real")
        if item.get_closest_marker(marker) and not wanted:
            item.add_marker(pytest.mark.skip(reason=reason))


def chromium():
    return next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None
    )


@pytest.fixture(scope="module")
def eager():
    """To trace a graph takes seconds, and the two steps of a training in a test take none."""
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture
def shown(monkeypatch):
    """What is displayed."""
    import IPython.display

    things = []
    monkeypatch.setattr(IPython.display, "display", things.append)
    return things


@pytest.fixture
def printed(capsys):
    """What a grader prints about an answer."""

    def text(grader, answer):
        grader(answer)
        return capsys.readouterr().out

    return text


@pytest.fixture(scope="session")
def browser():
    from playwright.sync_api import sync_playwright

    path = chromium()
    assert path, "no chromium: install it, Debian's package is called chromium"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"],
        )
        yield running
        running.close()
