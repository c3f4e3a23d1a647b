"""Pack one zip that installs and runs the book with no network: `make classroom`, or PLATFORM="linux windows".

It holds the files of this checkout as they were committed, the wheels of the
pinned set for this Python and for one or more platforms, the real chips, the
built book, the slides and the handout where they are at hand, `install.py`, and a text to start with.
"""

import io
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from packaging.requirements import Requirement

from satgan_tutorial.chips import ChipError
from satgan_tutorial.pins import read_pins
from satgan_tutorial.scenes import find_scenes
from satgan_tutorial.sources import shipsnet

ROOT = Path(__file__).resolve().parents[1]
TEACHING = ROOT / "book" / "teaching"
FOLDER = "satgan-classroom"
PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"
GB_EACH = 2.5  # of free disk for a platform: its wheels, and the zip
FAT32 = 4.29  # GB, the largest file that a stick of this format holds


def linux(machine, oldest):
    """Tags of the wheels for any Linux of the last years: glibc 2.28."""
    names = ["manylinux2014", *(f"manylinux_2_{n}" for n in range(oldest, 29))]
    return [f"{name}_{machine}" for name in names]


# What Python says there of os.name, sys.platform, system and machine; tags.
PLATFORMS = {
    "linux": (("posix", "linux", "Linux", "x86_64"), linux("x86_64", 5)),
    "linux-arm": (("posix", "linux", "Linux", "aarch64"), linux("aarch64", 17)),
    "windows": (("nt", "win32", "Windows", "AMD64"), ["win_amd64"]),
    "macos": (("posix", "darwin", "Darwin", "arm64"), ["macosx_14_0_arm64"]),
}
MARKERS = "os_name", "sys_platform", "platform_system", "platform_machine"


def main(names=""):
    """Pack for the platforms named, by default this one; return what went wrong.

    Args:
        names: of PLATFORMS, separated by spaces.
    """
    this = os.name, sys.platform, platform.system(), platform.machine()
    chosen = names.split() or [n for n in PLATFORMS if PLATFORMS[n][0] == this]
    if not chosen or not set(chosen) <= set(PLATFORMS):
        known = ", ".join(PLATFORMS)
        return f"found the platforms {chosen}; expected some of {known}."
    build = ROOT / "_build"
    build.mkdir(exist_ok=True)
    free, needed = shutil.disk_usage(build).free / 1e9, GB_EACH * len(chosen)
    if free < needed:
        return f"{build}: found {free:.1f} GB free; packing takes {needed:.1f}."
    name = f"{FOLDER}-python{PYTHON}-{'-'.join(chosen)}.zip"
    try:
        with tempfile.TemporaryDirectory(prefix=".classroom-", dir=build) as folder:
            members = [*tree(Path(folder)), *chips(), *pages(), *lessons()]
            members += download(chosen, Path(folder))
            write(build / name, members, Path(folder))
    except (ChipError, OSError, subprocess.CalledProcessError) as error:
        return f"Nothing was packed: {error}"
    size = (build / name).stat().st_size / 1e9
    print(f"{build / name}: {size:.2f} GB, {len(members)} files.")
    print("Before the day, unpack it and do what its START-HERE.txt says.")
    if size > FAT32:
        print("Too large a file for a stick formatted as FAT32: take exFAT.")
    return None


def tree(folder):
    """The checkout as it was committed, unpacked to a folder, with what starts there.

    What is not committed may be half done, or a teacher's own.
    """
    changed = git("status", "--short").decode()
    if changed:
        print(f"Not packed, since it is not committed:\n{changed}", end="")
    packed = io.BytesIO(git("archive", "--format=zip", "HEAD"))
    zipfile.ZipFile(packed).extractall(folder / "tree")
    there = [file for file in (folder / "tree").rglob("*") if file.is_file()]
    starts = ("install.py", "install.py"), ("start-here.txt", "START-HERE.txt")
    return [
        *((file, file.relative_to(folder / "tree").as_posix()) for file in there),
        *((TEACHING / file, name) for file, name in starts),
    ]


def git(*words):
    """What git prints of the checkout."""
    return subprocess.check_output(["git", *words], cwd=ROOT)


def chips():
    """The real chips and scenes, with their licence, where they are at hand."""
    usual, named = ROOT / "data" / "shipsnet", os.environ.get("SATGAN_DATA")
    if named == "simulated" or not (named or usual.exists()):
        print("Found no real chips: the room will draw simulated ones.")
        return []
    source = Path(named or usual)
    files = shipsnet.find(source).files
    inner = "" if files[0].suffix.lower() == ".json" else "shipsnet/"
    return [
        (TEACHING / "chips-licence.txt", "data/shipsnet/LICENCE.txt"),
        *((file, f"data/shipsnet/{inner}{file.name}") for file in files),
        *((file, f"data/shipsnet/scenes/{file.name}") for file in find_scenes(source).values()),
    ]


def pages():
    """The built book, where it is built."""
    html = ROOT / "_build" / "html"
    if not (html / "index.html").exists():
        print("Found no built book: run `make book` first to pack its pages.")
    files = (file for file in html.rglob("*") if file.is_file())
    return [(file, file.relative_to(ROOT).as_posix()) for file in files]


def lessons():
    """The slides, which link to the pages, and the handout, each where it is made."""
    slides, handout = ROOT / "_build" / "slides", ROOT / "_build" / "handout"
    if not (slides / "index.html").exists():
        print("Found no slides: run `make book` and `make slides` first to pack them.")
    if not (handout / "handout.pdf").exists():
        print("Found no handout as a PDF, which takes a Chromium: print its page instead.")
    files = (file for folder in (slides, handout) for file in folder.rglob("*") if file.is_file())
    return [(file, file.relative_to(ROOT).as_posix()) for file in files]


def download(chosen, folder):
    """The wheels of the pinned set, what installs this project among them, each checked against its sum."""
    made_for, wheels = folder / "made-for.txt", folder / "wheels"
    pinned, wanted = folder / "tree" / "requirements.txt", folder / "wanted.txt"
    said = [f"Python {PYTHON} on {' '.join(PLATFORMS[n][0][2:])}" for n in chosen]
    made_for.write_text("\n".join(said) + "\n", encoding="utf-8")
    get = [sys.executable, "-m", "pip", "download", "--quiet"]
    get += ["--require-hashes", "--only-binary=:all:", f"--dest={wheels}"]
    get += ["--no-deps", f"--requirement={wanted}"]
    for name in chosen:
        print(
            f"Fetching the wheels for {said[chosen.index(name)]} ...",
            flush=True,
        )
        tags = [f"--platform={tag}" for tag in PLATFORMS[name][1]]
        # Some pins depend on the last number of the version of Python.
        for python in (f"{PYTHON}.0", f"{PYTHON}.99"):
            wanted.write_text("".join(pin.text for pin in pins(pinned, name, python)), encoding="utf-8")
            subprocess.check_call([*get, f"--python-version={python}", *tags])
    there = [made_for, *sorted(wheels.iterdir())]
    return [(file, f"wheels/{file.name}") for file in there]


def pins(pinned, name, python):
    """The pins that hold on a platform, without the words that say where: pip would read them as of this machine."""
    facts = dict(zip(MARKERS, PLATFORMS[name][0], strict=True))
    facts |= {"python_full_version": python, "python_version": PYTHON}
    there = [(Requirement(pin.need), pin) for pin in read_pins(pinned.read_text(encoding="utf-8"))]
    return [
        pin._replace(need=f"{need.name}{need.specifier}")
        for need, pin in there
        if need.marker is None or need.marker.evaluate(facts)
    ]


def write(target, members, scratch):
    """Write files under their names to a zip, which is there when it is whole."""
    packed = (".whl", ".png", ".jpg", ".keras", ".npz")
    unfinished = scratch / "unfinished.zip"
    with zipfile.ZipFile(unfinished, "w", strict_timestamps=False) as archive:
        for file, name in members:
            stored = file.suffix in packed
            how = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            archive.write(file, f"{FOLDER}/{name}", how)
    unfinished.replace(target)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
