"""The search for the noise of a picture, `latent.project`."""

import numpy as np
import pytest
from keras import layers
from test_latent import linear

from satgan_tutorial import latent, sampling

pytestmark = pytest.mark.once


def test_the_noise_of_a_drawn_chip_is_found_again():
    generator = linear()
    z = np.clip(sampling.noise(3, 4, seed=1), -1.5, 1.5)  # none longer than the search allows
    eyes = layers.Flatten()
    starts = sampling.noise(6, 4, seed=2).reshape(3, 2, 4)
    found, left = latent.project(generator, sampling.from_noise(generator, z), starts, eyes, steps=150)
    assert found.shape == (3, 2, 4) and left.shape == (3, 2)
    np.testing.assert_allclose(found, np.repeat(z[:, None], 2, axis=1), atol=0.05)
    alone, _ = latent.project(generator, sampling.from_noise(generator, z[1:2]), starts[1:2], eyes, steps=150)
    np.testing.assert_allclose(alone[0], found[1], atol=1e-3)  # no search depends on another


def test_the_noise_found_is_as_long_as_noise_is():
    generator = linear()
    far = sampling.from_noise(generator, 3 * np.ones((1, 4)))  # of length 6, where 2 is usual
    found, left = latent.project(
        generator, far, sampling.noise(2, 4, seed=0)[None], layers.Flatten(), steps=80
    )
    np.testing.assert_allclose(np.linalg.norm(found, axis=2), 2 + 2**0.5, rtol=1e-5)
    assert (left > 0.01).all()


def test_the_weight_of_the_features_counts():
    generator = linear()
    target = np.zeros((1, 6, 6, 3), np.uint8)
    starts = sampling.noise(1, 4, seed=0)[None]
    left = [
        latent.project(generator, target, starts, layers.Flatten(), weight=w, steps=2)[1] for w in (0.0, 1.0)
    ]
    assert left[1] == pytest.approx(2 * left[0], rel=0.2)  # features that are the pixels


def test_starts_that_are_not_some_for_each_target_are_refused():
    targets, starts = np.zeros((2, 6, 6, 3), np.uint8), sampling.noise(6, 4, seed=0)
    for wrong in (starts, starts[None], starts.reshape(2, 4, 3)):
        with pytest.raises(ValueError, match=r"expected \(2, S, 4\)"):
            latent.project(linear(), targets, wrong, layers.Flatten())
