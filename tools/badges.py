"""Draw the README's badges, `book/_static/badges/*.svg`: `python tools/badges.py`. They are files, so they show offline.

What they say is read from `pyproject.toml`, and a test compares it.
"""

import re
import tomllib
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "book" / "_static" / "badges"
LETTER, PAD, HEIGHT = 6.6, 7, 20  # pixels


def texts():
    """What each badge says, by its name: two words or so on the left, and on the right."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    low, high = map(int, re.findall(r"3\.(\d+)", project["requires-python"]))
    return {
        "python": ("Python", ", ".join(f"3.{minor}" for minor in range(low, high))),
        "code": ("code", project["license"]),
        "prose": ("prose", "CC BY 4.0"),
        "gpu": ("GPU", "not needed"),
    }


def badge(left, right):
    """One badge as SVG; white letters on grey and on blue, both dark enough to be read."""
    first, second = (round(len(text) * LETTER + 2 * PAD) for text in (left, right))
    width = first + second
    font = 'font-family="DejaVu Sans, Verdana, sans-serif" font-size="11" text-anchor="middle" fill="#fff"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{HEIGHT}" role="img" '
        f'aria-label="{escape(left)}: {escape(right)}"><title>{escape(left)}: {escape(right)}</title>'
        f'<rect width="{width}" height="{HEIGHT}" rx="3" fill="#1f5fa8"/>'
        f'<path d="M3 0h{first - 3}v{HEIGHT}H3a3 3 0 0 1-3-3V3a3 3 0 0 1 3-3z" fill="#444"/>'
        f'<g {font}><text x="{first / 2}" y="14" textLength="{first - 2 * PAD}">{escape(left)}</text>'
        f'<text x="{first + second / 2}" y="14" textLength="{second - 2 * PAD}">{escape(right)}</text></g></svg>\n'
    )


def main():
    """Write all of them."""
    FOLDER.mkdir(exist_ok=True)
    for name, words in texts().items():
        (FOLDER / f"{name}.svg").write_text(badge(*words), encoding="utf-8")


if __name__ == "__main__":
    main()
