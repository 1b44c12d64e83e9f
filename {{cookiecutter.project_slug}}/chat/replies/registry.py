"""The replies that stream in this process: start, find, watch and stop them.

A reply belongs to its conversation, not to a page: any number of pages may watch it, and it goes on
for a while without any.
"""

import asyncio
import contextlib
import itertools
import logging
from collections.abc import Callable, Iterator
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError

from chat.conversations import presence  # conversations
from chat.database import in_thread
from chat.models import Reply
from chat.owners import Owner  # conversations
from chat.replies import (
    approval,  # tools
    cache,  # cache
    rows,
)
from chat.replies.running_reply import RunningReply

logger = logging.getLogger("chat")

Status = Reply.Status
# How long the end of the process waits for the database and for pages.
ENDING_SECONDS = 2
# How often the process looks for streaming replies of processes that have died; and while others do
# stream.
DEAD_SECONDS = 5
HEARTBEAT_SECONDS = 2


# What happens within this time is one change.
TOGETHER_SECONDS = 0.005


class Watcher:
    """Wakes a page's feed when something has happened to the reply of a conversation."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._waiting = asyncio.Event()

    def notify(self) -> None:
        self._event.set()
        self._waiting.clear()

    async def changed(self, timeout: float | None = None) -> None:
        """Wait for something to happen since the last call, or for `timeout` seconds."""
        if not self._event.is_set():
            self._waiting.set()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout):
                    await self._event.wait()
                    # The reader's next tokens are there already.
                    await asyncio.sleep(TOGETHER_SECONDS)
        self._event.clear()

    async def handled(self) -> None:
        """Wait until the feed has handled the last change (it has called `changed` again)."""
        await self._waiting.wait()


class RunningReplies:
    """The running replies by the id of their conversation, which has at most one."""

    def __init__(self) -> None:
        self._running: dict[UUID, RunningReply] = {}
        self._watchers: dict[UUID, set[Watcher]] = {}
        self._graces: dict[UUID, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._looking: asyncio.Task[None] | None = None
        self._is_ending = False

    async def start(self, conversation_id: UUID, begin: Callable[[], rows.Begun]) -> Reply:
        """Insert the row of a reply by `begin`, which blocks, and ask the model.

        From here on a Stop counts: the reply runs in a task of its own, whatever becomes of the
        caller. Raises what `begin` raises, and `BusyError`.
        """
        if conversation_id in self._running:
            raise rows.BusyError()
        running = self._running[conversation_id] = RunningReply(
            begin, partial(self.notify, conversation_id)
        )
        if self._is_ending:
            running.stop(Status.INTERRUPTED)
        task = asyncio.create_task(self._run(conversation_id, running), name="reply")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        reply = await asyncio.shield(running.begun)
        presence.notify(reply.conversation)  # conversations
        return reply

    def find(self, conversation_id: UUID) -> RunningReply | None:
        """The reply of a conversation that streams in this process; its row is inserted."""
        running = self._running.get(conversation_id)
        return running if running and running.begun.done() else None

    def stop(self, conversation_id: UUID, status: Status = Status.STOPPED) -> None:
        """Stop the reply of a conversation, even if its row is not inserted yet."""
        if running := self._running.get(conversation_id):
            running.stop(status)

    async def resume(self, conversation_id: UUID) -> None:  # tools
        """Go on with a reply whose tool calls were answered, unless it waits for another answer."""
        with contextlib.suppress(rows.BusyError, approval.NothingToResumeError):
            await self.start(conversation_id, partial(approval.resume, conversation_id))

    async def stop_waiting(self, conversation_id: UUID) -> None:  # tools
        """Stop the reply of a conversation that waits for the user, in whatever process it ran."""
        if await in_thread(approval.stop)(conversation_id):
            self.notify(conversation_id)

    @contextlib.contextmanager
    def watch(self, conversation_id: UUID) -> Iterator[Watcher]:
        """Watch a conversation for as long as the context lasts.

        A reply that nobody watches any more goes on for CHAT_DISCONNECT_GRACE_SECONDS.
        """
        self.look_for_the_dead()
        watcher = Watcher()
        watchers = self._watchers.setdefault(conversation_id, set())
        watchers.add(watcher)
        self._end_grace(conversation_id)
        try:
            yield watcher
        finally:
            watchers.discard(watcher)
            if not watchers:
                del self._watchers[conversation_id]
                self._begin_grace(conversation_id)

    def leave(self, owner: Owner) -> None:  # conversations
        """Let the replies that no page shows end soon: the last page of their owner has closed."""
        for conversation_id, running in self._running.items():
            is_shown = conversation_id in self._watchers
            if not is_shown and presence.is_of(owner, running):
                self._end_grace(conversation_id)
                self._begin_grace(conversation_id)

    def look_for_the_dead(self) -> None:
        """Begin the one periodic look of this process, if it has not begun."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(_interrupt_dead())

    async def interrupt_all(self) -> None:
        """Close every upstream connection, for the end of the process. Later replies end as well.

        Returns when all replies are saved and all pages have handled it, or after ENDING_SECONDS.
        """
        self._is_ending = True
        for running in self._running.values():
            running.stop(Status.INTERRUPTED)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ENDING_SECONDS):
                await asyncio.gather(*self._tasks, return_exceptions=True)
                watchers = itertools.chain.from_iterable(self._watchers.values())
                await asyncio.gather(*(watcher.handled() for watcher in watchers))

    async def _run(self, conversation_id: UUID, running: RunningReply) -> None:
        if conversation_id not in self._watchers:
            self._begin_grace(conversation_id)
        try:
            await running.run()
        finally:
            del self._running[conversation_id]
            self._end_grace(conversation_id)
            self.notify(conversation_id)
        await presence.ended(running, is_shown=conversation_id in self._watchers)  # conversations
        if running.tools.is_waiting:  # tools
            # The user may have answered, or stopped it, while it was being saved.
            ended = self.stop_waiting if running.stopped_as else self.resume
            await ended(conversation_id)
        if running.request is not None:  # cache
            await cache.keep(running.reply, running.request)

    def notify(self, conversation_id: UUID) -> None:
        """Wake the feeds of all pages that show a conversation."""
        for watcher in self._watchers.get(conversation_id, ()):
            watcher.notify()

    def _begin_grace(self, conversation_id: UUID) -> None:
        if conversation_id in self._running:
            self._graces[conversation_id] = asyncio.get_running_loop().call_later(
                settings.CHAT_DISCONNECT_GRACE_SECONDS,
                partial(self._end_unwatched, conversation_id),
            )

    def _end_unwatched(self, conversation_id: UUID) -> None:
        if presence.keeps(self.find(conversation_id)):  # conversations
            return
        self.stop(conversation_id, Status.INTERRUPTED)

    def _end_grace(self, conversation_id: UUID) -> None:
        if grace := self._graces.pop(conversation_id, None):
            grace.cancel()


async def _interrupt_dead() -> None:
    others_stream = True
    while True:
        await asyncio.sleep(HEARTBEAT_SECONDS if others_stream else DEAD_SECONDS)
        try:
            others_stream = await in_thread(rows.interrupt_dead)()
        except (DatabaseError, OSError) as error:
            logger.warning("cannot look for replies of dead processes: %s", error)


replies = RunningReplies()
