"""Step 6: Stop closes the connection while nothing arrives that could be looked at."""

import asyncio
import contextlib
import socket
import threading
{% if cookiecutter.cancellation == "thread" %}
from concurrent.futures import Future
{% endif %}
from typing import Any

{% if cookiecutter.cancellation == "thread" %}
import httpx2
{% endif %}
import pytest

{% if cookiecutter.cancellation == "thread" %}
from chat.provider.reader import Connections, Stopped
{% endif %}
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


{% if cookiecutter.cancellation == "thread" %}
def test_shut_down() -> None:
    """`shut_down` ends at once, and after it no request begins."""
    connections = Connections()
    ended: Future[None] = Future()

    def shut_down() -> None:
        try:
            connections.shut_down()
            ended.set_result(None)
        except Exception as error:
            ended.set_exception(error)

    # In a thread of its own, which nobody waits for if it never ends.
    threading.Thread(target=shut_down, daemon=True).start()
    try:
        ended.result(SOON)
    except TimeoutError:
        pytest.fail("`shut_down` does not end. Is its lock taken twice?")
    try:
        connections.watch(httpx2.Request("POST", "http://127.0.0.1/"))
    except Stopped:
        return
    pytest.fail("After `shut_down`, `watch` lets a request begin.")


{% endif %}
async def test_a_reply_arrives(model: FakeModel) -> None:
    """A reply that nobody stops arrives to its end."""
    heard = await listen("/long 3")
    if heard.error:
        raise heard.error
    assert heard.finish == "stop"


async def test_before_the_first_byte(model: FakeModel) -> None:
    """Stop closes the connection before the first byte of the reply."""
    asking = asyncio.create_task(listen("/silent"))
    await seen_by(model, lambda record: record[0].words)
    await stop(asking)
    await closed(model)
    assert model.record[0].first_byte is None


async def test_in_the_middle_of_a_reply(model: FakeModel) -> None:
    """Stop closes the connection while the model is silent in the middle of a reply."""
    asking = asyncio.create_task(listen("/stall /long 20"))
    await seen_by(model, lambda record: record[0].tokens > 5)
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
                pytest.fail("The connection is still open.")
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
            assert not thread.is_alive(), "The thread that reads does not end after Stop."
    assert len(model.record) == 0, "The request was sent after Stop."
