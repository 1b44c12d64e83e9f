"""What is particular to OpenAI's Chat Completions: the request, its chunks, its errors.

Servers that speak the same API (Ollama, llama.cpp, vLLM and others) go the same way.
"""

import json
import re
from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter
from typing import Any

import httpx2
import openai
from django.conf import settings
from openai.types.chat import ChatCompletionChunk

from chat.provider import faults, names
from chat.provider.errors import Kind, ProviderError
from chat.provider.events import Event, Finish, Message, Text, Usage

# How a whole reply ends; that of a chat without tools. Some servers have words of their own.
FINISHES = {
    "length": Finish("length"),
    "content_filter": Finish("refused"),
    # vLLM, and routers, when the model gave up half-way: cut off.
    "abort": None,
    "error": None,
}

# https://platform.openai.com/docs/guides/error-codes
CODE_KINDS: dict[str, Kind] = {
    "billing_hard_limit_reached": "out_of_credit",
    "billing_not_active": "out_of_credit",
    "content_filter": "refused",
    "content_policy_violation": "refused",
    "context_length_exceeded": "context_too_long",
    "insufficient_quota": "out_of_credit",
    "invalid_api_key": "key_refused",
    "model_not_found": "model_unknown",
    "rate_limit_exceeded": "rate_limited",
    "server_error": "server_error",
    "unsupported_country_region_territory": "bad_request",
}
TOO_LONG = re.compile(r"context (length|size|window)|prompt is too long", re.IGNORECASE)

# What is in the answer of a server that refuses a part of the `request`.
TELLING = {
    "stream_options": "stream_options",
    "max_tokens": "max_completion_tokens",
    "messages": "must alternate",
}
# What servers have refused: usage, as Mistral's and `transformers serve` do; the older name of the
# limit, as OpenAI's own do behind another address, such as Azure's; or two prompts in a row, as
# vLLM and llama.cpp do for models such as Gemma.
_refused: set[tuple[httpx2.URL, str]] = set()


def ask(client: Any, messages: list[Message]) -> Any:
    """Send the one request of a reply.

    Returns the `openai.Stream`, or the `openai.AsyncStream` to be awaited, of `client.stream`.
    Raises what the SDK raises: see `explain`.
    """
    return client.stream(messages)


def request(base_url: httpx2.URL, messages: list[Message]) -> dict[str, Any]:
    """What `chat.completions.create` is asked, as a server is known to take it."""
    system = [{"role": "system", "content": settings.CHAT_SYSTEM_PROMPT}]
    usage = {"stream_options": {"include_usage": True}}
    return {
        "model": _model(),
        "messages": (system if settings.CHAT_SYSTEM_PROMPT else []) + _history(base_url, messages),
        _limit(base_url): settings.CHAT_MAX_OUTPUT_TOKENS,
        **({} if (base_url, "stream_options") in _refused else usage),
    }


def learn(error: openai.APIStatusError, base_url: httpx2.URL) -> None:
    """Let each later `request` be without what a server has refused, if that is what it says.

    It has begun no reply then, so another request may go out.
    """
    # 500: llama.cpp, where the model's own template raised it.
    if error.status_code in (400, 422, 500):
        words = json.dumps(error.body)
        _refused.update((base_url, part) for part, word in TELLING.items() if word in words)


def read(chunk: ChatCompletionChunk) -> Iterator[Event]:
    """The events in one chunk. Raises `ProviderError` if it is none."""
    if not isinstance(chunk, ChatCompletionChunk):
        raise ProviderError("malformed", f"a chunk is a {type(chunk).__name__}")
    for choice in chunk.choices or ():
        if choice.delta and choice.delta.tool_calls:
            raise ProviderError("tool_call")
        if choice.delta and (text := choice.delta.content or choice.delta.refusal):
            yield Text(text)
        if choice.finish_reason and (finish := FINISHES.get(choice.finish_reason, Finish("stop"))):
            yield finish
    if chunk.usage:
        yield Usage(chunk.usage.prompt_tokens, chunk.usage.completion_tokens)


def explain(error: Exception) -> ProviderError:
    """Name an exception of the SDK, or of what it stands on."""
    match error:
        case openai.APIStatusError():
            status, retry_after = error.status_code, faults.retry_after(error.response.headers)
            return ProviderError(_kind(error, status), _words(error), retry_after)
        case openai.APIConnectionError():
            return faults.explain(error.__cause__ or error)
        case openai.APIResponseValidationError():
            return ProviderError("malformed", type(error).__name__)
        case openai.APIError():
            # Inside a stream, where some servers put an HTTP status as its code.
            code = error.code or ""
            return ProviderError(_kind(error, int(code) if code.isdigit() else 500), _words(error))
    return faults.explain(error)


def _kind(error: openai.APIError, status: int) -> Kind:
    words = _words(error)
    if TOO_LONG.search(words):
        return "context_too_long"
    kind = None if status == 413 else CODE_KINDS.get(error.code or "")
    return kind or faults.status_kind(status, words, _model())


def _words(error: openai.APIError) -> str:
    """The reason in an error's body, which servers put in different places, or all of it."""
    body = error.body
    if isinstance(body, dict):
        body = body.get("message") or body.get("detail") or body
    return (body if isinstance(body, str) else json.dumps(body)) if body else error.message


def _history(base_url: httpx2.URL, messages: list[Message]) -> list[dict[str, str]]:
    """The turns. Prompts follow each other where one was left without a reply."""
    turns = [(message.role, message.text) for message in messages]
    if (base_url, "messages") in _refused:
        groups = groupby(messages, attrgetter("role"))
        turns = [(role, "\n\n".join(each.text for each in group)) for role, group in groups]
    return [{"role": role, "content": text} for role, text in turns]


def _limit(base_url: httpx2.URL) -> str:
    """The name of the limit: many servers that resemble OpenAI's ignore or refuse the newer one."""
    is_newer = base_url.host == "api.openai.com" or (base_url, "max_tokens") in _refused
    return "max_completion_tokens" if is_newer else "max_tokens"


def _model() -> str:
    return settings.CHAT_MODEL or names.DEFAULT_MODEL
