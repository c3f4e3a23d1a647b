from itertools import combinations

import numpy as np
import pytest

from satgan_tutorial import exercises


def weighed(means, counts):
    return counts @ means / counts.sum()


def solved(rank, parts, send, receive, second=lambda old, new: new, moves=2, swap=False, late=0):
    """A worker of a ring, or one that has slipped."""
    k = len(parts)
    for move in range(k - 1):
        if swap:
            parts[(rank - move - 1) % k] += receive()
        send(parts[(rank - move) % k])
        if not swap:
            parts[(rank - move - 1 - late) % k] += receive()
    for move in range(k - 1) if moves == 2 else ():
        send(parts[(rank + 1 - move) % k])
        parts[(rank - move) % k] = second(parts[(rank - move) % k], receive())
    return parts


def slipped(**how):
    return lambda *worker: solved(*worker, **how)


def all_in_one(rank, parts, send, receive):
    """The whole gradient goes round, again and again."""
    mine = whole = np.concatenate(parts)
    for _ in range(len(parts) - 1):
        send(mine)
        mine = receive()
        whole = whole + mine
    return np.array_split(whole, len(parts))


def listens_to_nobody(rank, parts, send, receive):
    send(parts[0])
    return parts


def mixed(rank, parts, send, receive):
    done = solved(rank, parts, send, receive)
    return done if done[0].size == done[1].size else [done[0][:2], *done[1:], done[0][2:]]


def lowest(scores, n):
    ranks, k = np.sort(scores), len(scores)
    above = ((k - np.arange(k + 1)) / k) ** n
    return ranks @ (above[:-1] - above[1:])


def unsorted(scores, n):
    above = ((len(scores) - np.arange(len(scores) + 1)) / len(scores)) ** n
    return scores @ (above[:-1] - above[1:])


CASES = [
    (exercises.whole_mean, ..., "To do"),
    (exercises.whole_mean, lambda means, counts: ..., "To do"),
    (exercises.whole_mean, lambda means, counts: 1.0, "Not yet: for parts of (8, 8) rows"),
    (exercises.whole_mean, lambda means, counts: means.mean(0), "Not yet: that is the mean of the means"),
    (exercises.whole_mean, lambda means, counts: counts @ means, "Not yet: that is the sum over all rows"),
    (exercises.whole_mean, lambda means, counts: means.sum(0), "Not yet: that is the sum of the means"),
    (
        exercises.whole_mean,
        lambda means, counts: counts @ means / len(counts),
        "Not yet: that divides by the number",
    ),
    (exercises.whole_mean, lambda means, counts: means[0], "Not yet: for parts of (8, 8) rows it is"),
    (exercises.whole_mean, weighed, "Right"),
    (exercises.ring, ..., "To do"),
    (exercises.ring, lambda rank, parts, send, receive: ..., "To do"),
    (exercises.ring, lambda rank, parts, send, receive: None, "To do"),
    (exercises.ring, lambda rank, parts, send, receive: parts, "Not yet: each worker ends with its own"),
    (exercises.ring, lambda rank, parts, send, receive: parts[:2], "Not yet: return the 4 parts, 8 numbers"),
    (exercises.ring, lambda rank, parts, send, receive: 1 / 0, "Not yet: a worker raised ZeroDivisionError"),
    (exercises.ring, lambda rank, parts, send, receive: receive(), "Not yet: worker 0 waits for numbers"),
    (exercises.ring, slipped(swap=True), "Not yet: worker 0 waits for numbers"),
    (exercises.ring, listens_to_nobody, "Not yet: a worker sent what nobody took"),
    (exercises.ring, slipped(moves=1), "Not yet: the first round is right"),
    (
        exercises.ring,
        slipped(second=lambda old, new: old + new),
        "Not yet: in the end worker 0 has the numbers of worker 0 in its part 0 2 times",
    ),
    (
        exercises.ring,
        slipped(second=lambda old, new: old),
        "Not yet: the first round is right",
    ),
    (exercises.ring, slipped(late=1), "Not yet: in the end worker 0 has"),
    (exercises.ring, lambda *worker: [part / 4 for part in solved(*worker)], "Not yet: that is the mean"),
    (
        exercises.ring,
        lambda *worker: [part + 0.5 for part in solved(*worker)],
        "Not yet: in the end worker 0 has 1111.5",
    ),
    (exercises.ring, all_in_one, "Not yet: every worker has the sum, but one sent 24 numbers"),
    (exercises.ring, mixed, "Not yet: some parts are mixed up"),
    (exercises.ring, solved, "Right"),
    (exercises.expected_best, ..., "To do"),
    (exercises.expected_best, lambda s, n: ..., "To do"),
    (exercises.expected_best, lambda s, n: s.min(), "Not yet: that is the lowest of all"),
    (exercises.expected_best, lambda s, n: s.mean(), "Not yet: that is the mean of all"),
    (exercises.expected_best, lambda s, n: -lowest(-s, n), "Not yet: that is the mean of the highest"),
    (
        exercises.expected_best,
        lambda s, n: np.sort(s) @ (((len(s) - np.arange(len(s))) / len(s)) ** n),
        "Not yet: weigh each score",
    ),
    (exercises.expected_best, lambda s, n: lowest(s, n) + 1, "Not yet: of [4.0, 1.0, 2.0], 1 drawn"),
    (exercises.expected_best, lambda s, n: lowest(s, n) * s / s.sum(), "Not yet: expected one number"),
    (exercises.expected_best, unsorted, "Not yet: the powers belong"),
    (
        exercises.expected_best,
        lambda s, n: np.mean([min(some) for some in combinations(s, n)]),
        "Not yet: that never draws a score twice",
    ),
    (exercises.expected_best, lowest, "Right"),
]


@pytest.mark.parametrize(("grader", "answer", "verdict"), CASES)
def test_the_graders_tell_right_from_wrong_and_say_why(printed, grader, answer, verdict):
    assert printed(grader, answer).startswith(verdict)


@pytest.mark.parametrize("k", [2, 3, 4, 8, 16])
def test_in_a_ring_each_worker_sends_two_rounds_of_all_parts_but_one(k):
    gradients = np.random.default_rng(0).normal(size=(k, 5 * k))
    ended, sent = exercises.in_a_ring(solved, gradients)
    np.testing.assert_allclose(ended, np.tile(gradients.sum(axis=0), (k, 1)))
    assert (
        sent == [2 * (k - 1) * 5] * k
    )  # of 5 k numbers: as many as it has with two workers, never twice as many
