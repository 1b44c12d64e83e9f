"""The replies that are being written in this process: start, find, watch and stop them.

A reply belongs to its conversation, not to a view: any number of views may watch it, and it goes on
while none does. This is the one place to replace once replies run in other processes.
"""

import asyncio
import contextlib
import itertools
import logging
import time
from collections.abc import Callable, Iterator
from functools import partial
from uuid import UUID

from channels.db import database_sync_to_async
from django.conf import settings
from django.db import InterfaceError, OperationalError

from chat import conversations, sentences
from chat.errors import ProviderError
from chat.models import Reply
from chat.types import Finish, Message, Text, Usage

logger = logging.getLogger("chat")

Status = Reply.Status
# What is on the page is in the database at most a second later.
SAVE_SECONDS = 0.7
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
            await asyncio.wait_for(self._event.wait(), timeout)
        changed = self._event.is_set()
        self._event.clear()
        return changed

    async def told(self) -> None:
        """Wait until whoever watches asks for the next change, and so is done with the last."""
        await self._told.wait()


class RunningReply:
    """One reply from its request to its last word, and how it ended."""

    def __init__(self, reply: Reply, messages: list[Message]) -> None:
        self.reply = reply
        self._messages = messages
        self._stopped_as = Status.INTERRUPTED
        self._started = time.monotonic()
        self._first_text: float | None = None
        self._reading: asyncio.Task[None] | None = None

    @property
    def text(self) -> str:
        """What has arrived so far."""
        return self.reply.text

    def stop(self, status: Status) -> None:
        """Close the upstream connection at once, and let the reply end as `status`."""
        if self._reading is not None and not self._reading.done():
            self._stopped_as = status
            self._reading.cancel()

    async def live(self, wake: Callable[[], None]) -> None:
        """Read the reply to its end, whatever ends it, and save it. `wake` is told of each text."""
        self._reading = asyncio.create_task(self._read(wake))
        while not self._reading.done():
            await asyncio.wait([self._reading], timeout=SAVE_SECONDS)
            if not self._reading.done() and await self._save() is False:
                self.stop(Status.INTERRUPTED)
        self._settle(self._reading)
        while await self._save() is None:
            await asyncio.sleep(SAVE_SECONDS)
        self._log()

    async def _read(self, wake: Callable[[], None]) -> None:
        # Imported here, so that only a process that replies loads the SDK.
        from chat.reply import read_reply

        idle = settings.CHAT_IDLE_TIMEOUT_SECONDS
        finish = None
        try:
            async with (
                asyncio.timeout(idle) as limit,
                contextlib.aclosing(read_reply(self._messages)) as events,
            ):
                async for event in events:
                    limit.reschedule(asyncio.get_running_loop().time() + idle)
                    match event:
                        case Text():
                            self._first_text = self._first_text or time.monotonic()
                            self.reply.text += event.text
                            wake()
                        case Usage():
                            if event.input_tokens is not None:
                                self.reply.input_tokens = event.input_tokens
                            if event.output_tokens is not None:
                                self.reply.output_tokens = event.output_tokens
                        case Finish():
                            finish = event
        except TimeoutError:
            raise ProviderError("silent") from None
        if finish is None:
            raise ProviderError("cut_off" if self.reply.text else "empty")
        if finish.reason == "refused":
            raise ProviderError("refused")
        if finish.reason == "length":
            self.reply.note = sentences.LENGTH

    def _settle(self, reading: asyncio.Task[None]) -> None:
        if reading.cancelled():
            self.reply.status = self._stopped_as
            if self._stopped_as is Status.INTERRUPTED:
                self.reply.note = sentences.INTERRUPTED
            return
        error = reading.exception()
        if error is None:
            self.reply.status = Status.COMPLETE
            return
        problem = error if isinstance(error, ProviderError) else ProviderError("internal")
        if problem.kind == "internal":
            logger.error("reply %s: fault in the chat itself", self.reply.pk, exc_info=error)
        elif problem.detail:
            logger.warning("reply %s: %s (%s)", self.reply.pk, problem.kind, problem.detail)
        self.reply.status = Status.FAILED
        self.reply.note = sentences.for_error(problem)

    async def _save(self) -> bool | None:
        """Whether the row was still streaming; None while the database cannot be written."""
        try:
            saved: bool = await database_sync_to_async(conversations.save)(self.reply)
        except (OperationalError, InterfaceError) as error:
            logger.warning("reply %s is not saved yet: %s", self.reply.pk, error)
            return None
        return saved

    def _log(self) -> None:
        first = f"{self._first_text - self._started:.3f} s" if self._first_text else "none"
        logger.info(
            "reply %s %s: first text %s, whole %.3f s, tokens in %s, out %s",
            self.reply.pk,
            self.reply.status,
            first,
            time.monotonic() - self._started,
            self.reply.input_tokens,
            self.reply.output_tokens,
        )


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
                await asyncio.gather(*self._tasks)
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
