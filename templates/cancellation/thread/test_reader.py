"""After Stop nothing is sent, whatever the worker thread is about to do then."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from chat.provider import reader
from chat.provider.client import stream
from chat.provider.events import Event
from chat.provider.messages import Request
from fake_model.server import FakeModel
from tests.conftest import point_at, seen_by
from tests.listener import listen
from tests.upstreams import listening
from tests.waiting import SOON


class Gate:
    """Holds the thread at one place until the test has stopped the reply."""

    def __init__(self) -> None:
        self._reached, self._open = threading.Event(), threading.Event()

    def wait(self) -> None:
        """Called by the thread."""
        self._reached.set()
        assert self._open.wait(SOON)

    @asynccontextmanager
    async def stopped_here(self) -> AsyncIterator[None]:
        """Ask, stop when the thread has come here, and let it go on to its end."""
        asking = asyncio.create_task(listen("/long 3"))
        assert await asyncio.to_thread(self._reached.wait, SOON)
        yield
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        threads = [thread for thread in threading.enumerate() if thread.name == "reply"]
        assert threads
        self._open.set()
        for thread in threads:
            await asyncio.to_thread(thread.join, SOON)
            assert not thread.is_alive()


def before(gate: Gate, function: Callable[..., Any]) -> Callable[..., Any]:
    """`function`, which begins at the gate."""

    def gated(*arguments: Any) -> Any:
        gate.wait()
        return function(*arguments)

    return gated


@pytest.mark.parametrize("place", ["open_client", "stream"])
async def test_before_there_is_a_request_no_connection_is_opened(
    monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    gate = Gate()
    monkeypatch.setattr(reader, place, before(gate, getattr(reader, place)))
    with listening() as listener:
        point_at(f"http://127.0.0.1:{listener.getsockname()[1]}", monkeypatch)
        async with gate.stopped_here():
            pass
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()


async def test_between_the_connection_and_the_request_no_byte_is_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gate, trace = Gate(), reader.Connections._trace

    def trace_and_wait(connections: reader.Connections, event: str, info: dict[str, Any]) -> None:
        trace(connections, event, info)
        if event.endswith(".connect_tcp.complete"):
            gate.wait()

    monkeypatch.setattr(reader.Connections, "_trace", trace_and_wait)
    with listening() as listener:
        point_at(f"http://127.0.0.1:{listener.getsockname()[1]}", monkeypatch)
        async with gate.stopped_here():
            connection, _ = await asyncio.to_thread(listener.accept)
        with connection:
            connection.settimeout(SOON)
            assert await asyncio.to_thread(received, connection) == b""


async def test_a_second_request_of_the_same_client_is_not_sent(
    model: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate()

    def stream_twice(client: Any, request: Request) -> Generator[list[Event]]:
        yield from stream(client, request)
        gate.wait()
        yield from stream(client, request)

    monkeypatch.setattr(reader, "stream", stream_twice)
    async with gate.stopped_here():
        await seen_by(model, lambda record: record[0].ended)
    monkeypatch.undo()
    assert [entry.finished for entry in model.record] == [True]


def received(connection: socket.socket) -> bytes:
    """All that the other side sends before it ends the connection."""
    try:
        return connection.recv(65536)
    except ConnectionResetError:
        return b""
