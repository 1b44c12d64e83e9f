"""Read one reply from the model with the SDK's ordinary client, in a worker thread of its own.

Python cannot interrupt a thread that waits on a socket. Closing the socket from another thread is
no way out: the kernel keeps the connection open while it is read, and the socket's number may be
given to another file that the reader then reads. Shutting the connection down wakes the reader,
which then closes its own socket.
"""

import asyncio
import contextlib
import socket
import threading
from collections.abc import AsyncGenerator
from contextlib import closing
from typing import Any

import httpx2

from chat.provider.client import open_client, stream
from chat.provider.events import Event, KeepAlive
from chat.provider.messages import Request
from chat.provider.sdk_errors import explain
from chat.provider.thoughts import Thoughts

END = None
# What has come in one read is parsed within this time, so the event loop takes all of it at once.
TOGETHER_SECONDS = 0.002


class Buffer:
    """What a thread has read and the event loop has not yet taken."""

    def __init__(self) -> None:
        """For the event loop that is running now."""
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._items: list[Event | Exception | None] = []
        self._waiting: asyncio.Event | None = None

    def put(self, *items: Event | Exception | None) -> None:
        """Append `items`, from any thread."""
        with self._lock:
            self._items.extend(items)
            waiting, self._waiting = self._waiting, None
        # RuntimeError: the loop is closed, so nobody is waiting any more.
        with contextlib.suppress(RuntimeError):
            if waiting is not None:
                self._loop.call_soon_threadsafe(waiting.set)

    async def take(self) -> list[Event | Exception | None]:
        """Wait until there is something, and take all of it."""
        filled = asyncio.Event()
        with self._lock:
            if self._items:
                filled.set()
            else:
                self._waiting = filled
        await filled.wait()
        await asyncio.sleep(TOGETHER_SECONDS)
        with self._lock:
            items, self._items = self._items, []
        return items


class Stopped(Exception):
    """Raised in the thread instead of sending a request after Stop."""


class Connections:
    """The connections of one reply's client, which another thread can shut down.

    The rule of Stop: after `shut_down`, nothing is sent. What is connected is shut down, what is
    just connecting is shut down before its first byte, and no new request begins.

    Each socket is kept as a duplicate. The duplicate stays valid whatever the client does with its
    own socket: wrap it into TLS, directly or through a proxy, or close it at the same moment.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._is_shut = False

    def watch(self, request: httpx2.Request) -> None:
        """An `httpx2` request event hook: learn which sockets are opened for `request`.

        Raises `Stopped` after `shut_down`.
        """
        if self._is_shut:
            raise Stopped
        request.extensions["trace"] = self._trace

    def _trace(self, event: str, info: dict[str, Any]) -> None:
        # https://www.encode.io/httpcore/extensions/#trace: the event returns a network stream.
        if event.endswith(".connect_tcp.complete"):
            with self._lock:
                self._sockets.append(info["return_value"].get_extra_info("socket").dup())
                if self._is_shut:
                    self._shut_down_all()

    def shut_down(self) -> None:
        """End every connection, and let no request be sent from now on."""
        with self._lock:
            self._is_shut = True
            self._shut_down_all()

    def _shut_down_all(self) -> None:
        while self._sockets:
            # OSError: the other side has closed it already.
            with self._sockets.pop() as connection, contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


async def read_reply(request: Request) -> AsyncGenerator[Event]:
    """The events of one reply. Raises `ProviderError`.

    Cancelling the task that iterates shuts the upstream connection down at once, whatever the
    thread is waiting for. A thread that is still connecting ends when it is connected, or at the
    connect timeout, and sends nothing.
    """
    buffer = Buffer()
    connections = Connections()

    def read() -> None:
        try:
            with (
                open_client(connections.watch) as client,
                closing(stream(client, request)) as chunks,
            ):
                thoughts = Thoughts()
                for events in chunks:
                    # A chunk without an event still shows that the model is at work.
                    buffer.put(*(thoughts.split(events) or [KeepAlive()]))
                buffer.put(*thoughts.end())
        except Exception as error:
            buffer.put(error)
        finally:
            buffer.put(END)

    threading.Thread(target=read, name="reply", daemon=True).start()
    try:
        while True:
            for item in await buffer.take():
                if item is END:
                    return
                if isinstance(item, Exception):
                    raise explain(item, request.model) from item
                yield item
    finally:
        connections.shut_down()
