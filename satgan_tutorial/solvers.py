"""From noise to images along a velocity: three ways to make a step, and the layer that makes a network a sampler.

A velocity is a function of x and a time t. Where a flow has learned one, it takes noise at t = 0 to images at t = 1 (`flow`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from .conditions import known
from .guidance import Velocity, classifier_free, steer


def euler(velocity: Velocity, x: Any, t: float, dt: float) -> Any:
    """One step along the velocity where it begins; its error is of the order of dt.

    >>> euler(lambda x, t: x, 1.0, t=0.0, dt=0.5)  # the truth is the root of e, 1.6487
    1.5
    """
    return x + dt * velocity(x, t)


def midpoint(velocity: Velocity, x: Any, t: float, dt: float) -> Any:
    """One step along the velocity half way; two passes, and an error of the order of dt squared.

    >>> midpoint(lambda x, t: x, 1.0, t=0.0, dt=0.5)
    1.625
    """
    half = x + dt / 2 * velocity(x, t)
    return x + dt * velocity(half, t + dt / 2)


def heun(velocity: Velocity, x: Any, t: float, dt: float) -> Any:
    """One step along the mean of the velocities at both its ends; two passes, and an error of the order of dt squared.

    >>> heun(lambda x, t: x + t, 1.0, t=0.0, dt=0.5)
    1.75
    """
    first = velocity(x, t)
    second = velocity(x + dt * first, t + dt)
    return x + dt / 2 * (first + second)


def of_network(network: Any, told: Any = None) -> Velocity:
    """The velocity of a flow's network as a solver takes it.

    Args:
        network: from a list of x_t, t (N, 1) and what it is told besides, if anything, to velocities.
        told: of a network that takes conditions: `conditions.known` of them, float32 (N, k + 1), or (1, k + 1) for all alike.

    >>> network = lambda given, training: given[0] * given[1]  # x times t
    >>> of_network(network)(tf.constant([[3.0, 4.0]]), 0.5).numpy()
    array([[1.5, 2. ]], dtype=float32)
    """

    def velocity(x: tf.Tensor, t: float | tf.Tensor) -> tf.Tensor:
        n = tf.shape(x)[0]
        given = [x, tf.fill([n, 1], tf.cast(t, "float32"))]
        more = [] if told is None else [tf.broadcast_to(told, [n, told.shape[-1]])]
        return network([*given, *more], training=False)

    return velocity


SOLVERS = {f.__name__: f for f in (euler, midpoint, heun)}


def solve(velocity: Velocity, x: Any, times: np.ndarray, solver: str = "heun") -> Any:
    """Follow a velocity from the first of some times to the last; backwards where they fall.

    Args:
        velocity: from x and a time, a number, to dx / dt.
        x: where to begin, any array or tensor.
        times: float (steps + 1,).
        solver: a name of `SOLVERS`.

    Raises:
        ValueError: there is no such solver.

    >>> round(solve(lambda x, t: x, 1.0, times(10), "heun"), 4), round(float(np.e), 4)
    (2.7141, 2.7183)
    """
    check_solver(solver, len(times) - 1)
    for t, after in pairwise(map(float, times)):
        x = SOLVERS[solver](velocity, x, t, after - t)
    return x


def solve_in_a_loop(velocity: Velocity, x: tf.Tensor, times: np.ndarray, solver: str = "heun") -> tf.Tensor:
    """What `solve` does, as a loop of a TensorFlow graph, which holds the network once and not once a step.

    Args:
        velocity: from x and a time, a scalar float32 tensor, to dx / dt in the shape of x.
        x: where to begin, float32.
        times: float (steps + 1,).
        solver: a name of `SOLVERS`.

    Raises:
        ValueError: there is no such solver.

    >>> solve_in_a_loop(lambda x, t: x, tf.constant([1.0]), times(10), "heun").numpy().round(4)
    array([2.7141], dtype=float32)
    """
    steps = len(times) - 1
    check_solver(solver, steps)
    begins, widths = tf.constant(times[:-1], "float32"), tf.constant(np.diff(times), "float32")

    def step(i: tf.Tensor, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return i + 1, tf.ensure_shape(SOLVERS[solver](velocity, x, begins[i], widths[i]), x.shape)

    return tf.while_loop(lambda i, x: i < steps, step, [tf.constant(0), x])[1]


def times(steps: int, shrink: float = 1.0) -> np.ndarray:
    """Cut the way from 0 to 1 into steps: float64 (steps + 1,), 1 - (1 - s)^shrink at s = 0, 1/steps, ..., 1.

    Args:
        steps: how many, at least one.
        shrink: 1 for even steps; above, they get shorter towards t = 1, where an image gets its grain.

    >>> times(4)
    array([0.  , 0.25, 0.5 , 0.75, 1.  ])
    >>> times(4, shrink=2).round(2)  # shorter and shorter
    array([0.  , 0.44, 0.75, 0.94, 1.  ])
    """
    return 1 - np.linspace(1, 0, steps + 1) ** shrink


def check_solver(solver: str, steps: int) -> None:
    """Raise ValueError if there is no such solver, or no step.

    >>> check_solver("heun", steps=25)
    >>> check_solver("newton", steps=25)
    Traceback (most recent call last):
    ...
    ValueError: There is no solver 'newton'; there are euler, midpoint, heun.
    """
    if solver not in SOLVERS:
        raise ValueError(f"There is no solver {solver!r}; there are {', '.join(SOLVERS)}.")
    if steps < 1 or int(steps) != steps:
        raise ValueError(f"found {steps} solver steps; expected a whole number, at least 1.")


def told_of_conditions(network: keras.Model, settled: Sequence[float] = ()) -> int:
    """How many of the numbers that a velocity network is told are of conditions, `known` and all; the `settled` come after them.

    >>> given = [keras.Input((2,)), keras.Input((1,)), keras.Input((4,))]
    >>> network = keras.Model(given, given[0])
    >>> told_of_conditions(network), told_of_conditions(network, settled=(0.0, 1.0))
    (4, 2)
    """
    told = network.inputs[2].shape[-1] if len(network.inputs) > 2 else 0
    return told - len(settled)


@keras.saving.register_keras_serializable(package="satgan_tutorial")
class OneStep(layers.Wrapper):
    """Ask a velocity network once, at t = 0, and go all the way from noise to images in [-1, 1]: a student of a flow.

    It learned where a walk of many steps ends, and of no time but 0, so it takes no other steps.

    Args:
        layer: the network, from a list of x_t and t to velocities.

    >>> given = [keras.Input((2,)), keras.Input((1,))]
    >>> halving = keras.Model(given, layers.Rescaling(-0.5)(given[0]))  # the velocity is -x / 2
    >>> OneStep(halving)(tf.constant([[1.0, -4.0]])).numpy()  # and what goes beyond -1 is cut
    array([[ 0.5, -1. ]], dtype=float32)
    """

    def call(self, noise: tf.Tensor) -> tf.Tensor:
        """Go from noise to where the network says."""
        return ops.clip(noise + of_network(self.layer)(noise, 0.0), -1, 1)

    def compute_output_shape(self, input_shape: Any) -> tuple:
        """That of the noise."""
        return tuple(input_shape)


@keras.saving.register_keras_serializable(package="satgan_tutorial")
class Integrate(layers.Wrapper):
    """Follow a velocity network from noise to images in [-1, 1], or to points: what makes a flow a sampler.

    Args:
        layer: the network, from a list of x_t, t and, where it takes conditions, `conditions.known` of them, to velocities.
        solver: a name of `SOLVERS`.
        steps: how many steps from t = 0 to 1.
        shrink: how they shrink (`times`).
        settled: numbers that the network is told after the conditions, the same for every image.
        guidance: weight of what the conditions change (`guidance.classifier_free`); another than 1 takes two passes for one.

    >>> given = [keras.Input((2,)), keras.Input((1,))]
    >>> halving = keras.Model(given, layers.Rescaling(-0.5)(given[0]))  # the velocity is -x / 2
    >>> Integrate(halving, "heun", steps=10)(tf.constant([[1.0, 2.0]])).numpy().round(3)  # times exp(-1/2)
    array([[0.607, 1.213]], dtype=float32)
    """

    def __init__(
        self,
        layer: keras.Model,
        solver: str = "heun",
        steps: int = 25,
        shrink: float = 1.0,
        settled: tuple[float, ...] = (),
        guidance: float = 1.0,
        **kwargs: Any,
    ) -> None:
        """Keep the network and the way to follow it."""
        super().__init__(layer, **kwargs)
        self.shrink, self.settled, self.guidance = shrink, tuple(settled), 1.0
        self._steered = lambda velocity: velocity
        self.solve_with(solver, steps, guidance)
        # One graph serves every pass. Without it a pass of few images costs more Python than arithmetic.
        self._pass = tf.function(
            lambda given, training: layer(given, training=training), reduce_retracing=True
        )

    def solve_with(
        self, solver: str | None = None, steps: int | None = None, guidance: float | None = None
    ) -> None:
        """From now on use another solver, other steps or another guidance; None for those it has.

        Raises:
            ValueError: there is no such solver, no step, or nothing to guide by.
        """
        solver, steps = solver or self.solver, self.steps if steps is None else steps
        guidance = self.guidance if guidance is None else float(guidance)
        check_solver(solver, steps)
        if not np.isfinite(guidance) or (guidance != 1 and not told_of_conditions(self.layer, self.settled)):
            raise ValueError(
                f"found guidance {guidance:g}; expected a finite number, and of a flow that takes no condition none: there is "
                "nothing to ask it for."
            )
        self.solver, self.steps, self.guidance = solver, steps, guidance

    def steer_by(self, log_probability: Callable[[Any, Any], Any], weight: float = 1.0) -> None:
        """From now on be pushed by a reader as well (`guidance.steer`); no file keeps that."""
        self._steered = lambda velocity: steer(velocity, log_probability, weight)

    def call(self, given: tf.Tensor | list[tf.Tensor]) -> tf.Tensor:
        """Go from noise, or a list of noise and conditions, to what it becomes; pixels are clipped to [-1, 1]."""
        noise, *conditions = given if isinstance(given, list | tuple) else [given]
        told = [known(condition) for condition in conditions]
        velocity = self._told(noise, told)
        if self.guidance != 1:
            velocity = classifier_free(velocity, self._told(noise, [0 * told[0]]), self.guidance)
        # A graph, which may be stored, would hold a copy of the network for each step.
        follow = solve if tf.executing_eagerly() else solve_in_a_loop
        x = follow(self._steered(velocity), noise, times(self.steps, self.shrink), self.solver)
        return ops.clip(x, -1, 1) if len(x.shape) == 4 else x

    def _told(self, noise: tf.Tensor, told: list[tf.Tensor]) -> Velocity:
        """The network's velocity where it is told this, and what is settled."""
        if self.settled:
            same = tf.tile(tf.constant([self.settled], "float32"), [tf.shape(noise)[0], 1])
            told = [tf.concat([*told, same], 1)]
        return of_network(self._pass, *told)

    def compute_output_shape(self, input_shape: Any) -> tuple:
        """That of the noise; said, so that Keras need not follow the flow to find out."""
        return tuple(input_shape[0] if isinstance(input_shape[0], list | tuple) else input_shape)

    def get_config(self) -> dict[str, Any]:
        """What a file keeps."""
        names = ("solver", "steps", "shrink", "settled", "guidance")
        return super().get_config() | {name: getattr(self, name) for name in names}
