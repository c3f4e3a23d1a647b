"""Files that a disk, a transfer or a stranger has changed: each is read right, or refused in the project's own words."""

import json
import os
import re
import types
import zipfile
from pathlib import Path

import gaussian
import numpy as np
import pytest
from pictures import geo, noise, tiff
from PIL import Image

from satgan_tutorial import callbacks, models, rasters, recipes, search, training
from satgan_tutorial.chips import ChipError, ChipSet
from satgan_tutorial.sources import base, cache, shipsnet, simulate

hypothesis = pytest.importorskip("hypothesis")
from hypothesis import strategies as st

pytestmark = pytest.mark.once
SILENT = {"say": lambda line: None}


def damage(whole):
    """Changed bytes: a cut, some bits flipped, bytes put in or replaced, a piece twice, or something else altogether."""
    place = st.integers(0, max(len(whole) - 1, 0))
    flips = st.lists(st.tuples(place, st.integers(0, 7)), min_size=1, max_size=5)
    return st.one_of(
        place.map(lambda end: whole[:end]),
        flips.map(lambda bits: flipped(whole, bits)),
        st.tuples(place, st.binary(min_size=1, max_size=8)).map(
            lambda x: whole[: x[0]] + x[1] + whole[x[0] :]
        ),
        st.tuples(place, st.binary(min_size=1, max_size=8)).map(
            lambda x: whole[: x[0]] + x[1] + whole[x[0] + len(x[1]) :]
        ),
        st.tuples(place, place).map(lambda x: whole[: max(x)] + whole[min(x) :]),
        st.binary(max_size=64),
    )


def flipped(whole, bits):
    changed = bytearray(whole)
    for at, bit in bits:
        changed[at] ^= 1 << bit
    return bytes(changed)


def each(whole, examples):
    """Give a test many damaged copies of some bytes; the same ones on every machine."""

    def wrap(check):
        settings = hypothesis.settings(
            max_examples=examples, deadline=None, derandomize=True, database=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        )  # fmt: skip
        return settings(hypothesis.given(damage(whole))(check))()

    return wrap


def in_words(error):
    assert re.search(r"found|expected|there is", str(error)), error
    assert len(str(error)) < 1500


def pictures(folder):
    for ending in ("png", "tif", "webp", "jpg"):
        Image.fromarray(noise(24, 24)).save(folder / f"a.{ending}")
        yield ending, (folder / f"a.{ending}").read_bytes()
    yield "geotiff", tiff(folder / "geo.tif", noise(8, 8, 4), extra=[2], more=geo(3.0)).read_bytes()


@pytest.mark.slow
def test_damaged_pictures(tmp_path):
    for _, whole in pictures(tmp_path):

        @each(whole, 25)
        def check(changed):
            (tmp_path / "any").write_bytes(changed)
            try:
                found = rasters.read(tmp_path / "any", **SILENT)
            except rasters.RasterError as error:
                in_words(error)
            else:
                assert found.pixels.dtype == np.uint8 and found.pixels.shape[2:] == (3,)


def document(chips):
    pixels = chips.images.transpose(0, 3, 1, 2).reshape(len(chips), -1)
    rows = {"labels": chips.labels, "locations": chips.locations, "data": pixels}
    return json.dumps(
        {name: row.tolist() for name, row in rows.items()} | {"scene_ids": chips.scenes.tolist()}
    ).encode()


@pytest.mark.slow
def test_damaged_chips_in_json(tmp_path):
    whole = document(simulate.draw_chips(2, seed=0))
    rest = re.sub(rb'"data": \[.*\]\]', b'"data": []', whole)  # what is damaged; the pixels would hide it

    def read(text):
        (tmp_path / "shipsnet.json").write_bytes(text)
        try:
            found = shipsnet.find(tmp_path).read()
        except ChipError as error:
            in_words(error)
        else:
            assert isinstance(found, ChipSet)

    each(whole, 15)(read)

    @each(rest, 60)
    def check(changed):
        read(
            changed.replace(b"[]", whole[whole.index(b"[[", whole.index(b'"data"')) : whole.index(b"]]") + 2])
        )


def test_damaged_names_of_chips(tmp_path):
    name = "1__20170101_180756_103a__-122.3_37.7"

    @each(name.encode(), 150)
    def check(changed):
        changed = changed.replace(b"/", b"").replace(b"\0", b"")[:200]
        try:
            label, scene, place = shipsnet._parse_name(Path(os.fsdecode(changed + b".png")))
        except ChipError as error:
            in_words(error)
        else:
            assert label in (0, 1) and scene and np.isfinite(place).all()


def test_damaged_recipes(tmp_path):
    card = {"recipe": {"image_size": 80, "batch_size": 4}, "seed": 3, "source": "simulated", "chips": "0"}

    @each(json.dumps(card).encode(), 100)
    def check(changed):
        (tmp_path / "recipe.json").write_bytes(changed)
        found = training.read_card(tmp_path)
        assert found == {} or isinstance(found["recipe"], dict)


def test_damaged_logs(tmp_path):
    whole = "step,g_loss,d_loss\n" + "".join(f"{20 * i},{i}.5,0.25\n" for i in range(1, 6))

    @each(whole.encode(), 100)
    def check(changed):
        for file in tmp_path.iterdir():
            file.unlink()
        log = callbacks.Log(tmp_path / "log.csv", 20)
        log.path.write_bytes(changed)
        log.set_model(types.SimpleNamespace(step=80))
        log.on_train_begin()
        log.model.step = 100
        log.on_epoch_end(0, {"g_loss": 1.0, "d_loss": 2.0})
        rows = log.path.read_text("utf-8", errors="replace").splitlines()
        steps = [int(row.split(",")[0]) for row in rows[1:]]
        assert rows[0].startswith("step,") and steps[-1] == 100
        assert steps == sorted(set(steps))


def test_damaged_samples(tmp_path):
    np.savez_compressed(tmp_path / "000100.npz", images=noise(8, 16 * 16).reshape(8, 16, 16, 3))
    whole = (tmp_path / "000100.npz").read_bytes()
    (tmp_path / "000200.npz").write_bytes(whole)
    (tmp_path / "0 (copy).npz").write_bytes(whole)

    @each(whole, 100)
    def check(changed):
        (tmp_path / "000100.npz").write_bytes(changed)
        steps, images = callbacks.read_samples(tmp_path)
        assert steps in ([200], [100], [100, 200])
        assert all(rows.shape == (8, 16, 16, 3) and rows.dtype == np.uint8 for rows in images)


class Few:
    name, origin = "simulated", "(a test)"

    def key(self):
        return "0123456789abcdef"

    def read(self):
        return simulate.draw_chips(4, seed=3)


@pytest.mark.slow
@pytest.mark.parametrize("file", ["entry.json", "causes.json", "labels.npy"])
def test_damaged_entries_of_the_cache_are_made_again(tmp_path, monkeypatch, file):
    monkeypatch.setenv("SATGAN_CACHE", str(tmp_path))
    right = cache.cached(Few(), SILENT["say"])
    entry = tmp_path / f"simulated-{Few().key()}"
    monkeypatch.setattr(Few, "read", lambda self: right)

    @each((entry / file).read_bytes(), 25)
    def check(changed):
        (entry / file).write_bytes(changed)
        found = cache.cached(Few(), SILENT["say"])
        for name in base.ChipSet.__dataclass_fields__:
            if name not in ("source", "causes"):
                assert np.array_equal(getattr(found, name), getattr(right, name))


@pytest.mark.slow
def test_damaged_models(tmp_path):
    import keras

    stack = [keras.layers.Dense(48, "tanh"), keras.layers.Reshape((4, 4, 3))]
    keras.Sequential([keras.Input((5,)), *stack]).save(tmp_path / "model.keras")
    right = models.read_sampler(tmp_path / "model.keras").get_weights()

    @each((tmp_path / "model.keras").read_bytes(), 25)
    def check(changed):
        (tmp_path / "model.keras").write_bytes(changed)
        try:
            found = models.read_sampler(tmp_path / "model.keras")
        except models.ModelError as error:
            in_words(error)
        else:
            for a, b in zip(found.get_weights(), right, strict=True):
                assert np.array_equal(a, b)


@pytest.mark.slow
def test_damaged_checkpoints_give_way_to_the_one_before(tmp_path):
    recipes.build_family.register(gaussian.GaussianRecipe, gaussian.build)
    begun = recipes.build(recipes.replace(gaussian.RECIPE, image_size=4), 3)
    training._save(begun, tmp_path)
    whole = (tmp_path / "checkpoint.keras").read_bytes()
    (tmp_path / "previous.keras").write_bytes(whole)
    with zipfile.ZipFile(tmp_path / "previous.keras") as kept:
        at = kept.getinfo(training.MEANS).header_offset

    def check(changed):
        (tmp_path / "checkpoint.keras").write_bytes(changed)
        found = training._last(tmp_path, begun, SILENT["say"])
        assert found.step == begun.step and np.array_equal(found.moments.numpy(), begun.moments.numpy())

    each(whole, 5)(check)
    for place in range(
        at, min(at + 120, len(whole)), 17
    ):  # what the package itself puts in, at the file's end
        check(flipped(whole, [(place, 3)]))


@pytest.mark.slow
def test_damaged_journals(tmp_path):
    import optuna

    study = search.open_study(str(tmp_path / "study.log"), recipe="small", minutes=1)
    for _ in range(2):
        trial = study.ask({"gamma": optuna.distributions.FloatDistribution(0.01, 10, log=True)})
        trial.report(0.5, 1)
        trial.set_user_attr("seen", 1.0)
        study.tell(trial, 0.25)
    study.ask()
    whole = (tmp_path / "study.log").read_bytes()

    @each(whole, 50)
    def check(changed):
        (tmp_path / "study.log").write_bytes(changed)
        try:
            again = search.open_study(str(tmp_path / "study.log"), recipe="small", minutes=1)
            search.work(
                again, lambda trial: trial.suggest_float("gamma", 0.01, 10, log=True), 3, lost_after=1
            )
        except search.SearchError as error:
            in_words(error)
        else:
            assert all(isinstance(trial.params, dict) for trial in again.get_trials())
