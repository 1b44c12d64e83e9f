"""Builds what OpenAI sends, and asks the SDK what it makes of it."""

import json
from typing import Any

import pytest

from chat.provider import request
from chat.provider.messages import Request
from tests.conftest import point_at
from tests.listener import Heard, listen
from tests.upstreams import Answer, Scripted, scripted


@pytest.fixture(autouse=True)
def nothing_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """For each test of a file that imports it: no server has refused anything yet."""
    monkeypatch.setattr(request, "_refused", set())
    monkeypatch.setattr(request, "_without_tools", set())


def delta(finish: str | None = None, **fields: Any) -> dict[str, Any]:
    """A chunk with no more than it needs."""
    choice = {"index": 0, "delta": fields}
    return {"choices": [choice if finish is None else choice | {"finish_reason": finish}]}


def events(*chunks: dict[str, Any] | str) -> str:
    """Server-sent events with these chunks."""
    texts = [chunk if isinstance(chunk, str) else json.dumps(chunk) for chunk in chunks]
    return "".join(f"data: {text}\n\n" for text in texts)


def error(status: int, message: str, **fields: Any) -> Answer:
    """An error as OpenAI tells it."""
    return Answer(status, {"error": {"message": message} | fields})


async def ask(
    monkeypatch: pytest.MonkeyPatch, asked: str | Request | list[str], *answers: Answer
) -> tuple[Heard, Scripted]:
    """Hear what the SDK makes of `answers`, and see what it sent."""
    prompts = asked if isinstance(asked, list) else [asked]
    with scripted(*answers) as server:
        point_at(f"{server.address}/v1", monkeypatch)
        return await listen(*prompts), server


HI = delta(content="Hi")
FINISH = delta("stop")
REPLY = Answer(body=events(HI, FINISH))
