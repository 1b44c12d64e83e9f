"""Why a reply failed: one exception, which carries the kind that the page acts on."""

import os
import re
from typing import Literal

from chat import names

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

    `detail` says what it was about, often in the provider's own words, without the key;
    `retry_after` is in seconds.
    """

    def __init__(self, kind: Kind, detail: str = "", retry_after: float | None = None) -> None:
        self.kind = kind
        self.detail = _without_secrets(detail)
        self.retry_after = retry_after
        super().__init__(kind, self.detail)


def _without_secrets(text: str) -> str:
    """`text` without the key, and without a password in a URL: some servers repeat them."""
    key = os.environ.get(names.KEY_VARIABLE, "").strip()
    # A short one is no secret but a placeholder, and a piece of ordinary words.
    if len(key) > 8:
        text = text.replace(key, "***")
    return re.sub(r"://[^/@\s]+@", "://", text)
