"""Replies of this process that others follow and stop through the bus (chat/bus/).

| channel | who listens | a message is |
|---|---|---|
| process:NAME | that process | FOLLOW or STOP, a conversation, and the id of its reply |
| reply:NAME:ID | who follows that reply (mirrored.py) | a `Piece` of its text |

No piece is sent before somebody has asked for the reply, nor after the last one has left.
"""

import asyncio
from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

from django.conf import settings

from chat.bus.bus import bus, name
from chat.models import Reply
from chat.replies import heartbeats, processes
from chat.replies.running_reply import RunningReply
from chat.replies.watcher import Watcher

FOLLOW, STOP = "follow", "stop"
# As a feed pushes to its page (page/feed.py).
PACE_SECONDS = 0.04
# A piece comes at least this often, though nothing is new.
LONGEST_PAUSE_SECONDS = 0.5


class Piece(NamedTuple):
    """What a reply has grown by since the piece with the number before, or all of it."""

    number: int
    is_whole: bool
    text: str
    reasoning: str
    calls: int  # tools


def process_channel(process: str) -> str:
    return name("process", process)


def reply_channel(process: str, reply_id: int) -> str:
    # Numbers of rows are unique in one database only.
    return name("reply", process, reply_id)


def ask(kind: str, process: str, conversation_id: UUID, reply_id: int) -> None:
    """Ask a process to FOLLOW or STOP a reply."""
    bus.send(process_channel(process), [kind, str(conversation_id), reply_id])


class Mirror:
    """Sends a running reply to those who follow it."""

    def __init__(self, running: RunningReply) -> None:
        self.running = running
        self._channel = reply_channel(processes.this_process(), running.reply.pk)
        self._watcher = Watcher()
        self._number = 0
        self._text: str | None = None
        self._reasoning = ""

    def notify(self) -> None:
        self._watcher.notify()

    def send_whole(self) -> None:
        """Somebody begins to follow, or has missed a piece."""
        self._text = None
        self._watcher.notify()

    async def run(self) -> None:
        """Send until nobody listens, or until the end of the reply, which the row tells."""
        while self.running.reply.status == Reply.Status.STREAMING:
            if not await bus.send(self._channel, self._next()):
                return
            await asyncio.sleep(PACE_SECONDS)
            await self._watcher.changed(LONGEST_PAUSE_SECONDS)

    def _next(self) -> Piece:
        reply, text, reasoning = self.running.reply, self._text, self._reasoning
        # What was text may have turned out to be reasoning.
        is_whole = (
            text is None
            or not reply.text.startswith(text)
            or not reply.reasoning.startswith(reasoning)
        )
        if text is None or is_whole:
            text = reasoning = ""
        self._number += 1
        self._text, self._reasoning = reply.text, reply.reasoning
        return Piece(
            self._number,
            is_whole,
            reply.text[len(text) :],
            reply.reasoning[len(reasoning) :],
            self.running.tools.version,  # tools
        )


class Mirrors:
    """The replies of this process that others follow; it hears what they ask for."""

    def __init__(self, running: Mapping[UUID, RunningReply]) -> None:
        """`running` are the replies of this process by the id of their conversation."""
        self._running = running
        self._mirrors: dict[UUID, Mirror] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._beating: asyncio.Task[None] | None = None

    def listen(self) -> None:
        """Hear from now on what others ask for."""
        bus.listen(process_channel(processes.this_process()), self._hear)

    def beat(self) -> None:
        """Let others know, as long as a reply is running, that this process lives."""
        if settings.CHAT_REDIS_URL and (self._beating is None or self._beating.done()):
            self._beating = asyncio.create_task(heartbeats.beat(self._running), name="heartbeat")

    def notify(self, conversation_id: UUID) -> None:
        """The reply of a conversation has grown."""
        if mirror := self._mirrors.get(conversation_id):
            mirror.notify()

    def _hear(self, message: tuple[str, str, int]) -> None:
        kind, conversation, reply_id = message
        conversation_id = UUID(conversation)
        running = self._running.get(conversation_id)
        if running is None or not running.begun.done() or running.reply.pk != reply_id:
            return
        if kind == STOP:
            running.stop(Reply.Status.STOPPED)
            return
        mirror = self._mirrors.get(conversation_id)
        if mirror is not None and mirror.running is running:
            mirror.send_whole()
            return
        mirror = self._mirrors[conversation_id] = Mirror(running)
        task = asyncio.create_task(self._run(conversation_id, mirror), name="mirror")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, conversation_id: UUID, mirror: Mirror) -> None:
        try:
            await mirror.run()
        finally:
            if self._mirrors.get(conversation_id) is mirror:
                del self._mirrors[conversation_id]
