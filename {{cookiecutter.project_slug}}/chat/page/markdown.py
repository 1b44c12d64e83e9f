"""Renders a reply's Markdown as safe HTML, whole or while it grows.

djust does the rendering: it escapes raw HTML and neutralises `javascript:` and `data:` addresses
(`djust.markdown.render_markdown`).
"""

import re
from typing import NamedTuple

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from djust.markdown import render_markdown

from chat.page import unfinished
from chat.page.costly import is_costly

# djust writes these tags. It escapes "<" in text, so no text can look like them.
IMAGE = re.compile(r'<img src="([^"]*)" alt="([^"]*)"[^>]*>')
LINK_TO_PAGE = re.compile(r'<a href="(?=(?i:https?://|mailto:))')
LINK = re.compile(r"<a .*?</a>", re.DOTALL)
NEW_TAB = '<a rel="noopener noreferrer" target="_blank" '
CELLS = {
    f'<{cell} style="text-align: {side}"': f'<{cell} align="{side}"'
    for cell in ("th", "td")
    for side in ("left", "center", "right")
}

LIST_ITEM = re.compile(r"(?:[-*+]|\d{1,9}[.)])(?:\s|$)")
FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")

# All updates of a reply together may render this many characters for each character of its text,
# and FREE_WORK more. So a block of up to about 4 kB is updated with each token, and a very long one
# each time that it has grown by 1/128.
WORK_PER_CHARACTER = 128
FREE_WORK = 1_000_000
# Sending a character counts as much as rendering this many.
WORK_PER_SENT = 8
# The lines that one update looks at. The rest waits for the next update.
MAXIMUM_LINES = 3_000


def render(text: str) -> SafeString:
    """`text` as safe HTML.

    An image becomes a link: loading it would tell its server who reads the reply. Text that would
    take too long is shown as it stands. djust releases the GIL, so a thread can render a long text
    while the event loop runs.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if is_costly(text):
        return format_html("<pre>{}</pre>\n", text)
    html: str = render_markdown(text, provisional=False)
    if "<img " in html:
        # A link cannot be inside another, so an image in a link becomes its words.
        html = LINK.sub(lambda link: IMAGE.sub(lambda image: image[2] or image[1], link[0]), html)
        html = IMAGE.sub(lambda image: f'<a href="{image[1]}">{image[2] or image[1]}</a>', html)
    # The Content-Security-Policy allows no style attribute.
    for styled, aligned in CELLS.items():
        html = html.replace(styled, aligned)
    html = LINK_TO_PAGE.sub(f'{NEW_TAB}href="', html)
    # An address on this site, or of an unknown kind, can only be a mistake of the model.
    return mark_safe(html.replace('<a href="', f'{NEW_TAB}data-href="'))


def render_part(text: str) -> SafeString:
    """Safe HTML of a reply that did not end well, as it was shown while it grew."""
    return render(GrowingMarkdown().closed(text))


class Edit(NamedTuple):
    """A change to the unsettled end of the HTML on a page.

    Replace its last `drop` UTF-16 code units (the unit of JavaScript's strings) by `html`.
    `drop` is counted from the end, where it is usually just the closing tags: the same small
    number each time, which deflate compresses away. If `settled`, the HTML up to here is final,
    and the next edit starts an empty unsettled end behind it.
    """

    drop: int
    html: str
    settled: bool


class GrowingMarkdown:
    """The HTML of one reply while it grows, rendered once for all its watchers.

    A finished block is settled: it is never rendered again. The last block is rendered at each
    update, unless it has become so long that this would cost too much: see `WORK_PER_CHARACTER`.
    """

    def __init__(self) -> None:
        self.settled: list[str] = []  # the HTML of the finished blocks
        self.end = ""  # the HTML of the block that still grows
        self._settled = 0  # characters of the text
        self._scanned = 0
        self._work = 0
        self._fence = ""
        self._is_list = False
        self._is_html = False
        self._after_blank = False

    @property
    def html(self) -> str:
        return "".join(self.settled) + self.end

    def cursor(self) -> "Cursor":
        """For a watcher whose page shows nothing of the reply yet."""
        return Cursor(self)

    def update(self, text: str, *, whole: bool = False) -> None:
        """Take in the text so far, which must begin with the text of the last update.

        Until it is `whole`, unfinished Markdown at its end is closed, and a long block may wait
        for a later update.
        """
        unsettled = len(text) - self._settled
        affordable = FREE_WORK + WORK_PER_CHARACTER * len(text)
        if not whole and self._work + unsettled > affordable:
            return
        block = self._scan(text, MAXIMUM_LINES)
        before = self.end
        if block > self._settled:
            self.settled.append(render(text[self._settled : block]))
            self._settled = block
            before = ""
        shown = text[block:]
        if not whole and "\n" not in text[self._scanned :]:
            shown = unfinished.close(shown, self._fence)
        self.end = render(shown)
        sent = len(self.end) - _common_prefix(before, self.end)
        self._work += max(unsettled, len(shown)) + WORK_PER_SENT * sent

    def closed(self, text: str) -> str:
        """The text with the unfinished Markdown at its end closed."""
        block = self._scan(text)
        return text[:block] + unfinished.close(text[block:], self._fence)

    def _scan(self, text: str, maximum_lines: int = -1) -> int:
        """Where the last block begins, as far as complete lines tell. Reads only new lines.

        A block ends at a blank line, unless the next line may continue it: in a fence, in a list,
        indented, or after raw HTML, which may contain blank lines.
        """
        block = self._settled
        for line in text[self._scanned :].split("\n", maximum_lines)[:-1]:
            start = self._scanned
            self._scanned += len(line) + 1
            if self._fence:
                self._close_fence(line)
                continue
            if not line.strip():
                self._after_blank = True
                continue
            if self._after_blank or start == self._settled:
                is_item = bool(LIST_ITEM.match(line))
                goes_on = line[0].isspace() or self._is_html or (self._is_list and is_item)
                if self._after_blank and not goes_on:
                    block = start
                if block == start:
                    self._is_list = is_item
                self._after_blank = False
            first = line.lstrip()[0]
            self._is_html |= first == "<"
            if first in "`~" and (fence := FENCE.match(line)):
                self._fence = fence[1]
        return block

    def _close_fence(self, line: str) -> None:
        mark = line.strip()
        if mark.startswith(self._fence) and not mark.strip(self._fence[0]):
            self._fence = ""


class Cursor:
    """How much of a growing reply one watcher has been sent."""

    def __init__(self, markdown: GrowingMarkdown) -> None:
        self._markdown = markdown
        self._settled = 0  # blocks
        self._end = ""

    def edits(self) -> list[Edit]:
        """The edits since the last call: at most one that settles, and one of the end."""
        edits = []
        if blocks := self._markdown.settled[self._settled :]:
            edits.append(_edit(self._end, "".join(blocks), settled=True))
            self._settled += len(blocks)
            self._end = ""
        if self._end != self._markdown.end:
            edits.append(_edit(self._end, self._markdown.end, settled=False))
            self._end = self._markdown.end
        return edits


def _edit(before: str, html: str, *, settled: bool) -> Edit:
    same = _common_prefix(before, html)
    return Edit(len(before[same:].encode("utf-16-le")) // 2, html[same:], settled)


def _common_prefix(one: str, other: str) -> int:
    """How many characters two texts share at their start. Compares halves, so C does the work."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
