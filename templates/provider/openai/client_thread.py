"""The SDK's client for one reply."""

import os
import ssl
from collections.abc import Callable
from functools import cache

import httpx2
import openai

from chat import names


@cache
def _tls() -> ssl.SSLContext:
    """Built once: it costs 40 to 90 ms, and a client of its own for each reply then 0.1 ms."""
    return httpx2.create_ssl_context()


def open_client(on_request: Callable[[httpx2.Request], None]) -> openai.OpenAI:
    """A client that asks once and waits as long as the reply's own limit lets it.

    The SDK would send the request again after a fault, and give up only after ten minutes.
    `on_request` is called with each request before it is sent.
    Raises `openai.OpenAIError` without a key.
    """
    timeout = httpx2.Timeout(None, connect=10)
    return openai.OpenAI(
        api_key=os.environ.get(names.KEY_VARIABLE) or None,
        base_url=os.environ.get(names.BASE_URL_VARIABLE) or None,
        max_retries=0,
        timeout=timeout,
        http_client=httpx2.Client(
            verify=_tls(), timeout=timeout, event_hooks={"request": [on_request]}
        ),
    )
