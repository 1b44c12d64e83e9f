"""After Stop nothing is sent, wherever the reading task waits then. Reads are few and in time."""

import asyncio
import select
from collections.abc import AsyncGenerator
from typing import Any

import httpcore2
import httpx2
import pytest

from chat.provider import reader, response_stream
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


class Clock:
    """A clock that only waits move. It keeps how long each pause was."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        self.pauses: list[float] = []
        monkeypatch.setattr(response_stream, "monotonic", lambda: self.now)
        monkeypatch.setattr(asyncio, "sleep", self._sleep)

    async def _sleep(self, seconds: float) -> None:
        self.pauses.append(round(seconds, 3))
        self.now += seconds


class Connection:
    """A connection where a token comes every `seconds`, the first of them at that time.

    A read returns what has come, but no more than `at_once` tokens: over TLS, often one.
    """

    def __init__(self, clock: Clock, seconds: float, at_once: int = 100) -> None:
        self._clock = clock
        self._seconds = seconds
        self._at_once = at_once
        self._read = 0

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if timeout is not None and not self._come():
            raise OSError from TimeoutError()
        self._clock.now = max(self._clock.now, (self._read + 1) * self._seconds)
        new = min(self._come(), self._at_once)
        self._read += new
        return b"t" * new

    def get_extra_info(self, info: str) -> object:
        return object() if info == "ssl_object" and self._at_once == 1 else None

    def _come(self) -> int:
        return int(self._clock.now / self._seconds + 0.001) - self._read


@pytest.mark.parametrize("at_once", [100, 1])
async def test_what_comes_in_a_pause_is_read_at_once(
    monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    clock = Clock(monkeypatch)
    connection = Connection(clock, 0.01, at_once)
    response_stream.Gathering(connection)
    assert [len(await connection.read(100)) for _ in range(4)] == [1, 6, 7, 6]
    assert clock.pauses == [response_stream.GATHER_SECONDS] * 3


async def test_a_quick_model_does_not_hold_back_what_has_been_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock(monkeypatch)

    class Quick:
        def get_extra_info(self, info: str) -> object:
            return object()

        async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
            clock.now += 0.001
            return b"t"

    connection = Quick()
    response_stream.Gathering(connection)
    assert [len(await connection.read(100)) for _ in range(3)] == [11, 11, 11]


async def test_the_tokens_of_a_slow_model_are_read_as_they_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock(monkeypatch)
    connection = Connection(clock, seconds=0.3)
    response_stream.Gathering(connection)
    times = []
    for _ in range(3):
        await connection.read(100)
        times.append(round(clock.now, 3))
    assert times == [0.3, 0.6, 0.9]


async def test_what_has_come_is_found_though_the_loop_has_not_looked_yet() -> None:
    with listening() as listener:
        stream = await httpcore2.AnyIOBackend().connect_tcp(*listener.getsockname())
        gathering = response_stream.Gathering(stream)
        connection, _ = listener.accept()
        with connection:
            connection.send(b"one")
            assert await stream.read(100) == b"one"
            connection.send(b"two")
            assert select.select([stream.get_extra_info("socket")], [], [], SOON)[0]
            assert await gathering._read_more(100) == b"two"
        await stream.aclose()


async def test_what_came_before_an_error_is_read_first() -> None:
    class Broken:
        answers = iter([b"text"])

        def get_extra_info(self, info: str) -> object:
            return object()

        async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
            if text := next(self.answers, b""):
                return text
            raise OSError("reset") from ConnectionResetError()

    connection = Broken()
    response_stream.Gathering(connection)
    assert await connection.read(100) == b"text"
    connection.answers = iter([b"nothing that is real"])
    with pytest.raises(OSError, match="reset"):
        await connection.read(100)
