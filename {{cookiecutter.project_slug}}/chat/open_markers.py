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
CODE = re.compile(r"(?<!`)(`+)(?!`)(.*?[^`])\1(?!`)", re.DOTALL)
OPEN_CODE = re.compile(r"(?<!`)(`+)(?!`)")
OPEN_LINK = re.compile(r"!?\[([^\[\]]*)(?:\](?:\([^()\s]*(?:\s[^()]*)?)?)?$")
EMPHASIS = re.compile(r"\\.|(\*+|_+|~~)", re.DOTALL)


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
        return text
    columns = max(first.strip().strip("|").count("|") + 1, 1)
    rule = "|" + "---|" * columns
    if newline and rest.count("|") > columns:
        rule = rest  # whole already, with the alignment of its columns
    return text[: len(text) - len(block)] + f"{first}\n{rule}"


def _close_inline(text: str) -> str:
    # Code first: no marker in it means anything.
    codes = list(CODE.finditer(text))
    start = codes[-1].end() if codes else 0
    if opened := OPEN_CODE.search(text, start):
        if opened.end() == len(text):
            text = text[: opened.start()]
        else:
            # A part of its closing marker may be there.
            code = opened[1] + text[opened.end() :].rstrip("`") + opened[1]
            return _close_emphasis(text[: opened.start()], code)
    link = OPEN_LINK.search(text, start)
    if link and (link.start() == 0 or text[link.start() - 1] != "\\"):
        text = text[: link.start()] + link[1]
    return _close_emphasis(text, "")


def _close_emphasis(text: str, code: str) -> str:
    """Close what is open in `text`, after the code that ends it."""
    if not code:
        text = text.rstrip("*_~")
    plain = CODE.sub(lambda found: "x" * len(found[0]), text)
    opened: list[str] = []
    for found in EMPHASIS.finditer(plain):
        marker = found[1]
        if marker is None:
            continue
        before, after = plain[found.start() - 1 : found.start()], plain[found.end() :][:1] or code
        if marker[0] == "_" and before.isalnum() and after[:1].isalnum():
            continue
        if marker in opened and before.strip():
            del opened[opened.index(marker) :]
        elif after.strip():
            opened.append(marker)
    return text.rstrip(" ") + code + "".join(reversed(opened)) if opened else text + code
