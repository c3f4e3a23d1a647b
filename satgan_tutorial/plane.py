"""Points in the plane: distributions whose densities are known, and networks small enough to see whole.

    from satgan_tutorial import batching, plane
    ring = plane.ring()
    model = plane.build("non_saturating", seed=0)                         # a compiled gan.GAN, on points
    model.fit(batching.shuffled(ring.sample(20_000, seed=0), 128, seed=0), steps_per_epoch=1000)
    plane.covered(model.sample(2000, seed=0), ring)                     # how many of the eight modes it found
    other = plane.build_flow(seed=0)                                      # a compiled flow.Flow, trained alike

Nothing here is a special case: `gan.GAN` and `flow.Flow` train these networks by the same lines as those that draw ships.
"""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import layers
from scipy.spatial.distance import cdist
from scipy.special import logsumexp, softmax

from . import batching, flow, gan


@dataclass(frozen=True, eq=False)
class Mixture:
    """Gaussians of one width round a few centres, each as probable as the next.

    Attributes:
        centres: float (K, 2).
        sigma: the standard deviation of each Gaussian, the same in all directions.
        modes: int (K,), which mode each centre belongs to.

    Raises:
        ValueError: no centre, or a sigma that is not above 0 and finite.

    >>> eight = ring()
    >>> eight.sample(3, seed=0).shape
    (3, 2)
    >>> round(eight.at(0.0).sigma, 3), round(eight.at(1.0).sigma, 3)  # from noise to the ring
    (1.0, 0.15)
    """

    centres: np.ndarray
    sigma: float
    modes: np.ndarray

    def __post_init__(self) -> None:
        """Check it once."""
        if not len(self.centres) or not np.isfinite(self.centres).all() or not 0 < self.sigma < np.inf:
            raise ValueError(
                f"found {len(self.centres)} centres and sigma {self.sigma}; expected one finite centre or more, and a sigma "
                "above 0."
            )

    def sample(self, n: int, seed: int) -> np.ndarray:
        """Draw n points, float32 (n, 2): a centre for each, and noise round it."""
        rng = np.random.default_rng(seed)
        centre = self.centres[rng.integers(len(self.centres), size=n)]
        return (centre + self.sigma * rng.standard_normal((n, 2))).astype(np.float32)

    def log_density(self, points: np.ndarray) -> np.ndarray:
        """The natural logarithm of the density at points (N, 2), float64 (N,)."""
        points = _checked(points)
        terms = logsumexp(-0.5 * cdist(points, self.centres, "sqeuclidean") / self.sigma**2, axis=1)
        return terms - np.log(2 * np.pi * self.sigma**2 * len(self.centres))

    def at(self, t: float) -> "Mixture":
        """The distribution of x_t = (1 - t) z + t x for normal noise z and points x of this one, t in [0, 1].

        A mixture too: a centre c has become t c, and the width is the root of (1 - t)^2 + t^2 sigma^2.
        """
        return Mixture(t * self.centres, float(np.hypot(1 - t, t * self.sigma)), self.modes)

    def velocity(self, points: np.ndarray, t: float) -> np.ndarray:
        """The velocity that flow matching learns, E[x - z | x_t], at points (N, 2) and a time t in [0, 1]: float64 (N, 2).

        For one Gaussian x, z and x_t are normal together, so E[x | x_t] and E[z | x_t] are straight lines in x_t, with
        s^2 = (1 - t)^2 + t^2 sigma^2 the variance of x_t and c its centre:

            E[x - z | x_t] = c + (t sigma^2 - (1 - t)) / s^2 (x_t - t c)

        For several it is the mean of these, weighted by how probable it is that x_t came from each.
        """
        points, now = _checked(points), self.at(t)
        weights = softmax(-0.5 * cdist(points, now.centres, "sqeuclidean") / now.sigma**2, axis=1)
        slope = (t * self.sigma**2 - (1 - t)) / now.sigma**2
        return weights @ (self.centres - slope * now.centres) + slope * points


def gaussian(mean: tuple[float, float] = (0.0, 0.0), sigma: float = 1.0) -> Mixture:
    """One Gaussian.

    >>> round(float(np.exp(gaussian().log_density([[0.0, 0.0]])[0])), 3)  # 1 / (2 pi)
    0.159
    """
    return Mixture(np.array([mean], float), sigma, np.zeros(1, int))


def ring(modes: int = 8, radius: float = 2.0, sigma: float = 0.15) -> Mixture:
    """Gaussians evenly spaced on a circle.

    >>> np.hypot(*ring().centres.T).round(3).tolist()
    [2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0]
    """
    turn = 2 * np.pi * np.arange(modes) / modes
    return Mixture(radius * np.stack([np.cos(turn), np.sin(turn)], 1), sigma, np.arange(modes))


def lattice(side: int = 5, spacing: float = 1.0, sigma: float = 0.1) -> Mixture:
    """Gaussians on a square grid, `side` by `side`.

    >>> lattice(side=2).centres.tolist()
    [[-0.5, -0.5], [0.5, -0.5], [-0.5, 0.5], [0.5, 0.5]]
    """
    ticks = spacing * (np.arange(side) - (side - 1) / 2)
    x, y = np.meshgrid(ticks, ticks)
    return Mixture(np.stack([x.ravel(), y.ravel()], 1), sigma, np.arange(side * side))


def moons(radius: float = 1.5, sigma: float = 0.15, beads: int = 40) -> Mixture:
    """Two half circles that reach into each other, each a string of Gaussians so close that no bead is seen.

    >>> np.bincount(moons().modes).tolist()  # the beads of each
    [40, 40]
    """
    turn = np.pi * (np.arange(beads) + 0.5) / beads
    upper = radius * np.stack([np.cos(turn) - 0.5, np.sin(turn) - 0.25], 1)
    return Mixture(np.concatenate([upper, -upper]), sigma, np.repeat([0, 1], beads))


def visits(points: np.ndarray, target: Mixture) -> np.ndarray:
    """Count the points (N, 2) at each mode of a mixture, int (modes,): within three sigma of its nearest centre.

    Raises:
        ValueError: not (N, 2), or points that are not finite.

    >>> visits(ring().centres[:3], ring()).tolist()
    [1, 1, 1, 0, 0, 0, 0, 0]
    """
    points = _checked(points)
    distances = cdist(points, target.centres)
    near = distances.min(1) < 3 * target.sigma
    return np.bincount(target.modes[distances.argmin(1)[near]], minlength=target.modes.max() + 1)


def covered(points: np.ndarray, target: Mixture, share: float = 0.25) -> int:
    """Count the modes with at least `share` of the points that each would get if all got the same.

    Raises:
        ValueError: no points, others than `visits` takes, or a share that is not above 0.

    >>> covered(ring().centres[:3], ring())
    3
    """
    if not len(points) or not 0 < share < np.inf:
        raise ValueError(
            f"found {len(points)} points and share {share}; expected points, and a share above 0."
        )
    counts = visits(points, target)
    return int(np.sum(counts >= share * len(points) / len(counts)))


def _checked(points: np.ndarray) -> np.ndarray:
    """Points as float64 (N, 2), all finite; a ValueError if they are something else."""
    points = np.asarray(points, float)
    if points.ndim != 2 or points.shape[1] != 2 or not np.isfinite(points).all():
        found = f"shape {points.shape}"
        if points.ndim == 2 and points.shape[1] == 2:
            found = f"{np.count_nonzero(~np.isfinite(points).all(axis=1))} that are not finite"
        raise ValueError(f"points: found {found}; expected finite numbers (N, 2).")
    return points


def cells(extent: float = 4.0, side: int = 200) -> tuple[np.ndarray, float]:
    """Cut the square from -extent to extent into side x side small ones: their centres (side * side, 2), their area.

    >>> cells(extent=1.0, side=2)[0].tolist(), cells(extent=1.0, side=2)[1]
    ([[-0.5, -0.5], [0.5, -0.5], [-0.5, 0.5], [0.5, 0.5]], 1.0)
    """
    ticks = extent * (2 * np.arange(side) + 1 - side) / side
    x, y = np.meshgrid(ticks, ticks)
    return np.stack([x.ravel(), y.ravel()], 1), (2 * extent / side) ** 2


def jensen_shannon(p: Mixture, q: Mixture, extent: float = 8.0, side: int = 400) -> float:
    """The Jensen-Shannon divergence in nats, 0 to log 2, as a sum over small squares of [-extent, extent]^2.

    Raises:
        ValueError: the squares miss more than a hundredth of a mixture: it reaches beyond them, or lies between their centres.

    >>> near, far = gaussian(sigma=0.5), gaussian((5.0, 0.0), sigma=0.5)
    >>> round(jensen_shannon(near, near, side=100), 3), round(jensen_shannon(near, far, side=100), 3)  # log 2
    (0.0, 0.693)
    """
    points, area = cells(extent, side)
    log_p, log_q = p.log_density(points), q.log_density(points)
    for name, log in (("p", log_p), ("q", log_q)):
        if not abs((mass := area * np.exp(log).sum()) - 1) < 0.01:
            raise ValueError(
                f"{name}: found {mass:.3g} of its mass in {side} x {side} squares up to {extent}; expected all of it. Take a "
                "larger extent, or a larger side for a narrow one."
            )
    log_m = np.logaddexp(log_p, log_q) - np.log(2)
    return float(0.5 * area * np.sum(np.exp(log_p) * (log_p - log_m) + np.exp(log_q) * (log_q - log_m)))


def generator(width: int = 64, latent_dim: int = 2) -> keras.Model:
    """A network from noise (N, latent_dim) to points (N, 2).

    >>> generator(width=4)(np.zeros((3, 2))).numpy().shape
    (3, 2)
    """
    return _network(latent_dim, width, 2, "generator")


def discriminator(width: int = 64) -> keras.Model:
    """A network from points (N, 2) to logits (N, 1), high for real.

    >>> discriminator(width=4)(np.zeros((3, 2))).numpy().shape
    (3, 1)
    """
    return _network(2, width, 1, "discriminator")


def velocity_network(width: int = 64) -> keras.Model:
    """A network from points (N, 2) and times (N, 1) to velocities (N, 2).

    >>> velocity_network(width=4)([np.zeros((3, 2)), np.ones((3, 1))]).numpy().shape
    (3, 2)
    """
    given = [keras.Input((2,)), keras.Input((1,))]
    x = layers.Concatenate()(given)
    for _ in range(3):
        x = layers.Dense(width, "silu")(x)
    return keras.Model(given, layers.Dense(2)(x), name="velocity")


def statue(q: Mixture) -> keras.Model:
    """A generator whose density is known: one linear layer that takes standard normal noise to one Gaussian.

    >>> statue(gaussian((1.0, 2.0), sigma=0.5))(np.array([[0.0, 0.0], [1.0, 1.0]])).numpy().tolist()
    [[1.0, 2.0], [1.5, 2.5]]
    """
    model = keras.Sequential([keras.Input((2,)), layers.Dense(2)], name="statue")
    model.set_weights([q.sigma * np.eye(2), q.centres[0]])
    return model


def build(
    loss: str = "non_saturating",
    seed: int = 0,
    *,
    fixed: keras.Model | None = None,
    learning_rate: float | keras.optimizers.schedules.LearningRateSchedule = 1e-3,
    r1: float = 0.0,
    **compile_kwargs: Any,
) -> gan.GAN:
    """Build and compile a GAN on points.

    Args:
        loss: a name of `losses.LOSSES`.
        seed: of the first weights and of all noise.
        fixed: a generator that stands still while the discriminator learns; None for one that learns too.
        learning_rate: of both players' Adam (0.5, 0.999).
        r1: weight of the gradient penalty at real points.
        **compile_kwargs: for `GAN.compile`, such as `steps_per_execution`.

    >>> model = build("hinge", seed=0)
    >>> type(model).__name__, model.step
    ('GAN', 0)
    """
    keras.utils.set_random_seed(seed)
    model = gan.GAN(fixed or generator(), discriminator(), seed=seed)
    adam = keras.optimizers.Adam
    model.compile(
        g_optimizer=keras.optimizers.SGD(0.0) if fixed else adam(learning_rate, beta_1=0.5),
        d_optimizer=adam(learning_rate, beta_1=0.5),
        loss=loss,
        r1=r1,
        **compile_kwargs,
    )
    return model


def build_flow(
    seed: int = 0,
    *,
    width: int = 64,
    learning_rate: float | keras.optimizers.schedules.LearningRateSchedule = 2e-3,
    ema: float = 0.99,
    **compile_kwargs: Any,
) -> flow.Flow:
    """Build and compile a flow on points.

    Args:
        seed: of the first weights and of all noise and times.
        width: of the network's three layers.
        learning_rate: of Adam (0.9, 0.99).
        ema: the largest momentum of the averages of the weights.
        **compile_kwargs: for `Flow.compile`, such as `steps_per_execution`.

    >>> model = build_flow(seed=0, width=8)
    >>> type(model).__name__, model.step
    ('Flow', 0)
    """
    keras.utils.set_random_seed(seed)
    model = flow.Flow(velocity_network(width), seed=seed)
    model.compile(keras.optimizers.Adam(learning_rate, beta_2=0.99), ema=ema, **compile_kwargs)
    return model


def train(
    model: gan.GAN | flow.Flow, points: np.ndarray, steps: int, batch_size: int = 128
) -> dict[str, float]:
    """Train for so many steps more, without a word; return the means of the last log.

    Args:
        model: as `build` or `build_flow` makes it, at whatever step it is.
        points: float32 (N, 2), the real ones.
        steps: how many; a multiple of `steps_per_execution`, if the model was compiled with it.
        batch_size: real points a step, and for a GAN as many fake ones.

    >>> model = build(seed=0, run_eagerly=True)
    >>> log = train(model, ring().sample(8, seed=0), steps=1, batch_size=8)
    >>> model.step, "d_loss" in log, "g_loss" in log
    (1, True, True)
    """
    data = batching.shuffled(points, batch_size, model.seed, first_step=model.step)
    log = model.fit(data, steps_per_epoch=steps, shuffle=False, verbose=0).history
    return {name: values[-1] for name, values in log.items()}


def _network(inputs: int, width: int, outputs: int, name: str) -> keras.Model:
    steps = [
        keras.Input((inputs,)),
        *(layers.Dense(width, "leaky_relu") for _ in range(2)),
        layers.Dense(outputs),
    ]
    return keras.Sequential(steps, name=name)
