"""The house as a whole: arrows between rooms point down, the pinned set is one, and workflows hold no token they need not."""

import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml

from satgan_tutorial.pins import Pin, read_pins

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[1]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT, BUILDS = SETTINGS["project"], SETTINGS["build-system"]["requires"]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


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


def test_conda_installs_the_pinned_set_and_checks_its_sums():
    python, pip, packages = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    assert pip == "pip"
    assert packages == {"pip": ["--require-hashes", "--only-binary=:all:", "-r requirements.txt"]}
    low, high, chosen = (
        tuple(map(int, v.split("."))) for v in re.findall(r"\d+\.\d+", PROJECT["requires-python"] + python)
    )
    assert low <= chosen < high
    after = ROOT / "postBuild"
    assert after.stat().st_mode & 0o111 or sys.platform == "win32"
    (line,) = re.findall(r"^python -m (.+)$", after.read_text(), re.MULTILINE)
    assert "--no-deps --no-build-isolation" in line and line in (ROOT / "book/appendix/setup.md").read_text()


def test_what_pip_reads_of_environment_yml_is_fit_for_it(tmp_path):
    """conda hands the lines of its section for pip to pip, as a file beside environment.yml."""
    lines = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"][2]["pip"]
    (tmp_path / "conda.txt").write_text("\n".join(lines), encoding="utf-8")
    nothing = Pin(f"pip=={version('pip')}", ("0" * 64,))
    (tmp_path / "requirements.txt").write_text(nothing.text, encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "install", "--no-index", "--dry-run", "-r", "conda.txt"]
    run = subprocess.run(pip, check=False, cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def test_every_dependency_is_pinned_with_its_sums():
    extras = PROJECT["optional-dependencies"]
    wanted = [
        *PROJECT["dependencies"],
        *extras["fetch"],
        *extras["book"],
        *extras["tests"],
        *BUILDS,
        "editables",
    ]
    names = {re.match(r"[\w-]+", line)[0].lower() for line in wanted} - {"satgan-tutorial"}
    text = (ROOT / "requirements.txt").read_text()
    pins = read_pins(text)
    assert names - {pin.name for pin in pins} == set()
    assert [pin.need for pin in pins if not (pin.sums and re.match(r"[\w-]+==[\w.]+($| ; )", pin.need))] == []
    assert [one for pin in pins for one in pin.sums if not re.fullmatch("[0-9a-f]{64}", one)] == []
    assert "://" not in text and "#" not in text


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
