"""Tests the HTML of a text: what GitHub shows for it, and nothing that runs or loads."""

import re
from html import unescape
from html.parser import HTMLParser

import pytest

from chat.page import highlighting
from chat.page.highlighting import highlight
from chat.page.markdown import render
from fake_model.prose import XSS

ATTRIBUTES = {"href", "rel", "target", "title", "class", "start", "align", "data-href"}


class Tags(HTMLParser):
    """The elements and attributes that a browser would see."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


@pytest.mark.parametrize(
    "text", [XSS, "![x](https://example.com/x.png)", "[x](javascript:x)", "[x](/accounts/logout/)"]
)
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


PAGE = 'rel="noopener noreferrer" target="_blank" href='
ALIKE = {
    "bare addresses": (
        "See https://example.com/a_b. Or www.example.com",
        f'<p>See <a {PAGE}"https://example.com/a_b">https://example.com/a_b</a>. '
        f'Or <a {PAGE}"http://www.example.com">www.example.com</a></p>\n',
    ),
    "line breaks": ("A: 1\nB: 2", "<p>A: 1<br>\nB: 2</p>\n"),
    "tasks": (
        "- [x] done\n- [ ] to do",
        '<ul>\n<li><input type="checkbox" checked disabled aria-label="Done"> done</li>\n'
        '<li><input type="checkbox" disabled aria-label="To do"> to do</li>\n</ul>\n',
    ),
    "tasks in paragraphs": (
        "1. [X] one\n\n   more",
        '<ol>\n<li>\n<p><input type="checkbox" checked disabled aria-label="Done"> one</p>\n'
        "<p>more</p>\n</li>\n</ol>\n",
    ),
    "harmless tags": (
        "H<sub>2</sub>O<br/>`<br>` <kbd>Esc</kbd> <sub onclick=x>",
        "<p>H<sub>2</sub>O<br><code>&lt;br&gt;</code> <kbd>Esc</kbd> &lt;sub onclick=x&gt;</p>\n",
    ),
    "what looks like a tag": (
        r"\<br> [a](http://b/\(c\))",
        f'<p>&lt;br&gt; <a {PAGE}"http://b/(c)">a</a></p>\n',
    ),
    "nested fences": (
        "````\n```\nx\n```\n````",
        "<pre><code>```\nx\n```\n</code></pre>\n",
    ),
    "notes": (
        "> [!TIP]\n> x",
        '<div class="markdown-alert markdown-alert-tip">\n'
        '<p class="markdown-alert-title">Tip</p>\n<p>x</p>\n</div>\n',
    ),
    "formulas": (
        r"\(a_1\), $b_2 * c_3$ and $5 or $6 \(not",
        r'<p><span class="math">\(a_1\)</span>, <span class="math">$b_2 * c_3$</span> '
        "and $5 or $6 (not</p>\n",
    ),
    "displayed formulas": (
        "\\[\n- a_1 \\\\\n= b\n\\]\n\n$$x < y$$\n\n`\\[ \\(`",
        '<p><span class="math">\\[\n- a_1 \\\\\n= b\n\\]</span></p>\n'
        '<p><span class="math">$$x &lt; y$$</span></p>\n<p><code>\\[ \\(</code></p>\n',
    ),
    "formulas in code": ("```\n\\[\n- a\n\\]\n```", "<pre><code>\\[\n- a\n\\]\n</code></pre>\n"),
}


@pytest.mark.parametrize(("text", "html"), ALIKE.values(), ids=ALIKE.keys())
def test_it_shows_what_github_shows(text: str, html: str) -> None:
    assert render(text) == html


def test_a_footnote_and_its_number_lead_to_each_other() -> None:
    html = render("One.[^a]\n\n[^a]: Its text, and [no](#fn-a).")

    assert '<a href="#fn-a" id="fnref-a" data-footnote-ref>1</a>' in html
    assert '<li id="fn-a">' in html
    assert '<a href="#fnref-a" class="footnote-backref"' in html
    # What a model writes leads nowhere on this page.
    assert 'data-href="#fn-a">no</a>' in html


def test_code_is_coloured_by_classes_and_stays_the_same_text() -> None:
    code = "def f(x: int) -> str:\n    return f\"<{x}> & 'co'\"  # <b>\n"
    html = render(f"```python\n{code}```\n")

    assert '<span class="k">def </span><span class="f">f</span>' in html
    assert '<span class="c"># &lt;b&gt;' in html
    assert "style=" not in html
    assert unescape(re.sub("<.*?>", "", html)) == f"{code}\n"


@pytest.mark.parametrize("language", ["", "no-such-language", '"><script>', "text"])
def test_code_in_an_unknown_language_is_plain(language: str) -> None:
    assert highlight("<a> = 1\n", language) == "&lt;a&gt; = 1\n"


def test_a_fault_of_a_lexer_does_not_hide_the_code(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(highlighting, "_class", lambda _: 1 / 0)

    assert highlight("faulty", "python") == "faulty"
    assert "without colours" in caplog.text
