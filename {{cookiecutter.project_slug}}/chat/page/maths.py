r"""Keeps the source of formulas, `$x_1$` or `\(x_1\)`, as it is, for a reader to read or to copy.

comrak finds formulas, but not in code, and takes away the marks around them.
"""

import re
from urllib.parse import quote

# Noncharacters, which `restore` takes out again. INVISIBLE behind "\(" tells it from "$", which
# comrak does not, and behind "\<" from a tag. LINE_BREAK is one in a formula, where a line may look
# like a list or a heading.
INVISIBLE = "\ufdd0"
LINE_BREAK = "\ufdd1"

IN_ADDRESS = re.compile(f"{quote(INVISIBLE)}|{quote(LINE_BREAK)}")

OPENING = re.compile(r"\\[(\[<]")
_LINES = (
    r"^[ \t>]*(?:\$\$|\\\[)[ \t]*\n"
    r"(?:(?![ \t>]*(?:```|~~~|\$\$|\\[\[\]]|\n)).*\n)+"
    r"(?:[ \t>]*(?:\$\$|\\\])"
)
LINES = re.compile(_LINES + ")", re.MULTILINE)
OPEN_LINES = re.compile(_LINES + r"|\Z)", re.MULTILINE)
FORMULA = re.compile(
    rf'<span data-math-style="(inline|display)">({INVISIBLE}?)(.*?)</span>', re.DOTALL
)
MARKS = {
    ("inline", ""): ("$", "$"),
    ("display", ""): ("$$", "$$"),
    ("inline", INVISIBLE): (r"\(", r"\)"),
    ("display", INVISIBLE): (r"\[", r"\]"),
}


def join_lines(text: str, *, grows: bool = False) -> str:
    """Replace the line ends in formulas, in one that is still open too if the text `grows`."""
    if "$$" not in text and "\\[" not in text:
        return text
    lines = OPEN_LINES if grows else LINES
    return lines.sub(lambda formula: formula[0].replace("\n", LINE_BREAK), text)


def prepare(text: str) -> str:
    """The Markdown for comrak. Lines end in "\\n"."""
    text = join_lines(text)
    return OPENING.sub(rf"\g<0>{INVISIBLE}", text) if "\\" in text else text


def restore(html: str) -> str:
    """comrak's HTML with the source of each formula."""
    if "data-math-style" in html:
        html = FORMULA.sub(_source, html)
    html = html.replace(INVISIBLE, "").replace(LINE_BREAK, "\n")
    return IN_ADDRESS.sub("", html)


def _source(formula: re.Match[str]) -> str:
    opening, closing = MARKS[formula[1], formula[2]]
    return f'<span class="math">{opening}{formula[3]}{closing}</span>'
