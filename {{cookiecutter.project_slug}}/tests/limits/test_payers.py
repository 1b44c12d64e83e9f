"""The address of a client: the connection's, or what the declared proxies say, and nothing else."""

import pytest
from pytest_django import Settings

from chat.limits import payers
from chat.models import Conversation


def address(*forwarded: str, client: str | None = "192.0.2.1") -> str:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    return payers.address({"headers": headers, "client": (client, 1234) if client else None})


def test_a_header_is_not_believed_without_declared_proxies() -> None:
    assert address() == "192.0.2.1"
    assert address("198.51.100.7") == "192.0.2.1"


@pytest.mark.parametrize("spoofed", ["198.51.100.7", "198.51.100.8:99", "[2001:db8::7]:99"])
def test_an_address_that_the_server_took_from_the_header_counts_as_one_with_all_others(
    spoofed: str,
) -> None:
    """Uvicorn believes the header of a client on this machine."""
    taken = spoofed.removeprefix("[").partition("]")[0].removesuffix(":99")
    assert address(spoofed, client=taken) == "forwarded"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "found"),
    [
        (1, ["198.51.100.7"], "198.51.100.7"),
        (1, ["203.0.113.5, 198.51.100.7"], "198.51.100.7"),
        (1, ["203.0.113.5", "198.51.100.7:4711"], "198.51.100.7"),
        (2, ["spoofed, 203.0.113.5, 198.51.100.7"], "203.0.113.5"),
        (2, ["198.51.100.7"], "192.0.2.1"),
        (1, [], "192.0.2.1"),
        (1, ["::ffff:198.51.100.7"], "198.51.100.7"),
        (1, ["2001:db8:1:2:3::4"], "2001:db8:1:2::/64"),
        (1, ["[2001:db8:1:2:5::6]:99"], "2001:db8:1:2::/64"),
        (1, ["unknown"], "unknown"),
    ],
)
def test_declared_proxies_tell_it(
    settings: Settings, proxies: int, forwarded: list[str], found: str
) -> None:
    settings.DJUST_TRUSTED_PROXY_COUNT = proxies
    assert address(*forwarded) == found


def test_behind_a_unix_socket_there_is_none() -> None:
    assert address(client=None) == ""


def test_a_user_has_one_key_and_a_visitor_two() -> None:
    scope = {"headers": [], "client": ("192.0.2.1", 1234)}
    [user] = payers.of_request(Conversation(user_id=1), scope)
    visitor, place = payers.of_request(Conversation(visitor="1"), scope)
    assert len({user, visitor, place}) == 3
