"""The generators and discriminators of the book, from the post's to our own.

A generator maps noise, float32 (N, latent_dim) drawn from a standard normal, to images, float32 (N, H, W, 3) in
[-1, 1]. A discriminator maps such images to one number a chip, (N, 1).
"""

import math

import keras
import pandas as pd
from keras import layers


def post_generator(image_size: int = 80, latent_dim: int = 80) -> keras.Sequential:
    """Build the generator of the 2019 post, layer by layer; 4 741 635 parameters at the default sizes.

    Only three activations are there, as in the post: the four convolutions between the two LeakyReLUs are one
    affine map. LeakyReLU's slope is 0.3, the default of R Keras in 2019.

    Args:
        image_size: height and width of an image in pixels, a multiple of 4.
        latent_dim: length of the noise vector.

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
            layers.Conv2DTranspose(128, 4, strides=2, padding="same"),
            layers.Conv2DTranspose(256, 4, strides=2, padding="same"),
            layers.Conv2D(256, 5, padding="same"),
            layers.LeakyReLU(0.3),
            layers.Conv2D(3, 7, padding="same", activation="tanh"),
        ],
        name="post_generator",
    )


def post_discriminator(image_size: int = 80) -> keras.Sequential:
    """Build the discriminator of the 2019 post; 452 353 parameters at 80 x 80.

    Args:
        image_size: height and width of an image in pixels, a multiple of 4.

    Returns:
        A model from float32 (N, image_size, image_size, 3) to the probability of the label 1, float32 (N, 1)
        in [0, 1]; the post's training gives the label 1 to generated images.

    Raises:
        ValueError: if `image_size` is not a multiple of 4, or below 12.

    Source: as `post_generator`.
    """
    _quarter(image_size, at_least=12)
    return keras.Sequential(
        [
            keras.Input((image_size, image_size, 3)),
            layers.Conv2D(256, 4),
            layers.Conv2D(256, 2, strides=2),
            layers.Conv2D(128, 2, strides=2),
            layers.LeakyReLU(0.3),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(1, activation="sigmoid"),
        ],
        name="post_discriminator",
    )


def layer_costs(model: keras.Model) -> pd.DataFrame:
    """Count what each layer of a network holds and does for one image.

    A multiply-add is one product added to one sum; a layer without weights counts none. A transposed convolution is
    counted over the pixels that come in, a convolution over those that go out, both as if no kernel met a border.

    Args:
        model: a built model of one chain of layers.

    Returns:
        One row a layer, in order: `layer` (its class), `output` (its shape without the batch), `parameters`, and
        `multiply_adds`.
    """
    rows = []
    for layer in model.layers:
        kernel = getattr(layer, "kernel", None)
        if isinstance(layer, layers.Conv2DTranspose):
            pixels = layer.input.shape[1] * layer.input.shape[2]
        elif isinstance(layer, layers.Conv2D):
            pixels = layer.output.shape[1] * layer.output.shape[2]
        else:
            pixels = 1
        macs = pixels * math.prod(kernel.shape) if kernel is not None else 0
        rows.append((type(layer).__name__, tuple(layer.output.shape[1:]), layer.count_params(), macs))
    return pd.DataFrame(rows, columns=["layer", "output", "parameters", "multiply_adds"])


def _quarter(image_size: int, at_least: int) -> int:
    if image_size < at_least or image_size % 4:
        raise ValueError(
            f"image_size is {image_size}; this network of the post needs a multiple of 4 that is at least {at_least}."
        )
    return image_size // 4
