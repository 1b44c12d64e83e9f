"""A conversation is a list of turns; a turn is a prompt and the replies that were tried for it."""

import math
import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from chat.conversations.managers import NotDeleted  # conversations
from chat.limits.models import Account as Account  # limits
from chat.tools.models import ToolCall as ToolCall  # tools

ONE_STREAMS = "one_streaming_reply_per_conversation"


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
    model = models.CharField(
        max_length=200, blank=True, help_text="The one that was picked; empty: the default one"
    )
    system_prompt = models.TextField(
        null=True,
        blank=True,
        help_text="As it was at the first prompt; unknown in older conversations",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    title = models.CharField(max_length=200, blank=True, default="")  # conversations
    active_at = models.DateTimeField(default=timezone.now, editable=False)  # conversations
    is_unread = models.BooleanField(default=False, editable=False)  # conversations
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)  # conversations

    objects = NotDeleted()  # conversations
    with_deleted = models.Manager()  # conversations

    class Meta:
        ordering = ["-created_at"]
        indexes = [  # conversations
            models.Index(fields=["user", "-active_at"], name="conversations_of_user"),
            models.Index(fields=["visitor", "-active_at"], name="conversations_of_visitor"),
        ]
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
    shown = models.ForeignKey(  # versions
        "Reply", models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.prompt[:60]


class Reply(models.Model):
    """One attempt to answer a turn. Retry adds another, and the page shows one of them."""

    class Status(models.TextChoices):
        STREAMING = "streaming"
        COMPLETE = "complete"
        STOPPED = "stopped"
        FAILED = "failed"
        INTERRUPTED = "interrupted"

    RETRIABLE = {Status.FAILED, Status.INTERRUPTED, Status.STOPPED}

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="replies")
    turn = models.ForeignKey(Turn, on_delete=models.CASCADE, related_name="replies")
    prompt = models.TextField(  # versions
        blank=True, default="", help_text="The prompt as it was edited; empty: that of the turn"
    )
    text = models.TextField(blank=True)
    reasoning = models.TextField(
        blank=True, default="", help_text="What the model thought first. It is never sent back"
    )
    status = models.CharField(max_length=12, choices=Status, default=Status.STREAMING)
    model = models.CharField(max_length=200, blank=True)
    call_count = models.PositiveSmallIntegerField(  # tools
        default=0, help_text="How many tools it has called: none saves a query"
    )
    process = models.CharField(max_length=32, blank=True, editable=False)
    saved_at = models.DateTimeField(default=timezone.now, editable=False)
    watched_at = models.DateTimeField(
        null=True, editable=False, help_text="When a page of another process last showed it"
    )
    note = models.TextField(blank=True, help_text="The message shown with it: why it failed")
    retry_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Tokens of all its rounds together. Null: the provider did not say.
    input_tokens = models.PositiveIntegerField(null=True, blank=True)
    output_tokens = models.PositiveIntegerField(null=True, blank=True)
    cached_tokens = models.PositiveIntegerField(
        null=True, blank=True, help_text="Input tokens that the provider had cached"
    )
    reasoning_tokens = models.PositiveIntegerField(
        null=True, blank=True, help_text="Output tokens that were reasoning"
    )
    estimated_output_tokens = models.PositiveIntegerField(
        null=True, blank=True, help_text="Where the provider did not say how many"
    )
    rounds = models.PositiveSmallIntegerField(default=0, help_text="Requests that were sent")
    first_token_seconds = models.FloatField(null=True, blank=True)
    seconds = models.FloatField(null=True, blank=True, help_text="Without waiting for Allow")
    is_from_cache = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "replies"
        constraints = [
            models.UniqueConstraint(
                fields=["conversation"],
                condition=models.Q(status="streaming"),
                name=ONE_STREAMS,
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_status_display()}: {self.text[:60]}"

    @property
    def asked(self) -> str:
        """The prompt that it answers."""
        if self.prompt:  # versions
            return self.prompt
        return self.turn.prompt

    @property
    def is_waiting(self) -> bool:
        """Whether it waits for the user to allow or deny a tool call: no process streams it."""
        return self.status == self.Status.STREAMING and not self.process

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


class ReplyUsage(Reply):  # usage
    """Replies as the admin shows what they used (chat/usage_admin.py)."""

    class Meta:
        proxy = True
        default_permissions = ["view"]
        verbose_name = "usage"
        verbose_name_plural = "usage"
