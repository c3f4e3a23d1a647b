"""A family of its own in one file: a Gaussian a pixel, fitted by its moments. All it knows of the house is the protocol."""

from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from satgan_tutorial import sampling
from satgan_tutorial.chips import to_float
from satgan_tutorial.recipes import Recipe


@dataclass(frozen=True)
class GaussianRecipe(Recipe):
    """Nothing more than what every recipe has, and how much of the spread to draw."""

    spread: float = 1.0


@keras.saving.register_keras_serializable(package="tests")
class MeanAndSpread(keras.layers.Layer):
    """From noise to images: a mean and a standard deviation a value."""

    def build(self, shape):
        self.mean = self.add_weight(shape=shape[1:], initializer="zeros")
        self.deviation = self.add_weight(shape=shape[1:], initializer="ones")

    def call(self, noise):
        return self.mean + self.deviation * noise


@keras.saving.register_keras_serializable(package="tests")
class Gaussian(keras.Model):
    """The moments of all images seen so far."""

    def __init__(self, size, spread=1.0, seed=0, **kwargs):
        super().__init__(**kwargs)
        self.size, self.spread, self.seed = size, spread, seed
        self.steps = self.add_weight(shape=(), initializer="zeros", dtype="int64", trainable=False)
        self.moments = self.add_weight(shape=(2, size, size, 3), initializer="zeros", trainable=False)
        self.surprise = keras.metrics.Mean("loss")
        self.built = True

    @property
    def step(self):
        return int(self.steps.numpy())

    def train_step(self, images):
        images = to_float(images)
        seen = tf.stack([tf.reduce_mean(images, 0), tf.reduce_mean(images**2, 0)])
        self.surprise.update_state(tf.reduce_mean((images - self.moments[0]) ** 2))
        share = 1 / (tf.cast(self.steps, "float32") + 1)
        self.moments.assign_add(share * (seen - self.moments))
        self.steps.assign_add(1)
        return {"loss": self.surprise.result()}

    def sample(self, n, seed, condition=None):
        return sampling.sample(self.sampler(), n, seed, condition)

    def sampler(self):
        model = keras.Sequential([keras.Input((self.size, self.size, 3)), MeanAndSpread()])
        mean, square = self.moments.numpy()
        model.set_weights([mean, self.spread * np.sqrt(np.maximum(square - mean**2, 0))])
        return model

    def get_config(self):
        return super().get_config() | {"size": self.size, "spread": self.spread, "seed": self.seed}


def build(recipe: GaussianRecipe, seed: int, **compile_kwargs):
    """What the dispatch calls."""
    model = Gaussian(recipe.image_size, recipe.spread, seed, name=recipe.name)
    model.compile(optimizer="sgd", **compile_kwargs)  # it has nothing to do, but Keras wants one
    return model


RECIPE = GaussianRecipe("gaussian", "Noise of the right colours.", batch_size=4, steps=45)
