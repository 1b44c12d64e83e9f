"""Compares what is sent and received with the SDK's own types, which know each field."""

from typing import Any

from google.genai import types
from pydantic import TypeAdapter

FIELDS: dict[str, TypeAdapter[Any]] = {
    "contents": TypeAdapter(list[types.Content]),
    "systemInstruction": TypeAdapter(types.Content),
    "generationConfig": TypeAdapter(types.GenerationConfig),
    "tools": TypeAdapter(list[types.Tool]),
    "toolConfig": TypeAdapter(types.ToolConfig),
}


def check_request(body: dict[str, Any]) -> None:
    """Fail unless the SDK's types allow this body."""
    for name, value in body.items():
        FIELDS[name].validate_python(value)


def check_event(data: dict[str, Any]) -> None:
    """Fail unless this is an event of a stream."""
    types.GenerateContentResponse.model_validate(data)
