"""Step 10: a tool that the model calls, and a Stop while it runs."""

import asyncio

import pytest

from chat.models import Reply
from chat.tools.functions.clock import current_time
from chat.tools.tool import ToolError, tool
from fake_model.server import FakeModel
from tests.live_page import open_page
from tests.tools.offering import offer
from tests.tools.replying import calls
from tests.waiting import limit


def test_the_function() -> None:
    """The tool is still a function: it says what time it is in a time zone."""
    assert current_time("Europe/Berlin")[-6:] in ("+01:00", "+02:00")
    assert current_time("UTC").endswith("+00:00")


def test_an_unknown_time_zone() -> None:
    """A time zone that does not exist becomes a sentence for the model, with an example."""
    with pytest.raises(ToolError, match="IANA"):
        current_time("Berlin/Nowhere")


async def test_the_call() -> None:
    """A call with the arguments as JSON returns the result as text."""
    assert (await current_time.call('{"time_zone": "UTC"}')).endswith("+00:00")


async def test_wrong_arguments() -> None:
    """Arguments that do not fit become a ToolError, which the model is told."""
    with pytest.raises(ToolError):
        await current_time.call('{"time_zone": 7}')


async def test_a_time_limit() -> None:
    """A call that takes too long is ended, and the model is told."""
    ended = asyncio.Event()

    @tool(seconds=0.01)
    async def sleep() -> str:
        """Sleep until cancelled."""
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return ""

    with pytest.raises(ToolError, match=r"within 0\.01 seconds"):
        async with limit("the call ends at its own limit"):
            await sleep.call("{}")
    async with limit("what the tool was doing is cancelled"):
        await ended.wait()


@pytest.mark.django_db(transaction=True)
async def test_the_model_is_told_the_result(model: FakeModel) -> None:
    """The model is asked again with the result, and its answer ends the reply."""
    async with open_page() as page:
        await page.event("submit", prompt='/tool current_time {"time_zone": "UTC"}')
        await page.until(lambda page: page.status not in ("", "streaming"))
        assert page.status == "complete", f"The reply is {page.status}."
    assert len(model.record) == 2, f"The model was asked {len(model.record)} times, not twice."
    assert "+00:00" in model.record[1].results[0].text


@pytest.mark.django_db(transaction=True)
async def test_stop_while_it_runs(model: FakeModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop ends the tool, and the model is not asked again."""
    begun, ended = asyncio.Event(), asyncio.Event()

    @tool
    async def work() -> str:
        """Work until cancelled."""
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return "too late"

    offer(monkeypatch, work)
    async with open_page() as page:
        await page.event("submit", prompt="/tool work {}")
        async with limit("the tool begins"):
            await begun.wait()
        await page.event("stop")
        await page.until(lambda page: page.status not in ("", "streaming"))
        async with limit("the tool is cancelled"):
            await ended.wait()
    row = await Reply.objects.aget()
    assert [call.status for call in await calls(row)] == ["stopped"]
    assert len(model.record) == 1, "The model was asked again."
