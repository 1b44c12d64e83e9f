"""What is particular to OpenAI's Chat Completions, and to servers that only resemble OpenAI's."""

import asyncio
import json
import threading
from typing import Any

import httpx2
import openai
import pytest
from pytest_django import Settings

from chat import error_messages
from chat.provider import request
from tests.conftest import KEY, SOON, point_at
from tests.listener import Heard, listen
from tests.upstreams import Answer, Scripted, scripted

FINISH = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}


@pytest.fixture(autouse=True)
def _nothing_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request, "_refused", set())


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
    answer = Answer(body=events(HI, FINISH, "[DONE]"))
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
HI = delta(content="Hi")
NULL = delta(role="assistant", content=None)
REASONING = delta(reasoning_content="Hmm.")
ALL_IN_ONE = {"choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": "eos"}]}

STREAMS: dict[str, tuple[list[dict[str, Any] | str], tuple[int | None, int | None]]] = {
    "usage on its own": ([HI, FINISH, {"choices": [], "usage": USAGE}], (3, 2)),
    "usage in the finish chunk": ([HI, FINISH | {"usage": USAGE}], (3, 2)),
    "no usage": ([HI, FINISH, "[DONE]"], (None, None)),
    "no [DONE]": ([HI, FINISH], (None, None)),
    "empty choices at first": ([{"choices": []}, HI, FINISH], (None, None)),
    "no choices at first": ([{"id": "x"}, HI, FINISH], (None, None)),
    "null content at first": ([NULL, HI, FINISH], (None, None)),
    "reasoning": ([REASONING, HI, FINISH], (None, None)),
    "text with the finish": ([ALL_IN_ONE], (None, None)),
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
    heard, _ = await ask(monkeypatch, Answer(body=events(HI, last)))
    assert (heard.error, heard.text, heard.finish) == (None, "Hi", finish)


async def test_a_refusal_is_text(monkeypatch: pytest.MonkeyPatch) -> None:
    heard, _ = await ask(monkeypatch, Answer(body=events(delta(refusal="I'm sorry."), FINISH)))
    assert heard.text == "I'm sorry."


def error(status: int, message: str, **fields: Any) -> Answer:
    """An error as OpenAI tells it."""
    return Answer(status, {"error": {"message": message} | fields})


COUNTRY = "unsupported_country_region_territory"
GONE = {"error": {"code": 502, "message": "Provider is gone"}, "choices": []}
NO_QUOTA = {"error": {"code": "insufficient_quota", "message": "No quota."}}
MISSING = [{"loc": ["body", "model"], "msg": "Field required"}]
TOO_LONG = "the request exceeds the available context size"

# What a server answers, and what becomes of it: the kind, and words for the sentence or the log.
ERRORS: dict[str, tuple[Answer, str, str]] = {
    "OpenAI, quota": (Answer(429, NO_QUOTA), "out_of_credit", "No quota."),
    "OpenAI, country": (error(403, "Not supported", code=COUNTRY), "bad_request", "Not supported"),
    "FastAPI": (Answer(400, {"detail": "Bad temperature"}), "bad_request", "Bad temperature"),
    "FastAPI, a list": (Answer(422, {"detail": MISSING}), "bad_request", "Field required"),
    "FastAPI, no route": (Answer(404, {"detail": "Not Found"}), "wrong_address", "Not Found"),
    "plain text": (Answer(400, "no such thing"), "bad_request", "no such thing"),
    "nothing": (Answer(502), "server_error", "502"),
    "a string": (Answer(400, {"error": "model is broken"}), "bad_request", "model is broken"),
    "llama.cpp, loading": (error(503, "Loading model", code=503), "overloaded", "Loading model"),
    "llama.cpp, context": (error(400, TOO_LONG, code=400), "context_too_long", "exceeds"),
    "vLLM, model": (error(404, "The model `x` does not exist."), "model_unknown", "not exist"),
    "Groq, too large": (
        error(413, "Request too large", code="rate_limit_exceeded"),
        "context_too_long",
        "Request too large",
    ),
    "OpenRouter, credit": (error(402, "No credits", code=402), "out_of_credit", "No credits"),
    "OpenRouter, in the stream": (Answer(body=events(GONE)), "server_error", "Provider is gone"),
    "a quota in the stream": (Answer(body=events(NO_QUOTA)), "out_of_credit", "No quota."),
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
    assert KEY not in error_messages.for_error(heard.error)
    assert len(server.requests) == 1


FORBIDDEN = {"type": "extra_forbidden", "loc": ["body", "stream_options", "include_usage"]}
REFUSALS = {
    "Mistral": {"object": "error", "message": {"detail": [FORBIDDEN]}},
    "transformers serve": {"detail": "Unsupported fields in the request: 'stream_options'"},
}


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS.keys())
async def test_a_server_that_refuses_to_count_tokens_is_not_asked_to_again(
    monkeypatch: pytest.MonkeyPatch, refusal: dict[str, Any]
) -> None:
    reply = Answer(body=events(HI, FINISH))
    with scripted(Answer(422, refusal), reply) as server:
        point_at(f"{server.address}/v1", monkeypatch)
        heards = [await listen("Hello"), await listen("Hello")]
    assert [heard.text for heard in heards] == ["Hi", "Hi"]
    assert ["stream_options" in body for _, body in server.requests] == [True, False, False]


async def test_after_stop_a_refused_request_is_not_sent_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loop, learn = asyncio.get_running_loop(), request.learn

    async def stop() -> None:
        asking.cancel()
        await asyncio.wait([asking])

    def learn_and_stop(error: openai.APIStatusError, base_url: httpx2.URL) -> None:
        learn(error, base_url)
        if threading.current_thread() is threading.main_thread():
            # The loop runs here: the next wait of the task is its last.
            asking.cancel()
        else:
            asyncio.run_coroutine_threadsafe(stop(), loop).result(SOON)

    monkeypatch.setattr(request, "learn", learn_and_stop)
    with scripted(Answer(422, REFUSALS["Mistral"]), Answer(body=events(HI, FINISH))) as server:
        point_at(f"{server.address}/v1", monkeypatch)
        asking = asyncio.create_task(listen("Hello"))
        with pytest.raises(asyncio.CancelledError):
            await asking
        for thread in threading.enumerate():
            if thread.name == "reply":
                await asyncio.to_thread(thread.join, SOON)
    assert len(server.requests) == 1


# Of Azure's servers, for OpenAI's newer models: FlowiseAI/Flowise#5060.
OLDER_NAME = (
    "Unsupported parameter: 'max_tokens' is not supported with this model. "
    "Use 'max_completion_tokens' instead."
)


async def test_openai_behind_another_address_is_asked_by_the_newer_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refusal = error(400, OLDER_NAME, code="unsupported_parameter", param="max_tokens")
    with scripted(refusal, Answer(body=events(HI, FINISH))) as server:
        point_at(f"{server.address}/v1", monkeypatch)
        heards = [await listen("Hello"), await listen("Hello")]
    assert [heard.text for heard in heards] == ["Hi", "Hi"]
    sent = [body.keys() & {"max_tokens", "max_completion_tokens"} for _, body in server.requests]
    assert sent == [{"max_tokens"}, {"max_completion_tokens"}, {"max_completion_tokens"}]


@pytest.mark.parametrize("status", [400, 500], ids=["vLLM", "llama.cpp"])
async def test_prompts_in_a_row_are_one_for_a_model_that_takes_turns(
    monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    refusal = error(status, "Conversation roles must alternate user/assistant/user/assistant/...")
    answers = [Answer(body=events(HI, FINISH)), refusal, Answer(body=events(HI, FINISH))]
    with scripted(*answers) as server:
        point_at(f"{server.address}/v1", monkeypatch)
        prompts = ["One", "Two", "Three", "", "Four"]
        heards = [await listen(*some) for some in (prompts[:1], prompts, prompts)]
    assert [heard.text for heard in heards] == ["Hi", "Hi", "Hi"]
    one, refused, *joined = (
        [turn["content"] for turn in body["messages"]] for _, body in server.requests
    )
    assert one == ["One"]
    assert refused == ["One", "Two", "Three", "Four"]
    assert joined == [["One", "Two", "Three\n\nFour"]] * 2


async def test_a_limit_that_is_refused_by_its_newer_name_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refusal = error(400, "max_completion_tokens is too large: 999999.")
    with scripted(refusal) as server:
        point_at("http://api.openai.com/v1", monkeypatch)
        monkeypatch.setenv("HTTP_PROXY", server.address)
        heard = await listen("Hello")
    assert heard.error
    assert "is too large" in error_messages.for_error(heard.error)
    assert len(server.requests) == 1


async def test_another_refusal_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = Answer(422, {"detail": "Unexpected field: messages"})
    heard, server = await ask(monkeypatch, answer)
    assert heard.error
    assert "Unexpected field: messages" in error_messages.for_error(heard.error)
    assert len(server.requests) == 1
