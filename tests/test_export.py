"""What a generator is exported to draws what Keras draws, or is refused in a sentence."""

import json
import struct
import zipfile

import keras
import numpy as np
import pytest
import yaml
from click.testing import CliRunner

from satgan_tutorial import export, models, networks, recipes, sampling, solvers
from satgan_tutorial.cli import main
from satgan_tutorial.cli.export import ENDINGS

pytestmark = [pytest.mark.once, pytest.mark.slow]

SHIPPED = [name for name in models.shipped() if not name.startswith(("judge-", "regressor-"))]


def tiny(name):
    """A sampler of few weights that have left where they began."""
    keras.utils.set_random_seed(0)
    if name == "flow":
        flow = recipes.replace(
            recipes.get("flow-conditional"), image_size=16, width=2, multipliers=(1,), blocks=(1,)
        )
        sampler = recipes.build(recipes.replace(flow, attention=False, solver_steps=3), 0).sampler()
    else:
        settings = {"base_filters": 2, "image_size": 8, "latent_dim": 4, "batch_norm": True, "grain": 2}
        sampler = networks.generator(conditions=1, **settings)
    rng = np.random.default_rng(0)
    sampler.set_weights([w + 0.1 * rng.random(w.shape, np.float32) for w in sampler.get_weights()])
    return sampler


@pytest.fixture(scope="module")
def samplers():
    return {name: tiny(name) for name in ("gan", "flow")}


@pytest.mark.parametrize("form", export.FORMATS)
@pytest.mark.parametrize("family", ["gan", "flow"])
def test_each_format_draws_what_keras_draws(samplers, family, form, tmp_path):
    out = tmp_path / f"drawn{export.FORMATS[form]}"
    if (family, form) == ("flow", "keras"):
        with pytest.raises(export.ExportError, match="a loop of solver steps"):
            export.export(samplers[family], out, form)
        assert list(tmp_path.iterdir()) == []
        return
    if (family, form) == ("flow", "onnx"):  # one pass a step, and half the time to translate it
        sampling.solve_with(samplers[family], "euler")
    assert export.export(samplers[family], out, form, "- Licence: MIT, as the code.") < 0.01
    assert [path.name for path in tmp_path.iterdir()] == [out.name]
    check = {"keras": need_no_package, "onnx": name_their_sides, "safetensors": are_for_a_hub}
    check.get(form, lambda out, family: None)(out, family)


def need_no_package(out, family):
    assert "satgan" not in zipfile.ZipFile(out).read("config.json").decode()


def name_their_sides(out, family):
    import onnxruntime

    session = onnxruntime.InferenceSession(out)
    assert [tensor.name for tensor in session.get_inputs()] == ["noise", "condition"]
    (drawn,) = session.get_outputs()
    assert drawn.name == "images" and drawn.shape[1:] == [{"gan": 8, "flow": 16}[family]] * 2 + [3]
    assert "Licence" in session.get_modelmeta().custom_metadata_map["card"]
    assert out.stat().st_size < 200_000  # a flow's network is in there once, not once a step


def are_for_a_hub(out, family):
    assert sorted(path.name for path in out.iterdir()) == ["README.md", "config.json", "model.safetensors"]
    _, head, text = (out / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    facts = yaml.safe_load(head)
    assert facts["license"] == "mit" and facts["library_name"] == "keras"
    assert ("flow-matching" in facts["tags"]) == (family == "flow") == ("satgan_tutorial" in text)
    packed = (out / "model.safetensors").read_bytes()
    (length,) = struct.unpack("<Q", packed[:8])
    header = json.loads(packed[8 : 8 + length])
    ends = [entry["data_offsets"] for entry in header.values()]
    assert length % 8 == 0 and len(packed) == 8 + length + max(end for _, end in ends)
    assert [begin for begin, _ in ends] == [0, *(end for _, end in ends[:-1])]


@pytest.mark.parametrize("name", SHIPPED)
def test_what_is_shipped_needs_keras_alone(name):
    sampler = models.load(*name.rsplit("-", 1))
    if any(isinstance(layer, solvers.Integrate | solvers.OneStep) for layer in sampler.layers):
        with pytest.raises(export.ExportError, match="Choose onnx or saved_model"):
            export.plain(sampler)
        return
    copy = export.plain(sampler)
    assert "satgan" not in copy.to_json()
    assert export.distance_of(sampler, lambda *given: copy(export.inputs(*given), training=False)) < 0.01


def test_a_file_that_draws_otherwise_is_not_kept(samplers, tmp_path, monkeypatch):
    monkeypatch.setitem(
        export.READERS, "keras", lambda file: lambda *given: np.zeros((4, 8, 8, 3), np.float32)
    )
    with pytest.raises(export.ExportError, match="grey levels from Keras' own"):
        export.export(samplers["gan"], tmp_path / "drawn.keras", "keras")
    assert list(tmp_path.iterdir()) == []


def test_without_the_extra_onnx_says_how_to_get_it(samplers, tmp_path, monkeypatch):
    monkeypatch.setattr(export, "missing", lambda: ["tf2onnx"])
    with pytest.raises(
        export.ExportError, match=r"found no tf2onnx; .*pip install 'satgan-tutorial\[onnx\]'"
    ):
        export.export(samplers["gan"], tmp_path / "drawn.onnx", "onnx")


def test_the_command_writes_and_complains_before_the_work(samplers, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert ENDINGS == export.FORMATS

    def run(*words, code=0):
        result = CliRunner().invoke(main, ["export", *map(str, words)])
        assert result.exit_code == code, result.output
        return result.output

    samplers["gan"].save("mine.keras")
    said = run("mine.keras", "--format", "safetensors", "--out", "hub")
    assert "hub: " in said and "It draws what Keras draws" in said
    assert "expected the name of a new folder" in run(
        "mine.keras", "--format", "safetensors", "--out", "hub", code=2
    )
    assert "ends in .onnx" in run("mine.keras", "--format", "onnx", "--out", "mine.pb", code=2)
    assert "this is the file to read" in run("mine.keras", "--format", "keras", "--out", "mine.keras", code=2)
    assert "found no folder" in run("mine.keras", "--format", "keras", "--out", "gone/a.keras", code=2)
    assert "takes no steps" in run(
        "mine.keras", "--format", "keras", "--out", "a.keras", "--steps", "3", code=2
    )
    assert "expected a generator of images" in run("judge", "--format", "keras", "--out", "a.keras", code=1)
