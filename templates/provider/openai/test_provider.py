"""The request and the reply, as OpenAI and servers that only resemble OpenAI's have them."""

import json
from typing import Any

import pytest
from pytest_django import Settings

from tests.conftest import point_at
from tests.listener import listen
from tests.provider.chunk_builders import FINISH, HI, ask, delta, events
from tests.provider.chunk_builders import nothing_is_remembered as nothing_is_remembered
from tests.upstreams import Answer, scripted


async def test_the_request(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    settings.CHAT_SYSTEM_PROMPT = "Be brief."
    settings.CHAT_MODEL = "some-model"
    settings.CHAT_MAX_OUTPUT_TOKENS = 7
    answer = Answer(body=events(HI, FINISH, "[DONE]"))
    heard, server = await ask(monkeypatch, ["One", "Two", "Three"], answer)
    assert heard.text == "Hi"
    assert server.requests == [
        (
            "/v1/chat/completions",
            {
                "model": "some-model",
                "messages": [
                    {"role": "system", "content": "Be brief."},
                    {"role": "user", "content": "One"},
                    {"role": "assistant", "content": "Two"},
                    {"role": "user", "content": "Three"},
                ],
                "max_tokens": 7,
                "stream": True,
                "stream_options": {"include_usage": True},
            },
        )
    ]


async def test_the_limit_has_another_name_at_openai(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted(Answer(body=events(FINISH))) as server:
        point_at("http://api.openai.com/v1", monkeypatch)
        monkeypatch.setenv("HTTP_PROXY", server.address)
        assert (await listen("Hello")).finish == "stop"
    path, body = server.requests[0]
    assert path == "http://api.openai.com/v1/chat/completions"
    assert "max_completion_tokens" in body
    assert "max_tokens" not in body


NOTHING = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
NULL = delta(role="assistant", content=None)
X = [{"type": "text", "text": "Hm"}, {"type": "text", "text": "m."}]
REASONING: dict[str, list[dict[str, Any] | str]] = {
    "DeepSeek": [delta(reasoning_content="Hm", content=None), delta(reasoning_content="m.")],
    "OpenRouter": [delta(reasoning="Hmm.", content="", reasoning_details=[{"text": "Hmm."}])],
    "vLLM, both fields": [delta(reasoning="Hmm.", reasoning_content="Hmm.")],
    "Mistral": [delta(content=[{"type": "thinking", "thinking": X}])],
    "a part with words": [delta(content=[{"type": "thinking", "thinking": "Hmm."}])],
    "in the text": [delta(content="<thi"), delta(content="nk>\nHmm.</think>\n\n")],
    "of another kind": [delta(reasoning={"effort": "low"}, content="<think>Hmm.</think>")],
}
ALL_IN_ONE = {"choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": "eos"}]}

STREAMS: dict[str, tuple[list[dict[str, Any] | str], tuple[int | None, int | None]]] = {
    "usage on its own": ([HI, FINISH, {"choices": [], "usage": USAGE}], (3, 2)),
    "usage in the finish chunk": ([HI, FINISH | {"usage": USAGE}], (3, 2)),
    "no usage": ([HI, FINISH, "[DONE]"], (None, None)),
    "no [DONE]": ([HI, FINISH], (None, None)),
    "empty choices at first": ([{"choices": []}, HI, FINISH], (None, None)),
    "no choices at first": ([{"id": "x"}, HI, FINISH], (None, None)),
    "null content at first": ([NULL, HI, FINISH], (None, None)),
    "parts": ([delta(content=[{"type": "text", "text": "Hi"}]), FINISH], (None, None)),
    "usage that is not known yet": (
        [HI | {"usage": NOTHING}, FINISH, {"choices": [], "usage": USAGE}],
        (3, 2),
    ),
    "usage in part": ([HI, FINISH | {"usage": {"prompt_tokens": 3}}], (3, None)),
    "text with the finish": ([ALL_IN_ONE], (None, None)),
}


@pytest.mark.parametrize(("chunks", "usage"), STREAMS.values(), ids=STREAMS.keys())
async def test_what_only_resembles_a_stream_of_openai_is_understood(
    monkeypatch: pytest.MonkeyPatch,
    chunks: list[dict[str, Any] | str],
    usage: tuple[int | None, int | None],
) -> None:
    heard, server = await ask(monkeypatch, "Hello", Answer(body=events(*chunks)))
    assert (heard.error, heard.text, heard.finish) == (None, "Hi", "stop")
    assert heard.usage == usage
    assert len(server.requests) == 1


@pytest.mark.parametrize("chunks", REASONING.values(), ids=REASONING.keys())
async def test_reasoning_is_apart_from_the_text(
    monkeypatch: pytest.MonkeyPatch, chunks: list[dict[str, Any] | str]
) -> None:
    heard, _ = await ask(monkeypatch, "Hello", Answer(body=events(*chunks, HI, FINISH)))
    assert (heard.error, heard.text, heard.finish) == (None, "Hi", "stop")
    assert heard.reasoning == "Hmm."


PARTS = [
    {"type": "thinking", "thinking": [{"type": "text", "text": "Hmm."}]},
    {"type": "text", "text": "Hi"},
    None,
]


async def test_text_may_come_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    heard, _ = await ask(monkeypatch, "Hello", Answer(body=events(delta(content=PARTS), FINISH)))
    assert (heard.error, heard.text, heard.finish) == (None, "Hi", "stop")


@pytest.mark.parametrize("value", [None, 5, True, {}, [], [None], [5]], ids=repr)
async def test_a_field_of_another_type_ends_no_reply(
    monkeypatch: pytest.MonkeyPatch, value: Any
) -> None:
    odd: list[dict[str, Any] | str] = [
        delta(content=value),
        delta(content=None, refusal=value, role=value),
        delta(tool_calls=value),
        {"choices": [{"index": value, "delta": value}]},
        {"choices": [value]},
        {"choices": value},
        {"choices": [{"delta": {}, "finish_reason": value, "logprobs": value}]},
        {"choices": [], "usage": value},
        {"choices": [], "usage": {"prompt_tokens": value, "completion_tokens": value}},
        {"choices": [], "id": value, "created": value, "model": value},
        json.dumps(value),
    ]
    heard, _ = await ask(monkeypatch, "Hello", Answer(body=events(HI, *odd, FINISH)))
    assert (heard.error, heard.text, heard.finish) == (None, "Hi", "stop")
    assert heard.usage in ((None, None), (5, 5))


async def test_a_reply_in_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    message = {"role": "assistant", "content": "Hi"}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    body = {"object": "chat.completion", "choices": [choice], "usage": USAGE}
    heard, _ = await ask(monkeypatch, "Hello", Answer(body=body))
    assert (heard.error, heard.text, heard.finish) == (None, "Hi", "stop")
    assert heard.usage == (3, 2)


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("content_filter", "refused"),
        ("length", "length"),
        ("abort", None),
        ("error", None),
        ("null", None),
    ],
)
async def test_a_reason_to_finish(
    monkeypatch: pytest.MonkeyPatch, reason: str, finish: str | None
) -> None:
    last = {"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}
    heard, _ = await ask(monkeypatch, "Hello", Answer(body=events(HI, last)))
    assert (heard.error, heard.text, heard.finish) == (None, "Hi", finish)


async def test_a_refusal_is_text(monkeypatch: pytest.MonkeyPatch) -> None:
    heard, _ = await ask(
        monkeypatch, "Hello", Answer(body=events(delta(refusal="I'm sorry."), FINISH))
    )
    assert heard.text == "I'm sorry."
