"""What replies have used, in the admin: totals by day and user, and each reply, to read only."""

from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from chat.models import ReplyUsage
from chat.replies.usage import COUNTS

MOST_TOTALS = 200
SUMS = (*COUNTS, "estimated_output_tokens", "rounds")


@admin.register(ReplyUsage)
class UsageAdmin(admin.ModelAdmin):
    change_list_template = "chat/usage_totals.html"
    list_display = [
        "created_at",
        "owner",
        "model",
        "status",
        *COUNTS,
        "estimated_output_tokens",
        "rounds",
        "is_from_cache",
        "first_token",
        "duration",
    ]
    list_display_links = None
    list_filter = [
        "created_at",
        ("conversation__user", admin.RelatedOnlyFieldListFilter),
        "model",
        "status",
        "is_from_cache",
    ]
    list_select_related = ["conversation__user"]
    date_hierarchy = "created_at"
    ordering = ["-created_at"]
    empty_value_display = "?"

    def get_queryset(self, request: HttpRequest) -> "QuerySet[ReplyUsage]":
        return super().get_queryset(request).defer("text", "reasoning", "note")

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Django's list, with the totals of all replies that its filters let through."""
        response = super().changelist_view(request, *args, **kwargs)
        if isinstance(response, TemplateResponse) and "cl" in (response.context_data or {}):
            assert response.context_data is not None
            found = response.context_data["cl"].queryset
            response.context_data |= {"totals": totals(found), "most": MOST_TOTALS}
            response.using = "django"
        return response

    @admin.display(ordering="conversation__user")
    def owner(self, row: ReplyUsage) -> str:
        return owner(row.conversation.user, row.conversation.visitor)

    @admin.display(description="first token after", ordering="first_token_seconds")
    def first_token(self, row: ReplyUsage) -> str | None:
        return _seconds(row.first_token_seconds)

    @admin.display(ordering="seconds")
    def duration(self, row: ReplyUsage) -> str | None:
        return _seconds(row.seconds)

    def has_add_permission(self, *args: Any) -> bool:
        return False

    def has_change_permission(self, *args: Any) -> bool:
        return False

    def has_delete_permission(self, *args: Any) -> bool:
        return False


def totals(replies: "QuerySet[ReplyUsage]") -> list[dict[str, Any]]:
    """The sums of each day and user, newest day first, in one query.

    A sum is of what is known. `unknown_input` and `unknown_output` are the numbers of replies that
    are missing in it.
    """
    name = f"conversation__user__{get_user_model().USERNAME_FIELD}"
    # The columns have the names of the sums, and an annotation may not.
    sums = {f"sum_{column}": Sum(column) for column in SUMS}
    by_day_and_user = (
        replies.order_by()
        .annotate(day=TruncDate("created_at"))
        .values("day", "conversation__user", name, "conversation__visitor")
        .annotate(
            replies=Count("pk"),
            unknown_input=Count("pk", filter=Q(input_tokens=None)),
            unknown_output=Count("pk", filter=Q(output_tokens=None)),
            **sums,
        )
        .order_by("-day", F(name).asc(nulls_last=True), "conversation__visitor")
    )
    return [
        {
            **{column: row[f"sum_{column}"] for column in SUMS},
            **{key: row[key] for key in ("day", "replies", "unknown_input", "unknown_output")},
            "owner": owner(row[name], row["conversation__visitor"]),
        }
        for row in by_day_and_user[:MOST_TOTALS]
    ]


def owner(user: Any, visitor: str) -> str:
    return str(user or f"visitor {visitor[:8]}")


def _seconds(seconds: float | None) -> str | None:
    return None if seconds is None else f"{seconds:.1f} s"
