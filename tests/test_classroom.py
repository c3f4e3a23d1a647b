"""The zip for a room without a network: what is in it, and that it installs, with small stand-ins for the wheels."""

import hashlib
import inspect
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from scripts import script

from satgan_tutorial.pins import Pin, read_pins

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[1]
NOWHERE = "http://127.0.0.1:9"
# What bootstrap.py asks of uv, done by pip.
UV = """
import subprocess, sys
words = [word.replace("--requirements", "--requirement") for word in sys.argv[1:] if word != "--compile-bytecode"]
at = words.index("--python")
sys.exit(subprocess.call([words[at + 1], "-m", *words[:at], *words[at + 2:]]))
"""
CHECK = """
import pathlib, sys, tiny
assert sys.argv[1:] == ["check"]
print("checked with", tiny.__name__)
sys.exit(pathlib.Path("broken").exists())
"""


def wheel(folder, name, version, files):
    """Write a wheel that holds some files, by name, and return its name."""
    info, target = f"{name}-{version}.dist-info", f"{name}-{version}-py3-none-any.whl"
    about = {
        "METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        "WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "RECORD": "",
    }
    with zipfile.ZipFile(os.path.join(folder, target), "w") as archive:
        for place, text in {**files, **{f"{info}/{k}": v for k, v in about.items()}}.items():
            archive.writestr(place, text)
    return target


def pinned(folder, name, version, files):
    """Write a wheel and return its pin."""
    made = Path(folder, wheel(folder, name, version, files)).read_bytes()
    return Pin(f"{name}=={version}", (hashlib.sha256(made).hexdigest(),))


BACKEND = f"""
import os, zipfile

{inspect.getsource(wheel)}

def build_editable(folder, settings=None, metadata=None):
    return wheel(folder, "satgan_tutorial", "1.0", {{"satgan.pth": os.getcwd()}})
"""


@pytest.fixture
def pack(tmp_path, monkeypatch):
    """The script that packs, with a small project in place of this one, and all its wheels in a folder."""
    packer = script("tools/pack.py")
    project, wheels = tmp_path / "project", tmp_path / "all wheels"
    wheels.mkdir()
    pins = [
        pinned(wheels, "backend", "1.0", {"backend.py": BACKEND}),
        Pin("nothing-like-it==1 ; sys_platform == 'nowhere'", ("0" * 64,)),
        pinned(wheels, "tiny", "1.0", {"tiny.py": ""}),
        pinned(wheels, "uv", "9.9", {"uv/__init__.py": "", "uv/__main__.py": UV}),
    ]
    for place, text in {
        "bootstrap.py": (ROOT / "bootstrap.py").read_text(encoding="utf-8"),
        "requirements.txt": "".join(pin.text for pin in pins),
        "pyproject.toml": '[build-system]\nrequires = ["backend"]\nbuild-backend = "backend"\n',
        "satgan_tutorial/__init__.py": "",
        "satgan_tutorial/__main__.py": CHECK,
        "satgan_tutorial/pins.py": (ROOT / "satgan_tutorial" / "pins.py").read_text(encoding="utf-8"),
        "not-in-git.txt": "a note",
        "data/shipsnet/shipsnet/1__scene__1.0_2.0.png": "a chip",
        "data/shipsnet/scenes/lb_1.png": "a scene",
        "data/shipsnet/homework.txt": "a note",
        "_build/html/index.html": "a page",
        "_build/slides/index.html": "a list",
        "_build/slides/reveal/reveal.js": "a script",
        "_build/handout/handout.pdf": "two pages",
    }.items():
        file = project / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    for words in (
        ["init", "-q"],
        ["add", "bootstrap.py", "requirements.txt", "pyproject.toml", "satgan_tutorial"],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "All"],
    ):
        subprocess.run(["git", *words], cwd=project, check=True)
    monkeypatch.setattr(packer, "ROOT", project)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", wheels.as_uri())
    monkeypatch.delenv("SATGAN_DATA", raising=False)
    return packer


def install(folder, *words, **more):
    """Install in a folder where the network ends at this machine; what it says and ends with."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_"))}
    env |= {"PIP_INDEX_URL": NOWHERE, "PIP_CONFIG_FILE": os.devnull}
    env |= {name: NOWHERE for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")}
    command = [sys.executable, *(words or ["install.py"])]
    done = subprocess.run(command, check=False, cwd=folder, env=env | more, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow
def test_what_is_packed_installs_and_is_checked_with_no_network(pack, tmp_path, capfd):
    (tmp_path / "project" / "satgan_tutorial" / "__init__.py").write_text("half done")
    assert pack.main() is None
    said = capfd.readouterr().out
    assert "not-in-git.txt" in said and " M satgan_tutorial/__init__.py" in said and "0.00 GB" in said
    folder = unpack(tmp_path)
    there = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
    assert {
        "START-HERE.txt",
        "install.py",
        "_build/html/index.html",
        "_build/slides/index.html",
        "_build/slides/reveal/reveal.js",
        "_build/handout/handout.pdf",
        "data/shipsnet/LICENCE.txt",
        "data/shipsnet/shipsnet/1__scene__1.0_2.0.png",
        "data/shipsnet/scenes/lb_1.png",
        "satgan_tutorial/__main__.py",
        "wheels/tiny-1.0-py3-none-any.whl",
    } <= there
    assert not any("not-in-git" in name or "homework" in name or name.endswith(".zip") for name in there)
    code, said = install(folder)
    assert code == 0, said
    assert "checked with tiny" in said and "index.html" in said and "bootstrap.py lab" in said
    assert not (folder / ".uv-cache").exists()

    (folder / "broken").touch()  # what the check finds is what the installation ends with
    assert install(folder)[0] == 1

    (folder / "wheels" / "made-for.txt").write_text("Python 3.99 on Nowhere\n")
    code, said = install(folder)
    assert code == 1 and "the wheels here are for Python 3.99 on Nowhere" in said and "Traceback" not in said


def unpack(tmp_path):
    """Unpack the one zip that was packed, and return the folder in it."""
    (target,) = (tmp_path / "project" / "_build").glob("*.zip")
    with zipfile.ZipFile(target) as archive:
        archive.extractall(tmp_path / "a room")
    return tmp_path / "a room" / "satgan-classroom"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["backend", "tiny", "uv"])
def test_a_wheel_that_was_changed_on_its_way_is_named_and_nothing_is_installed(pack, tmp_path, name):
    assert pack.main() is None
    folder = unpack(tmp_path)
    (there,) = (folder / "wheels").glob(f"{name}-*.whl")
    wheel(folder / "wheels", name, there.name.split("-")[1], {"sitecustomize.py": "print('gotcha')"})
    code, said = install(folder)
    found = hashlib.sha256(there.read_bytes()).hexdigest()
    assert code == 1 and f"wheels/{there.name}: its SHA-256 is {found}, and requirements.txt has no" in said
    assert len(said.splitlines()) == 1 and not (folder / ".venv").exists()


@pytest.mark.slow
@pytest.mark.parametrize(("name", "step"), [("tiny", "-m uv pip install"), ("uv", "-m pip install")])
def test_a_file_that_is_not_the_pinned_one_stops_the_installation(pack, tmp_path, name, step):
    wheels, project = tmp_path / "all wheels", tmp_path / "project"
    (there,) = wheels.glob(f"{name}-*.whl")
    wheel(wheels, name, there.name.split("-")[1], {"gotcha.py": ""})
    links = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": wheels.as_uri()}
    code, said = install(project, "bootstrap.py", "env", **links)
    assert code == 1 and "DO NOT MATCH THE HASHES" in said and "Traceback" not in said
    last = said.splitlines()[-1]
    assert step in last and "a package is not the one that was pinned" in last
    assert (
        not [*(project / ".venv").rglob("gotcha.py")] and not (project / ".venv" / "installed.txt").exists()
    )


def test_what_is_packed_is_what_was_pinned(pack, tmp_path, capfd):
    wheel(tmp_path / "all wheels", "tiny", "1.0", {"tiny.py": "changed = True"})
    assert pack.main().startswith("Nothing was packed: ")
    assert "DO NOT MATCH THE HASHES" in capfd.readouterr().err


def test_too_little_disk_and_unknown_platforms_are_told_before_the_work(pack, monkeypatch):
    assert "expected some of linux, linux-arm, windows, macos" in pack.main("beos")
    monkeypatch.setattr(pack.shutil, "disk_usage", lambda folder: SimpleNamespace(free=3e9))
    assert "found 3.0 GB free; packing takes 5.0" in pack.main("linux windows")


def test_slides_and_handout_that_are_not_there_are_named(pack, tmp_path, capsys):
    assert len(pack.lessons()) == 3 and capsys.readouterr().out == ""
    (tmp_path / "project" / "_build" / "slides" / "index.html").unlink()
    (tmp_path / "project" / "_build" / "handout" / "handout.pdf").unlink()
    pack.lessons()
    said = capsys.readouterr().out
    assert "no slides: run `make book` and `make slides`" in said and "no handout as a PDF" in said


def test_a_zip_that_breaks_leaves_the_old_one(pack, tmp_path):
    target, good = tmp_path / "room.zip", tmp_path / "good.txt"
    good.write_text("good")
    target.write_text("the old one")
    with pytest.raises(FileNotFoundError):
        pack.write(target, [(good, "good.txt"), (tmp_path / "gone", "gone.txt")], tmp_path)
    assert target.read_text() == "the old one"


def test_chips_are_packed_if_there_are_any(pack, monkeypatch, tmp_path):
    assert len(pack.chips()) == 3
    monkeypatch.setenv("SATGAN_DATA", "simulated")
    assert pack.chips() == []
    monkeypatch.setenv("SATGAN_DATA", str(tmp_path / "gone"))
    assert "found no chips" in pack.main()


def test_wheels_that_cannot_be_fetched_leave_no_zip(pack, monkeypatch, tmp_path, capfd):
    (tmp_path / "all wheels" / "tiny-1.0-py3-none-any.whl").unlink()
    assert pack.main().startswith("Nothing was packed: ")
    assert "tiny==1.0" in capfd.readouterr().err
    there = sorted(path.name for path in (tmp_path / "project" / "_build").iterdir())
    assert there == ["handout", "html", "slides"]


def test_each_platform_and_each_patch_of_python_gets_its_own_wheels(pack, monkeypatch):
    pinned = ROOT / "requirements.txt"
    windows, linux = (set(pack.pins(pinned, name, f"{pack.PYTHON}.0")) for name in ("windows", "linux"))
    assert {pin.name for pin in windows ^ linux} == {
        "colorama",
        "pexpect",
        "ptyprocess",
        "pywinpty",
    }
    assert {"uv", "hatchling", "editables"} < {pin.name for pin in windows}
    assert all(pin.sums for pin in windows) and not any(";" in pin.need for pin in windows)
    monkeypatch.setattr(pack, "PYTHON", "3.11")
    first, late = (set(pack.pins(pinned, "linux", f"3.11.{patch}")) for patch in (0, 99))
    assert {pin.name for pin in first ^ late} == {"soupsieve"}


def test_pins_are_read_as_they_are_written():
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    pins = read_pins(text)
    assert "".join(pin.text for pin in pins) == text
    assert pins[0].name == "absl-py" and all(len(one) == 64 for pin in pins for one in pin.sums)
