"""What is particular to OpenAI's Chat Completions: the request, its chunks, its errors.

Servers that speak the same API (Ollama, llama.cpp, vLLM and others) go the same way.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx2
import openai
from django.conf import settings
from openai.types.chat import ChatCompletionChunk

from chat import faults, names
from chat.errors import Kind, ProviderError
from chat.types import Event, Finish, Message, Text, Usage

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

# Servers that refuse to be asked for usage, as Mistral's and `transformers serve` do.
_refusing_options: set[httpx2.URL] = set()


def ask(client: Any, messages: list[Message]) -> Any:
    """Send the one request of a reply.

    Returns the `openai.Stream`, or the `openai.AsyncStream` to be awaited, of `client.stream`.
    Raises what the SDK raises: see `explain`.
    """
    system = [{"role": "system", "content": settings.CHAT_SYSTEM_PROMPT}]
    history = [{"role": message.role, "content": message.text} for message in messages]
    # The name of the limit differs: servers that resemble OpenAI ignore or refuse the newer one.
    is_openai = client.base_url.host == "api.openai.com"
    limit = "max_completion_tokens" if is_openai else "max_tokens"
    return client.stream(
        model=_model(),
        messages=(system if settings.CHAT_SYSTEM_PROMPT else []) + history,
        **{limit: settings.CHAT_MAX_OUTPUT_TOKENS},
    )


def stream_options(base_url: httpx2.URL) -> dict[str, Any]:
    """The parameters that ask a server for usage, unless it has refused them before."""
    if base_url in _refusing_options:
        return {}
    return {"stream_options": {"include_usage": True}}


def refuses_options(error: openai.APIStatusError, base_url: httpx2.URL) -> bool:
    """Whether a server answered no more than that it does not take `stream_options`.

    It has begun no reply then, so the request may go out without them. It is not asked again.
    """
    if error.status_code not in (400, 422) or "stream_options" not in json.dumps(error.body):
        return False
    _refusing_options.add(base_url)
    return True


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


def _model() -> str:
    return settings.CHAT_MODEL or names.DEFAULT_MODEL
