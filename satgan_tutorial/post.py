"""The 2019 post: its two networks, layer by layer, and the loop that it trains them with.

The post compiles the discriminator, freezes it, and chains both networks into a combined model, noise in, verdict out; in
the loop that it points to, the label 1 is *generated*. `step` is its iteration as written, `toggled_step` the one that works
in Keras 3. A recipe with `networks="post"` makes the same updates with `fit` (`gan.GAN`).
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

Models = tuple[keras.Model, keras.Model, keras.Model]  # generator, discriminator, both combined


def generator(
    image_size: int = 80, latent_dim: int = 80, activations: bool = False, base_filters: int = 64
) -> keras.Sequential:
    """Build the generator of the 2019 post, layer by layer; 4 741 635 parameters at the default sizes.

    Only three activations are there, as in the post: the four convolutions between the two LeakyReLUs are one
    affine map. LeakyReLU's slope is 0.3, the default of R Keras in 2019.

    Args:
        image_size: height and width of an image in pixels, a multiple of 4.
        latent_dim: length of the noise vector.
        activations: put back the LeakyReLU after each convolution that the network the post started from has
            (F. Chollet and J. J. Allaire, "Deep Learning with R", Manning, 2018, section 8.5).
        base_filters: channels of the first image; the post has 64, and twice and four times as many in the layers after
            it. Fewer make a narrow copy of the same shape.

    Returns:
        A model from float32 (N, latent_dim) to float32 (N, image_size, image_size, 3) in [-1, 1].

    Raises:
        ValueError: if `image_size` is not a positive multiple of 4.

    Source: M. Maj, "Satellite imagery generation with Generative Adversarial Networks (GANs)", Appsilon, 2019.

    >>> model = generator(image_size=16, latent_dim=4, base_filters=2)
    >>> model.output_shape, [type(layer).__name__ for layer in model.layers].count("LeakyReLU")
    ((None, 16, 16, 3), 2)
    """
    side, f = _quarter(image_size, at_least=4), base_filters
    return keras.Sequential(
        [
            keras.Input((latent_dim,)),
            layers.Dense(f * side * side),
            layers.LeakyReLU(0.3),
            layers.Reshape((side, side, f)),
            layers.Conv2D(2 * f, 5, padding="same"),
            *_lost(activations),
            layers.Conv2DTranspose(2 * f, 4, strides=2, padding="same"),
            *_lost(activations),
            layers.Conv2DTranspose(4 * f, 4, strides=2, padding="same"),
            *_lost(activations),
            layers.Conv2D(4 * f, 5, padding="same"),
            layers.LeakyReLU(0.3),
            layers.Conv2D(3, 7, padding="same", activation="tanh"),
        ],
        name="post_generator",
    )


def discriminator(
    image_size: int = 80, activations: bool = False, base_filters: int = 64
) -> keras.Sequential:
    """Build the discriminator of the 2019 post; 452 353 parameters at 80 x 80.

    Args:
        image_size: height and width of an image in pixels, a multiple of 4.
        activations: put back the LeakyReLU after each convolution, as in `generator`.
        base_filters: a quarter of the first layer's channels; the post has 64.

    Returns:
        A model from float32 (N, image_size, image_size, 3) to the probability of the label 1, float32 (N, 1)
        in [0, 1]; the loop that the post points to gives that label to generated images.

    Raises:
        ValueError: if `image_size` is not a multiple of 4, or below 12.

    Source: as `generator`.

    >>> discriminator(image_size=16, base_filters=2).output_shape
    (None, 1)
    """
    _quarter(image_size, at_least=12)
    f = base_filters
    return keras.Sequential(
        [
            keras.Input((image_size, image_size, 3)),
            layers.Conv2D(4 * f, 4),
            *_lost(activations),
            layers.Conv2D(4 * f, 2, strides=2),
            *_lost(activations),
            layers.Conv2D(2 * f, 2, strides=2),
            layers.LeakyReLU(0.3),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(1, activation="sigmoid"),
        ],
        name="post_discriminator",
    )


def rmsprop(learning_rate: float) -> keras.optimizers.RMSprop:
    """Build the post's optimizer: in Keras 2 `RMSprop(learning_rate, clipvalue=1, decay=1e-7)`.

    Keras 3 has no `decay`; the schedule divides the learning rate by 1 + 1e-7 * step, as Keras 2 did.

    >>> optimizer = rmsprop(3e-4)
    >>> round(float(optimizer.learning_rate), 6), optimizer.clipvalue
    (0.0003, 1.0)
    """
    decaying = keras.optimizers.schedules.InverseTimeDecay(learning_rate, 1, 1e-7)
    return keras.optimizers.RMSprop(decaying, clipvalue=1.0)


def models(image_size: int = 80, freeze: bool = True, seed: int = 0) -> Models:
    """Build, compile, freeze, combine: in the order of the post.

    Args:
        image_size: height and width of an image in pixels, a multiple of 4 that is at least 12.
        freeze: whether the discriminator is frozen once it is compiled.
        seed: of the first weights and of dropout.

    Returns:
        The generator, not compiled; the discriminator, compiled; and the combined model, from noise, float32 (N, 80), to
        the probability of the label 1, which is *generated*, float32 (N, 1), compiled.

    Raises:
        ValueError: if no network can be built for `image_size`.

    Source: as `generator`.

    >>> draws, judges, combined = models(image_size=12)
    >>> combined.input_shape, combined.output_shape, judges.trainable
    ((None, 80), (None, 1), False)
    """
    keras.utils.set_random_seed(seed)
    draws, judges = generator(image_size), discriminator(image_size)
    judges.compile(rmsprop(6e-4), "binary_crossentropy")
    judges.trainable = not freeze
    noise = keras.Input(draws.input_shape[1:])
    combined = keras.Model(noise, judges(draws(noise)))
    combined.compile(rmsprop(3e-4), "binary_crossentropy")
    return draws, judges, combined


def step(models: Models, real: np.ndarray, z: np.ndarray, label_noise: np.ndarray | float = 0.0) -> None:
    """Train the discriminator on one batch, then the generator, as the post does: no flag is set in between.

    Args:
        models: as `models` makes them.
        real: images, float32 (N, H, W, 3) in [-1, 1].
        z: noise, float32 (N, 80), the same for both halves.
        label_noise: added to the labels of the discriminator's batch, generated ones first: a number, or (2 N, 1).

    Source: F. Chollet and J. J. Allaire, "Deep Learning with R", Manning, 2018, section 8.5.

    >>> tiny = keras.Sequential([keras.Input((2,)), layers.Dense(3)])  # numbers instead of images
    >>> judges = keras.Sequential([keras.Input((3,)), layers.Dense(1, activation="sigmoid")])
    >>> combined = keras.Sequential([tiny, judges])
    >>> judges.compile(rmsprop(6e-4), "binary_crossentropy", run_eagerly=True)
    >>> combined.compile(rmsprop(3e-4), "binary_crossentropy", run_eagerly=True)
    >>> before = tiny.get_weights()[0]
    >>> step((tiny, judges, combined), real=np.ones((4, 3), np.float32), z=np.ones((4, 2), np.float32))
    >>> bool((tiny.get_weights()[0] == before).all())
    False
    """
    generator, discriminator, combined = models
    both = np.concatenate([generator(z), real])
    labels = np.repeat([1.0, 0.0], [len(z), len(real)])[:, None] + label_noise
    discriminator.train_on_batch(both, labels)
    combined.train_on_batch(z, np.zeros((len(z), 1)))


def toggled_step(models: Models, real: np.ndarray, z: np.ndarray) -> None:
    """Train the discriminator with its flag on, then the generator through a discriminator whose flag is off.

    Keras 3 reads `trainable` when it traces a step, at the first batch of each size, so the flag is set around every step.
    Arguments as for `step`.

    >>> tiny = keras.Sequential([keras.Input((2,)), layers.Dense(3)])  # numbers instead of images
    >>> judges = keras.Sequential([keras.Input((3,)), layers.Dense(1, activation="sigmoid")])
    >>> combined = keras.Sequential([tiny, judges])
    >>> judges.compile(rmsprop(6e-4), "binary_crossentropy", run_eagerly=True)
    >>> combined.compile(rmsprop(3e-4), "binary_crossentropy", run_eagerly=True)
    >>> toggled_step((tiny, judges, combined), np.ones((4, 3), np.float32), np.ones((4, 2), np.float32))
    >>> judges.trainable
    False
    """
    generator, discriminator, combined = models
    both = np.concatenate([generator(z), real])
    labels = np.repeat([1.0, 0.0], [len(z), len(real)])[:, None]
    discriminator.trainable = True
    discriminator.train_on_batch(both, labels)
    discriminator.trainable = False
    combined.train_on_batch(z, np.zeros((len(z), 1)))


def _lost(activations: bool) -> list:
    return [layers.LeakyReLU(0.3)] * activations


def _quarter(image_size: int, at_least: int) -> int:
    if image_size < at_least or image_size % 4:
        raise ValueError(
            f"image_size is {image_size}; this network of the post needs a multiple of 4 that is at least {at_least}."
        )
    return image_size // 4
