"""The SDK's client for one reply."""

import anthropic
import httpx2

from chat import upstream


def open_client() -> anthropic.AsyncAnthropic:
    """A client that asks once and waits as long as the reply's own limit lets it.

    The SDK would send the request again after a fault, and give up only after ten minutes.
    Raises `ProviderError` without a key.
    """
    return anthropic.AsyncAnthropic(
        api_key=upstream.key(),
        base_url=upstream.base_url(),
        max_retries=0,
        timeout=upstream.TIMEOUT,
        http_client=httpx2.AsyncClient(verify=upstream.TLS),
    )
