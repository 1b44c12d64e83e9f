"""What Anthropic's Messages are asked."""

from anthropic.types import MessageParam
from anthropic.types.message_create_params import MessageCreateParamsStreaming
from django.conf import settings

from chat.provider import upstream
from chat.provider.events import Message


def build(messages: list[Message]) -> MessageCreateParamsStreaming:
    """The request for one reply."""
    request: MessageCreateParamsStreaming = {
        "model": upstream.model(),
        "max_tokens": settings.CHAT_MAX_OUTPUT_TOKENS,
        "messages": [_turn(message) for message in messages],
        "stream": True,
    }
    if settings.CHAT_SYSTEM_PROMPT:
        request["system"] = settings.CHAT_SYSTEM_PROMPT
    return request


def _turn(message: Message) -> MessageParam:
    if message.role == "user":
        return {"role": "user", "content": message.text}
    return {"role": "assistant", "content": message.text}
