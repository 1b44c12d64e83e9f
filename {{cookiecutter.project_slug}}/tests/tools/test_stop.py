"""Stop while tools are called: nothing is sent after it, and what a tool does then is dropped."""

import asyncio
import threading
from uuid import UUID

import pytest

from chat.models import Reply
from chat.replies.registry import replies
from chat.tools import history
from chat.tools.tool import tool
from fake_model.server import FakeModel
from tests.conftest import closed_by_client, replies_ended, seen_by
from tests.live_page import Page, open_page
from tests.tools.offering import offer
from tests.tools.replying import calls, statuses
from tests.upstreams import listening
from tests.waiting import SOON, limit

pytestmark = pytest.mark.django_db(transaction=True)


async def stopped(page: Page) -> Reply:
    """Stop, and return the row of the reply."""
    await page.event("stop")
    await page.until(lambda page: page.status == "stopped")
    return await Reply.objects.aget()


async def test_while_the_model_writes_the_call(model: FakeModel) -> None:
    prompt = '/stall /tool calculate {"expression": "1 + 1"} /echo now'
    async with open_page() as page:
        await page.event("submit", prompt=prompt)
        # Half of the call follows at once, where the vendor sends calls in bits.
        await seen_by(model, lambda record: record and record[0].tokens)
        assert (await stopped(page)).call_count == 0
    await closed_by_client(model)
    assert len(model.record) == 1


async def test_while_an_async_tool_asks_a_server_of_its_own(
    model: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    with listening() as server:

        @tool
        async def ask() -> str:
            """Ask a server that never answers."""
            reader, writer = await asyncio.open_connection(*server.getsockname())
            try:
                writer.write(b"GET / HTTP/1.1")
                return (await reader.read()).decode()
            finally:
                writer.close()

        offer(monkeypatch, ask)
        async with open_page() as page:
            await page.event("submit", prompt="/tool ask {}")
            connection, _ = await asyncio.to_thread(server.accept)
            connection.settimeout(SOON)
            with connection:
                assert await asyncio.to_thread(connection.recv, 4)
                reply = await stopped(page)
                # Reads what is left of the request, and then the end of the connection.
                while await asyncio.to_thread(connection.recv, 65536):
                    pass
    assert [call.status for call in await calls(reply)] == ["stopped"]
    assert len(model.record) == 1


async def test_while_a_tool_runs_in_a_thread(
    model: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    threads: list[threading.Thread] = []

    @tool
    def work() -> str:
        """Work until the test says so."""
        threads.append(threading.current_thread())
        begun.set()
        assert go_on.wait(SOON)
        return "too late"

    offer(monkeypatch, work)
    async with open_page() as page:
        await page.event("submit", prompt="/tool work {}")
        assert await asyncio.to_thread(begun.wait, SOON)
        reply = await stopped(page)
        go_on.set()
        await asyncio.to_thread(threads[0].join, SOON)
        assert not threads[0].is_alive()
        await replies_ended()
    (call,) = await calls(reply)
    assert (call.status, call.result) == ("stopped", "")
    assert len(model.record) == 1


@pytest.mark.parametrize(
    ("end", "expected"),
    [(Reply.Status.STOPPED, "denied"), (Reply.Status.INTERRUPTED, "stopped")],
)
async def test_what_waits_beside_a_call_that_runs(
    model: FakeModel, monkeypatch: pytest.MonkeyPatch, end: Reply.Status, expected: str
) -> None:
    """The user's Stop denies it; any other end does not say that the user has."""
    begun = asyncio.Event()

    @tool
    async def hang() -> None:
        """Run until it is cancelled."""
        begun.set()
        await asyncio.Event().wait()

    @tool(confirm=True)
    async def delete() -> None:
        """Never run."""

    offer(monkeypatch, hang, delete)
    async with open_page() as page:
        await page.event("submit", prompt="/tool hang {} /tool delete {}")
        async with limit("the first tool runs"):
            await begun.wait()
        assert replies.stop(UUID(page.conversation), end)
        await page.until(lambda page: page.status == end)
    assert await statuses() == ["stopped", expected]
    (message,) = history.messages("", await calls())
    assert message.results[0].text == "This call was stopped before it ended."


async def test_between_two_rounds(model: FakeModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Stop that comes with the result: the second request is not sent."""
    async with open_page() as page:

        @tool
        async def answer() -> str:
            """Return at the moment of a Stop."""
            replies.stop(UUID(page.conversation))
            return "42"

        offer(monkeypatch, answer)
        await page.event("submit", prompt="/tool answer {}")
        await page.until(lambda page: page.status == "stopped")
    assert len(model.record) == 1


async def test_while_the_second_response_streams(slow_model: FakeModel) -> None:
    async with open_page() as page:
        prompt = '/tool calculate {"expression": "1 + 1"} /then /long 500'
        await page.event("submit", prompt=prompt)
        await seen_by(slow_model, lambda record: len(record) == 2 and record[1].tokens)
        await stopped(page)
    await closed_by_client(slow_model, 1)
    assert await statuses() == ["complete"]
