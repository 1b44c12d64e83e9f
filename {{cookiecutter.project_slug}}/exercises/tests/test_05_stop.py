"""Step 5: a reply ends at Stop while its text flows, and keeps what has arrived."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest

from chat.models import Conversation, Reply
from chat.replies import rows
from chat.replies.running_reply import RunningReply
from fake_model.server import FakeModel
from tests.conftest import closed_by_client, seen_by
from tests.waiting import limit

pytestmark = pytest.mark.django_db(transaction=True)

Status = Reply.Status


@asynccontextmanager
async def running(prompt: str) -> AsyncIterator[tuple[RunningReply, asyncio.Task[None]]]:
    """A reply, and the task in which it runs. What is left of it at the end is cancelled."""
    begin = partial(rows.ask, Conversation(visitor="exercises"), prompt)
    reply = RunningReply(begin, lambda: None)
    task = asyncio.create_task(reply.run())
    try:
        yield reply, task
    finally:
        if reply._reading is not None:
            reply._reading.cancel()
        await task


async def ended_as(status: str) -> Reply:
    """The row of the reply. Fails with a sentence unless it has ended as `status`."""
    row = await Reply.objects.aget()
    assert row.status == status, f"`stop` was first given {status!r}; the row is {row.status!r}."
    return row


def stop(reply: RunningReply, status: Status) -> None:
    """Call `stop`. Fails with a sentence if it is a coroutine function."""
    method: Callable[[Status], Any] = reply.stop
    returned = method(status)
    if inspect.iscoroutine(returned):
        returned.close()
        pytest.fail("`stop` is called without `await`: it is no coroutine, write `def`.")


async def text_flows(model: FakeModel) -> None:
    await seen_by(model, lambda record: record[0].tokens > 20, "the model has sent some text")


async def test_while_text_flows(slow_model: FakeModel) -> None:
    """Stop closes the connection while the text flows."""
    async with running("/long 4000") as (reply, task):
        await text_flows(slow_model)
        stop(reply, Status.STOPPED)
        try:
            await closed_by_client(slow_model)
        except TimeoutError:
            pytest.fail(
                f"It is still open, and {slow_model.record[0].tokens} tokens were sent so far: the "
                "task that reads was not cancelled."
            )
        async with limit("the reply ends after Stop"):
            await asyncio.shield(task)


async def test_what_has_arrived_is_kept(slow_model: FakeModel) -> None:
    """The row of the reply is "stopped", and holds the text that had arrived."""
    async with running("/long 4000") as (reply, task):
        await text_flows(slow_model)
        stop(reply, Status.STOPPED)
        async with limit("the reply ends after Stop"):
            await asyncio.shield(task)
    row = await ended_as("stopped")
    assert row.text, "The text is gone."


async def test_the_first_stop_counts(slow_model: FakeModel) -> None:
    """A second Stop changes nothing: the first says how the reply ended."""
    async with running("/long 4000") as (reply, task):
        await text_flows(slow_model)
        stop(reply, Status.STOPPED)
        stop(reply, Status.INTERRUPTED)
        assert reply._reading is not None
        assert reply._reading.cancelling() == 1, (
            f"The task was cancelled {reply._reading.cancelling()} times: a second time it would "
            "interrupt the closing."
        )
        async with limit("the reply ends after Stop"):
            await asyncio.shield(task)
    await ended_as("stopped")


async def test_as_what_it_ends(slow_model: FakeModel) -> None:
    """The reply ends as the status that `stop` was given, whatever it is."""
    async with running("/long 4000") as (reply, task):
        await text_flows(slow_model)
        stop(reply, Status.INTERRUPTED)
        async with limit("the reply ends after Stop"):
            await asyncio.shield(task)
    await ended_as("interrupted")


async def test_before_anything_was_done(model: FakeModel) -> None:
    """A Stop that comes before the first step lets nothing be sent."""
    async with running("/long 20") as (reply, task):
        stop(reply, Status.STOPPED)
        async with limit("the reply ends after Stop"):
            await asyncio.shield(task)
    assert len(model.record) == 0, (
        "The model was asked all the same: keep the status also while there is no task."
    )
    await ended_as("stopped")


async def test_the_first_stop_counts_before_anything_was_done(model: FakeModel) -> None:
    """Of two Stops that come before the first step, the first counts as well."""
    async with running("/long 20") as (reply, task):
        stop(reply, Status.STOPPED)
        stop(reply, Status.INTERRUPTED)
        async with limit("the reply ends after Stop"):
            await asyncio.shield(task)
    await ended_as("stopped")
