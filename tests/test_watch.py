import csv

import keras
import numpy as np
import pytest

from satgan_tutorial import gan, recipes, watch

TINY = recipes.Recipe(
    "tiny", "for tests", batch_norm=False, base_filters=4, latent_dim=8, image_size=16, batch_size=4
)
IMAGES = np.random.default_rng(0).integers(0, 256, (10, 16, 16, 3), np.uint8)


def test_callbacks_through_a_training(tmp_path):
    lines = []
    strip = watch.Strip(n=3, seed=1, every=2, path=tmp_path / "strip.npz")
    scores = watch.Scores({"brightness": np.mean}, n=4, every=2)
    log = keras.callbacks.CSVLogger(tmp_path / "log.csv")
    progress = watch.Progress(steps=8, seconds=0, say=lines.append)
    model = recipes.build(TINY, run_eagerly=True)
    start = model.generate(3, seed=1)
    model.fit(
        gan.batches(IMAGES, 4, 0),
        steps_per_epoch=2,
        epochs=4,
        verbose=0,
        callbacks=[strip, scores, log, progress],
    )
    assert strip.steps == [0, 4, 8]
    with np.load(tmp_path / "strip.npz") as kept:
        assert kept["images"].shape == (3, 3, 16, 16, 3) and kept["images"].dtype == np.uint8
        assert np.array_equal(kept["images"][0], start)
        assert np.array_equal(kept["images"][2], model.generate(3, seed=1))
    assert [file.name for file in tmp_path.glob(".new*")] == []
    rows = list(csv.DictReader((tmp_path / "log.csv").open()))
    assert [row["brightness"] == "nan" for row in rows] == [True, False, True, False]
    assert float(rows[3]["brightness"]) == pytest.approx(model.generate(4, 0).mean())
    assert {"d_loss", "g_loss", "real_accuracy", "fake_accuracy"} <= set(rows[0])
    assert len(lines) == 7 and lines[-1].startswith("step 8 of 8: d_loss") and lines[-1].endswith("0 s left")

    again = watch.Strip(path=tmp_path / "strip.npz")
    assert again.steps == [0, 4, 8]
    again.set_model(recipes.build(TINY))  # a training that starts over
    again.on_train_begin()
    assert again.steps == [0] and np.array_equal(again.images[0][:3], start)


def test_the_time_left_follows_the_pace(monkeypatch):
    lines, clock = [], iter([100.0, 102.0, 104.0])
    monkeypatch.setattr(watch.time, "monotonic", lambda: next(clock))
    progress = watch.Progress(steps=63, seconds=3, say=lines.append)
    progress.set_model(model := recipes.build(TINY))
    progress.on_train_begin()
    for step in (1, 2, 3):
        model.optimizer.iterations.assign(step)
        progress.on_train_batch_end(0, {"d_loss": 0.5})
    assert lines == ["step 3 of 63: d_loss 0.50; 2 min left"]


def test_the_alarm():
    lines = []
    alarm = watch.Alarm(patience=2, say=lines.append)
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


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(40.2, "40 s"), (89, "89 s"), (170, "3 min"), (4800, "80 min"), (8000, "2 h 13 min")],
)
def test_durations_read_well(seconds, text):
    assert watch.duration(seconds) == text
