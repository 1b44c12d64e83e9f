"""Messages cross between processes, and Redis may be away: nobody waits, and nothing is told."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from django.conf import settings as django_settings
from pytest_django import Settings

from chat.bus import bus as module
from chat.bus import connections
from chat.bus.bus import Bus
from tests.redis_server import RedisServer
from tests.waiting import limit, until

SECRET = "what a user has typed"


class Process:
    """A process that listens to one channel."""

    def __init__(self) -> None:
        self.bus = Bus()
        self.heard: list[Any] = []
        self.begun = 0
        self.bus.listen("channel", self.heard.append, self._begin)

    def _begin(self) -> None:
        self.begun += 1

    async def has_begun(self, times: int) -> None:
        await until(f"begun {times} times", lambda: self.begun >= times, lambda: self.begun)

    async def hears(self, message: Any) -> None:
        await until(f"{message} is heard", lambda: message in self.heard, lambda: self.heard)


@pytest.fixture
def impatient(redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Redis that does not answer counts as away soon."""
    monkeypatch.setattr(connections, "PATIENCE_SECONDS", 0.5)


@pytest_asyncio.fixture
async def two(redis: RedisServer) -> AsyncIterator[tuple[Process, Process]]:
    one, two = Process(), Process()
    await one.has_begun(1)
    await two.has_begun(1)
    yield one, two
    await one.bus.close()
    await two.bus.close()


async def test_others_hear_what_is_sent_and_the_sender_does_not(
    two: tuple[Process, Process],
) -> None:
    one, other = two
    assert await one.bus.send("channel", [SECRET, 1]) == 2
    assert await one.bus.listeners("channel") == 1
    await other.hears([SECRET, 1])
    await other.bus.send("channel", "back")
    await one.hears("back")
    assert one.heard == ["back"]


async def test_who_has_left_hears_nothing(two: tuple[Process, Process]) -> None:
    one, other = two
    other.bus.leave("channel")
    async with limit("the other has left"):
        while await one.bus.listeners("channel"):
            pass
    assert await one.bus.send("channel", "nobody") == 1
    assert other.heard == []


async def test_messages_come_again_when_redis_does(
    two: tuple[Process, Process], redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    one, other = two
    redis.stop()
    await until("it is noticed", lambda: one.bus.up_since is None, lambda: one.bus.up_since)
    # At once: nobody waits for what is away.
    assert one.bus.send("channel", SECRET).result() == 0
    assert await one.bus.ask("SET", "key", SECRET) is None
    other.bus.listen("another", other.heard.append)
    redis.start()
    await one.has_begun(2)
    await other.has_begun(2)
    await one.bus.send("channel", "again")
    await one.bus.send("another", "new")
    await other.hears("again")
    await other.hears("new")
    assert "Redis is away (" in caplog.text
    assert "Redis answers again" in caplog.text
    assert SECRET not in caplog.text


async def test_the_end_of_a_process_is_no_redis_that_is_away(
    two: tuple[Process, Process], caplog: pytest.LogCaptureFixture
) -> None:
    one, _ = two
    connection = one.bus._connections
    assert connection is not None
    await one.bus.close()
    # What was under way fails with the connection.
    await connection._away(ConnectionError())
    assert "Redis is away" not in caplog.text


async def test_a_redis_that_answers_nothing_is_away(
    impatient: None, two: tuple[Process, Process], redis: RedisServer
) -> None:
    one, _ = two
    redis.freeze()
    async with limit("what waits for an answer ends"):
        assert await one.bus.send("channel", SECRET) == 0
    assert one.bus.up_since is None


async def test_silence_is_noticed_though_nothing_is_sent(
    two: tuple[Process, Process], redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "SILENCE_SECONDS", 0.1)
    one, other = two
    await other.bus.send("channel", "from now on the wait is short")
    await one.hears("from now on the wait is short")
    redis.freeze()
    await until("it is noticed", lambda: one.bus.up_since is None, lambda: "it counts as up")


async def test_an_error_does_not_tell_what_was_sent(
    two: tuple[Process, Process], caplog: pytest.LogCaptureFixture
) -> None:
    one, other = two

    def fail(message: str) -> None:
        raise ValueError(message)

    other.bus.listen("channel", fail)
    await one.bus.send("channel", SECRET)
    await until("it is told", lambda: "not understood" in caplog.text, lambda: caplog.text)
    await one.bus.ask("SET", "key", SECRET, "NONSENSE", SECRET)
    assert SECRET not in caplog.text


def test_two_projects_on_one_redis_do_not_meet(settings: Settings) -> None:
    mine = module.name("owner", 1)
    settings.SECRET_KEY = "of another project"
    assert module.name("owner", 1) != mine


async def test_without_an_address_there_is_no_bus(settings: Settings) -> None:
    settings.CHAT_REDIS_URL = ""
    bus = Bus()
    bus.listen("channel", lambda message: None)
    assert bus.send("channel", SECRET).result() == 0
    assert bus._connections is None


def test_without_an_address_redis_is_not_imported() -> None:
    code = "import sys, config.asgi, chat.lifespan; print('redis' in sys.modules)"
    said = subprocess.run(
        [sys.executable, "-c", code],
        cwd=django_settings.BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        capture_output=True,
        text=True,
    )
    assert said.stdout == "False\n", said.stderr


async def test_without_its_package_the_rows_do(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    settings.CHAT_REDIS_URL = "redis://127.0.0.1:9/0"
    monkeypatch.delitem(sys.modules, "chat.bus.connections", raising=False)
    monkeypatch.setitem(sys.modules, "redis.asyncio", None)
    bus = Bus()
    bus.listen("channel", lambda message: None)
    assert "manage.py check" in caplog.text
    assert bus.send("channel", SECRET).result() == 0
