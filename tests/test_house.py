"""The house as a whole: arrows between rooms point down, the pinned set is one, and workflows hold no token they need not."""

import importlib.util
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def script(path):
    spec = importlib.util.spec_from_file_location(Path(path).stem, ROOT / path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def lint_imports(tree):
    tool = shutil.which("lint-imports", path=Path(sys.executable).parent)
    run = subprocess.run(
        [tool, "--no-cache", "--no-logo", "pyproject.toml"],
        check=False,
        cwd=tree,
        env={"PYTHONPATH": str(tree), "PATH": ""},
        capture_output=True,
        text=True,
    )
    return run.returncode, run.stdout


@pytest.mark.parametrize(
    ("name", "line", "word"),
    [
        ("files.py", "from .training import train", "satgan_tutorial.files is not allowed to import"),
        ("metrics.py", "def late():\n    import tensorflow", "satgan_tutorial.metrics -> tensorflow"),
        ("sources/paint.py", "from . import simulate", "No package holds a circle BROKEN"),
        ("gan.py", "import tools.ship", "satgan_tutorial.gan -> tools"),
        ("attic.py", "", "attic"),
    ],
    ids=["up", "keras", "circle", "tools", "unplaced"],
)
def test_an_arrow_that_should_not_be_is_found(tmp_path, name, line, word):
    shutil.copytree(
        ROOT / "satgan_tutorial",
        tmp_path / "satgan_tutorial",
        ignore=shutil.ignore_patterns("pretrained", "__pycache__"),
    )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with open(tmp_path / "satgan_tutorial" / name, "a", encoding="utf-8") as file:
        file.write(f"\n\n{line}\n")
    status, told = lint_imports(tmp_path)
    assert status == 1 and word in told, told


def test_environment_yml_is_made_from_the_pinned_set():
    pins = (ROOT / "requirements.txt").read_text()
    maker = script("tools/environment.py")
    text = (ROOT / "environment.yml").read_text()
    assert text == maker.environment(pins), "run `make pins`"
    dependencies = yaml.safe_load(text)["dependencies"]
    assert dependencies[:2] == [f"python={maker.PYTHON}", "pip"]
    assert dependencies[2]["pip"] == [*pins.splitlines(), "-e ."]
    low, high = (tuple(map(int, v.split("."))) for v in re.findall(r"\d+\.\d+", PROJECT["requires-python"]))
    assert low <= tuple(map(int, maker.PYTHON.split("."))) < high


def test_every_dependency_is_pinned():
    extras = PROJECT["optional-dependencies"]
    wanted = [*PROJECT["dependencies"], *extras["fetch"], *extras["book"], *extras["tests"]]
    names = {re.match(r"[\w-]+", line)[0].lower() for line in wanted} - {"satgan-tutorial"}
    pinned = (ROOT / "requirements.txt").read_text()
    assert sorted(n for n in names if not re.search(rf"^{n}==", pinned, re.MULTILINE)) == []
    assert "://" not in pinned


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_may_read_and_no_more_unless_a_job_that_runs_none_of_our_code_says_so(path):
    workflow = yaml.safe_load(path.read_text())
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        steps = job["steps"]
        for step in steps:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False
        checks_out = any(step.get("uses", "").startswith("actions/checkout@") for step in steps)
        grants = {*job.get("permissions", workflow["permissions"]).values()}
        assert not (checks_out and "write" in grants)
