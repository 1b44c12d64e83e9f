"""Why a reply failed: `ProviderError`, and how connection faults become one.

What HTTP errors mean is in `http_errors.py`, what an SDK's own exceptions mean in `sdk_errors.py`.
"""

import json
import re
import socket
import ssl
from collections.abc import Iterator
from typing import Literal

from django.conf import settings

from chat.provider import proxies

DAY_SECONDS = 24 * 60 * 60

Kind = Literal[
    "key_missing",
    "key_refused",
    "model_unknown",
    "rate_limited",
    "out_of_credit",
    "overloaded",
    "server_error",
    "bad_request",
    "context_too_long",
    "request_too_large",
    "refused",
    "tool_call",
    "empty",
    "only_reasoning",
    "no_room",
    "cut_off",
    "malformed",
    "lost",
    "silent",
    "unreachable",
    "proxy",
    "gateway",
    "gateway_error",
    "wrong_address",
    "tls",
    "internal",
]


class ProviderError(Exception):
    """A reply that the provider did not give, or did not finish.

    `detail` says more, often in the provider's own words: one line of at most 200 characters,
    without the key. `retry_after` is in seconds, at most a day.
    """

    def __init__(self, kind: Kind, detail: str = "", retry_after: float | None = None) -> None:
        self.kind = kind
        self.detail = _one_line(_without_secrets(detail))[:200]
        self.retry_after = retry_after and min(retry_after, DAY_SECONDS)
        super().__init__(kind, self.detail)


def explain_connection(error: BaseException) -> ProviderError:
    """The `ProviderError` for an exception of `httpx2` or of the JSON decoder.

    Any other exception is a fault in the chat itself: "internal".
    """
    # Imported here because it takes 0.2 s, and every `manage.py` command loads this module.
    import httpx2

    match error:
        case ProviderError():
            return error
        case httpx2.ConnectTimeout() | httpx2.PoolTimeout():
            seconds = f"{error.request.extensions['timeout']['connect']:g}"
            return ProviderError(_unreached(), f"no connection within {seconds} seconds")
        case httpx2.ConnectError():
            return _explain_connect(error)
        case httpx2.ProxyError():
            detail = f"it answered {error}".rstrip(".")
            if str(error).startswith("407"):
                detail = proxies.WANTS_PASSWORD
            return ProviderError("proxy", detail)
        case httpx2.UnsupportedProtocol() | httpx2.InvalidURL():
            return ProviderError("unreachable", "that is no http:// or https:// address")
        case httpx2.NetworkError() | httpx2.TimeoutException() | httpx2.RemoteProtocolError():
            return ProviderError("lost", str(error))
        case httpx2.DecodingError() | json.JSONDecodeError() | UnicodeDecodeError():
            return ProviderError("malformed", type(error).__name__)
    return ProviderError("internal", type(error).__name__)


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
    return ProviderError(_unreached(), reason)


def _unreached() -> Kind:
    """What was not reached: where a proxy is set, every connection goes to it."""
    return "proxy" if proxies.current() else "unreachable"


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        if isinstance(cause, BaseExceptionGroup):
            # A name may have several addresses: one exception for each.
            yield from cause.exceptions
        cause = cause.__cause__ or cause.__context__


def _one_line(text: str) -> str:
    """`text` as a log and a database can hold it: no line break, no U+0000, no half emoji."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _without_secrets(text: str) -> str:
    """`text` without the key, and without a password in a URL: some servers repeat them."""
    key = settings.CHAT_API_KEY
    # A short key is a placeholder, not a secret, and may be part of an ordinary word.
    if len(key) > 8:
        text = text.replace(key, "***")
    return re.sub(r"://[^/@\s]+@", "://", text)
