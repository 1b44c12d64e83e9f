"""Puts `ResponseBody` between the HTTP library and the SDK's async client."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import cast

import httpx2

from chat.provider.response_body import ErrorBody, ResponseBody

# Reading a socket costs a third of what a token costs, so several tokens are read at once. With the
# wait for the token before the pause it is longer than PACE_SECONDS: the feed is already waiting.
GATHER_SECONDS = 0.05


class Gathering:
    """Pauses between reads of a socket, so that more arrives meanwhile.

    It does not pause between the parts of one read: with many replies at once, that would add up.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._has_waited = False
        self._has_paused = True

    async def next(self, parts: AsyncGenerator[bytes]) -> bytes | None:
        """The next part of what is read, or None at the end."""
        began = self._loop.time()
        # The loop has a turn only if the next part must be read from the socket.
        turn = self._loop.call_soon(self._wait)
        try:
            part = await anext(parts, None)
        finally:
            turn.cancel()
        if self._has_waited:
            self._has_waited = False
            # What has come in a pause is read without another one. A slow model needs none.
            pauses = not self._has_paused and self._loop.time() - began < GATHER_SECONDS
            self._has_paused = pauses
            if pauses and part is not None:
                await asyncio.sleep(GATHER_SECONDS)
        return part

    def _wait(self) -> None:
        self._has_waited = True


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
        gathering = Gathering()
        async with aclosing(self._reads()) as reads:
            while (read := await gathering.next(reads)) is not None:
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
