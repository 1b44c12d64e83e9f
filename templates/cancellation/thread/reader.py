"""Read one reply from the model with the SDK's ordinary client, in a worker thread of its own.

Python cannot interrupt a thread that waits on a socket, and closing the socket under it is neither
seen by the kernel nor safe: the reader may go on with the number of a socket that somebody else has
opened since. Shutting the connection down wakes the reader, which then closes its own socket.
"""

import asyncio
import contextlib
import socket
import threading
from collections.abc import AsyncGenerator
from typing import Any

import httpx2

from chat.provider import provider
from chat.provider.client import open_client
from chat.provider.events import Event, Message, Unshown

END = None
# To wake the event loop for each token would be a sixth of what a reply costs. A little longer than
# the feed's PACE_SECONDS: it is then waiting already, and tells the page at once.
GATHER_SECONDS = 0.055


class Events:
    """What a thread has read and the event loop has not yet taken."""

    def __init__(self) -> None:
        """For the event loop that is running now."""
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._items: list[Event | Exception | None] = []
        self._waiting: asyncio.Event | None = None

    def put(self, item: Event | Exception | None) -> None:
        """Hand on an event, from any thread."""
        with self._lock:
            self._items.append(item)
            waiting, self._waiting = self._waiting, None
        # RuntimeError: the loop was closed, so nobody is waiting any more.
        with contextlib.suppress(RuntimeError):
            if waiting is not None:
                self._loop.call_soon_threadsafe(waiting.set)

    async def take(self) -> list[Event | Exception | None]:
        """Wait for events, and return all that are there."""
        some = asyncio.Event()
        with self._lock:
            if self._items:
                some.set()
            else:
                self._waiting = some
        await some.wait()
        with self._lock:
            items, self._items = self._items, []
        return items


class Connections:
    """The connections that one reply's client has opened, to be shut down from another thread.

    Of each socket a duplicate is kept. It is this object's own, whatever becomes of the client's:
    wrapped into TLS, directly or through a proxy, or closed while this one is shut down.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._is_shut = False

    def watch(self, request: httpx2.Request) -> None:
        """Learn of the sockets that are opened for a request: an `httpx2` request event hook."""
        request.extensions["trace"] = self._trace

    def _trace(self, event: str, info: dict[str, Any]) -> None:
        # https://www.encode.io/httpcore/extensions/#trace: it returns a network stream.
        if event.endswith(".connect_tcp.complete"):
            with self._lock:
                self._sockets.append(info["return_value"].get_extra_info("socket").dup())
                if self._is_shut:
                    self._shut_down_all()

    def shut_down(self) -> None:
        """End every connection, and each later one before a byte of the request is sent."""
        with self._lock:
            self._is_shut = True
            self._shut_down_all()

    def _shut_down_all(self) -> None:
        while self._sockets:
            # OSError: the other side was faster.
            with self._sockets.pop() as connection, contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


async def read_reply(messages: list[Message]) -> AsyncGenerator[Event]:
    """The events of one reply. Raises `ProviderError`.

    Cancelling the task that iterates shuts the upstream connection down at once, whatever the
    thread is waiting for. A thread that is still connecting ends when it is connected, or at the
    connect timeout, and sends nothing.
    """
    events = Events()
    connections = Connections()

    def read() -> None:
        try:
            with (
                open_client(connections.watch) as client,
                provider.ask(client, messages) as stream,
            ):
                for chunk in stream:
                    for event in [*provider.read(chunk)] or [Unshown()]:
                        events.put(event)
        except Exception as error:
            events.put(error)
        finally:
            events.put(END)

    threading.Thread(target=read, name="reply", daemon=True).start()
    try:
        while True:
            for item in await events.take():
                if item is END:
                    return
                if isinstance(item, Exception):
                    raise provider.explain(item) from item
                yield item
            await asyncio.sleep(GATHER_SECONDS)
    finally:
        connections.shut_down()
