"""Allow and Deny: the user's answers to tool calls that ask first."""

import logging
from functools import partial
from typing import Any

from django.db import DatabaseError
from djust.decorators import event_handler

from chat import error_messages
from chat.database import in_thread
from chat.page.conversation_view import ConversationView
from chat.page.djust_internals import is_connected
from chat.replies import approval
from chat.replies.registry import replies

logger = logging.getLogger("chat")


class ToolAnswers(ConversationView):
    abstract = True

    @event_handler()
    async def allow(self, call: int = 0, **kwargs: Any) -> None:
        """Let a tool run that has asked first."""
        await self._answer(call, allow=True)

    @event_handler()
    async def deny(self, call: int = 0, **kwargs: Any) -> None:
        """Tell the model that a tool may not run."""
        await self._answer(call, allow=False)

    async def _answer(self, call: int, *, allow: bool) -> None:
        if self._conversation is None or not is_connected(self):
            return
        answer = partial(approval.answer, self._conversation, call, allow=allow)
        try:
            await in_thread(answer)()
        except (DatabaseError, OSError) as error:
            logger.exception("a tool call could not be answered")
            self.refuse(error_messages.not_done(error))
            return
        try:
            await replies.resume(self._conversation.pk)
        except (DatabaseError, OSError) as error:
            # The look for such replies resumes it (chat/replies/elsewhere.py).
            logger.warning("a reply goes on later: %s", error)
