import pytest

from satgan_tutorial import prose

pytestmark = pytest.mark.once


def claim(holds, source="real"):
    prose.claim(holds, "It *rises*.", "It does not rise here.", source=source)


def test_a_sentence_is_text_of_the_page(shown):
    prose.say("*Seven* ships.")
    assert [thing.data for thing in shown] == ["*Seven* ships."]


@pytest.mark.parametrize("budget", [None, "laptop", "full"])
def test_a_claim_about_real_chips_that_does_not_hold_fails_the_book(shown, monkeypatch, budget):
    monkeypatch.delenv("SATGAN_BUDGET", raising=False)
    if budget:
        monkeypatch.setenv("SATGAN_BUDGET", budget)
    claim(True)
    with pytest.raises(
        AssertionError, match="the book says: It .rises.*This run says: It does not rise here"
    ):
        claim(False)
    with pytest.raises(AssertionError):
        claim(False, source="pictures")
    claim(False, source="simulated")
    assert [thing.data for thing in shown] == ["It *rises*.", "It does not rise here."]


def test_in_a_few_seconds_another_answer_may_come_out(shown, monkeypatch):
    monkeypatch.setenv("SATGAN_BUDGET", "smoke")
    claim(False)
    assert shown[0].data == "It does not rise here."
