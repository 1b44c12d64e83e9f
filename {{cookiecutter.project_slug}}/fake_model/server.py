"""The server of the built-in model, in a thread with its own event loop."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar

from .answer import dialect
from .connection import Connection
from .record import Record

T = TypeVar("T")


class FakeModel:
    """The built-in model, which serves requests inside its `with` block.

    It runs in a thread with its own event loop, so any process can contain it.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        tokens_per_second: float = 40,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`host` is an IPv4 address or a host name. `port` 0 picks a free port.

        `tokens_per_second` is the pace of every reply except a `/slow` one; `math.inf` sends
        without a pause. With `tls`, a server-side context, it serves HTTPS.
        Raises ValueError if the pace is not above 0.
        """
        if not tokens_per_second > 0:
            raise ValueError(f"tokens_per_second must be above 0, not {tokens_per_second}")
        self.record = Record()
        self._host = host
        self._port = port
        self._tokens_per_second = tokens_per_second
        self._tls = tls

    @property
    def base_url(self) -> str:
        """The value for the SDK's base URL variable. Valid inside the `with` block."""
        return f"{self._origin}{dialect.BASE_PATH}"

    @property
    def record_url(self) -> str:
        """The address of the live record. Valid inside the `with` block."""
        return f"{self._origin}/"

    @property
    def _origin(self) -> str:
        scheme = "http" if self._tls is None else "https"
        # A client cannot connect to the address that stands for all of this machine's.
        host = "127.0.0.1" if self._host in ("0", "0.0.0.0") else self._host
        return f"{scheme}://{host}:{self._port}"

    def wait_for(
        self,
        predicate: Callable[[Record], T | None],
        timeout: float,
        what: str = "the record holds what was awaited",
    ) -> T:
        """Call `Record.wait_for`. `timeout` is in seconds."""
        return self.record.wait_for(predicate, timeout, what)

    def __enter__(self) -> Self:
        """Start to serve. Raises OSError if the address is not available."""
        listener = socket.create_server((self._host, self._port))
        # Connections inherit it. Without it a token waits until the one before is acknowledged,
        # which takes a reader that pauses up to 40 ms. asyncio sets it only on sockets of its own.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._port = listener.getsockname()[1]
        # Without a loop factory, the runner would set the current event loop of this thread.
        runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        self._loop = runner.get_loop()
        self._stopping = asyncio.Event()
        self._thread = threading.Thread(
            target=self._run, args=(runner, listener), name="fake-model", daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop listening and close every connection."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def _run(self, runner: asyncio.Runner, listener: socket.socket) -> None:
        # At its exit, the runner cancels the tasks of open connections.
        with runner:
            runner.run(self._serve(listener))

    async def _serve(self, listener: socket.socket) -> None:
        server = await asyncio.start_server(self._connected, sock=listener, ssl=self._tls)
        await self._stopping.wait()
        server.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await Connection(reader, writer, self.record, self._host, self._tokens_per_second).serve()
