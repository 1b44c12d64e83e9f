"""Holds up threads, as a database does that does not answer."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from tests.waiting import SOON


@asynccontextmanager
async def shared_thread() -> AsyncIterator[None]:
    """Hold up the one thread that Channels goes through before each frame."""
    begun, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        begun.set()
        go_on.wait(6 * SOON)

    holding = asyncio.create_task(sync_to_async(hold)())
    assert await asyncio.to_thread(begun.wait, SOON)
    try:
        yield
    finally:
        go_on.set()
        await holding


@asynccontextmanager
async def calls_of(
    owner: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[threading.Event]:
    """Hold up each call of a function. The event is set when the first one is held."""
    held, go_on = threading.Event(), threading.Event()
    call: Callable[..., Any] = getattr(owner, name)

    def hold(*args: Any, **kwargs: Any) -> Any:
        held.set()
        go_on.wait(6 * SOON)
        return call(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, hold)
        try:
            yield held
        finally:
            go_on.set()
