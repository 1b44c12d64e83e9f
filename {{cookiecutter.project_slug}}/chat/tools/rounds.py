"""The rounds of a reply that calls tools: run them, tell the model, and read its next response."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from chat.database import keep_trying, saving
from chat.models import Reply
from chat.provider.errors import ProviderError
from chat.provider.events import Call
from chat.provider.messages import Request
from chat.repair import storable
from chat.tools import history, registry
from chat.tools.models import MAXIMUM_NAME, ToolCall
from chat.tools.tool import ToolError

T = TypeVar("T")
Status = ToolCall.Status
Read = Callable[[Request], Coroutine[Any, Any, list[Call]]]


class ToolRounds:
    """The tool calls of one running reply.

    `version` grows with each change of them. `is_waiting` is true once nothing is left to do before
    the user has answered: the reply then stops running, and chat/replies/approval.py resumes it.
    `is_answered` is true if the user has answered meanwhile.
    """

    _reply: Reply

    def __init__(self, notify: Callable[[], None]) -> None:
        self.version = 0
        self.is_waiting = False
        self.is_answered = False
        self._notify = notify
        self._calls: list[ToolCall] = []

    @property
    def end(self) -> int:
        """The position in the reply's text of the last call."""
        return self._calls[-1].position if self._calls else 0

    def load(self, reply: Reply) -> None:
        """Take in the row of the reply; its calls, if it has any, are loaded already."""
        self._reply = reply
        if reply.call_count:
            self._calls = [*reply.tool_calls.all()]
            self.version += 1

    def settle(self, reply: Reply) -> None:
        """Leave a reply that waits for the user streaming, without a process."""
        if self.is_waiting and reply.status == Reply.Status.COMPLETE:
            reply.status, reply.process = Reply.Status.STREAMING, ""

    def between(self, read: Read) -> Read:
        """A function that reads responses by `read` until one calls no tool, or a tool waits."""

        async def read_all(request: Request) -> list[Call]:
            while await self._run_all():
                messages = history.messages(self._reply.text, self._calls)
                rounds = self._calls[-1].round + 1 if self._calls else 0
                may_call = rounds < settings.CHAT_TOOL_ROUNDS
                called = await read(
                    replace(request, messages=request.messages + messages, may_call=may_call)
                )
                if not called:
                    return []
                if not may_call:
                    raise ProviderError("tool_call")
                await self._add(self._reply, called, rounds)
            self.is_waiting = True
            return []

        return read_all

    async def _add(self, reply: Reply, called: list[Call], number: int) -> None:
        if reply.text and not reply.text.endswith("\n\n"):
            # What follows the calls begins a new paragraph.
            reply.text += "\n\n"
        reply.call_count += len(called)
        self._calls += await self._save(partial(_insert, reply, called, number))
        self._change()

    async def _run_all(self) -> bool:
        """Run the calls that may run. Returns whether all calls have a result then."""
        async with asyncio.TaskGroup() as group:
            for call in self._calls:
                if call.status == Status.RUNNING:
                    group.create_task(self._run(call))
        return all(call.status != Status.WAITING for call in self._calls)

    async def _run(self, call: ToolCall) -> None:
        tool = registry.find(call.name)
        try:
            if tool is None:
                raise ToolError(f"There is no tool named {call.name}.")
            call.result = storable(await tool.call(call.arguments))
            call.status = Status.COMPLETE
        except ToolError as error:
            call.result = storable(str(error))
            call.status = Status.FAILED
        call.ended_at = timezone.now()
        await self._save(partial(call.save, update_fields=["result", "status", "ended_at"]))
        self._change()

    async def _save(self, write: Callable[[], T]) -> T:
        """Write calls: what a tool has done is not lost because the database is away."""
        return await keep_trying(saving(write), f"calls of reply {self._reply.pk} are not saved")

    def _change(self) -> None:
        self.version += 1
        self._notify()


def _first_status(name: str) -> Status:
    tool = registry.find(name)
    return Status.WAITING if tool and tool.confirm else Status.RUNNING


def _insert(reply: Reply, called: list[Call], number: int) -> list[ToolCall]:
    """Insert the calls of a round, and save the text before them."""
    calls = [
        ToolCall(
            reply=reply,
            round=number,
            position=len(reply.text),
            call_id=storable(call.id)[:MAXIMUM_NAME],
            name=storable(call.name)[:MAXIMUM_NAME],
            arguments=storable(call.arguments),
            extra=call.extra,
            status=_first_status(call.name),
        )
        for call in called
    ]
    with transaction.atomic():
        # An attempt before this one may have been committed, though its answer was lost.
        ToolCall.objects.filter(reply=reply, round=number).delete()
        ToolCall.objects.bulk_create(calls)
        fields: dict[str, Any] = {"text": reply.text, "call_count": reply.call_count}
        Reply.objects.filter(pk=reply.pk).update(**fields)
    return calls
