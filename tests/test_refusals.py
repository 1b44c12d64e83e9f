"""Answers that cannot work are refused with one sentence, before a file is written."""

import pytest
from conftest import Refuse

CONTROLS = [
    "two\nlines",
    "carriage\rreturn",
    "tab\there",
    "nul\0",
    "bell\a",
    "next\x85line",
    "\u2028",
]


@pytest.mark.parametrize("question", ["project_name", "description", "author_name"])
@pytest.mark.parametrize("text", CONTROLS, ids=ascii)
def test_control_characters_are_refused(refuse: Refuse, question: str, text: str) -> None:
    sentence = refuse(**{question: f"a{text}b", "project_slug": "x"}).strip().splitlines()[-1]

    assert sentence == (
        f"{question} holds a line break or another control character: type it as one line of text."
    )


@pytest.mark.parametrize("name", ["", " ", "   ", "\u3000", "\u200b"], ids=ascii)
def test_a_blank_name_is_refused(refuse: Refuse, name: str) -> None:
    sentence = refuse(project_name=name).strip().splitlines()[-1]

    assert sentence == (
        "project_name is blank, and it is the title of the page: "
        'type a name such as project_name="My Chat".'
    )
