"""The LiveView of the controls: which conversation the page shows, and the state of the controls.

djust renders only the controls again for an event. Changes of the log are pushed by `feed.py`.
"""

import asyncio
import logging
from typing import Any
from uuid import UUID

from django.db import DatabaseError
from django.http import HttpRequest
from djust import state
from djust.decorators import event_handler

from chat import (
    error_messages,
    model_choice,  # models
    queries,
)
from chat.database import in_thread
from chat.models import Conversation, Reply
from chat.owners import owner_on_socket
from chat.page.controls import controls
from chat.page.conversation_actions import ConversationActions  # conversations
from chat.page.conversation_list import list_state  # conversations
from chat.page.djust_internals import cookies, on_leave, on_stop, push_now, render_lock
from chat.page.feed import Feed
from chat.page.prompt_view import PromptView
from chat.page.shown_turns import Position
from chat.page.tool_answers import ToolAnswers  # tools
from chat.page.version_view import VersionView  # versions

logger = logging.getLogger("chat")


class ChatView(
    ToolAnswers,  # tools
    ConversationActions,  # conversations
    VersionView,  # versions
    PromptView,
):
    template_name = "chat/controls.html"
    # No template shows these. djust renders after an event that has changed anything else.
    static_assigns = [
        "_conversation",
        "_feed",
        "_watching",  # conversations
    ]

    streaming = state(False)
    can_retry = state(False)
    retry_in = state(0)
    progress = state("")

    _feed: asyncio.Task[None] | None = None

    def mount(
        self,
        request: HttpRequest,
        conversation_id: UUID | str | None = None,
        new: bool = False,
        **kwargs: Any,
    ) -> None:
        # The page answers with `follow`, and says what it shows already.
        self.push_event("chat:connected", {})
        self._owner = owner_on_socket(request, cookies(self))
        if self._owner is None:
            self.refuse(error_messages.NO_SESSION)
            return
        self.show(list_state(self._owner))  # conversations
        if conversation_id:
            self._conversation = queries.find(self._owner, conversation_id)
            if self._conversation is None:
                self.refuse(error_messages.GONE)
                return
        else:
            newest = None if new else queries.newest(self._owner)
            self._conversation = newest or queries.blank(self._owner)
        self.show(model_choice.picker(self._conversation))  # models
        self.show(self.current_state())  # conversations
        if not self._conversation._state.adding:
            self.show(controls(queries.last_reply(self._conversation)))

    @event_handler()
    async def follow(
        self, conversation: str = "", turn: int = 0, reply: int = 0, status: str = "", **kwargs: Any
    ) -> None:
        """Keep the page's log up to date from what it shows now."""
        if self._owner is None:
            return
        self.watch_list()  # conversations
        if self._conversation is None:
            return
        find = queries.find if turn else queries.find_or_blank
        try:
            shown = await in_thread(find)(self._owner, conversation)
        except (DatabaseError, OSError) as error:
            # Without a feed, the page would accept prompts and show no reply to them.
            logger.warning("the conversation of a page cannot be read: %s", error)
            is_mounted = conversation == str(self._conversation.pk)
            shown = self._conversation if is_mounted else None
        if shown is None:
            await self._follow(self._conversation, None)
        else:
            await self._follow(shown, Position(turn, reply, status))
            self.show(self.current_state())  # conversations

    @event_handler()
    async def new_chat(self, **kwargs: Any) -> None:
        """Leave this conversation, and begin an empty one. A reply that streams here goes on."""
        await self.switch(None)

    async def switch(self, conversation: Conversation | None) -> None:
        """Show another conversation, or a new one."""
        if self._owner is None:
            return
        if conversation is None:
            try:
                conversation = await in_thread(queries.blank)(self._owner)
            except DatabaseError as error:
                logger.exception("no conversation could be begun")
                self.refuse(error_messages.not_done(error))
                return
            left = self._conversation
            if left is not None and left == conversation and not left._state.adding:
                # The one with this id was deleted.
                conversation = Conversation(**self._owner.fields)
        if self.error:
            # It is of the conversation that is left. The rest changes with the log, in one render.
            self.show(controls(None))
        await self._follow(conversation, None)

    async def push(self, event: str, payload: dict[str, Any]) -> None:
        """Send a push event now, and wait while the browser is too slow to take it."""
        await push_now(self, event, payload)

    async def show_controls(self, last: Reply | None) -> None:
        """Render the controls, where another newest reply or another conversation changes them."""
        shown = controls(last)
        if self.streaming and shown["streaming"]:
            # Already shown as streaming: keep a refusal message that is on screen.
            shown = {"progress": shown["progress"]}
        shown |= self.current_state()  # conversations
        shown |= self.said_of(last)  # versions
        shown |= model_choice.picker_after(last)  # models
        if any(getattr(self, name) != shown[name] for name in shown):
            async with render_lock(self):
                self.show(shown)
                await self.push_state()

    async def _follow(self, conversation: Conversation, position: Position | None) -> None:
        if conversation != self._conversation:  # models
            self.show(model_choice.picker(conversation))
        await self.enter(conversation)  # conversations
        self._conversation = conversation
        if self._feed is not None:
            self._feed.cancel()
        self._feed = asyncio.create_task(Feed(self, conversation, position).run())
        on_stop(self, self._stop)
        on_leave(self, self._leave)

    def _leave(self) -> None:
        self.leave_list()  # conversations
        if self._feed is not None:
            self._feed.cancel()
