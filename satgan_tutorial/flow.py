"""Flow matching: a network learns the velocity that takes noise to images, and a solver follows it.

    from satgan_tutorial import batching, load_chips, recipes
    ships = load_chips().split().train.ships.images                       # uint8 (N, 80, 80, 3)
    model = recipes.build("flow", seed=0)                                 # a compiled flow.Flow
    model.fit(batching.shuffled(ships, 16, seed=0), steps_per_epoch=20, epochs=20)
    fakes = model.sample(16, seed=0)                                      # uint8 (16, 80, 80, 3)

A straight path joins noise z and an image x: x_t = (1 - t) z + t x, with t from 0 to 1, and its velocity is x - z. Many
paths lead through a point. A network that guesses x - z from x_t and t, by least squares, learns the mean of their
velocities, v(x_t, t) = E[x - z | x_t]. A solver that follows this field from noise at t = 0 arrives at images at t = 1.

Sources: Lipman et al., "Flow matching for generative modeling" (2210.02747); Liu et al., "Flow straight and fast"
(2209.03003); Albergo and Vanden-Eijnden, "Building normalizing flows with stochastic interpolants" (2209.15571).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from . import augment, sampling, stepping
from .conditions import known
from .sampling import inputs
from .solvers import Integrate, check_solver, told_of_conditions


def loss(
    velocity: Callable, x: tf.Tensor, z: tf.Tensor, t: tf.Tensor, told: tf.Tensor | None = None
) -> tf.Tensor:
    """The mean squared distance of the network's velocity at x_t from that of the path, x - z.

    Args:
        velocity: from a list of x_t, t and what it is told besides, if anything, to a velocity in the shape of x_t.
        x: images, float32 (N, H, W, C), or points, float32 (N, d).
        z: noise in the same shape.
        t: times in [0, 1], float32 (N, 1).
        told: of a network that takes conditions: `conditions.known` of them.

    Returns:
        A scalar. It does not fall to 0: its least value is what x_t leaves open about x - z.

    >>> z, x, t = tf.zeros((1, 2)), tf.ones((1, 2)), tf.fill((1, 1), 0.5)
    >>> float(loss(lambda given: tf.ones((1, 2)), x, z, t)), float(loss(lambda given: tf.zeros((1, 2)), x, z, t))
    (0.0, 1.0)
    """
    v = velocity([path(z, x, t), t, *([] if told is None else [told])])
    return ops.mean(ops.square(v - (x - z)))


def path(z: tf.Tensor, x: tf.Tensor, t: tf.Tensor) -> tf.Tensor:
    """Where the straight path from noise z to x is at the times t, float32 (N, 1): (1 - t) z + t x.

    >>> path(tf.zeros((1, 2)), tf.constant([[4.0, 8.0]]), tf.fill((1, 1), 0.25)).numpy()
    array([[1., 2.]], dtype=float32)
    """
    t = _beside(t, x)
    return (1 - t) * z + t * x


def expected_image(x_t: tf.Tensor, t: tf.Tensor, v: tf.Tensor) -> tf.Tensor:
    """E[x | x_t] = x_t + (1 - t) v: where the path ends on the average, from the velocity v at x_t and t (N, 1).

    >>> x_t, t, v = tf.constant([[1.0, 2.0]]), tf.fill((1, 1), 0.25), tf.constant([[4.0, 8.0]])
    >>> expected_image(x_t, t, v).numpy(), expected_noise(x_t, t, v).numpy()
    (array([[4., 8.]], dtype=float32), array([[0., 0.]], dtype=float32))
    """
    return x_t + (1 - _beside(t, x_t)) * v


def expected_noise(x_t: tf.Tensor, t: tf.Tensor, v: tf.Tensor) -> tf.Tensor:
    """E[z | x_t] = x_t - t v: where the path began on the average.

    >>> expected_noise(tf.constant([[2.0]]), tf.fill((1, 1), 0.5), tf.constant([[1.0]])).numpy()
    array([[1.5]], dtype=float32)
    """
    return x_t - _beside(t, x_t) * v


def score(x_t: tf.Tensor, t: tf.Tensor, v: tf.Tensor) -> tf.Tensor:
    """The gradient of log p_t at x_t, -E[z | x_t] / (1 - t), for t below 1: x_t is t x and normal noise of deviation 1 - t.

    >>> score(tf.constant([[2.0]]), tf.fill((1, 1), 0.5), tf.constant([[1.0]])).numpy()  # -1.5 / 0.5
    array([[-3.]], dtype=float32)
    """
    return -expected_noise(x_t, t, v) / (1 - _beside(t, x_t))


def _beside(t: tf.Tensor, x: tf.Tensor) -> tf.Tensor:
    """Times (N, 1) with as many axes as x has."""
    return ops.reshape(t, (-1, *[1] * (len(x.shape) - 1)))


@keras.saving.register_keras_serializable(package="satgan_tutorial")
class Flow(keras.Model):
    """A velocity network that learns from straight paths, on images or on points in the plane.

    Args:
        velocity: a functional model from a list of x_t, float32 (N, ...), t, float32 (N, 1), and, where it is told more,
            float32 (N, k), to velocities in the shape of x_t; without batch norm or dropout. What it is told are
            `conditions.known` of its conditions and, behind them, the symmetry of each image where `compile` says so.
        seed: where all random numbers of the training start.
        solver: how `sample` follows it, a name of `solvers.SOLVERS`.
        solver_steps: in how many steps.
        shrink: how these shrink towards t = 1 (`solvers.times`).

    Raises:
        ValueError: the network does not compute in float32, under one of Keras' policies of mixed precision for one, or there
            is no such solver.

    >>> given = [keras.Input((2,)), keras.Input((1,))]
    >>> network = keras.Model(given, keras.layers.Dense(2)(keras.layers.Concatenate()(given)))
    >>> model = Flow(network, seed=0, solver_steps=4)
    >>> model.compile("adam")
    >>> model.sample(3, seed=0).shape, model.step
    ((3, 2), 0)
    """

    def __init__(
        self,
        velocity: keras.Model,
        seed: int = 0,
        solver: str = "heun",
        solver_steps: int = 25,
        shrink: float = 1.0,
        **kwargs: Any,
    ) -> None:
        """Keep the network, and the averages of its weights beside it; `compile` says how it learns."""
        super().__init__(**kwargs)
        for layer in velocity.layers:
            if layer.compute_dtype != "float32":
                raise ValueError(
                    f"{layer.name} computes in {layer.compute_dtype}; a flow trains in float32 alone, since small differences "
                    'of velocities add up along the way. Call keras.config.set_dtype_policy("float32") before you build it.'
                )
        check_solver(solver, solver_steps)
        self.velocity, self.seed = velocity, seed
        self.solver, self.solver_steps, self.shrink = solver, solver_steps, shrink
        # Our own: those of Keras (`use_ema`) have the same momentum from the first step on, and with 0.998 the first weights
        # would spoil them for a thousand steps.
        self.averages = [
            self.add_weight(
                w.shape, "zeros", trainable=False, aggregation="only_first_replica", name=f"average_{i}"
            )
            for i, w in enumerate(velocity.trainable_variables)
        ]
        for average, weight in zip(self.averages, velocity.trainable_variables, strict=True):
            average.assign(weight)
        self._drawer = cache(lambda: self._sampler())  # kept: a new one a look would leave memory behind
        self.loss_tracker = keras.metrics.Mean("loss")
        self.built = True

    def compile(
        self,
        optimizer: keras.optimizers.Optimizer | str,
        ema: float = 0.0,
        symmetries: bool | str = False,
        drop: float = 0.0,
        even: float = 1.0,
        late: tuple[float, float] = (0.0, 1.0),
        **kwargs: Any,
    ) -> None:
        """Say how the network learns.

        Args:
            optimizer: of its weights.
            ema: the largest momentum of the averages of the weights, which `sample` uses; it begins at 0.1 and grows as
                (1 + n) / (10 + n) with the steps n. 0 for no averages.
            symmetries: whether each real image is turned and mirrored at random (`augment.symmetries`); "half_turns" for
                turns by 180 degrees alone; "conditioned" for the network being told, as the last of its numbers, how. The
                sampler then draws chips as they are, and is not asked.
            drop: share of the conditions that the network is not told, so that it learns p(x) beside p(x|c) (2207.12598).
            even: share of the times t drawn evenly from [0, 1].
            late: mean and deviation of log(t / (1 - t)) for the others; a mean above 0 draws more late times (2403.03206).
            **kwargs: for `keras.Model.compile`, such as `jit_compile` and `steps_per_execution`.

        Raises:
            ValueError: a share or the momentum is not in [0, 1], or the kind of symmetries is unknown.
        """
        for name, value in (("ema", ema), ("drop", drop), ("even", even)):
            if not 0 <= value <= 1:
                raise ValueError(f"{name} is {value}; expected a number from 0 to 1.")
        augment.check((), symmetries)
        super().compile(optimizer=optimizer, **kwargs)
        self.optimizer.build(self.velocity.trainable_variables)
        self.settings = {"ema": ema, "symmetries": symmetries, "drop": drop, "even": even}
        self.settings |= {"late": tuple(late)}

    @property
    def step(self) -> int:
        """How many training steps were made."""
        return int(self.optimizer.iterations.numpy())

    def call(self, given: list[tf.Tensor], training: bool = False) -> tf.Tensor:
        """The velocity at x_t and t, as the network has it."""
        return self.velocity(given, training=training)

    def train_step(self, data: tf.Tensor | tuple[tf.Tensor, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Draw noise and a time for each image of a batch, and move the network towards the velocities of their paths."""
        step = tf.cast(self.optimizer.iterations, "int32")
        x, condition = stepping.real(
            data, self._conditions() > 0, self.settings["symmetries"], self._seed(step, 1)
        )
        n = tf.shape(x)[0]
        z = stepping.normal(n, tuple(x.shape[1:]), self._seed(step, 0))
        t = self._times(n, step)
        told = None if condition is None else self._told(condition, n, step)
        with tf.GradientTape() as tape:
            value = loss(self.velocity, x, z, t, told)
            objective = value / stepping.replicas()
        weights = self.velocity.trainable_variables
        self.optimizer.apply(tape.gradient(objective, weights), weights)
        self._average(step)
        self.loss_tracker.update_state(value)
        return {"loss": self.loss_tracker.result()}

    def sample(
        self,
        n: int,
        seed: int,
        condition: np.ndarray | None = None,
        steps: int | None = None,
        solver: str | None = None,
        guidance: float = 1.0,
    ) -> np.ndarray:
        """Draw n images, uint8 (n, H, W, C), or n points, float32 (n, d), as its sampler would: `sampling.sample`.

        Args:
            n: how many.
            seed: of the noise.
            condition: for a network that takes one: float32 (k,), or (n, k).
            steps: of the solver; None for the model's own.
            solver: a name of `solvers.SOLVERS`; None for the model's own.
            guidance: weight of what the condition changes (`guidance.classifier_free`), for a network trained with `drop`.
        """
        drawer = self._average_into(self._drawer())
        steps = self.solver_steps if steps is None else steps
        drawer.layers[-1].solve_with(solver or self.solver, steps, guidance)
        return sampling.sample(drawer, n, seed, condition)

    def sampler(self) -> keras.Model:
        """A copy that goes from noise, and conditions where it takes some, to images, by the averaged weights."""
        return self._average_into(self._sampler())

    def _conditions(self) -> int:
        """How many of the numbers that the network is told are of conditions."""
        return told_of_conditions(self.velocity, self._settled())

    def _settled(self) -> tuple[float, ...]:
        """What the network is told besides when it draws chips as they are."""
        told = augment.told(self.settings["symmetries"]) if self.compiled else 0
        return tuple(augment.as_it_is().tolist()) if told else ()

    def _told(self, condition: tf.Tensor, n: tf.Tensor, step: tf.Tensor) -> tf.Tensor:
        """What the network is told of a batch: its conditions, now and then not said, and its symmetries, always."""
        told = condition[:, : max(0, self._conditions() - 1)]
        if told.shape[1]:
            told = known(told, stepping.uniform(n, self._seed(step, 2)) >= self.settings["drop"])
        return tf.concat([told, condition[:, condition.shape[1] - len(self._settled()) :]], 1)

    def _times(self, n: tf.Tensor | int, step: tf.Tensor | int) -> tf.Tensor:
        """Draw a time for each of n images: some evenly, the others where `compile` said."""
        even = stepping.uniform(n, self._seed(step, 3))
        mean, deviation = self.settings["late"]
        late = ops.sigmoid(mean + deviation * stepping.normal(n, (1,), self._seed(step, 4)))
        return tf.where(stepping.uniform(n, self._seed(step, 5)) < self.settings["even"], even, late)

    def _average(self, step: tf.Tensor) -> None:
        """Move the averages a little towards the weights as they are now."""
        n = tf.cast(step, "float32")
        momentum = ops.minimum(self.settings["ema"], (1 + n) / (10 + n))
        for average, weight in zip(self.averages, self.velocity.trainable_variables, strict=True):
            average.assign(momentum * average + (1 - momentum) * weight)

    def _sampler(self) -> keras.Model:
        """From noise to images, by a copy of the network."""
        given = [keras.Input(self.velocity.inputs[0].shape[1:], name="noise")]
        if width := self._conditions():
            given.append(keras.Input((width - 1,), name="condition"))
        network = keras.models.clone_model(self.velocity)
        way = self.solver, self.solver_steps, self.shrink, self._settled()
        drawn = Integrate(network, *way)(inputs(*given))
        return keras.Model(inputs(*given), drawn, name=self.name)

    def _average_into(self, sampler: keras.Model) -> keras.Model:
        """Give a sampler the averages of the weights."""
        for weight, average in zip(sampler.trainable_variables, self.averages, strict=True):
            weight.assign(average)
        return sampler

    def _seed(self, step: tf.Tensor | int, stream: int) -> tf.Tensor:
        return stepping.seed(self.seed, step, stream)

    def get_config(self) -> dict[str, Any]:
        """What `keras.models.load_model` needs to build the model again."""
        network = keras.saving.serialize_keras_object(self.velocity)
        names = ("seed", "solver", "solver_steps", "shrink")
        return super().get_config() | {"velocity": network} | {name: getattr(self, name) for name in names}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict | None = None) -> Flow:
        """Build the model that `get_config` describes."""
        network = keras.saving.deserialize_keras_object(config["velocity"], custom_objects)
        return cls(**(config | {"velocity": network}))

    def get_compile_config(self) -> dict[str, Any]:
        """What `compile` was told."""
        more = {"optimizer": self.optimizer, "jit_compile": self.jit_compile}
        return keras.saving.serialize_keras_object(self.settings | more)

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compile as `get_compile_config` tells."""
        self.compile(**keras.saving.deserialize_keras_object(config))
