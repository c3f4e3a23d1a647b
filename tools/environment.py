"""Write environment.yml, for conda and Binder, from the pinned set: `python tools/environment.py`; `make pins` does it."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
PYTHON = "3.12"


def environment(pins):
    """Return the text of environment.yml.

    Args:
        pins: the text of requirements.txt. Its lines go in as they are, with what they say of platforms.
    """
    lines = "".join(f'      - "{line}"\n' for line in pins.splitlines())
    return f"""\
# Made from requirements.txt by tools/environment.py; `make pins` renews both.
name: satgan-tutorial
channels: [conda-forge]
dependencies:
  - python={PYTHON}
  - pip
  - pip:
{lines}      - "-e ."
"""


if __name__ == "__main__":
    pins = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    (ROOT / "environment.yml").write_text(environment(pins), encoding="utf-8")
