"""What OpenAI's Chat Completions are asked, and what servers that resemble OpenAI's refuse."""

import json
import re
from collections.abc import Iterator
from itertools import groupby
from typing import Any, cast

import httpx2
import openai
from openai.types.chat import ChatCompletionFunctionToolParam, ChatCompletionMessageParam
from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming

from chat.provider import tool_rounds
from chat.provider.calls import CALL_KEPT, REASONING_KEPT
from chat.provider.events import Call
from chat.provider.messages import Message, Request, ToolSpec

# A part of the request, and the words in an error by which a server refuses it.
REFUSALS = {
    "stream_options": "stream_options",
    "max_tokens": "max_completion_tokens",
    "messages": "must alternate",
}
# What servers have refused: token counts, as Mistral's and `transformers serve` do; the older name
# of the limit, as OpenAI's own do behind another address, such as Azure's; or two prompts in a row,
# as vLLM and llama.cpp do for models such as Gemma.
_refused: set[tuple[httpx2.URL, str]] = set()

# How servers refuse tools: Ollama, DeepSeek and OpenAI; Groq and Mistral; vLLM; llama.cpp;
# OpenRouter.
NO_TOOLS = re.compile(
    r"(?:\bnot support|n't support|\bunsupported)[^\n]{0,40}?\b(?:tools?\b|function.?call)"
    r"|\b(?:tools?|(?:tool|function) calling)\b\W{0,3} (?:(?:is|are) )?not (?:supported|enabled)"
    r"|tool choice requires|tools param requires|that support tool use",
    re.IGNORECASE,
)
# The models that know no tools, by the address of their server.
_without_tools: set[tuple[httpx2.URL, str]] = set()


def build(base_url: httpx2.URL, asked: Request) -> CompletionCreateParamsStreaming:
    """The request for one reply, without what the server at `base_url` has refused."""
    request: CompletionCreateParamsStreaming = {
        "model": asked.model,
        "messages": _messages(base_url, asked),
        "stream": True,
    }
    # Many servers that resemble OpenAI's ignore or refuse the newer name of the limit.
    if base_url.host == "api.openai.com" or (base_url, "max_tokens") in _refused:
        request["max_completion_tokens"] = asked.max_output_tokens
    else:
        request["max_tokens"] = asked.max_output_tokens
    if (base_url, "stream_options") not in _refused:
        request["stream_options"] = {"include_usage": True}
    if asked.tools and (base_url, asked.model) not in _without_tools:
        request["tools"] = [_tool(tool) for tool in asked.tools]
        if not asked.may_call:
            request["tool_choice"] = "none"
    return request


def learn(error: openai.APIStatusError, base_url: httpx2.URL) -> None:
    """Remember which part of the request a server has refused, so that `build` leaves it out.

    A server that refuses has not begun a reply, so the request may be sent once more.
    """
    # 404: OpenRouter, where no server behind it knows tools. 500: llama.cpp, where the chat
    # template of the model raised it.
    if error.status_code in (400, 404, 422, 500):
        words, sent = json.dumps(error.body), json.loads(error.request.content)
        _refused.update((base_url, part) for part, word in REFUSALS.items() if word in words)
        if "tools" in sent and NO_TOOLS.search(words):
            _without_tools.add((base_url, sent["model"]))


def _messages(base_url: httpx2.URL, asked: Request) -> list[ChatCompletionMessageParam]:
    """The system prompt and the turns.

    Two prompts follow each other where a reply was stopped before its first word.
    """
    turns = asked.messages
    if not asked.tools or (base_url, asked.model) in _without_tools:
        turns = tool_rounds.without_calls(turns)
    if (base_url, "messages") in _refused:
        turns = [_joined(list(group)) for _, group in groupby(turns, _neighbours)]
    built: list[ChatCompletionMessageParam] = []
    if asked.system_prompt:
        built.append({"role": "system", "content": asked.system_prompt})
    for turn in turns:
        built += _turn(turn)
    return built


def _neighbours(message: Message) -> object:
    """Equal for messages that may be joined. Those with results are left as they are."""
    return message.results or message.role


def _joined(messages: list[Message]) -> Message:
    if len(messages) == 1:
        return messages[0]
    return Message(messages[0].role, "\n\n".join(message.text for message in messages))


def _turn(message: Message) -> Iterator[ChatCompletionMessageParam]:
    """A message, and one more for each result."""
    if message.role == "user":
        yield {"role": "user", "content": message.text}
    elif not message.results:
        yield {"role": "assistant", "content": message.text}
    else:
        calling: dict[str, Any] = {
            "role": "assistant",
            "content": message.text or None,
            "tool_calls": [_call(result.call) for result in message.results],
        }
        for result in message.results:
            kept = result.call.extra or {}
            calling |= {name: kept[name] for name in REASONING_KEPT if name in kept}
        yield cast(ChatCompletionMessageParam, calling)
        for result in message.results:
            yield {"role": "tool", "tool_call_id": result.call.id, "content": result.text}


def _call(call: Call) -> dict[str, Any]:
    arguments = call.arguments if tool_rounds.arguments(call) else "{}"
    function = {"name": tool_rounds.name(call), "arguments": arguments}
    kept = {name: value for name, value in (call.extra or {}).items() if name == CALL_KEPT}
    return {"id": call.id, "type": "function", "function": function} | kept


def _tool(tool: ToolSpec) -> ChatCompletionFunctionToolParam:
    return {
        "type": "function",
        "function": {
            "name": tool.name,
            "description": tool.description,
            "parameters": tool.parameters,
        },
    }
