"""Names of version 0.1 still work, and say what they are now."""

import importlib

import pytest

import satgan_tutorial

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("measure", "appearance"),
        ("checks", "exercises"),
        ("watch", "callbacks"),
        ("pretrained", "models"),
        ("simulate", "sources.simulate"),
        ("gan.generate", "sampling.sample"),
        ("gan.noise", "sampling.noise"),
        ("gan.batches", "batching.shuffled"),
        ("conditions.ask", "conditions.encode"),
        ("latent.draw", "sampling.from_noise"),
        ("networks.post_generator", "post.generator"),
        ("detect.read_image", "scenes.read_image"),
        ("plots.show_film", "film.show_film"),
        ("training.sheet", "rasters.contact_sheet"),
        ("chips.load_chips", "sources.load_chips"),
        ("callbacks.Strip", "callbacks.Samples"),
    ],
)
def test_an_old_name_is_the_new_thing_and_says_so(old, new):
    room, _, name = old.rpartition(".")
    place = importlib.import_module(f"satgan_tutorial.{room}") if room else satgan_tutorial
    with pytest.warns(DeprecationWarning, match=f"{old} is now satgan_tutorial.{new}"):
        found = getattr(place, name)
    try:
        assert found is importlib.import_module(f"satgan_tutorial.{new}")
    except ModuleNotFoundError:
        room, _, name = new.rpartition(".")
        assert found is getattr(importlib.import_module(f"satgan_tutorial.{room}"), name)


def test_old_methods_of_a_gan_draw_the_same():
    small = satgan_tutorial.recipes.replace(
        satgan_tutorial.recipes.get("small"), base_filters=2, image_size=16, latent_dim=4
    )
    model = satgan_tutorial.recipes.build(small)
    with pytest.warns(DeprecationWarning, match="GAN.generate is now sample"):
        assert (model.generate(2, seed=1) == model.sample(2, seed=1)).all()
    with pytest.warns(DeprecationWarning, match="GAN.averaged is now sampler"):
        assert model.averaged().count_params() == model.sampler().count_params()


def test_a_name_that_never_was_is_none():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = satgan_tutorial.nothing
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = satgan_tutorial.gan.nothing
