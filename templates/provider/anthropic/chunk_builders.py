"""Builds what Anthropic sends, and asks the SDK what it makes of it."""

import json
from typing import Any

import pytest

from chat.provider.messages import Request
from tests.conftest import point_at
from tests.listener import Heard, listen
from tests.upstreams import Answer, Scripted, scripted


def start(**usage: Any) -> dict[str, Any]:
    """The event that begins a message."""
    usage = {"input_tokens": 3, "output_tokens": 1} | usage
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": []}
    return {"type": "message_start", "message": message | {"usage": usage}}


def delta(index: Any, type_: str, **fields: Any) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": {"type": type_} | fields}


def end(reason: str, **usage: Any) -> dict[str, Any]:
    """The event that says why a message ends."""
    delta = {"stop_reason": reason, "stop_sequence": None}
    return {"type": "message_delta", "delta": delta, "usage": {"output_tokens": 2} | usage}


def events(*all_data: dict[str, Any]) -> str:
    """Server-sent events with these data, each named as its type says."""
    return "".join(f"event: {data['type']}\ndata: {json.dumps(data)}\n\n" for data in all_data)


def error(type_: str, message: str, **details: Any) -> dict[str, Any]:
    """The body of an error: `anthropic.types.shared.ErrorResponse`."""
    body: dict[str, Any] = {"type": type_, "message": message}
    if details:
        body["details"] = details
    return {"type": "error", "error": body}


async def ask(
    monkeypatch: pytest.MonkeyPatch, asked: str | Request | list[str], *answers: Answer
) -> tuple[Heard, Scripted]:
    """Hear what the SDK makes of `answers`, and see what it sent."""
    prompts = asked if isinstance(asked, list) else [asked]
    with scripted(*answers) as server:
        point_at(server.address, monkeypatch)
        return await listen(*prompts), server


HI = delta(0, "text_delta", text="Hi")
REPLY = Answer(body=events(start(), HI, end("end_turn")))
