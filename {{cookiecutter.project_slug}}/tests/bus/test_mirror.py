"""Another process follows and stops a reply of this one: it is played by messages on the bus."""

import asyncio
from typing import Any

import pytest

from chat.bus.bus import name
from chat.models import Reply
from chat.replies import processes
from chat.replies.mirror import FOLLOW, STOP, Piece
from chat.replies.registry import replies
from fake_model.server import FakeModel
from tests.bus.conftest import Other
from tests.conftest import closed_by_client
from tests.live_page import Page, open_page
from tests.waiting import limit, until

pytestmark = pytest.mark.django_db(transaction=True)

LONG = "/long 2000"


class Follower:
    """Hears the pieces of a reply, and asks for them."""

    def __init__(self, other: Other, page: Page) -> None:
        self._other = other
        self._ids = [page.conversation, page.reply]
        self.channel = ("reply", processes.this_process(), page.reply)
        self.pieces: list[Piece] = []
        other.bus.listen(name(*self.channel), self._hear)

    def _hear(self, message: Any) -> None:
        self.pieces.append(Piece(*message))

    async def ask(self, kind: str, reply: int = 0) -> None:
        message = [kind, self._ids[0], reply or self._ids[1]]
        await self._other.send(message, "process", processes.this_process())

    async def has(self, count: int) -> None:
        await until(f"{count} pieces", lambda: len(self.pieces) >= count, lambda: self.pieces)


async def begin(page: Page, prompt: str) -> None:
    await page.event("submit", prompt=prompt)
    await page.until(lambda page: page.texts >= 2)


async def test_who_asks_gets_the_whole_text_and_then_what_is_new(
    slow_model: FakeModel, other: Other
) -> None:
    async with open_page() as page:
        await begin(page, "/think " + LONG)
        follower = Follower(other, page)
        pieces = follower.pieces
        await follower.ask(FOLLOW)
        await follower.has(3)
        await follower.ask(FOLLOW)
        whole = "the whole text again"
        await until(whole, lambda: sum(piece.is_whole for piece in pieces) == 2, lambda: pieces)
        await follower.has(len(pieces) + 2)
        await page.event("stop")
        await page.until(lambda page: page.status == "stopped")
    assert [piece.number for piece in pieces] == list(range(1, len(pieces) + 1))
    assert pieces[0].is_whole
    again = max(at for at, piece in enumerate(pieces) if piece.is_whole)
    reply = await Reply.objects.aget()
    for part in (pieces[:again], pieces[again:]):
        text = "".join(piece.text for piece in part)
        assert text
        assert reply.text.startswith(text)
    # The blank line after a thought is not kept at the end.
    assert reply.reasoning == "".join(piece.reasoning for piece in pieces[again:]).rstrip()


async def test_nothing_is_sent_before_somebody_asks_and_after_the_last_has_left(
    slow_model: FakeModel, other: Other
) -> None:
    async with open_page() as page:
        await begin(page, LONG)
        follower = Follower(other, page)
        texts = page.texts
        await page.until(lambda page: page.texts > texts + 3)
        assert follower.pieces == []
        await follower.ask(FOLLOW)
        await follower.has(2)
        other.bus.leave(name(*follower.channel))
        async with limit("the reply is sent no more"):
            while replies._mirrors._mirrors:
                await asyncio.sleep(0.01)


async def test_stop_of_another_process_closes_the_request_and_keeps_the_text(
    slow_model: FakeModel, other: Other
) -> None:
    async with open_page() as page:
        await begin(page, LONG)
        follower = Follower(other, page)
        await follower.ask(FOLLOW)
        await follower.has(2)
        await follower.ask(STOP, reply=page.reply + 1)
        await follower.has(len(follower.pieces) + 2)
        assert slow_model.record[0].ended_by is None, "it meant another reply"
        await follower.ask(STOP)
        await closed_by_client(slow_model)
        await page.until(lambda page: page.status == "stopped")
    text = "".join(piece.text for piece in follower.pieces)
    assert (await Reply.objects.aget()).text.startswith(text)


async def test_what_was_text_and_becomes_reasoning_is_sent_whole(
    slow_model: FakeModel, other: Other
) -> None:
    async with open_page() as page:
        await begin(page, LONG)
        follower = Follower(other, page)
        await follower.ask(FOLLOW)
        await follower.has(2)
        running = replies.find((await Reply.objects.aget()).conversation_id)
        assert running is not None
        running.reply.reasoning, running.reply.text = running.reply.text, ""
        await until(
            "the whole is sent",
            lambda: any(piece.is_whole and piece.reasoning for piece in follower.pieces),
            lambda: follower.pieces,
        )
