import csv
import os

import keras
import numpy as np
import pytest
from sklearn.metrics.pairwise import polynomial_kernel

from satgan_tutorial import classifier, judge, load_chips, pretrained, simulate
from satgan_tutorial.chips import ChipSet


@pytest.fixture(scope="module")
def chips():
    return simulate.draw_chips(300, seed=3)


@pytest.fixture(scope="module")
def trained(chips, tmp_path_factory):
    folder = tmp_path_factory.mktemp("judge")
    return folder, judge.train_judge(folder, chips, epochs=1)


@pytest.fixture
def features():
    rng = np.random.default_rng(0)
    return rng.normal(size=(23, 7)).astype(np.float32), rng.normal(0.5, 1.5, size=(17, 7)).astype(np.float32)


def test_kid_is_the_double_loop(features):
    real, fake = (x.astype(float) for x in features)

    def mean(a, b, skip):
        found = [
            (x @ y / 7 + 1) ** 3 for i, x in enumerate(a) for j, y in enumerate(b) if not (skip and i == j)
        ]
        return sum(found) / len(found)

    expected = mean(real, real, True) + mean(fake, fake, True) - 2 * mean(real, fake, False)
    assert judge.kid(*features) == pytest.approx(expected, rel=1e-9)


def test_kid_is_scikit_learns_kernel(features):
    def k(x, y):
        return polynomial_kernel(x.astype(float), y.astype(float), degree=3, gamma=1 / 7, coef0=1)

    (real, fake), (m, n) = features, map(len, features)
    xx, yy = k(real, real), k(fake, fake)
    expected = (xx.sum() - np.trace(xx)) / (m * (m - 1)) + (yy.sum() - np.trace(yy)) / (n * (n - 1))
    assert judge.kid(real, fake) == pytest.approx(expected - 2 * k(real, fake).mean(), rel=1e-9)


def test_kid_is_the_same_in_any_blocks_and_both_ways(features):
    assert judge.kid(*features, block=5) == pytest.approx(judge.kid(*features), rel=1e-12)
    assert judge.kid(*features[::-1]) == pytest.approx(judge.kid(*features), rel=1e-9)


def test_kid_of_one_distribution_is_zero_on_average():
    rng = np.random.default_rng(1)
    scores = [judge.kid(rng.normal(size=(20, 8)), rng.normal(size=(30, 8))) for _ in range(400)]
    assert abs(np.mean(scores)) < 4 * np.std(scores) / 20
    assert min(scores) < 0
    far = judge.kid(rng.normal(size=(20, 8)), rng.normal(1, 1, size=(30, 8)))
    assert far > 10 * np.std(scores)


@pytest.mark.parametrize("shapes", [((1, 4), (5, 4)), ((5, 4), (1, 4)), ((5, 4), (5, 3))])
def test_kid_refuses_what_it_cannot_compare(shapes):
    with pytest.raises(ValueError, match="features of shape"):
        judge.kid(*(np.zeros(shape) for shape in shapes))


def test_features_are_standardised_on_the_training_chips(chips, trained):
    found = trained[1].features(chips.split(0).train)
    assert found.shape == (len(chips.split(0).train), 128)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.mean(axis=0), 0, atol=0.05)  # weights are rounded to float16
    spread = found.std(axis=0)
    assert (spread < 1.05).all() and np.median(spread) == pytest.approx(1, abs=0.05)


def test_the_judges_logit_is_the_classifiers_over_the_temperature(chips):
    split = chips.split(0)
    model = classifier.train(split.train, split.validation, epochs=2, seed=0)
    before = classifier.logits(model, split.test.images)
    t = classifier.temperature(classifier.logits(model, split.validation.images), split.validation.labels)
    network = judge.from_classifier(model, split.train, split.validation)
    after = np.asarray(network(classifier.to_float(split.test.images))["logit"])[:, 0]
    np.testing.assert_allclose(after, before / t, rtol=1e-4, atol=1e-5)


def test_chips_of_the_other_source_are_refused(chips, trained):
    other = ChipSet(chips.images, chips.labels, chips.scenes, chips.locations, source="real")
    with pytest.raises(judge.JudgeError, match='cannot judge real ones: take Judge\\("real"\\)'):
        trained[1].features(other)
    with pytest.raises(judge.JudgeError, match="cannot judge real ones"):
        trained[1].score(chips.ships, other, split="test")
    with pytest.raises(judge.JudgeError, match="expected at least one chip, uint8"):
        trained[1].features(np.zeros((2, 80, 80, 3), np.float32))


def test_a_score_names_judge_n_and_split(chips, trained):
    score = trained[1].score(chips.ships[:30], chips.images[:40], split="test")
    assert score.value == judge.kid(
        trained[1].features(chips.ships[:30]), trained[1].features(chips.images[:40])
    )
    for part in ("KID", "judge-simulated", "40", "30 test chips"):
        assert part in str(score)


def test_a_trained_judge_comes_with_card_and_log_and_loads_again(chips, trained):
    folder, first = trained
    assert {file.name for file in folder.iterdir()} == {
        f"judge-simulated{end}" for end in (".keras", ".md", ".csv")
    }
    with open(folder / "judge-simulated.csv") as log:
        assert len(list(csv.DictReader(log))) == 1
    found = first.evaluate(chips.split(0).test, split="test")
    assert set(found) == {"accuracy", "ece", "n", "split", "data", "judge"}
    assert (
        f"| {found['n']} | {found['accuracy']:.4f} | {found['ece']:.4f} |"
        in (folder / "judge-simulated.md").read_text()
    )
    again = judge.Judge(folder / "judge-simulated.keras")
    assert (again.source, again.name) == ("simulated", "judge-simulated")
    np.testing.assert_array_equal(again.probability(chips), first.probability(chips))


def test_a_stored_model_is_rounded_to_float16_and_small(tmp_path):
    model = classifier.build()
    file = pretrained.save(model, "ship", "real", folder=tmp_path, card="a card", log="epoch\n0\n")
    again = pretrained.load("ship", "real", tmp_path)
    for kept, weight in zip(again.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(kept, weight.astype(np.float16).astype(np.float32))
    assert file.stat().st_size < 2.6 * model.count_params()
    assert sorted(f.suffix for f in tmp_path.iterdir()) == [".csv", ".keras", ".md"]
    assert pretrained.shipped(tmp_path) == ["ship-real"]


def test_what_is_not_shipped_or_no_judge_is_said_in_a_sentence(tmp_path):
    pretrained.save(classifier.build(), "ship", "real", folder=tmp_path)
    with pytest.raises(pretrained.PretrainedError, match="there is ship-real"):
        pretrained.load("judge", "real", tmp_path)
    (tmp_path / "half.keras").write_bytes(b"PK")
    with pytest.raises(pretrained.PretrainedError, match="half.keras: expected a Keras model"):
        pretrained.read(tmp_path / "half.keras")
    with pytest.raises(judge.JudgeError, match="expected a judge"):
        judge.Judge(tmp_path / "ship-real.keras")


@pytest.mark.parametrize("source", ["real", "simulated"])
def test_the_shipped_judges_are_there(source):
    shipped = judge.Judge(source)
    assert shipped.source == source
    images = np.random.default_rng(0).integers(0, 256, (3, 80, 80, 3), dtype=np.uint8)
    assert shipped.features(images).shape == (3, 128)
    by_layers = np.asarray(shipped.classifier(classifier.to_float(images)))[:, 0]
    np.testing.assert_allclose(shipped.probability(images), 1 / (1 + np.exp(-by_layers)), rtol=1e-5)
    assert isinstance(shipped.classifier, keras.Model)
    for suffix in (".md", ".csv"):
        assert pretrained.path("judge", source).with_suffix(suffix).is_file()


def test_the_shipped_simulated_judge_reads_simulated_ships():
    found = judge.Judge("simulated").evaluate(
        simulate.draw_chips(400, seed=99), split="new", symmetries=False
    )
    assert found["accuracy"] > 0.9


@pytest.mark.parametrize("source", [pytest.param("real", marks=pytest.mark.real), "simulated"])
def test_the_shipped_judges_were_trained_on_the_train_scenes_of_today(source):
    if source == "real" and os.environ.get("SATGAN_DATA", "simulated") == "simulated":
        pytest.skip("no real chips in $SATGAN_DATA")
    chips = load_chips(None if source == "real" else source)
    card = pretrained.path("judge", source).with_suffix(".md").read_text()
    digest = judge.scenes_digest(chips.split(0).train)
    assert f"sha256 {digest} " in card, "the split has changed: train the judge again (satgan train judge)"
