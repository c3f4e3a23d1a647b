"""What people type and what lies on their disks, in the ways it can be wrong: each ends in a sentence."""

import contextlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from pictures import tiff
from PIL import Image
from test_main import TINY, few_chips

from satgan_tutorial import models, recipes, training
from satgan_tutorial.__main__ import main
from satgan_tutorial.cli import console, options

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("eager")]

COUNTS = Counter()
NO_NUMBERS = (
    "nan",
    " nan",
    "NaN",
    "0x1p-1",
    "1e308",
    "١e9",
    "½",
    "1,5",
    "--",
    "inf",
    "-inf",
    "1e400",
    "-1",
    "",
    "a",
    "9" * 400,
    "0x10",
)
NO_WHOLES = ("-1", "1.5", "nan", "", "1e3", "9" * 5000, str(2**63))


def case(name, *words, says="", code=2, data=None):
    return pytest.param([str(word) for word in words], says, code, data, id=name)


def numbers():
    """Numbers at and beyond the limits of every option."""
    floats = {
        ("detect", "s.png", "--out", "x.csv"): ["--threshold"],
        ("generate", "causes", "--source", "simulated", "--out", "x.png"): ["--heading", "--length"],
        ("train", "small", "--out", "x"): ["--save-every"],
        ("search", "--storage", "x"): ["--minutes"],
    }
    wholes = {
        ("generate", "book", "--out", "x.npy"): ["--seed", "-n"],
        ("evaluate", "book"): ["--seed", "-n"],
        ("train", "small", "--out", "x"): ["--seed", "--steps", "--batch-size", "--image-size", "--worker"],
        ("search", "--storage", "x"): ["--seed", "--trials"],
    }
    for table, values in ((floats, NO_NUMBERS), (wholes, NO_WHOLES)):
        for line, flags in table.items():
            for flag in flags:
                for value in values:
                    yield case(f"{line[0]} {flag} {value[:8]}", *line, flag, value, says=flag)
    for line, flag, value in (
        (("detect", "s.png", "--out", "x.csv"), "--threshold", "1.0001"),
        (("generate", "causes", "--out", "x.png"), "--heading", "360.5"),
        (("generate", "causes", "--out", "x.png"), "--length", "79"),
        (("generate", "causes", "--out", "x.png"), "--length", "5000"),
        (("train", "small", "--out", "x"), "--save-every", "1000001"),
        (("train", "small", "--out", "x"), "--image-size", "81"),
        (("train", "small", "--out", "x"), "--steps", "0"),
        (("search", "--storage", "x"), "--minutes", "0"),
        (("generate", "book", "--out", "x.npy"), "--seed", 2**32),
        (("generate", "book", "--out", "x.npy"), "-n", "0"),
        (("evaluate", "book"), "-n", "1"),
        (("evaluate", "book"), "-n", "10001"),
    ):
        yield case(f"{line[0]} {flag} {value}", *line, flag, value, says=flag)


UNREAD = [
    case("length of book", "generate", "book", "--length", 300, "--out", "x.png", says="leave out --length"),
    case("heading of book", "generate", "book", "--heading", 3, "--out", "x.png", says="leave out --heading"),
    case("ship of book", "generate", "book", "--ship", "--out", "x.png", says="leave out --ship"),
    case(
        "ship and none", "generate", "conditional", "--ship", "--no-ship", "--out", "x.png",
        says="found --ship and --no-ship; expected one of them",
    ),
    case("no ship of book", "generate", "book", "--no-ship", "--out", "x.png", says="leave out --no-ship"),
    case(
        "length of conditional", "generate", "conditional", "--length", 99, "--out", "x.png",
        says="leave out --length",
    ),
    case(
        "heading without a ship", "generate", "causes", "--no-ship", "--heading", 3, "--out", "x.png",
        says="leave out --heading",
    ),
    case(
        "default length without a ship", "generate", "causes", "--no-ship", "--length", 200, "--out", "x.png",
        says="leave out --length",
    ),
    case(
        "source of a file", "generate", "{bench}/plain.keras", "--source", "real", "--out", "x.png",
        says="leave out --source",
    ),
    case(
        "source of a folder", "generate", "{bench}/run", "--source", "real", "--out", "x.png",
        says="leave out --source",
    ),
    *(
        case(f"judge {flag}", "train", "judge", flag, *value, "--out", "x", says=f"leave out {flag}")
        for flag, *value in (
            ("--image-size", 40), ("--batch-size", 4), ("--workers", "gpus"), ("--worker", 0), ("--save-every", 60),
            ("--resume",),
        )
    ),
    case("worker alone", "train", "small", "--worker", 1, "--out", "x", says="leave out --worker"),
    case(
        "worker of gpus", "train", "small", "--workers", "gpus", "--worker", 0, "--out", "x",
        says="leave out --worker",
    ),
    case("no workers", "train", "small", "--workers", "", "--out", "x", says="expected 'gpus'"),
    case("one worker", "train", "small", "--workers", "a:1", "--worker", 0, "--out", "x", says="two or more"),
    case("evaluate judge -n", "evaluate", "judge", "-n", 1000, says="leave out -n"),
    case("evaluate judge --seed", "evaluate", "judge", "--seed", 0, says="leave out --seed"),
]  # fmt: skip

OUTS = [
    case("out of another kind", "generate", "book", "--out", "x.jpg", says=".png or .npy"),
    case("out without an ending", "generate", "book", "--out", "x", says=".png or .npy"),
    case("out is empty", "generate", "book", "--out", "", says=".png or .npy"),
    case("out in no folder", "generate", "book", "--out", "no/x.png", says="found no folder"),
    case("out in a file", "generate", "book", "--out", "{bench}/text.keras/x.png", says="found no folder"),
    case("out is a folder", "generate", "book", "--out", "{bench}/folder.png", says="found a folder"),
    case("out is a pipe", "generate", "book", "--out", "{bench}/pipe.png", says="found a pipe"),
    case("out is a device", "generate", "book", "--out", "{bench}/device.png", says="found a device"),
    case("out has a long name", "generate", "book", "--out", "n" * 252 + ".png", says="too long"),
    case("out has a long CJK name", "generate", "book", "--out", "船" * 90 + ".png", says="too long"),
    case("out has a long path", "generate", "book", "--out", "a/" * 3000 + "x.png", says="too long"),
    case("out in /proc", "generate", "book", "--out", "/proc/x.png", says="cannot write"),
    case("detect over its scene", "detect", "{bench}/s.png", "--out", "{bench}/s.png", says="the file to read"),
    case("detect through a link", "detect", "{bench}/s.png", "--out", "{bench}/link.png", says="the file to read"),
    case("detect from a link", "detect", "{bench}/link.png", "--out", "{bench}/s.png", says="the file to read"),
    case("detect on a twin", "detect", "{bench}/s.png", "--out", "{bench}/twin.png", says="the file to read"),
    case(
        "detect by a longer way", "detect", "{bench}/s.png", "--out", "{bench}/run/../s.png",
        says="the file to read",
    ),
    case("generate over its model", "generate", "{bench}/m.npy", "--out", "{bench}/m.npy", says="the file to read"),
    case("train into a file", "train", "small", "--out", "{bench}/s.png", says="is a file"),
    case("train under a file", "train", "small", "--out", "{bench}/s.png/in", says="cannot write"),
    case("train into a long name", "train", "small", "--out", "n" * 300, says="too long"),
    case("train into /proc", "train", "small", "--out", "/proc/run", says="cannot write"),
    case("train into a full folder", "train", "small", "--out", "{bench}", says="--resume"),
    case("fetch into a file", "fetch", "--to", "{bench}/s.png", says="is a file"),
    case("fetch into /proc", "fetch", "--to", "/proc/x", says="cannot write"),
    case("a sheet of too many", "generate", "book", "-n", 50_000, "--out", "x.png", says="more pixels"),
]  # fmt: skip

MODELS = [
    case("no such model", "generate", "bok", "--out", "x.png", says="Did you mean book?"),
    case("no such model to score", "evaluate", "bok", says="Did you mean book?"),
    case("a model without a name", "generate", "", "--out", "x.png", says="", code=(1, 2)),
    case(
        "a folder of no training",
        "generate",
        "{bench}/folder.png",
        "--out",
        "x.png",
        says="no generator.keras",
    ),
    case("a pipe as model", "generate", "{bench}/pipe.png", "--out", "x.png", says="found a pipe"),
    case("a device as model", "evaluate", "/dev/zero", says="found a device"),
    case("causes for real chips", "generate", "causes", "--out", "x.png", says="not shipped", code=1),
    case(
        "a judge that shall draw", "generate", "judge", "--out", "x.png", says="expected a generator", code=1
    ),
    *(
        case(f"{command} {name}", command, f"{{bench}}/{name}.keras", *rest, says=says, code=1)
        for command, rest in (("generate", ("--out", "x.png")), ("evaluate", ("-n", 8)))
        for name, says in (
            *((f"cut-{tenth}", "expected a Keras model") for tenth in (1, 5, 9)),
            ("text", "expected a Keras model"),
            ("empty", "expected a Keras model"),
            ("npz", "expected a Keras model"),
            ("picture", "expected a Keras model"),
            ("other-zip", "expected a Keras model"),
            ("list-config", "expected a Keras model"),
            ("deep-config", ""),
            ("no-weights", "expected a Keras model"),
            ("classifier", "expected a generator"),
            ("judge", "expected a generator"),
        )
    ),
    *(
        case(f"flipped-{i}", "generate", f"{{bench}}/flipped-{i}.keras", "--out", "x.png", code=(0, 1))
        for i in range(8)
    ),
    case("a whole model", "generate", "{bench}/plain.keras", "-n", 3, "--out", "x.png", code=0),
    case("an ending in capitals", "generate", "{bench}/plain.keras", "-n", 3, "--out", "m.NPY", code=0),
    case("a name in another script", "generate", "{bench}/plain.keras", "-n", 3, "--out", "船.png", code=0),
    case("digits of another script", "generate", "{bench}/plain.keras", "-n", "３", "--out", "x.npy", code=0),
]

SCENES = [
    *(
        case(f"scene {name}", "detect", f"{{bench}}/{name}", "--out", "x.csv", says=says, code=1)
        for name, says in (
            ("none.png", "nothing there"),
            ("small.png", "40 pixels"),
            ("grey.png", "greyscale"),
            ("deep.png", "8 bits"),
            ("text.keras", "no whole image"),
            ("empty.keras", "no whole image"),
            ("npz.keras", "no whole image"),
            ("plain.keras", "no whole image"),
            ("script.eps", "no whole image"),
            ("bomb.png", "no whole image"),
            ("pages.tif", "2 pages"),
            ("film.png", "2 frames"),
            ("palette.png", "mode P"),
            ("infrared.png", "called alpha"),
            ("clear.png", "no pixel that is data"),
            ("loop.png", "a name that cannot be looked up"),
            ("nowhere.png", "nothing there"),
            ("folder.png", ""),
            *((f"cut-{tenth}.png", "no whole image") for tenth in (1, 3, 5, 7, 9)),
        )
    ),
    case("scene of a pipe", "detect", "{bench}/pipe.png", "--out", "x.csv", says="found a pipe"),
    case("scene of a device", "detect", "/dev/zero", "--out", "x.csv", says="found a device"),
    case("a whole scene", "detect", "{bench}/s.png", "--source", "simulated", "--out", "船.csv", code=0),
]

STORAGES = [
    *(
        case(f"study in {name}", "search", "--storage", f"{{bench}}/{name}", says="found no study")
        for name in (
            "s.png",
            "m.npy",
            "plain.keras",
            "run/log.csv",
            "run/recipe.json",
            "list.json",
            "text.keras",
        )
    ),
    case("study in a folder", "search", "--storage", "{bench}", says="found a folder"),
    case("study in no folder", "search", "--storage", "no/study.log", says="found no folder"),
    case("study on a device", "search", "--storage", "/dev/full", says="found a device"),
    case("study in a pipe", "search", "--storage", "{bench}/pipe.png", says="found a pipe"),
    case("study with a long name", "search", "--storage", "n" * 300, says="too long"),
    case("study without a scheme", "search", "--storage", "://x", says="expected an address"),
    case("study of an unknown scheme", "search", "--storage", "what://x", says="found no study"),
    case("study in no sqlite", "search", "--storage", "sqlite:////no/where/s.db", says="found no study"),
    case("study with a password", "search", "--storage", "postgresql://me:secret@host/x", says="me:***@host"),
    case(
        "a password for a recipe",
        "search",
        "postgresql://me:secret@host/x",
        "--storage",
        "x",
        says="me:***@host",
    ),
    case("another recipe", "search", "causes", "--storage", "x", says="'small', 'book'"),
]

DATA = [
    *(
        case(f"{command[0]} on {data}", *command, says=says, code=1, data="{bench}/" + data)
        for command in (("evaluate", "judge"), ("train", "tiny", "--out", "x"))
        for data, says in (
            ("nowhere", "found nothing there"),
            ("folder.png", "found no chips"),
            ("s.png", "found no chips"),
            ("list.json", ""),
            ("deep.json", ""),
            ("utf16.json", ""),
            ("cut.json", ""),
            ("named", "no chip's"),
            ("broken", ""),
        )
    ),
]

RESUMES = [
    *(
        case(
            f"resume {name}",
            "train",
            "tiny",
            "--steps",
            9,
            "--out",
            f"{{bench}}/{name}",
            "--resume",
            says=says,
        )
        for name, says in (
            ("nowhere", "no training"),
            ("recipe-list", "no training"),
            ("recipe-deep", "no training"),
            ("recipe-utf16", "no training"),
            ("recipe-cut", "no training"),
            ("recipe-empty", "no training"),
            ("recipe-number", "no training"),
            ("recipe-words", ""),
            ("recipe-seed", ""),
            ("recipe-other", "recipe's"),
            ("checkpoint-plain", ""),
            ("checkpoint-judge", ""),
            ("checkpoint-cut", "no checkpoint that can be read"),
            ("checkpoint-text", "no checkpoint that can be read"),
        )
    ),
    case(
        "resume with another seed",
        "train",
        "tiny",
        "--seed",
        5,
        "--steps",
        9,
        "--out",
        "{bench}/run",
        "--resume",
    ),
    case(
        "resume another recipe",
        "train",
        "small",
        "--steps",
        9,
        "--out",
        "{bench}/run",
        "--resume",
        says="'small'",
    ),
    case("begin in a training", "train", "tiny", "--steps", 9, "--out", "{bench}/run", says="--resume"),
    case("no such recipe", "train", "smal", "--out", "x", says="Did you mean small?"),
    case("a size of no network", "train", "tiny", "--image-size", 30, "--out", "x", says="30"),
]
# Where no row of samples can be read, the look at the last one fails.
LOGS = ("log-empty", "log-binary", "log-utf16", "log-semicolons", "log-spreadsheet", "samples-damaged")

TWICE = [
    case("twice -n", "generate", "book", "-n", 2, "-n", 3, "--out", "x.npy", says="-n more than once"),
    case("twice --out", "generate", "book", "--out", "x.npy", "--out", "y.npy", says="--out more than once"),
    case(
        "twice --seed", "train", "small", "--seed", 1, "--out", "x", "--seed=2", says="--seed more than once"
    ),
    case("twice a flag", "evaluate", "book", "--json", "--json", says="--json more than once"),
]

BANDS = [
    *(
        case(f"bands {bands}", "detect", "{bench}/s.png", "--bands", bands, "--out", "x.csv", says="such as 3,2,1")
        for bands in ("", "1", "3,2", "1,1,2", "0,1,2", "-1,2,3", "1.0,2,3", "a,b,c", "1,2,3,4", "3 2 1", "３,２,１", "1,2,100")
    ),
    case("bands out of reach", "detect", "{bench}/s.png", "--bands", "4,3,2", "--out", "x.csv", says="no band 4", code=1),
    case("four bands", "detect", "{bench}/four.tif", "--out", "x.csv", says="satgan detect --bands 3,2,1", code=1),
    case(
        "four bands, chosen", "detect", "{bench}/four.tif", "--bands", "3, 2, 1", "--source", "simulated", "--out",
        "x.csv", code=0,
    ),
    case("bands of 16 bits", "detect", "{bench}/deep.png", "--bands", "3,2,1", "--out", "x.csv", says="8 bits", code=1),
]  # fmt: skip

CASES = [*numbers(), *TWICE, *BANDS, *UNREAD, *OUTS, *MODELS, *SCENES, *STORAGES, *DATA, *RESUMES]


def damaged(path, source, change):
    path.write_bytes(change(bytearray(source.read_bytes())))


def flip(seed):
    rng = random.Random(seed)

    def change(data):
        for _ in range(5):
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        return data

    return change


def write_models(bench):
    plain = bench / "plain.keras"
    recipes.build(TINY, 0).sampler().save(plain)
    size = plain.stat().st_size
    for tenth in (1, 5, 9):
        damaged(bench / f"cut-{tenth}.keras", plain, lambda data, end=size * tenth // 10: data[:end])
    for seed in range(8):
        damaged(bench / f"flipped-{seed}.keras", plain, flip(seed))
    (bench / "text.keras").write_text("hello")
    (bench / "empty.keras").write_bytes(b"")
    np.savez(bench / "x.npz", a=np.zeros(3))
    (bench / "x.npz").rename(bench / "npz.keras")
    shutil.copy(bench / "s.png", bench / "picture.keras")
    for name, parts in (
        ("other-zip", {"hello.txt": "hello"}),
        ("list-config", {"metadata.json": "{}", "config.json": "[]"}),
        ("deep-config", {"metadata.json": "{}", "config.json": "[" * 100_000}),
    ):
        with zipfile.ZipFile(bench / f"{name}.keras", "w") as file:
            for part, text in parts.items():
                file.writestr(part, text)
    with zipfile.ZipFile(plain) as file, zipfile.ZipFile(bench / "no-weights.keras", "w") as out:
        for part in file.namelist():
            if "weights" not in part:
                out.writestr(part, file.read(part))
    shutil.copy(models.path("judge", "simulated"), bench / "judge.keras")
    from satgan_tutorial import classifier

    classifier.build().save(bench / "classifier.keras")


def write_pictures(bench):
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 256, (96, 100, 3), np.uint8)).save(bench / "s.png")
    Image.fromarray(np.zeros((40, 90, 3), np.uint8)).save(bench / "small.png")
    Image.fromarray(np.zeros((90, 90), np.uint8)).save(bench / "grey.png")
    Image.fromarray(np.zeros((90, 90), np.uint16)).save(bench / "deep.png")
    size = (bench / "s.png").stat().st_size
    for tenth in (1, 3, 5, 7, 9):
        damaged(bench / f"cut-{tenth}.png", bench / "s.png", lambda data, end=size * tenth // 10: data[:end])
    # 100 000 x 100 000 pixels, says the head
    damaged(bench / "bomb.png", bench / "s.png", lambda data: data[:16] + b"\0\1\x86\xa0" * 2 + data[24:])
    four = rng.integers(0, 256, (96, 100, 4), np.uint8)
    tiff(bench / "four.tif", four, extra=[0])
    Image.fromarray(four).save(bench / "infrared.png")
    Image.fromarray(four * np.uint8([1, 1, 1, 0])).save(bench / "clear.png")
    one, two = (Image.fromarray(four[..., i : i + 3]) for i in (0, 1))
    one.save(bench / "pages.tif", save_all=True, append_images=[two])
    one.save(bench / "film.png", save_all=True, append_images=[two])
    one.convert("P").save(bench / "palette.png", transparency=3)
    (bench / "loop.png").symlink_to(bench / "loop.png")
    (bench / "nowhere.png").symlink_to(bench / "not-there.png")
    (bench / "script.eps").write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\nshowpage\n")
    (bench / "link.png").symlink_to(bench / "s.png")
    os.link(bench / "s.png", bench / "twin.png")
    (bench / "folder.png").mkdir()
    os.mkfifo(bench / "pipe.png")
    (bench / "device.png").symlink_to("/dev/null")
    (bench / "m.npy").write_text("no model")


def write_data(bench):
    for name, text in (("list", b"[1]"), ("deep", b"[" * 100_000), ("cut", b'{"data": [[1, 2')):
        (bench / f"{name}.json").write_bytes(text)
    (bench / "utf16.json").write_text('{"data": 1}', encoding="utf-16")
    for folder, file in (("named", "ship.png"), ("broken", "1__20170101_180756_103a__-122.3_37.7.png")):
        (bench / folder).mkdir()
        shutil.copy(bench / "cut-5.png", bench / folder / file)


def write_trainings(bench):
    run = bench / "run"
    training.run(TINY, few_chips().split(0).train, run, seed=3, steps=2, say=lambda text: None)
    card = json.loads((run / "recipe.json").read_text())
    for name, text in (
        ("list", b"[]"),
        ("deep", b'{"recipe":' * 100_000),
        ("utf16", json.dumps(card).encode("utf-16")),
        ("cut", json.dumps(card).encode()[:99]),
        ("empty", b""),
        ("number", b'{"recipe": 3}'),
        ("words", json.dumps(card | {"recipe": card["recipe"] | {"image_size": "eighty"}}).encode()),
        ("seed", json.dumps(card | {"seed": "three"}).encode()),
        ("other", json.dumps(card | {"recipe": card["recipe"] | {"latent_dim": 99}}).encode()),
    ):
        shutil.copytree(run, bench / f"recipe-{name}")
        (bench / f"recipe-{name}/recipe.json").write_bytes(text)
    for name in ("plain", "judge", "cut-5", "text"):
        folder = shutil.copytree(run, bench / f"checkpoint-{name.removesuffix('-5')}")
        shutil.copy(bench / f"{name}.keras", folder / "checkpoint.keras")
    for name, text in (
        ("empty", b""),
        ("binary", bytes(range(256))),
        ("utf16", "step,g_loss\n2,1\n".encode("utf-16")),
        ("semicolons", b"step;g_loss\n2;1,0\n"),
        ("spreadsheet", b'\xef\xbb\xbf"step","g_loss"\r\n"2","1"\r\n'),
    ):
        shutil.copytree(run, bench / f"log-{name}")
        (bench / f"log-{name}/log.csv").write_bytes(text)
    folder = shutil.copytree(run, bench / "samples-damaged")
    for file in (folder / "samples.png", *(folder / "samples").glob("*")):
        file.write_bytes(b"damaged")


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    bench = tmp_path_factory.mktemp("bench")
    write_pictures(bench)
    write_models(bench)
    write_data(bench)
    write_trainings(bench)
    return bench


@pytest.fixture(scope="module", autouse=True)
def counts(request):
    yield
    reporter = request.config.pluginmanager.get_plugin("terminalreporter")
    if reporter and COUNTS:
        words = ", ".join(f"{count} {what}" for what, count in COUNTS.items())
        with request.config.pluginmanager.get_plugin("capturemanager").global_and_fixture_disabled():
            reporter.write_line(f"\ninputs: {sum(COUNTS.values())} tried, {words}")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setitem(recipes.RECIPES, "tiny", TINY)


def ends_in_a_sentence(code, output, codes):
    assert code in (codes if isinstance(codes, tuple) else (codes,)), output
    assert "Traceback" not in output and "This is a bug" not in output
    assert not list(Path().rglob(".new-*")), output
    COUNTS["handled" if code == 0 else "refused in a sentence"] += 1
    if code:
        sentence = output.partition("Error: ")[2].strip()
        assert len(sentence) > 10, output
        assert len(sentence) < 2000 and "secret" not in sentence


@pytest.mark.parametrize(("words", "says", "code", "data"), CASES)
def test_each_input_ends_in_a_sentence(bench, monkeypatch, words, says, code, data):
    if data:
        monkeypatch.setenv("SATGAN_DATA", data.format(bench=bench))
    else:
        monkeypatch.setattr("satgan_tutorial.sources.load_chips", lambda *args, **options: few_chips())
    result = CliRunner().invoke(main, [word.format(bench=bench) for word in words])
    ends_in_a_sentence(result.exit_code, result.output, code)
    assert says in " ".join(result.output.split())


@pytest.mark.slow
@pytest.mark.parametrize("name", LOGS)
def test_a_training_goes_on_whatever_became_of_its_log(bench, monkeypatch, name):
    monkeypatch.setattr("satgan_tutorial.sources.load_chips", lambda *args, **options: few_chips())
    line = ["train", "tiny", "--steps", "4", "--seed", "3", "--out", str(bench / name), "--resume"]
    result = CliRunner().invoke(main, line)
    ends_in_a_sentence(result.exit_code, result.output, (0, 1, 2))


def test_the_table_is_long():
    assert len(CASES) >= 150


@pytest.mark.slow
def test_numbers_are_finite_and_within_their_limits():
    hypothesis = pytest.importorskip("hypothesis")
    from hypothesis import strategies

    texts = strategies.text(max_size=12) | strategies.floats().map(repr) | strategies.integers().map(str)
    kinds = [options.Number(0, 360), options.Number(0, 1e5, min_open=True), options.Whole(0, 2**32 - 1)]

    @hypothesis.given(texts, strategies.sampled_from(kinds))
    def check(text, kind):
        try:
            value = kind.convert(text, None, None)
        except options.click.BadParameter as error:
            assert "expected a" in error.message
        else:
            assert np.isfinite(value) and kind.min <= value <= kind.max and value == float(text)

    check()


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("postgresql://me:secret@host/x", "postgresql://me:***@host/x"),
        ("mysql+pymysql://me:se:cr@et@host:3306/x failed", "mysql+pymysql://me:***@host:3306/x failed"),
        ("redis://:secret@host", "redis://:***@host"),
        ("sqlite:///x.db?password=secret&a=1", "sqlite:///x.db?password=***&a=1"),
        ("https://host:80/a, of me@host", "https://host:80/a, of me@host"),
        ("no address", "no address"),
    ],
)
def test_passwords_are_hidden(text, hidden):
    assert console.masked(text) == hidden


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (OSError(28, "No space left on device", "a.png"), "a.png: there is no room left .* Make room"),
        (PermissionError(13, "Permission denied", "a"), "a: this user may not"),
        (MemoryError("Unable to allocate 9 GiB"), "not enough memory .*9 GiB"),
        (RecursionError("maximum recursion depth exceeded"), "nested too deep"),
        (ModuleNotFoundError("No module named 'pandas'"), "pandas.*satgan check"),
        (RuntimeError("Could not determine home directory."), "HOME"),
        (models.ModelError("of ours."), "of ours.$"),
        (KeyError("x"), "This is a bug; set SATGAN_TRACEBACK=1"),
        (ZeroDivisionError(), "This is a bug"),
    ],
)
def test_every_error_has_its_sentence(monkeypatch, error, says):
    def fail(*args, **options):
        raise error

    monkeypatch.setattr("satgan_tutorial.models.find", fail)
    line = ["generate", "book", "--out", "x.png"]
    result = CliRunner().invoke(main, line)
    assert result.exit_code == 1 and "Traceback" not in result.output
    assert re.search(says, " ".join(result.output.split())), result.output
    monkeypatch.setenv("SATGAN_TRACEBACK", "1")
    assert CliRunner().invoke(main, line).exception is error


@pytest.mark.slow
def test_errors_of_tensorflow_have_theirs():
    import tensorflow as tf

    full = tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor\nmore")
    assert "not enough memory for this (OOM when allocating tensor)" in console.in_a_sentence(full)
    assert "TensorFlow failed" in console.in_a_sentence(tf.errors.InternalError(None, None, "cuDNN"))


def satgan(*words, user=None, shell="", **variables):
    """The command in a process of its own."""
    program = "from satgan_tutorial.__main__ import main; main(prog_name='satgan')"
    line = [sys.executable, "-c", program, *map(str, words)]
    surroundings = {name: value for name, value in (os.environ | variables).items() if value is not None}
    if shell:
        line = ["sh", "-c", f'"$@" {shell}', "sh", *line]
    return subprocess.run(
        line, check=False, capture_output=True, text=True, env=surroundings, user=user, errors="replace"
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variables", "words", "code", "says"),
    [
        ({"KERAS_BACKEND": "jax"}, ("generate", "book", "--out", "x.png"), 2, "expected tensorflow"),
        ({"KERAS_BACKEND": "torch"}, ("evaluate", "book"), 2, "expected tensorflow"),
        ({"KERAS_BACKEND": "nonsense"}, ("train", "small", "--out", "x"), 2, "expected tensorflow"),
        ({"KERAS_BACKEND": "jax"}, ("search", "--storage", "x"), 2, "expected tensorflow"),
        ({"KERAS_BACKEND": "jax"}, ("check",), 1, "PROBLEM: $KERAS_BACKEND"),
        ({"KERAS_HOME": "first"}, ("generate", "book", "--out", "x.png"), 2, "channels_first"),
        ({"KERAS_HOME": "first"}, ("check",), 1, "channels_first"),
        ({"KERAS_HOME": "nnx"}, ("generate", "book", "--out", "x.png"), 2, "nnx_enabled"),
        ({"KERAS_HOME": "floats"}, ("train", "small", "--out", "x"), 2, "float64"),
        ({"HOME": None}, ("generate", "book", "--out", "x.png"), 0, "16 chips"),
        ({"PYTHONPATH": "stub"}, ("evaluate", "book"), 1, "library is missing"),
        ({"PYTHONIOENCODING": "cp1252"}, ("generate", "book", "--out", "船.png"), 0, "?.png"),
        ({"SATGAN_CACHE": "/proc/x"}, ("evaluate", "book"), 1, "SATGAN_CACHE"),
        ({"SATGAN_DATA": "~nobody-like-that/x"}, ("evaluate", "book"), 1, ""),
        ({"SATGAN_CACHE": "~nobody-like-that/x"}, ("evaluate", "book"), 1, ""),
    ],
    ids=str,
)
def test_each_machine_ends_in_a_sentence(variables, words, code, says):
    for folder, text in (
        ("first", '{"image_data_format": "channels_first"}'),
        ("floats", '{"floatx": "float64"}'),
        ("nnx", '{"nnx_enabled": true}'),
    ):
        Path(folder).mkdir()
        Path(folder, "keras.json").write_text(text)
    Path("stub/pandas").mkdir(parents=True)
    Path("stub/pandas/__init__.py").write_text("raise ImportError('broken')")
    done = satgan(*words, **({"SATGAN_DATA": "simulated"} | variables))
    output = done.stdout + done.stderr
    ends_in_a_sentence(done.returncode, output, code)
    assert says in output
    assert Path("船.png").exists() == ("船.png" in words)


@pytest.mark.slow
def test_a_folder_of_others_is_told_before_the_work(tmp_path):
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("to be another user takes being root")
    nobody = 54321  # in no list of users, so without a home
    for folder in (*tmp_path.parents[:2], tmp_path):
        folder.chmod(0o755)
    try:
        done = satgan("generate", "book", "--out", "x.png", user=nobody, HOME=None)
    except PermissionError:
        pytest.skip("no other user can start this Python")
    ends_in_a_sentence(done.returncode, done.stdout + done.stderr, 2)
    assert "cannot write" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    "shell", ["2>&-", ">&-", ">&- 2>&-", "</dev/null >&- 2>&- <&-", "| true", "2>/dev/full"]
)
def test_streams_that_are_gone_cost_the_words_alone(bench, shell):
    satgan("generate", bench / "plain.keras", "-n", "3", "--out", "x.npy", shell=shell)
    assert np.load("x.npy").shape == (3, 80, 80, 3)


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 200 kB, where one may be made."""
    disk = tmp_path / "disk"
    disk.mkdir()
    made = ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(disk)]
    if sys.platform != "linux" or subprocess.run(made, check=False, capture_output=True).returncode:
        pytest.skip("to make a disk takes being root, on Linux")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("generate", "{bench}/plain.keras", "-n", 64, "--out", "{disk}/x.png"), "no room left"),
        (
            ("generate", "{bench}/plain.keras", "-n", 64, "--out", "{disk}/x.npy"),
            "1.2 MB, and 0 bytes are free",
        ),
        (("train", "tiny", "--steps", 2, "--out", "{disk}/run"), "no room left"),
        (("detect", "{bench}/s.png", "--out", "{disk}/boxes.csv"), "no room left"),
        (("search", "--storage", "{disk}/study.log", "--trials", 1), "No space left"),
    ],
    ids=lambda each: str(each[-1]) if isinstance(each, tuple) else "",
)
def test_a_full_disk_ends_in_a_sentence_and_harms_nothing(bench, small_disk, words, says):
    kept = small_disk / "kept.txt"
    kept.write_text("mine")
    with open(small_disk / "filler", "wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(4096)):
            pass
    words = [str(word).format(bench=bench, disk=small_disk) for word in words]
    result = CliRunner().invoke(main, words)
    ends_in_a_sentence(result.exit_code, result.output, (1, 2))
    assert says in result.output, result.output
    assert kept.read_text() == "mine"
    assert {file.name for file in small_disk.iterdir()} - {"run", "study.log"} == {"kept.txt", "filler"}


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_command_that_is_told_to_end_leaves_nothing_half_done(name):
    # Under `nohup` these tests would hand on that SIGHUP is to be ignored, and the command would go on, rightly.
    heard = f"import signal; signal.signal(signal.{name}, signal.SIG_DFL)"
    program = f"{heard}; from satgan_tutorial.__main__ import main; main(prog_name='satgan')"
    line = [sys.executable, "-c", program, "generate", "book", "-n", "1000000", "--out", "x.npy"]
    process = subprocess.Popen(line, stderr=subprocess.DEVNULL)
    try:
        while not any(file.stat().st_size for file in Path().glob(".new-*")):
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(getattr(signal, name))
        assert process.wait(60) == 128 + getattr(signal, name)
    finally:
        process.kill()
        process.wait()
    assert not list(Path().iterdir())


@pytest.mark.slow
def test_a_score_that_cannot_be_written_is_no_success():
    done = satgan("evaluate", "judge", "--json", shell=">/dev/full", SATGAN_DATA="simulated")
    assert done.returncode == 1 and "no room left" in done.stderr and "Traceback" not in done.stderr


def test_a_working_folder_that_is_gone_is_told(tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    os.chdir(gone)
    gone.rmdir()
    result = CliRunner().invoke(main, ["generate", "book", "--out", "x.png"])
    os.chdir(tmp_path)
    ends_in_a_sentence(result.exit_code, result.output, 2)
    assert "working folder is gone" in result.output
