"""Holds up threads, as a database or a model does that does not answer."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from fake_model.server import FakeModel
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


@contextmanager
def of_model(model: FakeModel) -> Iterator[None]:
    """Hold up the model: a reply does not end while a test looks at how it begins."""
    go_on = threading.Event()
    model._loop.call_soon_threadsafe(go_on.wait, 6 * SOON)
    try:
        yield
    finally:
        go_on.set()
