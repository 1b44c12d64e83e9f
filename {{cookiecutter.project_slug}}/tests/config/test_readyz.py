"""`/readyz` says whether the process can serve: in time, to anybody, and without a name."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any, NoReturn

import pytest
from django.contrib.sessions.models import Session
from django.http import HttpResponse
from pytest_django import Settings

from chat import lifespan
from config import healthz
from tests.ports import refusing_port
from tests.waiting import SOON, limit

Ask = Callable[..., Awaitable[HttpResponse]]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ask(settings: Settings, async_client: Any, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Ask as a load balancer does: by an address, and over plain HTTP."""
    monkeypatch.setattr(healthz, "SECONDS", SOON)
    settings.ALLOWED_HOSTS, settings.SECURE_SSL_REDIRECT = ["chat.example.com"], True

    async def _ask(address: str = "/readyz") -> HttpResponse:
        async with limit(f"{address} answers"):
            response: HttpResponse = await async_client.get(address, headers={"host": "10.0.0.1"})
        return response

    return _ask


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A database that does not answer. The thread that asks it waits until the test ends."""
    over = threading.Event()

    class Hanging:
        def cursor(self) -> NoReturn:
            over.wait(2 * SOON)
            raise ConnectionError("the test is over")

    monkeypatch.setattr(healthz, "connection", Hanging())
    monkeypatch.setattr(healthz, "SECONDS", 0.1)
    yield
    over.set()


@asynccontextmanager
async def redis() -> AsyncIterator[str]:
    """The address of what answers as Redis does, to PING and to what the client says before."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while said := await reader.read(1000):
            if b"PING" in said:
                writer.write(b"+PONG\r\n")
            else:
                writer.write(b"%0\r\n" if b"HELLO" in said else b"+OK\r\n" * said.count(b"*"))
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_a_process_that_can_serve_is_ready(ask: Ask) -> None:
    response = await ask()
    assert (response.status_code, response.content) == (200, b"database: ok\n")
    assert not response.cookies
    assert await Session.objects.acount() == 0


async def test_without_a_database_it_is_not(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def refused() -> None:
        raise ConnectionError('connection to "db.internal" failed for user "chat"')

    monkeypatch.setattr(healthz, "_ask_database", refused)
    response = await ask()
    assert (response.status_code, response.content) == (503, b"database: no answer\n")
    assert 'database does not answer: connection to "db.internal"' in caplog.text


async def test_a_database_that_hangs_counts_as_none_and_holds_up_nobody(
    ask: Ask, hanging: None
) -> None:
    for response in await asyncio.gather(*(ask() for _ in range(3))):
        assert (response.status_code, response.content) == (503, b"database: no answer\n")
    assert (await ask("/healthz")).content == b"ok"


async def test_redis_is_asked_where_there_is_one(ask: Ask, settings: Settings) -> None:
    async with redis() as settings.REDIS_URL:
        response = await ask()
    assert (response.status_code, response.content) == (200, b"database: ok\nredis: ok\n")


async def test_without_redis_the_chat_goes_on(ask: Ask, settings: Settings) -> None:
    with refusing_port() as port:
        settings.REDIS_URL = f"redis://:secret@127.0.0.1:{port}"
        response = await ask()
    assert (response.status_code, response.content) == (200, b"database: ok\nredis: no answer\n")


async def test_a_process_that_ends_is_not_ready_but_alive(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    ending = threading.Event()
    ending.set()
    monkeypatch.setattr(lifespan, "ending", ending)
    response = await ask()
    assert (response.status_code, response.content) == (503, b"process: ending\n")
    assert (await ask("/healthz")).status_code == 200
