"""What a person does with conversations: open, rename, delete, undo."""

import logging
from collections.abc import Awaitable
from dataclasses import replace
from typing import Any

from django.db import DatabaseError
from djust.decorators import event_handler

from chat import deletion, error_messages, queries
from chat.conversations import activity, presence, trash
from chat.conversations.listing import streaming
from chat.database import in_thread
from chat.models import Conversation
from chat.owners import Owner
from chat.page.conversation_list import ConversationList
from chat.page.djust_internals import is_connected
from chat.replies.registry import replies

logger = logging.getLogger("chat")


class ConversationActions(ConversationList):
    abstract = True

    _left: Conversation | None = None  # because it was deleted

    @event_handler()
    async def open(self, conversation: str = "", **kwargs: Any) -> None:
        """Show another conversation. A reply that streams in this one goes on."""
        found = await self._find(conversation)
        if found is not None:
            if self._look.renaming:
                await self.cancel_rename()
            await self.switch(found)

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
        trash.purge_later(self._owner)
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

    async def enter(self, conversation: Conversation) -> None:
        """Mark the last reply of a conversation as read."""
        if conversation.is_unread:
            await self._change(in_thread(activity.mark_read)(conversation))

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
        # A list that was read before the change must not be shown: see `_push_list`.
        self._look = replace(self._look)
        await self._refresh()
        if self._owner is not None:
            presence.notify(self._owner)
        return not is_gone
