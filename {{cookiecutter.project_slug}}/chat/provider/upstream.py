"""What every client of the SDK is made with: its address, its key, its TLS and its time limit."""

import httpx2

from chat.provider import names
from chat.provider.errors import ProviderError
from config import env

# Only connecting has a limit here. Silence is measured where the reply is read, event by event.
TIMEOUT = httpx2.Timeout(None, connect=10)

# Made once: it takes 40 to 90 ms, and a client of its own for each reply then takes 1 ms at most.
TLS = httpx2.create_ssl_context()


def base_url() -> str:
    """Where requests are sent: the base URL of the environment, else the vendor's."""
    return env.text(names.BASE_URL_VARIABLE, names.DEFAULT_BASE_URL)


def key() -> str:
    """The key of the environment.

    Raises `ProviderError` if there is none, or if it could not be sent: the exception that the
    HTTP library has for that repeats the whole key.
    """
    value = env.text(names.KEY_VARIABLE)
    if not value:
        raise ProviderError("key_missing")
    if not (value.isascii() and value.isprintable()):
        raise ProviderError("key_refused", "it holds characters that no HTTP header can carry")
    return value
