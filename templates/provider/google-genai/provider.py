"""What is particular to Google's Gemini API: the request, its chunks, its errors."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pydantic
from django.conf import settings
from google.genai import errors
from google.genai.types import (
    AutomaticFunctionCallingConfig,
    FinishReason,
    GenerateContentConfig,
    GenerateContentResponse,
)

from chat.provider import faults, names
from chat.provider.errors import Kind, ProviderError
from chat.provider.events import Event, Finish, Message, Text, Usage

FINISHES = {
    FinishReason.STOP: Finish("stop"),
    FinishReason.MAX_TOKENS: Finish("length"),
    FinishReason.CONTINUATION: Finish("length"),
}
# With these the model gave up half-way; with any reason not named here a filter ended the reply.
CUT_OFF = {
    FinishReason.FINISH_REASON_UNSPECIFIED,
    FinishReason.MALFORMED_FUNCTION_CALL,
    FinishReason.MALFORMED_RESPONSE,
    FinishReason.OTHER,
}

TOO_LONG = re.compile(r"input token count|context (length|window)", re.IGNORECASE)
NO_CREDIT = re.compile(r"billing|credit", re.IGNORECASE)


def ask(client: Any, messages: list[Message]) -> Any:
    """Make the one request of a reply.

    Returns the chunks in a context manager that closes them, to be awaited if the client is the
    async one. Raises what the SDK raises: see `explain`.
    """
    roles = {"user": "user", "assistant": "model"}
    return client.stream(
        model=_model(),
        contents=[
            {"role": roles[message.role], "parts": [{"text": message.text}]} for message in messages
        ],
        config=GenerateContentConfig(
            system_instruction=settings.CHAT_SYSTEM_PROMPT or None,
            max_output_tokens=settings.CHAT_MAX_OUTPUT_TOKENS,
            # Either would let the SDK send further requests of its own; the second one also after
            # a connection is lost, and Stop is no more than that to it.
            automatic_function_calling=AutomaticFunctionCallingConfig(disable=True),
            automatic_continuation=False,
        ),
    )


def read(chunk: GenerateContentResponse) -> Iterator[Event]:
    """The events in one chunk."""
    for candidate in chunk.candidates or ():
        parts = (candidate.content and candidate.content.parts) or ()
        unexpected = candidate.finish_reason == FinishReason.UNEXPECTED_TOOL_CALL
        if unexpected or any(part.function_call for part in parts):
            raise ProviderError("tool_call")
        yield from (Text(part.text) for part in parts if part.text and not part.thought)
        if candidate.finish_reason and candidate.finish_reason not in CUT_OFF:
            yield FINISHES.get(candidate.finish_reason, Finish("refused"))
    if chunk.prompt_feedback and chunk.prompt_feedback.block_reason:
        yield Finish("refused")
    if usage := chunk.usage_metadata:
        output = (usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0)
        yield Usage(usage.prompt_token_count, output)


def explain(error: Exception) -> ProviderError:
    """Name an exception of the SDK, or of what it stands on."""
    match error:
        case errors.APIError():
            return ProviderError(_kind(error), _words(error), _retry_after(error))
        case errors.UnknownApiResponseError() | pydantic.ValidationError():
            return ProviderError("malformed", type(error).__name__)
    return faults.explain(error)


def _kind(error: errors.APIError) -> Kind:
    words, details = _words(error), _details(error)
    if any(detail.get("reason") == "API_KEY_INVALID" for detail in details):
        return "key_refused"
    if error.code == 400 and TOO_LONG.search(words):
        return "context_too_long"
    if error.code == 429:
        # A limit by the minute says when it ends; one by the day, too, but it may be hours.
        by_the_day = "PerDay" in json.dumps(details)
        if by_the_day or (NO_CREDIT.search(words) and _retry_after(error) is None):
            return "out_of_credit"
    return faults.status_kind(error.code or 500, words, _model())


def _words(error: errors.APIError) -> str:
    return error.message or str(error)


def _retry_after(error: errors.APIError) -> float | None:
    """Seconds, by google.rpc.RetryInfo in the body or by the header."""
    for detail in _details(error):
        if match := re.fullmatch(r"([0-9.]+)s", str(detail.get("retryDelay"))):
            return float(match[1])
    return faults.retry_after(getattr(error.response, "headers", {}))


def _details(error: errors.APIError) -> list[dict[str, Any]]:
    """The list of https://cloud.google.com/apis/design/errors#error_details, if there is one."""
    body = error.details if isinstance(error.details, dict) else {}
    details = (body.get("error") or {}).get("details") or []
    return [detail for detail in details if isinstance(detail, dict)]


def _model() -> str:
    return settings.CHAT_MODEL or names.DEFAULT_MODEL
