"""Pushes to the log of one open page: turns, text as it arrives, and how replies end.

djust does not render the log, so a token costs the same however long the history is. Three push
events change it: `chat:turns`, `chat:text` and `chat:end`, applied by `static/chat/log.js`.
"""

import asyncio
import logging
from dataclasses import dataclass
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from channels.db import database_sync_to_async
from django.db import DatabaseError
from django.urls import reverse

from chat import queries
from chat.models import Conversation, Reply, Turn
from chat.page.markdown import Cursor, GrowingMarkdown
from chat.page.turns import reply_html, turn_html
from chat.replies.registry import Watcher, replies
from chat.replies.running_reply import RunningReply

logger = logging.getLogger("chat")

# Long enough for several tokens to share a frame, short enough not to be seen.
PACE_SECONDS = 0.05
# How often the row of a reply is read that another process streams.
ELSEWHERE_SECONDS = 2
DATABASE_SECONDS = 0.25

# All pages that watch a reply share the rendering of its Markdown.
_markdown: WeakKeyDictionary[RunningReply, GrowingMarkdown] = WeakKeyDictionary()


@dataclass(frozen=True)
class Position:
    """What a page shows last: the ids of a turn and its reply, and the reply's status."""

    turn: int = 0
    reply: int = 0
    status: str = ""


class Page(Protocol):
    """What a feed needs of the view that it serves."""

    async def is_allowed(self) -> bool: ...
    async def push(self, event: str, payload: dict[str, Any]) -> None: ...
    async def show_controls(self, last: Reply) -> None: ...


class Feed:
    """Keeps a page's log equal to a conversation, until its task is cancelled.

    Without a `position` the page shows another conversation, and its log is replaced.
    """

    def __init__(self, page: Page, conversation: Conversation, position: Position | None) -> None:
        self._page = page
        self._conversation = conversation
        self._replaces = position is None
        self._position = position or Position()
        self._streaming: RunningReply | None = None
        self._cursor: Cursor | None = None

    async def run(self) -> None:
        try:
            with replies.watch(self._conversation.pk) as watcher:
                watcher.notify()
                while True:
                    await watcher.changed(self._timeout())
                    if not await self._page.is_allowed():
                        await self._page.push("chat:logged_out", {})
                        return
                    await self._push_changes(watcher)
                    await asyncio.sleep(PACE_SECONDS)
        except Exception:
            logger.exception("the feed of a page has ended; the page shows the rest after a reload")

    def _timeout(self) -> float | None:
        """Nothing in this process announces changes of a reply that another process streams."""
        is_streaming = self._position.status == Reply.Status.STREAMING
        is_here = replies.find(self._conversation.pk) is not None
        return ELSEWHERE_SECONDS if is_streaming and not is_here else None

    async def _push_changes(self, watcher: Watcher) -> None:
        running = replies.find(self._conversation.pk)
        try:
            if self._streaming is not None and self._streaming is not running:
                await self._push_end(self._streaming.reply)
            if self._streaming is None:
                await self._push_turns()
                if running is not None and running.reply.pk == self._position.reply:
                    self._streaming = running
                    self._cursor = _markdown.setdefault(running, GrowingMarkdown()).cursor()
            if self._streaming is not None:
                await self._push_text(self._streaming)
        except DatabaseError as error:
            logger.warning("a page does not show the latest turns yet: %s", error)
            watcher.notify()
            await asyncio.sleep(DATABASE_SECONDS)

    async def _push_turns(self) -> None:
        """Push the turns that the page does not show yet, or shows in an older state."""
        turns = await database_sync_to_async(self._missed_turns)()
        if turns or self._replaces:
            address = reverse("conversation", args=[self._conversation.pk])
            await self._page.push(
                "chat:turns",
                {
                    "conversation": str(self._conversation.pk),
                    "address": address if turns else reverse("new"),
                    "replaces": self._replaces,
                    "turns": [[turn.pk, html] for turn, _, html in turns],
                },
            )
            self._replaces = False
        if turns:
            turn, reply, _ = turns[-1]
            self._position = Position(turn.pk, reply.pk, reply.status)
            await self._page.show_controls(reply)

    def _missed_turns(self) -> list[tuple[Turn, Reply, str]]:
        return [
            (turn, reply, turn_html(turn, reply))
            for turn, reply in queries.turns(self._conversation, self._position.turn)
            if Position(turn.pk, reply.pk, reply.status) != self._position
        ]

    async def _push_text(self, running: RunningReply, *, whole: bool = False) -> None:
        assert self._cursor is not None
        _markdown[running].update(running.reply.text, whole=whole)
        if edits := self._cursor.edits():
            await self._page.push("chat:text", {"reply": running.reply.pk, "edits": edits})

    async def _push_end(self, reply: Reply) -> None:
        assert self._streaming is not None
        await self._push_text(self._streaming, whole=reply.status == Reply.Status.COMPLETE)
        end = {"reply": reply.pk, "status": reply.status, "mark": reply.mark}
        html = await asyncio.to_thread(reply_html, reply)
        if _markdown[self._streaming].html != html:
            # Its blocks depend on each other: a link, say, whose address was defined further down.
            end["html"] = html
        await self._page.push("chat:end", end)
        self._streaming = None
        self._position = Position(reply.turn_id, reply.pk, reply.status)
        await self._page.show_controls(reply)
