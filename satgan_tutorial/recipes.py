"""Recipes: everything that a training needs to know, as data.

A recipe is a frozen dataclass, one kind for each family of models; `build` makes a compiled model of it. To
change one thing, `dataclasses.replace(recipes.get("small"), loss="hinge")`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import singledispatch
from typing import Any

import keras

from . import augment, conditions, flow, gan, networks, post, unet
from .stepping import WarmUpAndFall


@dataclass(frozen=True)
class Recipe:
    """What the recipes of every family have.

    Attributes:
        name: what it is called.
        about: one sentence for whoever chooses.
        conditions: what the model can be asked for: none, the first, or all of `conditions.COLUMNS`.
        image_size: height and width of the images in pixels; chips are shrunk to it (`chips.shrink`).
        batch_size: how many real images a step.
        steps: how long to train.

    >>> recipe = get("conditional")
    >>> recipe.conditions, recipe.image_size, recipe.batch_size
    (('ship',), 80, 16)
    """

    name: str
    about: str
    conditions: tuple[str, ...] = ()
    image_size: int = 80
    batch_size: int = 32
    steps: int = 400


@dataclass(frozen=True)
class GANRecipe(Recipe):
    """Which networks to build and how to train them against each other; `batch_size` real and as many fake images a step.

    Attributes:
        networks: "book" for `networks.generator` and `discriminator`, "post" for those of the 2019 post.
        base_filters: width of the generator; the post's has 64.
        d_filters: width of the discriminator, None for the same.
        latent_dim: length of the noise vector.
        activations: whether the post's networks get the activations back that they lost.
        upsampling: of the book's generator, one of `networks.UPSAMPLINGS`.
        batch_norm: whether the book's generator normalises.
        grain: how many sheets of fixed noise the book's generator mixes into its image (`networks.Grain`).
        d_batch_norm: whether the book's discriminator does.
        spectral_norm: whether the discriminator's layers are held to a spectral norm of 1 (1802.05957).
        loss: a name of `losses.LOSSES`.
        r1: weight gamma of the gradient penalty at real images.
        r2: the same at fake ones.
        symmetries: whether real images are turned and mirrored; "half_turns" for turns by 180 degrees alone, "conditioned" for
            networks that are told how.
        diffaugment: policies of `augment.diffaugment`, for real and fake images.
        optimizer: "adam" or "rmsprop".
        learning_rates: the generator's and the discriminator's.
        betas: Adam's.
        clipvalue: the largest entry of a gradient, None for any.
        decay: the learning rates are divided by 1 + decay * step.
        ema: momentum of the average of the generator's weights, None for no average.

    >>> mine = replace(SMALL, name="mine", loss="hinge")
    >>> mine.loss, SMALL.loss, mine.steps == SMALL.steps
    ('hinge', 'relativistic', True)
    """

    networks: str = "book"
    base_filters: int = 16
    d_filters: int | None = None
    latent_dim: int = 64
    activations: bool = False
    upsampling: str = "resize"
    batch_norm: bool = True
    grain: int = 0
    d_batch_norm: bool = False
    spectral_norm: bool = False
    loss: str = "relativistic"
    r1: float = 1.0
    r2: float = 1.0
    symmetries: bool | str = True
    diffaugment: tuple[str, ...] = ()
    optimizer: str = "adam"
    learning_rates: tuple[float, float] = (5e-4, 5e-4)
    betas: tuple[float, float] = (0.0, 0.99)
    clipvalue: float | None = None
    decay: float = 0.0
    ema: float | None = 0.98


@dataclass(frozen=True)
class FlowRecipe(Recipe):
    """Which U-Net to build, how to train it by flow matching, and how to follow it.

    Attributes:
        width: channels of the U-Net's first level.
        multipliers: channels of each level, as multiples of the width (`unet.unet`).
        blocks: residual blocks of each level.
        attention: whether the places of the lowest level look at each other.
        symmetries: whether real images are turned and mirrored; "half_turns" for turns by 180 degrees alone, "conditioned" for
            a network that is told how.
        drop: share of the conditions that the network is not told.
        even: share of the times t drawn evenly from [0, 1]; even ones teach shapes.
        late: mean and deviation of log(t / (1 - t)) for the others; late ones teach the grain.
        learning_rate: of Adam.
        betas: Adam's.
        warmup: steps in which the learning rate rises.
        fall: share of `steps` at whose end the learning rate falls to a hundredth (`stepping.WarmUpAndFall`). A training that
            is stopped earlier goes without; one for other steps is `dataclasses.replace(recipe, steps=...)`.
        clipnorm: the largest norm of a step's gradient.
        ema: the largest momentum of the averages of the weights, 0 for no averages.
        solver: how the velocity is followed, a name of `solvers.SOLVERS`.
        solver_steps: in how many steps.
        shrink: how these shrink towards t = 1 (`solvers.times`).

    >>> get("flow").solver, get("flow").solver_steps
    ('euler', 40)
    """

    batch_size: int = 16
    width: int = 24
    multipliers: tuple[int, ...] = (1, 2, 3, 4)
    blocks: tuple[int, ...] = (1, 1, 2, 2)
    attention: bool = True
    symmetries: bool | str = "half_turns"
    drop: float = 0.1
    even: float = 0.5
    late: tuple[float, float] = (0.8, 1.0)
    learning_rate: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.99)
    warmup: int = 200
    fall: float = 0.25
    clipnorm: float = 1.0
    ema: float = 0.998
    solver: str = "euler"  # Heun's last step asks at t = 1, where no noise is left to be told from grain: the sea gets too noisy
    solver_steps: int = 40
    shrink: float = 1.0


SMALL = GANRecipe(
    "small",
    "The book's small networks: ships of several headings within two minutes on two cores.",
    batch_size=16,  # in the same time twice as many steps as with 32, and ships with half the KID
    steps=1800,
)

BOOK = GANRecipe(
    "book",
    "The shipped weights: the small recipe's family, wider, longer, faster, with grain, and headings as common as they are.",
    base_filters=32,
    d_filters=24,
    upsampling="resize_conv",  # no block of pixels of its own, so no peak at the Nyquist frequency
    grain=12,
    symmetries="half_turns",  # told its turn among all eight it learns hulls half as fast
    diffaugment=("translation",),
    learning_rates=(1e-3, 1e-3),
    decay=2e-4,
    ema=0.998,
    batch_size=16,
    steps=16_000,
)

CONDITIONAL = replace(
    BOOK,
    name="conditional",
    about="Ships and what is none, as asked: p(x|y).",
    base_filters=24,
    conditions=conditions.COLUMNS[:1],
)

FLOW = FlowRecipe(
    "flow",
    "The second family: a velocity from noise to ships by flow matching; nothing plays against it, and each ship takes tens of passes.",
    steps=8_000,
)

RECIPES = {
    recipe.name: recipe
    for recipe in (
        GANRecipe(
            "post",
            "The post's networks, optimizers and loss, with the activations it lost still lost; hours on a laptop.",
            networks="post",
            base_filters=64,
            latent_dim=80,
            loss="cross_entropy",
            r1=0.0,
            r2=0.0,
            symmetries=False,
            optimizer="rmsprop",
            learning_rates=(3e-4, 6e-4),
            clipvalue=1.0,
            decay=1e-7,
            ema=None,
            batch_size=20,
            steps=1000,
        ),
        GANRecipe(
            "dcgan",
            "The classic of 2015: transposed convolutions, batch norm, cross-entropy (1511.06434).",
            upsampling="transposed",
            d_batch_norm=True,
            loss="non_saturating",
            r1=0.0,
            r2=0.0,
            symmetries=False,
            learning_rates=(2e-4, 2e-4),
            betas=(0.5, 0.999),
            ema=None,
            steps=1000,
        ),
        SMALL,
        BOOK,
        CONDITIONAL,
        replace(
            CONDITIONAL,
            name="causes",
            about="As conditional, and asked for heading and length too: for simulated chips, whose causes are known.",
            conditions=conditions.COLUMNS,
            symmetries=True,  # the condition turns with the chip
            steps=4500,
        ),
        FLOW,
        replace(
            FLOW,
            name="flow-conditional",
            about="As flow, ships and what is none, as asked: p(x|y), and p(x) where nothing is asked; at half the size.",
            conditions=conditions.COLUMNS[:1],
            image_size=40,
            width=32,
        ),
    )
}


def get(name: str | Recipe) -> Recipe:
    """Return the recipe of that name; a recipe comes back as it is.

    Raises:
        ValueError: if there is no such recipe; it lists those there are.

    >>> get("small") is SMALL, get(SMALL) is SMALL
    (True, True)
    >>> get("tiny")
    Traceback (most recent call last):
    ValueError: There is no recipe 'tiny'; there are post, dcgan, small, ...
    """
    if isinstance(name, Recipe):
        return name
    if name not in RECIPES:
        raise ValueError(f"There is no recipe {name!r}; there are {', '.join(RECIPES)}.")
    return RECIPES[name]


def build(recipe: str | Recipe, seed: int = 0, **compile_kwargs: Any) -> keras.Model:
    """Build and compile the model of a recipe, whatever its family (`sampling.GenerativeModel`).

    Args:
        recipe: a name, or a recipe of your own.
        seed: of the first weights and of all that is drawn in training.
        **compile_kwargs: for `Model.compile`, such as `steps_per_execution`.

    Raises:
        ValueError: if a setting names what there is not, a loss or an optimizer for one.

    >>> model = build(replace(SMALL, image_size=16, base_filters=2), seed=0)
    >>> type(model).__name__, model.name, model.step
    ('GAN', 'small', 0)
    """
    recipe = get(recipe)
    keras.utils.set_random_seed(seed)
    return build_family(recipe, seed, **compile_kwargs)


@singledispatch
def build_family(recipe: Recipe, seed: int, **compile_kwargs: Any) -> keras.Model:
    """Build the model of a recipe by the recipe's type: the one place that knows the families.

    >>> build_family(Recipe("mine", "Of a family that nobody has registered."), seed=0)
    Traceback (most recent call last):
    TypeError: Recipe is no family of recipes; register what builds it here.
    """
    raise TypeError(f"{type(recipe).__name__} is no family of recipes; register what builds it here.")


@build_family.register
def _gan(recipe: GANRecipe, seed: int, **compile_kwargs: Any) -> gan.GAN:
    generator, discriminator = _post_networks(recipe) if recipe.networks == "post" else _networks(recipe)
    model = gan.GAN(generator, discriminator, seed=seed, name=recipe.name)
    model.compile(
        g_optimizer=_optimizer(recipe, recipe.learning_rates[0], ema=recipe.ema),
        d_optimizer=_optimizer(recipe, recipe.learning_rates[1], ema=None),
        loss=recipe.loss,
        r1=recipe.r1,
        r2=recipe.r2,
        symmetries=recipe.symmetries,
        diffaugment=recipe.diffaugment,
        **compile_kwargs,
    )
    return model


@build_family.register
def _flow(recipe: FlowRecipe, seed: int, **compile_kwargs: Any) -> flow.Flow:
    told = conditions.width(recipe.conditions) + bool(recipe.conditions)  # `conditions.known` adds a number
    told += augment.told(recipe.symmetries)
    network = unet.unet(
        recipe.image_size, recipe.width, recipe.multipliers, recipe.blocks, recipe.attention, told
    )
    way = {"solver": recipe.solver, "solver_steps": recipe.solver_steps, "shrink": recipe.shrink}
    model = flow.Flow(network, seed=seed, name=recipe.name, **way)
    rate = WarmUpAndFall(recipe.learning_rate, recipe.steps, recipe.warmup, recipe.fall)
    model.compile(
        keras.optimizers.Adam(rate, *recipe.betas, global_clipnorm=recipe.clipnorm),
        ema=recipe.ema,
        symmetries=recipe.symmetries,
        drop=recipe.drop,
        even=recipe.even,
        late=recipe.late,
        **compile_kwargs,
    )
    return model


def _networks(recipe: GANRecipe) -> tuple[keras.Model, keras.Model]:
    width = conditions.width(recipe.conditions) + augment.told(recipe.symmetries)
    shape = recipe.base_filters, recipe.image_size, recipe.latent_dim
    generator = networks.generator(*shape, recipe.upsampling, recipe.batch_norm, width, recipe.grain)
    discriminator = networks.discriminator(
        recipe.d_filters or recipe.base_filters,
        recipe.image_size,
        blocks=recipe.upsampling != "transposed",
        batch_norm=recipe.d_batch_norm,
        spectral_norm=recipe.spectral_norm,
        conditions=width,
    )
    return generator, discriminator


def _post_networks(recipe: GANRecipe) -> tuple[keras.Model, keras.Model]:
    generator = post.generator(recipe.image_size, recipe.latent_dim, recipe.activations, recipe.base_filters)
    discriminator = post.discriminator(
        recipe.image_size, recipe.activations, recipe.d_filters or recipe.base_filters
    )
    discriminator.layers[-1].activation = keras.activations.linear  # the losses take logits
    return generator, discriminator


def _optimizer(recipe: GANRecipe, learning_rate: float, ema: float | None) -> keras.optimizers.Optimizer:
    shared = {"learning_rate": learning_rate, "clipvalue": recipe.clipvalue}
    if recipe.decay:
        shared["learning_rate"] = keras.optimizers.schedules.InverseTimeDecay(learning_rate, 1, recipe.decay)
    shared |= {} if ema is None else {"use_ema": True, "ema_momentum": ema}
    if recipe.optimizer == "rmsprop":
        return keras.optimizers.RMSprop(**shared)
    if recipe.optimizer != "adam":
        raise ValueError(f"There is no optimizer {recipe.optimizer!r}; there are adam and rmsprop.")
    return keras.optimizers.Adam(beta_1=recipe.betas[0], beta_2=recipe.betas[1], **shared)
