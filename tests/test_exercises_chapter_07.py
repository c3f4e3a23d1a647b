import numpy as np
import pytest

from satgan_tutorial import exercises


def toggled(on=True, off=False, labels=(1.0, 0.0), towards=0.0, turned=False, real_only=False, axis=0):
    def step(models, real, z):
        generator, discriminator, combined = models

        def first():
            both = real if real_only else np.concatenate([generator(z), real], axis)
            discriminator.trainable = on
            discriminator.train_on_batch(both, np.repeat(labels, len(z))[: both.size, None])

        def second():
            discriminator.trainable = off
            combined.train_on_batch(z, np.full((len(z), 1), towards))

        for half in (second, first) if turned else (first, second):
            half()

    return step


CASES = [
    (exercises.toggled_step, lambda models, real, z: ..., "To do"),
    (exercises.toggled_step, ..., "To do"),
    (exercises.toggled_step, toggled(on=False), "Not yet: the flag is off while the discriminator"),
    (exercises.toggled_step, toggled(off=True), "Not yet: the flag is on while the combined"),
    (exercises.toggled_step, toggled(labels=(0.0, 1.0)), "Not yet: generated images have the label 1"),
    (exercises.toggled_step, toggled(towards=1.0), "Not yet: the combined model takes the noise"),
    (exercises.toggled_step, toggled(turned=True), "Not yet: train the discriminator once, then"),
    (exercises.toggled_step, toggled(real_only=True), "Not yet: the discriminator trains on all"),
    (exercises.toggled_step, toggled(axis=1), "Not yet: the discriminator trains on all"),
    (exercises.toggled_step, toggled(labels=(0.95, 0.05)), "Not yet: generated images have the label 1"),
    (
        exercises.toggled_step,
        lambda models, real, z: models[1].fit(real),
        "Not yet: your answer raised Attribute",
    ),
    (exercises.toggled_step, toggled(), "Right"),
    (exercises.accuracies, lambda r, f: np.mean(r > 0), "Not yet: return two shares"),
    (exercises.accuracies, lambda r, f: (np.mean(f <= 0), np.mean(r > 0)), "Not yet: those are the two, but"),
    (exercises.accuracies, lambda r, f: (np.mean(r > 0.5), np.mean(f <= 0.5)), "Not yet: 0.5 is the border"),
    (
        exercises.accuracies,
        lambda r, f: (np.mean(r >= 0), np.mean(f <= 0)),
        "Not yet: for real logits [0.0, 1.0]",
    ),
    (exercises.accuracies, lambda r, f: (0.75, 0.4), "Not yet: for real logits [0.0, 1.0]"),
    (exercises.noisy_labels, lambda labels, noise: ..., "To do"),
    (exercises.noisy_labels, lambda labels, noise: labels + noise, "Not yet: a label of 1.05 is above 1"),
    (exercises.noisy_labels, lambda labels, noise: labels - noise, "Not yet: a label of -0.05 is below 0"),
    (exercises.noisy_labels, lambda labels, noise: labels, "Not yet: for labels"),
    (exercises.noisy_labels, lambda labels, noise: 0.5, "Not yet: return one label for each"),
    (exercises.noisy_labels, lambda labels, noise: np.abs(labels - noise), "Right"),
]


@pytest.mark.parametrize(("grader", "answer", "verdict"), CASES)
def test_each_grader_tells_undone_wrong_and_right_apart(grader, answer, verdict, printed):
    assert printed(grader, answer).startswith(verdict)
