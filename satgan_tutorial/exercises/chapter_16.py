"""Chapter 16: Bayes, both ways."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import softmax

from .grading import call, grade, slip


def guided_step(function: Callable[..., Any]) -> None:
    """Grade exercise 16.1: `function(x, v, gradient, t, dt, weight)` goes one Euler step along the guided velocity.

    x, the velocity v there and the gradient of log p_t(y|x) are (N, ...) alike; t, dt and weight are numbers, t above 0.
    """

    def hint():
        rng = np.random.default_rng(0)
        for shape, t, dt, weight in (((5, 2), 0.25, 0.1, 1.0), ((2, 4, 4, 3), 0.8, 0.05, 3.0)):
            x, v, gradient = rng.normal(size=(3, *shape))
            answer = call(function, x.copy(), v.copy(), gradient.copy(), t, dt, weight)
            got = np.asarray(answer, float)
            if got.shape != shape:
                return f"return where x is after the step, shape {shape}; found shape {got.shape}."
            push = weight * gradient
            guided = v + (1 - t) / t * push
            if np.allclose(got, x + dt * guided):
                continue
            slips = (
                (x + dt * v, "that is the step without the reader: nobody has said what is wished."),
                (
                    guided,
                    "that is the guided velocity; the step goes from x along it, for a time of dt.",
                ),
                (dt * guided, "that is how far the step goes; it starts at x."),
                (x + guided, "that goes along the velocity for a time of 1; the step is dt long."),
                (
                    x + dt * v + (1 - t) / t * push,
                    "what the reader adds is a part of the velocity: it counts for a time of dt, as v does.",
                ),
                (
                    x + dt * (v - (1 - t) / t * push),
                    "that walks away from what is wished: the gradient points uphill.",
                ),
                (
                    x + dt * (v + t / (1 - t) * push),
                    "t and 1 - t are the wrong way round: near noise a small gradient has to do much, near the picture nothing.",
                ),
                (
                    x + dt * (v + push),
                    "the gradient is one of log p; the factor (1 - t) / t makes a velocity of it.",
                ),
                (
                    x + dt * (v + push / t),
                    "that is 1 / t; at the end of the way, t = 1, the reader has no say any more.",
                ),
                (
                    x + dt * (v + (1 - t) * push),
                    "that is 1 - t; see the last line of the derivation: it is divided by t.",
                ),
                (
                    x + dt * (v + (1 - t) / t * gradient),
                    "that is right for a weight of 1; where is the weight?",
                ),
                (
                    x + dt * weight * (v + (1 - t) / t * gradient),
                    "the weight belongs to what the reader says alone; the flow's own velocity stays as it is.",
                ),
            )
            if why := slip(got, slips):
                return why
            wanted = (x + dt * guided).ravel()[0]
            return f"for t = {t:g}, dt = {dt:g} and weight {weight:g} the first number is {wanted:.3f}; yours is {got.ravel()[0]:.3f}."
        return None

    grade(
        "return where x is after one step of length dt along v + weight (1 - t) / t times the gradient.",
        hint,
        "p(x) says how ships look, p(y|x) says that it shall be one, and one velocity follows both.",
    )


def bayes_by_errors(function: Callable[..., Any]) -> None:
    """Grade exercise 16.2: `function(errors, prior)` is p(y|x), (N, classes), by Bayes' rule.

    The errors are (N, noises, classes); their mean over the noises is -log p(x|y), but for a number that is the same for
    all classes. The prior is p(y), (classes,).
    """

    def hint():
        rng = np.random.default_rng(0)
        for n, noises, prior, size in (
            (6, 4, (0.75, 0.25), 1.0),
            (5, 16, (0.2, 0.5, 0.3), 1.0),
            (4, 8, (0.6, 0.4), 3000.0),
        ):
            prior = np.array(prior)
            errors = size + rng.gamma(2.0, 1.0, (n, noises, len(prior)))
            mean = errors.mean(axis=1)
            truth = softmax(np.log(prior) - mean, axis=1)
            with np.errstate(all="ignore"):
                got = np.asarray(call(function, errors.copy(), prior.copy()), float)
            if got.shape == (n,):
                return "that is one number a chip; return a probability for each class, so that each row adds up to 1."
            if got.shape != truth.shape:
                return f"return one probability for each of {n} chips and {len(prior)} classes; found shape {got.shape}."
            if np.allclose(got, truth):
                continue
            if not np.isfinite(got).all():
                return (
                    "exp(-3000) is 0 to a computer, and 0 / 0 is no number. Only differences matter: take the largest "
                    "logarithm of each row away first."
                )
            slips = (
                (
                    softmax(np.log(prior) + mean, axis=1),
                    "that prefers the class that errs most; a small error is a large p(x|y).",
                ),
                (
                    softmax(np.log(prior) - errors.sum(axis=1), axis=1),
                    "that adds up the errors of all noises, as if each were a chip of its own; take their mean.",
                ),
                (
                    softmax(-mean, axis=1),
                    "that is for classes that are equally common; the prior is missing.",
                ),
                (
                    softmax(prior - mean, axis=1),
                    "errors are logarithms, so the prior has to be one too before you add it.",
                ),
                (
                    softmax(np.log(prior) - mean, axis=0),
                    "that shares each class out among the chips; each row has to add up to 1.",
                ),
                (np.exp(np.log(prior) - mean), "that is p(x|y) p(y); divide each row by its sum."),
                (
                    np.log(prior) - mean,
                    "that is the logarithm of p(x|y) p(y); take exp, and divide each row by its sum.",
                ),
                (
                    prior * softmax(-mean, axis=1),
                    "the prior comes in before the rows are divided by their sums, or they no longer add up to 1.",
                ),
                (
                    softmax(-np.sqrt(mean) + np.log(prior), axis=1),
                    "the squared errors themselves are the logarithms: no root.",
                ),
            )
            if why := slip(got, slips):
                return why
            if not np.allclose(got.sum(axis=1), 1):
                return f"each row has to add up to 1; your first adds up to {got[0].sum():.3f}."
            return f"for the first of {n} chips p of the first class is {truth[0, 0]:.3f}; yours says {got[0, 0]:.3f}."
        return None

    grade(
        "return p(y|x) for each chip and class: Bayes' rule on the mean errors and the prior.",
        hint,
        "a network that was trained to draw has read.",
    )
