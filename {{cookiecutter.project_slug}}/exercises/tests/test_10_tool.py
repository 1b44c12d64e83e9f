"""Step 10: a tool that the model calls, and a Stop while it runs."""

import asyncio
import re
import threading
from collections.abc import Awaitable
from datetime import UTC, datetime
from zoneinfo import ZoneInfoNotFoundError, available_timezones

import pytest

from chat.models import Reply
from chat.tools.functions import clock
from chat.tools.functions.clock import current_time
from chat.tools.tool import ToolError, tool
from exercises.tests.showing import ended, shows
from fake_model.server import FakeModel
from tests.live_page import open_page
from tests.tools.offering import offer
from tests.tools.replying import calls
from tests.waiting import SOON, limit

EXAMPLE = "Monday, 2026-11-30 14:30:00+01:00"
TIME = re.compile(r"[A-Z][a-z]+day, \d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d\d:\d\d")


async def error_of(call: Awaitable[str]) -> str:
    """The text of the ToolError that `call` raises. Fails with a sentence if it raises none."""
    try:
        async with limit("the call ends"):
            result = await call
    except ToolError as error:
        return error.text
    pytest.fail(f"There is no ToolError: the call has returned {result!r}.")


async def is_cancelled(cancelled: asyncio.Event, what: str) -> None:
    """Fail with a sentence unless the tool is cancelled, as `what` has happened."""
    try:
        async with asyncio.timeout(SOON):
            await cancelled.wait()
    except TimeoutError:
        pytest.fail(f"{what}, and what the tool was doing ran on: cancel `running` in a `finally`.")


def test_the_function() -> None:
    """The tool is still a function: it says what time it is in a time zone."""
    for zone, offsets in (("Europe/Berlin", "+01:00 +02:00"), ("UTC", "+00:00")):
        before = datetime.now(UTC).replace(microsecond=0)
        said = current_time(zone)
        assert TIME.fullmatch(said), f"It says {said!r}, not such as {EXAMPLE!r}."
        assert said[-6:] in offsets.split(), f"In {zone} it says {said!r}."
        is_now = before <= datetime.fromisoformat(said.partition(", ")[2]) <= datetime.now(UTC)
        assert is_now, f"In {zone} it says {said!r}: that is another time."


@pytest.mark.parametrize("error", [ZoneInfoNotFoundError, ValueError, OSError])
def test_an_unknown_time_zone(error: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    """A time zone that does not exist becomes a sentence for the model, with an example."""

    def unknown(name: str) -> None:
        raise error(name)

    monkeypatch.setattr(clock, "ZoneInfo", unknown)
    said = ""
    try:
        returned = current_time("Berlin/Nowhere")
    except ToolError as raised:
        said = raised.text
    assert said, f"There is no ToolError: it has returned {returned!r}."
    zones = [zone for zone in available_timezones() if "/" in zone and zone in said]
    assert zones, f"It names no time zone as an example: {said}"


async def test_the_call() -> None:
    """A call with the arguments as JSON returns the result as text."""
    result = await current_time.call('{"time_zone": "Europe/Berlin"}')
    assert isinstance(result, str), f"It returns {result!r}."
    assert result[-6:] in ("+01:00", "+02:00"), (
        f"In Europe/Berlin it says {result!r}. Was it called with `args` and with `kwargs`?"
    )


@tool
def thread_of() -> str:
    """The name of the thread that runs this."""
    return threading.current_thread().name


async def test_the_loop_goes_on() -> None:
    """A plain function runs in a thread, and the server goes on meanwhile."""
    name = await thread_of.call("{}")
    assert name != threading.current_thread().name, "It runs in the thread of the server."


async def test_wrong_arguments() -> None:
    """Arguments that do not fit become a ToolError, which the model is told."""
    await error_of(current_time.call('{"time_zone": 7}'))


async def test_a_tool_that_is_cancelled() -> None:
    """A tool that raises CancelledError has failed: the reply itself goes on."""

    @tool
    async def give_up() -> str:
        """Raise CancelledError."""
        raise asyncio.CancelledError

    try:
        await error_of(give_up.call("{}"))
    except asyncio.CancelledError:
        pytest.fail("The CancelledError of the tool ends the reply: look at `running.cancelled()`.")


async def test_a_time_limit() -> None:
    """A call that takes too long is cancelled, and the model is told."""
    cancelled = asyncio.Event()

    @tool(seconds=0.01)
    async def sleep() -> str:
        """Sleep until cancelled."""
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        return ""

    said = await error_of(sleep.call("{}"))
    assert "0.01" in said, f"It does not say within how many seconds: {said}"
    await is_cancelled(cancelled, "The call took too long")


async def test_a_time_limit_of_a_thread() -> None:
    """Of a plain function that takes too long, the model is told the same."""
    done = threading.Event()

    @tool(seconds=0.01)
    def block() -> str:
        """Block until the test ends."""
        done.wait()
        return ""

    try:
        said = await error_of(block.call("{}"))
    finally:
        done.set()
    assert "0.01" in said, (
        f"It says {said!r}. `cancel` has ended `running`: look at what `asyncio.wait` has returned."
    )


@pytest.mark.django_db(transaction=True)
async def test_the_model_is_told_the_result(model: FakeModel) -> None:
    """The model is asked again with the result, and its answer ends the reply."""
    async with open_page() as page:
        await page.event("submit", prompt='/tool current_time {"time_zone": "UTC"}')
        await shows(page, "the reply has ended", ended)
        assert page.status == "complete", f"The reply is {page.status}."
    assert len(model.record) == 2, f"The model was asked {len(model.record)} times, not twice."
    told = model.record[1].results[0].text
    assert "+00:00" in told, f"The model was told {told!r}."


@pytest.mark.django_db(transaction=True)
async def test_stop_while_it_runs(model: FakeModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop ends the tool, and the model is not asked again."""
    begun, cancelled = asyncio.Event(), asyncio.Event()

    @tool
    async def work() -> str:
        """Work until cancelled."""
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        return "too late"

    offer(monkeypatch, work)
    async with open_page() as page:
        await page.event("submit", prompt="/tool work {}")
        async with limit("the tool begins"):
            await begun.wait()
        await page.event("stop")
        await shows(page, "the reply has ended", ended)
        await is_cancelled(cancelled, "Stop has ended the reply")
    row = await Reply.objects.aget()
    (call,) = await calls(row)
    assert call.status == "stopped", f"The call is {call.status}."
    assert len(model.record) == 1, "The model was asked again."
