"""Two networks and one training step: a GAN as a Keras model.

    from satgan_tutorial import gan, load_chips, recipes
    ships = load_chips().split().train.ships.images                       # uint8 (N, 80, 80, 3)
    model = recipes.build("small", seed=0)                                # a compiled gan.GAN
    model.fit(gan.batches(ships, 32, seed=0), steps_per_epoch=20, epochs=20)
    fakes = model.generate(16, seed=0)                                    # uint8 (16, 80, 80, 3)

Every random number of a step follows from the seed and the step's number, and `model.save("gan.keras")` keeps all that
changes, so a training that was killed goes on to the same bits: `model = keras.models.load_model("gan.keras")`,
then `model.fit(gan.batches(ships, 32, seed=0, first_step=model.step), ...)`.
"""

import keras
import numpy as np
import tensorflow as tf

from satgan_tutorial import augment, conditions, losses
from satgan_tutorial.chips import to_float, to_uint8

PLAYERS = ("generator", "discriminator")
NORM_BATCHES = 8  # of 64 noise vectors, for the statistics of averaged weights


class WishError(ValueError):
    """What was asked of a generator that cannot be asked for it: says what it takes."""

    exit_code = 2  # of the command that asked


@keras.saving.register_keras_serializable(package="satgan_tutorial")
class GAN(keras.Model):
    """A generator and a discriminator that train each other, on images or on points in the plane.

    With conditions, p(x|c), both take a list of two: noise or images, and what was asked for, float32 (N, k).

    Args:
        generator: a model from noise, float32 (N, latent_dim), to images (N, H, W, C) in [-1, 1], or to points (N, 2).
        discriminator: a model from such images or points to logits (N, 1), high for real.
        seed: where all random numbers of the training start.
    """

    def __init__(self, generator: keras.Model, discriminator: keras.Model, seed: int = 0, **kwargs):
        """Keep both players; `compile` says how they learn."""
        super().__init__(**kwargs)
        self.generator = generator
        self.discriminator = discriminator
        self.seed = seed
        self.latent_dim = generator.inputs[0].shape[-1]
        self.built = True

    def compile(
        self,
        g_optimizer,
        d_optimizer,
        loss: str = "non_saturating",
        r1: float = 0.0,
        r2: float = 0.0,
        symmetries: bool | str = False,
        diffaugment: tuple[str, ...] = (),
        **kwargs,
    ):
        """Say how both players learn.

        Args:
            g_optimizer: the generator's; with `use_ema=True` the averaged weights are what `generate` uses.
            d_optimizer: the discriminator's. `Model.optimizer` is this one, so that `fit` does not put the averages
                of the other in place of the weights when it ends.
            loss: a name of `losses.LOSSES`.
            r1: weight gamma of the gradient penalty at real images, 0 for none.
            r2: the same at fake ones.
            symmetries: whether each real image is turned and mirrored at random (`augment.symmetries`); "half_turns" for
                turns by 180 degrees alone.
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

    @property
    def step(self) -> int:
        """How many training steps were made."""
        return int(self.optimizer.iterations.numpy())

    def call(self, noise, training=False):
        """Make images, float32 in [-1, 1], or points from noise, float32 (N, latent_dim)."""
        return self.generator(noise, training=training)

    def train_step(self, data):
        """Update the discriminator, then the generator, on one batch of uint8 images or of float32 points.

        With conditions it is a pair of images and conditions, and the fakes are asked for those of the real ones.
        """
        real, asked = data if isinstance(data, tuple) else (data, None)
        step = tf.cast(
            self.optimizer.iterations, "int32"
        )  # read now: the discriminator's update counts it up
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        if ways := self.settings["symmetries"]:
            real = augment.symmetries(real, self._seed(step, 1), ways)
            asked = asked if asked is None else conditions.turn(asked, self._seed(step, 1), ways)
        if real.dtype == "uint8":
            real = to_float(real)
        with tf.GradientTape() as g_tape:
            fake = self.generator(_with(self._noise(tf.shape(real)[0], step), asked), training=True)

        with tf.GradientTape() as d_tape:
            real_logits, fake_logits, penalty = self._judge(*self._augment(real, fake, step, 2), asked)
            d_loss, _ = self.adversarial_loss(real_logits, fake_logits)
            objective = (d_loss + penalty) / replicas
        weights = self.discriminator.trainable_variables
        self.optimizer.apply(d_tape.gradient(objective, weights), weights)

        # The fakes are drawn once: what the new discriminator asks of each pixel goes on through the first tape.
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(fake)
            images = self._augment(real, fake, step, 4)
            logits = (self.discriminator(_with(x, asked), training=True) for x in images)
            _, g_loss = self.adversarial_loss(*logits)
            objective = g_loss / replicas
        wishes = tape.gradient(objective, fake)
        weights = self.generator.trainable_variables
        self.g_optimizer.apply(g_tape.gradient(fake, weights, output_gradients=wishes), weights)

        right = losses.accuracies(real_logits, fake_logits, self.settings["loss"])
        for tracker, value in zip(self.trackers, (d_loss, g_loss, *right), strict=True):
            tracker.update_state(value)
        return {tracker.name: tracker.result() for tracker in self.trackers}

    def generate(self, n: int, seed: int, asked: np.ndarray | None = None) -> np.ndarray:
        """Make n images, uint8 (n, H, W, C), or n points, float32 (n, 2), with the averaged weights; see `generate`."""
        return generate(self.averaged(), n, seed, asked)

    def averaged(self) -> keras.Model:
        """Copy the generator, with the averages of its weights if its optimizer keeps them."""
        copy = keras.models.clone_model(self.generator)
        copy.set_weights(self.generator.get_weights())
        if not self.compiled or not self.g_optimizer.use_ema or self.step == 0:
            return copy
        averages = self.g_optimizer._model_variables_moving_average
        for weight, average in zip(copy.trainable_variables, averages, strict=True):
            weight.assign(average)
        # Batch norm's statistics belong to the weights as they were: take those of the averages, a plain mean.
        norms = [layer for layer in copy.layers if isinstance(layer, keras.layers.BatchNormalization)]
        for k in range(NORM_BATCHES if norms else 0):
            for norm in norms:
                norm.momentum = k / (k + 1)
            wishes = [conditions.some(x.shape[-1], 64, seed=k) for x in copy.inputs[1:]]
            copy(_with(noise(64, self.latent_dim, seed=k), *wishes), training=True)
        return copy

    def _judge(self, real, fake, asked=None):
        """D's logits of both, and the gradient penalties, 0 where none is asked for."""
        r1, r2 = self.settings["r1"], self.settings["r2"]
        norms = any(isinstance(x, keras.layers.BatchNormalization) for x in self.discriminator.layers)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([real] * (r1 > 0) + [fake] * (r2 > 0))
            if norms or (r1 > 0) != (r2 > 0):  # batch norm has to see real and fake apart
                pair = (self.discriminator(_with(x, asked), training=True) for x in (real, fake))
                real_logits, fake_logits = pair
            else:  # one pass over both is faster
                twice = asked if asked is None else tf.concat([asked, asked], 0)
                logits = self.discriminator(_with(tf.concat([real, fake], 0), twice), training=True)
                real_logits, fake_logits = tf.split(logits, 2)
            logits = tf.concat([real_logits, fake_logits], 0)
        if not r1 and not r2:
            return real_logits, fake_logits, 0.0
        # Each logit depends on its own image alone, so one backward pass of their sum has all the gradients.
        at_real, at_fake = tape.gradient(logits, [real, fake], unconnected_gradients="zero")
        penalty = r1 * losses.gradient_penalty(at_real) + r2 * losses.gradient_penalty(at_fake)
        return real_logits, fake_logits, penalty

    def _augment(self, real, fake, step, stream):
        policy = self.settings["diffaugment"]
        if not policy:
            return real, fake
        return tuple(
            augment.diffaugment(x, self._seed(step, stream + i), policy) for i, x in enumerate((real, fake))
        )

    def _noise(self, n, step):
        """This replica's rows of the noise of the whole step, which does not depend on how many replicas share it."""
        first, total = augment.share(n)
        return tf.random.stateless_normal((total, self.latent_dim), self._seed(step, 0))[first : first + n]

    def _seed(self, step, stream):
        """An int32 pair that no other step and no other use within the step has."""
        return tf.stack([tf.constant((self.seed * 16 + stream) % 2**31, "int32"), tf.cast(step, "int32")])

    def save_own_variables(self, store):
        """Keep what Keras leaves out of a file: where the random numbers of dropout are."""
        super().save_own_variables(store)
        for i, state in enumerate(self._dropout()):
            store[f"dropout_{i}"] = state

    def load_own_variables(self, store):
        """Go on with dropout's random numbers where the saved training was."""
        for i, state in enumerate(self._dropout()):
            if f"dropout_{i}" in store:
                state.assign(store[f"dropout_{i}"])

    def _dropout(self):
        players = (self.generator, self.discriminator)
        return [v for p in players for v in p.non_trainable_variables if v.name == "seed_generator_state"]

    def get_config(self):
        """What `keras.models.load_model` needs to build the model again."""
        players = {name: keras.saving.serialize_keras_object(getattr(self, name)) for name in PLAYERS}
        return super().get_config() | players | {"seed": self.seed}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """Build the model that `get_config` describes."""
        players = {
            name: keras.saving.deserialize_keras_object(config[name], custom_objects) for name in PLAYERS
        }
        return cls(**(config | players))

    def get_compile_config(self):
        """What `compile` was told."""
        optimizers = {"g_optimizer": self.g_optimizer, "d_optimizer": self.optimizer}
        return keras.saving.serialize_keras_object(
            self.settings | optimizers | {"jit_compile": self.jit_compile}
        )

    def compile_from_config(self, config):
        """Compile as `get_compile_config` tells."""
        self.compile(**keras.saving.deserialize_keras_object(config))


def generate(
    generator: keras.Model, n: int, seed: int, asked: np.ndarray | None = None, batch_size: int = 64
) -> np.ndarray:
    """Make n images, uint8 (n, H, W, C), or n points, float32 (n, 2).

    The noise of the i-th depends on the seed and on i alone: the first four of sixteen are the four of four.

    Args:
        generator: from noise, or from noise and conditions.
        n: how many.
        seed: of the noise.
        asked: what to ask of a generator with conditions (`conditions.ask`): float32 (k,), or (n, k), one for each.
        batch_size: how many at once.

    Raises:
        WishError: if the generator takes conditions and gets none, others than it takes, or takes none and gets some.
    """
    takes = [x.shape[-1] for x in generator.inputs]
    if len(takes) != 1 + (asked is not None) or (asked is not None and np.shape(asked)[-1] != takes[1]):
        there = f"conditions of shape {np.shape(asked)}" if asked is not None else "no conditions"
        raise WishError(
            f"found {there}; this generator takes {takes[1] if takes[1:] else 0}: see conditions.ask."
        )
    z = noise(n, takes[0], seed)
    if asked is not None:
        asked = np.broadcast_to(np.asarray(asked, np.float32), (n, takes[1]))
    parts = [np.zeros((0, *generator.output_shape[1:]), np.float32)]
    for rows in (slice(i, i + batch_size) for i in range(0, n, batch_size)):
        parts.append(generator(_with(z[rows], asked if asked is None else asked[rows]), training=False))
    out = np.concatenate([keras.ops.convert_to_numpy(part) for part in parts])
    return to_uint8(out) if out.ndim == 4 else out


def _with(x, asked=None):
    """What a network takes: x alone, or x and conditions."""
    return x if asked is None else [x, asked]


def noise(n: int, latent_dim: int, seed: int) -> np.ndarray:
    """Draw what a generator starts from: float32 (n, latent_dim), standard normal."""
    return np.random.default_rng(seed).standard_normal((n, latent_dim), np.float32)


def batches(
    images: np.ndarray, batch_size: int, seed: int, first_step: int = 0, asked: np.ndarray | None = None
) -> tf.data.Dataset:
    """Deal out batches without end, all images once before any comes again, in a new order each time.

    What the batch of step k holds follows from the seed and k alone, so a training can go on at any step.

    Args:
        images: uint8 (N, H, W, C), or points, float32 (N, 2).
        batch_size: how many a batch.
        seed: where the orders start.
        first_step: the number of the first batch.
        asked: the conditions of each image, float32 (N, k); batches are then pairs.

    Raises:
        ValueError: if there are no images.
    """
    n = len(images)
    if n == 0:
        raise ValueError("images is empty; a GAN needs at least one.")
    columns = [tf.constant(column) for column in (images, asked) if column is not None]

    def deal(step):
        place = step * batch_size + tf.range(batch_size, dtype="int64")
        turn = place // n
        seeds = tf.stack([tf.fill([batch_size], tf.constant(seed, "int64")), turn, tf.zeros_like(turn)], 1)
        rows = tf.raw_ops.RandomIndexShuffle(index=place % n, seed=seeds, max_index=n - 1)
        dealt = tuple(tf.gather(column, rows) for column in columns)
        return dealt if asked is not None else dealt[0]

    return tf.data.Dataset.counter(first_step).map(deal).prefetch(2)
