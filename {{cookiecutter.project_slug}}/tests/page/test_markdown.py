"""Tests the HTML of a reply: safe at every cut, and the same while it grows as at its end."""

import copy
import random
from html.parser import HTMLParser

import pytest

from chat.page.markdown import Cursor, Edit, GrowingMarkdown, render, render_part
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
}


class Shown:
    """What log.js shows of one watcher's edits."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self.settled = ""
        self.end = ""

    def follow(self) -> None:
        edits = self._cursor.edits()
        assert len(edits) <= 2
        for edit in edits:
            self._apply(edit)

    def _apply(self, edit: Edit) -> None:
        # JavaScript counts UTF-16 code units.
        units = self.end.encode("utf-16-le")
        self.end = units[: len(units) - 2 * edit.drop].decode("utf-16-le") + edit.html
        if edit.settled:
            self.settled, self.end = self.settled + self.end, ""

    @property
    def html(self) -> str:
        return self.settled + self.end


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES.keys())
def test_edits_add_up_to_the_whole_at_every_cut(text: str) -> None:
    growing = GrowingMarkdown()
    shown = Shown(growing.cursor())
    for cut in range(len(text) + 1):
        growing.update(text[:cut], whole=True)
        shown.follow()
        assert shown.html == growing.html == render(text[:cut])


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES.keys())
def test_a_reply_can_end_at_every_cut(text: str) -> None:
    growing = GrowingMarkdown()
    shown = Shown(growing.cursor())
    for cut in range(len(text) + 1):
        growing.update(text[:cut])
        shown.follow()
        assert shown.html == growing.html
        ended = copy.deepcopy(growing)
        ended.update(text[:cut], whole=True)
        assert ended.html == render(text[:cut])


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
    growing.update(text, whole=True)
    for watcher in [*watchers, Shown(growing.cursor())]:
        watcher.follow()
        assert watcher.html == growing.html


def test_a_finished_block_is_not_sent_again() -> None:
    growing = GrowingMarkdown()
    cursor = growing.cursor()
    growing.update("First paragraph.\n\nSecond\n")
    assert len(cursor.edits()) == 2
    growing.update("First paragraph.\n\nSecond\none")
    assert cursor.edits() == [Edit(5, "\none</p>\n", False)]


def test_a_watcher_that_joins_late_gets_all_finished_blocks_in_one_edit() -> None:
    growing = GrowingMarkdown()
    for text in ("One\n\nTwo\n", "One\n\nTwo\n\nThree\n"):
        growing.update(text)
    one, two, three = "<p>One</p>\n", "<p>Two</p>\n", "<p>Three</p>\n"
    assert growing.cursor().edits() == [Edit(0, one + two, True), Edit(0, three, False)]


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES.keys())
def test_a_part_stays_as_it_was_shown(text: str) -> None:
    for cut in range(1, len(text)):
        growing = GrowingMarkdown()
        growing.update(text[:cut])
        assert render_part(text[:cut]) == growing.html


def test_what_is_open_at_the_end_of_a_part_is_closed() -> None:
    assert render_part("It is **bo") == "<p>It is <strong>bo</strong></p>\n"


def test_nothing_new_is_no_edit() -> None:
    growing = GrowingMarkdown()
    cursor = growing.cursor()
    assert cursor.edits() == []
    growing.update("text")
    assert cursor.edits() == [Edit(0, "<p>text</p>\n", False)]
    growing.update("text")
    assert cursor.edits() == []


ATTRIBUTES = {"href", "rel", "target", "title", "class", "start", "align", "data-href"}


class Tags(HTMLParser):
    """The elements and attributes that a browser would see."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


@pytest.mark.parametrize("text", [XSS, "![x](https://example.com/x.png)", "[x](javascript:x)"])
def test_nothing_runs_and_nothing_loads(text: str) -> None:
    for cut in range(len(text) + 1):
        for tag, attributes in Tags(render(text[:cut])).seen:
            assert tag not in {"script", "img", "svg", "iframe", "style", "math", "object", "form"}
            assert attributes.keys() <= ATTRIBUTES
            assert (attributes.get("href") or "https://").startswith(("http", "mailto:"))


def test_links_open_elsewhere_and_take_nothing_with_them() -> None:
    assert (
        render("[x](https://example.com/)")
        == '<p><a rel="noopener noreferrer" target="_blank" href="https://example.com/">x</a></p>\n'
    )
    assert ' href="HTTPS://EXAMPLE.COM/"' in render("[x](HTTPS://EXAMPLE.COM/)")


def test_columns_are_aligned_without_a_style_attribute() -> None:
    html = render("| a |\n|--:|\n| 1 |")
    assert '<th align="right">' in html
    assert "style=" not in html


def test_an_image_in_a_link_becomes_its_words() -> None:
    html = render("[![build *it*](https://a.example/b.svg)](https://a.example/ci)")
    assert html.count("<a ") == 1
    assert 'href="https://a.example/ci"' in html
    assert "<img" not in html


def test_an_image_becomes_a_link() -> None:
    html = render("![a map](https://example.com/map.png)")
    assert 'href="https://example.com/map.png">a map</a>' in html
