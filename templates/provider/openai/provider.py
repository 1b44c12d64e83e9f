"""What is particular to OpenAI's Chat Completions: the request, its chunks, its errors.

Servers that speak the same API (Ollama, llama.cpp, vLLM and others) go the same way.
"""

import json
import ssl
from collections.abc import Iterator
from typing import Any

import httpx2
import openai
from django.conf import settings

from chat import names
from chat.errors import ProviderError
from chat.types import Event, Finish, Message, Text, Usage

FINISH_REASONS = {"length": "length", "content_filter": "refused"}
STATUS_KINDS = {401: "key_refused", 403: "key_refused", 404: "model_unknown", 503: "overloaded"}
CODE_KINDS = {
    "context_length_exceeded": "context_too_long",
    "content_filter": "refused",
    "insufficient_quota": "out_of_credit",
    "invalid_api_key": "key_refused",
    "model_not_found": "model_unknown",
    "rate_limit_exceeded": "rate_limited",
    "server_overloaded": "overloaded",
}


def ask(client: Any, messages: list[Message]) -> Any:
    """Send the one request of a reply.

    Returns the stream of an `openai.OpenAI`, or the awaitable stream of an `openai.AsyncOpenAI`.
    Raises what the SDK raises: see `explain`.
    """
    system = [{"role": "system", "content": settings.CHAT_SYSTEM_PROMPT}]
    history = [{"role": message.role, "content": message.text} for message in messages]
    # The name of the limit differs: servers that resemble OpenAI ignore the newer one.
    is_openai = client.base_url.host == "api.openai.com"
    limit = "max_completion_tokens" if is_openai else "max_tokens"
    return client.chat.completions.create(
        model=settings.CHAT_MODEL or names.DEFAULT_MODEL,
        messages=(system if settings.CHAT_SYSTEM_PROMPT else []) + history,
        stream=True,
        stream_options={"include_usage": True},
        **{limit: settings.CHAT_MAX_OUTPUT_TOKENS},
    )


def read(chunk: Any) -> Iterator[Event]:
    """The events in one `openai.types.chat.ChatCompletionChunk`."""
    for choice in chunk.choices:
        if choice.delta and choice.delta.content:
            yield Text(choice.delta.content)
        if choice.delta and choice.delta.refusal:
            yield Text(choice.delta.refusal)
        if choice.finish_reason:
            yield Finish(FINISH_REASONS.get(choice.finish_reason, "stop"))
    if chunk.usage:
        yield Usage(chunk.usage.prompt_tokens or 0, chunk.usage.completion_tokens or 0)


def explain(error: Exception) -> ProviderError:
    """Name an exception of the SDK, of `httpx2` below it, or of the JSON decoder."""
    match error:
        case ProviderError():
            return error
        case openai.APIStatusError():
            return _explain_status(error)
        case openai.APITimeoutError() | httpx2.TimeoutException():
            return ProviderError("unreachable", "no connection in time")
        case openai.APIConnectionError() | httpx2.TransportError():
            return _explain_connection(error)
        case openai.APIError():
            return ProviderError(CODE_KINDS.get(error.code or "", "server_error"), error.message)
        case json.JSONDecodeError():
            return ProviderError("malformed", str(error))
        case openai.OpenAIError():
            # The client is not even built without a key.
            return ProviderError("key_missing", str(error))
    return ProviderError("internal", type(error).__name__)


def _explain_status(error: openai.APIStatusError) -> ProviderError:
    fallback = "server_error" if error.status_code >= 500 else "bad_request"
    if error.status_code == 429:
        fallback = "rate_limited"
    kind = CODE_KINDS.get(error.code or "") or STATUS_KINDS.get(error.status_code, fallback)
    body = error.body
    detail = body.get("message") or body.get("detail") if isinstance(body, dict) else body
    return ProviderError(kind, str(detail or error.message), _seconds(error.response.headers))


def _seconds(headers: httpx2.Headers) -> float | None:
    try:
        return float(headers.get("retry-after", ""))
    except ValueError:
        return None


def _explain_connection(error: BaseException) -> ProviderError:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return ProviderError("tls", str(cause))
        if isinstance(cause, httpx2.ConnectError):
            error = cause
        if isinstance(cause, httpx2.RemoteProtocolError | httpx2.ReadError):
            return ProviderError("lost", str(cause))
        cause = cause.__cause__ or cause.__context__
    return ProviderError("unreachable", str(error))
