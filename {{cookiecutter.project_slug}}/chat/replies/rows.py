"""Writes of a reply's row: add it, save it while it streams, interrupt it if its process died.

All of them block.
"""

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from chat import error_messages, queries
from chat.models import Conversation, Reply, Turn
from chat.owners import Owner
from chat.provider.events import Message
from chat.replies import processes

Status = Reply.Status

# The row of a new reply, and the messages for the model.
Begun = tuple[Reply, list[Message]]


class BusyError(Exception):
    """A reply of this conversation is still streaming."""


class NothingToRetryError(Exception):
    """The last reply is complete, or there is none."""


def ask(conversation: Conversation, prompt: str) -> Begun:
    """Add a turn with a streaming reply; a conversation that is not saved yet is inserted.

    Raises `BusyError`, since the database allows one streaming reply for each conversation, and
    `Conversation.DoesNotExist` if it was deleted.
    """
    with transaction.atomic():
        if conversation._state.adding:
            # Another tab may have inserted it.
            owner = Owner(conversation.user_id, conversation.visitor)
            conversation, _ = Conversation.objects.get_or_create(pk=conversation.pk, **owner.fields)
        else:
            conversation.refresh_from_db()
        return _add_reply(Turn.objects.create(conversation=conversation, prompt=prompt))


def ask_again(conversation: Conversation) -> Begun:
    """Add another reply to the last turn.

    Raises `NothingToRetryError`, `BusyError`, and `Conversation.DoesNotExist` if it was deleted.
    """
    with transaction.atomic():
        conversation.refresh_from_db()
        last = queries.last_reply(conversation)
        if last is None or last.status not in Reply.RETRIABLE:
            raise NothingToRetryError
        return _add_reply(last.turn)


def _add_reply(turn: Turn) -> Begun:
    try:
        with transaction.atomic():
            reply = Reply.objects.create(
                conversation=turn.conversation, turn=turn, process=processes.this_process()
            )
    except IntegrityError as error:
        raise BusyError from error
    return reply, queries.history(reply)


def save(reply: Reply) -> bool:
    """Save what has arrived of a reply, or how it ended.

    Returns whether the row was still streaming. If not, another process took this one for dead, and
    the row stays as it is.
    """
    reply.saved_at = timezone.now()
    fields = ["text", "saved_at"]
    if reply.status != Status.STREAMING:
        reply.ended_at = reply.saved_at
        fields += ["status", "note", "retry_at", "input_tokens", "output_tokens", "ended_at"]
    streaming = Reply.objects.filter(pk=reply.pk, status=Status.STREAMING)
    return streaming.update(**{field: getattr(reply, field) for field in fields}) == 1


def interrupt_dead() -> None:
    """Mark the streaming replies of every process that has died as interrupted."""
    streaming = Reply.objects.filter(status=Status.STREAMING).order_by()
    others = streaming.exclude(process=processes.this_process())
    saves = others.values_list("process").annotate(Max("saved_at"))
    dead = [process for process, saved_at in saves if processes.is_dead(process, saved_at)]
    if dead:
        streaming.filter(process__in=dead).update(
            status=Status.INTERRUPTED, note=error_messages.INTERRUPTED, ended_at=timezone.now()
        )
