"""What keeps the SDK from the API is told as what it is: address, network, TLS, time."""

import asyncio

import httpx2
import pytest

from chat import error_messages
from chat.provider import upstream
from fake_model.server import FakeModel
from tests.conftest import point_at
from tests.listener import listen
from tests.ports import refusing_port
from tests.upstreams import Answer, listening, scripted, self_signed


async def test_a_refused_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    with refusing_port() as port:
        address = f"http://127.0.0.1:{port}"
        point_at(address, monkeypatch)
        heard = await listen("Hello")
    assert heard.error
    assert (heard.error.kind, heard.error.detail) == ("unreachable", "the connection was refused")
    assert address in error_messages.for_error(heard.error)


async def test_a_name_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    point_at("http://nobody:password@nowhere.invalid/v1?token=1", monkeypatch)
    heard = await listen("Hello")
    assert heard.error
    assert (heard.error.kind, heard.error.detail) == ("unreachable", "its name is not known")
    sentence = error_messages.for_error(heard.error)
    assert "http://nowhere.invalid/v1:" in sentence
    assert "password" not in sentence
    assert "token" not in sentence


async def test_an_address_without_a_scheme(monkeypatch: pytest.MonkeyPatch) -> None:
    point_at("127.0.0.1:8080/v1", monkeypatch)
    heard = await listen("Hello")
    assert heard.error
    assert heard.error.kind == "unreachable"
    assert "http://" in error_messages.for_error(heard.error)


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


async def test_a_certificate_that_nobody_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeModel(tls=self_signed().server) as model:
        point_at(model.base_url, monkeypatch)
        heard = await listen("Hello")
        assert len(model.record) == 0
    assert heard.error
    assert heard.error.kind == "tls"
    assert "self-signed certificate" in error_messages.for_error(heard.error)


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
    assert f"{model.base_url}/elsewhere" in error_messages.for_error(heard.error)
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
