"""The replies that stream in this process: start, find, watch and stop them.

A reply belongs to its conversation, not to a page: any number of pages may watch it, and it goes on
for a while without any.
"""

import asyncio
import contextlib
import itertools
from collections.abc import Callable, Iterator
from functools import partial
from uuid import UUID

from django.conf import settings

from chat.bus import changes  # bus
from chat.conversations import presence  # conversations
from chat.database import in_thread, keep_trying
from chat.models import Reply
from chat.owners import Owner  # conversations
from chat.replies import (
    approval,  # tools
    cache,  # cache
    elsewhere,
    mirror,  # bus
    rows,
)
from chat.replies.followed import FollowedReplies, FollowedReply
from chat.replies.grace import Graces
from chat.replies.running_reply import RunningReply
from chat.replies.watcher import Watcher

Status = Reply.Status
# How long the end of the process waits for the database and for pages.
ENDING_SECONDS = 2
# How long a new reply waits for the one before, whose end a page may have read from its row.
LEAVING_SECONDS = 1


class RunningReplies:
    """The running replies by the id of their conversation, which has at most one."""

    def __init__(self) -> None:
        self._running: dict[UUID, RunningReply] = {}
        self._next: dict[UUID, RunningReply] = {}  # waits until the one before has left
        self._elsewhere = FollowedReplies(self.notify)
        self._mirrors = mirror.Mirrors(self._running)  # bus
        self._watchers: dict[UUID, set[Watcher]] = {}
        self._graces = Graces(self.find, partial(self.stop, status=Status.INTERRUPTED))
        self._tasks: set[asyncio.Task[None]] = set()
        self._looking: asyncio.Task[None] | None = None
        self._is_ending = False

    async def start(self, conversation_id: UUID, begin: Callable[[], rows.Begun]) -> Reply:
        """Insert the row of a reply by `begin`, which blocks, and ask the model.

        From here on a Stop counts: the reply runs in a task of its own, whatever becomes of the
        caller. Raises what `begin` raises, and `BusyError`.
        """
        running = RunningReply(begin, partial(self.notify, conversation_id))
        before = self._running.get(conversation_id)
        if before is not None and before.has_ended and conversation_id not in self._next:
            self._next[conversation_id] = running
            try:
                await asyncio.wait_for(before.left.wait(), LEAVING_SECONDS)
            except TimeoutError:
                pass  # The reply is refused below.
            finally:
                del self._next[conversation_id]
        if conversation_id in self._running:
            raise rows.BusyError()
        self._running[conversation_id] = running
        if self._is_ending:
            running.stop(Status.INTERRUPTED)
        task = asyncio.create_task(self._run(conversation_id, running), name="reply")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        reply = await asyncio.shield(running.begun)
        changes.tell("conversation", conversation_id)  # bus
        presence.notify(reply.conversation)  # conversations
        return reply

    def find(self, conversation_id: UUID) -> RunningReply | None:
        """The reply of a conversation that streams in this process; its row is inserted."""
        running = self._running.get(conversation_id)
        return running if running and running.begun.done() else None

    def shown(self, conversation_id: UUID) -> RunningReply | FollowedReply | None:
        """The streaming reply of a conversation, whose text grows here or in another process."""
        return self.find(conversation_id) or self._elsewhere.find(conversation_id)

    def follow(self, conversation_id: UUID, reply_id: int) -> None:
        """Follow the row of a reply, if another process streams it, while a page shows it."""
        if conversation_id not in self._running:
            self._elsewhere.follow(conversation_id, reply_id)

    def stop(self, conversation_id: UUID, status: Status = Status.STOPPED) -> bool:
        """Stop the reply of a conversation, even if its row is not inserted yet.

        Returns whether one streams in this process.
        """
        running = self._next.get(conversation_id) or self._running.get(conversation_id)
        if running is not None:
            running.stop(status)
        return running is not None

    async def stop_elsewhere(self, conversation_id: UUID) -> None:
        """Stop a reply that another process streams, or that waits for the user.

        Raises `DatabaseError`.
        """
        if conversation_id in self._running:
            return
        if await self._elsewhere.stop(conversation_id):
            self.tell(conversation_id)
        await self.stop_waiting(conversation_id)  # tools

    async def resume(self, conversation_id: UUID) -> None:  # tools
        """Go on with a reply whose tool calls were answered, unless it waits for another answer."""
        running = self._running.get(conversation_id)
        if running is not None:
            # It may have looked for an answer already: `_run` looks again.
            running.tools.is_answered = True
            return
        with contextlib.suppress(approval.NothingToResumeError):
            await self.start(conversation_id, partial(approval.resume, conversation_id))

    async def stop_waiting(self, conversation_id: UUID) -> None:  # tools
        """Stop the reply of a conversation that waits for the user, in whatever process it ran."""
        if await in_thread(approval.stop)(conversation_id):
            self.tell(conversation_id)

    @contextlib.contextmanager
    def watch(self, conversation_id: UUID) -> Iterator[Watcher]:
        """Watch a conversation for as long as the context lasts.

        A reply that nobody watches any more goes on for CHAT_DISCONNECT_GRACE_SECONDS.
        """
        self.look_elsewhere()
        if conversation_id not in self._watchers:  # bus
            hear = partial(self._hear_change, conversation_id)
            changes.listen("conversation", conversation_id, hear)
        watcher = Watcher()
        watchers = self._watchers.setdefault(conversation_id, set())
        watchers.add(watcher)
        self._graces.end(conversation_id)
        try:
            yield watcher
        finally:
            watchers.discard(watcher)
            if not watchers:
                del self._watchers[conversation_id]
                changes.leave("conversation", conversation_id)  # bus
                self._elsewhere.leave(conversation_id)
                self._begin_grace(conversation_id)

    def leave(self, owner: Owner) -> None:  # conversations
        """Let the replies that no page shows end soon: the last page of their owner has closed."""
        for conversation_id, running in self._running.items():
            is_shown = conversation_id in self._watchers
            if not is_shown and presence.is_of(owner, running):
                self._graces.end(conversation_id)
                self._begin_grace(conversation_id)

    def look_elsewhere(self) -> None:
        """Begin the one periodic look at other processes, if it has not begun."""
        if self._looking is None or self._looking.done():
            looking = partial(elsewhere.look, self._watchers, self.notify)
            looking = partial(looking, resume=self.resume)  # tools
            self._looking = asyncio.create_task(looking())
            self._mirrors.listen()  # bus

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
        self._mirrors.beat()  # bus
        try:
            await running.run()
        finally:
            del self._running[conversation_id]
            running.left.set()
            self._graces.end(conversation_id)
            self.tell(conversation_id)
        is_shown = conversation_id in self._watchers  # conversations
        if not is_shown and running.begun.exception() is None:  # conversations
            is_shown = await elsewhere.is_watched(running.reply.pk)
        await presence.ended(running, is_shown=is_shown)  # conversations
        hand_over = partial(self._hand_over, conversation_id, running)
        await keep_trying(hand_over, f"conversation {conversation_id} does not go on")
        if running.request is not None:  # cache
            await cache.keep(running.reply, running.request)

    async def _hand_over(self, conversation_id: UUID, running: RunningReply) -> None:
        """Pass on a Stop or an answer that came while a reply was ending: what follows needs it."""
        is_stopped = running.stopped_as == Status.STOPPED
        has_begun = running.begun.exception() is None
        if is_stopped and not (has_begun and running.reply.status == Status.STOPPED):
            # It began no reply, or had ended already: the Stop is for the one that runs elsewhere,
            # or waits.
            await self.stop_elsewhere(conversation_id)
        elif running.tools.is_waiting or running.tools.is_answered:  # tools
            # The user may have answered while it was being saved.
            await self.resume(conversation_id)

    def tell(self, conversation_id: UUID) -> None:
        """Let all pages that show a conversation see that its rows have changed."""
        self.notify(conversation_id)
        changes.tell("conversation", conversation_id)  # bus

    def _hear_change(self, conversation_id: UUID) -> None:  # bus
        """Another process has told of a change."""
        self._elsewhere.look_now(conversation_id)
        self.notify(conversation_id)

    def notify(self, conversation_id: UUID) -> None:
        """Wake the feeds of the pages of this process that show a conversation."""
        for watcher in self._watchers.get(conversation_id, ()):
            watcher.notify()
        self._mirrors.notify(conversation_id)  # bus

    def _begin_grace(self, conversation_id: UUID) -> None:
        if conversation_id in self._running:
            self._graces.begin(conversation_id, settings.CHAT_DISCONNECT_GRACE_SECONDS)


replies = RunningReplies()
