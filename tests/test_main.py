import csv
import dataclasses
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from satgan_tutorial import models, recipes, training
from satgan_tutorial.__main__ import main
from satgan_tutorial.chips import ChipSet
from satgan_tutorial.cli.console import stoppable

pytestmark = pytest.mark.once

TINY = recipes.GANRecipe("tiny", "For tests.", base_filters=2, latent_dim=4, batch_size=4, steps=6)


def run(*words, code=0):
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result


def satgan(*words):
    """The command as a process of its own, with the recipe and the chips of these tests."""
    program = f"""if True:
        import sys
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        if {"train" in words}:
            import test_main
            from satgan_tutorial import recipes, sources
            recipes.RECIPES["tiny"] = test_main.TINY
            sources.load_chips = lambda **options: test_main.few_chips()
        from satgan_tutorial.__main__ import main
        main(prog_name="satgan")"""
    line = [sys.executable, "-c", program, *map(str, words)]
    return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def few_chips():
    rng = np.random.default_rng(0)
    days = np.array([f"201706{day:02d}_180756_103a" for day in range(1, 13) for _ in range(8)])
    return ChipSet(
        images=rng.integers(0, 256, (96, 80, 80, 3), dtype=np.uint8),
        labels=np.tile([0, 1], 48).astype(np.uint8),
        scenes=days,
        locations=np.zeros((96, 2)),
        source="simulated",
    )


@pytest.fixture(scope="module")
def few():
    return few_chips()


@pytest.fixture(autouse=True)
def here(few, tmp_path, monkeypatch):
    """An empty working folder, few chips and one more recipe."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("satgan_tutorial.sources.load_chips", lambda *args, **options: few)
    monkeypatch.setitem(recipes.RECIPES, "tiny", TINY)


@pytest.fixture(scope="module")
def trained(few, tmp_path_factory):
    out = tmp_path_factory.mktemp("trained") / "run"
    training.run(TINY, few.split(0).train.ships, out, seed=3, steps=24)
    return out


def bits(folder):
    """The generator's weights and those of the whole checkpoint."""
    files = [folder / "generator.keras", folder / "checkpoint.keras"]
    models = [keras.saving.load_model(file) for file in files]
    variables = models[0].variables + models[1].variables
    variables += models[1].optimizer.variables + models[1].g_optimizer.variables
    return [np.asarray(variable) for variable in variables]


def same(one, other):
    return len(one) == len(other) and all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.slow
def test_help_comes_at_once_and_names_every_recipe():
    start = time.monotonic()
    code = "import sys; sys.argv[1:] = ['--help']\nfrom satgan_tutorial.__main__ import main\n"
    code += "try: main()\nfinally: assert not {'tensorflow', 'numpy', 'matplotlib'} & set(sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert time.monotonic() - start < 5
    for command in ("check", "fetch", "train", "generate", "evaluate"):
        assert command in done.stdout
        assert "satgan" in run(command, "--help").output
    text = run("train", "--help").output.split("Examples")[0]
    assert all(name in text for name in recipes.RECIPES if name != "tiny")


@pytest.mark.slow
def test_a_training_keeps_all_in_its_folder(trained):
    assert sorted(file.name for file in trained.iterdir()) == [
        ".lock",
        "checkpoint.keras",
        "generator.keras",
        "log.csv",
        "recipe.json",
        "samples",
        "samples.png",
    ]
    card = json.loads((trained / "recipe.json").read_text())
    assert (card["recipe"]["base_filters"], card["seed"], card["source"]) == (2, 3, "simulated")
    rows = list(csv.DictReader((trained / "log.csv").open()))
    assert [row["step"] for row in rows] == ["20", "24"] and float(rows[0]["d_loss"]) > 0
    assert Image.open(trained / "samples.png").size == (8 * 82 + 2, 2 * 82 + 2)


@pytest.mark.slow
def test_a_resumed_training_has_the_bits_of_one_in_one_go(trained):
    run("train", "tiny", "--steps", 7, "--seed", 3, "--out", "new/halves")
    early = bits(Path("new/halves"))
    with open("new/halves/log.csv", "a") as log:
        log.write(
            "20,1,1,1,1\r\n2"
        )  # rows after the checkpoint, the last half written, as a kill may leave them
    Path("new/halves/.new-1-generator.keras").write_text("half")
    result = run("train", "tiny", "--steps", 24, "--out", "new/halves", "--resume")
    assert "satgan generate new/halves" in result.output
    assert same(bits(Path("new/halves")), bits(trained)) and not same(early, bits(trained))
    assert sorted(os.listdir("new/halves")) == sorted([*os.listdir(trained), "previous.keras"])
    rows = Path("new/halves/log.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == ["step", "20", "24"]
    assert rows[-1] == (trained / "log.csv").read_text().splitlines()[-1]


@pytest.mark.slow
def test_other_sizes_are_options_that_the_folder_remembers(few):
    options = ["--image-size", 16, "--batch-size", 3]
    run("train", "tiny", "--steps", 4, *options, "--out", "halves")
    card = json.loads(Path("halves/recipe.json").read_text())["recipe"]
    assert (card["image_size"], card["batch_size"]) == (16, 3)
    assert Image.open("halves/samples.png").size == (8 * 18 + 2, 2 * 18 + 2)
    early = bits(Path("halves"))
    run("train", "tiny", "--steps", 6, "--out", "halves", "--resume")
    settings = dataclasses.replace(TINY, image_size=16, batch_size=3)
    training.run(settings, few.split(0).train.ships, "whole", seed=0, steps=6)
    assert same(bits(Path("halves")), bits(Path("whole"))) and not same(early, bits(Path("whole")))
    result = run("train", "tiny", "--steps", 8, "--image-size", 80, "--out", "halves", "--resume", code=2)
    assert "recipe's image_size 16" in result.output and "80" in result.output


class SignalAtTheThird(keras.callbacks.Callback):
    def __init__(self, number=signal.SIGINT):
        super().__init__()
        self.number = number

    def on_train_batch_begin(self, batch, logs=None):
        if self.model.step == 2:
            os.kill(os.getpid(), self.number)


@pytest.fixture
def ctrl_c(monkeypatch):
    """Trainings get Ctrl-C, or another signal, at the third step."""

    def at_the_third(number=signal.SIGINT):
        module = sys.modules["satgan_tutorial.cli.train"]
        monkeypatch.setattr(module, "watch", lambda update: SignalAtTheThird(number))

    return at_the_third


@pytest.mark.slow
def test_a_stopped_training_of_another_size_goes_on_with_the_line_it_prints(ctrl_c, monkeypatch):
    ctrl_c()
    result = run("train", "tiny", "--image-size", 16, "--steps", 5, "--out", "small", code=130)
    _, *words = shlex.split(result.output.splitlines()[-1])
    run(*words)
    model = keras.saving.load_model("small/checkpoint.keras")
    assert model.step == 5 and model.generator.output_shape == (None, 16, 16, 3)
    scored = run("evaluate", "small", "-n", 20, "--json")
    assert json.loads(scored.stdout)["image_size"] == 16 and "shrunk" in scored.stderr


@pytest.mark.parametrize(
    ("size", "says"),
    [
        (30, "image_size is 30; it must be a multiple of 4"),
        (21, "image_size is 21; it must be a multiple of 4"),
    ],
)
def test_a_recipe_that_cannot_be_built_is_told_before_the_folder_is_begun(size, says, few):
    assert says in run("train", "tiny", "--image-size", size, "--out", "new", code=2).output
    assert not Path("new").exists()
    with pytest.raises(training.RecipeError, match=says):
        training.run(dataclasses.replace(TINY, image_size=size), few, "new", seed=0, steps=1)


@pytest.mark.slow
def test_ctrl_c_saves_and_says_how_to_go_on(ctrl_c):
    ctrl_c()
    before = signal.getsignal(signal.SIGINT)
    result = run("train", "tiny", "--steps", 50, "--seed", 3, "--out", "my run", code=130)
    assert signal.getsignal(signal.SIGINT) == before
    assert "step 3 of 50" in result.output
    words = shlex.split(result.output.splitlines()[-1])
    assert words == shlex.split("satgan train tiny --steps 50 --seed 3 --out 'my run' --resume")
    assert keras.saving.load_model("my run/checkpoint.keras").step == 3


@pytest.mark.slow
def test_a_second_ctrl_c_stops_at_once():
    with pytest.raises(KeyboardInterrupt), stoppable() as asked:
        os.kill(os.getpid(), signal.SIGINT)
        assert asked.is_set()
        os.kill(os.getpid(), signal.SIGINT)


def killed(folder, *options, times, seconds):
    """Kill a training that saves after each step, again and again, each time at a random moment; return its last step."""
    line = ["train", "tiny", "--steps", 100_000, "--seed", 3, "--out", folder, "--save-every", 0, *options]
    for _ in range(times):
        there = Path(folder, "generator.keras")
        before = there.stat().st_mtime_ns if there.exists() else 0
        process = satgan(*line, *(["--resume"] if Path(folder, "recipe.json").exists() else []))
        try:
            while not there.exists() or there.stat().st_mtime_ns == before:
                assert process.poll() is None, process.communicate()
                time.sleep(0.01)
            time.sleep(np.random.default_rng().uniform(0, seconds))
        finally:
            process.kill()
            process.communicate()
    file = Path(folder, "checkpoint.keras")
    return keras.saving.load_model(file if file.exists() else Path(folder, "previous.keras")).step


def goes_on_to_the_bits_of_one_never_killed(folder, step, few):
    ships = few.split(0).train.ships
    training.run(TINY, ships, folder, seed=3, steps=step + 2, resume=True)
    training.run(TINY, ships, "whole", seed=3, steps=step + 2)
    assert same(bits(Path(folder)), bits(Path("whole")))


@pytest.mark.slow
def test_kills_cost_what_came_after_the_last_checkpoint(few):
    step = killed("killed", times=3, seconds=0.4)
    assert step >= 3
    goes_on_to_the_bits_of_one_never_killed("killed", step, few)


@pytest.mark.benchmark
def test_twenty_kills_cost_what_came_after_the_last_checkpoint(few):
    goes_on_to_the_bits_of_one_never_killed("killed", killed("killed", times=20, seconds=1.0), few)


def cut(file):
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


@pytest.mark.slow
def test_a_checkpoint_cut_in_half_leaves_the_one_before(few, trained):
    ships = few.split(0).train.ships
    shutil.copytree(trained, "cut")
    training.run(TINY, ships, "cut", seed=3, steps=26, resume=True)
    last, before = Path("cut/checkpoint.keras"), Path("cut/previous.keras")
    cut(last)
    said = []
    model = training.run(TINY, ships, "cut", seed=3, steps=28, resume=True, say=said.append)
    assert "checkpoint.keras: expected a Keras model" in said[0] and "checkpoint before" in said[0]
    assert model.step == 28
    training.run(TINY, ships, "whole", seed=3, steps=28)
    assert same(bits(Path("cut")), bits(Path("whole")))
    cut(last), cut(before)
    with pytest.raises(training.FolderError, match="delete checkpoint.keras and previous.keras"):
        training.run(TINY, ships, "cut", seed=3, steps=30, resume=True)


@pytest.mark.slow
def test_a_checkpoint_of_another_recipe_is_told(few, trained):
    ships = few.split(0).train.ships
    training.run(replace(TINY, latent_dim=5), ships, "other", seed=3, steps=1)
    shutil.copytree(trained, "mixed")
    shutil.copy("other/checkpoint.keras", "mixed/checkpoint.keras")
    with pytest.raises(training.FolderError, match="other networks or settings"):
        training.run(TINY, ships, "mixed", seed=3, steps=30, resume=True)


@pytest.mark.slow
def test_a_folder_is_not_overwritten_and_only_its_own_training_goes_on(trained, few):
    assert "--resume" in run("train", "tiny", "--out", trained, code=2).output
    result = run("train", "tiny", "--out", trained, "--resume", "--seed", 4, "--steps", 30, code=2)
    assert "seed 3" in result.output and "4" in result.output
    result = run("train", "small", "--out", trained, "--resume", "--steps", 30, code=2)
    assert "'tiny'" in result.output and "'small'" in result.output
    assert "no training" in run("train", "tiny", "--out", "nowhere", "--resume", code=2).output
    Path("file").write_text("")
    run("train", "tiny", "--out", "file", code=2)
    run("train", "tiny", "--out", "file/in", code=2)
    assert sorted(os.listdir()) == ["file"]


def test_unknown_names_get_a_sentence_that_names_what_there_is(monkeypatch):
    result = run("train", "smal", "--out", "x", code=2)
    assert "Did you mean small?" in result.output and "dcgan" in result.output and "judge" in result.output
    result = run("generate", "jugde", "--out", "x.png", code=2)
    assert "Did you mean judge?" in result.output
    assert not os.listdir()


@pytest.mark.parametrize("out", ["ships.jpg", "ships", "no/folder/ships.png"])
def test_a_bad_out_is_told_before_any_work(out, monkeypatch):
    monkeypatch.setattr("satgan_tutorial.models.find", lambda *args: pytest.fail("work had begun"))
    assert "--out" in run("generate", "book", "--out", out, code=2).output


def test_a_file_that_is_no_model_gets_a_sentence(tmp_path):
    Path("note.keras").write_text("hello")
    assert (
        "note.keras: expected a Keras model" in run("generate", "note.keras", "--out", "x.png", code=1).output
    )
    assert "expected a generator" in run("generate", "judge", "--out", "x.png", code=1).output
    Path("book").mkdir()
    assert "generator.keras" in run("generate", "./book", "--out", "x.png", code=2).output
    assert not Path("x.png").exists()


@pytest.mark.slow
def test_generate_writes_a_sheet_or_an_array(trained):
    run("generate", trained, "-n", 5, "--seed", 1, "--out", "five.npy")
    run("generate", trained / "generator.keras", "-n", 2, "--seed", 1, "--out", "two.npy")
    run("generate", trained / "checkpoint.keras", "-n", 2, "--seed", 1, "--out", "same.npy")
    run("generate", trained, "-n", 5, "--seed", 1, "--out", "five.png")
    five, two = np.load("five.npy"), np.load("two.npy")
    assert five.shape == (5, 80, 80, 3) and five.dtype == np.uint8
    assert np.array_equal(two, five[:2]) and np.array_equal(np.load("same.npy"), two)
    page = np.asarray(Image.open("five.png"))
    assert page.shape == (2 * 82 + 2, 3 * 82 + 2, 3)
    assert np.array_equal(page[84:164, 84:164], five[4]) and (page[84:, 166:] == 255).all()
    assert sorted(os.listdir()) == ["five.npy", "five.png", "same.npy", "two.npy"]


@pytest.mark.slow
def test_a_generator_that_takes_wishes_is_asked_in_words(monkeypatch):
    monkeypatch.setitem(recipes.RECIPES, "asked", replace(TINY, conditions=("ship",), batch_norm=False))
    run("train", "asked", "--steps", 2, "--out", "asked")
    for name, words in (("ship", ()), ("none", ("--no-ship",)), ("turned", ("--heading", 30))):
        result = CliRunner().invoke(
            main, ["generate", "asked", "-n", "2", *map(str, words), "--out", f"{name}.npy"]
        )
        assert result.exit_code == (2 if name == "turned" else 0), result.output
    assert "takes 1 condition" in result.output
    assert not np.array_equal(np.load("ship.npy"), np.load("none.npy"))
    assert "takes 0" in run("generate", "book", "--no-ship", "--out", "x.npy", code=2).output
    for name, words in (("usual", ()), ("same", ("--heading", 45)), ("north", ("--heading", 0))):
        run("generate", "causes", "--source", "simulated", "-n", 2, *words, "--out", f"{name}.npy")
    usual, same, north = (np.load(f"{name}.npy") for name in ("usual", "same", "north"))
    assert np.array_equal(usual, same) and not np.array_equal(usual, north)
    assert json.loads(run("evaluate", "asked", "-n", 20, "--json").stdout)["n"] == 20


@pytest.mark.slow
def test_a_flow_that_was_never_told_a_heading_is_pushed_towards_it_or_says_why_not():
    flow = ("generate", "flow-conditional", "-n", 1, "--steps", 4)
    for name, words in (
        ("any", ()),
        ("north", ("--heading", 0)),
        ("long", ("--heading", 0, "--length", 300)),
    ):
        run(*flow, "--source", "simulated", *words, "--out", f"{name}.npy")
    drawn = {name: np.load(f"{name}.npy").astype(int) for name in ("any", "north", "long")}
    assert not np.array_equal(drawn["any"], drawn["north"]) and not np.array_equal(
        drawn["north"], drawn["long"]
    )
    run(*flow, "--source", "simulated", "--heading", 0, "--guidance", 0, "--out", "silent.npy")
    assert np.abs(np.load("silent.npy").astype(int) - drawn["any"]).max() <= 1  # a push of 0 is none
    assert "found a flow of real chips" in run(*flow, "--heading", 0, "--out", "x.npy", code=2).output
    shutil.copy(models.path("flow-conditional", "simulated"), "moved.keras")
    moved = run("generate", "moved.keras", "-n", 1, "--heading", 0, "--out", "x.npy", code=2)
    assert "whose chips nobody wrote down" in moved.output
    assert (
        "leave out --heading"
        in run(*flow, "--source", "simulated", "--no-ship", "--heading", 0, "--out", "x.npy", code=2).output
    )


def test_the_name_of_a_shipped_model_goes_before_a_folder():
    Path("judge").mkdir()
    found = json.loads(run("evaluate", "judge", "--json").stdout)
    assert set(found) >= {"accuracy", "ece", "n", "split", "data"}
    assert (found["split"], found["data"], found["judge"]) == ("test", "simulated", "judge-simulated")


@pytest.mark.slow
def test_evaluate_says_all_that_a_score_depends_on(trained, few):
    found = json.loads(run("evaluate", trained, "-n", 50, "--json").stdout)
    assert (found["judge"], found["source"], found["split"], found["n"]) == (
        "judge-simulated",
        "simulated",
        "test",
        50,
    )
    assert found["n_real"] == int(few.split(0).test.labels.sum()) and found["kid"] > 0.5
    assert f"KID {found['kid']:.3f}" in run("evaluate", trained, "-n", 50).output


@pytest.mark.slow
def test_a_generator_is_not_scored_against_the_other_source(trained, few, monkeypatch):
    real = ChipSet(few.images, few.labels, few.scenes, few.locations, "real")
    monkeypatch.setattr("satgan_tutorial.sources.load_chips", lambda *args, **options: real)
    assert "simulated" in run("evaluate", trained, code=1).output


@pytest.mark.slow
def test_the_judge_trains_too():
    run("train", "judge", "--out", "judged", "--steps", 2)
    assert {file.suffix for file in Path("judged").iterdir()} == {".keras", ".md", ".csv"}
    assert json.loads(run("evaluate", "judged", "--json").stdout)["judge"] == "judge-simulated"
    assert "judge" in run("train", "judge", "--out", "judged", "--resume", code=2).output


@pytest.mark.slow
def test_a_broken_training_keeps_its_last_checkpoint(trained, monkeypatch):
    shutil.copytree(trained, "broken")
    before = Path("broken/checkpoint.keras").read_bytes()
    monkeypatch.setattr(training, "math", SimpleNamespace(isfinite=lambda value: False))
    result = run("train", "tiny", "--steps", 30, "--out", "broken", "--resume", code=1)
    assert "not finite" in result.output
    assert Path("broken/checkpoint.keras").read_bytes() == before


def test_check_tells_what_is_here_and_ends_with_1_if_something_would_fail(monkeypatch):
    monkeypatch.setattr("satgan_tutorial.cli.doctor.step_seconds", lambda: 0.1)
    output = run("check").output
    for word in ("Python", "Cores", "GB", "GPU", "96 simulated chips", "0.100 s", "Nothing would fail"):
        assert word in output
    monkeypatch.setattr("satgan_tutorial.cli.doctor.memory", lambda: 0.5)
    monkeypatch.setattr("satgan_tutorial.cli.doctor.os.access", lambda *_: False)
    output = run("check", code=1).output
    assert "PROBLEM: 0.5 GB" in output and "Folder and Memory: see above" in output
    assert "Nothing would fail" not in output


def test_fetch_tells_what_went_wrong(monkeypatch):
    monkeypatch.setitem(sys.modules, "kagglehub", None)
    assert "By hand" in run("fetch", "--to", "set", code=1).output


@pytest.mark.slow
def test_a_command_of_its_own_is_quick_and_quiet_on_stderr(trained):
    resource = pytest.importorskip("resource")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = satgan("generate", trained, "-n", 16, "--out", "ships.png")
    out, err = process.communicate()
    assert (process.returncode, err) == (0, "") and "ships.png" in out
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert (
        after.ru_utime - before.ru_utime < 15
    )  # seconds of a core: other programs may keep it waiting longer


def test_detect_writes_the_boxes_of_a_scene_as_a_table_and_as_a_picture(tmp_path):
    from satgan_tutorial.sources import simulate

    scene, ships = simulate.draw_scene(200, 300, seed=0, ships=2)
    Image.fromarray(scene).save(tmp_path / "scene.png")
    for name in ("boxes.csv", "boxed.png"):
        run("detect", tmp_path / "scene.png", "--source", "simulated", "--out", tmp_path / name)
    rows = list(csv.DictReader((tmp_path / "boxes.csv").open()))
    centres = [(float(row["x"]), float(row["y"])) for row in rows]
    assert all(
        min(np.hypot(x - a, y - b) for a, b in centres) < 20 for x, y in zip(ships.x, ships.y, strict=True)
    )
    assert all(0.5 <= float(row["probability"]) <= 1 for row in rows)
    boxed = np.asarray(Image.open(tmp_path / "boxed.png"))
    assert boxed.shape == scene.shape and (boxed != scene).any()


def test_detect_refuses_what_is_no_scene_in_a_sentence(tmp_path):
    Image.fromarray(np.zeros((40, 90, 3), np.uint8)).save(tmp_path / "small.png")
    Image.fromarray(np.zeros((90, 90), np.uint8)).save(tmp_path / "grey.png")
    for name, found in (
        ("small.png", "90 x 40 pixels"),
        ("grey.png", "greyscale"),
        ("none.png", "nothing there"),
    ):
        assert found in run("detect", tmp_path / name, "--out", tmp_path / "boxes.csv", code=1).output
    assert ".csv or .png" in run("detect", "scene.png", "--out", tmp_path / "boxes.txt", code=2).output
