"""Conversations, to read and delete. Only the process that streams a reply writes it."""

from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import Aggregate, Count, Max, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Substr
from django.http import HttpRequest
from django.utils.text import Truncator

from chat import usage_admin  # noqa: F401  # usage
from chat.models import Conversation, Reply, Turn

TITLE_LENGTH = 60


class TurnInline(admin.TabularInline):
    model = Turn


class ReplyInline(admin.TabularInline):
    model = Reply
    fields = [
        "turn",
        "status",
        "model",
        "prompt",  # versions
        "text",
        "reasoning",
        "note",
        "input_tokens",
        "output_tokens",
        "ended_at",
    ]

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Reply]":
        return super().get_queryset(request).select_related("turn")


def of_conversation(model: type[Turn] | type[Reply], aggregate: Aggregate) -> Subquery:
    """An aggregate of all rows of `model` in a conversation. Two joins would multiply the rows."""
    rows = model._default_manager.filter(conversation=OuterRef("pk")).order_by()
    return Subquery(rows.values("conversation").annotate(result=aggregate).values("result"))


@admin.register(Conversation)
class ConversationAdmin(admin.ModelAdmin):
    list_display = ["subject", "owner", "last_activity", "turn_count", "tokens"]
    list_select_related = ["user"]
    date_hierarchy = "created_at"
    list_filter = ["replies__model"]
    search_fields = [
        "title",  # conversations
        "turns__prompt",
        "visitor",
        f"user__{get_user_model().USERNAME_FIELD}",
    ]
    search_help_text = "Words of a title or a prompt, a user name or the id of a visitor"
    inlines = [TurnInline, ReplyInline]

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Conversation]":
        """All that the list shows, in one query."""
        first = Turn.objects.filter(conversation=OuterRef("pk")).order_by("pk")
        rows: QuerySet[Conversation] = super().get_queryset(request)
        return rows.annotate(
            first_prompt=Subquery(first.values(start=Substr("prompt", 1, 200))[:1]),
            last_activity=of_conversation(Reply, Max("saved_at")),
            turn_count=of_conversation(Turn, Count("pk")),
            tokens_in=of_conversation(Reply, Sum("input_tokens")),
            tokens_out=of_conversation(Reply, Sum("output_tokens")),
        )

    @admin.display(description="title", ordering="first_prompt")
    def subject(self, row: Any) -> str:
        title = " ".join((row.first_prompt or "").split())
        title = row.title or title  # conversations
        return Truncator(title).chars(TITLE_LENGTH) or str(row)

    @admin.display(ordering="user")
    def owner(self, row: Any) -> str:
        return str(row.user or f"visitor {row.visitor[:8]}")

    @admin.display(ordering="last_activity")
    def last_activity(self, row: Any) -> Any:
        return row.last_activity

    @admin.display(description="turns", ordering="turn_count")
    def turn_count(self, row: Any) -> int:
        return row.turn_count or 0

    @admin.display(description="tokens in, out")
    def tokens(self, row: Any) -> str:
        """What the provider has counted; a reply that was stopped may have no count."""
        counts = (row.tokens_in, row.tokens_out)
        return ", ".join("?" if count is None else f"{count:,}" for count in counts)

    def has_add_permission(self, *args: Any) -> bool:
        return False

    def has_change_permission(self, *args: Any) -> bool:
        return False
