"""The request and the reply, as Anthropic's Messages have them."""

import json
from typing import Any

import pytest
from pytest_django import Settings

from tests.provider.chunk_builders import HI, ask, delta, end, events, start
from tests.upstreams import Answer


async def test_the_request(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    settings.CHAT_SYSTEM_PROMPT = "Be brief."
    settings.CHAT_MODEL = "some-model"
    settings.CHAT_MAX_OUTPUT_TOKENS = 7
    answer = Answer(body=events(start(), HI, end("end_turn")))
    heard, server = await ask(monkeypatch, ["One", "Two", "Three"], answer)
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
    _, server = await ask(monkeypatch, "Hello", Answer(body=events(start(), end("end_turn"))))
    assert "system" not in server.requests[0][1]


async def test_what_is_not_text_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = [
        start(cache_read_input_tokens=10, cache_creation_input_tokens=20),
        {"type": "ping"},
        {"type": "something_new", "index": 0},
        delta(0, "signature_delta", signature="c2lnbmVk"),
        HI,
        end("end_turn"),
        {"type": "message_stop"},
    ]
    heard, _ = await ask(monkeypatch, "Hello", Answer(body=events(*stream)))
    assert (heard.error, heard.text, heard.finish) == (None, "Hi", "stop")
    assert heard.reasoning == ""


async def test_thinking_is_apart_from_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    block = {"type": "thinking", "thinking": "", "signature": ""}
    begin = {"type": "content_block_start", "index": 0, "content_block": block}
    hidden = {"type": "redacted_thinking", "data": "ZW5jcnlwdGVk"}
    stream = [
        start(),
        begin,
        delta(0, "thinking_delta", thinking="Hm"),
        delta(0, "thinking_delta", thinking="m."),
        begin | {"content_block": block | {"thinking": "Well."}},
        begin | {"content_block": hidden},
        HI,
        end("end_turn"),
    ]
    heard, _ = await ask(monkeypatch, "Hello", Answer(body=events(*stream)))
    assert (heard.error, heard.text, heard.reasoning) == (None, "Hi", "Hmm.\n\nWell.")


async def test_thinking_between_tags_is_apart_from_the_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tags = [delta(0, "text_delta", text=text) for text in ("<think", ">Hmm.</", "think>\n")]
    heard, _ = await ask(
        monkeypatch, "Hello", Answer(body=events(start(), *tags, HI, end("end_turn")))
    )
    assert (heard.error, heard.text, heard.reasoning) == (None, "Hi", "Hmm.")


@pytest.mark.parametrize("value", [None, 5, True, {}, [], [None], [5]], ids=repr)
async def test_a_field_of_another_type_ends_no_reply(
    monkeypatch: pytest.MonkeyPatch, value: Any
) -> None:
    odd = [
        delta(0, "text_delta", text=value),
        {"type": "content_block_delta", "index": value, "delta": value},
        {"type": "content_block_start", "index": value, "content_block": value},
        {"type": "content_block_start", "index": 1, "content_block": {"type": value}},
        {"type": "message_start", "message": value},
        {"type": "message_start", "message": {"usage": value, "content": value}},
        start(input_tokens=value, output_tokens=value, cache_read_input_tokens=value),
        {"type": "message_delta", "delta": value, "usage": value},
        {"type": "message_delta", "delta": {"stop_reason": value}},
    ]
    body = events(start(), HI, *odd)
    body += f"event: content_block_delta\ndata: {json.dumps(value)}\n\n"
    heard, _ = await ask(monkeypatch, "Hello", Answer(body=body + events(end("end_turn"))))
    assert (heard.error, heard.text, heard.finish) == (None, "Hi", "stop")


async def test_a_reply_in_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    content = [{"type": "thinking", "thinking": "Hmm."}, {"type": "text", "text": "Hi"}]
    body = start()["message"] | {"content": content, "stop_reason": "end_turn"}
    heard, _ = await ask(monkeypatch, "Hello", Answer(body=body))
    assert (heard.error, heard.text, heard.finish) == (None, "Hi", "stop")
    assert heard.usage == (3, 1)


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
    heard, _ = await ask(monkeypatch, "Hello", Answer(body=events(start(), HI, end(reason))))
    assert (heard.error, heard.text, heard.finish) == (None, "Hi", finish)


async def test_a_context_that_is_full_half_way(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = events(start(), HI, end("model_context_window_exceeded"))
    heard, _ = await ask(monkeypatch, "Hello", Answer(body=stream))
    assert heard.error
    assert (heard.error.kind, heard.text) == ("context_too_long", "Hi")
