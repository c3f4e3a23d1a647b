"""A judge of somebody's own classes: a small network that learns to tell them, and whose features then compare pictures.

What `judge.Judge` is for ships, for a folder with subfolders: it learns in about a minute, from the train pictures alone.
"""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
from keras import layers

from .batching import forward
from .chips import check_seed, to_float
from .pictures import PictureSet

STEPS, BATCH, RATE = 600, 32, 1e-3


class ClassJudge:
    """A trained network as a measuring device: features and classes of pictures.

    Args:
        model: uint8 (N, S, S, 3) to {"logits": (N, k), "features": (N, d)}.
        classes: the names of the k classes.

    Attributes:
        name: what scores call it.

    >>> judge = ClassJudge(network(32, classes=2), ("barge", "boat"))
    >>> judge.name, judge.features(np.zeros((3, 32, 32, 3), np.uint8)).shape
    ('judge of 2 classes', (3, 128))
    """

    def __init__(self, model: keras.Model, classes: tuple[str, ...]) -> None:
        """Keep both."""
        self.model, self.classes = model, classes
        self.name = f"judge of {len(classes)} classes"

    def features(self, images: np.ndarray) -> np.ndarray:
        """Its last averages, each with mean 0 and deviation 1 over the pictures that it learned from: float32 (N, d)."""
        return forward(lambda x: self.model(to_float(x))["features"], images)

    def read(self, images: np.ndarray) -> np.ndarray:
        """The most likely class of each picture, a place among `classes`: int (N,)."""
        return forward(lambda x: self.model(to_float(x))["logits"], images).argmax(axis=1)

    def accuracy(self, pictures: PictureSet) -> float:
        """The share of pictures whose class it reads right."""
        return float((self.read(pictures.images) == pictures.labels).mean())


def network(size: int, classes: int) -> keras.Model:
    """Four convolutions, an average over places (the features), one number a class: float32 (N, S, S, 3) to (N, k).

    >>> found = network(32, classes=5).output
    >>> found["logits"].shape[1], found["features"].shape[1]
    (5, 128)
    """
    image = keras.Input((size, size, 3))
    x = image
    for filters, stride in ((32, 2), (64, 2), (96, 2), (128, 1)):
        x = layers.Conv2D(filters, 3, stride, "same", kernel_initializer="he_normal", use_bias=False)(x)
        x = layers.Activation("relu")(layers.BatchNormalization(momentum=0.9)(x))
    features = layers.GlobalAveragePooling2D(name="features")(x)
    logits = layers.Dense(classes, name="logits")(layers.Dropout(0.3)(features))
    return keras.Model(image, {"logits": logits, "features": features}, name="class_judge")


def train(
    pictures: PictureSet,
    *,
    steps: int = STEPS,
    seed: int = 0,
    update: Callable[[int], None] = lambda done: None,
) -> ClassJudge:
    """Train a judge on pictures with classes; each class is shown as often as any other.

    Args:
        pictures: what it learns from, of two classes or more.
        steps: of 32 pictures each; 600 take about half a minute for 64 x 64 pixels on two quiet cores.
        seed: of the weights and of the order.
        update: is told how many steps are done.

    Raises:
        ValueError: there are fewer than two classes with a picture.

    >>> names = np.array(["a.png", "b.png"])
    >>> pictures = PictureSet(np.zeros((2, 32, 32, 3), np.uint8), np.zeros(2, int), names, names, ("barge",))
    >>> train(pictures)
    Traceback (most recent call last):
    ValueError: classes with a picture: found 1; expected two or more.
    """
    check_seed(seed)
    rows = [np.flatnonzero(pictures.labels == y) for y in range(len(pictures.classes))]
    there = [y for y, held in enumerate(rows) if len(held)]
    if len(there) < 2:
        raise ValueError(f"classes with a picture: found {len(there)}; expected two or more.")
    keras.utils.set_random_seed(seed)
    model = network(pictures.size, len(pictures.classes))
    rate = keras.optimizers.schedules.CosineDecay(RATE, steps)
    learner = keras.Model(model.input, model.output["logits"])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    learner.compile(keras.optimizers.AdamW(rate, weight_decay=1e-3), loss)
    rng = np.random.default_rng(seed)
    for step in range(steps):
        labels = rng.choice(there, BATCH)
        images = np.stack([pictures.images[rng.choice(rows[y])] for y in labels])
        learner.train_on_batch(to_float(images), labels)
        update(step + 1)
    return ClassJudge(_standardised(model, pictures.images), pictures.classes)


def _standardised(model: keras.Model, images: np.ndarray) -> keras.Model:
    """The same network, with features of mean 0 and deviation 1 over these pictures."""
    seen = forward(lambda x: model(to_float(x))["features"], images)
    variance = np.maximum(
        seen.var(axis=0), 1e-4 * seen.var() + 1e-12
    )  # a channel that never speaks shall not shout
    outputs = dict(
        zip(("logits", "features"), (model.output["logits"], model.output["features"]), strict=True)
    )
    outputs["features"] = layers.Normalization(mean=seen.mean(axis=0), variance=variance)(outputs["features"])
    return keras.Model(model.input, outputs, name=model.name)
