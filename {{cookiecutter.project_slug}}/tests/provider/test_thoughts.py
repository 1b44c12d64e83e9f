"""Reasoning that a server leaves in the text, between tags."""

import pytest

from chat.provider import thoughts
from chat.provider.events import Finish, Reasoning, Text, TextWasReasoning
from chat.provider.thoughts import Thoughts
from tests.listener import Heard

FINISH = Finish("stop")
# A reply as it is sent, its reasoning and its text.
REPLIES = {
    "a line of its own": ("<think>\nx\n</think>\n\n4", "x\n", "4"),
    "in one line": ("<think>x</think>4", "x", "4"),
    "blanks first": ("\n <think>x</think>4", "x", "4"),
    "upper case": ("<THINK>X</Think>4", "X", "4"),
    "nothing thought": ("<think>\n\n</think>\n\n4", "", "4"),
    "thought twice": ("<think>x</think>\n<think>y</think>\n4", "x\n\ny", "4"),
    "not closed": ("<think>x < y </thin", "x < y </thin", ""),
    "only reasoning": ("<think>x</think>\n", "x", ""),
    "letters that grow": (
        "<think>\u0130\u0130</think>\u0130",
        "\u0130\u0130",
        "\u0130",
    ),
    "a tag in the reasoning": ("<think>a <think> b</think>4", "a <think> b", "4"),
    "later in the text": ("4\n<think>x</think>", "", "4\n<think>x</think>"),
    "in code": ("```\n<think>x</think>\n```", "", "```\n<think>x</think>\n```"),
    "after the reasoning": ("<think>x</think>4 <think>y</think>", "x", "4 <think>y</think>"),
    "another tag": ("<thin>x</thin>", "", "<thin>x</thin>"),
    "the start of a tag": ("<thi", "", "<thi"),
    "blanks": ("    code", "", "    code"),
    "opened in the prompt": ("x\n</think>\n\n4", "x\n", "4"),
    "opened in the prompt, in its line": ("x.</think>\n\n4 </think>", "x.", "4 </think>"),
    "opened in the prompt, blanks": ("x\n  </THINK> \r\n4", "x\n  ", "4"),
    "opened in the prompt, without a word": ("\n</think>\n\n4", "", "4"),
    "opened in the prompt, one line": ("x\n</think>4", "x\n", "4"),
    "opened in the prompt, with code": (
        "```\n<a>\n```\n</think>\n4",
        "```\n<a>\n```\n",
        "4",
    ),
    "opened in the prompt, and no reply": ("x\n</think>", "x\n", ""),
    "opened in the prompt, and again": ("x\n</think>\n<think>y</think>4", "x\n\n\ny", "4"),
    "a word about the tag": ("A </think> ends it", "", "A </think> ends it"),
    "the last word is the tag": ("It ends with </think>", "", "It ends with </think>"),
    "the tag as code": ("`</think>`\n</think>\n", "", "`</think>`\n</think>\n"),
    "the tag in a block of code": ("a\n```\n</think>\n```\n", "", "a\n```\n</think>\n```\n"),
    "the tag after its opening": ("a\n<think>\nx\n</think>\n", "", "a\n<think>\nx\n</think>\n"),
    "what begins a tag": ("a < b [c] ◁", "", "a < b [c] ◁"),
}


def split(pieces: list[str]) -> tuple[str, str]:
    """The reasoning and the text in these pieces."""
    reader, heard = Thoughts(), Heard()
    for piece in pieces:
        heard.events += reader.split([Text(piece)])
    heard.events += reader.split([FINISH])
    assert heard.events[-1] == FINISH
    assert list(reader.end()) == []
    assert not {Text(""), Reasoning("")}.intersection(heard.events)
    return heard.reasoning, heard.text


@pytest.mark.parametrize(("sent", "reasoning", "text"), REPLIES.values(), ids=REPLIES.keys())
def test_it_is_kept_apart_wherever_it_is_cut(sent: str, reasoning: str, text: str) -> None:
    for at in range(len(sent) + 1):
        assert split([sent[:at], sent[at:]]) == (reasoning, text), at
    assert split(list(sent)) == (reasoning, text)


@pytest.mark.parametrize(("opening", "closing"), thoughts.TAGS.items())
def test_each_tag(opening: str, closing: str) -> None:
    assert split(list(f"{opening.upper()}x{closing}4")) == ("x", "4")
    assert split(list(f"x\n{closing.upper()}\n4")) == ("x\n", "4")


def test_what_is_held_back_is_not_lost_without_a_finish() -> None:
    reader = Thoughts()
    assert reader.split([Text(" <thi")]) == []
    assert list(reader.end()) == [Text(" <thi")]


def test_no_more_is_held_back_than_is_needed() -> None:
    reader = Thoughts()
    blanks = Heard([event for _ in range(200) for event in reader.split([Text(" ")])])
    assert len(blanks.text) > 100
    assert reader.split([Text("a <")]) == [Text("a ")]
    assert reader.split([Text("b")]) == [Text("<b")]
    assert reader.split([Text("</think>")]) == []
    assert reader.split([Text(" ends it.")]) == [Text("</think> ends it.")]
    # It ended no reasoning, so nothing is held back any more.
    assert reader.split([Text("\n</think>")]) == [Text("\n</think>")]


def test_text_that_was_reasoning_is_told_at_once() -> None:
    reader = Thoughts()
    assert reader.split([Text("x\n")]) == [Text("x\n")]
    assert reader.split([Text("</think>")]) == [TextWasReasoning()]
    assert reader.split([Text("\n\n")]) == []
    assert reader.split([Text("4")]) == [Text("4")]


def test_blank_lines_after_reasoning_of_its_own_field_are_left_out() -> None:
    reader = Thoughts()
    events = reader.split([Reasoning("\n"), Reasoning("x"), Text("\n\n"), Text("4"), Text("\n")])
    assert events == [Reasoning("x"), Text("4"), Text("\n")]
