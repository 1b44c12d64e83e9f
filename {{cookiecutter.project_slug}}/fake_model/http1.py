"""The part of HTTP/1.1 that the built-in model needs: one request, one response.

A response is whole or chunked.
"""

import asyncio
import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

_PHRASES = {status.value: status.phrase for status in HTTPStatus}


@dataclass(frozen=True)
class HttpRequest:
    """A request without its query and most headers: they hold the key, and nothing needs them."""

    method: str
    path: str
    host: str
    body: bytes


async def read_request(reader: asyncio.StreamReader) -> HttpRequest:
    """Read one request.

    Raises asyncio.IncompleteReadError or OSError if the client leaves before the request is
    complete, and ValueError or asyncio.LimitOverrunError if it is not valid HTTP.
    """
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    request_line, *header_lines = head.rstrip("\r\n").split("\r\n")
    method, target, _version = request_line.split(" ")
    headers = {}
    for line in header_lines:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return HttpRequest(method, target.partition("?")[0], headers.get("host", ""), body)


async def send(writer: asyncio.StreamWriter, data: bytes) -> None:
    """Send bytes, and return when they are sent. Raises OSError if the client has left."""
    writer.write(data)
    await writer.drain()


def response(status: int, content_type: str, body: bytes, headers: dict[str, str]) -> bytes:
    """A whole response."""
    entity = {"Content-Type": content_type, "Content-Length": str(len(body))}
    return _head(status, entity | headers) + body


def json_response(status: int, body: dict[str, Any], headers: dict[str, str]) -> bytes:
    """A whole response with a JSON body."""
    data = json.dumps(body, ensure_ascii=False).encode()
    return response(status, "application/json", data, headers)


def stream_head() -> bytes:
    """The status line and headers of a chunked response of server-sent events."""
    return _head(
        200,
        {
            "Content-Type": "text/event-stream; charset=utf-8",
            "Cache-Control": "no-cache",
            "Transfer-Encoding": "chunked",
        },
    )


def chunk(data: bytes) -> bytes:
    """One chunk of the body. An empty chunk ends the body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def _head(status: int, headers: dict[str, str]) -> bytes:
    # Vendors also use non-standard statuses, such as 529, which have no standard phrase.
    lines = [f"HTTP/1.1 {status} {_PHRASES.get(status, 'Error')}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += ["Connection: close", "", ""]
    return "\r\n".join(lines).encode("latin-1")
