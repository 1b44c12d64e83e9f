"""This process follows and stops a reply of another one, which is played by messages on the bus.

The row of the reply is written only where a test says so. Nothing that these tests wait for comes
from a look at the row in time: they set its times to minutes.
"""

from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.test import Client
from django.utils import timezone

from chat.models import Conversation, Reply
from chat.replies import elsewhere, followed, mirrored, rows
from chat.replies.mirror import FOLLOW, STOP
from chat.replies.registry import replies
from chat.tools.models import ToolCall  # tools
from fake_model.server import FakeModel
from tests.bus.conftest import Other
from tests.live_page import begun_by, open_page
from tests.redis_server import RedisServer
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)

MINUTES = 600.0


@pytest.fixture(autouse=True)
def _look_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(followed, "FOLLOW_SECONDS", MINUTES)
    monkeypatch.setattr(elsewhere, "LOOK_SECONDS", MINUTES)
    monkeypatch.setattr(mirrored, "FRESH_SECONDS", MINUTES)
    monkeypatch.setattr(followed, "STOP_SECONDS", MINUTES)


class Writer:
    """Another process that streams a reply."""

    def __init__(self, other: Other, reply: Reply) -> None:
        self._other, self.reply = other, reply
        self._number = 0

    async def hears(self, kind: str) -> None:
        """Wait for this process to ask, and forget it."""
        message = [kind, str(self.reply.conversation_id), self.reply.pk]
        await self._other.hears(message)
        self._other.heard.remove(message)

    async def sends(
        self, text: str, is_whole: bool = False, reasoning: str = "", calls: int = 0, skip: int = 0
    ) -> None:
        self._number += 1 + skip
        piece: list[Any] = [self._number, is_whole, text, reasoning]
        piece.append(calls)  # tools
        await self._other.send(piece, "reply", "elsewhere", self.reply.pk)

    async def writes(self, **fields: Any) -> None:
        """Write the row, and tell it."""
        await Reply.objects.filter(pk=self.reply.pk).aupdate(saved_at=timezone.now(), **fields)
        await self._other.send(None, "conversation", self.reply.conversation_id)


async def begin(other: Other, conversation: Conversation) -> Writer:
    """Let another process begin a reply, without telling it."""
    reply: Reply
    reply, _ = await database_sync_to_async(rows.ask)(conversation, "asked elsewhere")
    await Reply.objects.filter(pk=reply.pk).aupdate(process="elsewhere")
    return Writer(other, reply)


async def test_text_comes_from_the_process_that_streams_it(model: FakeModel, other: Other) -> None:
    client = Client()
    writer = await begin(other, await begun_by(client))
    async with open_page(client) as page:
        await writer.hears(FOLLOW)
        await writer.sends("**one**", is_whole=True, reasoning="a thought")
        await page.until(lambda page: "one" in page.text and page.reasoning == "a thought")
        await writer.sends(" two")
        await page.until(lambda page: "two" in page.text)
        assert page.status == "streaming"
        await writer.writes(text="**one** two three", status="complete")
        await page.until(lambda page: page.status == "complete")
        assert "three" in page.text


async def test_a_missing_piece_is_noticed_and_the_whole_is_asked_for(
    model: FakeModel, other: Other
) -> None:
    client = Client()
    writer = await begin(other, await begun_by(client))
    async with open_page(client) as page:
        await writer.hears(FOLLOW)
        await writer.sends("one", is_whole=True)
        await page.until(lambda page: "one" in page.text)
        await writer.sends(" three", skip=1)
        await writer.hears(FOLLOW)
        await writer.sends(" four")
        await writer.sends("one two three four five", is_whole=True)
        await page.until(lambda page: "five" in page.text)
        shown = replies.shown(writer.reply.conversation_id)
        assert shown is not None
        assert shown.reply.text == "one two three four five"


async def test_the_row_does_not_take_back_what_is_newer(
    model: FakeModel, other: Other, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, texts = followed._read, []

    def keep(reply_id: int) -> Reply | None:
        row = read(reply_id)
        texts.append(row.text if row else "")
        return row

    monkeypatch.setattr(followed, "_read", keep)
    client = Client()
    writer = await begin(other, await begun_by(client))
    async with open_page(client) as page:
        await writer.hears(FOLLOW)
        await writer.sends("one two", is_whole=True)
        await page.until(lambda page: "two" in page.text)
        await writer.writes(text="one")
        await until("the row is read", lambda: "one" in texts, lambda: texts)
        await writer.sends(" three")
        await page.until(lambda page: "three" in page.text)
        shown = replies.shown(writer.reply.conversation_id)
        assert shown is not None
        assert shown.reply.text == "one two three"


async def test_a_tool_call_is_read_when_it_has_changed(  # tools
    model: FakeModel, other: Other
) -> None:
    client = Client()
    writer = await begin(other, await begun_by(client))
    async with open_page(client) as page:
        await writer.hears(FOLLOW)
        await writer.sends("Let me see.\n\n", is_whole=True)
        await page.until(lambda page: "see" in page.text)
        call = ToolCall(reply=writer.reply, round=0, position=13, call_id="1", name="clock")
        call.arguments, call.status = "{}", ToolCall.Status.RUNNING
        await call.asave()
        await Reply.objects.filter(pk=writer.reply.pk).aupdate(call_count=1)
        await writer.sends("", calls=1)
        await page.until(lambda page: 'data-tool="clock"' in page.text)
        await writer.sends("It is late.", calls=1)
        await page.until(lambda page: "late" in page.text)


async def test_stop_is_heard_by_the_process_that_streams_it(model: FakeModel, other: Other) -> None:
    client = Client()
    writer = await begin(other, await begun_by(client))
    async with open_page(client) as page:
        await writer.hears(FOLLOW)
        await writer.sends("one two", is_whole=True)
        await page.until(lambda page: "two" in page.text)
        await page.event("stop")
        await writer.hears(STOP)
        await writer.reply.arefresh_from_db()
        assert writer.reply.status == "streaming", "it is its process that ends the reply"
        await writer.writes(text="one two three", status="stopped")
        await page.until(lambda page: page.status == "stopped")
        assert "three" in page.text


async def test_stop_ends_the_row_if_nobody_hears_it(
    model: FakeModel, other: Other, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(followed, "STOP_SECONDS", 0.1)
    client = Client()
    writer = await begin(other, await begun_by(client))
    async with open_page(client) as page:
        await writer.hears(FOLLOW)
        await writer.sends("one two", is_whole=True)
        await page.until(lambda page: "two" in page.text)
        await page.event("stop")
        await page.until(lambda page: page.status == "stopped")
        await writer.hears(STOP)
    await writer.reply.arefresh_from_db()
    assert writer.reply.status == "stopped"


async def test_a_page_that_follows_nothing_yet_stops_the_row_and_tells_its_process(
    model: FakeModel, other: Other
) -> None:
    async with open_page() as page:
        await page.event("submit", prompt="/echo first")
        await page.until(lambda page: page.status == "complete")
        writer = await begin(other, await Conversation.objects.aget(pk=page.conversation))
        await page.event("stop")
        await writer.hears(STOP)
        await page.until(lambda page: page.status == "stopped")


async def test_text_goes_on_by_the_row_while_redis_is_away(
    model: FakeModel, other: Other, redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(followed, "FOLLOW_SECONDS", 0.02)
    client = Client()
    writer = await begin(other, await begun_by(client))

    async def write(text: str) -> None:
        await Reply.objects.filter(pk=writer.reply.pk).aupdate(text=text)

    async with open_page(client) as page:
        await writer.hears(FOLLOW)
        await writer.sends("one", is_whole=True)
        await page.until(lambda page: "one" in page.text)
        redis.stop()
        await write("one two")
        await page.until(lambda page: "two" in page.text)
        other.heard.clear()
        redis.start()
        await writer.hears(FOLLOW)
        await writer.sends("one two three", is_whole=True)
        await page.until(lambda page: "three" in page.text)
        assert page.status == "streaming"


async def test_a_process_that_sends_nothing_is_followed_by_its_row(
    model: FakeModel, other: Other, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(followed, "FOLLOW_SECONDS", 0.02)
    monkeypatch.setattr(mirrored, "FRESH_SECONDS", 0.1)
    client = Client()
    writer = await begin(other, await begun_by(client))
    async with open_page(client) as page:
        await writer.hears(FOLLOW)
        await writer.sends("one", is_whole=True)
        await page.until(lambda page: "one" in page.text)
        await Reply.objects.filter(pk=writer.reply.pk).aupdate(text="one two")
        await page.until(lambda page: "two" in page.text)
