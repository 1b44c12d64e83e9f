"""Compares what is sent and received with the SDK's own types."""

from collections.abc import Iterable
from typing import Any

from openai.types.chat import ChatCompletionChunk
from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming
from pydantic import TypeAdapter

REQUEST: TypeAdapter[Any] = TypeAdapter(CompletionCreateParamsStreaming)


def check_request(body: dict[str, Any]) -> None:
    """Fail unless the SDK's types allow this body, and know each of its fields.

    They do not know the reasoning, which only servers that resemble OpenAI's send and want back.
    """
    known = [
        {name: value for name, value in message.items() if name != "reasoning_content"}
        for message in body["messages"]
    ]
    assert _read(REQUEST.validate_python(body)) == body | {"messages": known}


def check_event(data: dict[str, Any]) -> None:
    """Fail unless this is an event of a stream."""
    ChatCompletionChunk.model_validate(data)


def _read(value: Any) -> Any:
    """`value` with its lists read: pydantic checks an `Iterable` while it is read."""
    if isinstance(value, dict):
        return {name: _read(field) for name, field in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [_read(item) for item in value]
    return value
