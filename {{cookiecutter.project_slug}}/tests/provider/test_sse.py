"""Server-sent events are decoded as the standard has them, however their bytes arrive."""

import pytest

from chat.provider.sse import Decoder

# The examples of https://html.spec.whatwg.org/multipage/server-sent-events.html, and some more.
STREAMS: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "lines of data": ("data: YHOO\ndata: +2\ndata: 10\n\n", [("", "YHOO\n+2\n10")]),
    "comments, ids": (
        ": test\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
        [("", "first event"), ("", "second event"), ("", " third event")],
    ),
    "one space is left out": ("data:test\n\ndata: test\n\n", [("", "test"), ("", "test")]),
    "names": ("event: Add\ndata: 1\n\nevent:remove\ndata: 2\n\n", [("add", "1"), ("remove", "2")]),
    "retry": ("retry: 3000\n\ndata: 1\n\n", [("", "1")]),
    "no end": ("data: 1\n\ndata: 2", [("", "1")]),
    "an unknown field": ("foo: 1\ndatum: 2\ndata: 3\n\n", [("", "3")]),
}


@pytest.mark.parametrize("line_end", ["\n", "\r", "\r\n"], ids=["LF", "CR", "CRLF"])
@pytest.mark.parametrize("size", [1, 2, 1000])
@pytest.mark.parametrize(("stream", "events"), STREAMS.values(), ids=STREAMS.keys())
def test_a_stream_has_its_events(
    stream: str, events: list[tuple[str, str]], size: int, line_end: str
) -> None:
    body = stream.replace("\n", line_end).encode()
    decoder = Decoder()
    found = [
        event for at in range(0, len(body), size) for event in decoder.feed(body[at : at + size])
    ]
    assert [(name.decode(), data.decode()) for name, data in found] == events
