"""What is particular to Anthropic's Messages."""

import json
from typing import Any

import pytest
from pytest_django import Settings

from chat import error_messages
from tests.conftest import KEY, point_at
from tests.listener import Heard, listen
from tests.upstreams import Answer, Scripted, scripted


def start(**usage: int) -> dict[str, Any]:
    """The event that begins a message."""
    usage = {"input_tokens": 3, "output_tokens": 1} | usage
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": []}
    return {"type": "message_start", "message": message | {"usage": usage}}


def delta(**fields: Any) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": 0, "delta": fields}


def end(reason: str) -> dict[str, Any]:
    """The event that says why a message ends."""
    return {
        "type": "message_delta",
        "delta": {"stop_reason": reason, "stop_sequence": None},
        "usage": {"output_tokens": 2},
    }


def events(*all_data: dict[str, Any]) -> str:
    """Server-sent events with these data, each named as its type says."""
    return "".join(f"event: {data['type']}\ndata: {json.dumps(data)}\n\n" for data in all_data)


TEXT = delta(type="text_delta", text="Hi")


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
    answer = Answer(body=events(start(), TEXT, end("end_turn")))
    heard, server = await ask(monkeypatch, answer, prompts=("One", "Two", "Three"))
    assert heard.text == "Hi"
    assert server.requests == [
        (
            "/v1/messages",
            {
                "model": "some-model",
                "system": "Be brief.",
                "messages": [
                    {"role": "user", "content": "One"},
                    {"role": "assistant", "content": "Two"},
                    {"role": "user", "content": "Three"},
                ],
                "max_tokens": 7,
                "stream": True,
            },
        )
    ]


async def test_without_a_system_prompt_none_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    _, server = await ask(monkeypatch, Answer(body=events(start(), end("end_turn"))))
    assert "system" not in server.requests[0][1]


async def test_what_is_not_text_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = [
        start(cache_read_input_tokens=10, cache_creation_input_tokens=20),
        {"type": "ping"},
        {"type": "something_new", "index": 0},
        delta(type="thinking_delta", thinking="Hmm."),
        TEXT,
        end("end_turn"),
        {"type": "message_stop"},
    ]
    heard, _ = await ask(monkeypatch, Answer(body=events(*stream)))
    assert (heard.error, heard.text, heard.finish) == (None, "Hi", "stop")
    assert heard.usage == (33, 2)


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("refusal", "refused"),
    ],
)
async def test_a_reason_to_stop(monkeypatch: pytest.MonkeyPatch, reason: str, finish: str) -> None:
    heard, _ = await ask(monkeypatch, Answer(body=events(start(), TEXT, end(reason))))
    assert (heard.error, heard.text, heard.finish) == (None, "Hi", finish)


async def test_a_context_that_is_full_half_way(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = events(start(), TEXT, end("model_context_window_exceeded"))
    heard, _ = await ask(monkeypatch, Answer(body=stream))
    assert heard.error
    assert (heard.error.kind, heard.text) == ("context_too_long", "Hi")


def error(type_: str, message: str, **details: Any) -> dict[str, Any]:
    """The body of an error: `anthropic.types.shared.ErrorResponse`."""
    body: dict[str, Any] = {"type": type_, "message": message}
    if details:
        body["details"] = details
    return {"type": "error", "error": body}


# What the service answers, and what becomes of it.
ERRORS: dict[str, tuple[Answer, str]] = {
    "billing": (Answer(403, error("billing_error", "Pay first")), "out_of_credit"),
    "spend limit": (
        Answer(429, error("rate_limit_error", "Stop", error_code="enforced_spend_limit_reached")),
        "out_of_credit",
    ),
    "permission": (Answer(403, error("permission_error", "Not yours")), "key_refused"),
    "too many bytes": (Answer(413, error("request_too_large", "Too large")), "context_too_long"),
    "with the reply too long": (
        Answer(
            400,
            error(
                "invalid_request_error",
                "input length and `max_tokens` exceed context limit: 199000 + 4096 > 200000",
            ),
        ),
        "context_too_long",
    ),
    "another request": (
        Answer(400, error("invalid_request_error", "max_tokens: 1 > 0")),
        "bad_request",
    ),
    "a proxy in between": (Answer(502, "<html>Bad Gateway</html>"), "server_error"),
    "a gateway without reason": (Answer(504), "server_error"),
    "overloaded in the stream": (
        Answer(body=events(start(), TEXT, error("overloaded_error", "Overloaded"))),
        "overloaded",
    ),
    "a rate limit in the stream": (
        Answer(body=events(start(), TEXT, error("rate_limit_error", "Slow down"))),
        "rate_limited",
    ),
    "an error in the stream that is new": (
        Answer(body=events(start(), TEXT, error("new_error", "Oh"))),
        "server_error",
    ),
    "no event": (Answer(body='event: message_start\ndata: "Hello"\n\n'), "malformed"),
}


@pytest.mark.parametrize(("answer", "kind"), ERRORS.values(), ids=ERRORS.keys())
async def test_an_error_has_its_kind(
    monkeypatch: pytest.MonkeyPatch, answer: Answer, kind: str
) -> None:
    heard, server = await ask(monkeypatch, answer)
    assert heard.error
    assert heard.error.kind == kind
    assert bool(heard.text) == ("text_delta" in str(answer.body))
    assert KEY not in error_messages.for_error(heard.error)
    assert len(server.requests) == 1


async def test_the_reason_of_a_bad_request_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = Answer(400, error("invalid_request_error", "max_tokens: must be less"))
    heard, _ = await ask(monkeypatch, answer)
    assert heard.error
    assert error_messages.for_error(heard.error).endswith("max_tokens: must be less")
