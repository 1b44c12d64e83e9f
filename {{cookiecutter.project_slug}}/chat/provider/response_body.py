"""What an upstream sends with status 200, made into events that the SDK can read.

Every byte passes here before an SDK sees it. The parsers of the SDKs refuse some of what the
standard allows, and pass over what is no event: a comment that keeps the connection alive, an error
page, a whole reply in JSON.
"""

import json
import re
import time
from collections.abc import Iterator
from typing import Any

from chat.provider import wire
from chat.provider.error_wordings import words
from chat.provider.errors import ProviderError
from chat.provider.sse import BOM, Decoder, ServerSentEvent
from chat.provider.streamed_error import StreamedError, is_error

# How an event stream begins where the header Content-Type does not say that it is one.
EVENT_STREAM = re.compile(rb":|(data|event|id|retry)(:|\s)")
# So many bytes say whether they begin an event stream.
SHORTEST = 8
JSON_STARTS = (b"{", b"[", b'"')
BETWEEN_VALUES = re.compile(r"[\s,]*")
MARKS = tuple(f'"{key}"'.encode() for key in wire.CHUNK_KEYS)
# Bytes without an event become an empty event, which shows that the upstream is alive: at most one
# in this time, because the SDK parses each.
KEEP_ALIVE_SECONDS = 0.25
# A body that is no stream, and one event of a stream, are kept until they are whole. The longest
# reply of any model has fewer bytes.
MAXIMUM_BYTES = 8_000_000
# Of the body of an error, the beginning is enough.
MAXIMUM_ERROR_BYTES = 200_000


class ErrorBody:
    """The body of a response with an error status. `is_done`: nothing more of it is needed."""

    def __init__(self) -> None:
        self.is_done = False
        self._room = MAXIMUM_ERROR_BYTES

    def feed(self, read: bytes) -> Iterator[bytes]:
        """`read`, up to the limit."""
        yield read[: self._room]
        self._room -= len(read)
        self.is_done = self._room <= 0

    def end(self) -> Iterator[bytes]:
        """Nothing: all has been passed on."""
        yield from ()


class ResponseBody:
    """The body of one response. `is_done` after `[DONE]`: nothing more is to be read."""

    def __init__(self, content_type: str) -> None:
        """`content_type` is the header's value, or empty."""
        self.is_done = False
        self._is_declared = content_type.lower().startswith("text/event-stream")
        self._start: bytes | None = b""
        self._whole: list[bytes] | None = None
        self._decoder = Decoder()
        self._is_between_events = False
        self._waiting = 0  # bytes that are kept until the rest has come
        self._kept_alive = 0.0
        self._unread: Exception | None = None

    def feed(self, read: bytes) -> Iterator[bytes]:
        """The events for the SDK that `read`, the next bytes, complete.

        Raises `ProviderError` if the body is no reply, `StreamedError` if it is an error: after the
        events before it.
        """
        plain = self._is_between_events and wire.is_plain(read) and read.isascii()
        if plain and b'"error"' not in read:
            # Nearly all reads are like this. The rest costs several times as much.
            self._unread = None
            yield read
            return
        if self._start is not None:
            read = self._begin(read)
        has_events = False
        self._waiting += len(read)
        if self._whole is not None:
            self._whole.append(read)
        else:
            for event in self._events(self._decoder.feed(read)):
                has_events = True
                yield event
            self._is_between_events = self._start is None and self._decoder.is_between_events
            if self._is_between_events:
                self._waiting = 0
            elif has_events:
                self._waiting = len(read)
        if self._waiting > MAXIMUM_BYTES:
            raise ProviderError("malformed", f"more than {MAXIMUM_BYTES:,} bytes in one piece")
        now = time.monotonic()
        if not has_events and now - self._kept_alive >= KEEP_ALIVE_SECONDS:
            self._kept_alive = now
            yield wire.KEEP_ALIVE

    def end(self) -> Iterator[bytes]:
        """The events that the end of the body completes. Raises what `feed` raises."""
        if self._start is not None:
            if not self._start.strip() and not self._is_declared:
                raise ProviderError("malformed", "an empty body")
            # So short, and yet whole.
            yield from self.feed(b"\n" * SHORTEST)
        if self._whole is not None:
            yield from _whole_reply(b"".join(self._whole))
            return
        # The last line and the blank line after it may lack their ends. A half event is left out.
        last = self._decoder.feed(b"\n") + self._decoder.end()
        yield from self._events([event for event in last if _parsed(event[1]) is not None])
        if self._unread:
            raise self._unread

    def _begin(self, read: bytes) -> bytes:
        """Learn what the body is from its first bytes, and return them. Empty: not known yet."""
        self._start = start = ((self._start or b"") + read).removeprefix(BOM).lstrip()
        if start.startswith(b"<"):
            raise ProviderError("wrong_address", "an HTML page")
        is_json = start.startswith(JSON_STARTS)
        if not is_json and len(start) < SHORTEST:
            return b""
        self._start = None
        if is_json or not (self._is_declared or EVENT_STREAM.match(start)):
            self._whole = []
        return start

    def _events(self, events: list[ServerSentEvent]) -> Iterator[bytes]:
        for name, data in events:
            if event := self._event(name, data):
                yield event

    def _event(self, name: bytes, data: bytes) -> bytes:
        """An event for the SDK. Empty: it is passed over."""
        if name == b"error":
            parsed = _parsed(data)
            raise StreamedError(data.decode(errors="replace") if parsed is None else parsed)
        if name == b"ping" or not data or data.isspace() or self.is_done:
            return b""
        if b'"error"' in data or not any(mark in data for mark in MARKS):
            parsed = _parsed(data)
            if is_error(parsed):
                raise StreamedError(parsed)
            if data.strip() == b"[DONE]":
                self.is_done = True
                return b""
            if not data.lstrip().startswith(b"{"):
                # Some servers keep a connection alive with a word, or with null.
                kind = "text" if parsed is None else type(parsed).__name__
                self._unread = ProviderError("malformed", f"a chunk is a {kind}")
                return b""
            if words(parsed):
                # A message, perhaps of progress. If nothing follows, it says why.
                self._unread = StreamedError(parsed)
                return b""
        self._unread = None
        if not data.isascii():
            data = data.decode(errors="replace").encode()
        return wire.encode(data)


def _whole_reply(body: bytes) -> Iterator[bytes]:
    """The events of a body of JSON: a reply, its chunks, or an error."""
    text = body.decode(errors="replace").strip()
    try:
        values = [*_values(text)]
    except ValueError:
        if text.startswith(("{", "[")):
            raise ProviderError("malformed", "JSON without its end") from None
        raise ProviderError("wrong_address", text) from None
    for value in values:
        is_reply = isinstance(value, dict) and any(value.get(key) for key in wire.REPLY_KEYS)
        if is_error(value) or not is_reply:
            if words(value):
                raise StreamedError(value)
            raise ProviderError("wrong_address", text)
        yield wire.encode(json.dumps(value).encode())


def _values(text: str) -> Iterator[Any]:
    """The JSON values in `text`: one after the other, or in a list."""
    decode, at = json.JSONDecoder().raw_decode, 0
    while at < len(text):
        value, at = decode(text, at)
        yield from value if isinstance(value, list) else [value]
        if space := BETWEEN_VALUES.match(text, at):
            at = space.end()


def _parsed(data: bytes) -> Any:
    """The JSON in `data`; None if it is none."""
    try:
        return json.loads(data)
    except ValueError:
        return None
