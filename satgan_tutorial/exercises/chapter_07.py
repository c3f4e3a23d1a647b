"""Chapter 7: training the two."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .grading import Unsolved, Wrong, call, grade, slip


def accuracies(function: Callable[..., Any]) -> None:
    """Grade exercise 7.1: `function(real_logits, fake_logits)` returns D's accuracy on real and on fake chips.

    The border is the middle between the two means, since the relativistic loss leaves the level of all logits free.
    """

    def hint():
        cases = ([9.0, 6.0, 7.5, 10.0], [5.0, 8.0, 7.0, 6.1]), ([0.0, 1.0], [0.0, 1.0, -0.3, -4.0])
        for real, fake in cases:
            real, fake = np.array(real), np.array(fake)
            got = np.asarray(call(function, real, fake), float)
            border = (real.mean() + fake.mean()) / 2
            truth = np.array([np.mean(real > border), np.mean(fake <= border)])
            if got.shape != (2,):
                return f"return two shares, of the real and of the fake chips; found shape {got.shape}."
            if np.allclose(got, truth):
                continue
            if np.allclose(got, truth[::-1]):
                return "those are the two, but the share of the real chips comes first."
            if np.allclose(got[1], 1 - truth[1]):
                return "a fake is called right where its logit is *not* above the border."
            if got.max() > 1:
                return "a share lies between 0 and 1; yours are counts, or per cent."
            wrong = _wrong_border(got, real, fake)
            return wrong or (
                f"for real logits {real.tolist()} and fake ones {fake.tolist()} it is "
                f"{truth.round(3).tolist()}; yours says {got.round(3).tolist()}."
            )
        return None

    grade(
        "return two shares: of the real chips whose logit is above the middle of the two means, and of the fake ones "
        "whose logit is not.",
        hint,
        "one number for both would hide a discriminator that calls everything real.",
    )


def _wrong_border(got: np.ndarray, real: np.ndarray, fake: np.ndarray) -> str | None:
    """Which other border gives these shares."""
    both = np.concatenate([real, fake])
    borders = (
        (
            np.median(both),
            np.median(both),
            "that border is the median of all logits; take the middle between the two means.",
        ),
        (
            0,
            0,
            "0 is the border of a loss that fixes the level; here only differences count, so take the middle.",
        ),
        (
            both.mean(),
            both.mean(),
            "that border is the mean of all logits; take the middle between the two means.",
        ),
        (real.mean(), fake.mean(), "one border serves for both: the middle between the two means."),
        (real.mean() + fake.mean(),) * 2
        + ("that border is the sum of the two means; the middle is half of it.",),
    )
    slips = (
        (np.array([np.mean(real > of_real), np.mean(fake <= of_fake)]), why)
        for of_real, of_fake, why in borders
    )
    return slip(got, slips)


GAMMA = 3.0  # the weight of R1 that a step is graded with
D_SLIPS = {
    "no penalty": "the discriminator moves as if there were no penalty: add gamma / 2 times the mean squared slope.",
    "no half": "the penalty is twice as large as it should be: it is gamma / 2, not gamma.",
    "at fakes": "the penalty is taken at the fake images; R1 takes it at the real ones.",
    "mean slope": "the squared slope of an image is summed over its pixels; yours is their mean. Sum over the axes 1, 2, 3.",
    "norm": "the penalty takes the length of the slope; R1 takes its square.",
    "batch sum": "the penalty is summed over the images; take its mean.",
    "minus": "the penalty is taken off the loss, so D is paid for being steep: add it.",
    "half loss": "the loss is half of what it should be: add the two means, and do not divide by two.",
    "sign": "the discriminator learns to call fakes real: softplus(-logit) is for real images, softplus(logit) for fake.",
    "relativistic": "that is the relativistic loss of the page; here each logit counts on its own.",
}
G_SLIPS = {
    "sign": "the generator learns to be told apart: its loss is softplus(-logit), large where D calls the fakes fake.",
    "old D": "the generator learns from the discriminator as it was before its update: ask the new one for the logits.",
    "minimax": "that is the first GAN's loss, -softplus(logit), which is flat where D wins; take softplus(-logit).",
    "relativistic": "the generator's loss compares with real images, as on the page; here it is softplus(-logit) alone.",
}
# What TensorFlow and Keras say where a step stops, and what it means here.
STOPS = {
    "No gradients provided": "no gradient came to the weights of an update: what its loss is made of has to be calculated inside "
    "its tape's block. For the generator that includes drawing the fakes.",
    "Unknown variable": "an optimizer was given weights of the other network: d_optimizer moves the discriminator's list, "
    "g_optimizer the generator's.",
    "NoneType": "a gradient is None. A tape follows weights by itself, but not images: `watch` them before the discriminator is asked.",
}


def training_step(function: Callable[..., Any]) -> None:
    """Grade exercise 7.2: `function(generator, discriminator, g_optimizer, d_optimizer, real, noise, gamma)` is a step.

    It updates the discriminator by the non-saturating loss with R1, then the generator through the new discriminator.
    """

    def hint():
        real, noise = _batch()
        players = _players()
        before = [_weights(player) for player in players]
        try:
            call(lambda: _run(function, players, real, noise))
        except (TypeError, ValueError) as error:
            means = (words for said, words in STOPS.items() if said in str(error))
            raise Wrong(
                next(means, f"your step raised {type(error).__name__}: {str(error)[:200]}")
            ) from error
        generator, discriminator = map(_weights, players)
        if _same(discriminator, before[1]):
            still = "" if _same(generator, before[0]) else " and the generator did"
            return f"the discriminator's weights did not move{still}: give its gradient and its list of weights to d_optimizer."
        right = _reference(real, noise)
        if _same(discriminator, right[1]):
            return _g_hint(generator, before[0], right[0], real, noise)
        slips = ((_reference(real, noise, d=name), words) for name, words in D_SLIPS.items())
        for slipped, words in slips:
            if _same(discriminator, slipped[1]):
                return words
        if _same(generator, before[0]):
            return (
                "the discriminator moved, and not by its own loss alone, and the generator stood still: the second update "
                "takes the generator's list of weights and g_optimizer."
            )
        if _same(generator, _reference(real, noise, g="old D")[0]):
            return "the generator moved first; update the discriminator before it."
        return (
            "the discriminator ends elsewhere than its loss leads. Are its fakes made from the noise that was given, is the slope "
            "that of the logit, and is the penalty inside the tape of the loss?"
        )

    grade(
        "update the discriminator by mean softplus(-real logit) + mean softplus(fake logit) + R1, then the generator by "
        "mean softplus(-logit) of what the new discriminator says of its images.",
        hint,
        "two losses, two lists of weights, two optimizers, one after the other.",
    )


def _g_hint(got: list, before: list, right: list, real: Any, noise: Any) -> str | None:
    """What is wrong with the generator's update, where the discriminator's is right."""
    if _same(got, right):
        return None
    if _same(got, before):
        return "the generator's weights did not move: draw the fakes inside the tape of its loss, and take its list of weights."
    for slip_name, words in G_SLIPS.items():
        if _same(got, _reference(real, noise, g=slip_name)[0]):
            return words
    return "the discriminator is right; the generator ends elsewhere. Are its fakes made from the noise that was given?"


def _batch() -> tuple[Any, Any]:
    import tensorflow as tf

    rng = np.random.default_rng(0)
    real = rng.uniform(-1, 1, (6, 4, 4, 1)).astype("float32")
    return tf.constant(real), tf.constant(rng.standard_normal((6, 3)).astype("float32"))


def _players() -> tuple[Any, Any]:
    """A generator and a discriminator of 4 x 4 pixels, always with the same weights."""
    import keras

    def weighted(seed: int, *layers: Any) -> Any:
        network, rng = keras.Sequential(layers), np.random.default_rng(seed)
        network.set_weights([rng.normal(0, 0.5, w.shape).astype("float32") for w in network.get_weights()])
        return network

    dense, reshape = keras.layers.Dense, keras.layers.Reshape((4, 4, 1))
    generator = weighted(1, keras.Input((3,)), dense(16, activation="tanh"), reshape)
    flat = keras.Input((4, 4, 1)), keras.layers.Flatten()
    return generator, weighted(2, *flat, dense(8, activation="tanh"), dense(1))


def _run(step: Callable[..., Any], players: tuple, real: Any, noise: Any) -> Any:
    """Make one step with plain gradient descent; what an unwritten step returns, `...`, is passed on."""
    import keras

    optimizers = [keras.optimizers.SGD(0.2) for _ in players]
    for optimizer, player in zip(optimizers, players, strict=True):
        optimizer.build(player.trainable_variables)
    answer = ... if step is ... else step(*players, *optimizers, real, noise, GAMMA)
    return ... if answer is ... else True


def _reference(real: Any, noise: Any, d: str = "", g: str = "") -> tuple[list, list]:
    """The weights of both players after a step that is right, or has one slip."""
    import tensorflow as tf
    from keras.ops import softplus

    mean = tf.reduce_mean

    def step(
        generator: Any,
        discriminator: Any,
        g_optimizer: Any,
        d_optimizer: Any,
        real: Any,
        noise: Any,
        gamma: Any,
    ):
        fake = generator(noise)
        with tf.GradientTape(persistent=True) as tape:
            place = fake if d == "at fakes" else real
            with tf.GradientTape() as inner:
                inner.watch(place)
                logits = discriminator(place)
            squares = inner.gradient(logits, place) ** 2
            lengths = tf.reduce_sum(squares, (1, 2, 3))
            sizes = {
                "mean slope": mean(squares),
                "norm": mean(tf.sqrt(lengths)),
                "batch sum": tf.reduce_sum(lengths),
            }
            weight = {"no penalty": 0.0, "no half": gamma, "minus": -gamma / 2}.get(d, gamma / 2)
            sign = -1 if d == "sign" else 1
            on_real, on_fake = discriminator(real), discriminator(fake)
            loss = mean(softplus(-sign * on_real)) + mean(softplus(sign * on_fake))
            if d == "relativistic":
                loss = mean(softplus(on_fake - on_real))
            if d == "half loss":
                loss = loss / 2
            loss += weight * sizes.get(d, mean(lengths))
            early = _g_loss(g, discriminator(generator(noise)), discriminator(real), softplus, mean)
        weights = discriminator.trainable_variables
        old = tape.gradient(early, generator.trainable_variables)
        d_optimizer.apply(tape.gradient(loss, weights), weights)
        with tf.GradientTape() as tape:
            late = _g_loss(g, discriminator(generator(noise)), discriminator(real), softplus, mean)
        new = tape.gradient(late, generator.trainable_variables)
        g_optimizer.apply(old if g == "old D" else new, generator.trainable_variables)

    players = _players()
    _run(step, players, real, noise)
    return tuple(map(_weights, players))


def _g_loss(slip_name: str, logits: Any, real_logits: Any, softplus: Callable, mean: Callable) -> Any:
    if slip_name == "minimax":
        return -mean(softplus(logits))
    if slip_name == "relativistic":
        return mean(softplus(real_logits - logits))
    return mean(softplus(logits if slip_name == "sign" else -logits))


def _weights(player: Any) -> list[np.ndarray]:
    return [np.array(weight) for weight in player.get_weights()]


def _same(some: list, others: list) -> bool:
    return all(np.allclose(a, b, atol=1e-5) for a, b in zip(some, others, strict=True))


STEP = """\
def step(real, noise):
    fake = generator(noise, training=True)
    with tf.GradientTape() as tape:
        with tf.GradientTape() as slope_tape:
            slope_tape.watch(real)
            real_logits = discriminator(real)
        slope = slope_tape.gradient(real_logits, real)
        penalty = 1.5 * mean(tf.reduce_sum(slope**2, (1, 2, 3)))
        fake_logits = discriminator(fake)
        d_loss = mean(softplus(-real_logits)) + mean(softplus(fake_logits))
        d_loss = d_loss + penalty
    weights = discriminator.trainable_variables
    d_optimizer.apply(tape.gradient(d_loss, weights), weights)
    with tf.GradientTape() as tape:
        fake_logits = discriminator(generator(noise, training=True))
        g_loss = mean(softplus(-fake_logits))
    weights = generator.trainable_variables
    g_optimizer.apply(tape.gradient(g_loss, weights), weights)
    for old, weight in zip(average, generator.trainable_variables):
        old.assign(0.99 * old + 0.01 * weight)
"""
# By name: the line, counted from 1, what stands there instead, and why it is wrong.
BROKEN = {
    "A": (
        17,
        "    weights = discriminator.trainable_variables",
        "the second update moves the discriminator, towards calling the fakes real, and the generator stands still",
    ),
    "B": (
        15,
        "        fake_logits = discriminator(fake)",
        "these fakes were drawn before the tape began, so the gradient's way ends at their pixels",
    ),
    "C": (
        20,
        "        old.assign(0.01 * old + 0.99 * weight)",
        "the shares are the wrong way round, so the average is hardly more than the last weights",
    ),
}


def broken_source(name: str) -> str:
    """The source of a broken step, "A", "B" or "C"."""
    line, wrong, _ = BROKEN[name]
    lines = STEP.splitlines()
    lines[line - 1] = wrong
    return "\n".join(lines) + "\n"


def broken_step(name: str) -> None:
    """Show a broken step of exercise 7.3 with numbered lines, and what one step of it did to two tiny networks."""
    for number, line in enumerate(broken_source(name).splitlines(), 1):
        print(f"{number:2}  {line}")
    print(f"\nAfter one step: {measured(broken_source(name))}")


def measured(source: str) -> str:
    """Make one step by this source, and say how far it moved the two players and the average."""
    import keras
    import tensorflow as tf
    from keras.ops import mean, softplus

    real, noise = _batch()
    generator, discriminator = _players()
    average = [tf.Variable(weight) for weight in generator.trainable_variables]
    g_optimizer, d_optimizer = keras.optimizers.SGD(0.2), keras.optimizers.SGD(0.2)
    before = _weights(generator), _weights(discriminator)
    here = {"tf": tf, "mean": mean, "softplus": softplus, "generator": generator, "average": average}
    here |= {"discriminator": discriminator, "g_optimizer": g_optimizer, "d_optimizer": d_optimizer}
    exec(source, here)  # noqa: S102  (the text above)
    try:
        here["step"](real, noise)
    except ValueError as error:
        return f"it stopped with {type(error).__name__}: {str(error).splitlines()[0]}"
    moved = [_farthest(_weights(p), w) for p, w in zip((generator, discriminator), before, strict=True)]
    followed = _farthest([weight.numpy() for weight in average], before[0])
    return (
        f"the discriminator moved by up to {moved[1]:.4f}, the generator by up to {moved[0]:.4f}, "
        f"the average by up to {followed:.4f}."
    )


def _farthest(some: list, others: list) -> float:
    return max(float(np.abs(a - b).max()) for a, b in zip(some, others, strict=True))


def bugs(lines: dict[str, Any]) -> None:
    """Grade exercise 7.3: for each of the broken steps "A", "B" and "C" the number of its wrong line."""

    def hint():
        if lines is ... or (isinstance(lines, dict) and all(line is ... for line in lines.values())):
            raise Unsolved
        if not isinstance(lines, dict):
            return f'give a dict, {{"A": line, "B": line, "C": line}}; found {lines!r}.'
        if set(lines) != set(BROKEN):
            return (
                f"give a line for each of {', '.join(BROKEN)}; found {', '.join(map(str, lines)) or 'none'}."
            )
        clues = {
            "A": "who moved, and who should have, in the second update?",
            "B": "the error says that no gradient came. Where does the generator draw, and under which tape?",
            "C": "compare how far the average moved with how far the generator did. An average is slow.",
        }
        for name, line in lines.items():
            if line is ...:
                return f"{name} is open: {clues[name]}"
            if line != BROKEN[name][0]:
                return f"line {line} of {name} is not the one: {clues[name]}"
        return None

    why = "; ".join(f"{name}: {words}" for name, (_, _, words) in BROKEN.items())
    grade("give the number of the wrong line of each broken step.", hint, f"{why}.")
