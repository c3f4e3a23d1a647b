"""A figure as an `<svg>` element in the page's own ink, and an image as the address of itself."""

from __future__ import annotations

import base64
import html
import io
import re
from typing import Any

from matplotlib.figure import Figure
from PIL import Image

# A colour no figure uses: every stroke and letter drawn in it becomes the page's text colour.
INK = "#010203"


def to_svg(drawing: Figure, alt: str) -> str:
    """Turn a figure into an `<svg>` element with `alt` as its accessible name and the page's text colour as its ink."""
    text = io.StringIO()
    drawing.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    svg = text.getvalue()
    svg = svg[svg.index("<svg") :].replace(INK, "currentColor")
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"data:image/png;base64,([^\"]+)", _thin, svg)
    label = html.escape(" ".join(alt.split()), quote=True)
    width = drawing.get_size_inches()[0] * 96
    style = f"width:100%;max-width:{width:.0f}px;height:auto;display:block"
    return svg.replace(
        "<svg ", f'<svg role="img" aria-label="{label}" class="satgan-figure" style="{style}" ', 1
    )


def address(image: Image.Image, kind: str, **settings: Any) -> str:
    """Write an image as the address of itself, `data:image/...`, in a format such as "png", with Pillow's settings for it."""
    file = io.BytesIO()
    image.save(file, kind, **settings)
    return f"data:image/{kind};base64,{base64.b64encode(file.getvalue()).decode()}"


def _thin(found: re.Match) -> str:
    """Write an image in an address as JPEG where that is smaller, as it is for a chip: a third of the bytes, for no eye to see.

    Colours keep their full resolution, which a chip of 80 pixels needs. What is transparent, or of few colours, stays PNG.
    """
    image = Image.open(io.BytesIO(base64.b64decode(found[1]))).convert("RGBA")
    jpeg = address(image.convert("RGB"), "jpeg", quality=95, subsampling=0, optimize=True)
    return found[0] if image.getextrema()[3][0] < 255 or len(jpeg) >= len(found[0]) else jpeg
