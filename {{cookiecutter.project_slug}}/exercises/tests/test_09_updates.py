"""Step 9: few updates, and small ones, counted in bytes."""

import asyncio
import json
import random

from chat.page.edits import EVERYTHING, Cursor, Edit
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
    """What a page shows that applies each edit, as `static/chat/log.js` does: in UTF-16."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self._settled = self._end = b""
        self.bytes = 0

    def update(self) -> None:
        """Apply what has changed since the last call."""
        edit = self._cursor.edit()
        if edit is None:
            return
        assert isinstance(edit, Edit), f"It returns {edit}: neither an `Edit` nor None."
        drop, html, tail = edit
        self.bytes += len(json.dumps(edit))
        if drop == EVERYTHING:
            self._settled = self._end = b""
        kept = len(self._end) - 2 * max(drop, 0)
        end = self._end[:kept] + html.encode("utf-16-le")
        settled = 0 if tail == EVERYTHING else len(end) - 2 * tail
        self._settled += end[:settled]
        self._end = end[settled:]

    @property
    def settled(self) -> str:
        return self._settled.decode("utf-16-le", "replace")

    @property
    def html(self) -> str:
        return (self._settled + self._end).decode("utf-16-le", "replace")


async def returns_at_once(watcher: Watcher) -> bool:
    """Whether `changed` returns without a further notice."""
    changed = asyncio.create_task(watcher.changed())
    # Far more steps of the loop than it takes to return.
    for _ in range(10):
        await asyncio.sleep(0)
    is_done = changed.done()
    watcher.notify()
    async with limit("`changed` returns after a notice"):
        await changed
    return is_done


async def test_it_waits() -> None:
    """`changed` waits until something happens, and then returns."""
    assert not await returns_at_once(Watcher()), "It has returned before anything happened."


async def test_tokens_that_come_together() -> None:
    """What happens before the page has taken the first notice is the same change."""
    watcher = Watcher()
    changed = asyncio.create_task(watcher.changed())
    async with limit("`handled` returns, because `changed` waits and has set `_waiting`"):
        await watcher.handled()
    for _ in range(3):
        watcher.notify()
    async with limit("`changed` returns after a notice"):
        await changed
    again = await returns_at_once(watcher)
    assert not again, "Three tokens at once were two changes: clear the event last."


async def test_a_change_that_was_there_already() -> None:
    """If something has happened since the last call, `changed` returns at once, and only once."""
    watcher = Watcher()
    watcher.notify()
    async with limit("`changed` returns, because something has happened already"):
        await watcher.changed()
    assert not watcher._waiting.is_set(), "It did not wait, and has said that it was waiting."
    again = await returns_at_once(watcher)
    assert not again, "The next call has returned, too: clear the event in any case."


async def test_without_a_change() -> None:
    """`changed` ends after its timeout, without an exception, if nothing happens."""
    async with limit("`changed` returns after its timeout"):
        await Watcher().changed(timeout=0.01)


EMOJI = "\N{GRINNING FACE}"
# What has happened, the settled blocks, the end, and how often a settled block was changed.
STATES = [
    ("The text has begun.", [], "<p>one</p>", 0),
    ("The text went on.", [], "<p>one two</p>", 0),
    ("A word turned bold.", [], "<p>one <b>two</b></p>", 0),
    ("An emoji came.", [], f"<p>one <b>{EMOJI}</b></p>", 0),
    ("The emoji went.", [], "<p>one</p>", 0),
    ("A block was settled, and another begun.", ["<p>one</p>"], f"<p>{EMOJI}</p>", 0),
    ("The new block went on.", ["<p>one</p>"], f"<p>{EMOJI} three</p>", 0),
    ("Only a block was settled.", ["<p>one</p>", "<hr>"], f"<p>{EMOJI} three</p>", 0),
    ("Two blocks were settled at once.", ["<p>one</p>", "<hr>", "<p>3</p>", "<hr>"], "<p>4</p>", 0),
    ("A settled block was changed.", ["<p>ONE</p>"], "<p>three</p>", 1),
    ("The text went on after that.", ["<p>ONE</p>"], "<p>three four</p>", 1),
    ("All settled blocks are open again.", [], "<p>three four</p>", 2),
    ("A block was settled again.", ["<p>three four</p>"], "<hr>", 2),
    ("All of it is gone: that was reasoning.", [], "", 3),
]


def test_the_page_shows_what_it_should() -> None:
    """After each edit the page shows the HTML of the reply, and has settled what is settled."""
    markdown = Given()
    page = Shown(Cursor(markdown))
    for what, settled, end, restarts in STATES:
        markdown.settled, markdown.end, markdown.restarts = settled, end, restarts
        page.update()
        expected = "".join(settled)
        assert page.html == expected + end, (
            f"{what} The page shows {page.html!r}, not {expected + end!r}."
        )
        assert page.settled == expected, (
            f"{what} The page has settled {page.settled!r}, not {expected!r}: see `tail`."
        )


def test_nothing_new() -> None:
    """There is no edit while nothing is new."""
    markdown = Given()
    cursor = Cursor(markdown)
    for what, settled, end, restarts in (("Nothing has come yet.", [], "", 0), *STATES):
        markdown.settled, markdown.end, markdown.restarts = settled, end, restarts
        cursor.edit()
        again = cursor.edit()
        assert again is None, f"{what} The next call sends {again}, and nothing was new."


def test_bytes() -> None:
    """A long reply costs fewer bytes than three times its HTML."""
    tokens = prose.mixed(random.Random(1), 1000)
    markdown = GrowingMarkdown()
    page = Shown(markdown.cursor())
    for count in range(4, len(tokens) + 4, 4):
        markdown.update("".join(tokens[:count]))
        page.update()
    html = len(markdown.html.encode())
    assert page.bytes < 3 * html, (
        f"Too much was sent: {page.bytes:,} bytes for {html:,} bytes of HTML. Send what differs."
    )
