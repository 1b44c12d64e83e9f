"""The row of a tool call: what the model asked for, and what came of it."""

import re
from collections.abc import Iterable
from typing import Any

from django.db import models
from django.utils import timezone

MAXIMUM_NAME = 200  # characters
# The names that a tool may have: those that all vendors accept.
NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_-]{0,63}")
TEMPLATE = "chat/tools/call.html"
DENIED = "The user did not allow this call."


class ToolCall(models.Model):
    """One call of a tool in a reply.

    `position` is the number of characters of the reply's text before it, `round` the number of the
    response that contains it, from 0.
    """

    class Status(models.TextChoices):
        WAITING = "waiting"  # for the user's Allow or Deny
        RUNNING = "running"
        COMPLETE = "complete"
        FAILED = "failed"
        STOPPED = "stopped"
        DENIED = "denied"

    OPEN = (Status.WAITING, Status.RUNNING)

    reply = models.ForeignKey("chat.Reply", on_delete=models.CASCADE, related_name="tool_calls")
    round = models.PositiveSmallIntegerField()
    position = models.PositiveIntegerField()
    call_id = models.CharField(max_length=MAXIMUM_NAME, help_text="The provider's id of the call")
    name = models.CharField(max_length=MAXIMUM_NAME)
    arguments = models.TextField(help_text="JSON, as the model wrote it")
    extra = models.JSONField(
        null=True, editable=False, help_text="What the provider demands to get back with the call"
    )
    status = models.CharField(max_length=8, choices=Status)
    result = models.TextField(blank=True, help_text="What the model was told")
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]

    @property
    def label(self) -> str:
        """What the page says of it."""
        return LABELS[self.Status(self.status)]

    @property
    def templates(self) -> list[str]:
        """The template of this tool, where it has one, and else the common one."""
        # A model may write any name, such as "../page", which is another template.
        own = [f"chat/tools/{self.name}.html"] if NAME.fullmatch(self.name) else []
        return [*own, TEMPLATE]

    def __str__(self) -> str:
        return f"{self.name}: {self.get_status_display()}"


LABELS = {
    ToolCall.Status.WAITING: "asks to be called",
    ToolCall.Status.RUNNING: "is running",
    ToolCall.Status.COMPLETE: "was called",
    ToolCall.Status.FAILED: "failed",
    ToolCall.Status.STOPPED: "was stopped",
    ToolCall.Status.DENIED: "was denied",
}


def denied() -> dict[str, Any]:
    """What becomes of a call that may not run, as the fields of its row."""
    return {"status": ToolCall.Status.DENIED, "result": DENIED, "ended_at": timezone.now()}


def end_calls(replies: Iterable[Any], *, by_user: bool) -> None:
    """Mark what still waits or runs in replies that have ended as stopped. Blocks.

    What waits for the user is denied if the user has stopped the replies.
    """
    calls = ToolCall.objects.filter(reply__in=replies)
    if by_user:
        calls.filter(status=ToolCall.Status.WAITING).update(**denied())
    calls.filter(status__in=ToolCall.OPEN).update(
        status=ToolCall.Status.STOPPED, ended_at=timezone.now()
    )
