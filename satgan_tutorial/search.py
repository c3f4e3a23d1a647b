"""A search over recipes: Optuna proposes one, it trains for as long as every other, and the judge scores its ships.

A study lies in a journal file or in a database, and any number of workers, on any machines that reach it, work on it at
once. The score is the KID against validation ships: the test ships are not for choosing. Of somebody's own pictures, which
have no judge, it is the score of `likeness.yardstick`. Most proposals look bad long before their time is over and are given up.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial, singledispatch
from typing import Any, BinaryIO

import keras
import numpy as np
import optuna
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock, JournalStorage
from optuna.storages.journal._file import get_lock_file
from optuna.trial import TrialState

from . import likeness, networks, recipes, training
from .callbacks import Clock
from .chips import ChipSet
from .judge import Judge
from .pictures import PictureSet
from .recipes import FlowRecipe, GANRecipe, Recipe
from .training import Data

LOOKS = 6  # at a trial's score, evenly over its time
SCORED = 500  # generated chips a look is scored on
RECORD = b'{"op_code":'  # how each line of a journal begins
OVER = (TrialState.COMPLETE, TrialState.PRUNED)


class SearchError(ValueError):
    """A study about something else, or none: says what was found.

    >>> propose(Recipe("mine", "Of no family."), optuna.trial.FixedTrial({}))
    Traceback (most recent call last):
    satgan_tutorial.search.SearchError: mine: found no space to search for a Recipe.
    """

    exit_code = 2  # of the command that named it


CHOICES = {
    "base_filters": (8, 16, 24, 32),
    "d_filters": (8, 16, 24, 32),
    "upsampling": networks.UPSAMPLINGS,
    "batch_norm": (True, False),
    "loss": ("relativistic", "non_saturating", "hinge", "least_squares"),
    "symmetries": (True, "half_turns", False),
    "diffaugment": ("", "translation", "color translation cutout"),
    "ema": (None, 0.9, 0.98, 0.998),
    "batch_size": (8, 16, 32),
}


FLOW_CHOICES = {
    "width": (16, 24, 32),
    "attention": (True, False),
    "symmetries": (True, "half_turns", False),
    "ema": (0.98, 0.99, 0.998),
    "batch_size": (8, 16, 32),
    "even": (0.25, 0.5, 0.75, 1.0),
}
FLOW_STEPS = 6  # of the solver at a look, whose hundreds of chips would take longer than the training at a recipe's own


def _open(base: Recipe, choices: dict[str, tuple]) -> dict[str, tuple]:
    """What there is to choose; pictures that have an up, which the base leaves as they stand, are not to be turned."""
    return {
        name: each for name, each in choices.items() if name != "symmetries" or base.symmetries is not False
    }


@singledispatch
def propose(base: Recipe, trial: optuna.trial.BaseTrial) -> Recipe:
    """The base with what a trial has in its place; with `optuna.trial.FixedTrial` what a given one had.

    What there is to search is registered by the recipe's type, a function a family.

    Raises:
        SearchError: nothing is known to search in this family.

    >>> trial = optuna.trial.FixedTrial(proposal(recipes.SMALL) | {"loss": "hinge", "gamma": 0.5})
    >>> mine = propose(recipes.SMALL, trial)
    >>> mine.loss, mine.r1, mine.base_filters == recipes.SMALL.base_filters
    ('hinge', 0.5, True)
    """
    raise SearchError(f"{base.name}: found no space to search for a {type(base).__name__}.")


@propose.register
def _(base: GANRecipe, trial: optuna.trial.BaseTrial) -> GANRecipe:
    chosen = {
        name: trial.suggest_categorical(name, choices) for name, choices in _open(base, CHOICES).items()
    }
    chosen["diffaugment"] = tuple(chosen["diffaugment"].split())
    gamma = trial.suggest_float("gamma", 0.01, 10, log=True)
    rate = trial.suggest_float("learning_rate", 1e-4, 4e-3, log=True)
    return replace(base, r1=gamma, r2=gamma, learning_rates=(rate, rate), **chosen)


@propose.register
def _(base: FlowRecipe, trial: optuna.trial.BaseTrial) -> FlowRecipe:
    open_ones = _open(base, FLOW_CHOICES)
    chosen = {name: trial.suggest_categorical(name, choices) for name, choices in open_ones.items()}
    late = (trial.suggest_float("late", -1, 2), base.late[1])
    rate = trial.suggest_float("learning_rate", 1e-4, 4e-3, log=True)
    return replace(base, late=late, learning_rate=rate, solver_steps=FLOW_STEPS, **chosen)


@singledispatch
def proposal(recipe: Recipe) -> dict[str, Any]:
    """What a trial has where it proposes this recipe: where the search begins.

    >>> begin = proposal(recipes.SMALL)
    >>> begin["loss"], begin["gamma"], begin["batch_size"]
    ('relativistic', 1.0, 16)
    """
    raise SearchError(f"{recipe.name}: found no space to search for a {type(recipe).__name__}.")


@proposal.register
def _(recipe: GANRecipe) -> dict[str, Any]:
    chosen = {name: getattr(recipe, name) for name in _open(recipe, CHOICES)}
    chosen["diffaugment"] = " ".join(recipe.diffaugment)
    chosen["d_filters"] = recipe.d_filters or recipe.base_filters
    return chosen | {"gamma": recipe.r1, "learning_rate": recipe.learning_rates[0]}


@proposal.register
def _(recipe: FlowRecipe) -> dict[str, Any]:
    chosen = {name: getattr(recipe, name) for name in _open(recipe, FLOW_CHOICES)}
    return chosen | {"late": recipe.late[0], "learning_rate": recipe.learning_rate}


def train(
    trial: optuna.Trial, base: Recipe, data: Data, score: Callable[[np.ndarray], float], minutes: float
) -> float:
    """Train what a trial proposes for some minutes of processor time and return its last score.

    Args:
        trial: gets every score on the way.
        base: what to change.
        data: to learn from.
        score: from generated chips, uint8 (SCORED, 80, 80, 3), to a number, less for better.
        minutes: of one core; two minutes of it are one minute of two busy cores.

    Raises:
        optuna.TrialPruned: if it is given up, or its losses are no longer finite.
    """
    keras.utils.clear_session()
    recipe = propose(base, trial)
    model = recipes.build(recipe, seed=trial.number)
    clock, report = Clock(minutes=minutes), Report(trial, score, minutes)
    try:
        training.fit(model, data, batch_size=recipe.batch_size, callbacks=[clock, report])
    except training.TrainingError:
        raise optuna.TrialPruned from None
    return report.value


class Report(keras.callbacks.Callback):
    """Tell a trial its score, LOOKS times evenly over its minutes of processor time, and give it up where it asks to.

    >>> from types import SimpleNamespace
    >>> report = Report(optuna.trial.FixedTrial({}), score=np.mean, minutes=6.0)
    >>> report.set_model(SimpleNamespace(sample=lambda n, seed: np.full((n, 2), 7.0)))
    >>> for minutes in (0.5, 1.0):
    ...     report.on_epoch_end(0, {"cpu_minutes": minutes})
    ...     report.look, float(report.value)
    (0, nan)
    (1, 7.0)
    """

    def __init__(self, trial: optuna.Trial, score: Callable[[np.ndarray], float], minutes: float) -> None:
        """Start before the first look."""
        super().__init__()
        self.trial, self.score, self.minutes = trial, score, minutes
        self.look, self.value = 0, float("nan")

    def on_epoch_end(self, epoch: int, logs: dict) -> None:
        """Look if it is time; `Clock` stands before and says how much of it is over."""
        due = min(LOOKS, int(LOOKS * logs["cpu_minutes"] / self.minutes))
        if due == self.look:
            return
        self.look = due
        self.value = self.score(self.model.sample(SCORED, seed=0))
        self.trial.report(self.value, self.look)
        self.trial.set_user_attr("seen", time.time())
        if self.look < LOOKS and self.trial.should_prune():
            raise optuna.TrialPruned


def run(
    base: Recipe,
    chips: ChipSet | PictureSet,
    storage: str,
    *,
    trials: int,
    minutes: float,
    seed: int,
    say: Callable[[str], None] = print,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> optuna.Study:
    """Work on a study until so many of its trials are over, finished or given up, by this worker or by others.

    Args:
        base: the recipe to change, "small", "book" or "flow", and the first proposal.
        chips: train ships to learn from and validation ships to score against come from its split; or pictures, and a base
            of `training.for_pictures`.
        storage: as for `open_study`.
        trials: when to stop.
        minutes: of processor time, for each trial.
        seed: of what is proposed; each worker needs its own.
        say: told of each trial.
        progress: told how many trials are over, and of how many.

    Returns:
        The study; at least one of its trials is whole.

    Raises:
        SearchError: the study has other settings, or every trial was given up.
    """
    split, (score, what) = chips.split(0), _score(chips)
    study = open_study(storage, seed, recipe=base.name, chips=_digest(chips), minutes=minutes)
    study.enqueue_trial(proposal(base), skip_if_exists=True)

    def tell(study: optuna.Study, trial: optuna.trial.FrozenTrial) -> None:
        looks = ", ".join(f"{value:.3f}" for value in trial.intermediate_values.values())
        say(f"trial {trial.number}, {trial.state.name.lower()}: {what} {looks or 'not a number'}")
        progress(len(study.get_trials(deepcopy=False, states=OVER)), trials)

    objective = partial(
        train, base=base, data=training.data_for(base, split.train), score=score, minutes=minutes
    )
    work(study, objective, trials, lost_after=600 + 60 * minutes, callbacks=[tell])
    if not study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)):
        raise SearchError(
            f"found no whole trial among {len(study.get_trials(deepcopy=False))}: all were given up. Repeat the command with "
            "more --trials."
        )
    return study


def _score(chips: ChipSet | PictureSet) -> tuple[Callable[[np.ndarray], float], str]:
    """What scores generated chips against the validation ones, less for better, and what the number is called."""
    split = chips.split(0)
    if isinstance(chips, PictureSet):
        kept = np.isin(chips.names, split.validation.names)
        seen = np.isin(chips.names, np.concatenate([split.train.names, split.validation.names]))
        ruler = likeness.yardstick(chips.images[seen], chips.groups[seen], kept[seen], SCORED)
        return ruler.score, "distance"
    judge = Judge(chips.source)
    return lambda fake: judge.score(split.validation.ships, fake, split="validation").value, "KID"


def _digest(chips: ChipSet | PictureSet) -> str:
    """What all workers on a study have to have in common of their chips."""
    if not isinstance(chips, PictureSet):
        return chips.source
    return f"{chips.source} {hashlib.sha256(np.ascontiguousarray(chips.images)).hexdigest()[:16]}"


def open_study(storage: str, seed: int = 0, **about: Any) -> optuna.Study:
    """Open a study, or begin it.

    Args:
        storage: a journal file, or the address of a database, such as sqlite:///search.db or postgresql://...
        seed: of what this worker proposes.
        **about: what all its trials have in common.

    Raises:
        SearchError: there is a study about something else, or no room for one.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
    ...     study = open_study(f"{folder}/study.log", recipe="small", minutes=2)
    ...     sorted(study.user_attrs.items())
    [('minutes', 2), ('recipe', 'small')]
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        study = optuna.create_study(
            study_name="recipes",
            storage=storage if "://" in storage else _journal(storage),
            load_if_exists=True,
            sampler=optuna.samplers.TPESampler(seed=seed, constant_liar=True),  # others' trials are under way
            pruner=optuna.pruners.MedianPruner(n_startup_trials=4),
        )
    except Exception as error:  # noqa: BLE001  (each storage has errors of its own)
        raise SearchError(
            f"{masked(storage)}: found no study there, and none can begin ({masked(str(error))}); name another file, or a "
            "database."
        ) from None
    if any(study.user_attrs.get(name, value) != value for name, value in about.items()):
        raise SearchError(
            f"found a study of {study.user_attrs}; expected one of {about}. Ask for what it has, or name a new storage."
        )
    for name in about.keys() - study.user_attrs:
        study.set_user_attr(name, about[name])
    return study


def work(study: optuna.Study, objective: Callable, trials: int, *, lost_after: float, **options: Any) -> None:
    """Run an objective on a study until so many trials are over, and those that killed workers left once more.

    Args:
        study: shared or not.
        objective: as for `study.optimize`.
        trials: when to stop.
        lost_after: seconds without a sign of life after which a trial that runs is held for lost.
        **options: for `study.optimize`.

    >>> optuna.logging.set_verbosity(optuna.logging.WARNING)
    >>> study = optuna.create_study()
    >>> work(study, lambda trial: trial.suggest_float("x", 0, 1) ** 2, trials=3, lost_after=60)
    >>> len(study.trials)
    3
    """
    while len(study.get_trials(deepcopy=False, states=OVER)) < trials:
        for trial in study.get_trials(states=(TrialState.RUNNING,)):
            seen = trial.user_attrs.get("seen", trial.datetime_start.timestamp())
            if time.time() - seen > lost_after:
                with suppress(ValueError, optuna.exceptions.UpdateFinishedTrialError):  # another was faster
                    study.tell(trial.number, state=TrialState.FAIL)
                    study.enqueue_trial(trial.params, user_attrs={"again": trial.number})
        study.optimize(objective, n_trials=1, **options)


def masked(text: str) -> str:
    """A text without the passwords of the addresses in it.

    >>> masked("postgresql://me:secret@host/studies")
    'postgresql://me:***@host/studies'
    """
    return re.sub(r"(://[^:/@\s]*):[^@\s]*@", r"\1:***@", text)


class Journal(JournalFileBackend):
    r"""Optuna's journal, which a worker killed in mid-write, or a full disk, leaves with half a record at its end.

    The next record would follow on the same line, and neither could ever be read. Here it takes the half one's place.

    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
    ...     file = Path(folder, "study.log")
    ...     size = file.write_bytes(b'{"op_code":1}\n{"op_co')  # killed in mid-write
    ...     Journal(str(file)).append_logs([{"op_code": 2}])
    ...     file.read_text().split()
    ['{"op_code":1}', '{"op_code":2}']
    """

    def __init__(self, file: str) -> None:
        """Begin the file, or go on with it, under a lock that ends with its worker or after half a minute."""
        if os.path.exists(file) and not os.path.isfile(file):
            raise SearchError(f"{file}: found no regular file; expected one for the study.")
        self.lock = JournalFileOpenLock(file)
        super().__init__(file, lock_obj=self.lock)

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Write whole records, or none, where the last whole one ends."""
        records = "".join(json.dumps(log, separators=(",", ":")) + "\n" for log in logs).encode()
        with get_lock_file(self.lock), open(self._file_path, "r+b") as file:
            end = _end_of_last_line(file)
            _check_torn(self._file_path, file, end)
            try:
                file.truncate(end)
                file.seek(end)
                file.write(records)
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                file.truncate(end)
                raise


def _check_torn(path: str, file: BinaryIO, end: int) -> None:
    """Raise a `SearchError` where what would be cut off is a whole file of something else, and no half record."""
    file.seek(end)
    tail = file.read(len(RECORD))
    if end == 0 and not RECORD.startswith(tail):
        raise SearchError(
            f"{path}: found a file that is no study's; expected one, or none. Name another file."
        )


def _end_of_last_line(file: BinaryIO) -> int:
    """Where the last line of a file ends, without what follows it."""
    end = file.seek(0, os.SEEK_END)
    while end:
        start = max(0, end - 4096)
        file.seek(start)
        newline = file.read(end - start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        end = start
    return 0


def _journal(file: str) -> JournalStorage:
    return JournalStorage(Journal(file))
