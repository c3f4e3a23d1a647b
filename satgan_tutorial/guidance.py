"""Steer a flow towards what is wished: p(x|y) from p(x) and a reader's p(y|x), by Bayes' rule.

    ship = classifier.reader(network)                                     # log p_t(ship | x_t), of a network taught about noise
    v = guidance.steer(solvers.of_network(flow.velocity), ship, weight=2.0)
    images = solvers.solve(v, noise, solvers.times(25))

By Bayes' rule p_t(x|y) is proportional to p_t(x) p_t(y|x), so the gradients of the logarithms add up. On the straight path
x_t = (1 - t) z + t x a velocity is v(x, t) = x / t + (1 - t) / t times the gradient of log p_t (`flow.score`). So

    v_y(x, t) = v(x, t) + (1 - t) / t times the gradient of log p_t(y|x)

where p_t(y|x) says what a reader makes of x with the noise of time t still on it. A weight in front of the gradient asks for
more than Bayes' rule does: for p(x) p(y|x)^weight at each time, chips that the reader is surer of, and fewer kinds of them.

A network that was told y in training, and now and then not, needs no reader: the difference of its two velocities is the last
term, so weighting that is the same (`classifier_free`).

Sources: Dhariwal and Nichol, "Diffusion models beat GANs on image synthesis" (2105.05233); Ho and Salimans, "Classifier-free
diffusion guidance" (2207.12598); Zheng et al., "Guided flows for generative modeling and decision making" (2311.13443).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

Velocity = Callable[[Any, Any], Any]  # as in `solvers`: from x_t and a time to the velocity there
EARLIEST = (
    0.01  # the reader is asked of no earlier time: at 0 there is nothing to read, and 0 times infinity to add
)


def steer(velocity: Velocity, log_probability: Callable[[Any, Any], Any], weight: float = 1.0) -> Velocity:
    """The velocity that takes noise to what a reader calls y.

    Args:
        velocity: of a flow that draws all kinds: from x_t, float32 (N, ...), and a time t, a number, to velocities.
        log_probability: the reader: from x_t and t to log p_t(y | x_t), (N,), differentiable by TensorFlow.
        weight: 1 for p(x|y) by Bayes' rule, 0 for p(x), more to please the reader.

    >>> drift = lambda x, t: tf.zeros_like(x)
    >>> to_the_right = lambda x, t: x[:, 0]  # the reader likes a large first number
    >>> steer(drift, to_the_right, weight=2.0)(tf.zeros((1, 2)), 0.5).numpy()  # 2 times (1 - t) / t
    array([[2., 0.]], dtype=float32)
    """

    def steered(x: tf.Tensor, t: Any) -> tf.Tensor:
        x = tf.convert_to_tensor(x)
        read_at = tf.maximum(tf.cast(t, x.dtype), EARLIEST)
        with tf.GradientTape() as tape:
            tape.watch(x)
            sure = log_probability(x, read_at)
        return velocity(x, t) + weight * (1 - read_at) / read_at * tape.gradient(sure, x)

    return steered


def classifier_free(told: Velocity, untold: Velocity, weight: float) -> Velocity:
    """The velocity of one network that was told y and now and then not, beyond what it does when told.

    Args:
        told: the velocity where it is told y.
        untold: where it is told nothing.
        weight: 1 for p(x|y) as the network has it, 0 for p(x), more for more of y.

    >>> classifier_free(lambda x, t: x + 1, lambda x, t: x, weight=3.0)(10.0, 0.5)
    13.0
    """

    def guided(x: Any, t: Any) -> Any:
        v = untold(x, t)
        return v + weight * (told(x, t) - v)

    return guided
