"""The pinned set, `requirements.txt`: each package at one version, with the sums of its files.

`bootstrap.py` runs this file before anything is installed, so it asks for nothing but the standard library.
"""

from __future__ import annotations

from typing import NamedTuple


class Pin(NamedTuple):
    """One package at one version.

    Attributes:
        need: what is asked for and where: `colorama==0.4.6 ; sys_platform == 'win32'`.
        sums: the SHA-256 of each of its files, in hexadecimal.

    >>> pin = Pin("colorama==0.4.6 ; sys_platform == 'win32'", ("0a1b",))
    >>> pin.name
    'colorama'
    """

    need: str
    sums: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name of the package."""
        return self.need.partition("==")[0]

    @property
    def text(self) -> str:
        """The pin as `requirements.txt` has it, with the end of its last line."""
        return " \\\n    ".join([self.need, *(f"--hash=sha256:{one}" for one in self.sums)]) + "\n"


def read_pins(text: str) -> list[Pin]:
    """Return the pins of a `requirements.txt`.

    Args:
        text: what is in the file. A line that ends in a backslash goes on in the next.

    >>> read_pins("numpy==2.0.0 --hash=sha256:0a1b --hash=sha256:2c3d")
    [Pin(need='numpy==2.0.0', sums=('0a1b', '2c3d'))]
    """
    lines = text.replace("\\\n", " ").splitlines()
    parts = [[part.strip() for part in line.split("--hash=sha256:")] for line in lines if line.strip()]
    return [Pin(need, tuple(sums)) for need, *sums in parts]
