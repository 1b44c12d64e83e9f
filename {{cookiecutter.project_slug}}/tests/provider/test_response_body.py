"""What an upstream sends with status 200, besides the stream that the vendor documents."""

import gzip
import re
from collections.abc import Callable

import pytest

from chat import error_messages
from chat.provider import response_body
from fake_model import dialect
from tests.conftest import point_at
from tests.listener import Heard, listen
from tests.upstreams import END, HI, STREAM, Answer, scripted

JSON = {"Content-Type": "application/json"}


async def hear(monkeypatch: pytest.MonkeyPatch, answer: Answer) -> Heard:
    with scripted(answer) as server:
        point_at(server.address + dialect.BASE_PATH, monkeypatch)
        heard = await listen("Hello")
    assert len(server.requests) == 1
    return heard


def insert(between: bytes) -> Callable[[bytes], bytes]:
    """Put something before each event."""

    def inserted(body: bytes) -> bytes:
        *events, _ = body.replace(b"\r\n", b"\n").split(b"\n\n")
        return b"".join(between + event + b"\n\n" for event in events)

    return inserted


# What the standard allows, and what gateways do to a stream.
FRAMINGS: dict[str, Callable[[bytes], bytes]] = {
    "retry": insert(b"retry: 3000\n\n"),
    "id": insert(b"id: 7\n\n"),
    "empty data": insert(b"data:\n\n"),
    "comment": insert(b": keepalive\n\n"),
    "blank lines": insert(b"\n\n"),
    "another name": insert(b'event: status\ndata: {"message": "queued"}\n\n'),
    "a word": insert(b"data: ping\n\n"),
    "null": insert(b"data: null\n\n"),
    "BOM": lambda body: b"\xef\xbb\xbf" + body,
    "CR": lambda body: body.replace(b"\r", b"").replace(b"\n", b"\r"),
    "CRLF": lambda body: body.replace(b"\r", b"").replace(b"\n", b"\r\n"),
    "no space": lambda body: re.sub(rb"(?m)^(data|event): ", rb"\1:", body),
    "data in two lines": lambda body: re.sub(rb"(?m)^data: {", b"data: {\ndata: ", body),
    "more fields": lambda body: re.sub(rb"(?m)^data", b"id: 1\nretry: 1\nother\ndata", body),
    "no names": lambda body: re.sub(rb"(?m)^event: .*\n", b"", body),
    "other names": lambda body: re.sub(rb"(?m)^(event: .*\n)?data", b"event: x\ndata", body),
    "no last blank line": lambda body: body.removesuffix(b"data: [DONE]\n\n").rstrip(),
    "[DONE]": lambda body: body + b"data: [DONE]\n\n",
}


@pytest.mark.parametrize("framing", FRAMINGS.values(), ids=FRAMINGS.keys())
async def test_a_stream_may_be_framed_in_other_ways(
    monkeypatch: pytest.MonkeyPatch, framing: Callable[[bytes], bytes]
) -> None:
    heard = await hear(monkeypatch, Answer(body=framing(HI + END), headers=STREAM))
    assert (heard.error, heard.text, heard.finish) == (None, "Hi", "stop")


@pytest.mark.parametrize("headers", [JSON, {}], ids=["JSON", "none"])
async def test_a_stream_may_be_called_otherwise(
    monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]
) -> None:
    heard = await hear(monkeypatch, Answer(body=HI + END, headers=headers))
    assert (heard.error, heard.text, heard.finish) == (None, "Hi", "stop")


async def test_a_stream_may_be_compressed(monkeypatch: pytest.MonkeyPatch) -> None:
    headers = STREAM | {"Content-Encoding": "gzip"}
    body = gzip.compress(insert(b"retry: 3000\n\n")(HI + END))
    heard = await hear(monkeypatch, Answer(body=body, headers=headers))
    assert (heard.error, heard.text, heard.finish) == (None, "Hi", "stop")


async def test_what_is_no_utf_8_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    body = (HI + END).replace(b"Hi", b"H\xffi")
    heard = await hear(monkeypatch, Answer(body=body, headers=STREAM))
    assert (heard.error, heard.text, heard.finish) == (None, "H\ufffdi", "stop")


ERROR = '{"message": "Engine crashed", "code": 500}'
ERRORS = {
    "JSON": HI + f"event: error\ndata: {ERROR}\n\n".encode(),
    "text": HI + b"event: error\ndata: Engine crashed\n\n",
    "at first": b"event: error\ndata: Engine crashed\n\n",
    "without a name": HI + f"data: {ERROR}\n\n".encode(),
    "bare": HI + b'{\n"message":\n"Engine crashed"}\n',
}


@pytest.mark.parametrize("body", ERRORS.values(), ids=ERRORS.keys())
async def test_an_error_in_a_stream_is_shown_with_its_words(
    monkeypatch: pytest.MonkeyPatch, body: bytes
) -> None:
    heard = await hear(monkeypatch, Answer(body=body, headers=STREAM))
    assert heard.error
    assert (heard.error.kind, heard.error.detail) == ("server_error", "Engine crashed")
    assert heard.text == ("Hi" if body.startswith(HI) else "")
    assert "an error of its own (Engine crashed)" in error_messages.for_error(heard.error)


@pytest.mark.parametrize("headers", [STREAM, JSON, {}], ids=["stream", "JSON", "none"])
async def test_an_error_instead_of_a_stream_is_shown_with_its_words(
    monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]
) -> None:
    answer = Answer(body={"error": {"message": "Engine crashed"}}, headers=headers)
    heard = await hear(monkeypatch, answer)
    assert heard.error
    assert (heard.error.kind, heard.error.detail) == ("server_error", "Engine crashed")


async def test_an_error_may_name_a_status(monkeypatch: pytest.MonkeyPatch) -> None:
    error = {"error": {"code": 429, "message": "Slow down"}}
    heard = await hear(monkeypatch, Answer(body=error, headers=JSON))
    assert heard.error
    assert heard.error.kind == "rate_limited"


OTHERS = {
    "HTML": ("<!doctype html><p>Welcome</p>", "an HTML page"),
    "XML": ("\n<?xml version='1.0'?><a/>", "an HTML page"),
    "text": ("Ollama is running", "Ollama is running"),
    "other JSON": ('{"status": "ok"}', '{"status": "ok"}'),
    "empty JSON": ("{}", "{}"),
}


@pytest.mark.parametrize(("body", "detail"), OTHERS.values(), ids=OTHERS.keys())
async def test_what_is_no_reply_is_not_the_api(
    monkeypatch: pytest.MonkeyPatch, body: str, detail: str
) -> None:
    heard = await hear(monkeypatch, Answer(body=body))
    assert heard.error
    assert (heard.error.kind, heard.error.detail) == ("wrong_address", detail)
    assert "is not the API" in error_messages.for_error(heard.error)


@pytest.mark.parametrize("body", ["", '{"id": 1, "cho', "data: Hello\n\n"])
async def test_what_cannot_be_read_is_malformed(monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    heard = await hear(monkeypatch, Answer(body=body))
    assert heard.error
    assert heard.error.kind == "malformed"


@pytest.mark.parametrize("body", ["", "data: [DONE]\n\n"])
async def test_a_stream_may_be_empty(monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    heard = await hear(monkeypatch, Answer(body=body, headers=STREAM))
    assert (heard.error, heard.text, heard.finish) == (None, "", None)


HUGE = {
    "a reply in one piece": b'{"id": "' + b"x" * 9000,
    "an event": HI + b'data: {"id": "' + b"x" * 9000,
    "text": b"x" * 9000,
}


@pytest.mark.parametrize("body", HUGE.values(), ids=HUGE.keys())
async def test_no_more_is_kept_than_a_reply_can_have(
    monkeypatch: pytest.MonkeyPatch, body: bytes
) -> None:
    monkeypatch.setattr(response_body, "MAXIMUM_BYTES", 5000)
    # It stays open: only the limit ends it.
    heard = await hear(monkeypatch, Answer(body=body, stays_open=True))
    assert heard.error
    assert (heard.error.kind, heard.error.detail) == (
        "malformed",
        "more than 5,000 bytes in one piece",
    )
    assert heard.text == ("Hi" if body.startswith(HI) else "")


async def test_signs_of_life_are_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(response_body, "MAXIMUM_BYTES", 5000)
    pieces = [b": keepalive\n\n" * 200] * 3 + [HI, END]
    heard = await hear(monkeypatch, Answer(headers=STREAM, pieces=pieces, pause=0.01))
    assert (heard.error, heard.text, heard.finish) == (None, "Hi", "stop")


@pytest.mark.parametrize("compressed", [False, True], ids=["plain", "gzip"])
async def test_only_the_beginning_of_an_error_is_read(
    monkeypatch: pytest.MonkeyPatch, compressed: bool
) -> None:
    monkeypatch.setattr(response_body, "MAXIMUM_ERROR_BYTES", 5000)
    page = b"<title>Not today</title>" + b"x" * 99_000
    headers = {"Content-Type": "text/html"}
    if compressed:
        page, headers = gzip.compress(page), headers | {"Content-Encoding": "gzip"}
    heard = await hear(monkeypatch, Answer(502, page, headers, stays_open=True))
    assert heard.error
    assert heard.error.kind == "gateway_error"
    assert "Not today" in heard.error.detail
