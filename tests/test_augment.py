import numpy as np
import pytest
import tensorflow as tf

from satgan_tutorial import augment

pytestmark = pytest.mark.once

SEED = tf.constant([3, 4], tf.int32)
IMAGES = tf.constant(np.random.default_rng(0).uniform(-1, 1, (64, 16, 16, 3)), tf.float32)


def the_eight(image):
    turned = [np.rot90(image, k) for k in range(4)]
    return turned + [x[::-1] for x in turned]


def test_symmetries_are_the_eight_and_each_comes():
    image = IMAGES[0].numpy()
    many = augment.symmetries(tf.repeat(IMAGES[:1], 200, 0), SEED).numpy()
    which = [[np.array_equal(x, y) for y in the_eight(image)].index(True) for x in many]
    assert np.bincount(which, minlength=8).min() >= 10


def test_half_turns_leave_two_and_keep_headings():
    many = augment.symmetries(tf.repeat(IMAGES[:1], 100, 0), SEED, "half_turns").numpy()
    turned = [np.array_equal(x, IMAGES[0, ::-1, ::-1]) for x in many]
    assert all(np.array_equal(x, IMAGES[0]) for x in many[np.logical_not(turned)]) and 25 < sum(turned) < 75
    with pytest.raises(ValueError, match="expected True, False, 'half_turns' or 'conditioned'"):
        augment.check((), "quarter_turns")


def test_which_symmetry_names_the_one_that_was_made():
    chips = tf.repeat(IMAGES[:1], 200, 0)
    many = augment.symmetries(chips, SEED, "conditioned").numpy()
    told = augment.which_symmetry(chips, SEED).numpy()
    assert told.shape == (200, 8) and np.allclose(np.linalg.norm(told, axis=1), np.sqrt(8))
    kinds = {told.argmax(1)[i]: many[i] for i in range(200)}
    assert len(kinds) == 8
    for image, code in zip(many, told.argmax(1), strict=True):
        np.testing.assert_array_equal(image, kinds[code])
    np.testing.assert_array_equal(kinds[augment.as_it_is().argmax()], IMAGES[0])
    drawn = augment.any_symmetry(100, seed=0)
    assert drawn.shape == (100, 8) and len(np.unique(drawn.argmax(1))) == 8


def test_symmetries_take_uint8_and_change_each_image_its_own_way():
    images = tf.cast(IMAGES * 100 + 100, "uint8")
    changed = augment.symmetries(images, SEED)
    assert changed.dtype == images.dtype
    np.testing.assert_array_equal(np.sort(changed.numpy().ravel()), np.sort(images.numpy().ravel()))
    assert 0 < np.mean([np.array_equal(a, b) for a, b in zip(changed, images, strict=True)]) < 0.5


@pytest.mark.parametrize("change", [augment.symmetries, augment.diffaugment])
def test_the_seed_decides(change):
    a, b, c = (change(IMAGES, s).numpy() for s in (SEED, SEED, SEED + 1))
    assert np.array_equal(a, b) and not np.array_equal(a, c)


def test_color_changes_what_it_says():
    moved = augment.brightness(IMAGES, SEED) - IMAGES
    assert np.ptp(moved, axis=(1, 2, 3)).max() < 1e-6
    assert -0.5 <= np.min(moved) < -0.3 and 0.3 < np.max(moved) <= 0.5
    grey = tf.reduce_mean(IMAGES, 3)
    np.testing.assert_allclose(tf.reduce_mean(augment.saturation(IMAGES, SEED), 3), grey, atol=1e-6)
    spread = np.std(augment.contrast(IMAGES, SEED), axis=(1, 2, 3)) / np.std(IMAGES, axis=(1, 2, 3))
    assert 0.5 <= spread.min() < 0.7 and 1.3 < spread.max() <= 1.5


def test_translation_moves_by_at_most_an_eighth_and_fills_with_grey():
    dot = np.zeros((200, 16, 16, 1), np.float32)
    dot[:, 8, 8] = 1
    places = np.argwhere(augment.translation(tf.constant(dot), SEED).numpy()[..., 0]) - [0, 8, 8]
    assert len(places) == 200
    assert set(places[:, 1]) == set(places[:, 2]) == {-2, -1, 0, 1, 2}
    ones = augment.translation(tf.ones((64, 16, 16, 1)), SEED)
    assert set(np.unique(ones)) == {0.0, 1.0}


def test_cutout_greys_a_square_of_half_the_side():
    missing = 1 - augment.cutout(tf.ones((200, 16, 16, 1)), SEED).numpy()
    area = missing.sum(axis=(1, 2, 3))
    assert area.max() == 64 and area.min() >= 16


@pytest.mark.parametrize(
    "policy", [("color",), ("translation",), ("cutout",), ("color", "translation", "cutout")]
)
def test_gradients_pass_through(policy):
    with tf.GradientTape() as tape:
        tape.watch(IMAGES)
        total = tf.reduce_sum(augment.diffaugment(IMAGES, SEED, policy))
    assert np.count_nonzero(tape.gradient(total, IMAGES)) > IMAGES.shape.num_elements() // 2


def test_an_unknown_policy_lists_the_known():
    with pytest.raises(ValueError, match="'colour'.*color, translation, cutout"):
        augment.diffaugment(IMAGES, SEED, ("colour",))
