"""Chapter 2: is it a ship?"""

from collections.abc import Callable
from typing import Any

import numpy as np

from .grading import Wrong, call, grade, number, slip


def receptive_field(function: Callable[..., Any]) -> None:
    """Grade exercise 2.1: `function(layers)` counts the pixels a side that the last of (kernel, stride) layers sees."""

    def hint():
        cases = (
            ([(5, 1)], 5, "one layer sees its own kernel."),
            ([(3, 1), (3, 1)], 5, "a second 3 x 3 kernel adds one pixel on each side."),
            ([(4, 2), (4, 2)], 10, "after a stride of 2 the next kernel's steps are 2 pixels apart."),
            ([(4, 2), (4, 2), (3, 1), (2, 1)], 22, "strides multiply: after two of 2, a step is 4 pixels."),
        )
        for layers, truth, text in cases:
            if (got := number(call(function, layers))) != truth:
                text = slip(got, _slips(layers)) or text
                return f"for {layers} it is {truth} pixels, your function says {got:g}; {text}"
        return None

    grade(
        "return how many pixels a side one output of the last layer depends on; `layers` is a list of (kernel, stride), "
        "the first layer first.",
        hint,
        "each kernel adds kernel - 1 steps, and a step is the product of all strides before it.",
    )


def _slips(layers: list[tuple[int, int]]) -> list[tuple[int, str]]:
    """What a receptive field comes to where something was overlooked, and what to say of it."""
    kernels, strides = zip(*layers, strict=True)
    after, before = np.cumprod(strides), np.cumprod((1, *strides[:-1]))
    wider = np.array(kernels) - 1
    return [
        (sum(kernels), "you add whole kernels; each overlaps the one before, so it adds kernel - 1 steps."),
        (
            1 + wider.sum(),
            "you add the kernels as if every step were one pixel; a step grows with each stride before it.",
        ),
        (
            1 + wider @ after,
            "a layer's own stride does not widen its view, only that of the layers after it: add first, then multiply.",
        ),
        (
            1 + wider @ np.array((1, *strides[:-1])),
            "a step is the product of *all* strides before it, and you take the last of them alone.",
        ),
        (wider @ before, "start from one pixel, not from none: a 1 x 1 kernel sees one."),
        (
            before[-1] * strides[-1],
            "that is the step after the last layer; asked is how many pixels it sees.",
        ),
    ]


def precision_recall(function: Callable[..., Any]) -> None:
    """Grade exercise 2.2: `function(probability, labels, threshold)` returns precision and recall of "ship"."""

    def hint():
        probability, labels = np.array([0.9, 0.8, 0.6, 0.4, 0.3, 0.1]), np.array([1, 0, 0, 1, 0, 1])
        cases, found = ((0.5, (1 / 3, 1 / 3)), (0.85, (1.0, 1 / 3)), (0.35, (0.5, 2 / 3))), []
        for threshold, _ in cases:
            found.append(np.asarray(call(function, probability, labels, threshold), float))
            if found[-1].shape != (2,):
                return f"return two numbers, precision and recall; yours have the shape {found[-1].shape}."
        for (threshold, truth), got in zip(cases, found, strict=True):
            if np.allclose(got, truth):
                continue
            if np.allclose(found, [truth[::-1] for _, truth in cases]):
                return "those are the two, but precision comes first: of the chips called ship, how many are?"
            counts = [_counts(probability, labels, threshold) for threshold, _ in cases]
            slip_text = _share_slip(np.array(found), np.array([truth for _, truth in cases]), counts)
            return f"at threshold {threshold} yours gives {got[0]:.2f} and {got[1]:.2f}; it is {truth[0]:.2f} and {truth[1]:.2f}. {slip_text}"
        return None

    grade(
        "return precision (of the chips called ship, the share that are) and recall (of the ships, the share that were "
        "called so); a chip is called ship where its probability is above the threshold.",
        hint,
        "one threshold, two numbers: raise it and precision tends to rise while recall can only fall.",
    )


def _counts(probability: np.ndarray, labels: np.ndarray, threshold: float) -> dict[str, float]:
    """The shares and counts that are taken for precision and recall."""
    called, ship = probability > threshold, labels == 1
    hits = np.sum(called & ship)
    return {
        "accuracy": np.mean(called == ship),
        "of all": hits / len(labels),
        "hits": hits,
        "alarms": np.sum(called & ~ship) / np.sum(~ship),
        "below": np.sum(~called & ship) / max(np.sum(~called), 1),
    }


def _share_slip(found: np.ndarray, truth: np.ndarray, counts: list[dict[str, float]]) -> str:
    """Say what the reader's columns, (thresholds, 2), are instead of precision and recall."""
    if np.allclose(found, found[0]):
        return "Your numbers are the same at each threshold: use the `threshold` that the function is given."
    wrong = [column for column in (0, 1) if not np.allclose(found[:, column], truth[:, column])]
    is_for = {0: "precision is a share of the chips called ship", 1: "recall is a share of the ships"}
    texts = {
        "accuracy": "is the accuracy",
        "of all": "is a share of all chips",
        "hits": "is a count",
        "alarms": "is the share of the *no-ships* that were called ship",
        "below": "counts the chips below the threshold",
    }
    for column in wrong:
        for name, text in texts.items():
            if np.allclose(found[:, column], [each[name] for each in counts]):
                return f"Your {'first' if column == 0 else 'second'} number {text}; {is_for[column]}."
    return f"Count by hand: {is_for[wrong[0]]}."


def calibration_error(function: Callable[..., Any]) -> None:
    """Grade exercise 2.3: `function(probability, labels)` is the expected calibration error in ten bins."""

    def hint():
        for probability, labels, truth, text in (
            ([0.25] * 4, [0, 1, 0, 0], 0.0, "one in four is a ship, and 0.25 was said: the gap is 0."),
            ([0.95, 0.95], [0, 0], 0.95, "0.95 was said of two chips, and none is a ship."),
            (
                [0.15] * 3 + [0.85],
                [0, 0, 0, 1],
                0.15,
                "both bins are 0.15 off, one too high and one too low.",
            ),
            ([0.05] * 9 + [0.95], [0] * 10, 0.14, "weight each bin by the share of chips it holds."),
            ([1.0, 0.95, 0.02], [0, 1, 0], 0.97 / 3, "a probability of 1 belongs to the last bin."),
        ):
            p, y = np.array(probability), np.array(labels)
            got = number(call(function, p.copy(), y.copy()))
            if not np.isclose(got, truth):
                text = slip(got, _gap_slips(p, y)) or text
                if np.isnan(got):
                    text = "you divide by the chips of an empty bin; leave out the bins without a chip."
                return (
                    f"for {probability} and {labels} it is {truth:.3f}, your function says {got:.3f}: {text}"
                )
        return None

    grade(
        "return the expected calibration error of `probability` against `labels`: in each tenth of [0, 1], the gap of "
        "the mean probability and the share of ships; then their mean, each weighted by its chips.",
        hint,
        "a network can rank all chips without a mistake and still have a large calibration error.",
    )


def _gap_slips(p: np.ndarray, y: np.ndarray) -> list[tuple[float, str]]:
    """What the calibration error comes to by the usual slips, and what to say of each."""
    bins = np.minimum((p * 10).astype(int), 9)
    used, size = np.unique(bins, return_counts=True)
    gaps = np.array([p[bins == b].mean() - y[bins == b].mean() for b in used])
    middles = np.array([(b + 0.5) / 10 - y[bins == b].mean() for b in used])
    share = size / len(p)
    return [
        (np.abs(gaps) @ size, "divide the sum by the number of chips."),
        (np.abs(gaps).mean(), "weight each bin by the share of chips it holds."),
        (
            gaps @ share,
            "a gap that is too high and one that is too low must not cancel: take the size of each bin's gap.",
        ),
        (np.abs(gaps).max(), "that is the largest gap; asked is their mean."),
        (gaps**2 @ share, "that squares the gaps; take their size."),
        (
            np.abs(middles) @ share,
            "compare the share of ships with the *mean* probability in the bin, not with the bin's middle.",
        ),
        (
            np.abs(p - y).mean(),
            "that is the gap of each single chip; take the means of a bin first, then their gap.",
        ),
        (np.mean((p > 0.5) != y), "that is the share of mistakes; a calibration error compares *shares*."),
    ]


def temperature(function: Callable[..., Any]) -> None:
    """Grade exercise 2.4: `function(logits, labels)` is the T of the lowest cross-entropy of sigmoid(logits / T)."""
    from ..classifier import temperature as best

    def hint():
        found = []
        for scale, sharp in ((2.5, 4.0), (0.6, 1.0)):
            logits, labels = _too_sure(scale, sharp)
            truth = best(logits, labels)
            got = number(call(function, logits.copy(), labels.copy()))
            found.append(got)
            if len(found) == 2 and found[0] == got:
                return (
                    f"two very different sets of logits, and T is {got:g} for both: use the `logits` and `labels` that "
                    "the function is given. A T that was fitted on other chips, on those of the test for one, is not theirs."
                )
            if not abs(got - truth) <= 0.06 + 0.02 * truth:  # nor is a NaN right
                return _why_not(got, truth, logits, labels)
        return None

    grade(
        "return T: try many values from below 1 to 10 or so, and keep the one for which sigmoid(logits / T) has the "
        "lowest mean cross-entropy with `labels`, 0 or 1.",
        hint,
        "no chip changes sides; the network only says how sure it may be.",
    )


def _too_sure(scale: float, sharp: float) -> tuple[np.ndarray, np.ndarray]:
    """Logits that are `scale` times too sure, those of the surest tenth `sharp` times that; and labels."""
    rng = np.random.default_rng(2)
    honest = rng.normal(0, 2, 3000)
    labels = (rng.random(3000) < 1 / (1 + np.exp(-honest))).astype(int)
    return np.where(np.arange(3000) % 10 == 0, sharp, 1.0) * scale * honest, labels


def _surprise(logits: np.ndarray, labels: np.ndarray) -> float:
    return float(np.logaddexp(0, np.where(labels == 1, -logits, logits)).mean())


def _why_not(got: float, truth: float, logits: np.ndarray, labels: np.ndarray) -> str:
    """Say why a temperature is not the one that was asked for."""
    from ..classifier import reliability

    if not np.isfinite(got) or got <= 0:
        raise Wrong(
            f"a temperature is a positive number; yours is {got:g}. Steps along a slope can overshoot; a list of values cannot."
        )
    if np.isclose(got, 1 / truth, rtol=0.03):
        return f"{got:.2f} is what to multiply logits by; T divides them, so it is {truth:.2f}."
    chance, grid = 1 / (1 + np.exp(-logits)), np.linspace(1, 12, 1101)
    shared = [-np.log(np.where(labels == 1, chance / t, 1 - chance / t) + 1e-12).mean() for t in grid]
    if truth > 1.1 and abs(got - grid[np.argmin(shared)]) <= 0.06:
        return (
            "you divide the probabilities by T, and a sure ship comes out at 1 / T; divide the *logits*, then take "
            "the sigmoid."
        )
    if truth < 0.95 <= got <= 1.1:
        return f"here the network is too timid and T is {truth:.2f}: let your values start below 1, at 0.3 for one."
    sure = [reliability(1 / (1 + np.exp(-logits / t)), labels)[1] for t in (got, truth)]
    surprise = [_surprise(logits / t, labels) for t in (got, truth)]
    where = f"at your T = {got:.2f} the cross-entropy is {surprise[0]:.3f} nats a chip, at T = {truth:.2f} it is {surprise[1]:.3f}"
    if sure[0] < sure[1] - 1e-3:
        return (
            f"{where}. Your T has a smaller *calibration error*: that is not what to minimise, since it jumps whenever a "
            "chip moves to the next bin, and a network that always says the share of ships has none. Minimise the cross-entropy."
        )
    if surprise[0] > _surprise(logits, labels):
        return (
            f"{where}, and with no temperature {_surprise(logits, labels):.3f}: keep the T with the *lowest*."
        )
    return f"{where}, which is lower. Is the sign right for both labels, and is your grid fine enough, steps of 0.1 or less?"
