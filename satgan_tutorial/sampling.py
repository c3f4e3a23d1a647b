"""Samples: from noise to images, whatever the family of the model.

A *sampler* is a Keras model whose first input is noise from a standard normal, a row an image, and whose second, if there
is one, is a condition, float32 (N, k). A GAN's generator is one; so is a flow's velocity network and the loop that
follows it (`solvers.Integrate`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import keras
import numpy as np

from .batching import forward
from .chips import check_seed, to_uint8


class ConditionError(ValueError):
    """A condition that this sampler cannot be given: says what it takes.

    >>> from satgan_tutorial import networks
    >>> keras.utils.set_random_seed(0)
    >>> generator = networks.generator(base_filters=2, image_size=16, latent_dim=4)
    >>> sample(generator, 2, seed=0, condition=np.array([1.0], np.float32))
    Traceback (most recent call last):
    satgan_tutorial.sampling.ConditionError: found conditions of shape (1,); this generator takes 0: see conditions.encode.
    """

    exit_code = 2  # of the command that asked


class SolverError(ValueError):
    """A solver that this sampler does not have: says what it takes.

    >>> from satgan_tutorial import networks
    >>> keras.utils.set_random_seed(0)
    >>> generator = networks.generator(base_filters=2, image_size=16, latent_dim=4)
    >>> solve_with(generator, steps=50)
    Traceback (most recent call last):
    satgan_tutorial.sampling.SolverError: this model draws in one pass and takes no steps, no solver and no guidance: leave them out.
    """

    exit_code = 2  # of the command that asked


class GenerativeModel(Protocol):
    """What a training, a score and a command need of a generative model, whatever its family: a compiled `keras.Model`.

    `fit` trains it on batches of uint8 images, or of pairs of images and conditions (`batching.shuffled`); its random
    numbers follow from `seed` and `step` alone; `save` keeps all that changes, so that a loaded one goes on to the same
    bits.

    Attributes:
        seed: where all random numbers of the training start.
        step: how many training steps were made.

    >>> from satgan_tutorial import recipes
    >>> model = recipes.build(recipes.replace(recipes.get("small"), image_size=16, base_filters=2), seed=0)
    >>> model.step, model.sample(2, seed=0).shape, type(model.sampler()).__name__
    (0, (2, 16, 16, 3), 'Sequential')
    """

    seed: int
    step: int

    def sample(self, n: int, seed: int, condition: np.ndarray | None = None) -> np.ndarray:
        """Draw n images, uint8 (n, H, W, 3), as its sampler would: see `sample`."""

    def sampler(self) -> keras.Model:
        """What is shipped: a copy for sampling alone, its weights averaged where the training averages, no optimizer."""


def sample(
    sampler: keras.Model,
    n: int,
    seed: int,
    condition: np.ndarray | None = None,
    batch_size: int = 64,
) -> np.ndarray:
    """Draw n images, uint8 (n, H, W, C), or n points, float32 (n, 2).

    The noise of the i-th depends on the seed and on i alone: the first four of sixteen are the four of four.

    Args:
        sampler: from noise, or from noise and conditions, to images in [-1, 1], or to points.
        n: how many.
        seed: of the noise.
        condition: for a sampler that takes one (`conditions.encode`): float32 (k,), or (n, k), one for each.
        batch_size: how many at once.

    Raises:
        ConditionError: if the sampler takes conditions and gets none, others than it takes, or takes none and gets some.
        ValueError: n is negative or the batch size below 1, or they or the seed are no whole numbers.

    >>> from satgan_tutorial import networks
    >>> keras.utils.set_random_seed(0)
    >>> generator = networks.generator(base_filters=2, image_size=16, latent_dim=4)
    >>> four, two = sample(generator, 4, seed=0), sample(generator, 2, seed=0)
    >>> four.shape, four.dtype, bool((four[:2] == two).all())  # the first two of four are the two of two
    ((4, 16, 16, 3), dtype('uint8'), True)
    """
    if not all(isinstance(x, (int, np.integer)) for x in (n, batch_size)) or n < 0 or batch_size < 1:
        raise ValueError(f"found n {n} and batches of {batch_size}; expected n from 0 and batches from 1.")
    shape = sampler.inputs[0].shape[1:]
    takes = [x.shape[-1] for x in sampler.inputs[1:]]
    given = [] if condition is None else [*np.shape(condition)[-1:]]
    if takes != given or np.ndim(condition) > 2:
        there = "no conditions" if condition is None else f"conditions of shape {np.shape(condition)}"
        raise ConditionError(
            f"found {there}; this generator takes {takes[0] if takes else 0}: see conditions.encode."
        )
    if np.ndim(condition) == 2 and len(condition) != n:
        raise ConditionError(
            f"found {len(condition)} conditions for {n} images; expected one for each, or one."
        )
    if condition is not None:
        condition = np.broadcast_to(np.asarray(condition, np.float32), (n, takes[0]))
        if not np.isfinite(condition).all():
            raise ConditionError(
                "found conditions that are not finite; expected numbers: see conditions.encode."
            )
    return from_noise(sampler, noise(n, shape, seed), condition, batch_size)


def from_noise(
    sampler: keras.Model, z: np.ndarray, condition: np.ndarray | None = None, batch_size: int = 64
) -> np.ndarray:
    """Draw the images of given noise: uint8 (N, H, W, C), or points, float32 (N, 2).

    Args:
        sampler: as for `sample`.
        z: noise, (N, ...) in the shape of the sampler's first input.
        condition: None, or float32 (N, k).
        batch_size: how many at once.

    Raises:
        ValueError: noise of another shape, or some that is not finite; what the sampler draws is not finite.

    >>> from satgan_tutorial import networks
    >>> keras.utils.set_random_seed(0)
    >>> generator = networks.generator(base_filters=2, image_size=16, latent_dim=4)
    >>> z = noise(3, 4, seed=0)
    >>> from_noise(generator, z).shape
    (3, 16, 16, 3)
    """
    z, shape = np.asarray(z, np.float32), tuple(sampler.inputs[0].shape[1:])
    if z.shape[1:] != shape or not np.isfinite(z).all():
        what = f"shape {z.shape}" if z.shape[1:] != shape else "numbers that are not finite"
        raise ValueError(f"noise: found {what}; expected finite numbers (N, {', '.join(map(str, shape))}).")
    columns = [z] + ([] if condition is None else [condition])
    if not len(z):
        out = np.zeros((0, *sampler.output_shape[1:]), np.float32)
    else:
        out = forward(lambda *batch: sampler(inputs(*batch), training=False), *columns, batch_size=batch_size)
    if not np.isfinite(out).all():
        raise ValueError(
            f"{sampler.name} draws numbers that are not finite; its training broke, so train it anew."
        )
    return to_uint8(out) if out.ndim == 4 else out


def solve_with(
    sampler: keras.Model, solver: str | None = None, steps: int | None = None, guidance: float | None = None
) -> None:
    """Have a sampler that goes from noise to images in steps take others from now on; None for those it has.

    Args:
        sampler: one with a layer that has such a method itself, as a flow's has (`solvers.Integrate`).
        solver: a name of `solvers.SOLVERS`.
        steps: how many, from 1.
        guidance: weight of what the condition changes (`guidance.classifier_free`); two passes for one if it is not 1.

    Raises:
        SolverError: the sampler draws in one pass, knows no such solver, or takes no condition to be guided by.

    >>> from satgan_tutorial import recipes
    >>> tiny = recipes.replace(recipes.get("flow"), image_size=16, width=2, multipliers=(1,), blocks=(1,), attention=False)
    >>> sampler = recipes.build(tiny, seed=0).sampler()
    >>> solve_with(sampler, "euler", steps=3)
    >>> sampler.layers[-1].steps
    3
    """
    layer = _walk(sampler)
    if layer is None:
        raise SolverError(
            "this model draws in one pass and takes no steps, no solver and no guidance: leave them out."
        )
    try:
        layer.solve_with(solver, steps, guidance)
    except ValueError as error:
        raise SolverError(str(error)) from None


def steer_by(sampler: keras.Model, log_probability: Callable[[Any, Any], Any], weight: float = 1.0) -> None:
    """Have a sampler that goes from noise to images in steps be pushed by a reader from now on (`guidance.steer`).

    Args:
        sampler: as for `solve_with`.
        log_probability: the reader: from x_t and t to log p_t(y | x_t), (N,); of batches as `sample` makes them.
        weight: 1 for Bayes' rule, more to please the reader.

    Raises:
        SolverError: the sampler draws in one pass, so there is no way on which to push it.

    >>> from satgan_tutorial import recipes
    >>> tiny = recipes.replace(recipes.get("flow"), image_size=16, width=2, multipliers=(1,), blocks=(1,), attention=False)
    >>> sampler = recipes.build(tiny, seed=0).sampler()
    >>> before = sample(sampler, 1, seed=0).mean()
    >>> steer_by(sampler, lambda x, t: 1e3 * x[:, :, :, 0], weight=1.0)  # who likes all that is red
    >>> bool(sample(sampler, 1, seed=0)[..., 0].mean() > before)
    True
    """
    layer = _walk(sampler)
    if layer is None:
        raise SolverError("this model draws in one pass; nothing can push it on its way.")
    layer.steer_by(log_probability, weight)


def draws_in_steps(sampler: keras.Model) -> bool:
    """Whether a sampler goes from noise to images in steps, as a flow's does.

    >>> from satgan_tutorial import networks
    >>> draws_in_steps(networks.generator(base_filters=2, image_size=16, latent_dim=4))
    False
    """
    return _walk(sampler) is not None


def _walk(sampler: keras.Model) -> Any:
    """The layer that follows a velocity, or None."""
    return next((layer for layer in sampler.layers if hasattr(layer, "solve_with")), None)


def inputs(x: Any, condition: Any = None) -> Any:
    """What a network takes: x alone, or a list of x and the condition.

    >>> inputs("noise"), inputs("noise", "condition")
    ('noise', ['noise', 'condition'])
    """
    return x if condition is None else [x, condition]


def noise(n: int, shape: int | tuple[int, ...], seed: int) -> np.ndarray:
    """Draw what a sampler starts from: float32 `(n, *shape)`, standard normal.

    Args:
        n: how many rows.
        shape: of one row; a number d for (d,), a GAN's `latent_dim`.
        seed: same seed, same rows, however many.

    >>> noise(2, 3, seed=0).round(2)
    array([[ 1.12, -1.39, -0.43],
           [-0.8 ,  0.6 , -0.07]], dtype=float32)
    >>> bool((noise(9, 3, seed=0)[:2] == noise(2, 3, seed=0)).all())
    True
    """
    check_seed(seed)
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    return np.random.default_rng(seed).standard_normal((n, *shape), np.float32)
