"""Step 3: Markdown is safe, and unfinished Markdown looks as it will when it is finished."""

import pytest

from chat.page.growing import GrowingMarkdown
from chat.page.markdown import render
from chat.page.unfinished import close


def growing(text: str) -> str:
    """The HTML of a reply of which `text` has arrived."""
    markdown = GrowingMarkdown()
    markdown.update(text)
    return markdown.html


def test_a_half_fence() -> None:
    """Of a code block, a last line that may become its closing fence is held back."""
    assert close("```\nx = 1\n``", in_code=True) == "```\nx = 1\n"
    assert close("```\nx = 1", in_code=True) == "```\nx = 1", "Code itself must stay."


def test_code_is_left_alone() -> None:
    """In a code block, `**` is no emphasis."""
    assert close("```\nx **", in_code=True) == "```\nx **"


@pytest.mark.parametrize("text", ["so **bold", "so **bold*", "so **bold**"])
def test_emphasis(text: str) -> None:
    """Bold text is bold from its first letter on."""
    assert "<strong>bold</strong>" in growing(text), f"{text!r} became {growing(text)!r}"


@pytest.mark.parametrize("line", ["-", "- ", "1.", "##", ">", "``"])
def test_markers_alone(line: str) -> None:
    """A last line of nothing but markers is held back."""
    found = close(f"Text.\n\n{line}", in_code=False)
    assert found.rstrip() == "Text.", f"{line!r} is shown: {found!r}"


def test_a_list_item() -> None:
    """The marker of a list is no emphasis: `* one **two` is an item with bold text."""
    html = growing("* one **two")
    assert "<li>one <strong>two</strong></li>" in html, f"It became {html!r}"


def test_half_a_table_row() -> None:
    """The first row of a table is a table before its rule has come."""
    assert "<table>" in growing("| one | two"), f"It became {growing('| one | two')!r}"


def test_an_image() -> None:
    """An image becomes a link: to load it would tell its server who reads the reply."""
    html = render("![a cat](https://example.com/cat.png)")
    assert "<img" not in html, f"It became {html!r}"
    assert 'href="https://example.com/cat.png">a cat</a>' in html, f"It became {html!r}"


def test_an_image_without_words() -> None:
    """An image without words shows its address, in a link as well: else nobody could see it."""
    html = render("![](https://example.com/cat.png)")
    assert ">https://example.com/cat.png</a>" in html, f"It became {html!r}"
    html = render("[![](cat.png)](https://example.com/)")
    assert ">cat.png</a>" in html, f"It became {html!r}"


def test_an_image_in_a_link() -> None:
    """An image inside a link becomes its words, as no link can be inside another."""
    html = render("[![a cat](cat.png)](https://example.com/)")
    assert html.count("<a ") == 1 and ">a cat</a>" in html, f"It became {html!r}"


def test_a_script() -> None:
    """A script of the model is text, also before its end has come."""
    assert "<script" not in growing("Hello <script>alert(1)")
    assert "&lt;script&gt;" in growing("Hello <script>alert(1)")
