from functools import partial
from math import ceil

import numpy as np
import pytest
import tensorflow as tf
from bs4 import BeautifulSoup

from satgan_tutorial import augment, exercises


def slopes(discriminator, real, watch=True, mean=False):
    with tf.GradientTape() as tape:
        if watch:
            tape.watch(real)
        logits = discriminator(real)
        logits = tf.reduce_mean(logits) if mean else logits
    return tape.gradient(logits, real)


def penalty(discriminator, real, gamma, half=0.5, sign=1, over=tf.reduce_sum, batch=tf.reduce_mean, **how):
    slope = slopes(discriminator, real, **how)
    squares = over(tf.reshape(slope**2, (real.shape[0], -1)), axis=1)
    return sign * half * gamma * batch(squares)


def long_way(discriminator, real, gamma):
    length = tf.norm(tf.reshape(slopes(discriminator, real), (real.shape[0], -1)), axis=1)
    return gamma / 2 * tf.reduce_mean(length**2)


def of_lengths(power):
    def wrong(discriminator, real, gamma):
        length = tf.norm(tf.reshape(slopes(discriminator, real), (real.shape[0], -1)), axis=1)
        return gamma / 2 * tf.reduce_mean(length) ** power

    return wrong


def summed_first(discriminator, real, gamma):
    total = tf.reduce_sum(tf.reshape(slopes(discriminator, real), (real.shape[0], -1)), axis=1)
    return gamma / 2 * tf.reduce_mean(total**2)


def of_pictures(discriminator, real, gamma):
    return gamma / 2 * tf.reduce_mean(tf.reduce_sum(slopes(discriminator, real) ** 2, axis=(1, 2, 3)))


def of_probability(discriminator, real, gamma):
    return penalty(lambda x: tf.sigmoid(discriminator(x)), real, gamma)


def of_length(discriminator, real, gamma):
    return penalty(discriminator, real, gamma) * len(real.numpy()) / len(real.numpy())


def numpy_penalty(discriminator, real, gamma):
    return float(penalty(discriminator, real, gamma))


def constant_penalty(discriminator, real, gamma):
    return tf.constant(float(penalty(discriminator, real, gamma)))


def moved(
    images, seed, reach=None, bottom=1, shape=(24, 2), top=1, edge="CONSTANT", take=None, use=None, roll=False
):
    """Move images by the rule of the exercise, or by one of the usual wrong ones."""
    seed = (3, 3) if use == "no seed" else seed
    reach = reach or images.shape[1] // 8
    low, high = -reach * bottom, reach + top
    if use == "fresh":
        shifts = np.random.default_rng().integers(low, high, shape)
    else:
        shifts = tf.random.stateless_uniform(shape, seed, low, high, dtype="int32").numpy()
    shifts = shifts if take is None else take(shifts)
    if roll:
        pairs = zip(images.numpy(), shifts, strict=True)
        return tf.stack([np.roll(image, shift, (0, 1)) for image, shift in pairs])
    side = images.shape[1]
    around = tf.pad(images, ((0, 0), (reach, reach), (reach, reach), (0, 0)), edge)
    cut = [
        around[i, reach - d : reach - d + side, reach - r : reach - r + side]
        for i, (d, r) in enumerate(shifts)
    ]
    return tf.stack(cut)


def without_gradient(images, seed):
    return tf.constant(moved(images, seed).numpy())


def averaged(path, momentum, start=None, late=False):
    found = [path[0] if start is None else start + 0 * path[0]]
    for weights in path[1:] if start is None else path:
        found.append(momentum * found[-1] + (1 - momentum) * weights)
    found = np.array(found if start is None else found[1:])
    return np.concatenate([path[:1], found[:-1]]) if late else found


def in_place(path, momentum):
    path[:] = averaged(path, momentum)
    return path


def of_weights(path, momentum):
    return np.concatenate([path[:1], momentum * path[:-1] + (1 - momentum) * path[1:]])


def corrected(path, momentum):
    return averaged(path, momentum, start=0) / (1 - momentum ** np.arange(1, len(path) + 1))[:, None]


def seeds(spread, d, sure=1.96, power=0.8416, sides=2, rounded=ceil, squared=2):
    return rounded(sides * ((sure + power) * spread / d) ** squared)


CASES = [
    (exercises.penalty, ..., "To do"),
    (exercises.penalty, lambda d, x, g: ..., "To do"),
    (exercises.penalty, lambda d, x, g: slopes(d, x), "Not yet: expected one number"),
    (exercises.penalty, partial(penalty, watch=False), "Not yet: the slope is None"),
    (exercises.penalty, partial(penalty, half=1), "Not yet: half of gamma"),
    (exercises.penalty, lambda d, x, g: penalty(d, x, 1.0), "Not yet: gamma is missing"),
    (exercises.penalty, partial(penalty, sign=-1), "Not yet: the sign"),
    (
        exercises.penalty,
        partial(penalty, over=tf.reduce_mean),
        "Not yet: the square of a length is the *sum*",
    ),
    (exercises.penalty, partial(penalty, batch=tf.reduce_sum), "Not yet: that is the sum over the batch"),
    (exercises.penalty, of_lengths(1), "Not yet: that is the length"),
    (exercises.penalty, of_lengths(2), "Not yet: first the square"),
    (exercises.penalty, partial(penalty, mean=True), "Not yet: each slope is divided"),
    (exercises.penalty, summed_first, "Not yet: square the entries"),
    (exercises.penalty, numpy_penalty, "Not yet: the number is right, but no gradient"),
    (
        exercises.penalty,
        of_length,
        "Not yet: the number is right, but it cannot be a part of a training step",
    ),
    (exercises.penalty, constant_penalty, "Not yet: the number is right, but no gradient"),
    (exercises.penalty, of_pictures, "Not yet: it does not work for inputs of shape (2,)"),
    (exercises.penalty, of_probability, "Not yet: that is the slope of a probability"),
    (exercises.penalty, lambda d, x, g: tf.constant(7.0), "Not yet: for 5 inputs of shape (2,)"),
    (exercises.penalty, lambda d, x, g: 1 / 0, "Not yet: your answer raised ZeroDivisionError"),
    (exercises.penalty, penalty, "Right"),
    (exercises.penalty, long_way, "Right"),
    (exercises.moved, lambda images, seed: ..., "To do"),
    (exercises.moved, lambda images, seed: images, "Not yet: nothing was moved"),
    (exercises.moved, lambda images, seed: images[:, 2:], "Not yet: 24 images of 16 x 16 pixels came"),
    (exercises.moved, lambda images, seed: 2 * images, "Not yet: one of the images is no moved copy"),
    (exercises.moved, partial(moved, edge="REFLECT"), "Not yet: one of the images is no moved copy"),
    (exercises.moved, partial(moved, roll=True), "Not yet: what leaves on one side"),
    (exercises.moved, partial(moved, reach=5), "Not yet: at most an eighth"),
    (exercises.moved, partial(moved, take=lambda s: np.tile([[1, -2]], (24, 1))), "Not yet: all images"),
    (
        exercises.moved,
        partial(moved, take=lambda s: s[:, [0, 0]]),
        "Not yet: each image moves along a diagonal",
    ),
    (exercises.moved, partial(moved, take=lambda s: s * [1, 0]), "Not yet: the images move along one axis"),
    (exercises.moved, partial(moved, top=0), "Not yet: no image was moved by 2. The upper end"),
    (exercises.moved, partial(moved, bottom=0), "Not yet: no image was moved by -2: let the numbers"),
    (exercises.moved, partial(moved, reach=1), "Not yet: no image was moved by -2 or by 2: let"),
    (exercises.moved, partial(moved, reach=2), "Not yet: images of 16 pixels are right; those of 32"),
    (exercises.moved, partial(moved, use="fresh"), "Not yet: the same seed gave other moves"),
    (exercises.moved, partial(moved, use="no seed"), "Not yet: another seed gave the same"),
    (exercises.moved, without_gradient, "Not yet: the moves are right, but no gradient"),
    (exercises.moved, moved, "Right"),
    (exercises.moved, augment.translation, "Right"),
    (exercises.averaged, lambda path, m: ..., "To do"),
    (exercises.averaged, lambda path, m: averaged(path, m)[-1], "Not yet: return an average for each step"),
    (exercises.averaged, lambda path, m: averaged(path, 1 - m), "Not yet: the parts are swapped"),
    (exercises.averaged, partial(averaged, start=0), "Not yet: it begins at 0"),
    (exercises.averaged, corrected, "Not yet: that is Adam's"),
    (exercises.averaged, partial(averaged, late=True), "Not yet: it is a step late"),
    (
        exercises.averaged,
        lambda path, m: np.cumsum(path, 0) / np.arange(1, len(path) + 1)[:, None],
        "Not yet: that is the mean of all steps",
    ),
    (exercises.averaged, lambda path, m: path, "Not yet: those are the weights themselves"),
    (exercises.averaged, in_place, "Not yet: your function changes `path`"),
    (exercises.averaged, of_weights, "Not yet: that mixes each step's weights"),
    (exercises.averaged, lambda path, m: 0 * path, "Not yet: with momentum 0.9"),
    (exercises.averaged, averaged, "Right"),
    (exercises.seeds_needed, lambda s, d: None, "To do"),
    (exercises.seeds_needed, lambda s, d: seeds(s, d, rounded=float), "Not yet: seeds come whole"),
    (exercises.seeds_needed, lambda s, d: seeds(s, d, sides=1), "Not yet: both recipes"),
    (exercises.seeds_needed, lambda s, d: seeds(s, d, power=0), "Not yet: so few show it"),
    (exercises.seeds_needed, lambda s, d: seeds(s, d, sure=1.645), "Not yet: a difference may go"),
    (exercises.seeds_needed, lambda s, d: seeds(s, d, squared=1), "Not yet: the spread of a mean"),
    (exercises.seeds_needed, lambda s, d: 3, "Not yet: with a spread of 0.75"),
    (exercises.seeds_needed, lambda s, d: 1 / 0, "Not yet: your answer raised ZeroDivisionError"),
    (exercises.seeds_needed, lambda s, d: ceil(16 * s**2 / d**2), "Not yet: 16 is for the head"),
    (exercises.seeds_needed, seeds, "Right"),
    (exercises.seeds_needed, partial(seeds, power=0.84), "Right"),
]


@pytest.mark.parametrize(("grader", "answer", "verdict"), CASES)
def test_each_grader_tells_undone_wrong_and_right_apart(grader, answer, verdict, printed):
    assert printed(grader, answer).startswith(verdict)


@pytest.mark.parametrize("grader", [exercises.penalty, exercises.moved, exercises.averaged])
def test_what_is_said_of_a_right_answer_does_not_depend_on_when_it_is_asked(grader, printed):
    answer = {"penalty": penalty, "moved": moved, "averaged": averaged}[grader.__name__]
    tf.random.set_seed(5)
    assert printed(grader, answer) == printed(grader, answer)


def test_a_bet_is_right_where_the_interval_says_so(shown):
    inf = np.inf
    exercises.bet(
        {
            "grain": (0.5, 0.4, 0.6),
            "no penalty": (1.5, 1.2, 1.9),
            "turns": (0.9, 0.7, 1.1),
            "one seed": (0.5, 0.0, inf),
        }
    )
    blocks = BeautifulSoup(shown[0].data, "html.parser").select(".satgan-quiz")
    right = [block.select_one("details p").text for block in blocks]
    assert right == ["clearly lower", "clearly higher", *["no clear difference"] * 2]
    told = [block.select_one("li")["data-says"] for block in blocks]
    assert told[0] == "Right: 0.50 times the baseline's score; the interval is 0.40 to 0.60."
    assert told[3].startswith("Not yet: 0.50 times") and "too few seeds" in told[3] and "inf" not in told[3]
