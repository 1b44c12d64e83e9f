"""The state of the controls: is there something to stop, what went wrong, what can be retried."""

from typing import Any

from chat.models import Reply

PROGRESS = {
    Reply.Status.STREAMING: "Generating",
    Reply.Status.COMPLETE: "Done",
    Reply.Status.STOPPED: "Stopped",
    Reply.Status.FAILED: "Failed",
    Reply.Status.INTERRUPTED: "Interrupted",
}


def controls(last: Reply | None) -> dict[str, Any]:
    """The state of `ChatView` after the newest reply of a conversation."""
    status = last.status if last else None
    can_retry = status in Reply.RETRIABLE
    progress = PROGRESS[Reply.Status(status)] if status else ""
    if last and last.is_waiting:  # tools
        progress = "Waiting for Allow or Deny"
    return {
        "streaming": status == Reply.Status.STREAMING,
        "error": last.note if last and can_retry else "",
        "can_retry": can_retry,
        "retry_in": last.retry_in if last and can_retry else 0,
        "progress": progress,
    }
