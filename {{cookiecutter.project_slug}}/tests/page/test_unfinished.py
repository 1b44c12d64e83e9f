"""Tests that a streaming reply shows no markers, and that its formatting never disappears."""

import re
from collections import Counter
from html.parser import HTMLParser

import pytest

from chat.page.growing import GrowingMarkdown
from chat.page.markdown import render
from chat.page.unfinished import close

FORMATTED = {"strong", "em", "del", "code", "pre", "a", "li", "h1", "h2", "h3", "th", "td", "hr"}

TEXTS = {
    "bold": "Some **bold text** and more.",
    "italic": "Some *italic* and _other_ words, snake_case_name.",
    "nested": "A **bold *and italic* end** here.",
    "struck": "It is ~~gone~~ here.",
    "code": "Call `f(**x)` or ``a ` b`` now.",
    "bold code": "A **bold `code` end** here.",
    "link": "See [the *docs* page](https://example.com/a) for it.",
    "heading": "# A **big** heading\n\ntext",
    "list": "- one **two**\n- three `four`\n  - five\n\ntext",
    "numbers": "1. one\n2. two\n10. three\n",
    "rule": "above\n\n---\n\nbelow",
    "dash under text": "above\n- item\n- item\n",
    "fence": "Look:\n\n```python\na = 1\n```\n\nafter",
    "table": "| a | **b** |\n|:--|---|\n| 1 | 2 |\n| 3 | 4 |\n\nafter",
    "reference": "See [the docs][d] for it.",
    "formula": r"So \(a_1 + b_2\) holds, and \[c_d_e\] too.",
    "lines of a formula": "So\n\n\\[\n- a_1 \\\\\n= b\n\\]\n\nand",
    "tasks": "- [x] one\n- [ ] two\n",
    "fence in a list": "1. one\n\n   ```py\n   a = **kw\n   ```\n\n2. two",
    "quote": "> quoted **text**\n> more\n\nafter",
}


class Seen(HTMLParser):
    """The elements that a reader sees, and the text outside code."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: Counter[str] = Counter()
        self.text = ""
        self._code = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[tag] += tag in FORMATTED
        self._code += tag == "code"

    def handle_endtag(self, tag: str) -> None:
        self._code -= tag == "code"

    def handle_data(self, data: str) -> None:
        if not self._code:
            self.text += data


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_no_marker_shows_and_nothing_formatted_is_undone(text: str) -> None:
    growing, before = GrowingMarkdown(), Counter[str]()
    for cut in range(len(text) + 1):
        growing.update(text[:cut])
        seen = Seen(growing.html)
        assert not re.search(r"\*|~|`|\]\(|^#|\|", seen.text), (text[:cut], growing.html)
        assert seen.elements >= before, (text[:cut], growing.html)
        before = seen.elements


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_the_whole_is_shown_as_it_is(text: str) -> None:
    growing = GrowingMarkdown()
    for cut in range(len(text)):
        growing.update(text[:cut])
    growing.finish(render(text))
    assert growing.html == render(text)


@pytest.mark.parametrize(
    ("text", "closed"),
    [
        ("**bo", "**bo**"),
        ("a * b", "a * b"),
        ("2 * 3 = 6", "2 * 3 = 6"),
        ("snake_case", "snake_case"),
        (r"\*not", r"\*not"),
        ("[text", "text"),
        ("[text](http://x", "text"),
        ("[text][la", "text"),
        ("[text][label]", "[text][label]"),
        (r"\(a_1", r"\(a_1\)"),
        ("\\[\n- a\n+ b", "\\[\n- a\n+ b\n\\]"),
        ("- [x", ""),
        ("`co", "`co`"),
        ("text\n-", "text\n"),
        ("text\n==", "text\n"),
        ("| a | b", "| a | b\n|---|---|"),
    ],
)
def test_an_open_end_is_closed(text: str, closed: str) -> None:
    assert close(text, in_code=False) == closed


def test_nothing_in_a_code_block_is_closed() -> None:
    assert close("```\n**x", in_code=True) == "```\n**x"
    assert close("```\nx\n``", in_code=True) == "```\nx\n"
