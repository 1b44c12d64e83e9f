"""Pushes to the log of one open page: turns, text as it arrives, and how replies end.

djust does not render the log, so a token costs the same however long the history is. Four push
events change it: `chat:turns`, `chat:reasoning`, `chat:text` and `chat:end`, applied by
`static/chat/log.js`.
"""

import asyncio
import logging
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from django.db import DatabaseError
from django.urls import reverse

from chat.database import in_thread
from chat.models import Conversation, Reply, Turn
from chat.page import usage  # usage
from chat.page.edits import Cursor
from chat.page.growing import GrowingMarkdown
from chat.page.shown_turns import Position, ShownTurns
from chat.page.turns import reply_html, turn_html
from chat.replies.followed import FollowedReply
from chat.replies.registry import replies
from chat.replies.running_reply import RunningReply
from chat.replies.watcher import Watcher

logger = logging.getLogger("chat")

# Long enough for several tokens to share a frame, short enough not to be seen.
PACE_SECONDS = 0.04
# How often the row of a reply is read that waits for the user: any process may go on with it.
WAITING_SECONDS = 2
DATABASE_SECONDS = 0.25

Streaming = RunningReply | FollowedReply

# All pages that watch a reply share the rendering of its Markdown.
# Each stretch of text between tool calls is rendered on its own: by its start in the text.
_markdown: WeakKeyDictionary[Streaming, dict[int, GrowingMarkdown]] = WeakKeyDictionary()


class Page(Protocol):
    """What a feed needs of the view that it serves."""

    async def is_allowed(self) -> bool: ...
    async def push(self, event: str, payload: dict[str, Any]) -> None: ...
    async def show_controls(self, last: Reply | None) -> None: ...


class Feed:
    """Keeps a page's log equal to a conversation, until its task is cancelled.

    Without a `position` the page shows another conversation, and its log is replaced.
    """

    def __init__(self, page: Page, conversation: Conversation, position: Position | None) -> None:
        self._page = page
        self._conversation = conversation
        self._replaces = position is None
        self._shown = ShownTurns(position or Position())
        self._streaming: Streaming | None = None
        self._cursor: Cursor | None = None
        self._start = 0  # where the text begins in the reply that is now growing
        self._reasoning = 0  # characters of it that the page shows
        self._tools = 0  # tools

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            with replies.watch(self._conversation.pk) as watcher:
                watcher.notify()
                while True:
                    await watcher.changed(self._timeout())
                    # Counted from the change: the next one comes after the reader's pause.
                    pace = loop.time() + PACE_SECONDS
                    if not await self._page.is_allowed():
                        await self._page.push("chat:logged_out", {})
                        return
                    await self._push_changes(watcher)
                    await asyncio.sleep(max(pace - loop.time(), PACE_SECONDS / 2))
        except Exception:
            logger.exception("the feed of a page has ended; the page shows the rest after a reload")

    def _timeout(self) -> float | None:
        """Nothing in this process announces changes of a reply that waits for the user."""
        is_shown = replies.shown(self._conversation.pk) is not None
        return WAITING_SECONDS if self._shown.is_streaming and not is_shown else None

    async def _push_changes(self, watcher: Watcher) -> None:
        running = replies.shown(self._conversation.pk)
        try:
            if self._streaming is not None and self._streaming is not running:
                await self._push_end(self._streaming.reply)
            if self._streaming is None:
                await self._push_turns()
                if self._shown.is_streaming:
                    replies.follow(self._conversation.pk, self._shown.last.reply)
                running = replies.shown(self._conversation.pk)
                if running is not None and running.reply.pk == self._shown.last.reply:
                    self._streaming = running
                    self._tools = 0  # tools
                    self._begin_text(running, 0)
            if self._streaming is not None:
                await self._push_tools(self._streaming)  # tools
                markdown = _markdown[self._streaming][self._start]
                markdown.update(self._streaming.reply.text[self._start :])
                await self._push_edits(self._streaming.reply)
                if markdown.colouring is not None:
                    coloured = asyncio.wrap_future(markdown.colouring)
                    coloured.add_done_callback(lambda _: watcher.notify())
        except DatabaseError as error:
            logger.warning("a page does not show the latest turns yet: %s", error)
            watcher.notify()
            await asyncio.sleep(DATABASE_SECONDS)

    def _begin_text(self, running: Streaming, start: int) -> None:
        """Follow the text of a reply from `start` on; the page shows nothing of it yet."""
        self._start = start
        texts = _markdown.setdefault(running, {})
        self._cursor = texts.setdefault(start, GrowingMarkdown()).cursor()
        self._reasoning = 0

    async def _push_tools(self, running: Streaming) -> None:  # tools
        """Push the turn again if its tool calls have changed, and go on after the last one."""
        version = running.tools.version
        if self._tools != version:
            self._tools = version
            await self._push_turn_again()
            self._begin_text(running, running.tools.end)

    async def _push_turn_again(self) -> None:  # tools
        self._shown.outdate()
        await self._push_turns()

    async def _push_turns(self) -> None:
        """Push the turns that the page does not show yet, or shows in an older state."""
        turns = await in_thread(self._missed_turns)()
        replaces = self._replaces
        if turns or replaces:
            address = reverse("conversation", args=[self._conversation.pk])
            await self._page.push(
                "chat:turns",
                {
                    "conversation": str(self._conversation.pk),
                    "address": address if turns else reverse("new"),
                    "replaces": replaces,
                    "turns": [[turn.pk, html] for turn, _, html in turns],
                },
            )
            self._replaces = False
        turns = [each for each in turns if each[0].pk >= self._shown.last.turn]  # versions
        if turns:
            _, reply, _ = turns[-1]
            self._shown.see(reply)
            await self._page.show_controls(reply)
        elif replaces:
            await self._page.show_controls(None)

    def _missed_turns(self) -> list[tuple[Turn, Reply, str]]:
        missed = self._shown.missed(self._conversation)
        return [(turn, reply, turn_html(turn, reply)) for turn, reply in missed]

    async def _push_edits(self, reply: Reply) -> None:
        assert self._cursor is not None
        if reasoning := reply.reasoning[self._reasoning :]:
            self._reasoning += len(reasoning)
            await self._page.push("chat:reasoning", {"reply": reply.pk, "text": reasoning})
        if edit := self._cursor.edit():
            await self._page.push("chat:text", {"edit": [reply.pk, *edit]})

    async def _push_end(self, reply: Reply) -> None:
        assert self._streaming is not None
        markdown = _markdown[self._streaming][self._start]
        self._streaming = None
        if reply.call_count:  # tools
            return await self._push_turn_again()
        # May differ from what was shown: a link, say, gets an address that is defined further down.
        markdown.finish(await asyncio.to_thread(reply_html, reply))
        await self._push_edits(reply)
        end: dict[str, Any] = {"reply": reply.pk, "status": reply.status, "mark": reply.mark}
        if reply.is_from_cache:  # cache
            end["cached"] = True
        end |= usage.at_end(reply)  # usage
        await self._page.push("chat:end", end)
        self._shown.see(reply)
        await self._page.show_controls(reply)
