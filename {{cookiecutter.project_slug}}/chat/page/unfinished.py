"""The end of a text that is still being written, as it is most likely meant.

Markdown means something only once a marker is closed or a line has ended. Shown as it stands, text
would turn bold, or into a table, after a reader has seen its markers. So open markers are closed,
and a line that is nothing but markers is held back until more of it is known.
"""

import re

# A line that may become a heading, a rule, a list, a quote, a fence, or the line under a heading.
ONLY_MARKERS = re.compile(r"\s*(?:[-*_=+#>|`~\s]+|\d{1,9}[.)]?\s*)")
MAYBE_FENCE = re.compile(r" {0,3}[`~]+")
TABLE_ROW = re.compile(r"\s{0,3}\|")
TABLE_RULE = re.compile(r"[|:\-\s]*")
# Where inline markers begin anew: a list item, a heading, a quote, a cell.
LINE_START = re.compile(r"\s*(?:[-*+]\s+|\d{1,9}[.)]\s+|#{1,6}\s+|>\s*)+")
# Written so that the search skips to their first characters: a paragraph may be very long.
BACKTICKS = re.compile(r"``*")
EMPHASIS = re.compile(r"\\.|\*\**|__*|~~", re.DOTALL)
OPEN_LINK = re.compile(r"!?\[([^\[\]]*)(?:\](?:\([^()\s]*(?:\s[^()]*)?)?)?$")
# Stands for code where markers are looked for.
CODE = "\0"


def close(text: str, fence: str) -> str:
    """The text with its open end closed. `fence` is that of the code block it is in, or empty."""
    head, newline, last = text.rpartition("\n")
    if fence:
        # It may become the fence that closes the block.
        return head + newline if MAYBE_FENCE.fullmatch(last) else text
    block = _block(text)
    if TABLE_ROW.match(block) and block.strip("| "):
        return _close_table(text)
    if ONLY_MARKERS.fullmatch(last):
        return head + newline
    start = len(text) - len(block)
    if line := LINE_START.match(last):
        start = len(head) + len(newline) + line.end()
    return text[:start] + _close_inline(text[start:])


def _block(text: str) -> str:
    """What follows the last blank line."""
    return text[text.rfind("\n\n") + 2 :] if "\n\n" in text else text


def _close_table(text: str) -> str:
    """Close the last cell, and give a table that has only its first row the line it needs."""
    head, newline, last = text.rpartition("\n")
    if not TABLE_RULE.fullmatch(last):
        cell = last.rfind("|") + 1
        text = head + newline + last[:cell] + _close_inline(last[cell:])
    block = _block(text)
    first, newline, rest = block.partition("\n")
    if "\n" in rest or not TABLE_RULE.fullmatch(rest):
        return text if last.strip("| ") else head + newline
    columns = max(first.strip().strip("|").count("|") + 1, 1)
    rule = "|" + "---|" * columns
    if newline and rest.count("|") > columns:
        rule = rest  # whole already, with the alignment of its columns
    return text[: len(text) - len(block)] + f"{first}\n{rule}"


def _close_inline(text: str) -> str:
    """Close code, a link and emphasis; no marker in code means anything."""
    plain, opened = _without_code(text)
    if opened is not None:
        before, marker, inside = text[: opened.start()], opened[0], text[opened.end() :]
        # A part of its closing marker may be there.
        inside = inside.rstrip("`")
        code = f"{marker}{inside}{marker}" if inside.strip() else ""
        return _close_emphasis(before, plain[: opened.start()], code)
    bracket = text.rfind("[")
    # An image's "!" is before it. Without a bracket the search would read all of the paragraph.
    link = OPEN_LINK.search(text, max(bracket - 1, 0)) if bracket >= 0 else None
    if link and plain[link.start()] != CODE and text[link.start() - 1 : link.start()] != "\\":
        text, plain = text[: link.start()] + link[1], plain[: link.start()] + link[1]
    return _close_emphasis(text, plain, "")


def _without_code(text: str) -> tuple[str, re.Match[str] | None]:
    """The text with other characters for its code, and the backticks that are still open."""
    plain, end = "", 0
    while opened := BACKTICKS.search(text, end):
        closing = (run for run in BACKTICKS.finditer(text, opened.end()) if run[0] == opened[0])
        closed = next(closing, None)
        if closed is None:
            return plain + text[end:], opened
        plain += text[end : opened.start()] + CODE * (closed.end() - opened.start())
        end = closed.end()
    return plain + text[end:], None


def _close_emphasis(text: str, plain: str, code: str) -> str:
    """Close what is open in `text`, after the code that ends it."""
    if not code:
        plain = plain.rstrip("*_~")
        text = text[: len(plain)]
    opened: list[str] = []
    for found in EMPHASIS.finditer(plain):
        marker = found[0]
        if marker[0] == "\\":
            continue
        before = plain[max(found.start() - 1, 0) : found.start()]
        after = plain[found.end() : found.end() + 1] or code[:1]
        if marker[0] == "_" and before.isalnum() and after.isalnum():
            continue
        if marker in opened and before.strip():
            del opened[opened.index(marker) :]
        elif after.strip():
            opened.append(marker)
    if not opened:
        return text + code
    return (text + code).rstrip(" ") + "".join(reversed(opened))
