"""Store a model as shipped: small, whole, and with the card and the log that belong to it."""

from __future__ import annotations

import os
import tempfile
import zipfile
from pathlib import Path

import keras
import numpy as np

from satgan_tutorial import pretrained


def save(
    model: keras.Model,
    name: str,
    source: str,
    *,
    folder: str | os.PathLike = pretrained.HERE,
    card: str | None = None,
    log: str | None = None,
) -> Path:
    """Store a model with its weights rounded to float16, its card and its log; never half of a file.

    The caller's model keeps its weights: `pretrained.load` it again to measure what is shipped.

    Args:
        model: to store; what it was compiled with is left out.
        name: "judge" or a recipe's name.
        source: "real" or "simulated", the chips it was trained on.
        folder: where to, made if it is not there.
        card: text of the model card: data, split, seed, steps, scores with N, licence, command, versions.
        log: text of the training log, comma-separated with a header line.

    Returns:
        The `.keras` file.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}-{source}.keras"
    with tempfile.TemporaryDirectory(prefix=".new-", dir=folder) as staging:
        plain, small = Path(staging, "plain.keras"), Path(staging, "small.keras")
        model.save(plain, include_optimizer=False)
        rounded = pretrained.read(plain)
        for weight in rounded.weights:
            if "float" in weight.dtype:
                weight.assign(np.asarray(weight).astype(np.float16))
        rounded.save(plain, include_optimizer=False)
        with (
            zipfile.ZipFile(plain) as found,
            zipfile.ZipFile(small, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as out,
        ):
            for part in found.namelist():
                out.writestr(part, found.read(part))  # the bits float16 lacks are zeros, and pack away
        for text, suffix in ((card, ".md"), (log, ".csv")):
            if text is not None:
                Path(staging, "text").write_text(text, encoding="utf-8")
                os.replace(Path(staging, "text"), file.with_suffix(suffix))
        os.replace(small, file)
    return file
