"""Give five ways to train a DCGAN the same time on the same ships: `python tools/peers.py [NAME ...]`.

Each trains for 20 minutes of one core, what two cores do in 10 minutes, on the train ships of SATGAN_DATA, and adds a row
to `peers.csv` in `book/results/10-few-images/` and its first chips to `peers/` there; a row that is there is not made again. The peers' settings are re-created
here for 80 x 80 chips, in the book's own training step:

    keras      the DCGAN example of keras.io: networks of 64 to 512 filters, Adam 1e-4, batch 32, noise on the labels
    flavours   beresandras/gan-flavours-keras: 128 filters at every size, Adam 2e-4, batch 128, dropout, averaged weights
    pytorch    PyTorch's DCGAN tutorial: 64 to 512 filters, batch norm in both, Adam 2e-4, batch 128
    post       the 2019 post's networks and optimizers, batch 20
    book       the recipe `book`

Where a peer ends in 64 x 64 pixels from 4 x 4, here it ends in 80 x 80 from 5 x 5; all else is as its authors have it. None
of them turns its images; `gan-flavours-keras` offers augmentation, which is off here as it is in its losses' comparison.
"""

import sys
import time

import keras
from keras import layers, ops

from satgan_tutorial import gan, load_chips, losses, metrics, recipes
from satgan_tutorial.experiments import bakeoff, equal_time, results

NORMAL = keras.initializers.RandomNormal(stddev=0.02)


def keras_example():
    """Networks, optimizers and loss of the example at keras.io, its images in [0, 1]."""
    down = {"kernel_size": 4, "strides": 2, "padding": "same"}
    discriminator = [keras.Input((80, 80, 3)), layers.Rescaling(0.5, 0.5)]
    for filters in (64, 128, 128):
        discriminator += [
            layers.Conv2D(filters, **down),
            layers.LeakyReLU(0.2),
        ]
    discriminator += [
        layers.Flatten(),
        layers.Dropout(0.2),
        layers.Dense(1),
    ]
    generator = [
        keras.Input((128,)),
        layers.Dense(10 * 10 * 128),
        layers.Reshape((10, 10, 128)),
    ]
    for filters in (128, 256, 512):
        generator += [
            layers.Conv2DTranspose(filters, **down),
            layers.LeakyReLU(0.2),
        ]
    generator += [
        layers.Conv2D(3, 5, padding="same", activation="sigmoid"),
        layers.Rescaling(2.0, -1.0),
    ]
    return _compiled(generator, discriminator, noisy_labels, 1e-4, 0.9), 32


def noisy_labels(real_logits, fake_logits):
    """Cross-entropy of one batch of both, each label raised by up to 0.05; a label of 1 means fake."""

    def entropy(logits, label):
        labels = label + 0.05 * keras.random.uniform(ops.shape(logits))
        return ops.mean(ops.softplus(-logits) + labels * logits)

    d_loss = 0.5 * (entropy(real_logits, 0.0) + entropy(fake_logits, 1.0))
    return d_loss, losses.non_saturating(real_logits, fake_logits)[1]


def flavours():
    """Width 128, depth 4, transposed convolutions, no residuals."""
    conv = {
        "padding": "same",
        "kernel_initializer": NORMAL,
        "use_bias": False,
    }
    generator = [keras.Input((64,)), layers.Reshape((1, 1, 64))]
    generator += [layers.Conv2DTranspose(128, 5, kernel_initializer=NORMAL, use_bias=False)]
    discriminator = [keras.Input((80, 80, 3)), layers.Rescaling(0.5, 0.5)]
    for _ in range(3):
        generator += [layers.BatchNormalization(scale=False), layers.ReLU()]
        generator += [layers.Conv2DTranspose(128, 4, 2, **conv)]
    generator += [layers.BatchNormalization(scale=False), layers.ReLU()]
    generator += [
        layers.Conv2DTranspose(3, 4, 2, **(conv | {"use_bias": True}), activation="sigmoid"),
        layers.Rescaling(2.0, -1.0),
    ]
    for _ in range(4):
        discriminator += [layers.Conv2D(128, 4, 2, **conv)]
        discriminator += [
            layers.BatchNormalization(scale=False),
            layers.LeakyReLU(0.2),
        ]
    discriminator += [
        layers.Dropout(0.4),
        layers.Conv2D(1, 5, kernel_initializer=NORMAL),
        layers.Flatten(),
    ]
    model = _compiled(generator, discriminator, "non_saturating", 2e-4, 0.5, ema=0.99)
    return model, 128


def pytorch():
    """As the tutorial has it: no bias, batch norm's scale from N(1, 0.02), momentum 0.1 in PyTorch's sense."""
    conv = {"kernel_initializer": NORMAL, "use_bias": False}

    def norm():
        scale = keras.initializers.RandomNormal(1.0, 0.02)
        return layers.BatchNormalization(momentum=0.9, epsilon=1e-5, gamma_initializer=scale)

    generator = [keras.Input((100,)), layers.Reshape((1, 1, 100))]
    generator += [layers.Conv2DTranspose(512, 5, **conv), norm()]
    for filters in (256, 128, 64):
        generator += [layers.ReLU()]
        generator += [
            layers.Conv2DTranspose(filters, 4, 2, padding="same", **conv),
            norm(),
        ]
    generator += [layers.ReLU()]
    generator += [layers.Conv2DTranspose(3, 4, 2, padding="same", activation="tanh", **conv)]
    discriminator = [keras.Input((80, 80, 3))]
    for filters in (64, 128, 256, 512):
        discriminator += [layers.Conv2D(filters, 4, 2, padding="same", **conv)]
        discriminator += [norm()] * (filters > 64) + [layers.LeakyReLU(0.2)]
    discriminator += [layers.Conv2D(1, 5, **conv), layers.Flatten()]
    return (
        _compiled(generator, discriminator, "non_saturating", 2e-4, 0.5),
        128,
    )


def _compiled(generator, discriminator, loss, rate, beta, ema=None):
    model = gan.GAN(keras.Sequential(generator), keras.Sequential(discriminator))
    averages = {} if ema is None else {"use_ema": True, "ema_momentum": ema}
    model.compile(
        keras.optimizers.Adam(rate, beta, **averages),
        keras.optimizers.Adam(rate, beta),
        loss=loss,
    )
    return model


def ours(name):
    """A recipe of the package."""
    recipe = recipes.get(name)
    return recipes.build(recipe, 0), recipe.batch_size


PEERS = {
    "keras": keras_example,
    "flavours": flavours,
    "pytorch": pytorch,
    "post": lambda: ours("post"),
    "book": lambda: ours("book"),
}


def run(name, minutes=bakeoff.PEERS_MINUTES):
    """Train one of PEERS, score it against all test ships, add its row."""
    contest = bakeoff.Contest(load_chips(), part="test")
    keras.utils.set_random_seed(0)
    model, size = PEERS[name]()
    say = [equal_time.progress()]
    spent = equal_time.train(model, contest.ships, size, minutes, every=5, callbacks=say)
    fake = model.sample(equal_time.SCORED, seed=0)
    row = {
        "peer": name,
        "chips": contest.source,
        "minutes": spent,
        "steps": model.step,
        "parameters": model.generator.count_params(),
        **contest.scores(fake),
    }
    # `book` turns its ships and the others do not: the score where headings do not count.
    mixed = (equal_time.turned(x) for x in (contest.split.test.ships.images, fake))
    row["kid_mixed"] = metrics.kid(*map(contest.judge.features, mixed))
    equal_time.keep(bakeoff.PEERS_SHEETS / f"{name}.npz", fake)
    results.add(bakeoff.PEERS_TABLE, row)
    return row


def main(names):
    """Train those that are not yet in the table."""
    if unknown := set(names) - set(PEERS):
        raise SystemExit(f"no peer {unknown.pop()!r}; there are {', '.join(PEERS)}.")
    for name in names or PEERS:
        if name not in {row["peer"] for row in results.read(bakeoff.PEERS_TABLE)}:
            begun = time.monotonic()
            row = run(name)
            print(row, f"{(time.monotonic() - begun) / 60:.1f} min", flush=True)


if __name__ == "__main__":
    equal_time.one_core()
    main(sys.argv[1:])
