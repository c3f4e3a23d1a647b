"""Chapter 15: from noise to ship."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .grading import Unsolved, Wrong, call, grade, number, slip

IMAGES = (4, 4, 4, 3)  # as many images as columns: times that are not spread over the axes go unnoticed there


def flow_loss(function: Callable[..., Any]) -> None:
    """Grade exercise 15.1: `function(velocity, x, z, t)` is the loss of flow matching, on points and on images.

    The velocity takes a list of x_t and of t, float32 (N, 1); x and z are float32 (N, ...).
    """

    def hint():
        for shape in ((3, 2), IMAGES, (5, 4, 4, 3)):
            rng = np.random.default_rng(len(shape) + shape[0])
            x, z = rng.standard_normal((2, *shape)).astype(np.float32)
            t = rng.random((shape[0], 1)).astype(np.float32)
            network = _Network()
            try:
                got = _loss(function, network, x, z, t)
            except (Unsolved, Wrong):
                raise
            except Exception:
                if len(shape) == 2:
                    raise
                return UNSPREAD
            if wrong := _seen(network, x, z, t) or _value(got, network, x, z):
                return wrong
        return None

    grade(
        "return the mean square of what the network says at x_t and t, less the velocity of the path.",
        hint,
        "a regression, with a target that no other network moves.",
    )


UNSPREAD = (
    "right for points, but not for images: each image has a time of its own, so t has to be spread over height, width and "
    "channels. Reshape it to (N, 1, 1, 1), with as many axes as x has."
)


class _Network:
    """A velocity network that keeps what it was shown."""

    def __init__(self) -> None:
        self.shown = None

    def __call__(self, *given: Any, **kwargs: Any) -> Any:
        if len(given) != 1 or not isinstance(given[0], list | tuple) or len(given[0]) != 2:
            raise Wrong("the network takes one list of two things: velocity([x_t, t]).")
        x_t, t = given[0]
        self.shown = np.asarray(x_t), np.asarray(t)
        return 0.5 * x_t + 0.25

    @property
    def said(self):
        return 0.5 * self.shown[0] + 0.25


def _loss(function: Callable[..., Any], network: _Network, *given: np.ndarray) -> float:
    """What the reader's loss says, as a float."""
    import tensorflow as tf

    got = call(function, network, *map(tf.constant, given))
    return number(np.asarray(got), "one number, the mean over all values of all images")


def _seen(network: _Network, x: np.ndarray, z: np.ndarray, t: np.ndarray) -> str | None:
    """What is wrong with what the network was shown."""
    if network.shown is None:
        return "the network was never asked: its answer at x_t and t is what is held against the truth."
    x_t, told = network.shown
    spread = t.reshape(-1, *[1] * (x.ndim - 1))
    if told.shape != t.shape or not np.allclose(told, t):
        return f"tell the network t as it is, {t.shape}: found {told.shape}, or other times."
    if x_t.shape != x.shape:
        return UNSPREAD if x.ndim > 2 else f"x_t is to have the shape of x, {x.shape}; found {x_t.shape}."
    slips = [
        (
            spread * z + (1 - spread) * x,
            "the path is the wrong way round: at t = 0 it is at the noise z, at t = 1 at x.",
        ),
        (x, "the network was shown x itself; show it the point of the path, x_t."),
        (z, "the network was shown the noise itself; show it the point of the path, x_t."),
        (
            z + spread * x,
            "the noise has to fade while x comes in: its weight is 1 - t.",
        ),
    ]
    if x.shape == IMAGES:
        slips.append(((1 - t) * z + t * x, UNSPREAD))
    if why := slip(x_t, slips, atol=1e-5):
        return why
    if not np.allclose(x_t, (1 - spread) * z + spread * x, atol=1e-5):
        return "what the network was shown is not (1 - t) z + t x."
    return None


def _value(got: float, network: _Network, x: np.ndarray, z: np.ndarray) -> str | None:
    """What is wrong with the loss, where the network was shown the right thing."""
    miss = network.said - (x - z)
    axes = tuple(range(1, x.ndim))
    if np.isclose(got, np.mean(miss**2), rtol=1e-4):
        return None
    slips = (
        (
            np.mean((network.said - (z - x)) ** 2),
            "the target points back to the noise: z - x. The path goes from z to x.",
        ),
        (
            np.mean((network.said - x) ** 2),
            "the target is x, where the path ends; it should be the way there, x - z.",
        ),
        (
            np.mean((network.said - z) ** 2),
            "the target is the noise; the velocity of the path is x - z.",
        ),
        (
            np.sum(miss**2),
            "that is the sum of the squares; take their mean, or large images have large losses.",
        ),
        (
            np.mean(np.sum(miss**2, axis=axes)),
            "you sum the squares of each image; take the mean over all values, or large images have large losses.",
        ),
        (
            np.mean(np.sqrt(np.sum(miss**2, axis=axes))),
            "that is the mean of the lengths, not of the squares. Least squares lead to the mean velocity, least lengths do not.",
        ),
        (
            np.mean(np.abs(miss)),
            "those are misses without their signs; square them. Squares lead to the mean velocity, absolute values to a median.",
        ),
        (np.sqrt(np.mean(miss**2)), "leave out the root: the loss is the mean square itself."),
    )
    return slip(got, slips, rtol=1e-4) or f"here it is {np.mean(miss**2):.4f}; yours says {got:.4f}."


def euler(function: Callable[..., Any]) -> None:
    """Grade exercise 15.2: `function(velocity, x, steps)` follows velocity(x, t) from t = 0 to 1 by Euler's steps."""

    def hint():
        for steps in (4, 1, 7):
            x = np.random.default_rng(steps).standard_normal((3, 2))
            times: list[float] = []

            def velocity(x: Any, t: Any, times: list[float] = times) -> Any:
                times.append(float(t))
                return _slope(x, t)

            got = np.asarray(call(function, velocity, x.copy(), steps), float)
            if got.shape != x.shape:
                return f"return where the points are at t = 1, {x.shape}; found {got.shape}."
            if np.allclose(got, _euler(x, steps)):
                if len(times) > steps:
                    return f"the end is right, but you asked for {len(times)} velocities; {steps} will do."
                continue
            return _astray(got, x, steps, times)
        return None

    grade(
        "return where the velocity takes x from t = 0 to t = 1 in so many steps.",
        hint,
        "a loop of one line is all that draws a ship.",
    )


def _slope(x: np.ndarray, t: float) -> np.ndarray:
    return 1 + 2 * t - 0.5 * x


def _euler(
    x: np.ndarray,
    steps: int,
    dt: Callable[[int], float] | None = None,
    time: Callable[[int], float] | None = None,
) -> np.ndarray:
    """Where Euler's steps lead, or steps with a slip: with another dt or another time for each."""
    for k in range(steps):
        at = time(k) if time else k / steps
        x = x + (dt(k) if dt else 1 / steps) * _slope(x, at)
    return x


def _astray(got: np.ndarray, x: np.ndarray, steps: int, times: list[float]) -> str:
    """What is wrong with an end that is not Euler's."""
    n = steps
    slips = [
        (_euler(x, n, dt=lambda k: 1.0), "each step is dt long: multiply the velocity by 1 / steps."),
        (
            _euler(x, n, time=lambda k: (k + 1) / n),
            "ask for the velocity where the step *begins*: the first at t = 0.",
        ),
        (
            _euler(x, n, dt=lambda k: -1 / n, time=lambda k: 1 - k / n),
            "that goes from 1 to 0, from pictures back to noise. Begin at t = 0, and add.",
        ),
        (_euler(x, n, time=lambda k: 1 - k / n), "the time runs backwards: it goes from 0 up to 1."),
        (_euler(x, n, time=lambda k: 1 - (k + 1) / n), "the time runs backwards: it goes from 0 up to 1."),
        (
            _euler(x, n, dt=lambda k: -1 / n),
            "add the step, do not take it off: the velocity points to the picture.",
        ),
        (
            _euler(x, n, time=lambda k: k),
            "the network wants the time, from 0 to 1, and not the number of the step.",
        ),
        (_euler(x, n, time=lambda k: 0.0), "the time never moves on: the k-th step begins at k / steps."),
        (
            x + sum(_slope(x, k / n) for k in range(n)) / n,
            "every step asks at the place where it all began: ask at the x that the last step reached.",
        ),
        (_euler(x, n, dt=lambda k: k / n), "dt is the length of one step, 1 / steps, and not the time."),
        (_heun(x, n), "that is Heun's step, which asks twice. Euler's asks once, where it begins."),
        (_slope(x, 0.0), "that is the velocity at the start, not the place where it leads."),
    ]
    if n > 1:
        evenly = np.linspace(0, 1, n)
        slips += [
            (
                _euler(x, n, time=lambda k: evenly[k]),
                "the last step begins before 1: np.linspace(0, 1, steps) has its last time at 1.",
            ),
            (
                _euler(x, n - 1),
                f"that makes {n - 1} steps; from 0 to 1 in {n} steps there are {n + 1} times.",
            ),
            (
                _euler(x, n - 1, dt=lambda k: 1 / n, time=lambda k: k / n),
                "the last step is missing: it begins at 1 - dt.",
            ),
        ]
    asked = ", ".join(f"{t:.2f}" for t in times[:8]) or "none"
    return slip(got, slips) or (
        f"for {n} steps the first point ends at {_euler(x, n)[0].round(3)}, yours at {got[0].round(3)}. "
        f"You asked for the velocity at the times {asked}."
    )


def sides(function: Callable[..., Any]) -> None:
    """Grade exercise 15.3: `function(x_t, t, v)` returns the expected image, the expected noise, and the score."""

    def hint():
        for t in (0.25, 0.5, 0.9):
            x_t, v = np.random.default_rng(0).standard_normal((2, 3, 2))
            answer = call(function, x_t.copy(), t, v.copy())
            if not isinstance(answer, tuple | list) or len(answer) != 3:
                return "return three things: the image, the noise and the score."
            image, noise = x_t + (1 - t) * v, x_t - t * v
            slips = {
                "image": (
                    (
                        x_t + v,
                        "the image lies ahead by what is left of the way, (1 - t) v, not by all of it.",
                    ),
                    (
                        x_t + t * v,
                        "the image lies ahead by what is left of the way; t v is what lies behind.",
                    ),
                    (noise, "that is the noise; the order is image, noise, score."),
                    (v + x_t * 0, "that is the velocity itself: set off from x_t."),
                ),
                "noise": (
                    (x_t - v, "the noise lies behind by the way made so far, t v, not by all of it."),
                    (
                        x_t - (1 - t) * v,
                        "the noise lies behind by the way made so far; (1 - t) v lies ahead.",
                    ),
                    (x_t + t * v, "the noise lies behind: take t v off."),
                ),
                "score": (
                    (
                        noise / (1 - t),
                        "the sign of the score is turned: it points away from the noise, to where points are dense.",
                    ),
                    (-noise, "divide by the deviation of the noise that is left, 1 - t."),
                    (-noise / (1 - t) ** 2, "divide by 1 - t once: x_t - t x is (1 - t) z already."),
                    (-noise / t, "divide by 1 - t; t is how much of the image there is."),
                    (-image / (1 - t), "the score is made of the expected noise, not of the image."),
                ),
            }
            truths = {"image": image, "noise": noise, "score": -noise / (1 - t)}
            for (name, truth), got in zip(truths.items(), answer, strict=True):
                if got is ...:
                    raise Unsolved
                got = np.asarray(got, float)
                if got.shape == truth.shape and np.allclose(got, truth):
                    continue
                if got.shape == truth.shape and (why := slip(got, slips[name])):
                    return why
                return f"the {name} is not right yet: at t = {t:g} it begins with {truth[0].round(3)}."
        return None

    grade(
        "return the expected image, the expected noise and the score, from x_t, t and the velocity.",
        hint,
        "one network, four names.",
    )


def _heun(x: np.ndarray, steps: int) -> np.ndarray:
    for k in range(steps):
        first = _slope(x, k / steps)
        second = _slope(x + first / steps, (k + 1) / steps)
        x = x + (first + second) / 2 / steps
    return x
