"""Chapter 12's search for the noise of a picture, taken from its cell as the reader sees it."""

from pathlib import Path

import keras
import nbformat
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from test_latent import linear

from satgan_tutorial import sampling
from satgan_tutorial.chips import to_float

pytestmark = pytest.mark.once

CHAPTER = Path(__file__).parents[1] / "book" / "better" / "12-walks.ipynb"


def projecting(generator):
    """The chapter's `project`, for another generator."""
    cells = {cell.id: cell.source for cell in nbformat.read(CHAPTER, as_version=4).cells}
    names = {"keras": keras, "tf": tf, "to_float": to_float, "generator": generator}
    exec(cells["project"], names)  # noqa: S102
    return names["project"]


def test_the_noise_of_a_drawn_chip_is_found_again():
    generator = linear()
    z = np.clip(sampling.noise(3, 4, seed=1), -1.5, 1.5)  # none longer than the search allows
    eyes = layers.Flatten()
    starts = sampling.noise(6, 4, seed=2).reshape(3, 2, 4)
    found, left = projecting(generator)(sampling.from_noise(generator, z), starts, eyes, steps=150)
    assert found.shape == (3, 2, 4) and left.shape == (3, 2)
    np.testing.assert_allclose(found, np.repeat(z[:, None], 2, axis=1), atol=0.05)
    alone, _ = projecting(generator)(sampling.from_noise(generator, z[1:2]), starts[1:2], eyes, steps=150)
    np.testing.assert_allclose(alone[0], found[1], atol=1e-3)  # no search depends on another


def test_the_noise_found_is_as_long_as_noise_is():
    generator = linear()
    far = sampling.from_noise(generator, 3 * np.ones((1, 4)))  # of length 6, where 2 is usual
    found, left = projecting(generator)(far, sampling.noise(2, 4, seed=0)[None], layers.Flatten(), steps=80)
    np.testing.assert_allclose(np.linalg.norm(found, axis=2), 2 + 2**0.5, rtol=1e-5)
    assert (left > 0.01).all()


def test_the_weight_of_the_features_counts():
    generator = linear()
    target = np.zeros((1, 6, 6, 3), np.uint8)
    starts = sampling.noise(1, 4, seed=0)[None]
    left = [projecting(generator)(target, starts, layers.Flatten(), weight=w, steps=2)[1] for w in (0.0, 1.0)]
    assert left[1] == pytest.approx(2 * left[0], rel=0.2)  # features that are the pixels
