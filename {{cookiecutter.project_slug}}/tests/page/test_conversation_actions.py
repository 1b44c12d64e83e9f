"""Open, rename, delete and Undo over the WebSocket, and what the upstream saw."""

import asyncio
import uuid
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from chat.conversations import activity, trash
from chat.database import in_thread
from chat.models import Conversation
from chat.owners import Owner
from fake_model.server import FakeModel
from tests.conftest import closed_by_client, seen_by
from tests.conversation_rows import ME, be, conversation_of
from tests.live_page import begin, complete, open_page
from tests.waiting import limit

pytestmark = pytest.mark.django_db(transaction=True)


async def test_another_one_opens_without_leaving_the_page(model: FakeModel) -> None:
    async with open_page() as page:
        first = await begin(page, "/echo one")
        await page.until(complete)
        await begin(page, "/echo two")
        await page.until(complete)
        await page.event("open", conversation=first)
        await page.until(lambda page: page.conversation == first and "one" in page.text)
        assert page.prompts == ["/echo one"]
        await page.event("submit", prompt="/echo three")
        await page.until(lambda page: len(page.turns) == 2 and complete(page))
    assert [message.text for message in model.record[-1].messages] == [
        "/echo one",
        "one",
        "/echo three",
    ]


async def test_another_one_opens_with_one_render_of_the_controls(client: Client) -> None:
    first, second = [await sync_to_async(conversation_of)(ME, word) for word in ("one", "two")]
    await sync_to_async(be)(client, ME)
    async with open_page(client, f"/c/{second.pk}/") as page:
        for word, conversation in (("one", first), ("two", second)):
            page.renders, page.controls = 0, ""
            await page.event("open", conversation=str(conversation.pk))
            await page.until(lambda page: "aria-current" in page.controls)
            assert page.prompts == [word]
            # The next event finds nothing more to render.
            await page.event("stop")
            await page.handled()
            assert page.renders == 1


async def test_a_title_that_cannot_be_saved_stays_in_its_box(
    model: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*args: object) -> None:
        raise OperationalError("database is locked")

    async with open_page() as page:
        first = await begin(page, "/echo one")
        await page.until(complete)
        await page.event("start_rename", conversation=first)
        with monkeypatch.context() as broken:
            broken.setattr(activity, "rename", locked)
            await page.event("rename", title="A better title")
            await page.until(lambda page: "cannot reach its database" in page.controls)
        await page.event("rename", title="A better\0 title")
        await page.until(lambda page: "A better\ufffd title" in page.controls)


async def test_deleting_stops_the_reply_and_undo_brings_it_back(slow_model: FakeModel) -> None:
    async with open_page() as page:
        first = await begin(page, "/long 2000")
        await page.until(lambda page: page.texts)
        await page.event("delete", conversation=first)
        await closed_by_client(slow_model)
        await page.until(lambda page: page.conversation != first and "Undo" in page.controls)
        assert not await Conversation.objects.filter(pk=first).aexists()
        await page.event("undo", conversation=first)
        await page.until(lambda page: page.conversation == first and page.status == "stopped")


async def test_undo_leaves_what_is_shown_since(model: FakeModel) -> None:
    async with open_page() as page:
        first = await begin(page, "/echo one")
        await page.until(complete)
        await page.event("delete", conversation=first)
        await page.until(lambda page: not page.turns)
        second = await begin(page, "/echo two")
        await page.until(complete)
        await page.event("undo", conversation=first)
        await page.event("submit", prompt="/echo three")
        await page.until(lambda page: len(page.turns) == 2 and complete(page))
        assert page.conversation == second
    assert await Conversation.objects.acount() == 2


async def test_what_is_gone_is_told(model: FakeModel) -> None:
    async with open_page() as page:
        first = await begin(page, "/echo one")
        await page.until(complete)
        await page.event("start_rename", conversation=first)
        await page.until(lambda page: "cancel_rename" in page.controls)
        await in_thread(trash.delete)(await Conversation.objects.aget())
        page.controls = ""
        await page.event("rename", title="Renamed")
        await page.until(lambda page: "This conversation is gone" in page.controls)
        await page.event("new_chat")
        await page.until(lambda page: not page.turns)
        await Conversation.with_deleted.all().adelete()
        page.controls = ""
        await page.event("undo", conversation=first)
        await page.until(lambda page: "This conversation is gone" in page.controls)


async def test_a_deleted_one_is_gone_after_a_while(
    model: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the process that was to purge it has ended: a page that connects waits again."""
    client, waits, over = Client(), 0, asyncio.Event()
    purge = trash._purge_after

    async def purge_when_told(owner: Owner, seconds: float) -> None:
        nonlocal waits
        assert seconds == trash.UNDO_SECONDS
        waits += 1
        await over.wait()
        await purge(owner, 0)

    monkeypatch.setattr(trash, "_purge_after", purge_when_told)
    async with open_page(client) as page:
        first = await begin(page, "/echo one")
        await page.until(complete)
        await page.event("delete", conversation=first)
        await page.until(lambda page: "Undo" in page.controls)
    assert waits == 1
    async with open_page(client) as page:
        assert "Undo" in page.controls
        async with limit("the page waits for the end of Undo"):
            while waits < 2:
                await asyncio.sleep(0.01)
        page.controls = ""
        await Conversation.with_deleted.aupdate(deleted_at=timezone.now() - timedelta(days=1))
        over.set()
        await page.until(lambda page: "RemoveChild" in page.controls)
        assert "Undo" not in page.controls
    async with limit("the rows are purged"):
        await asyncio.gather(*trash._purges)
    assert await Conversation.with_deleted.acount() == 0


async def test_delete_all_stops_what_streams(slow_model: FakeModel) -> None:
    async with open_page() as page:
        await begin(page, "/long 2000")
        await page.until(lambda page: page.texts)
        await begin(page, "/long 2000")
        await seen_by(slow_model, lambda record: len(record) == 2)
        await page.event("delete_all")
        await closed_by_client(slow_model, 0)
        await closed_by_client(slow_model, 1)
        await page.until(lambda page: not page.turns)
    assert await Conversation.with_deleted.acount() == 0


@pytest.mark.parametrize("event", ["open", "delete", "rename"])
async def test_nobody_reaches_what_is_somebody_elses(model: FakeModel, event: str) -> None:
    async with open_page() as mine, open_page() as other:
        secret = await begin(mine, "/echo secret")
        await mine.until(complete)
        for conversation in (secret, "nonsense", str(uuid.uuid4())):
            other.controls = ""
            if event == "rename":
                await other.event("start_rename", conversation=conversation)
                await other.event("rename", title="stolen")
            else:
                await other.event(event, conversation=conversation)
            await other.until(lambda page: "deleted" in page.controls or "gone" in page.controls)
            await other.event("new_chat")
        await other.event("undo", conversation=secret)
        await other.event("delete_all")
        await other.event("submit", prompt="/echo mine")
        await other.until(complete)
        assert "secret" not in other.text + other.controls
    row = await Conversation.objects.aget(pk=secret)
    assert (row.title, row.deleted_at) == ("/echo secret", None)
