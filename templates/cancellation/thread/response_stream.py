"""Puts `ResponseBody` between the HTTP library and the SDK's client."""

from collections.abc import Iterable, Iterator
from typing import cast

import httpx2

from chat.provider.response_body import ErrorBody, ResponseBody


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
