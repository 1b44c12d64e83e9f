"""Puts `ResponseBody` between the HTTP library and the SDK's client."""

import ssl
from collections.abc import Callable, Iterable, Iterator
from time import monotonic, sleep
from typing import Any, cast

import httpx2

from chat.provider.response_body import ErrorBody, ResponseBody

# Waking the thread for each token costs as much as all else, so several tokens are read at once.
# Longer than PACE_SECONDS: the feed is already waiting when they arrive, and pushes them at once.
GATHER_SECONDS = 0.065
# For all that has come: a model that is quicker must not hold back what has been read already.
MORE_SECONDS = 0.01
# What a read without a wait raises where nothing has come yet.
NOT_YET = (BlockingIOError, ssl.SSLWantReadError)


class Gathering:
    """Reads a connection at most every GATHER_SECONDS, so that several tokens share a read.

    Over TLS a read of the connection returns one record, which is often one token. So all that has
    come by then is read. The tokens of a slow model are read as they come: the pause is over.
    """

    def __init__(self, stream: Any, before_read: Callable[[], None]) -> None:
        """`stream` is the connection, as httpcore's extension `network_stream` gives it.

        `before_read` is called when all that was read last has been used.
        """
        self._read = stream.read
        self._before_read = before_read
        # A read of a socket returns all that has come; one of TLS may leave further records.
        self._has_records = stream.get_extra_info("ssl_object") is not None
        self._earliest = 0.0
        self._error: Exception | None = None
        # The HTTP library has no other way to see each read.
        stream.read = self.read

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._before_read()
        if self._error is not None:
            raise self._error
        if (early := self._earliest - monotonic()) > 0:
            sleep(early)
        read: bytes = self._read(max_bytes, timeout)
        now = monotonic()
        self._earliest = now + GATHER_SECONDS
        while self._has_records and monotonic() < now + MORE_SECONDS:
            more = self._read_more(max_bytes)
            if not more:
                break
            read += more
        return read

    def _read_more(self, max_bytes: int) -> bytes:
        """What else has come. Empty: nothing, the end, or an error, which the next read raises."""
        try:
            read: bytes = self._read(max_bytes, 0)
        except Exception as error:
            if not isinstance(error.__cause__, NOT_YET):
                self._error = error
            return b""
        return read


class ResponseStream(httpx2.SyncByteStream):
    """The stream of a response, as the SDK is to read it: plain server-sent events."""

    def __init__(self, response: httpx2.Response) -> None:
        """Take over the stream of `response`, and its compression."""
        self._stream = cast(httpx2.SyncByteStream, response.stream)
        self._encoding = response.headers.pop("content-encoding", None)
        self._body: ResponseBody | ErrorBody = ErrorBody()
        if response.is_success:
            self._body = ResponseBody(response.headers.get("content-type", ""))

    def __iter__(self) -> Iterator[bytes]:
        for read in self._reads():
            yield from self._body.feed(read)
            if self._body.is_done:
                return
        yield from self._body.end()

    def _reads(self) -> Iterable[bytes]:
        if self._encoding is None:
            return self._stream
        headers = {"content-encoding": self._encoding}
        return httpx2.Response(200, headers=headers, stream=self._stream).iter_bytes()

    def close(self) -> None:
        self._stream.close()


def on_response(response: httpx2.Response) -> None:
    """An `httpx2` response event hook: let every byte pass a `ResponseBody` or an `ErrorBody`."""
    response.stream = ResponseStream(response)
    if response.is_success:
        extensions = response.request.extensions
        Gathering(response.extensions["network_stream"], extensions["before_read"])
