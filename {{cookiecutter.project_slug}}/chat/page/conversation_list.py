"""The list of conversations: open, rename, delete, undo, search. It follows other tabs."""

import asyncio
import logging
from collections.abc import Awaitable
from dataclasses import replace
from typing import Any

from django.db import DatabaseError
from djust import state
from djust.decorators import event_handler

from chat import deletion, error_messages, queries
from chat.conversations import activity, presence, trash
from chat.conversations.listing import PAGE, QUERY_CHARS, Look, listing, streaming
from chat.database import in_thread
from chat.models import Conversation
from chat.owners import Owner
from chat.page.conversation_view import ConversationView
from chat.page.djust_internals import is_connected, render_lock
from chat.repair import storable
from chat.replies.registry import replies

logger = logging.getLogger("chat")

# What changes within this time is shown at once.
TOGETHER_SECONDS = 0.1

_purges: set[asyncio.Task[None]] = set()


def list_state(owner: Owner) -> dict[str, Any]:
    """The list as it is when a page opens. Blocks."""
    return listing(owner, Look())


class ConversationList(ConversationView):
    abstract = True

    days: list[dict[str, Any]] = state([])
    has_more = state(False)
    list_message = state("")
    current = state("")
    current_title = state("")
    deleted: dict[str, str] = state({})
    export_all = state("")  # export

    _look = Look()
    _left: Conversation | None = None  # because it was deleted
    _watching: asyncio.Task[None] | None = None

    @event_handler()
    async def open(self, conversation: str = "", **kwargs: Any) -> None:
        """Show another conversation. A reply that streams in this one goes on."""
        found = await self._find(conversation)
        if found is not None:
            if self._look.renaming:
                await self.cancel_rename()
            await self.switch(found)

    @event_handler()
    async def search(self, value: str = "", **kwargs: Any) -> None:
        await self._show(query=storable(value)[:QUERY_CHARS].strip(), count=PAGE)

    @event_handler()
    async def show_more(self, **kwargs: Any) -> None:
        await self._show(count=self._look.count + PAGE)

    @event_handler()
    async def start_rename(self, conversation: str = "", **kwargs: Any) -> None:
        if await self._find(conversation) is not None:
            await self._show(renaming=conversation)

    @event_handler()
    async def cancel_rename(self, **kwargs: Any) -> None:
        await self._show(renaming="")

    @event_handler()
    async def rename(self, title: str = "", **kwargs: Any) -> None:
        """Give a new title to the conversation that is being renamed, which `_find` has found."""
        renaming = self._look.renaming
        if self._owner is None or not renaming:
            return
        self._look = replace(self._look, renaming="")
        if not await self._change(in_thread(activity.rename)(self._owner, renaming, title)):
            self._look = replace(self._look, renaming=renaming)

    @event_handler()
    async def delete(self, conversation: str = "", **kwargs: Any) -> None:
        """Delete a conversation, after its reply was stopped. Undo brings it back for a while."""
        found = await self._find(conversation)
        if found is None or self._owner is None or not is_connected(self):
            return
        if not await self._change(self._delete(found)):
            return
        _purge_later(self._owner)
        if found == self._conversation:
            self._left = found
            await self.switch(None)

    @event_handler()
    async def undo(self, conversation: str = "", **kwargs: Any) -> None:
        """Bring a deleted conversation back. It is opened if the page has shown nothing since."""
        if self._owner is None:
            return
        if not await self._change(in_thread(trash.undo)(self._owner, conversation)):
            return
        shown, left = self._conversation, self._left
        if left is not None and str(left.pk) == conversation:
            self._left = None
            if shown is not None and shown._state.adding:
                await self.open(conversation)

    @event_handler()
    async def delete_all(self, **kwargs: Any) -> None:
        """Delete all conversations of the owner, for good, after their replies were stopped."""
        if self._owner is None or not is_connected(self):
            return
        if await self._change(self._delete_all(self._owner)):
            await self.switch(None)

    async def _delete(self, conversation: Conversation) -> None:
        replies.stop(conversation.pk)
        await replies.stop_elsewhere(conversation.pk)
        await in_thread(trash.delete)(conversation)

    async def _delete_all(self, owner: Owner) -> None:
        for conversation_id in await in_thread(streaming)(owner):
            replies.stop(conversation_id)
            await replies.stop_elsewhere(conversation_id)
        await in_thread(deletion.delete_all)(owner)

    def watch_list(self) -> None:
        """Follow the changes that other tabs and replies make, until `leave_list`."""
        if self._owner is not None and self._watching is None:
            self._watching = asyncio.create_task(self._watch(self._owner))
            if self.deleted:
                # The process that was to purge it may have ended since.
                _purge_later(self._owner)

    def current_state(self) -> dict[str, str]:
        """Mark the conversation that the page shows, and name it."""
        if self._conversation is None:
            return {}
        return {
            "current": str(self._conversation.pk),
            "current_title": self._conversation.title,
        }

    async def enter(self, conversation: Conversation) -> None:
        """Mark the last reply of a conversation as read."""
        if conversation.is_unread:
            await self._change(in_thread(activity.mark_read)(conversation))

    def leave_list(self) -> None:
        if self._watching is not None:
            self._watching.cancel()

    async def _watch(self, owner: Owner) -> None:
        try:
            with presence.watch(owner) as changed:
                # Something may have changed since the page was mounted.
                changed.set()
                while True:
                    await changed.wait()
                    changed.clear()
                    if not await self.is_allowed():
                        return
                    await self._push_list()
                    await asyncio.sleep(TOGETHER_SECONDS)
        except Exception:
            logger.exception("the list of a page is not followed; a reload shows the rest")
        finally:
            replies.leave(owner)

    async def _push_list(self) -> None:
        look = None
        while look is not self._look:
            look = self._look
            listed = await self._listing()
            shown = listed | self.current_state()
            if any(getattr(self, name) != shown[name] for name in shown):
                async with render_lock(self):
                    # An event may have changed meanwhile what is to be shown.
                    if look is self._look:
                        self.show(listed | self.current_state())
                        await self.push_state()

    async def _show(self, **look: Any) -> None:
        """Show something else of the list."""
        self._look = replace(self._look, **look)
        await self._refresh()

    async def _refresh(self) -> None:
        listed = await self._listing()
        self.show(listed | self.current_state())

    async def _listing(self) -> dict[str, Any]:
        """The state of the list; none while the database cannot be read."""
        if self._owner is None:
            return {}
        try:
            listed: dict[str, Any] = await in_thread(self._read)(self._owner)
        except (DatabaseError, OSError) as error:
            logger.warning("the list of conversations cannot be read: %s", error)
            return {}
        return listed

    def _read(self, owner: Owner) -> dict[str, Any]:
        # Another tab may have renamed the conversation, which need not be on a row that is shown.
        if current := self._conversation:
            current.title = activity.title_now(current)
        return listing(owner, self._look)

    async def _find(self, conversation_id: str) -> Conversation | None:
        found: Conversation | None = None
        if self._owner is None:
            return None
        try:
            found = await in_thread(queries.find)(self._owner, conversation_id)
        except (DatabaseError, OSError) as error:
            logger.exception("a conversation could not be read")
            self.refuse(error_messages.not_done(error))
            return None
        if found is None:
            self.refuse(error_messages.GONE)
        return found

    async def _change(self, change: Awaitable[bool | None]) -> bool:
        """Change rows, and show it in each tab of the owner. Returns whether that was possible.

        `change` returns False if there is no such conversation.
        """
        try:
            is_gone = await change is False
        except (DatabaseError, OSError) as error:
            logger.exception("a conversation could not be changed")
            self.refuse(error_messages.not_done(error))
            return False
        if is_gone:
            self.refuse(error_messages.GONE)
        # A list that was read before is not shown any more: see `_push_list`.
        self._look = replace(self._look)
        await self._refresh()
        if self._owner is not None:
            presence.notify(self._owner)
        return not is_gone


def _purge_later(owner: Owner) -> None:
    """Begin to wait until Undo brings back no more what is deleted now; then its rows go away."""
    _purges.add(purge := asyncio.create_task(_purge(owner, trash.UNDO_SECONDS)))
    purge.add_done_callback(_purges.discard)


async def _purge(owner: Owner, seconds: float) -> None:
    await asyncio.sleep(seconds)
    try:
        await in_thread(trash.purge)()
    except (DatabaseError, OSError) as error:
        logger.warning("deleted conversations are purged later: %s", error)
    presence.notify(owner)
