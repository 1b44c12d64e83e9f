"""Two processes share replies through their rows: the other one is played by writes to the row."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from channels.db import database_sync_to_async
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from chat import database
from chat.models import Conversation, Reply
from chat.replies import elsewhere, followed, processes, rows, rows_elsewhere
from chat.replies.registry import replies
from chat.replies.running_reply import RunningReply
from fake_model.server import FakeModel
from tests import held_threads
from tests.conftest import closed_by_client, replies_ended, seen_by
from tests.live_page import Page, begun_by, open_page
from tests.waiting import limit

pytestmark = pytest.mark.django_db(transaction=True)

LONG = "/long 2000"


@pytest.fixture(autouse=True)
def _look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(followed, "FOLLOW_SECONDS", 0.02)
    monkeypatch.setattr(elsewhere, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(elsewhere, "WATCHED_SECONDS", 0.3)
    # However slow the machine is, the other process is not taken for dead.
    monkeypatch.setattr(processes, "LONGEST_SILENCE", 600)


async def begin_elsewhere(conversation: Conversation) -> Reply:
    """Let another process begin a reply."""
    reply: Reply
    reply, _ = await database_sync_to_async(rows.ask)(conversation, "asked elsewhere")
    await write(reply, process="elsewhere")
    return reply


async def write(reply: Reply, **fields: Any) -> None:
    """Write the row, as another process does."""
    await Reply.objects.filter(pk=reply.pk).aupdate(saved_at=timezone.now(), **fields)


async def until_followed(reply: Reply) -> None:
    """Wait until a page of this process follows the row."""
    async with limit("the row is followed"):
        while replies.shown(reply.conversation_id) is None:
            await asyncio.sleep(0.01)


def for_long() -> datetime:
    """A time that counts as now, however slow the machine is: the page says it again and again."""
    return timezone.now() + timedelta(hours=1)


async def test_the_text_of_another_process_grows_and_ends(model: FakeModel) -> None:
    client = Client()
    reply = await begin_elsewhere(await begun_by(client))
    async with open_page(client) as page:
        await until_followed(reply)
        for text in ("**one**", "**one** two", "**one** two three"):
            await write(reply, text=text)
            word = text.split()[-1].strip("*")
            await page.until(lambda page, word=word: word in page.text)  # type: ignore[misc]
        assert page.status == "streaming"
        texts = page.texts
        await write(reply, text="**one** two three four", status="complete")
        await page.until(lambda page: page.status == "complete")
    assert texts == 3, "the text comes as it grows, and not as a whole turn"
    assert "four" in page.text
    assert len(model.record) == 1


async def test_a_turn_that_another_process_has_begun_appears(model: FakeModel) -> None:
    async with open_page() as page:
        await page.event("submit", prompt="/echo first")
        await page.until(lambda page: page.status == "complete")
        await begin_elsewhere(await Conversation.objects.aget(pk=page.conversation))
        await page.until(lambda page: page.status == "streaming")
        assert len(page.prompts) == 2


async def test_stop_ends_the_row_of_another_process(model: FakeModel) -> None:
    client = Client()
    reply = await begin_elsewhere(await begun_by(client))
    await write(reply, text="so far")
    async with open_page(client) as page:
        await page.until(lambda page: "so far" in page.text)
        await page.event("stop")
        await page.until(lambda page: page.status == "stopped")
    await reply.arefresh_from_db()
    assert (reply.status, reply.text) == ("stopped", "so far")
    # Whoever streams it learns from its next save that it must end.
    assert not await database_sync_to_async(rows.save)(reply)


@pytest.mark.parametrize("is_away", [False, True])
async def test_a_stop_as_a_reply_ends_is_for_the_one_that_another_process_begins(
    model: FakeModel, monkeypatch: pytest.MonkeyPatch, is_away: bool
) -> None:
    """Even if the database is away when the Stop comes."""
    monkeypatch.setattr(database, "AGAIN_SECONDS", 0.02)
    save_end, stop = RunningReply._save_end, rows_elsewhere.stop
    errors = [OperationalError("away")] if is_away else []

    def stop_later(conversation_id: UUID) -> dict[int, str]:
        if errors:
            raise errors.pop()
        return stop(conversation_id)

    monkeypatch.setattr(rows_elsewhere, "stop", stop_later)

    async def save_end_and_begin_elsewhere(running: RunningReply) -> None:
        await save_end(running)
        await begin_elsewhere(running.reply.conversation)
        assert replies.stop(running.reply.conversation_id)

    monkeypatch.setattr(RunningReply, "_save_end", save_end_and_begin_elsewhere)
    async with open_page() as page:
        await page.event("submit", prompt="/echo first")
        await page.until(lambda page: page.status == "stopped")
    statuses = [reply.status async for reply in Reply.objects.order_by("pk")]
    assert (statuses, errors) == (["complete", "stopped"], [])


async def test_what_another_process_has_stopped_is_closed_and_shown(slow_model: FakeModel) -> None:
    async with open_page() as page:
        await page.event("submit", prompt=LONG)
        await page.until(lambda page: page.texts >= 2)
        await Reply.objects.aupdate(status="stopped", text="so far", ended_at=timezone.now())
        await closed_by_client(slow_model)
        await page.until(lambda page: page.status == "stopped")
        await page.until(lambda page: page.text.endswith("p>so far</p>\n"))
    assert (await Reply.objects.aget()).text == "so far"


async def test_the_grace_waits_for_a_page_of_another_process(
    slow_model: FakeModel, settings: Settings
) -> None:
    settings.CHAT_DISCONNECT_GRACE_SECONDS = 0
    async with open_page() as page:
        await page.event("submit", prompt=LONG)
        await page.until(lambda page: page.texts >= 2)
        reply = await Reply.objects.aget()
        await write(reply, watched_at=for_long())
    left = slow_model.record[0].tokens
    # 30 tokens take 0.6 s: twice WATCHED_SECONDS.
    await seen_by(slow_model, lambda record: record[0].tokens >= left + 30)
    assert slow_model.record[0].ended_by is None
    await write(reply, watched_at=timezone.now())
    await closed_by_client(slow_model)
    async with limit("the reply is interrupted"):
        while (await Reply.objects.aget()).status != "interrupted":
            await asyncio.sleep(0.01)


async def test_what_a_page_of_another_process_shows_is_not_unread(  # conversations
    model: FakeModel,
) -> None:
    with held_threads.of_model(model):
        async with open_page() as page:
            await page.event("submit", prompt="/echo one two three")
            await page.until(lambda page: page.reply)
            reply = await Reply.objects.aget()
            await write(reply, watched_at=for_long())
    await replies_ended()
    assert not (await Conversation.objects.aget()).is_unread


async def test_a_page_says_that_it_shows_a_reply_until_it_is_closed(model: FakeModel) -> None:
    client = Client()
    reply = await begin_elsewhere(await begun_by(client))
    async with open_page(client), limit("the row says that it is watched"):
        await until_followed(reply)
        while (await Reply.objects.aget(pk=reply.pk)).watched_at is None:
            await asyncio.sleep(0.01)
    async with limit("the row is not followed any more"):
        while replies.shown(reply.conversation_id) is not None:
            await asyncio.sleep(0.01)


async def test_of_two_sends_the_loser_sees_the_turn_it_has_lost_to(
    model: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(elsewhere, "LOOK_SECONDS", 600)
    client = Client()
    conversation = await begun_by(client)

    def has_both(page: Page) -> bool:
        return len(page.prompts) == 2 and "still being written" in page.controls

    async with open_page(client) as page:
        await page.until(lambda page: len(page.turns) == 1)
        await begin_elsewhere(conversation)
        await page.event("submit", prompt="/echo too late")
        await page.until(has_both)
        assert page.sent == []
    assert len(model.record) == 1
