"""What every LiveView of a conversation has: who may read it, and the message of a refusal."""

import time
from typing import Any

from channels.db import database_sync_to_async
from django.conf import settings
from django.http import HttpRequest
from djust import LiveView, state

from chat.models import Conversation
from chat.owners import Owner, is_logged_in

LOGIN_SECONDS = 2


class ConversationView(LiveView):
    """`_conversation` is None while there is no owner, or none of the owner's has been found."""

    abstract = True  # Otherwise djust's checks ask for a template.
    login_required = settings.CHAT_LOGIN_REQUIRED

    error = state("")

    _owner: Owner | None = None
    _conversation: Conversation | None = None
    _allowed_until = 0.0

    def check_permissions(self, request: HttpRequest) -> bool:
        """Whether the user may still read: djust asks at the mount, and before each event."""
        return not settings.CHAT_LOGIN_REQUIRED or is_logged_in(request.session.session_key)

    async def is_allowed(self) -> bool:
        """Whether the user may still read: looked up at most each LOGIN_SECONDS."""
        if time.monotonic() > self._allowed_until:
            if not await database_sync_to_async(self.check_permissions)(self.request):
                return False
            self._allowed_until = time.monotonic() + LOGIN_SECONDS
        return True

    async def switch(self, conversation: Conversation | None) -> None:
        """Show another conversation, or a new one."""
        raise NotImplementedError

    def refuse(self, message: str) -> None:
        self.show({"error": message})

    def show(self, shown: dict[str, Any]) -> None:
        """Set what the template shows; djust renders it after the event."""
        for name, value in shown.items():
            setattr(self, name, value)
