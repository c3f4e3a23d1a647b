import keras
import numpy as np
import pytest

from satgan_tutorial import classifier
from satgan_tutorial.chips import shrink, symmetry, to_float
from satgan_tutorial.sources import simulate

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def chips():
    return simulate.draw_chips(96, seed=3)


def test_a_chip_gives_one_logit_and_128_features():
    model = classifier.build()
    assert model.output_shape == (None, 1)
    assert model.get_layer("features").output.shape == (None, 128)
    assert model.count_params() == 82_209


def test_at_half_the_size_it_sees_what_it_would_see_of_chips_made_larger(chips):
    large, small = classifier.build(), classifier.build(40)
    kernel, *rest = large.get_weights()
    small.set_weights([kernel.reshape(2, 2, 2, 2, 3, -1).sum((1, 3)), *rest])
    images = shrink(chips.images[:4], 40)
    np.testing.assert_allclose(
        classifier.logits(small, images),
        classifier.logits(large, images.repeat(2, 1).repeat(2, 2)),
        atol=1e-4,
    )
    shown, _ = classifier.Batches(chips, 4, symmetries=False, image_size=40)[0]
    assert shown.shape == (4, 40, 40, 3)


def test_a_sweep_gives_the_numbers_of_the_chips_at_its_stride():
    chip, scene = classifier.build(), classifier.build(image_size=None)
    scene.set_weights(chip.get_weights())
    body = keras.Model(scene.inputs[0], scene.layers[-3].output)
    image = np.random.default_rng(0).uniform(-1, 1, (1, 97, 112, 3)).astype(np.float32)
    swept = keras.layers.AveragePooling2D(3, strides=1)(body(image))
    kernel, bias = chip.get_layer("logit").get_weights()
    swept = np.asarray(swept)[0] @ kernel + bias
    assert swept.shape == (3, 5, 1)
    s = classifier.STRIDE
    for row in range(3):
        for column in range(5):
            window = image[:, row * s : row * s + 80, column * s : column * s + 80]
            np.testing.assert_allclose(swept[row, column], np.asarray(chip(window))[0], atol=1e-4)


def test_the_eight_symmetries_are_eight_and_keep_the_axes():
    image = np.random.default_rng(0).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    views = [symmetry(image, which) for which in range(8)]
    assert len({view.tobytes() for view in views}) == 8
    stack = symmetry(np.stack([image, image + 1]), 5)
    np.testing.assert_array_equal(stack[0], views[5])
    assert all(np.array_equal(np.sort(v.reshape(-1, 3), 0), np.sort(image.reshape(-1, 3), 0)) for v in views)


def test_batches_repeat_for_a_seed_and_change_with_the_epoch(chips):
    first, second = (classifier.Batches(chips, 32, seed=5) for _ in range(2))
    assert len(first) == 3
    np.testing.assert_array_equal(first[1][0], second[1][0])
    first.on_epoch_end()
    assert not np.array_equal(first[1][0], second[1][0])


def test_batches_keep_each_label_with_its_chip(chips):
    images, labels = classifier.Batches(chips, 96, seed=1, symmetries=False)[0]
    known = {
        image.tobytes(): label for image, label in zip(to_float(chips.images), chips.labels, strict=True)
    }
    assert [known[image.tobytes()] for image in images] == labels[:, 0].tolist()
    turned, same = classifier.Batches(chips, 96, seed=1)[0]
    np.testing.assert_array_equal(same, labels)
    np.testing.assert_allclose(turned.mean((1, 2)), images.mean((1, 2)), atol=1e-5)
    assert not np.array_equal(turned, images)


@pytest.mark.parametrize("change", ["seed", "epoch"])
def test_symmetries_are_drawn_anew_for_each_seed_and_epoch(chips, change):
    batches = classifier.Batches(chips, 96, seed=1)
    before, _ = batches[0]
    setattr(batches, change, 7)  # and the order stays
    assert not np.array_equal(before, batches[0][0])


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bits(chips):
    def run(seed):
        model = classifier.train(chips, chips[:20], epochs=1, seed=seed)
        return np.concatenate([weights.ravel() for weights in model.get_weights()])

    first = run(seed=1)
    np.testing.assert_array_equal(first, run(seed=1))
    assert not np.array_equal(first, run(seed=2))


@pytest.mark.slow
def test_training_learns_and_keeps_the_best_epoch(chips):
    model = classifier.train(chips, chips, epochs=6, learning_rate=3e-3, weighted=True)
    losses = model.history.history["val_loss"]
    assert min(losses) < losses[0]
    z = classifier.logits(model, chips.images)
    now = np.logaddexp(0, np.where(chips.labels == 1, -z, z)).mean()
    assert now == pytest.approx(min(losses), abs=1e-3)


def test_too_few_chips_are_refused(chips):
    with pytest.raises(ValueError, match="20 chips to train on"):
        classifier.train(chips[:20], chips)


def test_symmetries_are_averaged(chips):
    model = classifier.build()
    one = [classifier.logits(model, symmetry(chips.images, which)) for which in range(8)]
    np.testing.assert_allclose(
        classifier.logits(model, chips.images, symmetries=True), np.mean(one, axis=0), atol=1e-6
    )


def test_temperature_finds_how_much_too_sure_the_logits_are():
    rng = np.random.default_rng(0)
    honest = rng.normal(0, 2, 20_000)
    labels = rng.random(20_000) < 1 / (1 + np.exp(-honest))
    assert classifier.temperature(3 * honest, labels) == pytest.approx(3, rel=0.05)
    assert classifier.temperature(honest / 2, labels) == pytest.approx(0.5, rel=0.05)
    assert classifier.temperature(200 * honest, labels) == pytest.approx(200, rel=0.05)


def test_reliability_counts_by_hand():
    rows, ece = classifier.reliability([0.05, 0.05, 0.95, 1.0], [0, 1, 1, 1])
    np.testing.assert_allclose(rows, [[0.05, 0.5, 2], [0.975, 1.0, 2]])
    assert ece == pytest.approx(0.5 * 0.45 + 0.5 * 0.025)


@pytest.mark.parametrize(
    ("values", "labels", "says"),
    [
        ([0.2, 1.5], [0, 1], "expected 0 to 1. Of logits take the sigmoid"),
        ([-0.2, 0.5], [0, 1], "expected 0 to 1"),
        ([0.2, np.nan], [0, 1], "not finite"),
        ([], [], "probability: found"),
        (["a", "b"], [0, 1], "probability: found"),
        ([[0.2, 0.8]], [[0, 1]], "probability: found"),
        ([0.2, 0.8], [0, 2], "labels: found"),
        ([0.2, 0.8], [0, 0.5], "labels: found"),
        ([0.2, 0.8], ["0", "1"], "labels: found"),
        ([0.2, 0.8], [1], "labels: found"),
        ([0.2, 0.8], np.eye(2), "labels: found"),
    ],
)
def test_reliability_is_of_probabilities_and_labels(values, labels, says):
    with pytest.raises(ValueError, match=says):
        classifier.reliability(np.array(values), np.array(labels))
    if "0 to 1" not in says:
        with pytest.raises(ValueError, match=says.replace("probability", "logits")):
            classifier.temperature(np.array(values), np.array(labels))


@pytest.mark.parametrize("bins", [0, -1, 2.5, True])
def test_bins_are_counted(bins):
    with pytest.raises(ValueError, match="bins: found"):
        classifier.reliability(np.array([0.2, 0.8]), np.array([0, 1]), bins)
