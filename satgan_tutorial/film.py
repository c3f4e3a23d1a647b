"""What moves on a page: figures one after another under a slider, with their own few lines of script."""

import html
from pathlib import Path

from matplotlib.figure import Figure

from .svg import to_svg


def show_film(frames: list[Figure], captions: list[str], *, alt: str) -> None:
    """Show figures one after another under a slider, in a live notebook and on a page alike.

    What it shows carries its own script and asks nothing else of the page: it works from a file, by keyboard and by
    screen reader, and moves only when it is told to. Where scripts are off all frames are shown, in order.

    Args:
        frames: the figures, in order, all of one size.
        captions: one for each, a plain sentence or two.
        alt: what all of them show; a frame's own text is this and its caption.

    Raises:
        ValueError: if there are no frames, or not as many captions.

    >>> frames = [Figure(figsize=(2, 1)) for step in range(2)]
    >>> show_film(frames, ["At the start.", "At the end."], alt="A training.")
    <IPython.core.display.HTML object>
    >>> show_film(frames, ["At the start."], alt="A training.")
    Traceback (most recent call last):
    ValueError: 2 frames and 1 captions; a film needs one caption a frame.
    """
    from IPython.display import HTML, display

    if not frames or len(frames) != len(captions):
        raise ValueError(
            f"{len(frames)} frames and {len(captions)} captions; a film needs one caption a frame."
        )
    items = "".join(
        f"<li>{to_svg(frame, f'{alt} {caption}')}<p>{i}. {html.escape(caption)}</p></li>"
        for i, (frame, caption) in enumerate(zip(frames, captions, strict=True), 1)
    )
    label = html.escape(" ".join(alt.split()), quote=True)
    room = 1.7 * -(-max(map(len, captions)) // 36)  # em, for the longest caption on a phone: nothing jumps
    width = f"max-width:{max(frame.get_size_inches()[0] for frame in frames) * 96:.0f}px"
    display(
        HTML(
            f'<div class="satgan-film" role="group" aria-label="{label}" style="{width}"><ol>{items}</ol>'
            f'<p aria-live="polite" style="min-height:{room:.1f}em"></p></div>'
            + Path(__file__).with_name("film.html").read_text(encoding="utf-8")
        )
    )
