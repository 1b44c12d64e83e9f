"""Replies that other processes stream: followed through their rows.

The row is the truth: its writer saves the text about once a second, and any process may end it
(rows_elsewhere.py).
"""

import asyncio
import contextlib
import itertools
import logging
from collections.abc import Callable
from functools import partial
from uuid import UUID

from django.db import DatabaseError

from chat.database import in_thread
from chat.models import Reply
from chat.replies import (
    mirror,  # bus
    rows_elsewhere,
)
from chat.replies.mirrored import MirroredText  # bus
from chat.tools import history  # tools

logger = logging.getLogger("chat")

# How often the row of a reply is read while a page of this process shows it. Every second read also
# writes into the row that a page shows it.
FOLLOW_SECONDS = 0.5
LOOKS_PER_WORD = 2
# While the text comes from its writer, so many of these reads are left out.
PUT_OFF = 3  # bus
# A writer that hears Stop has ended the reply within this time.
STOP_SECONDS = 0.5  # bus


class FollowedReply:
    """What a page needs of a `RunningReply`, where another process runs it.

    `reply` is the row as it was read last, once `is_known`.
    """

    reply: Reply

    def __init__(self, reply_id: int, notify: Callable[[], None]) -> None:
        """`notify` is called at each change of the row."""
        self.tools = FollowedCalls()  # tools
        self.mirrored = MirroredText(self._see_text, self.look_now)  # bus
        self.is_known = False
        self._id = reply_id
        self._notify = notify
        self._sooner = asyncio.Event()

    def look_now(self) -> None:
        """Read the row at once: it has changed."""
        self._sooner.set()

    async def run(self) -> None:
        """Follow the row until no other process streams it."""
        for look in itertools.count():
            try:
                is_due = look % LOOKS_PER_WORD == 0
                is_due = is_due or self.mirrored.is_fresh  # bus
                if is_due:
                    await in_thread(rows_elsewhere.say_watched)(self._id)
                row = await in_thread(_read)(self._id)
            except DatabaseError as error:
                logger.warning("reply %s cannot be followed yet: %s", self._id, error)
            else:
                if not self._see(row):
                    return
            await self._pause()
            for _ in range(PUT_OFF):  # bus
                if self.mirrored.is_fresh:
                    await self._pause()
            self._sooner.clear()

    async def _pause(self) -> None:
        """Wait until the next look is due, or `look_now` was called since the last one."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FOLLOW_SECONDS):
                await self._sooner.wait()

    def _see(self, row: Reply | None) -> bool:
        """Take in the row, or that it is gone. Returns whether another process streams it still."""
        goes_on = row is not None and rows_elsewhere.streams_elsewhere(row)
        if row is None:
            if self.is_known:
                self.reply.status = Reply.Status.STOPPED
        elif self.is_known or goes_on:
            if goes_on:  # bus
                self.mirrored.see(row)
            is_new = not self.is_known or (
                (row.text, row.reasoning) != (self.reply.text, self.reply.reasoning)
            )
            is_new = self.tools.see(row) or is_new  # tools
            self.reply, self.is_known = row, True
            if is_new:
                self._notify()
        return goes_on

    def _see_text(self) -> None:  # bus
        """Take in what the writer has sent."""
        self.reply.text, self.reply.reasoning = self.mirrored.text, self.mirrored.reasoning
        self._notify()


class FollowedCalls:  # tools
    """The tool calls of a followed reply, with the attributes of `ToolRounds` (chat/tools/)."""

    def __init__(self) -> None:
        self.version = 0
        self.end = 0
        self._seen: list[tuple[int, str]] = []

    def see(self, reply: Reply) -> bool:
        """Take in the row and its calls. Returns whether the calls have changed."""
        calls = list(reply.tool_calls.all()) if reply.call_count else []
        seen = [(call.pk, call.status) for call in calls]
        if seen == self._seen:
            return False
        # They may have been deleted since the row was read.
        self._seen, self.end = seen, calls[-1].position if calls else 0
        self.version += 1
        return True


class FollowedReplies:
    """The followed replies by the id of their conversation."""

    def __init__(self, notify: Callable[[UUID], None]) -> None:
        """`notify` is called with the id of a conversation at each change of its reply."""
        self._notify = notify
        self._followed: dict[UUID, tuple[FollowedReply, asyncio.Task[None]]] = {}

    def find(self, conversation_id: UUID) -> FollowedReply | None:
        """The reply of a conversation that another process streams, once its row was read."""
        followed, _ = self._followed.get(conversation_id, (None, None))
        return followed if followed and followed.is_known else None

    def follow(self, conversation_id: UUID, reply_id: int) -> None:
        """Follow the row of a reply, as long as another process streams it, until `leave`."""
        if conversation_id in self._followed:
            return
        followed = FollowedReply(reply_id, partial(self._notify, conversation_id))
        task = asyncio.create_task(followed.run(), name="followed reply")
        task.add_done_callback(lambda _: followed.mirrored.leave())  # bus
        self._followed[conversation_id] = followed, task

        def ended(_: asyncio.Task[None]) -> None:
            del self._followed[conversation_id]
            if followed.is_known:
                self._notify(conversation_id)

        task.add_done_callback(ended)

    def look_now(self, conversation_id: UUID) -> None:
        """Read the row of a followed reply at once: it has changed."""
        if followed := self.find(conversation_id):
            followed.look_now()

    def leave(self, conversation_id: UUID) -> None:
        """End the following: no page of this process shows the conversation any more."""
        if conversation_id in self._followed:
            self._followed[conversation_id][1].cancel()

    async def stop(self, conversation_id: UUID) -> bool:
        """Stop the reply of a conversation that another process streams.

        Returns whether this has changed its row. Raises `DatabaseError`.
        """
        if await self._stop_by_bus(conversation_id):  # bus
            return False
        ended = await in_thread(rows_elsewhere.stop)(conversation_id)
        for reply_id, process in ended.items():  # bus
            mirror.ask(mirror.STOP, process, conversation_id, reply_id)
        self.look_now(conversation_id)
        return bool(ended)

    async def _stop_by_bus(self, conversation_id: UUID) -> bool:  # bus
        """Have the writer end a reply, with all of its text. Returns whether it has done so."""
        followed, task = self._followed.get(conversation_id, (None, None))
        if followed is None or task is None or not followed.mirrored.stop():
            return False
        await asyncio.wait([task], timeout=STOP_SECONDS)
        return task.done()


def _read(reply_id: int) -> Reply | None:
    reply = Reply.objects.select_related("turn", "conversation").filter(pk=reply_id).first()
    history.fetch([reply] if reply else [])  # tools
    return reply
