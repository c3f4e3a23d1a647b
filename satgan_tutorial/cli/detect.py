"""`satgan detect`: the ships of a scene."""

from __future__ import annotations

from pathlib import Path

import click

from .console import note, progress, quiet_import, tell
from .options import Bands, Number, out_file, regular, source_option, spare


@click.command(short_help="Find the ships of a scene.")
@click.argument("image", type=click.Path(path_type=Path))
@out_file(".csv", ".png")
@click.option("--threshold", type=Number(0, 1), default=0.5, help="Lowest p(ship) to report.")
@click.option("--bands", type=Bands(), help="Which bands are red, green and blue, where IMAGE has four.")
@source_option("The chips the judge learned from.")
def detect(image: Path, out: Path, threshold: float, bands: tuple[int, ...] | None, source: str) -> None:
    """Find the ships of IMAGE, a scene in colour with 3 m a pixel, by sweeping the judge over it.

    An 8-bit PNG, JPEG, TIFF, WebP or BMP; a TIFF of four bands, blue first, wants --bands 3,2,1. A .csv is a table of centres, probabilities and boxes in pixels, the surest first; a .png is the scene with its boxes.

    \b
    Examples:
      satgan detect scene_1.jpg --out boxes.csv
      satgan detect scene_1.jpg --out boxed.png --threshold 0.9
      satgan detect blue-green-red-infrared.tif --bands 3,2,1 --out boxes.csv
    """  # noqa: D301
    spare(out, image)
    regular(image)
    from ..scenes import read_scene

    scene = read_scene(image, bands=bands, say=note)
    with quiet_import():
        from .. import detect as sweeper
        from ..judge import Judge
    from ..files import replacing

    rows = scene.pixels.shape[0] // sweeper.STRIDE
    with progress(rows, "row") as update:
        options = {"threshold": threshold, "valid": scene.valid}
        options["progress"] = lambda done, total: update(round(rows * done / total))
        found = sweeper.detect(Judge(source).classifier, scene.pixels, **options)
    with replacing(out) as new:
        sweeper.save(new, scene.pixels, found)
    tell(f"{out}: {len(found)} ships with probability {threshold:g} and above in {image.name}.")
