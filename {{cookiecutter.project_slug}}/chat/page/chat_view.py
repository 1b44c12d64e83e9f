"""The LiveView of the controls: what the user does, and the state of the buttons and messages.

djust renders only the controls again for an event. Changes of the log are pushed by `feed.py`.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async
from django.conf import settings
from django.db import DatabaseError, DataError
from django.http import HttpRequest
from djust import LiveView, state
from djust.decorators import event_handler

from chat import error_messages, queries
from chat.models import Conversation, Reply
from chat.owners import Owner, is_logged_in, owner_on_socket
from chat.page.controls import controls
from chat.page.djust_internals import cookies, is_connected, on_leave, push_now, render_lock
from chat.page.feed import Feed, Position
from chat.replies import rows
from chat.replies.registry import replies

logger = logging.getLogger("chat")

LOGIN_SECONDS = 2


class ChatView(LiveView):
    template_name = "chat/controls.html"
    login_required = settings.CHAT_LOGIN_REQUIRED

    streaming = state(False)
    error = state("")
    can_retry = state(False)
    retry_in = state(0)
    progress = state("")

    _owner: Owner | None = None
    _conversation: Conversation | None = None
    _feed: asyncio.Task[None] | None = None
    _allowed_until = 0.0

    def check_permissions(self, request: HttpRequest) -> bool:
        """Whether the user may still read: djust asks at the mount, and before each event."""
        return not settings.CHAT_LOGIN_REQUIRED or is_logged_in(request.session.session_key)

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
            self._refuse(error_messages.NO_SESSION)
            return
        if conversation_id:
            self._conversation = queries.find(self._owner, conversation_id)
            if self._conversation is None:
                self._refuse(error_messages.GONE)
                return
        else:
            newest = None if new else queries.newest(self._owner)
            self._conversation = newest or queries.blank(self._owner)
        if not self._conversation._state.adding:
            self._show(controls(queries.last_reply(self._conversation)))

    @event_handler()
    async def follow(
        self, conversation: str = "", turn: int = 0, reply: int = 0, status: str = "", **kwargs: Any
    ) -> None:
        """Keep the page's log up to date from what it shows now."""
        if self._owner is None or self._conversation is None:
            return
        find = queries.find if turn else queries.find_or_blank
        shown = await database_sync_to_async(find)(self._owner, conversation)
        if shown is None:
            self._follow(self._conversation, None)
        else:
            self._follow(shown, Position(turn, reply, status))

    @event_handler()
    async def submit(self, prompt: str = "", **kwargs: Any) -> None:
        """Ask the model. A prompt that cannot be sent is refused, and stays in its box."""
        if not prompt.strip():
            self._refuse(error_messages.EMPTY)
        elif len(prompt) > settings.CHAT_MAX_PROMPT_CHARS:
            self._refuse(error_messages.too_long(settings.CHAT_MAX_PROMPT_CHARS))
        elif self._conversation is None:
            self._refuse(error_messages.GONE if self._owner else error_messages.NO_SESSION)
        elif not is_connected(self):
            self._refuse(error_messages.NOT_CONNECTED)
        elif await self._start(self._conversation, partial(rows.ask, prompt=prompt)):
            self.push_event("chat:sent", {"prompt": prompt})

    @event_handler()
    async def retry(self, **kwargs: Any) -> None:
        """Ask the model again, with the same prompt and history."""
        if self._conversation is not None and is_connected(self):
            await self._start(self._conversation, rows.ask_again)

    @event_handler()
    async def stop(self, **kwargs: Any) -> None:
        """Close the upstream request. The feed shows the end."""
        if self._conversation is not None:
            replies.stop(self._conversation.pk)

    @event_handler()
    async def new_chat(self, **kwargs: Any) -> None:
        """Leave this conversation, stop its reply, and begin an empty one."""
        if self._owner is None:
            return
        try:
            blank = await database_sync_to_async(queries.blank)(self._owner)
        except DatabaseError:
            logger.exception("no conversation could be begun")
            self._refuse(error_messages.NO_DATABASE)
            return
        left = self._conversation
        if left is not None and left == blank and not left._state.adding:
            blank = Conversation(**self._owner.fields)  # The one with this id was deleted.
        await self.stop()
        self._show(controls(None))
        self._follow(blank, None)

    async def is_allowed(self) -> bool:
        """Whether the user may still read: looked up at most each LOGIN_SECONDS."""
        if time.monotonic() > self._allowed_until:
            if not await database_sync_to_async(self.check_permissions)(self.request):
                return False
            self._allowed_until = time.monotonic() + LOGIN_SECONDS
        return True

    async def push(self, event: str, payload: dict[str, Any]) -> None:
        """Send a push event now, and wait while the browser is too slow to take it."""
        await push_now(self, event, payload)

    async def show_controls(self, last: Reply) -> None:
        """Render the controls, where the newest reply changes them."""
        shown = controls(last)
        if self.streaming and shown["streaming"]:
            return  # Already shown as streaming: keep a refusal message that is on screen.
        if any(getattr(self, name) != shown[name] for name in shown):
            async with render_lock(self):
                self._show(shown)
                await self.push_state()

    async def _start(
        self, conversation: Conversation, begin: Callable[[Conversation], rows.Begun]
    ) -> bool:
        """Begin a reply by its row in the database, which allows one at a time."""
        try:
            reply = await replies.start(conversation.pk, partial(begin, conversation))
        except rows.NothingToRetryError:
            return False
        except rows.BusyError:
            self._refuse(error_messages.BUSY)
            return False
        except Conversation.DoesNotExist:
            self._refuse(error_messages.GONE)
            return False
        except (DataError, UnicodeEncodeError):
            self._refuse(error_messages.NOT_TEXT)
            return False
        except (DatabaseError, OSError):
            logger.exception("no reply could be begun")
            self._refuse(error_messages.NO_DATABASE)
            return False
        if self._conversation is conversation:
            self._conversation = reply.conversation
        self._show(controls(reply))
        return True

    def _follow(self, conversation: Conversation, position: Position | None) -> None:
        self._conversation = conversation
        self._stop_feed()
        self._feed = asyncio.create_task(Feed(self, conversation, position).run())
        on_leave(self, self._stop_feed)

    def _stop_feed(self) -> None:
        if self._feed is not None:
            self._feed.cancel()

    def _refuse(self, message: str) -> None:
        self._show({"error": message})

    def _show(self, shown: dict[str, Any]) -> None:
        for name, value in shown.items():
            setattr(self, name, value)
