"""Regenerate, Edit, and paging between the versions of a reply."""

import logging
from functools import partial
from typing import Any

from django.db import DatabaseError
from djust.decorators import event_handler

from chat import error_messages
from chat.database import in_thread
from chat.models import Reply
from chat.page.djust_internals import is_connected
from chat.page.prompt_view import PromptView
from chat.replies import versions
from chat.replies.registry import replies

logger = logging.getLogger("chat")


class VersionView(PromptView):
    abstract = True

    # What was last said of a version, and the id of its reply.
    _said = ""
    _said_of = 0

    @event_handler()
    async def regenerate(self, turn: int = 0, **kwargs: Any) -> None:
        """Ask the model again, with the same prompt, and keep the reply that is there."""
        if self._conversation is not None and is_connected(self):
            await self._start(self._conversation, partial(versions.regenerate, turn=turn))

    @event_handler()
    async def edit(self, prompt: str = "", turn: int = 0, **kwargs: Any) -> None:
        """Ask the model again, with another prompt. What is refused stays in its box."""
        await self._ask(prompt, partial(versions.edit, prompt=prompt, turn=turn))

    @event_handler()
    async def show_version(self, turn: int = 0, version: int = 0, **kwargs: Any) -> None:
        """Show another version of a turn, on each page and to the model."""
        if self._conversation is None or not is_connected(self):
            return
        show = partial(versions.show, self._conversation, turn, version)
        try:
            shown = await in_thread(show)()
        except error_messages.RefusedError as error:
            self.refuse(str(error))
        except DatabaseError as error:
            logger.exception("no other version could be shown")
            self.refuse(error_messages.not_done(error))
        else:
            if shown is not None:
                self._said_of, count = shown
                self._said = f"Version {version} of {count}"
                self.show({"progress": self._said})
                replies.tell(self._conversation.pk)

    def said_of(self, last: Reply | None) -> dict[str, str]:
        """Leave in the status what was said of a version, for as long as it is shown."""
        return {"progress": self._said} if last and last.pk == self._said_of else {}
