"""Numbers in words: a log on one line, how long something takes."""

from __future__ import annotations

from typing import Any


def in_words(logs: dict[str, Any] | None) -> str:
    """What a log holds, on one line.

    >>> in_words({"d_loss": 0.5, "g_loss": 2})
    'd_loss 0.50, g_loss 2.00'
    """
    return ", ".join(f"{name} {float(value):.2f}" for name, value in (logs or {}).items())


def duration(seconds: float) -> str:
    """Say how long that is, as "40 s", "3 min" or "1 h 20 min".

    >>> duration(40), duration(170), duration(4800), duration(7500)
    ('40 s', '3 min', '80 min', '2 h 5 min')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
