"""A student learns to do in one step what its teacher did in many."""

import numpy as np
import pytest
from scripts import script

from satgan_tutorial import models, sampling

pytestmark = [pytest.mark.once, pytest.mark.slow]

tool = script("tools/student.py")


def test_a_student_ends_where_its_teacher_ended_and_is_a_sampler(monkeypatch, tmp_path):
    monkeypatch.setattr(tool, "WIDTH", 4)
    z = sampling.noise(64, (tool.SIDE, tool.SIDE, 3), seed=0)
    x = np.clip(np.full_like(z, 0.5) + np.sign(z.mean(axis=(1, 2, 3), keepdims=True)) * 0.3, -1, 1)
    student = tool.learn(z, x, steps=150)
    off = np.abs(student.predict(z, verbose=0) - x).mean()
    assert off < 0.7 * np.abs(z - x).mean()  # a student that has not learned: 0.8
    file = models.save(student, "student", "simulated", folder=tmp_path)
    drawn = models.read_sampler(file)
    with pytest.raises(sampling.SolverError, match="draws in one pass"):  # it knows t = 0 alone
        sampling.solve_with(drawn, steps=20)
    images = sampling.from_noise(drawn, z[:3])
    assert images.shape == (3, tool.SIDE, tool.SIDE, 3)
    np.testing.assert_array_less(np.abs(images / 127.5 - 1 - student.predict(z[:3], verbose=0)), 0.05)


def test_pairs_are_made_once_and_a_block_does_not_depend_on_how_many(monkeypatch, tmp_path):
    asked = []

    def draw(sampler, z, condition):
        asked.append(len(z))
        return np.zeros(z.shape, np.uint8)

    monkeypatch.setattr(tool.sampling, "from_noise", draw)
    z, x = tool.pairs(tmp_path, "simulated", 2 * tool.BLOCK)
    more, _ = tool.pairs(tmp_path, "simulated", 3 * tool.BLOCK)
    assert asked == [tool.BLOCK] * 3
    assert np.array_equal(more[: len(z)], z) and (x == -1).all()
    assert len(np.unique(z[:, 0, 0, 0])) == len(z)
