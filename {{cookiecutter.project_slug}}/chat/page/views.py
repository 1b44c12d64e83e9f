"""The page, and the LiveView of its controls: what the user does, and what state they are in.

The page itself is an ordinary Django page, with the log of the conversation in it. Only the
controls are rendered again for an event; what happens to the log is sent by `feed.py`.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.db import DatabaseError, DataError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from djust import LiveView, state
from djust.decorators import event_handler

from chat import error_messages, queries
from chat.models import Conversation, Reply
from chat.owners import is_logged_in, known_owner, owner_of
from chat.page.controls import controls
from chat.page.djust_internals import is_connected, push_now, render_lock
from chat.page.feed import Feed, Position
from chat.provider import names
from chat.replies.registry import replies

logger = logging.getLogger("chat")

LOGIN_SECONDS = 2


@never_cache
@ensure_csrf_cookie
def page(request: HttpRequest, conversation_id: UUID | None = None) -> HttpResponse:
    """A conversation as it stands, the newest one without an id."""
    if settings.CHAT_LOGIN_REQUIRED and not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    conversation = queries.shown(owner_of(request), conversation_id)
    if conversation is None:
        return render(request, "chat/no_conversation.html", status=404, using="django")
    last = queries.last_reply(conversation)
    context = {
        "conversation": conversation,
        "turns": queries.turns(conversation),
        "provider": names,
        "built_in_model": settings.CHAT_BUILT_IN_MODEL,
        "max_prompt_chars": settings.CHAT_MAX_PROMPT_CHARS,
        "login_required": settings.CHAT_LOGIN_REQUIRED,
        **controls(last),
    }
    return render(request, "chat/page.html", context, using="django")


class ChatView(LiveView):
    template_name = "chat/controls.html"
    login_required = settings.CHAT_LOGIN_REQUIRED

    streaming = state(False)
    error = state("")
    can_retry = state(False)
    retry_in = state(0)
    progress = state("")

    _owner: str | None = None
    _conversation: Conversation | None = None
    _feed: asyncio.Task[None] | None = None
    _allowed_until = 0.0

    def check_permissions(self, request: HttpRequest) -> bool:
        """Whether the user may still read: djust asks at the mount, and before each event."""
        return not settings.CHAT_LOGIN_REQUIRED or is_logged_in(request.session.session_key)

    def mount(
        self, request: HttpRequest, conversation_id: UUID | str | None = None, **kwargs: Any
    ) -> None:
        # The page answers with `follow`, and says what it shows already.
        self.push_event("chat:connected", {})
        self._owner = known_owner(request)
        if self._owner is not None:
            self._conversation = queries.shown(self._owner, conversation_id)
        if self._conversation is None:
            self._refuse(self._lack())
            return
        self._show(controls(queries.last_reply(self._conversation)))

    @event_handler()
    async def follow(
        self, conversation: str = "", turn: int = 0, reply: int = 0, status: str = "", **kwargs: Any
    ) -> None:
        """Keep the page's log up to date from what it shows now."""
        if self._owner is None or self._conversation is None:
            return
        shown = await database_sync_to_async(queries.shown)(self._owner, conversation)
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
            self._refuse(self._lack())
        elif not self.is_connected():
            self._refuse(error_messages.NOT_CONNECTED)
        elif await self._start(queries.ask, self._conversation, prompt):
            self.push_event("chat:sent", {"prompt": prompt})

    @event_handler()
    async def retry(self, **kwargs: Any) -> None:
        """Ask the model again, with the same prompt and history."""
        if self._conversation is not None and self.is_connected():
            await self._start(queries.ask_again, self._conversation)

    @event_handler()
    async def stop(self, **kwargs: Any) -> None:
        """Close the upstream request. The feed shows the end."""
        if self._conversation is not None:
            replies.stop(self._conversation.pk)

    @event_handler()
    async def new_chat(self, **kwargs: Any) -> None:
        """Leave this conversation, and what is still being written in it, for an empty one."""
        if self._owner is None:
            return
        try:
            new = await database_sync_to_async(queries.new)(self._owner)
        except DatabaseError:
            logger.exception("no conversation could be begun")
            self._refuse(error_messages.NO_DATABASE)
            return
        await self.stop()
        self._show(controls(None))
        self._follow(new, None)

    def is_connected(self) -> bool:
        return is_connected(self)

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
            return  # Known already. What was refused meanwhile stays to be read.
        if self.is_connected() and any(getattr(self, name) != shown[name] for name in shown):
            async with render_lock(self):
                self._show(shown)
                await self.push_state()

    async def _start(self, ask: Callable[..., Reply | None], *args: Any) -> bool:
        """Begin a reply by a row in the database, which allows one at a time."""
        try:
            started = await database_sync_to_async(queries.begin)(ask, *args)
        except queries.BusyError:
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
        if started is None:
            return False
        reply, history = started
        self._show(controls(reply))
        replies.start(reply, history)
        return True

    def _follow(self, conversation: Conversation, position: Position | None) -> None:
        self._conversation = conversation
        if self._feed is not None:
            self._feed.cancel()
        self._feed = asyncio.create_task(Feed(self, conversation, position).run())

    def _lack(self) -> str:
        """The sentence for a page without a conversation."""
        return error_messages.GONE if self._owner else error_messages.NO_SESSION

    def _refuse(self, sentence: str) -> None:
        self._show({"error": sentence})

    def _show(self, shown: dict[str, Any]) -> None:
        for name, value in shown.items():
            setattr(self, name, value)
