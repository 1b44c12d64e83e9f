"""What is particular to Anthropic's Messages: the request, its events, its errors."""

import json
import re
from collections.abc import Iterator
from typing import Any, get_args

import anthropic
from anthropic.types import RawMessageStreamEvent
from django.conf import settings

from chat.provider import faults, names
from chat.provider.errors import Kind, ProviderError
from chat.provider.events import Event, Finish, Message, Text, Usage

# `anthropic.types.StopReason`; that of a tool comes after its call.
FINISHES = {"max_tokens": Finish("length"), "refusal": Finish("refused")}

# `anthropic.types.shared.ErrorType`
TYPE_KINDS: dict[str, Kind] = {
    "authentication_error": "key_refused",
    "permission_error": "key_refused",
    "billing_error": "out_of_credit",
    "rate_limit_error": "rate_limited",
    "overloaded_error": "overloaded",
    "api_error": "server_error",
    "timeout_error": "server_error",
}
NO_CREDIT = re.compile(r"credit balance|spend_limit|spend limit|usage limits", re.IGNORECASE)
TOO_LONG = re.compile(r"prompt is too long|exceed context limit|context window", re.IGNORECASE)
EVENTS = get_args(get_args(RawMessageStreamEvent)[0])


def ask(client: Any, messages: list[Message]) -> Any:
    """Send the one request of a reply.

    Returns the stream of an `anthropic.Anthropic`, or the awaitable stream of an
    `anthropic.AsyncAnthropic`. Raises what the SDK raises: see `explain`.
    """
    system = {"system": settings.CHAT_SYSTEM_PROMPT} if settings.CHAT_SYSTEM_PROMPT else {}
    return client.messages.create(
        model=_model(),
        max_tokens=settings.CHAT_MAX_OUTPUT_TOKENS,
        messages=[{"role": message.role, "content": message.text} for message in messages],
        stream=True,
        **system,
    )


def read(event: RawMessageStreamEvent) -> Iterator[Event]:
    """The events in one event of the stream. Raises `ProviderError` if it is none."""
    if not isinstance(event, EVENTS):
        raise ProviderError("malformed", f"an event is a {type(event).__name__}")
    match event.type:
        case "message_start":
            usage = event.message.usage
            cached = (usage.cache_creation_input_tokens or 0) + (usage.cache_read_input_tokens or 0)
            yield Usage(usage.input_tokens + cached, usage.output_tokens)
        case "content_block_start" if event.content_block.type == "tool_use":
            raise ProviderError("tool_call")
        case "content_block_delta" if event.delta.type == "text_delta":
            yield Text(event.delta.text)
        case "message_delta":
            yield Usage(None, event.usage.output_tokens)
            if event.delta.stop_reason == "model_context_window_exceeded":
                raise ProviderError("context_too_long")
            if event.delta.stop_reason:
                yield FINISHES.get(event.delta.stop_reason, Finish("stop"))


def explain(error: Exception) -> ProviderError:
    """Name an exception of the SDK, or of what it stands on."""
    match error:
        case anthropic.APIStatusError():
            retry_after = faults.retry_after(error.response.headers)
            return ProviderError(_kind(error), _words(error), retry_after)
        case anthropic.APIConnectionError():
            return faults.explain(error.__cause__ or error)
        case anthropic.APIResponseValidationError():
            return ProviderError("malformed", type(error).__name__)
    return faults.explain(error)


def _kind(error: anthropic.APIStatusError) -> Kind:
    words = _words(error)
    if NO_CREDIT.search(f"{words} {error.error_code}"):
        return "out_of_credit"
    if TOO_LONG.search(words):
        return "context_too_long"
    if error.type in TYPE_KINDS:
        return TYPE_KINDS[error.type]
    # An error inside a stream comes with the status of the stream: 200.
    status = error.status_code if error.status_code >= 300 else 500
    return faults.status_kind(status, words, _model())


def _words(error: anthropic.APIStatusError) -> str:
    """The reason in an error's body, or all of it."""
    body = error.api_message or error.body
    return (body if isinstance(body, str) else json.dumps(body)) if body else error.message


def _model() -> str:
    return settings.CHAT_MODEL or names.DEFAULT_MODEL
