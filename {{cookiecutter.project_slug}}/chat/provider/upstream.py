"""What every request needs: the address and the key; TLS, proxy and time limit."""

import httpx2
from django.conf import settings

from chat.provider import names, proxies
from chat.provider.errors import ProviderError

# Only connecting has a limit here. Whoever reads the reply measures silence, event by event.
TIMEOUT = httpx2.Timeout(None, connect=10)

# Made once, because it takes 40 to 90 ms. A client that is given one takes at most 1 ms.
TLS = httpx2.create_ssl_context()


def base_url() -> str:
    """Where requests are sent: CHAT_BASE_URL, or else the vendor's address."""
    return settings.CHAT_BASE_URL or names.DEFAULT_BASE_URL


def key() -> str:
    """CHAT_API_KEY.

    Raises `ProviderError` if there is no key, or if no HTTP header can carry it: the HTTP
    library's own exception would repeat the whole key.
    """
    value: str = settings.CHAT_API_KEY
    if not value:
        raise ProviderError("key_missing")
    if not (value.isascii() and value.isprintable()):
        raise ProviderError("key_refused", "it holds characters that no HTTP header can carry")
    return value


def proxy() -> httpx2.Proxy | None:
    """The proxy of every request, or None. Raises `ProviderError` if it cannot be used.

    A client that is given one needs `trust_env=False`: the library would look for proxies itself.
    """
    found = proxies.current()
    if found is None:
        return None
    try:
        if found.fault:
            raise ProviderError("proxy", found.fault)
        # The library takes a TLS context only for a proxy that is itself reached by TLS.
        tls = TLS if found.url.startswith("https:") else None
        return httpx2.Proxy(found.url, ssl_context=tls)
    except (ValueError, httpx2.InvalidURL):
        # The exception would repeat the password.
        raise ProviderError("proxy", "that is no address") from None
