"""Makes `book/_static/plane/product.js` of the kernel's source beside it: `python tools/kernel.py`."""

import base64
import sys
from pathlib import Path

PLANE = Path(__file__).parents[1] / "book" / "_static" / "plane"


def script():
    """Return the kernel as a function of JavaScript: a page that is opened from a folder may load no other file."""
    from wasmtime import wat2wasm

    program = wat2wasm((PLANE / "product.wat").read_text(encoding="utf-8"))
    return f'''"use strict";

// product.wat as WebAssembly, in base64 (tools/kernel.py).
function planeProduct() {{
  return "{base64.b64encode(program).decode()}";
}}
'''


def main():
    """Write the script, and return what to exit with."""
    (PLANE / "product.js").write_text(script(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
