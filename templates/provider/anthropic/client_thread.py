"""The SDK's client for one reply."""

from collections.abc import Callable

import anthropic
import httpx2

from chat.provider import upstream


def open_client(on_request: Callable[[httpx2.Request], None]) -> anthropic.Anthropic:
    """A client that asks once and waits as long as the reply's own limit lets it.

    The SDK would send the request again after a fault, and give up only after ten minutes.
    `on_request` is called with each request before it is sent.
    Raises `ProviderError` without a key.
    """
    return anthropic.Anthropic(
        api_key=upstream.key(),
        base_url=upstream.base_url(),
        max_retries=0,
        timeout=upstream.TIMEOUT,
        http_client=httpx2.Client(verify=upstream.TLS, event_hooks={"request": [on_request]}),
    )
