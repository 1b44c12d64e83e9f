"""Tool calls that wait for the user's Allow or Deny.

Their reply has the status `streaming` and no process: it outlives every process, and the one that
gets the answer resumes it. Everything here blocks.
"""

from collections.abc import Collection
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from chat import metrics  # metrics
from chat.models import Conversation, Reply
from chat.replies import (
    processes,
    rows,
    usage,  # usage
)
from chat.tools import history
from chat.tools.models import ToolCall, denied

Status = ToolCall.Status


class NothingToResumeError(Exception):
    """No reply of the conversation waits, or it waits for another answer."""


def answer(conversation: Conversation, call_id: int, *, allow: bool) -> bool:
    """Allow or deny a call. Returns whether it was waiting."""
    waiting = ToolCall.objects.filter(
        pk=call_id,
        reply__conversation=conversation,
        reply__status=Reply.Status.STREAMING,
        status=Status.WAITING,
    )
    if allow:
        return waiting.update(status=Status.RUNNING) == 1
    return waiting.update(**denied()) == 1


def resume(conversation_id: UUID) -> rows.Begun:
    """Take over the waiting reply of a conversation, if one of its calls may run or none waits.

    Raises `NothingToResumeError`.
    """
    with transaction.atomic():
        reply = _waiting(conversation_id).filter(_may_go_on()).first()
        if reply is None:
            raise NothingToResumeError
        process = processes.this_process()
        # Another process may take it over at the same time: one of the two updates the row.
        if not _waiting(conversation_id).filter(pk=reply.pk).update(process=process):
            raise NothingToResumeError
        reply.process = process
        history.fetch([reply])
        try:
            return rows.begun(reply)
        except Conversation.DoesNotExist as error:
            raise NothingToResumeError from error


def answered(conversation_ids: Collection[UUID]) -> list[UUID]:
    """Those of some conversations whose reply can be resumed, and no process has done so.

    The one that took the answer has died since, or could not reach the database.
    """
    replies = _waiting(*conversation_ids).filter(_may_go_on())
    return list(replies.values_list("conversation", flat=True))


def stop(conversation_id: UUID) -> bool:
    """Stop the reply of a conversation if it waits, and deny its calls. Returns whether it did."""
    if not _waiting(conversation_id).exists():
        return False
    with transaction.atomic():
        reply = _waiting(conversation_id).first()
        if reply is None:
            return False
        reply.status = Reply.Status.STOPPED
        if not rows.save(reply):
            # Another process has ended it meanwhile, and its calls.
            transaction.set_rollback(True)
            return False
    usage.log(reply)  # usage
    metrics.count_reply(reply)  # metrics
    return True


def _waiting(*conversation_ids: UUID) -> QuerySet[Reply]:
    return Reply.objects.filter(
        conversation__in=conversation_ids, status=Reply.Status.STREAMING, process=""
    ).select_related("turn", "conversation")


def _may_go_on() -> Q:
    """Whether one of a reply's calls may run, or none waits for an answer."""
    calls = ToolCall.objects.filter(reply=OuterRef("pk"))
    may_run = calls.filter(status=Status.RUNNING)
    return Q(Exists(may_run)) | ~Q(Exists(calls.filter(status=Status.WAITING)))
