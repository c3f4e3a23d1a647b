"""The judge: what a trained classifier sees in chips, and how far apart two sets of chips are in its eyes.

A score depends on whose eyes these are, on how many chips, and on which: each one says so.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import keras
import numpy as np
import pandas as pd
from scipy.special import expit

from . import pretrained
from .chips import ChipSet, to_float
from .classifier import logits, reliability
from .metrics import METRICS, kid


class JudgeError(ValueError):
    """Chips this judge may not judge, or a model that is no judge."""


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
        PretrainedError: nothing is shipped under that name, or the file is no Keras model.
        JudgeError: the file holds another kind of model.
    """

    def __init__(self, name: str | os.PathLike):
        """Load it."""
        shipped = name in ("real", "simulated")
        self.model = pretrained.load("judge", name) if shipped else pretrained.read(name)
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
        starts = range(0, len(images), batch_size)
        batches = (to_float(images[start : start + batch_size]) for start in starts)
        return np.concatenate([np.asarray(self.model(batch)["features"]) for batch in batches])

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
