"""Tests the HTML of a reply while it grows: the same as at its end, and sent in small edits."""

import copy
import random
import re
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest

from chat.page import growing as growing_module
from chat.page import markdown
from chat.page.edits import EVERYTHING, Cursor, Edit
from chat.page.growing import GrowingMarkdown, render_part
from chat.page.markdown import render
from fake_model.prose import CODE, MARKDOWN, XSS

SHAPES = {
    "code": CODE,
    "hostile": XSS,
    "fence with blank lines": "Before\n\n```py\na = 1\n\n\nb = 2\n```\n\nAfter\n\n~~~\nx\n~~~\n",
    "fence in a fence": "````\n```\n\n```\n\nstill code\n````\n\nnot code\n",
    "loose list": "- one\n\n- two\n\n  still two\n\n- three\n\nAfter\n",
    "numbers": "1. one\n\n2. two\n\n3) other\n",
    "table": "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n\nAfter\n",
    "quote": "> one\n\n> two\n\nthree\n",
    "underlined heading": "Heading\n---\n\ntext\n===\n",
    "indented code": "text\n\n    code\n\n    more\n\ntext\n",
    "emoji": "😀 one 😀\n\n**😀** two\n",
    "fence in a list": "1. one\n\n   ```py\n   a = 1\n\n   b = **2\n   ```\n\n2. two\n",
    "fence in a quote": "> ```\n> **a\n\nafter **b** c\n",
    "formula": "so \\(a_1 * b_2\\) and\n\n\\[\n- a \\\\\n= b\n\\]\n\nand $x_1$\n",
    "reference": "[One][a], [b].\n\n[a]: https://a.example/\n[b]: /b\n\nOnce more [one][a].\n",
    "footnote": "One[^1] and two.[^2]\n\n[^1]: Its *text*.\n\n[^2]: Another.\n",
    "tasks": "- [x] done\n- [ ] to do\n\n- [x] loose\n",
    "carriage returns": "one\r\ntwo\r\n\r\n- a\r\n- b\rc\r\n\r\nthree\r\n",
}

# In these, a block depends on what follows it.
DEPENDENT = {"reference", "footnote", "hostile"}
INDEPENDENT = [
    pytest.param(text, id=name) for name, text in SHAPES.items() if name not in DEPENDENT
]


class Done:
    def __init__(self, html: str) -> None:
        self.html = html

    def done(self) -> bool:
        return True

    def result(self) -> str:
        return self.html


class AtOnce:
    """Instead of the executor of one thread."""

    def submit(self, call: Callable[..., str], *args: Any, **kwargs: Any) -> Done:
        return Done(call(*args, **kwargs))


@pytest.fixture(autouse=True)
def coloured_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Colour in the thread of the test: which update settles a block does not depend on time."""

    monkeypatch.setattr(growing_module, "COLOURING", AtOnce())


class Shown:
    """What log.js shows of one watcher's edits."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self.settled = ""
        self.end = ""

    def follow(self) -> None:
        if edit := self._cursor.edit():
            self._apply(edit)

    def _apply(self, edit: Edit) -> None:
        if edit.drop == EVERYTHING:
            self.settled, self.end, edit = "", "", edit._replace(drop=0)
        # JavaScript counts UTF-16 code units.
        units = self.end.encode("utf-16-le")
        self.end = units[: len(units) - 2 * edit.drop].decode("utf-16-le") + edit.html
        if edit.tail != EVERYTHING:
            units = self.end.encode("utf-16-le")
            border = len(units) - 2 * edit.tail
            self.settled += units[:border].decode("utf-16-le")
            self.end = units[border:].decode("utf-16-le")

    @property
    def html(self) -> str:
        return self.settled + self.end


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES.keys())
def test_a_reply_can_end_at_every_cut(text: str) -> None:
    growing = GrowingMarkdown()
    shown = Shown(growing.cursor())
    for cut in range(len(text) + 1):
        growing.update(text[:cut])
        shown.follow()
        assert shown.html == growing.html
        ended, last = copy.deepcopy((growing, shown))
        ended.finish(render(text[:cut]))
        last.follow()
        assert last.html == render(text[:cut])


@pytest.mark.parametrize("text", INDEPENDENT)
def test_what_is_settled_stays(text: str) -> None:
    growing = GrowingMarkdown()
    for cut in range(len(text) + 1):
        growing.update(text[:cut])
    assert render(text).startswith("".join(growing.settled))


@pytest.mark.parametrize("seed", range(20))
def test_every_watcher_sees_the_same_whenever_it_joins_or_looks(seed: int) -> None:
    rng = random.Random(seed)
    text = "\n".join(rng.choices([*MARKDOWN.splitlines(), *CODE.splitlines(), "😀 *a"], k=80))
    growing, watchers = GrowingMarkdown(), []
    cuts = sorted(rng.sample(range(len(text)), 40))
    for cut in cuts:
        growing.update(text[:cut])
        if rng.random() < 0.1:
            watchers.append(Shown(growing.cursor()))
        for watcher in watchers:
            if rng.random() < 0.5:
                watcher.follow()
                assert watcher.html == growing.html
    growing.finish(render(text))
    for watcher in [*watchers, Shown(growing.cursor())]:
        watcher.follow()
        assert watcher.html == growing.html


def test_a_finished_block_is_not_sent_again() -> None:
    growing = GrowingMarkdown()
    cursor = growing.cursor()
    growing.update("First paragraph.\n\nSecond\n")
    assert cursor.edit() == Edit(0, "<p>First paragraph.</p>\n<p>Second</p>\n", 14)
    growing.update("First paragraph.\n\nSecond\none")
    assert cursor.edit() == Edit(4, "br>\none</p>\n", EVERYTHING)


def test_a_block_that_is_shown_is_not_sent_again_when_the_one_before_is_finished() -> None:
    growing = GrowingMarkdown()
    cursor = growing.cursor()
    growing.update("First.\n\nSecond 😀")
    assert len(growing.settled) == 0
    cursor.edit()
    growing.update("First.\n\nSecond 😀 one\n")
    assert len(growing.settled) == 1
    assert cursor.edit() == Edit(5, " one</p>\n", len("<p>Second __ one</p>\n"))


def test_a_watcher_that_joins_late_gets_all_finished_blocks_in_one_edit() -> None:
    growing = GrowingMarkdown()
    for text in ("One\n\nTwo\n", "One\n\nTwo\n\nThree\n"):
        growing.update(text)
    one, two, three = "<p>One</p>\n", "<p>Two</p>\n", "<p>Three</p>\n"
    assert growing.cursor().edit() == Edit(0, one + two + three, len(three))


@pytest.mark.parametrize("text", INDEPENDENT)
def test_a_part_stays_as_it_was_shown(text: str) -> None:
    for cut in range(1, len(text)):
        growing = GrowingMarkdown()
        growing.update(text[:cut])
        assert without_colours(render_part(text[:cut])) == without_colours(growing.html)


def without_colours(html: str) -> str:
    return re.sub(r'<span class="\w">(.*?)</span>', r"\1", html, flags=re.DOTALL)


def test_what_is_open_at_the_end_of_a_part_is_closed() -> None:
    assert render_part("It is **bo") == "<p>It is <strong>bo</strong></p>\n"


@pytest.mark.parametrize("text", ["", "4\n\n- one"])
def test_text_that_was_reasoning_is_taken_back(text: str) -> None:
    thought = "So it *is*.\n\n```py\n1\n```\n\n" + "Or not? " * 2000
    growing = GrowingMarkdown()
    shown, late = Shown(growing.cursor()), Shown(growing.cursor())
    for cut in range(0, len(thought), 100):
        growing.update(thought[:cut])
        shown.follow()
    assert "<em>is</em>" in shown.html
    # No more is rendered of so long a block, but of what replaces it.
    growing.update(thought)
    growing.update(text)
    for watcher in (shown, late, Shown(growing.cursor())):
        watcher.follow()
        assert watcher.html == growing.html == render(text)


def test_nothing_new_is_no_edit() -> None:
    growing = GrowingMarkdown()
    cursor = growing.cursor()
    assert cursor.edit() is None
    growing.update("text")
    assert cursor.edit() == Edit(0, "<p>text</p>\n", EVERYTHING)
    growing.update("text")
    assert cursor.edit() is None


def test_code_is_coloured_once_its_fence_is_closed() -> None:
    code = "```py\nimport this\n"
    growing = GrowingMarkdown()
    growing.update(code)
    assert "<span" not in growing.html
    growing.update(code + "```\n")
    growing.update(code + "```\nafter")
    assert '<span class="k">import </span>this\n' in growing.html


def test_code_is_coloured_in_another_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    threads = []

    def highlight(code: str, _: str) -> str:
        threads.append(threading.current_thread())
        return code

    monkeypatch.setattr(markdown, "highlight", highlight)
    growing = GrowingMarkdown()
    growing.update("```py\n1\n```\n")
    assert isinstance(growing.colouring, Future)
    growing.colouring.result()
    growing.update("```py\n1\n```\n\nafter")

    assert len(threads) == 1
    assert threads[0] is not threading.current_thread()
    assert len(growing.settled) == 1


def test_a_link_gets_its_address_as_soon_as_it_is_known() -> None:
    text = "See [one][a] and [two][B].\n\nAnother.\n\n"
    growing = GrowingMarkdown()
    shown = Shown(growing.cursor())
    growing.update(text)
    growing.update(text := f"{text}[a]: https://a.example/\n[b]: https://b.example/ 'Title'\n")
    shown.follow()
    assert "href" not in shown.html
    growing.update(text := f"{text}\nLast.\n")
    shown.follow()
    assert 'href="https://a.example/">one</a>' in shown.html
    assert 'href="https://b.example/" title="Title">two</a>' in shown.html
    growing.update(text := f"{text}\nSee [one again][a]")
    shown.follow()
    assert shown.html.count('href="https://a.example/"') == 2
    growing.finish(render(text))
    shown.follow()
    assert growing.restarts == 1


def test_a_footnote_is_not_hidden_while_the_reply_grows() -> None:
    growing = GrowingMarkdown()
    growing.update("One[^1].\n\n[^1]: Word\n\nmore")
    assert "[^1]: Word" in growing.html
