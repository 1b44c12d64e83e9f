"""Requests that a server refuses, and how the model is asked then."""

import asyncio
import threading
from typing import Any

import httpx2
import openai
import pytest

from chat import error_messages
from chat.provider import request
from chat.provider.events import Call
from chat.provider.messages import Message, Result
from tests.conftest import point_at
from tests.listener import listen
from tests.provider.chunk_builders import REPLY, ask, error
from tests.provider.chunk_builders import nothing_is_remembered as nothing_is_remembered
from tests.tool_turns import prompt
from tests.upstreams import Answer, scripted
from tests.waiting import SOON

FORBIDDEN = {"type": "extra_forbidden", "loc": ["body", "stream_options", "include_usage"]}
REFUSALS = {
    "Mistral": {"object": "error", "message": {"detail": [FORBIDDEN]}},
    "transformers serve": {"detail": "Unsupported fields in the request: 'stream_options'"},
}


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS.keys())
async def test_a_server_that_refuses_to_count_tokens_is_not_asked_to_again(
    monkeypatch: pytest.MonkeyPatch, refusal: dict[str, Any]
) -> None:
    with scripted(Answer(422, refusal), REPLY) as server:
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
    with scripted(Answer(422, REFUSALS["Mistral"]), REPLY) as server:
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
    with scripted(refusal, REPLY) as server:
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
    answers = [REPLY, refusal, REPLY]
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
    heard, server = await ask(monkeypatch, "Hello", answer)
    assert heard.error
    assert "Unexpected field: messages" in error_messages.for_error(heard.error)
    assert len(server.requests) == 1


OF_TOOLS = {
    "Ollama": (400, "registry.ollama.ai/library/gemma3:latest does not support tools"),
    "llama.cpp": (500, "tools param requires --jinja flag"),
    "vLLM": (
        400,
        '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set',
    ),
    "Groq": (400, "`tool calling` is not supported with this model"),
    "Mistral": (400, "Function calling is not enabled for this model"),
    "OpenRouter": (404, "No endpoints found that support tool use."),
    "OpenAI": (400, "Unsupported parameter: 'tools' is not supported with this model."),
    "DeepSeek": (400, "this model does not support Function Calling"),
}


@pytest.mark.parametrize(("status", "words"), OF_TOOLS.values(), ids=OF_TOOLS.keys())
async def test_a_model_that_refuses_tools_is_asked_without_them_from_then_on(
    monkeypatch: pytest.MonkeyPatch, status: int, words: str
) -> None:
    used = Message("assistant", "Used.", (Result(Call("1", "add", "{}"), "3"),))
    refusal = Answer(status, {"error": {"message": words}})
    with scripted(REPLY, refusal, REPLY) as server:
        point_at(f"{server.address}/v1", monkeypatch)
        asked = [prompt(used, model=model) for model in ("able", "plain", "plain", "able")]
        heards = [await listen(each) for each in asked]
    assert [heard.text for heard in heards] == ["Hi"] * 4
    bodies = [body for _, body in server.requests]
    assert ["tools" in body for body in bodies] == [True, True, False, False, True]
    texts = [[message["content"] for message in body["messages"]] for body in bodies]
    assert texts[2] == texts[3] == [*texts[2][:-2], "Used.", "Hello"]
    assert len(texts[1]) == len(texts[2]) + 1


async def test_another_refusal_is_told_with_tools_too(monkeypatch: pytest.MonkeyPatch) -> None:
    words = "Invalid schema for function 'add': an object is needed"
    refusal = Answer(400, {"error": {"message": words}})
    heard, server = await ask(monkeypatch, prompt(), refusal)
    assert heard.error
    assert heard.error.detail == words
    assert len(server.requests) == 1


async def test_calls_and_results_stay_apart_where_prompts_are_joined(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refusal = Answer(400, {"error": {"message": "roles must alternate user/assistant"}})
    history = [
        Message("user", "One"),
        Message("assistant", "", (Result(Call("1", "add", "{}"), "3"),)),
        Message("assistant", "", (Result(Call("2", "add", "{}"), "4"),)),
        Message("user", "Two"),
    ]
    _, server = await ask(monkeypatch, prompt(*history, system_prompt=""), refusal, REPLY)
    sent = [(message["role"], message["content"]) for message in server.requests[1][1]["messages"]]
    assert sent == [
        ("user", "One"),
        ("assistant", None),
        ("tool", "3"),
        ("assistant", None),
        ("tool", "4"),
        ("user", "Two\n\nHello"),
    ]
