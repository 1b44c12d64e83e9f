"""Puts `ResponseBody` between the HTTP library and the SDK's async client."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from time import monotonic
from typing import Any, cast

import httpx2

from chat.provider.response_body import ErrorBody, ResponseBody

# Reading a socket costs a third of what a token costs, so several tokens are read at once. Longer
# than PACE_SECONDS: the feed is already waiting when they arrive, and pushes them immediately.
GATHER_SECONDS = 0.065
# For all that has come: a model that is quicker must not hold back what has been read already.
MORE_SECONDS = 0.01
# For each look at what has come. 0 would end a read before the event loop has looked at the socket.
LOOK_SECONDS = 0.001


class Gathering:
    """Reads a connection at most every GATHER_SECONDS, so that several tokens share a read.

    Over TLS a read of the connection returns one record, which is often one token. So all that has
    come by then is read. The tokens of a slow model are read as they come: the pause is over.
    """

    def __init__(self, stream: Any) -> None:
        """`stream` is the connection, as httpcore's extension `network_stream` gives it."""
        self._read = stream.read
        # A read of a socket returns all that has come; one of TLS may leave further records.
        self._has_records = stream.get_extra_info("ssl_object") is not None
        self._earliest = 0.0
        self._error: Exception | None = None
        # The HTTP library has no other way to see each read.
        stream.read = self.read

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._error is not None:
            raise self._error
        if (early := self._earliest - monotonic()) > 0:
            await asyncio.sleep(early)
        read: bytes = await self._read(max_bytes, timeout)
        now = monotonic()
        self._earliest = now + GATHER_SECONDS
        while self._has_records and monotonic() < now + MORE_SECONDS:
            more = await self._read_more(max_bytes)
            if not more:
                break
            read += more
        return read

    async def _read_more(self, max_bytes: int) -> bytes:
        """What else has come. Empty: nothing, the end, or an error, which the next read raises."""
        try:
            read: bytes = await self._read(max_bytes, LOOK_SECONDS)
        except Exception as error:
            # A TimeoutError says that nothing has come yet.
            if not isinstance(error.__cause__, TimeoutError):
                self._error = error
            return b""
        return read


class ResponseStream(httpx2.AsyncByteStream):
    """The stream of a response, as the SDK is to read it: plain server-sent events."""

    def __init__(self, response: httpx2.Response) -> None:
        """Take over the stream of `response`, and its compression."""
        self._stream = cast(httpx2.AsyncByteStream, response.stream)
        self._encoding = response.headers.pop("content-encoding", None)
        self._body: ResponseBody | ErrorBody = ErrorBody()
        if response.is_success:
            self._body = ResponseBody(response.headers.get("content-type", ""))

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async with aclosing(self._reads()) as reads:
            async for read in reads:
                for event in self._body.feed(read):
                    yield event
                if self._body.is_done:
                    return
        for event in self._body.end():
            yield event

    def _reads(self) -> AsyncGenerator[bytes]:
        if self._encoding is None:
            return cast(AsyncGenerator[bytes], self._stream.__aiter__())
        headers = {"content-encoding": self._encoding}
        return httpx2.Response(200, headers=headers, stream=self._stream).aiter_bytes()

    async def aclose(self) -> None:
        await self._stream.aclose()


async def on_response(response: httpx2.Response) -> None:
    """An `httpx2` response event hook: let every byte pass a `ResponseBody` or an `ErrorBody`."""
    response.stream = ResponseStream(response)
    if response.is_success and (stream := response.extensions.get("network_stream")):
        Gathering(stream)
