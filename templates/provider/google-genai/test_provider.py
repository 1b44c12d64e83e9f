"""What is particular to Google's Gemini API."""

import json
from typing import Any

import pytest
from pytest_django import Settings

from chat import error_messages
from tests.conftest import KEY, point_at
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


HI = chunk({"text": "Hi"})


async def ask(
    monkeypatch: pytest.MonkeyPatch, answer: Answer, prompts: tuple[str, ...] = ("Hello",)
) -> tuple[Heard, Scripted]:
    """Hear what the SDK makes of `answer`, and see what it sent."""
    with scripted(answer) as server:
        point_at(server.address, monkeypatch)
        return await listen(*prompts), server


async def test_the_request(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    settings.CHAT_SYSTEM_PROMPT = "Be brief."
    settings.CHAT_MODEL = "some-model"
    settings.CHAT_MAX_OUTPUT_TOKENS = 7
    answer = Answer(body=events(HI, chunk(finish="STOP")))
    heard, server = await ask(monkeypatch, answer, prompts=("One", "Two", "Three"))
    assert heard.text == "Hi"
    (path, body) = server.requests[0]
    assert path == "/v1/models/some-model:streamGenerateContent?alt=sse"
    assert body.pop("systemInstruction")["parts"] == [{"text": "Be brief."}]
    assert body == {
        "contents": [
            {"role": "user", "parts": [{"text": "One"}]},
            {"role": "model", "parts": [{"text": "Two"}]},
            {"role": "user", "parts": [{"text": "Three"}]},
        ],
        "generationConfig": {"maxOutputTokens": 7},
    }


async def test_without_a_system_prompt_none_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    _, server = await ask(monkeypatch, Answer(body=events(HI)))
    assert "systemInstruction" not in server.requests[0][1]


async def test_the_key_of_another_variable_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_API_KEY", "another")
    monkeypatch.setenv("GOOGLE_GENAI_USE_VERTEXAI", "true")
    heard, server = await ask(monkeypatch, Answer(body=events(HI, chunk(finish="STOP"))))
    assert heard.finish == "stop"
    assert server.requests[0][0].startswith("/v1/models/")


async def test_thoughts_are_counted_but_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = {"promptTokenCount": 3, "candidatesTokenCount": 2, "thoughtsTokenCount": 5}
    thought = chunk({"text": "Hmm.", "thought": True})
    answer = Answer(body=events(thought, HI, chunk(finish="STOP", usageMetadata=usage)))
    heard, _ = await ask(monkeypatch, answer)
    assert (heard.error, heard.text, heard.finish) == (None, "Hi", "stop")
    assert heard.usage == (3, 7)


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("STOP", "stop"),
        ("MAX_TOKENS", "length"),
        ("SAFETY", "refused"),
        ("RECITATION", "refused"),
        ("PROHIBITED_CONTENT", "refused"),
        ("OTHER", None),
        ("MALFORMED_RESPONSE", None),
    ],
)
async def test_a_reason_to_finish(
    monkeypatch: pytest.MonkeyPatch, reason: str, finish: str | None
) -> None:
    heard, _ = await ask(monkeypatch, Answer(body=events(HI, chunk(finish=reason))))
    assert (heard.error, heard.text, heard.finish) == (None, "Hi", finish)


async def test_a_tool_call_that_the_service_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    heard, _ = await ask(monkeypatch, Answer(body=events(HI, chunk(finish="UNEXPECTED_TOOL_CALL"))))
    assert heard.error
    assert (heard.error.kind, heard.text) == ("tool_call", "Hi")


async def test_a_prompt_that_is_blocked(monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}
    heard, _ = await ask(monkeypatch, Answer(body=events(blocked)))
    assert (heard.error, heard.text, heard.finish) == (None, "", "refused")


async def test_a_checkpoint_is_not_resumed_from(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK would ask again after a connection is lost, and Stop is no more to it."""
    checkpoint = chunk({"text": "Hi"})
    checkpoint["candidates"][0]["continuationToken"] = "dG9rZW4="
    heard, server = await ask(monkeypatch, Answer(body=events(checkpoint)))
    assert (heard.error, heard.text, heard.finish) == (None, "Hi", None)
    assert len(server.requests) == 1


async def test_a_continuation_is_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    last = chunk(finish="CONTINUATION")
    last["candidates"][0]["continuationToken"] = "dG9rZW4="
    heard, server = await ask(monkeypatch, Answer(body=events(HI, last)))
    assert (heard.error, heard.text, heard.finish) == (None, "Hi", "length")
    assert len(server.requests) == 1


def error(code: int, status: str, message: str, *details: dict[str, Any]) -> Answer:
    body = {"error": {"code": code, "status": status, "message": message, "details": details}}
    return Answer(code, body)


RETRY = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.4s"}
QUOTA = "You exceeded your current quota, please check your plan and billing details."


def violation(quota: str) -> dict[str, Any]:
    type_ = "type.googleapis.com/google.rpc.QuotaFailure"
    return {"@type": type_, "violations": [{"quotaId": quota}]}


# What the service answers, and what becomes of it: the kind, and the seconds to wait.
ERRORS: dict[str, tuple[Answer, str, float | None]] = {
    "a wrong key": (
        error(
            400,
            "INVALID_ARGUMENT",
            "API key not valid. Please pass a valid API key.",
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "API_KEY_INVALID",
                "domain": "googleapis.com",
            },
        ),
        "key_refused",
        None,
    ),
    "a key without permission": (error(403, "PERMISSION_DENIED", "No."), "key_refused", None),
    "by the minute": (
        error(429, "RESOURCE_EXHAUSTED", QUOTA, violation("RequestsPerMinute"), RETRY),
        "rate_limited",
        34.4,
    ),
    "by the day": (
        error(429, "RESOURCE_EXHAUSTED", QUOTA, violation("RequestsPerDayPerProject"), RETRY),
        "out_of_credit",
        34.4,
    ),
    "no credit": (
        error(429, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted."),
        "out_of_credit",
        None,
    ),
    "a place": (
        error(400, "FAILED_PRECONDITION", "User location is not supported."),
        "bad_request",
        None,
    ),
    "a deadline": (error(504, "DEADLINE_EXCEEDED", "Too slow."), "server_error", None),
    "a page": (Answer(502, "<html>Bad Gateway</html>"), "server_error", None),
    "another server": (Answer(404, "<html>Not Found</html>"), "wrong_address", None),
    "not a response": (Answer(body=events({"candidates": [{"index": "x"}]})), "malformed", None),
}


@pytest.mark.parametrize(("answer", "kind", "seconds"), ERRORS.values(), ids=ERRORS.keys())
async def test_an_error_has_its_kind(
    monkeypatch: pytest.MonkeyPatch, answer: Answer, kind: str, seconds: float | None
) -> None:
    heard, server = await ask(monkeypatch, answer)
    assert heard.error
    assert (heard.error.kind, heard.error.retry_after) == (kind, seconds)
    assert KEY not in error_messages.for_error(heard.error)
    assert len(server.requests) == 1


async def test_the_reason_of_a_bad_request_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    heard, _ = await ask(monkeypatch, error(400, "INVALID_ARGUMENT", "Temperature is too high."))
    assert heard.error
    assert error_messages.for_error(heard.error).endswith("Temperature is too high.")
