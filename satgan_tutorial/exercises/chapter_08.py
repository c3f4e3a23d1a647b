"""Chapter 8: when it goes wrong."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .grading import Unsolved, Wrong, call, grade, number, slip
from .questions import ask, block

# In the order of the alphabet, not of the rooms.
DISEASES = (
    "images in [0, 1]",
    "labels above 1",
    "learning rate too high",
    "mode collapse",
    "the discriminator wins",
    "training images copied",
    "wrong symmetries",
)

# By room: the disease.
ROOMS = (
    "the discriminator wins",
    "mode collapse",
    "images in [0, 1]",
    "labels above 1",
    "learning rate too high",
    "training images copied",
    "wrong symmetries",
)

# By room, what is said to each other disease.
WHY_NOT = (
    {
        "images in [0, 1]": "then the pictures would be pale. These have black pixels and white ones.",
        "labels above 1": "then the discriminator's loss would fall below 0. This one comes close to 0 and stays above.",
        "learning rate too high": "then the losses would jump to hundreds and more. These are calm.",
        "mode collapse": "then all pictures would show one ship. These show none, and look at the accuracies: is anyone still "
        "fooled?",
        "training images copied": "a copy of a ship would be a ship.",
        "wrong symmetries": "then there would be ships. These are none.",
    },
    {
        "images in [0, 1]": "then no pixel would be dark, and the ships would still differ from each other.",
        "labels above 1": "then the discriminator's loss would fall below 0. This one settles near 0.7.",
        "learning rate too high": "then the losses would reach hundreds and more. These stay small, although one of the two rates "
        "is indeed the cause.",
        "the discriminator wins": "at the end it is right on about half of the chips, like a coin. How many different ships do you count?",
        "training images copied": "copies of six hundred chips would be six hundred different pictures. How many do you count?",
        "wrong symmetries": "then the ships would point in other directions than the real ones. These point in one. But how many "
        "different ships do you count?",
    },
    {
        "labels above 1": "then the discriminator's loss would fall below 0. Both losses look healthy.",
        "learning rate too high": "then the losses would jump. Both look healthy. Which brightness do you never see?",
        "mode collapse": "the ships differ in size, heading and shade. Which brightness do you never see?",
        "the discriminator wins": "it is fooled at least as often as in the healthy run. Which brightness do you never see?",
        "training images copied": "no real chip is as pale as these.",
        "wrong symmetries": "the ships point in the same directions as the twin's. Which brightness do you never see?",
    },
    {
        "images in [0, 1]": "then no pixel would be dark. The left curve goes where a cross-entropy cannot go.",
        "learning rate too high": "large losses would fit, but look at the sign: one curve goes below 0. What would the "
        "discriminator have to be told for that?",
        "mode collapse": "then all pictures would show one ship. These show none, and the left curve goes where a cross-entropy cannot go.",
        "the discriminator wins": "one that wins has a loss that comes close to 0. This one goes below. What would it have to be "
        "told for that?",
        "training images copied": "these are no clean ships. The left curve goes where a cross-entropy cannot go.",
        "wrong symmetries": "then there would be ships. These are none, and the left curve goes where a cross-entropy cannot go.",
    },
    {
        "images in [0, 1]": "a wrong range makes pale ships and calm curves. How large are these losses?",
        "labels above 1": "then the discriminator's loss would fall below 0. This one is far above.",
        "mode collapse": "then the pictures would be one ship. These are no ship at all. How large are the losses?",
        "the discriminator wins": "one that wins pays next to nothing. How large is its loss here?",
        "training images copied": "a copy of a ship would be a ship. How large are the losses?",
        "wrong symmetries": "then there would be ships. These are none. How large are the losses?",
    },
    {
        "images in [0, 1]": "there are dark shadows in these pictures.",
        "labels above 1": "then the discriminator's loss would fall below 0. This one stays above.",
        "learning rate too high": "then nothing would be left of the ships. These are the cleanest of the museum.",
        "mode collapse": "close: there are few different ships. But they are too good to be its own idea. Where would it have them "
        "from?",
        "the discriminator wins": "it does lead, but a generator that learned nothing could not draw these. They are too good. Where "
        "would it have them from?",
        "wrong symmetries": "these ships point in few directions, but there are few ships. Where would it have them from?",
    },
    {
        "images in [0, 1]": "there are dark pixels in these pictures.",
        "labels above 1": "then the discriminator's loss would fall below 0. This one stays above.",
        "learning rate too high": "then the losses would reach hundreds and more, and nothing would be left of the ships.",
        "mode collapse": "the ships differ, in one respect even more than the twin's. In which?",
        "the discriminator wins": "it is fooled about as often as in the healthy run. In how many directions do the ships point?",
        "training images copied": "these are no copies: some are bent or branched. In how many directions do the ships point?",
    },
)


def diagnosis(room: int, answer: Any) -> None:
    """Grade one room of exercise 8.1: which of `DISEASES` the patient in a room, 1 to 7, has."""

    def hint():
        if answer is ...:
            raise Unsolved
        if answer not in DISEASES:
            return f"{answer!r} is on no door; the names are {', '.join(DISEASES)}."
        return None if answer == ROOMS[room - 1] else WHY_NOT[room - 1][answer]

    grade("put the name of a disease in place of the dots.", hint, f"{ROOMS[room - 1]}.")


def diagnoses(answers: Any) -> None:
    """Grade exercise 8.1: by room, 1 to 7, which of `DISEASES` its patient has; the first that is wrong gets a hint."""

    def hint():
        if not isinstance(answers, dict) or set(answers) != set(range(1, len(ROOMS) + 1)):
            return f"a dict with the rooms 1 to {len(ROOMS)}, and the name of a disease for each."
        if ... in answers.values():
            raise Unsolved
        for room, answer in sorted(answers.items()):
            if answer not in DISEASES:
                return f"room {room}: {answer!r} is on no door; the names are {', '.join(DISEASES)}."
            if answer != ROOMS[room - 1]:
                return f"room {room}: {WHY_NOT[room - 1][answer]}"
        return None

    grade("put the name of a disease in place of each of the dots.", hint, "seven rooms, seven diseases.")


def quiz(room: int) -> None:
    """Ask exercise 8.1 in the page: a button for each disease, and what is said to each of them."""
    right, why_not = ROOMS[room - 1], WHY_NOT[room - 1]
    verdicts = {
        name: f"Right: {name}." if name == right else f"Not yet: {why_not[name]}" for name in DISEASES
    }
    reasons = "".join(f"<dt>{name}</dt><dd>{why_not[name]}</dd>" for name in DISEASES if name != right)
    ask(
        block(
            f"Room {room}, a question",
            f"Room {room}: which disease is it?",
            verdicts,
            reasons=f"<dl>{reasons}</dl>",
        )
    )


def copying(function: Callable[..., Any]) -> None:
    """Grade exercise 8.2: `function(fake, shown, unseen)` is the median nearest distance to shown over that to unseen."""

    def hint():
        rng = np.random.default_rng(1)
        shown, unseen = rng.integers(0, 256, (2, 12, 4, 4, 3), np.uint8)
        noise = rng.integers(0, 20, (9, 4, 4, 3), np.uint8)
        for fake in (shown[:9] // 2 + noise, unseen[:9] // 2 + noise):
            got = number(call(function, fake, shown, unseen), "one number, the ratio of two medians")
            to_shown, to_unseen = _nearest(fake, shown), _nearest(fake, unseen)
            truth = np.median(to_shown) / np.median(to_unseen)
            if np.isclose(got, truth, rtol=1e-4):
                continue
            if why := slip(got, _slips(fake, shown, unseen, to_shown, to_unseen), rtol=1e-4):
                return why
            return f"for one set of chips it is {truth:.3f}; yours says {got:.3f}."
        return None

    grade(
        "return a ratio: the median over the generated chips of the distance to the nearest shown chip, over the same "
        "with the unseen chips.",
        hint,
        "far below 1 where chips are copied, about 1 where none is.",
    )


def _slips(
    fake: np.ndarray, shown: np.ndarray, unseen: np.ndarray, to_shown: np.ndarray, to_unseen: np.ndarray
) -> list[tuple[float, str]]:
    """What an answer is where something was overlooked, and what is said of it."""

    def ratio(distances: Callable[..., Any]) -> float:
        return np.median(distances(shown)) / np.median(distances(unseen))

    truth = np.median(to_shown) / np.median(to_unseen)
    return [
        (1 / truth, "that is the ratio upside down; a copy should give a *small* number."),
        (truth**2, "those are squared distances; take the root first."),
        (
            ratio(lambda x: _nearest(fake, x, power=1)),
            "those are sums of differences; the Euclidean distance is the root of the summed *squares*.",
        ),
        (
            ratio(lambda x: _apart(fake, x)),
            "that is the median of all distances; of each generated chip take the *nearest* first.",
        ),
        (
            ratio(lambda x: _nearest(x, fake)),
            "the nearest of the other side: take the least distance of each *generated* chip.",
        ),
        (
            to_shown.mean() / to_unseen.mean(),
            "that is with means; take medians, so that one odd chip does not decide.",
        ),
        (
            np.median(to_shown / to_unseen),
            "take the median of each set of distances first, then the ratio.",
        ),
        (
            ratio(lambda x: _nearest(fake, x, np.uint8)),
            "5 - 7 is 254 in uint8; turn the chips to float first.",
        ),
    ]


def _nearest(fake: np.ndarray, others: np.ndarray, dtype: Any = np.float64, power: int = 2):
    return _apart(fake, others, dtype, power).min(axis=1)


def _apart(fake: np.ndarray, others: np.ndarray, dtype: Any = np.float64, power: int = 2):
    """The distance of each fake chip to each of the others, (N, M)."""
    difference = fake.astype(dtype)[:, None] - others.astype(dtype)[None]
    powers = np.abs(difference.astype(np.float64)) ** power
    return powers.sum(axis=(2, 3, 4)) ** (1 / power)


# Exact shares for a score that is the mean of n numbers, each 0 or 1 alike: n, a threshold, the share above, the share below.
BINOMIAL = ((10, 0.65, 0.1719, 0.8281), (40, 0.56, 0.2148, 0.7852))


def false_alarms(function: Callable[..., Any]) -> None:
    """Grade exercise 8.3: `function(score, chips, n, threshold)` is how often n chips drawn at random score above it."""

    def hint():
        for case in BINOMIAL:
            sizes = []

            def score(drawn: np.ndarray, sizes: list = sizes) -> float:
                sizes.append(len(drawn))
                return float(np.mean(drawn))

            chips = np.array(5 * [0.0] + 5 * [1.0])
            got = number(call(function, score, chips, *case[:2]))
            if wrong := _draws(sizes, case[0]) or _share(got, *case):
                return wrong
        return None

    grade(
        "draw n chips a thousand times, score each draw, and return the share of the scores above the threshold.",
        hint,
        "so often the alarm would ring although the generator is perfect.",
    )


def _draws(sizes: list[int], n: int):
    """What is wrong with the draws, given how many chips each of them had."""
    if not sizes:
        return "call score on each draw of chips; yours never calls it."
    if set(sizes) != {n}:
        return f"draw n chips each time: n was {n}, and score got {sizes[0]}."
    if len(sizes) < 300:
        return f"{len(sizes)} draws leave too much to luck; take a thousand."
    return None


def _share(got: float, n: int, threshold: float, above: float, below: float):
    """What is wrong with the share."""
    if got > 1:
        return f"a share lies between 0 and 1; yours says {got:g}. Divide by the number of draws."
    if abs(got - above) < 0.05:
        return None
    if abs(got - below) < 0.05:
        return "that is how often the score lies *below* the threshold; an alarm rings above it."
    if got in (0.0, 1.0):
        return (
            "all of your draws have the same score. A generator may draw the same ship twice: draw with replacement, anew each "
            "time, `rng.integers(len(chips), size=n)`."
        )
    return f"half of ten numbers are 1: the mean of {n} is above {threshold} in {above:.2f} of all draws; yours says {got:.2f}."


# By disease: what an alarm that misses it has not looked at.
LOOK_AT = {
    "images in [0, 1]": "in its last five looks 1 % of the values lie below level {darkest:.0f}, and 127 is the middle of the range",
    "labels above 1": "the discriminator's loss ends at {d_loss:.2f}, and a cross-entropy with honest labels is never below 0",
    "learning rate too high": "the largest loss is {largest:.3g} nats",
    "mode collapse": "in five looks in a row the distance between two of its chips is at most {variety:.2f} of that between two real ones",
    "the discriminator wins": "the lower of the two accuracies is {accuracy:.3f} in the median of the last ten looks",
    "wrong symmetries": "over the last five looks the headings agree by {one_heading:+.1f} standard deviations more than real ones",
    "training images copied": "over the last five looks it is {nearest:.2f} times as far to the shown chips as to the unseen ones",
}


def alarm(function: Callable[..., Any]) -> None:
    """Grade exercise 8.4: `function(log)` names one of `DISEASES`, or "healthy", from the log of runs the chapter hides.

    Among these are each patient once more, from another seed, healthy runs, and a generator that draws real ships.
    """

    def hint():
        for truth, log in unseen_logs():
            got = call(function, log.copy())
            if not isinstance(got, str) or got not in (*DISEASES, "healthy"):
                raise Wrong(f"return one of DISEASES, or 'healthy'; yours says {got!r:.60}.")
            if got == truth:
                continue
            facts = _facts(log)
            if truth == "a perfect generator" or truth == "healthy":
                if got == "healthy":
                    continue
                who = (
                    "a run that is well"
                    if truth == "healthy"
                    else "real ships, drawn at random as if by a perfect generator"
                )
                luck = "" if truth == "healthy" else " One look may be luck: ask for several in a row."
                return f"a false alarm: your function says {got!r} of {who}, in which {LOOK_AT[got].format(**facts)}.{luck}"
            return (
                f"your function says {got!r} of a run in which {LOOK_AT[truth].format(**facts)}. Which disease is that a "
                "sign of, and which of your rules should come first?"
            )
        return None

    grade(
        "look at the last rows of the log, and return one of DISEASES, or 'healthy'.",
        hint,
        "seven patients that it had never seen are named, and those that are well are left in peace.",
    )


PIECE = 20  # looks at the perfect generator that are graded as one training: a rule that luck trips is tripped in some piece


def unseen_logs() -> list[tuple[str, Any]]:
    """The runs that exercise 8.4 is graded on: what each of them has, and its log."""
    import pandas as pd

    from ..experiments.results import RESULTS

    folder = RESULTS / "08-when-it-goes-wrong"
    runs = [("healthy", f"museum-healthy-{k}") for k in (2, 3, 4)]
    runs += [(disease, f"museum-{room}-again") for room, disease in enumerate(ROOMS, 1)]
    logs = [(truth, pd.read_csv(folder / f"{name}.csv")) for truth, name in runs]
    perfect = pd.read_csv(folder / "perfect.csv")
    pieces = [perfect[k : k + PIECE].reset_index(drop=True) for k in range(0, len(perfect), PIECE)]
    return logs[:1] + [("a perfect generator", piece) for piece in pieces] + logs[1:]


def _facts(log: Any) -> dict[str, float]:
    """What the hints of exercise 8.4 say of a log."""
    ends = log[["d_loss", "darkest", "nearest", "one_heading"]].tail(5).mean().to_dict()
    accuracy = log[["real_accuracy", "fake_accuracy"]].min(axis=1).tail(10).median()
    largest = log[["d_loss", "g_loss"]].abs().max().max()
    return ends | {"accuracy": accuracy, "largest": largest, "variety": log.variety.rolling(5).max().min()}
