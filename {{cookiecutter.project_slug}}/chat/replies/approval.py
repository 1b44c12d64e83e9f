"""Tool calls that wait for the user's Allow or Deny.

Their reply has the status `streaming` and no process: it outlives every process, and the one that
gets the answer resumes it. Everything here blocks.
"""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from chat import metrics  # metrics
from chat.models import Conversation, Reply
from chat.replies import (
    processes,
    rows,
    usage,  # usage
)
from chat.tools import history
from chat.tools.models import ToolCall

DENIED = "The user did not allow this call."

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
    return waiting.update(status=Status.DENIED, result=DENIED, ended_at=timezone.now()) == 1


def resume(conversation_id: UUID) -> rows.Begun:
    """Take over the waiting reply of a conversation, if one of its calls may run or none waits.

    Raises `NothingToResumeError`.
    """
    with transaction.atomic():
        reply = _waiting(conversation_id).first()
        if reply is None:
            raise NothingToResumeError
        statuses = set(reply.tool_calls.values_list("status", flat=True))
        if Status.WAITING in statuses and Status.RUNNING not in statuses:
            raise NothingToResumeError
        process = processes.this_process()
        # Another process may take it over at the same time: one of the two updates the row.
        if not _waiting(conversation_id).filter(pk=reply.pk).update(process=process):
            raise NothingToResumeError
        reply.process = process
        history.fetch([reply])
        return rows.begun(reply)


def stop(conversation_id: UUID) -> bool:
    """Stop the reply of a conversation if it waits, and deny its calls. Returns whether it did."""
    with transaction.atomic():
        reply = _waiting(conversation_id).first()
        if reply is None:
            return False
        reply.tool_calls.filter(status=Status.WAITING).update(status=Status.DENIED, result=DENIED)
        reply.status = Reply.Status.STOPPED
        if not rows.save(reply):
            return False
    usage.log(reply)  # usage
    metrics.count_reply(reply)  # metrics
    return True


def _waiting(conversation_id: UUID):  # type: ignore[no-untyped-def]
    return Reply.objects.filter(
        conversation=conversation_id, status=Reply.Status.STREAMING, process=""
    ).select_related("turn", "conversation")
