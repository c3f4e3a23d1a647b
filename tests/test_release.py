"""What is released carries what it needs, has one version, and is described once."""

import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
import yaml

from tests.test_book import script

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[1]
VERSIONS = script("tools/version.py")
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


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
    made = VERSIONS.version()
    with zipfile.ZipFile(tmp_path / f"satgan_tutorial-{made}-py3-none-any.whl") as wheel:
        inside = set(wheel.namelist())
    package = ROOT / "satgan_tutorial"
    wanted = [
        path.relative_to(ROOT).as_posix()
        for path in package.rglob("*")
        if path.suffix in (".py", ".keras", ".md", ".csv", ".json", ".html", ".npz")
    ]
    assert [path for path in wanted if path not in inside] == []
    assert "satgan_tutorial/chips.sha256" in inside
    records = [path.relative_to(ROOT).as_posix() for path in (ROOT / "book" / "results").rglob("*.csv")]
    assert records and [path for path in records if f"satgan_tutorial/shelf/{path}" not in inside] == []
    with tarfile.open(tmp_path / f"satgan_tutorial-{made}.tar.gz") as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
        sdist.extractall(tmp_path, filter="data")
    assert {*wanted, "data/chips.sha256", "README.md", "LICENSE", "book/index.md", "PKG-INFO"} <= names
    assert VERSIONS.version(tmp_path / f"satgan_tutorial-{made}") == made, (
        "built from the sdist, it is another"
    )


def test_a_tag_makes_the_version_and_without_git_the_changelog_does(tmp_path):
    def git(*words):
        who = ["-c", "user.name=nobody", "-c", "user.email=nobody@example.org", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *who, *words], cwd=tmp_path, check=True, capture_output=True)

    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n## 1.3.0\n\n## 1.2.0\n", encoding="utf-8")
    assert VERSIONS.version(tmp_path) == "1.3.0"
    git("init")
    git("add", ".")
    git("commit", "--message", "first")
    assert VERSIONS.version(tmp_path) == "1.3.0.dev1"
    git("tag", "v1.3.0")
    assert VERSIONS.version(tmp_path) == "1.3.0"
    git("commit", "--allow-empty", "--message", "second")
    git("tag", "workshop")
    assert VERSIONS.version(tmp_path) == "1.3.0.dev1"
    (tmp_path / "PKG-INFO").write_text("Name: x\nVersion: 1.2.0\n", encoding="utf-8")
    assert VERSIONS.version(tmp_path) == "1.2.0"


def test_the_version_is_one():
    coming = VERSIONS.released()
    assert re.sub(r"\.dev\d+$", "", VERSIONS.version()) == coming
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))["version"] == coming
    import satgan_tutorial

    assert re.sub(r"\.dev\d+$", "", satgan_tutorial.__version__) == coming


def test_the_changelog_goes_by_version_the_newest_first():
    told = re.findall(r"^## (.+)$", CHANGELOG, re.MULTILINE)
    numbers = [tuple(map(int, one.split("."))) for one in told if re.fullmatch(r"\d+\.\d+\.\d+", one)]
    assert len(numbers) == len(told) and numbers == sorted(set(numbers), reverse=True)
