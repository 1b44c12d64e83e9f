"""Who a request is counted for: a user, or a visitor and the address that it comes from.

A visitor can drop the cookie, so both must have room.
"""

from collections.abc import Mapping
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Any

from django.conf import settings
from django.utils.crypto import salted_hmac

from chat.models import Conversation

FORWARDED = b"x-forwarded-for"


def of_owner(conversation: Conversation) -> str:
    """The key of a conversation's user or visitor."""
    if conversation.user_id is not None:
        return _key("user", str(conversation.user_id))
    return _key("visitor", conversation.visitor)


def of_request(conversation: Conversation, scope: Mapping[str, Any]) -> list[str]:
    """The keys of a request: one with a login, two without."""
    keys = [of_owner(conversation)]
    if conversation.user_id is None:
        keys.append(_key("address", address(scope)))
    return keys


def address(scope: Mapping[str, Any]) -> str:
    """The address of the client, or its network, by the ASGI scope.

    `X-Forwarded-For` counts only from the proxies that are declared (DJANGO_PROXIES). Some servers,
    such as uvicorn, put an address from it into the scope without being asked. Such clients count
    as one.
    """
    lines = [
        value.decode("latin-1") for name, value in scope.get("headers", ()) if name == FORWARDED
    ]
    forwarded = [entry.strip() for entry in ",".join(lines).split(",") if entry.strip()]
    proxies = getattr(settings, "DJUST_TRUSTED_PROXY_COUNT", 0)
    if 0 < proxies <= len(forwarded):
        return _network(forwarded[-proxies])
    # None: a Unix socket.
    host = (scope.get("client") or [""])[0]
    return "forwarded" if any(host in entry for entry in forwarded) else _network(host)


def _network(host: str) -> str:
    """An address without its port. Of IPv6 the network, since each household has a whole one."""
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        found = ip_address(host)
    except ValueError:
        return host
    if not isinstance(found, IPv6Address):
        return str(found)
    return str(found.ipv4_mapped or IPv6Network((int(found), 64), strict=False))


def _key(kind: str, value: str) -> str:
    return salted_hmac(f"chat.limits.{kind}", value, algorithm="sha256").hexdigest()
