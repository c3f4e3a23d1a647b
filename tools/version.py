"""The version of this checkout, by its tag: `python tools/version.py` prints it.

`pyproject.toml` has hatchling ask here, and so does the build of the book. A tag `v1.2.3` makes the commit that it names 1.2.3.
Any other commit is on the way to what CHANGELOG.md has on top: 1.2.3.dev40, forty commits after the last tag. Where there is no
git, in an unpacked archive, it is what CHANGELOG.md has on top; in an sdist, what that was built as.
"""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def version(root=ROOT):
    """The version of a checkout, an archive or an sdist."""
    built = root / "PKG-INFO"
    if built.is_file():
        return re.search(r"^Version: (.+)$", built.read_text(encoding="utf-8"), re.MULTILINE)[1].strip()
    coming = released(root)
    if not (root / ".git").exists():  # else git would answer for a checkout around this folder
        return coming
    tag = git(root, "describe", "--tags", "--exact-match", "--match", "v[0-9]*")
    if tag:
        return tag.removeprefix("v")
    last = git(root, "describe", "--tags", "--abbrev=0", "--match", "v[0-9]*")
    commits = git(root, "rev-list", "--count", f"{last}..HEAD" if last else "HEAD")
    return f"{coming}.dev{commits}" if commits else coming


def released(root=ROOT):
    """The newest version that CHANGELOG.md tells of."""
    return re.search(r"^## (\d\S*)$", (root / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)[1]


def git(root, *words):
    """What git answers, nothing where it has no answer or is not there."""
    try:
        run = subprocess.run(["git", *words], cwd=root, check=False, capture_output=True, text=True)
    except OSError:
        return ""
    return run.stdout.strip() if run.returncode == 0 else ""


if __name__ == "__main__":
    print(version())
