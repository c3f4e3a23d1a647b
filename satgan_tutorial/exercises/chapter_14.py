"""Chapter 14: many machines, many architectures."""

from collections import deque
from collections.abc import Callable
from itertools import combinations
from threading import Condition, Thread
from typing import Any

import numpy as np

from .grading import Unsolved, Wrong, call, grade, number


def whole_mean(function: Callable[..., Any]) -> None:
    """Grade exercise 14.1: `function(means, counts)` is the mean of a batch from the means of its unequal parts."""

    def hint():
        rng = np.random.default_rng(0)
        for counts in ((8, 8), (8, 5, 3)):
            rows = rng.normal(size=(sum(counts), 4))
            parts = np.split(rows, np.cumsum(counts)[:-1])
            means = np.stack([part.mean(axis=0) for part in parts])
            got = np.asarray(call(function, means, np.array(counts)), float)
            truth = rows.mean(axis=0)
            if got.shape != truth.shape:
                return f"for parts of {counts} rows with 4 numbers each, return 4 numbers; found shape {got.shape}."
            if np.allclose(got, truth):
                continue
            if np.allclose(got, means.mean(axis=0)):
                return "that is the mean of the means: right for equal parts alone; weigh each by its rows."
            if np.allclose(got, rows.sum(axis=0)):
                return "that is the sum over all rows; divide it by how many there are."
            if np.allclose(got, means.sum(axis=0)):
                return "that is the sum of the means, one for each part; weigh each by its share of all rows."
            if np.allclose(got, rows.sum(axis=0) / len(counts)):
                return "that divides by the number of parts; divide by how many rows there are in all."
            return f"for parts of {counts} rows it is {np.round(truth, 3)}; yours is {np.round(got, 3)}."
        return None

    grade(
        "return the mean over all rows, from the mean of each part and how many rows it has.",
        hint,
        "each part counts by its rows, and for equal parts that is the plain mean of the means.",
    )


def ring(function: Callable[..., Any]) -> None:
    """Grade exercise 14.2: `function(rank, parts, send, receive)` is one worker of a ring all-reduce (`in_a_ring`)."""

    def hint():
        # Worker r has 10 ** r everywhere, so the digits of a sum tell whose numbers are in it, and how often.
        ended, sent = in_a_ring(function, np.repeat(10.0 ** np.arange(4), 8).reshape(4, 8))
        if wrong := _wrong_sums(ended.reshape(4, 4, 2)[..., 0]):
            return wrong
        if max(sent) != 12:
            return (
                f"every worker has the sum, but one sent {max(sent)} numbers of a gradient of 8. In a ring it is 12: in each of the "
                "6 moves one part of the 4, and nothing else."
            )
        rng = np.random.default_rng(0)
        gradients = rng.normal(size=(3, 7))  # the parts are not of the same size
        ended, _ = in_a_ring(function, gradients)
        if not np.allclose(ended, gradients.sum(axis=0)):
            return "some parts are mixed up: what arrives is one part of the neighbour, and belongs to the same part of yours."
        return None

    grade(
        "send one part a move and take one in: first k - 1 moves that add up, then k - 1 that hand the sums on.",
        hint,
        "no worker ever saw another's whole gradient, and each has the sum of all.",
    )


def _wrong_sums(found: np.ndarray) -> str | None:
    """What is wrong with what four workers have of each part, (worker, part), where worker r began with 10 ** r."""
    truth = 1111.0
    complete = np.isclose(found, truth)
    if complete.all():
        return None
    if np.allclose(found, truth / 4):
        return "that is the mean, and it is right. Return the sum: what to divide by is the caller's to say."
    if np.allclose(found, 10.0 ** np.arange(4)[:, None]):
        return "each worker ends with its own gradient alone: add what arrives to the same part of yours."
    one_each = (complete.sum(axis=0) == 1).all() and (complete.sum(axis=1) == 1).all()
    if one_each and found.max() < truth + 1:
        return (
            "the first round is right: each worker has one part complete. Now hand the complete parts on, k - 1 moves more; "
            "what arrives then takes the place of yours."
        )
    worker, part = np.argwhere(~complete)[0]
    value = round(float(found[worker, part]))
    inside = [value // 10**r % 10 for r in range(4)]
    if value == found[worker, part] and 0 <= value < 10_000:
        if max(inside) > 1:
            twice = inside.index(max(inside))
            return (
                f"in the end worker {worker} has the numbers of worker {twice} in its part {part} {max(inside)} times. Is something added "
                "that is complete already? In the second round what arrives takes the place of yours."
            )
        there = " and ".join(str(r) for r in range(4) if inside[r]) or "nobody"
        return (
            f"in the end worker {worker} has in its part {part} only the numbers of worker {there}; it should have those of all four, 0 to 3. Which part does it send in move 0, and "
            "which arrives? Draw four workers and follow one part."
        )
    return f"in the end worker {worker} has {found[worker, part]:g} in its part {part}; the sum of all is {truth:g}."


def in_a_ring(worker: Callable[..., Any], gradients: np.ndarray) -> tuple[np.ndarray, list[int]]:
    """Run k workers side by side, each a thread that can send to the next one and hear from the one before, and no other.

    Args:
        worker: `worker(rank, parts, send, receive)`, the same for all. `parts` is a list of k arrays, the worker's gradient in k
            pieces; `send(numbers)` gives a copy to worker (rank + 1) % k, and `receive()` waits for what worker (rank - 1) % k
            sent. It returns k arrays.
        gradients: of each worker, float (k, d).

    Returns:
        What each worker returned, put together again, float (k, d), and how many numbers each of them sent.

    Raises:
        Wrong: a worker failed, returned something else, or waits for what nobody sends.
        Unsolved: it returned `...` or nothing.
    """
    k = len(gradients)
    post = _Post(k)
    ended: list[Any] = [None] * k

    def run(rank: int) -> None:
        parts = [part.copy() for part in np.array_split(np.asarray(gradients[rank], float), k)]
        try:
            parts = call(
                worker, rank, parts, lambda numbers: post.send(rank, numbers), lambda: post.receive(rank)
            )
            ended[rank] = np.concatenate([np.ravel(part) for part in parts])
        except Exception as error:  # noqa: BLE001  (told by the thread that waits for all)
            ended[rank] = error
        finally:
            post.leave(rank)

    threads = [Thread(target=run, args=(rank,), daemon=True) for rank in range(k)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    failed = [each for each in ended if isinstance(each, Exception)]
    for error in sorted(failed, key=lambda each: isinstance(each, _Stuck)):
        if isinstance(error, (Unsolved, Wrong)):
            raise error
        raise Wrong(f"a worker raised {type(error).__name__}: {error}")
    for rank, found in enumerate(ended):
        if found.shape != gradients[rank].shape:
            raise Wrong(
                f"return the {k} parts, {gradients[rank].size} numbers in all; worker {rank} returned {found.size}."
            )
    if any(post.boxes):
        raise Wrong("a worker sent what nobody took: to each `send` belongs a `receive` of its neighbour.")
    return np.stack(ended), post.sent


class _Stuck(Wrong):
    """Workers that wait for each other."""


class _Post:
    """What is under way between the workers of a ring. It notices when all who are left wait, so nothing hangs."""

    def __init__(self, k: int) -> None:
        self.boxes = [deque() for _ in range(k)]
        self.sent = [0] * k
        self._waiting: set[int] = set()
        self._here = set(range(k))
        self._changed = Condition()

    def send(self, rank: int, numbers: Any) -> None:
        """Put a copy into the neighbour's box."""
        numbers = np.array(numbers, float)
        with self._changed:
            self.sent[rank] += numbers.size
            self.boxes[(rank + 1) % len(self.boxes)].append(numbers)
            self._changed.notify_all()

    def receive(self, rank: int) -> np.ndarray:
        """Wait until there is something in the box, and take it."""
        with self._changed:
            self._waiting.add(rank)
            self._changed.notify_all()
            self._changed.wait_for(lambda: self.boxes[rank] or self._stuck())
            if not self.boxes[rank]:
                raise _Stuck(
                    f"worker {rank} waits for numbers that nobody sends. In each move every worker first sends and then receives, and "
                    "all make the same number of moves."
                )
            self._waiting.discard(rank)
            return self.boxes[rank].popleft()

    def leave(self, rank: int) -> None:
        """Say that a worker has come to its end."""
        with self._changed:
            self._here.discard(rank)
            self._changed.notify_all()

    def _stuck(self) -> bool:
        """Whether all who are left wait at an empty box."""
        return all(rank in self._waiting and not self.boxes[rank] for rank in self._here)


def expected_best(function: Callable[..., Any]) -> None:
    """Grade exercise 14.3: `function(scores, n)` is the mean of the lowest of n scores drawn at random, with replacement."""

    def hint():
        for scores, n in (([4.0, 1.0, 2.0], 1), ([4.0, 1.0, 2.0], 2), ([5.0, 4.0, 1.0, 9.0], 3)):
            got = number(call(function, np.array(scores), n), "one number, the mean over all draws")
            k = len(scores)
            draws = np.array(np.meshgrid(*[scores] * n)).reshape(n, -1)
            truth = draws.min(axis=0).mean()
            if np.isclose(got, truth):
                continue
            ranks = np.sort(scores)
            above = ((k - np.arange(k + 1)) / k) ** n  # P(the lowest is above the i lowest scores)
            if np.isclose(got, ranks.min()) and n < 10:
                return "that is the lowest of all; with few draws one often misses it."
            if np.isclose(got, ranks.mean()) and n > 1:
                return "that is the mean of all scores, right for one draw; the lowest of more is lower."
            if np.isclose(got, draws.max(axis=0).mean()):
                return (
                    "that is the mean of the highest; KID is better when it is lower, so sort the other way."
                )
            if np.isclose(got, np.sum(ranks * above[:-1])) or np.isclose(
                got, np.sum(ranks * (1 - above[1:]))
            ):
                return (
                    "weigh each score by the chance that it *is* the lowest: a difference of two such powers."
                )
            if np.isclose(got, np.array(scores) @ (above[:-1] - above[1:])):
                return "the powers belong to the scores in order, lowest first: sort them."
            if np.isclose(got, np.mean([min(some) for some in combinations(scores, n)])):
                return "that never draws a score twice; here each draw is from all of them."
            return f"of {scores}, {n} drawn: the lowest is {truth:.3f} on average; yours says {got:.3f}."
        return None

    grade(
        "return the mean of the lowest of n scores, each drawn from all of them.",
        hint,
        "the first trials buy most: the more were drawn, the less likely one more is to be lower.",
    )
