"""Make `.venv` with everything the book needs, then run a task in it: `python bootstrap.py TASK [BUDGET]`.

The tasks are the nox sessions of noxfile.py, and the Makefile calls this file. It uses nothing but the standard
library, in words that Python 3.6 already understood, so that a wrong version gets a sentence and not a syntax error.
"""

import os
import platform
import runpy
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(HERE, ".venv")
BIN = os.path.join(VENV, "Scripts" if os.name == "nt" else "bin")
PYTHON = os.path.join(BIN, "python.exe" if os.name == "nt" else "python")
REQUIREMENTS = os.path.join(HERE, "requirements.txt")
PINNED = ("requirements.txt", "pyproject.toml")
PLATFORMS = {
    ("Linux", "x86_64"),
    ("Linux", "aarch64"),
    ("Darwin", "arm64"),
    ("Windows", "AMD64"),
}


def complaint(version, system, machine):
    """Return one line on why the book can't run here, or None where it can."""
    if not (3, 11) <= tuple(version[:2]) <= (3, 13):
        return (
            "This is Python {}.{}; the book needs Python 3.11, 3.12 or 3.13, since TensorFlow has no other. "
            "Install one and name it: make PYTHON=python3.12 book".format(*version)
        )
    if (system, machine) not in PLATFORMS:
        return (
            f"This is {system} on {machine}; TensorFlow comes for Linux, for Windows on x86 and for Macs with Apple silicon only. "
            "The book also runs on Binder and Colab."
        )
    return None


def install():
    """Make or refresh `.venv`; nothing is done where it already holds the pinned set."""
    wanted = sys.version
    for name in PINNED:
        with open(os.path.join(HERE, name), encoding="utf-8") as file:
            wanted += file.read()
    stamp = os.path.join(VENV, "installed.txt")
    if os.path.exists(stamp):
        with open(stamp, encoding="utf-8") as file:
            if file.read() == wanted:
                return
    print("Making .venv with the pinned packages: about 3 GB on disk, one to ten minutes ...", flush=True)
    subprocess.check_call([sys.executable, "-m", "venv", "--clear", VENV])
    # A file whose sum is not in requirements.txt is refused, and nothing is built: that would ask for what is not pinned.
    checked = ["--require-hashes", "--only-binary=:all:"]
    pip = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.check_call(pip + checked + ["--no-deps", "--requirement", uv_alone()])
    uv = [PYTHON, "-m", "uv", "pip", "install", "--python", PYTHON]
    # Compiled once here, TensorFlow starts in half the time, above all where Python may not write its own files.
    subprocess.check_call(uv + checked + ["--compile-bytecode", "--requirements", REQUIREMENTS])
    # What builds this project was installed with the rest, so it is not fetched a second time, unchecked.
    subprocess.check_call(uv + ["--quiet", "--no-deps", "--no-build-isolation", "--editable", HERE])
    with open(stamp, "w", encoding="utf-8") as file:
        file.write(wanted)


def pins():
    """Read the pinned set; what reads it is in words of today, so this is for a Python that nobody complained of."""
    reader = runpy.run_path(os.path.join(HERE, "satgan_tutorial", "pins.py"))
    with open(REQUIREMENTS, encoding="utf-8") as file:
        return reader["read_pins"](file.read())


def uv_alone():
    """Write the pin of uv to a file of its own and return its path: of a constraint pip would check no sum."""
    alone = os.path.join(VENV, "uv.txt")
    with open(alone, "w", encoding="utf-8") as file:
        file.writelines(pin.text for pin in pins() if pin.name == "uv")
    return alone


def main(task="list", budget=""):
    """Check this Python and platform, refresh `.venv`, and hand over to nox."""
    trouble = complaint(sys.version_info, platform.system(), platform.machine())
    if trouble:
        return trouble
    try:
        install()
        if task == "env":
            print("The environment is ready: .venv. Next: make book, or make lab.")
            return 0
        nox = [PYTHON, "-m", "nox", "--noxfile", os.path.join(HERE, "noxfile.py")]
        if task == "list":
            return subprocess.call(nox + ["--list"])
        return subprocess.call(nox + ["--session", task] + (["--", budget] if budget else []))
    except subprocess.CalledProcessError as error:
        stopped = "Stopped: {} ended with status {}; its own message is above.".format(
            " ".join(error.cmd[:5]), error.returncode
        )
        if "--require-hashes" in error.cmd:
            stopped += (
                " If that speaks of a hash, a package is not the one that was pinned, so it was damaged or changed on its way: "
                "fetch it again, over another network if need be."
            )
        return stopped
    except KeyboardInterrupt:
        return "Stopped. The same command goes on from here."


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
