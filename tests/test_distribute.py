import re
import socket
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from test_main import TINY, few_chips, satgan

from satgan_tutorial import augment, distribute, networks, recipes, training

PAGE = Path(__file__).parents[1] / "book" / "beyond" / "how-to-start.md"
MINUTES = 4  # until a worker that hangs is killed; they take seconds


@pytest.fixture
def hosts():
    sockets = [socket.socket() for _ in range(2)]
    for one in sockets:
        one.bind(("localhost", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ",".join(f"localhost:{port}" for port in ports)


def start(hosts, out, *options):
    """Two workers on this machine, as the book says how to start them."""
    lines = re.findall(r"^satgan (train .*localhost:2222,localhost:2223.*)$", PAGE.read_text(), re.MULTILINE)
    assert len(lines) == 2
    ours = {"book": "tiny", "localhost:2222,localhost:2223": hosts, "runs/two": out}
    words = [[ours.get(word, word) for word in line.split()] for line in lines]
    return [satgan(*line, "--image-size", 16, "--seed", 3, *options) for line in words]


def ended(process):
    try:
        output, errors = process.communicate(timeout=60 * MINUTES)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return process.returncode, output + errors


def weights(folder):
    model = keras.saving.load_model(Path(folder, "checkpoint.keras"))
    parts = [*model.generator.variables, *model.discriminator.variables]
    return np.concatenate([np.ravel(part) for part in parts if "seed" not in part.path])


def alone(out, steps):
    ships = few_chips().split(0).train.ships
    training.run(replace(TINY, image_size=16), ships, out, seed=3, steps=steps)
    return weights(out)


@pytest.mark.slow
@pytest.mark.once
def test_two_workers_make_the_steps_of_one_go_on_and_leave_a_checkpoint_when_one_is_killed(hosts, tmp_path):
    """Batch norm, symmetries, noise and gradients are those of the whole batch."""
    both = start(hosts, tmp_path / "two", "--steps", 5)
    found = [ended(process) for process in both]
    assert [code for code, _ in found] == [0, 0], found
    # Most agree to 1e-6. D's last bias, whose gradient is 0 in theory, moves by what rounding leaves of it, made larger by Adam.
    np.testing.assert_allclose(weights(tmp_path / "two"), alone(tmp_path / "one", 5), atol=1e-4)

    both = start(hosts, tmp_path / "two", "--steps", 100_000, "--save-every", 0, "--resume")
    log = tmp_path / "two" / "log.csv"
    while log.read_text().count("\n") < 3:
        assert all(process.poll() is None for process in both), [ended(process) for process in both]
        time.sleep(0.05)
    both[1].kill()
    code, says = ended(both[0])
    ended(both[1])
    assert code == 1 and "another worker is gone" in says and "--resume" in says, says
    assert keras.saving.load_model(tmp_path / "two" / "checkpoint.keras").step >= 20


def test_one_replica_has_all_rows_and_two_have_half_each():
    assert augment.share(4) == (0, 4)
    two = tf.distribute.MirroredStrategy(["CPU:0"])
    assert [int(x) for x in two.run(lambda: augment.share(tf.constant(4)))] == [0, 4]


@pytest.mark.parametrize(
    ("workers", "worker", "says"),
    [
        ("cpus", None, "expected 'gpus', or two or more"),
        ("localhost:1", 0, "two or more"),
        ("localhost:1,localhost", 0, "HOST:PORT"),
        ("localhost:1,localhost:2", 2, "expected 0 to 1"),
        ("localhost:1,localhost:2", None, "expected 0 to 1"),
    ],
)
def test_workers_that_are_none_are_told(workers, worker, says):
    with pytest.raises(distribute.WorkersError, match=says):
        distribute.strategy(workers, worker)


def test_a_batch_has_to_be_shared_evenly(monkeypatch):
    mirrored = tf.distribute.MirroredStrategy(["CPU:0"])
    with mirrored.scope():
        model = recipes.build(replace(TINY, image_size=16), 0)
    monkeypatch.setattr(type(mirrored), "num_replicas_in_sync", 3)
    with pytest.raises(distribute.WorkersError, match="batch of 4 .* by 3"):
        distribute.fit(model, mirrored, 4, None, steps_per_epoch=1, epochs=1)


def test_batch_norm_is_taken_over_all_replicas(monkeypatch):
    def norms():
        layers = networks.generator(2, 16, 4, batch_norm=True).layers
        return [layer.synchronized for layer in layers if isinstance(layer, keras.layers.BatchNormalization)]

    assert not any(norms())
    mirrored = tf.distribute.MirroredStrategy(["CPU:0"])
    monkeypatch.setattr(type(mirrored), "num_replicas_in_sync", 2)
    with mirrored.scope():
        assert all(norms())
