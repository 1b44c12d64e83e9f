"""After Stop nothing is sent, wherever the reading task waits then."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import httpx2
import pytest

from chat.provider import reader
from chat.provider.client import stream
from chat.provider.events import Event, Message
from fake_model.server import FakeModel
from tests.conftest import SOON, point_at, seen_by
from tests.listener import listen
from tests.upstreams import listening


class Gate:
    """Holds the reading task at one place, where the test stops the reply."""

    def __init__(self) -> None:
        self._reached = asyncio.Event()

    async def wait(self) -> None:
        """Called by the task, which is cancelled here."""
        self._reached.set()
        await asyncio.sleep(SOON)

    async def stop_here(self) -> None:
        """Ask, and stop when the task has come here."""
        asking = asyncio.create_task(listen("/long 3"))
        await asyncio.wait_for(self._reached.wait(), SOON)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking


async def test_before_the_request_no_connection_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate()

    async def watch(connections: reader.Connections, request: httpx2.Request) -> None:
        await gate.wait()

    monkeypatch.setattr(reader.Connections, "watch", watch)
    with listening() as listener:
        point_at(f"http://127.0.0.1:{listener.getsockname()[1]}", monkeypatch)
        await gate.stop_here()
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()


async def test_between_the_connection_and_the_request_no_byte_is_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gate, trace = Gate(), reader.Connections._trace

    async def trace_and_wait(
        connections: reader.Connections, event: str, info: dict[str, Any]
    ) -> None:
        await trace(connections, event, info)
        if event.endswith(".connect_tcp.complete"):
            await gate.wait()

    monkeypatch.setattr(reader.Connections, "_trace", trace_and_wait)
    with listening() as listener:
        point_at(f"http://127.0.0.1:{listener.getsockname()[1]}", monkeypatch)
        await gate.stop_here()
        connection, _ = await asyncio.to_thread(listener.accept)
        with connection:
            connection.settimeout(SOON)
            assert await asyncio.to_thread(connection.recv, 65536) == b""


async def test_a_second_request_of_the_same_client_is_not_sent(
    model: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate()

    async def stream_twice(client: Any, messages: list[Message]) -> AsyncGenerator[list[Event]]:
        for _ in range(2):
            async for events in stream(client, messages):
                yield events
            await seen_by(model, lambda record: record[0].ended)
            await gate.wait()

    monkeypatch.setattr(reader, "stream", stream_twice)
    await gate.stop_here()
    assert [entry.finished for entry in model.record] == [True]
