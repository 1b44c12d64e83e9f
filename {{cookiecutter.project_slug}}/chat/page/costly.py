"""Tells which Markdown takes too long to render on the event loop.

djust renders 60 kB of ordinary Markdown in 1 to 3 ms. A few unusual texts take up to 2 s, or give
10 MB of HTML. With these limits a text of up to 60 kB takes less than 10 ms.
"""

import re

# Limits on density do not apply to a text shorter than this.
MINIMUM_SIZE = 60_000
MARKERS = "[]()!<>&*_~`|\\#-\n"
# One character in three: `[a](` repeated takes 10 ms for 60 kB.
MAXIMUM_MARKERS = 1 / 3
# Markers of emphasis, as a share of all characters. The time grows with their square: `*a__`
# repeated takes 88 ms for 60 kB.
MAXIMUM_EMPHASIS = 1 / 10
# A row with fewer cells than the head is filled up: 60 kB of one-letter rows give 10 MB of HTML.
MAXIMUM_CELLS = 20_000
# Characters that open nested lists, times lines. A blank line takes time for each list it is in:
# 20,000 nested lists and 20,000 blank lines take 2 s.
MAXIMUM_NESTING = 2_000_000

# Not the underscores in snake_case. Each alternative starts with a character to skip to.
EMPHASIS = re.compile(r"\*\**|~~*|_(?<!__)_*+(?!\w)|_(?<!\w_)_*+")
NESTED = re.compile(r"\n(?=[ \t>*+\-\d.)]{16})(?:[ \t>]|[-*+](?=[ \t])|\d{1,9}[.)](?=[ \t])){16,}")


def is_costly(text: str) -> bool:
    """Whether to show `text` as it stands instead of rendering it. Its lines end in "\\n"."""
    size = max(len(text), MINIMUM_SIZE)
    lines = text.count("\n") + 1
    return (
        _count(text, MARKERS) > size * MAXIMUM_MARKERS
        or _emphasis(text, size * MAXIMUM_EMPHASIS)
        or (text.count("|") * lines > MAXIMUM_CELLS and _cells(text) > MAXIMUM_CELLS)
        or (len(text) * lines > MAXIMUM_NESTING and _nesting(text) * lines > MAXIMUM_NESTING)
    )


def _count(text: str, characters: str) -> int:
    return sum(map(text.count, characters))


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
