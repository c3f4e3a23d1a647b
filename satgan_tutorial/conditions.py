"""Conditions: what a generator is asked for, p(x|c), with c a short row of numbers.

The first number is 1 for a ship and 0 for none. Where the causes of a chip are known, three more say how the ship lies
and how long it is: the cosine and sine of twice its heading, since bow and stern look alike, and its length in tens of
metres from 200. All three are 0 where there is no ship.

Pictures of somebody's own have classes instead, by name: a number a class, 1 for the one that is asked for and 0 for the
others. From four classes on there is one more number, always 0, so that four numbers mean a ship and its causes alone, and a
sampler tells by how many numbers it takes what they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .chips import ChipSet
from .pictures import PictureSet
from .renamed import old_names

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

COLUMNS = ("ship", "heading", "length")
CLASS = "class "  # how a column begins that says one of somebody's own classes


def encode(ship: bool, heading: float | None = None, length: float | None = None) -> np.ndarray:
    """Write a condition as numbers: float32 (1,), or (4,) with heading and length.

    Args:
        ship: whether there shall be a ship.
        heading: degrees clockwise from north; with `length`, of a generator that knows causes.
        length: of the ship, in metres.

    Raises:
        ValueError: `ship` is neither true nor false, only one of heading and length is given, or one is not finite.

    >>> encode(True), encode(False)
    (array([1.], dtype=float32), array([0.], dtype=float32))
    >>> encode(True, heading=45, length=220).round(2)  # (cos 90, sin 90), and two tens of metres above 200
    array([1., 0., 1., 2.], dtype=float32)
    """
    if not isinstance(ship, (bool, int, np.bool_, np.integer)) or ship not in (0, 1):
        raise ValueError(f"ship: found {ship!r:.60}; expected True or False.")
    if (heading is None) != (length is None):
        raise ValueError(f"found heading {heading} and length {length}; expected both, or neither.")
    if heading is None:
        return np.array([ship], np.float32)
    if not np.isfinite([heading, length]).all() or length <= 0:
        raise ValueError(
            f"found heading {heading} and length {length}; expected degrees, and metres above 0."
        )
    return _row(np.array([ship]), np.array([heading]), np.array([length]))[0]


def class_columns(classes: tuple[str, ...]) -> tuple[str, ...]:
    """The columns of a model that is asked for one of these classes, as a recipe has them.

    >>> class_columns(("pools", "tanks"))
    ('class pools', 'class tanks')
    """
    return tuple(f"{CLASS}{name}" for name in classes)


def classes_of(columns: tuple[str, ...]) -> tuple[str, ...]:
    """The classes that columns tell of, () where they tell of none.

    >>> classes_of(("class pools", "class tanks")), classes_of(("ship",))
    (('pools', 'tanks'), ())
    """
    return tuple(name.removeprefix(CLASS) for name in columns if name.startswith(CLASS))


def encode_classes(labels: np.ndarray | int, count: int) -> np.ndarray:
    """Write classes as numbers: float32 (N, k), or (k,) for one.

    Args:
        labels: places among the classes, whole numbers (N,), or one.
        count: how many classes there are, from 2.

    >>> encode_classes(np.array([2, 0]), count=3)
    array([[0., 0., 1.],
           [1., 0., 0.]], dtype=float32)
    """
    return np.eye(count, class_width(count), dtype=np.float32)[labels]


def class_width(count: int) -> int:
    """How many numbers say which of so many classes.

    >>> [class_width(count) for count in (2, 3, 4)]  # 4 numbers are a ship and its causes
    [2, 3, 5]
    """
    return count if count < 4 else count + 1


def class_count(width: int) -> int:
    """Of how many classes a condition with so many numbers says one; 0 where it says a ship, or a ship and its causes.

    >>> [class_count(width) for width in (1, 2, 3, 4, 5)]
    [0, 2, 3, 0, 4]
    """
    return 0 if width in (0, 1, 4) else width if width < 4 else width - 1


def from_chips(chips: ChipSet, columns: tuple[str, ...] = COLUMNS[:1]) -> np.ndarray:
    """The conditions that chips fulfil: float32 (N, 1), or (N, 4) with all of COLUMNS.

    Raises:
        ValueError: if heading and length are wanted of chips whose causes nobody knows.

    >>> from satgan_tutorial.sources.simulate import draw_chips
    >>> from_chips(draw_chips(4, seed=0)).ravel()
    array([0., 0., 0., 1.], dtype=float32)
    """
    if columns == COLUMNS[:1]:
        return chips.labels[:, None].astype(np.float32)
    if chips.causes is None:
        raise ValueError(
            f"{chips!r}: found no causes; heading and length are known of simulated chips alone."
        )
    return _row(chips.labels, *(np.nan_to_num(chips.causes[name].to_numpy(float)) for name in columns[1:]))


def matching(sampler: keras.Model, chips: ChipSet | PictureSet, n: int) -> np.ndarray | None:
    """The conditions of n chips like these, in turn, for a sampler: float32 (n, k); None for one that takes none.

    >>> from satgan_tutorial import networks
    >>> from satgan_tutorial.sources.simulate import draw_chips
    >>> sampler = networks.generator(4, image_size=32, conditions=1)
    >>> matching(sampler, draw_chips(4, seed=0), n=6).ravel()  # four chips, and the first two again
    array([0., 0., 0., 1., 0., 0.], dtype=float32)
    """
    k = sum(x.shape[-1] for x in sampler.inputs[1:])
    if isinstance(chips, PictureSet):
        return encode_classes(chips.labels[np.arange(n) % len(chips)], class_count(k)) if k else None
    return from_chips(chips, COLUMNS if k > 1 else COLUMNS[:1])[np.arange(n) % len(chips)] if k else None


def random(k: int, n: int, seed: int) -> np.ndarray:
    """Draw conditions as a training deals them out, float32 (n, k): every second a ship, of any heading, of a usual length.

    Of classes, each in turn.

    >>> random(1, 3, seed=0).ravel()  # a ship or none
    array([0., 1., 0.], dtype=float32)
    >>> random(3, 2, seed=0)  # of three classes
    array([[1., 0., 0.],
           [0., 1., 0.]], dtype=float32)
    """
    if count := class_count(k):
        return encode_classes(np.arange(n) % count, count)
    rng = np.random.default_rng(seed)
    return _row(np.arange(n) % 2, rng.uniform(0, 180, n), rng.normal(200, 30, n))[:, :k]


def balanced(chips: ChipSet, columns: tuple[str, ...] = COLUMNS[:1]) -> tuple[np.ndarray, np.ndarray]:
    """Repeat the ships until they are about as many as the other chips, for `batching.shuffled`.

    Returns:
        The images, uint8 (M, 80, 80, 3), those without a ship first, and their conditions, float32 (M, k).

    >>> from satgan_tutorial.sources.simulate import draw_chips
    >>> images, condition = balanced(draw_chips(8, seed=0))  # a quarter are ships
    >>> len(images), condition.ravel()
    (12, array([0., 0., 0., 0., 0., 0., 1., 1., 1., 1., 1., 1.], dtype=float32))
    """
    ships, others = np.flatnonzero(chips.labels == 1), np.flatnonzero(chips.labels == 0)
    rows = np.concatenate([others, np.tile(ships, max(1, round(len(others) / max(1, len(ships)))))])
    return chips.images[rows], from_chips(chips, columns)[rows]


def balanced_classes(pictures: PictureSet) -> tuple[np.ndarray, np.ndarray]:
    """Repeat the pictures of rare classes until all classes are about equally many, for `batching.shuffled`.

    Returns:
        The images, uint8 (M, S, S, 3), class by class, and their conditions, float32 (M, k).

    >>> images, names = np.zeros((4, 32, 32, 3), np.uint8), np.array(list("abcd"))
    >>> pictures = PictureSet(images, np.array([0, 0, 0, 1]), names, names, ("pools", "tanks"))
    >>> balanced_classes(pictures)[1].sum(axis=0)  # the one tank three times
    array([3., 3.], dtype=float32)
    """
    count = len(pictures.classes)
    held = np.bincount(pictures.labels, minlength=count)
    rows = [
        np.tile(np.flatnonzero(pictures.labels == y), round(held.max() / held[y]))
        for y in range(count)
        if held[y]
    ]
    rows = np.concatenate(rows)
    return pictures.images[rows], encode_classes(pictures.labels[rows], count)


def width(columns: tuple[str, ...]) -> int:
    """How many numbers ask for these columns: a heading takes two, classes what `class_width` says.

    Raises:
        ValueError: if they are not none, the first or all of COLUMNS, or two classes or more.

    >>> width(()), width(("ship",)), width(COLUMNS), width(("class pools", "class tanks"))
    (0, 1, 4, 2)
    """
    if len(classes_of(columns)) == len(columns) > 1:
        return class_width(len(columns))
    if columns not in ((), COLUMNS[:1], COLUMNS):
        raise ValueError(f"conditions are {columns}; expected (), {COLUMNS[:1]} or {COLUMNS}.")
    return len(columns) + ("heading" in columns)


def turn(condition: tf.Tensor, seed: tf.Tensor, which: bool | str = True) -> tf.Tensor:
    """Turn headings as `augment.symmetries` with the same arguments turns the chips: float32 (N, k) to (N, k).

    >>> import tensorflow as tf
    >>> asked = tf.constant(encode(True, heading=0, length=200)[None])
    >>> turned = [turn(asked, tf.constant([0, step], "int64")).numpy() for step in range(20)]
    >>> sorted({round(float(row[0, 1])) for row in turned})  # the cosine of twice the heading: east, or north
    [-1, 1]
    """
    import tensorflow as tf

    from . import augment

    if condition.shape[1] != width(COLUMNS):  # only headings turn
        return condition
    flip, mirror, transpose = augment.draws(condition, seed, which)
    # A flip or a mirror turns a heading h into -h; to swap x and y turns it into 90 - h.
    ship, cosine, sine, length = tf.unstack(condition, axis=1)
    return tf.stack(
        [ship, tf.where(transpose, -cosine, cosine), tf.where(flip ^ mirror, -sine, sine), length], axis=1
    )


def known(condition: tf.Tensor, keep: tf.Tensor | None = None) -> tf.Tensor:
    """What a flow's network is told of conditions, float32 (N, k + 1): a 1 and the condition; all zeros where it is dropped.

    The first number tells "not said" from a condition that is 0 itself, as that of a chip without a ship is.

    Args:
        condition: float32 (N, k).
        keep: (N, 1), false where the network is told nothing; None to keep all.

    >>> known(encode_classes(np.array([1]), 2)).numpy()
    array([[1., 0., 1.]], dtype=float32)
    """
    import tensorflow as tf

    said = tf.concat([tf.ones_like(condition[:, :1]), condition], axis=1)
    return said if keep is None else said * tf.cast(keep, said.dtype)


def _row(ship: np.ndarray, heading: np.ndarray, length: np.ndarray):
    double = np.radians(2 * heading)
    row = np.stack([np.ones(len(ship)), np.cos(double), np.sin(double), (length - 200) / 10], axis=1)
    return (row * np.asarray(ship)[:, None]).astype(np.float32)


__getattr__ = old_names(
    __name__,
    {
        "ask": "conditions.encode",
        "of": "conditions.from_chips",
        "like": "conditions.matching",
        "some": "conditions.random",
    },
)
