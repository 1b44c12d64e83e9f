"""What another process changes is seen at once, and a page there keeps a reply of its owner."""

import asyncio

import pytest
from django.test import Client
from pytest_django import Settings

from chat.conversations import presence  # conversations
from chat.models import Conversation, Reply
from chat.replies import elsewhere
from fake_model.server import FakeModel
from tests.bus.conftest import Other
from tests.bus.test_mirrored import begin
from tests.conftest import closed_by_client, replies_ended, seen_by
from tests.live_page import Page, open_page
from tests.waiting import limit, until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _look_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elsewhere, "LOOK_SECONDS", 600.0)


async def a_turn(page: Page) -> Conversation:
    await page.event("submit", prompt="/echo first")
    await page.until(lambda page: page.status == "complete")
    # What it tells others has been told.
    await replies_ended()
    return await Conversation.objects.aget(pk=page.conversation)


async def test_a_turn_of_another_process_appears(model: FakeModel, other: Other) -> None:
    async with open_page() as page:
        writer = await begin(other, await a_turn(page))
        await writer.writes(text="so far")
        await page.until(lambda page: len(page.prompts) == 2 and page.status == "streaming")


async def test_others_hear_of_a_turn_and_of_its_end(model: FakeModel, other: Other) -> None:
    async with open_page() as page:
        conversation = await a_turn(page)
        await other.listen("conversation", conversation.pk)
        await page.event("submit", prompt="/echo second")
        await page.until(lambda page: len(page.prompts) == 2 and page.status == "complete")
        heard = other.heard
        await until("both are heard", lambda: heard.count(None) >= 2, lambda: heard)


async def test_the_list_hears_of_a_change_in_another_process(  # conversations
    model: FakeModel, other: Other
) -> None:
    async with open_page() as page:
        conversation = await a_turn(page)
        await Conversation.objects.filter(pk=conversation.pk).aupdate(title="Renamed elsewhere")
        await other.send(None, "owner", presence._name(conversation))
        await page.until(lambda page: "Renamed elsewhere" in page.controls)


async def test_others_hear_of_a_change_of_the_list(  # conversations
    model: FakeModel, other: Other
) -> None:
    async with open_page() as page:
        conversation = await a_turn(page)
        await other.listen("owner", presence._name(conversation))
        await page.event("start_rename", conversation=str(conversation.pk))
        await page.handled()
        assert other.heard == []
        await page.event("rename", title="Renamed here")
        await other.hears(None)


async def test_a_page_of_the_owner_elsewhere_keeps_a_reply(  # conversations
    slow_model: FakeModel, other: Other, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CHAT_DISCONNECT_GRACE_SECONDS = 0
    monkeypatch.setattr(elsewhere, "WATCHED_SECONDS", 0.1)
    client = Client()
    async with open_page(client) as page:
        await page.event("submit", prompt="/long 2000")
        await page.until(lambda page: page.texts >= 2)
        conversation = await Conversation.objects.aget(pk=page.conversation)
        await other.listen("owner", presence._name(conversation))
    left = slow_model.record[0].tokens
    await seen_by(slow_model, lambda record: record[0].tokens >= left + 50)
    assert slow_model.record[0].ended_by is None
    await other.bus.close()
    await closed_by_client(slow_model)
    async with limit("the reply is interrupted"):
        while (await Reply.objects.aget()).status != "interrupted":
            await asyncio.sleep(0.01)
