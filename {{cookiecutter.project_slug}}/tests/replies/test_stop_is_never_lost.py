"""A Stop counts from the moment a prompt is accepted: no request goes out after it."""

import asyncio
import threading
from functools import partial

import pytest

from chat.models import Conversation, Reply
from chat.replies import rows
from chat.replies.registry import RunningReplies
from fake_model.server import FakeModel
from tests.waiting import SOON, limit

pytestmark = pytest.mark.django_db(transaction=True)
Status = Reply.Status


async def ended(replies: RunningReplies) -> Reply:
    """The only reply, once no task of `replies` runs any more."""
    async with limit("the task of the reply ends"):
        await asyncio.gather(*replies._tasks)
    return await Reply.objects.aget()


async def started(
    replies: RunningReplies, conversation: Conversation, prompt: str
) -> tuple[asyncio.Task[Reply], threading.Event]:
    """A start that is inserting its row, and waits there for the event."""
    inserting, go_on = threading.Event(), threading.Event()

    def begin() -> rows.Begun:
        inserting.set()
        assert go_on.wait(SOON)
        return rows.ask(conversation, prompt)

    starting = asyncio.create_task(replies.start(conversation.pk, begin))
    assert await asyncio.to_thread(inserting.wait, SOON)
    return starting, go_on


async def test_while_the_row_is_inserted(model: FakeModel) -> None:
    replies, conversation = RunningReplies(), Conversation(visitor="tests")
    starting, go_on = await started(replies, conversation, "/long 2000")
    replies.stop(conversation.pk)
    go_on.set()
    await starting
    assert (await ended(replies)).status == Status.STOPPED
    assert len(model.record) == 0


async def test_between_the_row_and_the_first_step_of_the_request(model: FakeModel) -> None:
    replies, conversation = RunningReplies(), Conversation(visitor="tests")
    begin = partial(rows.ask, conversation, "/long 2000")
    starting = asyncio.create_task(replies.start(conversation.pk, begin))
    await asyncio.sleep(0)  # its first step: the reply is accepted
    # When `start` returns, a thread may have sent the request: a callback is called before.
    begun = replies._running[conversation.pk].begun
    begun.add_done_callback(lambda _: replies.stop(conversation.pk))
    await starting
    assert (await ended(replies)).status == Status.STOPPED
    assert len(model.record) == 0


async def test_of_two_stops_the_first_counts(model: FakeModel) -> None:
    replies, conversation = RunningReplies(), Conversation(visitor="tests")
    await replies.start(conversation.pk, partial(rows.ask, conversation, "/silent"))
    replies.stop(conversation.pk)
    replies.stop(conversation.pk, Status.INTERRUPTED)
    assert (await ended(replies)).status == Status.STOPPED


@pytest.mark.parametrize("when", ["before", "after"])
async def test_the_end_of_the_process(model: FakeModel, when: str) -> None:
    """SIGTERM in the same windows, and a prompt that is accepted after it."""
    replies, conversation = RunningReplies(), Conversation(visitor="tests")
    begin = partial(rows.ask, conversation, "/long 2000")
    if when == "before":
        starting = asyncio.create_task(replies.start(conversation.pk, begin))
        await asyncio.sleep(0)  # its first step: the reply is accepted
        await replies.interrupt_all()
        await starting
    else:
        await replies.interrupt_all()
        await replies.start(conversation.pk, begin)
    assert (await ended(replies)).status == Status.INTERRUPTED
    assert len(model.record) == 0


async def test_a_page_that_closes_while_the_row_is_inserted(model: FakeModel) -> None:
    """The reply runs in a task of its own: it is not left as a row that streams for ever."""
    replies, conversation = RunningReplies(), Conversation(visitor="tests")
    starting, go_on = await started(replies, conversation, "/echo whole")
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    go_on.set()
    assert (await ended(replies)).status == Status.COMPLETE
