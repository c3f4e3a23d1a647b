"""A figure as an `<svg>` element in the page's own ink, its caption below it, and an image as the address of itself."""

from __future__ import annotations

import base64
import html
import io
import re
from typing import Any

from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

# A colour no figure uses: every stroke and letter drawn in it becomes the page's text colour.
INK = "#010203"
PHONE = 350  # pixels that a page has for a figure where the screen is 390 wide


def to_svg(drawing: Figure, alt: str) -> str:
    """Turn a figure into an `<svg>` element with `alt` as its accessible name and the page's text colour as its ink.

    Its `data-smallest` is the height of its smallest letters, in pixels, where the screen is 390 pixels wide.

    >>> drawing = Figure(figsize=(2, 1))
    >>> svg = to_svg(drawing, alt="An empty page.")
    >>> svg.startswith('<svg role="img" aria-label="An empty page." class="satgan-figure"')
    True
    """
    text = io.StringIO()
    drawing.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    svg = text.getvalue()
    svg = svg[svg.index("<svg") :].replace(INK, "currentColor")
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"data:image/png;base64,([^\"]+)", _thin, svg)
    label = html.escape(" ".join(alt.split()), quote=True)
    width = drawing.get_size_inches()[0] * 96
    style = f"width:100%;max-width:{width:.0f}px;height:auto;display:block"
    points = [text.get_fontsize() for text in drawing.findobj(Text) if text.get_visible() and text.get_text()]
    smallest = min(points, default=72.0) * 96 / 72 * min(1.0, PHONE / width)
    said = f'role="img" aria-label="{label}" class="satgan-figure" data-smallest="{smallest:.1f}" style="{style}"'
    return svg.replace("<svg ", f"<svg {said} ", 1)


def in_page(pictures: list[str], caption: str | None) -> str:
    """Put pictures into one `<figure>`, side by side where there is room, with a caption that everybody sees.

    Args:
        pictures: `<svg>` elements.
        caption: plain words, with `code` in backticks and *stress* in asterisks; None for none.

    >>> print(in_page(["<svg/>"], "It falls *twice*."))
    <figure class="satgan-shown" style="margin:0"><svg/><figcaption>It falls
    <em>twice</em>.</figcaption></figure>
    """
    shown = "".join(f'<div style="flex:1 1 280px">{picture}</div>' for picture in pictures)
    shown = (
        f'<div style="display:flex;flex-wrap:wrap;gap:0.75rem">{shown}</div>'
        if len(pictures) > 1
        else pictures[0]
    )
    words = f"<figcaption>{_marked(caption)}</figcaption>" if caption else ""
    return f'<figure class="satgan-shown" style="margin:0">{shown}{words}</figure>'


def _marked(text: str) -> str:
    """Plain words as HTML, with `code` in backticks and *stress* in asterisks."""
    text = html.escape(" ".join(text.split()), quote=False)
    text = re.sub(r"`([^`]+)`", r"<code>\1</code>", text)
    return re.sub(r"(?<![\w*])\*([^*]+)\*(?![\w*])", r"<em>\1</em>", text)


def address(image: Image.Image, kind: str, **settings: Any) -> str:
    """Write an image as the address of itself, `data:image/...`, in a format such as "png", with Pillow's settings for it.

    >>> address(Image.new("RGB", (2, 2)), "png")[:22]
    'data:image/png;base64,'
    """
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
