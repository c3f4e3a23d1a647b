"""The two networks of the 2019 post, layer by layer."""

import keras
from keras import layers


def generator(image_size: int = 80, latent_dim: int = 80, activations: bool = False) -> keras.Sequential:
    """Build the generator of the 2019 post, layer by layer; 4 741 635 parameters at the default sizes.

    Only three activations are there, as in the post: the four convolutions between the two LeakyReLUs are one
    affine map. LeakyReLU's slope is 0.3, the default of R Keras in 2019.

    Args:
        image_size: height and width of an image in pixels, a multiple of 4.
        latent_dim: length of the noise vector.
        activations: put back the LeakyReLU after each convolution that the network the post started from has
            (F. Chollet and J. J. Allaire, "Deep Learning with R", Manning, 2018, section 8.5).

    Returns:
        A model from float32 (N, latent_dim) to float32 (N, image_size, image_size, 3) in [-1, 1].

    Raises:
        ValueError: if `image_size` is not a positive multiple of 4.

    Source: M. Maj, "Satellite imagery generation with Generative Adversarial Networks (GANs)", Appsilon, 2019.
    """
    side = _quarter(image_size, at_least=4)
    return keras.Sequential(
        [
            keras.Input((latent_dim,)),
            layers.Dense(64 * side * side),
            layers.LeakyReLU(0.3),
            layers.Reshape((side, side, 64)),
            layers.Conv2D(128, 5, padding="same"),
            *_lost(activations),
            layers.Conv2DTranspose(128, 4, strides=2, padding="same"),
            *_lost(activations),
            layers.Conv2DTranspose(256, 4, strides=2, padding="same"),
            *_lost(activations),
            layers.Conv2D(256, 5, padding="same"),
            layers.LeakyReLU(0.3),
            layers.Conv2D(3, 7, padding="same", activation="tanh"),
        ],
        name="post_generator",
    )


def discriminator(image_size: int = 80, activations: bool = False) -> keras.Sequential:
    """Build the discriminator of the 2019 post; 452 353 parameters at 80 x 80.

    Args:
        image_size: height and width of an image in pixels, a multiple of 4.
        activations: put back the LeakyReLU after each convolution, as in `generator`.

    Returns:
        A model from float32 (N, image_size, image_size, 3) to the probability of the label 1, float32 (N, 1)
        in [0, 1]; the post's training gives the label 1 to generated images.

    Raises:
        ValueError: if `image_size` is not a multiple of 4, or below 12.

    Source: as `generator`.
    """
    _quarter(image_size, at_least=12)
    return keras.Sequential(
        [
            keras.Input((image_size, image_size, 3)),
            layers.Conv2D(256, 4),
            *_lost(activations),
            layers.Conv2D(256, 2, strides=2),
            *_lost(activations),
            layers.Conv2D(128, 2, strides=2),
            layers.LeakyReLU(0.3),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(1, activation="sigmoid"),
        ],
        name="post_discriminator",
    )


def _lost(activations: bool) -> list:
    return [layers.LeakyReLU(0.3)] * activations


def _quarter(image_size: int, at_least: int) -> int:
    if image_size < at_least or image_size % 4:
        raise ValueError(
            f"image_size is {image_size}; this network of the post needs a multiple of 4 that is at least {at_least}."
        )
    return image_size // 4
