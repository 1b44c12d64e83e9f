"""The list of conversations over the WebSocket: what it shows, and what it hears of."""

import asyncio
import re
import uuid
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError
from django.test import Client
from pytest_django import Settings

from chat.conversations import presence
from chat.conversations.listing import QUERY_CHARS, Look, listing
from chat.database import in_thread
from chat.models import Conversation, Reply
from chat.owners import Owner
from chat.page import conversation_list
from chat.page.conversation_list import ConversationList
from chat.replies import elsewhere, rows
from chat.replies.registry import replies
from fake_model.server import FakeModel
from tests import held_threads
from tests.conftest import closed_by_client
from tests.conversation_rows import ME, be, conversation_of
from tests.live_page import Page, begin, complete, open_page
from tests.waiting import limit

pytestmark = pytest.mark.django_db(transaction=True)


async def test_the_title_of_the_page_follows_a_rename_in_another_tab(client: Client) -> None:
    shown = await Conversation.objects.acreate(**ME.fields, title="one & two")
    await sync_to_async(be)(client, ME)
    path = f"/c/{shown.pk}/"
    response = await sync_to_async(client.get)(path)
    assert "<title>one &amp; two - " in response.content.decode()
    async with open_page(client, path) as page, open_page(client, path) as other:
        # The list no longer has a row of it.
        await page.event("search", value="nothing like it")
        await page.until(lambda page: "Nothing found." in page.controls)
        page.controls = ""
        await other.event("start_rename", conversation=str(shown.pk))
        await other.event("rename", title="A better title")
        await page.until(lambda page: "A better title" in page.controls)


async def test_a_new_row_does_not_send_the_others_again(client: Client, model: FakeModel) -> None:
    await Conversation.objects.acreate(**ME.fields, title="an earlier one")
    await sync_to_async(be)(client, ME)
    async with open_page(client, "/new/") as page:
        assert "an earlier one" in page.controls
        page.controls = ""
        await page.event("submit", prompt="/echo a new one")
        await page.until(lambda page: "start_rename" in page.controls)
        assert "a new one" in page.controls
        assert "an earlier one" not in page.controls


async def test_a_reply_goes_on_elsewhere_and_is_marked(
    slow_model: FakeModel, settings: Settings
) -> None:
    settings.CHAT_DISCONNECT_GRACE_SECONDS = 0
    async with open_page() as page:
        with held_threads.of_model(slow_model):
            first = await begin(page, "/echo " + "word " * 8)
            await begin(page, "/stall /echo two")
            page.controls = ""
        await page.until(lambda page: "Unread" in page.controls)
        reply = await Reply.objects.aget(conversation_id=first)
        assert (reply.status, len(reply.text.split())) == ("complete", 8)
        await page.event("open", conversation=first)
        await page.until(complete)
        assert not (await Conversation.objects.aget(pk=first)).is_unread
    # The other one still streams. The last page has closed.
    await closed_by_client(slow_model, 1)


async def test_the_list_hears_of_a_reply_of_another_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(elsewhere, "LOOK_SECONDS", 0.02)
    conversation = Conversation(visitor="somebody")
    async with asyncio.TaskGroup() as tasks:
        looking = tasks.create_task(elsewhere.look((), lambda conversation: None))
        with presence.watch(conversation) as changed:
            reply, _ = await in_thread(rows.ask)(conversation, "asked elsewhere")
            await Reply.objects.filter(pk=reply.pk).aupdate(process="elsewhere")
            async with limit("the list hears of the reply"):
                await changed.wait()
            changed.clear()
            await Reply.objects.filter(pk=reply.pk).aupdate(status="complete")
            async with limit("the list hears of its end"):
                await changed.wait()
        looking.cancel()


async def test_other_tabs_follow(model: FakeModel) -> None:
    client = Client()
    async with open_page(client) as page, open_page(client) as other:
        first = await begin(page, "/echo one")
        await other.until(lambda page: "/echo one" in page.controls)
        await page.until(complete)
        await page.event("start_rename", conversation=first)
        await page.event("rename", title="Renamed")
        await other.until(lambda page: "Renamed" in page.controls)
        other.controls = ""
        await page.event("delete", conversation=first)
        await other.until(lambda page: "No conversations yet." in page.controls)


async def test_more_are_shown_and_a_search_narrows(model: FakeModel) -> None:
    client = Client()
    async with open_page(client) as page:
        await begin(page, "/echo one")
        await page.until(complete)
        mine = await Conversation.objects.aget()
        await Conversation.objects.abulk_create(
            Conversation(visitor=mine.visitor, title=f"number {number}") for number in range(120)
        )
        await page.event("search", value="echo one")
        await page.event("search", value="number")
        await page.until(lambda page: "number 119" in page.controls)
        assert not re.search(r"number 60\b", page.controls)
        await page.event("show_more")
        await page.until(lambda page: re.search(r"number 60\b", page.controls))


async def test_a_query_has_a_limit_of_characters(
    model: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    queries: list[str] = []

    def read(owner: Owner, look: Look) -> dict[str, Any]:
        queries.append(look.query)
        return listing(owner, look)

    async with open_page() as page:
        assert f'maxlength="{QUERY_CHARS}"' in page.controls
        monkeypatch.setattr(conversation_list, "listing", read)
        await page.event("search", value="x" * 10_000)
        await page.until(lambda page: "Nothing found." in page.controls)
    assert max(map(len, queries)) == QUERY_CHARS


async def test_a_list_that_cannot_be_read_stays_as_it_was(
    model: FakeModel, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*args: object) -> None:
        raise OperationalError("database is locked")

    await sync_to_async(conversation_of)(ME, "one")
    await sync_to_async(be)(client, ME)
    async with open_page(client) as page:
        page.controls = ""
        monkeypatch.setattr(conversation_list, "listing", locked)
        await page.event("search", value="nothing like it")
        await page.handled()
        assert page.controls == ""
        await page.event("submit", prompt="/echo two")
        await page.until(lambda page: len(page.turns) == 2 and complete(page))


async def begin_and_read_slowly(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> tuple[Conversation, asyncio.Event]:
    """A conversation whose list was read, and is held up until the event is set."""
    await begin(page, "/echo one")
    await page.until(complete)
    await page.until(lambda page: "start_rename" in page.controls)
    conversation = await Conversation.objects.aget()
    is_read, go_on = asyncio.Event(), asyncio.Event()
    read = ConversationList._listing

    async def listing(view: ConversationList) -> dict[str, Any]:
        shown = await read(view)
        if not is_read.is_set():
            is_read.set()
            await go_on.wait()
        return shown

    monkeypatch.setattr(ConversationList, "_listing", listing)
    presence.notify(conversation)
    async with limit("the list is read"):
        await is_read.wait()
    return conversation, go_on


async def test_a_list_that_was_read_before_a_delete_does_not_take_undo_away(
    model: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_page() as page:
        conversation, go_on = await begin_and_read_slowly(page, monkeypatch)
        await page.event("delete", conversation=str(conversation.pk))
        await page.until(lambda page: "Undo" in page.controls)
        await page.handled()
        page.controls = ""
        await Conversation.objects.acreate(visitor=conversation.visitor, title="Begun elsewhere")
        presence.notify(conversation)
        go_on.set()
        await page.until(lambda page: "Begun elsewhere" in page.controls)
        assert "/echo one" not in page.controls


async def test_a_list_that_was_read_before_an_event_does_not_undo_it(
    model: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_page() as page:
        conversation, go_on = await begin_and_read_slowly(page, monkeypatch)
        await page.event("start_rename", conversation=str(conversation.pk))
        await page.until(lambda page: "cancel_rename" in page.controls)
        page.controls = ""
        await Conversation.objects.aupdate(title="Renamed elsewhere")
        presence.notify(conversation)
        go_on.set()
        await page.until(lambda page: "Renamed elsewhere" in page.controls)
        # What has not changed is not sent again.
        assert "cancel_rename" not in page.controls


async def test_an_owner_who_has_left_keeps_nothing_going(
    slow_model: FakeModel, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = asyncio.Event()

    def keeps(running: presence.Running | None) -> bool:
        kept.set()
        return is_kept(running)

    is_kept = presence.keeps
    monkeypatch.setattr(presence, "keeps", keeps)
    settings.CHAT_DISCONNECT_GRACE_SECONDS = 0.1
    client = Client()
    async with open_page(client) as page:
        first = await begin(page, "/long 2000")
        await page.event("new_chat")
        await page.until(lambda page: not page.turns)
        async with open_page(client):
            pass
        async with limit("the grace is over"):
            await kept.wait()
        assert replies.find(uuid.UUID(first)) is not None
    await closed_by_client(slow_model)
