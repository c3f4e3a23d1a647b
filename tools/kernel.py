"""Makes `product.js` of `product.wat`, for the game in the plane and for the ships: `python tools/kernel.py`."""

import base64
import sys
from pathlib import Path

STATIC = Path(__file__).parents[1] / "book" / "_static"
PLACES = "plane", "ships"


def script(place):
    """Return a kernel as a function of JavaScript: a page that is opened from a folder may load no other file."""
    from wasmtime import wat2wasm

    program = wat2wasm((STATIC / place / "product.wat").read_text(encoding="utf-8"))
    return f'''"use strict";

// product.wat as WebAssembly, in base64 (tools/kernel.py).
function {place}Product() {{
  return "{base64.b64encode(program).decode()}";
}}
'''


def main():
    """Write the scripts, and return what to exit with."""
    for place in PLACES:
        (STATIC / place / "product.js").write_text(script(place), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
