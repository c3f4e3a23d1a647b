import keras
import numpy as np
import pytest

from satgan_tutorial import losses

pytestmark = pytest.mark.once

REAL = np.array([[2.0], [-1.0], [0.5]], np.float32)
FAKE = np.array([[-3.0], [0.25], [1.0]], np.float32)


def log_d(x):
    return -np.log1p(np.exp(-x))


@pytest.mark.parametrize(
    ("name", "d_loss", "g_loss"),
    [
        ("non_saturating", -log_d(REAL).mean() - log_d(-FAKE).mean(), -log_d(FAKE).mean()),
        ("minimax", -log_d(REAL).mean() - log_d(-FAKE).mean(), log_d(-FAKE).mean()),
        ("cross_entropy", -(log_d(REAL).mean() + log_d(-FAKE).mean()) / 2, -log_d(FAKE).mean()),
        ("hinge", (0 + 2 + 0.5) / 3 + (0 + 1.25 + 2) / 3, (3 - 0.25 - 1) / 3),
        ("least_squares", (1 + 4 + 0.25) / 6 + (9 + 0.0625 + 1) / 6, (16 + 0.5625 + 0) / 6),
        ("relativistic", -log_d(REAL - FAKE).mean(), -log_d(FAKE - REAL).mean()),
    ],
)
def test_each_loss_is_its_formula(name, d_loss, g_loss):
    found = losses.get(name)(REAL, FAKE)
    np.testing.assert_allclose([float(x) for x in found], [d_loss, g_loss], rtol=1e-6)


@pytest.mark.parametrize("name", losses.LOSSES)
def test_each_loss_prefers_what_its_player_wants(name):
    real, fake = np.full((4, 1), 0.3, np.float32), np.full((4, 1), 0.6, np.float32)
    d_now, g_now = losses.get(name)(real, fake)
    d_better, _ = losses.get(name)(real + 0.1, fake - 0.1)
    _, g_better = losses.get(name)(real, fake + 0.1)
    assert float(d_better) < float(d_now)
    assert float(g_better) < float(g_now)


def test_the_posts_cross_entropy_is_keras_own_over_one_batch_of_both():
    both, labels = np.concatenate([REAL, FAKE]), np.repeat([1.0, 0.0], 3)[:, None]
    d_loss, g_loss = losses.cross_entropy(REAL, FAKE)
    keras_own = keras.losses.BinaryCrossentropy(from_logits=True)
    assert float(d_loss) == pytest.approx(float(keras_own(labels, both)), rel=1e-6)
    assert float(g_loss) == pytest.approx(float(keras_own(np.ones((3, 1)), FAKE)), rel=1e-6)


def test_minimax_goes_flat_where_the_discriminator_wins():
    import tensorflow as tf

    fake = tf.constant([[-12.0]])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(fake)
        flat = losses.minimax(REAL, fake)[1]
        alive = losses.non_saturating(REAL, fake)[1]
    assert abs(float(tape.gradient(flat, fake)[0, 0])) < 1e-4
    assert abs(float(tape.gradient(alive, fake)[0, 0])) > 0.99


def test_the_gradient_penalty_is_half_the_mean_squared_length():
    gradients = np.zeros((2, 4, 4, 3), np.float32)
    gradients[0, 0, 0] = (3, 0, 4)
    gradients[1, 1, 1, 1] = 1
    assert float(losses.gradient_penalty(gradients)) == pytest.approx(0.5 * (25 + 1) / 2)


def test_accuracies_take_the_border_of_their_loss():
    def found(loss, real, fake):
        return [float(x) for x in losses.accuracies(keras.ops.array(real), keras.ops.array(fake), loss)]

    assert found("non_saturating", REAL, FAKE) == pytest.approx([2 / 3, 1 / 3])
    assert found("least_squares", [[0.6], [0.4]], [[0.4], [0.1]]) == pytest.approx([0.5, 1.0])
    assert (
        found("relativistic", REAL + 100, REAL + 90) == found("relativistic", REAL, REAL - 10) == [1.0, 1.0]
    )


def test_an_unknown_loss_lists_the_known():
    with pytest.raises(ValueError, match="'hinged'.*hinge"):
        losses.get("hinged")
