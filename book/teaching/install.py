"""Install the book with no network, from the wheels beside this file: `python install.py`.

Like bootstrap.py, which it calls, it is in words that Python 3.6 already understood.
"""

import hashlib
import os
import pathlib
import platform
import shutil
import subprocess
import sys

import bootstrap

HERE = pathlib.Path(__file__).resolve().parent


def main():
    """Install, check this machine, and say what comes next; return what to exit with."""
    this = f"Python {sys.version_info[0]}.{sys.version_info[1]} on {platform.system()} {platform.machine()}"
    made_for = (HERE / "wheels" / "made-for.txt").read_text().splitlines()
    if this not in made_for:
        return "This is {}; the wheels here are for {}. Take another Python, or ask the teacher.".format(
            this, " and for ".join(made_for)
        )
    damaged = changed()
    if damaged:
        return damaged
    wheels, cache = (HERE / "wheels").as_uri(), HERE / ".uv-cache"
    os.environ.update(
        PIP_NO_INDEX="1",
        PIP_FIND_LINKS=wheels,
        UV_OFFLINE="1",
        UV_FIND_LINKS=wheels,
    )
    # On this very disk uv links its cached files into .venv, and neither fills a small home.
    os.environ["UV_CACHE_DIR"] = str(cache)
    trouble = bootstrap.main("env")
    shutil.rmtree(str(cache), ignore_errors=True)
    if trouble:
        return trouble
    sys.stdout.flush()  # in a file of many machines, what was said before the check
    failed = subprocess.call(
        [bootstrap.PYTHON, "-m", "satgan_tutorial", "check"], cwd=str(HERE)
    )
    print(
        f"\nThe chapters: {os.path.basename(sys.executable)} bootstrap.py lab"
    )
    page = HERE / "_build" / "html" / "index.html"
    if page.exists():
        print(f"The book, in a browser: {page}")
    return failed


def changed():
    """Return one line on the first wheel that is not one of those that were pinned, or None."""
    known = {one for pin in bootstrap.pins() for one in pin.sums}
    for wheel in sorted((HERE / "wheels").glob("*.whl")):
        with open(str(wheel), "rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found not in known:
            return (
                f"wheels/{wheel.name}: its SHA-256 is {found}, and requirements.txt has no such sum. "
                "The file was damaged or changed on its way: copy the zip again, and unpack that."
            )
    return None


if __name__ == "__main__":
    sys.exit(main())
