"""Step 4: what the page says of a Stop, and what the record of the model says."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from channels.db import database_sync_to_async
from django.db import DatabaseError
from django.utils import timezone

from chat import error_messages
from chat.models import Conversation, Reply
from chat.page import chat_view, djust_internals, prompt_view
from chat.replies import processes, rows
from chat.replies.registry import RunningReplies, replies
from exercises.tests.showing import ended, has_handled_all, shows, shows_refusal
from fake_model.server import FakeModel
from tests.conftest import closed_by_client
from tests.live_page import Page, open_page
from tests.waiting import SOON

pytestmark = pytest.mark.django_db(transaction=True)

# It flows for much longer than any test waits.
LONG = "/long 4000"


async def flowing(page: Page) -> None:
    """Ask for a long reply, and wait until its text flows."""
    await page.event("submit", prompt=LONG)
    await shows(page, "the text of a reply flows", lambda page: page.texts)


async def test_the_page_says_stopped(slow_model: FakeModel) -> None:
    """After Stop the page announces "Stopped" to a screen reader."""
    async with open_page() as page:
        await flowing(page)
        await page.event("stop")
        await shows(page, 'the reply is "Stopped"', lambda page: "Stopped" in page.controls)


async def test_the_record_says_it_too(slow_model: FakeModel) -> None:
    """The record of the model says that the client has closed the connection."""
    async with open_page() as page:
        await flowing(page)
        await page.event("stop")
        try:
            await closed_by_client(slow_model)
        except TimeoutError:
            pytest.fail(
                f"Nobody has closed it: the model goes on, {slow_model.record[0].tokens} tokens "
                "so far. This Stop only looks like one."
            )


async def test_what_was_shown_stays(slow_model: FakeModel) -> None:
    """The text that had arrived stays on the page, and its reply is "stopped"."""
    async with open_page() as page:
        await flowing(page)
        await page.event("stop")
        await shows(page, "the reply has ended", ended)
        assert page.status == "stopped", f"The reply is {page.status}."
        assert page.text, "The text is gone."


async def test_in_another_process(model: FakeModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop ends a reply of another process, also if the socket has stopped one here already."""
    # It is not taken for dead, however slow this machine is.
    monkeypatch.setattr(processes, "LONGEST_SILENCE", 600)
    monkeypatch.setattr(prompt_view, "stop_in_turn", lambda view: False)
    async with open_page() as page:
        await page.event("submit", prompt="/echo first")
        await shows(page, "the reply is complete", lambda page: page.status == "complete")
        conversation = await Conversation.objects.aget(pk=page.conversation)
        reply, _ = await database_sync_to_async(rows.ask)(conversation, "asked elsewhere")
        row = Reply.objects.filter(pk=reply.pk)
        await row.aupdate(process="elsewhere", saved_at=timezone.now())
        await page.event("stop")
        try:
            async with asyncio.timeout(SOON):
                while not await row.filter(status="stopped").aexists():
                    await asyncio.sleep(0.01)
        except TimeoutError:
            pytest.fail(
                "The row of the reply in another process is not stopped: `stop_elsewhere` is to be "
                "awaited, whatever `_stop` has returned."
            )


async def test_here_and_in_another_process(
    slow_model: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where Stop has ended a reply here, the other processes are told as well."""
    told: list[object] = []

    async def stop_elsewhere(self: RunningReplies, conversation: object) -> None:
        told.append(conversation)

    monkeypatch.setattr(RunningReplies, "stop_elsewhere", stop_elsewhere)
    # Else the socket would stop it, if this machine is slow, and `_stop` would have nothing to do.
    monkeypatch.setattr(djust_internals, "STOP_SECONDS", 600)
    async with open_page() as page:
        await flowing(page)
        await page.event("stop")
        await has_handled_all(page)
        assert told, "`stop_elsewhere` was not called: it is to be, whatever `_stop` has returned."
        assert told == [UUID(page.conversation)], (
            f"`stop_elsewhere` was given {told[0]!r}: it takes the id of the conversation."
        )


async def test_a_late_event(slow_model: FakeModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Stop that the socket has handled already changes nothing: the next reply goes on."""
    asked: list[Any] = []

    def stop_in_turn(view: Any) -> bool:
        asked.append(view)
        return False

    monkeypatch.setattr(prompt_view, "stop_in_turn", stop_in_turn)
    # Else the socket would stop it, if this machine is slow.
    monkeypatch.setattr(djust_internals, "STOP_SECONDS", 600)
    async with open_page() as page:
        await flowing(page)
        running = replies.find(UUID(page.conversation))
        assert running is not None
        await page.event("stop")
        await has_handled_all(page)
        assert running.stopped_as is None, "It was stopped, though `stop_in_turn` returned False."
        assert asked, "`stop` has not asked `stop_in_turn`."
        assert asked[-1].streaming and "Stopped" not in page.controls, (
            "The reply goes on, and the page was told that it has ended: `stop` shows nothing "
            "itself, as the feed shows how a reply has ended."
        )


async def test_what_stop_returns(slow_model: FakeModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """`_stop` returns whether there was a reply to stop: the socket calls it, and asks that."""
    callbacks: list[Callable[[], bool]] = []
    monkeypatch.setattr(chat_view, "on_stop", lambda view, callback: callbacks.append(callback))
    async with open_page() as page:
        await has_handled_all(page)
        assert not callbacks[-1](), "`_stop` has said that it stopped a reply, and there was none."
        await flowing(page)
        stopped = callbacks[-1]()
        assert stopped, f"A reply was running, and `_stop` has returned {stopped}: `return` it."


async def test_without_a_conversation(model: FakeModel) -> None:
    """On a page whose conversation is gone, Stop does nothing."""
    async with open_page(path=f"/c/{uuid4()}/") as page:
        await page.event("stop")
        await has_handled_all(page)


async def test_without_a_database(
    model: FakeModel, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """If the database cannot be reached, the page says so, and the log too."""

    async def stop_elsewhere(*arguments: object) -> None:
        raise DatabaseError("It cannot be reached.")

    monkeypatch.setattr(RunningReplies, "stop_elsewhere", stop_elsewhere)
    async with open_page() as page:
        await page.event("stop")
        await shows_refusal(page, error_messages.NO_DATABASE)
    records = [record for record in caplog.records if record.name == "chat"]
    assert records, "The log says nothing of it."
    assert any(record.exc_info for record in records), (
        "The log says it without the traceback: `logger.exception` adds it."
    )
