"""The generators and discriminators of the book; the post's are in `post`.

A generator maps noise, float32 (N, latent_dim) drawn from a standard normal, to images, float32 (N, H, W, 3) in
[-1, 1]. A discriminator maps such images to one number a chip, (N, 1).
"""

import math
from typing import Any

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from keras import layers

from .renamed import old_names

UPSAMPLINGS = ("resize", "resize_conv", "sub_pixel", "transposed")


def layer_costs(model: keras.Model) -> pd.DataFrame:
    """Count what each layer of a network holds and does for one image.

    A multiply-add is one product added to one sum; a layer without weights counts none. A transposed convolution is
    counted over the pixels that come in, a convolution over those that go out, both as if no kernel met a border.

    Args:
        model: a built model of one chain of layers.

    Returns:
        One row a layer, in order: `layer` (its class), `output` (its shape without the batch), `parameters`, and
        `multiply_adds`.

    >>> network = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(4, 3, padding="same"), layers.Flatten()])
    >>> layer_costs(network)
         layer     output  parameters  multiply_adds
    0   Conv2D  (8, 8, 4)         112           6912
    1  Flatten     (256,)           0              0
    """
    rows = []
    for layer in model.layers:
        kernel = getattr(layer, "kernel", None)
        if isinstance(layer, layers.Conv2DTranspose):
            pixels = layer.input.shape[1] * layer.input.shape[2]
        elif isinstance(layer, layers.Conv2D | layers.DepthwiseConv2D):
            pixels = layer.output.shape[1] * layer.output.shape[2]
        else:
            pixels = 1
        macs = pixels * math.prod(kernel.shape) if kernel is not None else 0
        if isinstance(layer, ResizeConv2D):
            macs = macs * 4 // 9
        rows.append((type(layer).__name__, tuple(layer.output.shape[1:]), layer.count_params(), macs))
    return pd.DataFrame(rows, columns=["layer", "output", "parameters", "multiply_adds"])


@keras.saving.register_keras_serializable(package="satgan_tutorial")
class ResizeConv2D(layers.Conv2D):
    """`UpSampling2D(2)` and `Conv2D(filters, 3, padding="same")` in one, for 4 multiply-adds where they take 9.

    A 3 x 3 window over doubled pixels sees only 2 x 2 different ones: the weights that meet the same pixel are added
    up first. What is left is a transposed convolution with kernel 4 and stride 2, its kernel made of the 3 x 3 one.

    Args:
        filters: channels that go out.
        **kwargs: for `keras.layers.Conv2D`, such as `use_bias`.

    >>> keras.utils.set_random_seed(0)
    >>> both = keras.Sequential([layers.UpSampling2D(2), layers.Conv2D(3, 3, padding="same")])
    >>> one, x = ResizeConv2D(3), keras.random.normal((1, 8, 8, 2), seed=0)
    >>> a, b = both(x), one(x)
    >>> one.set_weights(both.get_weights())
    >>> bool(np.allclose(one(x), a, atol=1e-5))
    True
    """

    def __init__(self, filters: int, **kwargs: Any) -> None:
        """Fix the kernel's size and the padding."""
        kwargs = {"kernel_size": 3, "padding": "same"} | kwargs
        super().__init__(filters, **kwargs)

    def convolution_op(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        """Double the pixels and convolve."""
        kernel = keras.ops.flip(keras.ops.swapaxes(kernel, 2, 3), (0, 1))
        for axis in (0, 1):
            before, after = ([(side, 1 - side) if a == axis else (0, 0) for a in range(4)] for side in (1, 0))
            kernel = keras.ops.pad(kernel, before) + keras.ops.pad(kernel, after)
        return keras.ops.conv_transpose(inputs, kernel, strides=2, padding="same")

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Twice the height and the width."""
        n, height, width, _ = input_shape
        return (n, height and 2 * height, width and 2 * width, self.filters)


@keras.saving.register_keras_serializable(package="satgan_tutorial")
class Grain(layers.Layer):
    """Multiply the last channels of a map by noise that is always the same, as a film has its grain.

    A sea flickers from pixel to pixel, and a few dozen numbers, spread by convolutions, cannot. With these channels the
    layers before say where each of some sheets of noise is seen, how strongly, and with which sign: their sum looks
    new in each image, and yet it follows from the latent vector alone, without a jump. StyleGAN adds fresh noise instead
    (1812.04948), and then the same latent vector is not the same image.

    Args:
        channels: how many of the last channels.

    >>> x = np.ones((2, 4, 4, 3), np.float32)
    >>> seen = np.asarray(Grain(channels=1)(x))
    >>> bool((seen[..., :2] == 1).all()), bool((seen[0] == seen[1]).all())  # the last channel alone, always the same
    (True, True)
    """

    def __init__(self, channels: int, **kwargs: Any) -> None:
        """Keep how many."""
        super().__init__(**kwargs)
        self.channels = channels

    def build(self, input_shape: tuple) -> None:
        """Make the sheets, and one that changes nothing for each of the other channels."""
        _, height, width, filters = input_shape
        sheets = grain_sheets(height, width, self.channels)
        self.sheets = np.concatenate(
            [np.ones((height, width, filters - self.channels), "float32"), sheets], 2
        )

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """Float32 (N, H, W, C) in and out."""
        return x * keras.ops.convert_to_tensor(self.sheets)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """That of the input."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """What a file keeps."""
        return super().get_config() | {"channels": self.channels}


def grain_sheets(height: int, width: int, channels: int) -> np.ndarray:
    """Noise by a rule, so that a script in a page makes the same: float32 (height, width, channels), mean 0, variance 1.

    Each value is its own number, mixed by a hash of 32 bits (C. Wellons, "Prospecting for hash functions", 2018) and
    even in its range. In every second channel it is smoothed over 3 x 3 pixels (weights 1, 2, 1 each way, round the edges).

    >>> sheets = grain_sheets(40, 40, 2)
    >>> sheets.shape, float(abs(sheets.mean()).round(1)), float(sheets.var().round(1))
    ((40, 40, 2), 0.0, 1.0)
    """
    bits = np.arange(height * width * channels, dtype=np.uint32)
    for shift, factor in ((16, 0x21F0AAAD), (15, 0xD35A2D97)):
        bits ^= bits >> np.uint32(shift)
        bits *= np.uint32(factor)  # beyond 32 bits it wraps round
    bits ^= bits >> np.uint32(15)
    sheets = ((bits / 2**32 - 0.5) * math.sqrt(12)).reshape(height, width, channels)
    smooth = sheets[..., 1::2]
    for axis in (0, 1):
        smooth = (np.roll(smooth, 1, axis) + 2 * smooth + np.roll(smooth, -1, axis)) / math.sqrt(6)
    sheets[..., 1::2] = smooth
    return sheets.astype("float32")


def generator(
    base_filters: int = 32,
    image_size: int = 80,
    latent_dim: int = 64,
    upsampling: str = "resize",
    batch_norm: bool = False,
    conditions: int = 0,
    grain: int = 0,
) -> keras.Model:
    """Build the book's own small generator: a Dense layer draws a coarse map, and each step up doubles it.

    An image of 80 pixels is 16 times a map of 5 x 5, in four steps; one of 40 takes three steps, one of 20 two
    (`doublings`), and has the last ones of them.

    Args:
        base_filters: channels before the last layer; twice and four times as many stand before.
        image_size: height and width of an image in pixels, a multiple of 4.
        latent_dim: length of the noise vector.
        upsampling: "resize" repeats pixels and convolves, three times, and ends in a sub-pixel layer, whose 12
            channels are the 2 x 2 blocks of the image; "resize_conv" repeats pixels and convolves all four times,
            "sub_pixel" ends in such blocks all four times (1609.05158); "transposed" is the classic of four
            transposed convolutions.
        batch_norm: normalise before each activation but the last.
        conditions: how many numbers say what is asked for; they stand beside the noise.
        grain: how many sheets of fixed noise the last layer mixes into the image (`Grain`).

    Returns:
        A model from float32 (N, latent_dim) to float32 (N, image_size, image_size, 3) in [-1, 1]; with conditions
        from a list of two, the second float32 (N, conditions).

    Raises:
        ValueError: if `image_size` is no multiple of 4 or `upsampling` is none of these.

    >>> network = generator(base_filters=4, image_size=40, latent_dim=8)
    >>> network.input_shape, network.output_shape
    ((None, 8), (None, 40, 40, 3))
    """
    steps = doublings(image_size)
    _check(upsampling in UPSAMPLINGS, f"upsampling is {upsampling!r}; there are {', '.join(UPSAMPLINGS)}.")
    side, f = image_size // 2**steps, base_filters
    inputs = [keras.Input((n,)) for n in (latent_dim, conditions) if n]
    stack = [layers.Dense(side * side * 4 * f, kernel_initializer="he_normal")]
    stack += [layers.Reshape((side, side, 4 * f)), *_activate(batch_norm)]
    for filters in (4 * f, 2 * f, f)[4 - steps :]:
        stack += [*_double(upsampling, side, filters, **_he(batch_norm)), *_activate(batch_norm)]
        side *= 2
    stack += _double("sub_pixel" if upsampling == "resize" else upsampling, side, 3 + grain)
    if grain:
        stack += [Grain(grain), layers.Conv2D(3, 1)]
    return chain(inputs, [*stack, layers.Activation("tanh")], "generator")


def discriminator(
    base_filters: int = 32,
    image_size: int = 80,
    blocks: bool = True,
    batch_norm: bool = False,
    spectral_norm: bool = False,
    conditions: int = 0,
) -> keras.Model:
    """Build the book's own small discriminator: four strided convolutions and one weighted sum.

    Args:
        base_filters: channels of the first layer; each of the next three has twice as many.
        image_size: height and width of an image in pixels, a multiple of 4; one of 40 pixels has three convolutions,
            one of 20 two (`doublings`).
        blocks: read the image as 2 x 2 blocks of 12 numbers, as the generator's sub-pixel layer writes it. The first
            convolution is then a 2 x 2 one with the reach and the cost of a strided 4 x 4 one, and faster backwards.
        batch_norm: normalise before each activation but the first.
        spectral_norm: hold each layer to a spectral norm of 1 (1802.05957).
        conditions: how many numbers say what was asked for. They make a second weighted sum, whose weights they choose:
            the projection discriminator (1802.05637).

    Returns:
        A model from float32 (N, image_size, image_size, 3) in [-1, 1] to a logit, float32 (N, 1), high for real; with
        conditions from a list of two, the second float32 (N, conditions).

    Raises:
        ValueError: if `image_size` is no multiple of 4.

    >>> network = discriminator(base_filters=4, image_size=40, conditions=1)
    >>> network.input_shape, network.output_shape
    ([(None, 40, 40, 3), (None, 1)], (None, 1))
    """
    steps = doublings(image_size)
    bound = layers.SpectralNormalization if spectral_norm else lambda layer: layer
    stack = []
    if blocks:
        stack += _space_to_depth(image_size // 2)
    for i in range(steps):
        norm = batch_norm and i > 0
        kernel, strides = (2, 1) if blocks and i == 0 else (4, 2)
        stack += [bound(layers.Conv2D(base_filters * 2**i, kernel, strides, padding="same", **_he(norm)))]
        stack += _activate(norm)
    stack += [layers.Flatten()]
    image, logit = keras.Input((image_size, image_size, 3)), bound(layers.Dense(1))
    if not conditions:
        return chain([image], [*stack, logit], "discriminator")
    condition = keras.Input((conditions,))
    features = _through(stack, image)
    direction = bound(layers.Dense(features.shape[1], use_bias=False))(condition)
    agreement = layers.Dot(1)([direction, features])
    return keras.Model([image, condition], layers.Add()([logit(features), agreement]), name="discriminator")


def doublings(image_size: int) -> int:
    """How often the book's generator doubles its map, and its discriminator halves the image: 4 times, or 3 or 2.

    Raises:
        ValueError: if `image_size` is no positive multiple of 4.

    >>> [doublings(size) for size in (80, 40, 20)]
    [4, 3, 2]
    """
    _check(
        image_size > 0 and image_size % 4 == 0,
        f"image_size is {image_size}; it must be a multiple of 4, at least 4.",
    )
    return next(steps for steps in (4, 3, 2) if image_size % 2**steps == 0)


def chain(inputs: list[keras.KerasTensor], stack: list[layers.Layer], name: str) -> keras.Model:
    """Layers in a row; where there are two inputs they stand side by side.

    >>> chain([keras.Input((4,)), keras.Input((1,))], [layers.Dense(2)], "both").output_shape
    (None, 2)
    """
    if len(inputs) == 1:
        return keras.Sequential([*inputs, *stack], name=name)
    return keras.Model(inputs, _through(stack, layers.Concatenate()(inputs)), name=name)


def settle(generator: keras.Model, condition: np.ndarray) -> keras.Model:
    """Copy a generator whose last conditions are settled, so that nobody is asked for them any more.

    What they add to its first dense layer is the same from then on, and moves into its bias.

    Args:
        generator: one of `generator`, with conditions.
        condition: the last of them, float32 (k,).

    >>> told = generator(base_filters=2, image_size=8, latent_dim=4, conditions=1)
    >>> settled = settle(told, np.array([1.0], np.float32))
    >>> z = np.ones((1, 4), np.float32)
    >>> len(settled.inputs), bool(np.allclose(settled(z), told([z, np.ones((1, 1))]), atol=1e-6))
    (1, True)
    """
    noise, wish = generator.inputs
    k, left = len(condition), wish.shape[-1] - len(condition)
    weightless = (layers.InputLayer, layers.Concatenate)
    stack = [x for x in generator.layers if not isinstance(x, weightless)]
    inputs = [keras.Input((n,)) for n in (noise.shape[-1], left) if n]
    copy = chain(inputs, [type(x).from_config(x.get_config()) for x in stack], generator.name)
    kernel, bias, *rest = generator.get_weights()
    copy.set_weights([kernel[:-k], bias + condition @ kernel[-k:], *rest])
    return copy


def _through(stack: list, x: Any):
    for layer in stack:
        x = layer(x)
    return x


def _double(upsampling: str, side: int, filters: int, **weights: Any) -> list:
    """Layers from (side, side, any) to (2 side, 2 side, filters)."""
    if upsampling == "transposed":
        return [layers.Conv2DTranspose(filters, 4, strides=2, padding="same", **weights)]
    if upsampling == "sub_pixel":
        return [layers.Conv2D(4 * filters, 3, padding="same", **weights), *_depth_to_space(side, filters)]
    return [ResizeConv2D(filters, **weights)]


def _he(batch_norm: bool) -> dict:
    return {"kernel_initializer": "he_normal", "use_bias": not batch_norm}  # the norm has its own bias


def _activate(batch_norm: bool) -> list:
    shared = tf.distribute.get_strategy().num_replicas_in_sync > 1
    norm = [layers.BatchNormalization(momentum=0.9, synchronized=shared)] if batch_norm else []
    return [*norm, layers.LeakyReLU(0.2)]


def _depth_to_space(side: int, filters: int) -> list:
    """From (side, side, 4 filters) to (2 side, 2 side, filters), in layers that Keras and a line of JavaScript know."""
    return [
        layers.Reshape((side, side, 2, 2, filters)),
        layers.Permute((1, 3, 2, 4, 5)),
        layers.Reshape((2 * side, 2 * side, filters)),
    ]


def _space_to_depth(side: int) -> list:
    """The way back: from (2 side, 2 side, 3) to (side, side, 12)."""
    return [
        layers.Reshape((side, 2, side, 2, 3)),
        layers.Permute((1, 3, 2, 4, 5)),
        layers.Reshape((side, side, 12)),
    ]


def _check(right: bool, message: str) -> None:
    if not right:
        raise ValueError(message)


__getattr__ = old_names(
    __name__,
    {
        "post_generator": "post.generator",
        "post_discriminator": "post.discriminator",
    },
)
