"""While the database does not answer, no tool call is lost, and Stop counts at once."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError

from chat import database
from chat.models import Reply
from chat.tools import rounds
from chat.tools.models import ToolCall
from chat.tools.tool import tool
from fake_model.server import FakeModel
from tests.live_page import open_page
from tests.tools.offering import offer
from tests.tools.replying import calls, reply_to
from tests.waiting import limit

pytestmark = pytest.mark.django_db(transaction=True)

WRITES: list[tuple[Any, str]] = [(rounds, "_insert"), (ToolCall, "save")]
ran: list[str] = []


@tool
def look() -> str:
    """Look."""
    ran.append("look")
    return "looked"


@pytest.fixture(autouse=True)
def _offered(monkeypatch: pytest.MonkeyPatch) -> None:
    ran.clear()
    offer(monkeypatch, look)
    monkeypatch.setattr(database, "AGAIN_SECONDS", 0.02)


def away(write: Callable[..., Any], times: float) -> tuple[Callable[..., Any], list[str]]:
    """`write`, which fails the first few times after its work is done, and the failures so far."""
    failures: list[str] = []

    def fail(*args: Any, **kwargs: Any) -> Any:
        written = write(*args, **kwargs)
        if len(failures) < times:
            failures.append("away")
            raise OperationalError("away")
        return written

    return fail, failures


@pytest.mark.parametrize(("place", "name"), WRITES, ids=["the call", "its result"])
async def test_a_call_is_saved_again(
    model: FakeModel,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    place: Any,
    name: str,
) -> None:
    """Once, even if the first attempt was committed and only its answer was lost."""
    fail, failures = away(getattr(place, name), 2)
    monkeypatch.setattr(place, name, fail)
    reply = await reply_to("/tool look {} /tool look {}")
    assert (reply.status, len(failures)) == ("complete", 2)
    assert [(call.status, call.result) for call in await calls(reply)] == [
        ("complete", "looked"),
        ("complete", "looked"),
    ]
    assert (ran, len(model.record)) == (["look", "look"], 2)
    assert len([message for message in caplog.messages if "are not saved yet" in message]) == 2


@pytest.mark.parametrize(("place", "name"), WRITES, ids=["the call", "its result"])
async def test_stop_counts_meanwhile(
    model: FakeModel, monkeypatch: pytest.MonkeyPatch, place: Any, name: str
) -> None:
    fail, failures = away(getattr(place, name), float("inf"))
    monkeypatch.setattr(place, name, fail)
    async with open_page() as page:
        await page.event("submit", prompt="/tool look {}")
        async with limit("the call is not saved"):
            while not failures:
                await asyncio.sleep(0.01)
        await page.event("stop")
        await page.until(lambda page: page.status == "stopped")
    assert (await Reply.objects.aget()).status == "stopped"
    assert len(model.record) == 1
