"""What the exceptions of OpenAI's SDK mean, and the errors of servers that resemble OpenAI's."""

import json
import re

import openai

from chat.provider import upstream
from chat.provider.errors import (
    Kind,
    ProviderError,
    explain_connection,
    retry_after,
    status_kind,
)

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


def explain(error: Exception) -> ProviderError:
    """The `ProviderError` for an exception of the SDK, or of the libraries below it."""
    match error:
        case openai.APIStatusError():
            kind = _kind(error, error.status_code)
            return ProviderError(kind, _words(error), retry_after(error.response.headers))
        case openai.APIConnectionError():
            return explain_connection(error.__cause__ or error)
        case openai.APIResponseValidationError():
            return ProviderError("malformed", type(error).__name__)
        case openai.APIError():
            # Sent inside a stream, where some servers put an HTTP status as its code.
            code = error.code or ""
            return ProviderError(_kind(error, int(code) if code.isdigit() else 500), _words(error))
    return explain_connection(error)


def _kind(error: openai.APIError, status: int) -> Kind:
    words = _words(error)
    if TOO_LONG.search(words):
        return "context_too_long"
    kind = None if status == 413 else CODE_KINDS.get(error.code or "")
    return kind or status_kind(status, words, upstream.model())


def _words(error: openai.APIError) -> str:
    """The reason in an error's body, which servers put in different places, or all of it."""
    body = error.body
    if isinstance(body, dict):
        body = body.get("message") or body.get("detail") or body
    return (body if isinstance(body, str) else json.dumps(body)) if body else error.message
