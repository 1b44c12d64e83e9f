"""The proxy that requests go through, from HTTPS_PROXY and the like.

The HTTP library reads these variables too, but builds a transport for each of them: one that it
cannot use then breaks requests that go through none. Nor do its exceptions say which proxy failed.
"""

import importlib.util
import ipaddress
import os
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies

from django.conf import settings

from chat.provider import names

SCHEMES = ("http", "https", "socks5", "socks5h")
WANTS_PASSWORD = "it wants a user name and password (407), as user:password@ in front of its host"


@dataclass(frozen=True)
class Proxy:
    """A proxy and the variable that names it: "" for the network settings of the system."""

    url: str
    variable: str

    @property
    def address(self) -> str:
        """The URL without user name, password and path."""
        parts = _parse(self.url)
        if parts is None:
            # What is no address may hold the password anywhere.
            return f"{self.url.partition('://')[0]}://..."
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"

    @property
    def fault(self) -> str:
        """Why no request can be sent through it, or ""."""
        parts = _parse(self.url)
        if parts is None:
            return "that is no address"
        if parts.scheme not in SCHEMES:
            known = ", ".join(f"{scheme}://" for scheme in SCHEMES)
            return f"it begins with {parts.scheme}://, and can only begin with {known}"
        if parts.scheme.startswith("socks") and not importlib.util.find_spec("socksio"):
            return (
                "SOCKS needs the package socksio (python -m pip install socksio, or uv add socksio)"
            )
        return ""


def current() -> Proxy | None:
    """The proxy of requests to the provider, or None if they are sent directly."""
    return proxy_for(settings.CHAT_BASE_URL or names.DEFAULT_BASE_URL)


def proxy_for(url: str) -> Proxy | None:
    """The proxy of requests to `url`, or None if no proxy is set, or NO_PROXY names its host."""
    target = urlsplit(url)
    found = getproxies()
    netloc = target.netloc.rpartition("@")[2].lower()
    if _is_exempt(target.hostname or "", netloc, found.get("no", "")):
        return None
    for scheme in (target.scheme, "all"):
        if proxy := found.get(scheme):
            return Proxy(proxy if "://" in proxy else f"http://{proxy}", _variable(scheme))
    return None


def _parse(url: str) -> SplitResult | None:
    """The parts of a URL with a host and, if there is one, a valid port; None for another text."""
    try:
        parts = urlsplit(url)
        return parts if parts.hostname and parts.port != 0 else None
    except ValueError:
        return None


def _variable(scheme: str) -> str:
    """The name of the variable, in which case does not matter. The lower-case one wins."""
    names_set = [name for name in os.environ if name.lower() == f"{scheme}_proxy"]
    return max((name for name in names_set if os.environ[name]), default="")


def _is_exempt(host: str, netloc: str, no_proxy: str) -> bool:
    """Whether NO_PROXY names a host: as "*", a name, the end of a name, an address or a network."""
    for entry in re.split(r"[,\s]+", no_proxy.lower()):
        name = entry.rpartition("://")[2].removeprefix("*.").lstrip(".")
        if name == "*" or (name and (name in (host, netloc) or host.endswith(f".{name}"))):
            return True
        if _contains(name, host):
            return True
    return False


def _contains(network: str, host: str) -> bool:
    try:
        addresses = ipaddress.ip_network(network.replace("[", "").replace("]", ""), strict=False)
        return ipaddress.ip_address(host) in addresses
    except ValueError:
        return False
