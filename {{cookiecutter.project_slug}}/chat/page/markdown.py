"""A reply's Markdown as HTML, whole or while it grows.

djust renders it: raw HTML is escaped, and `javascript:` and `data:` addresses are neutralised
(`djust.markdown.render_markdown`).
"""

import re
from typing import NamedTuple

from django.utils.safestring import SafeString, mark_safe
from djust.markdown import render_markdown

from chat.page import unfinished

LIST_ITEM = re.compile(r"(?:[-*+]|\d{1,9}[.)])(?:\s|$)")
FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
# As djust writes them; text is escaped, so that nothing else can look like them.
IMAGE = re.compile(r'<img src="([^"]*)" alt="([^"]*)"[^>]*>')
LINK = re.compile(r'<a href="((?i:https?://|mailto:)?)')
LINKED = re.compile(r"<a .*?</a>", re.DOTALL)
CELLS = {
    f'<{cell} style="text-align: {side}"': f'<{cell} align="{side}"'
    for cell in ("th", "td")
    for side in ("left", "center", "right")
}


def render(text: str) -> SafeString:
    """Safe HTML. An image becomes a link: fetching it would tell its server who reads the reply."""
    html: str = render_markdown(text, provisional=False)
    # No link can be in another.
    html = LINKED.sub(lambda link: IMAGE.sub(lambda image: image[2] or image[1], link[0]), html)
    html = IMAGE.sub(lambda image: f'<a href="{image[1]}">{image[2] or image[1]}</a>', html)
    # The Content-Security-Policy allows no style attribute.
    for styled, aligned in CELLS.items():
        html = html.replace(styled, aligned)
    return mark_safe(LINK.sub(_link, html))


def _link(link: re.Match[str]) -> str:
    # An address of this page's own, or of an unknown kind, is only a mistake of the model.
    address = "href" if link[1] else "data-href"
    return f'<a rel="noopener noreferrer" target="_blank" {address}="{link[1]}'


class Edit(NamedTuple):
    """A change to the unsettled end of the HTML on a page.

    Put `html` in the place of its last `drop` UTF-16 code units, as JavaScript counts them. Counted
    from the end it is mostly the length of the same closing tags, which compresses to nothing.
    When `settled`, that HTML is final, and the next edit begins after it.
    """

    drop: int
    html: str
    settled: bool


class GrowingMarkdown:
    """The HTML of a text that grows, as edits: what is finished is neither sent nor touched again.

    Only the last block is rendered for each piece of text, and of that only what has changed is
    sent.
    """

    def __init__(self) -> None:
        self._settled_html: list[str] = []
        self._html = ""
        self._settled = 0
        self._scanned = 0
        self._fence = ""
        self._is_list = False
        self._is_html = False
        self._after_blank = False

    @property
    def html(self) -> str:
        """What the edits so far have made."""
        return "".join(self._settled_html) + self._html

    def update(self, text: str, *, whole: bool = False) -> list[Edit]:
        """The edits that lead from the last text to this one, which begins with it.

        Until it is `whole`, its open end is shown as it is most likely meant.
        """
        edits = []
        end = self._scan(text)
        if end > self._settled:
            edits.append(self._edit(render(text[self._settled : end]), settled=True))
            self._settled_html.append(self._html)
            self._settled, self._html = end, ""
        tail = text[self._settled :]
        tail = tail if whole else unfinished.close(tail, self._fence)
        edits.append(self._edit(render(tail), settled=False))
        return [edit for edit in edits if edit is not None]

    def cursor(self) -> "Cursor":
        return Cursor(self)

    def closed(self, text: str) -> str:
        """The text with its open end closed."""
        block = self._scan(text)
        return text[:block] + unfinished.close(text[block:], self._fence)

    def _edit(self, html: str, *, settled: bool) -> Edit | None:
        before, self._html = self._html, html
        if before == html and not settled:
            return None
        same = _common_prefix(before, html)
        drop = len(before[same:].encode("utf-16-le")) // 2
        return Edit(drop, html[same:], settled)

    def _scan(self, text: str) -> int:
        """Where the last block begins, as far as whole lines tell.

        A block ends at a blank line, unless what follows may go on with it: in a fence, in a list,
        indented, or after raw HTML, some of which goes on over blank lines.
        """
        settled = self._settled
        while (end := text.find("\n", self._scanned)) >= 0:
            start, line = self._scanned, text[self._scanned : end]
            self._scanned = end + 1
            if self._fence:
                self._close_fence(line)
                continue
            if not line.strip():
                self._after_blank = True
                continue
            is_item = bool(LIST_ITEM.match(line))
            goes_on = line[0].isspace() or self._is_html or (self._is_list and is_item)
            if self._after_blank and not goes_on:
                settled = start
                self._is_list = is_item
            elif start == self._settled:
                self._is_list = is_item
            self._after_blank = False
            self._is_html |= line.lstrip().startswith("<")
            if fence := FENCE.match(line):
                self._fence = fence[1]
        return settled

    def _close_fence(self, line: str) -> None:
        mark = line.strip()
        if mark.startswith(self._fence) and not mark.strip(self._fence[0]):
            self._fence = ""


class Cursor:
    def __init__(self, markdown: "GrowingMarkdown") -> None:
        self._markdown = markdown
        self._blocks = 0
        self._html = ""

    def edits(self) -> list[Edit]:
        edits = []
        for html in self._markdown._settled_html[self._blocks :]:
            edits.append(self._edit(html, settled=True))
            self._html = ""
        self._blocks = len(self._markdown._settled_html)
        if self._html != self._markdown._html:
            edits.append(self._edit(self._markdown._html, settled=False))
        return edits

    def _edit(self, html: str, *, settled: bool) -> Edit:
        before, self._html = self._html, html
        same = _common_prefix(before, html)
        drop = len(before[same:].encode("utf-16-le")) // 2
        return Edit(drop, html[same:], settled)


def render_part(text: str) -> SafeString:
    """Safe HTML of a reply that has not ended well, its open end shown as it was while it grew."""
    return render(GrowingMarkdown().closed(text))


def _common_prefix(one: str, other: str) -> int:
    """How many characters two texts share at their beginning, by halving."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
