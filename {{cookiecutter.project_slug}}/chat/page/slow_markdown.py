"""Tells which Markdown takes too long to render on the event loop.

comrak renders 60 kB of ordinary Markdown in 1 to 4 ms. A few unusual texts take up to 1.4 s, or
give 10 MB of HTML. With these limits a text of up to 60 kB takes less than 10 ms.
"""

import re

# In a shorter text only formulas can be slow.
SHORT = 6_000
# Limits on density do not apply to a text shorter than this.
MINIMUM_SIZE = 60_000
MARKERS = "[]()!<>&*_~`|\\#-$\n"
# Three characters in ten: `[a](` repeated takes 24 ms for 60 kB.
MAXIMUM_MARKERS = 0.3
MAXIMUM_LINES = 10_000
# Marks of formulas. The time grows with their square: `\\(` repeated takes 1.4 s for 60 kB.
FORMULA = ("\\(", "\\[", "$")
MAXIMUM_FORMULAS = 1_500
# Each address becomes a link, which is much longer.
ADDRESS = ("@", "www.", "://")
MAXIMUM_ADDRESSES = 4_000
# Markers of emphasis, as a share of all characters. The time grows with their square: `*a__`
# repeated takes 15 ms for 60 kB.
MAXIMUM_EMPHASIS = 1 / 10
# A row with fewer cells than the head is filled up: 60 kB of one-letter rows give 10 MB of HTML.
MAXIMUM_CELLS = 20_000
# Characters that open nested lists, times lines. A blank line takes time for each list it is in:
# 20,000 nested lists and 20,000 blank lines take 2 s.
MAXIMUM_NESTING = 2_000_000

# Not the underscores in snake_case. Each alternative starts with a character to skip to.
EMPHASIS = re.compile(r"\*\**|~~*|_(?<!__)_*+(?!\w)|_(?<!\w_)_*+")
NESTED = re.compile(r"\n(?=[ \t>*+\-\d.)]{16})(?:[ \t>]|[-*+](?=[ \t])|\d{1,9}[.)](?=[ \t])){16,}")


def is_slow(text: str) -> bool:
    """Whether to show `text` as it stands instead of rendering it. Its lines end in "\\n"."""
    if _count(text, FORMULA) > MAXIMUM_FORMULAS:
        return True
    if len(text) < SHORT:
        return False
    size = max(len(text), MINIMUM_SIZE)
    lines = text.count("\n") + 1
    return (
        lines > MAXIMUM_LINES
        or _count(text, MARKERS) > size * MAXIMUM_MARKERS
        or _count(text, ADDRESS) > MAXIMUM_ADDRESSES
        or _emphasis(text, size * MAXIMUM_EMPHASIS)
        or (text.count("|") * lines > MAXIMUM_CELLS and _cells(text) > MAXIMUM_CELLS)
        or (len(text) * lines > MAXIMUM_NESTING and _nesting(text) * lines > MAXIMUM_NESTING)
    )


def _count(text: str, marks: str | tuple[str, ...]) -> int:
    return sum(map(text.count, marks))


def _emphasis(text: str, maximum: float) -> bool:
    # Counting is much faster than the search.
    return _count(text, "*_~") > maximum and len(EMPHASIS.findall(text)) > maximum


def _cells(text: str) -> int:
    """The maximum number of cells that the tables of `text` can have."""
    # A head, its rule, and a row.
    tables = (part.split("\n") for part in text.split("\n\n") if part.count("\n") >= 2)
    return sum(len(rows) * max(row.count("|") for row in rows) for rows in tables)


def _nesting(text: str) -> int:
    """The length of the longest run of markers and spaces at the start of a line."""
    return max((len(found[0]) for found in NESTED.finditer("\n" + text)), default=0)
