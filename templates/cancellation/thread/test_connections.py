"""Step 6, the class itself: what it does with a connection, and with a request."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any, Self

import httpx2
import pytest

from chat.provider.reader import Connections, Stopped
from tests.waiting import SOON

CONNECTED = "connection.connect_tcp.complete"
TIMEOUT = {"read": 5.0}


class Connection(socket.socket):
    """The socket of the HTTP client. As a network stream it returns itself."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.duplicates: list[socket.socket] = []

    def get_extra_info(self, info: str) -> socket.socket | None:
        return self if info == "socket" else None

    def dup(self) -> Self:
        duplicate = super().dup()
        self.duplicates.append(duplicate)
        return duplicate

    def check(self, other: socket.socket) -> None:
        """Fail with a sentence unless this was shut down as it should, seen from both ends."""
        assert self.duplicates, f'`_trace` has made no `dup()` of the socket at "{CONNECTED}".'
        assert self.fileno() >= 0, "The socket of the client was closed: only it may do that."
        for end in (other, self):
            end.settimeout(SOON)
            try:
                assert end.recv(1) == b"", "Something was sent."
            except TimeoutError:
                pytest.fail("A connection was not shut down: whoever reads from it waits on.")
        assert all(each.fileno() < 0 for each in self.duplicates), "A duplicate was not closed."


@contextlib.contextmanager
def connected() -> Iterator[tuple[Connection, socket.socket]]:
    """Both ends of a connection: the client's, and the server's."""
    mine, other = socket.socketpair()
    with Connection(fileno=mine.detach()) as connection, other:
        yield connection, other


def run(name: str, action: Callable[[], None]) -> None:
    """Call something in a thread. Fails with a sentence if it does not end."""
    ended: Future[None] = Future()

    def call() -> None:
        try:
            action()
            ended.set_result(None)
        except BaseException as error:
            ended.set_exception(error)

    # Nobody waits for the thread if it never ends.
    threading.Thread(target=call, daemon=True).start()
    try:
        ended.result(SOON)
    except TimeoutError:
        pytest.fail(f"{name} does not end. Does it take a lock that it holds already?")


def request() -> httpx2.Request:
    return httpx2.Request("POST", "http://127.0.0.1/", extensions={"timeout": TIMEOUT})


def test_a_request() -> None:
    """`watch` lets the HTTP client call `_trace`."""
    connections, begun = Connections(), request()
    connections.watch(begun)
    assert begun.extensions.get("trace") == connections._trace, (
        '`watch` has not set `request.extensions["trace"]`.'
    )
    assert begun.extensions.get("timeout") == TIMEOUT, (
        "The other extensions of the request are gone, such as its time limit: set this one alone."
    )


def test_shut_down() -> None:
    """`shut_down` ends at once, and after it no request begins."""
    connections = Connections()
    run("`shut_down`", connections.shut_down)
    try:
        connections.watch(request())
    except Stopped:
        return
    pytest.fail("After `shut_down`, `watch` lets a request begin: it must raise `Stopped`.")


def test_what_is_connected() -> None:
    """`shut_down` shuts every connection down, through a duplicate, which it then closes."""
    connections = Connections()
    with connected() as (first, other_first), connected() as (second, other_second):
        for connection in (first, second):
            trace(connections, connection)
        run("`shut_down`", connections.shut_down)
        first.check(other_first)
        second.check(other_second)


def test_what_is_just_connecting() -> None:
    """A connection that is made after `shut_down` is shut down by `_trace` itself."""
    connections = Connections()
    run("`shut_down`", connections.shut_down)
    with connected() as (connection, other):
        trace(connections, connection)
        connection.check(other)


def test_the_other_side_was_faster() -> None:
    """A connection that has ended already is no fault."""
    connections = Connections()
    with Connection() as never_connected:
        trace(connections, never_connected)
        try:
            run("`shut_down`", connections.shut_down)
        except OSError as error:
            pytest.fail(f"`shut_down` raises {type(error).__name__}: {error}")


def trace(connections: Connections, connection: Connection) -> None:
    """What the HTTP client calls while it connects."""
    connections._trace("connection.connect_tcp.started", {"host": "127.0.0.1"})
    run("`_trace`", lambda: connections._trace(CONNECTED, {"return_value": connection}))
