"""The SDK's client for one reply."""

import os
import ssl
from functools import cache

import httpx2
import openai

from chat import names


@cache
def _tls() -> ssl.SSLContext:
    """Built once: it costs 40 to 90 ms, and a client of its own for each reply then 0.1 ms."""
    return httpx2.create_ssl_context()


def open_client() -> openai.AsyncOpenAI:
    """A client that asks once and waits as long as the reply's own limit lets it.

    The SDK would send the request again after a fault, and give up only after ten minutes.
    Raises `openai.OpenAIError` without a key.
    """
    timeout = httpx2.Timeout(None, connect=10)
    return openai.AsyncOpenAI(
        api_key=os.environ.get(names.KEY_VARIABLE) or None,
        base_url=os.environ.get(names.BASE_URL_VARIABLE) or None,
        max_retries=0,
        timeout=timeout,
        http_client=httpx2.AsyncClient(verify=_tls(), timeout=timeout),
    )
