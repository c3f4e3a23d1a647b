"""What the pages may load and run, for a browser to hold them to: `python tools/policy.py PAGES` writes it into each page.

A host sends it as a header, `HEADER`; book/appendix/setup.md shows that line to whoever hosts the pages. `make book`
writes it into the pages where it is told their address (SATGAN_SITE), since GitHub Pages sends no header of ours. Pages
that are opened from a folder carry none: what 'self' means there is for each browser to say.
"""

import html
import sys
from pathlib import Path

POLICY = {
    "default-src": "'none'",
    # The theme, the films and the quizzes have their few lines of script in the page, and figures their styles.
    # The game in the plane has its products made by WebAssembly.
    "script-src": "'self' 'unsafe-inline' 'wasm-unsafe-eval'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",  # the search looks whether its index is there
    "worker-src": "blob:",  # the live generator
    "base-uri": "'none'",
    "form-action": "'self'",  # the search
}
FRAMES = "frame-ancestors 'self'"  # a header alone may say this
META = "; ".join(f"{what} {whence}" for what, whence in POLICY.items())
HEADER = f"Content-Security-Policy: {META}; {FRAMES}"
FIRST = '<meta charset="utf-8" />'  # before whatever the policy is about
TAG = f'<meta http-equiv="Content-Security-Policy" content="{html.escape(META, quote=True)}" />'


def main(pages):
    """Write the policy into each page of a folder that has none yet, and return what to exit with."""
    for path in sorted(Path(pages).rglob("*.html")):
        text = path.read_text(encoding="utf-8")
        if FIRST in text and TAG not in text:
            path.write_text(text.replace(FIRST, f"{FIRST}{TAG}", 1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
