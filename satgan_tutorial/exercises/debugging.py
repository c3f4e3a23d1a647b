"""The page "Debugging a GAN", beside chapter 8."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .grading import call, grade
from .questions import ask, block

# In the order of the page: the case, and what to look at again.
TRAPS = {
    "the frozen discriminator": "that one shows in the weights: do both networks move?",
    "two ranges": "that one shows in the pixels: where do real and fake ones begin and end?",
    "labels beyond 1": "that one shows in a loss below 0.",
    "file order": "that one shows where batches are compared: are they mixed?",
    "shared batch norm": "that one shows where a chip is judged in two companies.",
    "lost activations": "that one shows where a network is asked for f(a + b).",
}

# By trap: a patient that has it, by what was measured.
PATIENTS = {
    "two ranges": "After 50 steps both networks have moved, and the discriminator is right on every chip. The lowest real "
    "pixel is 0.0, the lowest fake one -0.9.",
    "labels beyond 1": "Both networks move, and all pixels lie between -1 and 1. The discriminator's loss was 0.4 after 50 "
    "steps, and is -0.3 after 200.",
    "file order": "Both networks move, and both losses stay between 0.5 and 1.5. Every 38 steps they rise and fall in the "
    "same way; 38 batches are one pass over the files.",
}


class _Model:
    """Stands in for a network: `get_weights` hands out its arrays themselves, which Keras may do as well."""

    def __init__(self) -> None:
        self.arrays, self.calls = [np.zeros((2, 3)), np.ones(3), np.zeros(2)], 0

    def get_weights(self) -> list[np.ndarray]:
        return list(self.arrays)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"this network only knows get_weights(), not {name!r}")

    def act(self, deltas: tuple[float, float, float], in_place: bool) -> None:
        """Move the first number of each array; in place, or by new arrays."""
        self.calls += 1
        for i, delta in enumerate(deltas):
            new = self.arrays[i] if in_place else self.arrays[i].copy()
            new.flat[0] += delta
            self.arrays[i] = new


# How far the first number of each array moves, whether in place, and what is said where the answer is wrong.
MOVES = (
    ((0, 0, 0), False, "nothing has moved, and your function says True."),
    ((0.5, 0, 0), False, "the first array has moved, and your function says False."),
    ((0, 0, 0.5), False, "only the last array has moved: look at all of them."),
    ((0, -0.5, 0), False, "a weight that falls has moved as well: look at the size of the change."),
    ((0.5, -0.5, 0), False, "+0.5 and -0.5 add up to 0: look at each weight for itself."),
    ((0, 0, 1e-9), False, "a change of 1e-9 is a change: np.allclose and rounding forgive it."),
    (
        (0.5, 0, 0),
        True,
        "your *before* has changed along: get_weights may hand out the network's own arrays, so copy each of them.",
    ),
)


def weights_move(function: Callable[..., Any]) -> None:
    """Grade exercise 1: `function(network, act)` calls `act()` and says whether any weight of the network has changed."""

    def hint():
        for deltas, in_place, why in MOVES:
            model = _Model()
            got = np.asarray(call(function, model, lambda m=model, d=deltas, p=in_place: m.act(d, p)))
            if model.calls != 1:
                return f"call act() once, between the two looks; yours calls it {model.calls} times."
            if got.ndim or got.dtype != bool:
                return f"return True or False; yours returns {got.tolist()!r}."
            if got != any(deltas):
                return why
        return None

    grade(
        "copy the arrays of network.get_weights(), call act(), and say whether any number differs now.",
        hint,
        "one step of training between two looks, and a network that stands still is found.",
    )


def which_trap() -> None:
    """Ask exercise 2 in the page: three patients, and a button for each trap."""
    asked = []
    for number, (trap, measured) in enumerate(PATIENTS.items(), 1):
        verdicts = {
            name: f"Right: {name}." if name == trap else f"Not yet: {look}" for name, look in TRAPS.items()
        }
        asked.append(block(f"Patient {number}", f"Patient {number}. {measured}", verdicts))
    ask(*asked)
