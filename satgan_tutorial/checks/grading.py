"""What every grader is made of: run the answer, find what is wrong with it, print one line."""

from collections.abc import Callable


class Unsolved(Exception):
    """The answer, or what it returned, is still `...`."""


def grade(task: str, hint: Callable[[], str | None], right: str) -> None:
    """Print the verdict: `hint()` returns what is wrong, None where all is right, or raises `Unsolved`."""
    try:
        wrong = hint()
    except Unsolved:
        print(f"To do: {task}")
    except Exception as error:  # noqa: BLE001  (whatever the answer does, its reader gets a sentence)
        print(f"Not yet: your answer raised {type(error).__name__}: {error}")
    else:
        print(f"Not yet: {wrong}" if wrong else f"Right: {right}")


def number(answer) -> float:
    """Return a number answer as a float."""
    if answer is ...:
        raise Unsolved
    return float(answer)


def call(function, *arguments):
    """Call the reader's function; a body that still is `...` returns None or `...`."""
    if function is ...:
        raise Unsolved
    answer = function(*arguments)
    if answer is None or answer is ...:
        raise Unsolved
    return answer
