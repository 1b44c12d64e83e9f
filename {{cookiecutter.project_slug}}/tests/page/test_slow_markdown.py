"""Tests that no text takes too long to render. Counts characters and calls, since times vary."""

import random
import re
from collections.abc import Iterator

import pytest

from chat.page import markdown, unfinished
from chat.page.markdown import MAXIMUM_LINES, WORK_PER_CHARACTER, WORK_PER_SENT
from chat.page.slow_markdown import is_slow
from fake_model import prose

LONGEST = 60_000
ROW = "|a" * 10 + "\n"

# Repeated up to 60 kB, these take djust up to 350 ms, or give 1 MB of HTML.
COSTLY = {
    "links": "[a](",
    "brackets": "[",
    "emphasis": "*a__",
    "emphasis of one kind": "*a ",
    "emphasis among words": "*a__ some words ",
    "backticks": "`a",
    "tags": "<a",
    "entities": "&",
    "short rows": ROW + "|-" * 10 + "\n" + "aaaa\n" * LONGEST,
    "nested lists": "1. " * 5000 + "    \n" * LONGEST,
    "short rows after \\r": ROW.replace("\n", "\r") + "|-" * 10 + "\r" + "aaaa\r" * LONGEST,
}
# Repeated, these make long blocks. All cells of the first change with each of its backticks.
HOSTILE = ["|& \\``", "`a ", "**a ", "*a__", "_a ", "[a](", "![", "[", "<a ", "|", "|a", "> ", "- "]
HOSTILE += ["1. ", "\\", "a", "&", "``` ", "```\n", "<b>\n\n", "[a][b] ", "- a\n", "a\n"]
HOSTILE += ["\n", " ", "#"]
ORDINARY = {
    "mixed": prose.mixed,
    "paragraph": prose.paragraph,
    "code": prose.codeblock,
    "list": prose.bullets,
    "table": prose.table,
}


class Counts:
    """What a growing reply costs: characters rendered, calls of `render`, and characters closed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.rendered = self.renders = self.closed = 0
        self._render, self._close = markdown.render, unfinished.close
        monkeypatch.setattr(markdown, "render", self.render)
        monkeypatch.setattr(unfinished, "close", self.close)

    def render(self, text: str) -> str:
        self.rendered += len(text)
        self.renders += 1
        return self._render(text)

    def close(self, text: str, fence: str) -> str:
        self.closed += len(text)
        return self._close(text, fence)


class CountedPattern:
    """A regular expression that counts its matches."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self._pattern = pattern
        self.matches = 0

    def match(self, text: str) -> re.Match[str] | None:
        self.matches += 1
        return self._pattern.match(text)

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        for found in self._pattern.finditer(text):
            self.matches += 1
            yield found


def repeated(text: str, size: int) -> str:
    return (text * (size // len(text) + 1))[:size]


@pytest.mark.parametrize("text", COSTLY.values(), ids=COSTLY.keys())
def test_slow_text_is_not_rendered(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markdown, "render_markdown", lambda *_, **__: pytest.fail("rendered"))

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
    monkeypatch.setattr(markdown, "FREE_WORK", 0)
    counts, text = Counts(monkeypatch), repeated(text, 5000)
    growing, sent = markdown.GrowingMarkdown(), 0
    cursor = growing.cursor()
    for end in range(1, len(text)):
        growing.update(text[:end])
        sent += sum(len(edit.html) for edit in cursor.edits())

    work = WORK_PER_CHARACTER * len(text)
    assert counts.rendered <= work
    assert counts.closed <= work
    # What an update sends is known only after it.
    assert sent <= 1.1 * work / WORK_PER_SENT
    growing.update(text, whole=True)
    assert growing.html == markdown.render(text)


@pytest.mark.parametrize(("shape", "size"), [("mixed", 2000), *((x, 700) for x in ORDINARY)])
def test_ordinary_text_is_shown_with_each_token(
    shape: str, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = Counts(monkeypatch)
    tokens = ORDINARY[shape](random.Random(1), size)
    growing, text, sent = markdown.GrowingMarkdown(), "", 0
    cursor = growing.cursor()
    for token in tokens:
        text += token
        renders = counts.renders
        growing.update(text)
        assert counts.renders > renders
        sent += sum(len(edit.html) for edit in cursor.edits())

    assert counts.rendered <= 400 * len(text)
    assert sent <= 12 * len(text)


def test_a_watcher_costs_no_rendering(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = Counts(monkeypatch)
    growing = markdown.GrowingMarkdown()
    cursors = [growing.cursor() for _ in range(10)]
    growing.update("One\n\nTwo\n\nThree")
    for cursor in cursors:
        assert cursor.edits()

    assert counts.renders == 2


@pytest.mark.parametrize("text", ["`a ", "`a", "``a ` ", "`", "` `` ``` ```` ", "\\` "])
def test_backticks_are_read_once(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pattern = CountedPattern(unfinished.BACKTICKS)
    monkeypatch.setattr(unfinished, "BACKTICKS", pattern)
    text = repeated(text, 5000)
    runs = len(re.findall("`+", text))

    unfinished.close(text, "")

    assert pattern.matches in (0, runs)
    assert (pattern.matches == 0) == (text.count("`") + text.count("\\") > 2500)


@pytest.mark.parametrize("text", ["**a ", "*a **b __c ~~d "])
def test_few_markers_are_closed(text: str) -> None:
    text = repeated(text, 2000)

    assert len(unfinished.close(text, "")) <= len(text) + 2 * unfinished.MAXIMUM_OPEN


def test_a_line_of_spaces_is_read_once() -> None:
    # A pattern that backtracks would take minutes.
    assert unfinished.close(" " * LONGEST + "x", "") == " " * LONGEST + "x"


def test_many_lines_at_once_are_taken_in_over_several_updates(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pattern = CountedPattern(markdown.LIST_ITEM)
    monkeypatch.setattr(markdown, "LIST_ITEM", pattern)
    # Until all lines are known, so is not that "**b" is in a code block.
    text = "a\n\n" * 4000 + "```\n**b"
    growing, seen = markdown.GrowingMarkdown(), 0
    for _ in range(3):
        growing.update(text)
        assert growing.html == markdown.render(text)
        assert pattern.matches - seen <= MAXIMUM_LINES
        seen = pattern.matches

    assert pattern.matches == 4001
