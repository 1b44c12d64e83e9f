"""What the exceptions of Google's SDK mean."""

import json
import re
from typing import Any

import pydantic
from google.genai import errors

from chat.provider import upstream
from chat.provider.errors import (
    Kind,
    ProviderError,
    explain_connection,
    retry_after,
    status_kind,
)

TOO_LONG = re.compile(r"input token count|context (length|window)", re.IGNORECASE)
NO_CREDIT = re.compile(r"billing|credit", re.IGNORECASE)


def explain(error: Exception) -> ProviderError:
    """The `ProviderError` for an exception of the SDK, or of the libraries below it."""
    match error:
        case errors.APIError():
            return ProviderError(_kind(error), _words(error), _retry_after(error))
        case errors.UnknownApiResponseError() | pydantic.ValidationError():
            return ProviderError("malformed", type(error).__name__)
    return explain_connection(error)


def _kind(error: errors.APIError) -> Kind:
    words, details = _words(error), _details(error)
    if any(detail.get("reason") == "API_KEY_INVALID" for detail in details):
        return "key_refused"
    if error.code == 400 and TOO_LONG.search(words):
        return "context_too_long"
    if error.code == 429:
        # A limit by the minute says when it ends. One by the day does, too, but it may be hours.
        by_the_day = "PerDay" in json.dumps(details)
        if by_the_day or (NO_CREDIT.search(words) and _retry_after(error) is None):
            return "out_of_credit"
    return status_kind(error.code or 500, words, upstream.model())


def _words(error: errors.APIError) -> str:
    return error.message or str(error)


def _retry_after(error: errors.APIError) -> float | None:
    """Seconds, from google.rpc.RetryInfo in the body or from the header."""
    for detail in _details(error):
        if match := re.fullmatch(r"([0-9.]+)s", str(detail.get("retryDelay"))):
            return float(match[1])
    return retry_after(getattr(error.response, "headers", {}))


def _details(error: errors.APIError) -> list[dict[str, Any]]:
    """The list of https://cloud.google.com/apis/design/errors#error_details, if there is one."""
    body = error.details if isinstance(error.details, dict) else {}
    details = (body.get("error") or {}).get("details") or []
    return [detail for detail in details if isinstance(detail, dict)]
