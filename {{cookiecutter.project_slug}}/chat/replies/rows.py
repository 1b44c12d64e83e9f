"""Writes of a reply's row: add it, and save it while it streams.

All of them block.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from django.conf import settings
from django.db import IntegrityError
from django.utils import timezone

from chat import (
    error_messages,
    model_choice,  # models
    queries,
    versions,  # versions
)
from chat.conversations import activity  # conversations
from chat.database import few_round_trips
from chat.limits import hooks  # limits
from chat.models import ONE_STREAMS, Conversation, Reply, Turn
from chat.owners import Owner
from chat.provider.messages import Request, default_model
from chat.replies import (
    processes,
    usage,  # usage
)
from chat.tools import registry  # tools
from chat.tools.models import end_calls  # tools

Status = Reply.Status

# The row of a new reply, and what the model is asked.
Begun = tuple[Reply, Request]


class BusyError(error_messages.RefusedError):
    """A reply of this conversation is still streaming."""

    def __init__(self) -> None:
        super().__init__(error_messages.BUSY)


class NothingToRetryError(Exception):
    """The last reply is complete, or there is none."""


def ask(conversation: Conversation, prompt: str) -> Begun:
    """Add a turn with a streaming reply; a conversation that is not saved yet is inserted.

    Raises `BusyError`, since the database allows one streaming reply for each conversation, and
    `Conversation.DoesNotExist` if it was deleted.
    """
    with few_round_trips():
        if conversation._state.adding:
            owner = Owner(conversation.user_id, conversation.visitor)
            conversation = Conversation(
                pk=conversation.pk,
                **owner.fields,
                system_prompt=settings.CHAT_SYSTEM_PROMPT,
                model=conversation.model,
                title=activity.title(prompt),  # conversations
            )
            # Another tab may have inserted it.
            Conversation.objects.bulk_create([conversation], ignore_conflicts=True)
        return add_reply(Turn.objects.create(conversation=conversation, prompt=prompt))


def ask_again(conversation: Conversation) -> Begun:
    """Add another reply to the last turn.

    Raises `NothingToRetryError`, `BusyError`, and `Conversation.DoesNotExist` if it was deleted.
    """
    with few_round_trips():
        last = queries.last_reply(conversation)
        if last is None:
            conversation.refresh_from_db()  # It may have been deleted.
        if last is None or last.status not in Reply.RETRIABLE:
            raise NothingToRetryError
        last.turn.conversation = conversation
        fields: dict[str, Any] = {}
        fields |= versions.prepare_next(last)  # versions
        return add_reply(last.turn, **fields)


def add_reply(turn: Turn, **fields: Any) -> Begun:
    """Add a streaming reply to a turn. Raises `BusyError` and `Conversation.DoesNotExist`.

    All of it is in one transaction, which then rolls back.
    """
    activity.touch(turn.conversation)  # conversations
    model = default_model()
    model = model_choice.chosen(turn.conversation)  # models
    try:
        reply = Reply.objects.create(
            conversation=turn.conversation,
            turn=turn,
            process=processes.this_process(),
            model=model,
            **fields,
        )
    except IntegrityError as error:
        # PostgreSQL names the constraint, SQLite the kind of it and the column.
        if ONE_STREAMS not in str(error) and "UNIQUE" not in str(error):
            raise
        raise BusyError() from error
    return begun(reply)


def begun(reply: Reply) -> Begun:
    """A reply, and what the model is asked for it."""
    request = Request(queries.history(reply), model=reply.model)
    if reply.conversation.system_prompt is not None:
        request = replace(request, system_prompt=reply.conversation.system_prompt)
    request = replace(request, tools=registry.specs())  # tools
    return reply, request


def save(reply: Reply) -> bool:
    """Save what has arrived of a reply, or how it ended.

    Returns whether the row was still streaming. If not, another process has ended it, by a
    Stop or because it took this one for dead, and the row stays as it is.
    """
    reply.saved_at = timezone.now()
    fields = ["text", "reasoning", "saved_at", "process"]
    fields += usage.FIELDS  # usage
    if reply.status != Status.STREAMING:
        reply.ended_at = reply.saved_at
        fields += ["status", "note", "retry_at", "ended_at"]
        if reply.call_count:  # tools
            end_calls([reply], by_user=reply.status == Status.STOPPED)
    if reply.is_from_cache:  # cache
        fields.append("is_from_cache")
    streaming = Reply.objects.filter(pk=reply.pk, status=Status.STREAMING)
    write: Callable[[], int] = partial(
        streaming.update, **{field: getattr(reply, field) for field in fields}
    )
    write = hooks.settling(write, reply)  # limits
    return write() == 1
