"""What every LiveView of a conversation has: who may read it, and the message of a refusal."""

import asyncio
import logging
import math
import time
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest
from djust import LiveView, state

from chat.database import in_thread
from chat.models import Conversation
from chat.owners import Owner, is_logged_in

logger = logging.getLogger("chat")

# How often a page looks at its login.
LOGIN_SECONDS = 2
# While the database does not answer, the last login that was seen counts for so long.
STALE_LOGIN_SECONDS = 60
# While the last answer counts, a push waits for the next one no longer than this.
PATIENCE_SECONDS = 0.05
# How soon a database that did not answer is asked again.
AGAIN_SECONDS = 1


class ConversationView(LiveView):
    """`_conversation` is None while there is no owner, or none of the owner's has been found."""

    abstract = True  # Otherwise djust's checks ask for a template.
    login_required = settings.CHAT_LOGIN_REQUIRED

    error = state("")

    _owner: Owner | None = None
    _conversation: Conversation | None = None
    _allowed_at = -math.inf
    _looking_up: asyncio.Task[bool] | None = None

    def check_permissions(self, request: HttpRequest) -> bool:
        """Whether the user may still read: djust asks at the mount, and before each event."""
        return not settings.CHAT_LOGIN_REQUIRED or is_logged_in(request.session.session_key)

    async def is_allowed(self) -> bool:
        """Whether the user may still read: looked up at most each LOGIN_SECONDS.

        Text goes on while the database does not answer, for STALE_LOGIN_SECONDS.
        """
        age = time.monotonic() - self._allowed_at
        if not settings.CHAT_LOGIN_REQUIRED or age < LOGIN_SECONDS:
            return True
        looking = self._looking_up or asyncio.create_task(self._look_up())
        self._looking_up = looking
        await asyncio.wait(
            [looking], timeout=PATIENCE_SECONDS if age < STALE_LOGIN_SECONDS else None
        )
        if not looking.done():
            return True
        self._looking_up = None
        return looking.result()

    async def _look_up(self) -> bool:
        while True:
            try:
                is_allowed = await in_thread(self.check_permissions)(self.request)
            except DatabaseError as error:
                logger.warning("a login cannot be looked up: %s", error)
                await asyncio.sleep(AGAIN_SECONDS)
                continue
            if is_allowed:
                self._allowed_at = time.monotonic()
            return is_allowed

    async def switch(self, conversation: Conversation | None) -> None:
        """Show another conversation, or a new one."""
        raise NotImplementedError

    def refuse(self, message: str) -> None:
        self.show({"error": message})

    def show(self, shown: dict[str, Any]) -> None:
        """Set what the template shows; djust renders it after the event."""
        for name, value in shown.items():
            setattr(self, name, value)
