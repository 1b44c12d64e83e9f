"""The request and the reply, as Google's Gemini API has them."""

from typing import Any

import pytest
from pytest_django import Settings

from chat import error_messages
from chat.provider import names
from tests.conftest import point_at
from tests.listener import listen
from tests.provider.chunk_builders import HI, STOP, THOUGHT, ask, chunk, events
from tests.upstreams import Answer, scripted


async def test_the_request(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    settings.CHAT_SYSTEM_PROMPT = "Be brief."
    settings.CHAT_MODEL = "some-model"
    settings.CHAT_MAX_OUTPUT_TOKENS = 7
    answer = Answer(body=events(HI, STOP))
    heard, server = await ask(monkeypatch, ["One", "Two", "Three"], answer)
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
    _, server = await ask(monkeypatch, "Hello", Answer(body=events(HI)))
    assert "systemInstruction" not in server.requests[0][1]


async def test_the_key_of_another_variable_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_API_KEY", "another")
    monkeypatch.setenv("GOOGLE_GENAI_USE_VERTEXAI", "true")
    heard, server = await ask(monkeypatch, "Hello", Answer(body=events(HI, STOP)))
    assert heard.finish == "stop"
    assert server.requests[0][0].startswith("/v1/models/")


@pytest.mark.parametrize(
    ("path", "variable"),
    [("", "v1beta"), ("/gemini", "v1beta"), ("/v1beta", ""), ("/x/v1beta/", "v1")],
)
async def test_the_version_of_the_api_is_set_by_variable_or_base_url(
    monkeypatch: pytest.MonkeyPatch, path: str, variable: str
) -> None:
    monkeypatch.setenv(names.API_VERSION_VARIABLE, variable)
    with scripted(Answer(body=events(HI, STOP))) as server:
        point_at(server.address + path, monkeypatch)
        assert (await listen("Hello")).finish == "stop"
    prefix = path.removesuffix("/").removesuffix("/v1beta")
    assert server.requests[0][0].startswith(f"{prefix}/v1beta/models/")


async def test_a_gateway_with_another_version_says_what_to_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard, _ = await ask(monkeypatch, "Hello", Answer(405, "Method Not Allowed"))
    assert heard.error
    assert "GOOGLE_GENAI_API_VERSION=v1beta" in error_messages.for_error(heard.error)


@pytest.mark.parametrize(
    "thoughts",
    [[THOUGHT], [chunk({"text": "<think>Hmm.</"}), chunk({"text": "think>\n\n"})]],
    ids=["parts", "tags"],
)
async def test_thoughts_are_apart_from_the_text(
    monkeypatch: pytest.MonkeyPatch, thoughts: list[dict[str, Any]]
) -> None:
    heard, _ = await ask(monkeypatch, "Hello", Answer(body=events(*thoughts, HI, STOP)))
    assert (heard.error, heard.text, heard.finish) == (None, "Hi", "stop")
    assert heard.reasoning == "Hmm."


@pytest.mark.parametrize("value", [None, 5, True, {}, [], [None], [5], "x"], ids=repr)
async def test_a_field_of_another_type_ends_no_reply(
    monkeypatch: pytest.MonkeyPatch, value: Any
) -> None:
    part = {"text": "", "thought": value, "thoughtSignature": value, "inlineData": value}
    odd: list[Any] = [
        chunk({"text": value} if value != "x" else {}),
        {"candidates": value},
        {"candidates": [value]},
        {"candidates": [{"content": value, "index": value, "safetyRatings": value}]},
        {"candidates": [{"content": {"parts": value, "role": value}}]},
        {"candidates": [{"content": {"parts": [value, part]}}]},
        {"candidates": [{"finishReason": value if value != "x" else None}]},
        {"promptFeedback": value, "usageMetadata": value, "modelVersion": value},
        {"usageMetadata": {"promptTokenCount": value, "candidatesTokenCount": value}},
        value,
    ]
    heard, _ = await ask(monkeypatch, "Hello", Answer(body=events(HI, *odd, STOP)))
    assert (heard.error, heard.text, heard.finish) == (None, "Hi", "stop")


@pytest.mark.parametrize(
    "odd",
    [
        chunk({"text": ["H", "i"]}),
        chunk({"text": [{"type": "text", "text": "H"}, {"text": "i"}]}),
        chunk({"text": {"text": "Hi"}}),
        {"candidates": {"content": {"parts": {"text": "Hi"}}}},
    ],
    ids=["texts", "text parts", "a text part", "one item in place of lists"],
)
async def test_text_of_another_shape_is_read(
    monkeypatch: pytest.MonkeyPatch, odd: dict[str, Any]
) -> None:
    heard, _ = await ask(monkeypatch, "Hello", Answer(body=events(odd, STOP)))
    assert (heard.error, heard.text, heard.finish) == (None, "Hi", "stop")


@pytest.mark.parametrize("in_list", [False, True], ids=["a reply", "a list of chunks"])
async def test_a_reply_that_is_no_stream(monkeypatch: pytest.MonkeyPatch, in_list: bool) -> None:
    """A gateway that does not know `alt=sse` sends the chunks in a list."""
    body = [HI, STOP] if in_list else chunk({"text": "Hi"}, finish="STOP")
    heard, _ = await ask(monkeypatch, "Hello", Answer(body=body))
    assert (heard.error, heard.text, heard.finish) == (None, "Hi", "stop")


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
    heard, _ = await ask(monkeypatch, "Hello", Answer(body=events(HI, chunk(finish=reason))))
    assert (heard.error, heard.text, heard.finish) == (None, "Hi", finish)


async def test_a_tool_call_that_the_service_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    heard, _ = await ask(
        monkeypatch, "Hello", Answer(body=events(HI, chunk(finish="UNEXPECTED_TOOL_CALL")))
    )
    assert heard.error
    assert (heard.error.kind, heard.text) == ("tool_call", "Hi")


async def test_a_prompt_that_is_blocked(monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}
    heard, _ = await ask(monkeypatch, "Hello", Answer(body=events(blocked)))
    assert (heard.error, heard.text, heard.finish) == (None, "", "refused")


async def test_a_checkpoint_is_not_resumed_from(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK would ask again after a connection is lost, and Stop is no more to it."""
    checkpoint = chunk({"text": "Hi"})
    checkpoint["candidates"][0]["continuationToken"] = "dG9rZW4="
    heard, server = await ask(monkeypatch, "Hello", Answer(body=events(checkpoint)))
    assert (heard.error, heard.text, heard.finish) == (None, "Hi", None)
    assert len(server.requests) == 1


async def test_a_continuation_is_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    last = chunk(finish="CONTINUATION")
    last["candidates"][0]["continuationToken"] = "dG9rZW4="
    heard, server = await ask(monkeypatch, "Hello", Answer(body=events(HI, last)))
    assert (heard.error, heard.text, heard.finish) == (None, "Hi", "length")
    assert len(server.requests) == 1
