"""Send, Retry and Stop: begins replies of the conversation that the page shows, and stops them."""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from django.conf import settings
from django.db import DatabaseError, DataError
from djust.decorators import event_handler

from chat import (
    error_messages,
    model_choice,  # models
)
from chat.limits import hooks  # limits
from chat.models import Conversation
from chat.page.controls import controls
from chat.page.conversation_view import ConversationView
from chat.page.djust_internals import (
    is_connected,
    scope,  # limits
    stop_in_turn,
)
from chat.page.model_picker import ModelPicker  # models
from chat.replies import rows
from chat.replies.registry import replies

logger = logging.getLogger("chat")


class PromptView(
    ModelPicker,  # models
    ConversationView,
):
    abstract = True

    @event_handler()
    async def submit(self, prompt: str = "", **kwargs: Any) -> None:
        """Ask the model. A prompt that cannot be sent is refused, and stays in its box."""
        if (model := kwargs.get("model")) and not self.pick(model):  # models
            return
        await self._ask(prompt, partial(rows.ask, prompt=prompt))

    @event_handler()
    async def retry(self, **kwargs: Any) -> None:
        """Ask the model again, with the same prompt and history."""
        if self._conversation is not None and is_connected(self):
            await self._start(self._conversation, rows.ask_again)

    @event_handler()
    async def stop(self, **kwargs: Any) -> None:
        """Close the upstream request. The feed shows the end."""
        if stop_in_turn(self):
            self._stop()
        if self._conversation is not None:
            try:
                await replies.stop_elsewhere(self._conversation.pk)
            except DatabaseError:
                logger.exception("a reply of another process could not be stopped")
                self.refuse(error_messages.NO_DATABASE)

    async def _ask(self, prompt: str, begin: Callable[[Conversation], rows.Begun]) -> None:
        """Begin a reply to a prompt, if it can be sent."""
        if not prompt.strip():
            self.refuse(error_messages.EMPTY)
        elif len(prompt) > settings.CHAT_MAX_PROMPT_CHARS:
            self.refuse(error_messages.too_long(settings.CHAT_MAX_PROMPT_CHARS))
        elif self._conversation is None:
            self.refuse(error_messages.GONE if self._owner else error_messages.NO_SESSION)
        elif not is_connected(self):
            self.refuse(error_messages.NOT_CONNECTED)
        elif await self._start(self._conversation, begin):
            self.push_event("chat:sent", {"prompt": prompt})

    async def _start(
        self, conversation: Conversation, begin: Callable[[Conversation], rows.Begun]
    ) -> bool:
        """Begin a reply by its row in the database, which allows one at a time."""
        begin = model_choice.keeping(self.model, begin)  # models
        begin = hooks.paid(begin, scope(self))  # limits
        try:
            reply = await replies.start(conversation.pk, partial(begin, conversation))
        except rows.NothingToRetryError:
            return False
        except error_messages.RefusedError as error:
            self.refuse(str(error))
            return False
        except Conversation.DoesNotExist:
            self.refuse(error_messages.GONE)
            return False
        except (DataError, UnicodeEncodeError):
            self.refuse(error_messages.NOT_TEXT)
            return False
        except (DatabaseError, OSError) as error:
            logger.exception("no reply could be begun")
            self.refuse(error_messages.not_done(error))
            return False
        if self._conversation is conversation:
            self._conversation = reply.conversation
        self.show(controls(reply))
        self.show(model_choice.picker_after(reply))  # models
        return True

    def _stop(self) -> bool:
        # Its socket also calls it, where djust is late to handle the event: see `on_stop`.
        return self._conversation is not None and replies.stop(self._conversation.pk)
