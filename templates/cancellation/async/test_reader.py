"""After Stop nothing is sent, wherever the reading task waits then. Reads are few and in time."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import httpx2
import pytest

from chat.provider import reader, response_stream, wire
from chat.provider.client import stream
from chat.provider.events import Event
from chat.provider.messages import Request
from fake_model.server import FakeModel
from tests.conftest import point_at, seen_by
from tests.listener import listen
from tests.upstreams import listening
from tests.waiting import SOON


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

    async def stream_twice(client: Any, request: Request) -> AsyncGenerator[list[Event]]:
        for _ in range(2):
            async for events in stream(client, request):
                yield events
            await seen_by(model, lambda record: record[0].ended)
            await gate.wait()

    monkeypatch.setattr(reader, "stream", stream_twice)
    await gate.stop_here()
    assert [entry.finished for entry in model.record] == [True]


class Parts(httpx2.AsyncByteStream):
    """A body in parts. Each comes with a read of the socket, or with the same read as the last."""

    def __init__(self, waits: list[bool], log: list[str]) -> None:
        self._waits = waits
        self._log = log

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for waits in self._waits:
            if waits:
                await asyncio.sleep(0)
            self._log.append("read" if waits else "part")
            yield wire.KEEP_ALIVE


async def test_it_pauses_between_reads_but_not_while_one_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log: list[str] = []
    sleep = asyncio.sleep

    async def sleep_and_log(seconds: float) -> None:
        if seconds == response_stream.GATHER_SECONDS:
            log.append("pause")
        await sleep(0)

    monkeypatch.setattr(asyncio, "sleep", sleep_and_log)
    waits = [True, True, True, False, False, True, True, False]
    response = httpx2.Response(200, stream=Parts(waits, log))
    await response_stream.on_response(response)
    _ = [event async for event in response.aiter_raw()]
    # The first is not held up. What has arrived in a pause is read to its end.
    rest = ["read", "pause", "read", "part"]
    assert log == ["read", "read", "pause", "read", "part", "part", *rest]
