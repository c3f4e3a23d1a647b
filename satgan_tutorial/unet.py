"""The velocity network of a flow on images: a U-Net, told the time, that keeps the shape of what it is given.

It takes a list of images, float32 (N, H, W, 3), times, float32 (N, 1), and, where it has conditions, float32 (N, k), and
returns the velocity of each pixel, float32 (N, H, W, 3).
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from .networks import ResizeConv2D

WAVES = 16  # pairs of sine and cosine that tell a time
ATTENTION_HEAD = 32  # channels of each head


@keras.saving.register_keras_serializable(package="satgan_tutorial")
class Waves(layers.Layer):
    """Times (N, 1) as sines and cosines (N, 2 `count`), the slowest half a turn from 0 to 1, the fastest 64 turns.

    >>> Waves(2)(np.array([[0.0]], np.float32)).numpy().round(3)  # two sines, two cosines
    array([[0., 0., 1., 1.]], dtype=float32)
    """

    def __init__(self, count: int = WAVES, **kwargs: Any) -> None:
        """Choose the frequencies, each the same multiple of the one before."""
        super().__init__(**kwargs)
        self.count = count
        self.frequencies = np.pi * np.geomspace(1, 128, count, dtype=np.float32)

    def call(self, t: Any) -> Any:
        """Turn each time into the heights of all waves at it."""
        angles = t * self.frequencies
        return ops.concatenate([ops.sin(angles), ops.cos(angles)], axis=-1)

    def get_config(self) -> dict[str, Any]:
        """What a file keeps."""
        return super().get_config() | {"count": self.count}


def unet(
    image_size: int = 80,
    width: int = 32,
    multipliers: tuple[int, ...] = (1, 2, 3, 4),
    blocks: tuple[int, ...] = (1, 1, 2, 2),
    attention: bool = True,
    conditions: int = 0,
) -> keras.Model:
    """Build the U-Net (1505.04597), of residual blocks that time and condition scale and shift (FiLM, 1709.07871).

    The first convolution has a stride of 2, so the largest maps have half the image's sides, which saves three quarters of the
    work. It sees 6 x 6 pixels: what a 3 x 3 convolution over blocks of 2 x 2 pixels sees. The last layer is its mirror image.
    Each block ends in a layer that is zero at first, and so does the network: at the start every block passes on what it gets,
    and the velocity is 0.

    Args:
        image_size: height and width of an image in pixels, a multiple of 8.
        width: channels of the first level.
        multipliers: channels of each level, as multiples of the width; a level has half the sides of the one above. An image
            whose sides can be halved less often has fewer levels (`levels`).
        blocks: residual blocks of each level, on the way down and again on the way up.
        attention: whether the places of the lowest level look at each other.
        conditions: how many numbers a condition has, 0 for none.

    Returns:
        A model from a list of images, times and maybe conditions to velocities, as the top of this module says.

    Raises:
        ValueError: `image_size` is no multiple of 8, or levels and blocks are not equally many.

    >>> network = unet(image_size=16, width=4, multipliers=(1,), blocks=(1,), attention=False)
    >>> network.output_shape, len(network.inputs)
    ((None, 16, 16, 3), 2)
    """
    if len(multipliers) != len(blocks) or min(*multipliers, *blocks, width) < 1:
        raise ValueError(
            f"found multipliers {multipliers}, blocks {blocks} and width {width}; expected one of each a level, from 1."
        )
    depth = levels(image_size, len(multipliers))
    filters = [width * multiplier for multiplier in multipliers[:depth]]
    image, t = keras.Input((image_size, image_size, 3), name="image"), keras.Input((1,), name="time")
    condition = [keras.Input((conditions,), name="condition")] if conditions else []
    told = _told(t, condition, 4 * width)

    x = layers.Conv2D(width, 6, strides=2, padding="same")(image)
    passed = []
    for level in range(depth):
        if level:
            x = layers.Conv2D(filters[level], 3, strides=2, padding="same")(x)
        for _ in range(blocks[level]):
            x = _block(x, told, filters[level])
            passed.append(x)
    if attention:
        x = _attention(x)
    for level in reversed(range(depth)):
        for _ in range(blocks[level]):
            x = _block(layers.Concatenate()([x, passed.pop()]), told, filters[level])
        if level:
            x = ResizeConv2D(filters[level - 1])(x)
    x = layers.Activation("silu")(layers.RMSNormalization()(x))
    x = layers.Conv2DTranspose(3, 6, strides=2, padding="same", kernel_initializer="zeros")(x)
    return keras.Model([image, t, *condition], x, name="velocity")


def levels(image_size: int, most: int) -> int:
    """How many levels an image has room for, at most so many: the first has half its sides, each next half of those.

    Raises:
        ValueError: the size is no multiple of 8, which is three levels.

    >>> levels(80, most=4), levels(8, most=4)
    (4, 3)
    """
    if image_size < 8 or image_size % 8:
        raise ValueError(
            f"image_size is {image_size}; the U-Net of a flow halves an image three times and takes multiples of 8: "
            "16, 24, 40, 80."
        )
    return next(n for n in range(most, 0, -1) if image_size % 2**n == 0)


def _told(t: Any, condition: list[Any], width: int) -> Any:
    """What every block is told: the time and the condition, as (N, width)."""
    told = layers.Dense(width)(Waves()(t))
    for numbers in condition:
        told = layers.Add()([told, layers.Dense(width, use_bias=False)(numbers)])
    told = layers.Dense(width, "silu")(layers.Activation("silu")(told))
    return told


def _block(x: Any, told: Any, filters: int) -> Any:
    """Two convolutions beside a way round them; in between, what is told scales and shifts each channel."""
    y = layers.Activation("silu")(layers.RMSNormalization()(x))
    y = layers.Conv2D(filters, 3, padding="same", kernel_initializer="he_normal")(y)
    scale, shift = (
        layers.Reshape((1, 1, filters))(
            layers.Dense(filters, kernel_initializer="zeros", bias_initializer=start)(told)
        )
        for start in ("ones", "zeros")
    )
    y = layers.Add()([layers.Multiply()([layers.RMSNormalization()(y), scale]), shift])
    y = layers.Activation("silu")(y)
    y = layers.Conv2D(filters, 3, padding="same", kernel_initializer="zeros")(y)
    if x.shape[-1] != filters:
        x = layers.Conv2D(filters, 1)(x)
    return layers.Add()([x, y])


def _attention(x: Any) -> Any:
    """Each place of a map takes something from every other place, the more the better the two agree (1706.03762)."""
    _, height, width, channels = x.shape
    places = layers.Reshape((height * width, channels))(layers.RMSNormalization()(x))
    heads = max(1, channels // ATTENTION_HEAD)
    seen = layers.MultiHeadAttention(heads, channels // heads)(places, places)
    seen = layers.Dense(channels, kernel_initializer="zeros")(seen)
    return layers.Add()([x, layers.Reshape((height, width, channels))(seen)])
