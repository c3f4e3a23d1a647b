"""Figures with alt text, in the same form in Jupyter, in Colab and in the book's static pages.

A figure is shown as inline SVG whose ink takes the colour of the page's own text, so that one picture serves a light
and a dark page. `show` is the one door: give it a figure, what there is to see and a caption, or a function to read its
source. Importing this module sets matplotlib's style.
"""

import inspect
from typing import Any

import numpy as np
import pandas as pd
from cycler import cycler
from matplotlib import rcParams
from matplotlib.figure import Figure

from .renamed import old_names
from .svg import INK, in_page, to_svg

# Okabe and Ito's colours (2008), told apart with any colour vision, those that also stand out on white and on black.
BLUE, ORANGE, GREEN, PURPLE, VERMILLION = "#0a84c6", "#d98e04", "#0a9b72", "#c069a0", "#d9600f"
COLORS = (BLUE, ORANGE, GREEN, PURPLE, VERMILLION)

_DRAWN = ("text.color", "axes.labelcolor", "axes.titlecolor", "axes.edgecolor", "xtick.color", "ytick.color")
rcParams.update(
    dict.fromkeys(("figure.facecolor", "axes.facecolor", "legend.facecolor"), "none")
    | dict.fromkeys(("legend.frameon", "axes.spines.top", "axes.spines.right", "axes.grid"), False)
    | dict.fromkeys(_DRAWN, INK)
    | {"axes.titlesize": 11, "axes.titlelocation": "left", "font.size": 10, "svg.fonttype": "path"}
    | {"axes.prop_cycle": cycler(color=COLORS)}
)


def figure(
    rows: int = 1, columns: int = 1, *, size: tuple[float, float] = (7.0, 3.2), **subplots: Any
) -> tuple[Figure, Any]:
    """Make a figure in the book's style.

    Args:
        rows: rows of axes.
        columns: columns of axes.
        size: width and height in inches; a page shows 96 pixels an inch, or less where it is narrow.
        **subplots: passed on to `Figure.subplots`, `sharex=True` for one.

    Returns:
        The `matplotlib.figure.Figure` and its axes: one `Axes`, or an array of them as `Figure.subplots` gives.

    >>> drawing, axes = figure(1, 2, size=(7, 3), sharey=True)
    >>> drawing.get_size_inches().tolist(), axes.shape
    ([7.0, 3.0], (2,))
    """
    drawing = Figure(figsize=size, layout="constrained")
    return drawing, drawing.subplots(rows, columns, **subplots)


def sheet(
    images: np.ndarray,
    *,
    columns: int = 8,
    titles: list[str] | None = None,
    width: float = 7.0,
) -> Figure:
    """Lay chips out in a grid, in reading order.

    Args:
        images: uint8 (N, H, W, 3).
        columns: chips in a row.
        titles: one short line above each chip, or None.
        width: of the whole figure, in inches.

    Raises:
        ValueError: if `images` is not uint8 (N, H, W, 3) with N at least 1, or `titles` are not N.

    >>> chips = np.zeros((6, 8, 8, 3), np.uint8)
    >>> drawing = sheet(chips, columns=3, titles=list("abcdef"))
    >>> [axis.get_title() for axis in drawing.axes]
    ['a', 'b', 'c', 'd', 'e', 'f']
    """
    images = np.asarray(images)
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[-1] != 3 or not len(images):
        raise ValueError(
            f"images are {images.dtype} {images.shape}; a sheet takes at least one image, uint8 (N, H, W, 3)."
        )
    if titles is not None and len(titles) != len(images):
        raise ValueError(f"{len(titles)} titles for {len(images)} images; give one each, or None.")
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    cell = width / columns
    height = rows * (cell * images.shape[1] / images.shape[2] + (0.2 if titles else 0.0))
    drawing, axes = figure(rows, columns, size=(width, height), squeeze=False)
    drawing.get_layout_engine().set(w_pad=0.02, h_pad=0.02, wspace=0, hspace=0)
    for axis in axes.flat:
        axis.set_axis_off()
    for i, image in enumerate(images):
        axes.flat[i].imshow(image, interpolation="none")
        if titles:
            axes.flat[i].set_title(titles[i], fontsize=8, loc="center", pad=2)
    return drawing


def outlined(
    images: np.ndarray,
    masks: np.ndarray,
    lines: list[np.ndarray],
    *,
    columns: int = 8,
    titles: list[str] | None = None,
    width: float = 7.0,
) -> Figure:
    """Lay chips out as `sheet` does, each with the rim of its mask and with lines over it.

    For shapes, `found = shapes.measure(images)`, that is `outlined(images, found.mask, found.sides)`: a middle line drawn
    through, and the two sides, which `bend` follows, dashed.

    Args:
        images: uint8 (N, H, W, 3).
        masks: bool (N, H, W).
        lines: for each chip left side, right side and middle line, (3, L, 2), x and y in pixels; L may be 0.
        columns: as `sheet`.
        titles: as `sheet`.
        width: as `sheet`.

    Raises:
        ValueError: as `sheet`, or masks or lines that are not one for each image and of its size.

    >>> image, mask = np.zeros((1, 8, 8, 3), np.uint8), np.zeros((1, 8, 8), bool)
    >>> mask[0, 2:6, 3:5] = True
    >>> sides = np.array([[[2.5, 2], [2.5, 6]], [[4.5, 2], [4.5, 6]], [[3.5, 2], [3.5, 6]]])
    >>> [line.get_linestyle() for line in outlined(image, mask, [sides]).axes[0].lines]  # left, right, middle
    ['--', '--', '-']
    """
    drawing = sheet(images, columns=columns, titles=titles, width=width)
    if np.shape(masks) != np.shape(images)[:3] or len(lines) != len(images):
        raise ValueError(
            f"found masks {np.shape(masks)} and lines for {len(lines)} chips; expected {np.shape(images)[:3]} and "
            f"{len(images)}. Enlarge the images to the masks' size first."
        )
    for axis, mask, (left, right, middle) in zip(drawing.axes, masks, lines, strict=False):
        if mask.any():
            height, wide = mask.shape
            rim = np.pad(mask, 1)  # closed, where the ship runs out of the chip
            axis.contour(rim, [0.5], colors=BLUE, linewidths=0.8, extent=(-1, wide, -1, height))
        for line, style in ((left, "--"), (right, "--"), (middle, "-")):
            axis.plot(*line.T, style, color=ORANGE, linewidth=0.8)
        axis.set(xlim=(-0.5, mask.shape[1] - 0.5), ylim=(mask.shape[0] - 0.5, -0.5))
    return drawing


def strip(steps: list[int], images: list[np.ndarray], *, width: float = 7.0) -> Figure:
    """Draw what the same noise becomes as a training goes on, one row a look, its step at the left.

    Args:
        steps: at which step each row was drawn.
        images: as many rows, uint8 (n, H, W, 3) each, as `callbacks.Samples` keeps them.
        width: of the figure, in inches.

    >>> looks = [np.full((3, 8, 8, 3), grey, np.uint8) for grey in (0, 128)]  # two looks at the same three
    >>> drawing = strip([0, 100], looks)
    >>> len(drawing.axes), [axis.get_ylabel() for axis in drawing.axes[::3]]
    (6, ['0', '100'])
    """
    rows, n = len(steps), len(images[0])
    drawing, axes = figure(rows, n, size=(width, rows * width / (n + 0.7)), squeeze=False)
    drawing.get_layout_engine().set(w_pad=0.01, h_pad=0.01, wspace=0, hspace=0)
    for row, step, chips in zip(axes, steps, images, strict=True):
        for axis, chip in zip(row, chips, strict=True):
            axis.imshow(chip, interpolation="none")
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set_visible(False)
        row[0].set_ylabel(f"{step}", rotation=0, ha="right", va="center")
    return drawing


def curves(log: pd.DataFrame, panels: dict[str, dict[str, str]], *, x: str = "step") -> Figure:
    """Draw the columns of a training's log, side by side.

    Args:
        log: a row a look, with a column `x`.
        panels: by title, which columns to draw and what to call each: `{"Losses (nats)": {"d_loss": "discriminator"}}`.
        x: the column along the horizontal axis.

    >>> log = pd.DataFrame({"step": [20, 40], "d_loss": [1.2, 0.9], "g_loss": [0.7, 1.1]})
    >>> drawing = curves(log, {"Losses (nats)": {"d_loss": "discriminator", "g_loss": "generator"}})
    >>> axis = drawing.axes[0]
    >>> axis.get_title(loc="left"), axis.get_xlabel(), [line.get_label() for line in axis.lines]
    ('Losses (nats)', 'step', ['discriminator', 'generator'])
    """
    drawing, axes = figure(1, len(panels), size=(3.75 * len(panels), 2.8), squeeze=False)
    for axis, (title, columns) in zip(axes.flat, panels.items(), strict=True):
        for column, name in columns.items():
            axis.plot(log[x], log[column], label=name)
        axis.set(xlabel=x, title=title)
        axis.legend()
    return drawing


class Place:
    """A place on the page where one figure follows another: give it to each `show`.

    >>> place = Place()
    >>> for grey in (0, 128):  # in a notebook the second stands where the first stood
    ...     show(sheet(np.full((1, 8, 8, 3), grey, np.uint8)), alt=f"A chip of grey {grey}.", place=place)
    <IPython.core.display.HTML object>
    <IPython.core.display.HTML object>
    """

    def __init__(self) -> None:
        """Take the place where the first figure is shown."""
        self.handle = None


def show(
    thing: Any,
    *,
    alt: str | list[str] | None = None,
    caption: str | None = None,
    place: Place | None = None,
) -> None:
    """Show a figure with its alt text and its caption, a table, or the source of a function, class or module.

    Args:
        thing: a matplotlib `Figure`, or a list of them, which stand side by side where there is room and below each
            other on a phone; a pandas `DataFrame`; or anything `inspect.getsource` reads.
        alt: for a figure, what there is to see, in a sentence or two; for a list of figures a list, one text each.
        caption: for a figure, what everybody reads below it: what it is and what to notice. Plain words, with
            `code` in backticks and *stress* in asterisks.
        place: for a figure, the place whose last figure it follows; None for a place of its own.

    Raises:
        ValueError: if a figure comes without alt text, or a list of figures with another number of texts.

    >>> drawing = sheet(np.zeros((1, 8, 8, 3), np.uint8))
    >>> show(drawing, alt="A black chip.", caption="No light, *no* ship.")
    <IPython.core.display.HTML object>
    >>> show(drawing)
    Traceback (most recent call last):
    ValueError: a figure needs alt=…: say what there is to see, for a reader who cannot see it; ...
    """
    from IPython.display import HTML, Markdown, display

    if isinstance(thing, Figure | list):
        figures = thing if isinstance(thing, list) else [thing]
        texts = alt if isinstance(alt, list) else [alt]
        if len(texts) != len(figures) or not all(text and text.strip() for text in texts):
            raise ValueError(
                "a figure needs alt=…: say what there is to see, for a reader who cannot see it; a list of figures "
                f"needs a list of texts: found {len(figures)} figures and {len(texts)} texts."
            )
        picture = HTML(in_page([to_svg(*pair) for pair in zip(figures, texts, strict=True)], caption))
        if place and place.handle:
            place.handle.update(picture)
        elif place:
            place.handle = display(picture, display_id=True)
        else:
            display(picture)
    elif isinstance(thing, pd.DataFrame):
        plain = thing.reset_index(drop=thing.index.name is None and thing.index.dtype.kind in "iu")
        styled = plain.style.hide().format(thousands="\N{NARROW NO-BREAK SPACE}", precision=3)
        display(styled.set_table_attributes('class="dataframe"'))
    else:
        display(Markdown(f"```python\n{inspect.getsource(thing).rstrip()}\n```"))


__getattr__ = old_names(
    __name__,
    {
        "show_film": "film.show_film",
        "address": "svg.address",
    },
)
