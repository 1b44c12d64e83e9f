"""What Google's Gemini API is asked."""

from django.conf import settings
from google.genai.types import (
    AutomaticFunctionCallingConfig,
    Content,
    GenerateContentConfig,
    Part,
)

from chat.provider.events import Message

ROLES = {"user": "user", "assistant": "model"}


def contents(messages: list[Message]) -> list[Content]:
    """The turns."""
    return [
        Content(role=ROLES[message.role], parts=[Part(text=message.text)]) for message in messages
    ]


def config() -> GenerateContentConfig:
    """The system prompt and the limit."""
    return GenerateContentConfig(
        system_instruction=settings.CHAT_SYSTEM_PROMPT or None,
        max_output_tokens=settings.CHAT_MAX_OUTPUT_TOKENS,
        # Both would let the SDK send further requests by itself. The second one does so after a
        # lost connection, and the SDK takes a Stop for one.
        automatic_function_calling=AutomaticFunctionCallingConfig(disable=True),
        automatic_continuation=False,
    )
