"""The question of a room of chapter 8, in a page: who can answer it, and what is said to each answer."""

import pytest
from bs4 import BeautifulSoup

from satgan_tutorial import checks


@pytest.fixture
def rooms(monkeypatch):
    """The questions of the first three rooms, as one page."""
    import IPython.display

    shown = []
    monkeypatch.setattr(IPython.display, "display", shown.append)
    for room in (1, 2, 3):
        checks.quiz(room)
    return "<!doctype html>" + "".join(html.data for html in shown)


def test_each_disease_is_an_item_and_has_the_verdict_of_the_grader(rooms, capsys):
    for room, quiz in enumerate(BeautifulSoup(rooms, "html.parser").select(".satgan-quiz"), 1):
        assert [item.text for item in quiz.select("li")] == list(checks.DISEASES)
        for item in quiz.select("li"):
            checks.diagnosis(room, item.text)
            assert item["data-says"] == capsys.readouterr().out.strip()
        (right,) = (item.text for item in quiz.select("li") if item["data-says"].startswith("Right"))
        assert quiz.select_one("details p").text == right
        assert right not in quiz["aria-label"] and str(room) in quiz["aria-label"]


@pytest.mark.browser
def test_a_question_is_answered_by_keyboard_each_for_itself(rooms, browser):
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.set_content(rooms)
    first, second, _ = page.locator(".satgan-quiz").all()
    assert first.get_by_role("button").count() == len(checks.DISEASES)
    assert not first.locator("details p").is_visible(), "the answer is shown before the question is answered"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == checks.DISEASES[0]
    page.keyboard.press("Enter")
    said = first.locator("[aria-live]")
    assert said.inner_text().startswith("Not yet: not images in [0, 1]: look at the accuracies")
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
    assert quiz.locator("li:visible").all_inner_texts() == list(checks.DISEASES)
    assert quiz.locator("button").count() == 0
    assert not quiz.locator("details p").is_visible()
    quiz.locator("summary").click()
    assert quiz.locator("details p").inner_text() == "the discriminator wins"
    context.close()
