"""A tool that asks first: allowed or denied, now or after a reload or a restart."""

import asyncio
import logging
import threading
import uuid

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError
from django.test import Client
from pytest_django import Settings

from chat.database import in_thread
from chat.models import Reply
from chat.replies import approval, elsewhere, processes, registry, rows, rows_elsewhere
from chat.replies.registry import RunningReplies, replies
from chat.tools.models import DENIED
from chat.tools.tool import tool
from fake_model.server import FakeModel
from tests.conftest import replies_ended
from tests.live_page import Page, open_page
from tests.tools.offering import offer
from tests.tools.replying import calls, statuses
from tests.waiting import SOON

pytestmark = pytest.mark.django_db(transaction=True)

PROMPT = '/tool delete {"name": "a.txt"}'
ran: list[str] = []


@tool(confirm=True)
def delete(name: str) -> str:
    """Delete a file."""
    ran.append(name)
    return f"{name} is deleted"


@tool
def look() -> str:
    """Look, which needs no permission."""
    return "looked"


@pytest.fixture(autouse=True)
def _offered(monkeypatch: pytest.MonkeyPatch) -> None:
    ran.clear()
    offer(monkeypatch, delete, look)


async def ask(page: Page, prompt: str = PROMPT) -> int:
    """Send a prompt, and return the id of the call that waits then."""
    await page.event("submit", prompt=prompt)
    await page.until(lambda page: 'data-status="waiting"' in page.text)
    return next(call.pk for call in await calls() if call.status == "waiting")


@pytest.mark.parametrize(
    ("event", "status", "told"),
    [("allow", "complete", "a.txt is deleted"), ("deny", "denied", DENIED)],
)
async def test_the_answer_is_told_to_the_model_which_goes_on(
    model: FakeModel, event: str, status: str, told: str
) -> None:
    async with open_page() as page:
        call = await ask(page)
        assert (ran, len(model.record)) == ([], 1)
        await page.event(event, call=call)
        await page.until(lambda page: page.status == "complete")
    assert await statuses() == [status]
    assert ran == (["a.txt"] if event == "allow" else [])
    assert [result.text for result in model.record[1].results] == [told]
    assert len(model.record) == 2


async def test_send_is_refused_until_the_answer(model: FakeModel) -> None:
    async with open_page() as page:
        await ask(page)
        await page.event("submit", prompt="something else")
        await page.until(lambda page: "answer what it asks" in page.controls)
    assert len(model.record) == 1


async def test_it_waits_without_a_page_longer_than_the_grace(
    model: FakeModel, settings: Settings
) -> None:
    settings.CHAT_DISCONNECT_GRACE_SECONDS = 0
    client = Client()
    async with open_page(client) as page:
        call = await ask(page)
    await replies_ended()
    assert await statuses() == ["waiting"]
    async with open_page(client) as page:
        assert 'data-status="waiting"' in page.text
        await page.event("allow", call=call)
        await page.until(lambda page: page.status == "complete")
    assert ran == ["a.txt"]


async def test_it_outlives_the_process(model: FakeModel, monkeypatch: pytest.MonkeyPatch) -> None:
    # However slow the machine is, the reply is saved before the process ends.
    monkeypatch.setattr(registry, "ENDING_SECONDS", SOON)
    client = Client()
    async with open_page(client) as page:
        call = await ask(page)
        monkeypatch.setattr(replies, "_is_ending", False)  # of the tests after this one
        await replies.interrupt_all()
    # Another process takes over: with a lock and replies of its own, and its look for the dead.
    processes._own.cache_clear()
    monkeypatch.setattr(registry, "replies", RunningReplies())
    monkeypatch.setattr("chat.page.prompt_view.replies", registry.replies)
    monkeypatch.setattr("chat.page.tool_answers.replies", registry.replies)
    monkeypatch.setattr("chat.page.feed.replies", registry.replies)
    # Its second look finds a process dead that has not saved a reply since the first.
    monkeypatch.setattr(processes, "LONGEST_SILENCE", 0)
    for _ in range(2):
        await sync_to_async(rows_elsewhere.interrupt_dead)()
    async with open_page(client) as page:
        await page.event("allow", call=call)
        await page.until(lambda page: page.status == "complete")
    assert ran == ["a.txt"]


async def test_stop_denies(model: FakeModel) -> None:
    async with open_page() as page:
        call = await ask(page)
        await page.event("stop")
        await page.until(lambda page: page.status == "stopped")
        await page.event("allow", call=call)
        await page.event("submit", prompt="/echo on")
        await page.until(lambda page: page.status == "complete")
    reply = await Reply.objects.order_by("pk").afirst()
    (denied,) = await calls(reply)
    assert (denied.status, denied.ended_at is not None) == ("denied", True)
    assert (ran, len(model.record)) == ([], 2)


async def test_a_stop_that_comes_too_late_denies_nothing(
    model: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_page() as page:
        await ask(page)
        # Another process has ended the reply meanwhile.
        monkeypatch.setattr(rows, "save", lambda reply: False)
        assert not await in_thread(approval.stop)(uuid.UUID(page.conversation))
        assert await statuses() == ["waiting"]


async def test_an_answer_counts_though_the_reply_cannot_go_on_at_once(
    model: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(elsewhere, "LOOK_SECONDS", 0.02)
    resume, failed = approval.resume, threading.Event()

    def away_once(conversation_id: uuid.UUID) -> rows.Begun:
        if not failed.is_set():
            failed.set()
            raise OperationalError("away")
        return resume(conversation_id)

    async with open_page() as page:
        call = await ask(page)
        monkeypatch.setattr(approval, "resume", away_once)
        await page.event("allow", call=call)
        await page.until(lambda page: page.status == "complete")
        assert "cannot reach its database" not in page.controls
    assert (failed.is_set(), ran) == (True, ["a.txt"])


async def test_a_reply_that_waits_is_logged_once_when_it_ends(  # usage
    model: FakeModel, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "chat")
    async with open_page() as page:
        await ask(page)
        assert "first token" not in caplog.text
        await page.event("stop")
        await page.until(lambda page: page.status == "stopped")
    await replies_ended()
    lines = [message for message in caplog.messages if "first token" in message]
    assert [" stopped: " in line for line in lines] == [True]


async def test_two_answers_of_two_tabs_run_the_tool_once(model: FakeModel) -> None:
    client = Client()
    async with open_page(client) as page, open_page(client) as other:
        call = await ask(page)
        await other.until(lambda page: 'data-status="waiting"' in page.text)
        await asyncio.gather(page.event("allow", call=call), other.event("allow", call=call))
        await page.until(lambda page: page.status == "complete")
        await other.until(lambda page: page.status == "complete")
    assert (ran, len(model.record)) == (["a.txt"], 2)


async def test_each_of_two_calls_asks_for_itself(model: FakeModel) -> None:
    prompt = '/tool delete {"name": "a"} /tool delete {"name": "b"} /tool look {}'
    async with open_page() as page:
        await ask(page, prompt)
        await page.until(lambda page: "looked" in page.text)
        first, second, third = await calls()
        assert [first.status, second.status, third.status] == ["waiting", "waiting", "complete"]
        await page.event("allow", call=first.pk)
        await page.until(lambda page: "a is deleted" in page.text)
        assert (ran, len(model.record)) == (["a"], 1)
        await page.event("deny", call=second.pk)
        await page.until(lambda page: page.status == "complete")
    assert (await statuses(), len(model.record)) == (["complete", "denied", "complete"], 2)


async def test_nobody_answers_for_somebody_else(model: FakeModel) -> None:
    async with open_page() as page, open_page() as stranger:
        call = await ask(page)
        await stranger.event("allow", call=call)
        await stranger.event("submit", prompt="/echo hello")
        await stranger.until(lambda page: page.status == "complete")
    reply = await Reply.objects.order_by("pk").afirst()
    assert [call.status for call in await calls(reply)] == ["waiting"]
    assert ran == []
