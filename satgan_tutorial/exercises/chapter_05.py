"""Chapter 5: two players."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .grading import Unsolved, call, grade, number, slip


def two_losses(d_loss: Callable[..., Any], g_loss: Callable[..., Any]) -> None:
    """Grade exercise 5.1: `d_loss(real_logits, fake_logits)` and `g_loss(fake_logits)`, the non-saturating pair."""

    def hint():
        real, fake = np.array([[2.0], [-1.0], [0.5]]), np.array([[-2.0], [1.5], [0.3]])
        d_wrong = _d_hint(real, fake, _loss(d_loss, "d_loss", real, fake))
        if d_wrong:
            return d_wrong
        g_wrong = _g_hint(fake, _loss(g_loss, "g_loss", fake))
        if g_wrong:
            return g_wrong
        far = np.array([[-200.0]])
        if not np.allclose(_loss(d_loss, "d_loss", far, -far), 400) or not np.allclose(
            _loss(g_loss, "g_loss", far), 200
        ):
            return (
                "right for small logits, but not for one of -200: its sigmoid is 0 to a computer, and log 0 is no "
                "number. `softplus(-logits)` is the same and stays finite."
            )
        return None

    grade(
        "return the mean surprise of D at real ones and at fakes, and the surprise of G, who wants its fakes called real.",
        hint,
        "two players, two losses; the labels are in the signs.",
    )


def _loss(function: Callable[..., Any], name: str, *logits: np.ndarray) -> float:
    """What a loss of the reader's says of logits, as a float."""
    import tensorflow as tf

    with np.errstate(all="ignore"):
        got = call(function, *(tf.constant(each, "float32") for each in logits))
    return number(np.asarray(got), f"one number from {name}, the mean over the batch")


def _softplus(logits: np.ndarray) -> np.ndarray:
    return np.logaddexp(0, logits)


def _d_hint(real: np.ndarray, fake: np.ndarray, got: float) -> str | None:
    """What is wrong with the discriminator's loss."""
    at_real, at_fake = _softplus(-real).mean(), _softplus(fake).mean()
    if np.isclose(got, at_real + at_fake, rtol=1e-4):
        return None
    if np.isnan(got):
        return "d_loss is not a number: logits may be negative, so log(logits) is none. softplus takes them as they are."
    chance_real, chance_fake = 1 / (1 + np.exp(-real)), 1 / (1 + np.exp(-fake))
    slips = (
        (
            -(at_real + at_fake),
            "the sign of d_loss is turned: a surprise is -log of a probability, never below 0.",
        ),
        (
            _softplus(real).mean() + _softplus(-fake).mean(),
            "the labels of d_loss are swapped: it falls where *fakes* get high logits. Real ones should.",
        ),
        (
            _softplus(-real).sum() + _softplus(fake).sum(),
            "d_loss is a sum over the batch: take the mean, or a larger batch has a larger loss.",
        ),
        ((at_real + at_fake) / 2, "d_loss is half of it: add the two means, do not take the mean of them."),
        (at_real, "d_loss only looks at the real ones; D has to call the fakes fake as well."),
        (at_fake, "d_loss only looks at the fakes; D has to call the real ones real as well."),
        (at_real - at_fake, "add the surprise at the fakes, do not take it off."),
        (
            _softplus(-chance_real).mean() + _softplus(chance_fake).mean(),
            "softplus has the sigmoid in it already: give it the logits, not the probabilities.",
        ),
        (
            _softplus(fake - real).mean(),
            (
                "that is the loss of chapter 0, which compares real and fake in pairs. Here each ship is judged by itself: "
                "one mean over the real logits and one over the fake ones."
            ),
        ),
        (
            _softplus(-real.mean()) + _softplus(fake.mean()),
            "first the surprise at each ship, then the mean: mean(softplus(...)), not softplus(mean(...)).",
        ),
        (
            (fake - real).mean(),
            "that is a difference of logits, which falls without end. The surprise at a real ship is softplus(-logit).",
        ),
        (
            _softplus(-real).mean() + _softplus(-fake).mean(),
            "d_loss treats fakes as if they were real: there the surprise is -log(1 - D), which is softplus(+logit).",
        ),
    )
    why = slip(got, slips, rtol=1e-4)
    return why or (
        f"for real logits {real[:, 0].tolist()} and fake ones {fake[:, 0].tolist()} d_loss is {at_real + at_fake:.3f}, "
        f"yours says {got:.3f}."
    )


def _g_hint(fake: np.ndarray, got: float) -> str | None:
    """What is wrong with the generator's loss."""
    truth = _softplus(-fake).mean()
    if np.isclose(got, truth, rtol=1e-4):
        return None
    if np.isnan(got):
        return "g_loss is not a number: logits may be negative, so log(logits) is none. softplus takes them as they are."
    slips = (
        (
            _softplus(fake).mean(),
            "g_loss falls where fakes look *fake*: that is D's wish. G wants high logits.",
        ),
        (-truth, "the sign of g_loss is turned: a lower loss has to mean a higher logit."),
        (
            -_softplus(fake).mean(),
            (
                "that is the mean of log(1 - D), the other loss of the first paper. It points the right way; here take "
                "-log D, and see below why."
            ),
        ),
        (_softplus(-fake).sum(), "g_loss is a sum over the batch: take the mean."),
        (
            _softplus(-fake.mean()),
            "first the surprise at each fake, then the mean: mean(softplus(...)), not softplus(mean(...)).",
        ),
        (
            -fake.mean(),
            "that is a mean of logits, which falls without end. The surprise at a fake called real is softplus(-logit).",
        ),
        (
            1 - (1 / (1 + np.exp(-fake))).mean(),
            "that is 1 - D. The surprise is -log D: softplus of minus the logit.",
        ),
        (
            _softplus(-1 / (1 + np.exp(-fake))).mean(),
            "softplus has the sigmoid in it already: give it the logits, not the probabilities.",
        ),
    )
    why = slip(got, slips, rtol=1e-4)
    return why or f"for fake logits {fake[:, 0].tolist()} g_loss is {truth:.3f}, yours says {got:.3f}."


def optimal_discriminator(function: Callable[..., Any]) -> None:
    """Grade exercise 5.2: `function(log_p, log_q)` is p / (p + q), from log-densities, without overflow."""

    def hint():
        log_p, log_q = np.log([0.3, 0.2, 0.1]), np.log([0.1, 0.2, 0.9])
        truth = np.array([0.75, 0.5, 0.1])
        got = np.asarray(call(function, log_p, log_q), float)
        if got.shape != (3,):
            return f"return a probability for each of the 3 points; yours has the shape {got.shape}."
        if np.allclose(got, 1 - truth):
            return "that is q / (p + q), the share that is fake."
        if np.allclose(got, log_p - log_q):
            return "that is the logit; a sigmoid makes a probability of it."
        if np.allclose(got, log_p / (log_p + log_q)):
            return "log_p and log_q are logarithms: p is np.exp(log_p)."
        if not np.allclose(got, truth):
            if np.allclose(got, np.exp(log_p - log_q)):
                return "that is p / q; the share that is real is p / (p + q)."
            return f"for p = [0.3, 0.2, 0.1] and q = [0.1, 0.2, 0.9] it is {truth.tolist()}, not {got.round(3).tolist()}."
        with np.errstate(all="ignore"):
            far = np.asarray(function(np.array([-2000.0, -1000.0]), np.array([-2001.0, -4000.0])), float)
        if np.allclose(far[0], 1 / (1 + np.exp(-1))) and np.isnan(far[1]):
            return (
                "right, but for a difference of 3000: its exponential is infinite, and infinite / infinite is no number. "
                "Divide above and below by p: 1 / (1 + q / p), and q / p is np.exp(log_q - log_p)."
            )
        if not np.allclose(far, [1 / (1 + np.exp(-1)), 1]):
            return (
                "right where densities are not tiny; for log-densities of -2000 and -2001 it should be 0.731. "
                "Take the difference of the logarithms first, and the exponential of that."
            )
        return None

    grade(
        "return p / (p + q), given the logarithms of p and of q.",
        hint,
        "it is the sigmoid of log p - log q, so log p - log q is the logit that a discriminator has to learn.",
    )


def update(function: Callable[..., Any]) -> None:
    """Grade exercise 5.3: `function(generator, discriminator, g_optimizer, d_optimizer, real, noise)` moves D, then G."""

    def hint():
        if function is ...:
            raise Unsolved
        (g_start, d_start), (g_got, d_got) = _played(function)
        if not (g_got - g_start).any() and not (d_got - d_start).any():
            raise Unsolved
        truth_g, truth_d = _played(_update)[1]
        close = {"atol": 1e-6}
        d_slips = (
            (d_start, "the discriminator does not move: apply the gradients of d_loss to its weights."),
            (
                2 * d_start - truth_d,
                "the discriminator climbs: its loss goes up. Give the optimizer the gradients as they are, with no minus.",
            ),
            (
                _played(_generator_first)[1][1],
                "the generator moves first, so the discriminator learns from its new fakes. Let the discriminator begin.",
            ),
            (
                _played(_swapped)[1][1],
                "the optimizers are swapped: d_optimizer moves the discriminator, g_optimizer the generator.",
            ),
            (
                _played(_both_move_d)[1][1],
                "the generator's loss moves the discriminator as well: take its gradient for the generator's weights alone.",
            ),
        )
        g_slips = (
            (g_start, "the generator does not move: apply the gradients of g_loss to its weights."),
            (
                2 * g_start - truth_g,
                "the generator goes the wrong way: its fakes look more fake than before.",
            ),
            (
                _played(_at_once)[1][0],
                (
                    "both players learn from the same D, as in chapter 0. That works, too; here D moves first, and then "
                    "judges the fakes anew for the generator."
                ),
            ),
        )
        if not np.allclose(d_got, truth_d, **close):
            return slip(d_got, d_slips, **close) or (
                "the discriminator ends at other weights than it should: the gradient of d_loss, by its own weights, on "
                "the real points and the fakes."
            )
        if not np.allclose(g_got, truth_g, **close):
            return slip(g_got, g_slips, **close) or (
                "the generator ends at other weights than it should: the gradient of g_loss, by its own weights, on the "
                "fakes of this very noise. Make the fakes inside the tape."
            )
        return None

    grade(
        "move the discriminator by d_loss, then the generator by g_loss as the new discriminator sees it.",
        hint,
        "that is one update of a GAN, and a training is nothing else, a few thousand times.",
    )


def _played(function: Callable[..., Any]) -> tuple[tuple[np.ndarray, ...], tuple[np.ndarray, ...]]:
    """The weights of two small players, each as one row, before and after an update of the reader's."""
    import keras
    import tensorflow as tf

    from .. import plane

    rng = np.random.default_rng(0)
    players = plane.generator(4), plane.discriminator(4)
    for player in players:
        player.set_weights([rng.normal(scale=0.5, size=weight.shape) for weight in player.get_weights()])
    points = [tf.constant(rng.normal(size=(6, 2)), "float32") for _ in range(2)]

    def weights() -> tuple[np.ndarray, ...]:
        return tuple(np.concatenate([w.ravel() for w in player.get_weights()]) for player in players)

    start = weights()
    try:  # two rates, so that swapped optimizers are seen
        function(*players, keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.07), *points)
    except ValueError as error:
        if "No gradients" not in str(error):
            raise
        raise ValueError(
            "no gradient reaches the weights: a tape knows only what happens inside it. For the generator's turn, make the "
            "fakes inside the tape"
        ) from error
    except RuntimeError as error:
        if "non-persistent" not in str(error):
            raise
        raise ValueError("a tape gives its gradients once. Each player needs a tape of its own") from error
    return start, weights()


def _move(player: Any, optimizer: Any, loss: Any, tape: Any) -> None:
    optimizer.apply(tape.gradient(loss, player.trainable_variables), player.trainable_variables)


def _expert_turn(generator: Any, discriminator: Any, optimizer: Any, real: Any, noise: Any) -> None:
    """D moves by its own loss."""
    import tensorflow as tf

    from .. import losses

    with tf.GradientTape() as tape:
        d_loss, _ = losses.non_saturating(discriminator(real), discriminator(generator(noise)))
    _move(discriminator, optimizer, d_loss, tape)


def _forger_turn(generator: Any, discriminator: Any, optimizer: Any, noise: Any, weights: list[Any]) -> None:
    """The weights move by the generator's loss."""
    import tensorflow as tf

    from .. import losses

    with tf.GradientTape() as tape:
        fake_logits = discriminator(generator(noise))
        _, g_loss = losses.non_saturating(fake_logits, fake_logits)
    optimizer.apply(tape.gradient(g_loss, weights), weights)


def _update(
    generator: Any, discriminator: Any, g_optimizer: Any, d_optimizer: Any, real: Any, noise: Any
) -> None:
    """One update: D first, then G as the new D sees it."""
    _expert_turn(generator, discriminator, d_optimizer, real, noise)
    _forger_turn(generator, discriminator, g_optimizer, noise, generator.trainable_variables)


def _at_once(
    generator: Any, discriminator: Any, g_optimizer: Any, d_optimizer: Any, real: Any, noise: Any
) -> None:
    """Both players learn from the D of before."""
    import tensorflow as tf

    from .. import losses

    with tf.GradientTape() as d_tape, tf.GradientTape() as g_tape:
        d_loss, g_loss = losses.non_saturating(discriminator(real), discriminator(generator(noise)))
    _move(discriminator, d_optimizer, d_loss, d_tape)
    _move(generator, g_optimizer, g_loss, g_tape)


def _generator_first(
    generator: Any, discriminator: Any, g_optimizer: Any, d_optimizer: Any, real: Any, noise: Any
) -> None:
    """The generator moves, and D learns from its new fakes."""
    _forger_turn(generator, discriminator, g_optimizer, noise, generator.trainable_variables)
    _expert_turn(generator, discriminator, d_optimizer, real, noise)


def _swapped(
    generator: Any, discriminator: Any, g_optimizer: Any, d_optimizer: Any, real: Any, noise: Any
) -> None:
    """Each player moves by the other's optimizer."""
    _update(generator, discriminator, d_optimizer, g_optimizer, real, noise)


def _both_move_d(
    generator: Any, discriminator: Any, g_optimizer: Any, d_optimizer: Any, real: Any, noise: Any
) -> None:
    """The generator's loss moves both players."""
    _expert_turn(generator, discriminator, d_optimizer, real, noise)
    both = generator.trainable_variables + discriminator.trainable_variables
    _forger_turn(generator, discriminator, g_optimizer, noise, both)


def divergence(function: Callable[..., Any]) -> None:
    """Grade exercise 5.4: `function(p, q)` is the Jensen-Shannon divergence of two discrete distributions in nats."""

    def hint():
        cases = (
            ([0.5, 0.5], [0.5, 0.5], "two distributions that are the same."),
            ([0.7, 0.2, 0.1], [0.1, 0.2, 0.7], "no probability is 0 here."),
            ([1.0, 0.0], [0.0, 1.0], "no overlap at all: log 2, and a term with probability 0 counts as 0."),
            ([0.5, 0.5, 0.0], [0.0, 0.5, 0.5], "a term with probability 0 counts as 0."),
        )
        for p, q, text in cases:
            p, q = np.array(p), np.array(q)
            m = (p + q) / 2
            kl = [float(np.sum(a[a > 0] * np.log(a[a > 0] / m[a > 0]))) for a in (p, q)]
            truth = sum(kl) / 2
            with np.errstate(all="ignore"):
                got = number(call(function, p, q))
            if np.isclose(got, truth, atol=1e-9):
                continue
            if np.isclose(got, sum(kl)):
                return "you have the two divergences from the mixture; take half of each."
            if np.isclose(got, truth / np.log(2)):
                return "that is in bits: use the natural logarithm for nats."
            if np.isclose(got, truth - np.log(2)):
                return "m is the mean of p and q, half of their sum."
            if (p * q).all() and np.isclose(got, np.sum(p * np.log(p / q))):
                return "that is KL(p, q), which divides by zero where q is 0. Compare p with m and q with m."
            if (p * q).all() and np.isclose(got, np.sum(m * np.log(m * m / (p * q))) / 2):
                return "the order is turned: it is KL(p, m), the sum of p log(p / m), and not KL(m, p)."
            if np.isclose(got, np.sqrt(truth)):
                return "that is the square root of it, which SciPy calls the Jensen-Shannon distance."
            return (
                f"for {p.tolist()} and {q.tolist()} it is {truth:.4f}, your function says {got:.4f}: {text}"
            )
        return None

    grade(
        "return half of KL(p, m) plus half of KL(q, m), in nats, where m is the mean of p and q and KL(a, b) is the sum "
        "of a log(a / b).",
        hint,
        "from 0, for the same, to log 2, for no overlap; unlike KL it never divides by zero.",
    )


def gradients_at(function: Callable[..., Any]) -> None:
    """Grade exercise 5.5: `function(logit, slope)` gives the gradients of both generator losses at a point."""

    def hint():
        for logit, slope in ((-3.0, (0.5, -1.0)), (0.0, (2.0, 0.0)), (1.5, (0.0, 4.0))):
            slope = np.array(slope)
            fooled = 1 / (1 + np.exp(-logit))
            truth = np.array([-fooled * slope, -(1 - fooled) * slope])
            got = np.asarray(call(function, logit, slope), float)
            if got.shape != (2, 2):
                return f"return two vectors of length 2; yours have the shape {got.shape}."
            if np.allclose(got, truth):
                continue
            if np.allclose(got, -truth):
                return (
                    "the sizes are right; a step along the gradient *raises* the loss, so it points away from "
                    "a higher logit."
                )
            if np.allclose(np.abs(got), np.abs(truth)):
                return "one of the two has its sign turned. Both losses fall as the logit rises, so both gradients have a minus."
            if np.allclose(got, [-logit * slope, -(1 - logit) * slope]):
                return "D is the sigmoid of the logit, not the logit."
            if np.allclose(got, truth[::-1]):
                return "those are the two, but minimax comes first: it is the one that dies out where D wins."
            return (
                f"at a logit of {logit} and a slope of {slope.tolist()} they are {truth[0].round(3).tolist()} and "
                f"{truth[1].round(3).tolist()}; yours says {got[0].round(3).tolist()} and {got[1].round(3).tolist()}."
            )
        return None

    grade(
        "return the gradients at the point of log(1 - sigmoid(logit)) and of -log sigmoid(logit), as two vectors; "
        "`slope` is the gradient of the logit.",
        hint,
        "one direction, two lengths: their ratio is exp(-logit).",
    )


def count_modes(function: Callable[..., Any]) -> None:
    """Grade exercise 5.6: `function(points, centres, radius)` counts the modes with a quarter of their fair share."""

    def hint():
        centres = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 4.0], [4.0, 4.0]])

        def points(*counts: int, off: tuple[float, float] = (0.1, 0.0)):
            return np.repeat(centres, counts, axis=0) + np.array(off)

        stray = np.full((60, 2), 2.0)
        cases = (
            (points(10, 10, 10, 10), 1.0, 4, "ten points at each of four modes."),
            (points(40, 0, 0, 0), 1.0, 1, "all forty points are at one mode."),
            (points(37, 1, 1, 1), 1.0, 1, "a mode needs a quarter of 40 / 4 points, so 2.5; one is too few."),
            (points(34, 3, 3, 0), 1.0, 3, "three points are above a quarter of 40 / 4."),
            (
                np.concatenate([points(13, 9, 9, 9), stray]),
                1.0,
                4,
                "sixty strays between the modes count for none of them.",
            ),
            (
                np.concatenate([points(10, 10, 0, 0), points(0, 0, 10, 10, off=(1.2, 0.0))]),
                1.0,
                2,
                "at two of the modes all points are farther than the radius from the centre.",
            ),
            (
                np.concatenate([points(25, 5, 5, 5), stray]),
                1.0,
                1,
                "the fair share is of *all* points, strays too: 100 / 4, and a quarter of it 6.25.",
            ),
            (
                points(20, 20, 0, 0),
                5.0,
                2,
                "with a large radius a point still counts for its nearest centre alone.",
            ),
        )
        for sample, radius, truth, text in cases:
            got = number(call(function, sample, centres, radius))
            if got != truth:
                return f"expected {truth}, your function says {got:g}: {text}"
        return None

    grade(
        "return how many centres have at least a quarter of len(points) / len(centres) points, where a point counts "
        "for its nearest centre, and only within `radius` of it.",
        hint,
        "perfect points at one mode say nothing about the other modes, so count.",
    )
