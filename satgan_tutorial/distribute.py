"""One training on several machines, or on all GPUs of one: each replica has its rows of every batch, and all make one step.

What a replica draws at random it draws as its rows of what the whole batch draws, its gradients are added to those of
the others, and batch norm takes means over all of them. So k replicas make the step that one makes with the whole
batch, to rounding; only dropout, which the post's discriminator has, is drawn anew in each.

The machinery is `tf.distribute`'s. `Model.fit` fails under several workers (github.com/keras-team/keras/issues/20585), and
`strategy.run` of the same `train_step` does not.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from typing import Any

import keras
import tensorflow as tf

GONE = tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError, tf.errors.InternalError


class WorkersError(ValueError):
    """Workers that cannot train together: says why.

    >>> strategy("one:2222")
    Traceback (most recent call last):
    satgan_tutorial.distribute.WorkersError: workers are 'one:2222'; expected 'gpus', or two or more as ...
    """

    exit_code = 2  # of the command that named them


class LostWorkerError(RuntimeError):
    """A training whose other workers have gone: says what to do."""


def strategy(workers: str, worker: int | None = None) -> tf.distribute.Strategy:
    """Return how the work is shared, after waiting for the other workers.

    Args:
        workers: "gpus" for all GPUs of this machine, or the same list HOST:PORT,HOST:PORT,... for every worker.
        worker: which of the list this process is, 0 the one that keeps the files.

    Raises:
        WorkersError: if the list is none, or this worker is not in it.

    >>> strategy("one:2222,other:2222", worker=2)
    Traceback (most recent call last):
    satgan_tutorial.distribute.WorkersError: worker is 2; expected 0 to 1, one for each of ...
    """
    if workers == "gpus":
        return tf.distribute.MirroredStrategy()
    hosts = workers.split(",")
    if len(set(hosts)) < 2 or not all(host.rpartition(":")[2].isdigit() for host in hosts):
        raise WorkersError(
            f"workers are {workers!r}; expected 'gpus', or two or more as HOST:PORT,HOST:PORT."
        )
    if worker not in range(len(hosts)):
        raise WorkersError(f"worker is {worker}; expected 0 to {len(hosts) - 1}, one for each of {workers}.")
    task = {"cluster": {"worker": hosts}, "task": {"type": "worker", "index": worker}}
    os.environ["TF_CONFIG"] = json.dumps(task)
    return tf.distribute.MultiWorkerMirroredStrategy()


def keeps_files(strategy: tf.distribute.Strategy) -> bool:
    """Whether this is the one worker that writes.

    >>> keeps_files(tf.distribute.OneDeviceStrategy("/cpu:0"))
    True
    """
    resolver = strategy.cluster_resolver
    return resolver is None or not resolver.task_id


def fit(
    model: keras.Model,
    strategy: tf.distribute.Strategy,
    batch_size: int,
    deal: Callable[..., tf.data.Dataset],
    *,
    steps_per_epoch: int,
    epochs: int,
    callbacks: Iterable[keras.callbacks.Callback] = (),
) -> None:
    """Do what `model.fit` would, if it could: so many epochs of so many steps, with all that callbacks are told.

    Args:
        model: built and compiled in the strategy's scope.
        strategy: how the work is shared.
        batch_size: of all replicas together.
        deal: from `batch_size` and `first_step` to batches without end.
        steps_per_epoch: steps from one `on_epoch_end` to the next.
        epochs: how many, unless a callback stops the training.
        callbacks: as for `fit`.

    Raises:
        WorkersError: if the batch cannot be shared out evenly.
        LostWorkerError: another worker has gone.

    >>> from types import SimpleNamespace
    >>> two = SimpleNamespace(num_replicas_in_sync=2)
    >>> try:
    ...     fit(None, two, batch_size=3, deal=None, steps_per_epoch=1, epochs=1)
    ... except WorkersError as error:
    ...     print(error)
    a batch of 3 cannot be shared evenly by 2 replicas.
    """
    replicas = strategy.num_replicas_in_sync
    if batch_size % replicas:
        raise WorkersError(f"a batch of {batch_size} cannot be shared evenly by {replicas} replicas.")
    first_step = model.step * replicas

    def shares(context: tf.distribute.InputContext) -> tf.data.Dataset:
        here = replicas // context.num_input_pipelines
        rows = deal(batch_size=batch_size // replicas, first_step=first_step).batch(here)
        return rows.shard(context.num_input_pipelines, context.input_pipeline_id).unbatch().prefetch(2)

    @tf.function
    def step(rows: Any):
        logs = strategy.run(model.train_step, args=(rows,))
        return {name: strategy.reduce("MEAN", value, axis=None) for name, value in logs.items()}

    rows = iter(strategy.distribute_datasets_from_function(shares))
    told = keras.callbacks.CallbackList(list(callbacks), model=model)
    model.stop_training = False
    try:
        told.on_train_begin()
        for epoch in range(epochs):
            logs = _epoch(model, lambda: step(next(rows)), steps_per_epoch, epoch, told)
            if model.stop_training:
                break
        told.on_train_end(logs)
    except GONE as error:
        raise LostWorkerError(
            f"after step {model.step}: another worker is gone ({type(error).__name__}), and the rest cannot go on. "
            "Start all workers again with --resume: the training goes on at the last checkpoint."
        ) from None


def wait_for_all(strategy: tf.distribute.Strategy) -> None:
    """Go on when every worker is here, so that none leaves while another still writes.

    >>> wait_for_all(tf.distribute.OneDeviceStrategy("/cpu:0"))  # there is no other to wait for
    """

    def here() -> tf.Tensor:
        return tf.constant(1.0)

    tf.function(lambda: strategy.reduce("SUM", strategy.run(here), axis=None), autograph=False)()


def _epoch(
    model: keras.Model, step: Callable[[], dict], steps: int, epoch: int, told: keras.callbacks.CallbackList
) -> dict[str, float]:
    """Make the steps of one epoch and return its logs."""
    model.reset_metrics()
    told.on_epoch_begin(epoch)
    for i in range(steps):
        logs = {name: float(value) for name, value in step().items()}
        told.on_train_batch_end(i, logs)
        if model.stop_training:
            break
    told.on_epoch_end(epoch, logs)
    return logs
