"""The ConvNet p(y|x): is there a ship in the middle of this chip?

It is built to be swept over a whole scene later: every convolution is valid (nothing is padded, so no number depends on
where a border is) and its head is an average over positions, so a window of a scene gets the logit its chip would get.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import keras
import numpy as np
from keras import layers, ops
from scipy.optimize import minimize_scalar
from scipy.special import expit

from .batching import forward
from .chips import SIZE, ChipSet, is_whole, shrink, symmetry, to_float

if TYPE_CHECKING:
    import tensorflow as tf

STRIDE = 8  # pixels of the scene from one output of a sweep to the next
SMALL = 40  # the other size that a chip may have: each pixel the mean of four


def build(image_size: int | None = 80, filters: int = 16, noise: bool = False) -> keras.Model:
    """Build the classifier: four convolutions that shrink, one wide look, an average, one number.

    A ship and a part of a ship differ in where the hull lies, which an average forgets. So the layer before it looks at
    62 of the chip's 80 pixels at once, through one 5 x 5 kernel a channel: 25 weights where a full kernel has 1600.

    Args:
        image_size: height and width of a chip in pixels: 80, or 40 for chips made smaller; None for any size from 80 on.
        filters: channels of the first layer; the others follow from it.
        noise: whether it reads chips under noise, x_t = (1 - t) z + t x, and is told the time t.

    Returns:
        A model from float32 (N, 80, 80, 3) in [-1, 1] to the logit of "ship", float32 (N, 1): p(ship|x) is its sigmoid.
        The average over positions is the layer named "features", float32 (N, 8 * filters). With `noise` it takes a list of x_t
        and t, float32 (N, 1).

    >>> model = build(filters=2)
    >>> model.input_shape, model.output_shape
    ((None, 80, 80, 3), (None, 1))
    """
    relu = {"activation": "relu", "kernel_initializer": "he_normal"}
    first = layers.Conv2D(filters, 4, strides=2, **relu)  # 80 -> 39
    if image_size == SMALL:
        # 40 -> 39: two pixels as wide as four, so that each of its places sees as much of the sea, and so do all layers above.
        first = layers.Conv2D(filters, 2, **relu)
    body = [
        first,
        layers.Conv2D(2 * filters, 4, strides=2, **relu),  # 39 -> 18
        layers.Conv2D(3 * filters, 3, **relu),  # 18 -> 16
        layers.Conv2D(4 * filters, 4, strides=2, **relu),  # 16 -> 7
        layers.DepthwiseConv2D(5),  # 7 -> 3
        layers.Conv2D(8 * filters, 1, **relu),
        layers.GlobalAveragePooling2D(name="features"),
        layers.Dense(1, name="logit"),
    ]
    image = keras.Input((image_size, image_size, 3))
    if not noise:
        return keras.Sequential([image, *body], name="classifier")
    t = keras.Input((1,))
    time = ops.ones_like(image[..., :1]) * t[:, None, None]  # a fourth colour, the same all over
    x = ops.concatenate([image, time], axis=-1)
    for layer in body:
        x = layer(x)
    return keras.Model([image, t], x, name="classifier")


class Batches(keras.utils.PyDataset):
    """Shuffled batches of chips for `fit`, each chip turned and mirrored at random.

    Water has no up: a chip in any of the eight symmetries of the square is as good a chip. Which ones are drawn follows
    from the seed, the epoch and the batch, so the same seed gives the same batches.

    Args:
        chips: what to draw from.
        batch_size: chips in a batch; the last, incomplete one of an epoch is left out.
        seed: of order and symmetries.
        symmetries: False to leave the chips as they are.
        noise: whether to put noise on them, each of a time of its own (`noisy`), and to tell the times.
        image_size: height and width to which they are shrunk first.

    >>> images, scenes = np.zeros((5, 80, 80, 3), np.uint8), np.array(["day_1"] * 5)
    >>> chips = ChipSet(images, np.ones(5, int), scenes, np.zeros((5, 2)))
    >>> batches = Batches(chips, batch_size=2)
    >>> images, labels = batches[0]
    >>> len(batches), images.shape, labels.tolist()
    (2, (2, 80, 80, 3), [[1.0], [1.0]])
    """

    def __init__(
        self,
        chips: ChipSet,
        batch_size: int = 32,
        seed: int = 0,
        symmetries: bool = True,
        noise: bool = False,
        image_size: int = SIZE,
    ) -> None:
        """Shuffle for the first epoch."""
        super().__init__()
        self.images = shrink(chips.images, image_size)
        self.chips, self.batch_size, self.seed, self.symmetries = chips, batch_size, seed, symmetries
        self.noise = noise
        self.epoch = -1
        self.on_epoch_end()

    def on_epoch_end(self) -> None:
        """Shuffle for the next epoch."""
        self.epoch += 1
        self.order = np.random.default_rng((self.seed, self.epoch)).permutation(len(self.chips))

    def __len__(self) -> int:
        """How many batches an epoch has."""
        return len(self.chips) // self.batch_size

    def __getitem__(self, index: int) -> tuple[np.ndarray | tuple[np.ndarray, np.ndarray], np.ndarray]:
        """One batch: float32 (batch, H, W, 3) in [-1, 1], or these and times, and its labels, float32 (batch, 1)."""
        rows = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        images = self.images[rows]
        if self.symmetries:
            draws = np.random.default_rng((self.seed, self.epoch, index)).integers(8, size=len(rows))
            images = np.stack([symmetry(image, draw) for image, draw in zip(images, draws, strict=True)])
        images, labels = to_float(images), self.chips.labels[rows, None].astype(np.float32)
        return noisy(images, (self.seed, self.epoch, index, 1)) if self.noise else images, labels


def noisy(images: np.ndarray, seed: int | tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Take images to a place on their way from noise, x_t = (1 - t) z + t x: x_t and t, float32 (N, 1), drawn from [0, 1].

    Args:
        images: float32 (N, H, W, 3) in [-1, 1].
        seed: of the times and the noise z.

    >>> x_t, t = noisy(np.ones((2, 4, 4, 3), np.float32), seed=0)
    >>> x_t.shape, t.shape, bool((0 <= t).all() and (t < 1).all())
    ((2, 4, 4, 3), (2, 1), True)
    """
    rng = np.random.default_rng(seed)
    t = rng.random((len(images), 1), np.float32)
    z = rng.standard_normal(images.shape, np.float32)
    along = t[:, :, None, None]
    return (1 - along) * z + along * images, t


def train(
    train: ChipSet,
    validation: ChipSet,
    *,
    epochs: int = 20,
    seed: int = 0,
    batch_size: int = 32,
    learning_rate: float = 1e-3,
    weighted: bool = False,
    symmetries: bool = True,
    noise: bool = False,
    image_size: int = SIZE,
    patience: int | None = None,
    callbacks: tuple[keras.callbacks.Callback, ...] = (),
    verbose: int = 0,
) -> keras.Model:
    """Train a new classifier with Adam whose learning rate falls to zero along a cosine.

    It returns the weights of the epoch with the lowest loss on validation. Same chips, seed, settings and machine: same bits.

    Args:
        train: chips to learn from.
        validation: chips to stop by.
        epochs: passes over `train`; the learning rate reaches zero at the last.
        seed: of weights, order and symmetries.
        batch_size: chips in a step.
        learning_rate: of the first step.
        weighted: give both classes the same weight in the loss, however many chips each has.
        symmetries: see `Batches`.
        noise: teach it about noise, so that it reads chips on their way from noise to image (`reader`).
        image_size: of the chips that it shall read, 80 or 40; they are shrunk to it.
        patience: stop after so many epochs without a lower loss on validation; None to run all.
        callbacks: Keras callbacks.
        verbose: Keras' own progress, as in `Model.fit`.

    Returns:
        The trained model; `model.history.history` holds its curves.

    Raises:
        ValueError: if `train` is smaller than one batch.

    >>> images, scenes = np.zeros((2, 80, 80, 3), np.uint8), np.array(["day_1", "day_2"])
    >>> few = ChipSet(images, np.ones(2, int), scenes, np.zeros((2, 2)))
    >>> train(few, few)
    Traceback (most recent call last):
    ValueError: 2 chips to train on; a batch takes 32.
    """
    if len(train) < batch_size:
        raise ValueError(f"{len(train)} chips to train on; a batch takes {batch_size}.")
    keras.utils.set_random_seed(seed)
    model = build(image_size, noise=noise)
    batches = Batches(train, batch_size, seed, symmetries, noise, image_size)
    falling = keras.optimizers.schedules.CosineDecay(learning_rate, epochs * len(batches))
    model.compile(
        optimizer=keras.optimizers.AdamW(falling, weight_decay=1e-4),
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=[keras.metrics.BinaryAccuracy("accuracy", threshold=0.0)],
    )
    stop = keras.callbacks.EarlyStopping(patience=patience or epochs, restore_best_weights=True)
    ships = train.labels.mean()
    held = to_float(shrink(validation.images, image_size))
    model.fit(
        batches,
        validation_data=(
            list(noisy(held, seed)) if noise else held,
            validation.labels[:, None].astype(np.float32),
        ),
        validation_batch_size=256,
        epochs=epochs,
        class_weight={0: 0.5 / (1 - ships), 1: 0.5 / ships} if weighted else None,
        callbacks=[stop, *callbacks],
        verbose=verbose,
    )
    return model


def logits(model: keras.Model, images: np.ndarray, *, symmetries: bool = False) -> np.ndarray:
    """The logit of "ship" for each chip, float32 (N,).

    Args:
        model: a classifier.
        images: uint8 (N, 80, 80, 3), or of the size that it was built for.
        symmetries: average over the eight symmetries of the square: eight times the work.

    >>> model = build(filters=2)
    >>> logits(model, np.zeros((3, 80, 80, 3), np.uint8)).shape
    (3,)
    """
    views = [symmetry(images, which) for which in range(8 if symmetries else 1)]

    def read(chips: np.ndarray) -> tf.Tensor:
        x = ops.convert_to_tensor(to_float(chips))
        return model(x if len(model.inputs) == 1 else [x, ops.ones((len(chips), 1))])  # t = 1: no noise

    return np.mean([forward(read, view)[:, 0] for view in views], axis=0)


def reader(model: keras.Model, ship: bool = True) -> Callable[[tf.Tensor, tf.Tensor | float], tf.Tensor]:
    """What `guidance.steer` asks: from x_t and a time t to log p_t(ship | x_t), float32 (N,), or of no ship.

    Args:
        model: a classifier that was taught about noise.
        ship: whether a ship is wished.

    Raises:
        ValueError: the classifier knows chips without noise alone.

    >>> log_probability = reader(build(filters=2, noise=True))
    >>> found = log_probability(np.zeros((3, 80, 80, 3), np.float32), 0.5).numpy()
    >>> found.shape, bool((found < 0).all())
    ((3,), True)
    """
    if len(model.inputs) != 2:
        raise ValueError(
            f"{model.name}: found a classifier of chips without noise; expected one that takes a chip and a time: "
            "classifier.train(..., noise=True)."
        )
    sign = 1.0 if ship else -1.0

    def log_probability(x: tf.Tensor, t: tf.Tensor | float) -> tf.Tensor:
        x = ops.convert_to_tensor(x)
        times = ops.broadcast_to(ops.cast(t, "float32"), (ops.shape(x)[0], 1))
        return ops.log_sigmoid(sign * model([x, times], training=False)[:, 0])

    return log_probability


def temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """Find T so that sigmoid(logit / T) is as sure as it is right: the lowest cross-entropy on held-out chips.

    One number, so it cannot overfit much, and it moves no logit over 0: accuracy and ROC stay as they are.

    Args:
        logits: float (N,), of chips the network was not trained on.
        labels: 0 or 1, (N,).

    Raises:
        ValueError: logits that are no finite numbers (N,), N at least 1, or other labels.

    Source: C. Guo and others, "On Calibration of Modern Neural Networks", 2017, arXiv 1706.04599.

    >>> logits, labels = np.array([4.0, 4.0, 4.0, 4.0]), np.array([1, 1, 1, 0])  # 98 % sure, and 3 of 4 right
    >>> round(temperature(logits, labels), 1)
    3.6
    """
    logits, labels = _checked(logits, labels, "logits")
    sign = 2.0 * labels - 1

    def cross_entropy(log_t: float) -> float:
        return float(np.logaddexp(0, -sign * logits / np.exp(log_t)).mean())

    return float(np.exp(minimize_scalar(cross_entropy, bounds=(-3, 8), method="bounded").x))


def reliability(probability: np.ndarray, labels: np.ndarray, bins: int = 10) -> tuple[np.ndarray, float]:
    """Compare how sure a classifier says it is with how often it is right about "ship".

    Args:
        probability: p(ship|x) in [0, 1], (N,).
        labels: 0 or 1, (N,).
        bins: of equal width in probability.

    Returns:
        One row a bin that holds chips, float64 (rows, 3): mean probability, share of ships, chips; and the expected
        calibration error, the mean gap between the first two, each bin weighted by its chips, in [0, 1].

    Raises:
        ValueError: a probability outside [0, 1], a logit for one; other labels; no bins.

    Source: as `temperature`, there for the probability of the class predicted.

    >>> rows, error = reliability(np.array([0.1, 0.1, 0.9, 0.9]), np.array([0, 0, 1, 0]))
    >>> rows.tolist(), round(error, 3)  # it said 90 % where half of them are ships
    ([[0.1, 0.0, 2.0], [0.9, 0.5, 2.0]], 0.25)
    """
    probability, labels = _checked(probability, labels, "probability")
    if (probability < 0).any() or (probability > 1).any():
        raise ValueError(
            f"probability: found {probability.min():g} to {probability.max():g}; expected 0 to 1. Of logits take the sigmoid."
        )
    if not is_whole(bins) or bins < 1:
        raise ValueError(f"bins: found {bins!r:.60}; expected a whole number from 1.")
    member = np.minimum((probability * bins).astype(int), bins - 1)
    counts = np.bincount(member, minlength=bins)
    held = counts > 0
    said = np.bincount(member, probability, bins)[held] / counts[held]
    true = np.bincount(member, labels, bins)[held] / counts[held]
    rows = np.stack([said, true, counts[held]], axis=1)
    return rows, float(np.abs(said - true) @ counts[held] / len(labels))


def _checked(values: np.ndarray, labels: np.ndarray, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Numbers as float64 (N,) and a label for each, 0 or 1; a ValueError if they are something else."""
    values, labels = np.asarray(values), np.asarray(labels)
    if values.dtype.kind not in "fiu" or values.ndim != 1 or not len(values) or not np.isfinite(values).all():
        what = (
            "some that are not finite"
            if values.ndim == 1 and len(values) and values.dtype.kind in "fiu"
            else ""
        )
        raise ValueError(f"{name}: found {what or f'{values.dtype} {values.shape}'}; expected numbers (N,).")
    if labels.shape != values.shape or labels.dtype.kind not in "fiub" or not np.isin(labels, (0, 1)).all():
        raise ValueError(
            f"labels: found {labels.dtype} {labels.shape}; expected {values.shape}, each 0 or 1."
        )
    return values.astype(float), labels.astype(int)


def probability(model: keras.Model, images: np.ndarray, *, symmetries: bool = False) -> np.ndarray:
    """p(ship|x) for each chip, float32 (N,) in [0, 1]; arguments as `logits`.

    >>> p = probability(build(filters=2), np.zeros((3, 80, 80, 3), np.uint8))
    >>> p.shape, bool((0 <= p).all() and (p <= 1).all())
    ((3,), True)
    """
    return expit(logits(model, images, symmetries=symmetries))
