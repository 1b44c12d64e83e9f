"""What is asked of the database about conversations. All of it blocks."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from chat import error_messages
from chat.models import Conversation, Reply, Turn
from chat.provider.events import Message
from chat.replies import processes

Status = Reply.Status
RETRIABLE = {Status.FAILED, Status.INTERRUPTED, Status.STOPPED}


class BusyError(Exception):
    """A reply of this conversation is still streaming."""


def current(owner: str) -> Conversation:
    """The owner's newest conversation, which is made if there is none."""
    return Conversation.objects.filter(owner=owner).first() or Conversation.objects.create(
        owner=owner
    )


def shown(owner: str, conversation_id: UUID | str | None) -> Conversation | None:
    """The owner's conversation with this id; without one, the newest.

    None where there is none, or where it is somebody else's: they must not be told apart.
    """
    if conversation_id is None:
        return current(owner)
    try:
        return Conversation.objects.filter(owner=owner, pk=conversation_id).first()
    except ValidationError:  # not an id at all
        return None


def new(owner: str) -> Conversation:
    """A conversation without turns: the newest one, where nothing was asked in it yet."""
    newest = current(owner)
    return Conversation.objects.create(owner=owner) if newest.turns.exists() else newest


def begin(
    ask: Callable[..., Reply | None], conversation: Conversation, *args: Any
) -> tuple[Reply, list[Message]] | None:
    """Add a reply by `ask`, and look up what the model is to be told: both or neither.

    Raises `BusyError`, and `Conversation.DoesNotExist`.
    """
    with transaction.atomic():
        conversation.refresh_from_db()
        reply = ask(conversation, *args)
        return (reply, history(reply)) if reply else None


def ask(conversation: Conversation, prompt: str) -> Reply:
    """Add a turn with a reply that streams. Raises `BusyError`: the database allows only one."""
    interrupt_dead(conversation)
    with transaction.atomic():
        turn = Turn.objects.create(conversation=conversation, prompt=prompt)
        return _add_reply(turn)


def ask_again(conversation: Conversation) -> Reply | None:
    """Add another reply to the last turn, if its newest one is not whole. Raises `BusyError`."""
    last = last_reply(conversation)
    if last is None or last.status not in RETRIABLE:
        return None
    with transaction.atomic():
        return _add_reply(last.turn)


def _add_reply(turn: Turn) -> Reply:
    try:
        with transaction.atomic():
            return Reply.objects.create(
                conversation_id=turn.conversation_id, turn=turn, process=processes.this_process()
            )
    except IntegrityError as error:
        raise BusyError from error


def last_reply(conversation: Conversation) -> Reply | None:
    """The newest reply to the last turn."""
    interrupt_dead(conversation)
    return conversation.replies.select_related("turn").last()


def turns(conversation: Conversation, since: int = 0) -> list[tuple[Turn, Reply]]:
    """Each turn from the one with the id `since` on, with its newest reply."""
    interrupt_dead(conversation)
    replies = conversation.replies.filter(turn_id__gte=since).select_related("turn")
    newest = {reply.turn_id: reply for reply in replies.order_by("id")}
    return [(newest[turn_id].turn, newest[turn_id]) for turn_id in sorted(newest)]


def history(reply: Reply) -> list[Message]:
    """What the model is told: the turns before this reply's, then its prompt."""
    messages = []
    for turn, earlier in turns(reply.conversation):
        messages.append(Message("user", turn.prompt))
        if turn.pk == reply.turn_id:
            break
        # Some providers refuse a blank message, and with it the conversation for good.
        if earlier.text.strip():
            messages.append(Message("assistant", earlier.text))
    return messages


def save(reply: Reply) -> bool:
    """Save what has arrived of a reply, or how it ended.

    Returns whether it was still streaming in the database. If not, another process has taken this
    one for dead, and the row stays as it is.
    """
    reply.saved_at = timezone.now()
    fields = ["text", "saved_at"]
    if reply.status != Status.STREAMING:
        reply.ended_at = reply.saved_at
        fields += ["status", "note", "retry_at", "input_tokens", "output_tokens", "ended_at"]
    streaming = Reply.objects.filter(pk=reply.pk, status=Status.STREAMING)
    return streaming.update(**{field: getattr(reply, field) for field in fields}) == 1


def interrupt_dead(conversation: Conversation | None = None) -> None:
    """Mark the replies whose process has died: those of one conversation, or all."""
    streaming = Reply.objects.filter(status=Status.STREAMING)
    for reply in streaming.filter(conversation=conversation) if conversation else streaming:
        if processes.is_dead(reply):
            reply.status, reply.note = Status.INTERRUPTED, error_messages.INTERRUPTED
            save(reply)
