"""What the controls show: whether there is something to stop, what went wrong, what can be done."""

from typing import Any

from chat import queries
from chat.models import Reply

PROGRESS = {
    Reply.Status.STREAMING: "Generating",
    Reply.Status.COMPLETE: "Done",
    Reply.Status.STOPPED: "Stopped",
    Reply.Status.FAILED: "Failed",
    Reply.Status.INTERRUPTED: "Interrupted",
}


def controls(last: Reply | None) -> dict[str, Any]:
    """What the controls show after the newest reply."""
    status = last.status if last else None
    return {
        "streaming": status == Reply.Status.STREAMING,
        "error": last.note if last and status in queries.RETRIABLE else "",
        "can_retry": status in queries.RETRIABLE,
        "retry_in": last.retry_in if last and status in queries.RETRIABLE else 0,
        "progress": PROGRESS[Reply.Status(status)] if status else "",
    }
