"""After Stop nothing is sent, whatever the worker thread is about to do then."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from chat.provider import reader, response_stream
from chat.provider.client import stream
from chat.provider.events import Event
from chat.provider.messages import Request
from fake_model import dialect
from fake_model.server import FakeModel
from tests.conftest import point_at, seen_by
from tests.listener import listen
from tests.upstreams import END, HI, STREAM, Answer, listening, scripted
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


class Clock:
    """A clock that only waits move. It keeps how long each pause was."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        self.pauses: list[float] = []
        monkeypatch.setattr(response_stream, "monotonic", lambda: self.now)
        monkeypatch.setattr(response_stream, "sleep", self._sleep)

    def _sleep(self, seconds: float) -> None:
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

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if timeout == 0 and not self._come():
            raise OSError from BlockingIOError()
        self._clock.now = max(self._clock.now, (self._read + 1) * self._seconds)
        new = min(self._come(), self._at_once)
        self._read += new
        return b"t" * new

    def get_extra_info(self, info: str) -> object:
        return object() if info == "ssl_object" and self._at_once == 1 else None

    def _come(self) -> int:
        return int(self._clock.now / self._seconds + 0.001) - self._read


@pytest.mark.parametrize("at_once", [100, 1])
def test_what_comes_in_a_pause_is_read_at_once(
    monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    clock = Clock(monkeypatch)
    connection = Connection(clock, 0.01, at_once)
    response_stream.Gathering(connection, lambda: None)
    assert [len(connection.read(100)) for _ in range(4)] == [1, 6, 7, 6]
    assert clock.pauses == [response_stream.GATHER_SECONDS] * 3


def test_what_was_read_is_handed_over_before_the_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    connection = Connection(clock, 0.01)
    handed_over: list[float] = []
    response_stream.Gathering(connection, lambda: handed_over.append(clock.now))
    read = []
    for _ in range(3):
        connection.read(100)
        read.append(clock.now)
    assert handed_over == [0.0, *read[:2]]


async def test_what_came_in_one_read_wakes_the_event_loop_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sizes: list[int] = []
    hand_over = reader.Buffer.hand_over

    def count(buffer: reader.Buffer) -> None:
        sizes.append(len(buffer._items))
        hand_over(buffer)

    monkeypatch.setattr(reader.Buffer, "hand_over", count)
    with scripted(Answer(headers=STREAM, body=HI * 20 + END)) as server:
        point_at(server.address + dialect.BASE_PATH, monkeypatch)
        heard = await listen("Hello")
    assert heard.text == "Hi" * 20
    assert max(sizes) > 20


def test_a_quick_model_does_not_hold_back_what_has_been_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock(monkeypatch)

    class Quick:
        def get_extra_info(self, info: str) -> object:
            return object()

        def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
            clock.now += 0.001
            return b"t"

    connection = Quick()
    response_stream.Gathering(connection, lambda: None)
    assert [len(connection.read(100)) for _ in range(3)] == [11, 11, 11]


def test_the_tokens_of_a_slow_model_are_read_as_they_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock(monkeypatch)
    connection = Connection(clock, seconds=0.3)
    response_stream.Gathering(connection, lambda: None)
    times = []
    for _ in range(3):
        connection.read(100)
        times.append(round(clock.now, 3))
    assert times == [0.3, 0.6, 0.9]


def test_what_came_before_an_error_is_read_first() -> None:
    class Broken:
        answers = iter([b"text"])

        def get_extra_info(self, info: str) -> object:
            return object()

        def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
            if text := next(self.answers, b""):
                return text
            raise OSError("reset") from ConnectionResetError()

    connection = Broken()
    response_stream.Gathering(connection, lambda: None)
    assert connection.read(100) == b"text"
    connection.answers = iter([b"nothing that is real"])
    with pytest.raises(OSError, match="reset"):
        connection.read(100)
