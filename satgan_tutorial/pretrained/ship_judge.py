"""Train a judge and store it as shipped, `judge-SOURCE.keras` with its model card and its log: `satgan train judge`."""

from __future__ import annotations

import hashlib
import os
import platform
import tempfile
from importlib.metadata import version
from pathlib import Path

import keras
import numpy as np
from keras import layers

from satgan_tutorial.chips import ChipSet, to_float
from satgan_tutorial.classifier import logits, temperature, train
from satgan_tutorial.judge import Judge
from satgan_tutorial.pretrained import storing

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
    file = storing.save(model, "judge", chips.source, folder=out, log=history)
    judge = Judge(file)
    file.with_suffix(".md").write_text(_card(judge, split, seed, epochs), encoding="utf-8")
    return judge


def from_classifier(classifier: keras.Model, train: ChipSet, validation: ChipSet) -> keras.Model:
    """Make a classifier the network of a judge: standardise its features on `train`, calibrate it on `validation`.

    The temperature is folded into the weights of the last layer, so the logit is calibrated as it comes.

    Returns:
        float32 (N, 80, 80, 3) in [-1, 1] -> {"logit": (N, 1), "features": (N, d)}.
    """
    body = keras.Model(classifier.inputs[0], classifier.get_layer("features").output)
    starts = range(0, len(train), 256)
    seen = np.concatenate([np.asarray(body(to_float(train.images[i : i + 256]))) for i in starts])
    variance = np.maximum(seen.var(axis=0), 1e-4 * seen.var())  # a channel that never speaks shall not shout
    standard = layers.Normalization(mean=seen.mean(axis=0), variance=variance, name="standard")
    t = temperature(logits(classifier, validation.images), validation.labels)
    head = layers.Dense(1, name="logit")
    outputs = {"logit": head(body.output), "features": standard(body.output)}
    head.set_weights([weights / t for weights in classifier.get_layer("logit").get_weights()])
    return keras.Model(classifier.inputs[0], outputs, name=f"judge_{train.source}")


def scenes_digest(chips: ChipSet) -> str:
    """16 hexadecimal digits that tell which scenes chips are from: is this the split a judge was trained on?"""
    return hashlib.sha256("\n".join(np.unique(chips.scenes)).encode()).hexdigest()[:16]


def _count(chips: ChipSet) -> str:
    return f"{len(chips)} chips ({int(chips.labels.sum())} ships) of {len(np.unique(chips.scenes))} scenes"


def _card(judge: Judge, split, seed: int, epochs: int) -> str:
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
