"""Changes to chips that leave them chips: the symmetries of the square, and differentiable augmentation.

Every function takes float32 images (N, H, W, C) in [-1, 1] and a seed, an int32 pair as TensorFlow's stateless random
numbers want it, and gives each image its own change. The same seed makes the same changes.
"""

import math

import numpy as np
import tensorflow as tf
from keras import ops

HALF_TURNS, CONDITIONED = "half_turns", "conditioned"
SYMMETRIES = 8  # of the square
# What says which: each as long as a vector of as many numbers from a standard normal.
_CODES = math.sqrt(SYMMETRIES) * np.eye(SYMMETRIES, dtype=np.float32)


def symmetries(images: tf.Tensor, seed: tf.Tensor, which: bool | str = True) -> tf.Tensor:
    """Turn or mirror each square image into one of its eight symmetries, each as likely as the others.

    With `which="half_turns"` an image is turned by 180 degrees or left alone, so that headings stay as common as they are.
    With "conditioned" all eight are made, and the model is told which one it was (`which_symmetry`).

    Meant for real chips alone, as more data: seen from above, a ship turned by 90 degrees is still a ship. On both
    sides of a GAN it would not do: a generator that draws one heading would then look as good as one that draws all.

    >>> images = tf.random.stateless_uniform((2, 8, 8, 3), (0, 1), -1, 1)
    >>> turned = symmetries(images, (0, 2))
    >>> turned.shape, bool(np.allclose(np.sort(np.ravel(turned)), np.sort(np.ravel(images))))  # the same pixels, elsewhere
    (TensorShape([2, 8, 8, 3]), True)
    """
    n, size, _, channels = images.shape
    flip, mirror, transpose = (draw[:, None, None] for draw in draws(images, seed, which))
    # Where each pixel comes from, so that one gather does it all: ten times faster than to flip and to choose.
    axis = tf.range(size)
    rows, columns = (tf.where(back, axis[::-1], axis) for back in (flip, mirror))  # (N, 1, size)
    upright = rows[:, 0, :, None] * size + columns
    across = rows * size + columns[:, 0, :, None]
    pixels = tf.gather(
        tf.reshape(images, (-1, size * size, channels)),
        tf.where(transpose, across, upright),
        axis=1,
        batch_dims=1,
    )
    return tf.ensure_shape(pixels, (n, size, size, channels))


def draws(
    images: tf.Tensor, seed: tf.Tensor, which: bool | str = True
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Which of N chips `symmetries` flips, mirrors and transposes: three of bool (N,).

    >>> images = tf.random.stateless_uniform((2, 8, 8, 3), (0, 1), -1, 1)
    >>> flip, mirror, transpose = draws(images, (0, 2), "half_turns")
    >>> bool((flip == mirror).numpy().all()), transpose.numpy()  # a half turn is both, and never the third
    (True, array([False, False]))
    """
    flip, mirror, transpose = tf.unstack(_uniform(images, seed, 0.0, 1.0, parts=3)[..., 0, 0, 0] < 0.5)
    return (flip, flip, tf.zeros_like(flip)) if which == HALF_TURNS else (flip, mirror, transpose)


def which_symmetry(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Say which of its eight symmetries each chip became under the same seed: a condition, float32 (N, 8).

    A model that is told learns each symmetry as a kind of its own, and can be asked for chips as they are
    (`as_it_is`): ships eight times as many, and yet headings, light and place as they were (distribution augmentation, Jun et
    al., ICML 2020; 2206.00364 has it too).

    >>> images = tf.random.stateless_uniform((2, 8, 8, 3), (0, 1), -1, 1)
    >>> which_symmetry(images, (0, 2)).numpy().argmax(axis=1)  # of the eight, by number
    array([1, 4])
    """
    flip, mirror, transpose = (tf.cast(draw, "int32") for draw in draws(images, seed))
    return tf.gather(tf.constant(_CODES), flip + 2 * mirror + 4 * transpose)


def told(which: bool | str) -> int:
    """How many numbers a model is told of a chip's symmetry under such a setting: `which_symmetry`'s, or none.

    >>> told("conditioned"), told(True)
    (8, 0)
    """
    return SYMMETRIES if which == CONDITIONED else 0


def as_it_is() -> np.ndarray:
    """The condition of `which_symmetry` that asks for a chip neither turned nor mirrored: float32 (8,).

    >>> as_it_is().round(2)
    array([2.83, 0.  , 0.  , 0.  , 0.  , 0.  , 0.  , 0.  ], dtype=float32)
    """
    return _CODES[0]


def any_symmetry(n: int, seed: int) -> np.ndarray:
    """Conditions of `which_symmetry` at random, float32 (n, 8).

    >>> any_symmetry(4, seed=0).argmax(axis=1)
    array([6, 5, 4, 2])
    """
    return _CODES[np.random.default_rng(seed).integers(0, SYMMETRIES, n)]


def brightness(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Add one number in [-0.5, 0.5] to all of an image.

    >>> images = tf.random.stateless_uniform((2, 8, 8, 3), (0, 1), -1, 1)
    >>> change = (brightness(images, (0, 2)) - images).numpy()
    >>> bool(np.ptp(change[0]) < 1e-6), bool(abs(change).max() <= 0.5)  # one number for all of an image
    (True, True)
    """
    return images + _uniform(images, seed, -0.5, 0.5)


def saturation(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Scale the distance of each pixel from its own grey by a number in [0, 2].

    >>> images = tf.random.stateless_uniform((2, 8, 8, 3), (0, 1), -1, 1)
    >>> grey = lambda x: x.numpy().mean(axis=3)
    >>> bool(np.allclose(grey(saturation(images, (0, 2))), grey(images), atol=1e-6))  # colours change, greys do not
    True
    """
    grey = ops.mean(images, axis=3, keepdims=True)
    return grey + (images - grey) * _uniform(images, seed, 0.0, 2.0)


def contrast(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Scale the distance of each value from the image's mean by a number in [0.5, 1.5].

    >>> images = tf.random.stateless_uniform((2, 8, 8, 3), (0, 1), -1, 1)
    >>> mean = lambda x: x.numpy().mean(axis=(1, 2, 3))
    >>> bool(np.allclose(mean(contrast(images, (0, 2))), mean(images), atol=1e-6))
    True
    """
    middle = ops.mean(images, axis=(1, 2, 3), keepdims=True)
    return middle + (images - middle) * _uniform(images, seed, 0.5, 1.5)


def translation(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Move each image by up to an eighth of its side along both axes; what comes in is 0, mid grey.

    >>> images = tf.random.stateless_uniform((2, 8, 8, 3), (0, 1), -1, 1)
    >>> moved = translation(images, (0, 2))
    >>> moved.shape, bool((moved == 0).numpy().any())  # what comes in is mid grey
    (TensorShape([2, 8, 8, 3]), True)
    """
    size = images.shape[1]
    reach = round(size / 8)
    down, right = tf.unstack(tf.round(_uniform(images, seed, -reach - 0.5, reach + 0.5, parts=2)))
    padded = tf.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    axis = tf.range(1, size + 1, dtype="float32")[None, :]
    rows, columns = (
        tf.cast(tf.clip_by_value(axis + shift[:, 0, 0], 0, size + 1), "int32") for shift in (down, right)
    )
    return tf.gather(tf.gather(padded, rows, axis=1, batch_dims=1), columns, axis=2, batch_dims=1)


def cutout(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Set a square of half the side to 0; its middle is anywhere in the image, so part of it may lie outside.

    >>> (cutout(tf.ones((1, 8, 8, 1)), (0, 2)).numpy()[0, :, :, 0] == 0).sum(axis=1)  # pixels cut out of each row
    array([0, 4, 4, 4, 4, 0, 0, 0])
    """
    size = images.shape[1]
    middle = _uniform(images, seed, 0.0, float(size), parts=2)
    axis = tf.range(size, dtype="float32") + 0.5
    rows = tf.abs(axis[None, :, None, None] - middle[0]) < size / 4
    columns = tf.abs(axis[None, None, :, None] - middle[1]) < size / 4
    return tf.where(rows & columns, 0.0, images)


POLICIES = {
    "color": (brightness, saturation, contrast),
    "translation": (translation,),
    "cutout": (cutout,),
}


def diffaugment(
    images: tf.Tensor, seed: tf.Tensor, policy: tuple[str, ...] = ("color", "translation", "cutout")
) -> tf.Tensor:
    """Change real and fake images alike before D sees them, in both players' updates (DiffAugment, 2006.10738).

    Gradients pass through, so G is taught through the changed image and need not learn to draw the changes.

    Args:
        images: float32 (N, H, W, C) in [-1, 1].
        seed: an int32 pair.
        policy: names of `POLICIES`, applied in this order.

    Raises:
        ValueError: if a name is none of them.

    >>> images = tf.random.stateless_uniform((2, 8, 8, 3), (0, 1), -1, 1)
    >>> diffaugment(images, (0, 2), ("color", "translation")).shape
    TensorShape([2, 8, 8, 3])
    """
    check(policy)
    for i, change in enumerate(change for name in policy for change in POLICIES[name]):
        images = change(images, tf.stack([seed[0] + 7919 * (i + 1), seed[1]]))
    return images


def check(policy: tuple[str, ...], symmetries: bool | str = True) -> None:
    """Raise ValueError, naming those there are, if a policy or the kind of symmetries is unknown.

    >>> check(("cutout",))
    >>> check(("cut",))
    Traceback (most recent call last):
    ValueError: There is no augmentation 'cut'; there are color, translation, cutout.
    """
    if symmetries not in (True, False, HALF_TURNS, CONDITIONED):
        raise ValueError(
            f"symmetries is {symmetries!r}; expected True, False, {HALF_TURNS!r} or {CONDITIONED!r}."
        )
    unknown = [name for name in policy if name not in POLICIES]
    if unknown:
        raise ValueError(f"There is no augmentation {unknown[0]!r}; there are {', '.join(POLICIES)}.")


def _uniform(images: tf.Tensor, seed: tf.Tensor, low: float, high: float, parts: int | None = None):
    """One number an image, (N, 1, 1, 1); with `parts` that many of them, (parts, N, 1, 1, 1)."""
    n = tf.shape(images)[0]
    first, total = share(n)
    shape = (total, 1, 1, 1) if parts is None else (parts, total, 1, 1, 1)
    return tf.random.stateless_uniform(shape, seed, low, high)[..., first : first + n, :, :, :]


def share(n: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Which n rows of a whole batch this replica has: the first of them, and how many there are of all replicas.

    >>> share(4)  # outside a distributed training there is one replica, which has all rows
    (0, 4)
    """
    context = tf.distribute.get_replica_context()  # None where the strategy itself runs
    replica, replicas = (
        (context.replica_id_in_sync_group, context.num_replicas_in_sync) if context else (0, 1)
    )
    return replica * n, replicas * n
