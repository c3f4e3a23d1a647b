"""Chapter 12: walks in latent space."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .grading import call, grade, number, slip


def chord(function: Callable[..., Any]) -> None:
    """Grade exercise 12.1: `function(d, t)` is how long (1 - t) a + t b is for independent noise a and b, typically."""

    def hint():
        for d, t in ((64, 0.5), (100, 0.25), (16, 0.9), (9, 0.0)):
            got = number(call(function, d, t), "one number, a length")
            squares = (1 - t) ** 2 + t**2
            truth = np.sqrt(d * squares)
            if np.isclose(got, truth, rtol=1e-6):
                continue
            if np.isclose(got, d * squares, rtol=1e-6):
                return "that is the mean of the square; take its root."
            if np.isclose(got, np.sqrt(d), rtol=1e-6):
                return "the lengths at both ends add up to that only if a and b point the same way, and they do not."
            if np.isclose(got, np.sqrt(d) * abs(1 - 2 * t), rtol=1e-6):
                return "that would be so if b were -a; independent noise is close to a right angle."
            if np.isclose(got, np.sqrt(squares), rtol=1e-6):
                return "that is in units of the length of a; each of the d numbers has variance 1."
            if np.isclose(got, d * np.sqrt(squares), rtol=1e-6):
                return "the d belongs under the root: it is the *square* of the length that grows with it."
            return f"for d = {d} and t = {t:g} it is {truth:.3f}; yours says {got:.3f}."
        return None

    grade(
        "return the root of the mean squared length of (1 - t) a + t b, for independent noise a and b of d numbers.",
        hint,
        "the straight way is a chord, and its middle is shorter by the root of 2 in any dimension.",
    )


def arc(function: Callable[..., Any]) -> None:
    """Grade exercise 12.2: `function(a, b, t)` goes from a to b, both of length 1, along the arc between them."""

    def hint():
        rng = np.random.default_rng(0)
        for d, t in ((3, 0.25), (64, 0.5), (64, 0.8), (5, 0.0)):
            a, b = (x / np.linalg.norm(x) for x in rng.normal(size=(2, d)))
            w = np.arccos(a @ b)
            truth, straight = _arc(a, b, t), (1 - t) * a + t * b
            got = np.asarray(call(function, a.copy(), b.copy(), t), float)
            if got.shape != (d,):
                return f"return a vector of {d} numbers; found shape {got.shape}."
            if np.allclose(got, truth):
                continue
            slips = (
                (_arc(a, b, 1 - t), "the other way round: t = 0 is at a, and t = 1 at b."),
                (straight, "that is the straight way, which leaves the sphere."),
                (
                    straight / np.linalg.norm(straight),
                    "that is on the arc, but goes faster in the middle: the angle has to grow evenly.",
                ),
                (truth * np.sin(w), "both weights are to be divided by the sine of the whole angle."),
                (
                    _between(a, b, t, np.degrees(w)),
                    "np.sin takes radians, as np.arccos gives them; leave out the degrees.",
                ),
                (_between(a, b, t, a @ b), "a @ b is the cosine of the angle; the angle is np.arccos of it."),
            )
            if why := slip(got, slips):
                return why
            length = np.linalg.norm(got)
            angle = np.degrees(np.arccos(np.clip(a @ got / length, -1, 1))) if length else np.nan
            return (
                f"for t = {t:g} it is of length 1 and {np.degrees(t * w):.1f} degrees from a; "
                f"yours of length {length:.2f} and {angle:.1f} degrees from a."
            )
        return None

    grade(
        "return sin((1 - t) w) / sin(w) times a plus sin(t w) / sin(w) times b, where w is the angle between them.",
        hint,
        "as long at every t, and at an even pace.",
    )


def alone(function: Callable[..., Any]) -> None:
    """Grade exercise 12.3: `function(slope, others)` raises one reading by 1 and leaves those of the others.

    The slope is (d,), the others are (k, d), in no way at right angles to each other.
    """

    def hint():
        rng = np.random.default_rng(0)
        for d, k in ((3, 1), (8, 3), (64, 5)):
            slope, others = rng.normal(size=d), rng.normal(size=(k, d)) + 0.5
            got = np.asarray(call(function, slope.copy(), others.copy()), float)
            if got.shape != (d,):
                return f"return a step in the noise, {d} numbers; found shape {got.shape}."
            leak = np.abs(others @ got).max()
            part = np.linalg.lstsq(others.T, slope, rcond=None)[0] @ others
            if np.any(got) and np.allclose(got, (got @ slope) / (slope @ slope) * slope):
                return f"that is the slope itself: it moves another reading by {leak:.2f}."
            if np.allclose(got, part):
                return "that is what the others make up of the slope; take it away from the slope."
            if leak > 1e-6 and k == 1:
                return f"another reading still moves by {leak:.2f}: take away from the slope what it has of the other."
            if leak > 1e-6:
                return (
                    f"another reading still moves by {leak:.2f}. The others are not at right angles to each other, so taking "
                    "them away one after the other brings the first back: solve for all of them at once."
                )
            if not np.isclose(slope @ got, 1):
                return f"nothing leaks; now scale the step so that its own reading moves by 1, not by {slope @ got:.2f}."
            if not np.allclose(got, np.linalg.pinv(np.vstack([slope, others]))[:, 0]):
                return "it reads right, but there is a shorter step: stay among the slopes, the rest of it changes no reading."
        return None

    grade(
        "return the shortest step that raises this reading by 1 and all others by 0.",
        hint,
        "one reading moves, and the others stay.",
    )


def round_the_hole(function: Callable[..., Any]) -> None:
    """Grade exercise 12.4: `function(readings, share)` says which rows to keep: all but the share nearest to (0, 0).

    The readings (N, 2) are the cosine and the sine of twice the heading; the answer is bool (N,).
    """

    def hint():
        rng = np.random.default_rng(0)
        for n, share in ((10, 0.2), (200, 0.3)):
            readings = rng.normal(size=(n, 2)) * [1.0, 0.6]
            got = np.asarray(call(function, readings.copy(), share))
            if got.shape != (n,) or got.dtype != bool:
                return f"return True or False for each of {n} rows; found {got.dtype} of shape {got.shape}."
            truth = _farther(np.hypot(*readings.T), share)
            if np.array_equal(got, truth):
                continue
            if np.array_equal(got, ~truth):
                return "that keeps what lies in the hole; keep all that does not."
            for far, what in (
                (np.abs(readings[:, 0]), "the cosine alone"),
                (np.abs(readings[:, 1]), "the sine alone"),
                (np.abs(readings).sum(axis=1), "the sum of both without their signs"),
            ):
                if np.array_equal(got, _farther(far, share)):
                    return f"that goes by {what}; the distance from the middle is the root of both squares together."
            if np.array_equal(got, np.hypot(*readings.T) > share):
                return "`share` says how many rows to leave out, and is no distance: see `np.quantile`."
            return f"of {n} rows {got.sum()} are kept; all but the {share:.0%} nearest to (0, 0) are {truth.sum()}."
        return None

    grade(
        "return True for the rows to keep: all but the share whose readings lie nearest to (0, 0).",
        hint,
        "what is left lies round the hole.",
    )


def inverted(function: Callable[..., Any]) -> None:
    """Grade exercise 12.5: `function(weights, bias, image)` finds the noise for which a linear generator is nearest to it.

    The generator is z @ weights + bias, the weights (d, p), bias and image (p,). The answer is z (d,) and how far it stays
    from the image.
    """

    def hint():
        rng = np.random.default_rng(0)
        for d, p, reachable in ((2, 6, True), (4, 30, False)):
            weights, bias = rng.normal(size=(d, p)), rng.normal(size=p)
            image = rng.normal(size=d) @ weights + bias + (0 if reachable else rng.normal(size=p))
            answer = call(function, weights.copy(), bias.copy(), image.copy())
            if not isinstance(answer, (tuple, list)) or len(answer) != 2 or np.shape(answer[0]) != (d,):
                return (
                    f"return two things: the noise, {d} numbers, and how far its image is from the given one."
                )
            z = np.asarray(answer[0], float)
            lost = number(answer[1], "one number for the distance, the length of what is left")
            truth = np.linalg.lstsq(weights.T, image - bias, rcond=None)[0]
            left = np.linalg.norm(truth @ weights + bias - image)
            if np.allclose(z, np.linalg.lstsq(weights.T, image, rcond=None)[0]):
                return "the bias is drawn whatever the noise is: take it away first."
            if np.allclose(z, weights @ (image - bias)):
                return "the transpose is no inverse: the rows of the weights are neither at right angles nor of length 1."
            if not np.allclose(z, truth):
                return f"there is noise that comes nearer: {left:.2f} is left, with yours {np.linalg.norm(z @ weights + bias - image):.2f}."
            if np.isclose(lost, left, atol=1e-6):
                continue
            if np.isclose(lost, left**2):
                return "the noise is right; the distance is the root of the summed squares."
            if np.isclose(lost, left / np.sqrt(p)):
                return "the noise is right; for the distance squares are summed, with no mean."
            return f"the noise is right; what it draws is {left:.3f} from the image, not {lost:.3f}."
        return None

    grade(
        "return the noise for which z @ weights + bias is nearest to the image, and the distance that is left.",
        hint,
        "what is left is at right angles to all that this generator can draw.",
    )


def _farther(distances: np.ndarray, share: float):
    return distances > np.quantile(distances, share)


def _arc(a: np.ndarray, b: np.ndarray, t: float):
    return _between(a, b, t, np.arccos(a @ b))


def _between(a: np.ndarray, b: np.ndarray, t: float, w: float):
    return (np.sin((1 - t) * w) * a + np.sin(t * w) * b) / np.sin(w)
