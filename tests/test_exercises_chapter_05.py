import numpy as np
import pytest
import tensorflow as tf
from keras.ops import log, mean, sigmoid, softplus

from satgan_tutorial import exercises


def divergence(p, q):
    m = (p + q) / 2
    return sum(np.sum(a[a > 0] * np.log(a[a > 0] / m[a > 0])) for a in (p, q)) / 2


def naive(p, q):
    m = (p + q) / 2
    return (np.sum(p * np.log(p / m)) + np.sum(q * np.log(q / m))) / 2


def gradients_at(logit, slope):
    fooled = 1 / (1 + np.exp(-logit))
    return -fooled * slope, -(1 - fooled) * slope


def count_modes(points, centres, radius, nearest=True, share=0.25, strays=True):
    gaps = np.linalg.norm(points[:, None] - centres, axis=2)
    inside = gaps <= radius
    if nearest:
        inside &= gaps == gaps.min(axis=1, keepdims=True)
    n = len(points) if strays else inside.any(axis=1).sum()
    return np.sum(inside.sum(axis=0) >= max(share * n / len(centres), 1))


def of_d(real, fake):
    return mean(softplus(-real)) + mean(softplus(fake))


def of_g(fake):
    return mean(softplus(-fake))


def sums(fake):
    return tf.reduce_sum(softplus(-fake))


PAIRS = [
    (lambda real, fake: ..., lambda fake: ..., "To do"),
    (of_d, lambda fake: ..., "To do"),
    (lambda real, fake: of_d(fake, real), of_g, "Not yet: the labels of d_loss are swapped"),
    (lambda real, fake: of_d(real, real), of_g, "Not yet: for real logits"),
    (lambda real, fake: -of_d(real, fake), of_g, "Not yet: the sign of d_loss"),
    (lambda real, fake: 0.5 * of_d(real, fake), of_g, "Not yet: d_loss is half"),
    (lambda real, fake: softplus(-real) + softplus(fake), of_g, "Not yet: expected one number from d_loss"),
    (lambda real, fake: 3 * of_d(real, fake), of_g, "Not yet: d_loss is a sum"),
    (lambda real, fake: mean(softplus(-real)), of_g, "Not yet: d_loss only looks at the real"),
    (lambda real, fake: mean(softplus(fake)), of_g, "Not yet: d_loss only looks at the fakes"),
    (lambda real, fake: of_d(real, fake) - 2 * mean(softplus(fake)), of_g, "Not yet: add the surprise"),
    (lambda real, fake: of_d(sigmoid(real), sigmoid(fake)), of_g, "Not yet: softplus has the sigmoid"),
    (lambda real, fake: of_d(real, -fake), of_g, "Not yet: d_loss treats fakes as if"),
    (lambda real, fake: mean(softplus(fake - real)), of_g, "Not yet: that is the loss of chapter 0"),
    (
        lambda real, fake: softplus(-mean(real)) + softplus(mean(fake)),
        of_g,
        "Not yet: first the surprise at each ship",
    ),
    (lambda real, fake: mean(fake) - mean(real), of_g, "Not yet: that is a difference of logits"),
    (lambda real, fake: -mean(log(real)) - mean(log(1 - fake)), of_g, "Not yet: d_loss is not a number"),
    (of_d, lambda fake: mean(softplus(fake)), "Not yet: g_loss falls where fakes look *fake*"),
    (of_d, lambda fake: -of_g(fake), "Not yet: the sign of g_loss"),
    (of_d, lambda fake: -mean(softplus(fake)), "Not yet: that is the mean of log(1 - D)"),
    (of_d, lambda fake: softplus(-fake), "Not yet: expected one number from g_loss"),
    (of_d, sums, "Not yet: g_loss is a sum"),
    (of_d, lambda fake: of_g(sigmoid(fake)), "Not yet: softplus has the sigmoid"),
    (of_d, lambda fake: -mean(log(fake)), "Not yet: g_loss is not a number"),
    (of_d, lambda fake: softplus(-mean(fake)), "Not yet: first the surprise at each fake"),
    (of_d, lambda fake: -mean(fake), "Not yet: that is a mean of logits"),
    (of_d, lambda fake: 1 - mean(sigmoid(fake)), "Not yet: that is 1 - D"),
    (of_d, lambda fake: 7 * of_g(fake), "Not yet: for fake logits"),
    (of_d, lambda fake: -mean(log(sigmoid(fake))), "Not yet: right for small logits"),
    (of_d, of_g, "Right"),
]


@pytest.mark.parametrize(("d_loss", "g_loss", "verdict"), PAIRS)
def test_the_two_losses_are_told_from_the_usual_slips(d_loss, g_loss, verdict, capsys):
    exercises.two_losses(d_loss, g_loss)
    assert capsys.readouterr().out.startswith(verdict)


def update(moves_d=1, moves_g=1, first=True, all_weights=False, mine=None):
    """An update in the right way, or in one of the usual wrong ones."""

    def play(generator, discriminator, g_optimizer, d_optimizer, real, noise):
        with tf.GradientTape() as old, tf.GradientTape() as tape:
            fake_logits = discriminator(generator(noise))
            g_loss, d_loss = of_g(fake_logits), of_d(discriminator(real), fake_logits)
        weights = discriminator.trainable_variables
        if moves_d:
            d_optimizer.apply([moves_d * g for g in tape.gradient(d_loss, weights)], weights)
        with tf.GradientTape() as tape:
            new = (mine or of_g)(discriminator(generator(noise)))
        weights = generator.trainable_variables + (weights if all_weights else [])
        gradients = tape.gradient(new, weights) if first else old.gradient(g_loss, weights)
        if moves_g:
            g_optimizer.apply([moves_g * g for g in gradients], weights)

    return play


def turns(*players, outside=False, swapped=False):
    """An update with turns in this order; with the fakes made outside the tape, or with the optimizers swapped."""

    def play(generator, discriminator, g_optimizer, d_optimizer, real, noise):
        optimizers = {"g": g_optimizer, "d": d_optimizer}
        for player in players:
            fake = generator(noise)
            with tf.GradientTape() as tape:
                fake_logits = discriminator(fake if outside else generator(noise))
                loss = of_g(fake_logits) if player == "g" else of_d(discriminator(real), fake_logits)
            weights = {"g": generator, "d": discriminator}[player].trainable_variables
            mine = optimizers[{"g": "d", "d": "g"}[player] if swapped else player]
            mine.apply(tape.gradient(loss, weights), weights)

    return play


def one_tape(generator, discriminator, g_optimizer, d_optimizer, real, noise):
    with tf.GradientTape() as tape:
        fake_logits = discriminator(generator(noise))
        d_loss, g_loss = of_d(discriminator(real), fake_logits), of_g(fake_logits)
    for player, optimizer, loss in (
        (discriminator, d_optimizer, d_loss),
        (generator, g_optimizer, g_loss),
    ):
        optimizer.apply(tape.gradient(loss, player.trainable_variables), player.trainable_variables)


def unlike(a, b):
    return np.sum(a * np.log(a / b))


CASES = [
    (exercises.update, ..., "To do"),
    (exercises.update, lambda *a: ..., "To do"),
    (exercises.update, update(moves_d=0), "Not yet: the discriminator does not move"),
    (exercises.update, update(moves_d=-1), "Not yet: the discriminator climbs"),
    (exercises.update, update(moves_d=2), "Not yet: the discriminator ends at other weights"),
    (exercises.update, update(all_weights=True), "Not yet: the generator's loss moves the discriminator"),
    (exercises.update, update(moves_g=0), "Not yet: the generator does not move"),
    (exercises.update, update(moves_g=-1), "Not yet: the generator goes the wrong way"),
    (exercises.update, update(first=False), "Not yet: both players learn from the same D"),
    (exercises.update, update(mine=lambda x: 2 * of_g(x)), "Not yet: the generator ends at other"),
    (exercises.update, turns("g", "d"), "Not yet: the generator moves first"),
    (exercises.update, turns("d", "g", swapped=True), "Not yet: the optimizers are swapped"),
    (
        exercises.update,
        turns("d", "g", outside=True),
        "Not yet: your answer raised ValueError: no gradient reaches",
    ),
    (exercises.update, one_tape, "Not yet: your answer raised ValueError: a tape gives its gradients once"),
    (exercises.update, turns("d", "g"), "Right"),
    (exercises.update, lambda *a: 1 / 0, "Not yet: your answer raised ZeroDivisionError"),
    (exercises.update, update(), "Right"),
    (exercises.optimal_discriminator, lambda p, q: ..., "To do"),
    (exercises.optimal_discriminator, lambda p, q: np.exp(q) / (np.exp(p) + np.exp(q)), "Not yet: that is q"),
    (exercises.optimal_discriminator, lambda p, q: p - q, "Not yet: that is the logit"),
    (exercises.optimal_discriminator, lambda p, q: p / (p + q), "Not yet: log_p and log_q are"),
    (exercises.optimal_discriminator, lambda p, q: 0.5, "Not yet: return a probability for each"),
    (exercises.optimal_discriminator, lambda p, q: np.exp(p - q), "Not yet: that is p / q"),
    (
        exercises.optimal_discriminator,
        lambda p, q: np.exp(p - q) / (1 + np.exp(p - q)),
        "Not yet: right, but for a difference of 3000",
    ),
    (exercises.optimal_discriminator, lambda p, q: 0 * p, "Not yet: for p = [0.3"),
    (
        exercises.optimal_discriminator,
        lambda p, q: np.exp(p) / (np.exp(p) + np.exp(q)),
        "Not yet: right where",
    ),
    (exercises.optimal_discriminator, lambda p, q: 1 / (1 + np.exp(q - p)), "Right"),
    (exercises.optimal_discriminator, lambda p, q: 1 / 0, "Not yet: your answer raised ZeroDivisionError"),
    (exercises.divergence, lambda p, q: None, "To do"),
    (exercises.divergence, lambda p, q: 2 * divergence(p, q), "Not yet: you have the two"),
    (exercises.divergence, lambda p, q: divergence(p, q) / np.log(2), "Not yet: that is in bits"),
    (exercises.divergence, lambda p, q: np.sqrt(divergence(p, q)), "Not yet: that is the square root"),
    (exercises.divergence, naive, "Not yet: for [1.0, 0.0]"),
    (exercises.divergence, unlike, "Not yet: that is KL(p, q)"),
    (
        exercises.divergence,
        lambda p, q: (unlike((p + q) / 2, p) + unlike((p + q) / 2, q)) / 2,
        "Not yet: the order is turned",
    ),
    (
        exercises.divergence,
        lambda p, q: (unlike(p, p + q) + unlike(q, p + q)) / 2,
        "Not yet: m is the mean of p and q",
    ),
    (exercises.divergence, lambda p, q: 3 * divergence(p, q), "Not yet: for [0.7"),
    (exercises.divergence, divergence, "Right"),
    (exercises.gradients_at, lambda x, v: ..., "To do"),
    (exercises.gradients_at, lambda x, v: [-w for w in gradients_at(x, v)], "Not yet: the sizes are right"),
    (exercises.gradients_at, lambda x, v: gradients_at(x, v)[::-1], "Not yet: those are the two"),
    (exercises.gradients_at, lambda x, v: gradients_at(x, 1.0), "Not yet: return two vectors"),
    (exercises.gradients_at, lambda x, v: (-v, -v), "Not yet: at a logit of -3.0"),
    (
        exercises.gradients_at,
        lambda x, v: [-gradients_at(x, v)[0], gradients_at(x, v)[1]],
        "Not yet: one of the two",
    ),
    (exercises.gradients_at, lambda x, v: (-x * v, -(1 - x) * v), "Not yet: D is the sigmoid"),
    (exercises.gradients_at, gradients_at, "Right"),
    (exercises.count_modes, lambda points, centres, radius: ..., "To do"),
    (exercises.count_modes, lambda *a: count_modes(*a, share=0), "Not yet: expected 1, your function says 4"),
    (
        exercises.count_modes,
        lambda *a: count_modes(*a, nearest=False),
        "Not yet: expected 2, your function says 4: with a large",
    ),
    (
        exercises.count_modes,
        lambda *a: count_modes(*a, strays=False),
        "Not yet: expected 1, your function says 4: the fair share",
    ),
    (
        exercises.count_modes,
        lambda points, centres, radius: count_modes(points, centres, 9),
        "Not yet: expected 2, your function says 4: at two",
    ),
    (exercises.count_modes, count_modes, "Right"),
]


@pytest.mark.parametrize(("grader", "answer", "verdict"), CASES)
def test_each_grader_tells_undone_wrong_and_right_apart(grader, answer, verdict, printed):
    assert printed(grader, answer).startswith(verdict)
