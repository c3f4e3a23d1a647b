import re

import numpy as np
import pytest
import tensorflow as tf
from keras.ops import mean, softplus

from satgan_tutorial import exercises
from satgan_tutorial.exercises import chapter_07


def shares(real, fake, border=None):
    border = (real.mean() + fake.mean()) / 2 if border is None else border
    return np.mean(real > border), np.mean(fake <= border)


def step(
    penalty=0.5,
    at="real",
    pixels="sum",
    size="square",
    watched=True,
    d="right",
    g="right",
    moves="own",
    order="d first",
    lists="own",
    old_noise=False,
):
    """An answer to exercise 7.2, right or with a slip."""

    def answer(generator, discriminator, g_optimizer, d_optimizer, real, noise, gamma):
        def move_generator(logits_of):
            now = g_gradients(generator, logits_of, noise * 0 + 1 if g == "other noise" else noise, real, g)
            if g:
                g_optimizer.apply(now, generator.trainable_variables)

        if order == "g first":
            move_generator(discriminator)
        fake = generator(noise * 0 + 1 if old_noise else noise)
        place, over = (fake if at == "fake" else real), getattr(tf, f"reduce_{pixels}")
        with tf.GradientTape() as tape:
            with tf.GradientTape() as slope_tape:
                if watched:
                    slope_tape.watch(place)
                logits = discriminator(place)
            squares = over(slope_tape.gradient(logits, place) ** 2, (1, 2, 3))
            sizes = {"length": mean(tf.sqrt(squares)), "sum": tf.reduce_sum(squares)}
            loss = penalty * gamma * sizes.get(size, mean(squares))
            loss += d_losses[d](discriminator(real), discriminator(fake))
        early = g_gradients(generator, discriminator, noise, real, "right")
        weights = generator.trainable_variables if lists == "swapped" else discriminator.trainable_variables
        if d:
            d_optimizer.apply(tape.gradient(loss, weights), weights)
        if moves == "both":  # the second update moves the wrong one
            with tf.GradientTape() as tape:
                loss = mean(softplus(-discriminator(generator(noise))))
            d_optimizer.apply(tape.gradient(loss, weights), weights)
        elif g == "early":
            g_optimizer.apply(early, generator.trainable_variables)
        elif order == "d first":
            move_generator(discriminator)

    return answer


d_losses = {
    "": lambda real, fake: 0.0,
    "right": lambda real, fake: mean(softplus(-real)) + mean(softplus(fake)),
    "half": lambda real, fake: (mean(softplus(-real)) + mean(softplus(fake))) / 2,
    "turned": lambda real, fake: mean(softplus(real)) + mean(softplus(-fake)),
    "relativistic": lambda real, fake: mean(softplus(fake - real)),
}


def g_gradients(generator, discriminator, noise, real, which):
    fake = generator(noise)
    with tf.GradientTape() as tape:
        logits = discriminator(fake if which == "before the tape" else generator(noise))
        turned = mean(softplus(logits))
        losses = {
            "turned": turned,
            "minimax": -turned,
            "relativistic": mean(softplus(discriminator(real) - logits)),
        }
        loss = losses.get(which, mean(softplus(-logits)))
    return tape.gradient(loss, generator.trainable_variables)


CASES = [
    (exercises.accuracies, lambda r, f: ..., "To do"),
    (exercises.accuracies, shares, "Right"),
    (exercises.accuracies, lambda r, f: np.mean(r > 0), "Not yet: return two shares"),
    (exercises.accuracies, lambda r, f: shares(r, f)[::-1], "Not yet: those are the two, but"),
    (exercises.accuracies, lambda r, f: (shares(r, f)[0], 1 - shares(r, f)[1]), "Not yet: a fake"),
    (exercises.accuracies, lambda r, f: shares(r, f, 0), "Not yet: 0 is the border of a loss"),
    (
        exercises.accuracies,
        lambda r, f: shares(r, f, np.concatenate([r, f]).mean()),
        "Not yet: that border is the mean of all",
    ),
    (
        exercises.accuracies,
        lambda r, f: shares(r, f, np.median(np.concatenate([r, f]))),
        "Not yet: that border is the median",
    ),
    (exercises.accuracies, lambda r, f: shares(r, f, r.mean() + f.mean()), "Not yet: that border is the sum"),
    (
        exercises.accuracies,
        lambda r, f: (np.mean(r > r.mean()), np.mean(f <= f.mean())),
        "Not yet: one border",
    ),
    (
        exercises.accuracies,
        lambda r, f: 100 * np.array(shares(r, f)),
        "Not yet: a share lies between 0 and 1",
    ),
    (exercises.accuracies, lambda r, f: (0.75, 0.6), "Not yet: for real logits [9.0, 6.0"),
    (exercises.training_step, ..., "To do"),
    (exercises.training_step, lambda *given: ..., "To do"),
    (exercises.training_step, step(), "Right"),
    (exercises.training_step, lambda *given: None, "Not yet: the discriminator's weights did not move: "),
    (exercises.training_step, step(d=""), "Not yet: the discriminator's weights did not move and the gen"),
    (
        exercises.training_step,
        step(penalty=0),
        "Not yet: the discriminator moves as if there were no penalty",
    ),
    (exercises.training_step, step(penalty=1), "Not yet: the penalty is twice as large"),
    (exercises.training_step, step(at="fake"), "Not yet: the penalty is taken at the fake images"),
    (exercises.training_step, step(pixels="mean"), "Not yet: the squared slope of an image is summed"),
    (exercises.training_step, step(penalty=-0.5), "Not yet: the penalty is taken off the loss"),
    (exercises.training_step, step(size="length"), "Not yet: the penalty takes the length"),
    (exercises.training_step, step(size="sum"), "Not yet: the penalty is summed over the images"),
    (exercises.training_step, step(d="half"), "Not yet: the loss is half of what it should be"),
    (exercises.training_step, step(order="g first"), "Not yet: the generator moved first"),
    (exercises.training_step, step(watched=False), "Not yet: a gradient is None. A tape follows weights"),
    (exercises.training_step, step(lists="swapped"), "Not yet: an optimizer was given weights of the other"),
    (exercises.training_step, step(g="before the tape"), "Not yet: no gradient came to the weights"),
    (
        exercises.training_step,
        step(g="relativistic"),
        "Not yet: the generator's loss compares with real images",
    ),
    (exercises.training_step, step(d="turned"), "Not yet: the discriminator learns to call fakes real"),
    (exercises.training_step, step(d="relativistic"), "Not yet: that is the relativistic loss"),
    (
        exercises.training_step,
        step(moves="both"),
        "Not yet: the discriminator moved, and not by its own loss",
    ),
    (exercises.training_step, step(old_noise=True), "Not yet: the discriminator ends elsewhere"),
    (exercises.training_step, step(g=""), "Not yet: the generator's weights did not move"),
    (exercises.training_step, step(g="turned"), "Not yet: the generator learns to be told apart"),
    (exercises.training_step, step(g="minimax"), "Not yet: that is the first GAN's loss"),
    (
        exercises.training_step,
        step(g="early"),
        "Not yet: the generator learns from the discriminator as it was",
    ),
    (exercises.training_step, step(g="other noise"), "Not yet: the discriminator is right; the generator"),
    (exercises.training_step, lambda *given: given[9], "Not yet: your answer raised IndexError"),
    (exercises.bugs, ..., "To do"),
    (exercises.bugs, dict.fromkeys("ABC", ...), "To do"),
    (exercises.bugs, {"A": 17, "B": 15, "C": 20}, "Right"),
    (exercises.bugs, {"A": 17, "B": 15, "C": ...}, "Not yet: C is open"),
    (exercises.bugs, {"A": 12, "B": 15, "C": 20}, "Not yet: line 12 of A is not the one: who moved"),
    (exercises.bugs, {"A": 17, "B": 3, "C": 20}, "Not yet: line 3 of B is not the one: the error says"),
    (exercises.bugs, {"A": 17}, "Not yet: give a line for each"),
    (exercises.bugs, [17, 15, 20], "Not yet: give a dict"),
]


@pytest.mark.parametrize(("grader", "answer", "verdict"), CASES)
def test_each_grader_tells_undone_wrong_and_right_apart(grader, answer, verdict, printed):
    assert printed(grader, answer).startswith(verdict)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("A", r"generator by up to 0\.0000"),
        ("B", "it stopped with ValueError: No gradients"),
        ("C", "the average by up to"),
    ],
)
def test_a_broken_step_shows_its_lines_and_what_it_did(name, says, capsys):
    exercises.broken_step(name)
    shown = capsys.readouterr().out
    line, wrong, _ = chapter_07.BROKEN[name]
    assert f"{line:2}  {wrong}\n" in shown and re.search(says, shown)


def moved(source):
    return [float(x) for x in re.findall(r"by up to ([\d.]+)", chapter_07.measured(source).rstrip("."))]


def test_the_step_without_a_bug_moves_both_players_and_its_average_slowly():
    discriminator, generator, average = moved(chapter_07.STEP)
    assert discriminator > 0.01 and generator > 0.005 and 0 < average < 0.02 * generator + 1e-4
    assert moved(chapter_07.broken_source("C"))[2] > 0.9 * generator
    assert moved(chapter_07.broken_source("A"))[1] == 0
