"""What happens to a reply when pages come and go: what the upstream saw, and what the row holds."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from channels.db import database_sync_to_async
from django.db import connection
from django.test import Client
from pytest_django import Settings

from chat import queries
from chat.models import Conversation, Reply, Turn
from chat.replies import elsewhere, processes, registry, rows
from chat.replies.registry import replies
from chat.replies.running_reply import RunningReply
from fake_model.server import FakeModel
from tests import held_threads
from tests.conftest import closed_by_client, replies_ended, seen_by
from tests.live_page import Page, open_page
from tests.waiting import SOON, limit, source

pytestmark = pytest.mark.django_db(transaction=True)

LONG = "/long 2000"
# Tokens of half a second, in which it is noticed that a page has gone.
NOTICED = 25


def has_text(page: Page) -> bool:
    return page.texts >= 2


async def row(holds: Callable[[Reply], Any]) -> Reply:
    """The only reply, once its row holds something. Raises TimeoutError."""
    reply = await Reply.objects.aget()
    async with limit(source(holds), lambda: vars(reply)):
        while not holds(reply):
            await asyncio.sleep(0.02)
            reply = await Reply.objects.aget()
    return reply


async def tokens_later(model: FakeModel, number: int) -> None:
    """Wait until the upstream has sent so many tokens more, 50 of them a second."""
    later = model.record[0].tokens + number
    await seen_by(model, lambda record: record[0].tokens >= later)


@pytest.mark.parametrize("prompt", [LONG, "/stall /long 20", "/silent"])
@pytest.mark.parametrize("grace", [0, 0.5])
async def test_without_a_page_it_goes_on_for_the_grace_and_is_interrupted(
    slow_model: FakeModel, settings: Settings, prompt: str, grace: float
) -> None:
    settings.CHAT_DISCONNECT_GRACE_SECONDS = grace
    async with open_page() as page:
        await page.event("submit", prompt=prompt)
        await page.until(lambda page: page.status == "streaming")
        await seen_by(slow_model, lambda record: record and record[0].messages)
        closing = time.monotonic()
    await closed_by_client(slow_model)
    ended = slow_model.record[0].ended
    assert ended is not None and ended - closing >= grace
    reply = await row(lambda reply: reply.status == "interrupted")
    assert "interrupted" in reply.note
    assert len(slow_model.record) == 1


async def test_a_page_that_comes_back_in_time_goes_on_and_can_stop(
    slow_model: FakeModel, settings: Settings
) -> None:
    settings.CHAT_DISCONNECT_GRACE_SECONDS = 60
    client = Client()
    async with open_page(client) as page:
        await page.event("submit", prompt=LONG)
        await page.until(has_text)
        shown = (await row(lambda reply: reply.text)).text
    await tokens_later(slow_model, NOTICED)
    async with open_page(client) as page:
        await page.until(has_text)
        assert page.prompts == [LONG]
        await page.event("stop")
        await page.until(lambda page: page.status == "stopped")
        await closed_by_client(slow_model)
    reply = await row(lambda reply: reply.status == "stopped")
    assert reply.text.startswith(shown)
    assert len(slow_model.record) == 1


async def test_whoever_watches_again_ends_the_grace(
    slow_model: FakeModel, settings: Settings
) -> None:
    settings.CHAT_DISCONNECT_GRACE_SECONDS = 60
    async with open_page() as page:
        await page.event("submit", prompt=LONG)
        await page.until(has_text)
    await tokens_later(slow_model, NOTICED)
    settings.CHAT_DISCONNECT_GRACE_SECONDS = 0.5
    conversation_id = UUID(page.conversation)
    # Leaves and comes back at once: a page may take longer to open than any grace.
    with replies.watch(conversation_id):
        pass
    with replies.watch(conversation_id):
        # Longer than the grace.
        await tokens_later(slow_model, 50)
        assert slow_model.record[0].ended_by is None


async def test_one_page_of_two_is_enough(model: FakeModel, settings: Settings) -> None:
    settings.CHAT_DISCONNECT_GRACE_SECONDS = 0
    client = Client()
    async with open_page(client) as stays:
        with held_threads.of_model(model):
            async with open_page(client) as leaves:
                await leaves.event("submit", prompt="/echo one two")
                await stays.until(lambda page: page.status == "streaming")
            async with limit("the other page has left"):
                while len(replies._watchers.get(UUID(stays.conversation), ())) > 1:
                    await asyncio.sleep(0.01)
        await stays.until(lambda page: page.status == "complete")
    await seen_by(model, lambda record: record[0].ended_by == "server")


async def test_a_page_that_navigates_over_its_socket_has_left(
    slow_model: FakeModel, settings: Settings
) -> None:
    settings.CHAT_DISCONNECT_GRACE_SECONDS = 0
    async with open_page() as page:
        await page.event("submit", prompt=LONG)
        await page.until(has_text)
        await page.navigate()
        await closed_by_client(slow_model)
        await row(lambda reply: reply.status == "interrupted")


async def test_a_second_page_sends_nothing_while_the_first_streams(slow_model: FakeModel) -> None:
    client = Client()
    async with open_page(client) as one, open_page(client) as other:
        await one.event("submit", prompt=LONG)
        await other.until(has_text)
        await other.event("submit", prompt="two")
        await other.until(lambda page: "still being written" in page.controls)
    assert len(slow_model.record) == 1
    assert other.sent == []


async def test_two_sends_at_once_leave_one_turn_and_one_request(slow_model: FakeModel) -> None:
    client = Client()
    async with open_page(client) as one, open_page(client) as other:
        await asyncio.gather(
            one.event("submit", prompt="/silent one"), other.event("submit", prompt="/silent two")
        )
        await one.until(lambda page: page.status == "streaming")
        await other.until(lambda page: page.status == "streaming")
        assert one.prompts == other.prompts
        await seen_by(slow_model, lambda record: record and record[0].messages)
        await one.event("stop")
        await one.until(lambda page: page.status == "stopped")
        await other.until(lambda page: page.status == "stopped")
        await one.handled()
        await other.handled()
    assert len(one.sent + other.sent) == 1
    assert len(slow_model.record) == 1


@pytest.mark.parametrize("then", ["complete", "stopped"])
async def test_a_send_waits_for_a_reply_whose_end_is_in_its_row_already(
    model: FakeModel, monkeypatch: pytest.MonkeyPatch, then: str
) -> None:
    """A Stop meanwhile is for the reply that waits."""
    monkeypatch.setattr(registry, "LEAVING_SECONDS", SOON)
    save_end, go_on = RunningReply._save_end, asyncio.Event()

    async def save_end_and_wait(running: RunningReply) -> None:
        await save_end(running)
        await go_on.wait()

    monkeypatch.setattr(RunningReply, "_save_end", save_end_and_wait)
    conversation = Conversation(visitor="somebody")
    await replies.start(conversation.pk, partial(rows.ask, conversation, "/echo one"))
    await row(lambda reply: reply.status == "complete")
    begin = partial(rows.ask, conversation, "/echo two")
    second = asyncio.create_task(replies.start(conversation.pk, begin))
    await asyncio.sleep(0)
    if then == "stopped":
        assert replies.stop(conversation.pk)
    go_on.set()
    await second
    await replies_ended()
    assert [reply.status async for reply in Reply.objects.order_by("pk")] == ["complete", then]
    assert len(model.record) == (2 if then == "complete" else 1)


async def test_the_row_holds_what_the_page_shows_a_second_later(slow_model: FakeModel) -> None:
    async with open_page() as page:
        await page.event("submit", prompt="/stall /long 40")
        await seen_by(slow_model, lambda record: record and record[0].tokens == 20)
        running = replies.find((await Reply.objects.aget()).conversation_id)
        assert running is not None
        await row(lambda reply: reply.status == "streaming" and reply.text == running.reply.text)


async def test_a_locked_database_loses_nothing(model: FakeModel) -> None:
    async with open_page() as page:
        with held_threads.of_model(model):
            await page.event("submit", prompt="/long 120")
            await page.until(lambda page: page.status == "streaming")
            lock = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
            lock.execute("BEGIN IMMEDIATE")
        await page.until(lambda page: page.texts)
        await seen_by(model, lambda record: record[0].ended_by)
        lock.execute("ROLLBACK")
        lock.close()
        await page.until(lambda page: page.status == "complete")
    reply = await Reply.objects.aget()
    assert reply.status == "complete"
    assert model.record[0].tokens == 120


async def test_a_reply_that_another_process_writes_is_seen_to_end(
    model: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(elsewhere, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(processes, "LONGEST_SILENCE", 600)
    turns, looked = queries.turns, threading.Event()

    def look(conversation: Conversation, since: int = 0) -> list[tuple[Turn, Reply]]:
        found = turns(conversation, since)
        if since:  # Else it is the page that asks, and not its feed.
            looked.set()
        return found

    monkeypatch.setattr(queries, "turns", look)
    client = Client()
    async with open_page(client) as page:
        await page.event("submit", prompt="/echo first")
        await page.until(lambda page: page.status == "complete")
        conversation = await Conversation.objects.aget(pk=page.conversation)
    reply, _ = await database_sync_to_async(rows.ask)(conversation, "prompt")
    await Reply.objects.filter(pk=reply.pk).aupdate(process="elsewhere")
    async with open_page(client) as page:
        assert page.status == "streaming"
        # Only a second look can see what comes now.
        assert await asyncio.to_thread(looked.wait, SOON)
        monkeypatch.setattr(processes, "LONGEST_SILENCE", 0.1)
        await page.until(lambda page: page.status == "interrupted")
        await page.until(lambda page: "interrupted" in page.controls)


async def test_a_reply_that_another_process_took_for_dead_asks_no_more(
    slow_model: FakeModel,
) -> None:
    async with open_page() as page:
        await page.event("submit", prompt=LONG)
        await page.until(has_text)
        await Reply.objects.aupdate(status="interrupted", text="taken")
        await closed_by_client(slow_model)
    assert (await Reply.objects.aget()).text == "taken"
