"""The post's networks at 40 x 40 and batch 8: our train step against three other ways to write it.

    loop       the post's: `predict`, then `train_on_batch` for D and for the combined model, D's flag toggled
    example    a train step as in Keras' own DCGAN example: D on one batch of both, then G on new noise
    torch      PyTorch, eager, fakes drawn once a step
    ours       `GAN.fit` with the recipe `post`

By hand: `python tests/benchmarks/test_post_step.py ours`.
"""

import sys

import numpy as np
import pytest
from turns import compare, have_torch, serve

SIDE, BATCH, LATENT = 40, 8, 80
REAL = np.random.default_rng(0).integers(0, 256, (600, SIDE, SIDE, 3), np.uint8)
RATES = {"g": 3e-4, "d": 6e-4}


def ours():
    """What `fit` calls, once a step."""
    import dataclasses

    from satgan_tutorial import batching, recipes

    recipe = dataclasses.replace(recipes.get("post"), image_size=SIDE, batch_size=BATCH)
    model = recipes.build(recipe)
    model.make_train_function()
    batches = iter(batching.shuffled(REAL, BATCH, seed=0))
    players = (model.generator, model.discriminator)
    return {"parameters": [p.count_params() for p in players]}, lambda: float(
        model.train_function(batches)["d_loss"]
    )


def players_and_optimizers():
    """The post's networks and its two RMSprops."""
    import keras

    from satgan_tutorial import post

    keras.utils.set_random_seed(0)
    schedules = {p: keras.optimizers.schedules.InverseTimeDecay(rate, 1, 1e-7) for p, rate in RATES.items()}
    rmsprop = {p: keras.optimizers.RMSprop(rate, clipvalue=1.0) for p, rate in schedules.items()}
    return post.generator(SIDE), post.discriminator(SIDE), rmsprop


def loop():
    """The post's loop: two compiled models that share D."""
    import keras

    generator, discriminator, rmsprop = players_and_optimizers()
    discriminator.compile(rmsprop["d"], "binary_crossentropy")
    noise = keras.Input((LATENT,))
    combined = keras.Model(noise, discriminator(generator(noise)))
    combined.compile(rmsprop["g"], "binary_crossentropy")
    rng = np.random.default_rng(0)
    labels, wishes = np.repeat([1.0, 0.0], BATCH)[:, None], np.zeros((BATCH, 1))

    def step():
        fake = generator.predict_on_batch(rng.standard_normal((BATCH, LATENT), np.float32))
        real = REAL[rng.integers(0, len(REAL), BATCH)].astype(np.float32) / 127.5 - 1
        discriminator.trainable = True
        loss = discriminator.train_on_batch(np.concatenate([fake, real]), labels)
        discriminator.trainable = False
        combined.train_on_batch(rng.standard_normal((BATCH, LATENT), np.float32), wishes)
        return float(loss)

    return {"parameters": [generator.count_params(), discriminator.count_params()]}, step


def example():
    """A `train_step` with D and G each on noise of its own, compiled as one graph."""
    import keras
    import tensorflow as tf

    generator, discriminator, rmsprop = players_and_optimizers()
    entropy = keras.losses.BinaryCrossentropy()

    class Example(keras.Model):
        def train_step(self, real):
            fake = generator(tf.random.normal((BATCH, LATENT)), training=True)
            both = tf.concat([fake, tf.cast(real, "float32") / 127.5 - 1], 0)
            labels = tf.concat([tf.ones((BATCH, 1)), tf.zeros((BATCH, 1))], 0)
            labels += 0.05 * tf.random.uniform(tf.shape(labels))
            with tf.GradientTape() as tape:
                d_loss = entropy(labels, discriminator(both, training=True))
            weights = discriminator.trainable_variables
            rmsprop["d"].apply(tape.gradient(d_loss, weights), weights)
            with tf.GradientTape() as tape:
                judged = discriminator(
                    generator(tf.random.normal((BATCH, LATENT)), training=True), training=True
                )
                g_loss = entropy(tf.zeros((BATCH, 1)), judged)
            weights = generator.trainable_variables
            rmsprop["g"].apply(tape.gradient(g_loss, weights), weights)
            return {"d_loss": d_loss, "g_loss": g_loss}

    for player, optimizer in ((generator, rmsprop["g"]), (discriminator, rmsprop["d"])):
        optimizer.build(player.trainable_variables)
    model = Example()
    model.compile()
    model.make_train_function()
    batches = iter(tf.data.Dataset.from_tensor_slices(REAL).repeat().shuffle(600).batch(BATCH))
    return {"parameters": [generator.count_params(), discriminator.count_params()]}, lambda: float(
        model.train_function(batches)["d_loss"]
    )


def torch():
    """The same networks and losses, written as one would in PyTorch."""
    import torch
    from torch import nn
    from torch.nn.functional import softplus

    torch.manual_seed(0)
    side = SIDE // 4
    ends = (SIDE - 3) // 2 // 2
    generator = nn.Sequential(
        *(nn.Linear(LATENT, 64 * side * side), nn.LeakyReLU(0.3), nn.Unflatten(1, (64, side, side))),
        *(nn.Conv2d(64, 128, 5, padding=2), nn.ConvTranspose2d(128, 128, 4, 2, 1)),
        *(nn.ConvTranspose2d(128, 256, 4, 2, 1), nn.Conv2d(256, 256, 5, padding=2), nn.LeakyReLU(0.3)),
        *(nn.Conv2d(256, 3, 7, padding=3), nn.Tanh()),
    )
    discriminator = nn.Sequential(
        *(nn.Conv2d(3, 256, 4), nn.Conv2d(256, 256, 2, 2), nn.Conv2d(256, 128, 2, 2), nn.LeakyReLU(0.3)),
        *(nn.Flatten(), nn.Dropout(0.3), nn.Linear(128 * ends * ends, 1)),
    )
    optimizers = {
        "g": torch.optim.RMSprop(generator.parameters(), RATES["g"], alpha=0.9),
        "d": torch.optim.RMSprop(discriminator.parameters(), RATES["d"], alpha=0.9),
    }
    chips = torch.tensor(REAL)

    def update(name, network, loss):
        optimizers[name].zero_grad()
        loss.backward()
        nn.utils.clip_grad_value_(network.parameters(), 1.0)
        optimizers[name].step()

    def step():
        real = chips[torch.randint(len(chips), (BATCH,))].permute(0, 3, 1, 2).contiguous() / 127.5 - 1
        fake = generator(torch.randn(BATCH, LATENT))
        logits = discriminator(torch.cat([fake.detach(), real]))
        d_loss = 0.5 * (softplus(logits[:BATCH]).mean() + softplus(-logits[BATCH:]).mean())
        update("d", discriminator, d_loss)
        discriminator.requires_grad_(False)
        update("g", generator, softplus(-discriminator(fake)).mean())
        discriminator.requires_grad_(True)
        return d_loss.item()

    count = [sum(p.numel() for p in m.parameters()) for m in (generator, discriminator)]
    return {"parameters": count}, step


ENGINES = {"loop": loop, "example": example, "torch": torch, "ours": ours}


@pytest.mark.benchmark
def test_post_step():
    peers = ["loop", "example"] + ["torch"] * have_torch()
    facts, times = compare(__file__, [*peers, "ours"], 15)
    assert all(facts[peer] == facts["ours"] for peer in peers)
    best = {engine: turns.min(0) for engine, turns in times.items()}
    print(f"\nthe post's networks, {SIDE} x {SIDE}, batch {BATCH}, best of {len(times['ours'])} turns")
    for engine, (seconds, memory) in best.items():
        ahead = seconds / best["ours"][0]
        print(
            f"  {engine:8} {seconds:.2f} s a step, {BATCH / seconds:4.1f} images/s, peak {memory:.2f} GiB, ours {ahead:.2f} x"
        )
    assert all(best["ours"][0] < best[peer][0] for peer in peers)
    if "torch" not in peers:
        pytest.skip("PyTorch is not installed: pip install -e .[benchmarks], or set SATGAN_TORCH_PYTHON")


if __name__ == "__main__":
    serve(*ENGINES[sys.argv[1]]())
