"""The house as a whole: arrows between rooms point down, the pinned set is one, and workflows hold no token they need not."""

import re
import runpy
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


# What runs code of this project, or of a package.
OURS = re.compile(r"\b(make|pip|python[\d.]*|uv|nox|satgan|pytest|bootstrap\.py)\b")


def steps(workflow):
    return [(job, step) for job in workflow["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_reads_and_what_may_write_runs_none_of_our_code(path):
    workflow = yaml.safe_load(path.read_text())
    assert workflow["permissions"] == {"contents": "read"}
    for job, step in steps(workflow):
        grants = {*job.get("permissions", workflow["permissions"]).values()}
        ours = OURS.search(step.get("run", "")) or "checkout" in step.get("uses", "")
        assert not (ours and "write" in grants), step
        assert not (
            ours and re.search(r"secrets\.|github\.token", str([step, job.get("env"), workflow.get("env")]))
        )
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_an_action_is_named_by_its_commit_and_says_its_version(path):
    text = path.read_text()
    used = re.findall(r"uses: *(.+)", text)
    wrong = [one for one in used if not re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", one)]
    assert wrong == [] and len(used) == sum("uses" in step for _, step in steps(yaml.safe_load(text)))


def test_an_action_is_one_version_everywhere():
    used = {one for path in WORKFLOWS for one in re.findall(r"uses: *(\S+)@(\S+ # \S+)", path.read_text())}
    assert len({name for name, _ in used}) == len(used) >= 7


def test_workflows_pass_a_linter_that_looks_for_ways_in():
    tool = shutil.which("zizmor", path=Path(sys.executable).parent)
    run = subprocess.run(
        [tool, "--offline", "--no-progress", str(ROOT / ".github")],
        check=False,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    (update,) = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text())["updates"]
    assert update["package-ecosystem"] == "github-actions"


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_runs_of_a_workflow_end_and_do_not_pile_up(path):
    workflow = yaml.safe_load(path.read_text())
    assert {"group", "cancel-in-progress"} == set(workflow["concurrency"])
    assert all(job["timeout-minutes"] <= 60 for job in workflow["jobs"].values())


def test_what_is_installed_without_the_pins_may_be_what_is_pinned():
    """Colab's first cell and `newest.yml` install what `pyproject.toml` allows, which has to allow the tested set."""
    from packaging.requirements import Requirement

    pinned = {
        pin.name: pin.need.split(" ; ")[0].partition("==")[2]
        for pin in read_pins((ROOT / "requirements.txt").read_text())
    }
    extras = PROJECT["optional-dependencies"]
    needs = [
        Requirement(line)
        for line in (*PROJECT["dependencies"], *extras["fetch"], *extras["onnx"], *extras["book"])
    ]
    wrong = [str(need) for need in needs if need.name in pinned and pinned[need.name] not in need.specifier]
    assert wrong == [] and sum(need.name in pinned for need in needs) > 15


def test_what_is_released_is_made_before_anything_unpinned_runs():
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text())["jobs"]
    assert {*jobs["release"]["needs"]} == {"build", "try"}
    build = " ".join(step.get("run", "") for step in jobs["build"]["steps"])
    assert "pip install" not in build and "--no-build-isolation" in build


def test_the_header_for_hosts_is_shown_as_it_is_tested():
    policy = runpy.run_path(str(ROOT / "tools" / "policy.py"))
    assert f"\n    {policy['HEADER']}\n" in (ROOT / "book" / "appendix" / "setup.md").read_text()
