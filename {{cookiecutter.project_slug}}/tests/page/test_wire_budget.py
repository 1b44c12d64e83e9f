"""A reply costs no more bytes than its raw tokens would, one by one, and grows with what is new.

Counted as uvicorn sends them: compressed, in WebSocket frames. `PACE_SECONDS` is the time that the
tokens of one frame share.
"""

import json
import random
import zlib
from collections.abc import Iterator
from concurrent.futures import wait

import pytest

from chat.page import highlighting
from chat.page.feed import PACE_SECONDS
from chat.page.growing import GrowingMarkdown
from chat.page.markdown import render
from fake_model import prose

TOKENS_PER_SECOND = 100
SHAPES = {
    "mixed": prose.mixed,
    "paragraph": prose.paragraph,
    "code": prose.codeblock,
    "fences": prose.fences,
    "list": prose.bullets,
    "table": prose.table,
}


@pytest.fixture(autouse=True)
def colours_have_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine is, the code that is counted has its colours."""
    monkeypatch.setattr(highlighting, "MAXIMUM_SECONDS", 600)


shapes = pytest.mark.parametrize("shape", SHAPES)


def wire_bytes(messages: Iterator[str]) -> int:
    """The bytes of WebSocket messages, as uvicorn's `permessage-deflate` makes them (RFC 7692)."""
    deflate = zlib.compressobj(wbits=-12, memLevel=5)
    total = 0
    for message in messages:
        data = deflate.compress(message.encode()) + deflate.flush(zlib.Z_SYNC_FLUSH)
        # An empty block ends each, of which four bytes are left out.
        payload = len(data) - 4
        total += payload + (2 if payload < 126 else 4)
    return total


def frames(tokens: list[str]) -> Iterator[str]:
    """The push events of a reply, in djust's JSON (`djust/websocket.py`, `_flush_push_events`)."""
    growing, each = GrowingMarkdown(), int(TOKENS_PER_SECOND * PACE_SECONDS)
    cursor = growing.cursor()
    for end in range(each, len(tokens) + each, each):
        text = "".join(tokens[:end])
        if end < len(tokens):
            growing.update(text)
            if growing.colouring is not None:
                wait([growing.colouring])
        else:
            growing.finish(render(text))
        if edit := cursor.edit():
            payload = {"edit": [100, *edit]}
            yield json.dumps({"type": "push_event", "event": "chat:text", "payload": payload})


def tokens(shape: str, size: int) -> list[str]:
    return SHAPES[shape](random.Random(size), size)


@shapes
def test_it_costs_no_more_than_its_raw_tokens(shape: str) -> None:
    reply = tokens(shape, 2000)

    assert wire_bytes(frames(reply)) <= wire_bytes(iter(reply))


@shapes
def test_four_times_the_tokens_cost_about_four_times_the_bytes(shape: str) -> None:
    small, large = (wire_bytes(frames(tokens(shape, size))) for size in (500, 2000))

    assert large / small <= 4.2


@shapes
def test_a_frame_holds_only_what_is_new(shape: str) -> None:
    """However long the block is that it belongs to: a word or two, and some closing tags.

    Code is sent once more when it is coloured.
    """
    coloured = '<span class=\\"'
    longest = max(len(it) for it in frames(tokens(shape, 2000)) if coloured not in it)

    assert longest < 600
