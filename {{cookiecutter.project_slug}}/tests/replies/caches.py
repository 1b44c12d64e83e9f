"""Caches for the tests of the cache of replies, and replies that are read without a page."""

import threading
from collections.abc import AsyncGenerator, Iterator
from functools import partial
from typing import Any

import pytest
from django.core.cache.backends import locmem
from pytest_django import Settings

from chat.models import Conversation
from chat.provider.events import Event
from chat.replies import cache, rows
from chat.replies.running_reply import RunningReply
from tests.waiting import SOON, limit, until


class Kept(locmem.LocMemCache):
    """Django's default cache; `kept` is what was put into it."""

    kept: list[tuple[str, Any, float | None]] = []

    def set(self, key: Any, value: Any, timeout: Any = None, version: Any = None) -> None:
        super().set(key, value, timeout, version)
        Kept.kept.append((key, value, timeout))


class Broken(locmem.LocMemCache):
    """As if Redis were down."""

    def get(self, *args: Any, **kwargs: Any) -> Any:
        raise ConnectionRefusedError("no Redis here")

    def set(self, *args: Any, **kwargs: Any) -> None:
        raise ConnectionRefusedError("no Redis here")


class Strange(locmem.LocMemCache):
    """Holds what another program has put there."""

    def get(self, *args: Any, **kwargs: Any) -> Any:
        return "not a reply"


class Hanging(locmem.LocMemCache):
    """Answers nobody, until the test has ended, or has failed."""

    ended = threading.Event()

    def get(self, *args: Any, **kwargs: Any) -> Any:
        Hanging.ended.wait(2 * SOON)


def use(settings: Settings, backend: type[locmem.LocMemCache]) -> None:
    settings.CACHES = {"default": {"BACKEND": f"{__name__}.{backend.__name__}"}}


@pytest.fixture
def kept_replies(settings: Settings) -> Iterator[None]:
    """The cache is on, and empty."""
    settings.CHAT_CACHE_SECONDS = 60
    use(settings, Kept)
    Kept.kept.clear()
    Hanging.ended.clear()
    yield
    Hanging.ended.set()
    Kept("", {}).clear()


async def kept(count: int = 1) -> None:
    """Wait until as many replies are kept: that follows the end of a reply."""
    await until(f"{count} replies are kept", lambda: len(Kept.kept) == count, lambda: Kept.kept)


async def run(prompt: str) -> RunningReply:
    """A reply that was read to its end."""
    running = RunningReply(partial(rows.ask, Conversation(visitor="tests"), prompt), lambda: None)
    async with limit("the reply ends"):
        await running.run()
    return running


async def keep(running: RunningReply) -> None:
    assert running.request is not None
    await cache.keep(running.reply, running.request)


def leaves_alone(running: RunningReply) -> bool:
    """Whether the events of a reply are those of the model, without a function between."""

    async def read() -> AsyncGenerator[Event]:
        raise AssertionError
        yield

    assert running.request is not None
    events = read()
    return cache.first(events, running.reply, running.request) is events
