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


class Buffer:
    """What a thread has read, and hands over to the event loop: all of one read at once."""

    def __init__(self) -> None:
        """For the event loop that is running now."""
        self._loop = asyncio.get_running_loop()
        self._items: list[Event | Exception | None] = []
        self.handed_over: asyncio.Queue[list[Event | Exception | None]] = asyncio.Queue()

    def put(self, *items: Event | Exception | None) -> None:
        """Append `items`. Called by the thread, as is `hand_over`."""
        self._items.extend(items)

    def hand_over(self) -> None:
        """Wake the event loop, unless there is nothing for it."""
        items, self._items = self._items, []
        # RuntimeError: the loop is closed, so nobody is waiting any more.
        with contextlib.suppress(RuntimeError):
            if items:
                self._loop.call_soon_threadsafe(self.handed_over.put_nowait, items)


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

    def on_request(sent: httpx2.Request) -> None:
        connections.watch(sent)
        # By the next read of the connection, all of the last one is in the buffer.
        sent.extensions["before_read"] = buffer.hand_over

    def read() -> None:
        try:
            with (
                open_client(on_request) as client,
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
            buffer.hand_over()

    threading.Thread(target=read, name="reply", daemon=True).start()
    try:
        while True:
            for item in await buffer.handed_over.get():
                if item is END:
                    return
                if isinstance(item, Exception):
                    raise explain(item, request.model) from item
                yield item
    finally:
        connections.shut_down()
