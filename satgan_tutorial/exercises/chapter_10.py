"""Chapter 10: a GAN on a thousand ships."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np
from scipy.stats import norm

from .grading import Unsolved, call, grade

# Invented: the KID of two recipes, four seeds each. A has the larger difference, and the larger spread.
PAIRS = {
    "A": ([2.6, 1.1, 1.9, 1.4], [1.2, 2.0, 0.9, 1.7]),
    "B": ([1.44, 1.38, 1.42, 1.40], [1.27, 1.31, 1.25, 1.29]),
}

EXPECTATIONS = ("lower", "higher", "no clear difference")

# Settings that do nothing here, or that need other chips.
FIXED = {"name", "about", "steps", "networks", "activations", "image_size", "conditions"}


def difference(function: Callable[..., Any]) -> None:
    """Grade exercise 10.1: `function(a, b)` is the difference of the means, b minus a, and its standard error."""

    def hint():
        rng = np.random.default_rng(0)
        for n, m in ((3, 3), (4, 9)):
            a, b = rng.normal(2, 0.5, n), rng.normal(1, 0.2, m)
            got = np.asarray(call(function, a, b), float)
            if got.shape != (2,):
                return f"return two numbers, the difference and its standard error; found shape {got.shape}."
            if not np.isclose(got[0], b.mean() - a.mean()):
                if np.isclose(got[1], b.mean() - a.mean()):
                    return "those are two numbers, but the difference comes first."
                if np.isclose(got[0], a.mean() - b.mean()):
                    return "the sign: b minus a, so that a lower KID of b is a negative difference."
                return f"the difference of the means is {b.mean() - a.mean():.3f}; yours is {got[0]:.3f}."
            truth = np.sqrt(a.var(ddof=1) / n + b.var(ddof=1) / m)
            slips = {
                truth**2: "that is the variance; take its root.",
                np.sqrt(
                    a.var() / n + b.var() / m
                ): "few seeds spread less around their own mean than around the "
                "true one: divide the squares by n - 1 (ddof=1).",
                np.sqrt(
                    a.var(ddof=1) + b.var(ddof=1)
                ): "that is the spread of one run's difference; a mean of n is "
                "surer, so divide each variance by its n.",
                a.std(ddof=1) / np.sqrt(n) + b.std(ddof=1) / np.sqrt(m): "errors that are independent add as "
                "squares, not as they are.",
            }
            if np.isclose(got[1], truth):
                continue
            for value, why in slips.items():
                if np.isclose(got[1], value):
                    return why
            return f"for {n} and {m} seeds the standard error is {truth:.3f}; yours is {got[1]:.3f}."
        return None

    grade(
        "return two numbers: how much lower or higher b is than a on average, and the standard error of that.",
        hint,
        "the means say how much, the standard error how far that may be luck.",
    )


def which_is_real(answer: Any) -> None:
    """Grade the question of exercise 10.1: which of `PAIRS` shows a difference that is more than luck."""

    def hint():
        if answer is ...:
            raise Unsolved
        if answer not in tuple(PAIRS):
            return f"{answer!r} is none of the pairs; answer with {' or '.join(map(repr, PAIRS))}."
        return None if answer == "B" else "its difference is the larger, but divide it by its standard error."

    grade(
        'put "A" or "B" in place of the dots.',
        hint,
        "it is small, and many times its standard error; the larger one is about one of its own.",
    )


def seeds_needed(function: Callable[..., Any]) -> None:
    """Grade exercise 10.2: `function(spread, d)` is how many seeds a side show a difference d, 5 % and 80 %."""

    def hint():
        sure, power = norm.ppf(0.975), norm.ppf(0.8)
        # Where 1.96 and 0.84 lead to the same whole number as all their decimals.
        for spread, d in ((0.75, 0.25), (0.3, 0.3), (0.17, 0.25)):
            got = call(function, spread, d)
            ratio = (spread / d) ** 2
            exact = 2 * (sure + power) ** 2 * ratio
            if got == np.ceil(exact):
                continue
            slips = {
                exact: "seeds come whole: round up (math.ceil).",
                exact
                / 2: "both recipes have a spread, so the variance of their difference is twice that of one.",
                2
                * sure**2
                * ratio: "so few show it only every second time; add the 0.84 of 80 % to the 1.96.",
                2 * (norm.ppf(0.95) + power) ** 2 * ratio: "a difference may go either way: 1.96, not 1.64.",
                2
                * (sure + power)
                * np.sqrt(ratio): "the spread of a mean falls with the root of n: square it.",
                16 * ratio: "16 is for the head; with 1.96 and 0.84 it comes out a little smaller.",
            }
            for value, why in slips.items():
                if np.isclose(got, value, rtol=2e-3) or (value != exact and got == np.ceil(value)):
                    return why
            return f"with a spread of {spread} and d = {d} it takes {np.ceil(exact):.0f}; yours says {got}."
        return None

    grade(
        "return how many seeds each recipe needs so that a difference d is found four times of five.",
        hint,
        "half the difference takes four times the seeds.",
    )


def prediction(baseline: Any, tried: Any, mine: Any, expected: Any) -> None:
    """Grade exercise 10.3: `mine` changes one setting of `baseline`, none of `tried` does the same, and a guess is made."""

    def hint():
        if mine is ... or expected is ...:
            raise Unsolved
        if not isinstance(mine, type(baseline)):
            return "mine is no recipe; dataclasses.replace(baseline, name=value) changes one setting."
        before, after = asdict(baseline), asdict(mine)
        changed = [name for name in before if before[name] != after[name]]
        if not changed:
            return (
                "that is the baseline itself; dataclasses.replace(baseline, name=value) changes one setting."
            )
        if other := set(changed) & FIXED:
            return (
                f"{min(other)} is not one of the things to try; change how the networks are built or trained."
            )
        if len(changed) > 1 and set(changed) != {"r1", "r2"}:
            return f"{' and '.join(changed)} are changed; one at a time, or you will not know which it was."
        if mine in tried:
            return f"this change of {changed[0]} is in the bake-off already; take one that is not."
        if expected not in EXPECTATIONS:
            return f"{expected!r} is no guess that can be wrong; write one of {', '.join(EXPECTATIONS)}."
        from satgan_tutorial import recipes

        recipes.build(mine)  # raises where a setting has a value that there is not
        return None

    grade(
        "change one setting of the baseline, and say before you train it what its KID will be.",
        hint,
        "one change, and a guess that can turn out wrong.",
    )
