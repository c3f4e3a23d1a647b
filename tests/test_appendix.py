"""The post's code on the page From R to Python: its Python runs, and builds the package's networks."""

import re

import numpy as np
import pytest

from satgan_tutorial import post
from tests.test_book import ROOT

pytestmark = pytest.mark.once

SIZE = 12


def code():
    """The Python of the section, at small sizes."""
    page = (ROOT / "book" / "appendix" / "r-to-python.md").read_text(encoding="utf-8")
    section = page.split("(appendix-code)=")[1].split("\n## Five differences")[0]
    blocks = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    assert len(blocks) == len(re.findall(r"```r\n", section)), "R and Python stand beside each other"
    text = "\n".join(blocks)
    for large, small in (("image_size = 80", f"image_size = {SIZE}"), ("n = 20", "n = 2"), ("(1000)", "(2)")):
        assert text.count(large) == 1, large
        text = text.replace(large, small)
    return text


def settings(model):
    return [
        (type(layer).__name__, layer.get_config() | {"name": None, "trainable": None})
        for layer in model.layers
    ]


@pytest.mark.slow
def test_the_posts_code_in_python_builds_its_networks_and_trains_one_of_them():
    before = {}
    here = {
        "ships": np.random.default_rng(1).uniform(size=(20, SIZE, SIZE, 3)),
        "note": lambda **models: before.update({name: model.get_weights() for name, model in models.items()}),
    }
    noting = "note(generator=generator, discriminator=discriminator)\nrng = np.random"
    exec(code().replace("rng = np.random", noting), here)  # noqa: S102  (the page's own lines)
    moved = {}
    for name, build in (("generator", post.generator), ("discriminator", post.discriminator)):
        model = here[name]
        assert settings(model) == settings(build(SIZE))
        moved[name] = any((a != b).any() for a, b in zip(before[name], model.get_weights(), strict=True))
    assert moved == {"generator": True, "discriminator": False}  # what the page says at its end
