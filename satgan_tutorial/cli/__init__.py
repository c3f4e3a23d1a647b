"""The `satgan` command: check this machine, fetch the chips, train, generate, evaluate; a file a command.

Each command imports what it needs when it runs, so that help and complaints come at once. It ends with 0 when all went
well, 1 when something failed, 2 when asked for what cannot be done, 130 when a training was stopped and saved.
"""

from __future__ import annotations

import os

import click

from .check import check
from .console import Sentences, print_version
from .detect import detect
from .evaluate import evaluate
from .export import export
from .fetch import fetch
from .generate import generate
from .search import search
from .train import train

HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 110, "show_default": True}


@click.group("satgan", cls=Sentences, context_settings=HELP)
@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=print_version)
def main() -> None:
    """Read and draw ships in satellite chips.

    Real chips are found in $SATGAN_DATA or data/shipsnet; without any, simulated ones are drawn.

    \b
    First steps:
      satgan check                                           is this machine ready?
      satgan generate book -n 16 --seed 0 --out ships.png    ships that never were
      satgan fetch                                           the real chips, from Kaggle
      satgan train small --seed 0 --out runs/first           your own GAN
      satgan evaluate runs/first                             and its score
      satgan detect scene.png --out boxes.csv                every ship of a scene
      satgan export book --format onnx --out ships.onnx      a generator for other programs
    """  # noqa: D301
    try:
        os.getcwd()
    except OSError:
        raise click.UsageError("the working folder is gone: change to one that is there.") from None


for command in (check, fetch, train, search, generate, detect, evaluate, export):
    main.add_command(command)
