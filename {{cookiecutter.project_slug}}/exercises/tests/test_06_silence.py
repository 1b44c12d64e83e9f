"""Step 6: Stop closes the connection while nothing arrives that could be looked at."""

import asyncio
import contextlib
import socket
import threading
from typing import Any

import pytest

from chat import error_messages
from fake_model.server import FakeModel
from tests.conftest import closed_by_client, point_at, seen_by
from tests.listener import listen
from tests.upstreams import listening
from tests.waiting import SOON, limit


async def stop(asking: asyncio.Task[object]) -> None:
    """What `RunningReply.stop` does: cancel the task that reads."""
    asking.cancel()
    async with limit("the task that reads ends after Stop"):
        with contextlib.suppress(asyncio.CancelledError):
            await asking


async def closed(model: FakeModel) -> None:
    """Fail with a sentence unless the client closes its connection."""
    try:
        await closed_by_client(model)
    except TimeoutError:
        pytest.fail("The connection is still open: the model would wait, and then go on.")


async def test_a_reply_arrives(model: FakeModel) -> None:
    """A reply that nobody stops arrives to its end."""
    heard = await listen("/long 3")
    if heard.error:
        said = error_messages.for_error(heard.error)
        raise AssertionError(f"It has failed: {said}") from heard.error
    assert heard.finish == "stop", f"It has ended as {heard.finish!r}."


async def test_before_the_first_byte(model: FakeModel) -> None:
    """Stop closes the connection before the first byte of the reply."""
    asking = asyncio.create_task(listen("/silent"))
    await seen_by(model, lambda record: record[0].words, "the request arrives at the model")
    await stop(asking)
    await closed(model)
    assert model.record[0].first_byte is None, "The model had begun to send."


async def test_in_the_middle_of_a_reply(model: FakeModel) -> None:
    """Stop closes the connection while the model is silent in the middle of a reply."""
    asking = asyncio.create_task(listen("/stall /long 20"))
    await seen_by(model, lambda record: record[0].tokens > 5, "the model has sent some text")
    await stop(asking)
    await closed(model)


async def test_while_the_connection_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop closes a connection whose TLS handshake has not ended: the request was never sent."""
    with listening() as server:
        # It accepts the connection, and never answers the handshake.
        point_at(f"https://127.0.0.1:{server.getsockname()[1]}", monkeypatch)
        asking = asyncio.create_task(listen("Hello"))
        connection, _ = await asyncio.to_thread(server.accept)
        with connection:
            connection.settimeout(SOON)
            assert await asyncio.to_thread(connection.recv, 65536), "no handshake has begun"
            await stop(asking)
            try:
                rest = await asyncio.to_thread(connection.recv, 65536)
            except ConnectionError:
                rest = b""
            except TimeoutError:
                pytest.fail(
                    "The connection is still open: `_trace` has not kept it, or Stop not ended it."
                )
            assert rest == b"", "Something was sent after Stop."


async def test_before_there_is_a_connection(
    model: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Stop that comes before the connection is made lets nothing be sent over it."""
    looked_up, stopped = threading.Event(), threading.Event()
    look_up = socket.getaddrinfo

    def held(host: Any, *arguments: Any, **options: Any) -> Any:
        looked_up.set()
        assert stopped.wait(SOON)
        return look_up("127.0.0.1", *arguments, **options)

    # A name has to be looked up, an address has not.
    point_at(model.base_url.replace("127.0.0.1", "localhost"), monkeypatch)
    monkeypatch.setattr(socket, "getaddrinfo", held)
    asking = asyncio.create_task(listen("/long 3"))
    assert await asyncio.to_thread(looked_up.wait, SOON), "No connection is being made."
    await stop(asking)
    stopped.set()
    for thread in threading.enumerate():
        if thread.name == "reply":
            await asyncio.to_thread(thread.join, SOON)
            assert not thread.is_alive(), (
                "The thread that reads does not end after Stop. Does `_trace` take a lock that it "
                "holds already?"
            )
    assert len(model.record) == 0, "The request was sent after Stop."
