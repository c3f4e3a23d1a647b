"""Questions in a page, of a room of chapter 8 and at the end of each chapter: who can answer them, and what is said."""

import json
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
        for choice in choices:
            assert len(re.findall(r"[.?](?=\s|$)", choice["why"])) <= 2, f"too long a reply: {choice['why']}"


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_wrong_choice_catches_a_misconception_of_its_own(chapter):
    wrong = [
        choice
        for question in questions.read(chapter)
        for choice in question["choices"]
        if not choice.get("right")
    ]
    caught = [choice["misconception"] for choice in wrong]
    assert len(set(caught)) == len(wrong), "one misconception is caught twice"
    for belief in caught:
        assert re.fullmatch(r"[^*_<>$.?]{10,80}", belief), f"not plain, too long, or with an end: {belief}"


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_neither_place_nor_length_gives_the_right_choice_away(chapter):
    places, longest, shortest = [], 0, 0
    for question in questions.read(chapter):
        lengths = [len(choice["text"]) for choice in question["choices"]]
        (right,) = (i for i, choice in enumerate(question["choices"]) if choice.get("right"))
        places.append(right)
        longest += lengths[right] == max(lengths)
        shortest += lengths[right] == min(lengths)
    assert max(map(places.count, places)) <= 2, f"where the right choices are: {places}"
    assert longest <= 2, "the right choice is the longest too often"
    assert shortest <= 2, "the right choice is the shortest too often"


def test_in_the_whole_book_the_right_choice_is_at_any_place_and_of_any_length():
    """Nor is it so seldom the longest or the shortest that those can be struck out."""
    places, longest, shortest = [], 0, 0
    for question in (question for chapter in CHAPTERS for question in questions.read(chapter)):
        lengths = [len(choice["text"]) for choice in question["choices"]]
        places.append([choice.get("right", False) for choice in question["choices"]].index(True))
        longest += lengths[places[-1]] == max(lengths)
        shortest += lengths[places[-1]] == min(lengths)
    n = len(places)
    assert max(map(places.count, range(4))) < 0.4 * n
    assert 0.2 * n < longest < 0.4 * n and 0.2 * n < shortest < 0.4 * n


FAULTY = {
    "no right choice": ({"right": False}, "has 0 right choices; give one"),
    "a right choice with a misconception": ({"misconception": "it is wrong"}, "with `misconception`: 'Yes.'"),
    "a choice without a reason": ({"why": " "}, "without `why`: 'Yes.'"),
    "a choice without a text": ({"text": ""}, "without `text`: ''"),
}


@pytest.fixture
def broken(tmp_path, monkeypatch):
    """Return a function that writes one question as a chapter's file, and reads it."""

    def read(*choices):
        (tmp_path / "quizzes").mkdir()
        asked = [{"question": "Is it?", "choices": list(choices)}]
        (tmp_path / "quizzes" / "chapter_03.json").write_text(json.dumps(asked), encoding="utf-8")
        monkeypatch.setattr(questions, "HERE", tmp_path)
        return questions.read(3)

    return read


@pytest.mark.parametrize(("changed", "message"), FAULTY.values(), ids=FAULTY)
def test_a_faulty_question_is_refused_by_a_sentence(changed, message, broken):
    right = {"text": "Yes.", "why": "It is.", "right": True}
    wrong = {"text": "No.", "why": "It is.", "misconception": "nothing is"}
    with pytest.raises(ValueError, match="chapter_03.json: 'Is it\\?' has .+") as error:
        broken(right | changed, wrong)
    assert message in str(error.value)


def test_every_wrong_choice_has_a_misconception(broken):
    right = {"text": "Yes.", "why": "It is.", "right": True}
    wrong = {"text": "No.", "why": "It is.", "misconception": "nothing is"}
    with pytest.raises(ValueError, match="without `misconception`: 'Never.'"):
        broken(right, wrong, {"text": "Never.", "why": "It is."})


def test_no_misconception_is_named_in_a_chapter_and_each_on_the_page_of_answers(shown):
    questions.five_questions(1)
    questions.answers(1)
    chapter, page = (each.data for each in shown)
    wrong = [c for question in questions.read(1) for c in question["choices"] if not c.get("right")]
    assert wrong and "isconception" not in chapter
    for choice in wrong:
        assert choice["misconception"] not in chapter
        assert f"{choice['why']}* (Misconception: {choice['misconception']}.)" in page


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
