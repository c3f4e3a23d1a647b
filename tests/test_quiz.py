"""Questions in a page, of a room of chapter 8 and at the end of each chapter: who can answer them, and what is said."""

import re

import pytest
from bs4 import BeautifulSoup

from satgan_tutorial import exercises
from satgan_tutorial.exercises import questions

pytestmark = pytest.mark.once

CHAPTERS = sorted(int(path.stem[-2:]) for path in (questions.HERE / "quizzes").iterdir())


@pytest.fixture
def rooms(shown):
    """The questions of the first three rooms, as one page."""
    for room in (1, 2, 3):
        exercises.quiz(room)
    return "<!doctype html>" + "".join(html.data for html in shown)


def test_each_disease_is_an_item_and_has_the_verdict_of_the_grader(rooms, capsys):
    for room, quiz in enumerate(BeautifulSoup(rooms, "html.parser").select(".satgan-quiz"), 1):
        assert [item.text for item in quiz.select("li")] == list(exercises.DISEASES)
        for item in quiz.select("li"):
            exercises.diagnosis(room, item.text)
            assert item["data-says"] == capsys.readouterr().out.strip()
        (right,) = (item.text for item in quiz.select("li") if item["data-says"].startswith("Right"))
        assert quiz.select_one("details p").text == right
        assert right not in quiz["aria-label"] and str(room) in quiz["aria-label"]


@pytest.mark.browser
def test_a_question_is_answered_by_keyboard_each_for_itself(rooms, browser):
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.set_content(rooms)
    first, second, _ = page.locator(".satgan-quiz").all()
    assert first.get_by_role("button").count() == len(exercises.DISEASES)
    assert not first.locator("details p").is_visible(), "the answer is shown before the question is answered"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == exercises.DISEASES[0]
    page.keyboard.press("Enter")
    said = first.locator("[aria-live]")
    assert said.inner_text().startswith("Not yet: then the pictures would be pale.")
    first.get_by_role("button", name="the discriminator wins").focus()
    page.keyboard.press("Space")
    assert said.inner_text() == "Right: the discriminator wins."
    assert second.locator("[aria-live]").inner_text() == ""
    first.locator("summary").press("Enter")
    assert first.locator("details p").inner_text() == "the discriminator wins"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()


@pytest.mark.browser
def test_a_question_is_a_list_and_an_answer_to_unfold_where_scripts_are_off(rooms, browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.set_content(rooms)
    quiz = page.locator(".satgan-quiz").first
    assert quiz.locator("li:visible").all_inner_texts() == list(exercises.DISEASES)
    assert quiz.locator("button").count() == 0
    assert not quiz.locator("details p").is_visible()
    quiz.locator("summary").click()
    assert quiz.locator("details p").inner_text() == "the discriminator wins"
    context.close()


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_has_five_questions_with_one_right_choice_each_and_a_reason_for_all(chapter):
    asked = questions.read(chapter)
    assert len(asked) == len({question["question"] for question in asked}) == 5
    for question in asked:
        choices = question["choices"]
        assert 3 <= len(choices) <= 4
        assert [choice["right"] for choice in choices if "right" in choice] == [True], question["question"]
        assert len({choice["text"] for choice in choices}) == len(choices)
        for text in (question["question"], *(choice[key] for choice in choices for key in ("text", "why"))):
            assert re.fullmatch(r"[^*_<>$]+[.?:]", re.sub("`[^`]+`", "", text)), (
                f"not plain, or no end: {text}"
            )


def test_neither_place_nor_length_gives_the_right_choice_away():
    places, longest = [], []
    for chapter in CHAPTERS:
        of_chapter = []
        for question in questions.read(chapter):
            choices = question["choices"]
            (right,) = (i for i, choice in enumerate(choices) if choice.get("right"))
            of_chapter.append(right)
            longest.append(max(choices, key=lambda choice: len(choice["text"])) is choices[right])
        assert len(set(of_chapter)) >= 3, f"chapter {chapter}: {of_chapter}"
        places += of_chapter
    assert max(map(places.count, range(4))) < 0.4 * len(places)
    assert sum(longest) < 0.4 * len(longest)


def test_an_answer_is_listed_with_its_reasons(shown):
    questions.answers(1)
    text = shown[0].data
    for question in questions.read(1):
        assert question["question"] in text
        for choice in question["choices"]:
            marked = (
                f"**{choice['text']}** *Right: " if choice.get("right") else f"{choice['text']} *Not yet: "
            )
            assert f"- {marked}{choice['why']}*" in text


@pytest.fixture
def five(shown, monkeypatch):
    """Five questions as one page, the first of them with code and with signs that mean something in HTML."""
    asked = questions.read(1)
    first = {
        "question": 'Is `a < b` & "b > a"?',
        "choices": [
            {"text": "No, `a <b>` is.", "why": "Look at `<b>` & again."},
            {"text": "Yes.", "why": 'That is `"the same"`.', "right": True},
            {"text": "Both.", "why": "One is enough."},
        ],
    }
    monkeypatch.setattr(questions, "read", lambda chapter: [first, *asked[1:]])
    exercises.five_questions(1)
    return f"<!doctype html>{shown[0].data}"


@pytest.mark.browser
def test_five_questions_say_at_once_what_is_right_and_why(five, browser):
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.set_content(five)
    first, second, *others = page.locator(".satgan-quiz").all()
    assert len(others) == 3 and first.get_attribute("aria-label") == "Question 1"
    assert first.locator("p").first.inner_text() == '1. Is a < b & "b > a"?'
    said = first.locator("[aria-live=polite]")
    for press, button, verdict in (
        ("Enter", "No, a <b> is.", "Not yet: Look at <b> & again."),
        ("Space", "Yes.", 'Right: That is "the same".'),
    ):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.innerText") == button
        page.keyboard.press(press)
        assert said.inner_text() == verdict
    assert [b.get_attribute("data-verdict") for b in first.get_by_role("button").all()] == [
        "Not yet",
        "Right",
        None,
    ]
    assert first.locator("code").count() == 6, "code is not shown as code"
    for choice, button in zip(
        questions.read(1)[1]["choices"], second.get_by_role("button").all(), strict=True
    ):
        button.click()
        assert second.locator("[aria-live]").inner_text() == questions.says(choice)
    tops = [button.bounding_box()["y"] for button in first.get_by_role("button").all()]
    assert len(set(tops)) == len(tops), "two choices on one line"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()


@pytest.mark.browser
def test_five_questions_and_all_their_reasons_can_be_read_where_scripts_are_off(five, browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.set_content(five)
    for question, quiz in zip(questions.read(1)[1:], page.locator(".satgan-quiz").all()[1:], strict=True):
        choices = question["choices"]
        assert quiz.locator("li:visible").all_inner_texts() == [choice["text"] for choice in choices]
        assert quiz.locator("button").count() == quiz.locator("dd:visible").count() == 0
        quiz.locator("summary").click()
        assert quiz.locator("details p").inner_text() == next(c["text"] for c in choices if c.get("right"))
        assert quiz.locator("dt:visible").all_inner_texts() == [choice["text"] for choice in choices]
        assert quiz.locator("dd:visible").all_inner_texts() == [questions.says(choice) for choice in choices]
    context.close()
