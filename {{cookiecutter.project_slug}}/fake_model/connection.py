"""One connection: read a request, answer it, record it, and notice when the client leaves."""

import asyncio
import contextlib
import time
from collections.abc import Coroutine
from typing import Any, Literal, NoReturn

from . import http1, pages
from .answer import Answer
from .record import Entry, Record


class Connection:
    """Serves one request, until the client or the server closes the connection."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        record: Record,
        host: str,
        tokens_per_second: float,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._record = record
        self._host = host
        self._tokens_per_second = tokens_per_second
        # With almost no buffer, `drain` returns only when the bytes are sent. 0 would not work:
        # asyncio's TLS transport pauses at the limit, not above it, and would never resume.
        writer.transport.set_write_buffer_limits(high=1)

    async def serve(self) -> None:
        """Answer one request, then close the connection."""
        try:
            with contextlib.suppress(asyncio.IncompleteReadError, OSError):
                # The client left before it had sent a whole request: there is nothing to answer.
                await self._serve_request()
            self._writer.close()
            with contextlib.suppress(OSError):
                # The response is sent, so an error while closing does not matter.
                await self._writer.wait_closed()
        finally:
            self._writer.transport.abort()

    async def _serve_request(self) -> None:
        try:
            request = await http1.read_request(self._reader)
        except (ValueError, asyncio.LimitOverrunError) as error:
            response = http1.response(400, "text/plain", f"{error}\n".encode(), {})
            await http1.send(self._writer, response)
            return
        if request.method == "GET" and pages.has(request.path):
            await self._serve_page(request)
        else:
            await self._serve_model(request)

    async def _serve_page(self, request: http1.HttpRequest) -> None:
        async def send() -> None:
            async for data in pages.respond(request, self._host, self._record):
                await http1.send(self._writer, data)

        await self._while_connected(send())

    async def _serve_model(self, request: http1.HttpRequest) -> None:
        entry = Entry(request.path)
        self._record.add(entry)
        ended_by: Literal["client", "server"] = "server"
        try:
            answer = Answer(entry, self._record, self._writer, self._tokens_per_second)
            if not await self._while_connected(answer.to(request)):
                ended_by = "client"
        finally:
            with self._record.change():
                entry.ended = time.monotonic()
                entry.ended_by = ended_by

    async def _while_connected(self, response: Coroutine[Any, Any, None]) -> bool:
        """Send a response, and return whether the client stayed until its end."""
        stayed = True
        try:
            async with asyncio.TaskGroup() as group:
                # Between two writes, only a read notices that the client has left. The task then
                # raises, and the task group cancels the response.
                leaving = group.create_task(self._see_client_leave())
                await response
                leaving.cancel()
        except* OSError:
            stayed = False
            self._writer.transport.abort()
        return stayed

    async def _see_client_leave(self) -> NoReturn:
        while await self._reader.read(65536):
            pass
        raise ConnectionResetError("the client closed the connection")
