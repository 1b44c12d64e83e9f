"""A tool that asks first, while its reply goes over to waiting: no answer and no Stop is lost.

The reply is saved as waiting, and then it is looked whether the user has answered meanwhile.
"""

import asyncio
import uuid
from functools import partial
from uuid import UUID

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError
from django.utils import timezone

from chat import database
from chat.database import in_thread
from chat.models import Conversation, Reply
from chat.page.shown_turns import Position, ShownTurns
from chat.replies import approval, elsewhere, rows
from chat.replies.registry import RunningReplies
from chat.tools.models import ToolCall
from chat.tools.tool import tool
from fake_model.server import FakeModel
from tests.tools.offering import offer
from tests.tools.replying import calls, statuses
from tests.waiting import limit

pytestmark = pytest.mark.django_db(transaction=True)

PROMPT = '/tool delete {"name": "a.txt"}'
ran: list[str] = []


@tool(confirm=True)
def delete(name: str) -> str:
    """Delete a file."""
    ran.append(name)
    return f"{name} is deleted"


@pytest.fixture(autouse=True)
def _offered(monkeypatch: pytest.MonkeyPatch) -> None:
    ran.clear()
    offer(monkeypatch, delete)


async def ended(replies: RunningReplies) -> None:
    """Wait until no task of `replies` runs any more."""
    async with limit("the tasks of the replies end"):
        while replies._tasks:
            await asyncio.gather(*replies._tasks)


def _first_call(reply: Reply) -> int:
    return reply.tool_calls.all()[0].pk


async def test_an_answer_counts_whose_process_has_died(
    model: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(elsewhere, "LOOK_SECONDS", 0.02)
    replies, conversation = RunningReplies(), Conversation(visitor="tests")
    await replies.start(conversation.pk, partial(rows.ask, conversation, PROMPT))
    await ended(replies)
    waits, stranger = [conversation.pk], uuid.uuid4()
    assert await in_thread(approval.answered)([*waits, stranger]) == []
    reply = await Reply.objects.select_related("conversation").aget()
    call = (await calls(reply))[0].pk
    await in_thread(partial(approval.answer, reply.conversation, call, allow=True))()
    assert await in_thread(approval.answered)([stranger]) == []
    assert await in_thread(approval.answered)([*waits, stranger]) == waits
    resumed, faults = asyncio.Event(), [RuntimeError("of our own making")]

    async def resume(conversation_id: UUID) -> None:
        if faults:
            raise faults.pop()
        await replies.resume(conversation_id)
        resumed.set()

    looking = asyncio.create_task(elsewhere.look((), lambda conversation: None, resume))
    async with limit("the reply is resumed"):
        await resumed.wait()
    looking.cancel()
    await ended(replies)
    assert (await statuses(), ran) == (["complete"], ["a.txt"])


async def test_an_answer_in_a_deleted_conversation_resumes_nothing(  # conversations
    model: FakeModel,
) -> None:
    replies, conversation = RunningReplies(), Conversation(visitor="tests")
    await replies.start(conversation.pk, partial(rows.ask, conversation, PROMPT))
    await ended(replies)
    reply = await Reply.objects.select_related("conversation").aget()
    call = (await calls(reply))[0].pk
    await in_thread(partial(approval.answer, reply.conversation, call, allow=True))()
    await Conversation.objects.aupdate(deleted_at=timezone.now())
    with pytest.raises(approval.NothingToResumeError):
        await in_thread(approval.resume)(conversation.pk)
    await reply.arefresh_from_db()
    assert (reply.is_waiting, ran) == (True, [])


@pytest.mark.parametrize("is_away", [False, True])
async def test_an_answer_counts_while_the_reply_is_being_saved(
    model: FakeModel, monkeypatch: pytest.MonkeyPatch, is_away: bool
) -> None:
    """Even if the database is away when the reply would go on."""
    monkeypatch.setattr(database, "AGAIN_SECONDS", 0.02)
    save, resume = rows.save, approval.resume
    answered: list[bool] = []
    errors = [OperationalError("away")] if is_away else []

    def resume_later(conversation_id: UUID) -> rows.Begun:
        if errors:
            raise errors.pop()
        return resume(conversation_id)

    def save_late(reply: Reply) -> bool:
        if reply.is_waiting and not answered:
            # As another process does, which cannot take the reply over yet.
            answered.append(approval.answer(reply.conversation, _first_call(reply), allow=True))
        return save(reply)

    monkeypatch.setattr(rows, "save", save_late)
    monkeypatch.setattr(approval, "resume", resume_later)
    replies, conversation = RunningReplies(), Conversation(visitor="tests")
    await replies.start(conversation.pk, partial(rows.ask, conversation, PROMPT))
    await ended(replies)
    assert (answered, errors, ran) == ([True], [], ["a.txt"])


@pytest.mark.parametrize(
    ("end", "status"), [(Reply.Status.INTERRUPTED, "waiting"), (Reply.Status.STOPPED, "denied")]
)
async def test_only_stop_denies_while_the_reply_is_being_saved(
    model: FakeModel, monkeypatch: pytest.MonkeyPatch, end: Reply.Status, status: str
) -> None:
    """The end of the process, or of the grace, leaves it waiting."""
    replies, conversation = RunningReplies(), Conversation(visitor="tests")
    save, loop = rows.save, asyncio.get_running_loop()

    def save_late(reply: Reply) -> bool:
        if reply.is_waiting:
            loop.call_soon_threadsafe(replies.stop, conversation.pk, end)
        return save(reply)

    monkeypatch.setattr(rows, "save", save_late)
    await replies.start(conversation.pk, partial(rows.ask, conversation, PROMPT))
    await ended(replies)
    assert await statuses() == [status]


async def test_a_page_that_saw_the_call_first_learns_that_the_reply_waits() -> None:
    """Only then do its controls say so. Nothing else of the reply changes."""

    def see() -> list[bool]:
        conversation = Conversation.objects.create(visitor="tests")
        reply, _ = rows.ask(conversation, PROMPT)
        call = ToolCall(reply=reply, round=0, position=0, status=ToolCall.Status.WAITING)
        call.save()
        Reply.objects.update(call_count=1)
        shown = ShownTurns(Position())
        [(_, seen)] = shown.missed(conversation)
        shown.see(seen)
        assert shown.missed(conversation) == []
        Reply.objects.update(process="")
        return [reply.is_waiting for _, reply in shown.missed(conversation)]

    assert await sync_to_async(see)() == [True]


async def test_stop_counts_during_the_look_for_an_answer(
    model: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    replies, conversation = RunningReplies(), Conversation(visitor="tests")
    resume, loop = approval.resume, asyncio.get_running_loop()

    def resume_late(conversation_id: UUID) -> rows.Begun:
        loop.call_soon_threadsafe(replies.stop, conversation_id)
        return resume(conversation_id)

    monkeypatch.setattr(approval, "resume", resume_late)
    await replies.start(conversation.pk, partial(rows.ask, conversation, PROMPT))
    await ended(replies)
    assert await statuses() == ["denied"]


async def test_an_answer_counts_during_the_look_for_one(
    model: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    replies, conversation = RunningReplies(), Conversation(visitor="tests")
    resume, loop = approval.resume, asyncio.get_running_loop()

    def answer_late(conversation_id: UUID) -> rows.Begun:
        try:
            return resume(conversation_id)
        except approval.NothingToResumeError:
            reply = Reply.objects.get()
            assert approval.answer(reply.conversation, _first_call(reply), allow=True)
            asyncio.run_coroutine_threadsafe(replies.resume(conversation_id), loop)
            raise

    monkeypatch.setattr(approval, "resume", answer_late)
    await replies.start(conversation.pk, partial(rows.ask, conversation, PROMPT))
    await ended(replies)
    assert (await statuses(), ran) == (["complete"], ["a.txt"])
