"""Two networks and one training step: a GAN as a Keras model.

    from satgan_tutorial import batching, load_chips, recipes
    ships = load_chips().split().train.ships.images                       # uint8 (N, 80, 80, 3)
    model = recipes.build("small", seed=0)                                # a compiled gan.GAN
    model.fit(batching.shuffled(ships, 32, seed=0), steps_per_epoch=20, epochs=20)
    fakes = model.sample(16, seed=0)                                      # uint8 (16, 80, 80, 3)

Every random number of a step follows from the seed and the step's number, and `model.save("gan.keras")` keeps all that
changes, so a training that was killed goes on to the same bits: `model = keras.models.load_model("gan.keras")`,
then `model.fit(batching.shuffled(ships, 32, seed=0, first_step=model.step), ...)`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from . import augment, conditions, losses, networks, sampling, stepping
from .renamed import old_method, old_names
from .sampling import inputs

PLAYERS = ("generator", "discriminator")
NORM_BATCHES = 8  # of 64 noise vectors, for the statistics of averaged weights


def measure_norms(generator: keras.Model, symmetries: bool | str = False) -> None:
    """Measure the statistics of a generator's batch norm anew, in place: a plain mean over batches of noise.

    Args:
        generator: whose; conditions are drawn as a training deals them out.
        symmetries: how that training turns its chips; the generator may be told (`augment.which_symmetry`).

    >>> generator = networks.generator(base_filters=2, image_size=8, latent_dim=4, batch_norm=True)
    >>> before = [np.array(x) for x in generator.get_weights()]
    >>> measure_norms(generator)
    >>> sum(bool((a != b).any()) for a, b in zip(before, generator.get_weights(), strict=True)) > 0
    True
    """
    norms = [layer for layer in generator.layers if isinstance(layer, keras.layers.BatchNormalization)]
    for k in range(NORM_BATCHES if norms else 0):
        for norm in norms:
            norm.momentum = k / (k + 1)
        noise, *wishes = generator.inputs
        random = [_random(x.shape[-1], symmetries, seed=k) for x in wishes]
        generator(inputs(sampling.noise(64, noise.shape[-1], seed=k), *random), training=True)


def _random(width: int, symmetries: bool | str, seed: int) -> np.ndarray:
    """Conditions as a training deals them out: float32 (64, width)."""
    told = augment.told(symmetries)
    own = conditions.random(width - told, 64, seed)
    return np.concatenate([own, augment.any_symmetry(64, seed)], axis=1) if told else own


@keras.saving.register_keras_serializable(package="satgan_tutorial")
class GAN(keras.Model):
    """A generator and a discriminator that train each other, on images or on points in the plane.

    With conditions, p(x|c), both take a list of two: noise or images, and the condition, float32 (N, k).

    Args:
        generator: a model from noise, float32 (N, latent_dim), to images (N, H, W, C) in [-1, 1], or to points (N, 2).
        discriminator: a model from such images or points to logits (N, 1), high for real.
        seed: where all random numbers of the training start.

    Raises:
        ValueError: a network does not compute in float32, under one of Keras' policies of mixed precision for one.

    >>> keras.utils.set_random_seed(0)
    >>> generator = networks.generator(base_filters=2, image_size=8, latent_dim=4)
    >>> model = GAN(generator, networks.discriminator(base_filters=2, image_size=8), seed=0)
    >>> model.compile(keras.optimizers.Adam(), keras.optimizers.Adam(), loss="relativistic", r1=1.0, r2=1.0)
    >>> model.step, model.sample(3, seed=0).shape
    (0, (3, 8, 8, 3))
    """

    def __init__(
        self, generator: keras.Model, discriminator: keras.Model, seed: int = 0, **kwargs: Any
    ) -> None:
        """Keep both players; `compile` says how they learn."""
        super().__init__(**kwargs)
        for layer in (*generator.layers, *discriminator.layers):
            if layer.compute_dtype != "float32":
                raise ValueError(
                    f"{layer.name} computes in {layer.compute_dtype}; a GAN trains in float32 alone, since the gradient "
                    'penalty squares numbers that float16 cannot hold. Call keras.config.set_dtype_policy("float32") '
                    "before you build it."
                )
        self.generator = generator
        self.discriminator = discriminator
        self.seed = seed
        self.latent_dim = generator.inputs[0].shape[-1]
        # Made when it is first needed and kept: a copy a look would leave memory behind. Keras saves models that are
        # attributes, and functions it leaves alone.
        self._drawer = cache(lambda: keras.models.clone_model(generator))
        self.built = True

    def compile(
        self,
        g_optimizer: keras.optimizers.Optimizer | str,
        d_optimizer: keras.optimizers.Optimizer | str,
        loss: str | Callable = "non_saturating",
        r1: float = 0.0,
        r2: float = 0.0,
        symmetries: bool | str = False,
        diffaugment: tuple[str, ...] = (),
        **kwargs: Any,
    ) -> None:
        """Say how both players learn.

        Args:
            g_optimizer: the generator's; with `use_ema=True` the averaged weights are what `sample` uses.
            d_optimizer: the discriminator's. `Model.optimizer` is this one, so that `fit` does not put the averages
                of the other in place of the weights when it ends.
            loss: a name of `losses.LOSSES`, or a function like those.
            r1: weight gamma of the gradient penalty at real images, 0 for none.
            r2: the same at fake ones.
            symmetries: whether each real image is turned and mirrored at random (`augment.symmetries`); "half_turns" for
                turns by 180 degrees alone; "conditioned" for both players being told, as the last of their conditions, how.
                The sampler then draws chips as they are, and is not asked.
            diffaugment: policies of `augment.diffaugment` for real and fake images, () for none.
            **kwargs: for `keras.Model.compile`, such as `jit_compile` and `steps_per_execution`.

        Raises:
            ValueError: if the loss, a policy or the kind of symmetries is unknown.
        """
        super().compile(optimizer=d_optimizer, **kwargs)
        self.g_optimizer = keras.optimizers.get(g_optimizer)
        # Built here: Keras would build the discriminator's on the weights of both players.
        self.g_optimizer.build(self.generator.trainable_variables)
        self.optimizer.build(self.discriminator.trainable_variables)
        augment.check(diffaugment, symmetries)
        self.adversarial_loss = losses.get(loss)
        self.settings = {"loss": loss, "r1": r1, "r2": r2, "symmetries": symmetries}
        self.settings |= {"diffaugment": tuple(diffaugment)}
        names = ("d_loss", "g_loss", "real_accuracy", "fake_accuracy")
        self.trackers = [keras.metrics.Mean(name) for name in names]

    def fit(self, *args: Any, **kwargs: Any) -> keras.callbacks.History:
        """Train as `keras.Model.fit` does; both rates follow a schedule of their own, none a callback.

        Raises:
            ValueError: a callback would change the learning rate of the discriminator alone.
        """
        alone = (keras.callbacks.LearningRateScheduler, keras.callbacks.ReduceLROnPlateau)
        found = [each for each in keras.tree.flatten(kwargs.get("callbacks")) if isinstance(each, alone)]
        if found:
            raise ValueError(
                f"found the callback {type(found[0]).__name__}, which would change the discriminator's learning rate and "
                "leave the generator's; give both optimizers a schedule of keras.optimizers.schedules instead."
            )
        return super().fit(*args, **kwargs)

    @property
    def step(self) -> int:
        """How many training steps were made."""
        return int(self.optimizer.iterations.numpy())

    def call(self, noise: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Make images, float32 in [-1, 1], or points from noise, float32 (N, latent_dim)."""
        return self.generator(noise, training=training)

    def train_step(self, data: tf.Tensor | tuple[tf.Tensor, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Update the discriminator, then the generator, on one batch of uint8 images or of float32 points.

        With conditions it is a pair of images and conditions, and the fakes get the conditions of the real ones.
        """
        # Read now: the discriminator's update counts it up.
        step = tf.cast(self.optimizer.iterations, "int32")
        takes_condition = self._conditions() > 0
        real, condition = stepping.real(
            data, takes_condition, self.settings["symmetries"], self._seed(step, 1)
        )
        with tf.GradientTape() as drawing:
            noise = self._noise(tf.shape(real)[0], step)
            fake = self.generator(inputs(noise, condition), training=True)

        d_loss, real_logits, fake_logits = self.discriminator_step(real, fake, condition, step)
        g_loss = self.generator_step(real, fake, condition, step, drawing)

        right = losses.accuracies(real_logits, fake_logits, self.settings["loss"])
        for tracker, value in zip(self.trackers, (d_loss, g_loss, *right), strict=True):
            tracker.update_state(value)
        return {tracker.name: tracker.result() for tracker in self.trackers}

    def discriminator_step(
        self, real: tf.Tensor, fake: tf.Tensor, condition: tf.Tensor | None, step: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Move the discriminator so that it tells real from fake better; return its loss and its logits of both."""
        with tf.GradientTape() as tape:
            images = self._augment(real, fake, step, 2)
            real_logits, fake_logits, penalty = self.logits_and_penalty(*images, condition)
            d_loss, _ = self.adversarial_loss(real_logits, fake_logits)
            objective = (d_loss + penalty) / stepping.replicas()
        weights = self.discriminator.trainable_variables
        self.optimizer.apply(tape.gradient(objective, weights), weights)
        return d_loss, real_logits, fake_logits

    def generator_step(
        self,
        real: tf.Tensor,
        fake: tf.Tensor,
        condition: tf.Tensor | None,
        step: tf.Tensor,
        drawing: tf.GradientTape,
    ) -> tf.Tensor:
        """Move the generator so that the discriminator, as it is now, takes its fakes for real; return its loss.

        The fakes are drawn once, under the tape `drawing`: the gradient at each of their pixels goes on through it.
        """
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(fake)
            images = self._augment(real, fake, step, 4)
            logits = [self.discriminator(inputs(x, condition), training=True) for x in images]
            _, g_loss = self.adversarial_loss(*logits)
            objective = g_loss / stepping.replicas()
        at_fake = tape.gradient(objective, fake)
        weights = self.generator.trainable_variables
        gradients = drawing.gradient(fake, weights, output_gradients=at_fake)
        self.g_optimizer.apply(gradients, weights)
        return g_loss

    def logits_and_penalty(
        self, real: tf.Tensor, fake: tf.Tensor, condition: tf.Tensor | None = None
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor | float]:
        """The discriminator's logits of both, and its gradient penalties, 0 where there are none (1801.04406)."""
        r1, r2 = self.settings["r1"], self.settings["r2"]
        norms = any(isinstance(x, keras.layers.BatchNormalization) for x in self.discriminator.layers)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            if r1 > 0:
                tape.watch(real)
            if r2 > 0:
                tape.watch(fake)
            if norms or (r1 > 0) != (r2 > 0):  # batch norm has to see real and fake apart
                real_logits = self.discriminator(inputs(real, condition), training=True)
                fake_logits = self.discriminator(inputs(fake, condition), training=True)
            else:  # one pass over both is faster
                twice = condition if condition is None else tf.concat([condition, condition], 0)
                logits = self.discriminator(inputs(tf.concat([real, fake], 0), twice), training=True)
                real_logits, fake_logits = tf.split(logits, 2)
            logits = tf.concat([real_logits, fake_logits], 0)
        if not r1 and not r2:
            return real_logits, fake_logits, 0.0
        # Each logit depends on its own image alone, so one backward pass of their sum has all the gradients.
        at_real, at_fake = tape.gradient(logits, [real, fake], unconnected_gradients="zero")
        penalty = r1 * losses.gradient_penalty(at_real) + r2 * losses.gradient_penalty(at_fake)
        return real_logits, fake_logits, penalty

    def sample(self, n: int, seed: int, condition: np.ndarray | None = None) -> np.ndarray:
        """Draw n images, uint8 (n, H, W, C), or n points, float32 (n, 2), as its sampler would: `sampling.sample`."""
        return sampling.sample(self._settled(self._average_into(self._drawer())), n, seed, condition)

    def sampler(self) -> keras.Model:
        """Copy the generator, with the averages of its weights if its optimizer keeps them."""
        return self._settled(self._average_into(keras.models.clone_model(self.generator)))

    def _conditions(self) -> int:
        """How many numbers say what is asked for, without those that tell a symmetry."""
        return sum(x.shape[-1] for x in self.generator.inputs[1:]) - self._told()

    def _told(self) -> int:
        """How many numbers tell both players a symmetry."""
        return augment.told(self.settings["symmetries"]) if self.compiled else 0

    def _settled(self, copy: keras.Model) -> keras.Model:
        """A generator that is told symmetries, asked for chips as they are for good."""
        return networks.settle(copy, augment.as_it_is()) if self._told() else copy

    def _average_into(self, copy: keras.Model) -> keras.Model:
        """Give a copy of the generator the averages of its weights, or the weights where none are kept."""
        copy.set_weights(self.generator.get_weights())
        if not self.compiled or not self.g_optimizer.use_ema or self.step == 0:
            return copy
        averages = self.g_optimizer._model_variables_moving_average
        for weight, average in zip(copy.trainable_variables, averages, strict=True):
            weight.assign(average)
        measure_norms(
            copy, self.settings["symmetries"]
        )  # batch norm's statistics belong to the weights as they were
        return copy

    def _augment(
        self, real: tf.Tensor, fake: tf.Tensor, step: tf.Tensor, stream: int
    ) -> tuple[tf.Tensor, tf.Tensor]:
        policy = self.settings["diffaugment"]
        if not policy:
            return real, fake
        return tuple(
            augment.diffaugment(x, self._seed(step, stream + i), policy) for i, x in enumerate((real, fake))
        )

    def _noise(self, n: tf.Tensor | int, step: tf.Tensor | int) -> tf.Tensor:
        """This replica's rows of the noise of the whole step, which does not depend on how many replicas share it."""
        return stepping.normal(n, (self.latent_dim,), self._seed(step, 0))

    def _seed(self, step: tf.Tensor | int, stream: int) -> tf.Tensor:
        """An int64 pair that no other step and no other use within the step has."""
        return stepping.seed(self.seed, step, stream)

    def save_own_variables(self, store: Any) -> None:
        """Keep what Keras leaves out of a file: where the random numbers of dropout are."""
        super().save_own_variables(store)
        for i, state in enumerate(self._dropout()):
            store[f"dropout_{i}"] = state

    def load_own_variables(self, store: Any) -> None:
        """Go on with dropout's random numbers where the saved training was."""
        for i, state in enumerate(self._dropout()):
            if f"dropout_{i}" in store:
                state.assign(store[f"dropout_{i}"])

    def _dropout(self) -> list[keras.Variable]:
        players = (self.generator, self.discriminator)
        return [v for p in players for v in p.non_trainable_variables if v.name == "seed_generator_state"]

    def get_config(self) -> dict[str, Any]:
        """What `keras.models.load_model` needs to build the model again."""
        players = {name: keras.saving.serialize_keras_object(getattr(self, name)) for name in PLAYERS}
        return super().get_config() | players | {"seed": self.seed}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict | None = None) -> GAN:
        """Build the model that `get_config` describes."""
        players = {
            name: keras.saving.deserialize_keras_object(config[name], custom_objects) for name in PLAYERS
        }
        return cls(**(config | players))

    def get_compile_config(self) -> dict[str, Any]:
        """What `compile` was told."""
        optimizers = {"g_optimizer": self.g_optimizer, "d_optimizer": self.optimizer}
        return keras.saving.serialize_keras_object(
            self.settings | optimizers | {"jit_compile": self.jit_compile}
        )

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compile as `get_compile_config` tells."""
        self.compile(**keras.saving.deserialize_keras_object(config))

    generate, averaged = old_method("generate", "sample"), old_method("averaged", "sampler")


__getattr__ = old_names(
    __name__,
    {
        "generate": "sampling.sample",
        "noise": "sampling.noise",
        "batches": "batching.shuffled",
        "WishError": "sampling.ConditionError",
    },
)
