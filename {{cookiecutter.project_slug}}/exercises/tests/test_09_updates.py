"""Step 9: few updates, and small ones, counted in bytes."""

import asyncio
import json
import random

from chat.page.edits import EVERYTHING, Cursor
from chat.page.growing import GrowingMarkdown
from chat.replies.watcher import Watcher
from fake_model import prose
from tests.waiting import limit


class Given:
    """HTML that grows as a test says."""

    def __init__(self) -> None:
        self.settled: list[str] = []
        self.end = ""
        self.restarts = 0


class Shown:
    """What a page shows that applies each edit, as `static/chat/log.js` does."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self.settled = self.end = ""
        self.bytes = 0

    def update(self) -> str:
        """Apply the edits since the last call, and return what is shown then."""
        for drop, html, tail in self._cursor.edits():
            self.bytes += len(json.dumps([drop, html, tail]))
            if drop == EVERYTHING:
                self.settled = self.end = ""
            end = self.end[: len(self.end) - max(drop, 0)] + html
            if tail != EVERYTHING:
                self.settled += end[: len(end) - tail]
                end = end[len(end) - tail :]
            self.end = end
        return self.settled + self.end


async def test_many_tokens_are_one_change() -> None:
    """A hundred notices that come at once are one change for the feed."""
    watcher = Watcher()

    async def notify() -> None:
        for _ in range(100):
            watcher.notify()
            await asyncio.sleep(0)

    notifying = asyncio.create_task(notify())
    async with limit("`changed` returns after a notice"):
        await watcher.changed()
    await notifying
    again = asyncio.create_task(watcher.changed())
    for _ in range(10):
        await asyncio.sleep(0)
    assert not again.done(), "The next call returned, though nothing had happened since."
    watcher.notify()
    async with limit("`changed` returns after a further notice"):
        await again


async def test_without_a_change() -> None:
    """`changed` ends after its timeout, without an exception, if nothing happens."""
    async with limit("`changed` returns after its timeout"):
        await Watcher().changed(timeout=0.01)


async def test_handled() -> None:
    """While the feed waits, the last change counts as handled."""
    watcher = Watcher()
    waiting = asyncio.create_task(watcher.changed())
    async with limit("`handled` returns, because `changed` waits"):
        await watcher.handled()
    watcher.notify()
    await waiting


def test_the_page_shows_what_it_should() -> None:
    """After each edit the page shows the HTML of the reply."""
    markdown = Given()
    page = Shown(Cursor(markdown))
    for end in ("<p>one</p>", "<p>one two</p>", "<p>one <b>two</b></p>"):
        markdown.end = end
        assert page.update() == end
    markdown.settled, markdown.end = [markdown.end], "<p>three</p>"
    assert page.update() == "<p>one <b>two</b></p><p>three</p>", "A block was settled."
    markdown.end = "<p>three four</p>"
    assert page.update() == "<p>one <b>two</b></p><p>three four</p>", "The end went on."
    markdown.settled, markdown.restarts = ["<p>ONE</p>"], 1
    assert page.update() == "<p>ONE</p><p>three four</p>", "A settled block was changed."


def test_nothing_new() -> None:
    """There is no edit while nothing is new."""
    markdown = Given()
    cursor = Cursor(markdown)
    assert cursor.edits() == []
    markdown.end = "<p>one</p>"
    assert len(cursor.edits()) == 1
    assert cursor.edits() == [], "The same was sent again."


def test_bytes() -> None:
    """A long reply costs fewer bytes than three times its HTML."""
    tokens = prose.mixed(random.Random(1), 1000)
    markdown = GrowingMarkdown()
    page = Shown(markdown.cursor())
    for count in range(4, len(tokens) + 4, 4):
        markdown.update("".join(tokens[:count]))
        page.update()
    html = len(markdown.html.encode())
    assert page.bytes < 3 * html, f"{page.bytes:,} bytes were sent for {html:,} bytes of HTML."
