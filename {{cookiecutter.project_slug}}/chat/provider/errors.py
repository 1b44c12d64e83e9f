"""Why a reply failed: one exception, which carries the kind that the page acts on."""

import re
from typing import Literal

from chat.provider import names
from config import env

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
    "refused",
    "tool_call",
    "empty",
    "cut_off",
    "malformed",
    "lost",
    "silent",
    "unreachable",
    "wrong_address",
    "tls",
    "internal",
]


class ProviderError(Exception):
    """A reply that the provider did not give, or did not finish.

    `detail` says what it was about, often in the provider's own words: one line of at most 200
    characters, without the key. `retry_after` is in seconds, at most a day.
    """

    def __init__(self, kind: Kind, detail: str = "", retry_after: float | None = None) -> None:
        self.kind = kind
        self.detail = _one_line(_without_secrets(detail))[:200]
        self.retry_after = retry_after and min(retry_after, DAY_SECONDS)
        super().__init__(kind, self.detail)


def _one_line(text: str) -> str:
    """`text` as a log and a database can hold it: without line breaks, U+0000, half an emoji."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _without_secrets(text: str) -> str:
    """`text` without the key, and without a password in a URL: some servers repeat them."""
    key = env.text(names.KEY_VARIABLE)
    # A short key is a placeholder, not a secret, and may be part of an ordinary word.
    if len(key) > 8:
        text = text.replace(key, "***")
    return re.sub(r"://[^/@\s]+@", "://", text)
