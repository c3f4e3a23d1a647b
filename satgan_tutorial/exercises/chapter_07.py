"""Chapter 7: training the two."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .grading import Unsolved, call, grade


def non_saturating_slope(function: Callable[..., Any]) -> None:
    """Grade exercise 7.1: `function(logit)` is the slope of log(1 + exp(-logit))."""

    def hint():
        for logit in (-10.0, 0.0, 2.5):
            got, truth = float(call(function, logit)), -1 / (1 + np.exp(logit))
            if np.isclose(got, truth):
                continue
            if np.isclose(got, -truth):
                return (
                    "the size is right; a higher logit lowers the generator's loss, so the slope is negative."
                )
            if np.isclose(got, truth + 1) or np.isclose(got, -1 - truth):
                return "that is the slope of log(1 + exp(+logit)), or of minimax; mind the sign inside."
            return f"at a logit of {logit} your function says {got:.4f}; compare a finite difference of the loss."
        return None

    grade(
        "return the slope of log(1 + exp(-logit)) in the logit; it is a sigmoid, with a sign.",
        hint,
        "where the discriminator wins, the minimax slope dies out and this one stays at -1.",
    )


def accuracies(function: Callable[..., Any]) -> None:
    """Grade exercise 7.2: `function(real_logits, fake_logits)` returns D's accuracy on real and on fake chips."""

    def hint():
        cases = ([2.0, -1.0, 0.5, 3.0], [-2.0, 1.0, 0.5, 0.1, -0.3]), ([0.0, 1.0], [0.0, 1.0, -1.0])
        for real, fake in cases:
            real, fake = np.array(real), np.array(fake)
            got = np.asarray(call(function, real, fake), float)
            truth = np.array([np.mean(real > 0), np.mean(fake <= 0)])
            if got.shape != (2,):
                return f"return two shares, of the real and of the fake chips; found shape {got.shape}."
            if np.allclose(got, truth):
                continue
            if np.allclose(got, truth[::-1]):
                return "those are the two, but the share of the real chips comes first."
            if np.allclose(got[1], 1 - truth[1]):
                return "a fake is called right where its logit is *not* above 0."
            if np.allclose(got, [np.mean(real > 0.5), np.mean(fake <= 0.5)]):
                return "0.5 is the border for a probability; a logit has it at 0."
            return (
                f"for real logits {real.tolist()} and fake ones {fake.tolist()} it is "
                f"{truth.round(3).tolist()}; yours says {got.round(3).tolist()}."
            )
        return None

    grade(
        "return two shares: of the real chips whose logit is above 0, and of the fake ones whose logit is not.",
        hint,
        "one number for both would hide a discriminator that calls everything real.",
    )


class _Player:
    """Stands in for a compiled model: notes what it is trained on, and whether D's flag was on."""

    def __init__(self, name: str, notes: list, judge: Any = None) -> None:
        self.name, self.notes, self.judge, self.trainable = name, notes, judge or self, False

    def __call__(self, z: Any, **options: Any) -> Any:
        return np.full((len(z), 1), 5.0, np.float32)

    predict = predict_on_batch = __call__

    def train_on_batch(self, x: Any, y: Any, **options: Any):
        self.notes.append((self.name, np.asarray(x), np.ravel(y), self.judge.trainable))

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"these players only know a call, `train_on_batch` and `trainable`, not {name!r}"
        )


def toggled_step(function: Callable[..., Any]) -> None:
    """Grade exercise 7.3: `function(models, real, z)` trains D with its flag on, then G through a D whose flag is off."""

    def hint():
        if function is ...:
            raise Unsolved
        notes = []
        generator, discriminator = (_Player(name, notes) for name in ("generator", "discriminator"))
        combined = _Player("combined", notes, judge=discriminator)
        function((generator, discriminator, combined), np.full((2, 1), -5.0, np.float32), np.ones((2, 1)))
        if not notes:
            raise Unsolved
        order = [name for name, *_ in notes]
        if order != ["discriminator", "combined"]:
            return f"train the discriminator once, then the combined model once; yours trains {order or 'nothing'}."
        (_, images, labels, free), (_, z, towards, still) = notes
        if not free:
            return "the flag is off while the discriminator trains, so it stands still."
        if still:
            return "the flag is on while the combined model trains, so D learns to call everything real."
        if len(labels) != 4 or not np.array_equal(np.sort(images, axis=0), [[-5], [-5], [5], [5]]):
            return "the discriminator trains on all generated and all real images, one label each."
        if not np.array_equal(labels, (images[:, 0] > 0).astype(float)):
            return "generated images have the label 1 here and real ones 0, with no noise."
        if not np.array_equal(z, [[1], [1]]) or not np.array_equal(towards, [0, 0]):
            return (
                "the combined model takes the noise z, and is trained towards 0, which is called real here."
            )
        return None

    grade(
        "train the discriminator with its flag on, then the combined model, towards 0, with the discriminator's flag off.",
        hint,
        "each half finds the flag as it needs it, whenever its graph is traced.",
    )


def noisy_labels(function: Callable[..., Any]) -> None:
    """Grade exercise 7.4: `function(labels, noise)` pulls labels of 0 and 1 inwards by the noise."""

    def hint():
        labels, noise = np.array([1.0, 0.0, 1.0, 0.0]), np.array([0.05, 0.05, 0.02, 0.0])
        got = np.asarray(call(function, labels.copy(), noise.copy()), float)
        truth = np.array([0.95, 0.05, 0.98, 0.0])
        if got.shape != truth.shape:
            return f"return one label for each: for four of them yours has the shape {got.shape}."
        if np.allclose(got, truth):
            return None
        if (got > 1 + 1e-9).any():
            return f"a label of {got.max():.2f} is above 1: the noise has to come off there."
        if (got < -1e-9).any():
            return f"a label of {got.min():.2f} is below 0: the noise has to be added there."
        return f"for labels {labels.tolist()} and noise {noise.tolist()} it is {truth.tolist()}, yours {got.tolist()}."

    grade(
        "take the noise off labels of 1 and add it to labels of 0.",
        hint,
        "between 0 and 1 cross-entropy has a least value, and it is not negative.",
    )
