"""Step 6: Stop closes the connection while nothing arrives that could be looked at."""

import asyncio
import contextlib

import pytest

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
