"""Store a training of the book's recipe as the shipped generator: `python -m satgan_tutorial.pretrained.ship_book DIR`.

DIR is the folder of `satgan train book --seed S --out DIR`, finished, with the same SATGAN_DATA as then.
"""

import json
import platform
import sys
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from satgan_tutorial import gan, load_chips, networks, pretrained, recipes
from satgan_tutorial.judge import Judge

COUNT, SEED = 1000, 0  # generated chips a score is measured on, and the seed of their noise

CARD = """# book-{source}

A generator of 80 x 80 pictures of ships from above, {parameters} weights, trained against a discriminator (recipe
`book`: {about}). Its ships never were. It is for learning; its pictures are evidence of nothing.

- Input: {latent_dim} numbers from a standard normal. Output: (80, 80, 3) in [-1, 1].
- Data: {data}, the {n} ships of `chips.split(0).train`, turned and mirrored at random.
- Training: seed {seed}, {steps} steps of {batch_size} real and {batch_size} generated chips; loss {loss} with R1 and
  R2 (gamma {r1:g}), {optimizer} {rate:g} {betas}, divided by 1 + {decay:g} a step; the weights are an average (momentum {ema}), with
  batch norm folded into the convolutions, rounded to float16.
- Licence: {licence}
- Repeat it: `SATGAN_DATA={where} satgan train book --steps {steps} --seed {seed} --out DIR`, then
  `python -m satgan_tutorial.pretrained.ship_book DIR`.
- Versions: Python {python}, tensorflow {tensorflow}, keras {keras}, numpy {numpy}.

| what | against | KID in the eyes of {judge} | called a ship |
|---|---|---|---|
{rows}

KID depends on the judge and on both counts; it is 0 on average for two samples of one distribution. The last row is
how far real training ships are from ships of other days.
"""

SOURCES = {
    "real": {
        "data": "ShipsNet (R. Hammell, 2018; imagery: Planet Team)",
        "licence": "CC BY-SA 4.0, as the chips it was trained on.",
        "where": "shipsnet",
    },
    "simulated": {
        "data": "`simulate.draw_chips(4000, seed=0)`",
        "licence": "MIT, as the code.",
        "where": "simulated",
    },
}


def ship(folder: Path, out: Path = pretrained.HERE) -> Path:
    """Fold, round and store the generator of a training, and write its card and its log; return the file."""
    settings = json.loads((folder / "recipe.json").read_text(encoding="utf-8"))
    log = (folder / "log.csv").read_text(encoding="utf-8")
    chips = load_chips()
    if chips.source != settings["source"]:
        raise SystemExit(
            f"{folder}: trained on {settings['source']} chips, but SATGAN_DATA has {chips.source} ones."
        )
    generator = networks.fold(pretrained.read(folder / "generator.keras"))
    pretrained.save(generator, "book", chips.source, folder=out)
    generator = pretrained.load(
        "book", chips.source, folder=out
    )  # rounded: what is shipped is what is measured

    judge, split = Judge(chips.source), chips.split(0)
    fake = gan.generate(generator, COUNT, SEED)
    rows = [
        (f"{COUNT} generated, seed {SEED}", fake, "validation", split.validation.ships),
        (f"{COUNT} generated, seed {SEED}", fake, "test", split.test.ships),
        (f"{len(split.train.ships)} training ships", split.train.ships, "test", split.test.ships),
    ]
    table = [
        f"| {what} | {len(real)} {name} ships | {judge.score(real, images, split=name).value:.3f} | "
        f"{np.mean(judge.probability(images) > 0.5):.0%} |"
        for what, images, name, real in rows
    ]
    recipe = recipes.Recipe(**{**settings["recipe"], "about": recipes.get("book").about})
    card = CARD.format(
        **SOURCES[chips.source],
        source=chips.source,
        parameters=generator.count_params(),
        about=recipe.about.rstrip("."),
        latent_dim=recipe.latent_dim,
        n=len(split.train.ships),
        seed=settings["seed"],
        steps=log.splitlines()[-1].split(",")[0],
        batch_size=recipe.batch_size,
        loss=recipe.loss,
        r1=recipe.r1,
        optimizer=recipe.optimizer.capitalize(),
        rate=recipe.learning_rates[0],
        betas=tuple(recipe.betas),
        decay=recipe.decay,
        ema=recipe.ema,
        python=platform.python_version(),
        tensorflow=tf.__version__,
        keras=keras.__version__,
        numpy=np.__version__,
        judge=judge.name,
        rows="\n".join(table),
    )
    return pretrained.save(
        pretrained.load("book", chips.source, folder=out),
        "book",
        chips.source,
        folder=out,
        card=card,
        log=log,
    )


if __name__ == "__main__":
    print(ship(Path(sys.argv[1])))
