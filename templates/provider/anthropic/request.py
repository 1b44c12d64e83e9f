"""What Anthropic's Messages are asked."""

from collections.abc import Iterator
from typing import Any, cast

from anthropic.types import MessageParam
from anthropic.types.message_create_params import MessageCreateParamsStreaming

from chat.provider import tool_rounds
from chat.provider.messages import Message, Request


def build(asked: Request) -> MessageCreateParamsStreaming:
    """The request for one reply."""
    # The API refuses calls in a request without tools.
    messages = asked.messages if asked.tools else tool_rounds.without_calls(asked.messages)
    request: MessageCreateParamsStreaming = {
        "model": asked.model,
        "max_tokens": asked.max_output_tokens,
        "messages": [turn for message in messages for turn in _turns(message, asked.model)],
        "stream": True,
    }
    if asked.system_prompt:
        request["system"] = asked.system_prompt
    if asked.tools:
        request["tools"] = [
            {"name": tool.name, "description": tool.description, "input_schema": tool.parameters}
            for tool in asked.tools
        ]
        if not asked.may_call:
            request["tool_choice"] = {"type": "none"}
    return request


def _turns(message: Message, model: str) -> Iterator[MessageParam]:
    """A message, and one more for its results.

    A prompt after results stays a message of its own: the API joins messages of the same role.
    """
    if message.role == "user":
        yield {"role": "user", "content": message.text}
    elif not message.results:
        yield {"role": "assistant", "content": message.text}
    else:
        yield {"role": "assistant", "content": [*_blocks(message, model)]}
        yield {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": result.call.id,
                    "content": result.text,
                    "is_error": result.is_error,
                }
                for result in message.results
            ],
        }


def _blocks(message: Message, model: str) -> Iterator[Any]:
    """The content of a message with calls: the thinking, the text and the calls."""
    for result in message.results:
        extra = cast(dict[str, Any], result.call.extra or {})
        # A conversation may have begun with another model, which cannot read it.
        if extra.get("model") == model:
            yield from extra["thinking"]
    # The API refuses a block of blank text.
    if message.text.strip():
        yield {"type": "text", "text": message.text}
    for result in message.results:
        yield {
            "type": "tool_use",
            "id": result.call.id,
            "name": tool_rounds.name(result.call),
            "input": tool_rounds.arguments(result.call),
        }
