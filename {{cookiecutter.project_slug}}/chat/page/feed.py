"""What the log of one open page is told: turns, text as it arrives, and how replies end.

The log is not part of what djust renders, so a piece of text costs the same under a long history as
under none. Three push events of djust change it, and `static/chat/log.js` applies them.
"""

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import Any, Protocol

from channels.db import database_sync_to_async
from django.db import DatabaseError
from django.template.loader import render_to_string
from django.urls import reverse

from chat import queries
from chat.models import Conversation, Reply, Turn
from chat.page.markdown import GrowingMarkdown
from chat.replies.registry import replies
from chat.replies.running_reply import RunningReply

logger = logging.getLogger("chat")

# Long enough for several tokens to share a frame, too short to be seen.
PACE_SECONDS = 0.05
# djust tells a view of its end late or never (djust_internals.is_connected), so this is how often
# it is looked at.
LOOK_SECONDS = 0.25
# How often a reply is looked up that another process writes, or wrote until it died.
ELSEWHERE_SECONDS = 2


@dataclass(frozen=True)
class Position:
    """What a page shows last: the ids of a turn and its reply, and the reply's status."""

    turn: int = 0
    reply: int = 0
    status: str = ""


class Page(Protocol):
    """What a feed needs of the view that it serves."""

    def is_connected(self) -> bool: ...
    async def is_allowed(self) -> bool: ...
    async def push(self, event: str, payload: dict[str, Any]) -> None: ...
    async def show_controls(self, last: Reply) -> None: ...


class Feed:
    """Keeps a page's log equal to a conversation for as long as the page is connected.

    Without a `position` the page shows another conversation, and its log is replaced.
    """

    def __init__(self, page: Page, conversation: Conversation, position: Position | None) -> None:
        self._page = page
        self._conversation = conversation
        self._replaces = position is None
        self._position = position or Position()
        self._streaming: RunningReply | None = None
        self._markdown = GrowingMarkdown()
        self._told_at = 0.0

    async def run(self) -> None:
        """Returns when the page has gone."""
        try:
            await self._run()
        except Exception:
            logger.exception("a page is told no more; a reload shows what is there")

    async def _run(self) -> None:
        with replies.watch(self._conversation.pk) as watcher:
            watcher.wake()
            while self._page.is_connected():
                if await watcher.changed(LOOK_SECONDS) or self._is_written_elsewhere():
                    try:
                        if not await self._page.is_allowed():
                            await self._page.push("chat:logged_out", {})
                            return
                        await self._tell()
                    except DatabaseError as error:
                        logger.warning("the log of a page is not told yet: %s", error)
                        watcher.wake()
                        await asyncio.sleep(LOOK_SECONDS)
                    await asyncio.sleep(PACE_SECONDS)

    def _is_written_elsewhere(self) -> bool:
        """Whether a reply of which nobody here will tell should be looked up again."""
        return (
            self._position.status == Reply.Status.STREAMING
            and replies.find(self._conversation.pk) is None
            and time.monotonic() - self._told_at > ELSEWHERE_SECONDS
        )

    async def _tell(self) -> None:
        self._told_at = time.monotonic()
        running = replies.find(self._conversation.pk)
        if self._streaming is not None and self._streaming is not running:
            await self._tell_end(self._streaming)
        if self._streaming is None:
            await self._tell_turns()
            if running is not None and running.reply.pk == self._position.reply:
                self._streaming, self._markdown = running, GrowingMarkdown()
        if self._streaming is not None:
            await self._tell_text(self._streaming.reply)

    async def _tell_turns(self) -> None:
        """The turns that the page does not show yet, or shows in an older state."""
        turns = await database_sync_to_async(self._missed_turns)()
        if turns or self._replaces:
            await self._page.push(
                "chat:turns",
                {
                    "conversation": str(self._conversation.pk),
                    "address": reverse("conversation", args=[self._conversation.pk]),
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
            (turn, reply, _turn_html(turn, reply))
            for turn, reply in queries.turns(self._conversation, self._position.turn)
            if Position(turn.pk, reply.pk, reply.status) != self._position
        ]

    async def _tell_text(self, reply: Reply, *, whole: bool = False) -> None:
        if edits := self._markdown.update(reply.text, whole=whole):
            await self._page.push("chat:text", {"reply": reply.pk, "edits": edits})

    async def _tell_end(self, ended: RunningReply) -> None:
        reply = ended.reply
        await self._tell_text(reply, whole=reply.status == Reply.Status.COMPLETE)
        end = {"reply": reply.pk, "status": reply.status, "mark": reply.mark}
        if self._markdown.html != reply.html:
            # Its blocks depend on each other: a link, say, whose address was defined further down.
            end["html"] = reply.html
        await self._page.push("chat:end", end)
        self._streaming = None
        self._position = Position(reply.turn_id, reply.pk, reply.status)
        await self._page.show_controls(reply)


def _turn_html(turn: Turn, reply: Reply) -> str:
    return render_to_string("chat/_turn.html", {"turn": turn, "reply": reply}, using="django")
