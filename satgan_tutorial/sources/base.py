"""What every source of chips is, and how a key names all that makes its bits."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

from ..chips import ChipSet
from ..pictures import PictureSet

PACKAGE = Path(__file__).resolve().parents[1]


class Source(Protocol):
    """Where chips come from: all that `load_chips` and the cache know of it. Asking for one reads no pixel.

    >>> from satgan_tutorial.sources.simulate import Simulator
    >>> source = Simulator(n=8, seed=1)
    >>> source.name, [source.key() == Simulator(n=8, seed=seed).key() for seed in (1, 2)]
    ('simulated', [True, False])
    """

    @property
    def name(self) -> str:
        """In lower-case letters, what its chips are: "real" or "simulated"; "pictures" for somebody's own."""

    @property
    def origin(self) -> str:
        """Where they come from, for the line that says which chips are used."""

    def key(self) -> str:
        """What names its bits: 16 hexadecimal digits, others if anything changes that makes them.

        Raises:
            ChipError: a file it needs cannot be read.
        """

    def read(self) -> ChipSet | PictureSet:
        """All its chips, or pictures.

        Raises:
            ChipError: they cannot be read.
        """


def key_of(*, code: Iterable[str], libraries: Iterable[str], inputs: bytes) -> str:
    """A key, 16 hexadecimal digits, of all that makes a source's bits.

    Args:
        code: the modules that draw or read them, as paths in this package; their text counts.
        libraries: the packages that do; their versions count.
        inputs: what else they are made of: digests of files, a seed.

    >>> made = {"code": ["chips.py"], "libraries": ["numpy"]}
    >>> len(key_of(**made, inputs=b"seed 0"))
    16
    >>> key_of(**made, inputs=b"seed 0") == key_of(**made, inputs=b"seed 1")
    False
    """
    digest = hashlib.sha256(inputs)
    for module in code:
        digest.update(hashlib.sha256((PACKAGE / module).read_bytes()).digest())
    digest.update(" ".join(f"{library} {version(library)}" for library in libraries).encode())
    return digest.hexdigest()[:16]
