import numpy as np
import pytest
from scipy.special import logsumexp

from satgan_tutorial import exercises


def posterior(counts, prior):
    joint = np.array([1 - prior, prior])[:, None] * counts / counts.sum(axis=1, keepdims=True)
    return joint[1] / joint.sum(axis=0)


def old_prior_kept(counts, prior):
    joint = np.array([1 - prior, prior])[:, None] * counts
    return joint[1] / joint.sum(axis=0)


def samples(mean, directions, variances, q, n, rng, *, together=False, square=False, share=None, own=1.0):
    d = len(mean)
    noise = variances[q:].sum() / (d - q) if share is None else share
    z = rng.standard_normal((n, 1 if together else q))
    along = variances[:q] - noise
    x = mean + z * (along if square else np.sqrt(along)) @ directions[:q]
    return x + own * rng.standard_normal((n, d)) * np.sqrt(noise)


def changed(**how):
    return lambda *arguments: samples(*arguments, **how)


def no_noise_along(mean, directions, variances, q, n, rng):
    x = samples(mean, directions, variances, q, n, rng, own=0.0)
    rest = rng.standard_normal((n, len(mean))) * np.sqrt(0.5)
    return x + rest - rest @ directions[:q].T @ directions[:q]


def noise_on_top(mean, directions, variances, q, n, rng):
    more = variances + 0.5 * (np.arange(len(variances)) < q)
    return samples(mean, directions, more, q, n, rng)


def one_z(mean, directions, variances, q, n, rng):
    x = samples(mean, directions, variances, q, 1, rng, own=0.0)
    return x + rng.standard_normal((n, len(mean))) * np.sqrt(0.5)


def one_noise(mean, directions, variances, q, n, rng, each=1):
    x = samples(mean, directions, variances, q, n, rng, own=0.0)
    return x + rng.standard_normal((n, 1) if each else len(mean)) * np.sqrt(0.5)


def all_directions(mean, directions, variances, q, n, rng):
    return mean + rng.standard_normal((n, len(variances))) * np.sqrt(variances) @ directions


def log_posterior(log_density, log_prior):
    joint = log_density + log_prior
    return joint - logsumexp(joint, axis=1, keepdims=True)


def overflowing(log_density, log_prior):
    joint = np.exp(log_density + log_prior)
    return np.log(joint / joint.sum(axis=1, keepdims=True))


def largest_not_added_back(log_density, log_prior):
    joint = log_density + log_prior
    if np.abs(joint).max() < 100:
        return log_posterior(log_density, log_prior)
    return joint - np.log(np.exp(joint - joint.max(axis=1, keepdims=True)).sum(axis=1, keepdims=True))


CASES = [
    (exercises.posterior, ..., "To do"),
    (exercises.posterior, lambda counts, prior: ..., "To do"),
    (exercises.posterior, lambda counts, prior: 0.5, "Not yet: return one probability for each"),
    (
        exercises.posterior,
        lambda counts, prior: counts[1] / counts.sum(axis=0),
        "Not yet: that is the share at",
    ),
    (
        exercises.posterior,
        lambda counts, prior: prior * counts[1] / counts[1].sum(),
        "Not yet: those are p(x|y) p(y)",
    ),
    (exercises.posterior, old_prior_kept, "Not yet: the counts still hold the old prior"),
    (
        exercises.posterior,
        lambda counts, prior: posterior(counts, 1 - prior),
        "Not yet: `prior` is the share",
    ),
    (exercises.posterior, lambda counts, prior: 1 - posterior(counts, prior), "Not yet: those are the prob"),
    (
        exercises.posterior,
        lambda counts, prior: prior * counts[1] / counts.sum(axis=0),
        "Not yet: the shares of ships already",
    ),
    (exercises.posterior, lambda counts, prior: np.full(3, prior), "Not yet: for counts"),
    (exercises.posterior, posterior, "Right"),
    (exercises.sample_gaussian, lambda *a: ..., "To do"),
    (exercises.sample_gaussian, lambda *a: samples(*a)[0], "Not yet: return n samples"),
    (exercises.sample_gaussian, lambda m, *a: samples(0 * m, *a), "Not yet: the samples' mean"),
    (exercises.sample_gaussian, changed(own=0.0), "Not yet: nothing varies off"),
    (exercises.sample_gaussian, one_z, "Not yet: all samples share one z"),
    (exercises.sample_gaussian, one_noise, "Not yet: the noise of a sample is one number"),
    (exercises.sample_gaussian, lambda *a: one_noise(*a, each=0), "Not yet: nothing varies off"),
    (exercises.sample_gaussian, all_directions, "Not yet: you drew along all"),
    (exercises.sample_gaussian, changed(share=1.5), "Not yet: the noise varies by 1.5"),
    (exercises.sample_gaussian, changed(share=0.75), "Not yet: the noise varies by 0.75"),
    (exercises.sample_gaussian, changed(share=0.3), "Not yet: the noise varies by 0.3"),
    (
        exercises.sample_gaussian,
        changed(own=0.5**0.5),
        "Not yet: `variances[q:].sum() / (d - q)` is a variance",
    ),
    (exercises.sample_gaussian, changed(square=True), "Not yet: `variances` are variances"),
    (exercises.sample_gaussian, no_noise_along, "Not yet: the noise is missing along"),
    (exercises.sample_gaussian, noise_on_top, "Not yet: along the directions the noise comes on top"),
    (exercises.sample_gaussian, changed(together=True), "Not yet: the directions move together"),
    (exercises.sample_gaussian, changed(own=3.0), "Not yet: along the directions the samples"),
    (
        exercises.sample_gaussian,
        lambda *a: samples(*a[:-1], np.random.default_rng()),
        "Not yet: draw from `rng`",
    ),
    (exercises.sample_gaussian, samples, "Right"),
    (exercises.log_posterior, lambda d, p: None, "To do"),
    (exercises.log_posterior, lambda d, p: d[:, 0], "Not yet: return a number for each chip"),
    (
        exercises.log_posterior,
        lambda d, p: np.exp(log_posterior(d, p)),
        "Not yet: those are the probabilities",
    ),
    (exercises.log_posterior, lambda d, p: d + p, "Not yet: that is log p(x, y)"),
    (exercises.log_posterior, lambda d, p: log_posterior(d, 0), "Not yet: the prior is missing"),
    (exercises.log_posterior, lambda d, p: 0 * d, "Not yet: the exponentials of each row"),
    (
        exercises.log_posterior,
        lambda d, p: log_posterior(d, p) - (d + p).max(axis=1, keepdims=True),
        "Not yet: it is off by each row's largest",
    ),
    (exercises.log_posterior, overflowing, "Not yet: for log densities of -80 000 it is not finite"),
    (exercises.log_posterior, largest_not_added_back, "Not yet: for log densities of -80 000 it is off"),
    (exercises.log_posterior, log_posterior, "Right"),
]


@pytest.mark.parametrize(("grader", "answer", "verdict"), CASES)
def test_each_grader_tells_undone_wrong_and_right_apart(grader, answer, verdict, printed):
    assert printed(grader, answer).startswith(verdict)
