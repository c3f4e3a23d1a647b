"""Pictures of your own through every command: what someone sees who tries it for the first time."""

import io
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from pictures import tiff
from test_folder import fill, picture

from satgan_tutorial import class_judge, conditions, likeness, models, panel, recipes, training
from satgan_tutorial.__main__ import main
from satgan_tutorial.cli import console, options
from satgan_tutorial.cli import pictures as own
from satgan_tutorial.pictures import PictureSet

pytestmark = [pytest.mark.once, pytest.mark.slow, pytest.mark.usefixtures("eager")]
TINY = recipes.GANRecipe("tiny", "For tests.", base_filters=2, latent_dim=4, batch_size=4, steps=2)


def run(*words, code=0):
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result.output


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    """A folder with spaces and other letters in its name: 2 classes, and a training for each kind of recipe."""
    here = tmp_path_factory.mktemp("own")
    fill(here / "my photos ü" / "Häfen", 24)
    fill(here / "my photos ü" / "wood", 30, first=100)
    return here


@pytest.fixture(autouse=True)
def here(workplace, monkeypatch):
    monkeypatch.chdir(workplace)
    monkeypatch.setenv("SATGAN_CACHE", str(workplace / "cache"))
    monkeypatch.setitem(recipes.RECIPES, "tiny", TINY)
    named = replace(
        TINY, name="tiny-conditional", conditions=conditions.COLUMNS[:1], symmetries="conditioned"
    )
    monkeypatch.setitem(recipes.RECIPES, "tiny-conditional", named)
    flow = recipes.FlowRecipe(
        "tiny-flow",
        "For tests.",
        conditions=("ship",),
        width=2,
        multipliers=(1, 1),
        blocks=(1, 1),
        attention=False,
        solver_steps=2,
        steps=2,
        batch_size=4,
    )
    monkeypatch.setitem(recipes.RECIPES, "tiny-flow", flow)
    for module, name, few in ((panel, "SPLITS", 4), (panel, "REPEATS", 4), (class_judge, "STEPS", 3)):
        monkeypatch.setattr(module, name, few)


PHOTOS = "my photos ü"


def test_the_first_try_needs_a_recipe_and_a_folder_and_ends_in_pictures(workplace):
    said = run("train", "tiny", "--images", PHOTOS)
    for text in (
        "54 pictures of 60 x 50 pixels, read as 48 x 48", "Häfen 24, wood 30", "train,", "very few", "as they stand",
        "runs/my photos ü: tiny after 2 steps. Its pictures:", "satgan generate 'runs/my photos ü' --out pictures.png",
        "satgan evaluate 'runs/my photos ü' --images 'my photos ü'",
    ):  # fmt: skip
        assert text in said
    card = training.read_card(Path("runs") / PHOTOS)
    assert card["source"] == "pictures" and card["recipe"]["image_size"] == card["reading"]["size"] == 48
    assert card["recipe"]["symmetries"] is False and card["recipe"]["conditions"] == []
    run("generate", f"runs/{PHOTOS}", "-n", 4, "--out", "pictures.npy")
    assert np.load("pictures.npy").shape == (4, 48, 48, 3)
    assert "already" in run("train", "tiny", "--images", PHOTOS, code=2)
    assert "after 3 steps" in run("train", "tiny", "--images", PHOTOS, "--steps", 3, "--resume")
    assert "--images" in run("train", "tiny", "--out", f"runs/{PHOTOS}", "--resume", code=2)
    assert "reading" in run("train", "tiny", "--images", PHOTOS, "--fit", "whole", "--resume", code=2)


@pytest.mark.parametrize("recipe", ["tiny-conditional", "tiny-flow", "tiny --by-class"])
def test_classes_are_asked_for_by_name(recipe):
    run("train", *recipe.split(), "--images", PHOTOS, "--image-size", 32, "--out", f"runs/{recipe}")
    file = Path("runs") / recipe / "generator.keras"
    assert models.read_classes(file) == ("Häfen", "wood")
    assert "Häfen, wood in turn" in run("generate", f"runs/{recipe}", "-n", 4, "--out", "turn.npy")
    run("generate", f"runs/{recipe}", "-n", 4, "--class", "HÄFEN", "--out", "a.npy")
    run("generate", f"runs/{recipe}", "-n", 4, "--class", "wood", "--out", "b.npy")
    turn, a, b = (np.load(name) for name in ("turn.npy", "a.npy", "b.npy"))
    assert np.array_equal(turn[::2], a[::2]) and np.array_equal(turn[1::2], b[1::2])
    assert "there is Häfen, wood" in run("generate", file, "--class", "sea", "--out", "c.npy", code=2)
    assert "class" in run("generate", file, "--no-ship", "--out", "c.npy", code=2)


def test_a_shipped_model_knows_no_classes_of_your_own():
    assert "--class" in run("generate", "book", "--class", "wood", "--out", "c.npy", code=2)


def test_what_no_picture_can_teach_is_refused():
    fill(Path("plain"), 20)
    assert "no picture tells" in run("train", "causes", "--images", PHOTOS, "--out", "runs/x", code=2)
    for wish in (["tiny-conditional"], ["tiny", "--by-class"]):
        assert "two subfolders" in run("train", *wish, "--images", "plain", "--out", "runs/x", code=2)
    assert "cannot be asked" in run(
        "train", "post", "--by-class", "--images", PHOTOS, "--out", "runs/x", code=2
    )
    assert "--images" in run("train", "judge", "--images", PHOTOS, "--out", "runs/x", code=2)
    assert "--out" in run("train", "tiny", code=2)
    for flag in (
        ("--turn",),
        ("--by-class",),
        ("--fit", "crop"),
        ("--strict",),
        ("--bands", "3,2,1"),
        ("--stretch", "0,1"),
        ("--group-by", "x"),
    ):
        assert flag[0] in run("train", "tiny", *flag, "--out", "runs/x", code=2)
    for wrong in ("nan,1", "1", "3,1", "0,inf", "a,b"):
        assert "--stretch" in run("train", "tiny", "--images", PHOTOS, "--stretch", wrong, code=2)
    assert "32, 48, 64" in run(
        "train", "tiny", "--images", PHOTOS, "--image-size", 40, "--out", "runs/x", code=2
    )
    assert "nothing there" in run("train", "tiny", "--images", "elsewhere", code=2)
    assert not Path("runs/x").exists()


def test_a_score_without_classes_and_with(workplace):
    fill(Path("plain2"), 60)
    run("train", "tiny", "--images", "plain2", "--image-size", 32)
    found = json.loads(
        run("evaluate", "runs/plain2", "--images", "plain2", "-n", 12, "--json").splitlines()[-1]
    )
    assert found["same_pictures"] is True and 0 <= found["near_copies"] <= 1 and found["image_size"] == 32
    assert {row["ruler"] for row in found["panel"]} == set(likeness.RULERS) and "kid" not in found
    assert "classes" in json.dumps(found["left_out"])
    picture(999).save("plain2/new.png")
    said = run("evaluate", "runs/plain2", "--images", "plain2", "-n", 12)
    assert "not the pictures that it learned from" in said and "Copies:" not in said
    assert "--images" in run("evaluate", "runs/plain2", code=2)

    run("train", "tiny-conditional", "--images", PHOTOS, "--image-size", 32, "--out", "runs/by-class")
    found = json.loads(
        run("evaluate", "runs/by-class", "--images", PHOTOS, "-n", 12, "--json").splitlines()[-1]
    )
    assert (
        found["judge"] == "judge of 2 classes"
        and 0 <= found["as_asked"] <= 1
        and found["same_pictures"] is True
    )
    assert set(likeness.OF_FEATURES) <= {row["ruler"] for row in found["panel"]}
    assert "no classes" in run("evaluate", "runs/by-class", "--images", "plain2", "-n", 12, code=2)


def test_a_first_look_says_sizes_classes_copies_and_time(monkeypatch):
    monkeypatch.setattr("satgan_tutorial.cli.doctor.step_seconds", lambda *given: 0.1)
    said = run("check", "--images", PHOTOS)
    for text in (
        "54 pictures",
        "Häfen 24",
        "Split: ",
        "very few",
        "small takes about 3 min",
        "satgan train small --images",
    ):
        assert text in said
    assert "--image-size" in run("check", "--image-size", 64, code=2)
    said = run("check", "--images", PHOTOS, "--recipe", "flow")
    assert "flow takes" in said and "small takes" not in said
    assert "no recipe" in run("check", "--images", PHOTOS, "--recipe", "smal", code=2)
    assert "--recipe" in run("check", "--recipe", "small", code=2)


def test_deep_pictures_of_many_bands_go_through_and_come_back_the_same_way():
    Path("sensor").mkdir()
    for i in range(20):
        bands = np.random.default_rng(i).integers(100, 2000, (32, 32, 4)).astype("u2")
        tiff(Path("sensor") / f"{i:02d}.tif", bands, photometric=1)
    assert "--stretch" in run("train", "tiny", "--images", "sensor", "--bands", "3,2,1", code=2)
    run("train", "tiny", "--images", "sensor", "--bands", "3,2,1", "--stretch", "0,2000")
    found = json.loads(
        run("evaluate", "runs/sensor", "--images", "sensor", "-n", 8, "--json").splitlines()[-1]
    )
    assert found["same_pictures"] is True  # bands and stretch are those of the training


def test_a_search_takes_pictures_and_leaves_them_upright(monkeypatch):
    from satgan_tutorial import search

    monkeypatch.setattr(search, "SCORED", 8)
    base = training.for_pictures(recipes.get("small"), load())
    assert "symmetries" not in search.proposal(base) and "symmetries" in search.proposal(recipes.get("small"))
    score, what = search._score(load())
    assert what == "distance" and score(load().images[:8]) < score(np.zeros((8, 48, 48, 3), np.uint8))


def load():
    from satgan_tutorial.sources import load_pictures

    return load_pictures(PHOTOS, say=lambda text: None)


# Conditions


def test_a_condition_says_by_its_length_what_it_is_of():
    for count in range(2, 40):
        assert conditions.class_count(conditions.class_width(count)) == count
        rows = conditions.encode_classes(np.arange(count), count)
        assert len(np.unique(rows, axis=0)) == count and rows.sum() == count
        assert conditions.width(conditions.class_columns(tuple(map(str, range(count))))) == rows.shape[1]
        assert np.array_equal(conditions.random(rows.shape[1], count, 0), rows)
    assert conditions.class_count(1) == conditions.class_count(4) == conditions.class_count(0) == 0


def test_a_rare_class_is_shown_as_often_as_the_others():
    labels = np.repeat([0, 1, 2], [40, 10, 3])
    images = np.random.default_rng(0).integers(0, 256, (53, 32, 32, 3), np.uint8)
    names = np.array([f"{i}" for i in range(53)])
    found = PictureSet(images, labels, names, names, ("a", "b", "c"))
    shown, condition = conditions.balanced_classes(found)
    assert len(shown) == len(condition) and condition.sum(axis=0).tolist() == [40, 40, 39]


# Rulers of pictures of anything


def test_each_fault_moves_its_ruler_and_real_pictures_are_inside():
    rng = np.random.default_rng(0)
    images = np.stack([np.array(picture(i, 32, 32)) for i in range(90)])
    noisy = np.clip(images + rng.normal(0, 12, images.shape), 0, 255).astype(np.uint8)
    upside = images.copy()
    images[:, :16] //= 2  # darker above
    upside[:, 16:] //= 2
    groups, real = np.arange(90), likeness.look(images[:45])
    everything = likeness.look(images)

    def outside(fake):
        seen, few = likeness.look(fake), {"splits": 20, "repeats": 4}
        table, left_out = panel.scores(real, seen, everything, groups, rulers=likeness.rulers(seen), **few)
        assert not left_out
        return set(table.ruler[(table.part == "") & ~table.inside.astype(bool)])

    noisy[:, :16] //= 2
    assert outside(images[45:]) <= set()
    assert "layout, KID" in outside(upside[45:]) and "power spectrum" in outside(noisy[45:])
    assert "colours, W1" in outside(images[45:] // 2)


# Other systems


def test_a_console_of_windows_costs_letters_and_no_words(monkeypatch):
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(written, encoding="cp1252", errors="strict"))
    sys.stderr.reconfigure(errors="replace")  # what `console.Sentences.main` does
    console.note("船: 16 pictures, ü and 港")
    sys.stderr.flush()
    assert written.getvalue().decode("cp1252").strip() == "?: 16 pictures, ü and ?"


@pytest.mark.parametrize("name", ["aux.png", "NUL.npy", "com1.png", "ends. ", "a:b.png"])
def test_a_name_that_windows_keeps_for_itself_is_refused_there(name, monkeypatch):
    options.fits(Path("folder") / name)
    monkeypatch.setattr(options, "WINDOWS", True)
    with pytest.raises(Exception, match="Windows"):
        options.fits(Path("folder") / name)
    options.fits(Path("folder") / "auxiliary.png")


def test_what_was_typed_can_be_typed_again():
    how = {
        "fit": None,
        "bands": (3, 2, 1),
        "stretch": (0.0, 3000.0),
        "group_by": r"site (\d)",
        "strict": True,
    }
    assert (
        own.typed(Path("a b"), how)
        == "--images 'a b' --bands 3,2,1 --stretch 0,3000 --group-by 'site (\\d)' --strict"
    )


# From Python


def test_ten_lines_of_keras_take_the_same_folder():
    import keras

    dataset = keras.utils.image_dataset_from_directory(
        PHOTOS, image_size=(48, 48), batch_size=4, label_mode=None, verbose=False
    )
    model = recipes.build(replace(TINY, image_size=48), seed=0)
    model.fit(dataset.map(lambda images: images / 127.5 - 1), epochs=1, verbose=0)
    assert model.sample(2, seed=0).shape == (2, 48, 48, 3)
    with pytest.raises(Exception, match="127.5"):
        model.fit(dataset, epochs=1, verbose=0)
    labelled = keras.utils.image_dataset_from_directory(
        PHOTOS, image_size=(48, 48), batch_size=4, verbose=False
    )
    with pytest.raises(ValueError, match="leaves them out"):
        model.fit(labelled, epochs=1, verbose=0)
