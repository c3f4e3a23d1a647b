import csv

import numpy as np
import pytest

from satgan_tutorial import appearance, batching, callbacks, diagnose, recipes
from satgan_tutorial.chips import shrink, symmetry
from satgan_tutorial.sources import simulate

pytestmark = pytest.mark.once

TINY = recipes.GANRecipe(
    "tiny", "for tests", batch_norm=False, base_filters=4, latent_dim=8, image_size=16, batch_size=4
)
IMAGES = np.random.default_rng(0).integers(0, 256, (10, 16, 16, 3), np.uint8)


@pytest.mark.slow
def test_callbacks_through_a_training(tmp_path):
    lines = []
    samples = callbacks.Samples(n=3, seed=1, every=4, folder=tmp_path / "samples")
    scores = callbacks.Scores({"brightness": np.mean}, n=4, every=4)
    log = callbacks.Log(tmp_path / "log.csv")
    progress = callbacks.Progress(steps=8, seconds=0, say=lines.append)
    model = recipes.build(TINY, run_eagerly=True)
    start = model.sample(3, seed=1)
    model.fit(
        batching.shuffled(IMAGES, 4, 0),
        steps_per_epoch=2,
        epochs=4,
        verbose=0,
        callbacks=[samples, scores, log, progress],
    )
    assert samples.steps == [0, 4, 8]
    steps, rows = callbacks.read_samples(tmp_path / "samples")
    assert steps == [0, 4, 8] and rows[0].shape == (3, 16, 16, 3) and rows[0].dtype == np.uint8
    assert np.array_equal(rows[0], start) and np.array_equal(rows[2], model.sample(3, seed=1))
    assert sorted(file.name for file in (tmp_path / "samples").iterdir()) == [
        f"{step:06}.npz" for step in (0, 4, 8)
    ]
    rows = list(csv.DictReader((tmp_path / "log.csv").open()))
    assert [row["step"] for row in rows] == ["2", "4", "6", "8"] and next(iter(rows[0])) == "step"
    assert [row["brightness"] == "nan" for row in rows] == [True, False, True, False]
    assert float(rows[3]["brightness"]) == pytest.approx(model.sample(4, 0).mean(), rel=1e-5)
    assert {"d_loss", "g_loss", "real_accuracy", "fake_accuracy"} <= set(rows[0])
    assert len(lines) == 7 and lines[-1].startswith("step 8 of 8: d_loss") and lines[-1].endswith("0 s left")

    again = callbacks.Samples(n=3, seed=1, every=4, folder=tmp_path / "samples")
    assert again.steps == [0, 4, 8]
    again.set_model(recipes.build(TINY))  # a training that starts over
    again.on_train_begin()
    assert again.steps == [0] and np.array_equal(again.images[0], start)
    assert [file.name for file in (tmp_path / "samples").iterdir()] == ["000000.npz"]


def test_a_log_goes_on_where_the_model_is_and_a_torn_row_goes(tmp_path):
    table = tmp_path / "log.csv"
    table.write_text("step,d_loss\n20,1\n33,2\n40,3\n60,4\n8")
    log = callbacks.Log(table, every=20)
    log.set_model(model := recipes.build(TINY))
    model.optimizer.iterations.assign(40)
    log.on_train_begin()
    assert table.read_text() == "step,d_loss\n20,1\n40,3\n"
    model.optimizer.iterations.assign(60)
    log.on_epoch_end(0, {"d_loss": 0.123456789})
    assert table.read_text() == "step,d_loss\n20,1\n40,3\n60,0.123457\n"
    log.on_epoch_end(0, {"kid": 1.0, "d_loss": 2})  # what the first row had no column for
    log.on_epoch_end(0, {"kid": 1.0})
    assert table.read_text().endswith("\n60,2\n60,nan\n")
    for torn in ("", "st", "step,d_loss"):  # a kill before the first row was whole
        table.write_text(torn)
        log.on_train_begin()
        log.on_epoch_end(0, {"d_loss": 1.0})
        assert table.read_text() == "step,d_loss\n60,1\n"


def test_a_damaged_row_of_samples_is_drawn_again(tmp_path):
    model = recipes.build(TINY)
    for step in (0, 4):
        np.savez_compressed(tmp_path / f"{step:06}.npz", images=model.sample(3, seed=1))
    (tmp_path / "000004.npz").write_bytes(b"PK half")
    samples = callbacks.Samples(n=3, seed=1, every=4, folder=tmp_path)
    assert samples.steps == [0]
    samples.set_model(model)
    model.optimizer.iterations.assign(4)
    samples.on_epoch_end(0)
    assert callbacks.read_samples(tmp_path)[0] == [0, 4]


def test_the_time_left_follows_the_pace(monkeypatch):
    lines, clock = [], iter([100.0, 102.0, 104.0])
    monkeypatch.setattr(callbacks.time, "monotonic", lambda: next(clock))
    progress = callbacks.Progress(steps=63, seconds=3, say=lines.append)
    progress.set_model(model := recipes.build(TINY))
    for step in (1, 2, 3):
        progress.on_train_begin()  # a training in a folder fits a few steps at a time
        model.optimizer.iterations.assign(step)
        progress.on_train_batch_end(0, {"d_loss": 0.5})
    assert lines == ["step 3 of 63: d_loss 0.50; 2 min left"]


def test_the_alarm():
    lines = []
    alarm = callbacks.Alarm(patience=2, say=lines.append)
    alarm.set_model(model := recipes.build(TINY))
    fine = {"d_loss": 1.0, "g_loss": 1.0, "real_accuracy": 1.0, "fake_accuracy": 0.9}
    won = fine | {"fake_accuracy": 1.0}
    for logs in (won, fine, won):
        alarm.on_epoch_end(0, logs)
    assert not lines
    for _ in range(3):
        alarm.on_epoch_end(0, won)
    assert len(lines) == 1 and "discriminator" in lines[0]
    assert not model.stop_training
    alarm.on_epoch_end(0, fine | {"g_loss": float("nan")})
    assert model.stop_training and "not a number" in lines[-1]


FINE = {
    "d_loss": 1.0,
    "g_loss": 1.0,
    "real_accuracy": 0.8,
    "fake_accuracy": 1.0,
    "variety": 0.9,
    "one_heading": 0.5,
}
FINE |= {"darkest": 30, "nearest": 1.0, "kid": 1.0}


@pytest.mark.parametrize(
    ("name", "epochs", "row"),
    [
        ("not a number", 1, {"g_loss": float("nan")}),
        ("loss below zero", 5, {"d_loss": -0.1}),
        ("losses explode", 1, {"d_loss": 1e4}),
        ("losses explode", 1, {"g_loss": -31}),
        ("discriminator wins", 10, {"real_accuracy": 1.0}),
        ("one picture", 5, {"variety": 0.2}),
        ("one heading", 5, {"one_heading": 4.5}),
        ("even headings", 10, {"one_heading": -4.5}),
        ("no dark pixel", 5, {"darkest": 127}),
        ("copies", 5, {"nearest": 0.5}),
        ("past its best", 10, {"kid": 1.7}),
    ],
)
def test_each_symptom_is_named_when_it_has_been_there_long_enough(name, epochs, row):
    rows = 20 * [FINE] + epochs * [FINE | row]
    assert diagnose.diagnose(rows) == [name]
    assert diagnose.diagnose(rows[:-1]) == []
    assert name in diagnose.WORDS


def test_a_log_without_looks_or_with_few_is_read_as_far_as_it_goes():
    curves = {name: FINE[name] for name in ("d_loss", "g_loss", "real_accuracy", "fake_accuracy")}
    assert diagnose.diagnose([curves]) == []
    unseen = dict.fromkeys(("variety", "one_heading", "darkest", "nearest", "kid"), float("nan"))
    rows = 5 * [FINE | {"darkest": 127}, FINE | unseen]
    assert diagnose.diagnose(rows) == ["no dark pixel"]


def test_looks_tell_copies_one_picture_and_paleness():
    chips = simulate.draw_chips(120, seed=3).ships.images[:24]
    shown, unseen = chips[:12], chips[12:]
    measures = diagnose.picture_scores(shown, unseen)

    def look(fake):
        return {name: float(measure(fake)) for name, measure in measures.items()}

    copies = look(np.rot90(shown, 1, (1, 2)))
    assert copies["nearest"] == pytest.approx(0, abs=0.02) and copies["variety"] == pytest.approx(1, rel=0.05)
    assert look(np.minimum(unseen, 254) + 1)["nearest"] > 10
    assert look(shown // 2 + 128)["darkest"] >= 128 and look(shown)["darkest"] < 100
    same = look(np.repeat(shown[:1], 12, axis=0))
    assert same["variety"] == pytest.approx(0, abs=1e-3) and same["one_heading"] > 2
    assert np.isnan(look(np.full_like(shown, 90))["one_heading"])


def test_headings_are_held_to_those_of_the_training_chips_whatever_their_size():
    ships = simulate.draw_chips(600, seed=4).ships.images
    headings = appearance.measure(ships).heading
    lean = ships[((headings - headings.median() + 90) % 180 - 90).abs() < 45]  # to one side, as real ships do
    for images in (lean, shrink(lean, 40)):
        heading = diagnose.picture_scores(images[:60], images[60:])["one_heading"]
        rng = np.random.default_rng(0)
        by_chance = [heading(images[:60][rng.integers(60, size=64)]) for _ in range(20)]
        assert abs(np.mean(by_chance)) < 1 and np.max(np.abs(by_chance)) < 4
        assert heading(np.repeat(images[:1], 64, axis=0)) > 4
        turned = np.concatenate([symmetry(images[:16], which) for which in range(8)])
        assert heading(turned) < -4


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(40.2, "40 s"), (89, "89 s"), (170, "3 min"), (4800, "80 min"), (8000, "2 h 13 min")],
)
def test_durations_read_well(seconds, text):
    assert callbacks.duration(seconds) == text
