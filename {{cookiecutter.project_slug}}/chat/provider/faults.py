"""What a fault of the connection means, or an HTTP status: where no SDK differs from another."""

import json
import math
import re
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime

import httpx2

from chat.provider import upstream
from chat.provider.errors import Kind, ProviderError

STATUS_KINDS: dict[int, Kind] = {
    401: "key_refused",
    402: "out_of_credit",
    403: "key_refused",
    405: "wrong_address",
    408: "server_error",
    413: "context_too_long",
    429: "rate_limited",
    503: "overloaded",
    529: "overloaded",
}


def explain(error: BaseException) -> ProviderError:
    """Name an exception of `httpx2` or of the JSON decoder; any other is a fault of our own."""
    match error:
        case ProviderError():
            return error
        case httpx2.ConnectTimeout() | httpx2.PoolTimeout():
            seconds = f"{upstream.TIMEOUT.connect:g}"
            return ProviderError("unreachable", f"no connection within {seconds} seconds")
        case httpx2.ConnectError():
            return _explain_connect(error)
        case httpx2.ProxyError():
            return ProviderError("unreachable", f"the proxy answered {error}")
        case httpx2.UnsupportedProtocol() | httpx2.InvalidURL():
            return ProviderError("unreachable", "that is no http:// or https:// address")
        case httpx2.NetworkError() | httpx2.TimeoutException() | httpx2.RemoteProtocolError():
            return ProviderError("lost", str(error))
        case httpx2.DecodingError() | json.JSONDecodeError() | UnicodeDecodeError():
            return ProviderError("malformed", type(error).__name__)
    return ProviderError("internal", type(error).__name__)


def status_kind(status: int, words: str, model: str) -> Kind:
    """The kind of an HTTP error whose body, in `words`, names none better."""
    if status == 404:
        # An unknown path may repeat itself, and there a model is named as well.
        said = re.sub(r"/models/\S*", "", words)
        return "model_unknown" if "model" in said.lower() or model in said else "wrong_address"
    if 300 <= status < 400:
        return "wrong_address"
    return STATUS_KINDS.get(status, "server_error" if status >= 500 else "bad_request")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds to wait, by the header Retry-After: seconds or a date, of RFC 9110."""
    value = headers.get("retry-after", "")
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - time.time()
        except ValueError:
            return None
    return seconds if 0 < seconds < math.inf else None


def _explain_connect(error: BaseException) -> ProviderError:
    reason = str(error)
    for cause in _causes(error):
        match cause:
            case ssl.SSLCertVerificationError():
                return ProviderError("tls", cause.verify_message)
            case ssl.SSLError():
                return ProviderError("tls", cause.reason or str(cause))
            case socket.gaierror():
                reason = "its name is not known"
            case ConnectionRefusedError():
                reason = "the connection was refused"
    return ProviderError("unreachable", reason)


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        if isinstance(cause, BaseExceptionGroup):
            # One for each address of a name.
            yield from cause.exceptions
        cause = cause.__cause__ or cause.__context__
