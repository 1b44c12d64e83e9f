"""What an HTTP error means: `ProviderError` from its status and its body.

A gateway, a firewall or a proxy in front of the API answers with the same statuses, and means
something else by them. So a status counts only with a body of the API.
"""

import html
import json
import math
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx2

from chat.provider import error_wordings, proxies
from chat.provider.error_wordings import KEY, Reason
from chat.provider.errors import Kind, ProviderError

STATUS_KINDS: dict[int, Kind] = {
    401: "key_refused",
    402: "out_of_credit",
    405: "wrong_address",
    408: "server_error",
    413: "context_too_long",
    429: "rate_limited",
    503: "overloaded",
    529: "overloaded",
}


def explain_response(response: httpx2.Response, model: str) -> ProviderError:
    """The `ProviderError` for a response with an error status, whose body has been read.

    `model` is the one that was asked.
    """
    status, body = response.status_code, _body(response)
    wait = retry_after(response.headers)
    if 300 <= status < 400:
        target = urlsplit(response.headers.get("location", ""))
        return ProviderError("wrong_address", f"it redirects to {target.netloc or target.path}")
    reason = error_wordings.read(body)
    if _is_of_the_api(response, body, reason):
        return _explain(status, reason, wait, model)
    return _explain_gateway(response, body, wait)


def explain_body(body: object, model: str) -> ProviderError:
    """The `ProviderError` for an error inside a stream: parsed JSON, or text.

    Some servers put an HTTP status there, as its code. Without one, 500 is assumed.
    """
    reason = error_wordings.read(body)
    statuses = (int(code) for code in reason.codes if re.fullmatch("[45][0-9][0-9]", code))
    return _explain(next(statuses, 500), reason, None, model)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds to wait, from the header Retry-After: seconds or a date (RFC 9110)."""
    value = headers.get("retry-after", "")
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - time.time()
        except ValueError:
            return None
    return seconds if 0 < seconds < math.inf else None


def _body(response: httpx2.Response) -> object:
    """The body as parsed JSON, or else as text."""
    try:
        return json.loads(response.content)
    except ValueError:
        return response.text.strip()


def _is_of_the_api(response: httpx2.Response, body: object, reason: Reason) -> bool:
    """Whether the API itself answered, and not something in front of it."""
    if isinstance(body, list) and len(body) == 1:
        body = body[0]
    match body:
        case {"error": dict()} | {"type": "error"} | {"object": "error"}:
            return True
    status, words = response.status_code, reason.words
    if not words or words.startswith("<"):
        return False
    # A body of another form may be anybody's. Some statuses need words that bear them out.
    match status:
        case 401 | 403:
            return bool(_says_more(response, words) and (KEY.search(words) or reason.kind(status)))
        case 402 | 413:
            return reason.kind(status) is not None
        case 407:
            return False
        case 502 | 503 | 504:
            return not isinstance(body, str)
        case 500:
            return True
    return _says_more(response, words)


def _says_more(response: httpx2.Response, words: str) -> bool:
    """Whether words say more than the status, as "502 Bad Gateway" does not."""
    status = f"{response.status_code} {response.reason_phrase}".lower()
    return bool(words) and words.lower().strip(" .") not in (status, *status.split(" ", 1))


def _explain(status: int, reason: Reason, wait: float | None, model: str) -> ProviderError:
    wait = reason.wait or wait
    kind = Reason(reason.words, reason.codes, wait).kind(status)
    words = reason.words or str(status)
    return ProviderError(kind or status_kind(status, reason.words, model), words, wait)


def status_kind(status: int, words: str, model: str) -> Kind:
    """The kind of an HTTP error of the API whose `words` name no better one."""
    if status == 404:
        # A server that does not know the path may repeat it, and the path may name the model.
        said = re.sub(r"/models/\S*", "", words)
        return "model_unknown" if "model" in said.lower() or model in said else "wrong_address"
    if status == 403:
        return "bad_request" if words and not KEY.search(words) else "key_refused"
    return STATUS_KINDS.get(status, "server_error" if status >= 500 else "bad_request")


def _explain_gateway(response: httpx2.Response, body: object, wait: float | None) -> ProviderError:
    status, said = response.status_code, f"{response.status_code} {response.reason_phrase}".strip()
    title = _title(body)
    if title.startswith(str(status)):
        said = title
    elif _says_more(response, title):
        said += f", {title}"
    match status:
        case 401:
            return ProviderError("gateway", f"{said} (it may want another key)")
        case 404 | 405:
            return ProviderError("wrong_address", said)
        case 407 if proxies.current():
            return ProviderError("proxy", proxies.WANTS_PASSWORD)
        case 413:
            return ProviderError("request_too_large", said)
        case 408 | 429:
            return ProviderError("gateway_error", said, wait)
    return ProviderError("gateway_error" if status >= 500 else "gateway", said, wait)


def _title(body: object) -> str:
    """The title of a web page, or the words of another body."""
    words = error_wordings.read(body).words
    if not words.startswith("<"):
        return words[:100]
    found = re.search(r"<title[^>]*>(.*?)</title>", words, re.IGNORECASE | re.DOTALL)
    return html.unescape(found[1]).strip()[:100] if found else ""
