"""Replies that other processes stream: followed through their rows.

The row is the truth: its writer saves the text about once a second, and any process may end it
(rows_elsewhere.py).
"""

import asyncio
import contextlib
import itertools
import logging
from collections.abc import Callable, Container
from functools import partial
from uuid import UUID

from django.db import DatabaseError

from chat.conversations import presence  # conversations
from chat.database import in_thread
from chat.models import Conversation, Reply
from chat.replies import rows_elsewhere
from chat.tools import history  # tools

logger = logging.getLogger("chat")

# How often the row of a reply is read while a page of this process shows it, and how many of these
# looks there are for each time that its writer is told so.
FOLLOW_SECONDS = 0.5
LOOKS_PER_WORD = 2
# A page of another process that shows a reply has said so within this time.
WATCHED_SECONDS = 5
# How often the process looks for replies that other processes have begun. While they stream, how
# many of these looks there are for each look whether these processes have died.
LOOK_SECONDS = 1
LOOKS_FOR_THE_DEAD = 2


class FollowedReply:
    """What a page needs of a `RunningReply`, where another process runs it.

    `reply` is the row as it was read last, once `is_known`.
    """

    reply: Reply

    def __init__(self, reply_id: int, notify: Callable[[], None]) -> None:
        """`notify` is called at each change of the row."""
        self.tools = FollowedCalls()  # tools
        self.is_known = False
        self._id = reply_id
        self._notify = notify
        self._sooner = asyncio.Event()

    def look_now(self) -> None:
        """Read the row at once: this process has changed it."""
        self._sooner.set()

    async def run(self) -> None:
        """Follow the row until no other process streams it."""
        for look in itertools.count():
            try:
                if look % LOOKS_PER_WORD == 0:
                    await in_thread(rows_elsewhere.say_watched)(self._id)
                row = await in_thread(_read)(self._id)
            except DatabaseError as error:
                logger.warning("reply %s cannot be followed yet: %s", self._id, error)
            else:
                if not self._see(row):
                    return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FOLLOW_SECONDS):
                    await self._sooner.wait()
            self._sooner.clear()

    def _see(self, row: Reply | None) -> bool:
        """Take in the row, or that it is gone. Returns whether another process streams it still."""
        goes_on = row is not None and rows_elsewhere.streams_elsewhere(row)
        if row is None:
            if self.is_known:
                self.reply.status = Reply.Status.STOPPED
        elif self.is_known or goes_on:
            is_new = not self.is_known or (
                (row.text, row.reasoning) != (self.reply.text, self.reply.reasoning)
            )
            is_new = self.tools.see(row) or is_new  # tools
            self.reply, self.is_known = row, True
            if is_new:
                self._notify()
        return goes_on


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
        self._seen, self.end = seen, calls[-1].position
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
        self._followed[conversation_id] = followed, task

        def ended(_: asyncio.Task[None]) -> None:
            del self._followed[conversation_id]
            if followed.is_known:
                self._notify(conversation_id)

        task.add_done_callback(ended)

    def leave(self, conversation_id: UUID) -> None:
        """End the following: no page of this process shows the conversation any more."""
        if conversation_id in self._followed:
            self._followed[conversation_id][1].cancel()

    async def stop(self, conversation_id: UUID) -> None:
        """Stop the reply of a conversation that another process streams. Raises `DatabaseError`."""
        if await in_thread(rows_elsewhere.stop)(conversation_id):
            if followed := self.find(conversation_id):
                followed.look_now()
            self._notify(conversation_id)


async def is_watched(reply_id: int, seconds: float = WATCHED_SECONDS) -> bool:
    """Whether a page of another process has shown a reply within so many seconds, or a few more.

    False if the database cannot say it soon: nobody is to pay for a reply that nobody may see.
    """
    try:
        async with asyncio.timeout(WATCHED_SECONDS):
            watched: bool = await in_thread(rows_elsewhere.is_watched)(
                reply_id, max(seconds, WATCHED_SECONDS)
            )
    except (DatabaseError, TimeoutError) as error:
        logger.warning("whether a page elsewhere shows reply %s is unknown: %r", reply_id, error)
        return False
    return watched


async def look(watched: Container[UUID], notify: Callable[[UUID], None]) -> None:
    """Look at the rows of other processes from time to time, and never return.

    Interrupts replies of processes that have died, and notifies of new ones in a conversation that
    is `watched` here. Lists of conversations hear of each that begins and ends.
    """
    newest: int | None = None
    streaming: dict[UUID, Conversation] = {}  # conversations
    for count in itertools.count(1):
        await asyncio.sleep(LOOK_SECONDS)
        try:
            newest, found = await in_thread(rows_elsewhere.since)(newest)
            if found and count % LOOKS_FOR_THE_DEAD == 0:
                await in_thread(rows_elsewhere.interrupt_dead)()
        except (DatabaseError, OSError) as error:
            logger.warning("cannot look at the replies of other processes: %s", error)
        else:
            for conversation_id in found:
                if conversation_id in watched:
                    notify(conversation_id)
            for conversation_id in found.keys() ^ streaming.keys():  # conversations
                presence.notify((found | streaming)[conversation_id])
            streaming = found  # conversations


def _read(reply_id: int) -> Reply | None:
    reply = Reply.objects.select_related("turn", "conversation").filter(pk=reply_id).first()
    history.fetch([reply] if reply else [])  # tools
    return reply
