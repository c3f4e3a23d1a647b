"""`satgan evaluate`: the panel of any generator, of pictures of anything, with a judge and without."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image
from test_main import few_chips, run

from satgan_tutorial import panel, two_sample
from satgan_tutorial.sources import simulate

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def workplace(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("satgan_tutorial.sources.load_chips", lambda *args, **options: few_chips())
    monkeypatch.setattr(panel, "SPLITS", 4)
    monkeypatch.setattr(panel, "REPEATS", 4)


def folder(name, images):
    Path(name).mkdir()
    for i, image in enumerate(images):
        Image.fromarray(image).save(f"{name}/{i:03d}.png")


def blobs(n, side, seed=0):
    """Pictures of what is no ship."""
    return np.random.default_rng(seed).integers(0, 256, (n, side, side, 3), dtype=np.uint8)


def test_the_panel_names_every_ruler_with_floor_ceilings_and_word(tmp_path):
    found = json.loads(run("evaluate", "book", "-n", 12, "--json").stdout)
    assert {"model", "kid", "judge", "n", "n_real", "split", "source", "seed", "image_size"} <= set(found)
    rows = {(row["ruler"], row["part"]): row for row in found["panel"]}
    assert {name for name, _ in rows} == set(panel.RULERS) and not found["left_out"]
    assert found["kid"] == rows["KID", ""]["score"]
    for row in rows.values():
        assert row["low"] <= row["high"] and 0 <= row["rank"] <= 1 and row["inside"] in (True, False)
        assert {"floor", "limit", "train ships", "no ships", "pixel noise"} <= set(row)
    said = run("evaluate", "book", "-n", 12, "--plot", "panel.svg").output
    assert "KID" in said and "rank" in said and all(name in said for name in panel.RULERS)
    drawn = Path("panel.svg").read_text()
    assert (
        drawn.startswith("<svg") and 'xmlns="http://www.w3.org/2000/svg"' in drawn and "aria-label" in drawn
    )


def test_pictures_of_anything_are_scored_against_others_of_their_kind():
    folder("cats", blobs(24, 30))
    np.save("drawn.npy", blobs(20, 40, seed=1))
    found = json.loads(run("evaluate", "drawn.npy", "--real", "cats", "--json").stdout)
    assert (found["n"], found["n_real"], found["image_size"], found["source"]) == (20, 12, 30, "cats")
    assert "kid" not in found and "judge" not in found and "seed" not in found
    needs = {name for name, ruler in panel.RULERS.items() if ruler.needs_judge}
    assert set(found["left_out"]) == needs | {"broken ships"} and found["panel"]
    said = run("evaluate", "drawn.npy", "--real", "cats").output
    assert "Left out: KID, FID" in said and "it needs a judge" in said and "other half" in said
    assert "Left out: broken ships: it is for ships" in said and said.count("ships") == 2
    folder("drawn", blobs(9, 80))
    against_chips = json.loads(run("evaluate", "drawn", "--no-judge", "--json").stdout)
    assert against_chips["n"] == 9 and set(against_chips["left_out"]) == needs


def test_a_floor_of_too_few_is_said():
    np.save("few.npy", blobs(8, 16))
    np.save("many.npy", blobs(7, 16, seed=1))
    assert "The floor has at most 4 real pictures in place of these 7" in " ".join(
        run("evaluate", "many.npy", "--real", "few.npy").output.split()
    )
    np.save("many.npy", blobs(6, 16, seed=1))
    assert "The floor has" not in run("evaluate", "many.npy", "--real", "few.npy").output


def test_a_generator_of_something_else_is_scored():
    z = keras.Input((4,))
    x = layers.Reshape((32, 32, 3))(layers.Dense(32 * 32 * 3, activation="tanh")(z))
    keras.Model(z, x).save("generator.keras")
    folder("cats", blobs(24, 64))
    found = json.loads(run("evaluate", "generator.keras", "-n", 20, "--real", "cats", "--json").stdout)
    assert (found["n"], found["image_size"], found["seed"]) == (20, 32, 0)
    assert {row["ruler"] for row in found["panel"]} == set(panel.RULERS) - set(found["left_out"])


def test_told_apart_comes_as_rows_of_its_own(monkeypatch):
    asked, learned = [], []

    def told(parts, side, *, plant=None, steps, seed):
        asked.append((side, len(parts.real), len(parts.fake), len(parts.others), plant))
        learned.append(parts.fake)
        return (0.99, 0.9, 1.0) if plant else (0.8, 0.7, 0.9) if len(asked) % 8 == 1 else (0.5, 0.4, 0.6)

    monkeypatch.setattr(two_sample, "told_apart", told)
    ships = simulate.draw_chips(48, seed=3, label=1).images
    np.save("drawn.npy", np.sort(ships, axis=0))  # ever brighter
    folder("real", ships)
    found = json.loads(run("evaluate", "drawn.npy", "--real", "real", "--told-apart", "--json").stdout)
    assert [row["ruler"] for row in found["told_apart"]] == [
        f"told apart, {side} pixels" for side in (80, 40, 20, 10)
    ]
    assert all(row["score"] == 0.8 and not row["inside"] for row in found["told_apart"])
    assert all(row["planted blur"] == row["planted stripe"] == 0.99 for row in found["told_apart"])
    assert asked[0][:4] == (80, 24, 24, 24) and len(asked) == two_sample.trainings(80) == 32
    assert learned[0].mean() == pytest.approx(np.load("drawn.npy").mean(), rel=0.15)  # of all the order
    assert "Told apart" in run("evaluate", "drawn.npy", "--real", "real", "--told-apart").output


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("odd",), 1, "001.png"),
        (("wide",), 1, "squares"),
        (("float.npy",), 1, "float64 (3, 8, 8, 3); expected uint8"),
        (("text.npy",), 1, "found no array that can be read"),
        (("large.npy",), 1, "found pictures of 96 pixels; expected at most 80"),
        (("good.npy", "--real", "nothing"), 1, "nothing: found 0 pictures"),
        (("good.npy", "--real", "one"), 1, "found 1 pictures; expected"),
        (("good.npy", "-n", 5), 2, "leave out -n"),
        (("one",), 2, "expected the folder of a training"),
        (("good.npy", "--plot", "panel.png"), 2, "expected a name that ends in .svg"),
        (("good.npy", "--plot", "none/panel.svg"), 2, "found no folder none"),
        (("judge", "--told-apart"), 2, "leave out --told-apart"),
        (("judge", "--plot", "x.svg"), 2, "leave out --plot"),
        (("good.npy", "--real", "good.npy", "--told-apart"), 1, "expected at least 8"),
        (
            ("tiny.npy", "--real", "tiny.npy", "--told-apart"),
            1,
            "found pictures of 9 pixels; expected 10 or more",
        ),
        (("good.npy", "--real", "three.npy"), 1, "three.npy: found 3 pictures; expected 4 or more"),
    ],
)
def test_what_cannot_be_scored_is_said(words, code, says):
    folder("odd", [blobs(1, 8)[0], blobs(1, 9)[0]])
    folder("wide", blobs(2, 16)[:, :8])
    folder("one", blobs(1, 16))
    np.save("float.npy", np.zeros((3, 8, 8, 3)))
    Path("text.npy").write_text("no array")
    np.save("large.npy", blobs(3, 96))
    np.save("good.npy", blobs(6, 16))
    np.save("tiny.npy", blobs(40, 9))
    np.save("three.npy", blobs(3, 16))
    said = " ".join(run("evaluate", *words, code=code).output.split())
    assert says in said and "Measuring" not in said


def test_where_there_is_nothing_to_draw_the_scores_are_said_all_the_same(monkeypatch):
    np.save("few.npy", blobs(4, 16))
    monkeypatch.setattr(panel, "_floor", lambda *_: np.full((1, 10), np.nan))
    said = " ".join(
        run("evaluate", "few.npy", "--real", "few.npy", "--plot", "panel.svg", code=1).output.split()
    )
    assert "no floor" in said and "found no row with a floor; expected one" in said
    assert not Path("panel.svg").exists()
