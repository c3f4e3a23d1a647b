"""The page "Debugging a GAN": who moves a weight is told, and the right trap has the right name."""

import re

import numpy as np
import pytest
from bs4 import BeautifulSoup

from satgan_tutorial import exercises
from satgan_tutorial.exercises import debugging


def compare(said, copy=True, calls=1):
    """An answer that looks before and after, and compares by `said`."""

    def weights_move(network, act):
        before = [np.array(a) if copy else a for a in network.get_weights()]
        for _ in range(calls):
            act()
        return said(before, network.get_weights())

    return weights_move


def any_differs(before, after):
    return any(np.any(a != b) for a, b in zip(before, after, strict=True))


CASES = [
    (..., "To do"),
    (lambda network, act: ..., "To do"),
    (lambda network, act: None, "To do"),
    (compare(any_differs), "Right"),
    (compare(any_differs, copy=False), "Not yet: your \\*before\\* has changed along"),
    (compare(any_differs, calls=0), "Not yet: call act\\(\\) once, between the two looks; yours calls it 0"),
    (compare(any_differs, calls=2), "Not yet: call act\\(\\) once"),
    (compare(lambda b, a: True), "Not yet: nothing has moved"),
    (compare(lambda b, a: False), "Not yet: the first array has moved"),
    (compare(lambda b, a: "yes"), "Not yet: return True or False"),
    (compare(lambda b, a: np.any(a[0] != b[0])), "Not yet: only the last array"),
    (
        compare(lambda b, a: any((x > y).any() for x, y in zip(a, b, strict=True))),
        "Not yet: a weight that falls",
    ),
    (
        compare(lambda b, a: sum((x - y).sum() for x, y in zip(a, b, strict=True)) != 0),
        "Not yet: \\+0.5 and -0.5",
    ),
    (
        compare(lambda b, a: not all(np.allclose(x, y) for x, y in zip(a, b, strict=True))),
        "Not yet: a change of 1e-9",
    ),
    (lambda network, act: network.trainable, "Not yet: your answer raised AttributeError: this network only"),
]


@pytest.mark.parametrize(("answer", "verdict"), CASES)
def test_each_answer_gets_its_verdict(answer, verdict, capsys):
    exercises.weights_move(answer)
    (line,) = capsys.readouterr().out.splitlines()
    assert re.match(verdict, line), line


def test_a_patient_has_one_trap_and_each_wrong_name_a_place_to_look(shown):
    exercises.which_trap()
    page = BeautifulSoup(shown[0].data, "html.parser")
    quizzes = page.select(".satgan-quiz")
    assert len(quizzes) == len(debugging.PATIENTS) == 3
    for quiz, (trap, measured) in zip(quizzes, debugging.PATIENTS.items(), strict=True):
        assert measured in quiz.get_text()
        assert [item.text for item in quiz.select("li")] == list(debugging.TRAPS)
        (right,) = (item.text for item in quiz.select("li") if item["data-says"].startswith("Right"))
        assert right == trap == quiz.select_one("details p").text
        assert all(item["data-says"].startswith(("Right: ", "Not yet: ")) for item in quiz.select("li"))
