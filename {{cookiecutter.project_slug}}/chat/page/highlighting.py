"""Colours code: Pygments' tokens as spans, with the few classes of `static/chat/code.css`.

Pygments is slow, about 4 ms for each kB, so `highlight` is called in threads only.
"""

import functools
import logging
import re
import time
from typing import Any

from django.utils.html import escape
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Token
from pygments.util import ClassNotFound

logger = logging.getLogger("chat")

# A lexer may take long for one match in an unusual text. It holds the GIL, so the event loop waits.
# So code is read in parts, which end where a definition does, if one does. Larger code stays plain,
# and code with longer lines or more empty lines in a row, which nobody writes.
PART = re.compile(r".{1,4000}(?:\n\n(?=\S)|\Z)|.{1,4000}\n|.{1,4000}", re.DOTALL)
MAXIMUM_LINE = 500
EMPTY_LINES = re.compile(r"(?:[ \t]*\n){10}")
MAXIMUM_SIZE = 20_000
# Some texts, such as thousands of empty comments in C, take many matches.
MAXIMUM_SECONDS = 1.0
# A thread that computes gives up the GIL after 5 ms only, each time that the event loop wants it
# back. So this one rests for a moment after each millisecond.
WORK_SECONDS = 0.001
REST_SECONDS = 0.0003

# A lexer takes up to 0.1 seconds to build, at its first use. These are built at startup.
COMMON = (
    *("bash", "c", "cpp", "css", "diff", "go", "html", "java", "javascript", "json", "php"),
    *("python", "rust", "sql", "typescript", "yaml"),
)

CLASSES = {
    Token.Comment: "c",
    Token.Comment.Preproc: "k",
    Token.Keyword: "k",
    Token.Keyword.Constant: "n",
    Token.Keyword.Type: "t",
    Token.Literal.Number: "n",
    Token.Literal.String: "s",
    Token.Name.Attribute: "t",
    Token.Name.Builtin: "t",
    Token.Name.Class: "f",
    Token.Name.Decorator: "f",
    Token.Name.Exception: "t",
    Token.Name.Function: "f",
    Token.Name.Tag: "k",
    Token.Name.Variable: "t",
    Token.Operator.Word: "k",
    Token.Generic.Deleted: "d",
    Token.Generic.Inserted: "i",
    Token.Generic.Heading: "f",
    Token.Generic.Subheading: "f",
    Token.Generic.Output: "c",
    Token.Generic.Prompt: "c",
}


@functools.lru_cache(maxsize=256)
def highlight(code: str, language: str) -> str:
    """`code` as HTML, coloured if Pygments knows the `language`, and the code is not unusual."""
    lexer = _lexer(language)
    if lexer is None or _is_unusual(code):
        return escape(code)
    try:
        return _spans(lexer, code)
    except Exception:  # a fault of one of five hundred lexers must not hide the reply
        logger.exception("code in %s is shown without colours", language)
        return escape(code)


def load() -> None:
    """Build the lexers of common languages. It blocks for half a second."""
    for language in COMMON:
        highlight("x\n", language)


def _spans(lexer: Lexer, code: str) -> str:
    spans: list[str] = []
    rested = time.monotonic()
    until = rested + MAXIMUM_SECONDS
    open_class, text = "", ""
    for part in PART.findall(code):
        for token, value in lexer.get_tokens(part):
            now = time.monotonic()
            if now > until:
                return escape(code)
            if now - rested > WORK_SECONDS:
                time.sleep(REST_SECONDS)
                rested = time.monotonic()
            # Spaces have no colour: they join what is on both sides.
            name = open_class if value.isspace() else _class(token)
            if name != open_class:
                spans.append(_span(open_class, text))
                open_class, text = name, ""
            text += value
    spans.append(_span(open_class, text))
    return "".join(spans)


def _is_unusual(code: str) -> bool:
    return (
        len(code) > MAXIMUM_SIZE
        or max(map(len, code.split("\n"))) > MAXIMUM_LINE
        or EMPTY_LINES.search(code) is not None
    )


def _span(name: str, text: str) -> str:
    return f'<span class="{name}">{escape(text)}</span>' if name else escape(text)


@functools.cache
def _class(token: Any) -> str:
    while token is not None:
        if token in CLASSES:
            return CLASSES[token]
        token = token.parent
    return ""


def _lexer(language: str) -> Lexer | None:
    try:
        return get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None
