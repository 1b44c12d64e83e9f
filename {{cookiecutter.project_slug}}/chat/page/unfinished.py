"""Closes unfinished Markdown (`**bo`, a half table row) while a reply streams.

A marker means something only once it is closed or its line has ended. Without this, a reader would
first see the marker, and then see it disappear as the text turns bold or into a table. So open
markers are closed, and a line that is all markers is held back until more of it arrives.

Each function reads each character a fixed number of times.
"""

import re

# A line that may become a heading, a rule, a list, a task, a quote, a fence, or the line under a
# heading.
ONLY_MARKERS = re.compile(r"[-*_=+#>|`~\s]*|\d{1,9}[.)]?|(?:[-*+]|\d{1,9}[.)])\s+\[[ xX]?\]?")
MAYBE_FENCE = re.compile(r"[ \t>]*[`~]+")
TABLE_ROW = re.compile(r"\s{0,3}\|")
TABLE_RULE = re.compile(r"[|:\-\s]*")
# The markers of a list item, a heading or a quote. Inline markers before them are closed already.
LINE_START = re.compile(r"\s*(?:[-*+]\s+|\d{1,9}[.)]\s+|#{1,6}\s+|>\s*)+")
# "``*", not "`+": the search then skips to the first backtick, however long the paragraph is.
BACKTICKS = re.compile(r"``*")
EMPHASIS = re.compile(r"\\.|\*\**|__*|~~", re.DOTALL)
OPEN_LINK = re.compile(r"!?\[([^\[\]]*)(?:\](?:\([^()\s]*(?:\s[^()]*)?)?)?$")
# Formulas, and one that has begun. A formula cannot contain what begins another.
FORMULA = re.compile(r"\\[(\[](?:[^\\]|\\[^()\[\]])*+\\[)\]]|\$\$[^$]++\$\$")
OPEN_FORMULA = re.compile(r"(?:\\[(\[]|(?<!\S)\$\$(?=\n))(?:[^\\$]|\\[^()\[\]])*+(?:\\|\$)?$")
CLOSING = {"\\(": "\\)", "\\[": "\\]", "$$": "$$"}
# Stands for each character of code or of a formula, where other markers are looked for.
CODE = "\0"

# Only the innermost open markers are closed: each closing tag is sent again with each update.
MAXIMUM_OPEN = 8
# A paragraph with more inline markers is left as it is; to read so many takes 2 ms.
MAXIMUM_MARKERS = 2_500


def close(text: str, *, in_code: bool) -> str:
    """The text with its end closed. `in_code` tells whether the last line is in a code block."""
    head, newline, last = text.rpartition("\n")
    if in_code:
        # The line may become the fence that closes the block.
        return head + newline if MAYBE_FENCE.fullmatch(last) else text
    block = _block(text)
    if TABLE_ROW.match(block) and block.strip("| "):
        return _close_table(text)
    start = len(text) - len(block)
    if not _open_formula(block):
        if last and ONLY_MARKERS.fullmatch(last.strip()):
            return head + newline
        if line := LINE_START.match(last):
            start = len(head) + len(newline) + line.end()
    return text[:start] + _close_inline(text[start:])


def _block(text: str) -> str:
    """What follows the last blank line."""
    return text[text.rfind("\n\n") + 2 :] if "\n\n" in text else text


def _close_table(text: str) -> str:
    """Close the last cell. Below a first row that stands alone, add the rule of a table."""
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
        rule = rest  # complete, and it may align columns
    return text[: len(text) - len(block)] + f"{first}\n{rule}"


def _close_inline(text: str) -> str:
    """Close code, a link and emphasis. Markers inside code are text."""
    if sum(map(text.count, "`*_~\\")) > MAXIMUM_MARKERS:
        return text
    plain, opened = _without_code(text)
    if "\\" in plain or "$$" in plain:
        plain = FORMULA.sub(lambda formula: CODE * len(formula[0]), plain)
    if opened < 0 and (formula := _open_formula(plain)):
        start = formula.start()
        return _close_emphasis(text[:start], plain[:start], _formula(text[start:]))
    if opened >= 0:
        inside = text[opened:].lstrip("`")
        marker = "`" * (len(text) - opened - len(inside))
        # The end may hold a part of the closing marker.
        inside = inside.rstrip("`")
        code = f"{marker}{inside}{marker}" if inside.strip() else ""
        return _close_emphasis(text[:opened], plain[:opened], code)
    link = _open_link(text)
    if link and text[link.start() - 1 : link.start()] == "]":
        if link[0].endswith("]"):
            # A link by reference, `[text][label]`.
            return _close_emphasis(text, plain, "")
        text, plain = text[: link.start()], plain[: link.start()]
        link = _open_link(text)
    if link and plain[link.start()] != CODE and text[link.start() - 1 : link.start()] != "\\":
        text, plain = text[: link.start()] + link[1], plain[: link.start()] + link[1]
    return _close_emphasis(text, plain, "")


def _open_formula(text: str) -> re.Match[str] | None:
    return OPEN_FORMULA.search(text) if "\\" in text or "$$" in text else None


def _open_link(text: str) -> re.Match[str] | None:
    bracket = text.rfind("[")
    # Search from the last bracket, or from the "!" of an image before it: not the whole paragraph.
    return OPEN_LINK.search(text, max(bracket - 1, 0)) if bracket >= 0 else None


def _formula(opened: str) -> str:
    """A formula that has begun, closed; nothing as long as it is empty."""
    # The last character may begin the closing mark, or a command of TeX.
    inside = opened[2:].rstrip("\\$ \n")
    line_end = "\n" if inside.startswith("\n") else ""
    return f"{opened[:2]}{inside}{line_end}{CLOSING[opened[:2]]}" if inside.strip() else ""


def _without_code(text: str) -> tuple[str, int]:
    """The text with its code blanked out, and where code without an end opens, or -1."""
    # No list of matches: so many objects would start a full garbage collection.
    runs = [number for found in BACKTICKS.finditer(text) for number in found.span()]
    starts, ends = runs[::2], runs[1::2]
    # Code ends at the next run of the same length: for each run the index of that one, or -1.
    closing = [-1] * len(starts)
    following: dict[int, int] = {}
    for index in range(len(starts) - 1, -1, -1):
        length = ends[index] - starts[index]
        closing[index] = following.get(length, -1)
        following[length] = index
    parts: list[str] = []
    end = index = 0
    while index < len(starts):
        start, closed = starts[index], closing[index]
        if closed < 0:
            return "".join(parts) + text[end:], start
        parts += [text[end:start], CODE * (ends[closed] - start)]
        end, index = ends[closed], closed + 1
    return "".join(parts) + text[end:], -1


def _close_emphasis(text: str, plain: str, code: str) -> str:
    """Close the emphasis that is open in `text`, behind the code that ends it."""
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
            opened = [*opened[-MAXIMUM_OPEN + 1 :], marker]
    if not opened:
        return text + code
    return (text + code).rstrip(" ") + "".join(reversed(opened))
