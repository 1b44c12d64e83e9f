"""The replies that are being written in this process: start, find, watch and stop them.

A reply belongs to its conversation, not to a view: any number of views may watch it, and it goes on
while none does. This is the one place to replace once replies run in other processes.
"""

import asyncio
import contextlib
import itertools
from collections.abc import Iterator
from functools import partial
from uuid import UUID

from django.conf import settings

from chat.models import Reply
from chat.provider.events import Message
from chat.replies.running_reply import RunningReply

Status = Reply.Status
# How long the end of the process waits for a database or a page.
ENDING_SECONDS = 2


class Watcher:
    """Wakes when something has happened to the reply of a conversation."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._told = asyncio.Event()

    def wake(self) -> None:
        self._event.set()
        self._told.clear()

    async def changed(self, timeout: float) -> bool:
        """Whether something has happened since the last call, within `timeout` seconds."""
        if not self._event.is_set():
            self._told.set()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout):
                    await self._event.wait()
        changed = self._event.is_set()
        self._event.clear()
        return changed

    async def told(self) -> None:
        """Wait until whoever watches asks for the next change, and so is done with the last."""
        await self._told.wait()


class RunningReplies:
    """All of them, by their conversation: the database allows one for each."""

    def __init__(self) -> None:
        self._running: dict[UUID, RunningReply] = {}
        self._watchers: dict[UUID, set[Watcher]] = {}
        self._graces: dict[UUID, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, reply: Reply, messages: list[Message]) -> None:
        """Ask the model for a reply whose row is in the database already."""
        running = self._running[reply.conversation_id] = RunningReply(reply, messages)
        task = asyncio.create_task(self._run(running), name=f"reply {reply.pk}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def find(self, conversation_id: UUID) -> RunningReply | None:
        """The reply that is streaming in a conversation."""
        return self._running.get(conversation_id)

    def stop(self, conversation_id: UUID, status: Status = Status.STOPPED) -> None:
        """Stop the reply that is streaming in a conversation, if there is one."""
        if running := self.find(conversation_id):
            running.stop(status)

    @contextlib.contextmanager
    def watch(self, conversation_id: UUID) -> Iterator[Watcher]:
        """Watch a conversation for as long as the context lasts.

        A reply that nobody watches any more goes on for CHAT_DISCONNECT_GRACE_SECONDS.
        """
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

    async def interrupt_all(self) -> None:
        """Close every upstream connection. Return when all replies are saved and all pages told,
        or after ENDING_SECONDS."""
        for running in self._running.values():
            running.stop(Status.INTERRUPTED)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ENDING_SECONDS):
                await asyncio.gather(*self._tasks, return_exceptions=True)
                watchers = itertools.chain.from_iterable(self._watchers.values())
                await asyncio.gather(*(watcher.told() for watcher in watchers))

    async def _run(self, running: RunningReply) -> None:
        conversation_id = running.reply.conversation_id
        self._wake(conversation_id)
        if conversation_id not in self._watchers:
            self._begin_grace(conversation_id)
        try:
            await running.live(partial(self._wake, conversation_id))
        finally:
            del self._running[conversation_id]
            self._end_grace(conversation_id)
            self._wake(conversation_id)

    def _wake(self, conversation_id: UUID) -> None:
        for watcher in self._watchers.get(conversation_id, ()):
            watcher.wake()

    def _begin_grace(self, conversation_id: UUID) -> None:
        if conversation_id in self._running:
            self._graces[conversation_id] = asyncio.get_running_loop().call_later(
                settings.CHAT_DISCONNECT_GRACE_SECONDS,
                partial(self.stop, conversation_id, Status.INTERRUPTED),
            )

    def _end_grace(self, conversation_id: UUID) -> None:
        if grace := self._graces.pop(conversation_id, None):
            grace.cancel()


replies = RunningReplies()
