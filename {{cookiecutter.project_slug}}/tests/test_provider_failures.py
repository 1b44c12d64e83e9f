"""Each failure of the provider, provoked on the wire with the real SDK, has its kind."""

import asyncio
import logging
import socket
from pathlib import Path

import httpx2
import pytest

from chat import names, sentences, upstream
from fake_model.server import FakeModel
from tests.conftest import KEY, point_at
from tests.replies import listen
from tests.servers import Answer, listening, scripted, self_signed

# The kind, and whether text had arrived by then.
FAILURES = {
    "/401": ("key_refused", False),
    "/404": ("model_unknown", False),
    "/429": ("rate_limited", False),
    "/500": ("server_error", False),
    "/overloaded": ("overloaded", False),
    "/quota": ("out_of_credit", False),
    "/context": ("context_too_long", False),
    "/drop": ("lost", True),
    "/garbage": ("malformed", True),
    "/error": ("server_error", True),
}


@pytest.mark.parametrize(("word", "expected"), FAILURES.items(), ids=FAILURES.keys())
async def test_each_word_has_its_kind_and_is_asked_once(
    model: FakeModel, caplog: pytest.LogCaptureFixture, word: str, expected: tuple[str, bool]
) -> None:
    caplog.set_level(logging.DEBUG)
    heard = await listen(f"{word} /long 40")
    assert heard.error
    assert (heard.error.kind, bool(heard.text)) == expected
    assert heard.error.retry_after == (7 if word == "/429" else None)
    assert heard.finish is None
    assert len(model.record) == 1
    assert KEY not in sentences.for_error(heard.error) + heard.error.detail + caplog.text


@pytest.mark.parametrize(
    ("word", "finish"),
    [("", "stop"), ("/length", "length"), ("/refuse", "refused"), ("/cut", None)],
)
async def test_each_ending_is_told(model: FakeModel, word: str, finish: str | None) -> None:
    heard = await listen(f"{word} /long 40")
    assert heard.error is None
    assert heard.text
    assert heard.finish == finish
    assert len(model.record) == 1


@pytest.mark.parametrize("value", ["", " ", None])
async def test_a_missing_key_is_told_and_nothing_is_sent(
    model: FakeModel, monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    if value is None:
        monkeypatch.delenv(names.KEY_VARIABLE)
    else:
        monkeypatch.setenv(names.KEY_VARIABLE, value)
    heard = await listen("Hello")
    assert heard.error
    assert heard.error.kind == "key_missing"
    assert names.KEY_VARIABLE in sentences.for_error(heard.error)
    assert len(model.record) == 0


@pytest.mark.parametrize("key", ["sk-secret\nsecond line", "sk-secret…"])
async def test_a_key_that_no_header_can_carry_is_told_without_repeating_it(
    model: FakeModel, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, key: str
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv(names.KEY_VARIABLE, key)
    heard = await listen("Hello")
    assert heard.error
    assert heard.error.kind == "key_refused"
    assert "sk-secret" not in sentences.for_error(heard.error) + heard.error.detail + caplog.text
    assert len(model.record) == 0


async def test_spaces_around_the_key_do_not_matter(
    model: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(names.KEY_VARIABLE, f" {KEY}\n")
    assert (await listen("Hello")).finish == "stop"


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500])
async def test_a_key_that_a_server_repeats_goes_no_further(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    caplog.set_level(logging.INFO)
    body = {"error": {"message": f"model: the key {KEY} is wrong", "type": "x", "code": status}}
    with scripted(Answer(status, body)) as server:
        point_at(server.address, monkeypatch)
        heard = await listen("Hello")
    assert heard.error
    assert "the key *** is wrong" in heard.error.detail
    assert KEY not in sentences.for_error(heard.error) + caplog.text


async def test_a_refused_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    point_at(address, monkeypatch)
    heard = await listen("Hello")
    assert heard.error
    assert (heard.error.kind, heard.error.detail) == ("unreachable", "the connection was refused")
    assert address in sentences.for_error(heard.error)


async def test_a_name_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    point_at("http://nobody:password@nowhere.invalid/v1?token=1", monkeypatch)
    heard = await listen("Hello")
    assert heard.error
    assert (heard.error.kind, heard.error.detail) == ("unreachable", "its name is not known")
    sentence = sentences.for_error(heard.error)
    assert "http://nowhere.invalid/v1:" in sentence
    assert "password" not in sentence
    assert "token" not in sentence


async def test_an_address_without_a_scheme(monkeypatch: pytest.MonkeyPatch) -> None:
    point_at("127.0.0.1:8080/v1", monkeypatch)
    heard = await listen("Hello")
    assert heard.error
    assert heard.error.kind == "unreachable"
    assert "http://" in sentences.for_error(heard.error)


async def test_no_connection_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upstream, "TIMEOUT", httpx2.Timeout(None, connect=0.3))
    with listening() as listener:
        # It takes the connection and is silent in the handshake, which is part of connecting.
        point_at(f"https://127.0.0.1:{listener.getsockname()[1]}", monkeypatch)
        heard = await listen("Hello")
    assert heard.error
    assert (heard.error.kind, heard.error.detail) == (
        "unreachable",
        "no connection within 0.3 seconds",
    )


async def test_a_certificate_that_nobody_signed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with FakeModel(tls=self_signed(tmp_path).server) as model:
        point_at(model.base_url, monkeypatch)
        heard = await listen("Hello")
        assert len(model.record) == 0
    assert heard.error
    assert heard.error.kind == "tls"
    assert "self-signed certificate" in sentences.for_error(heard.error)


async def test_a_server_that_speaks_no_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    with listening() as listener:
        point_at(f"https://127.0.0.1:{listener.getsockname()[1]}", monkeypatch)
        asking = asyncio.create_task(listen("Hello"))
        connection, _ = await asyncio.to_thread(listener.accept)
        with connection:
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            heard = await asking
    assert heard.error
    assert heard.error.kind == "tls"


async def test_another_path_is_not_the_api(
    model: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    point_at(f"{model.base_url}/elsewhere", monkeypatch)
    heard = await listen("Hello")
    assert heard.error
    assert heard.error.kind == "wrong_address"
    assert f"{model.base_url}/elsewhere" in sentences.for_error(heard.error)
    assert len(model.record) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirection_is_not_followed(monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    with scripted(Answer(status, headers={"Location": "/elsewhere"})) as server:
        point_at(server.address, monkeypatch)
        heard = await listen("Hello")
    assert heard.error
    assert heard.error.kind == "wrong_address"
    assert len(server.requests) == 1


async def test_a_connection_lost_before_the_first_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    with listening() as listener:
        point_at(f"http://127.0.0.1:{listener.getsockname()[1]}", monkeypatch)
        asking = asyncio.create_task(listen("Hello"))
        connection, _ = await asyncio.to_thread(listener.accept)
        with connection:
            await asyncio.to_thread(connection.recv, 65536)
        heard = await asking
    assert heard.error
    assert heard.error.kind == "lost"


@pytest.mark.parametrize("body", ["", "<!doctype html><p>Hello</p>", "{}", "data: [DONE]\n\n"])
async def test_an_answer_without_a_reply_is_none(
    monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    with scripted(Answer(200, body)) as server:
        point_at(server.address, monkeypatch)
        heard = await listen("Hello")
    assert heard.text == ""
    assert heard.finish is None
    assert heard.error is None or heard.error.kind == "malformed"
