"""What is particular to OpenAI's Chat Completions, and to servers that only resemble OpenAI's."""

import json
from typing import Any

import pytest
from pytest_django import Settings

from chat import provider, sentences
from tests.conftest import KEY, point_at
from tests.replies import Heard, listen
from tests.servers import Answer, Scripted, scripted

FINISH = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}


@pytest.fixture(autouse=True)
def _nothing_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider, "_refusing_options", set())


def delta(**fields: Any) -> dict[str, Any]:
    """A chunk with no more than it needs."""
    return {"choices": [{"index": 0, "delta": fields}]}


def events(*chunks: dict[str, Any] | str) -> str:
    """Server-sent events with these chunks."""
    texts = [chunk if isinstance(chunk, str) else json.dumps(chunk) for chunk in chunks]
    return "".join(f"data: {text}\n\n" for text in texts)


async def ask(
    monkeypatch: pytest.MonkeyPatch, *answers: Answer, prompts: tuple[str, ...] = ("Hello",)
) -> tuple[Heard, Scripted]:
    """Hear what the SDK makes of `answers`, and see what it sent."""
    with scripted(*answers) as server:
        point_at(f"{server.address}/v1", monkeypatch)
        return await listen(*prompts), server


async def test_the_request(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    settings.CHAT_SYSTEM_PROMPT = "Be brief."
    settings.CHAT_MODEL = "some-model"
    settings.CHAT_MAX_OUTPUT_TOKENS = 7
    answer = Answer(body=events(delta(content="Hi"), FINISH, "[DONE]"))
    heard, server = await ask(monkeypatch, answer, prompts=("One", "Two", "Three"))
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


USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}

STREAMS: dict[str, tuple[list[dict[str, Any] | str], tuple[int | None, int | None]]] = {
    "usage on its own": ([delta(content="Hi"), FINISH, {"choices": [], "usage": USAGE}], (3, 2)),
    "usage in the finish chunk": ([delta(content="Hi"), FINISH | {"usage": USAGE}], (3, 2)),
    "no usage": ([delta(content="Hi"), FINISH, "[DONE]"], (None, None)),
    "no [DONE]": ([delta(content="Hi"), FINISH], (None, None)),
    "no choices at first": ([{"choices": []}, delta(content="Hi"), FINISH], (None, None)),
    "no choices at all": ([{"id": "x"}, delta(content="Hi"), FINISH], (None, None)),
    "null content at first": (
        [delta(role="assistant", content=None), delta(content="Hi"), FINISH],
        (None, None),
    ),
    "reasoning": (
        [delta(reasoning_content="Hmm."), delta(reasoning="Hmm."), delta(content="Hi"), FINISH],
        (None, None),
    ),
    "text with the finish": (
        [{"choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": "eos"}]}],
        (None, None),
    ),
}


@pytest.mark.parametrize(("chunks", "usage"), STREAMS.values(), ids=STREAMS.keys())
async def test_what_only_resembles_a_stream_of_openai_is_understood(
    monkeypatch: pytest.MonkeyPatch,
    chunks: list[dict[str, Any] | str],
    usage: tuple[int | None, int | None],
) -> None:
    heard, server = await ask(monkeypatch, Answer(body=events(*chunks)))
    assert (heard.error, heard.text, heard.finish) == (None, "Hi", "stop")
    assert heard.usage == usage
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("reason", "finish"),
    [("content_filter", "refused"), ("length", "length"), ("abort", None), ("error", None)],
)
async def test_a_reason_to_finish(
    monkeypatch: pytest.MonkeyPatch, reason: str, finish: str | None
) -> None:
    last = {"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}
    heard, _ = await ask(monkeypatch, Answer(body=events(delta(content="Hi"), last)))
    assert (heard.error, heard.text, heard.finish) == (None, "Hi", finish)


async def test_a_refusal_is_text(monkeypatch: pytest.MonkeyPatch) -> None:
    heard, _ = await ask(monkeypatch, Answer(body=events(delta(refusal="I'm sorry."), FINISH)))
    assert heard.text == "I'm sorry."


# What a server answers, and what becomes of it: the kind, and words for the sentence or the log.
ERRORS: dict[str, tuple[Answer, str, str]] = {
    "OpenAI, quota": (
        Answer(429, {"error": {"message": "No quota.", "code": "insufficient_quota"}}),
        "out_of_credit",
        "No quota.",
    ),
    "OpenAI, country": (
        Answer(
            403,
            {
                "error": {
                    "message": "Country not supported",
                    "code": "unsupported_country_region_territory",
                }
            },
        ),
        "bad_request",
        "Country not supported",
    ),
    "FastAPI": (Answer(400, {"detail": "Bad temperature"}), "bad_request", "Bad temperature"),
    "FastAPI, a list": (
        Answer(422, {"detail": [{"loc": ["body", "model"], "msg": "Field required"}]}),
        "bad_request",
        "Field required",
    ),
    "FastAPI, no route": (Answer(404, {"detail": "Not Found"}), "wrong_address", "Not Found"),
    "plain text": (Answer(400, "no such thing"), "bad_request", "no such thing"),
    "nothing": (Answer(502), "server_error", "502"),
    "a string": (Answer(400, {"error": "model is broken"}), "bad_request", "model is broken"),
    "llama.cpp, loading": (
        Answer(503, {"error": {"code": 503, "message": "Loading model"}}),
        "overloaded",
        "Loading model",
    ),
    "llama.cpp, context": (
        Answer(
            400,
            {
                "error": {
                    "code": 400,
                    "message": "the request exceeds the available context size",
                    "type": "exceed_context_size_error",
                }
            },
        ),
        "context_too_long",
        "exceeds",
    ),
    "vLLM, model": (
        Answer(404, {"error": {"message": "The model `x` does not exist.", "code": 404}}),
        "model_unknown",
        "does not exist",
    ),
    "Groq, too large": (
        Answer(413, {"error": {"message": "Request too large", "code": "rate_limit_exceeded"}}),
        "context_too_long",
        "Request too large",
    ),
    "OpenRouter, credit": (
        Answer(402, {"error": {"message": "Insufficient credits", "code": 402}}),
        "out_of_credit",
        "Insufficient credits",
    ),
    "OpenRouter, in the stream": (
        Answer(body=events({"error": {"code": 502, "message": "Provider is gone"}, "choices": []})),
        "server_error",
        "Provider is gone",
    ),
    "a quota in the stream": (
        Answer(body=events({"error": {"code": "insufficient_quota", "message": "No quota."}})),
        "out_of_credit",
        "No quota.",
    ),
    "no chunk": (Answer(body=events('"Hello"')), "malformed", "a str"),
}


@pytest.mark.parametrize(("answer", "kind", "words"), ERRORS.values(), ids=ERRORS.keys())
async def test_an_error_is_understood_wherever_its_reason_is(
    monkeypatch: pytest.MonkeyPatch, answer: Answer, kind: str, words: str
) -> None:
    heard, server = await ask(monkeypatch, answer)
    assert heard.error
    assert heard.error.kind == kind
    assert words in heard.error.detail
    assert KEY not in sentences.for_error(heard.error)
    assert len(server.requests) == 1


REFUSALS = {
    "Mistral": {
        "object": "error",
        "message": {
            "detail": [
                {
                    "type": "extra_forbidden",
                    "loc": ["body", "stream_options", "include_usage"],
                    "msg": "Extra inputs are not permitted",
                }
            ]
        },
    },
    "transformers serve": {"detail": "Unsupported fields in the request: 'stream_options'"},
}


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS.keys())
async def test_a_server_that_refuses_to_count_tokens_is_not_asked_to_again(
    monkeypatch: pytest.MonkeyPatch, refusal: dict[str, Any]
) -> None:
    reply = Answer(body=events(delta(content="Hi"), FINISH))
    with scripted(Answer(422, refusal), reply) as server:
        point_at(f"{server.address}/v1", monkeypatch)
        heards = [await listen("Hello"), await listen("Hello")]
    assert [heard.text for heard in heards] == ["Hi", "Hi"]
    assert ["stream_options" in body for _, body in server.requests] == [True, False, False]


async def test_another_refusal_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = Answer(422, {"detail": "Unexpected field: messages"})
    heard, server = await ask(monkeypatch, answer)
    assert heard.error
    assert "Unexpected field: messages" in sentences.for_error(heard.error)
    assert len(server.requests) == 1
