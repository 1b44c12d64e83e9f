"""The edits that bring the HTML of a growing reply to each page."""

from typing import NamedTuple, Protocol

# A `drop` that replaces all that the page shows of the reply, and a `tail` that settles nothing.
EVERYTHING = -1


class Edit(NamedTuple):
    """A change to the unsettled end of the HTML on a page.

    Replace its last `drop` UTF-16 code units (the unit of JavaScript's strings) by `html`. Then all
    but the last `tail` code units is settled: the next edit changes these only. If `tail` is
    `EVERYTHING`, nothing is settled. If `drop` is `EVERYTHING`, what was settled is replaced, too.

    `drop` is counted from the end, where it is usually just the closing tags: the same small
    number each time, which deflate compresses away.
    """

    drop: int
    html: str
    tail: int


class Growing(Protocol):
    """HTML that grows: finished blocks, an end, and how often a finished block has changed."""

    settled: list[str]
    end: str
    restarts: int


class Cursor:
    """How much of a growing reply one watcher has been sent."""

    def __init__(self, markdown: Growing) -> None:
        self._markdown = markdown
        self._restarts = 0
        self._settled = 0  # blocks
        self._end = ""

    def edit(self) -> Edit | None:
        """What has changed since the last call, if anything has."""
        before, end = self._end, self._markdown.end
        restarted = self._restarts != self._markdown.restarts
        if restarted:
            self._restarts, self._settled, before = self._markdown.restarts, 0, ""
        blocks = self._markdown.settled[self._settled :]
        if not (blocks or restarted) and before == end:
            return None
        self._settled += len(blocks)
        self._end = end
        # What is on the page already is not sent again, on whichever side of the border it is.
        html = "".join(blocks) + end
        same = common_prefix(before, html)
        drop = EVERYTHING if restarted else _units(before[same:])
        return Edit(drop, html[same:], _units(end) if blocks else EVERYTHING)


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def common_prefix(one: str, other: str) -> int:
    """How many characters two texts share at their start. Compares halves, so C does the work."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
