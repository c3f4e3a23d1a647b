import csv
import os

import keras
import numpy as np
import pytest

from satgan_tutorial import classifier, judge, load_chips, models
from satgan_tutorial.chips import ChipSet
from satgan_tutorial.sources import simulate

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def chips():
    return simulate.draw_chips(300, seed=3)


@pytest.fixture(scope="module")
def trained(chips, tmp_path_factory):
    folder = tmp_path_factory.mktemp("judge")
    return folder, judge.train_judge(folder, chips, epochs=1)


@pytest.mark.slow
def test_features_are_standardised_on_the_training_chips(chips, trained):
    found = trained[1].features(chips.split(0).train)
    assert found.shape == (len(chips.split(0).train), 128)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.mean(axis=0), 0, atol=0.05)  # weights are rounded to float16
    spread = found.std(axis=0)
    assert (spread < 1.05).all() and np.median(spread) == pytest.approx(1, abs=0.05)


@pytest.mark.slow
def test_the_judges_logit_is_the_classifiers_over_the_temperature(chips):
    split = chips.split(0)
    model = classifier.train(split.train, split.validation, epochs=2, seed=0)
    before = classifier.logits(model, split.test.images)
    t = classifier.temperature(classifier.logits(model, split.validation.images), split.validation.labels)
    network = judge.from_classifier(model, split.train, split.validation)
    after = np.asarray(network(classifier.to_float(split.test.images))["logit"])[:, 0]
    np.testing.assert_allclose(after, before / t, rtol=1e-4, atol=1e-5)


@pytest.mark.slow
def test_chips_of_the_other_source_are_refused(chips, trained):
    other = ChipSet(chips.images, chips.labels, chips.scenes, chips.locations, source="real")
    with pytest.raises(judge.JudgeError, match='cannot judge real ones: take Judge\\("real"\\)'):
        trained[1].features(other)
    with pytest.raises(judge.JudgeError, match="cannot judge real ones"):
        trained[1].score(chips.ships, other, split="test")
    with pytest.raises(judge.JudgeError, match="expected at least one chip, uint8"):
        trained[1].features(np.zeros((2, 80, 80, 3), np.float32))


@pytest.mark.slow
def test_a_score_names_judge_n_and_split(chips, trained):
    score = trained[1].score(chips.ships[:30], chips.images[:40], split="test")
    assert score.value == judge.kid(
        trained[1].features(chips.ships[:30]), trained[1].features(chips.images[:40])
    )
    for part in ("KID", "judge-simulated", "40", "30 test chips"):
        assert part in str(score)


@pytest.mark.slow
def test_all_scores_come_as_a_table_that_names_judge_n_and_split(chips, trained):
    table = trained[1].scores(chips.ships[:30], chips.images[:40], split="test")
    assert table.metric.tolist() == ["KID", "FID", "precision", "recall", "density", "coverage"]
    assert table.value[0] == trained[1].score(chips.ships[:30], chips.images[:40], split="test").value
    rest = table[["judge", "n_real", "n_fake", "split"]].drop_duplicates().values.tolist()
    assert rest == [["judge-simulated", 30, 40, "test"]]
    assert np.isfinite(table.value).all()


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_stored_model_is_rounded_to_float16_and_small(tmp_path):
    model = classifier.build()
    file = models.save(model, "ship", "real", folder=tmp_path, card="a card", log="epoch\n0\n")
    again = models.load("ship", "real", tmp_path)
    for kept, weight in zip(again.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(kept, weight.astype(np.float16).astype(np.float32))
    assert file.stat().st_size < 2.6 * model.count_params()
    assert sorted(f.suffix for f in tmp_path.iterdir()) == [".csv", ".keras", ".md"]
    assert models.shipped(tmp_path) == ["ship-real"]


def test_what_is_not_shipped_or_no_judge_is_said_in_a_sentence(tmp_path):
    models.save(classifier.build(), "ship", "real", folder=tmp_path)
    with pytest.raises(models.ModelError, match="there is ship-real"):
        models.load("judge", "real", tmp_path)
    (tmp_path / "half.keras").write_bytes(b"PK")
    with pytest.raises(models.ModelError, match="half.keras: expected a Keras model"):
        models.read(tmp_path / "half.keras")
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
        assert models.path("judge", source).with_suffix(suffix).is_file()


@pytest.mark.slow
def test_the_shipped_simulated_judge_reads_simulated_ships():
    found = judge.Judge("simulated").evaluate(
        simulate.draw_chips(400, seed=99), split="new", symmetries=False
    )
    assert found["accuracy"] > 0.9


@pytest.mark.slow
@pytest.mark.parametrize("source", [pytest.param("real", marks=pytest.mark.real), "simulated"])
def test_the_shipped_judges_were_trained_on_the_train_scenes_of_today(source):
    if source == "real" and os.environ.get("SATGAN_DATA", "simulated") == "simulated":
        pytest.skip("no real chips in $SATGAN_DATA")
    chips = load_chips(None if source == "real" else source)
    card = models.path("judge", source).with_suffix(".md").read_text()
    digest = judge.scenes_digest(chips.split(0).train)
    assert f"sha256 {digest} " in card, "the split has changed: train the judge again (satgan train judge)"
