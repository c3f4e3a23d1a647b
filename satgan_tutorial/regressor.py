"""A reader of causes: which heading and which length has the ship in this chip, and how sure is that under this much noise?

    network = regressor.train(ships, validation)                            # simulated ships, whose causes are known
    wish = regressor.reader(network, heading=45, length=220)                # log p_t(heading, length | x_t)
    v = guidance.steer(solvers.of_network(flow.velocity), wish)

For each chip the network says two densities. That of the heading h is von Mises', p(h) proportional to exp(a cos 2h + b sin 2h):
the arrow (a, b) points to twice the likeliest heading, and the longer it is, the surer the network; (0, 0) says that all
headings are equally likely. That of the length is normal. Such a network is trained by the surprise at the true causes, minus
the logarithm of their density, so that it learns how sure it may be.

Source: Mardia and Jupp, "Directional statistics" (2000), section 3.5.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from . import batching, classifier, conditions, flow, stepping
from .chips import ChipSet, shrink, to_float

SIDE = classifier.SMALL  # pixels of the chips that it reads
EPOCH = 100  # steps from one look at the validation ships to the next


def build(filters: int = 16) -> keras.Model:
    """Build the network: the classifier of noisy chips with four numbers at its end instead of one.

    Args:
        filters: channels of the first layer; the others follow from it.

    Returns:
        A model from a list of x_t, float32 (N, 40, 40, 3), and t, float32 (N, 1), to float32 (N, 4): the arrow of the heading,
        the mean of the length in tens of metres from 200, and the logarithm of its deviation.

    >>> model = build(filters=2)
    >>> [x.shape for x in model.inputs], model.output_shape
    ([(None, 40, 40, 3), (None, 1)], (None, 4))
    """
    body = classifier.build(SIDE, filters, noise=True)
    said = layers.Dense(4, name="causes")(body.get_layer("features").output)
    return keras.Model(body.inputs, said, name="regressor")


def heading_log_density(said: tf.Tensor, causes: tf.Tensor) -> tf.Tensor:
    """The logarithm of von Mises' density of the headings, float32 (N,), per radian of the doubled heading.

    Args:
        said: what the network said, float32 (N, 4).
        causes: `conditions.encode` of ships with heading and length, float32 (N, 4).

    >>> asked = tf.constant([conditions.encode(True, heading=0, length=200)])
    >>> no_idea, sure = tf.zeros((1, 4)), tf.constant([[9.0, 0.0, 0.0, 0.0]])  # an arrow to twice 0 degrees
    >>> np.exp(heading_log_density(no_idea, asked)).round(3), np.exp(heading_log_density(sure, asked)).round(3)
    (array([0.159], dtype=float32), array([1.179], dtype=float32))
    """
    arrow = said[:, :2]
    how_sure = ops.sqrt(ops.sum(ops.square(arrow), axis=1) + 1e-12)  # no slope of a root at 0
    log_bessel = how_sure + ops.log(tf.math.bessel_i0e(how_sure))  # of I_0, which alone is soon infinite
    return ops.sum(arrow * causes[:, 1:3], axis=1) - log_bessel - np.log(2 * np.pi)


def length_log_density(said: tf.Tensor, causes: tf.Tensor) -> tf.Tensor:
    """The logarithm of the normal density of the lengths, float32 (N,), per ten metres; arguments as above.

    >>> asked = tf.constant([conditions.encode(True, heading=0, length=210)])  # 1 above the mean of what is said
    >>> length_log_density(tf.zeros((1, 4)), asked).numpy().round(3)
    array([-1.419], dtype=float32)
    """
    mean, log_deviation = said[:, 2], said[:, 3]
    away = (causes[:, 3] - mean) * ops.exp(-log_deviation)
    return -ops.square(away) / 2 - log_deviation - np.log(2 * np.pi) / 2


def surprise(causes: tf.Tensor, said: tf.Tensor) -> tf.Tensor:
    """Minus the logarithm of the density of the true causes, float32 (N,): the loss.

    >>> asked = tf.constant([conditions.encode(True, heading=0, length=200)])
    >>> surprise(asked, tf.zeros((1, 4))).numpy().round(3)  # log 2 pi, and half of it
    array([2.757], dtype=float32)
    """
    return -heading_log_density(said, causes) - length_log_density(said, causes)


def train(
    ships: ChipSet,
    validation: ChipSet,
    *,
    steps: int = 4000,
    seed: int = 0,
    batch_size: int = 32,
    learning_rate: float = 2e-3,
    verbose: int = 0,
) -> keras.Model:
    """Train a new regressor on ships that are turned and mirrored, and their headings with them, under noise of all times.

    It returns the weights with the least surprise at validation ships, looked at every hundred steps.

    Args:
        ships: simulated ships to learn from; chips without a ship are left out.
        validation: ships to choose by.
        steps: how long, in whole hundreds from 100 on (the rest is left out); the learning rate falls to zero along a cosine.
        seed: of weights, order, turns, times and noise.
        batch_size: chips in a step.
        learning_rate: of the first step.
        verbose: Keras' own progress, as in `Model.fit`.

    Raises:
        ValueError: the causes of these chips are not known, or there are no ships.

    >>> from satgan_tutorial.sources.simulate import draw_chips
    >>> chips = draw_chips(16, seed=0)
    >>> train(chips, chips, steps=2, batch_size=2).output_shape
    (None, 4)
    """
    keras.utils.set_random_seed(seed)
    model = build()
    (x, causes), held = _pairs(ships), _pairs(validation)
    batches = batching.shuffled(x, batch_size, seed, condition=causes)

    def under_noise(step: tf.Tensor, data: tuple[tf.Tensor, tf.Tensor]) -> tuple:
        images, causes = stepping.real(data, True, True, stepping.seed(seed, step, 0))
        n = tf.shape(images)[0]
        t = stepping.uniform(n, stepping.seed(seed, step, 1))
        z = stepping.normal(n, tuple(images.shape[1:]), stepping.seed(seed, step, 2))
        return (flow.path(z, images, t), t), causes

    falling = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
    model.compile(keras.optimizers.AdamW(falling, weight_decay=1e-4), loss=surprise)
    per_epoch = min(EPOCH, steps)
    model.fit(
        batches.enumerate().map(under_noise),
        shuffle=False,  # it is, already
        steps_per_epoch=per_epoch,
        epochs=steps // per_epoch,
        validation_data=(list(classifier.noisy(to_float(held[0]), seed)), held[1]),
        validation_batch_size=256,
        callbacks=[keras.callbacks.EarlyStopping(patience=steps, restore_best_weights=True)],
        verbose=verbose,
    )
    return model


def reader(
    model: keras.Model,
    heading: float | np.ndarray | None = None,
    length: float | np.ndarray | None = None,
) -> Callable[[tf.Tensor, tf.Tensor | float], tf.Tensor]:
    """What `guidance.steer` asks: from x_t and a time t to log p_t(heading, length | x_t), float32 (N,).

    Chips of twice the size are read too, made smaller (`coarser`).

    Args:
        model: as `train` returns it.
        heading: wished, in degrees clockwise from north: one, or one for each chip (N,); None for any.
        length: wished, in metres; None for any.

    Raises:
        ValueError: neither is wished, or one is not finite, or a length is not above 0; or the model is none of these.

    >>> wish = reader(build(filters=2), heading=45)
    >>> wish(np.zeros((3, 40, 40, 3), np.float32), 0.5).shape, wish(np.zeros((3, 80, 80, 3), np.float32), 0.5).shape
    (TensorShape([3]), TensorShape([3]))
    """
    if [x.shape[1:] for x in model.inputs] != [(SIDE, SIDE, 3), (1,)] or model.output_shape != (None, 4):
        raise ValueError(f"{model.name}: expected a network of `regressor.train`.")
    if heading is None and length is None:
        raise ValueError("found no heading and no length; expected at least one of them.")
    pairs = np.broadcast_arrays(0.0 if heading is None else heading, 200.0 if length is None else length)
    rows = np.stack([conditions.encode(True, *pair) for pair in zip(*map(np.ravel, pairs), strict=True)])
    asked = [(heading, heading_log_density), (length, length_log_density)]
    densities = [density for wished, density in asked if wished is not None]

    def log_probability(x: tf.Tensor, t: tf.Tensor | float) -> tf.Tensor:
        x, t = ops.convert_to_tensor(x), ops.cast(t, "float32")
        if x.shape[1] == 2 * SIDE:
            x, t = coarser(x, t)
        said = model([x, ops.broadcast_to(t, (ops.shape(x)[0], 1))], training=False)
        return sum(density(said, tf.constant(rows)) for density in densities)

    return log_probability


def coarser(x: tf.Tensor, t: tf.Tensor | float) -> tuple[tf.Tensor, tf.Tensor]:
    """Halve the sides of chips on their way from noise: x_t of small chips, and the time at which they are.

    Each pixel becomes the mean of four, whose noise has half the deviation: (1 - t) z / 2 + t x for some other standard normal
    z. Divided by (1 + t) / 2 that is a small chip on its way, at the time 2 t / (1 + t).

    Args:
        x: float32 (N, H, W, C) with even sides.
        t: the time, a number.

    >>> small, later = coarser(tf.ones((1, 4, 4, 3)), tf.constant(0.5))
    >>> small.shape, round(float(later), 3)
    (TensorShape([1, 2, 2, 3]), 0.667)
    """
    return ops.average_pool(x, 2) / ((1 + t) / 2), 2 * t / (1 + t)


def read(model: keras.Model, images: np.ndarray) -> dict[str, np.ndarray]:
    """The likeliest heading and length of the ship in each chip, without noise.

    Args:
        model: as `train` returns it.
        images: uint8 (N, 40, 40, 3).

    Returns:
        heading: degrees from 0 to 180, float32 (N,); length: metres; and how sure each is: the length of the arrow, from 0 up,
        and the deviation in metres.

    >>> sorted(read(build(filters=2), np.zeros((3, 40, 40, 3), np.uint8)))
    ['deviation', 'heading', 'length', 'sure']
    """
    said = batching.forward(
        lambda x: model([ops.convert_to_tensor(to_float(x)), ops.ones((len(x), 1))], training=False),
        np.asarray(images),
    )
    return {
        "heading": np.degrees(np.arctan2(said[:, 1], said[:, 0])) / 2 % 180,
        "sure": np.hypot(said[:, 0], said[:, 1]),
        "length": 200 + 10 * said[:, 2],
        "deviation": 10 * np.exp(said[:, 3]),
    }


def _pairs(chips: ChipSet) -> tuple[np.ndarray, Any]:
    """The ships among chips, made small, and their causes, float32 (N, 4)."""
    causes = conditions.from_chips(chips, conditions.COLUMNS)
    ships = chips.labels == 1
    if not ships.any():
        raise ValueError(f"{chips!r}: found no ships; expected some.")
    return shrink(chips.images[ships], SIDE), causes[ships]
