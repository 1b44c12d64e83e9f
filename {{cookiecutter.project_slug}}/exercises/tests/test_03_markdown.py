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


def quoted(text: str) -> str:
    """Each line of a text on a line of its own, in quotes: blanks at its end can be seen."""
    return "\n".join(f'    "{line}"' for line in text.split("\n"))


def closes(text: str, expected: str, *, in_code: bool = False, advice: str = "") -> None:
    """Fail with both texts, and `advice`, unless `close` makes `expected` of `text`."""
    found = close(text, in_code=in_code)
    if found != expected:
        said = f"{advice} `close` was given".lstrip()
        pytest.fail(
            f"{said}\n{quoted(text)}\nand has returned\n{quoted(found)}\n"
            f"It should return\n{quoted(expected)}"
        )


def contains(text: str, expected: str) -> None:
    """Fail with text and HTML unless the HTML of a growing `text` contains `expected`."""
    has(text, growing(text), expected)


def has(text: str, html: str, expected: str) -> None:
    """Fail with text and HTML unless `expected` is in `html`."""
    if expected not in html:
        pytest.fail(
            f"The HTML lacks {expected}\nThe text is\n{quoted(text)}\nand its HTML\n"
            f"{quoted(html.strip())}"
        )


def test_a_half_fence() -> None:
    """Of a code block, a last line that may become its closing fence is held back."""
    closes("```\nx = 1\n``", "```\nx = 1\n", in_code=True)
    closes("```\nx = 1", "```\nx = 1", in_code=True)


@pytest.mark.parametrize("line", ["x **", "- ", "---", "``x"])
def test_code_is_left_alone(line: str) -> None:
    """In a code block, all but a closing fence is code: nothing is closed or held back."""
    closes(f"```\n{line}", f"```\n{line}", in_code=True)


@pytest.mark.parametrize("text", ["so **bold", "so **bold*", "so **bold**"])
def test_emphasis(text: str) -> None:
    """Bold text is bold from its first letter on."""
    contains(text, "<strong>bold</strong>")


def test_a_line_that_has_ended() -> None:
    """An empty last line is no marker: what is open before it is closed."""
    contains("some `code\n", "<code>code </code>")


@pytest.mark.parametrize("line", ["-", "- ", "1.", "1. ", "- [ ] ", "##", ">", "``", "|"])
def test_markers_alone(line: str) -> None:
    """A last line of nothing but markers is held back."""
    closes(f"Text.\n\n{line}", "Text.\n\n")


def test_a_line_of_a_formula() -> None:
    """Inside a formula that is open, `-` is no marker of a list."""
    advice = "Inside a formula, neither `ONLY_MARKERS` nor `LINE_START` counts."
    for line in ("-", "- b"):
        closes(f"\\[\na\n{line}", f"\\[\na\n{line}\n\\]", advice=advice)


def test_a_formula_before_the_block() -> None:
    """A formula cannot go on after a blank line: then `-` is a marker again."""
    closes("\\[\na\n\n-", "\\[\na\n\n", advice="`_open_formula` looks at the block alone.")


def test_a_list_item() -> None:
    """The marker of a list is no emphasis: `* one **two` is an item with bold text."""
    contains("* one **two", "<li>one <strong>two</strong></li>")
    contains("* **two", "<li><strong>two</strong></li>")


def test_the_line_of_a_marker() -> None:
    """Where the last line has a marker, only what follows it is closed; all before it stays."""
    closes("a **b\n* c", "a **b\n* c")
    closes("a **b\n* c **d", "a **b\n* c **d**")


def test_half_a_table_row() -> None:
    """The first row of a table is a table before its rule has come, and while the rule comes."""
    for text in ("| one | two", "| one | two |\n", "| one | two |\n|--"):
        contains(text, "<table>")
        contains(f"Text.\n\n{text}", "<table>")
    closes("Text.\n\n| one", "Text.\n\n| one\n|---|")


def image(text: str, expected: str) -> str:
    """The HTML of Markdown with an image. Fails with a sentence unless it contains `expected`."""
    html = render(text)
    if "<img" in html:
        found = quoted(html.strip())
        pytest.fail(f"An image would load. The text is\n{quoted(text)}\nand its HTML\n{found}")
    has(text, html, expected)
    return html


def test_an_image() -> None:
    """An image becomes a link: to load it would tell its server who reads the reply."""
    image("![a cat](https://example.com/cat.png)", 'href="https://example.com/cat.png">a cat</a>')
    image("![1](https://example.com/1) and ![2](https://example.com/2)", ">2</a>")


def test_an_image_is_html_already() -> None:
    """Its address and its words are escaped already, and are not escaped again."""
    image("![a & b](https://example.com/?1&2)", 'href="https://example.com/?1&amp;2">a &amp; b<')


def test_an_image_without_words() -> None:
    """An image without words shows its address, in a link as well: else nobody could see it."""
    image("![](https://example.com/cat.png)", ">https://example.com/cat.png</a>")
    image("[![](cat.png)](https://example.com/)", ">cat.png</a>")


def test_an_image_in_a_link() -> None:
    """An image inside a link becomes its words, as no link can be inside another."""
    html = image("[![a cat](cat.png)](https://example.com/)", ">a cat</a>")
    assert html.count("<a ") == 1, f"There is a link in a link: {html}"


def test_a_script() -> None:
    """A script of the model is text, also before its end has come."""
    contains("Hello <script>alert(1)", "&lt;script&gt;")
    html = growing("Hello <script>alert(1)")
    assert "<script" not in html, f"The script would run: {html}"
