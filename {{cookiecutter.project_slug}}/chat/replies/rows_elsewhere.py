"""Rows of replies that other processes stream: read, stop, and interrupt them.

All of it blocks.
"""

import contextlib
from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from chat import error_messages
from chat.limits import accounts  # limits
from chat.models import Reply
from chat.replies import processes
from chat.tools.models import end_calls  # tools

Status = Reply.Status


def streams_elsewhere(reply: Reply) -> bool:
    """Whether another process streams a reply, or did when it was read."""
    return reply.status == Status.STREAMING and is_of_another(reply)


def is_of_another(reply: Reply) -> bool:
    """Whether another process has begun a reply, and it does not wait for the user."""
    # Without a process it waits (approval.py).
    return reply.process not in ("", processes.this_process())


def stop(conversation_id: UUID) -> dict[int, str]:
    """Stop the reply of a conversation that another process streams.

    Returns its id and the process, if there was one. That process closes the upstream connection
    when it saves the reply the next time.
    """
    streaming = _streaming().filter(conversation=conversation_id)
    # A look first: Esc often stops nothing, and on SQLite a transaction holds up every writer.
    return _end(streaming, Status.STOPPED) if streaming.exists() else {}


def interrupt_dead(silent: Collection[str] = ()) -> None:
    """Mark the streaming replies of every process that has died as interrupted.

    `silent` are those of which there is a sign that they have died (`processes.dead`).
    """
    saves = dict(_streaming().values_list("process").annotate(Max("saved_at")))
    for process in processes.dead(saves, silent):
        # A save that waited for a slow disk may end only now: then the process lives.
        unsaved = _streaming().filter(process=process, saved_at__lte=saves[process])
        _end(unsaved, Status.INTERRUPTED, error_messages.INTERRUPTED)


def take_over_end(reply: Reply) -> None:
    """Take from the row how another process has ended a reply, for the pages that show it here."""
    with contextlib.suppress(Reply.DoesNotExist):  # its conversation was deleted
        reply.refresh_from_db(fields=["text", "reasoning", "status", "note", "ended_at"])


def since(newest: int | None) -> tuple[int, list[Reply]]:
    """The id of the newest reply, and those which stream or have begun since.

    Of each only its process, its status and its conversation are read.

    `newest` is the id that the last call returned, None for the first call.
    """
    if newest is None:
        newest = Reply.objects.aggregate(newest=Max("pk", default=0))["newest"]
    # Ids of transactions that end at the same time may come in another order.
    new = Reply.objects.filter(Q(pk__gt=newest) | Q(status=Status.STREAMING)).order_by()
    found = list(new.select_related("conversation").only("process", "status", "conversation"))
    return max([newest, *(reply.pk for reply in found)]), found


def say_watched(reply_id: int) -> None:
    """Say that a page of this process shows a reply that another process streams."""
    Reply.objects.filter(pk=reply_id, status=Status.STREAMING).update(watched_at=Now())


def is_watched(reply_id: int, seconds: float) -> bool:
    """Whether a page of another process has shown a reply within so many seconds."""
    since = Now() - timedelta(seconds=seconds)
    return Reply.objects.filter(pk=reply_id, watched_at__gt=since).exists()


def _streaming() -> QuerySet[Reply]:
    # Without a process they wait for the user (approval.py).
    mine = ["", processes.this_process()]
    return Reply.objects.filter(status=Status.STREAMING).exclude(process__in=mine).order_by()


def _end(streaming: QuerySet[Reply], status: Status, note: str = "") -> dict[int, str]:
    """End replies, and return the process of each by the reply's id."""
    with transaction.atomic():
        # Locked, so that their process does not end them, too.
        found = dict(streaming.select_for_update().values_list("pk", "process"))
        ended = Reply.objects.filter(pk__in=found)
        called = ended.filter(call_count__gt=0)  # tools
        end_calls(called, by_user=status == Status.STOPPED)  # tools
        accounts.settle_all(ended)  # limits
        ended.update(status=status, note=note, ended_at=timezone.now())
    return found
