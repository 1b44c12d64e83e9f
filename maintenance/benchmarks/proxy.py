"""A TCP proxy that counts what a server sends to a browser's WebSocket, as it is on the wire."""

import asyncio
import contextlib
import threading
from types import TracebackType
from typing import Self


class CountingProxy:
    """Listens on a free port of this machine for as long as its `with` block lasts."""

    def __init__(self, port: int) -> None:
        """`port` is the server's."""
        self._server_port = port
        self._stopping = asyncio.Event()
        self._listens = threading.Event()
        self.received = 0
        """Bytes that WebSockets have received so far, after compression, with frame heads."""

    def __enter__(self) -> Self:
        self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        self._loop = self._runner.get_loop()
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)
        self._thread.start()
        self._listens.wait()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    @property
    def url(self) -> str:
        """The address of the page, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def _run(self) -> None:
        with self._runner:
            self._runner.run(self._serve())

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port: int = server.sockets[0].getsockname()[1]
        self._listens.set()
        await self._stopping.wait()
        server.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._server_port)
        request = await reader.read(65536)
        server_writer.write(request)
        # Whichever side closes first, the other is closed too.
        ways = [
            asyncio.create_task(self._relay(reader, server_writer, counts=False)),
            asyncio.create_task(
                self._relay(server_reader, writer, counts=request.startswith(b"GET /ws/"))
            ),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            for end in (writer, server_writer):
                end.close()

    async def _relay(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, counts: bool
    ) -> None:
        # OSError: one of the two has gone, so that the connection is over.
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                if counts:
                    self.received += len(data)
                writer.write(data)
                await writer.drain()
