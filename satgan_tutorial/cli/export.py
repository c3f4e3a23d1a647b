"""`satgan export`: a generator in files that other programs read."""

from __future__ import annotations

from pathlib import Path

import click

from .console import quiet_import, tell
from .options import Whole, fits, regular, source_option, spare, unread, writable

ENDINGS = {"keras": ".keras", "onnx": ".onnx", "saved_model": "", "safetensors": ""}


@click.command(short_help="Write a generator in another format.")
@click.argument("model")
@click.option("--format", "form", type=click.Choice([*ENDINGS]), required=True, help="What to write.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The file, or the new folder.")
@source_option("For a shipped model: the chips it learned from.")
@click.option("--steps", type=Whole(1, 10_000), help="Of flows: solver steps [default: the model's own].")
@click.option(
    "--solver", type=click.Choice(["euler", "midpoint", "heun"]), help="Of flows: how to make a step."
)
def export(model: str, form: str, out: Path, source: str, steps: int | None, solver: str | None) -> None:
    """Write MODEL, a training's folder, a .keras file or the name of a shipped model, in another format.

    \b
    keras        a .keras file of Keras' own layers, which needs this package no more
    onnx         a .onnx file for ONNX Runtime, in any language; needs the extra: pip install 'satgan-tutorial[onnx]'
    saved_model  a folder for TensorFlow, its servers and its converters
    safetensors  a folder for a model hub: weights, networks, and a card; nothing is uploaded

    Noise, drawn from a standard normal, goes in, float32 (N, d), and beside it a condition where the model takes one; images
    come out, float32 (N, 80, 80, 3) from -1 to 1. What was written is read back and held against Keras.

    \b
    Examples:
      satgan export book --format onnx --out ships.onnx
      satgan export runs/first --format keras --out mine.keras
      satgan export conditional --source simulated --format safetensors --out conditional
    """  # noqa: D301
    _check_out(out, form)
    regular(Path(model))
    from .. import models

    file = models.find(model, source)
    if Path(model) in (file, file.parent):
        unread(f"{model} has learned from the chips that it has learned from", "source")
    spare(out, file)
    card = file.with_suffix(".md")
    with quiet_import():
        from .. import export as writing
        from .. import sampling

        sampler = models.read_sampler(file)
        if steps or solver:
            sampling.solve_with(sampler, solver, steps)
        text = card.read_text(encoding="utf-8") if card.is_file() else None
        distance = writing.export(sampler, out, form, text)
    told = "to the last bit" if distance == 0 else f"to {distance:.1g} of 255 grey levels"
    tell(f"{out}: {file.parent.name}/{file.name} as {form}. It draws what Keras draws, {told}.")


def _check_out(out: Path, form: str) -> None:
    """Complain before the work about a name that is not one for this format, or could not be written."""
    ending = ENDINGS[form]
    if ending and out.suffix.lower() != ending:
        raise click.UsageError(f"--out {out}: expected a name that ends in {ending}.")
    fits(out)
    if not out.parent.is_dir():
        raise click.UsageError(f"--out {out}: found no folder {out.parent}; make it first.")
    if out.exists() and not (ending and out.is_file()):
        expected = "the name of a file" if ending else "the name of a new folder"
        raise click.UsageError(f"--out {out}: found something there; expected {expected}.")
    writable(out.parent)
