"""What every grader is made of: run the answer, find what is wrong with it, print one line."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np


class Unsolved(Exception):
    """The answer, or what it returned, is still `...`.

    >>> call(...)
    Traceback (most recent call last):
    satgan_tutorial.exercises.grading.Unsolved
    """


class Wrong(Exception):
    """What the answer is not, as a sentence.

    >>> number([1.0, 2.0])
    Traceback (most recent call last):
    satgan_tutorial.exercises.grading.Wrong: expected one number; found shape (2,).
    """


def grade(task: str, hint: Callable[[], str | None], right: str) -> None:
    """Print the verdict: `hint()` returns what is wrong, None where all is right, or raises `Unsolved`.

    >>> def hint(answer):
    ...     return None if answer == 4 else "that is not twice two."
    >>> grade("double two.", lambda: hint(5), right="twice two is four.")
    Not yet: that is not twice two.
    >>> grade("double two.", lambda: hint(4), right="twice two is four.")
    Right: twice two is four.
    """
    try:
        wrong = hint()
    except Unsolved:
        return print(f"To do: {task}")
    except Exception as error:  # noqa: BLE001  (whatever the answer does, its reader gets a sentence)
        wrong = error if isinstance(error, Wrong) else f"your answer raised {type(error).__name__}: {error}"
    print(f"Not yet: {wrong}" if wrong else f"Right: {right}")


def slip(got: Any, slips: Iterable[tuple[Any, str]], **close: float) -> str | None:
    """Return what is said of the first slip, of pairs (value, words), that an answer equals; None where it equals none.

    Args:
        got: the answer, a number or an array.
        slips: what an answer is where something was overlooked, and what to say of it.
        **close: `rtol` and `atol` of `np.allclose`.

    >>> slip(0.25, [(0.5, "that is the half."), (0.25, "that is the half of the half.")])
    'that is the half of the half.'
    """
    return next((why for value, why in slips if np.allclose(got, value, **close)), None)


def number(answer: Any, wanted: str = "one number") -> float:
    """Return a number answer as a float; where it is none, say what was wanted and what was found.

    >>> number(np.float32(0.5))
    0.5
    """
    shape = tuple(np.shape(call(lambda: answer)))  # a tensor's own kind of shape is true where it is empty
    try:
        if not shape:
            return float(answer)
    except (TypeError, ValueError):
        pass
    raise Wrong(f"expected {wanted}; found {f'shape {shape}' if shape else repr(answer)}.")


def call(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call the reader's function; one that is not written yet returns `...`, alone or in a tuple, or nothing.

    >>> call(lambda x: 2 * x, 21)
    42
    >>> call(lambda x: ..., 21)
    Traceback (most recent call last):
    satgan_tutorial.exercises.grading.Unsolved
    """
    answer = ... if function is ... else function(*arguments)
    if answer is None or any(part is ... for part in (answer if isinstance(answer, tuple) else [answer])):
        raise Unsolved
    return answer
