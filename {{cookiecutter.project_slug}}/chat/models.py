"""A conversation is a list of turns; a turn is a prompt and the replies that were tried for it."""

import math
import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone


class Conversation(models.Model):
    """Belongs to a user, or else to a visitor, the value of a browser's cookie (chat/owners.py).

    Its row is inserted with its first prompt.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="conversations",
        null=True,
        blank=True,
    )
    visitor = models.CharField(max_length=64, blank=True, db_index=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(user=None) | models.Q(visitor=""),
                name="conversation_of_user_or_visitor",
            )
        ]

    def __str__(self) -> str:
        return f"Conversation of {self.created_at:%Y-%m-%d %H:%M}"


class Turn(models.Model):
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="turns")
    prompt = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.prompt[:60]


class Reply(models.Model):
    """One attempt to answer a turn. Retry adds another, and the page shows the newest."""

    class Status(models.TextChoices):
        STREAMING = "streaming"
        COMPLETE = "complete"
        STOPPED = "stopped"
        FAILED = "failed"
        INTERRUPTED = "interrupted"

    RETRIABLE = {Status.FAILED, Status.INTERRUPTED, Status.STOPPED}

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="replies")
    turn = models.ForeignKey(Turn, on_delete=models.CASCADE, related_name="replies")
    text = models.TextField(blank=True)
    status = models.CharField(max_length=12, choices=Status, default=Status.STREAMING)
    process = models.CharField(max_length=32, blank=True, editable=False)
    saved_at = models.DateTimeField(default=timezone.now, editable=False)
    note = models.TextField(blank=True, help_text="The message shown with it: why it failed")
    retry_at = models.DateTimeField(null=True, blank=True, editable=False)
    input_tokens = models.PositiveIntegerField(null=True, blank=True)
    output_tokens = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "replies"
        constraints = [
            models.UniqueConstraint(
                fields=["conversation"],
                condition=models.Q(status="streaming"),
                name="one_streaming_reply_per_conversation",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_status_display()}: {self.text[:60]}"

    @property
    def retry_in(self) -> int:
        """How many seconds the provider still asks to wait before a retry."""
        left = (self.retry_at - timezone.now()).total_seconds() if self.retry_at else 0
        return max(math.ceil(left), 0)

    @property
    def mark(self) -> str:
        """The text under a reply that is not complete, or was cut by a limit."""
        if self.status in (self.Status.STREAMING, self.Status.COMPLETE):
            return self.note
        return self.get_status_display()
