"""Stop closes the upstream connection in every state, and leaves nothing behind."""

import asyncio
import gc
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest

from chat.provider import upstream
from chat.provider.events import Text
from fake_model.server import FakeModel
from tests import waiting
from tests.conftest import closed_by_client, point_at, seen_by
from tests.listener import Heard, listen
from tests.upstreams import connect_proxy, listening, self_signed
from tests.waiting import SOON, until

# What provokes a state, and how many tokens are heard before it has come. Text flows for ten
# seconds, and the model does not end the reply: a busy machine cannot be too late for Stop.
STATES = {
    "flowing": ("/stall /long 4000", 5),
    "silent half-way": ("/stall /long 20", 10),
    "no byte yet": ("/silent", 0),
}
PACE = 200


@pytest.fixture(params=["http", "https", "proxy"])
def stoppable(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[FakeModel]:
    """The built-in model over plain TCP, over TLS, and over TLS through a proxy."""
    certificate = self_signed()
    monkeypatch.setattr(upstream, "TLS", certificate.client)
    with (
        connect_proxy() as (proxy, targets),
        FakeModel(
            tokens_per_second=PACE, tls=None if request.param == "http" else certificate.server
        ) as model,
    ):
        point_at(model.base_url, monkeypatch)
        if request.param == "proxy":
            monkeypatch.setenv("HTTPS_PROXY", proxy)
        yield model
        assert len(targets) == (len(model.record) if request.param == "proxy" else 0)


@pytest.mark.parametrize("state", STATES)
async def test_the_upstream_sees_the_end_and_nothing_is_sent_again(
    stoppable: FakeModel, state: str
) -> None:
    async with nothing_left():
        await stop(stoppable, state)
    assert len(stoppable.record) == 1
    assert (await listen("/long 3")).finish == "stop"
    assert len(stoppable.record) == 2


async def test_while_connecting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upstream, "TIMEOUT", httpx2.Timeout(None, connect=60))
    async with nothing_left():
        with listening() as listener:
            # It takes the connection and is silent in the handshake, which is part of connecting.
            point_at(f"https://127.0.0.1:{listener.getsockname()[1]}", monkeypatch)
            asking = asyncio.create_task(listen("Hello"))
            connection, _ = await asyncio.to_thread(listener.accept)
            with connection:
                hello = await asyncio.to_thread(connection.recv, 65536)
                await cancelled(asking)
                connection.settimeout(SOON)
                assert hello
                assert await asyncio.to_thread(end, connection)


async def test_before_there_is_a_connection(
    model: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody can be woken who looks up a name, and what goes on then must send nothing."""
    looking_up, go_on = threading.Event(), threading.Event()
    look_up = socket.getaddrinfo

    def look_up_slowly(host: str, *args: Any, **kwargs: Any) -> Any:
        looking_up.set()
        assert go_on.wait(SOON)
        return look_up("127.0.0.1", *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", look_up_slowly)
    point_at(model.base_url.replace("127.0.0.1", "localhost"), monkeypatch)
    async with nothing_left():
        asking = asyncio.create_task(listen("Hello"))
        assert await asyncio.to_thread(looking_up.wait, SOON)
        await cancelled(asking)
        go_on.set()
    assert len(model.record) == 0


async def test_before_anything_was_done(model: FakeModel) -> None:
    async with nothing_left():
        asking = asyncio.create_task(listen("Hello"))
        await cancelled(asking)
    assert (await listen("/long 3")).finish == "stop"
    assert [entry.words for entry in model.record] == [["/long"]]


async def test_whenever_it_comes(model: FakeModel) -> None:
    """After any number of steps of the event loop: what was sent by then ends, nothing follows."""
    async with nothing_left():
        for steps in range(60):
            asking = asyncio.create_task(listen("/stall /long 3"))
            for _ in range(steps):
                await asyncio.sleep(0)
            await cancelled(asking)
    assert (await listen("/long 3")).finish == "stop"
    ended = "every connection ends"
    await until(ended, lambda: all(entry.ended for entry in model.record), lambda: [*model.record])
    [last] = [entry for entry in model.record if entry.finished]
    assert last.words == ["/long"]
    assert all(entry.ended_by == "client" for entry in model.record if entry is not last)


async def test_many_replies_leave_no_more_than_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeModel(tokens_per_second=PACE) as model:
        point_at(model.base_url, monkeypatch)
        async with nothing_left():
            for state in [*STATES] * 10:
                await stop(model, state)
        assert len(model.record) == 30


@asynccontextmanager
async def nothing_left() -> AsyncIterator[None]:
    """See that no more threads, tasks and sockets are there after the block than before."""
    gc.collect()
    # From here on `gc.get_objects` returns only new objects, not the 300,000 of all imports.
    gc.freeze()
    before = left()
    yield
    await until(
        f"no more threads, tasks and sockets are left than {before}",
        lambda: all(now <= then for now, then in zip(left(), before, strict=True)),
        left,
    )


def left() -> tuple[int, int, int]:
    """How many threads that read a reply, tasks, and open sockets there are."""
    threads = sum(thread.name == "reply" for thread in threading.enumerate())
    sockets = sum(
        isinstance(thing, socket.socket) and thing.fileno() != -1 for thing in gc.get_objects()
    )
    return threads, len(asyncio.all_tasks()), sockets


async def stop(model: FakeModel, state: str) -> None:
    """Ask, stop in one of `STATES`, and see the connection end."""
    prompt, least = STATES[state]
    heard = Heard()
    before = len(model.record)
    asking = asyncio.create_task(listen(prompt, heard=heard))
    await seen_by(model, lambda record: len(record) > before, "the request arrives")
    # What has been heard already cannot tell a reader that it is stopped.
    await until(
        f"{least} tokens are heard",
        lambda: sum(isinstance(event, Text) for event in heard.events) >= least,
        lambda: heard,
    )
    await cancelled(asking)
    await closed_by_client(model, before)
    assert not model.record[-1].finished


async def cancelled(task: asyncio.Task[Heard]) -> None:
    task.cancel()
    # Not `wait_for`, which would wait for a task that ignores it.
    done, _ = await asyncio.wait([task], timeout=SOON)
    assert done, waiting.failure("the cancelled task ends", task)
    assert task.cancelled()


def end(connection: socket.socket) -> bool:
    """Whether the other side ends the connection: orderly, or not."""
    try:
        return connection.recv(65536) == b""
    except ConnectionResetError:
        return True
