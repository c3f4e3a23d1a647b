"""The judge: what a trained classifier sees in chips, and how far apart two sets of chips are in its eyes.

A score depends on whose eyes these are, on how many chips, and on which: each one says so.
"""

from __future__ import annotations

import hashlib
import os
import platform
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import keras
import numpy as np
import pandas as pd
from keras import layers
from scipy.special import expit

from . import models
from .batching import forward
from .chips import ChipSet, Split, to_float
from .classifier import logits, reliability, temperature, train
from .metrics import METRICS, kid


class JudgeError(ValueError):
    """Chips this judge may not judge, or a model that is no judge.

    >>> Judge("simulated").features(np.zeros((2, 40, 40, 3), np.uint8))
    Traceback (most recent call last):
    satgan_tutorial.judge.JudgeError: found uint8 (2, 40, 40, 3); expected at least one chip, ...
    """


@dataclass(frozen=True)
class Score:
    """One number, with all it depends on.

    Attributes:
        metric: "KID", for one.
        value: the number.
        judge: whose features it was measured in.
        n_real: real chips, or chips of the judge's source.
        n_fake: chips set against them.
        split: which chips of the source: "test", for one.

    >>> print(Score("KID", 1.5, "judge-real", n_real=250, n_fake=256, split="test"))
    KID 1.500 (judge-real; 256 against 250 test chips)
    """

    metric: str
    value: float
    judge: str
    n_real: int
    n_fake: int
    split: str

    def __str__(self) -> str:
        """The number and all it depends on, in one line."""
        counts = f"{self.n_fake} against {self.n_real} {self.split} chips"
        return f"{self.metric} {self.value:.3f} ({self.judge}; {counts})"


class Judge:
    """A trained classifier as a measuring device: features and p(ship|x) of chips.

    Args:
        name: "real" or "simulated" for a shipped judge, or a `.keras` file written by `train_judge`.

    Attributes:
        name: what scores call it, "judge-real" for one.
        source: the chips it was trained on and may judge, "real" or "simulated".
        model: float32 (N, 80, 80, 3) in [-1, 1] -> {"logit": (N, 1), "features": (N, d)}.
        classifier: the same weights as one network from chip to logit, calibrated.

    Raises:
        ModelError: nothing is shipped under that name, or the file is no Keras model.
        JudgeError: the file holds another kind of model.

    >>> judge = Judge("simulated")
    >>> judge
    Judge(judge-simulated, 128 features)
    >>> judge.features(np.zeros((2, 80, 80, 3), np.uint8)).shape
    (2, 128)
    """

    def __init__(self, name: str | os.PathLike) -> None:
        """Load it."""
        shipped = name in ("real", "simulated")
        self.model = models.load("judge", name) if shipped else models.read(name)
        self.name = self.model.name.replace("_", "-")
        kind, _, self.source = self.name.partition("-")
        if kind != "judge" or self.source not in ("real", "simulated"):
            raise JudgeError(
                f"{name}: found a model named {self.name}; expected a judge, from `satgan train judge`."
            )
        self.classifier = keras.Model(self.model.input, self.model.output["logit"])

    def __repr__(self) -> str:
        """Its name and how many features it has."""
        return f"Judge({self.name}, {self.model.output['features'].shape[-1]} features)"

    def features(self, images: ChipSet | np.ndarray, batch_size: int = 256) -> np.ndarray:
        """The classifier's last averages, each with mean 0 and deviation 1 over the chips it was trained on.

        Args:
            images: a ChipSet of the judge's source, or uint8 (N, 80, 80, 3).
            batch_size: chips at once.

        Returns:
            float32 (N, d).

        Raises:
            JudgeError: the chips are of the other source, or not uint8 (N, 80, 80, 3).
        """
        images = self._images(images)
        return forward(lambda x: self.model(to_float(x))["features"], images, batch_size=batch_size)

    def probability(self, images: ChipSet | np.ndarray, *, symmetries: bool = False) -> np.ndarray:
        """p(ship|x), calibrated on validation chips: float32 (N,) in [0, 1].

        Args:
            images: as for `features`.
            symmetries: average the logits over the eight symmetries of the square: eight times the work.

        Raises:
            JudgeError: as for `features`.
        """
        return expit(logits(self.classifier, self._images(images), symmetries=symmetries))

    def score(self, real: ChipSet, fake: ChipSet | np.ndarray, *, split: str) -> Score:
        """The KID of chips against those of the judge's source.

        Args:
            real: chips the judge was not trained on, of the class that `fake` shall be.
            fake: generated chips, uint8 (N, 80, 80, 3), or a ChipSet.
            split: what to call `real`: "test", for one.

        Raises:
            JudgeError: as for `features`.
            ValueError: fewer than two chips in one of them.
        """
        value = kid(self.features(real), self.features(fake))
        return Score("KID", value, self.name, len(real), len(fake), split)

    def scores(self, real: ChipSet, fake: ChipSet | np.ndarray, *, split: str) -> pd.DataFrame:
        """Every score of `metrics.METRICS`, a row each, with the columns of `Score`; arguments and errors as `score`."""
        seen = self.features(real), self.features(fake)
        rest = (self.name, len(real), len(fake), split)
        return pd.DataFrame([Score(name, metric(*seen), *rest) for name, metric in METRICS.items()])

    def evaluate(self, chips: ChipSet, *, split: str, symmetries: bool = True) -> dict:
        """How well it tells ships on labelled chips: accuracy, ece (10 bins), n, split, data, judge.

        Raises:
            JudgeError: as for `features`.
        """
        p = self.probability(chips, symmetries=symmetries)
        _, ece = reliability(p, chips.labels)
        accuracy = float(np.mean((p > 0.5) == chips.labels))
        return {
            "accuracy": accuracy,
            "ece": ece,
            "n": len(chips),
            "split": split,
            "data": chips.source,
            "judge": self.name,
        }

    def _images(self, images: ChipSet | np.ndarray) -> np.ndarray:
        if isinstance(images, ChipSet):
            if images.source != self.source:
                raise JudgeError(
                    f"{self.name} was trained on {self.source} chips and cannot judge {images.source} ones: "
                    f'take Judge("{images.source}").'
                )
            return images.images
        images = np.asarray(images)
        if images.dtype != np.uint8 or images.shape[1:] != (80, 80, 3) or not len(images):
            raise JudgeError(
                f"found {images.dtype} {images.shape}; expected at least one chip, uint8 (N, 80, 80, 3)."
            )
        return images


# By source, for a model card: the chips, the licence of what was trained on them, the name in $SATGAN_DATA.
SOURCES = {
    "real": {
        "data": "ShipsNet (R. Hammell, 2018; imagery: Planet Team)",
        "licence": "CC BY-SA 4.0, as the chips it was trained on",
        "where": "data/shipsnet",
    },
    "simulated": {
        "data": "`simulate.draw_chips(4000, seed=0)`",
        "licence": "MIT, as the code",
        "where": "simulated",
    },
}


def train_judge(
    out: str | os.PathLike,
    chips: ChipSet,
    *,
    seed: int = 0,
    epochs: int = 40,
    callbacks: tuple[keras.callbacks.Callback, ...] = (),
    verbose: int = 0,
) -> Judge:
    """Train a judge, measure it and store it: `judge-SOURCE.keras`, its card `.md` and its log `.csv`.

    Args:
        out: a folder, made if it is not there.
        chips: all chips of a source; the judge sees the train and validation scenes of `chips.split(0)`.
        seed: of the training.
        epochs: passes over the train chips, about 3 s each on two cores.
        callbacks: Keras callbacks for the training.
        verbose: Keras' own progress, as in `Model.fit`.

    Returns:
        The judge as stored, its weights rounded to float16.
    """
    split = chips.split(0)
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "log.csv")
        record = keras.callbacks.CSVLogger(log)
        settings = {"epochs": epochs, "seed": seed, "learning_rate": 2e-3, "verbose": verbose}
        classifier = train(split.train, split.validation, **settings, callbacks=(record, *callbacks))
        history = log.read_text()
    model = from_classifier(classifier, split.train, split.validation)
    file = models.save(model, "judge", chips.source, folder=out, log=history)
    judge = Judge(file)
    file.with_suffix(".md").write_text(_card(judge, split, seed, epochs), encoding="utf-8")
    return judge


def from_classifier(classifier: keras.Model, train: ChipSet, validation: ChipSet) -> keras.Model:
    """Make a classifier the network of a judge: standardise its features on `train`, calibrate it on `validation`.

    The temperature is folded into the weights of the last layer, so the logit is calibrated as it comes.

    Returns:
        float32 (N, 80, 80, 3) in [-1, 1] -> {"logit": (N, 1), "features": (N, d)}.

    >>> from satgan_tutorial import classifier
    >>> images = np.random.default_rng(0).integers(0, 256, (4, 80, 80, 3), np.uint8)
    >>> chips = ChipSet(images, np.array([0, 0, 1, 1]), np.array(["day_1"] * 4), np.zeros((4, 2)))
    >>> model = from_classifier(classifier.build(filters=2), chips, chips)
    >>> model.name, sorted(model.output), model.output["features"].shape[1]
    ('judge_real', ['features', 'logit'], 16)
    """
    body = keras.Model(classifier.inputs[0], classifier.get_layer("features").output)
    seen = forward(lambda x: body(to_float(x)), train.images)
    variance = np.maximum(seen.var(axis=0), 1e-4 * seen.var())  # a channel that never speaks shall not shout
    standard = layers.Normalization(mean=seen.mean(axis=0), variance=variance, name="standard")
    t = temperature(logits(classifier, validation.images), validation.labels)
    head = layers.Dense(1, name="logit")
    outputs = {"logit": head(body.output), "features": standard(body.output)}
    head.set_weights([weights / t for weights in classifier.get_layer("logit").get_weights()])
    return keras.Model(classifier.inputs[0], outputs, name=f"judge_{train.source}")


def scenes_digest(chips: ChipSet) -> str:
    """16 hexadecimal digits that tell which scenes chips are from: is this the split a judge was trained on?

    >>> images = np.random.default_rng(0).integers(0, 256, (2, 80, 80, 3), np.uint8)
    >>> chips = ChipSet(images, np.array([0, 1]), np.array(["day_1", "day_2"]), np.zeros((2, 2)))
    >>> scenes_digest(chips) == scenes_digest(chips[::-1]), scenes_digest(chips) == scenes_digest(chips[:1])
    (True, False)
    """
    return hashlib.sha256("\n".join(np.unique(chips.scenes)).encode()).hexdigest()[:16]


def _count(chips: ChipSet) -> str:
    return f"{len(chips)} chips ({int(chips.labels.sum())} ships) of {len(np.unique(chips.scenes))} scenes"


def _card(judge: Judge, split: Split, seed: int, epochs: int) -> str:
    """The model card, `judge_card.md` with the numbers measured on what was stored."""
    rows = []
    for part in ("validation", "test"):
        for symmetries in (False, True):
            found = judge.evaluate(getattr(split, part), split=part, symmetries=symmetries)
            how = "mean of eight symmetries" if symmetries else "one look"
            rows.append(f"| {part} | {how} | {found['n']} | {found['accuracy']:.4f} | {found['ece']:.4f} |")
    versions = [f"{name} {version(name)}" for name in ("tensorflow", "keras", "numpy")]
    facts = SOURCES[judge.source] | {name: _count(part) for name, part in split._asdict().items()}
    facts |= {"digest": scenes_digest(split.train), "steps": len(split.train) // 32, "rows": "\n".join(rows)}
    facts |= {"versions": ", ".join([f"Python {platform.python_version()}", *versions])}
    card = Path(__file__).with_name("judge_card.md").read_text(encoding="utf-8")
    return card.format(judge=judge, weights=judge.model.count_params(), seed=seed, epochs=epochs, **facts)
