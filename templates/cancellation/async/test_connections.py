"""Step 6, the class itself: what it does with a connection, and with a request."""

import httpx2

from chat.provider.reader import Connections

TIMEOUT = {"read": 5.0}


def request() -> httpx2.Request:
    return httpx2.Request("POST", "http://127.0.0.1/", extensions={"timeout": TIMEOUT})


class Stream:
    """The network stream of a connection."""

    is_open = True

    async def aclose(self) -> None:
        self.is_open = False


async def test_a_request() -> None:
    """`watch` lets the HTTP client call `_trace`."""
    connections, begun = Connections(), request()
    await connections.watch(begun)
    assert begun.extensions.get("trace") == connections._trace, (
        '`watch` has not set `request.extensions["trace"]`.'
    )
    assert begun.extensions.get("timeout") == TIMEOUT, (
        "The other extensions of the request are gone, such as its time limit: set this one alone."
    )


async def test_each_connection_is_closed() -> None:
    """Each connection is closed at the end of the block, and not before."""
    first, second = Stream(), Stream()
    async with Connections() as connections:
        for stream in (first, second):
            await connections._trace("connection.connect_tcp.started", {"host": "127.0.0.1"})
            await connections._trace("connection.connect_tcp.complete", {"return_value": stream})
            assert stream.is_open, "It was closed as soon as it was made."
    assert not second.is_open, "It is still open after the block: `_trace` has not remembered it."
    assert not first.is_open, "Only the last one is closed: `_trace` has forgotten the first."
