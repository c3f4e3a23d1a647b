"""Names of version 0.1, which go with version 2.0: each still works, and says its new name."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable
from typing import Any


def old_names(module: str, names: dict[str, str]) -> Callable[[str], Any]:
    """A `__getattr__` for a module whose names have moved.

    Args:
        module: its own `__name__`.
        names: by old name, the new one as `module.name` within the package, or `module` where a module has moved.

    >>> look_up = old_names("satgan_tutorial.chips", {"home": "files.home"})
    >>> with warnings.catch_warnings(record=True) as said:
    ...     warnings.simplefilter("always")
    ...     found = look_up("home")
    >>> found.__module__, str(said[0].message)[:60]
    ('satgan_tutorial.files', 'satgan_tutorial.chips.home is now satgan_tutorial.files.home')
    """
    package = module.partition(".")[0]

    def look_up(name: str) -> Any:
        if name not in names:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        _say(f"{module}.{name}", f"{package}.{names[name]}")
        try:
            return importlib.import_module(f"{package}.{names[name]}")
        except ModuleNotFoundError:
            room, _, attribute = names[name].rpartition(".")
            return getattr(importlib.import_module(f"{package}.{room}"), attribute)

    return look_up


def old_method(old: str, new: str) -> Callable[..., Any]:
    """A method under its old name.

    >>> class Hull:
    ...     def length(self):
    ...         return 60
    ...     size = old_method("size", "length")
    >>> with warnings.catch_warnings(record=True) as said:
    ...     warnings.simplefilter("always")
    ...     Hull().size(), str(said[0].message)
    (60, 'Hull.size is now length; the old name goes with version 2.0.')
    """

    def call(self: Any, *arguments: Any, **named: Any) -> Any:
        _say(f"{type(self).__name__}.{old}", new)
        return getattr(self, new)(*arguments, **named)

    call.__doc__ = f"What `{new}` was called."
    return call


def _say(old: str, new: str) -> None:
    warnings.warn(
        f"{old} is now {new}; the old name goes with version 2.0.", DeprecationWarning, stacklevel=3
    )
