"""Chapter 7: training the two."""

import numpy as np

from .grading import call, grade


def non_saturating_slope(function) -> None:
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


def accuracies(function) -> None:
    """Grade exercise 7.2: `function(real_logits, fake_logits)` returns D's accuracy on real and on fake chips."""

    def hint():
        real, fake = np.array([2.0, -1.0, 0.5, 3.0]), np.array([-2.0, 1.0, 0.5, 0.1, -0.3])
        got, truth = tuple(map(float, call(function, real, fake))), (0.75, 0.4)
        if np.allclose(got, truth):
            return None
        if np.allclose(got[-1], 1 - truth[-1]):
            return "a fake is called right where its logit is *not* above 0."
        return (
            f"for real logits {real.tolist()} and fake ones {fake.tolist()} it is {truth}; yours says {got}."
        )

    grade(
        "return two shares: of the real chips whose logit is above 0, and of the fake ones whose logit is not.",
        hint,
        "one number for both would hide a discriminator that calls everything real.",
    )
