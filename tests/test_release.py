"""What is released carries what it needs: weights with their cards, quizzes, checksums."""

import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[1]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


@pytest.mark.slow
def test_a_wheel_and_an_sdist_carry_the_weights(tmp_path):
    build = [
        sys.executable,
        "-m",
        "uv",
        "build",
        "--quiet",
        "--no-build-isolation",
        "--python",
        sys.executable,
    ]
    build += ["--out-dir", str(tmp_path), str(ROOT)]
    subprocess.run(build, check=True)
    with zipfile.ZipFile(tmp_path / f"satgan_tutorial-{VERSION}-py3-none-any.whl") as wheel:
        inside = set(wheel.namelist())
    package = ROOT / "satgan_tutorial"
    wanted = [
        path.relative_to(ROOT).as_posix()
        for path in package.rglob("*")
        if path.suffix in (".py", ".keras", ".md", ".csv", ".json", ".html", ".npz")
    ]
    assert [path for path in wanted if path not in inside] == []
    assert "satgan_tutorial/chips.sha256" in inside
    with tarfile.open(tmp_path / f"satgan_tutorial-{VERSION}.tar.gz") as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    assert {*wanted, "data/chips.sha256", "README.md", "LICENSE", "book/index.md"} <= names


def test_the_version_is_one():
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text())["version"] == VERSION
    assert f"## {VERSION}\n" in (ROOT / "CHANGELOG.md").read_text()
    import satgan_tutorial

    assert satgan_tutorial.__version__ == VERSION
