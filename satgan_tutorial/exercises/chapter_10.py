"""Chapter 10: a GAN on a thousand ships."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.stats import norm

from .grading import Wrong, call, grade, number, slip
from .questions import ask, block


def penalty(function: Callable[..., Any]) -> None:
    """Grade exercise 10.1: `function(discriminator, real, gamma)` is R1, gamma / 2 times the mean squared slope of the logit.

    It has to fit pictures, (N, H, W, C), and points, (N, 2), and a gradient has to reach the discriminator's weights.
    """

    def hint():
        for discriminator, real, gamma in _experts():
            got, to_weights = _penalty_and_gradient(function, discriminator, real, gamma)
            slopes = _slopes(discriminator, real)
            n, squares = len(slopes), (slopes**2).sum(axis=1)
            truth = gamma / 2 * squares.mean()
            if np.isclose(got, truth, rtol=1e-3):
                if not to_weights:
                    return (
                        "the number is right, but no gradient gets from it to the discriminator's weights. Make it of TensorFlow's "
                        "operations alone: no `.numpy()`, no `float`."
                    )
                if wrong := _not_in_a_graph(function, discriminator, real, gamma):
                    return wrong
                continue
            slips = (
                (2 * truth, "half of gamma, not gamma."),
                (truth / gamma, "gamma is missing."),
                (-truth, "the sign: what is steep has to cost, so the penalty is above 0."),
                (truth * n, "that is the sum over the batch; take the mean over the images."),
                (
                    truth / slopes.shape[1],
                    "the square of a length is the *sum* over its pixels; yours is their mean.",
                ),
                (
                    gamma / 2 * np.sqrt(squares).mean(),
                    "that is the length of the slope; R1 takes its square.",
                ),
                (gamma / 2 * np.sqrt(squares).mean() ** 2, "first the square of each length, then the mean."),
                (
                    truth / n**2,
                    "each slope is divided by the size of the batch: take the gradient of the logits, not of their mean.",
                ),
                (
                    gamma / 2 * (slopes.sum(axis=1) ** 2).mean(),
                    "square the entries of the slope before you add them up.",
                ),
                (
                    gamma / 2 * (_slopes(discriminator, real, probability=True) ** 2).sum(axis=1).mean(),
                    "that is the slope of a probability; R1 takes that of the logit, which D gives.",
                ),
            )
            return slip(got, slips, rtol=1e-3) or (
                f"for {n} inputs of shape {tuple(real.shape[1:])} and gamma {gamma:g} it is {truth:.4f}; yours is {got:.4f}."
            )
        return None

    grade(
        "return gamma / 2 times the mean over the real inputs of the squared length of the gradient of D's logit.",
        hint,
        "the price of a cliff, for pictures and for points, and D can learn from it.",
    )


def _experts() -> list[tuple[Any, Any, float]]:
    """A discriminator of points and one of pictures, always with the same weights, each with inputs and a gamma."""
    import keras
    import tensorflow as tf

    found = []
    for shape, n, gamma in (((2,), 5, 1.0), ((4, 4, 3), 3, 3.0)):
        rng = np.random.default_rng(0)
        layers = keras.layers.Flatten(), keras.layers.Dense(6, activation="tanh"), keras.layers.Dense(1)
        network = keras.Sequential([keras.Input(shape), *layers])
        network.set_weights([rng.normal(0, 0.7, w.shape).astype("float32") for w in network.get_weights()])
        found.append((network, tf.constant(rng.uniform(-1, 1, (n, *shape)), tf.float32), gamma))
    return found


def _slopes(discriminator: Any, real: Any, probability: bool = False) -> np.ndarray:
    """The gradient of each input's logit, or of its sigmoid, a row an input."""
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(real)
        logits = discriminator(real)
        logits = tf.sigmoid(logits) if probability else logits
    return tape.gradient(logits, real).numpy().reshape(len(real), -1).astype(float)


def _penalty_and_gradient(
    function: Callable[..., Any], discriminator: Any, real: Any, gamma: float
) -> tuple[float, bool]:
    """What the reader's penalty is, and whether a gradient gets from it to the weights."""
    import tensorflow as tf

    with tf.GradientTape() as tape:
        try:
            answer = call(function, discriminator, real, gamma)
        except (TypeError, ValueError) as error:
            if "None" in str(error):
                raise Wrong(
                    "the slope is None. A tape follows weights by itself, but not what comes in: `tape.watch(real)` before D is asked."
                ) from error
            raise
        except tf.errors.InvalidArgumentError as error:
            raise Wrong(
                f"it does not work for inputs of shape {tuple(real.shape[1:])}: it has to take points and pictures. "
                "Make a row of each slope first, with `tf.reshape`."
            ) from error
    got = number(answer)
    if not isinstance(answer, tf.Tensor):
        return got, False
    weights = discriminator.trainable_variables[:1]
    return got, tape.gradient(answer, weights)[0] is not None


def _not_in_a_graph(function: Callable[..., Any], discriminator: Any, real: Any, gamma: float) -> str | None:
    """Why a penalty that is right cannot be a part of a training step, which is a graph; None where it can."""
    import tensorflow as tf

    try:
        tf.function(lambda real: function(discriminator, real, gamma))(real)
    except Exception as error:  # noqa: BLE001  (whatever stops it stops a training step)
        return (
            "the number is right, but it cannot be a part of a training step, which TensorFlow turns into a graph: there a tensor has a "
            f"shape and no numbers yet. So no `.numpy()`; `real.shape[0]` says how many there are. It says: {str(error).strip().splitlines()[-1][:160]}"
        )
    return None


def moved(function: Callable[..., Any]) -> None:
    """Grade exercise 10.2: `function(images, seed)` moves each image by whole pixels of its own, and lets gradients through.

    At most by an eighth of the side, down or up and right or left; what comes in is 0. The same seed gives the same moves.
    """

    def hint():
        import tensorflow as tf

        rng = np.random.default_rng(0)
        images = tf.constant(rng.uniform(0.1, 1, (24, 16, 16, 3)), tf.float32)
        with tf.GradientTape() as tape:
            tape.watch(images)
            out = call(function, images, (0, 1))
            total = tf.reduce_sum(tf.convert_to_tensor(out)[:, 6:10, 6:10])
        if tuple(np.shape(out)) != (24, 16, 16, 3):
            return f"24 images of 16 x 16 pixels came, and as many have to go; found shape {tuple(np.shape(out))}."
        shifts = [_shift(a, b) for a, b in zip(images.numpy(), np.asarray(out), strict=True)]
        if wrong := _wrong_moves(shifts, images.numpy(), np.asarray(out)):
            return wrong
        if not np.array_equal(np.asarray(out), np.asarray(function(images, (0, 1)))):
            return "the same seed gave other moves. Draw them with `tf.random.stateless_uniform(..., seed=seed)`."
        if np.array_equal(np.asarray(out), np.asarray(function(images, (5, 7)))):
            return "another seed gave the same moves: hand `seed` on to the random numbers."
        wide = tf.ones((24, 32, 32, 3))
        cut = np.asarray(function(wide, (0, 1)))
        reach = 32 - min((image[..., 0] > 0).any(axis=way).sum() for image in cut for way in (0, 1))
        if cut.shape != wide.shape or reach != 4:
            return f"images of 16 pixels are right; those of 32 should move by up to 4, and yours by {reach}. Take the side from the images."
        back = tape.gradient(total, images)
        if back is None:
            return (
                "the moves are right, but no gradient comes back: something on the way is not TensorFlow's. `np.roll` and `.numpy()` of "
                "the *images* end the tape; slices of a tensor and `tf.stack` do not."
            )
        return None

    grade(
        "move each image by a random number of pixels, at most an eighth of its side each way, and fill with 0.",
        hint,
        "every image goes its own way, and the gradient finds the way back.",
    )


def _shift(image: np.ndarray, out: np.ndarray) -> tuple[int, int] | None:
    """How many pixels down and right an image (H, H, C) was moved, filled with 0; None where it was not."""
    side = len(image)
    around = np.pad(image, ((side, side), (side, side), (0, 0)))
    for down in range(-side // 2, side // 2 + 1):
        for right in range(-side // 2, side // 2 + 1):
            cut = around[side - down : 2 * side - down, side - right : 2 * side - right]
            if np.allclose(cut, out, atol=1e-5):
                return down, right
    return None


def _wrong_moves(shifts: list, images: np.ndarray, out: np.ndarray) -> str | None:
    """What is wrong with how 24 images of 16 pixels were moved; None where nothing is."""
    if None in shifts:
        first = shifts.index(None)
        if np.allclose(np.sort(images[first], axis=None), np.sort(out[first], axis=None), atol=1e-5):
            return (
                "what leaves on one side comes in at the other. Fill with 0: pad the images first, then cut."
            )
        return "one of the images is no moved copy of what came. Pad with zeros, and cut out as many pixels as came, at another place."
    down, right = np.array(shifts).T
    if not down.any() and not right.any():
        return "nothing was moved."
    if max(np.abs(down).max(), np.abs(right).max()) > 2:
        return f"at most an eighth of the side, 2 of 16 pixels; found a move of {np.abs(shifts).max()}."
    if len(set(shifts)) == 1:
        return "all images were moved alike. Draw two numbers for each."
    if np.array_equal(down, right) or np.array_equal(down, -right):
        return "each image moves along a diagonal: down and right need a random number each."
    if not down.any() or not right.any():
        return "the images move along one axis alone; they should along both."
    reached = {*down, *right}
    if 2 not in reached and -2 in reached and 1 in reached:
        return "no image was moved by 2. The upper end of `stateless_uniform` is left out: is it reach + 1?"
    if missing := {-2, 2} - reached:
        return f"no image was moved by {' or by '.join(map(str, sorted(missing)))}: let the numbers go from -reach to reach."
    return None


def averaged(function: Callable[..., Any]) -> None:
    """Grade exercise 10.3: `function(path, momentum)` is the moving average of weights (steps, d) after each step."""

    def hint():
        rng = np.random.default_rng(0)
        for momentum in (0.9, 0.5):
            path = rng.normal(2, 1, (12, 3))
            given = path.copy()
            got = np.asarray(call(function, given, momentum), float)
            truth = _average(path, momentum)
            if not np.array_equal(given, path):
                return "your function changes `path` itself. Others still need it: make a new array."
            if got.shape != path.shape:
                return f"return an average for each step, shape {path.shape}; found {got.shape}."
            if np.allclose(got, truth):
                continue
            zero = _average(np.concatenate([np.zeros((1, 3)), path]), momentum)[1:]
            slips = (
                (
                    _average(path, 1 - momentum),
                    "the parts are swapped: the average keeps the momentum, the new weights get the rest.",
                ),
                (zero, "it begins at 0. Begin with the first weights, or it has to come a long way."),
                (
                    zero / (1 - momentum ** np.arange(1, 13))[:, None],
                    "that is Adam's correction; here the average begins with the first weights.",
                ),
                (
                    np.cumsum(path, axis=0) / np.arange(1, 13)[:, None],
                    "that is the mean of all steps alike; the old ones should fade.",
                ),
                (
                    np.concatenate([path[:1], truth[:-1]]),
                    "it is a step late: first take in the weights of a step, then keep the average.",
                ),
                (path, "those are the weights themselves."),
                (
                    np.concatenate([path[:1], momentum * path[:-1] + (1 - momentum) * path[1:]]),
                    "that mixes each step's weights with the last *weights*; mix them with the last *average*.",
                ),
            )
            return slip(got, slips) or (
                f"with momentum {momentum} the first number goes {_said(truth)}; yours goes {_said(got)}."
            )
        return None

    grade(
        "begin with the first weights, then after each step keep `momentum` of the average and add the rest of the new weights.",
        hint,
        "it follows slowly, and forgets.",
    )


def _average(path: np.ndarray, momentum: float) -> np.ndarray:
    """The moving average of weights (steps, d) after each step."""
    found = [path[0]]
    for weights in path[1:]:
        found.append(momentum * found[-1] + (1 - momentum) * weights)
    return np.array(found)


def _said(found: np.ndarray) -> str:
    """How the first weight's average begins."""
    return ", ".join(f"{x:.3f}" for x in found[:3, 0])


def seeds_needed(function: Callable[..., Any]) -> None:
    """Grade exercise 10.4: `function(spread, d)` is how many seeds a side show a difference d, 5 % and 80 %."""

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
        "return how many seeds each recipe needs so that a difference d is found four times out of five.",
        hint,
        "half the difference takes four times the seeds.",
    )


def bet(effects: dict[str, tuple[float, float, float]]) -> None:
    """Ask, in the page, what each change of a recipe does to the score, which is lower where it is better.

    Args:
        effects: by the change, in words: the score over the baseline's, and the ends of its interval.
    """
    choices = "clearly lower", "no clear difference", "clearly higher"
    blocks = []
    for i, (name, (ratio, low, high)) in enumerate(effects.items(), 1):
        right = choices[0] if high < 1 else choices[2] if low > 1 else choices[1]
        told = f"{ratio:.2f} times the baseline's score"
        if 0 < low and high < np.inf:
            digits = 3 if "1.00" in (f"{low:.2f}", f"{high:.2f}") else 2  # an end of 0.998 is below 1
            told += f"; the interval is {low:.{digits}f} to {high:.{digits}f}."
        else:
            told += ", and too few seeds to know how far luck reaches."
        says = {words: f"{'Right' if words == right else 'Not yet'}: {told}" for words in choices}
        blocks.append(block(f"Bet {i}: {name}", f"{i}. {name[0].upper()}{name[1:]}: the score is ...", says))
    ask(*blocks)
