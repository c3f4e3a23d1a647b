"""Questions in a page: a button for each choice, which says at once whether it is right, and why.

They carry their own script and work from a file, by keyboard and by screen reader; where scripts are off each is a list
of the choices, and the answer to unfold. The questions at the end of the chapters are data, `quizzes/chapter_NN.json`.
"""

import html
import json
import re
from pathlib import Path

HERE = Path(__file__).parent


def read(chapter: int) -> list[dict]:
    """Return the questions of a chapter, each a dict with the text of a `question`, and `choices`.

    A choice is a dict: its `text`; `why` it is right or not, one or two sentences; `right`, true, where it is; and where it
    is not, the `misconception` of whoever takes it, a few words for teachers. Texts are plain, but for code between
    `backticks`. Raises ValueError where a file is otherwise.

    >>> len(read(1)), sorted(read(1)[0])
    (5, ['choices', 'question'])
    """
    path = HERE / "quizzes" / f"chapter_{chapter:02}.json"
    asked = json.loads(path.read_text(encoding="utf-8"))
    for question in asked:
        if found := _fault(question["choices"]):
            raise ValueError(f"{path.name}: {question['question']!r} {found}.")
    return asked


def _fault(choices: list[dict]) -> str | None:
    """What is missing in the choices of a question, or too much."""
    if (right := [choice.get("right", False) for choice in choices]).count(True) != 1:
        return f"has {right.count(True)} right choices; give one of them `right`, true"
    for choice in choices:
        for key, needed in (("text", True), ("why", True), ("misconception", not choice.get("right"))):
            if bool(choice.get(key, "").strip()) != needed:
                return f"has a choice {'without' if needed else 'with'} `{key}`: {choice.get('text')!r}"
    return None


def five_questions(chapter: int) -> None:
    """Ask, in the page, the questions at the end of a chapter.

    >>> five_questions(1)  # in a notebook: buttons that say at once what is right, and why
    <IPython.core.display.HTML object>
    """
    asked = []
    for number, question in enumerate(read(chapter), 1):
        choices = {_code(choice["text"]): _code(says(choice)) for choice in question["choices"]}
        reasons = "".join(f"<dt>{text}</dt><dd>{said}</dd>" for text, said in choices.items())
        asked.append(
            block(
                f"Question {number}",
                f"{number}. {_code(question['question'])}",
                choices,
                reasons=f"<dl>{reasons}</dl>",
                ordered=True,
            )
        )
    ask(*asked)


def answers(chapter: int) -> None:
    """Show, for teachers, the questions of a chapter, and of each choice why it is right or what misconception it catches.

    >>> answers(1)  # in a notebook: a list
    <IPython.core.display.Markdown object>
    """
    from IPython.display import Markdown, display

    lines = []
    for number, question in enumerate(read(chapter), 1):
        lines.append(f"{number}. {question['question']}\n")
        for choice in question["choices"]:
            text = f"**{choice['text']}**" if choice.get("right") else choice["text"]
            caught = f" (Misconception: {choice['misconception']}.)" if not choice.get("right") else ""
            lines.append(f"   - {text} *{says(choice)}*{caught}")
        lines.append("")
    display(Markdown("\n".join(lines)))


def says(choice: dict) -> str:
    """Return what is said to whoever takes a choice; it begins with Right or Not yet.

    >>> says({"text": "D", "why": "it sees both.", "right": True})
    'Right: it sees both.'
    """
    return f"{'Right' if choice.get('right') else 'Not yet'}: {choice['why']}"


def block(
    label: str, question: str, choices: dict[str, str], *, reasons: str = "", ordered: bool = False
) -> str:
    """Return the HTML of one question; `choices` says what is said to each, which begins with Right for one of them.

    All texts are HTML. The choices of an ordered list stand below each other, those of another where there is room.

    >>> page = block("Question 1", "Who sees real chips?", {"G": "Not yet: none.", "D": "Right: it does."})
    >>> page.count("<li "), page.count("<summary>The answer</summary><p>D</p>")
    (2, 1)
    """
    items = "".join(f'<li data-says="{html.escape(said)}">{text}</li>' for text, said in choices.items())
    (right,) = (text for text, said in choices.items() if said.startswith("Right"))
    tag = "ol" if ordered else "ul"
    return (
        f'<div class="satgan-quiz" role="group" aria-label="{label}">\n<p>{question}</p>\n<{tag}>{items}</{tag}>\n'
        f'<p aria-live="polite"></p>\n<details><summary>The answer</summary><p>{right}</p>{reasons}</details>\n</div>'
    )


def ask(*blocks: str) -> None:
    """Show questions, with the one script that all of them need.

    >>> ask(block("Question 1", "Who sees real chips?", {"G": "Not yet: none.", "D": "Right: it does."}))
    <IPython.core.display.HTML object>
    """
    from IPython.display import HTML, display

    page = (HERE / "quiz.html").read_text(encoding="utf-8")
    display(HTML(page.replace("<!--QUESTIONS-->", "\n".join(blocks))))


def _code(text: str):
    return re.sub("`([^`]+)`", r"<code>\1</code>", html.escape(text))
