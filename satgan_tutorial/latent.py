"""Walks in the noise that a generator draws from: between two ships, along directions, and back from an image.

Noise is float32 (N, d), standard normal, as `sampling.noise` draws it: its length is close to the root of d, nearly always.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

from .appearance import measure
from .chips import to_float
from .renamed import old_names
from .sampling import from_noise, noise

SHELL = 2**0.5  # two deviations of the length of noise


def slerp(a: np.ndarray, b: np.ndarray, t: np.ndarray | float) -> np.ndarray:
    """Go from a to b along the arc: the angle grows evenly in t, and so does the length.

    With the angle w between them it is sin((1 - t) w) / sin(w) of the direction of a and sin(t w) / sin(w) of that of b,
    as long as `(1 - t) |a| + t |b|`. Where both point the same way it is the straight line.

    Args:
        a: noise (..., d).
        b: noise (..., d).
        t: where on the way, 0 at a and 1 at b, to the last bit: a number, or an array (..., 1).

    Source: K. Shoemake, "Animating rotation with quaternion curves", SIGGRAPH 1985.

    >>> a, b = np.array([1.0, 0.0]), np.array([0.0, 1.0])
    >>> slerp(a, b, 0.5).round(3), (0.5 * a + 0.5 * b).round(3)  # along the arc, and straight through
    (array([0.707, 0.707]), array([0.5, 0.5]))
    """
    start, end = a, b
    lengths = [np.linalg.norm(x, axis=-1, keepdims=True) for x in (a, b)]
    a, b = a / lengths[0], b / lengths[1]
    w = np.arccos(np.clip((a * b).sum(axis=-1, keepdims=True), -1, 1))
    parts = [np.divide(np.sin(x * w), np.sin(w), out=x + 0 * w, where=w > 1e-4) for x in (1 - t, t)]
    between = (parts[0] * a + parts[1] * b) * ((1 - t) * lengths[0] + t * lengths[1])
    return np.where(t == 0, start, np.where(t == 1, end, between))


def measures(images: np.ndarray) -> pd.DataFrame:
    """What directions are found for, in pixels: a row a chip, NaN where no ship is found.

    `cos` and `sin` of twice the heading, since an axis has no bow; `size`, the logarithm of the ship's area; `hull`, its red
    less its blue; `hue`, the sea's blue less its green; `sea`, how bright it is.

    >>> chip = np.full((1, 80, 80, 3), (20, 60, 80), np.uint8)
    >>> chip[0, 36:44, 20:60] = 200  # a ship that points east
    >>> measures(chip)[["cos", "sin", "hue"]].round(1).abs().to_dict("records")
    [{'cos': 1.0, 'sin': 0.0, 'hue': 20.0}]
    """
    table = measure(images)
    twice = np.radians(2 * table.heading)
    columns = {
        "cos": np.cos(twice),
        "sin": np.sin(twice),
        "size": np.log(table.length * table.width),
        "hull": table.ship_red - table.ship_blue,
        "hue": table.sea_blue - table.sea_green,
        "sea": table[["sea_red", "sea_green", "sea_blue"]].mean(axis=1),
    }
    return pd.DataFrame(columns)


@dataclass(frozen=True)
class Directions:
    """What a straight line reads from noise, and how to move the noise so that one reading changes.

    Attributes:
        names: of the m measures.
        offset: (m,), the readings of no noise at all.
        slope: (m, d), how much each reading grows along each of the d numbers.
        move: (m, d), the shortest way that changes one reading by 1 and leaves the others.
        explained: (m,), the share of each measure's variance that its line explains (adjusted R2).

    >>> z = noise(50, 2, seed=0)
    >>> found = fit(z, pd.DataFrame({"size": 3 * z[:, 0] + 1, "sea": z[:, 1] - z[:, 0]}))
    >>> found.names, found.explained.round(2)
    (('size', 'sea'), array([1., 1.]))
    >>> moved = found.to(z, size=2.0)  # the nearest noise with that size
    >>> found.read(moved)[:2, 0].round(3)
    array([2., 2.])
    """

    names: tuple[str, ...]
    offset: np.ndarray
    slope: np.ndarray
    move: np.ndarray
    explained: np.ndarray

    def read(self, z: np.ndarray) -> np.ndarray:
        """The readings of noise (N, d): (N, m)."""
        return self.offset + z @ self.slope.T

    def to(self, z: np.ndarray, **readings: np.ndarray | float) -> np.ndarray:
        """The nearest noise to z with these readings, by name, all others as they were: (N, d)."""
        way, now = np.zeros((len(z), len(self.names))), self.read(z)
        for name, value in readings.items():
            way[:, self.names.index(name)] = value - now[:, self.names.index(name)]
        return z + way @ self.move


def fit(z: np.ndarray, table: pd.DataFrame) -> Directions:
    """Regress each measure on the noise: a straight line through d dimensions, by least squares.

    Args:
        z: noise (N, d).
        table: measures of what it draws, a column each; rows with NaN are left out. All but those named cos and sin, which
            have a scale of their own, are centred and scaled so that readings have a deviation of 1.

    Raises:
        ValueError: fewer rows than it takes.

    >>> z = noise(50, 2, seed=0)
    >>> found = fit(z, pd.DataFrame({"size": 3 * z[:, 0] + 1}))
    >>> found.explained.round(2), found.slope[0, 0].round(2)  # readings have a deviation of 1
    (array([1.]), np.float64(1.0))
    """
    y, z = table.to_numpy(float), z.astype(float)
    found = np.isfinite(y).all(axis=1)
    if (least := z.shape[1] + 2) > found.sum():
        raise ValueError(
            f"{found.sum()} chips have all measures; a line through {z.shape[1]} numbers takes {least}."
        )
    x, y = np.column_stack([np.ones(found.sum()), z[found]]), y[found]
    lines = np.linalg.lstsq(x, y, rcond=None)[0]
    missed = (y - x @ lines).var(axis=0) / y.var(axis=0)
    free = ~table.columns.isin(["cos", "sin"])
    lines[0, free] -= y[:, free].mean(axis=0)
    lines /= np.where(free, np.linalg.norm(lines[1:], axis=0), 1)
    slope, rows = lines[1:], len(x) - 1
    explained = 1 - missed * rows / (rows - z.shape[1])
    return Directions(tuple(table.columns), lines[0], slope.T, np.linalg.pinv(slope), explained)


def directions(generator: keras.Model, n: int = 1000, seed: int = 0) -> Directions:
    """Find the directions of `measures` in a generator's noise: draw n chips, measure them, `fit`.

    >>> from satgan_tutorial import networks
    >>> keras.utils.set_random_seed(0)
    >>> generator = networks.generator(base_filters=1, image_size=80, latent_dim=2)
    >>> directions(generator, n=4)
    Traceback (most recent call last):
    ValueError: 0 chips have all measures; a line through 2 numbers takes 4.
    """
    z = noise(n, generator.input_shape[-1], seed)
    return fit(z, measures(from_noise(generator, z)))


def project(
    generator: keras.Model,
    targets: np.ndarray,
    starts: np.ndarray,
    eyes: Callable[[tf.Tensor], tf.Tensor],
    *,
    weight: float = 0.1,
    steps: int = 150,
    learning_rate: float = 0.1,
) -> tuple[np.ndarray, np.ndarray]:
    """Look for noise that draws given images, downhill from several starts each.

    What falls is the mean squared difference of the pixels, in [-1, 1], plus a weight times that of the features that
    `eyes` sees. The noise stays as long as noise is, within two deviations. No search depends on another.

    Args:
        generator: from noise, float32 (N, d), to images in [-1, 1].
        targets: uint8 (T, H, W, C).
        starts: noise (T, S, d), where the S searches for each target begin.
        eyes: from images, float32 (N, H, W, C) in [-1, 1], to features, float32 (N, f), a judge's for one.
        weight: of the features' difference.
        steps: of Adam, its learning rate falling to 0 along a cosine.
        learning_rate: of the first step.

    Returns:
        The noise where each search ended, float32 (T, S, d), and what was left of the difference there, float32 (T, S).

    Raises:
        ValueError: the starts are not (T, S, d).

    Source: J.-Y. Zhu et al., "Generative visual manipulation on the natural image manifold", ECCV 2016 (1609.03552).

    >>> from satgan_tutorial import networks
    >>> keras.utils.set_random_seed(0)
    >>> generator = networks.generator(base_filters=2, image_size=8, latent_dim=4)
    >>> target, eyes = from_noise(generator, noise(1, 4, seed=1)), keras.layers.GlobalAveragePooling2D()
    >>> z, left = project(generator, target, noise(3, 4, seed=2)[None], eyes, steps=5)
    >>> z.shape, left.shape
    ((1, 3, 4), (1, 3))
    """
    d = generator.input_shape[-1]
    if np.ndim(starts) != 3 or len(starts) != len(targets) or starts.shape[-1] != d:
        raise ValueError(
            f"starts are {np.shape(starts)}; expected ({len(targets)}, S, {d}), S for each target."
        )
    goal = tf.repeat(to_float(targets), starts.shape[1], axis=0)
    seen = eyes(goal)
    free = tf.Variable(starts.reshape(-1, d), dtype="float32")
    optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(learning_rate, steps))

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            length = tf.norm(free, axis=1, keepdims=True)
            usual = tf.clip_by_value(length, d**0.5 - SHELL, d**0.5 + SHELL)
            z = free / length * usual
            drawn = generator(z, training=False)
            left = tf.reduce_mean((drawn - goal) ** 2, (1, 2, 3))
            left += weight * tf.reduce_mean((eyes(drawn) - seen) ** 2, 1)
        optimizer.apply([tape.gradient(left, free)], [free])
        return z, left

    for _ in range(steps + 1):  # the last one only looks: its rate is 0
        z, left = step()
    return z.numpy().reshape(starts.shape), left.numpy().reshape(starts.shape[:2])


__getattr__ = old_names(
    __name__,
    {
        "draw": "sampling.from_noise",
    },
)
