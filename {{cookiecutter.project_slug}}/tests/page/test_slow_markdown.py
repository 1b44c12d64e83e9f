"""Tests that no text takes too long to render. Counts characters and calls, since times vary."""

import random
import re
from collections.abc import Iterator
from typing import Any

import pytest
from comrak import parse_document

from chat.page import growing as growing_module
from chat.page import highlighting, markdown, unfinished
from chat.page.growing import WORK_PER_CHARACTER, WORK_PER_SENT, GrowingMarkdown
from chat.page.slow_markdown import is_slow
from fake_model import prose

LONGEST = 60_000
ROW = "|a" * 10 + "\n"

# Repeated up to 60 kB, these take comrak up to 1.4 s, or give 1 MB of HTML.
COSTLY = {
    "links": "[a](",
    "brackets": "[",
    "emphasis": "*a__",
    "emphasis of one kind": "*a ",
    "emphasis among words": "*a__ some words ",
    "backticks": "`a",
    "tags": "<a",
    "entities": "&",
    "formulas": "\\(",
    "displayed formulas": "\\[",
    "dollars": "$a",
    "addresses": "a@b.c ",
    "hosts": "www.a.b ",
    "short items": "1. a\n",
    "short rows": ROW + "|-" * 10 + "\n" + "aaaa\n" * LONGEST,
    "nested lists": "1. " * 5000 + "    \n" * LONGEST,
    "short rows after \\r": ROW.replace("\n", "\r") + "|-" * 10 + "\r" + "aaaa\r" * LONGEST,
}
# Repeated, these make long blocks. All cells of the first change with each of its backticks.
HOSTILE = ["|& \\``", "`a ", "**a ", "*a__", "_a ", "[a](", "![", "[", "<a ", "|", "|a", "> ", "- "]
HOSTILE += ["1. ", "\\", "a", "&", "``` ", "```\n", "<b>\n\n", "[a][b] ", "- a\n", "a\n"]
HOSTILE += [
    "\n",
    " ",
    "#",
    "\\(a ",
    "\\[\na\n",
    "$$\n",
    "[a]: b\n[a]\n\n",
    "[^a]: b\n\n",
    "www.a.b ",
]
ORDINARY = {
    "mixed": prose.mixed,
    "paragraph": prose.paragraph,
    "code": prose.codeblock,
    "fences": prose.fences,
    "list": prose.bullets,
    "table": prose.table,
}


class Counts:
    """What a growing reply costs: characters rendered, calls of it, and characters closed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.rendered = self.renders = self.closed = 0
        self._render, self._close = markdown.render_block, unfinished.close
        monkeypatch.setattr(growing_module, "render_block", self.render)
        monkeypatch.setattr(unfinished, "close", self.close)

    def render(self, text: str, definitions: str = "", *, coloured: bool = False) -> str:
        self.rendered += len(text)
        self.renders += 1
        return self._render(text, definitions, coloured=coloured)

    def close(self, text: str, *, in_code: bool) -> str:
        self.closed += len(text)
        return self._close(text, in_code=in_code)


class CountedPattern:
    """A regular expression that counts its matches."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self._pattern = pattern
        self.matches = 0

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        for found in self._pattern.finditer(text):
            self.matches += 1
            yield found


def repeated(text: str, size: int) -> str:
    return (text * (size // len(text) + 1))[:size]


@pytest.mark.parametrize("text", COSTLY.values(), ids=COSTLY.keys())
def test_slow_text_is_not_rendered(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markdown, "markdown_to_html", lambda *_, **__: pytest.fail("rendered"))

    html = markdown.render(repeated(text, LONGEST))

    assert html.startswith("<pre>")
    assert "<" not in html.removeprefix("<pre>").removesuffix("</pre>\n")


@pytest.mark.parametrize("shape", ORDINARY)
def test_ordinary_text_is_rendered_however_long(shape: str) -> None:
    text = "".join(ORDINARY[shape](random.Random(1), LONGEST // 2))
    for size in (len(text), LONGEST):
        assert not is_slow(text[:size])


@pytest.mark.parametrize("text", HOSTILE)
def test_work_grows_with_the_text(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growing_module, "FREE_WORK", 0)
    counts, text = Counts(monkeypatch), repeated(text, 5000)
    growing, sent = GrowingMarkdown(), 0
    cursor = growing.cursor()
    for end in range(1, len(text)):
        growing.update(text[:end])
        if edit := cursor.edit():
            sent += len(edit.html)

    work = WORK_PER_CHARACTER * len(text)
    assert counts.rendered <= work
    assert counts.closed <= work
    # What an update sends is known only after it.
    assert sent <= 1.1 * work / WORK_PER_SENT
    growing.finish(html := markdown.render(text))
    assert growing.html == html


@pytest.mark.parametrize(("shape", "size"), [("mixed", 2000), *((x, 700) for x in ORDINARY)])
def test_ordinary_text_is_shown_with_each_token(
    shape: str, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = Counts(monkeypatch)
    tokens = ORDINARY[shape](random.Random(1), size)
    growing, text, sent = GrowingMarkdown(), "", 0
    cursor = growing.cursor()
    for token in tokens:
        text += token
        renders = counts.renders
        growing.update(text)
        assert counts.renders > renders
        # Tokens come more slowly than a block is coloured, whatever else the machine does.
        if growing.colouring is not None:
            growing.colouring.result()
        if edit := cursor.edit():
            sent += len(edit.html)

    assert counts.rendered <= 400 * len(text)
    assert sent <= 12 * len(text)


def test_a_watcher_costs_no_rendering(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = Counts(monkeypatch)
    growing = GrowingMarkdown()
    cursors = [growing.cursor() for _ in range(10)]
    growing.update("One\n\nTwo\n\nThree")
    for cursor in cursors:
        assert cursor.edit()

    assert counts.renders == 2


@pytest.mark.parametrize("text", ["`a ", "`a", "``a ` ", "`", "` `` ``` ```` ", "\\` "])
def test_backticks_are_read_once(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pattern = CountedPattern(unfinished.BACKTICKS)
    monkeypatch.setattr(unfinished, "BACKTICKS", pattern)
    text = repeated(text, 5000)
    runs = len(re.findall("`+", text))

    unfinished.close(text, in_code=False)

    assert pattern.matches in (0, runs)
    assert (pattern.matches == 0) == (text.count("`") + text.count("\\") > 2500)


@pytest.mark.parametrize("text", ["**a ", "*a **b __c ~~d "])
def test_few_markers_are_closed(text: str) -> None:
    text = repeated(text, 2000)

    assert len(unfinished.close(text, in_code=False)) <= len(text) + 2 * unfinished.MAXIMUM_OPEN


def test_a_line_of_spaces_is_read_once() -> None:
    # A pattern that backtracks would take minutes.
    assert unfinished.close(" " * LONGEST + "x", in_code=False) == " " * LONGEST + "x"


def test_a_very_long_block_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = []

    def parse(text: str, *arguments: Any) -> Any:
        parsed.append(len(text))
        return parse_document(text, *arguments)

    monkeypatch.setattr(growing_module, "parse_document", parse)
    growing = GrowingMarkdown()
    for size in range(1000, LONGEST, 1000):
        growing.update(repeated("- item\n\n", size))

    assert parsed
    assert max(parsed) <= growing_module.MAXIMUM_PARSED


def test_many_addresses_do_not_render_the_reply_again_and_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counts = Counts(monkeypatch)
    growing, text = GrowingMarkdown(), "See [one][a].\n\n" * 2000
    for end in range(1000, len(text), 1000):
        growing.update(text[:end])
    before = counts.rendered
    growing.update(f"{text}\n[a]: https://a.example/\n\nmore\n")

    assert counts.rendered - before <= 2 * growing_module.MAXIMUM_PARSED


@pytest.mark.parametrize("code", ["1" * 501, "x = 1\n" + "\n" * 10, "x\n" * 10_001])
def test_unusual_code_stays_plain(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(highlighting, "_spans", lambda *_: pytest.fail("read"))

    assert highlighting.highlight(code, "python") == code


def test_code_is_read_in_parts() -> None:
    code = 'def f():\n    return """x\n\n    y"""\n\n\n' * 400
    parts = highlighting.PART.findall(code)

    assert "".join(parts) == code
    assert max(map(len, parts)) < 4010
    assert all(part.startswith("def") for part in parts)
