"""Scenes from files: their pixels and which of these are data, and every fault in the scene's own words."""

import numpy as np
import pytest
from pictures import geo, noise, tiff
from PIL import Image

from satgan_tutorial import scenes
from satgan_tutorial.scenes import SceneError

pytestmark = pytest.mark.once


def test_a_scene_comes_with_what_is_data(tmp_path):
    pixels = noise(100, 120, 4).clip(30)  # what is darker, beside a corner, is taken for its blur
    pixels[..., 3] = 255
    pixels[:30, :30, 3] = 0  # transparent
    pixels[-30:, -30:, :3] = 0  # a black corner
    Image.fromarray(pixels).save(tmp_path / "a.png")
    scene = scenes.read_scene(tmp_path / "a.png")
    expected = np.ones((100, 120), bool)
    expected[:30, :30] = expected[-30:, -30:] = False
    assert np.array_equal(scene.valid, expected) and np.array_equal(scene.pixels, pixels[..., :3])
    alone = scenes.read_image(tmp_path / "a.png")
    assert (alone[~expected] == 0).all() and np.array_equal(alone[expected], pixels[..., :3][expected])
    Image.fromarray(noise(100, 120)).save(tmp_path / "a.png")
    assert scenes.read_scene(tmp_path / "a.png").valid is None


def test_a_scene_without_data_is_refused(tmp_path):
    Image.new("RGBA", (100, 100), (9, 9, 9, 0)).save(tmp_path / "a.png")
    Image.new("RGB", (100, 100)).save(tmp_path / "b.png")
    for name in ("a.png", "b.png"):
        with pytest.raises(SceneError, match=f"{name}: found no pixel that is data"):
            scenes.read_scene(tmp_path / name)


def test_a_pixel_size_is_said_and_bands_are_chosen(tmp_path, capsys):
    pixels = noise(100, 120, 4)
    tiff(tmp_path / "a.tif", pixels, extra=[0], more=geo(10.0))
    with pytest.raises(SceneError, match="fourth band"):
        scenes.read_scene(tmp_path / "a.tif")
    lines = []
    scene = scenes.read_scene(tmp_path / "a.tif", bands=(3, 2, 1), say=lines.append)
    assert np.array_equal(scene.pixels, pixels[..., [2, 1, 0]]) and "10 m" in lines[0]
    tiff(tmp_path / "a.tif", pixels[..., :3], more=geo(10.0))
    scenes.read_image(tmp_path / "a.tif")
    assert "gdalwarp" in capsys.readouterr().out


def test_scenes_are_found_whatever_the_case_of_their_ending(tmp_path):
    for name in ("a_1.PNG", "b_2.JPG", "c_3.tif", "d_4.jpeg", "._e_5.png", "notes_6.txt", "f_7.pnj"):
        (tmp_path / name).touch()
    assert list(scenes.find_scenes(tmp_path)) == ["a_1", "b_2", "c_3", "d_4"]
    assert list(scenes.find_scenes(tmp_path / "shipsnet.JSON")) == ["a_1", "b_2", "c_3", "d_4"]
