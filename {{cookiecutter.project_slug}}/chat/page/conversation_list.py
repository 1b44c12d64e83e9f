"""The list of conversations: what it shows, search, and the changes of other tabs."""

import asyncio
import logging
from dataclasses import replace
from typing import Any

from django.db import DatabaseError
from djust import state
from djust.decorators import event_handler

from chat.conversations import activity, presence, trash
from chat.conversations.listing import PAGE, QUERY_CHARS, Look, listing
from chat.database import in_thread
from chat.owners import Owner
from chat.page.conversation_view import ConversationView
from chat.page.djust_internals import render_lock
from chat.repair import storable
from chat.replies.registry import replies

logger = logging.getLogger("chat")

# Changes within this time are shown together.
TOGETHER_SECONDS = 0.1


def list_state(owner: Owner) -> dict[str, Any]:
    """The list as it is when a page opens. Blocks."""
    return listing(owner, Look())


class ConversationList(ConversationView):
    """The list beside the log, kept up to date.

    `_look` is replaced at each change, so that a list that was read before it is not shown.
    """

    abstract = True

    days: list[dict[str, Any]] = state([])
    has_more = state(False)
    list_message = state("")
    current = state("")
    current_title = state("")
    deleted: dict[str, str] = state({})
    export_all = state("")  # export

    _look = Look()
    _watching: asyncio.Task[None] | None = None

    @event_handler()
    async def search(self, value: str = "", **kwargs: Any) -> None:
        await self._show(query=storable(value)[:QUERY_CHARS].strip(), count=PAGE)

    @event_handler()
    async def show_more(self, **kwargs: Any) -> None:
        await self._show(count=self._look.count + PAGE)

    def watch_list(self) -> None:
        """Follow the changes that other tabs and replies make, until `leave_list`."""
        if self._owner is not None and self._watching is None:
            self._watching = asyncio.create_task(self._watch(self._owner))
            if self.deleted:
                # The process that was to purge it may have ended since.
                trash.purge_later(self._owner)

    def current_state(self) -> dict[str, str]:
        """Mark the conversation that the page shows, and name it."""
        if self._conversation is None:
            return {}
        return {
            "current": str(self._conversation.pk),
            "current_title": self._conversation.title,
        }

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
