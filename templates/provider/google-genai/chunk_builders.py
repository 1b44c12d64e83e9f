"""Builds what Google sends, and asks the SDK what it makes of it."""

import json
from typing import Any

import pytest

from chat.provider.messages import Request
from tests.conftest import point_at
from tests.listener import Heard, listen
from tests.upstreams import Answer, Scripted, scripted


def chunk(*parts: dict[str, Any], finish: str | None = None, **fields: Any) -> dict[str, Any]:
    """A response with one candidate."""
    candidate: dict[str, Any] = {"index": 0, "content": {"role": "model", "parts": list(parts)}}
    if finish:
        candidate["finishReason"] = finish
    return {"candidates": [candidate]} | fields


def events(*chunks: dict[str, Any]) -> str:
    """Server-sent events with these chunks."""
    return "".join(f"data: {json.dumps(chunk)}\r\n\r\n" for chunk in chunks)


def error(code: int, status: str, message: str, *details: dict[str, Any]) -> Answer:
    body = {"error": {"code": code, "status": status, "message": message, "details": details}}
    return Answer(code, body)


async def ask(
    monkeypatch: pytest.MonkeyPatch, asked: str | Request | list[str], *answers: Answer
) -> tuple[Heard, Scripted]:
    """Hear what the SDK makes of `answers`, and see what it sent."""
    prompts = asked if isinstance(asked, list) else [asked]
    with scripted(*answers) as server:
        point_at(server.address, monkeypatch)
        return await listen(*prompts), server


HI = chunk({"text": "Hi"})
THOUGHT = chunk({"text": "Hmm.", "thought": True})
STOP = chunk(finish="STOP")
REPLY = Answer(body=events(HI, STOP))
