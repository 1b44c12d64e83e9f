"""What the exceptions of Anthropic's SDK mean."""

import json
import re

import anthropic

from chat.provider import upstream
from chat.provider.errors import (
    Kind,
    ProviderError,
    explain_connection,
    retry_after,
    status_kind,
)

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


def explain(error: Exception) -> ProviderError:
    """The `ProviderError` for an exception of the SDK, or of the libraries below it."""
    match error:
        case anthropic.APIStatusError():
            seconds = retry_after(error.response.headers)
            return ProviderError(_kind(error), _words(error), seconds)
        case anthropic.APIConnectionError():
            return explain_connection(error.__cause__ or error)
        case anthropic.APIResponseValidationError():
            return ProviderError("malformed", type(error).__name__)
    return explain_connection(error)


def _kind(error: anthropic.APIStatusError) -> Kind:
    words = _words(error)
    if NO_CREDIT.search(f"{words} {error.error_code}"):
        return "out_of_credit"
    if TOO_LONG.search(words):
        return "context_too_long"
    if error.type in TYPE_KINDS:
        return TYPE_KINDS[error.type]
    # An error inside a stream has the status of the stream: 200.
    status = error.status_code if error.status_code >= 300 else 500
    return status_kind(status, words, upstream.model())


def _words(error: anthropic.APIStatusError) -> str:
    """The reason in an error's body, or all of the body."""
    body = error.api_message or error.body
    return (body if isinstance(body, str) else json.dumps(body)) if body else error.message
