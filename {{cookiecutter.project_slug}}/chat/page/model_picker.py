"""The combobox Model: which model replies from the next prompt on."""

import logging
from typing import Any

from django.db import DatabaseError
from djust import state
from djust.decorators import event_handler

from chat import error_messages, model_choice
from chat.database import in_thread
from chat.page.conversation_view import ConversationView

logger = logging.getLogger("chat")


class ModelPicker(ConversationView):
    abstract = True

    models: list[str] = state([])
    model = state("")
    gone_model = state("")

    @event_handler()
    async def pick_model(self, value: str = "", **kwargs: Any) -> None:
        """Let a model reply from the next prompt on, also after a reload."""
        if self._conversation is None or not self.pick(value):
            return
        try:
            await in_thread(model_choice.keep)(self._conversation, value)
        except DatabaseError as error:
            logger.exception("a model was picked, and could not be saved")
            self.refuse(error_messages.not_done(error))

    def pick(self, model: str) -> bool:
        """Show the model that was picked. Returns whether it may be."""
        if model not in self.models:
            self.refuse(error_messages.NOT_OFFERED)
            return False
        self.model = model
        return True
