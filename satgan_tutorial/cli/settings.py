"""How Keras is set on this machine, read before it is imported: it would fail on some settings, and obey others."""

from __future__ import annotations

import json
import os
from pathlib import Path

NEEDED = {"backend": "tensorflow", "image_data_format": "channels_last", "floatx": "float32"}
LIMITS = "KERAS_MAX_EPOCHS", "KERAS_MAX_STEPS_PER_EPOCH"  # for debugging: they would end every training early


class SettingsError(RuntimeError):
    """Keras is set to what the package cannot work with: says where and what to do."""

    exit_code = 2


def faults() -> list[str]:
    """What is wrong with the settings of Keras, a sentence each."""
    file = keras_file()
    found, wrong = _read(file)
    backend = os.environ.get("KERAS_BACKEND")
    if backend:
        found.pop("backend", None)
    for name, needed in NEEDED.items():
        if (value := found.get(name, needed)) != needed:
            wrong.append(
                f'{file}: found "{name}" {value!r:.60}; expected "{needed}". Change it, or delete the file.'
            )
    if not isinstance(found.get("epsilon", 1e-7), float):
        wrong.append(f'{file}: found "epsilon" {found["epsilon"]!r:.60}; expected 1e-07. Delete the file.')
    if found.get("nnx_enabled"):
        wrong.append(f'{file}: found "nnx_enabled" true, which is for JAX; expected false. Change it.')
    if backend and backend != NEEDED["backend"]:
        wrong.append(f"$KERAS_BACKEND is {backend!r:.60}; expected tensorflow. Unset it.")
    wrong += [
        f"${name} is set and would end every training early. Unset it."
        for name in LIMITS
        if name in os.environ
    ]
    return wrong


def require_keras() -> None:
    """Raise a SettingsError if Keras is set to what no command can work with."""
    if wrong := faults():
        raise SettingsError(" ".join(wrong))


def keras_file() -> Path:
    """The file that Keras reads its settings from, whether it is there or not."""
    folder = os.environ.get("KERAS_HOME")
    if folder is None:
        home = os.path.expanduser("~")
        folder = os.path.join(home if os.access(home, os.W_OK) else "/tmp", ".keras")
    return Path(os.path.expanduser(os.path.join(folder, "keras.json")))


def _read(file: Path) -> tuple[dict, list[str]]:
    """The settings in a file, and what is wrong with the file."""
    if not os.path.exists(file):
        return {}, []
    try:
        found = json.loads(file.read_text())
    except RecursionError:
        return {}, [f"{file}: found JSON nested too deep. Delete the file."]
    except ValueError:  # Keras takes its own defaults then
        return {}, []
    except OSError as error:
        return {}, [
            f"{file}: cannot be read ({error.strerror}). Delete it, or set $KERAS_HOME to another folder."
        ]
    if not isinstance(found, dict):
        return {}, [f"{file}: found {type(found).__name__}; expected settings in braces. Delete the file."]
    return found, []
