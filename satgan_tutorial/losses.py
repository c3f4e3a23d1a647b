"""What each player wants, as functions of logits: D's for real chips and D's for fake ones.

Every adversarial loss takes `(real_logits, fake_logits)`, float32 (N, 1), and returns `(d_loss, g_loss)`, two scalars
to minimise: the discriminator's and the generator's. A high logit means "real". The penalties take D's gradient.
"""

from collections.abc import Callable

import keras
import tensorflow as tf
from keras.ops import log_sigmoid, mean, relu, softplus, square


def non_saturating(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Goodfellow's second loss: G maximises log D(G(z)), whose gradient stays alive where D wins (1406.2661).

    >>> sure, unsure = keras.ops.array([[4.0]]), keras.ops.array([[0.0]])
    >>> [round(float(x), 2) for x in non_saturating(sure, -sure)]  # D is right, and G has lost
    [0.04, 4.02]
    >>> [round(float(x), 2) for x in non_saturating(unsure, unsure)]  # D cannot tell
    [1.39, 0.69]
    """
    d_loss = mean(softplus(-real_logits)) + mean(softplus(fake_logits))
    return d_loss, mean(softplus(-fake_logits))


def minimax(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Goodfellow's first loss: G minimises log(1 - D(G(z))), which goes flat where D wins (1406.2661).

    >>> sure, unsure = keras.ops.array([[4.0]]), keras.ops.array([[0.0]])
    >>> [round(float(x), 2) for x in minimax(sure, -sure)]  # D is right, and G has lost
    [0.04, -0.02]
    >>> [round(float(x), 2) for x in minimax(unsure, unsure)]  # D cannot tell
    [1.39, -0.69]
    """
    d_loss = mean(softplus(-real_logits)) + mean(softplus(fake_logits))
    return d_loss, mean(log_sigmoid(-fake_logits))


def cross_entropy(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Binary cross-entropy as the 2019 post has it: D's is the mean over one batch of both, so half the sum above.

    >>> sure, unsure = keras.ops.array([[4.0]]), keras.ops.array([[0.0]])
    >>> [round(float(x), 2) for x in cross_entropy(sure, -sure)]  # D is right, and G has lost
    [0.02, 4.02]
    >>> [round(float(x), 2) for x in cross_entropy(unsure, unsure)]  # D cannot tell
    [0.69, 0.69]
    """
    d_loss, g_loss = non_saturating(real_logits, fake_logits)
    return 0.5 * d_loss, g_loss


def hinge(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Only logits inside the margin of 1 teach D (1705.02894).

    >>> sure, unsure = keras.ops.array([[4.0]]), keras.ops.array([[0.0]])
    >>> [round(float(x), 2) for x in hinge(sure, -sure)]  # D is right, and G has lost
    [0.0, 4.0]
    >>> [round(float(x), 2) for x in hinge(unsure, unsure)]  # D cannot tell
    [2.0, -0.0]
    """
    d_loss = mean(relu(1.0 - real_logits)) + mean(relu(1.0 + fake_logits))
    return d_loss, -mean(fake_logits)


def least_squares(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """D is regressed on 1 for real and 0 for fake, G on 1 (1611.04076); no sigmoid is meant anywhere.

    >>> sure, unsure = keras.ops.array([[4.0]]), keras.ops.array([[0.0]])
    >>> [round(float(x), 2) for x in least_squares(sure, -sure)]  # D is right, and G has lost
    [12.5, 12.5]
    >>> [round(float(x), 2) for x in least_squares(unsure, unsure)]  # D cannot tell
    [0.5, 0.5]
    """
    d_loss = 0.5 * mean(square(real_logits - 1.0)) + 0.5 * mean(square(fake_logits))
    return d_loss, 0.5 * mean(square(fake_logits - 1.0))


def relativistic(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Each fake is compared with one real chip: only the difference of their logits counts (1807.00734, 2501.05441).

    >>> sure, unsure = keras.ops.array([[4.0]]), keras.ops.array([[0.0]])
    >>> [round(float(x), 2) for x in relativistic(sure, -sure)]  # D is right, and G has lost
    [0.0, 8.0]
    >>> [round(float(x), 2) for x in relativistic(unsure, unsure)]  # D cannot tell
    [0.69, 0.69]
    """
    lead = real_logits - fake_logits
    return mean(softplus(-lead)), mean(softplus(lead))


def gradient_penalty(gradients: tf.Tensor) -> tf.Tensor:
    """Half the mean squared length of D's gradient at a batch of images, or of points: R1 at real ones, R2 at fake.

    Args:
        gradients: float32 (N, ...), the gradient of each image's own logit with respect to that image.

    Returns:
        A scalar; times gamma it is the penalty of 1801.04406.

    >>> float(gradient_penalty(keras.ops.array([[3.0, 4.0]])))  # half of five squared
    12.5
    """
    return 0.5 * mean(keras.ops.sum(square(gradients), axis=tuple(range(1, len(gradients.shape)))))


LOSSES = {f.__name__: f for f in (non_saturating, minimax, cross_entropy, hinge, least_squares, relativistic)}


def get(name: str | Callable) -> Callable:
    """Return the adversarial loss of that name; a function comes back as it is.

    Raises:
        ValueError: if there is no such loss; it lists those there are.

    >>> get("hinge").__name__
    'hinge'
    >>> get("hing")
    Traceback (most recent call last):
    ValueError: There is no loss 'hing'; there are non_saturating, minimax, cross_entropy, hinge, least_squares, relativistic.
    """
    if callable(name):
        return name
    if name not in LOSSES:
        raise ValueError(f"There is no loss {name!r}; there are {', '.join(LOSSES)}.")
    return LOSSES[name]


def accuracies(
    real_logits: tf.Tensor, fake_logits: tf.Tensor, loss: str = "non_saturating"
) -> tuple[tf.Tensor, tf.Tensor]:
    """Which share of the real and of the fake ones D calls right, two scalars in [0, 1].

    D says "real" above a logit of 0; 0.5 with least squares. The relativistic loss leaves the level of the logits
    free, so there the border is the middle between the two means.

    >>> [float(x) for x in accuracies(keras.ops.array([[2.0], [-1.0]]), keras.ops.array([[-3.0], [-1.0]]))]
    [0.5, 1.0]
    """
    border = {"least_squares": 0.5, "relativistic": 0.5 * (mean(real_logits) + mean(fake_logits))}.get(
        loss, 0.0
    )
    right = (real_logits > border, fake_logits <= border)
    return tuple(mean(keras.ops.cast(r, "float32")) for r in right)
