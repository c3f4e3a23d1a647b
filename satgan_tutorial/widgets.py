"""What moves in a live notebook, and the still picture that stands for it on a page.

A page is static and loads no widget manager, so a widget in one would be a dead box. Who runs the notebook decides:
before a reader there are sliders, in a build or a test there is the figure that they would begin with.

    from satgan_tutorial import judge, models, widgets
    generator = models.load("book", "simulated")
    widgets.explore(generator, judge=judge.Judge("simulated"))            # a ship, and sliders that move it
    widgets.walk(generator, 3, 8)                                         # from the ship of one seed to another's
    widgets.watch_training("runs/small")                                  # what `satgan train small --out runs/small` does
"""

import inspect
import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
from IPython import get_ipython
from IPython.display import HTML, display
from ipywidgets import BoundedIntText, fixed, interactive

from . import conditions, latent, plots, sampling
from .appearance import measure
from .callbacks import read_samples
from .judge import Judge
from .rasters import contact_sheet
from .svg import address

# What is asked for where nobody says: a ship, its heading in degrees, its length in metres.
SHIP = (True, 45, 200)


def sliders(draw: Callable[..., None], smooth: bool = False, /, **ranges: Any) -> None:
    """Show what `draw` shows, in a live notebook under a slider for each of its arguments.

    Args:
        draw: shows one figure, `show(figure, alt=..., caption=...)`, from keyword arguments that all have defaults: the
            defaults are where the sliders begin, and the one picture of a built page.
        smooth: draw all along a slider's way, for what is drawn ten times a second; else where it is let go.
        **ranges: for each argument of `draw` what ipywidgets makes a control of: (low, high, step) for a slider, a list
            for a menu, True or False for a box to tick.

    Raises:
        TypeError: an argument of `draw` has no range or no default, in a live notebook or not.

    >>> def draw(size=3):
    ...     print(f"A ship of {size} pixels.")
    >>> sliders(draw, size=(0, 10))  # in a live notebook with a slider, which begins at 3
    A ship of 3 pixels.
    """
    arguments = inspect.signature(draw).parameters
    if set(arguments) != set(ranges) or any(a.default is a.empty for a in arguments.values()):
        raise TypeError(
            f"draw takes {inspect.signature(draw)}, and there are ranges for {', '.join(ranges)}; expected a range and a default for each argument."
        )
    if not live():
        draw()
        return
    panel = interactive(draw, **ranges)
    for control in panel.children[:-1]:  # the last is where the figure goes
        control.description = control.description.replace("_", " ")
        control.style.description_width = "9em"
        if hasattr(control, "continuous_update") and not smooth:
            control.continuous_update = False
    display(panel)


def explore(
    generator: keras.Model,
    *,
    judge: Judge | None = None,
    ways: latent.Directions | None = None,
    seed: int = 0,
) -> None:
    """Show the ship of a seed; in a live notebook with sliders that turn, enlarge and recolour it.

    With all sliders in the middle it is the ship of its seed. A generator with conditions is asked for a ship or none, and
    for heading and length if it knows them (`conditions.encode`). Below stands the Python that draws this very chip.

    Args:
        generator: from noise, or from noise and conditions, to chips in [-1, 1].
        judge: whose p(ship|x) to show, for chips of 80 x 80; None for no opinion.
        ways: `latent.directions` of the generator; None to find them when a slider first asks, from 400 chips.
        seed: of the first ship.

    Raises:
        TypeError: it is no such generator.
        ValueError: the seed is not a whole number from 0.

    >>> from keras.layers import Dense, Reshape, UpSampling2D
    >>> flat = keras.Sequential([keras.Input((4,)), Dense(3, "tanh"), Reshape((1, 1, 3)), UpSampling2D(80)])
    >>> explore(flat, seed=1)
    <IPython.core.display.HTML object>
    """
    d, terms = _takes(generator)
    _noise(seed, d)

    @cache
    def known():
        condition = conditions.encode(*SHIP[:terms]) if terms else None
        chips = sampling.sample(generator, 400, 0, condition)
        return latent.fit(sampling.noise(400, d, 0), latent.measures(chips))

    def draw(
        seed: int = seed,
        ship: bool = True,
        heading: int = 45,
        length: int = 200,
        turn: int = 0,
        size: float = 0.0,
        hull: float = 0.0,
        hue: float = 0.0,
        sea: float = 0.0,
    ):
        z, moves = _noise(seed, d), {"size": size, "hull": hull, "hue": hue, "sea": sea}
        if turn or any(moves.values()):
            found = ways or known()
            now = dict(zip(found.names, found.read(z)[0], strict=True))
            axis = (now["cos"] + 1j * now["sin"]) * np.exp(2j * np.radians(turn))
            moves = {name: now[name] + by for name, by in moves.items()}
            z = found.to(z, cos=axis.real, sin=axis.imag, **moves).astype(np.float32)
        caption = f"The chip that the generator draws from seed {seed}. In a live notebook sliders change it."
        _look(generator, judge, z, (ship, heading, length)[:terms], f"The chip of seed {seed}", caption)

    sliders(
        draw,
        True,
        seed=BoundedIntText(seed, max=2**32 - 1),
        ship=[("ship", True), ("no ship", False)] if terms else fixed(True),
        heading=(0, 179) if terms > 1 else fixed(45),
        length=(80, 320, 5) if terms > 1 else fixed(200),
        turn=(-90, 90),
        **dict.fromkeys(("size", "hull", "hue", "sea"), (-3.0, 3.0, 0.1)),  # deviations
    )


def walk(
    generator: keras.Model,
    a: int | np.ndarray,
    b: int | np.ndarray,
    *,
    judge: Judge | None = None,
    condition: tuple | None = None,
) -> None:
    """Show two ships and, between them, one on the way along the arc (`latent.slerp`); in a live notebook under a slider.

    Args:
        generator: as for `explore`.
        a: where the way begins: a seed, or noise of d numbers.
        b: where it ends.
        judge: whose p(ship|x) of the one between to show, or None.
        condition: of a generator with conditions, what `conditions.encode` takes; None for a ship.

    Raises:
        TypeError: it is no such generator.
        ValueError: an end is neither a seed nor d numbers.

    >>> from keras.layers import Dense, Reshape, UpSampling2D
    >>> flat = keras.Sequential([keras.Input((4,)), Dense(3, "tanh"), Reshape((1, 1, 3)), UpSampling2D(80)])
    >>> walk(flat, 3, 8)  # from the picture of one seed to that of the other
    <IPython.core.display.HTML object>
    """
    d, terms = _takes(generator)
    a, b = _noise(a, d), _noise(b, d)

    def draw(way: int = 50):
        z = np.concatenate([a, latent.slerp(a, b, way / 100), b]).astype(np.float32)
        what = f"Between two chips the one {way} % of the way"
        caption = f"Left and right are the two ends, and between them the chip at {way} % of the way."
        _look(generator, judge, z, condition or SHIP[:terms], what, caption)

    sliders(draw, True, way=(0, 100))


def watch_training(run: str | os.PathLike) -> None:
    """Show the curves of a training and its last chips; in a live notebook under a slider through all its looks.

    It only reads, and at each move reads again, so it can look at a training that goes on elsewhere.

    Args:
        run: the folder of a `satgan train`, or a recorded run: the name that its .csv and its .npz have in common.

    Raises:
        FileNotFoundError: there is no such run, or it has no samples yet.

    >>> watch_training("no-such-run")
    Traceback (most recent call last):
    FileNotFoundError: found no no-such-run.csv and no no-such-run.npz; expected the folder of ...
    """
    losses = {"d_loss": "discriminator", "g_loss": "generator"}
    accuracies = {"real_accuracy": "on real chips", "fake_accuracy": "on fake chips"}
    _read(run)

    def draw(percent_of_its_looks: int = 100):
        log, steps, rows = _read(run)
        look = round(percent_of_its_looks / 100 * (len(rows) - 1))
        curves = plots.curves(log, {"Losses (nats)": losses, "The discriminator's accuracy": accuracies})
        curves.axes[1].set_ylim(0, 1.05)
        last = ", ".join(f"{name} {log[name].iloc[-1]:.2f}" for name in (*losses, *accuracies))
        alt = f"Curves against the step; at the end, step {log.step.iloc[-1]}: {last}."
        caption = (
            "Losses and accuracies so far. Accuracies that stay at 1 would mean that the discriminator wins."
        )
        plots.show(curves, alt=alt, caption=caption)
        alt = f"{len(rows[look])} chips that the same noise gives after {steps[look]} steps."
        caption = f"What the training draws after {steps[look]} steps. Every look starts from the same noise."
        plots.show(plots.strip([steps[look]], [rows[look]]), alt=alt, caption=caption)

    sliders(draw, percent_of_its_looks=(0, 100))


def live() -> bool:
    """Whether this notebook runs before a reader, in Jupyter, Colab or VS Code: not in a build, a test or a script.

    A Jupyter server names its kernels' sessions in the environment, VS Code the file in the notebook's own variables,
    and Colab brings its module; what executes notebooks for a page or a test does none of these.

    >>> live()  # in a script, a test or a build
    False
    """
    shell = get_ipython()
    return shell is not None and bool(
        os.environ.get("JPY_SESSION_NAME")
        or "google.colab" in sys.modules
        or "__vsc_ipynb_file__" in shell.user_ns
    )


def _takes(generator: keras.Model) -> tuple[int, int]:
    """How many numbers of noise a generator takes, and how many arguments of `conditions.encode`."""
    takes = [x.shape[-1] for x in getattr(generator, "inputs", None) or ()]
    terms = {(): 0, (1,): 1, (4,): 3}.get(tuple(takes[1:]))
    if not takes or terms is None:
        raise TypeError(
            f"found {type(generator).__name__}, which takes {takes}; expected a generator, from noise, or from noise and 1 "
            "or 4 numbers (conditions.encode). Of a gan.GAN take model.sampler()."
        )
    return takes[0], terms


def _noise(x: int | np.ndarray, d: int) -> np.ndarray:
    """Noise (1, d) from a seed, or from d numbers."""
    if isinstance(x, (int, np.integer)) and x >= 0:
        return sampling.noise(1, d, int(x))
    if np.size(x) != d:
        raise ValueError(f"found {x!r}; expected a seed, a whole number from 0, or noise of {d} numbers.")
    return np.asarray(x, np.float32).reshape(1, d)


def _look(
    generator: keras.Model, judge: Judge | None, z: np.ndarray, condition: tuple, what: str, caption: str
) -> None:
    """Show the chips of z; say of the middle one what is measured, its p(ship|x), and the Python that makes it.

    Before a reader it is pixels and no figure, so that it keeps up with a slider; the caption is that of the figure.
    """
    encoded = np.tile(conditions.encode(*condition), (len(z), 1)) if condition else None
    images, middle = sampling.from_noise(generator, z, encoded), len(z) // 2
    chip = images[middle : middle + 1]
    ship, p = measure(chip).iloc[0], float(judge.probability(chip)[0]) if judge else None
    measured = ship[["length", "heading"]].notna().all()
    words = f"{what}: "
    words += (
        f"{ship.length:.0f} m long, heading {ship.heading:.0f} degrees" if measured else "nothing to measure"
    )
    words += f"; p(ship | x) is {p:.0%}." if judge else "."
    if not live():
        return plots.show(plots.sheet(images, width=2.0 * len(z)), alt=words, caption=caption)
    png = address(contact_sheet(images, len(z)), "png", compress_level=1)
    page = Path(__file__).with_name("chip.html").read_text(encoding="utf-8")
    numbers = np.array2string(z[middle], separator=", ", threshold=z.size, floatmode="unique")
    code = f"conditions.encode({', '.join(map(str, condition))})[None]" if condition else "None"
    display(HTML(page.format(png=png, words=words, p=p, z=numbers, condition=code, width=15 * len(z))))


def _read(run: str | os.PathLike) -> tuple[pd.DataFrame, list[int], list[np.ndarray]]:
    """What there is of a run: its log, the steps of its looks, and the chips of each, uint8 (n, H, W, 3)."""
    folder = Path(run).is_dir()
    files = [f"{run}/log.csv", f"{run}/samples"] if folder else [f"{run}.csv", f"{run}.npz"]
    if missing := [file for file in files if not os.path.exists(file)]:
        raise FileNotFoundError(
            f"found no {' and no '.join(missing)}; expected the folder of a `satgan train`, or the name that the .csv and "
            "the .npz of a recorded run have in common."
        )
    log = pd.read_csv(files[0])
    if folder:
        return log, *read_samples(Path(files[1]))
    with np.load(files[1]) as kept:
        return log, kept["steps"].tolist(), list(kept["rows" if "rows" in kept else "images"])
