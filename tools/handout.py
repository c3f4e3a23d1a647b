"""Make the handout for paper: `python tools/handout.py TARGET` writes handout.html, and handout.pdf where there is a Chromium.

Its text is `book/teaching/handout.md`, a page of the book. On paper it fills two sides of A4, and its links are plain words.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "book" / "teaching" / "handout.md"
STATIC = ROOT / "book" / "_static"
BROWSERS = "chromium", "chromium-browser", "google-chrome", "chrome"
SECONDS = 300
STYLE = """
@page { margin: 13mm 15mm; size: A4; }
body { color: #111; font: 9.6pt/1.32 system-ui, sans-serif; margin: 0 auto; max-width: 180mm; }
h1 { font-size: 17pt; margin: 0 0 2mm; }
h2 { break-after: avoid; font-size: 12pt; margin: 4mm 0 1.5mm; }
p, ul, ol { margin: 1.5mm 0; }
pre { background: #eee; font-size: 8.6pt; margin: 1.5mm 0; padding: 1.5mm; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 0.2mm solid #999; padding: 0.7mm 2mm 0.7mm 0; text-align: left; vertical-align: top; }
.satgan-drawing { margin: 0 auto; max-width: 105mm; }
.own { break-before: page; }
.blank td { height: 6.5mm; width: 50%; }
"""


def page(text: str) -> str:
    """The handout as one page of HTML that needs nothing else."""
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    fence = markdown.renderer.rules["fence"]

    def drawn(self, tokens, at, options, env):
        """A drawing in place of the directive that shows it on a page of the book."""
        if tokens[at].info != "{raw} html":
            return fence(tokens, at, options, env)
        _, named, file = tokens[at].content.partition(":file: ")
        return (SOURCE.parent / file.strip()).read_text(encoding="utf-8") if named else ""

    markdown.add_render_rule("fence", drawn)
    for rule in ("link_open", "link_close"):
        markdown.add_render_rule(rule, lambda *_: "")
    # The bar is escaped, since in a table it would begin another cell.
    for given in ("yx", "xy"):
        text = text.replace(rf"$p({given[0]} \mid {given[1]})$", rf"*p*(*{given[0]}* \| *{given[1]}*)")
    body = markdown.render(text)
    body = body.replace("<h2>Is my", '<h2 class="own">Is my')
    start, heading, rest = body.partition("<h2>My own numbers</h2>")
    body = start + heading + rest.replace("<table>", '<table class="blank">', 1)
    style = STYLE + (STATIC / "drawings" / "style.css").read_text(encoding="utf-8")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>The session on two pages</title>'
        f"<style>{style}</style></head><body>{body}</body></html>\n"
    )


def printed(file: Path) -> Path | None:
    """Print a page to a PDF beside it, where there is a browser that can."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    target = file.with_suffix(".pdf")
    target.unlink(missing_ok=True)
    if browser:
        alone = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        words = ["--headless", "--no-pdf-header-footer", f"--print-to-pdf={target}", file.as_uri()]
        try:
            subprocess.run([browser, *alone, *words], check=True, capture_output=True, timeout=SECONDS)
        except (OSError, subprocess.SubprocessError) as error:
            print(f"{browser} could not print the handout: {error}")
    return target if target.exists() else None


def main(target: str) -> None:
    """Write the handout to a folder, and say in which forms."""
    file = Path(target).resolve() / "handout.html"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(page(SOURCE.read_text(encoding="utf-8")), encoding="utf-8")
    if pdf := printed(file):
        print(f"The handout, to print: {pdf}")
    else:
        print(f"Found no Chromium that prints it, so the handout is HTML alone: {file}")


if __name__ == "__main__":
    main(sys.argv[1])
