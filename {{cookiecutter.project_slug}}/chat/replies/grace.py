"""Ends replies that nobody watches any more, after CHAT_DISCONNECT_GRACE_SECONDS."""

import asyncio
from collections.abc import Callable
from uuid import UUID

from chat.conversations import presence  # conversations
from chat.replies import elsewhere
from chat.replies.running_reply import RunningReply


class Graces:
    """The replies that no page of this process shows, by the id of their conversation."""

    def __init__(
        self, find: Callable[[UUID], RunningReply | None], interrupt: Callable[[UUID], object]
    ) -> None:
        """`find` and `interrupt` a reply of this process."""
        self._find, self._interrupt = find, interrupt
        self._graces: dict[UUID, asyncio.Task[None]] = {}

    def begin(self, conversation_id: UUID, seconds: float) -> None:
        """Interrupt the reply after so many seconds, unless a page shows it again by then."""
        ending = self._end_unwatched(conversation_id, seconds)
        self._graces[conversation_id] = asyncio.create_task(ending, name="grace")

    def end(self, conversation_id: UUID) -> None:
        if grace := self._graces.pop(conversation_id, None):
            grace.cancel()

    async def _end_unwatched(self, conversation_id: UUID, seconds: float) -> None:
        """End a reply that no page, of this process or another, has shown for so long."""
        loop, kept_until = asyncio.get_running_loop(), 0.0
        await asyncio.sleep(seconds)
        while (running := self._find(conversation_id)) is not None:
            if presence.keeps(running):  # conversations
                return
            is_needed = await elsewhere.is_watched(running.reply.pk, seconds)
            if await presence.keeps_elsewhere(running):  # conversations
                is_needed, kept_until = True, loop.time() + seconds
            if not is_needed and loop.time() >= kept_until:
                break
            await asyncio.sleep(elsewhere.WATCHED_SECONDS)
        self._interrupt(conversation_id)
