"""Compares what is sent and received with the SDK's own types."""

from collections.abc import Iterable
from typing import Any

from anthropic.types import RawMessageStreamEvent
from anthropic.types.message_create_params import MessageCreateParamsStreaming
from pydantic import TypeAdapter

REQUEST: TypeAdapter[Any] = TypeAdapter(MessageCreateParamsStreaming)
EVENT: TypeAdapter[Any] = TypeAdapter(RawMessageStreamEvent)


def check_request(body: dict[str, Any]) -> None:
    """Fail unless the SDK's types allow this body, and know each of its fields."""
    assert _read(REQUEST.validate_python(body)) == body


def check_event(data: dict[str, Any]) -> None:
    """Fail unless this is an event of a stream. The SDK passes over pings."""
    if data["type"] != "ping":
        EVENT.validate_python(data)


def _read(value: Any) -> Any:
    """`value` with its lists read: pydantic checks an `Iterable` while it is read."""
    if isinstance(value, dict):
        return {name: _read(field) for name, field in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [_read(item) for item in value]
    return value
