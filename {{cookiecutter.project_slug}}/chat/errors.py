"""Why a reply failed: one exception, which carries the kind that the page acts on."""

from typing import Literal

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
    "cut_off",
    "malformed",
    "lost",
    "silent",
    "unreachable",
    "tls",
    "internal",
]


class ProviderError(Exception):
    """A reply that the provider did not give, or did not finish.

    `detail` is the provider's own words, for the log; `retry_after` is in seconds.
    """

    def __init__(self, kind: Kind, detail: str = "", retry_after: float | None = None) -> None:
        super().__init__(kind, detail)
        self.kind = kind
        self.detail = detail
        self.retry_after = retry_after
