"""What the words and codes in the body of an error mean, whichever server and API sent them.

A gateway such as litellm, or a server such as llama.cpp's, may answer with the words of another
vendor. So the words of all of them are here.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from chat.provider.errors import Kind

# Of two codes in one body, the one that comes first here counts.
CODE_KINDS: dict[str, Kind] = {
    "context_length_exceeded": "context_too_long",
    "exceed_context_size_error": "context_too_long",
    "request_too_large": "context_too_long",
    "deploymentnotfound": "model_unknown",
    "invalid_model": "model_unknown",
    "key_model_access_denied": "model_unknown",
    "model_decommissioned": "model_unknown",
    "model_not_available": "model_unknown",
    "model_not_found": "model_unknown",
    "model_not_supported": "model_unknown",
    "unknown_model": "model_unknown",
    "billing_error": "out_of_credit",
    "billing_hard_limit_reached": "out_of_credit",
    "billing_not_active": "out_of_credit",
    "insufficient_quota": "out_of_credit",
    "content_filter": "refused",
    "content_policy_violation": "refused",
    "responsibleaipolicyviolation": "refused",
    "unsupported_country_region_territory": "bad_request",
    "api_key_invalid": "key_refused",
    "authentication_error": "key_refused",
    "invalid_api_key": "key_refused",
    "permission_denied": "key_refused",
    "permission_error": "key_refused",
    "unauthenticated": "key_refused",
    "overloaded_error": "overloaded",
    "unavailable": "overloaded",
    "rate_limit_error": "rate_limited",
    "rate_limit_exceeded": "rate_limited",
    "resource_exhausted": "rate_limited",
}
CODE_KEYS = (
    "code",
    "type",
    "status",
    "status_code",
    "reason",
    "error_code",
    "error_type",
    "quotaId",
)
# Where servers put the reason, or the object that holds it.
PLACES = ("error", "message", "detail", "msg", "errors", "error_msg", "status_msg", "base_resp")
CODE_PLACES = ("error", "details", "violations")

TOO_LONG = re.compile(
    r"context[ _](?:length|size|window|limit)"
    r"|(?:prompt|input|request|conversation|messages?) (?:is |are )?too (?:long|large)"
    r"|(?:prompt|input) token count|max_model_len|model token limit"
    r"|maximum (?:allowed )?(?:prompt|input) length|range of input length"
    r"|reduce the length of the (?:messages|input|prompt)"
    r"|maximum number of tokens allowed|input tokens exceed|too many (?:input )?tokens"
    r"|(?:input|prompt|conversation) exceeds|too large for model|`inputs` (?:must|tokens \+)",
    re.IGNORECASE,
)
MODEL_UNKNOWN = re.compile(
    r"\b(?:unknown|invalid|no such) [`'\"]?model\b(?! output| response)"
    r"|\bmodels?\b[^\n]{0,120}? (?:not found|not exists?\b|not a valid|identifier is invalid"
    r"|not in the list|decommissioned|retired|not supported (?:by any|for generate|in the v1))"
    r"|doesn't exist[^\n]{0,40}\bmodel|not found the model|not a valid model|\bpinned to\b"
    r"|unable to access [^\n]{0,20}model|not allowed to (?:access|use) (?:this )?model"
    r"|no (?:healthy deployments|available channel|endpoints found)|with the specified model"
    r"|(?:only|does not) serves? (?:the )?model",
    re.IGNORECASE,
)
NO_CREDIT = re.compile(
    r"credit balance|spend[_ ]limit|usage limits|insufficient (?:balance|credits?|funds)"
    r"|(?:more|no|out of|not enough) credits|key limit exceeded|budget has been exceeded",
    re.IGNORECASE,
)
# They also stand in an ordinary rate limit, which says when it ends.
PERHAPS_NO_CREDIT = re.compile(r"billing|credit", re.IGNORECASE)
FLAGGED = re.compile(r"content management policy|was flagged|requires moderation", re.IGNORECASE)
KEY = re.compile(
    r"\b(?:api|access|subscription)?[ _-]?(?:keys?|tokens?)\b|\bauth|credential|permission",
    re.IGNORECASE,
)
BAD_KEY = re.compile(
    r"api[ _-]?key[^\n]{0,20} (?:not valid|invalid|incorrect)"
    r"|(?:invalid|incorrect|wrong|missing|no) api[ _-]?key",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Reason:
    """What the body of an error says: its words, its codes in lower case, the seconds to wait."""

    words: str
    codes: frozenset[str]
    wait: float | None

    def kind(self, status: int) -> Kind | None:
        """The kind that words and codes tell of, or None if only the status says anything."""
        said = f"{self.words} {' '.join(sorted(self.codes))}"
        if NO_CREDIT.search(said):
            return "out_of_credit"
        # A limit by the day says when it ends, but it may be hours.
        if status == 429 and any("perday" in code for code in self.codes):
            return "out_of_credit"
        if status == 429 and self.wait is None and PERHAPS_NO_CREDIT.search(self.words):
            return "out_of_credit"
        # "Too many tokens" in a minute are a rate limit. A request that is too large remains so.
        if TOO_LONG.search(self.words) and (status != 429 or "request too large" in said.lower()):
            return "context_too_long"
        if status not in (408, 429, 529) and MODEL_UNKNOWN.search(self.words):
            return "model_unknown"
        if FLAGGED.search(self.words):
            return "refused"
        if known := [code for code in CODE_KINDS if code in self.codes]:
            return CODE_KINDS[known[0]]
        if status in (400, 401, 403) and BAD_KEY.search(self.words):
            return "key_refused"
        return None


def read(body: object) -> Reason:
    """What the body of an error says: parsed JSON, or text."""
    codes = frozenset(code.lower() for code in _codes(body))
    return Reason(words(body) or (json.dumps(body) if body else ""), codes, _wait(body))


def words(body: object) -> str:
    """The reason, which servers put in different places; empty if there is none."""
    match body:
        case str():
            # Some gateways pass the body of another server on as text.
            return words(_parsed(body)) or body.strip()
        case list():
            return "; ".join(filter(None, map(words, body)))
        case {"msg": str(said), "loc": list(place)}:  # FastAPI
            return f"{said} ({'.'.join(map(str, place))})"
        case {"message": str(said), "metadata": {"raw": str(raw)}}:  # OpenRouter
            return f"{said}: {raw}"
        case dict():
            return next(filter(None, (words(body.get(place)) for place in PLACES)), "")
    return ""


def _parsed(text: str) -> object:
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except ValueError:
        return None


def _codes(body: object) -> Iterator[str]:
    if isinstance(body, dict):
        values = (body.get(key) for key in CODE_KEYS)
        yield from (str(value) for value in values if isinstance(value, str | int))
        for place in CODE_PLACES:
            yield from _codes(body.get(place))
    elif isinstance(body, list):
        for item in body:
            yield from _codes(item)


def _wait(body: Any) -> float | None:
    """Seconds, from google.rpc.RetryInfo."""
    match body:
        case [_, *_]:
            return next(filter(None, map(_wait, body)), None)
        case {"retryDelay": str(delay)} if found := re.fullmatch(r"(\d+\.?\d*)s", delay):
            return float(found[1])
        case {"error": dict(inner)} | {"details": list(inner)}:
            return _wait(inner)
    return None
