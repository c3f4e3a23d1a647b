"""Names of version 0.1, which go with version 0.3: each still works, and says its new name."""

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
    """A method under its old name."""

    def call(self: Any, *arguments: Any, **named: Any) -> Any:
        _say(f"{type(self).__name__}.{old}", new)
        return getattr(self, new)(*arguments, **named)

    call.__doc__ = f"What `{new}` was called."
    return call


def _say(old: str, new: str) -> None:
    warnings.warn(
        f"{old} is now {new}; the old name goes with version 0.3.", DeprecationWarning, stacklevel=3
    )
