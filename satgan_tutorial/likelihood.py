"""How likely is x? The density of what a flow draws, by the change of variables along the path.

Where points follow a velocity v from noise z at t = 0 to x at t = 1, their density thins out as fast as they spread:

    log p(x) = log N(z; 0, I) - integral over t from 0 to 1 of div v(x_t, t)

(Chen et al., "Neural ordinary differential equations", 1806.07366). So x is taken back to its noise, and the divergence is
added up on the way. With J the Jacobian of v, the divergence is the sum of d . J d over the unit vectors d. That takes a
pass backward for each dimension. Images have too many, so there it is estimated: by the mean of d . J d over random vectors
d of +1 and -1 (Hutchinson; FFJORD, 1810.01367).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from scipy.special import softmax

from .batching import forward
from .chips import check_seed
from .guidance import Velocity
from .solvers import solve, times

FEW = 8  # dimensions in which the divergence is exact
LOGITS = (-4.0, 5.0)  # log(t / (1 - t)) of the times at which `evidence` looks: t from 0.02 to 0.99
STEP = 1 / 127.5  # from one grey level to the next, where 0..255 is -1..1


def log_density(
    velocity: Callable,
    x: np.ndarray,
    *,
    told: np.ndarray | None = None,
    steps: int = 100,
    solver: str = "heun",
    probes: int = 1,
    seed: int = 0,
    batch_size: int = 64,
) -> np.ndarray:
    """The natural logarithm of the density at points or images, float64 (N,).

    Args:
        velocity: as a flow's network has it: from a list of x_t, t (N, 1), and what it is told besides, to velocities. That
            of a sampler is the `layer` of its `solvers.Integrate`.
        x: float32 (N, ...).
        told: of a network that takes conditions: `conditions.known` of them, float32 (N, k + 1).
        steps: of the solver, from x back to noise.
        solver: a name of `solvers.SOLVERS`.
        probes: random directions for the divergence, in more than `FEW` dimensions; each costs a pass backward.
        seed: of these directions, the same for all x and t.
        batch_size: how many x at once.

    Raises:
        ValueError: x is not finite or has no rows, or probes or steps are below 1.

    >>> standing = lambda given: given[0] * 0  # the noise itself: a standard normal
    >>> log_density(standing, np.zeros((1, 2), np.float32), steps=2).round(3)  # -log(2 pi)
    array([-1.838])
    """
    x = np.asarray(x, np.float32)
    shape, size = x.shape[1:], int(np.prod(x.shape[1:]))
    if not len(x) or not np.isfinite(x).all() or probes < 1:
        raise ValueError(
            f"found x of shape {x.shape} and {probes} probes; expected rows of finite numbers, and a probe or more."
        )
    directions = _directions(size, probes, seed)
    # Unit vectors add up. A random one is as long as all of them together, so random ones are averaged.
    weight = 1.0 if size <= FEW else 1 / probes

    @tf.function(reduce_retracing=True)
    def change(state: tf.Tensor, t: tf.Tensor, *told: tf.Tensor) -> tf.Tensor:
        """How x, flat, and the sum of the divergences, a last column, change in time."""
        flat = state[:, :-1]
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(flat)
            given = [tf.reshape(flat, (-1, *shape)), tf.fill([tf.shape(flat)[0], 1], t), *told]
            v = tf.reshape(velocity(given), (-1, size))
            along = [tf.linalg.matvec(v, d) for d in directions]
        divergence = sum(
            tf.linalg.matvec(tape.gradient(a, flat), d) for a, d in zip(along, directions, strict=True)
        )
        return tf.concat([v, weight * divergence[:, None]], axis=1)

    def back(rows: np.ndarray, *told: np.ndarray) -> tf.Tensor:
        begin = tf.concat([tf.reshape(rows, (-1, size)), tf.zeros((len(rows), 1))], axis=1)
        told = [tf.constant(numbers) for numbers in told]

        def velocity_at(state: tf.Tensor, t: float) -> tf.Tensor:
            return change(state, tf.constant(t, "float32"), *told)

        return solve(velocity_at, begin, times(steps)[::-1], solver)

    state = forward(back, *[x] + ([] if told is None else [told]), batch_size=batch_size).astype(float)
    z, integral = state[:, :-1], -state[:, -1]  # it was added up from 1 back to 0
    return -0.5 * np.sum(z**2, axis=1) - 0.5 * size * np.log(2 * np.pi) - integral


def bits_per_dim(velocity: Callable, images: np.ndarray, *, seed: int = 0, **options: Any) -> np.ndarray:
    """How many bits a value an ideal code needs for images, by a flow's density: float64 (N,), at most so many on the average.

    A density is of points in space, and grey levels are steps. Each value is spread evenly over its step, u in
    [-1/2, 1/2), and by Jensen's inequality - log2 of the probability of a step is at most the mean over u of
    - log2 p(x + u), with p in units of grey levels (1511.01844):

        bits = -log p((x + u) / 127.5 - 1) / (D log 2) + log2 127.5

    A value that can be any of 256 levels alike costs 8 bits.

    Args:
        velocity: as for `log_density`.
        images: uint8 (N, H, W, C).
        seed: of u, and of the directions of the divergence.
        **options: for `log_density`.

    Raises:
        ValueError: the images are not uint8.

    >>> grey = np.full((1, 4, 4, 3), 128, np.uint8)
    >>> bits_per_dim(lambda given: given[0] * 0, grey, steps=2).round(2)
    array([8.32])
    """
    images = np.asarray(images)
    if images.dtype != np.uint8 or images.ndim != 4:
        raise ValueError(f"images are {images.dtype} {images.shape}; expected uint8 (N, H, W, C).")
    check_seed(seed)
    spread = images + np.random.default_rng(seed).uniform(-0.5, 0.5, images.shape)
    nats = log_density(velocity, spread * STEP - 1, seed=seed, **options)
    return -nats / (images[0].size * np.log(2)) - np.log2(STEP)


def gaussian_bits(train: np.ndarray, images: np.ndarray, directions: int, *, seed: int = 0) -> np.ndarray:
    """How many bits a value a code needs for images, by a Gaussian: float64 (N,), to be held against `bits_per_dim`.

    The Gaussian has the mean of the train images, their variances along their first principal components, and in each other
    direction the mean of the variances that are left (Tipping and Bishop, "Probabilistic principal component analysis", 1999).

    Args:
        train: what it is fitted to, uint8 (M, H, W, C).
        images: uint8 (N, H, W, C).
        directions: how many components, at most M - 2.
        seed: of where in its step each value lies.

    Raises:
        ValueError: images are not uint8, or there are too many directions or fewer than 0.

    >>> sea = np.random.default_rng(0).integers(100, 108, (9, 4, 4, 3), np.uint8)  # 8 levels are 3 bits
    >>> gaussian_bits(sea[:8], sea[8:], directions=0).round(1)
    array([3.3])
    """
    for what in (train, images):
        if what.dtype != np.uint8 or what.ndim != 4:
            raise ValueError(f"images are {what.dtype} {what.shape}; expected uint8 (N, H, W, C).")
    if not 0 <= directions <= len(train) - 2:
        raise ValueError(f"found {directions} directions of {len(train)} images; expected 0 to M - 2.")
    check_seed(seed)
    fitted, x = (part.reshape(len(part), -1).astype(float) for part in (train, images))
    mean, size = fitted.mean(axis=0), fitted.shape[1]
    fitted -= mean
    # The covariance may be too large. Its eigenvectors are mixtures of the images, which this matrix of M x M gives.
    variances, mixes = np.linalg.eigh(fitted @ fitted.T / len(fitted))
    variances, mixes = variances[::-1], mixes[:, ::-1]
    along = mixes[:, :directions].T @ fitted
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    noise, kept = variances[directions:].sum() / (size - directions), variances[:directions]
    x += np.random.default_rng(seed).uniform(-0.5, 0.5, x.shape) - mean
    inside = (x @ along.T) ** 2
    outside = (x**2).sum(axis=1) - inside.sum(axis=1)
    nats = (inside / kept + np.log(kept)).sum(axis=1) + outside / noise
    nats += (size - directions) * np.log(noise) + size * np.log(2 * np.pi)
    return nats / 2 / (size * np.log(2))


def evidence(
    velocities: Sequence[Velocity],
    x: np.ndarray,
    *,
    n: int = 64,
    seed: int = 0,
    batch_size: int = 64,
) -> np.ndarray:
    """How well each of several flows takes the noise out of x again: log p(x|y) by it, but for a number that all share, (N, flows).

    The better a flow knows x, the less it errs about where the noisy x came from. With the exact velocities v of p(x|y)

        log p(x|y) - log p(x|y') = the integral over t of t / (1 - t) times (e'(t) - e(t))

    where e(t) is the mean over the noise z of the squared length of v(x_t, t) - (x - z), at x_t = (1 - t) z + t x. (For one
    class alone the integral is infinite: near t = 1 nobody can guess the last grain of noise.) As classes share the noises
    and times here, most of the luck drops out of their differences. `posterior` makes probabilities of them. Written in the
    logit of t the weight is t squared, and the logits are drawn evenly from `LOGITS`.

    Args:
        velocities: one a class, as a solver takes them (`solvers.of_network`).
        x: float32 (N, ...), images in [-1, 1] or points.
        n: pairs of a noise and a time, the same for all x; each costs a pass a class.
        seed: of them.
        batch_size: how many x at once.

    Raises:
        ValueError: x is not finite or has no rows, or n is below 1.

    Source: Li et al., "Your diffusion model is secretly a zero-shot classifier" (2303.16203); Kong et al., "Information-theoretic
    diffusion" (2302.03792), where the formula holds x by x.

    >>> right, wrong = (lambda x, t, c=c: (c - x) / (1 - t) for c in (1.0, -1.0))  # all paths lead to c
    >>> scores = evidence([right, wrong], np.ones((1, 2), np.float32), n=8)
    >>> bool(scores[0, 0] > scores[0, 1])
    True
    """
    x = np.asarray(x, np.float32)
    if not len(x) or not np.isfinite(x).all() or n < 1:
        raise ValueError(
            f"found x of shape {x.shape} and n {n}; expected rows of finite numbers, and n from 1."
        )
    check_seed(seed)
    rng = np.random.default_rng(seed)
    logits = LOGITS[0] + (LOGITS[1] - LOGITS[0]) * (np.arange(n) + rng.random(n)) / n
    noises = rng.standard_normal((n, *x.shape[1:]), np.float32)

    def errors(rows: np.ndarray) -> np.ndarray:
        total = np.zeros((len(rows), len(velocities)))
        for z, t in zip(noises, (1 / (1 + np.exp(-logits))).astype(np.float32), strict=True):
            for k, velocity in enumerate(velocities):
                miss = np.asarray(velocity((1 - t) * z + t * rows, t)) - (rows - z)
                total[:, k] += t**2 * np.sum(miss.reshape(len(rows), -1) ** 2, axis=1, dtype=float)
        return total

    return -(LOGITS[1] - LOGITS[0]) / n * forward(errors, x, batch_size=batch_size)


def posterior(log_likelihood: np.ndarray, prior: Sequence[float] | None = None) -> np.ndarray:
    """Bayes' rule: p(y|x), float64 (N, classes), from log p(x|y), or from that plus a number a row.

    Args:
        log_likelihood: (N, classes).
        prior: p(y) of each class, adding up to 1; None for all alike.

    Raises:
        ValueError: the prior is none of these classes'.

    >>> posterior(np.log([[0.6, 0.2]])).round(2)
    array([[0.75, 0.25]])
    >>> posterior(np.log([[0.6, 0.2]]), prior=[0.25, 0.75]).round(2)  # the second is more common
    array([[0.5, 0.5]])
    """
    rows = np.asarray(log_likelihood, float)
    if prior is not None:
        prior = np.asarray(prior, float)
        if prior.shape != rows.shape[1:] or (prior <= 0).any() or not np.isclose(prior.sum(), 1):
            raise ValueError(
                f"found prior {prior}; expected {rows.shape[1]} numbers above 0 that add up to 1."
            )
        rows = rows + np.log(prior)
    return softmax(rows, axis=1)


def _directions(size: int, probes: int, seed: int) -> list[np.ndarray]:
    """The unit vectors of few dimensions, or random signs in many: float32 (size,) each."""
    if size <= FEW:
        return list(np.eye(size, dtype=np.float32))
    check_seed(seed)
    signs = np.random.default_rng(seed).integers(0, 2, (probes, size))
    return list((2 * signs - 1).astype(np.float32))
