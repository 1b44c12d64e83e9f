"""A Redis, this process on it, and another process as the bus sees it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio
from pytest_django import Settings

from chat.bus import connections
from chat.bus.bus import Bus, bus, name
from tests.redis_server import RedisServer
from tests.waiting import SOON, limit, until


class Other:
    """Another process: it sends, and keeps what it hears."""

    def __init__(self) -> None:
        self.bus = Bus()
        self.heard: list[Any] = []

    async def listen(self, *parts: object) -> None:
        """Listen to a channel, and wait until nothing in it is missed."""
        begun = asyncio.Event()
        self.bus.listen(name(*parts), self.heard.append, begun.set)
        async with limit(f"Redis lets it listen to {parts}"):
            await begun.wait()

    async def send(self, message: Any, *parts: object) -> None:
        """Send to a channel, once somebody listens to it."""
        channel = name(*parts)
        await until("Redis answers", lambda: self.bus.up_since, lambda: "nothing")
        async with limit(f"somebody listens to {parts}"):
            while not await self.bus.listeners(channel):
                await asyncio.sleep(0.005)
        await self.bus.send(channel, message)

    async def hears(self, message: Any) -> None:
        """Wait until it has heard a message."""
        await until(f"{message} is heard", lambda: message in self.heard, lambda: self.heard)


@pytest.fixture
def redis(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[RedisServer]:
    # However slow the machine is, a Redis that runs does not count as away.
    monkeypatch.setattr(connections, "PATIENCE_SECONDS", SOON)
    monkeypatch.setattr(connections, "SILENCE_SECONDS", SOON)
    with RedisServer() as server:
        settings.CHAT_REDIS_URL = server.url
        yield server


@pytest_asyncio.fixture
async def other(redis: RedisServer) -> AsyncIterator[Other]:
    """Another process, whose name is `elsewhere`; this one leaves Redis at the end, too."""
    other = Other()
    await other.listen("process", "elsewhere")
    yield other
    await other.bus.close()
    await bus.close()
