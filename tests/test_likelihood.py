"""Densities by the change of variables, against closed forms."""

import numpy as np
import pytest
import tensorflow as tf

from satgan_tutorial import likelihood, plane

pytestmark = pytest.mark.once


def normal_velocity(mean, covariance):
    """The velocity from standard normal noise to a normal distribution: a straight line in x_t."""
    mean, covariance = (tf.constant(np.asarray(x), "float32") for x in (mean, covariance))
    eye = tf.eye(len(mean))

    def velocity(given):
        x, t = given
        t = t[0, 0]
        flat = tf.reshape(x, (-1, len(mean)))
        slope = (t * covariance - (1 - t) * eye) @ tf.linalg.inv((1 - t) ** 2 * eye + t**2 * covariance)
        return tf.reshape(mean + tf.linalg.matmul(flat - t * mean, slope, transpose_b=True), tf.shape(x))

    return velocity


def mixture_velocity(mixture):
    """What `Mixture.velocity` says, in TensorFlow, whose gradients are wanted here."""
    centres, variance = tf.constant(mixture.centres, "float32"), mixture.sigma**2

    def velocity(given):
        x, t = given
        t = t[0, 0]
        now = (1 - t) ** 2 + t**2 * variance
        away = x[:, None] - t * centres
        weights = tf.nn.softmax(-0.5 * tf.reduce_sum(away**2, 2) / now)
        return tf.reduce_sum(weights[..., None] * (centres + (t * variance - 1 + t) / now * away), 1)

    return velocity


def log_normal(x, mean, covariance):
    away = x - mean
    squares = np.einsum("ni,ij,nj->n", away, np.linalg.inv(covariance), away)
    return -0.5 * (squares + np.linalg.slogdet(2 * np.pi * np.asarray(covariance))[1])


def test_a_mixtures_density_comes_out_to_three_digits():
    mixture = plane.ring(3, 1.5, 0.4)
    x = mixture.sample(60, seed=0)
    velocity = mixture_velocity(mixture)
    same = velocity([tf.constant(x), tf.fill([60, 1], 0.7)])
    np.testing.assert_allclose(same, mixture.velocity(x, 0.7), atol=1e-4)
    found = likelihood.log_density(velocity, x, steps=60)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, mixture.log_density(x), atol=0.005)


def test_random_directions_find_the_divergence_on_the_average(monkeypatch):
    rng = np.random.default_rng(0)
    root = rng.standard_normal((3, 3))
    mean, covariance = rng.standard_normal(3), root @ root.T + 0.3 * np.eye(3)
    x = rng.multivariate_normal(mean, covariance, 5).astype(np.float32)
    velocity, truth = normal_velocity(mean, covariance), log_normal(x, mean, covariance)
    np.testing.assert_allclose(likelihood.log_density(velocity, x, steps=80), truth, atol=0.01)
    monkeypatch.setattr(likelihood, "FEW", 0)
    one, other = (likelihood.log_density(velocity, x, steps=20, seed=s) for s in (0, 1))
    assert not np.allclose(one, other, atol=0.01)
    assert np.array_equal(one, likelihood.log_density(velocity, x, steps=20, seed=0))
    many = likelihood.log_density(velocity, x, steps=20, probes=64)
    np.testing.assert_allclose(many, truth, atol=0.4)
    assert np.abs(many - truth).max() < np.abs([one - truth, other - truth]).max()


def test_noise_in_images_costs_the_bits_of_its_entropy():
    """Grey levels of a normal distribution with a deviation of ten need log2(10 sqrt(2 pi e)) bits."""
    rng, size = np.random.default_rng(0), 4 * 4 * 3
    images = rng.normal(127.5, 10, (20, 4, 4, 3)).round().astype(np.uint8)
    velocity = normal_velocity(np.zeros(size), (10 / 127.5) ** 2 * np.eye(size))
    bits = likelihood.bits_per_dim(velocity, images, steps=40)
    assert bits.shape == (20,)
    assert bits.mean() == pytest.approx(np.log2(10 * np.sqrt(2 * np.pi * np.e)), abs=0.05)


def test_what_has_no_density_is_refused():
    velocity = normal_velocity([0, 0], np.eye(2))
    for x in (np.zeros((0, 2)), np.full((2, 2), np.nan)):
        with pytest.raises(ValueError, match="expected rows of finite numbers"):
            likelihood.log_density(velocity, x)
    with pytest.raises(ValueError, match="no solver 'rk4'; there are euler, midpoint, heun"):
        likelihood.log_density(velocity, np.zeros((1, 2)), solver="rk4")
    with pytest.raises(ValueError, match="0 solver steps"):
        likelihood.log_density(velocity, np.zeros((1, 2)), steps=0)
    with pytest.raises(ValueError, match="images are float32"):
        likelihood.bits_per_dim(velocity, np.zeros((1, 4, 4, 3), np.float32))
    with pytest.raises(ValueError, match="seed: found None"):
        likelihood.bits_per_dim(velocity, np.zeros((1, 4, 4, 3), np.uint8), seed=None)


def test_a_gaussians_bits_are_those_of_its_covariance():
    train, images = np.random.default_rng(0).integers(0, 256, (2, 40, 2, 2, 3), np.uint8)
    train[..., 0] = train[..., 1] // 2  # so that the directions differ
    flat = train.reshape(40, 12).astype(float)
    variances, directions = np.linalg.eigh(np.cov(flat.T, ddof=0))
    for q in (0, 3):
        mixed = variances.copy()
        mixed[: 12 - q] = variances[: 12 - q].mean()
        x = images.reshape(40, 12) + np.random.default_rng(5).uniform(-0.5, 0.5, (40, 12))
        nats = -log_normal(x, flat.mean(axis=0), directions * mixed @ directions.T)
        found = likelihood.gaussian_bits(train, images, q, seed=5)
        np.testing.assert_allclose(found, nats / 12 / np.log(2))


def test_a_gaussian_is_refused_what_it_cannot_be_fitted_to():
    images = np.zeros((4, 2, 2, 3), np.uint8)
    with pytest.raises(ValueError, match="float64"):
        likelihood.gaussian_bits(images, images.astype(float), 1)
    for directions in (-1, 3):
        with pytest.raises(ValueError, match=f"found {directions} directions of 4 images"):
            likelihood.gaussian_bits(images, images, directions)
